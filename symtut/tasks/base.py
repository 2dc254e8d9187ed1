"""The contract of a task: everything that is known about a world without learning.

A task is a Gymnasium environment plus what the paper writes by hand: the map between
observations and states, the reward and the end of an episode as functions of a transition, and
the bounds. The learned part of a model is only the increment of the state.

Every function on states works on batches, ``(..., S)``, and returns what it was given: NumPy in,
NumPy out (float64 in the experiments); torch in, torch out (float32 in imagination).
"""

from abc import ABC, abstractmethod
from typing import Any, TypeVar

import gymnasium
import numpy as np
import torch

from symtut.errors import InputError

#: NumPy in, NumPy out; torch in, torch out.
Array = TypeVar("Array", np.ndarray, torch.Tensor)

#: Reset seeds of the 100 episodes that evaluate every policy; no training episode uses them.
EVALUATION_SEEDS = range(20000, 20100)


def array_module(x: object) -> Any:
    """The array library that ``x`` belongs to: ``torch`` or ``numpy``."""
    return torch if isinstance(x, torch.Tensor) else np


def wrap_angle(angle: Array) -> Array:
    """Map angles to (-pi, pi].

    Whole turns are subtracted, so that an angle already in the interval keeps every bit. (The
    usual ``(x + pi) % (2 pi) - pi`` costs about 1e-7 rad of float32 precision at each step.)
    """
    turns = array_module(angle).ceil((angle - np.pi) / (2 * np.pi))
    return angle - 2 * np.pi * turns


def limited_env(task: "Task") -> gymnasium.Env:
    """A fresh real environment whose episodes end after ``task.horizon`` steps at the latest.

    An environment without a time limit of its own would never truncate an episode.
    """
    return gymnasium.wrappers.TimeLimit(task.make_env(), task.horizon)


class Task(ABC):
    """A world: names, bounds and functions around a Gymnasium environment.

    What is declared here stands on the class of a task that is written by hand.
    """

    name: str
    env_id: str
    state_names: tuple[str, ...]
    action_names: tuple[str, ...]
    angular: tuple[bool, ...]  # which state coordinates live on a circle
    state_low: np.ndarray  # (S,) float64, -inf where unbounded
    state_high: np.ndarray  # (S,)
    action_low: np.ndarray  # (A,) environment units
    action_high: np.ndarray  # (A,)
    observation_size: int
    horizon: int  # steps until Gymnasium truncates an episode
    solved_return: float | None  # mean return on the evaluation episodes that counts as solved
    best_return: float | None = None  # the best possible on them, where it is known
    true_equations: tuple[str, ...] = ()  # one per increment, for display
    #: Knowledge of the domain, given by hand: which state and action coordinates may appear in the
    #: equation of a coordinate's increment, and of the reward (under "reward"; the coordinates of
    #: the state before the step, or after it). What is not listed may depend on all.
    inputs: dict[str, tuple[str, ...]] = {}
    extra: str | None = None  # the package's extra that the environment needs

    @property
    def state_size(self) -> int:
        return len(self.state_names)

    @property
    def action_size(self) -> int:
        return len(self.action_names)

    def make_env(self) -> gymnasium.Env:
        """A fresh real environment, with its time limit.

        Raises
        ------
        InputError
            If the simulator is not installed; the message names the extra that brings it.
        """
        try:
            return gymnasium.make(self.env_id, disable_env_checker=True)
        except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
            if self.extra is None:
                raise
            raise InputError(
                f"task '{self.name}' needs a simulator that is not installed ({error}): "
                f'pip install "symtut[{self.extra}]".'
            ) from error

    def inputs_of(self, name: str) -> tuple[int, ...]:
        """Columns of (state, action) that the increment of coordinate ``name`` may depend on."""
        names = (*self.state_names, *self.action_names)
        return tuple(names.index(given) for given in self.inputs.get(name, names))

    # ---- written by hand for each task -------------------------------------------------------

    @abstractmethod
    def state_from_observation(self, observation: Array) -> Array:
        """(..., O) observation -> (..., S) state."""

    @abstractmethod
    def observation_from_state(self, state: Array) -> Array:
        """(..., S) state -> (..., O) observation."""

    @abstractmethod
    def reward(self, state: Array, action: Array, next_state: Array) -> Array:
        """(..., S), (..., A) environment units, (..., S) -> (...) reward."""

    @abstractmethod
    def terminated(self, state: Array, action: Array, next_state: Array) -> Array:
        """(..., S), (..., A), (..., S) -> (...) bool: the task itself ended (never a time-out)."""

    @abstractmethod
    def start_state(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """(n, S) float32 states from the environment's own initial distribution."""

    def true_step(self, state: Array, action: Array) -> Array | None:
        """(..., S), (..., A) -> (..., S) exact next state; None where the dynamics are unknown."""
        return None

    def uncut(self, state: np.ndarray, next_state: np.ndarray) -> np.ndarray:
        """(N, S), (N, S) -> (N,) bool: transitions on which no bound of the state has acted.

        At a bound the simulator clips, which no smooth equation describes; equations are fitted to
        the other transitions. Here: those that do not end at a bound. A task whose bounds act
        otherwise says so itself.
        """
        margin = 1e-6 * np.where(np.isfinite(self.state_high), np.abs(self.state_high), 0.0)
        cut = (next_state >= self.state_high - margin) | (next_state <= self.state_low + margin)
        return ~np.any(cut & ~np.asarray(self.angular), axis=1)

    def relabel(
        self,
        states: torch.Tensor,
        generator: torch.Generator,
        reached: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """States with another goal in them, for the starts of imagined episodes.

        A task whose state holds a goal that the dynamics ignore may set one that was reached, for
        the reward is known for any goal (as in hindsight experience replay, Andrychowicz et al.
        2017). Tasks without such a goal return ``states`` as they are.

        Parameters
        ----------
        states : tensor (n, S)
            Left unchanged; the result is a new tensor.
        generator : torch.Generator
        reached : tensor (M, S), optional
            States whose positions become goals, drawn with replacement; default ``states``. Give
            all real states: a handful of start states holds too few goals, and often a state's own
            position, where there is nothing left to do.
        """
        return states

    def imagined_reward(self, state: Array, action: Array, next_state: Array) -> Array:
        """What a step in imagination pays, shapes as :meth:`reward`'s: the reward itself, unless
        a task knows something that a policy is easier to learn from."""
        return self.reward(state, action, next_state)

    # ---- the same for all --------------------------------------------------------------------

    def difference(self, next_state: Array, state: Array) -> Array:
        """Increment of the state, (..., S); angles by the short way round, in (-pi, pi]."""
        increment = next_state - state
        xp = array_module(increment)
        angular = self._like(increment, self.angular, bool)
        return xp.where(angular, wrap_angle(increment), increment)

    def advance(self, state: Array, increment: Array) -> Array:
        """State after an increment, (..., S): angles wrapped, the rest clipped to the bounds."""
        moved = state + increment
        xp = array_module(moved)
        moved = xp.where(self._like(moved, self.angular, bool), wrap_angle(moved), moved)
        return xp.clip(moved, self._like(moved, self.state_low), self._like(moved, self.state_high))

    def to_unit_action(self, action: Array) -> Array:
        """Environment units -> [-1, 1], the agent's units."""
        low, high = self._like(action, self.action_low), self._like(action, self.action_high)
        return 2.0 * (action - low) / (high - low) - 1.0

    def from_unit_action(self, action: Array) -> Array:
        """[-1, 1], the agent's units -> environment units. The one place where it is done."""
        low, high = self._like(action, self.action_low), self._like(action, self.action_high)
        return low + 0.5 * (action + 1.0) * (high - low)

    @staticmethod
    def _like(x: Array, values, dtype: type | None = None) -> Array:
        """``values`` as an array of ``x``'s library (and of its precision, unless ``dtype``)."""
        if isinstance(x, torch.Tensor):
            return torch.as_tensor(values, dtype=torch.bool if dtype is bool else x.dtype)
        return np.asarray(values, dtype=dtype or np.asarray(x).dtype)
