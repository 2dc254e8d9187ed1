"""The hand-written world against Gymnasium's."""

import numpy as np
import pytest
import torch

from symtut.errors import InputError
from symtut.tasks import EVALUATION_SEEDS, Transitions, make_task
from symtut.tasks.base import wrap_angle


@pytest.fixture
def task():
    return make_task("pendulum")


def episodes(task, n_episodes, push):
    """Internal states (float64), actions, rewards, observations of real episodes."""
    env = task.make_env()
    generator = np.random.default_rng(7)
    for episode in range(n_episodes):
        env.reset(seed=episode)
        for _ in range(task.horizon):
            state = np.array(env.unwrapped.state)
            # 'push' drives the pole in circles, so that the speed clip and the wrap both occur
            action = np.sign(state[1:]) * 2 if push else generator.uniform(-2, 2, size=1)
            observation, reward, terminated, truncated, _ = env.step(action)
            yield state, action, np.array(env.unwrapped.state), reward, observation, terminated
        assert truncated and not terminated


@pytest.mark.parametrize("push", [False, True])
def test_true_step_is_gymnasiums_own(task, push):
    clipped = wrapped = 0
    for state, action, after, reward, observation, terminated in episodes(task, 5, push):
        start = np.array([wrap_angle(state[0]), state[1]])
        predicted = task.true_step(start, action)
        assert abs(wrap_angle(predicted[0] - after[0])) < 1e-12
        assert abs(predicted[1] - after[1]) < 1e-12
        assert -np.pi < predicted[0] <= np.pi
        # the environment rounds the action to float32 before it computes the cost
        assert task.reward(start, action, predicted) == pytest.approx(reward, abs=1e-6)
        assert not task.terminated(start, action, predicted) and not terminated
        np.testing.assert_allclose(task.observation_from_state(predicted), observation, atol=1e-6)
        seen = task.state_from_observation(observation.astype(np.float64))
        np.testing.assert_allclose(task.difference(seen, predicted), 0, atol=1e-6)
        clipped += abs(after[1]) == 8.0
        wrapped += abs(predicted[0] - start[0]) > 1.0
    assert not push or (clipped > 100 and wrapped > 50)  # the edge cases really were exercised


def test_torch_and_numpy_agree(task):
    generator = torch.Generator().manual_seed(0)
    state = task.start_state(500, generator) * torch.tensor([1.0, 8.0])
    action = 5 * torch.rand((500, 1), generator=generator) - 2.5
    after = task.true_step(state, action)
    assert after.dtype == torch.float32 and after.shape == (500, 2)
    s, a, n = state.double().numpy(), action.double().numpy(), after.double().numpy()
    exact = task.true_step(s, a)
    np.testing.assert_allclose(task.difference(n, exact), 0, atol=3e-6)
    np.testing.assert_allclose(task.reward(state, action, after), task.reward(s, a, n), rtol=1e-5)
    assert task.terminated(state, action, after).dtype == torch.bool
    unit = task.to_unit_action(action)
    torch.testing.assert_close(task.from_unit_action(unit), action)
    assert task.from_unit_action(torch.tensor([[1.0], [-1.0]])).flatten().tolist() == [2.0, -2.0]


def test_increments_take_the_short_way_and_advance_undoes_difference(task):
    state = np.array([[3.1, 0.0], [-3.1, 7.9], [0.0, 0.0]])
    after = np.array([[-3.1, 1.0], [3.1, 8.0], [np.pi, 0.0]])
    increment = task.difference(after, state)
    np.testing.assert_allclose(increment[:, 0], [2 * np.pi - 6.2, 6.2 - 2 * np.pi, np.pi])
    np.testing.assert_allclose(
        task.difference(task.advance(state, increment), after), 0, atol=1e-12
    )
    assert task.advance(np.array([0.0, 7.0]), np.array([0.0, 5.0]))[1] == 8.0
    wide = np.linspace(-20, 20, 1001)
    assert (wrap_angle(wide) > -np.pi).all() and (wrap_angle(wide) <= np.pi).all()
    np.testing.assert_allclose(np.exp(1j * wrap_angle(wide)), np.exp(1j * wide), atol=1e-12)


def test_true_equations_are_what_true_step_does_inside_the_bounds(task):
    generator = np.random.default_rng(0)
    state = generator.uniform([-np.pi, -6], [np.pi, 6], size=(200, 2))
    action = generator.uniform(-2, 2, size=(200, 1))
    names = {"theta": state[:, 0], "theta_dot": state[:, 1], "u": action[:, 0], "sin": np.sin}
    shown = np.stack([eval(equation, names) for equation in task.true_equations], -1)
    increment = task.difference(task.true_step(state, action), state)
    np.testing.assert_allclose(shown, increment, atol=1e-12)


def test_start_states_have_the_environments_distribution(task):
    env = task.make_env()
    real = np.array([task.state_from_observation(env.reset(seed=s)[0]) for s in range(500)])
    ours = task.start_state(5000, torch.Generator().manual_seed(1)).numpy()
    np.testing.assert_allclose(ours.std(0), real.std(0), rtol=0.1)
    assert abs(real[:, 1]).max() <= 1 and abs(ours[:, 1]).max() <= 1


def test_unknown_task_names_the_known_ones():
    with pytest.raises(InputError, match="unknown task 'acrobat'.*pendulum"):
        make_task("acrobat")


def test_transitions_refuse_bad_arrays_and_slice():
    good = dict(
        state=np.zeros((4, 2)), action=np.zeros((4, 1)), next_state=np.ones((4, 2)),
        reward=np.zeros(4), terminated=np.zeros(4, bool), episode=[0, 0, 1, 1],
    )  # fmt: skip
    table = Transitions(**good)
    assert len(table) == 4 and len(table[1:3]) == 2 and len(table[table.episode == 1]) == 2
    assert len(Transitions.concatenate([table, table[2]])) == 5
    for change, message in [
        ({"reward": np.zeros(3)}, "differ in length"),
        ({"state": np.full((4, 2), np.nan)}, "'state' contains NaN"),
        ({"action": np.zeros(4)}, "'action' has shape"),
        ({"next_state": np.zeros((4, 3))}, "same shape"),
    ]:
        with pytest.raises(InputError, match=message):
            Transitions(**{**good, **change})


def test_evaluation_seeds_are_fixed():
    assert list(EVALUATION_SEEDS) == list(range(20000, 20100))
