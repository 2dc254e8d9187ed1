"""What the runs of a sweep say in sum: its four files, and a text for people.

``runs.csv``    one row a run
``curves.csv``  mean return of every run on the steps that all seeds of a method share
``table.csv``   one row a task and method, with intervals (``symtut.experiments.statistics``)
``table.json``  where the three come from
"""

import math
import textwrap
from pathlib import Path

import numpy as np

from symtut.errors import InputError
from symtut.experiments import statistics as st
from symtut.experiments.tables import (
    CURVES,
    CURVES_FORM,
    RUNS,
    WHAT,
    Cell,
    Curves,
    RunRecord,
    cell_order,
    collect,
    read_curves,
    read_runs,
    write_runs,
)
from symtut.forms import ANYTHING, NAME, list_of, mapping, number, optional, record, whole
from symtut.paths import as_path
from symtut.storage import keep_foreign, provenance, read_csv, read_json, write_csv, write_json

TABLE, SOURCES = "table.csv", "table.json"
SOURCES_FORM = record(
    {"reference": NAME, "made": list_of(mapping(ANYTHING))},
    {"runs": whole(1), "commits": list_of(NAME)},
    what="the sources of tables of 'symtut sweep'",
)
ESTIMATES = ("final_return", "steps_to_threshold", "steps_ratio", "reference_better")
TABLE_FORM = {
    "task": NAME, "method": NAME, "runs": whole(1), "env_steps": whole(), "threshold": number(),
    "reached": whole(), "cpu_seconds": number(0),
} | {
    f"{name}{end}": optional(number(finite=False))
    for name in ESTIMATES
    for end in ("", "_low", "_high")
}  # fmt: skip


def write_tables(out: str | Path, reference: str = "symbolic") -> str:
    """Write the tables of the sweep in ``out``; returns the readable one."""
    out = as_path(out)
    check_tables(out)
    records, curves = collect(out)
    return _write(out, records, curves, reference, [provenance()])


def check_tables(out: Path) -> None:
    """Refuse to replace files of the tables' names in ``out`` that are not such tables."""
    keep_foreign(out / RUNS, read_runs)
    keep_foreign(out / CURVES, read_curves)
    keep_foreign(out / TABLE, lambda path: read_csv(path, TABLE_FORM, WHAT))
    keep_foreign(out / SOURCES, read_sources)


def read_sources(path: Path) -> dict:
    """The content of a stored ``table.json``."""
    return read_json(path, SOURCES_FORM)


def add_tables(new: str | Path, stored: str | Path) -> None:
    """Lay the tables of the sweep in ``new`` over those in ``stored``, if any, and sum up anew.

    A run of the sweep replaces the stored one of the same task, method and seed; the other stored
    runs stay. Whether those had the same settings is not in the tables: ``commit`` says where they
    come from, and ``made`` in ``table.json`` lists the sweeps.

    Raises
    ------
    InputError
        If stored and new runs of one method differ in their real steps, threshold or evaluations.
    """
    new, stored = Path(new), Path(stored)
    records, curves = read_runs(new / RUNS), read_curves(new / CURVES)
    sources = read_sources(new / SOURCES)
    check_tables(stored)
    made = sources["made"]
    if (stored / RUNS).exists():
        known = {(r.task, r.method, r.seed) for r in records}
        kept = [r for r in read_runs(stored / RUNS) if (r.task, r.method, r.seed) not in known]
        if kept:
            earlier = read_sources(stored / SOURCES)["made"]
            made = [sweep for sweep in earlier if sweep not in made] + made
        records = sorted(records + kept, key=lambda r: (*cell_order((r.task, r.method)), r.seed))
        curves = _joined(records, curves, read_curves(stored / CURVES))
    _write(stored, records, curves, sources["reference"], made)


def _joined(records, new: dict[Cell, Curves], old: dict[Cell, Curves]) -> dict[Cell, Curves]:
    """The curves of ``records``: new ones, and old ones of the seeds that are not new."""
    cells: dict[Cell, list[RunRecord]] = {}
    for run in records:
        cells.setdefault((run.task, run.method), []).append(run)
    found = {}
    for cell, runs in cells.items():
        parts = [part for part in (new.get(cell), old.get(cell)) if part is not None]
        if len({(r.env_steps, r.threshold) for r in runs}) > 1 or any(
            not np.array_equal(part.env_steps, parts[0].env_steps) for part in parts
        ):
            raise InputError(
                f"stored and new runs of {'/'.join(cell)} differ in steps, threshold or "
                "evaluations: keep them in different folders."
            )
        rows = {}
        for part in reversed(parts):  # new ones last: they win
            rows |= dict(zip(part.seeds, part.returns, strict=True))
        seeds = tuple(r.seed for r in runs if r.seed in rows)
        if seeds:
            found[cell] = Curves(seeds, parts[0].env_steps, np.stack([rows[s] for s in seeds]))
    return found


def _write(
    out: Path,
    records: list[RunRecord],
    curves: dict[Cell, Curves],
    reference: str,
    made: list[dict],
) -> str:
    rows = summarise(records, reference)
    write_runs(out / RUNS, records)
    write_csv(
        out / CURVES,
        list(CURVES_FORM),
        [
            [*cell, seed, int(steps), float(value)]
            for cell, c in curves.items()
            for seed, returns in zip(c.seeds, c.returns, strict=True)
            for steps, value in zip(c.env_steps, returns, strict=True)
        ],
    )
    write_csv(
        out / TABLE, list(TABLE_FORM), [[_cell_text(v) for v in row.values()] for row in rows]
    )
    commits = sorted({r.commit for r in records if r.commit})
    sources = {"runs": len(records), "commits": commits, "reference": reference, "made": made}
    write_json(out / SOURCES, sources)
    return readable(rows, records, reference)


def _cell_text(value):
    """NaN is a limit that cannot be given: an empty cell. ``inf`` stays: not reached."""
    return "" if isinstance(value, float) and math.isnan(value) else value


# ---- what they say ------------------------------------------------------------------------------


def summarise(records: list[RunRecord], reference: str = "symbolic") -> list[dict]:
    """One row a task and method: see the columns below. Comparisons are with ``reference``.

    ``steps_ratio`` is the method's median of steps to the threshold over the reference's;
    ``reference_better`` is the probability that a run of the reference ends with the higher
    return, each method at its own number of real steps.
    """
    cells: dict[Cell, list[RunRecord]] = {}
    for run in records:
        cells.setdefault((run.task, run.method), []).append(run)
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
    """The tables for people, in 80 columns; in brackets 95 % intervals."""
    lines = []
    for task in dict.fromkeys(row["task"] for row in rows):
        of_task = [row for row in rows if row["task"] == task]
        base = next((row for row in of_task if row["method"] == reference), None)
        lines += [
            f"{task}, threshold {of_task[0]['threshold']:g}",
            f"  {'method':<9}{'reached':>7}{'steps':>7}{'final return':>27}"
            f"{'steps to threshold':>21}{'CPU-s':>7}",
        ]
        lines += [
            f"  {row['method']:<9}{row['reached']:>4}/{row['runs']:<2}{row['env_steps']:>7}"
            f"{_interval(row, 'final_return', '.1f'):>27}"
            f"{_interval(row, 'steps_to_threshold', '.0f', more=row['env_steps']):>21}"
            f"{row['cpu_seconds']:>7.0f}"
            for row in of_task
        ]
        if base is not None and len(of_task) > 1:
            lines.append(f"  {'':<9}{f'ratio to {reference}':>34}{f'P({reference} better)':>28}")
            lines += [
                f"  {row['method']:<9}{_ratio(row, base):>34}"
                f"{_interval(row, 'reference_better', '.2f'):>28}".rstrip()
                for row in of_task
                if row is not base
            ]
        lines.append("")
    over_tasks = _over_tasks(records, reference)
    if diverged := [f"{r.task}/{r.method} seed {r.seed}" for r in records if r.diverged]:
        said = f"Diverged, so that the last good policy counts: {', '.join(diverged)}."
        over_tasks += [*textwrap.wrap(said, 80, break_on_hyphens=False), ""]
    notes = [
        "Reached: runs that got to the threshold, of all. Steps: real steps of a run.",
        "Final return: interquartile mean over seeds. Steps to threshold: median over",
        "seeds (Kaplan-Meier: a run that did not get there needs more than it spent).",
        "CPU-s: median. P: probability that a run of the reference ends higher.",
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
