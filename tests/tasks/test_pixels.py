"""The pendulum's images, and an angle learned from them without labels."""

import numpy as np
import pytest
import torch

from symtut.agents.episodes import first_steps
from symtut.tasks import ObservedTask
from symtut.tasks.base import wrap_angle
from symtut.tasks.pixels import (
    ANGLES_ID,
    IMAGE_SIDE,
    PIXELS_ID,
    learned_encoder,
    register_seen,
    rod_images,
    turned,
)

ANGLES = np.array([-2.5, -1.0, 0.0, 0.4, 1.9])


def as_rows(images):
    return torch.as_tensor(images.reshape(len(images), -1), dtype=torch.float32)


def test_the_rod_points_where_the_angle_says():
    up, left = rod_images(np.array([0.0, np.pi / 2]))
    assert up.shape == (IMAGE_SIDE, IMAGE_SIDE) and up.dtype == np.uint8
    assert up[4, 15] > 200 and up[28, 15] == 0  # rows count from above
    assert left[15, 4] > 200 and left[15, 28] == 0
    assert np.array_equal(left, np.rot90(up))


@pytest.mark.parametrize("angle", [0.7, -2.0])
def test_a_turned_image_is_that_of_the_turned_pendulum(angle):
    images = turned(as_rows(rod_images(ANGLES)), torch.full((5,), angle)).numpy()
    error = images - as_rows(rod_images(ANGLES + angle)).numpy()
    assert np.abs(error).mean() < 2 and np.abs(error).max() < 60  # of 255: it is interpolated


def test_the_encoder_s_angle_is_the_pendulum_s_but_for_its_zero():
    hidden = np.random.default_rng(0).uniform(-np.pi, np.pi, 100)
    encoder = learned_encoder(rod_images(hidden).reshape(100, -1), seed=0, updates=300)
    wanted = np.linspace(-3.1, 3.1, 200)
    point = encoder(as_rows(rod_images(wanted))).numpy()
    shift = wrap_angle(np.arctan2(point[:, 1], point[:, 0]) - wanted)
    off = wrap_angle(shift - np.angle(np.exp(1j * shift).mean()))
    assert np.sqrt((off**2).mean()) < 0.02  # rad; 1,500 updates have 0.001


def test_three_views_of_one_pendulum_show_the_same_episode():
    images = first_steps(ObservedTask(PIXELS_ID), 100, 30).state
    encoder = learned_encoder(images, seed=0, updates=200)
    angles = first_steps(ObservedTask(ANGLES_ID), 100, 30).state
    seen = first_steps(ObservedTask(register_seen(encoder)), 100, 30).state
    assert np.array_equal(
        images, rod_images(np.arctan2(angles[:, 1], angles[:, 0])).reshape(30, -1)
    )
    assert seen == pytest.approx(encoder(torch.as_tensor(images).float()).numpy(), abs=1e-6)
