"""The real environment, one episode after the other, each begun from a seed of its own."""

import hashlib
import math

import numpy as np

from symtut.tasks import Task, Transitions, limited_env


class Diverged(Exception):
    """A training's numbers are no longer finite. The message says which."""


def episode_seed(seed: int, episode: int) -> int:
    """Reset seed of a training episode: any episode can be begun again without a snapshot.

    Bit 30 is always set, so that no training episode is one of the evaluation episodes.
    """
    digest = hashlib.sha256(f"symtut episode {seed} {episode}".encode()).digest()
    return int.from_bytes(digest[:4], "little") & (2**30 - 1) | 2**30


class Episodes:
    """Real steps, and what brings the environment to its present state once more.

    Attributes
    ----------
    number : int
        Of the episode under way; -1 before the first.
    observation : np.ndarray or None
        (O,) what is seen now; None where the next step begins an episode.
    actions : list of np.ndarray
        (A,) each, in environment units: those of the episode under way.
    """

    def __init__(self, task: Task, seed: int):
        self.task, self.seed = task, seed
        self.env = limited_env(task)
        self.number = -1
        self.observation: np.ndarray | None = None
        self.actions: list[np.ndarray] = []

    def begin_if_due(self) -> None:
        if self.observation is None:
            self.number += 1
            self.observation = self._reset()

    def step(self, action: np.ndarray) -> dict:
        """One step; a time-out ends the episode but is not a termination.

        Raises
        ------
        Diverged
            If the action, or what the environment answers, is not finite.
        """
        if not np.isfinite(action).all():
            raise Diverged("the policy's action was no longer finite")
        observation, reward, terminated, truncated, _ = self.env.step(action)
        if not (np.isfinite(observation).all() and math.isfinite(reward)):
            raise Diverged("the environment's observation or reward was no longer finite")
        self.actions.append(action)
        assert self.observation is not None  # an episode has begun
        before, after = self.observation.astype(float), observation.astype(float)
        self.observation = None if terminated or truncated else observation
        return {
            "state": self.task.state_from_observation(before),
            "action": action,
            "next_state": self.task.state_from_observation(after),
            "reward": float(reward),
            "terminated": bool(terminated),
            "episode": self.number,
            "observation": before,
            "next_observation": after,
        }

    def replay(self, actions: np.ndarray, observation: np.ndarray) -> None:
        """Go to where the same seed and the same ``actions``, (n, A), lead once more.

        If that is not ``observation``, the environment does not repeat itself, and the next step
        begins a new episode.
        """
        seen = self._reset()
        for action in actions:
            seen = self.env.step(action)[0]
            self.actions.append(action)
        self.observation = seen if np.array_equal(seen, observation) else None

    def _reset(self) -> np.ndarray:
        self.actions = []
        return self.env.reset(seed=episode_seed(self.seed, self.number))[0]


def random_policy(seed: int) -> np.random.Generator:
    """Where the actions of a training's first steps are drawn from."""
    return np.random.default_rng([seed, 1])


def first_steps(task: Task, seed: int, steps: int) -> Transitions:
    """The random steps that a training with this seed begins with, before it begins."""
    episodes, policy, rows = Episodes(task, seed), random_policy(seed), []
    for _ in range(steps):
        episodes.begin_if_due()
        rows.append(episodes.step(task.from_unit_action(policy.uniform(-1, 1, task.action_size))))
    episodes.env.close()
    names = ("state", "action", "next_state", "reward", "terminated", "episode")
    return Transitions(*(np.array([row[name] for row in rows]) for name in names))
