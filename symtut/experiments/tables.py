"""The tables of a sweep: every run, every curve, and what they say in sum.

``runs.csv``    one row a run
``curves.csv``  mean return of every run on the steps that all seeds of a method share
``table.csv``   one row a task and method, with intervals (``symtut.experiments.statistics``)
``table.json``  where the three come from
"""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from symtut.errors import InputError
from symtut.experiments import results
from symtut.experiments import statistics as st
from symtut.experiments.results import Result
from symtut.storage import provenance, write_csv, write_json

RUNS, CURVES, TABLE, SOURCES = "runs.csv", "curves.csv", "table.csv", "table.json"
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


# ---- files --------------------------------------------------------------------------------------


def write_tables(out: str | Path, reference: str = "symbolic") -> str:
    """Write the three tables of the sweep in ``out``; returns the readable one."""
    out = Path(out)
    records, curves = collect(out)
    rows = summarise(records, reference)
    names = [f.name for f in fields(RunRecord)]
    write_csv(out / RUNS, names, [[getattr(r, name) for name in names] for r in records])
    write_csv(
        out / CURVES,
        CURVE_COLUMNS,
        [
            [*cell, seed, int(steps), float(value)]
            for cell, c in curves.items()
            for seed, returns in zip(c.seeds, c.returns, strict=True)
            for steps, value in zip(c.env_steps, returns, strict=True)
        ],
    )
    write_csv(out / TABLE, list(rows[0]), [[_cell_text(v) for v in row.values()] for row in rows])
    commits = sorted({r.commit for r in records if r.commit})
    write_json(
        out / SOURCES,
        {"runs": len(records), "commits": commits, "reference": reference, "made": provenance()},
    )
    return readable(rows, records, reference)


def _cell_text(value):
    """NaN is a limit that cannot be given: an empty cell. ``inf`` stays: not reached."""
    return "" if isinstance(value, float) and math.isnan(value) else value


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


# ---- what they say ------------------------------------------------------------------------------


def summarise(records: list[RunRecord], reference: str = "symbolic") -> list[dict]:
    """One row a task and method: see the columns below. Comparisons are with ``reference``.

    ``steps_ratio`` is the method's median of steps to the threshold over the reference's;
    ``reference_better`` is the probability that a run of the reference ends with the higher
    return, each method at its own number of real steps.
    """
    cells: dict[Cell, list[RunRecord]] = {}
    for record in records:
        cells.setdefault((record.task, record.method), []).append(record)
    rows = []
    for (task, method), runs in cells.items():
        base = cells.get((task, reference)) if method != reference else None
        nothing = st.Interval(math.nan, math.nan, math.nan)
        returns, waits = _returns(runs), _waits(runs)
        estimates = {
            "final_return": st.mean_return(returns),
            "steps_to_threshold": st.steps_to_threshold(waits),
            "steps_ratio": st.ratio_of_medians(waits, _waits(base)) if base else nothing,
            "reference_better": st.probability_of_improvement([_returns(base)], [returns])
            if base
            else nothing,
        }
        row = {
            "task": task,
            "method": method,
            "runs": len(runs),
            "env_steps": max(r.env_steps for r in runs),
            "threshold": runs[0].threshold,
            "reached": sum(r.steps_to_threshold is not None for r in runs),
            "cpu_seconds": float(np.median([r.cpu_seconds for r in runs])),
        }
        for name, (value, low, high) in estimates.items():
            row |= {name: value, f"{name}_low": low, f"{name}_high": high}
        rows.append(row)
    return rows


def _returns(runs) -> np.ndarray:
    return np.array([r.final_return for r in runs])


def _waits(runs) -> np.ndarray:
    return st.censored([r.steps_to_threshold for r in runs], [r.env_steps for r in runs])


def readable(rows: list[dict], records: list[RunRecord], reference: str = "symbolic") -> str:
    """The table for people; in brackets 95 % intervals."""
    lines = []
    for task in dict.fromkeys(row["task"] for row in rows):
        of_task = [row for row in rows if row["task"] == task]
        base = next((row for row in of_task if row["method"] == reference), None)
        compared = f"{f'ratio to {reference}':>26}{f'P({reference} better)':>24}" if base else ""
        lines += [
            f"{task}, threshold {of_task[0]['threshold']:g}",
            f"  {'method':<10}{'runs':>5}{'real steps':>12}{'final return':>28}{'reached':>9}"
            f"{'steps to threshold':>24}{'CPU-s':>8}{compared}",
        ]
        for row in of_task:
            compared = f"{_ratio(row, base):>26}{_interval(row, 'reference_better', '.2f'):>24}"
            line = (
                f"  {row['method']:<10}{row['runs']:>5}{row['env_steps']:>12}"
                f"{_interval(row, 'final_return', '.1f'):>28}"
                f"{row['reached']:>6}/{row['runs']:<2}"
                f"{_interval(row, 'steps_to_threshold', '.0f', more=row['env_steps']):>24}"
                f"{row['cpu_seconds']:>8.0f}{compared}"
            )
            lines.append(line.rstrip())
        lines.append("")
    over_tasks = _over_tasks(records, reference)
    notes = [
        "Final return: interquartile mean over seeds. Steps to threshold: median over seeds",
        "(Kaplan-Meier; who did not get there counts as 'more than was spent'). CPU-s: median.",
    ]
    return "\n".join([*lines, *over_tasks, *notes])


def _interval(row: dict, name: str, form: str, more: float | None = None) -> str:
    """``200 [180, 230]``; ``> 6000 [4000, …]`` where the median was not reached."""
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if math.isnan(value):
        return ""
    text = f"> {more:{form}}" if math.isinf(value) else f"{value:{form}}"
    if math.isnan(low) or math.isinf(low):
        return text
    return f"{text} [{low:{form}}, {'…' if math.isinf(high) else format(high, form)}]"


def _ratio(row: dict, base: dict | None) -> str:
    """Where a median was not reached, the bound that is known."""
    value, low, high = (row[f"steps_ratio{end}"] for end in ("", "_low", "_high"))
    if base is None or base is row:
        return ""
    if math.isnan(value):
        return "neither got there"
    text = f"{value:.1f}"
    if math.isinf(value):
        text = f"> {row['env_steps'] / base['steps_to_threshold']:.1f}"
    elif value == 0:
        text = f"< {row['steps_to_threshold'] / base['env_steps']:.2f}"
    if math.isnan(low):
        return text
    return f"{text} [{low:.1f}, {'…' if math.isinf(high) else format(high, '.1f')}]"


def _over_tasks(records: list[RunRecord], reference: str) -> list[str]:
    """Probability of improvement over all tasks that two methods share, if there are several."""
    cells: dict[Cell, list[float]] = {}
    for r in records:
        cells.setdefault((r.task, r.method), []).append(r.final_return)
    lines = []
    for method in dict.fromkeys(method for _, method in sorted(cells, key=cell_order)):
        tasks = [t for t, m in cells if m == method and (t, reference) in cells]
        if method == reference or len(tasks) < 2:
            continue
        value, low, high = st.probability_of_improvement(
            [np.array(cells[t, reference]) for t in tasks],
            [np.array(cells[t, method]) for t in tasks],
        )
        limits = "" if math.isnan(low) else f" [{low:.2f}, {high:.2f}]"
        lines.append(
            f"P({reference} better than {method}), mean of {len(tasks)} tasks: {value:.2f}{limits}"
        )
    return [*lines, ""] if lines else []
