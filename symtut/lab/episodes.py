"""An episode as a film: a painter for each world, and for any other its coordinates over time."""

from collections.abc import Callable

import numpy as np
from PIL import ImageDraw

from symtut.agents.policy import Controller
from symtut.lab.films import animated_png
from symtut.lab.painters import (
    OVERSAMPLE,
    ROD,
    WEIGHT,
    draw_cars,
    draw_pendulum,
    painted,
    view,
)  # fmt: skip
from symtut.lab.style import GRID, INK, OKABE_ITO
from symtut.tasks import Task, limited_env
from symtut.tasks.reacher import LINK_1, LINK_2

PIXELS = 240  # of a side
SIDE = PIXELS * OVERSAMPLE  # as painted


def episode(task: Task, policy: Controller, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A real episode from the start that ``seed`` gives: states (T, S) and actions (T, A)."""
    env = limited_env(task)
    observation, _ = env.reset(seed=seed)
    observations, actions, over = [], [], False
    while not over:
        observations.append(observation)
        actions.append(policy(observation))
        observation, _, terminated, truncated, _ = env.step(actions[-1])
        over = terminated or truncated
    env.close()
    return task.state_from_observation(np.array(observations, dtype=float)), np.array(actions)


def episode_png(task: Task, states: np.ndarray, actions: np.ndarray) -> bytes:
    """The film of one episode, as the bytes of an animated PNG.

    Parameters
    ----------
    states : (T, S) array
    actions : (T, A) array
        In environment units; ``actions[t]`` is what was done in ``states[t]``.
    """
    paint, seconds = PAINTERS.get(task.name, (_coordinates, 0.05))
    every = 1 if len(states) <= 100 else 2
    frames = [
        painted(PIXELS, PIXELS, lambda draw, t=t: paint(draw, states, actions, t))
        for t in range(0, len(states), every)
    ]
    return animated_png(frames, round(1000 * seconds * every), hold=10)


def _pendulum(draw: ImageDraw.ImageDraw, states, actions, t: int) -> None:
    middle = SIDE / 2, SIDE / 2
    draw_pendulum(draw, middle, states[t, 0], actions[t, 0], SIDE / 180)


def _reacher(draw: ImageDraw.ImageDraw, states, actions, t: int) -> None:
    """The arm from above, one metre being 2.2 sides, and its target."""

    def pixels(point):
        return SIDE / 2 + 2.2 * SIDE * point[0], SIDE / 2 - 2.2 * SIDE * point[1]

    upper, lower = states[t, 0], states[t, 0] + states[t, 1]
    elbow = np.array([np.cos(upper), np.sin(upper)]) * LINK_1
    tip = elbow + np.array([np.cos(lower), np.sin(lower)]) * LINK_2
    _disc(draw, pixels(states[t, 4:6]), 9 * OVERSAMPLE, WEIGHT)
    joints = [pixels((0, 0)), pixels(elbow), pixels(tip)]
    draw.line(joints, fill=ROD, width=6 * OVERSAMPLE, joint="curve")
    for joint in joints:
        _disc(draw, joint, 4 * OVERSAMPLE, INK)


def _car2d(draw: ImageDraw.ImageDraw, states, actions, t: int) -> None:
    """The car from above, its track so far, and the origin that it is to reach."""
    west, south, width = view([states, np.zeros((1, 2))])
    goal = -west / width * SIDE, SIDE + south / width * SIDE
    _disc(draw, goal, 6 * OVERSAMPLE, WEIGHT)
    path = states[: t + 1, :3]
    draw_cars(draw, (0, 0), SIDE, (west, south, width), path, path, ROD)


def _coordinates(draw: ImageDraw.ImageDraw, states, actions, t: int) -> None:
    """A strip for each coordinate of the state, drawn up to now."""
    height = SIDE / states.shape[1]
    right = np.linspace(0.02, 0.98, len(states)) * SIDE
    for k, values in enumerate(states.T):
        low, high = values.min(), max(values.max(), values.min() + 1e-12)
        down = height * (k + 0.9 - 0.8 * (values - low) / (high - low))
        draw.line([(0, height * k), (SIDE, height * k)], fill=GRID, width=OVERSAMPLE)
        line = list(zip(right[: t + 1].tolist(), down[: t + 1].tolist(), strict=True))
        colour = OKABE_ITO[k % len(OKABE_ITO)]
        if t:
            draw.line(line, fill=colour, width=2 * OVERSAMPLE)
        _disc(draw, line[-1], 3 * OVERSAMPLE, colour)


def _disc(draw: ImageDraw.ImageDraw, middle, radius: float, colour: str) -> None:
    x, y = middle
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour)


#: By the task's name: the painter, and seconds between two states.
PAINTERS: dict[str, tuple[Callable[..., None], float]] = {
    "pendulum": (_pendulum, 0.05),
    "reacher": (_reacher, 0.02),
    "car2d": (_car2d, 0.1),
}
