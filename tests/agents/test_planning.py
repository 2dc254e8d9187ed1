"""The planner: weights, noise, warm start, what ends a plan, and what it reaches in reality."""

import math

import numpy as np
import pytest
import torch

from symtut.agents.planning import PlanConfig, Planner, plan_config
from symtut.errors import InputError
from symtut.experiments import evaluate
from symtut.tasks import TASKS, make_task
from symtut.world_models import make_world_model


def planner(task, model=None, **choices):
    return Planner(task, model or make_world_model("oracle", task, 0), plan_config(task, **choices))


def starts(task, n):
    return task.observation_from_state(task.start_state(n, torch.Generator().manual_seed(1)))


def test_weights_are_a_softmax_in_units_of_the_spread():
    plans = planner(make_task("pendulum"), temperature=0.5)
    returns = torch.tensor([[1.0, 3.0], [7.0, 7.0]])  # a spread of 1, and of 0
    weights = plans.weights(returns)
    assert weights[0, 0] == pytest.approx(1 / (1 + math.exp(2 / 0.5)), rel=1e-5)
    assert torch.allclose(weights.sum(1), torch.ones(2)) and weights[1].tolist() == [0.5, 0.5]
    assert torch.allclose(plans.weights(100 * returns - 1e3), weights, rtol=1e-3)


def test_noise_is_correlated_stationary_and_absent_from_one_plan():
    plans = planner(make_task("pendulum"), samples=2000, horizon=12, noise=0.7, correlation=0.6)
    noise = plans.noise(10)
    assert noise.shape == (12, 10, 2000, 1) and (noise[:, :, 0] == 0).all()
    drawn = noise[:, :, 1:].flatten(1)
    assert torch.allclose(drawn.std(1), torch.tensor(0.7), atol=0.02)
    for apart in (1, 2):
        pairs = (drawn[:-apart] * drawn[apart:]).mean() / 0.7**2
        assert float(pairs) == pytest.approx(0.6**apart, abs=0.02)


def test_the_plan_is_the_weighted_mean_and_moves_up_by_one_step():
    """The reward asks for the action 0.5 in the third step; the state is a clock."""

    class Third(TASKS["pendulum"]):
        def reward(self, state, action, next_state):
            due = ((state[..., 1] - 2.0).abs() < 0.5).float()
            return -due * (action[..., 0] / 2 - 0.5).abs()

        def state_from_observation(self, observation):
            return observation

    class Clock:
        def predict(self, state, action):
            return state + torch.tensor([0.0, 1.0])

    plans = planner(Third(), Clock(), samples=4000, horizon=4, correlation=0.0, temperature=0.02)
    at = [plans.unit_action(torch.tensor([[0.0, step]])).item() for step in (0.0, 1.0, 2.0)]
    assert at[2] == pytest.approx(0.5, abs=0.02)
    assert plans.plan.shape == (4, 1, 1, 1)
    assert abs(at[0]) < 0.2 and abs(at[1]) < 0.2  # nothing is asked of them


def test_rewards_after_the_end_do_not_count():
    class Falls(TASKS["pendulum"]):
        def terminated(self, state, action, next_state):
            return state[..., 0] > -9  # always, after one step

    task = Falls()
    plans = planner(task)
    state, actions = torch.tensor([[1.0, 0.0]]), torch.zeros(5, 1, 1)
    one = task.reward(state, torch.zeros(1, 1), state)
    assert torch.equal(plans._returns(state, actions), one)


def test_plans_that_leave_an_equations_domain_are_never_the_best():
    class Cliff(TASKS["pendulum"]):
        def reward(self, state, action, next_state):
            return torch.where(action[..., 0] > 0, torch.nan, -action[..., 0].abs())

    plans = planner(Cliff(), samples=64, noise=1.0)
    action = plans.unit_action(starts(plans.task, 3))
    assert action.isfinite().all() and (action <= 0).all()

    class Nowhere(TASKS["pendulum"]):
        def reward(self, state, action, next_state):
            return action[..., 0] * torch.nan

    with pytest.raises(InputError, match="no plan has a finite return"):
        planner(Nowhere()).unit_action(starts(make_task("pendulum"), 2))


def test_episodes_begin_anew_only_when_told():
    task = make_task("car2d")
    plans, seen = planner(task, samples=16), starts(task, 3)
    first, second = plans.unit_action(seen), plans.unit_action(seen)
    with pytest.raises(InputError, match="2 observations, and plans for 3 episodes"):
        plans.unit_action(seen[:2])
    plans.begin()
    assert torch.equal(plans.unit_action(seen), first) and not torch.equal(first, second)
    plans.begin()
    one = plans(seen[0].numpy())
    assert one.shape == (2,) and one.dtype == np.float64 and (abs(one) <= 1).all()


def test_it_drives_the_real_car_better_than_a_learner_must():
    task = make_task("car2d")
    found = evaluate(task, planner(task, samples=64).unit_action, range(30_000, 30_006))
    still = evaluate(task, lambda seen: torch.zeros(len(seen), 2), range(30_000, 30_006))
    assert found.mean > 0.35 * still.mean and found.decision_seconds > 0


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"samples": 0}, "samples must be a whole number"),
        ({"horizon": 2.5}, "horizon must be a whole number"),
        ({"noise": 0}, "noise must be a number greater than 0"),
        ({"temperature": float("nan")}, "temperature must be"),
        ({"correlation": 1}, "correlation must be a number from 0 to below 1"),
        ({"sample": 3}, "unknown option 'sample' .did you mean 'samples'"),
    ],
)
def test_what_is_refused(choices, said):
    with pytest.raises(InputError, match=said):
        plan_config(make_task("pendulum"), **choices)


def test_more_plans_than_fit_into_memory_are_refused():
    with pytest.raises(InputError, match="samples = 1000000000"):
        planner(make_task("pendulum"), samples=10**9).unit_action(starts(make_task("pendulum"), 9))


def test_a_world_without_choices_of_its_own_has_the_defaults():
    class Another(TASKS["pendulum"]):
        name = "another"

    assert plan_config(Another()) == PlanConfig()
