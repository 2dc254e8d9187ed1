"""Figures and films: what they show can be read back from them."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from symtut.lab import diagrams, films, painters, style
from symtut.tasks import make_task


@pytest.fixture(autouse=True)
def house_style():
    with plt.rc_context():
        style.use_style()
        yield
    plt.close("all")


def luminance(colour):
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_text_has_contrast_and_the_background_is_solid():
    paper, ink = luminance(style.PAPER), luminance(style.INK)
    assert (paper + 0.05) / (ink + 0.05) > 7  # WCAG AAA
    assert plt.figure().get_facecolor()[3] == 1.0


def test_methods_differ_in_more_than_colour():
    styles = [style.METHOD_LINE[m] for m in style.METHOD_COLOUR]
    assert len(set(styles)) == len(styles)
    assert len(set(style.METHOD_COLOUR.values())) == len(style.METHOD_COLOUR)


def test_wraps_are_broken_and_nothing_else():
    angle = np.array([3.0, 3.1, -3.1, -3.0])
    broken = style.break_wraps(angle)
    assert np.isnan(broken).tolist() == [False, False, True, False]
    assert angle[2] == -3.1  # the input is left as it was


def test_labels_have_units():
    assert style.label("theta_dot").endswith("(rad/s)") and style.label("other") == "other"


def test_diagram_names_the_three_buffers():
    text = " ".join(t.get_text() for t in diagrams.loop_diagram().axes[0].texts)
    assert all(name in text for name in ("$B_E$", "$B_{EM}$", r"$B_\pi$"))


def weight_position(theta):
    """Where the film shows the weight, relative to the centre: (right, up)."""
    film = Image.open(io.BytesIO(films.pendulum(np.full(4, theta), size=180).data))
    pixels = np.asarray(film.convert("RGB"), dtype=float)
    colour = 255 * np.array(to_rgb(painters.WEIGHT))
    rows, columns = np.nonzero(np.abs(pixels - colour).sum(-1) < 60)
    return columns.mean() - 90, 22 + 90 - rows.mean()


@pytest.mark.parametrize("theta", [0.0, 1.0, np.pi / 2, -2.0, np.pi])
def test_film_shows_the_angle_counter_clockwise_from_upright(theta):
    right, up = weight_position(theta)
    assert right == pytest.approx(-66 * np.sin(theta), abs=2.5)
    assert up == pytest.approx(66 * np.cos(theta), abs=2.5)


def test_film_runs_in_real_time_and_is_small():
    theta = np.linspace(-3, 3, 200)
    data = films.pendulum([theta, -theta], [np.cos(theta)] * 2, titles=["a", "b"]).data
    film = Image.open(io.BytesIO(data))
    assert film.n_frames == 100 and film.info["duration"] == 100 and len(data) < 200_000
    with pytest.raises(ValueError, match="shape"):
        films.pendulum(theta, theta[:5])


def test_play_hangs_without_torque_and_swings_with_it():
    task = make_task("pendulum")
    angles, torques, total = films.play(task, lambda observation: np.zeros(1), 0)
    np.testing.assert_allclose(np.abs(angles), np.pi, atol=1e-3)
    assert not torques.any() and total == pytest.approx(-200 * np.pi**2, rel=1e-3)

    def pump(observation):  # push along the motion: energy grows
        return np.array([2.0 if observation[2] >= 0 else -2.0])

    angles, torques, _ = films.play(task, pump, 0)
    assert np.abs(angles).min() < 1.0 and set(torques) == {-2.0, 2.0}
