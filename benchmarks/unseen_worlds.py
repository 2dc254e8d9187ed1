"""Three worlds that nobody looked at while the search for a world's map and equations was built.

They were written afterwards and tried once, with the settings that every environment gets:

    CartSwingUp    a pole on a cart, from hanging; semi-implicit steps; the cart must stay on its
                   track, or the episode ends
    PlanarDrone    two propellers, gravity, drag, and a place to go to that each episode draws; more
                   than four metres away from it the episode ends
    StirredReactor a reaction that heats itself, A -> B with a rate k exp(-E / T); cooled from
                   outside; each step is integrated finely, so that no short formula is exact

``symtut train --env benchmarks.unseen_worlds:CartSwingUp-v0`` finds them by their module.
"""

import math

import gymnasium
import numpy as np
from gymnasium.spaces import Box


class CartSwingUp(gymnasium.Env):
    """Observations: place, speed, sine and cosine of the angle from upright, its speed."""

    dt, gravity, length, mass, cart = 0.04, 9.81, 0.6, 0.2, 1.0
    track = 2.4

    def __init__(self):
        most = np.array([np.inf, np.inf, 1.0, 1.0, np.inf], dtype=np.float32)
        self.observation_space = Box(-most, most)
        self.action_space = Box(-10.0, 10.0, (1,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        x, v, theta, omega = self.np_random.uniform(-0.1, 0.1, 4)
        self.state = np.array([x, v, np.pi + theta, omega])
        return self._observed(), {}

    def step(self, action):
        force = float(np.clip(np.ravel(action)[0], -10.0, 10.0))
        x, v, theta, omega = self.state
        sin, cos = np.sin(theta), np.cos(theta)
        heavy = self.cart + self.mass * sin**2
        push = force + self.mass * sin * (self.length * omega**2 - self.gravity * cos)
        acceleration = push / heavy
        turning = (self.gravity * sin - acceleration * cos) / self.length
        v, omega = v + self.dt * acceleration, omega + self.dt * turning
        self.state = np.array([x + self.dt * v, v, theta + self.dt * omega, omega])
        reward = np.cos(theta) - 0.05 * x**2 - 0.001 * force**2
        off = bool(abs(self.state[0]) > self.track)
        return self._observed(), float(reward), off, False, {}

    def _observed(self):
        x, v, theta, omega = self.state
        return np.array([x, v, np.sin(theta), np.cos(theta), omega], dtype=np.float32)


class PlanarDrone(gymnasium.Env):
    """Observations: goal (2), place (2), cosine and sine of the tilt, speeds (2), turning speed."""

    dt, gravity, arm, inertia, drag = 0.05, 9.81, 0.25, 0.03, 0.15

    def __init__(self):
        most = np.full(9, np.inf, dtype=np.float32)
        most[4:6] = 1.0
        self.observation_space = Box(-most, most)
        self.action_space = Box(-1.0, 1.0, (2,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.goal = self.np_random.uniform(-1.0, 1.0, 2)
        place = self.np_random.uniform(-1.0, 1.0, 2)
        self.state = np.array([*place, 0.0, 0.0, 0.0, 0.0])
        return self._observed(), {}

    def step(self, action):
        left, right = 4.9 + 2.0 * np.clip(np.asarray(action, dtype=float), -1.0, 1.0)
        x, y, tilt, vx, vy, omega = self.state
        thrust = left + right
        vx = vx + self.dt * (-thrust * np.sin(tilt) - self.drag * vx)
        vy = vy + self.dt * (thrust * np.cos(tilt) - self.gravity - self.drag * vy)
        omega = omega + self.dt * (self.arm * (right - left) / (4 * self.inertia) - 0.5 * omega)
        self.state = np.array(
            [x + self.dt * vx, y + self.dt * vy, tilt + self.dt * omega, vx, vy, omega]
        )
        far = np.hypot(self.state[0] - self.goal[0], self.state[1] - self.goal[1])
        return self._observed(), float(4.0 - far - 0.02 * omega**2), bool(far > 4.0), False, {}

    def _observed(self):
        x, y, tilt, *speeds = self.state
        return np.array([*self.goal, x, y, np.cos(tilt), np.sin(tilt), *speeds], dtype=np.float32)


class StirredReactor(gymnasium.Env):
    """Observations: concentration of A (mol/l), temperature (in 100 K). Action: the jacket's."""

    dt, fine = 0.1, 50

    def __init__(self):
        self.observation_space = Box(0.0, 10.0, (2,))
        self.action_space = Box(-1.0, 1.0, (1,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state = np.array([self.np_random.uniform(0.3, 0.9), self.np_random.uniform(3.0, 3.8)])
        return self.state.astype(np.float32), {}

    def step(self, action):
        jacket = 3.0 + 0.3 * float(np.clip(np.ravel(action)[0], -1.0, 1.0))
        a, heat = map(float, self.state)
        dt = self.dt / self.fine
        for _ in range(self.fine):  # implicit in a: stable where the reaction runs away
            speed = 7.2e10 * math.exp(-87.5 / heat)
            a = (a + dt) / (1.0 + dt * (1.0 + speed))
            heat += dt * (3.5 - heat + 2.09 * speed * a + 2.09 * (jacket - heat))
        self.state = np.array([a, heat])
        reward = -10.0 * (a - 0.5) ** 2 - (heat - 3.5) ** 2
        return self.state.astype(np.float32), float(reward), False, False, {}


for made in (CartSwingUp, PlanarDrone, StirredReactor):
    gymnasium.register(
        f"{made.__name__}-v0", f"benchmarks.unseen_worlds:{made.__name__}", max_episode_steps=150
    )
