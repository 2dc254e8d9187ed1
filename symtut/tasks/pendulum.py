"""Pendulum-v1: swing a pole up with a motor too weak to lift it in one go.

Constants and order of operations are those of Gymnasium's ``pendulum.py`` (g = 10, m = l = 1,
dt = 0.05): the velocity is advanced and clipped first, and the *new* velocity moves the angle.
"""

import numpy as np
import torch

from symtut.tasks.base import Array, Task, array_module, wrap_angle

MAX_SPEED = 8.0  # rad/s
MAX_TORQUE = 2.0  # N m
DT = 0.05  # s


class Pendulum(Task):
    """State (theta, theta_dot) in rad and rad/s, theta = 0 upright; action u, a torque in N m."""

    name = "pendulum"
    env_id = "Pendulum-v1"
    state_names = ("theta", "theta_dot")
    action_names = ("u",)
    angular = (True, False)
    state_low = np.array([-np.pi, -MAX_SPEED])
    state_high = np.array([np.pi, MAX_SPEED])
    action_low = np.array([-MAX_TORQUE])
    action_high = np.array([MAX_TORQUE])
    observation_size = 3
    horizon = 200
    solved_return = -160.0
    best_return = -138.5  # by dynamic programming: benchmarks/pendulum_optimum.py
    true_equations = (
        "0.05*theta_dot + 0.0375*sin(theta) + 0.0075*u",
        "0.75*sin(theta) + 0.15*u",
    )

    def state_from_observation(self, observation: Array) -> Array:
        xp = array_module(observation)
        cos, sin, theta_dot = observation[..., 0], observation[..., 1], observation[..., 2]
        return xp.stack([xp.arctan2(sin, cos), theta_dot], -1)

    def observation_from_state(self, state: Array) -> Array:
        xp = array_module(state)
        theta, theta_dot = state[..., 0], state[..., 1]
        return xp.stack([xp.cos(theta), xp.sin(theta), theta_dot], -1)

    def reward(self, state: Array, action: Array, next_state: Array) -> Array:
        # The cost is on the state that was left, not on the one that was reached.
        theta = wrap_angle(state[..., 0])
        return -(theta**2 + 0.1 * state[..., 1] ** 2 + 0.001 * action[..., 0] ** 2)

    def terminated(self, state: Array, action: Array, next_state: Array) -> Array:
        return array_module(state).zeros_like(state[..., 0], dtype=bool)

    def start_state(self, n: int, generator: torch.Generator) -> torch.Tensor:
        high = torch.tensor([np.pi, 1.0], dtype=torch.float32)
        return (2.0 * torch.rand((n, 2), generator=generator) - 1.0) * high

    def true_step(self, state: Array, action: Array) -> Array:
        xp = array_module(state)
        theta, theta_dot = state[..., 0], state[..., 1]
        torque = xp.clip(action[..., 0], -MAX_TORQUE, MAX_TORQUE)
        acceleration = 15.0 * xp.sin(theta) + 3.0 * torque
        theta_dot = xp.clip(theta_dot + acceleration * DT, -MAX_SPEED, MAX_SPEED)
        return xp.stack([wrap_angle(theta + theta_dot * DT), theta_dot], -1)
