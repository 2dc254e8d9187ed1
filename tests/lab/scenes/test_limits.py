"""What notebook 12 computes beside its cells, and how figures are shown."""

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from symtut import make_task
from symtut.lab import style
from symtut.lab.scenes import nb12_limits as limits
from symtut.tasks.random_policy import random_transitions


def test_a_figure_is_shown_twice_as_fine_and_with_its_text(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *a, **k: shown.append((a, k)))
    figure = plt.figure(figsize=(3, 2), dpi=80)
    style.show_figure(figure, "A figure of nothing.")
    ((data,), settings) = shown[0]
    about = settings["metadata"]["image/png"]
    assert about == {"alt": "A figure of nothing.", "width": 240, "height": 160}
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).size == (480, 320)
    assert not plt.fignum_exists(figure.number)


def test_a_drive_follows_the_true_step_and_gravity_changes():
    task = make_task("pendulum")
    factors = np.r_[np.ones(20), 1.5 * np.ones(20)]
    states, torques = limits.drive(task, factors, 0)
    assert states.shape == (41, 2) and torques.shape == (40, 1)
    true = task.true_step(states[:20], torques[:20])
    np.testing.assert_allclose(task.difference(true, states[1:21]), 0, atol=1e-9)
    extra = np.diff(states[:, 1])[20:] - 0.15 * torques[20:, 0]
    np.testing.assert_allclose(extra, 1.5 * 0.75 * np.sin(states[20:40, 0]), atol=1e-9)


def test_noise_is_that_of_two_readings():
    task = make_task("pendulum")
    moved = random_transitions(task, 1000, 0)
    clean, noisy = (limits.noisy(task, moved, level, [0, 0]) for level in (0.0, 0.1))
    added = (noisy[1] - clean[1])[:, 1].std()
    single = (noisy[0] - clean[0])[:, 1].std()
    assert 1.3 < added / single < 1.5
    np.testing.assert_array_equal(noisy[0][:, 2], clean[0][:, 2])  # actions are known


def test_medians_are_those_of_the_runs():
    rows = [
        {"real steps": 20, "start states": "all", "rollout length": "5", "final_return": value}
        for value in (-3.0, -1.0, -2.0)
    ]
    assert limits.median(rows, rollout_length="5", real_steps=20) == -2
    assert np.isnan(limits.median(rows, rollout_length="6"))
    assert "20 steps, all             -2" in limits.medians(rows)
