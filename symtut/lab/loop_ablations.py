"""Tables of ``benchmarks/loop_ablation.py``: which choices of the loop matter, read and drawn.

A table has one row a run: first the factors of the study (``rollout length``, ``start states``, …),
then what came of it (``RESULTS``). Without a factor ``task`` all runs are of the pendulum.
"""

import csv
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from symtut.errors import InputError
from symtut.lab.style import OKABE_ITO
from symtut.tasks import make_task

RESULTS = (
    "seed", "final_return", "steps_to_threshold", "imagined_length", "one_step_error",
    "cpu_seconds",
)  # fmt: skip
_WHOLE = ("seed", "steps_to_threshold", "imagined_length", "real steps")
_REAL = ("final_return", "one_step_error", "cpu_seconds")


def read_study(path: str | Path) -> list[dict]:
    """One dict a run; what is missing is None, lengths of rollouts and such are text.

    Raises
    ------
    InputError
        If there is no such file, it is another table, or it has no runs.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = [name for name in RESULTS if name not in (reader.fieldnames or ())]
            rows = [] if missing else [_numbers(row) for row in reader]
    except OSError as error:
        raise InputError(f"cannot read the table '{path}': {error.strerror or error}.") from error
    if missing:
        raise InputError(
            f"'{path}' is not a table of benchmarks/loop_ablation.py: it has no column "
            f"'{missing[0]}'."
        )
    if not rows:
        raise InputError(f"'{path}' has no runs.")
    return rows


def _numbers(row: dict) -> dict:
    kinds = dict.fromkeys(_WHOLE, int) | dict.fromkeys(_REAL, float)
    return {name: None if text == "" else kinds.get(name, str)(text) for name, text in row.items()}


def factors(rows: list[dict]) -> list[str]:
    """What was varied, in order."""
    return [name for name in rows[0] if name not in RESULTS]


def arms(rows: list[dict]) -> dict[tuple, list[dict]]:
    """The runs of each arm, by the values of its factors, in the order of the table."""
    found: dict[tuple, list[dict]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in factors(rows)), []).append(row)
    return found


def threshold(row: dict) -> float:
    """Mean return at which the task of a run counts as solved."""
    found = make_task(row.get("task", "pendulum")).solved_return
    assert found is not None, "the course's tasks have one"
    return found


def summary(rows: list[dict]) -> str:
    """Median final return and how many reached the threshold, a line for each arm."""
    lines = []
    for key, runs in arms(rows).items():
        label = ", ".join(f"{name} {value}" for name, value in zip(factors(rows), key, strict=True))
        median = np.median([run["final_return"] for run in runs])
        reached = sum(run["steps_to_threshold"] is not None for run in runs)
        cpu = np.mean([run["cpu_seconds"] for run in runs])
        lines.append(f"{label}: median {median:.1f}, {reached} of {len(runs)}, {cpu:.0f} CPU-s")
    return "\n".join(lines)


def final_returns(rows: list[dict], panels_per_row: int = 4) -> Figure:
    """Final real returns: a dot a run, a bar the median of an arm, dotted the threshold.

    The first factor is a panel, the second the horizontal axis, the third, if any, a colour.
    """
    names, runs_of = factors(rows), arms(rows)
    panels = list(dict.fromkeys(row[names[0]] for row in rows))
    colours = list(dict.fromkeys(row[names[2]] for row in rows)) if names[2:] else [None]
    across = min(panels_per_row, len(panels))
    down = -(-len(panels) // across)
    figure, axes = plt.subplots(
        down, across, figsize=(max(4.2, 12.5 / across) * across, 3.6 * down), squeeze=False
    )
    for ax, panel in zip(axes.flat, panels, strict=False):
        here = [row for row in rows if row[names[0]] == panel]
        places = list(dict.fromkeys(row[names[1]] for row in here))
        for i, place in enumerate(places):
            for k, colour in enumerate(colours):
                key = (panel, place) if colour is None else (panel, place, colour)
                values = [run["final_return"] for run in runs_of.get(key, [])]
                if not values:
                    continue
                x = i + 0.18 * (k - (len(colours) - 1) / 2)
                ax.plot([x] * len(values), values, ".", color=OKABE_ITO[k], alpha=0.6)
                ax.plot([x - 0.08, x + 0.08], [np.median(values)] * 2, color=OKABE_ITO[k])
        ax.set_xticks(range(len(places)), [str(place) for place in places])
        ax.set(xlabel=names[1], title=f"{names[0]}: {panel}")
        ax.axhline(threshold(here[0]), color="#888888", linewidth=1, linestyle=":")
    for ax in axes.flat[len(panels) :]:
        ax.remove()
    for ax in axes[:, 0]:
        ax.set_ylabel("final real return")
    if names[2:]:
        lines = [Line2D([], [], color=OKABE_ITO[k]) for k in range(len(colours))]
        axes[0, 0].legend(lines, [str(c) for c in colours], title=names[2], fontsize=8.5)
    return figure
