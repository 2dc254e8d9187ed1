"""Trials of hand-written controllers: in the real pendulum, and in any model of it.

A *control* is a function of states: (N, 2), theta in rad with 0 upright and theta_dot in rad/s, to
torques (N, 1) in N m. Torques beyond the motor's +-2 N m are cut, in reality and here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import scipy.linalg
import torch

from symtut.tasks import Task
from symtut.tasks.pendulum import MAX_TORQUE


@dataclass(frozen=True)
class Trajectory:
    """What happened: the states before each step and after the last, and the torques applied."""

    states: np.ndarray  # (T + 1, 2), or (T + 1, N, 2) for many side by side
    torques: np.ndarray  # (T,) or (T, N), after the cut
    reward: float = float("nan")  # the sum of the real rewards


def real(env: gym.Env, start: Sequence[float], control: Callable, steps: int) -> Trajectory:
    """Play ``control`` in a Gymnasium pendulum from a state of one's choice.

    Parameters
    ----------
    env : gymnasium.Env
        ``Pendulum-v1``, of any gravity or length. It is reset, and left open.
    start : (2,) array-like
        theta in rad, theta_dot in rad/s.
    control : callable
        Sees the state that the observation shows (float32), not the simulator's own.
    steps : int
        At most the environment's time limit.
    """
    env.reset(seed=0)  # no chance is left: the state is set, and the pendulum has no noise
    pendulum: Any = env.unwrapped  # Gymnasium does not declare its state
    pendulum.state = np.array(start, dtype=float)
    theta, theta_dot = map(float, start)
    states, torques, total = [(theta, theta_dot)], [], 0.0
    for _ in range(steps):
        torque = np.clip(control(np.array([states[-1]]))[0], -MAX_TORQUE, MAX_TORQUE)
        (cos, sin, theta_dot), reward, *_ = env.step(torque)
        states.append((np.arctan2(sin, cos), theta_dot))
        torques.append(torque[0])
        total += float(reward)
    return Trajectory(np.array(states, dtype=float), np.array(torques), total)


def imagined(step: Callable, starts: np.ndarray, control: Callable, steps: int) -> Trajectory:
    """Play ``control`` from many states at once in ``step``, a model or the simulator's equations.

    Parameters
    ----------
    step : callable
        States (N, 2) and torques (N, 1) to next states (N, 2), in NumPy.
    starts : array (N, 2)
    """
    states, torques = [np.array(starts, dtype=float)], []
    for _ in range(steps):
        torque = np.clip(control(states[-1]), -MAX_TORQUE, MAX_TORQUE)
        states.append(step(states[-1], torque))
        torques.append(torque[:, 0])
    return Trajectory(np.array(states), np.array(torques))


def gain(A: np.ndarray, B: np.ndarray, Q: np.ndarray, R: np.ndarray) -> np.ndarray:
    """The gain (1, 2) of the discrete LQR for infinitely many passes, by SciPy's solver."""
    P = scipy.linalg.solve_discrete_are(A, B, Q, R)
    return np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)


def at_random(seed: int) -> Callable:
    """A policy of random actions in [-1, 1], from observations (B, O) to (B, 1)."""
    generator = torch.Generator().manual_seed(seed)
    return lambda observation: 2 * torch.rand((len(observation), 1), generator=generator) - 1


def coast(state: np.ndarray) -> np.ndarray:
    """The control that does nothing."""
    return np.zeros((len(state), 1))


def upright(states: np.ndarray, within: float = 0.1) -> np.ndarray | np.bool_:
    """(T, ..., 2) states -> (...) bool: angle and velocity stay within ``within`` at the end.

    The end is the last tenth of the trial, at least one state.
    """
    end = states[-max(1, len(states) // 10) :]
    return (np.abs(end) < within).all(axis=(0, -1))


def as_agent(task: Task, control: Callable) -> Callable:
    """``control`` in the form that :func:`symtut.experiments.evaluate` plays."""

    def act(observation: torch.Tensor) -> torch.Tensor:
        state = task.state_from_observation(observation.double().numpy())
        torque = np.clip(control(state), task.action_low, task.action_high)
        return torch.as_tensor(task.to_unit_action(torque))

    return act
