"""Notebook 15's stand-ins: a world model as four functions, and rollouts with their actions."""

import torch

from symtut.agents.dreamer.config import DreamerConfig
from symtut.agents.dreamer.networks import Networks
from symtut.agents.dreamer.policy import DreamerPolicy
from symtut.lab.scenes import nb15_dreaming as dreaming
from symtut.tasks import make_task

TASK = make_task("pendulum")


def test_with_open_eyes_the_four_functions_follow_as_the_policy_does():
    c = DreamerConfig(deter=16, blocks=2, stoch=4, hidden=8, units=8)
    networks = Networks(3, 1, c, torch.Generator().manual_seed(0))
    policy, world = DreamerPolicy(TASK, networks), dreaming.World(networks)
    (deter, stoch), action = world.first(5), torch.zeros(5, 1)
    for seen in torch.randn(6, 5, 3, generator=torch.Generator().manual_seed(1)):
        deter = world.step(deter, stoch, action)
        stoch = world.look(deter, seen)
        action = policy.unit_action(seen)
        torch.testing.assert_close(deter, policy.state.deter)
        assert torch.equal(stoch, policy.state.stoch)
    assert world.picture(deter, stoch).shape == (5, 3)
    drawn = dreaming.World(networks, torch.Generator().manual_seed(2)).guess(deter)
    torch.testing.assert_close(drawn.view(5, 4, 4).sum(1), torch.ones(5, 4))  # one class of each


def test_actions_stand_with_the_states_that_they_led_to():
    states, actions = dreaming.played(TASK, lambda seen: seen[:, :1] / 2, 3, 7, 0)
    assert states.shape == (8, 3, 2) and actions.shape == (8, 3, 1) and not actions[0].any()
    torch.testing.assert_close(actions[1:, :, 0], torch.cos(states[:-1, :, 0]) / 2)
    again = dreaming.rolled_out(TASK, TASK.true_step, states[2], actions[3:])
    torch.testing.assert_close(again, states[3:])
