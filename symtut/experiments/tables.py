"""Finished runs and their curves, read from the runs' folders or from the tables of a sweep.

``runs.csv``    one row a run
``curves.csv``  mean return of every run on the steps that all seeds of a method share

What they say in sum is next door, in ``symtut.experiments.summary_tables``.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from symtut.errors import InputError
from symtut.experiments import results
from symtut.experiments.results import Result

RUNS, CURVES = "runs.csv", "curves.csv"
GRID = 100  # points of a curve at most
METHOD_ORDER = ("symbolic", "oracle", "sparse", "mbpo", "dreamer", "sac")
CURVE_COLUMNS = ["task", "method", "seed", "env_steps", "mean_return"]

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
    try:
        values = {f.name: result.summary[f.name] for f in fields(RunRecord) if f.name != "commit"}
        return RunRecord(**values, commit=result.config["provenance"]["commit"])
    except (KeyError, TypeError) as error:
        raise InputError(f"'{result.out}' is not a whole run ({error!r}); run it again.") from error


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
    kinds = {"seed": int, "env_steps": int, "final_return": float, "threshold": float}
    kinds |= {"cpu_seconds": float, "steps_to_threshold": lambda text: int(text) if text else None}
    kinds["commit"] = lambda text: text or None
    names = [f.name for f in fields(RunRecord)]
    rows = _read(path, names)
    try:
        return [RunRecord(**{n: kinds.get(n, str)(row[n]) for n in names}) for row in rows]
    except (TypeError, ValueError) as error:
        raise InputError(f"'{path}' is damaged ({error}); make it again.") from error


def read_curves(path: str | Path) -> dict[Cell, Curves]:
    """The curves of a stored ``curves.csv``, by task and method."""
    found: dict[Cell, dict[int, list]] = {}
    try:
        for row in _read(path, CURVE_COLUMNS):
            seeds = found.setdefault((row["task"], row["method"]), {})
            point = int(row["env_steps"]), float(row["mean_return"])
            seeds.setdefault(int(row["seed"]), []).append(point)
        curves = {}
        for cell, seeds in found.items():
            points = np.array(list(seeds.values()))  # (n, K, 2); ragged ones raise
            curves[cell] = Curves(tuple(seeds), points[0, :, 0].astype(int), points[:, :, 1])
    except (TypeError, ValueError) as error:
        raise InputError(f"'{path}' is damaged ({error}); make it again.") from error
    return curves


def _read(path, names) -> list[dict]:
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != names:
                raise InputError(f"'{path}' is not a table of 'symtut sweep'.")
            return list(reader)
    except OSError as error:
        raise InputError(f"cannot read the table '{path}': {error.strerror or error}.") from error
