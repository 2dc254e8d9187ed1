"""Our own car: the Gymnasium environment, and the task that describes it."""

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env

from symtut.errors import InputError
from symtut.tasks import make_task
from symtut.tasks.base import wrap_angle
from symtut.tasks.car2d import ENV_ID


@pytest.fixture
def task():
    return make_task("car2d")


def wrapped(state):
    return np.array([*state[:2], wrap_angle(state[2]), state[3]])


def random_actions(generator):
    return generator.uniform(-1, 1, size=2)


def full_throttle(generator):
    return np.array([1.0, generator.choice([-1.0, 1.0])])


@pytest.mark.parametrize("choose", [random_actions, full_throttle])
def test_true_step_is_the_environments_own(task, choose):
    env, generator = task.make_env(), np.random.default_rng(7)
    clipped = turned = 0
    for episode in range(5):
        observation, _ = env.reset(seed=episode)
        for step in range(task.horizon):
            state = wrapped(env.unwrapped.state)
            action = choose(generator)
            observation, reward, terminated, truncated, _ = env.step(action)
            after = wrapped(env.unwrapped.state)
            predicted = task.true_step(state, action)
            np.testing.assert_allclose(task.difference(predicted, after), 0, atol=1e-12)
            assert -np.pi < predicted[2] <= np.pi
            assert task.reward(state, action, predicted) == pytest.approx(reward, abs=1e-12)
            np.testing.assert_allclose(
                task.observation_from_state(predicted), observation, atol=1e-12
            )
            seen = task.state_from_observation(observation)
            np.testing.assert_allclose(task.difference(seen, after), 0, atol=1e-12)
            assert env.observation_space.contains(observation)
            assert not terminated and not task.terminated(state, action, after)
            assert truncated == (step == task.horizon - 1)  # by the time limit and only by it
            assert task.uncut(state[None], after[None])[0] == (abs(after[3]) < 2.0)
            clipped += abs(after[3]) == 2.0
            turned += abs(after[2] - state[2]) > np.pi
    if choose is full_throttle:
        assert clipped > 100 and turned > 0  # the edge cases really were exercised


def test_true_equations_hold_wherever_the_speed_is_not_clipped(task):
    generator = np.random.default_rng(0)
    state = generator.uniform([-4, -4, -np.pi, -2], [4, 4, np.pi, 2], size=(500, 4))
    action = generator.uniform(-1, 1, size=(500, 2))
    names = dict(zip((*task.state_names, *task.action_names), [*state.T, *action.T], strict=True))
    shown = np.stack(
        [eval(e, names | {"sin": np.sin, "cos": np.cos}) for e in task.true_equations], -1
    )
    after = task.true_step(state, action)
    uncut = task.uncut(state, after)
    wrong = abs(shown - task.difference(after, state)) > 1e-12
    assert not wrong[uncut].any()
    assert 0 < (~uncut).sum() < 100 and wrong[~uncut].all()


def test_numpy_and_torch_agree_in_any_batch_shape(task):
    generator = torch.Generator().manual_seed(0)
    state = task.start_state(12, generator).reshape(3, 4, 4)
    state[..., 3] = 4 * torch.rand((3, 4), generator=generator) - 2
    action = 2.4 * torch.rand((3, 4, 2), generator=generator) - 1.2
    after = task.true_step(state, action)
    assert after.dtype == torch.float32 and after.shape == (3, 4, 4)
    s, a, n = (tensor.double().numpy() for tensor in (state, action, after))
    np.testing.assert_allclose(task.difference(n, task.true_step(s, a)), 0, atol=1e-5)
    np.testing.assert_allclose(task.reward(state, action, after), task.reward(s, a, n), rtol=1e-5)
    assert task.reward(state, action, after).shape == (3, 4)
    assert task.terminated(state, action, after).dtype == torch.bool
    assert not task.terminated(s, a, n).any() and task.terminated(s, a, n).shape == (3, 4)
    for states in (state, s):
        back = task.state_from_observation(task.observation_from_state(states))
        assert type(back) is type(states) and back.dtype == states.dtype
        np.testing.assert_allclose(task.difference(back, states), 0, atol=1e-6)
    np.testing.assert_allclose(task.hand_controller(state), task.hand_controller(s), atol=1e-4)
    assert task.relabel(state, generator) is state  # a car's goal never moves


def test_start_states_have_the_environments_distribution(task):
    env = task.make_env()
    real = np.array([task.state_from_observation(env.reset(seed=s)[0]) for s in range(400)])
    ours = task.start_state(5000, torch.Generator().manual_seed(1)).numpy()
    for sample in (real, ours):
        assert (abs(sample) <= [2, 2, np.pi, 0]).all()
        np.testing.assert_allclose(sample.std(0), [2 / 3**0.5, 2 / 3**0.5, np.pi / 3**0.5, 0],
                                   rtol=0.1)  # fmt: skip


def test_hand_controller_solves_the_task_and_standing_still_does_not(task):
    """Twenty evaluation starts; all hundred: benchmarks/hand_controllers.py."""
    env = task.make_env()
    returns = {"hand": [], "zero": []}
    for seed in range(20000, 20020):
        for name, total in returns.items():
            observation, _ = env.reset(seed=seed)
            total.append(0.0)
            for _ in range(task.horizon):
                state = task.state_from_observation(observation)
                action = task.hand_controller(state) if name == "hand" else np.zeros(2)
                assert (abs(action) <= 1).all()
                observation, reward, *_ = env.step(action)
                total[-1] += reward
    assert np.mean(returns["hand"]) > task.solved_return > np.mean(returns["zero"])
    assert (np.array(returns["hand"]) > returns["zero"]).all()


# ---- the environment -------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
def test_gymnasiums_own_checker_is_content():
    env = gymnasium.make(ENV_ID, render_mode="rgb_array")
    check_env(env.unwrapped)
    assert env.spec.max_episode_steps == 100


def test_the_same_seed_is_the_same_episode():
    def episode(seed):
        env = gymnasium.make(ENV_ID)
        env.action_space.seed(seed)
        seen = [env.reset(seed=seed)[0]]
        seen += [env.step(env.action_space.sample())[0] for _ in range(20)]
        return np.array(seen)

    np.testing.assert_array_equal(episode(3), episode(3))
    assert abs(episode(3) - episode(4)).max() > 0.1


def test_no_episode_can_leave_the_field():
    env = gymnasium.make(ENV_ID)
    observation, _ = env.reset(options={"state": (2.0, 0.0, 0.0, 2.0)})
    for _ in range(100):
        observation, *_ = env.step(np.array([1.0, 0.0]))
        assert env.observation_space.contains(observation)
    assert observation[0] == pytest.approx(22.0)


def test_pictures_show_the_car_where_it_is():
    env = gymnasium.make(ENV_ID, render_mode="rgb_array")
    for x, y in ((1.5, 1.5), (-2.0, 0.5), (20.0, -20.0)):
        env.reset(options={"state": (x, y, 0.3, 0.0)})
        image = env.render()
        assert image.shape == (400, 400, 3) and image.dtype == np.uint8
        rows, columns = np.nonzero((image == (30, 80, 160)).all(-1))
        half = 3.0 if abs(x) < 3 else 24.0
        assert (columns.mean() + 0.5) / 200 * half - half == pytest.approx(x, abs=0.05 * half)
        assert half - (rows.mean() + 0.5) / 200 * half == pytest.approx(y, abs=0.05 * half)
        assert (image == (46, 125, 50)).all(-1).any()  # and the goal
    assert gymnasium.make(ENV_ID).unwrapped.render() is None


def test_bad_input_is_named():
    env = gymnasium.make(ENV_ID, disable_env_checker=True).unwrapped
    with pytest.raises(gymnasium.error.ResetNeeded, match="reset"):
        env.step(np.zeros(2))
    for state in ((0, 0, 0), (0, 0, 0, 3), (np.nan, 0, 0, 0)):
        with pytest.raises(InputError, match="four numbers"):
            env.reset(options={"state": state})
    env.reset(seed=0)
    for action in (np.zeros(3), [np.nan, 0.0]):
        with pytest.raises(InputError, match="two finite numbers"):
            env.step(action)
    with pytest.raises(InputError, match="no render_mode 'human'"):
        type(env)(render_mode="human")
