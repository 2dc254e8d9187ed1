"""What notebook 12 breaks: noisy readings, a changed world, fits, and stored studies."""

import warnings
from collections.abc import Sequence

import numpy as np

from symtut import SymbolicRegressor
from symtut.expressions import Expression, Grammar, terms_of
from symtut.lab import loop_ablations
from symtut.paths import data_path
from symtut.regression.problems.holdout import skeleton_key
from symtut.regression.search.library import library
from symtut.storage import read_json
from symtut.tasks.base import Task
from symtut.tasks.transitions import Transitions
from symtut.world_models.validation import spread


def true_increments(task: Task) -> list[Expression]:
    """The true increments of a task, in the order of its states."""
    names = (*task.state_names, *task.action_names)
    return [Expression.from_text(text, names) for text in task.true_equations or ()]


def find(
    x: np.ndarray, y: np.ndarray, names: Sequence[str] | None, seed: int,
    method: str = "transformer+sparse", **options,
) -> SymbolicRegressor:  # fmt: skip
    """A regressor fitted to x (N, d), y (N,): two rounds of 128 candidates, no time limit."""
    settings = {"n_candidates": 128, "rounds": 2, "max_time": None, "random_state": seed}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reg = SymbolicRegressor(method=method, feature_names=names, **settings | options)
        return reg.fit(x, y)


def same_form(model: SymbolicRegressor, truth: Expression) -> bool:
    """Whether a model has the terms of the truth and no others, whatever their constants."""
    found = model.expression().prefix
    return skeleton_key(terms_of(found)) == skeleton_key(terms_of(truth.prefix))


def noisy(
    task: Task, transitions: Transitions, level: float, seed: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (N, S + A) and increments (N, S) as noisy sensors would show them.

    ``level`` is in units of each coordinate's spread; state and next state are disturbed alike.
    Transitions that a bound has cut are left out.
    """
    inside = task.uncut(transitions.state, transitions.next_state)
    generator = np.random.default_rng(seed)
    sizes = level * spread(task, transitions.state)
    before, after = (
        states[inside] + sizes * generator.standard_normal(states[inside].shape)
        for states in (transitions.state, transitions.next_state)
    )
    return np.column_stack([before, transitions.action[inside]]), task.difference(after, before)


def drive(
    task: Task, factors: np.ndarray, seed: int, bound: float = np.inf
) -> tuple[np.ndarray, np.ndarray]:
    """States (N, 2) and torques (N, 1) of a pendulum under random torques and a changing gravity.

    Parameters
    ----------
    factors : (N,) float
        Of gravity, at each step.
    bound : float
        The speed at which the pendulum is stopped, in rad/s.
    """
    generator = np.random.default_rng(seed)
    state, states = np.array([np.pi, 0.0]), []
    torques = np.repeat(generator.uniform(-2, 2, -(-len(factors) // 10)), 10)[: len(factors), None]
    for factor, torque in zip(factors, torques, strict=True):
        states.append(state)
        speed = state[1] + 0.75 * factor * np.sin(state[0]) + 0.15 * torque[0]
        speed = np.clip(speed, -bound, bound)
        state = np.array([(state[0] + 0.05 * speed + np.pi) % (2 * np.pi) - np.pi, speed])
    return np.array([*states, state]), torques


def chance_of_pair(wanted: Sequence, variables: int, draws: int, seed: int) -> tuple[float, int]:
    """Share of the prior's draws with all ``wanted`` terms, and the size of the library."""
    drawn = Grammar().sample(draws, variables, np.random.default_rng([seed, variables]))
    share = float(np.mean([set(wanted) <= set(terms) for terms in drawn]))
    return share, len(library(variables))


def study(name: str) -> tuple[list[dict], str]:
    """Runs of a stored study of the loop, such as "rollouts", and what made them."""
    rows = loop_ablations.read_study(data_path(f"results/loop/{name}.csv"))
    made = read_json(data_path(f"results/loop/{name}.json"))["provenance"]
    return rows, f"{name}: {len(rows)} runs, commit {made['commit'][:7]}, {made['date'][:10]}"


def medians(rows: list[dict]) -> str:
    """Median final returns of the study of rollouts: a line for each start, a column a length."""
    lengths = list(dict.fromkeys(row["rollout length"] for row in rows))
    lines = ["median final return" + "".join(f"{length:>11}" for length in lengths)]
    for steps in (20, 50, 200, 1000):
        for start in ("recent", "all", "model"):
            cells = [median(rows, real_steps=steps, start_states=start, rollout_length=length)
                     for length in lengths]  # fmt: skip
            head = f"{steps:>5} steps, {start:<7}"
            lines.append(head + "".join(f"{cell:>11.0f}" for cell in cells))
    return "\n".join(lines)


def median(rows: list[dict], **wanted) -> float:
    """Median final return of the runs with these factors; nan without any."""
    named = {name.replace("_", " "): value for name, value in wanted.items()}
    found = [row["final_return"] for row in rows if named.items() <= row.items()]
    return float(np.median(found or [np.nan]))
