"""Are the baselines tuned with care? What SAC and MBPO are, and what they might have been.

    python benchmarks/baseline_tuning.py --runs runs/tuning --out data/results/tuning

The settings of ``experiments/config.py`` against alternatives, on tuning seeds (from 100 on),
which the comparison does not use. The work is resumable, as any sweep: run the same command again.
It leaves ``tuning.csv``, one row a run, ``tuning.json`` with provenance, and prints a table. Rows
that ``tuning.csv`` holds already stay if their run is not in ``--runs`` and still in the grid, so a
setting can be added without the others' runs (``--only car2d_mbpo_start_states``).
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.comparison import Sweep
from symtut.experiments.results import SUMMARY, Result
from symtut.experiments.sweep import parse_seeds, sweep
from symtut.forms import NAME, number, optional, whole
from symtut.paths import ensure_folder
from symtut.storage import provenance, read_json, read_table, write_csv, write_json

STEPS = {
    "sac": {"car2d": 12_000, "reacher": 15_000, "pendulum": 8000},
    "mbpo": {"car2d": 1500, "reacher": 2000, "pendulum": 1400},
    "dreamer": {"pendulum": 1500},
}
#: (method, task), "" for all others.
SEEDS = {("sac", ""): "100-102", ("mbpo", ""): "100-101", ("dreamer", ""): "100-101"}
#: (method, task): what is tried instead of the setting. "" is for all tasks.
ALTERNATIVES: dict[tuple[str, str], tuple[dict, ...]] = {
    ("sac", ""): ({"updates_per_step": 2.0}, {"learning_rate": 3e-4}),
    ("sac", "car2d"): ({"hidden": 128}, {"gamma": 0.99}),
    ("sac", "reacher"): ({"hidden": 256}, {"gamma": 0.98}),
    ("sac", "pendulum"): ({"hidden": 256}, {"gamma": 0.97}),
    ("mbpo", ""): (),
    ("mbpo", "car2d"): (  # the others were tried before 256 units were
        {"hidden": 128},
        {"hidden": 128, "updates_per_step": 40.0},
        {"hidden": 128, "rollout_length": 5},
        {"hidden": 128, "start_states": "all"},
    ),
    ("mbpo", "reacher"): (  # likewise, before goals were drawn anew
        {"random_steps": 100},
        {"relabel": False},
        {"relabel": False, "updates_per_step": 40.0},
        {"relabel": False, "rollout_length": 5},
        {"relabel": False, "rollout_length": 50},
    ),
    ("mbpo", "pendulum"): (
        {"random_steps": 50},
        {"updates_per_step": 40.0},
        {"rollout_length": 1},
        {"rollout_length": 5},
        {"rollout_length": 50},
    ),
    ("dreamer", ""): (),
    ("dreamer", "pendulum"): (  # each run takes 80 to 260 CPU-s, so there are few
        {"learning_rate": 3e-4},
        {"batch_size": 32, "length": 8},
        {"gamma": 0.97},
        {"updates_per_step": 0.5},
        {"updates_per_step": 2.0},
        {"deter": 256, "units": 128},
    ),
}
COLUMNS = {
    "task": NAME, "method": NAME, "setting": NAME, "seed": whole(), "env_steps": whole(),
    "final_return": number(), "mean_return": number(), "steps_to_threshold": optional(whole()),
    "cpu_seconds": number(0), "commit": optional(NAME),
}  # fmt: skip


def sweeps() -> list[Sweep]:
    """One a task, method and setting; the name says which."""
    found = []
    for method, tasks in STEPS.items():
        for task, steps in tasks.items():
            others = ALTERNATIVES[method, ""] + ALTERNATIVES[method, task]
            for choice in ({}, *others):
                setting = ",".join(f"{key}={value}" for key, value in choice.items())
                name = f"{task}_{method}_{setting or 'default'}"
                seeds = SEEDS.get((method, task)) or SEEDS[method, ""]
                one = Sweep(name, task, (method,), seeds, (("", steps),))
                found.append(replace(one, overrides=tuple(choice.items())))
    return found


def setting_of(one: Sweep) -> str:
    """``default``, or what is changed, as ``hidden=256``."""
    return one.name.split("_", 2)[2]


def rows(one: Sweep, runs: Path) -> list[dict]:
    """A row for each finished run; ``mean_return`` is that of the whole learning curve."""
    found = []
    for path in sorted((runs / one.name).glob(f"*/*/seed_*/{SUMMARY}")):
        result = Result.load(path.parent)
        s = result.summary
        mean = np.mean([point["mean_return"] for point in result.curve])
        values = [s["task"], s["method"], setting_of(one), s["seed"], s["env_steps"]]
        values += [round(s["final_return"], 3), round(float(mean), 3)]
        values += [s["steps_to_threshold"], round(s["cpu_seconds"], 1)]
        values.append(result.config["provenance"]["commit"])
        found.append(dict(zip(COLUMNS, values, strict=True)))
    return found


def merged(path: Path, runs: Path) -> list[dict]:
    """The rows of the whole grid, in its order: of ``runs``, else as ``path`` holds them."""
    grid = [
        (one.task, one.methods[0], setting_of(one), seed)
        for one in sweeps()
        for seed in parse_seeds(one.seeds)
    ]
    found = {}
    for row in [*read(path), *(row for one in sweeps() for row in rows(one, runs))]:
        found[row["task"], row["method"], row["setting"], row["seed"]] = row
    return [found[key] for key in grid if key in found]


def read(path: Path) -> list[dict]:
    """The rows of a stored table; none if there is no such file."""
    if not path.exists():
        return []
    return read_table(path, COLUMNS, "a table of tuned baselines").to_dict("records")


def table(path: Path) -> str:
    """Means over the seeds; of each task and method the settings, the course's first."""
    stored = read(path)
    lines = [
        f"{'task':<9} {'method':<6} {'setting':<36} {'final return, each seed':<25} "
        f"{'mean of the curve':>17} {'steps to threshold':<22} {'CPU-s':>5}"
    ]
    for key in dict.fromkeys((r["task"], r["method"], r["setting"]) for r in stored):
        cell = [r for r in stored if (r["task"], r["method"], r["setting"]) == key]
        finals = " ".join(f"{r['final_return']:.1f}" for r in cell)
        waits = " ".join(str(r["steps_to_threshold"] or f">{r['env_steps']}") for r in cell)
        mean = np.mean([r["mean_return"] for r in cell])
        cpu = np.mean([r["cpu_seconds"] for r in cell])
        lines.append(
            f"{key[0]:<9} {key[1]:<6} {key[2]:<36} {finals:<25} {mean:>17.1f} {waits:<22} "
            f"{cpu:>5.0f}"
        )
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--out", type=Path, required=True, help="folder for the table")
    parser.add_argument("--only", default="", help="sweeps whose names begin so, as car2d_mbpo")
    parser.add_argument("--jobs", type=int, help="runs side by side (default: the cores)")
    arguments = parser.parse_args(argv)
    chosen = [one for one in sweeps() if one.name.startswith(arguments.only)]
    for one in chosen:
        sweep(
            [one.task], list(one.methods), parse_seeds(one.seeds), arguments.runs / one.name,
            dict(one.steps), one.profile, {"": dict(one.overrides)}, jobs=arguments.jobs,
        )  # fmt: skip
    path = ensure_folder(arguments.out) / "tuning.csv"
    write_csv(path, list(COLUMNS), merged(path, arguments.runs))
    sources = path.with_suffix(".json")
    sessions = read_json(sources)["sessions"] if sources.exists() else []
    write_json(sources, {"sessions": [*sessions, provenance()]})
    print(table(path))


if __name__ == "__main__":
    main()
