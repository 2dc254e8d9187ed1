"""check_task: nothing to say about the package's tasks, a sentence about each usual mistake."""

import gymnasium
import numpy as np
import pytest
import torch

from symtut.tasks import Pendulum, check_task, make_task
from tests.tasks.made_up import registered


@pytest.mark.parametrize("name", ["pendulum", "car2d"])
def test_the_packages_tasks_are_right(name):
    assert check_task(make_task(name)) == []


class OldApi(gymnasium.Wrapper):
    def __init__(self):
        super().__init__(gymnasium.make("Pendulum-v1"))

    def step(self, action):
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward, terminated or truncated, info


def changed(**attributes):
    return type("Changed", (Pendulum,), attributes)()


def numpy_state(self, observation):
    return np.stack([np.arctan2(observation[:, 1], observation[:, 0]), observation[:, 2]], -1)


def column_reward(self, state, action, next_state):
    return Pendulum.reward(self, state, action, next_state)[:, None]


def late_reward(self, state, action, next_state):
    return Pendulum.reward(self, next_state, action, next_state)


def float64_state(self, observation):
    return Pendulum.state_from_observation(self, observation) * torch.ones(1).double() if (
        isinstance(observation, torch.Tensor)
    ) else Pendulum.state_from_observation(self, observation)  # fmt: skip


def own_start(self, n, generator):
    return torch.randn(n, 2)


MISTAKES = {
    "names": ({"state_names": ("theta", "theta")}, "different identifiers"),
    "state bounds": ({"state_low": np.zeros(3)}, "must have the shape (2,)"),
    "bounds the wrong way": ({"state_low": Pendulum.state_high}, "below state_high"),
    "endless actions": ({"action_high": np.array([np.inf])}, "must be finite"),
    "action bounds": ({"action_high": np.array([1.0])}, "the environment's are"),
    "horizon": ({"horizon": 100}, "horizon is 100"),
    "observation size": ({"observation_size": 4}, "observation_size is 4"),
    "angular": ({"angular": (True,)}, "angular has 1 entries"),
    "angle not marked": ({"angular": (False, False)}, "jumps by 2 pi"),
    "state too small": ({"state_high": np.array([np.pi, 1.0])}, "beyond its bounds"),
    "numpy only": ({"state_from_observation": numpy_state}, "not ndarray"),
    "dtype": ({"state_from_observation": float64_state}, "has the type torch.float64"),
    "map": ({"observation_from_state": lambda self, s: Pendulum().observation_from_state(-s)},
            "is not o"),
    "reward (n, 1)": ({"reward": column_reward}, "must have the shape (300,)"),
    "reward after": ({"reward": late_reward}, "before the step, or after it"),
    "a bool": ({"terminated": lambda self, s, a, n: False}, "not bool"),
    "terminated": ({"terminated": lambda self, s, a, n: s[..., 0] > 2}, "terminated differs"),
    "NaN": ({"reward": lambda self, s, a, n: s[..., 0] * np.nan}, "NaN or infinite"),
    "raises": ({"reward": lambda self, s, a, n: s[..., 7]}, "fails on NumPy arrays: IndexError"),
    "true step": ({"true_step": lambda self, s, a: s}, "true_step differs"),
    "start": ({"start_state": own_start}, "from elsewhere than its generator"),
    "no environment": ({"env_id": "Nowhere-v0"}, "make_env"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_usual_mistake_is_named(mistake):
    attributes, said = MISTAKES[mistake]
    problems = check_task(changed(**attributes))
    assert any(said in problem for problem in problems), problems


def test_an_environment_of_the_old_kind_is_named():
    env_id = registered("OldPendulum", OldApi, 200)
    problems = check_task(changed(env_id=env_id))
    assert len(problems) == 1
