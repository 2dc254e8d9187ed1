"""Tasks that nobody wrote: found in made-up worlds and in Gymnasium's."""

from dataclasses import replace

import gymnasium
import numpy as np
import pytest
import torch

from symtut.agents.episodes import first_steps
from symtut.errors import InputError
from symtut.tasks import ObservedTask
from symtut.tasks.discovered import DiscoveredTask, Discovery
from symtut.world_models.discovery import discovered_task
from tests.tasks.made_up import arm, registered, with_columns


@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_the_arm_is_found_with_goal_bound_and_redundant_observation(noise):
    env_id = registered("Arm")
    seen = arm(600, noise)
    task = discovered_task(env_id, seen, "sparse")
    assert task.state_names == ("phi1", "o1", "o3", "o4")
    assert task.angular == (True, False, False, False)
    assert list(task.found.derived) == [5]
    assert [c.constant for c in task.found.coordinates] == [False, False, False, True]
    state = task.state_from_observation(seen.state)
    assert task.observation_from_state(state) == pytest.approx(seen.state, abs=10 * noise + 1e-12)
    if not noise:  # a bound that is blurred does not repeat
        assert (task.state_low[2], task.state_high[2]) == (-2.0, 2.0)
    after = task.state_from_observation(seen.next_state)
    assert task.reward(state, seen.action, after) == pytest.approx(
        seen.reward, abs=20 * noise + 1e-9
    )
    assert not task.terminated(state, seen.action, after).any()


def test_other_orders_signs_and_units_make_no_difference():
    env_id = registered("Arm")
    seen = with_columns(arm(600), [4, 2, 0, 5, 3, 1], [1, 2, -1, 0.1, 10, 1])
    task = discovered_task(env_id, seen, "sparse")
    state, after = map(task.state_from_observation, (seen.state, seen.next_state))
    assert task.state_size == 4 and sum(task.angular) == 1
    assert task.observation_from_state(state) == pytest.approx(seen.state)
    assert task.reward(state, seen.action, after) == pytest.approx(seen.reward)


def test_what_is_written_down_gives_the_task_back():
    env_id = registered("Arm")
    seen = arm(300)
    task = discovered_task(env_id, seen, "sparse")
    again = DiscoveredTask(Discovery.from_json(task.found.as_json()))
    assert again.found == task.found
    state = torch.as_tensor(task.state_from_observation(seen.state)).float()
    action = torch.as_tensor(seen.action).float()
    assert torch.equal(again.reward(state, action, state), task.reward(state, action, state))
    with pytest.raises(InputError, match="description"):
        Discovery.from_json({"env_id": env_id})


def test_goals_are_drawn_anew_within_what_was_seen():
    task = discovered_task(registered("Arm"), arm(300), "sparse")
    states = torch.zeros(50, 4)
    drawn = task.relabel(states, torch.Generator().manual_seed(0))
    assert (drawn[:, :3] == 0).all() and drawn[:, 3].unique().numel() == 50
    assert drawn[:, 3].min() >= task.found.seen_low[3]
    assert drawn[:, 3].max() <= task.found.seen_high[3]


def test_the_pendulum_is_found_as_it_was_written():
    seen = first_steps(ObservedTask("Pendulum-v1"), 100, 200)
    task = discovered_task("Pendulum-v1", seen, "sparse")
    words = " ".join(row["words"] for row in task.found.rows)
    assert "observations 0, 1 are cos, sin of an angle" in words
    equation = next(row["equation"] for row in task.found.rows if row["kind"] == "reward")
    assert "0.1*o2**2" in equation and "0.001*a1**2" in equation and "phi1**2" in equation
    assert (task.state_low[1], task.state_high[1], task.horizon) == (-8.0, 8.0, 200)


def test_the_cars_distance_is_found_in_the_state_that_was_reached():
    seen = first_steps(ObservedTask("symtut/Car2d-v0"), 100, 300)
    task = discovered_task("symtut/Car2d-v0", seen, "sparse")
    assert task.state_names == ("phi1", "o0", "o1", "o4")
    state, after = map(task.state_from_observation, (seen.state, seen.next_state))
    assert task.reward(state, seen.action, after) == pytest.approx(seen.reward, abs=1e-9)
    equation = next(row["equation"] for row in task.found.rows if row["kind"] == "reward")
    assert "sqrt(o0_next**2 + o1_next**2)" in equation


def test_reachers_angles_goal_redundant_observations_and_stop_are_found():
    pytest.importorskip("mujoco")
    seen = first_steps(ObservedTask("Reacher-v5"), 100, 1000)
    found = discovered_task("Reacher-v5", seen, "sparse").found
    assert [c.columns for c in found.coordinates if c.angular] == [(0, 2), (1, 3)]
    assert [c.columns[0] for c in found.coordinates if c.constant] == [4, 5]
    assert sorted(found.derived) == [8, 9]
    arms = sorted(abs(c) for c in found.derived[8].expression.constants)
    assert arms[:2] == pytest.approx([0.1, 0.11], rel=1e-3)
    (stop,) = found.stops
    assert found.coordinates[stop.column].columns == (1, 3)
    assert (stop.low, stop.high) == pytest.approx((-3.0, 3.0), abs=0.1)
    assert "o4" not in found.inputs["phi1"]  # no force depends on where the goal is


def test_the_inverted_pendulums_end_is_found():
    pytest.importorskip("mujoco")
    seen = first_steps(ObservedTask("InvertedPendulum-v5"), 100, 300)
    task = discovered_task("InvertedPendulum-v5", seen, "sparse")
    (limit,) = task.found.ends
    assert (limit.column, limit.low, limit.high) == (1, -0.2, 0.2)
    state, after = seen.state, seen.next_state
    assert (task.terminated(state, seen.action, after) == seen.terminated).all()
    assert (task.reward(state, seen.action, after) == seen.reward).all()
    assert task.solved_return == 950
    # in imagination the middle of what was seen pays in full, its corners pay half
    low, high = (np.array([end]) for end in (task.found.seen_low, task.found.seen_high))
    for place, paid in (((low + high) / 2, 1.0), (low, 0.5), (high, 0.5)):
        assert task.imagined_reward(place, np.zeros((1, 1)), place) == pytest.approx(paid)
    outside = np.array([[0.0, 0.3, 0.0, 0.0]])
    assert task.imagined_reward(outside, np.zeros((1, 1)), outside) == 0.0


def test_a_reward_that_says_something_is_what_imagination_pays():
    task = discovered_task(registered("Arm"), arm(300), "sparse")
    state = task.state_from_observation(arm(5).state)
    step = state, np.zeros((5, task.action_size)), state
    assert (task.imagined_reward(*step) == task.reward(*step)).all()


class Hidden(gymnasium.ObservationWrapper):
    """The pendulum without its speed, its axes the other way round."""

    def __init__(self):
        super().__init__(gymnasium.make("Pendulum-v1"))
        self.observation_space = gymnasium.spaces.Box(-1.0, 1.0, (2,))

    def observation(self, observation):
        return observation[[1, 0]]


def test_a_missing_velocity_joins_the_state_and_the_angle_turns_until_the_reward_is_short():
    env_id = registered("HiddenPendulum", Hidden, 200)
    task = discovered_task(env_id, first_steps(ObservedTask(env_id), 100, 200), "sparse")
    assert task.state_names == ("phi1", "d_phi1")
    assert task.observation_size == 3
    reward = next(row for row in task.found.rows if row["target"] == "reward")
    assert reward["kind"] == "reward" and "40*d_phi1**2" in reward["equation"].replace(
        "39.99", "40"
    )
    env = task.make_env()
    first, _ = env.reset(seed=1)
    second = env.step(np.array([1.0]))[0]
    assert first[2] == 0.0
    angles = [np.arctan2(o[0], o[1]) for o in (first, second)]
    assert abs(second[2]) == pytest.approx(abs(angles[1] - angles[0]), abs=1e-6)
    state = task.state_from_observation(np.array([first, second], dtype=float))
    assert list(task.uncut(state, state)) == [False, True]


@pytest.mark.parametrize(
    ("zero", "steps"),
    [
        (0.7, 200),
        (-0.45, 200),  # a long sum leaves little, too
        (0.1, 400),  # the square written out leaves nothing where the angle does not jump
    ],
)
def test_an_angle_s_zero_is_where_the_reward_is_short(zero, steps):
    seen = first_steps(ObservedTask("Pendulum-v1"), 100, steps)
    cos, sin = np.cos(zero), np.sin(zero)
    turn = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]])
    seen = replace(seen, state=seen.state @ turn, next_state=seen.next_state @ turn)
    task = discovered_task("Pendulum-v1", seen, "sparse")
    assert task.found.coordinates[0].zero == pytest.approx(zero, abs=1e-5)
    state, after = map(task.state_from_observation, (seen.state, seen.next_state))
    assert task.reward(state, seen.action, after) == pytest.approx(seen.reward, abs=1e-3)
    assert task.observation_from_state(state) == pytest.approx(seen.state, abs=1e-5)
    assert (
        f"an angle, phi1 {zero:+}".replace("+", "+ ").replace("-", "- ")
        in task.found.rows[0]["words"]
    )
    assert Discovery.from_json(task.found.as_json()) == task.found


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_an_angle_s_zero_is_found_under_noise(seed):
    # what the square written out leaves is noise alone, and yet some steps do not follow it
    seen, random = first_steps(ObservedTask("Pendulum-v1"), seed, 400), np.random.default_rng(seed)

    def turned(observation):
        angle = np.arctan2(observation[:, 1], observation[:, 0]) + 0.1
        angle = angle + 1e-3 * random.normal(size=len(angle))
        return np.column_stack([np.cos(angle), np.sin(angle), observation[:, 2]])

    seen = replace(seen, state=turned(seen.state), next_state=turned(seen.next_state))
    task = discovered_task("Pendulum-v1", seen, "sparse")
    assert task.found.coordinates[0].zero == pytest.approx(0.1, abs=1e-3)


class Tanks(gymnasium.Env):
    """Two levels (cm): water falls from the first into the second, and out of it."""

    def __init__(self):
        self.action_space = gymnasium.spaces.Box(0.0, 10.0, (1,))
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.levels = self.np_random.uniform(2, 15, 2)
        return self.levels.astype(np.float32), {}

    def step(self, action):
        first, second = 0.3 * np.sqrt(self.levels[0]), 0.25 * np.sqrt(self.levels[1])
        self.levels = self.levels + [0.2 * float(action[0]) - first, first - second]
        reward = -abs(float(self.levels[1]) - 12.0)
        return self.levels.astype(np.float32), reward, False, False, {}


def test_a_root_is_no_stop_and_a_distance_is_no_straight_line():
    """Sums of the small library hold for nine in ten steps of both."""
    env_id = registered("Tanks", Tanks, 150)
    task = discovered_task(env_id, first_steps(ObservedTask(env_id), 102, 1000))
    assert task.found.stops == ()
    reward = next(row for row in task.found.rows if row["target"] == "reward")
    assert reward["equation"] == "-abs(o1_next - 12)" and reward["following"] == 1.0


# ---- bad input ----------------------------------------------------------------------------------


def with_spaces(observation_space, action_space):
    class Odd(gymnasium.Env):
        def __init__(self):
            self.observation_space, self.action_space = observation_space, action_space

    return registered("Odd", Odd)


BOX = gymnasium.spaces.Box(-1.0, 1.0, (2,))


@pytest.mark.parametrize(
    ("env_id", "said"),
    [
        (lambda: "Pendulums-v1", "no environment 'Pendulums-v1'"),
        (lambda: "Pendulum-v9", "no environment 'Pendulum-v9'"),
        (lambda: "CartPole-v1", "learns continuous ones"),
        (lambda: with_spaces(gymnasium.spaces.Dict({"a": BOX}), BOX), "FlattenObservation"),
        (lambda: with_spaces(gymnasium.spaces.Box(0, 255, (8, 8, 3), np.uint8), BOX), "wrapper"),
        (lambda: with_spaces(BOX, gymnasium.spaces.Box(-np.inf, np.inf, (1,))), "RescaleAction"),
        (lambda: registered("Endless", limit=None), "no time limit"),
    ],
)
def test_an_environment_that_cannot_be_learned_says_why_in_one_line(env_id, said):
    with pytest.raises(InputError, match=said) as error:
        ObservedTask(env_id())
    assert "\n" not in str(error.value)


def test_too_few_transitions_and_those_of_another_world_are_refused():
    seen = first_steps(ObservedTask("Pendulum-v1"), 100, 19)
    with pytest.raises(InputError, match="take at least 20 random steps"):
        discovered_task("Pendulum-v1", seen)
    with pytest.raises(InputError, match="'Arm-v0' has 6"):
        discovered_task(registered("Arm"), seen)
