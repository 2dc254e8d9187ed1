"""Finished runs and their curves, read from the runs' folders or from the tables of a sweep.

``runs.csv``    one row a run
``curves.csv``  mean return of every run on the steps that all seeds of a method share

:mod:`symtut.experiments.summary` sums them up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from symtut.errors import InputError
from symtut.experiments import results
from symtut.experiments.results import Result
from symtut.forms import NAME, number, optional, whole
from symtut.storage import read_table, write_csv

RUNS, CURVES = "runs.csv", "curves.csv"
CURVE_POINTS = 100  # points of a curve at most
METHOD_ORDER = ("symbolic", "oracle", "sparse", "mbpo", "dreamer", "sac")
RUNS_FORM = {
    "task": NAME,
    "method": NAME,
    "seed": whole(),
    "env_steps": whole(),
    "final_return": number(),
    "threshold": number(),
    "steps_to_threshold": optional(whole()),  # None: not reached within env_steps (censored)
    "cpu_seconds": number(0),
    "commit": optional(NAME),
}
#: It stopped early, and its return is that of the last good policy. A last column, only in tables
#: where a run has diverged.
DIVERGED_FORM = {"diverged": whole(0, 1)}
CURVES_FORM = {
    "task": NAME,
    "method": NAME,
    "seed": whole(),
    "env_steps": whole(),
    "mean_return": number(),
}
WHAT = "a table of 'symtut sweep'"
CELL, RUN = ["task", "method"], ["task", "method", "seed"]

Cell = tuple[str, str]  # task, method


@dataclass(frozen=True)
class Curves:
    """The curves of one method on one task, on common steps."""

    seeds: tuple[int, ...]
    env_steps: np.ndarray  # (K,) rising
    returns: np.ndarray  # (n seeds, K)


def by_cell(table: pd.DataFrame) -> Iterator[tuple[Any, pd.DataFrame]]:
    """The rows of each task and method, cells in order of appearance."""
    return iter(table.groupby(CELL, sort=False))


def cell_order(cell: Cell) -> tuple:
    """Tasks by name, methods in the course's order."""
    task, method = cell
    place = METHOD_ORDER.index(method) if method in METHOD_ORDER else len(METHOD_ORDER)
    return task, place, method


# ---- runs ---------------------------------------------------------------------------------------


def runs_frame(rows: list[dict]) -> pd.DataFrame:
    """A data frame with the columns of ``runs.csv`` and ``diverged``, in the course's order."""
    form = RUNS_FORM | DIVERGED_FORM
    rows = sorted(rows, key=lambda row: (*cell_order((row["task"], row["method"])), row["seed"]))
    frame = pd.DataFrame(rows, columns=list(form), dtype=object)  # 1, None: no guess of a type
    return frame.astype({name: column.dtype for name, column in form.items()})


def read_runs(path: str | Path) -> pd.DataFrame:
    """A stored ``runs.csv``, one row a run; ``steps_to_threshold`` is None where not reached."""
    frame = read_table(path, RUNS_FORM, WHAT, DIVERGED_FORM)
    return frame if "diverged" in frame else frame.assign(diverged=0)


def write_runs(path: str | Path, runs: pd.DataFrame) -> None:
    """Write ``runs.csv``."""
    form = RUNS_FORM | (DIVERGED_FORM if runs["diverged"].to_numpy().any() else {})
    write_csv(path, list(form), runs.to_dict("records"))


def collect(out: str | Path) -> tuple[pd.DataFrame, dict[Cell, Curves]]:
    """Every finished run under ``out/task/method/seed_S``, and the curves of each cell.

    Raises
    ------
    InputError
        If there is no finished run, a file is damaged, or two seeds of one task and method were
        run with different configurations: they cannot share a row.
    """
    rows, configs = [], {}
    found: dict[Cell, dict[int, list[dict]]] = {}
    for summary in sorted(Path(out).glob(f"*/*/seed_*/{results.SUMMARY}")):
        result = Result.load(summary.parent)
        commit = result.config["provenance"]["commit"]
        row: dict[str, Any] = {"diverged": False} | result.summary | {"commit": commit}
        cell = row["task"], row["method"]
        config = {k: v for k, v in result.config["run"].items() if k != "seed"}
        first = configs.setdefault(cell, (config, result.out))
        if first[0] != config:
            raise InputError(
                f"'{first[1]}' and '{result.out}' were run with different configurations: "
                "move one of them to another sweep folder."
            )
        rows.append(row)
        found.setdefault(cell, {})[row["seed"]] = result.curve
    if not rows:
        raise InputError(f"there is no finished run under '{out}'.")
    curves = {cell: on_common_steps(found[cell]) for cell in sorted(found, key=cell_order)}
    return runs_frame(rows), {cell: one for cell, one in curves.items() if one is not None}


# ---- curves -------------------------------------------------------------------------------------


def on_common_steps(curves: dict[int, list[dict]], points: int = CURVE_POINTS) -> Curves | None:
    """Curves of several seeds at the real steps where any of them was evaluated.

    A run's value at a step is its last evaluation up to there: the policy one would have had. No
    curve is prolonged: steps at which some seed has not begun or has already ended are left out.
    None if no step is left.
    """
    columns = {
        seed: pd.DataFrame(curve).groupby("env_steps")["mean_return"].last()
        for seed, curve in sorted(curves.items())
    }
    end = min(column.index[-1] for column in columns.values())
    table = pd.concat(columns, axis=1).sort_index().ffill().loc[:end].dropna()
    if len(table) > points:
        table = table.iloc[np.unique(np.linspace(0, len(table) - 1, points).round().astype(int))]
    if table.empty:
        return None
    return Curves(tuple(columns), table.index.to_numpy(), table.to_numpy().T)


def read_curves(path: str | Path) -> dict[Cell, Curves]:
    """The curves of a stored ``curves.csv``, by task and method."""
    found = {}
    for cell, rows in by_cell(read_table(path, CURVES_FORM, WHAT)):
        by_seed: dict[Any, pd.DataFrame] = {
            seed: one for seed, one in rows.groupby("seed", sort=False)
        }
        steps, *others = (one["env_steps"].to_numpy() for one in by_seed.values())
        if (np.diff(steps) <= 0).any() or any(not np.array_equal(o, steps) for o in others):
            raise InputError(
                f"'{path}' is not {WHAT}: the curves of {'/'.join(cell)} do not share their rising "
                "steps. Make it again."
            )
        returns = np.array([one["mean_return"] for one in by_seed.values()])
        found[cell] = Curves(tuple(by_seed), steps, returns)
    return found


def write_curves(path: str | Path, curves: dict[Cell, Curves]) -> None:
    """Write ``curves.csv``."""
    rows = [
        [*cell, seed, int(steps), float(value)]
        for cell, one in curves.items()
        for seed, returns in zip(one.seeds, one.returns, strict=True)
        for steps, value in zip(one.env_steps, returns, strict=True)
    ]
    write_csv(path, list(CURVES_FORM), rows)
