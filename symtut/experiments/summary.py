"""The runs of a sweep summed up: its four files, and a text for people.

``runs.csv``    one row a run
``curves.csv``  mean return of every run on the steps that all seeds of a method share
``table.csv``   one row a task and method, with intervals (``symtut.experiments.statistics``)
``table.json``  where the three come from
"""

import math
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd

from symtut.errors import InputError
from symtut.experiments import statistics as st
from symtut.experiments.tables import (
    CURVES,
    RUN,
    RUNS,
    WHAT,
    Cell,
    Curves,
    by_cell,
    cell_order,
    collect,
    read_curves,
    read_runs,
    runs_frame,
    write_curves,
    write_runs,
)
from symtut.forms import ANYTHING, NAME, list_of, mapping, number, object_of, optional, whole
from symtut.paths import as_path
from symtut.storage import keep_foreign, provenance, read_csv, read_json, write_csv, write_json

TABLE, SOURCES = "table.csv", "table.json"
SOURCES_FORM = object_of(
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
    runs, curves = read_runs(new / RUNS), read_curves(new / CURVES)
    sources = read_sources(new / SOURCES)
    check_tables(stored)
    made = sources["made"]
    if (stored / RUNS).exists():
        both = pd.concat([runs, read_runs(stored / RUNS)]).drop_duplicates(RUN)  # keeps the new
        if len(both) > len(runs):
            earlier = read_sources(stored / SOURCES)["made"]
            made = [sweep for sweep in earlier if sweep not in made] + made
        runs = runs_frame(both.to_dict("records"))
        curves = _joined(runs, curves, read_curves(stored / CURVES))
    _write(stored, runs, curves, sources["reference"], made)


def _joined(runs: pd.DataFrame, new: dict[Cell, Curves], old: dict[Cell, Curves]):
    """The curves of ``runs``: new ones, and old ones of the seeds that are not new."""
    found = {}
    for cell, of_cell in by_cell(runs):
        parts = [part[cell] for part in (old, new) if cell in part]
        if len(of_cell[["env_steps", "threshold"]].drop_duplicates()) > 1 or any(
            not np.array_equal(part.env_steps, parts[0].env_steps) for part in parts
        ):
            raise InputError(
                f"stored and new runs of {'/'.join(cell)} differ in steps, threshold or "
                "evaluations: keep them in different folders."
            )
        rows = {}
        for part in parts:  # the new ones last: they win
            rows |= dict(zip(part.seeds, part.returns, strict=True))
        seeds = tuple(seed for seed in of_cell["seed"] if seed in rows)
        if seeds:
            found[cell] = Curves(seeds, parts[0].env_steps, np.stack([rows[s] for s in seeds]))
    return found


def _write(
    out: Path, runs: pd.DataFrame, curves: dict[Cell, Curves], reference: str, made: list[dict]
) -> str:
    rows = summarise(runs, reference)
    write_runs(out / RUNS, runs)
    write_curves(out / CURVES, curves)
    write_csv(
        out / TABLE, list(TABLE_FORM), [[_cell_text(v) for v in row.values()] for row in rows]
    )
    commits = sorted({commit for commit in runs["commit"] if commit})
    sources = {"runs": len(runs), "commits": commits, "reference": reference, "made": made}
    write_json(out / SOURCES, sources)
    return readable(rows, runs, reference)


def _cell_text(value):
    """NaN is a limit that cannot be given: an empty cell. ``inf`` stays: not reached."""
    return "" if isinstance(value, float) and math.isnan(value) else value


# ---- what they say ------------------------------------------------------------------------------


def summarise(runs: pd.DataFrame, reference: str = "symbolic") -> list[dict]:
    """One row a task and method, with the columns of ``TABLE_FORM``. Compared with ``reference``:

    ``steps_ratio`` is the method's median of steps to the threshold over the reference's;
    ``reference_better`` is the probability that a run of the reference ends with the higher
    return, each method at its own number of real steps.
    """
    cells = dict(by_cell(runs))
    nothing = st.Interval(math.nan, math.nan, math.nan)
    rows = []
    for (task, method), of_cell in cells.items():
        returns, waits = of_cell["final_return"].to_numpy(), _waits(of_cell)
        estimates = {
            "final_return": st.mean_return(returns),
            "steps_to_threshold": st.steps_to_threshold(waits),
            "steps_ratio": nothing,
            "reference_better": nothing,
        }
        base = cells.get((task, reference))
        if base is not None and method != reference:
            best = base["final_return"].to_numpy()
            estimates["steps_ratio"] = st.ratio_of_medians(waits, _waits(base))
            estimates["reference_better"] = st.probability_of_improvement([best], [returns])
        row = {
            "task": task,
            "method": method,
            "runs": len(of_cell),
            "env_steps": int(of_cell["env_steps"].to_numpy().max()),
            "threshold": float(of_cell["threshold"].iloc[0]),
            "reached": len(of_cell["steps_to_threshold"].dropna()),
            "cpu_seconds": float(np.median(of_cell["cpu_seconds"].to_numpy())),
        }
        for name, (value, low, high) in estimates.items():
            row |= {name: value, f"{name}_low": low, f"{name}_high": high}
        rows.append(row)
    return rows


def _waits(runs: pd.DataFrame) -> np.ndarray:
    return st.censored(runs["steps_to_threshold"].to_numpy(), runs["env_steps"].to_numpy())


def readable(rows: list[dict], runs: pd.DataFrame, reference: str = "symbolic") -> str:
    """The tables for people, at most 80 columns wide; in brackets 95 % intervals."""
    parts = []
    for task in dict.fromkeys(row["task"] for row in rows):
        of_task = [row for row in rows if row["task"] == task]
        parts.append(f"{task}, threshold {of_task[0]['threshold']:g}")
        parts.append(_table([
            {
                "method": row["method"],
                "reached": f"{row['reached']}/{row['runs']}",
                "steps": row["env_steps"],
                "final return": _interval(row, "final_return", ".1f"),
                "steps to threshold": _interval(row, "steps_to_threshold", ".0f"),
                "CPU-s": f"{row['cpu_seconds']:.0f}",
            }
            for row in of_task
        ]))  # fmt: skip
        base = next((row for row in of_task if row["method"] == reference), None)
        if base is not None and len(of_task) > 1:
            parts.append(_table([
                {
                    "method": row["method"],
                    f"steps: ratio to {reference}": _ratio(row, base),
                    f"P({reference} better)": _interval(row, "reference_better", ".2f"),
                }
                for row in of_task
                if row is not base
            ]))  # fmt: skip
    parts += _over_tasks(runs, reference)
    ended = runs.loc[runs["diverged"] != 0, RUN].itertuples(index=False)
    if diverged := [f"{task}/{method} seed {seed}" for task, method, seed in ended]:
        said = f"Diverged, so that the last good policy counts: {', '.join(diverged)}."
        parts += [*textwrap.wrap(said, 80, break_on_hyphens=False), ""]
    parts.append(
        "Reached: runs that got to the threshold, of all. Steps: real steps of a run.\n"
        "Final return: interquartile mean over seeds. Steps to threshold: median over\n"
        "seeds (Kaplan-Meier: a run that did not get there needs more than it spent).\n"
        "CPU-s: median. P: probability that a run of the reference ends higher."
    )
    return "\n".join(parts)


def _table(rows: list[dict]) -> str:
    return pd.DataFrame(rows).to_string(index=False) + "\n"


def _interval(row: dict, name: str, form: str) -> str:
    """``200 [180, 230]``; ``> 6000 [4000, …]`` where the median was not reached."""
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    text = f"> {row['env_steps']:{form}}" if math.isinf(value) else f"{value:{form}}"
    return text + _brackets(low, high, form)


def _ratio(row: dict, base: dict) -> str:
    """Where a median was not reached, the bound that is known."""
    value, low, high = (row[f"steps_ratio{end}"] for end in ("", "_low", "_high"))
    if math.isnan(value):
        return "neither got there"
    text = f"{value:.1f}"
    if math.isinf(value):
        text = f"> {row['env_steps'] / base['steps_to_threshold']:.1f}"
    elif value == 0:
        text = f"< {row['steps_to_threshold'] / base['env_steps']:.2f}"
    return text + _brackets(low, high, ".1f")


def _brackets(low: float, high: float, form: str) -> str:
    """The limits of an interval; nothing where there is no lower one."""
    if not math.isfinite(low):
        return ""
    return f" [{low:{form}}, {'…' if math.isinf(high) else format(high, form)}]"


def _over_tasks(runs: pd.DataFrame, reference: str) -> list[str]:
    """Probability of improvement over all tasks that two methods share, if there are several."""
    cells = {cell: rows["final_return"].to_numpy() for cell, rows in by_cell(runs)}
    lines = []
    for method in dict.fromkeys(method for _, method in sorted(cells, key=cell_order)):
        tasks = sorted(t for t, m in cells if m == method and (t, reference) in cells)
        if method == reference or len(tasks) < 2:
            continue
        value, low, high = st.probability_of_improvement(
            [cells[t, reference] for t in tasks], [cells[t, method] for t in tasks]
        )
        lines.append(
            f"P({reference} better than {method}), mean of {len(tasks)} tasks: "
            f"{value:.2f}{_brackets(low, high, '.2f')}"
        )
    return [*lines, ""] if lines else []
