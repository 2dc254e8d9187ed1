"""The comparison of README: take in the tables of sweeps, draw the figure, print the table.

    python benchmarks/comparison.py --runs runs --out data/results/comparison

``--runs`` holds one folder for each sweep, named after its task (``pendulum``) or its task and what
is special about it (``pendulum_50`` for 50 real steps); README lists the commands. The runs stay
where they are; their rows replace those that ``--out`` holds of the same task, method and seed, so
that a method or some more seeds can be run alone. Without ``--runs`` figure and table are made anew
from what ``--out`` holds.
"""

import argparse
import csv
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from benchmarks.comparison_sweeps import SWEEPS, Sweep
from symtut.experiments.summary import TABLE, add_tables
from symtut.experiments.tables import CURVES, RUNS, read_curves, read_runs
from symtut.lab.curves import sample_efficiency, steps_to_threshold
from symtut.lab.style import use_style
from symtut.paths import ensure_folder

TASKS = ("pendulum", "car2d", "reacher")


def figure(out: Path) -> None:
    """Above the curves, below the real steps to the threshold; one column a task."""
    tasks = [task for task in TASKS if (out / task / RUNS).exists()]
    if not tasks:
        return
    _, axes = plt.subplots(2, len(tasks), figsize=(5.2 * len(tasks), 7.6), squeeze=False)
    for task, (above, below) in zip(tasks, axes.T, strict=True):
        records = read_runs(out / task / RUNS)
        threshold = records[0].threshold
        sample_efficiency(read_curves(out / task / CURVES), task, threshold, above)
        steps_to_threshold(records, task, below)
        below.set_title("")
    plt.savefig(out / "comparison.png", dpi=100)


def rows(out: Path) -> list[str]:
    """The lines of README's table, as Markdown: by task, special settings last."""
    special = {sweep.name: settings(sweep) for sweep in SWEEPS}
    found = []
    for path in sorted(out.glob(f"*/{TABLE}")):
        said = special.get(path.parent.name, "")
        with open(path, newline="", encoding="utf-8") as file:
            found += [row | {"settings": said} for row in csv.DictReader(file)]
    found.sort(key=lambda row: row["settings"] != "")  # stable: as it was but for that
    return [markdown(row) for task in TASKS for row in found if row["task"] == task]


def settings(sweep: Sweep) -> str:
    """What a sweep does otherwise than its methods' default: ``""``, or words for the table."""
    if sweep.profile != "default":
        return f", {sweep.profile}'s loop"
    return "".join(f", {name}={value}" for name, value in sweep.overrides)


COLUMNS = (
    *("task", "method", "seeds", "real steps", "final return", "threshold reached"),
    *("real steps to it", "ratio to symbolic", "CPU-s"),
)


def markdown(row: dict) -> str:
    """A line of the table with :data:`COLUMNS`."""
    value, low, high = (row[f"final_return{end}"] for end in ("", "_low", "_high"))
    final = f"{float(value):.1f}" + (f" [{float(low):.1f}, {float(high):.1f}]" if low else "")
    wait, low, high = (float(row[f"steps_to_threshold{e}"] or "nan") for e in ("", "_low", "_high"))
    spent = int(row["env_steps"])
    steps = f"> {spent}" if wait == float("inf") else f"{wait:.0f}"
    if low < wait or wait < high < float("inf"):
        steps += f" [{low:.0f}, {'…' if high == float('inf') else f'{high:.0f}'}]"
    return (
        f"| {row['task']} | {row['method']}{row['settings']} | {row['runs']} | {spent} | {final} | "
        f"{row['reached']} of {row['runs']} | {steps} | {ratio(row)} | "
        f"{float(row['cpu_seconds']):.0f} |"
    )


def ratio(row: dict) -> str:
    """Real steps to the threshold over the symbolic model's in the same sweep; a bound: ``> 5``."""
    value, low, high = (float(row[f"steps_ratio{e}"] or "nan") for e in ("", "_low", "_high"))
    if value == 0:  # the reference did not get there
        return f"< {high:.1f}"
    if not value < float("inf"):  # no ratio, or no end to it
        return f"> {low:.1f}" if low < value else ""
    text = f"{value:.1f}"
    if low < value or value < high:
        text += f" [{low:.1f}, {'…' if high == float('inf') else f'{high:.1f}'}]"
    return text


def make(runs: Path | None, out: Path) -> None:
    """Lay the tables of ``runs``, if any, over ``out``'s; draw the figure, print README's table."""
    if runs is not None:
        for sweep in sorted(path.parent for path in runs.glob(f"*/{TABLE}")):
            add_tables(sweep, ensure_folder(out / sweep.name))
    use_style()
    figure(out)
    head = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    print("\n".join([*head, *rows(out)]), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, help="folder of sweeps")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    make(arguments.runs, arguments.out)


if __name__ == "__main__":
    main()
