"""Worlds in which a gradient is wrong or zero, and what the difference of mean returns says."""

import pytest
import torch

from symtut.lab.scenes import nb14_rough_worlds as rough


def test_gradient_and_difference_agree_where_nothing_jumps_and_nowhere_else():
    for world in rough.WORLDS:
        by_gradient, by_difference = rough.slopes(world, seed=0)
        assert by_difference > 1  # more gain is better in all of them
        smooth = world == "the pendulum as it is"
        assert (by_gradient == pytest.approx(by_difference, rel=0.05)) == smooth
        if world.startswith("reward 1"):
            assert by_gradient == 0


def test_the_wall_the_friction_and_the_end():
    state, push = torch.tensor([[0.45, 2.0], [0.1, 0.0]]), torch.tensor([[0.0], [0.5]])
    free = rough.TASK.true_step(state, push)
    wall, friction = rough.with_wall(state, push), rough.with_friction(state, push)
    assert free[0, 0] > 0.5 > wall[0, 0] and wall[0, 1] == -0.5 * free[0, 1]
    assert torch.equal(wall[1], free[1]) and torch.equal(friction[0], free[0])
    slow = torch.tensor([[0.0, 0.1]])
    assert rough.with_friction(slow, 0 * push[:1])[0, 1] == 0
    starts = torch.tensor([[0.99, 3.0], [0.0, 0.0]], dtype=torch.float64)
    gain = torch.tensor(0.5, dtype=torch.float64)
    value = rough.rollout_return(gain, "reward 1 a step; ends at 1 rad", starts)
    assert value == (1 + rough.STEPS) / 2  # one falls in the first step, which still counts
