"""Angles, constants, bounds, ends and stops, read off made-up observations."""

import numpy as np
import pytest

from symtut.tasks.state_map import (
    Coordinate,
    angle_pairs,
    coordinates_of,
    end_limits,
    extremes,
    is_constant,
    stop_limits,
)
from tests.tasks.made_up import arm, with_columns


@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_a_pair_of_cosine_and_sine_is_found_in_any_order_sign_and_unit(noise):
    seen = arm(noise=noise)
    assert [pair[:2] for pair in angle_pairs(seen.state)] == [(0, 2)]
    turned = with_columns(seen, [3, 2, 5, 1, 0, 4], [1, -1, 1, 1, 2.5, 1])
    ((i, j, r, s),) = angle_pairs(turned.state)
    assert (i, j, r) == (1, 4, 1.0)
    assert s == pytest.approx(2.5, rel=2e-3)


def test_what_is_nearly_one_and_what_is_nearly_nothing_are_no_pair():
    generator = np.random.default_rng(0)
    x = np.column_stack([1 + 1e-4 * generator.standard_normal(200), generator.normal(0, 1e-3, 200)])
    assert angle_pairs(x) == []
    assert angle_pairs(generator.uniform(-1, 1, (200, 6))) == []


@pytest.mark.parametrize("radii", [(1.0, 1.0), (-1.0, 2.0)])
def test_an_angle_is_read_where_its_columns_stand(radii):
    angle = np.array([-2.0, 0.3, 3.0])
    observation = np.column_stack([np.sin(angle) * radii[1], np.cos(angle) * radii[0]])
    assert Coordinate("phi1", (1, 0), radii).read(observation) == pytest.approx(angle)


@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_a_goal_is_constant_and_a_position_is_not(noise):
    seen = arm(noise=noise)
    assert [k for k in range(6) if is_constant(seen, k)] == [4]


def test_a_bound_is_an_extreme_that_repeats_or_that_is_stated():
    generator = np.random.default_rng(0)
    x = np.clip(generator.normal(0, 1, 400), -np.inf, 1.5)
    assert extremes(x, -np.inf, np.inf) == (-np.inf, 1.5)
    assert extremes(x, -9.0, 9.0) == (-9.0, 1.5)
    ends = x.min(), np.sort(x)[-10]  # reached exactly, the lower one once: cut there as stated
    assert extremes(np.clip(x, *ends), *ends) == ends
    steps = np.diff(np.cumsum(np.clip(x, -2.0, 1.5)).astype(np.float32)).astype(float)
    low, high = extremes(steps, -np.inf, np.inf)  # of a position that is known to seven digits
    assert (low, high) == pytest.approx((-2.0, 1.5), rel=1e-4)
    assert extremes(x, -0.5, np.inf) == (-np.inf, 1.5)  # observations are beyond what is stated


def test_coordinates_are_angles_first_and_name_their_columns():
    seen = arm(600)
    nothing = np.full(6, np.inf)
    found = coordinates_of(seen, -nothing, nothing, {5})
    assert [(c.name, c.columns, c.constant) for c in found] == [
        ("phi1", (0, 2), False), ("o1", (1,), False), ("o3", (3,), False), ("o4", (4,), True)
    ]  # fmt: skip
    assert (found[2].low, found[2].high) == (-2.0, 2.0)
    assert (found[1].low, found[1].high) == (-np.inf, np.inf)


def test_an_end_is_the_roundest_threshold_between_the_last_inside_and_the_first_outside():
    generator = np.random.default_rng(0)
    x = generator.normal(0, [0.15, 1.0, 0.7], (300, 3))
    ended = (abs(x[:, 0]) > 0.2) | (x[:, 2] < -1.25)
    limits, missed = end_limits(x, ended)
    assert missed == 0
    by_column = {limit.column: limit for limit in limits}
    assert by_column.keys() == {0, 2}
    assert (by_column[0].low, by_column[0].high) == (-0.2, 0.2)
    assert by_column[2].high == np.inf
    assert x[~ended, 2].min() >= by_column[2].low >= x[ended & (x[:, 2] < -1.25), 2].max()


def test_ends_by_chance_are_counted_as_missed():
    x = np.random.default_rng(0).uniform(-1, 1, (200, 2))
    ended = np.zeros(200, dtype=bool)
    ended[10:13] = True
    x[10:13] *= 0.5
    assert end_limits(x, ended) == ([], 3)
    assert end_limits(x, np.zeros(200, dtype=bool)) == ([], 0)


def test_a_stop_is_a_place_beyond_which_the_odd_steps_lie():
    before = np.random.default_rng(0).uniform(-3.3, 3.3, (400, 3))
    after = before + 0.01
    apart = np.maximum(abs(before[:, 1]), abs(after[:, 1])) > 3.0
    (limit,) = stop_limits(before, after, apart)
    assert (limit.column, limit.low, limit.high) == (1, -3.0, 3.0)
    anywhere = np.random.default_rng(1).random(400) < 0.06
    assert stop_limits(before, after, anywhere) == []
