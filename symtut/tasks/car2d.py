"""Car2d: drive a small car to the origin of the plane.

The paper's Car2d is not public. This one is symtut's own, made to its description (position,
heading and speed; throttle and steering), so figures are not comparable with the paper's. Importing
``symtut.tasks`` registers it as ``symtut/Car2d-v0``. One step of dt = 0.1 s:

    v'   = clip(v + dt (2 a1 - 0.5 v), -2, 2)
    psi' = psi + dt 2 a2 v'
    x'   = x + dt v' cos psi',    y' = y + dt v' sin psi'

The new speed turns the car, and the new heading moves it. A car that stands cannot turn.
"""

import math
from typing import Any

import gymnasium
import numpy as np
import torch

from symtut.errors import InputError
from symtut.tasks.base import Array, Task, array_module, wrap_angle

ENV_ID = "symtut/Car2d-v0"
HORIZON = 100  # steps
TIME_STEP = 0.1  # s
THRUST = 2.0  # m/s^2 at full throttle
DRAG = 0.5  # 1/s
STEERING = 2.0  # rad/m at full lock: the tightest circle has a radius of half a metre
TOP_SPEED = 2.0  # m/s
START_BOX = 2.0  # m, starts are drawn from +-START_BOX in x and y
FIELD = 25.0  # m; nobody gets there: 100 steps at full speed from a corner end at 22 m
SPEED_COST, ACTION_COST = 0.05, 0.01


class Car2dEnv(gymnasium.Env):
    """The simulator, one car, float64.

    Observation (x, y, cos psi, sin psi, v); action (throttle a1, steering a2), both in [-1, 1] and
    clipped to it. Reward -|(x, y)| - 0.05 v^2 - 0.01 |a|^2 after the step. Starts at rest, x and y
    in +-2 m, any heading. It never terminates; the time limit of 100 steps comes from the registry.
    ``reset(options={"state": (x, y, psi, v)})`` starts in a state of one's choice.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}

    def __init__(self, render_mode: str | None = None):
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise InputError(f"{ENV_ID} has no render_mode '{render_mode}'; known: rgb_array.")
        self.render_mode = render_mode
        high = np.array([FIELD, FIELD, 1.0, 1.0, TOP_SPEED])
        self.observation_space = gymnasium.spaces.Box(-high, high, dtype=np.float64)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (2,), dtype=np.float32)
        self.state: np.ndarray | None = None  # (4,) x, y, psi (not wrapped), v

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict]:
        super().reset(seed=seed)
        x, y = self.np_random.uniform(-START_BOX, START_BOX, size=2)
        state = np.array([x, y, self.np_random.uniform(-np.pi, np.pi), 0.0])
        if options and "state" in options:
            state = np.array(options["state"], dtype=np.float64)
            if state.shape != (4,) or not np.isfinite(state).all() or abs(state[3]) > TOP_SPEED:
                raise InputError(
                    f"options['state'] must be four numbers x, y, psi, v with |v| <= {TOP_SPEED}, "
                    f"not {options['state']!r}."
                )
        self.state = state
        return _observation(self.state), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict]:
        if self.state is None:
            raise gymnasium.error.ResetNeeded(f"{ENV_ID}: call reset() before step().")
        action = np.asarray(action, dtype=np.float64)
        if action.shape != (2,) or not np.isfinite(action).all():
            raise InputError(f"{ENV_ID} takes two finite numbers as its action, not {action!r}.")
        a1, a2 = (min(max(float(a), -1.0), 1.0) for a in action)
        x, y, psi, v = map(float, self.state)
        v = min(max(v + TIME_STEP * (THRUST * a1 - DRAG * v), -TOP_SPEED), TOP_SPEED)
        psi += TIME_STEP * STEERING * a2 * v
        x += TIME_STEP * v * math.cos(psi)
        y += TIME_STEP * v * math.sin(psi)
        self.state = np.array([x, y, psi, v])
        reward = -math.hypot(x, y) - SPEED_COST * v**2 - ACTION_COST * (a1**2 + a2**2)
        return _observation(self.state), reward, False, False, {}

    def render(self) -> np.ndarray | None:
        """(400, 400, 3) uint8 with the goal as a ring and the car as an arrow head; None if off."""
        return None if self.render_mode is None or self.state is None else picture(self.state)


def _observation(state: np.ndarray) -> np.ndarray:
    x, y, psi, v = state
    return np.array([x, y, math.cos(psi), math.sin(psi), v])


def picture(state: np.ndarray, pixels: int = 400) -> np.ndarray:
    """(pixels, pixels, 3) uint8 view from above, y upwards; it doubles until the car is inside."""
    x, y, psi, _ = state
    half = 3.0
    while half < 1.1 * max(abs(x), abs(y)):
        half *= 2
    axis = (np.arange(pixels) + 0.5) / pixels * 2 * half - half
    east, north = axis[None, :], -axis[:, None]  # image rows run downwards
    pixel = 2 * half / pixels
    image = np.full((pixels, pixels, 3), 250, dtype=np.uint8)
    grid = (abs(east - np.round(east)) < pixel / 2) | (abs(north - np.round(north)) < pixel / 2)
    image[grid] = 228
    image[abs(np.hypot(east, north) - 0.15 * half / 3) < 1.5 * pixel] = (46, 125, 50)
    # in the car's frame: a triangle, its point ahead
    ahead = (np.cos(psi) * (east - x) + np.sin(psi) * (north - y)) * 3 / half
    aside = (np.cos(psi) * (north - y) - np.sin(psi) * (east - x)) * 3 / half
    image[(ahead > -0.15) & (abs(aside) < 0.45 * (0.25 - ahead))] = (30, 80, 160)
    return image


class Car2d(Task):
    """State (x, y, psi, v) in m, rad, m/s; action (a1, a2), throttle and steering in [-1, 1]."""

    name = "car2d"
    env_id = ENV_ID
    state_names = ("x", "y", "psi", "v")
    action_names = ("a1", "a2")
    angular = (False, False, True, False)
    state_low = np.array([-FIELD, -FIELD, -np.pi, -TOP_SPEED])
    state_high = -state_low
    action_low = np.array([-1.0, -1.0])
    action_high = np.array([1.0, 1.0])
    observation_size = 5
    horizon = HORIZON
    solved_return = -23.0
    # The new speed 0.95 v + 0.2 a1 stands in all of them; where it would pass +-2 it is clipped,
    # and none of the four holds.
    true_equations = (
        "0.1*(0.95*v + 0.2*a1)*cos(psi + 0.2*a2*(0.95*v + 0.2*a1))",
        "0.1*(0.95*v + 0.2*a1)*sin(psi + 0.2*a2*(0.95*v + 0.2*a1))",
        "0.2*a2*(0.95*v + 0.2*a1)",
        "0.2*a1 - 0.05*v",
    )

    def state_from_observation(self, observation: Array) -> Array:
        xp = array_module(observation)
        x, y, cos, sin, v = (observation[..., i] for i in range(5))
        return xp.stack([x, y, xp.arctan2(sin, cos), v], -1)

    def observation_from_state(self, state: Array) -> Array:
        xp = array_module(state)
        x, y, psi, v = (state[..., i] for i in range(4))
        return xp.stack([x, y, xp.cos(psi), xp.sin(psi), v], -1)

    def reward(self, state: Array, action: Array, next_state: Array) -> Array:
        x, y, v = next_state[..., 0], next_state[..., 1], next_state[..., 3]
        distance = (x**2 + y**2) ** 0.5
        effort = array_module(action).square(action).sum(-1)
        return -distance - SPEED_COST * v**2 - ACTION_COST * effort

    def terminated(self, state: Array, action: Array, next_state: Array) -> Array:
        return array_module(state).zeros_like(state[..., 0], dtype=bool)

    def start_state(self, n: int, generator: torch.Generator) -> torch.Tensor:
        high = torch.tensor([START_BOX, START_BOX, np.pi, 0.0], dtype=torch.float32)
        return (2.0 * torch.rand((n, 4), generator=generator) - 1.0) * high

    def true_step(self, state: Array, action: Array) -> Array:
        xp = array_module(state)
        x, y, psi, v = (state[..., i] for i in range(4))
        action = xp.clip(action, -1.0, 1.0)
        v = xp.clip(v + TIME_STEP * (THRUST * action[..., 0] - DRAG * v), -TOP_SPEED, TOP_SPEED)
        psi = psi + TIME_STEP * STEERING * action[..., 1] * v
        return xp.stack(
            [x + TIME_STEP * v * xp.cos(psi), y + TIME_STEP * v * xp.sin(psi), wrap_angle(psi), v],
            -1,
        )

    def hand_controller(self, state: Array) -> Array:
        """(..., 4) state -> (..., 2) action: a driver's rule of thumb, the reference for learners.

        Whichever end of the car points more towards the goal goes first. The speed wanted is three
        times the distance left, at most 2 m/s; the wheel turns as far as the error in heading asks
        for. Its mean return over the evaluation starts: ``benchmarks/hand_controllers.py``. The
        three gains come from a small grid on 400 other starts.
        """
        xp = array_module(state)
        x, y, psi, v = (state[..., i] for i in range(4))
        bearing = wrap_angle(xp.arctan2(-y, -x) - psi)
        forwards = abs(bearing) <= np.pi / 2
        error = xp.where(forwards, bearing, wrap_angle(bearing + np.pi))
        wanted = xp.clip(3.0 * (x**2 + y**2) ** 0.5, 0.0, TOP_SPEED)
        wanted = xp.where(forwards, wanted, -wanted)
        a1 = xp.clip(4.0 * (wanted - v) + DRAG / THRUST * wanted, -1.0, 1.0)
        v = v + TIME_STEP * (THRUST * a1 - DRAG * v)  # the speed that will turn the car
        enough = xp.clip(abs(v), 0.05, np.inf)
        a2 = xp.clip(error / (TIME_STEP * STEERING * enough), -1.0, 1.0)
        return xp.stack([a1, xp.where(v < 0, -a2, a2)], -1)


if ENV_ID not in gymnasium.registry:
    gymnasium.register(ENV_ID, entry_point="symtut.tasks.car2d:Car2dEnv", max_episode_steps=HORIZON)
