"""Sparse regression as a world model, and the learned reward of the models with equations."""

import json

import numpy as np
import pytest
import sympy
import torch

from symtut.errors import InputError
from symtut.tasks import Transitions, make_task
from symtut.world_models import make_world_model
from symtut.world_models.sparse import SparseWorldModel, ThresholdedLeastSquares, thresholded
from symtut.world_models.symbolic import SymbolicWorldModel


def random_steps(task, n, seed):
    """``n`` real steps of a random policy, in episodes of the environment."""
    env, rng = task.make_env(), np.random.default_rng(seed)
    rows, episode, observation = [], -1, None
    while len(rows) < n:
        if observation is None:
            episode += 1
            observation, _ = env.reset(seed=1_000_000 + 1000 * seed + episode)
        action = task.from_unit_action(rng.uniform(-1, 1, task.action_size))
        after, reward, terminated, truncated, _ = env.step(action)
        state = task.state_from_observation(observation.astype(float))
        next_state = task.state_from_observation(after.astype(float))
        rows.append((state, action, next_state, reward, terminated, episode))
        observation = None if terminated or truncated else after
    return Transitions(*(np.array(column) for column in zip(*rows, strict=True)))


def coefficients(text):
    return sympy.sympify(text).as_coefficients_dict()


def same_equation(text, truth):
    found, wanted = coefficients(text), coefficients(truth)
    return found.keys() == wanted.keys() and all(
        abs(float(found[term] / wanted[term]) - 1) < 1e-6 for term in wanted
    )


@pytest.mark.parametrize("selection, n", [("forward", 20), ("thresholding", 400)])
def test_finds_the_two_equations_of_the_pendulum(selection, n):
    task = make_task("pendulum")
    real = random_steps(task, n, seed=3)
    model = make_world_model("sparse", task, seed=0, selection=selection)
    report = model.fit(real, random_steps(task, 100, seed=4))
    assert [row["target"] for row in report.equations] == ["delta_theta", "delta_theta_dot"]
    for row, truth in zip(report.equations, task.true_equations, strict=True):
        assert same_equation(row["equation"], truth), row["equation"]
        assert row["r2_fit"] > 1 - 1e-9 and row["r2_holdout"] > 1 - 1e-9 and row["latex"]
    state, action = torch.as_tensor(real.state).float(), torch.as_tensor(real.action).float()
    assert not hasattr(model, "transformer") and model.reward is None
    inside = task.uncut(real.state, real.next_state)
    error = task.difference(model.predict(state, action).double().numpy(), real.next_state)
    assert np.abs(error[inside]).max() < 1e-5


def test_forward_selection_is_the_stronger_of_the_two_under_noise():
    """Why it is the default: 1 % of noise spreads the thresholded weights over the library."""
    task = make_task("pendulum")
    real = random_steps(task, 100, seed=5)
    rng = np.random.default_rng(0)
    noise = 0.01 * (real.next_state - real.state).std(0) * rng.normal(size=real.state.shape)
    noisy = Transitions(
        real.state, real.action, task.advance(real.state, task.difference(
            real.next_state, real.state) + noise), real.reward, real.terminated, real.episode,
    )  # fmt: skip
    terms = {}
    for selection in ("forward", "thresholding"):
        report = SparseWorldModel(task, selection=selection).fit(noisy)
        terms[selection] = [set(coefficients(row["equation"])) for row in report.equations]
    truth = [set(coefficients(text)) for text in task.true_equations]
    assert terms["forward"] == truth
    assert terms["thresholding"] != truth


def test_thresholding_is_least_squares_on_what_stays():
    rng = np.random.default_rng(1)
    columns = rng.normal(size=(50, 8))
    columns /= np.linalg.norm(columns, axis=0)
    y = columns[:, [1, 4]] @ [0.9, -0.4] + 0.01 * rng.normal(size=50)
    found = thresholded(columns, y, 0.1)
    assert set(np.flatnonzero(found)) == {1, 4}
    alone = np.linalg.lstsq(columns[:, [1, 4]], y, rcond=None)[0]
    assert np.allclose(found[[1, 4]], alone)
    assert not thresholded(columns, y, 10.0).any()  # nothing reaches it


def test_thresholding_on_what_the_library_does_not_hold():
    rng = np.random.default_rng(2)
    x = rng.uniform(-2, 2, (60, 2))
    model = ThresholdedLeastSquares(("a", "b")).fit(x, rng.normal(size=60))
    values = model.expression()(x)
    assert np.isfinite(values).all() and values.std() < 1.0
    with pytest.raises(InputError, match="4 points are fewer"):
        ThresholdedLeastSquares(("a", "b")).fit(x[:4], x[:4, 0])
    with pytest.raises(InputError, match="constant"):
        ThresholdedLeastSquares(("a", "b")).fit(x, np.ones(60))
    with pytest.raises(
        InputError, match="unknown selection 'lasso'. Known selections: forward, thresholding"
    ):
        SparseWorldModel(make_task("pendulum"), selection="lasso")


@pytest.mark.parametrize("method", ["sparse", "symbolic"])
def test_the_reward_can_be_learned_and_survives_a_checkpoint(method):
    task = make_task("pendulum")
    real = random_steps(task, 60, seed=6)
    options = {} if method == "sparse" else {"proposer": "sparse"}
    model = make_world_model(method, task, seed=0, learned_reward=True, **options)
    report = model.fit(real)
    row = report.equations[-1]
    assert row["target"] == "reward" and row["r2_fit"] > 1 - 1e-9
    assert same_equation(row["equation"], "-theta**2 - theta_dot**2/10 - u**2/1000")

    rng = torch.Generator().manual_seed(0)
    state = task.start_state(50, rng) * torch.tensor([1.0, 6.0])
    action = 4 * torch.rand((50, 1), generator=rng) - 2
    next_state = model.predict(state, action)
    learned = model.reward(state, action, next_state)
    assert learned.shape == (50,) and learned.dtype == torch.float32
    assert torch.allclose(learned, task.reward(state, action, next_state), atol=1e-4)

    again = make_world_model(method, task, seed=9, learned_reward=True, **options)
    again.load_state_dict(json.loads(json.dumps(model.state_dict())))
    assert torch.equal(again.reward(state, action, next_state), learned)


def test_a_reward_of_the_next_state_is_found_as_such():
    class Elsewhere(type(make_task("pendulum"))):
        def reward(self, state, action, next_state):
            return -(next_state[..., 1] ** 2) - 0.5 * action[..., 0] ** 2

    task = Elsewhere()
    real = random_steps(task, 80, seed=7)
    reward = task.reward(real.state, real.action, real.next_state)
    real = Transitions(
        real.state, real.action, real.next_state, reward, real.terminated, real.episode
    )
    model = SparseWorldModel(task, learned_reward=True)
    row = model.fit(real).equations[-1]
    assert same_equation(row["equation"], "-theta_dot_next**2 - u**2/2")
    state, action, after = (
        torch.as_tensor(a).float() for a in (real.state, real.action, real.next_state)
    )
    assert torch.allclose(
        model.reward(state, action, after), torch.as_tensor(reward).float(), atol=1e-4
    )
    # a reward that never varies is a constant, for any number of rows
    flat = Transitions(
        real.state, real.action, real.next_state, 0 * reward + 2, real.terminated, real.episode
    )
    model.fit(flat)
    assert torch.equal(model.reward(state, action, after), torch.full((80,), 2.0))


def test_the_task_says_what_its_reward_may_depend_on():
    """Reacher has eight coordinates and actions, more than a formula has variables."""
    task = make_task("reacher")
    real = random_steps(task, 150, seed=8)
    model = SparseWorldModel(task, learned_reward=True)
    row = model.fit(real).equations[-1]
    assert row["target"] == "reward" and row["r2_fit"] > 0.9
    assert "theta1_dot" not in row["equation"] and "target_x" in row["equation"]
    state, action, after = (
        torch.as_tensor(a).float() for a in (real.state, real.action, real.next_state)
    )
    learned = model.reward(state, action, after).double().numpy()
    assert 1 - np.mean((learned - real.reward) ** 2) / real.reward.var() == pytest.approx(
        row["r2_fit"], abs=1e-4
    )


def test_without_being_told_no_reward_is_learned():
    model = SymbolicWorldModel(make_task("pendulum"), proposer="sparse")
    assert model.reward is None and "reward" not in model.state_dict()
