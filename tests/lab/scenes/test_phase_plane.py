"""Figures of the phase plane: what they show can be read back from them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from symtut.lab.scenes import nb13_phase_plane as phase_plane


@pytest.fixture
def axes():
    yield plt.subplots()[1]
    plt.close("all")


def paths(contour):
    return [path.vertices for path in contour.get_paths() if len(path.vertices)]


def test_portrait_draws_level_sets(axes):
    phase_plane.portrait(axes, lambda t, w: w**2 / 2 + 15 * np.cos(t), [0.0], highlight=15.0)
    grey, thick = axes.collections
    for contour, level in ((grey, 0.0), (thick, 15.0)):
        for theta, theta_dot in (points.T for points in paths(contour)):
            np.testing.assert_allclose(theta_dot**2 / 2 + 15 * np.cos(theta), level, atol=0.05)
    assert axes.get_xlim() == pytest.approx((-np.pi, np.pi))
    assert "rad" in axes.get_xlabel() and "rad/s" in axes.get_ylabel()


def test_region_shades_what_is_inside(axes):
    angles, speeds = np.linspace(-1, 1, 21), np.linspace(-2, 2, 11)
    phase_plane.region(axes, angles, speeds, np.abs(angles)[None, :] + 0 * speeds[:, None] < 0.55)
    points = np.concatenate(paths(axes.collections[0]))
    assert points[:, 0].max() == pytest.approx(0.55, abs=0.06)
    assert points[:, 1].max() == pytest.approx(2.0)


def test_unit_circle_stand_beside_the_unit_circle(axes):
    phase_plane.unit_circle(axes, {"here": ("o", [0.5, 1.2]), "there": ("+", [1j, -1j])})
    circle, here, there = axes.lines
    np.testing.assert_allclose(np.hypot(*circle.get_data()), 1.0)
    assert here.get_xdata().tolist() == [0.5, 1.2] and here.get_markerfacecolor() == "none"
    assert there.get_ydata().tolist() == [1.0, -1.0] and there.get_label() == "there"
