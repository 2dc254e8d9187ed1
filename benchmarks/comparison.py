"""The comparison of methods: its sweeps as data, their tables, the figure, and the table to print.

    python benchmarks/comparison.py --runs runs --out data/results/comparison

``--runs`` holds one folder for each sweep, named after its task (``pendulum``) or its task and what
is special about it (``pendulum_50`` for 50 real steps); docs/reproducibility.md lists the commands.
The runs stay where they are. Their rows replace those that ``--out`` holds of the same task, method
and seed, so that a method or some more seeds can be run alone. Without ``--runs`` figure and table
are made anew from what ``--out`` holds.
"""

import argparse
import math
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd

from symtut.errors import InputError
from symtut.experiments.summary import TABLE, TABLE_FORM, add_tables
from symtut.experiments.sweep import SweepRun, parse_seeds, plan
from symtut.experiments.tables import CURVES, RUNS, WHAT, read_curves, read_runs
from symtut.lab.curves import sample_efficiency, steps_chart
from symtut.lab.style import use_style
from symtut.paths import ensure_folder
from symtut.storage import read_table

STORED = "results/comparison"  # under data/: the tables that the course ships


@dataclass(frozen=True)
class Sweep:
    """One ``symtut sweep`` of the comparison; ``name`` is its folder among the runs."""

    name: str
    task: str
    methods: tuple[str, ...]
    seeds: str
    steps: tuple[tuple[str, int], ...]  # (method, real steps); "" for the rest
    profile: str = "default"
    overrides: tuple[tuple[str, object], ...] = ()  # for all runs

    def command(self, out: str = "runs") -> str:
        """What to type to do this sweep alone."""
        steps = ",".join(f"{method}={n}" if method else str(n) for method, n in self.steps)
        words = f"symtut sweep --tasks {self.task} --methods {','.join(self.methods)}"
        words += f" --seeds {self.seeds} --steps {steps}"
        if self.profile != "default":
            words += f" --profile {self.profile}"
        for name, value in self.overrides:
            words += f" --set {name}={value}"
        return f"{words} --out {out}/{self.name}"

    def plan(self, runs: Path) -> list[SweepRun]:
        """Its runs, in the folder ``runs / name``; wrong names are an ``InputError``."""
        return plan(
            [self.task], self.methods, parse_seeds(self.seeds), runs / self.name,
            dict(self.steps), self.profile, {"": dict(self.overrides)},
        )  # fmt: skip


MODELS = ("symbolic", "sparse", "oracle")
METHODS = (*MODELS, "mbpo", "sac")
#: Imagined episodes keep the goals that were seen.
NO_RELABEL = dict(overrides=(("relabel", False),))
#: The paper's loop: short rollouts, regression by the transformer and BFGS alone. True equations
#: in the same loop tell what the loop costs and what the regression.
PAPER = dict(steps=(("", 2000),), profile="paper", overrides=(("refit_every", 1000),))
#: What SAC gains from learning twice as much from each step, for twice the computing.
TWO_UPDATES = dict(overrides=(("updates_per_step", 2.0),))
#: The policy learns from the gradients of the equations instead of by SAC in them.
APG = dict(overrides=(("learner", "apg"),))


def nobody_wrote(solved_from: float) -> dict:
    """The same in an environment for which nobody has written a task: all is found in its steps."""
    return dict(overrides=(*APG["overrides"], ("evaluate_every", 100), ("threshold", solved_from)))


#: Each method gets what it needs to reach the threshold, or what shows that it does not.
SWEEPS = (
    Sweep("pendulum", "pendulum", METHODS, "0-9", (("", 200), ("mbpo", 1400), ("sac", 8000))),
    Sweep("pendulum_50", "pendulum", ("symbolic",), "0-9", (("", 50),)),
    Sweep("pendulum_20", "pendulum", ("symbolic",), "0-9", (("", 20),)),
    Sweep("car2d", "car2d", METHODS, "0-9", (("", 300), ("mbpo", 1500), ("sac", 12000))),
    Sweep("reacher", "reacher", METHODS, "0-9", (("", 500), ("mbpo", 2000), ("sac", 15000))),
    Sweep("reacher_100", "reacher", ("symbolic",), "0-9", (("", 100),)),
    Sweep("reacher_200", "reacher", ("symbolic",), "0-9", (("", 200),)),
    Sweep("reacher_no_relabel", "reacher", ("symbolic",), "0-9", (("", 500),), **NO_RELABEL),
    Sweep("car2d_100", "car2d", ("symbolic",), "0-9", (("", 100),)),
    Sweep("pendulum_apg", "pendulum", ("symbolic",), "0-9", (("", 200),), **APG),
    Sweep("pendulum_apg_50", "pendulum", ("symbolic",), "0-9", (("", 50),), **APG),
    Sweep("pendulum_apg_20", "pendulum", ("symbolic",), "0-9", (("", 20),), **APG),
    Sweep("car2d_apg", "car2d", ("symbolic",), "0-9", (("", 300),), **APG),
    Sweep("car2d_apg_100", "car2d", ("symbolic",), "0-9", (("", 100),), **APG),
    Sweep("reacher_apg", "reacher", ("symbolic",), "0-9", (("", 500),), **APG),
    Sweep("reacher_apg_200", "reacher", ("symbolic",), "0-9", (("", 200),), **APG),
    Sweep("reacher_apg_100", "reacher", ("symbolic",), "0-9", (("", 100),), **APG),
    Sweep(
        "pendulum_found", "Pendulum-v1", ("symbolic",), "0-9", (("", 200),), **nobody_wrote(-160.0)
    ),
    Sweep(
        "car2d_found", "symtut/Car2d-v0", ("symbolic",), "0-9", (("", 500),), **nobody_wrote(-23.0)
    ),
    Sweep("reacher_found", "Reacher-v5", ("sparse",), "0-9", (("", 1000),), **nobody_wrote(-5.0)),
    # Fewer seeds: each of its updates takes as long as a hundred of SAC's.
    Sweep("pendulum_dreamer", "pendulum", ("dreamer",), "0-4", (("", 2500),)),
    Sweep("car2d_dreamer", "car2d", ("dreamer",), "0-2", (("", 1500),)),
    Sweep("reacher_dreamer", "reacher", ("dreamer",), "0-2", (("", 1500),)),
    Sweep("pendulum_two_updates", "pendulum", ("sac",), "0-9", (("", 8000),), **TWO_UPDATES),
    Sweep("car2d_two_updates", "car2d", ("sac",), "0-9", (("", 12000),), **TWO_UPDATES),
    Sweep("reacher_two_updates", "reacher", ("sac",), "0-9", (("", 15000),), **TWO_UPDATES),
    Sweep("pendulum_paper", "pendulum", ("symbolic", "oracle"), "0-9", **PAPER),
    Sweep("car2d_paper", "car2d", ("symbolic", "oracle"), "0-9", **PAPER),
    Sweep("reacher_paper", "reacher", ("symbolic", "oracle"), "0-9", **PAPER),
)
#: Seconds long, to try the whole way: tiny networks, a few updates, one world.
SMOKE = (
    Sweep(
        "pendulum", "pendulum", ("sparse", "oracle", "sac"), "0-1", (("", 200), ("sac", 500)),
        "smoke", (("hidden", 16), ("batch_size", 16), ("evaluate_every", 250)),
    ),
)  # fmt: skip


def commands() -> list[str]:
    """The lines to type that make the stored comparison, one a sweep."""
    return [sweep.command() for sweep in SWEEPS]


def chosen(
    smoke: bool = False, seeds: str | None = None, only: str | None = None, profile: str = "default"
) -> list[Sweep]:
    """The sweeps to do: ``seeds`` and ``profile`` replace those of all, ``only`` names some.

    Raises
    ------
    InputError
        For a name that no sweep has, or seeds that are none.
    """
    sweeps = list(SMOKE if smoke else SWEEPS)
    if only is not None:
        names = [name.strip() for name in only.split(",")]
        for name in names:
            if name not in {sweep.name for sweep in sweeps}:
                known = ", ".join(sweep.name for sweep in sweeps)
                raise InputError(f"no sweep '{name}' in the comparison; there are: {known}.")
        sweeps = [sweep for sweep in sweeps if sweep.name in names]
    if seeds is not None:
        parse_seeds(seeds)
        sweeps = [replace(sweep, seeds=seeds) for sweep in sweeps]
    if profile != "default":
        sweeps = [replace(sweep, profile=profile) for sweep in sweeps]
    return sweeps


# ---- their tables and figure ---------------------------------------------------------------------

TASKS = ("pendulum", "car2d", "reacher")
#: The environment of each task, for runs that find the rest.
ENVIRONMENTS = {"Pendulum-v1": "pendulum", "symtut/Car2d-v0": "car2d", "Reacher-v5": "reacher"}


def figure(out: Path) -> None:
    """Above the curves, below the real steps to the threshold; one column a task."""
    tasks = [task for task in TASKS if (out / task / RUNS).exists()]
    if not tasks:
        return
    _, axes = plt.subplots(2, len(tasks), figsize=(5.2 * len(tasks), 7.6), squeeze=False)
    for task, (above, below) in zip(tasks, axes.T, strict=True):
        folders = [out / name for name in (task, f"{task}_dreamer") if (out / name / RUNS).exists()]
        records = pd.concat([read_runs(folder / RUNS) for folder in folders], ignore_index=True)
        curves = {k: v for folder in folders for k, v in read_curves(folder / CURVES).items()}
        sample_efficiency(curves, task, records.threshold[0], above)
        steps_chart(records, task, below)
        below.set_title("")
    plt.savefig(out / "comparison.png", dpi=100)


def rows(out: Path) -> list[str]:
    """The lines of the table in docs/results.md, as Markdown: by task, special settings last."""
    special = {sweep.name: settings(sweep) for sweep in SWEEPS}
    found = []
    for path in sorted(out.glob(f"*/{TABLE}")):
        said = special.get(path.parent.name, "")
        table = read_table(path, TABLE_FORM, WHAT).assign(settings=said)
        table["task"] = table["task"].replace(ENVIRONMENTS)
        found += table.to_dict("records")
    found.sort(key=lambda row: row["settings"] != "")  # stable: as it was but for that
    return [markdown(row) for task in TASKS for row in found if row["task"] == task]


def short_rows(out: Path) -> list[str]:
    """README's table: a line a method that all tasks have: real steps, return and CPU-seconds."""
    cells: dict[str, dict[str, str]] = {}
    for task in TASKS:
        for folder in (task, f"{task}_dreamer"):
            path = out / folder / TABLE
            table = read_table(path, TABLE_FORM, WHAT) if path.exists() else pd.DataFrame()
            for row in table.itertuples():
                cell = f"{row.env_steps:,}; {row.final_return:.1f}; {row.cpu_seconds:.0f}"
                cells.setdefault(row.method, {})[task] = cell
    return [
        f"| {method} | {' | '.join(found[task] for task in TASKS)} |"
        for method, found in cells.items()
        if len(found) == len(TASKS)
    ]


def settings(sweep: Sweep) -> str:
    """What a sweep does otherwise than its methods' default: ``""``, or words for the table."""
    if sweep.profile != "default":
        return f", {sweep.profile}'s loop"
    names = [(n, v) for n, v in sweep.overrides if n not in ("evaluate_every", "threshold")]
    said = "".join(f", {name}={value}" for name, value in names)
    return said + (", no task written" if sweep.task in ENVIRONMENTS else "")


COLUMNS = (
    *("task", "method", "seeds", "real steps", "final return", "threshold reached"),
    *("real steps to it", "ratio to symbolic", "CPU-s"),
)


def markdown(row: dict) -> str:
    """A line of the table with :data:`COLUMNS`."""
    value, low, high = (row[f"final_return{end}"] for end in ("", "_low", "_high"))
    final = f"{value:.1f}" + ("" if math.isnan(low) else f" [{low:.1f}, {high:.1f}]")
    wait, low, high = (row[f"steps_to_threshold{end}"] for end in ("", "_low", "_high"))
    spent = row["env_steps"]
    steps = f"> {spent}" if wait == float("inf") else f"{wait:.0f}"
    if low < wait or wait < high < float("inf"):
        steps += f" [{low:.0f}, {'…' if high == float('inf') else f'{high:.0f}'}]"
    return (
        f"| {row['task']} | {row['method']}{row['settings']} | {row['runs']} | {spent} | {final} | "
        f"{row['reached']} of {row['runs']} | {steps} | {ratio(row)} | "
        f"{row['cpu_seconds']:.0f} |"
    )


def ratio(row: dict) -> str:
    """Real steps to the threshold over the symbolic model's in the same sweep; a bound: ``> 5``."""
    value, low, high = (row[f"steps_ratio{end}"] for end in ("", "_low", "_high"))
    if value == 0:  # the reference did not get there
        return f"< {high:.1f}"
    if not value < float("inf"):  # no ratio, or no end to it
        return f"> {low:.1f}" if low < value else ""
    text = f"{value:.1f}"
    if low < value or value < high:
        text += f" [{low:.1f}, {'…' if high == float('inf') else f'{high:.1f}'}]"
    return text


def make(runs: Path | None, out: Path) -> None:
    """Lay the tables of ``runs``, if any, over ``out``'s; draw the figure, print the table."""
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
