"""Reacher-v5: hand-written kinematics and dynamics against MuJoCo's."""

import builtins
import sys

import numpy as np
import pytest
import torch

from symtut.errors import InputError
from symtut.tasks import make_task
from symtut.tasks.base import wrap_angle
from symtut.tasks.reacher import ELBOW_LIMIT

ANGLES, SPEEDS, TARGET = slice(0, 2), slice(2, 4), slice(4, 6)


@pytest.fixture
def task():
    return make_task("reacher")


@pytest.fixture
def env(task):
    pytest.importorskip("mujoco", reason="Reacher-v5 needs MuJoCo: the extra 'mujoco'")
    return task.make_env()


def joints(env):
    """The simulator's own state; its angles are not wrapped."""
    data = env.unwrapped.data
    return np.concatenate([data.qpos[:2], data.qvel[:2], data.qpos[2:]])


def episodes(task, env, n_episodes, kind):
    """(state, action, next state, observation, reward) rows of real episodes as arrays."""
    generator, rows = np.random.default_rng(7), []
    for episode in range(n_episodes):
        env.reset(seed=episode)
        held = generator.uniform(-1, 1, size=2)
        held = np.sign(held) if kind == "full" else held
        for step in range(task.horizon):
            state = joints(env)
            action = generator.uniform(-1, 1, size=2) if kind == "random" else held
            observation, reward, terminated, truncated, _ = env.step(action)
            assert not terminated and truncated == (step == task.horizon - 1)
            rows.append((state, action, joints(env), observation, reward))
    return [np.array(column) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize("kind", ["random", "held", "full"])
def test_true_step_is_mujocos_own(task, env, kind):
    state, action, after, _, _ = episodes(task, env, 12, kind)
    known = abs(state[:, 1]) <= np.pi  # the task's states know no elbow beyond
    start = np.concatenate([wrap_angle(state[:, ANGLES]), state[:, 2:]], 1)
    error = abs(task.difference(task.true_step(start, action), after))
    free = task.uncut(state, after)
    assert error[free].max() < 1e-12
    assert error[known][:, ANGLES].max() < 1e-7 and error[known][:, SPEEDS].max() < 1e-5
    assert (error[:, TARGET] == 0).all()
    # the stop is part of it: without it, elbows would have passed
    assert (~free & known).sum() > (20 if kind == "random" else 100)
    assert known.mean() > (0.99 if kind == "random" else 0.9)
    assert abs(after[:, 1]).max() < ELBOW_LIMIT + 0.35


def test_states_and_observations(task, env):
    state, _, after, observation, _ = episodes(task, env, 12, "random")
    free = task.uncut(state, after)
    seen = task.state_from_observation(observation)
    np.testing.assert_allclose(task.difference(seen, after), 0, atol=1e-12)
    error = abs(task.observation_from_state(seen) - observation)
    assert error[:, :8].max() < 1e-12
    # body positions are those of the integrator's last stage
    assert error[free].max() < 1e-5 and error.max() < 0.02
    for seed in range(20):  # after a reset nothing has been integrated yet
        first, _ = env.reset(seed=seed)
        back = task.observation_from_state(task.state_from_observation(first))
        np.testing.assert_allclose(back, first, atol=1e-12)


def test_reward_is_the_environments(task, env):
    state, action, after, _, reward = episodes(task, env, 12, "random")
    error = abs(task.reward(state, action, after) - reward)
    assert error[task.uncut(state, after)].max() < 1e-5 and error.max() < 0.02
    assert reward.std() > 0.1


def test_fingertip_is_mujocos(task, env):
    import mujoco

    simulator = env.unwrapped
    generator = np.random.default_rng(1)
    for _ in range(50):
        position = np.concatenate([generator.uniform(-3, 3, 2), generator.uniform(-0.2, 0.2, 2)])
        simulator.data.qpos[:] = position
        mujoco.mj_forward(simulator.model, simulator.data)
        state = np.array([*position[:2], 0, 0, *position[2:]])
        tip = simulator.get_body_com("fingertip")[:2]
        np.testing.assert_allclose(task.fingertip(state), tip, atol=1e-12)
        np.testing.assert_allclose(state[TARGET], simulator.get_body_com("target")[:2], atol=1e-12)


def test_hand_controller_solves_the_task_and_standing_still_does_not(task, env):
    """Twenty evaluation starts; all hundred: benchmarks/hand_controllers.py."""
    returns = {"hand": [], "zero": []}
    for seed in range(20000, 20020):
        for name, totals in returns.items():
            observation, _ = env.reset(seed=seed)
            totals.append(0.0)
            for _ in range(task.horizon):
                state = task.state_from_observation(observation)
                action = task.hand_controller(state) if name == "hand" else np.zeros(2)
                observation, reward, *_ = env.step(action)
                totals[-1] += reward
    assert np.mean(returns["hand"]) > task.solved_return > np.mean(returns["zero"])


def test_start_states_have_the_environments_distribution(task, env):
    real = np.array([task.state_from_observation(env.reset(seed=s)[0]) for s in range(400)])
    ours = task.start_state(5000, torch.Generator().manual_seed(1)).numpy()
    np.testing.assert_allclose(ours.std(0), real.std(0), rtol=0.12)
    for sample in (real, ours):
        assert (abs(sample[:, :4]) <= [0.1001, 0.1001, 0.00501, 0.00501]).all()
        assert np.hypot(*sample[:, TARGET].T).max() <= 0.2001


# ---- without MuJoCo -----------------------------------------------------------------------------


def some_states(n=300):
    generator = np.random.default_rng(0)
    low, high = [-np.pi, -3.1, -15, -15, -0.15, -0.15], [np.pi, 3.1, 15, 15, 0.15, 0.15]
    return generator.uniform(low, high, (n, 6)), generator.uniform(-1.2, 1.2, (n, 2))


def test_equations_are_the_free_motion_within_what_the_links_weigh(task):
    state, action = some_states(2000)  # speeds up to 15 rad/s
    action = np.clip(action, -1, 1)
    after = task.true_step(state, action)
    names = dict(zip((*task.state_names, *task.action_names), [*state.T, *action.T], strict=True))
    shown = np.stack([np.broadcast_to(eval(e, {}, names), 2000) for e in task.true_equations], -1)
    free = task.uncut(state, after)
    error = abs(shown - task.difference(after, state))[free]
    assert (error.max(0) <= [1e-4, 1e-4, 1e-2, 1e-2, 0, 0]).all()
    assert error[:, SPEEDS].max() > 1e-3  # they are not the whole truth
    assert 0 < (~free).sum() < 300


def test_numpy_and_torch_agree_in_any_batch_shape(task):
    s, a = some_states()
    s, a = s.reshape(3, 100, 6), a.reshape(3, 100, 2)
    state, action = torch.as_tensor(s).float(), torch.as_tensor(a).float()
    after = task.true_step(state, action)
    assert after.dtype == torch.float32 and after.shape == (3, 100, 6)
    # float32 against float64; a stop that is only just touched doubles the differences
    np.testing.assert_allclose(
        task.difference(after.double().numpy(), task.true_step(s, a)), 0, atol=5e-4
    )
    np.testing.assert_allclose(
        task.reward(state, action, after), task.reward(s, a, after.double().numpy()), atol=1e-5
    )
    for states in (state, s):
        observation = task.observation_from_state(states)
        back = task.state_from_observation(observation)
        assert observation.shape == (3, 100, 10) and back.dtype == states.dtype
        np.testing.assert_allclose(task.difference(back, states), 0, atol=1e-5)
    assert task.terminated(state, action, after).dtype == torch.bool
    assert not task.terminated(s, a, s).any()
    assert task.hand_controller(state).shape == (3, 100, 2)
    assert abs(task.hand_controller(s)).max() <= 1


def test_inverse_kinematics_leave_an_arm_on_its_target_alone(task):
    s, _ = some_states()
    s[:, SPEEDS] = 0
    s[:, TARGET] = task.fingertip(s)
    np.testing.assert_allclose(task.hand_controller(s), 0, atol=1e-6)


def test_relabelled_targets_are_places_that_were_reached(task):
    states = torch.as_tensor(some_states(40)[0]).float()
    before = states.clone()
    generator = torch.Generator().manual_seed(0)
    new = task.relabel(states, generator)
    assert torch.equal(states, before) and torch.equal(new[:, :4], states[:, :4])
    assert new.dtype == torch.float32 and (new[:, TARGET].norm(dim=1) <= 0.2 + 1e-6).all()
    tips = task.fingertip(states)
    tips = tips * torch.clip(0.2 / tips.norm(dim=1, keepdim=True), max=1)
    distance = torch.cdist(new[:, TARGET], tips).min(1).values
    assert distance.max() < 1e-4 and len(torch.unique(new[:, TARGET], dim=0)) > 15
    one = states[:1].double()
    goals = {tuple(task.relabel(states, generator, reached=one)[0, TARGET].tolist())}
    assert goals == {tuple(task.relabel(states[5:9], generator, one)[3, TARGET].tolist())}


def test_equations_may_use_the_joints_and_motors_but_not_the_target(task):
    assert task.inputs_of("theta2_dot") == (0, 1, 2, 3, 6, 7)
    assert make_task("pendulum").inputs_of("theta") == (0, 1, 2)


def test_missing_mujoco_names_the_extra(task, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.split(".")[0] == "mujoco":
            raise ImportError("No module named 'mujoco'")
        return real(name, *args, **kwargs)

    for module in [m for m in sys.modules if "mujoco" in m]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r'reacher.*pip install "symtut\[mujoco\]"'):
        task.make_env()
