"""Learners side by side: what is counted as learning, which policies are kept, and the network."""

import numpy as np
import pytest
import torch

from symtut.lab.scenes import nb14_learners as learners
from symtut.tasks import make_task
from symtut.tasks.transitions import Transitions
from symtut.world_models.oracle import OracleWorldModel

TASK = make_task("pendulum")


@pytest.mark.parametrize("learner", ["sac", "apg"])
def test_practice_gives_a_point_at_the_start_and_at_each_mark(learner):
    loop = learners.loop_of(TASK, 20, 100, learner, OracleWorldModel(TASK))
    asked = []

    def real_return(act):
        asked.append(act(torch.zeros(1, 3)).item())
        return float(len(asked))

    curve = learners.practise(loop, 4, 2, real_return)
    assert loop.env_steps == 20 and loop.updates == 4
    assert curve[:, 1].tolist() == [1, 2, 3] and curve[0, 0] == 0
    assert (np.diff(curve[:, 0]) > 0).all()
    assert asked[0] != asked[-1]  # it has learned, and what is asked is the policy of the moment


def test_watching_keeps_copies_of_every_so_many_policies():
    policy = torch.nn.Linear(2, 1)

    def objective(policy, states):
        return policy(states)[:, 0]

    watched = learners.Watched(objective, every=2)
    before = policy.bias.item()
    for _ in range(3):
        torch.testing.assert_close(
            watched(policy, torch.ones(4, 2)), objective(policy, torch.ones(4, 2))
        )
        with torch.no_grad():
            policy.bias += 1.0
    watched.keep(policy)
    curve = watched.curve(lambda kept: kept.bias.item())
    assert curve[:, 1].tolist() == pytest.approx([before, before + 2, before + 3])
    assert (np.diff(curve[:, 0]) >= 0).all()


def test_the_network_learns_increments_and_lets_gradients_through():
    generator = np.random.default_rng(0)
    state = generator.uniform([-3, -4], [3, 4], (300, 2))
    action = generator.uniform(-2, 2, (300, 1))
    after = TASK.true_step(state, action)
    data = Transitions(state, action, after, np.zeros(300), np.zeros(300, bool), np.zeros(300, int))
    step = learners.network(TASK, data, updates=300, seed=0)
    s, u = torch.tensor(state).float(), torch.tensor(action).float().requires_grad_()
    error = TASK.difference(step(s, u), torch.tensor(after).float())
    assert error.square().mean(0).sqrt().max() < 0.05
    (slope,) = torch.autograd.grad(step(s, u)[:, 1].sum(), u)
    assert slope.median().item() == pytest.approx(0.15, abs=0.03)  # 3 dt, as in the simulator
