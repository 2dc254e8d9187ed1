"""Bodies with contacts and many joints: what is found in them, and what it is worth.

    python benchmarks/bodies.py --runs runs/bodies --out data/results/bodies

Nobody has written a task for these worlds. Three methods get the same real steps and the same
number of updates: ``sparse`` learns from equations, with networks for the coordinates that have
none, ``mbpo`` from networks alone, ``sac`` without a model. Finished runs in ``--runs`` are not
repeated and interrupted ones go on. ``--out`` gets

    runs.csv         a row a run
    coordinates.csv  a row a coordinate of a ``sparse`` run: equation or network, open-loop errors

and a ``bodies.json`` with their provenance. Without ``--runs`` the stored tables are printed;
``--page`` brings docs/own_world.md up to date.
"""

import argparse
from itertools import product
from pathlib import Path

import pandas as pd

from benchmarks.any_world import COORDINATES, PAGE, RUN, coordinates, found, lay_over, read
from symtut.experiments import results
from symtut.experiments import statistics as st
from symtut.experiments.results import Result
from symtut.experiments.run import train
from symtut.experiments.sweep import parse_seeds
from symtut.forms import NAME, number, optional, whole
from symtut.paths import ensure_folder
from symtut.storage import provenance, write_bytes, write_json
from tools.course_map import between

#: Real steps of each; the first has no contact.
BODIES = {
    "InvertedDoublePendulum-v5": 3000,
    **dict.fromkeys(("Swimmer-v5", "Hopper-v5", "HalfCheetah-v5", "Pusher-v5"), 10_000),
}
METHODS = ("sparse", "mbpo", "sac")
#: The same for all: two updates a real step, so that the model is what differs.
SETTINGS = {
    "random_steps": 1000, "updates_per_step": 2.0, "hidden": 128, "evaluate_every": 10_000,
}  # fmt: skip
#: Fits of a run, evenly spread after its first 1,000 steps; an ensemble is trained on all so far.
REFITS = 3
LEADS = (1, 5, 20)
RUNS = RUN | {
    "final_return": number(), "cpu_seconds": number(0), "commit": optional(NAME),
    # of the whole state in open loop, in spreads, on held-back steps at the last fit
    "error_1": optional(number(0)), "error_5": optional(number(0)), "error_20": optional(number(0)),
    # of ``sparse``: thresholds that end an episode, and what the reward's formula leaves over
    "ends": optional(whole()), "reward_left_over": optional(number(0)),
}  # fmt: skip
WHAT = "a table of benchmarks/bodies.py"
MARKS = ("<!-- table of bodies -->", "<!-- end of the table of bodies -->")


def options(method: str, steps: int) -> dict:
    """What a run of ``steps`` real steps is given."""
    model = {"refit_every": (steps - SETTINGS["random_steps"]) // REFITS}
    own = {
        "sparse": model | {"block_steps": 1000, "updates": 2 * steps},
        "mbpo": model | {"held_back": 0.25},  # as for sparse: both are judged on the same steps
        "sac": {},
    }
    return SETTINGS | own[method]


def collect(runs: Path, out: Path) -> None:
    """Lay the tables of finished runs, in folders ``BODY/METHOD/seed_S``, over those in ``out``."""
    table, each = [], []
    for body, method in product(BODIES, METHODS):
        for path in sorted((runs / body / method).glob(f"seed_*/{results.SUMMARY}")):
            run = Result.load(path.parent)
            summary = run.summary
            key = [body, summary["env_steps"], method, "sac", summary["seed"]]
            cost = [summary["final_return"], summary["cpu_seconds"]]
            errors = (summary["model"] or {}).get("validation_errors", [])
            errors = [errors[lead - 1] if lead <= len(errors) else None for lead in LEADS]
            said = found(run) if method == "sparse" else {}
            said = [said.get("ends"), said.get("reward_left_over")]
            table.append([*key, *cost, run.config["provenance"]["commit"], *errors, *said])
            if method == "sparse":
                each += [[*key, *row.values()] for row in coordinates(run)]
    lay_over(out / "runs.csv", RUNS, table, BODIES, WHAT)
    lay_over(out / "coordinates.csv", COORDINATES, each, BODIES, WHAT)
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


def predicted(runs: pd.DataFrame, each: pd.DataFrame) -> list[str]:
    """Markdown: what predicts the coordinates of a body (equation, network, speed), and how well.

    Medians over coordinates and seeds; below them the error of the whole state, for ``sparse`` and
    beside it for the ensemble of ``mbpo``.
    """

    def line(body: str, what: str, count: str, rows: pd.DataFrame) -> str:
        errors = [rows[f"error_{lead}"].astype(float).median() for lead in LEADS]
        cells = " | ".join("" if pd.isna(error) else f"{error:.2g}" for error in errors)
        return f"| {body} | {what} | {count} | {cells} |"

    lines = ["| environment | predicted by | coordinates | error at 1 | 5 | 20 steps |"]
    lines.append("|---" * 6 + "|")
    for body, of_body in runs.groupby("world", sort=False):
        mine = each[each["world"] == body]
        for kind, rows in mine.groupby("kind", sort=False):
            lines.append(line(body, kind, f"{len(rows) / mine['seed'].nunique():.3g}", rows))
        for method in ("sparse", "mbpo"):
            if len(rows := of_body[of_body["method"] == method]):
                lines.append(line(body, f"{method}, whole state", "", rows))
    return lines


def page(out: Path) -> str:
    """Both tables, as they stand in docs/own_world.md."""
    runs, each = read(out, RUNS, WHAT)
    return "\n".join([*returns(runs), "", *predicted(runs, each)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, help="folder of the runs; without: what is stored")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--bodies", default=",".join(BODIES), help="some of them")
    parser.add_argument("--methods", default=",".join(METHODS), help="some of them")
    parser.add_argument("--seeds", default="0-2", help="none: no runs, the tables of what is there")
    parser.add_argument("--page", action="store_true", help="bring docs/own_world.md up to date")
    arguments = parser.parse_args()
    if arguments.runs:
        seeds = [] if arguments.seeds == "none" else parse_seeds(arguments.seeds)
        bodies, methods = arguments.bodies.split(","), arguments.methods.split(",")
        for seed, body, method in product(seeds, bodies, methods):
            out = arguments.runs / body / method / f"seed_{seed}"
            if not results.is_finished(out):
                chosen = options(method, BODIES[body])
                train(body, method, BODIES[body], seed, out, on_progress=None, **chosen)
        collect(arguments.runs, ensure_folder(arguments.out))
    if arguments.page:
        text = between(PAGE.read_text(encoding="utf-8"), MARKS, page(arguments.out))
        write_bytes(PAGE, text.encode())
    print(page(arguments.out), flush=True)


if __name__ == "__main__":
    main()
