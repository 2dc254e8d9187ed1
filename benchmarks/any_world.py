"""Worlds for which nobody has written a task: what is found in them, and what is learned.

    python benchmarks/any_world.py --runs runs/any_world --out data/results/any_world

Each run is a ``symtut train --env ID``: state map, reward, end and motion are found in its own
real steps. Finished runs in ``--runs`` are not repeated. ``--out`` gets

    runs.csv         a row a run: real steps, return, what was found
    coordinates.csv  a row a coordinate of a run: equation or network, open-loop errors
    reports.json     what the first run in each world said it had found

and an ``any_world.json`` with their provenance. Without ``--runs`` the stored table is printed.
"""

import argparse
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from symtut.agents.episodes import first_steps
from symtut.experiments import results
from symtut.experiments import statistics as st
from symtut.experiments.results import Result
from symtut.experiments.run import train
from symtut.experiments.sweep import parse_seeds
from symtut.forms import NAME, number, optional, text, whole
from symtut.paths import ensure_folder
from symtut.storage import (
    provenance,
    read_json,
    read_table,
    write_bytes,
    write_csv,
    write_json,
)
from symtut.tasks import ObservedTask
from symtut.tasks.pixels import ANGLES_ID, PIXELS_ID, SEEN_ID, learned_encoder, register_seen
from tools.course_map import between

UNSEEN = "benchmarks.unseen_worlds"
WITHOUT_MODEL = {"learner": "sac", "evaluate_every": 1000}
#: Environment, real steps, method, return that counts as reached, and options, by name.
WORLDS: dict[str, tuple[str, int, str, float | None, dict]] = {
    "pendulum": ("Pendulum-v1", 200, "symbolic", -160.0, {}),
    "car2d": ("symtut/Car2d-v0", 500, "symbolic", -23.0, {}),
    # Seeds 100 to 105 are at 1,000 after 100 updates at the latest; evaluations cost the most.
    "inverted_pendulum": (
        "InvertedPendulum-v5",
        300,
        "sparse",
        950.0,
        {"updates": 150, "evaluate_every": 150},
    ),
    "without_speed": (ANGLES_ID, 400, "sparse", -160.0, {}),
    "from_pixels": (SEEN_ID, 400, "sparse", -250.0, {}),
    "reacher": ("Reacher-v5", 1000, "sparse", -5.0, {}),
    "double_pendulum": ("InvertedDoublePendulum-v5", 3000, "sparse", None, {}),
    # never looked at while the search was built; sac beside them, without a model
    "cart_swing_up": (f"{UNSEEN}:CartSwingUp-v0", 1000, "symbolic", None, {}),
    "cart_swing_up_sac": (f"{UNSEEN}:CartSwingUp-v0", 5000, "sac", None, WITHOUT_MODEL),
    "drone": (f"{UNSEEN}:PlanarDrone-v0", 1000, "symbolic", None, {}),
    "drone_sac": (f"{UNSEEN}:PlanarDrone-v0", 5000, "sac", None, WITHOUT_MODEL),
    "reactor": (f"{UNSEEN}:StirredReactor-v0", 1000, "symbolic", None, {}),
    "reactor_sac": (f"{UNSEEN}:StirredReactor-v0", 5000, "sac", None, WITHOUT_MODEL),
}
OPTIONS = {"learner": "apg", "evaluate_every": 100}
COUNTED = (
    "angles", "constants", "differences", "redundant", "ends", "stops", "unexplained",
    "reward_left_over",
)  # fmt: skip
RUN = {"world": NAME, "env_steps": whole(1), "method": NAME, "learner": NAME, "seed": whole()}
RUNS = RUN | {
    "final_return": number(), "threshold": optional(number()), "cpu_seconds": number(0),
    "angles": whole(), "constants": whole(), "differences": whole(), "redundant": whole(),
    "ends": whole(), "stops": whole(), "unexplained": whole(), "reward_left_over": number(0),
    "equations_left_over": optional(number()),  # of the worst coordinate that has an equation
    "networks": whole(), "commit": optional(NAME),
}  # fmt: skip
COORDINATES = RUN | {
    "coordinate": NAME, "kind": NAME, "left_over": optional(number()), "inputs": optional(text()),
    "error_1": optional(number(0)), "error_5": optional(number(0)), "error_20": optional(number(0)),
}  # fmt: skip
PAGE = Path(__file__).parents[1] / "docs" / "own_world.md"
MARKS = ("<!-- table of any world -->", "<!-- end of the table of any world -->")
WHAT = "a table of benchmarks/any_world.py"


def prepared(env_id: str, steps: int, seed: int) -> str:
    """The environment; where it is seen through an encoder, that learns from the run's own images.

    The run takes the same first steps again: no real step is spent twice. The encoder's seconds do
    not count among the run's.
    """
    if env_id != SEEN_ID:
        return env_id
    images = first_steps(ObservedTask(PIXELS_ID), seed, steps).state
    return register_seen(learned_encoder(images, seed))


def found(run: Result) -> dict[str, int | float]:
    """What a run found about its world, counted."""
    rows = run.equations
    if not rows:  # a method without a model
        return dict.fromkeys(COUNTED, 0)
    states = [row for row in rows if row.get("kind") == "state"]
    words = [row["words"] for row in states]
    kinds = [row.get("kind") for row in rows if row["equation"] != "0"]  # no end was seen
    reward = next(row for row in rows if row["target"] == "reward")
    return dict(zip(COUNTED, (
        sum("of an angle" in w for w in words),
        sum("whole episode" in w for w in words),
        sum(row["target"].startswith("d_") for row in states),
        *(kinds.count(kind) for kind in ("observation", "end", "stop", "unexplained")),
        max(reward["left_over"], 0.0),
    ), strict=True))  # fmt: skip


def coordinates(run: Result) -> list[dict]:
    """Equation or network, and errors, of each coordinate that moves."""
    moved = [row for row in run.equations if row["target"].startswith("delta_")]
    rows = []
    for row in moved:
        if row.get("kind") != "network" and row["r2_fit"] is None:
            continue  # a constant
        errors = row.get("open_loop_errors", {})
        r2 = row.get("r2_holdout")
        rows.append({
            "coordinate": row["target"].removeprefix("delta_"),
            "kind": row.get("kind", "equation"),
            "left_over": None if r2 is None else 1 - r2,
            "inputs": " ".join(row["inputs"]) if "inputs" in row else None,
            **{f"error_{lead}": errors.get(str(lead)) for lead in (1, 5, 20)},
        })  # fmt: skip
    return rows


def lay_over(path: Path, columns: dict, rows: list[list], worlds: Iterable[str], what: str) -> None:
    """Write a table, world by world: ``rows``, and what ``path`` holds of other runs."""
    new = pd.DataFrame(rows, columns=list(columns), dtype=object)
    both = new
    if path.exists():
        stored = read_table(path, columns, what).astype(object)
        mine = set(map(tuple, new[list(RUN)].to_numpy()))
        kept = [key not in mine for key in map(tuple, stored[list(RUN)].to_numpy())]
        both = pd.concat([stored[kept], new]) if any(kept) else new
    place = {world: i for i, world in enumerate(worlds)}
    order = both["world"].map(place), both["method"], both["seed"]
    both = both.iloc[np.lexsort([column.to_numpy() for column in order[::-1]])]
    write_csv(path, list(columns), both.where(both.notna(), None).to_numpy().tolist())


def collect(runs: Path, out: Path) -> None:
    """Lay the tables of the finished runs in folders ``WORLD/seed_S`` over those in ``out``."""
    table, each = [], []
    reports = read_json(out / "reports.json") if (out / "reports.json").exists() else {}
    for world, (env_id, *_) in WORLDS.items():
        paths = sorted(
            runs.glob(f"{world}/seed_*/{results.SUMMARY}"),
            key=lambda path: int(path.parent.name.removeprefix("seed_")),
        )
        for path in paths:
            run = Result.load(path.parent)
            summary, config = run.summary, run.config["run"]
            learner = next(name for name in ("apg", "sac") if name in config)
            key = [world, summary["env_steps"], summary["method"], learner, summary["seed"]]
            rows = coordinates(run)
            left = [r["left_over"] for r in rows if r["left_over"] is not None]
            table.append([
                *key, summary["final_return"], summary["threshold"], summary["cpu_seconds"],
                *found(run).values(), max(left) if left else None,
                sum(row["kind"] == "network" for row in rows), run.config["provenance"]["commit"],
            ])  # fmt: skip
            each += [[*key, *row.values()] for row in rows]
            if world not in reports or summary["seed"] <= reports[world]["seed"]:
                said = [
                    row["words"] if "words" in row else f"{row['target']} = {row['equation']}"
                    for row in run.equations
                ]
                reports[world] = {
                    "env_id": env_id, "steps": summary["env_steps"], "seed": summary["seed"],
                    "report": said,
                }  # fmt: skip
    lay_over(out / "runs.csv", RUNS, table, WORLDS, WHAT)
    lay_over(out / "coordinates.csv", COORDINATES, each, WORLDS, WHAT)
    write_json(out / "reports.json", reports)
    write_json(out / "any_world.json", provenance())


def read(out: Path, columns: dict = RUNS, what: str = WHAT) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Stored runs, with these columns, and coordinates."""
    return (
        read_table(out / "runs.csv", columns, what),
        read_table(out / "coordinates.csv", COORDINATES, what),
    )


def lines(runs: pd.DataFrame) -> list[str]:
    """The table as Markdown: a row a world."""
    table = [
        "| environment | real steps | method | seeds | asked | reached | final return | worst | "
        "equations exact | CPU-s |",
        "|---" * 10 + "|",
    ]
    for (world, steps, method), rows in runs.groupby(["world", "env_steps", "method"], sort=False):
        final, asked = rows["final_return"].to_numpy(), rows["threshold"].iloc[0]
        value, low, high = st.mean_return(final)
        exact = (rows["equations_left_over"].astype(float) < 1e-6) & (rows["networks"] == 0)
        has = not pd.isna(asked)
        found_exactly = "" if method == "sac" else f"{exact.sum()} of {len(rows)}"
        table.append(
            f"| {WORLDS[world][0].split(':')[-1]} | {steps} | {method} | {len(rows)} | "
            f"{f'{asked:g}' if has else ''} | "
            f"{f'{(final >= asked).sum()} of {len(rows)}' if has else ''} | "
            f"{value:.1f}{f' [{low:.1f}, {high:.1f}]' if len(rows) > 2 else ''} | "
            f"{final.min():.1f} | "
            f"{found_exactly} | {rows['cpu_seconds'].median():.0f} |"
        )
    return table


def report(out: Path, world: str) -> list[str]:
    """What the first run in a world said, line for line."""
    said = read_json(out / "reports.json")[world]
    return [f"found in {said['steps']} real steps of {said['env_id']}:", *said["report"]]


def page(out: Path) -> str:
    """The table and the reports of the three main worlds, as they stand in docs/own_world.md."""
    parts = ["\n".join(lines(read(out)[0]))]
    for world in ("pendulum", "car2d", "reacher"):
        parts.append("\n".join(["```", *report(out, world), "```"]))
    return "\n\n".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, help="folder of the runs; without: what is stored")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--worlds", default=",".join(WORLDS), help="some of them")
    parser.add_argument("--seeds", default="0-9", help="none: no runs, the tables of what is there")
    parser.add_argument("--page", action="store_true", help="bring docs/own_world.md up to date")
    arguments = parser.parse_args()
    if arguments.runs:
        seeds = [] if arguments.seeds == "none" else parse_seeds(arguments.seeds)
        for world, seed in product(arguments.worlds.split(","), seeds):
            env_id, steps, method, threshold, options = WORLDS[world]
            out = arguments.runs / world / f"seed_{seed}"
            if results.is_finished(out):
                continue
            train(
                prepared(env_id, steps, seed), method, steps, seed, out, on_progress=None,
                threshold=threshold, **OPTIONS | options,
            )  # fmt: skip
        collect(arguments.runs, ensure_folder(arguments.out))
    if arguments.page:
        text = between(PAGE.read_text(encoding="utf-8"), MARKS, page(arguments.out))
        write_bytes(PAGE, text.encode())
    print("\n".join(lines(read(arguments.out)[0])), flush=True)


if __name__ == "__main__":
    main()
