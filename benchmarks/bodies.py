"""Bodies with contacts and many joints: what is found in them, and what it is worth.

    python benchmarks/bodies.py --runs runs/bodies --out data/results/bodies

Nobody has written a task for these worlds. Three methods get the same real steps and the same
number of updates: ``sparse`` learns from equations, with networks for the coordinates that have
none, ``mbpo`` from networks alone, ``sac`` without a model. Finished runs in ``--runs`` are not
repeated and interrupted ones go on. ``--out`` gets

    runs.csv         a row a run
    coordinates.csv  a row a coordinate of a ``sparse`` run: equation or network, open-loop errors

and a ``bodies.json`` with their provenance. Without ``--runs`` the stored tables are printed.
"""

import argparse
from itertools import product
from pathlib import Path

import pandas as pd

from benchmarks.any_world import COORDINATES, RUN, coordinates, read
from symtut.experiments import results
from symtut.experiments import statistics as st
from symtut.experiments.results import Result
from symtut.experiments.run import train
from symtut.experiments.sweep import parse_seeds
from symtut.forms import NAME, number, optional
from symtut.paths import ensure_folder
from symtut.storage import provenance, write_csv, write_json

BODIES = ("Swimmer-v5", "Hopper-v5", "HalfCheetah-v5", "Pusher-v5")
STEPS = 10_000
METHODS = ("sparse", "mbpo", "sac")
#: The same for all: two updates a real step, so that the model is what differs.
SETTINGS = {
    "random_steps": 1000, "updates_per_step": 2.0, "hidden": 128, "evaluate_every": 10_000,
}  # fmt: skip
#: Fits after 1,000, 4,000, 7,000 and 10,000 real steps: each trains an ensemble on all of them.
MODEL = {"refit_every": 3000}
OWN = {"sparse": MODEL | {"block_steps": 1000, "updates": 2 * STEPS}, "mbpo": MODEL, "sac": {}}
RUNS = RUN | {
    "final_return": number(), "cpu_seconds": number(0), "commit": optional(NAME),
}  # fmt: skip
WHAT = "a table of benchmarks/bodies.py"


def collect(runs: Path, out: Path) -> None:
    """Write the tables of the finished runs in folders ``BODY/METHOD/seed_S``."""
    table, each = [], []
    for body, method in product(BODIES, METHODS):
        for path in sorted((runs / body / method).glob(f"seed_*/{results.SUMMARY}")):
            run = Result.load(path.parent)
            summary = run.summary
            key = [body, summary["env_steps"], method, "sac", summary["seed"]]
            cost = [summary["final_return"], summary["cpu_seconds"]]
            table.append([*key, *cost, run.config["provenance"]["commit"]])
            if method == "sparse":
                each += [[*key, *row.values()] for row in coordinates(run)]
    write_csv(out / "runs.csv", list(RUNS), table)
    write_csv(out / "coordinates.csv", list(COORDINATES), each)
    write_json(out / "bodies.json", provenance())


def returns(runs: pd.DataFrame) -> list[str]:
    """Markdown: a row a body, the mean return of each method, and its CPU-seconds."""
    lines = ["| environment | " + " | ".join(METHODS) + " |", "|---" * (1 + len(METHODS)) + "|"]
    for body, rows in runs.groupby("world", sort=False):
        cells = []
        for method in METHODS:
            final = rows.loc[rows["method"] == method, "final_return"].to_numpy()
            if not len(final):
                cells.append("")
                continue
            value, low, high = st.mean_return(final)
            cpu = rows.loc[rows["method"] == method, "cpu_seconds"].median()
            interval = f" [{low:.0f}, {high:.0f}]" if len(final) > 2 else f" ({len(final)})"
            cells.append(f"{value:.0f}{interval}, {cpu:.0f} CPU-s")
        lines.append(f"| {body} | " + " | ".join(cells) + " |")
    return lines


def found(each: pd.DataFrame) -> list[str]:
    """Markdown: a row a body and kind of coordinate: how many, and their open-loop errors."""
    lines = ["| environment | predicted by | coordinates | error at 1 | 5 | 20 steps |"]
    lines.append("|---" * 6 + "|")
    for (body, kind), rows in each.groupby(["world", "kind"], sort=False):
        seeds = each.loc[each["world"] == body, "seed"].nunique()
        errors = [rows[f"error_{lead}"].astype(float).median() for lead in (1, 5, 20)]
        cells = " | ".join(f"{error:.2g}" for error in errors)
        lines.append(f"| {body} | {kind} | {len(rows) / seeds:.3g} | {cells} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, help="folder of the runs; without: what is stored")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--bodies", default=",".join(BODIES), help="some of them")
    parser.add_argument("--methods", default=",".join(METHODS), help="some of them")
    parser.add_argument("--seeds", default="0-2", help="none: no runs, the tables of what is there")
    arguments = parser.parse_args()
    if arguments.runs:
        seeds = [] if arguments.seeds == "none" else parse_seeds(arguments.seeds)
        bodies, methods = arguments.bodies.split(","), arguments.methods.split(",")
        for seed, body, method in product(seeds, bodies, methods):
            out = arguments.runs / body / method / f"seed_{seed}"
            if not results.is_finished(out):
                options = SETTINGS | OWN[method]
                train(body, method, STEPS, seed, out, on_progress=None, **options)
        collect(arguments.runs, ensure_folder(arguments.out))
    runs, each = read(arguments.out, RUNS, WHAT)
    print("\n".join([*returns(runs), "", *found(each)]), flush=True)


if __name__ == "__main__":
    main()
