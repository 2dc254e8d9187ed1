"""Figures of soft actor-critic: what they show can be read back from them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from symtut.lab import style
from symtut.lab.scenes import nb02_actor_critic_plots as actor_critic_plots
from symtut.lab.scenes import nb02_two_hills as two_hills


@pytest.fixture(autouse=True)
def house_style():
    with plt.rc_context():
        style.use_style()
        yield
    plt.close("all")


def test_diagram_names_all_parts():
    text = " ".join(t.get_text() for t in actor_critic_plots.parts_diagram().axes[0].texts)
    parts = (
        "environment",
        "replay buffer",
        "target critics",
        "actor",
        "temperature",
        "soft target",
    )
    assert all(part in text for part in parts)


def test_squashing_shows_draws_that_follow_the_density_with_the_factor():
    def plain(raw, mean, std):
        return torch.distributions.Normal(mean, std).log_prob(raw)[:, 0]

    def with_factor(raw, mean, std):
        return plain(raw, mean, std) - torch.log(1 - torch.tanh(raw[:, 0]) ** 2)

    of = {"with": with_factor, "without": plain}
    figure = actor_critic_plots.squashing(of, means=(0.5,) * 2, stds=(0.6, 0.6), seed=1)
    below = figure.axes[2]
    bars = np.array([bar.get_height() for bar in below.patches])
    centres = np.array([bar.get_x() + bar.get_width() / 2 for bar in below.patches])
    right, without = below.lines
    inner = np.abs(centres) < 0.9
    for line, worst in ((right, 0.2), (without, 0.5)):
        error = np.abs(np.interp(centres, *line.get_data()) - bars)[inner].max()
        assert (error < worst) == (line is right)


def test_temperature_titles_say_what_is_shown():
    figure = actor_critic_plots.temperature(0.3, "the low hill is wider")
    _, _, reward, entropy = two_hills.best_squashed(0.3, "the low hill is wider")
    assert figure.axes[0].get_title(loc="left") == "temperature 0.3"
    assert f"{reward:.2f}, entropy {entropy:+.2f}" in figure.axes[1].get_title(loc="left")


def test_climbs_has_a_panel_for_each_way_and_a_line_for_each_policy():
    path = np.linspace(-1, 1, 30).reshape(10, 3)
    figure = actor_critic_plots.climbs({"a": path, "b": -path}, two_hills.reward)
    first, second = figure.axes
    assert first.get_title(loc="left") == "a" and len(second.lines) == 3
    np.testing.assert_array_equal(second.lines[0].get_ydata(), -path[:, 0])


def test_said_and_true_draws_agreement_as_the_diagonal():
    true = np.array([-3.0, -1.0])
    axes = actor_critic_plots.said_and_true({"right": true, "half": true / 2}, true).axes[0]
    diagonal, right, half = axes.lines
    np.testing.assert_array_equal(*diagonal.get_data())
    np.testing.assert_array_equal(right.get_ydata(), true)
    assert half.get_label() == "half" and diagonal.get_xdata()[0] == -3


def test_time_limits_draws_the_fixed_point_of_the_mistaken_target():
    axes = actor_critic_plots.time_limits([10, 200], [100, 100], [9, 67], 0.99).axes[0]
    formula, right, wrong, _ = axes.lines
    for limit, value in zip(*formula.get_data(), strict=True):
        assert value == pytest.approx(1 + 0.99 * (1 - 1 / limit) * value)
    assert list(right.get_ydata()) == [100, 100] and list(wrong.get_ydata()) == [9, 67]


def test_overestimation_adds_up_over_updates():
    hopes = {"one": np.array([0.0, 1.5]), "two": np.array([-0.5, 0.6])}
    right = actor_critic_plots.overestimation(np.array([1, 10]), hopes, 0.9).axes[1]
    one, two = (line.get_ydata() for line in right.lines)
    assert one[:2] == pytest.approx([0, 0.9 * 1.5]) and two[-1] == pytest.approx(0.6 * 9)


def test_learning_and_never_tried_show_what_they_are_given():
    run, band = np.array([[500, -900.0], [1000, -150.0]]), [np.array([500, 1000])] * 4
    axes = actor_critic_plots.learning({"a": run, "b": run - 1}, band, -138.5, -1200.0).axes[0]
    labels = axes.get_legend_handles_labels()[1]
    assert labels == ["ten stored runs", "a", "b"] and axes.get_xlim()[1] >= 999
    action = torch.linspace(-1, 1, 5)
    axes = actor_critic_plots.never_tried(action, action**2, [action, -action]).axes[0]
    marks = [line.get_xdata() for line in axes.lines if line.get_marker() == "^"]
    assert [mark.item() for mark in marks] == [1, -1]
