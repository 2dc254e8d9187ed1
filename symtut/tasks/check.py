"""What is usually wrong with a task written by hand, in one list."""

from collections.abc import Callable, Iterator

import gymnasium
import numpy as np
import torch

from symtut.errors import InputError
from symtut.tasks.base import Task

_CLOSE = 1e-4
"""Difference, relative to the larger of 1 and the value, up to which two numbers agree: the
environment may compute in float32."""


def check_task(task: Task, steps: int = 300, seed: int = 0) -> list[str]:
    """Compare a task with its environment along random steps, and with the contract of a task.

    Parameters
    ----------
    task : Task
    steps : int
        Random steps to take in the environment.
    seed : int
        Of the actions and the episodes.

    Returns
    -------
    list of str
        A sentence for each mistake; empty if none was found. What cannot be checked any more after
        a mistake is left out.
    """
    problems = list(_declarations(task))
    if problems:
        return problems
    try:
        env = task.make_env()
    except (InputError, gymnasium.error.Error, ImportError) as error:
        return [f"make_env: {' '.join(str(error).split())}"]
    problems += _spaces(task, env)
    if problems:
        return problems
    try:
        seen = _random_steps(task, env, steps, seed)
    except Exception as error:  # whatever a foreign environment raises
        return [f"the environment fails: {_short(error)}"]
    finally:
        env.close()
    if isinstance(seen, str):
        return [seen]
    return [*_functions(task, *seen), *_starts(task)]


def _declarations(task: Task) -> Iterator[str]:
    """Names, lengths and bounds."""
    for name in ("name", "env_id", "state_names", "action_names", "angular", "state_low",
                 "state_high", "action_low", "action_high", "observation_size", "horizon",
                 "solved_return"):  # fmt: skip
        if not hasattr(task, name):
            yield f"{name} is missing."
            return
    names = [*task.state_names, *task.action_names]
    if len(set(names)) < len(names) or not all(str(n).isidentifier() for n in names):
        yield f"state_names and action_names must be different identifiers, not {names}."
    sizes = {"state": task.state_size, "action": task.action_size}
    for kind, size in sizes.items():
        low, high = (np.asarray(getattr(task, f"{kind}_{end}"), float) for end in ("low", "high"))
        if low.shape != (size,) or high.shape != (size,):
            yield (
                f"{kind}_low and {kind}_high must have the shape ({size},), one for each of "
                f"{kind}_names, not {low.shape} and {high.shape}."
            )
        elif not (low < high).all():  # NaN is not below anything either
            yield f"{kind}_low must be below {kind}_high everywhere: {low} and {high}."
        elif kind == "action" and not np.isfinite([low, high]).all():
            yield f"action_low and action_high must be finite: {low} and {high}."
    if len(task.angular) != task.state_size:
        yield f"angular has {len(task.angular)} entries for {task.state_size} state_names."


def _spaces(task: Task, env: gymnasium.Env) -> Iterator[str]:
    """What the environment says about itself."""
    space = env.action_space
    if not isinstance(space, gymnasium.spaces.Box) or space.shape != (task.action_size,):
        yield f"action_space is {space}; {task.action_size} numbers are needed: see action_names."
    elif not (_agree(space.low, task.action_low) and _agree(space.high, task.action_high)):
        yield (
            f"action_low and action_high are {task.action_low} and {task.action_high}; the "
            f"environment's are {space.low} and {space.high}."
        )
    if env.observation_space.shape != (task.observation_size,):
        yield (
            f"observation_size is {task.observation_size}; the environment's observations have "
            f"the shape {env.observation_space.shape}."
        )
    limit = None if env.spec is None else env.spec.max_episode_steps
    if limit is not None and limit != task.horizon:
        yield f"horizon is {task.horizon}; the environment's episodes end after {limit} steps."


def _random_steps(task: Task, env: gymnasium.Env, steps: int, seed: int):
    """Observations, actions, next observations, rewards and ends, as arrays; or what is wrong."""
    generator, rows, observation = np.random.default_rng([seed, 0x43484B]), [], None
    for step in range(steps):
        if observation is None:
            begun = env.reset(seed=2**29 + seed + step)
            if not isinstance(begun, tuple) or len(begun) != 2:
                return "reset returns no (observation, info): the environment has Gym's old API."
            observation, start = begun[0], step
        action = task.from_unit_action(generator.uniform(-1, 1, task.action_size))
        stepped = env.step(action)
        if not isinstance(stepped, tuple) or len(stepped) != 5:
            return (
                "step returns no (observation, reward, terminated, truncated, info): the "
                "environment has Gym's old API."
            )
        after, reward, terminated, truncated, _ = stepped
        rows.append((observation, action, after, reward, bool(terminated)))
        over = terminated or truncated or step - start + 1 >= task.horizon
        observation = None if over else after
    before, action, after, reward, ended = (
        np.array(c, dtype=float) for c in zip(*rows, strict=True)
    )
    if not np.isfinite(np.concatenate([before.ravel(), after.ravel(), reward.ravel()])).all():
        return "the environment's observations or rewards are not finite."
    return before, action, after, reward, ended > 0


def _functions(task: Task, before, action, after, reward, ended) -> Iterator[str]:
    """The task's functions on real steps, with NumPy and with torch."""
    n, size = len(before), task.state_size
    problems: list[str] = []

    def checked(name: str, function: Callable, arguments: tuple, shape: tuple, kind=float):
        """Its value on NumPy arrays; None, and a problem, if it is not as the contract has it."""
        found = _call(name, function, arguments, shape, kind, problems)
        if found is None:
            return None
        tensors = tuple(torch.as_tensor(x, dtype=torch.float32) for x in arguments)
        with_torch = _call(name, function, tensors, shape, kind, problems)
        if with_torch is not None and not _agree(with_torch, found, 1e-3):
            problems.append(f"{name} differs between NumPy and torch.")
        return found

    state = checked("state_from_observation", task.state_from_observation, (before,), (n, size))
    next_state = (
        None if state is None else _call(
            "state_from_observation", task.state_from_observation, (after,), (n, size), float,
            problems,
        )
    )  # fmt: skip
    if state is None or next_state is None:
        yield from problems
        return
    yield from _states(task, state, next_state)
    shown = checked(
        "observation_from_state", task.observation_from_state, (state,), (n, before.shape[1])
    )
    if shown is not None and not _agree(shown, before, 1e-2):
        worst = int(np.abs(shown - before).max(0).argmax())
        problems.append(
            "observation_from_state(state_from_observation(o)) is not o: observation "
            f"{worst} is off by up to {np.abs(shown - before).max():.3g}."
        )
    step = state, action, next_state
    paid = checked("reward", task.reward, step, (n,))
    if paid is not None and not _agree(paid, reward, 1e-3):
        row = int(np.abs(paid - reward).argmax())
        problems.append(
            f"reward differs from the environment's: {paid[row]:.6g} instead of {reward[row]:.6g} "
            f"at step {row}; is it a function of the state before the step, or after it?"
        )
    over = checked("terminated", task.terminated, step, (n,), bool)
    if over is not None and (over != ended).any():
        problems.append(
            f"terminated differs from the environment's in {int((over != ended).sum())} of {n} "
            "steps (a time limit is no end)."
        )
    if task.true_step(*step[:2]) is not None:
        moved = checked("true_step", task.true_step, step[:2], (n, size))
        if moved is not None and not _agree(task.difference(moved, next_state), 0 * moved, 1e-2):
            problems.append("true_step differs from the environment's next state.")
    yield from problems


def _call(name: str, function, arguments: tuple, shape: tuple, kind, problems: list[str]):
    """The value as a NumPy array, or None and a problem."""
    library = type(arguments[0])
    word = "torch tensors" if library is torch.Tensor else "NumPy arrays"
    try:
        value = function(*arguments)
    except Exception as error:  # whatever a user's function raises
        problems.append(f"{name} fails on {word}: {_short(error)}")
        return None
    if isinstance(value, bool | np.bool_) or not isinstance(value, library):
        wanted = f"{'bool' if kind is bool else 'float'}s of shape {shape}"
        problems.append(f"{name} of {word} must be {wanted}, not {type(value).__name__}.")
        return None
    if tuple(value.shape) != shape:
        problems.append(f"{name} must have the shape {shape}, not {tuple(value.shape)}.")
        return None
    is_bool = value.dtype in (torch.bool, np.dtype(bool))
    if is_bool != (kind is bool):
        problems.append(f"{name} of {word} must be {kind.__name__}, not {value.dtype}.")
        return None
    if kind is float and value.dtype not in (torch.float32, np.dtype(np.float64)):
        problems.append(f"{name} of {word} has the type {value.dtype}: keep that of its arguments.")
        return None
    array = value.detach().numpy() if isinstance(value, torch.Tensor) else value
    if not np.isfinite(array).all():
        problems.append(f"{name} of {word} is NaN or infinite on real steps.")
        return None
    return array


def _states(task: Task, state: np.ndarray, next_state: np.ndarray) -> Iterator[str]:
    """Angles and bounds."""
    jumps = np.abs(next_state - state)
    for i, name in enumerate(task.state_names):
        values = np.concatenate([state[:, i], next_state[:, i]])
        if not task.angular[i] and np.abs(jumps[:, i] - 2 * np.pi).min() < 0.5 * np.pi:
            if np.ptp(values) <= 2 * np.pi + 1e-6 and np.median(jumps[:, i]) < np.pi / 2:
                yield f"{name} jumps by 2 pi: mark it in angular, or do not wrap it."
        elif task.angular[i] and np.abs(values).max() > np.pi + 1e-6:
            yield f"{name} is an angle and must be in (-pi, pi], not {values.max():.3g}."
        low, high = task.state_low[i], task.state_high[i]
        if values.min() < low - _CLOSE * max(1, abs(low)) or values.max() > high + _CLOSE * max(
            1, abs(high)
        ):
            yield (
                f"{name} goes from {values.min():.4g} to {values.max():.4g} in the environment, "
                f"beyond its bounds {low:.4g} and {high:.4g}."
            )


def _starts(task: Task) -> Iterator[str]:
    problems: list[str] = []
    generators = [torch.Generator().manual_seed(1) for _ in range(2)]
    shape = 7, task.state_size
    drawn = [
        _call("start_state", lambda _, g=g: task.start_state(7, g), (torch.zeros(1),), shape,
              float, problems)
        for g in generators
    ]  # fmt: skip
    if problems:
        yield problems[0]
    elif not np.array_equal(np.asarray(drawn[0]), np.asarray(drawn[1])):
        yield "start_state draws from elsewhere than its generator."


def _agree(a, b, tolerance: float = _CLOSE) -> bool:
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return bool((np.abs(a - b) <= tolerance * np.maximum(1.0, np.abs(b))).all())


def _short(error: Exception) -> str:
    lines = f"{type(error).__name__}: {error}".split()
    return " ".join(lines)[:200]
