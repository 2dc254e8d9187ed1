"""Finished runs and their curves, read from the runs' folders or from the tables of a sweep.

``runs.csv``    one row a run
``curves.csv``  mean return of every run on the steps that all seeds of a method share

What they say in sum is next door, in ``symtut.experiments.summary``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from symtut.errors import InputError
from symtut.experiments import results
from symtut.experiments.results import Result
from symtut.forms import NAME, number, optional, whole
from symtut.storage import read_csv, write_csv

RUNS, CURVES = "runs.csv", "curves.csv"
GRID = 100  # points of a curve at most
METHOD_ORDER = ("symbolic", "oracle", "sparse", "mbpo", "dreamer", "sac")
RUNS_FORM = {
    "task": NAME,
    "method": NAME,
    "seed": whole(),
    "env_steps": whole(),
    "final_return": number(),
    "threshold": number(),
    "steps_to_threshold": optional(whole()),
    "cpu_seconds": number(0),
    "commit": optional(NAME),
}
DIVERGED_FORM = {"diverged": whole(0, 1)}  # a last column, only where a run has diverged
CURVES_FORM = {
    "task": NAME,
    "method": NAME,
    "seed": whole(),
    "env_steps": whole(),
    "mean_return": number(),
}
WHAT = "a table of 'symtut sweep'"

Cell = tuple[str, str]  # task, method


@dataclass(frozen=True)
class RunRecord:
    """One finished run; a row of ``runs.csv``."""

    task: str
    method: str
    seed: int
    env_steps: int
    final_return: float
    threshold: float
    steps_to_threshold: int | None  # None: not reached within env_steps (censored)
    cpu_seconds: float
    commit: str | None
    diverged: bool = False  # it stopped early, and its return is that of the last good policy


@dataclass(frozen=True)
class Curves:
    """The curves of one method on one task, on common steps."""

    seeds: tuple[int, ...]
    env_steps: np.ndarray  # (K,) rising
    returns: np.ndarray  # (n seeds, K)


# ---- from run folders ---------------------------------------------------------------------------


def collect(out: str | Path) -> tuple[list[RunRecord], dict[Cell, Curves]]:
    """Every finished run under ``out/task/method/seed_S``, and the curves of each cell.

    Raises
    ------
    InputError
        If there is no finished run, a file is damaged, or two seeds of one task and method were
        run with different configurations: they cannot share a row.
    """
    records, raw, configs = [], {}, {}
    for summary in sorted(Path(out).glob(f"*/*/seed_*/{results.SUMMARY}")):
        result = Result.load(summary.parent)
        record = _record(result)
        cell = record.task, record.method
        config = {k: v for k, v in result.config["run"].items() if k != "seed"}
        first = configs.setdefault(cell, (config, result.out))
        if first[0] != config:
            raise InputError(
                f"'{first[1]}' and '{result.out}' were run with different configurations: "
                "move one of them to another sweep folder."
            )
        records.append(record)
        raw.setdefault(cell, []).append((record.seed, result.curve))
    if not records:
        raise InputError(f"there is no finished run under '{out}'.")
    records.sort(key=lambda r: (*cell_order((r.task, r.method)), r.seed))
    cells = sorted(raw, key=cell_order)
    curves = {cell: found for cell in cells if (found := on_common_steps(raw[cell])) is not None}
    return records, curves


def _record(result: Result) -> RunRecord:
    values = (
        {"diverged": False} | result.summary | {"commit": result.config["provenance"]["commit"]}
    )
    return RunRecord(**{f.name: values[f.name] for f in fields(RunRecord)})


def cell_order(cell: Cell) -> tuple:
    """Tasks by name, methods in the course's order."""
    task, method = cell
    place = METHOD_ORDER.index(method) if method in METHOD_ORDER else len(METHOD_ORDER)
    return task, place, method


def on_common_steps(runs: Iterable[tuple[int, list[dict]]], points: int = GRID) -> Curves | None:
    """Curves of several seeds at the real steps where any of them was evaluated.

    A run's value at a step is its last evaluation up to there: the policy one would have had. No
    curve is prolonged: steps at which some seed has not begun or has already ended are left out.
    None if no step is left.
    """
    runs = sorted(runs, key=lambda run: run[0])
    steps = [np.array([row["env_steps"] for row in curve]) for _, curve in runs]
    values = [np.array([row["mean_return"] for row in curve]) for _, curve in runs]
    if not all(map(len, steps)):
        return None
    grid = np.unique(np.concatenate(steps))
    grid = grid[(grid >= max(s[0] for s in steps)) & (grid <= min(s[-1] for s in steps))]
    if not len(grid):
        return None
    if len(grid) > points:
        grid = grid[np.unique(np.linspace(0, len(grid) - 1, points).round().astype(int))]
    at = [np.searchsorted(s, grid, side="right") - 1 for s in steps]
    returns = np.stack([v[i] for v, i in zip(values, at, strict=True)])
    return Curves(tuple(seed for seed, _ in runs), grid, returns)


# ---- from tables -------------------------------------------------------------------------------


def read_runs(path: str | Path) -> list[RunRecord]:
    """The rows of a stored ``runs.csv``."""
    try:
        rows = read_csv(path, RUNS_FORM | DIVERGED_FORM, WHAT)
    except InputError:
        rows = read_csv(path, RUNS_FORM, WHAT)
    return [RunRecord(**row | {"diverged": bool(row.get("diverged"))}) for row in rows]


def write_runs(path: str | Path, records: list[RunRecord]) -> None:
    """Write ``runs.csv``."""
    form = RUNS_FORM | (DIVERGED_FORM if any(r.diverged for r in records) else {})
    rows = [[getattr(r, name) for name in form] for r in records]
    write_csv(path, list(form), [[int(v) if isinstance(v, bool) else v for v in r] for r in rows])


def read_curves(path: str | Path) -> dict[Cell, Curves]:
    """The curves of a stored ``curves.csv``, by task and method."""
    found: dict[Cell, dict[int, list]] = {}
    for row in read_csv(path, CURVES_FORM, WHAT):
        seeds = found.setdefault((row["task"], row["method"]), {})
        seeds.setdefault(row["seed"], []).append((row["env_steps"], row["mean_return"]))
    curves = {}
    for cell, seeds in found.items():
        steps = [[at for at, _ in points] for points in seeds.values()]
        if any(other != steps[0] for other in steps) or sorted(set(steps[0])) != steps[0]:
            raise InputError(
                f"'{path}' is not {WHAT}: the curves of {'/'.join(cell)} do not share their rising "
                "steps. Make it again."
            )
        returns = np.array([[value for _, value in points] for points in seeds.values()])
        curves[cell] = Curves(tuple(seeds), np.array(steps[0]), returns)
    return curves
