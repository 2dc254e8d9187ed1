"""The data of notebook 09: what was seen of three worlds, and what models are judged on."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from symtut.errors import InputError
from symtut.tasks import Task, Transitions
from symtut.tasks.random_policy import random_transitions
from symtut.tasks.reacher import ELBOW_LIMIT, Reacher
from symtut.world_models import make_world_model
from symtut.world_models.validation import lead_errors, spread, stretches


def play_truth(
    task: Task, state: np.ndarray, choose: Callable, length: int
) -> tuple[np.ndarray, np.ndarray]:
    """Play the true dynamics from states (n, S); ``choose(step, state)`` gives actions (n, A).

    Returns the states (n, length + 1, S) and the actions (n, length, A).
    """
    states, actions = [state], []
    for step in range(length):
        actions.append(choose(step, states[-1]))
        states.append(np.asarray(task.true_step(states[-1], actions[-1])))
    return np.stack(states, 1), np.stack(actions, 1)


def transitions(states: np.ndarray, actions: np.ndarray) -> Transitions:
    """Played paths, (n, K + 1, S) and (n, K, A), as n episodes of transitions without rewards."""
    n, length = actions.shape[:2]
    before, action, after = (
        x.reshape(n * length, -1) for x in (states[:, :-1], actions, states[:, 1:])
    )
    none = np.zeros(n * length)
    return Transitions(before, action, after, none, none > 0, np.repeat(np.arange(n), length))


def starts(task: Task, n: int, seed: int) -> np.ndarray:
    """(n, S) float64 states from where episodes begin."""
    return task.start_state(n, torch.Generator().manual_seed(seed)).double().numpy()


def at_random(task: Task, n: int, generator: np.random.Generator) -> Callable:
    """A new random action for each of n paths at each step."""
    size = (n, task.action_size)
    return lambda step, state: task.from_unit_action(generator.uniform(-1, 1, size))


def seen(tasks: dict[str, Task], seed: int) -> dict[str, Transitions]:
    """What a random policy sees of each world: the models' whole experience.

    Reacher's environment needs MuJoCo; its data come from the arm's own mechanics in ``symtut``.
    """
    arm, generator = tasks["reacher"], np.random.default_rng(seed)
    return {
        "pendulum": random_transitions(tasks["pendulum"], 200, seed),  # one episode
        "car2d": random_transitions(tasks["car2d"], 300, seed),  # three
        "reacher": transitions(
            *play_truth(arm, starts(arm, 4, seed), at_random(arm, 4, generator), 50)  # four
        ),
    }


def compare_with_mujoco(arm: Task, seed: int) -> None:
    """Print how far ``true_step`` is from MuJoCo, or that MuJoCo is not installed."""
    try:
        arm.make_env().close()
    except InputError as error:
        print("not compared with MuJoCo:", error)
        return
    played = random_transitions(arm, 100, seed)
    gap = arm.difference(np.asarray(arm.true_step(played.state, played.action)), played.next_state)
    free = arm.uncut(played.state, played.next_state)
    worst = abs(gap[free]).max()
    print(f"true_step against MuJoCo, {free.sum()} free steps: largest gap {worst:.0e}")


def fast_car(car: Task, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three episodes with actions held for a second each, so that the speed limit is met.

    Returns observations (300, 5), actions (300, 2), next observations (300, 5).
    """
    generator, env, rows = np.random.default_rng([seed, 1]), car.make_env(), []
    for episode in range(3):
        before = env.reset(seed=2**29 + 3 * seed + episode)[0]
        for action in generator.uniform(-1, 1, (10, 2)).repeat(10, axis=0):
            after = env.step(action)[0]
            rows.append((before, action, after))
            before = after
    env.close()
    observation, action, following = (np.array(x) for x in zip(*rows, strict=True))
    return observation, action, following


def drive(car: Task, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Ten seconds in the real environment, never up to the speed limit: (101, 4), (100, 2)."""
    generator, env = np.random.default_rng([seed, 10]), car.make_env()
    steering = generator.uniform(-1, 1, (10, 1)).repeat(10, axis=0)  # held for a second each
    throttle = generator.uniform(0.0, 0.45, (10, 1)).repeat(10, axis=0)
    actions, start = np.hstack([throttle, steering]), (0.0, 0.0, 0.5, 0.0)
    env.reset(seed=seed, options={"state": start})
    seen = [car.state_from_observation(env.step(action)[0]) for action in actions]
    env.close()
    return np.array([start, *seen]), actions


def old_order_step(state: np.ndarray, action: np.ndarray) -> np.ndarray:
    """The car's equations with one mistake: the old speed and heading move it."""
    x, y, psi, v = state.T
    a1, a2 = action.T
    turned = psi + 0.19 * v * a2 + 0.04 * a1 * a2
    x, y = x + 0.1 * v * np.cos(psi), y + 0.1 * v * np.sin(psi)
    return np.stack([x, y, np.arctan2(np.sin(turned), np.cos(turned)), 0.95 * v + 0.2 * a1], 1)


def in_numpy(model: Any, **settings: Any) -> Callable:
    """A model's prediction as a function of arrays, (N, S) and (N, A) -> (N, S)."""

    def predict(state: np.ndarray, action: np.ndarray) -> np.ndarray:
        inputs = (torch.as_tensor(part, dtype=torch.float32) for part in (state, action))
        with torch.no_grad():
            return model.predict(*inputs, **settings).double().numpy()

    return predict


def follow(predict: Callable, start: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """Open loop from one state (S,) under actions (K, A): (K + 1, S)."""
    states = [start]
    for action in actions:
        states.append(predict(states[-1][None], action[None])[0])
    return np.array(states)


def until_a_bound_acts(task: Task, states: np.ndarray) -> np.ndarray:
    """(n, K + 1, S) played states, NaN from the first transition on that a bound has cut."""
    size = states.shape[2]
    free = task.uncut(states[:, :-1].reshape(-1, size), states[:, 1:].reshape(-1, size))
    free = np.logical_and.accumulate(free.reshape(len(states), -1), axis=1)
    states = states.copy()
    states[:, 1:][~free] = np.nan
    return states


def reality(
    task: Task, table: Transitions, n: int, length: int, seed: int
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """New paths to judge models on, as (states (n, length + 1, S), actions (n, length, A)).

    *inside*: from where episodes begin, a new random action at every step. *outside*: from a box
    twice as wide as ``table``, full actions held for ten steps. NaN after a bound has acted.
    """
    calm = at_random(task, n, np.random.default_rng([seed, 8]))
    low, high = table.state.min(0), table.state.max(0)
    low, high = low - (high - low) / 2, high + (high - low) / 2
    low, high = np.maximum(low, task.state_low), np.minimum(high, task.state_high)
    generator = np.random.default_rng([seed, 7])
    held = generator.choice([-1.0, 1.0], (length // 10 + 1, n, task.action_size))
    wide = generator.uniform(low, high, (n, task.state_size))
    played = {
        "inside": play_truth(task, starts(task, n, seed + 100), calm, length),
        "outside": play_truth(
            task, wide, lambda t, s: task.from_unit_action(held[t // 10]), length
        ),
    }
    return {where: (until_a_bound_acts(task, s), a) for where, (s, a) in played.items()}


def by_speed(
    arm: Task, predict: Callable, scale: np.ndarray, speeds: Sequence[float], seed: int
) -> list[float]:
    """Error of one step free of the stop, in spreads, for joints up to each of ``speeds``."""
    generator, found = np.random.default_rng([seed, 9]), []
    for speed in speeds:
        state = np.zeros((300, 6))
        state[:, :2] = generator.uniform(-1, 1, (300, 2))
        state[:, 2:4] = generator.uniform(-speed, speed, (300, 2))
        action = generator.uniform(-1, 1, (300, 2))
        gap = arm.difference(predict(state, action), np.asarray(arm.true_step(state, action)))
        found.append(float(np.sqrt(((gap / scale) ** 2).mean())))
    return found


def elbow_errors(
    arm: Task, predict: Callable, states: np.ndarray, actions: np.ndarray, scale: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of each step of the paths: the elbow angle that it would reach, and its error in spreads."""
    before, action, after = (
        x.reshape(-1, x.shape[2]) for x in (states[:, :-1], actions, states[:, 1:])
    )
    known = np.isfinite(after).all(1)
    before, action, after = before[known], action[known], after[known]
    gap = arm.difference(predict(before, action), after) / scale
    return abs(before[:, 1] + 0.02 * before[:, 3]), np.sqrt((gap**2).mean(1))


def too_fast(pendulum: Task, seed: int) -> tuple[Transitions, np.ndarray]:
    """200 transitions pushed along the motion, and which of them the speed limit has cut."""
    generator = np.random.default_rng([seed, 6])

    def push_on(step, state):
        along = np.where(state[:, 1:] >= 0, 2.0, -2.0)
        return np.where(generator.random((1, 1)) < 0.8, along, generator.uniform(-2, 2, (1, 1)))

    table = transitions(*play_truth(pendulum, np.array([[2.8, 0.0]]), push_on, 200))
    return table, ~pendulum.uncut(table.state, table.next_state)


def fresh(task: Task, seed: int) -> Transitions:
    """300 transitions that no fit has seen, less those that a bound has cut."""
    choose = at_random(task, 10, np.random.default_rng([seed, 12]))
    table = transitions(*play_truth(task, starts(task, 10, seed + 1), choose, 30))
    return table[task.uncut(table.state, table.next_state)]


def with_noise(task: Task, table: Transitions, count: int, noise: float, seed: int) -> Transitions:
    """The first ``count`` transitions, seen through a noisy sensor (noise in spreads)."""
    scale = spread(task, table.state)
    # one reading is the end of a step and the start of the next
    wobble = noise * scale * np.random.default_rng([seed, 11]).normal(size=(count + 1, len(scale)))
    part = table[:count]
    return replace(part, state=part.state + wobble[:-1], next_state=part.next_state + wobble[1:])


def horizons(
    task: Task, table: Transitions, sizes: Sequence[int], noises: Sequence[float], seed: int
) -> dict[str, list[int]]:
    """Steps, of 100, that sparse models of noisy parts of ``table`` stay within 0.1 spreads."""
    choose = at_random(task, 4, np.random.default_rng([seed, 8]))
    judge = transitions(*play_truth(task, starts(task, 4, seed + 100), choose, 100))
    pieces = stretches(task, judge, np.ones(len(judge), dtype=bool))
    found: dict[str, list[int]] = {}
    for noise in noises:
        found[f"{noise:g}"] = []
        for size in sizes:
            model = make_world_model("sparse", task, seed)
            assert model is not None
            model.fit(with_noise(task, table, size, noise, seed))
            curve = lead_errors(model, task, pieces, spread(task, table.state), 100)
            outside = np.flatnonzero(curve > 0.1)
            found[f"{noise:g}"].append(int(outside[0]) if len(outside) else len(curve))
    return found


def fit_without_being_told(table: Transitions, seed: int) -> tuple[list[str], str]:
    """The sparse equations of a Reacher that may depend on all inputs, and the fit's warning."""

    class Unrestricted(Reacher):
        inputs = {}

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = make_world_model("sparse", Unrestricted(), seed)
        assert model is not None
        report = model.fit(table)
    return [f"{row['target']:<19}{row['equation']}" for row in report.equations], str(
        said[0].message
    )


def strikes(reach: np.ndarray) -> np.ndarray:
    """Which steps would carry the elbow behind its stop."""
    return reach > ELBOW_LIMIT
