"""Made-up observations of a made-up world, for the tests of what finds a state map in them."""

import gymnasium
import numpy as np

from symtut.tasks import Transitions


class Spaces(gymnasium.Env):
    """Spaces alone: what a task asks an environment for before any step."""

    def __init__(self, observations=6, actions=2):
        one = np.ones
        self.observation_space = gymnasium.spaces.Box(
            -9 * one(observations), 9 * one(observations), dtype=float
        )
        self.action_space = gymnasium.spaces.Box(-one(actions), one(actions), dtype=float)


def registered(name: str, env=Spaces, limit: int | None = 50, **given) -> str:
    """The id under which Gymnasium then knows an environment."""
    env_id = f"{name}-v0"
    gymnasium.registry.pop(env_id, None)
    gymnasium.register(env_id, entry_point=env, max_episode_steps=limit, kwargs=given)
    return env_id


def arm(n: int = 300, noise: float = 0.0, seed: int = 0) -> Transitions:
    """A turning rod that carries a slider, its goal drawn anew every 50 steps.

    Observations: 0 cos, 1 the slider's place, 2 sin, 3 the rod's speed, cut at ±2, 4 the goal,
    5 place minus goal. ``noise`` is in units of each observation's spread.
    """
    generator = np.random.default_rng(seed)
    rows = []
    for step in range(n):
        if step % 50 == 0:
            angle, speed, place = generator.uniform(-3, 3), 0.0, generator.uniform(-1, 1)
            goal = generator.uniform(-1, 1)
        action = generator.uniform(-1, 1, 2)
        state = np.array([angle, speed, place, goal])
        speed = np.clip(speed + 0.9 * action[0] - 0.1 * np.sin(angle), -2, 2)
        angle, place = angle + 0.2 * speed, place + 0.1 * action[1] - 0.02 * place
        after = np.array([angle, speed, place, goal])
        reward = -abs(place - goal) - 0.1 * speed**2
        rows.append((state, action, after, reward, False, step // 50))
    state, action, after, reward, ended, episode = (np.array(c) for c in zip(*rows, strict=True))
    before, after = observed(state), observed(after)
    spread = before.std(0)
    before, after = (
        o + noise * spread * generator.standard_normal(o.shape) for o in (before, after)
    )
    return Transitions(before, action, after, reward, ended, episode)


def observed(state: np.ndarray) -> np.ndarray:
    angle, speed, place, goal = state.T
    return np.column_stack([np.cos(angle), place, np.sin(angle), speed, goal, place - goal])


def with_columns(seen: Transitions, order: list[int], factors=None) -> Transitions:
    """The same with the observations in another order and in other units."""
    factors = np.ones(len(order)) if factors is None else np.asarray(factors)
    return Transitions(
        seen.state[:, order] * factors, seen.action, seen.next_state[:, order] * factors,
        seen.reward, seen.terminated, seen.episode,
    )  # fmt: skip
