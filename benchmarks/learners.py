"""Two learners in the same equations: soft actor-critic and the analytic policy gradient.

    python benchmarks/learners.py --runs runs/learners --out data/results/learners

Each seed trains both, one after the other, on one core, so that their CPU-seconds compare. The
runs are `symtut sweep`s in folders of ``--runs``: finished ones are not repeated. ``--out`` gets

    runs.csv      a row a run, with the CPU-seconds until an evaluation first reaches the threshold
    curves.csv    a row an evaluation: gradient updates, imagined steps, CPU-seconds, mean return
    learners.png  the returns over CPU-seconds and over imagined steps

and a ``learners.json`` with their provenance. CPU-seconds are those of the whole run (real steps,
regression, learning) without its evaluations.
"""

import argparse
from itertools import product
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from symtut.experiments import results
from symtut.experiments import statistics as st
from symtut.experiments.results import Result
from symtut.experiments.sweep import parse_seeds, sweep
from symtut.forms import NAME, number, optional, whole
from symtut.lab.style import INK, OKABE_ITO, plain_log_axis, use_style
from symtut.paths import ensure_folder
from symtut.storage import provenance, read_table, write_csv, write_json

#: Task and real steps, by name.
CELLS = {
    "pendulum_200": ("pendulum", 200), "pendulum_20": ("pendulum", 20),
    "pendulum_10": ("pendulum", 10), "car2d": ("car2d", 300),
    "reacher": ("reacher", 500), "reacher_200": ("reacher", 200),
}  # fmt: skip
COLOURS = {"apg": OKABE_ITO[0], "sac": OKABE_ITO[1]}
RUN = {"task": NAME, "env_steps": whole(1), "learner": NAME, "seed": whole()}
CELL = list(RUN)[:3]
RUNS = RUN | {
    "final_return": number(), "threshold": number(),
    "cpu_seconds_to_threshold": optional(number(0)),  # None: not reached
    "cpu_seconds": number(0), "commit": optional(NAME),
}  # fmt: skip
CURVES = RUN | {
    "gradient_updates": whole(), "imagined_steps": whole(), "cpu_seconds": number(0),
    "mean_return": number(),
}  # fmt: skip
LABELS = {"cpu_seconds": "CPU-seconds", "imagined_steps": "imagined steps"}
WHAT = "a table of benchmarks/learners.py"


def imagined_steps(config: dict, updates: int) -> int:
    """Steps in the model up to ``updates``, auditions not counted; ``config`` is a run's own.

    For the analytic policy gradient it is an upper bound: where the model is not trusted as far as
    the horizon, rollouts are shorter.
    """
    if apg := config.get("apg"):
        return apg["batch_size"] * apg["horizon"] * updates
    return int(config["loop"]["warm_up"] + config["loop"]["imagined_per_update"] * updates)


def collect(runs: Path, out: Path) -> None:
    """Write ``runs.csv`` and ``curves.csv`` of the finished runs in folders ``CELL_LEARNER``."""
    table, points = [], []
    for cell, (task, steps) in CELLS.items():
        for learner in COLOURS:
            for path in sorted(runs.glob(f"{cell}_{learner}/{task}/*/seed_*/{results.SUMMARY}")):
                run = Result.load(path.parent)
                summary, key = run.summary, [task, steps, learner, run.summary["seed"]]
                reached = [
                    row["cpu_seconds"] for row in run.curve
                    if row["mean_return"] >= summary["threshold"]
                ]  # fmt: skip
                table.append([
                    *key, summary["final_return"], summary["threshold"],
                    reached[0] if reached else None, summary["cpu_seconds"],
                    run.config["provenance"]["commit"],
                ])  # fmt: skip
                for row in run.curve:
                    updates, spent = row["gradient_updates"], row["cpu_seconds"]
                    imagined = imagined_steps(run.config["run"], updates)
                    points.append([*key, updates, imagined, spent, row["mean_return"]])
    write_csv(out / "runs.csv", list(RUNS), table)
    write_csv(out / "curves.csv", list(CURVES), points)
    write_json(out / "learners.json", provenance())


def read(out: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Stored runs and curves."""
    return read_table(out / "runs.csv", RUNS, WHAT), read_table(out / "curves.csv", CURVES, WHAT)


def lines(runs: pd.DataFrame) -> list[str]:
    """The table as Markdown: medians over seeds, interquartile mean of the return with interval."""
    found = [
        "| task | real steps | learner | seeds | threshold reached | at the end | CPU-s to it | "
        "final return | median | CPU-s in all |",
        "|---" * 10 + "|",
    ]
    for (task, steps, learner), rows in runs.groupby(CELL, sort=False):
        # A run that did not get there counts as later than any other.
        wait = rows["cpu_seconds_to_threshold"].astype(float).fillna(np.inf)
        first = f"{wait.median():.0f} (at most {wait.max():.0f})"
        final, spent = rows["final_return"].to_numpy(), rows["cpu_seconds"].median()
        value, low, high = st.mean_return(final)
        found.append(
            f"| {task} | {steps} | {learner} | {len(rows)} | {np.isfinite(wait).sum()} of "
            f"{len(rows)} | {(final >= rows['threshold']).sum()} | "
            f"{first.replace('inf', 'not reached')} | {value:.1f} "
            f"[{low:.1f}, {high:.1f}] | {np.median(final):.1f} | {spent:.0f} |"
        )
    return found


def short_row(runs: pd.DataFrame) -> str:
    """README's line on the analytic policy gradient: real steps, return, CPU-seconds by task."""
    cells = []
    for task, steps in (CELLS[cell] for cell in ("pendulum_200", "car2d", "reacher")):
        rows = runs[(runs[CELL] == [task, steps, "apg"]).all(axis=1)]
        final = st.mean_return(rows["final_return"].to_numpy()).value
        cells.append(f"{steps}; {final:.1f}; {rows['cpu_seconds'].median():.0f}")
    return f"| symbolic, `--learner apg` | {' | '.join(cells)} |"


def figure(runs: pd.DataFrame, curves: pd.DataFrame, path: Path) -> None:
    """A column a cell; above over CPU-seconds, below over imagined steps; a line a seed."""
    cells = list(runs.groupby(CELL[:2], sort=False).groups)
    _, axes = plt.subplots(2, len(cells), figsize=(3.2 * len(cells), 6.4), squeeze=False)
    for (task, steps), column in zip(cells, axes.T, strict=True):
        here = curves[(curves["task"] == task) & (curves["env_steps"] == steps)]
        threshold = runs.loc[runs["task"] == task, "threshold"].iloc[0]
        for axis, name in zip(column, LABELS, strict=True):
            for (learner, _), one in here.groupby(["learner", "seed"], sort=False):
                axis.plot(one[name], one["mean_return"], color=COLOURS[learner], linewidth=0.9)
            axis.axhline(threshold, color=INK, linewidth=1, linestyle=":")
            axis.set(xscale="log", xlabel=LABELS[name])
            if name == "cpu_seconds":
                plain_log_axis(axis)
            axis.set_ylim(2.5 * threshold, 0.6 * threshold)  # returns are negative
        column[0].set_title(f"{task}, {steps} real steps")
    axes[0, 0].set_ylabel("return of one episode")
    axes[1, 0].set_ylabel("return of one episode")
    for learner, colour in COLOURS.items():
        axes[0, 0].plot([], [], color=colour, label=learner)
    axes[0, 0].legend()
    plt.savefig(path, dpi=100)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, help="folder of the sweeps; without: what is stored")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cells", default=",".join(CELLS), help="some of them")
    parser.add_argument("--learners", default="apg,sac")
    parser.add_argument("--seeds", default="0-9", help="none: no runs, the tables of what is there")
    parser.add_argument("--method", default="symbolic")
    arguments = parser.parse_args()
    if arguments.runs:
        seeds = [] if arguments.seeds == "none" else parse_seeds(arguments.seeds)
        for cell, seed, learner in product(
            arguments.cells.split(","), seeds, arguments.learners.split(",")
        ):
            task, steps = CELLS[cell]
            sweep(
                [task], [arguments.method], [seed], arguments.runs / f"{cell}_{learner}", steps,
                overrides={"": {"learner": learner}}, jobs=1, reference=arguments.method,
                report=lambda line: None,
            )  # fmt: skip
        collect(arguments.runs, ensure_folder(arguments.out))
    runs, curves = read(arguments.out)
    use_style()
    figure(runs, curves, arguments.out / "learners.png")
    print("\n".join(lines(runs)), flush=True)


if __name__ == "__main__":
    main()
