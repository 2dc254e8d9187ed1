"""Trials of controllers: the real pendulum, batches of imagined ones, and the evaluation's form."""

import numpy as np
import pytest
import torch

from symtut.experiments import evaluate
from symtut.lab.scenes import nb13_trials as trials
from symtut.tasks import make_task


@pytest.fixture
def task():
    return make_task("pendulum")


def push(state):
    return 5.0 * np.sign(state[:, 1:])  # beyond the motor: it must be cut


def test_the_real_pendulum_and_its_equations_agree(task):
    env = task.make_env()
    start = [3.0, 0.5]
    here = trials.real(env, start, push, 60)
    there = trials.imagined(task.true_step, np.array([start, [0.1, 0.0]]), push, 60)
    env.close()
    assert here.states.shape == (61, 2) and there.states.shape == (61, 2, 2)
    assert set(np.abs(here.torques)) == {2.0} and there.torques.shape == (60, 2)
    np.testing.assert_allclose(task.difference(here.states, there.states[:, 0]), 0, atol=1e-4)
    states, torques = here.states[:-1], here.torques[:, None]
    assert here.reward == pytest.approx(task.reward(states, torques, None).sum(), rel=1e-5)


def test_coasting_is_no_torque_and_upright_means_to_the_end(task):
    hanging = trials.imagined(
        task.true_step, np.array([[np.pi, 0.0], [0.0, 0.0]]), trials.coast, 50
    )
    assert not hanging.torques.any()
    assert trials.upright(hanging.states).tolist() == [False, True]
    late = np.zeros((20, 2))
    late[-2] = 0.5  # one of the last two states is out
    assert not trials.upright(late) and trials.upright(late[:-2])


def test_an_agent_plays_the_same_torques(task):
    act = trials.as_agent(task, push)
    observation = torch.tensor([[1.0, 0.0, 0.5], [1.0, 0.0, -0.5]])
    np.testing.assert_allclose(act(observation).numpy(), [[1.0], [-1.0]])
    weak = trials.as_agent(task, lambda state: np.full((len(state), 1), 0.5))
    assert weak(observation).tolist() == [[0.25], [0.25]]
    assert np.isfinite(evaluate(task, weak, range(2)).mean)
