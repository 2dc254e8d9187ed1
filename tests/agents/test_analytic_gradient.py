"""The analytic policy gradient: right derivatives, the same policy file, resume, clear refusals."""

import json

import numpy as np
import pytest
import torch

from symtut import train
from symtut.agents.analytic_gradient import (
    AnalyticGradient,
    APGConfig,
    check_differentiable,
)
from symtut.agents.episodes import Diverged
from symtut.agents.policy import Policy
from symtut.errors import InputError
from symtut.experiments.config import RunConfig
from symtut.expressions import Expression
from symtut.tasks import TASKS, make_task
from symtut.world_models import make_world_model
from symtut.world_models.equations import RewardEquation
from symtut.world_models.oracle import OracleWorldModel

SHORT = {
    "learner": "apg",
    "updates_per_step": 0.0,
    "updates": 6,
    "horizon": 5,
    "audition_every": 2,
    "evaluate_every": 3,
}


@pytest.fixture(autouse=True)
def few_evaluations(monkeypatch):
    from symtut.experiments.evaluation import evaluate

    monkeypatch.setattr(
        "symtut.experiments.run.evaluate",
        lambda task, act: evaluate(task, act, range(20000, 20002)),
    )


def learner(task, **choices):
    config = APGConfig(**{"hidden": 8, "batch_size": 16} | choices)
    return AnalyticGradient(task, config, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", ["pendulum", "car2d"])
def test_the_gradient_is_that_of_finite_differences_through_a_whole_rollout(name):
    task = make_task(name)
    model, agent = make_world_model("oracle", task, 0), learner(task)
    seen = torch.randn(100, task.observation_size, generator=torch.Generator().manual_seed(3))
    agent.measure(3 * seen, seen)
    states = task.start_state(16, torch.Generator().manual_seed(1)).double()
    agent.weights = agent.weights.detach().double().requires_grad_()
    agent.centre, agent.scale = agent.centre.double(), agent.scale.double()

    def total(weights):
        agent.weights = weights
        return agent.rollouts(model, states, 12)[0].sum()

    weights = agent.weights.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(total(weights), weights)
    generator = torch.Generator().manual_seed(2)
    for _ in range(5):
        direction = torch.randn(len(weights), generator=generator, dtype=torch.float64)
        step = 1e-6 * direction
        with torch.no_grad():
            slope = (total(weights + step) - total(weights - step)) / 2e-6
        assert float(gradient @ direction) == pytest.approx(float(slope), rel=1e-3)


@pytest.mark.parametrize("offset", [0.0, 300.0])
def test_what_is_written_into_the_policy_is_what_was_trained(offset):
    task = make_task("reacher")
    model, agent = make_world_model("oracle", task, 0), learner(task)
    seen = offset + torch.linspace(-1, 1, 100)[:, None] * torch.linspace(0.1, 10, 10)
    agent.measure(seen, seen)
    # Offsets are taken out where they are large beside what moves; what moves around 0 stays.
    assert torch.allclose(agent.centre, torch.full((10,), offset), atol=1e-3)
    agent.set_learning_rate(1e-2)
    before = agent.actor.flat.clone()
    states = task.start_state(16, torch.Generator().manual_seed(1))
    agent.update(model, states, 5, 1.0)
    assert not torch.equal(agent.actor.flat, before)
    seen = task.observation_from_state(states)
    w1, b1, w2, b2, w3, b3 = (
        w.reshape(p.shape[1:])
        for w, p in zip(
            agent.weights.detach().split([p.numel() for p in agent.actor.parameters]),
            agent.actor.parameters, strict=True,
        )
    )  # fmt: skip
    hidden = torch.relu(torch.relu((seen - agent.centre) / agent.scale @ w1 + b1) @ w2 + b2)
    raw = (hidden @ w3.T + b3)[:, :2]
    assert torch.allclose(agent.act(seen), torch.tanh(raw), atol=1e-5 if offset == 0 else 1e-2)
    assert torch.equal(Policy(task, agent.actor).unit_action(seen), agent.act(seen))


def test_after_the_end_of_an_episode_nothing_counts():
    class Falls(TASKS["pendulum"]):
        def terminated(self, state, action, next_state):
            return next_state[..., 0].abs() > 1.0

    task = Falls()
    model, agent = make_world_model("oracle", task, 0), learner(task)
    states = torch.tensor([[0.95, 3.0], [0.0, 0.0]])
    reward, _ = agent.rollouts(model, states, 6)
    assert reward[0, 0] < 0 and (reward[1:, 0] == 0).all()  # it falls in the first step
    assert (reward[1:, 1] < 0).all()


def test_what_has_ended_stands_still_and_leaves_the_gradient_finite():
    class Falls(TASKS["pendulum"]):
        def terminated(self, state, action, next_state):
            return next_state[..., 1] > 1.0

    class Explodes:
        def predict(self, state, action):
            return torch.stack([state[:, 0], state[:, 1] ** 4 + action[:, 0] + 2.0], 1)

    agent = learner(Falls())
    reward, _ = agent.rollouts(Explodes(), torch.full((4, 2), 3.0), 12)  # alone 3, 83, 5e7, inf
    (gradient,) = torch.autograd.grad(reward.sum(), agent.weights)
    assert gradient.isfinite().all() and gradient.abs().sum() > 0


def test_updates_without_a_finite_gradient_are_left_out_and_end_the_run():
    class Broken:
        def predict(self, state, action):
            return state * float("nan") + action.sum(-1, keepdim=True)

    agent = learner(make_task("pendulum"))
    before = agent.actor.flat.clone()
    with pytest.raises(Diverged, match="gradient through the world model"):
        for _ in range(100):
            agent.update(Broken(), torch.zeros(16, 2), 3, 1.0)
    assert torch.equal(agent.actor.flat, before)


@pytest.mark.parametrize("task", ["pendulum", "car2d", "reacher"])
@pytest.mark.parametrize("method", ["sparse", "oracle"])
def test_it_learns_in_every_world_and_model_of_equations(task, method, tmp_path):
    result = train(task, method, 60, 100, tmp_path / "run", on_progress=None, **SHORT)
    assert result.summary["gradient_updates"] == 6 and not result.summary["diverged"]
    config = json.loads((tmp_path / "run" / "config.json").read_text())["run"]
    assert config["apg"]["horizon"] == 5 and "sac" not in config
    assert np.isfinite(result.summary["final_return"])
    assert result.policy()(np.zeros(make_task(task).observation_size)).shape


def test_a_resumed_run_is_the_uninterrupted_one(tmp_path, monkeypatch):
    choices = SHORT | {"updates": 12}
    whole = train("pendulum", "sparse", 60, 100, tmp_path / "whole", on_progress=None, **choices)
    monkeypatch.setattr("symtut.experiments.run.CHECKPOINT_EVERY", 3)
    update, updates = AnalyticGradient.update, []

    def cut(*arguments):
        updates.append(None)
        if len(updates) == 8:
            raise KeyboardInterrupt
        return update(*arguments)

    monkeypatch.setattr(AnalyticGradient, "update", cut)
    with pytest.raises(KeyboardInterrupt):
        train("pendulum", "sparse", 60, 100, tmp_path / "cut", on_progress=None, **choices)
    assert (tmp_path / "cut" / "checkpoint.safetensors").exists()
    resumed = train("pendulum", "sparse", 60, 100, tmp_path / "cut", on_progress=None, **choices)
    assert 8 + 4 < len(updates) < 8 + 12  # it did not begin anew
    assert [r["mean_return"] for r in resumed.curve] == [r["mean_return"] for r in whole.curve]
    assert torch.equal(resumed.policy().actor.flat, whole.policy().actor.flat)


@pytest.mark.parametrize(
    ("method", "choices", "said"),
    [
        ("sac", {}, "method 'sac' has none"),
        ("oracle", {"start_states": "model"}, "stores none"),
        ("oracle", {"tau": 0.1}, "unknown option 'tau'"),
        ("oracle", {"profile": "paper"}, "learns with SAC"),
        ("oracle", {"learner": "agp"}, "'agp'.*apg"),
        ("oracle", {"horizon": 0}, "at least 1"),
        ("oracle", {"clip": 0.0}, "clip must be greater than 0"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(method, choices, said, tmp_path):
    with pytest.raises(InputError, match=said) as caught:
        train("pendulum", method, 60, 100, tmp_path / "run", on_progress=None, **SHORT | choices)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()  # it was said before any real step


@pytest.mark.filterwarnings("error")
def test_one_real_step_is_enough_to_begin_with(tmp_path):
    result = train("pendulum", "oracle", 1, 100, tmp_path / "run", on_progress=None, **SHORT)
    assert result.diverged is None and result.summary["gradient_updates"] == 6


def test_the_smoke_profile_is_short():
    config = RunConfig.make("pendulum", "oracle", 200, 100, "smoke", learner="apg")
    assert config.loop.updates == 8 and 200 * config.loop.updates_per_step < 8


def test_a_reward_that_leaves_torch_is_named(tmp_path):
    class Detached(TASKS["pendulum"]):
        def reward(self, state, action, next_state):
            return super().reward(state, action, next_state).detach()

    from symtut.agents.loop import Loop

    config = RunConfig.make("pendulum", "oracle", 60, 100, **SHORT)
    task = Detached()
    loop = Loop(task, make_world_model("oracle", task, 0), 60, config.loop, config.learner, 0)
    with pytest.raises(InputError, match="reward of Detached has no gradient.*--learner sac"):
        while not loop.finished:
            loop.advance()


def test_a_model_without_gradients_and_a_learned_reward_without_them_are_named():
    class Apart:
        def predict(self, state, action):
            return (state + action).detach()

    class Learned(OracleWorldModel):
        def reward(self, state, action, next_state):
            return torch.zeros(len(state))

    task = make_task("pendulum")
    states = task.start_state(2, torch.Generator().manual_seed(1))
    for model, said in ((Apart(), "predict of Apart"), (Learned(task), "reward of Learned")):
        with pytest.raises(InputError, match=f"^{said} has no gradient"):
            check_differentiable(model, task, states)


def test_the_gradient_of_a_learned_reward_is_that_of_the_reward_it_equals():
    task = make_task("pendulum")
    names = ("theta", "theta_dot", "u")
    found = Expression.from_text("-(theta*theta + 0.1*theta_dot*theta_dot + 0.001*u*u)", names)

    class Learned(OracleWorldModel):
        reward = staticmethod(RewardEquation(found, False, (0, 1, 2), -17.0))

    states, gradients = task.start_state(16, torch.Generator().manual_seed(1)), []
    for kind in (OracleWorldModel, Learned):
        agent = learner(task)
        reward = agent.rollouts(kind(task), states, 10)[0]
        gradients += torch.autograd.grad(reward.sum(), agent.weights)
    assert torch.allclose(*gradients, rtol=1e-3, atol=1e-3 * float(gradients[0].norm()))
    assert gradients[0].norm() > 1


def test_it_learns_in_the_ensemble_too_through_the_drawn_predictions(tmp_path):
    model = {"size": {"members": 2, "elites": 2, "hidden": 8, "longest": 20}}
    result = train(
        "pendulum", "mbpo", 60, 100, tmp_path / "run", on_progress=None, **SHORT, **model
    )
    assert result.summary["gradient_updates"] == 6 and not result.summary["diverged"]
