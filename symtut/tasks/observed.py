"""A Gymnasium world of which only the specification is known: its state is the observation."""

import gymnasium
import numpy as np
import torch

from symtut.errors import InputError
from symtut.tasks.base import Array, Task, array_module


class ObservedTask(Task):
    """The world ``env_id`` as any agent meets it: spaces and time limit, and nothing else.

    Its reward is not known and its end neither; real steps tell them.

    Raises
    ------
    InputError
        If there is no such environment, its simulator is not installed, it has no time limit, its
        actions are not a box of finite bounds, or its observations are not a vector of numbers.
    """

    def __init__(self, env_id: str):
        self.name = self.env_id = env_id
        env = self.make_env()
        try:
            actions, seen = env.action_space, env.observation_space
            self.horizon = _time_limit(env, env_id)
            if not isinstance(actions, gymnasium.spaces.Box) or len(actions.shape) != 1:
                raise InputError(
                    f"'{env_id}' has actions of the kind {actions}; symtut learns continuous ones: "
                    "choose an environment with a Box of shape (A,) as its action_space."
                )
            if not (np.isfinite(actions.low).all() and np.isfinite(actions.high).all()):
                raise InputError(
                    f"'{env_id}' has actions without bounds: wrap it in "
                    "gymnasium.wrappers.RescaleAction, or give its action_space finite bounds."
                )
            if isinstance(seen, gymnasium.spaces.Box) and len(seen.shape) > 1:
                raise InputError(
                    f"'{env_id}' has observations of shape {seen.shape}: equations need a vector "
                    "of numbers; write a wrapper that gives positions and velocities."
                )
            if not isinstance(seen, gymnasium.spaces.Box) or seen.shape == (0,):
                raise InputError(
                    f"'{env_id}' has observations of the kind {seen}: wrap it in "
                    "gymnasium.wrappers.FlattenObservation, and register the result."
                )
        finally:
            env.close()
        self.action_low, self.action_high = actions.low.astype(float), actions.high.astype(float)
        self.action_names = tuple(f"a{k}" for k in range(1, len(actions.low) + 1))
        self.observation_size = len(seen.low)
        self.state_names = tuple(f"o{k}" for k in range(self.observation_size))
        self.angular = (False,) * self.observation_size
        self.state_low, self.state_high = seen.low.astype(float), seen.high.astype(float)
        assert env.spec is not None
        self.solved_return = env.spec.reward_threshold

    def make_env(self) -> gymnasium.Env:
        try:
            return gymnasium.make(self.env_id, disable_env_checker=True)
        except gymnasium.error.DependencyNotInstalled as error:
            raise InputError(
                f"'{self.env_id}' needs a simulator that is not installed ({error}); for MuJoCo: "
                'pip install "symtut[mujoco]".'
            ) from error
        except (gymnasium.error.Error, ImportError) as error:
            reason = " ".join(str(error).split())
            raise InputError(
                f"Gymnasium makes no environment '{self.env_id}': {reason} "
                "(python -c 'import gymnasium; gymnasium.pprint_registry()' lists them)."
            ) from error

    def state_from_observation(self, observation: Array) -> Array:
        return observation

    def observation_from_state(self, state: Array) -> Array:
        return state

    def reward(self, state: Array, action: Array, next_state: Array) -> Array:
        raise NotImplementedError("the reward of an observed world is not known beforehand.")

    def terminated(self, state: Array, action: Array, next_state: Array) -> Array:
        return array_module(state).zeros_like(state[..., 0], dtype=bool)

    def start_state(self, n: int, generator: torch.Generator) -> torch.Tensor:
        seeds = torch.randint(2**29, 2**30, (n,), generator=generator).tolist()
        env = self.make_env()
        seen = np.array([env.reset(seed=seed)[0] for seed in seeds], dtype=np.float32)
        env.close()
        return self.state_from_observation(torch.as_tensor(seen))


def _time_limit(env: gymnasium.Env, env_id: str) -> int:
    limit = None if env.spec is None else env.spec.max_episode_steps
    if limit is None:
        raise InputError(
            f"'{env_id}' has no time limit: register it with max_episode_steps, or write a task "
            "with a horizon (docs/own_world.md)."
        )
    return limit
