"""Planning in equations, nothing learned: real returns, and what a decision costs.

    python benchmarks/planning.py --out data/results/planning

Equations are found in the real steps of a random policy. Then the planner (``agents/planning.py``)
plays the 100 real evaluation episodes with them. Writes into ``--out``

    planning.csv  a row for each cell, number of sampled plans and reporting seed. Milliseconds are
                  CPU time for one decision: of 100 episodes side by side, and of one alone
    choices.csv   the planner with one choice changed, on tuning seeds and on 30 other starts

and beside each a JSON file with its provenance.
"""

import argparse
import time
from pathlib import Path

import pandas as pd
import torch

from symtut.agents.planning import Planner, plan_config
from symtut.experiments import evaluate
from symtut.experiments.sweep import parse_seeds
from symtut.paths import ensure_folder
from symtut.storage import provenance, write_csv, write_json
from symtut.tasks import EVALUATION_SEEDS, make_task
from symtut.tasks.random_policy import random_transitions
from symtut.world_models import make_world_model

#: Task, method and real steps, by name.
CELLS = {
    "pendulum_200": ("pendulum", "sparse", 200), "pendulum_20": ("pendulum", "symbolic", 20),
    "car2d_300": ("car2d", "sparse", 300), "reacher_500": ("reacher", "sparse", 500),
}  # fmt: skip
OTHER_STARTS = range(30_000, 30_030)
KEY = ["task", "method", "env_steps", "seed"]
PLANNING = [
    *KEY, "fit_cpu_seconds", "samples", "horizon", "mean_return", "std_return", "ms_side_by_side",
    "ms_alone",
]  # fmt: skip
CHOICES = [*KEY, "choice", "mean_return", "ms_side_by_side"]


class WithoutTheLastPlan(Planner):
    """All plans are noisy, none is the one of the last decision."""

    def noise(self, episodes: int) -> torch.Tensor:
        noise = super().noise(episodes)
        noise[:, :, 0] = noise[:, :, -1]  # twice the same: nearly as many plans
        return noise


class CrossEntropy(Planner):
    """The new plan is the mean of the best tenth of the plans (CEM with one iteration)."""

    def weights(self, returns: torch.Tensor) -> torch.Tensor:
        elite = max(1, returns.shape[1] // 10)
        best = returns.topk(elite, 1).indices
        return torch.zeros_like(returns).scatter_(1, best, 1 / elite)


#: Name: the planner, and what it has otherwise.
VARIANTS = {
    "as it is": (Planner, {}),
    "white noise": (Planner, {"correlation": 0.0}),
    "without the last plan": (WithoutTheLastPlan, {}),
    "cross-entropy": (CrossEntropy, {}),
    "temperature x 4": (Planner, {"temperature": 4.0}),
    "horizon x 2": (Planner, {"horizon": 2}),
    "half the noise": (Planner, {"noise": 0.5}),
}
FACTORS = ("temperature", "horizon", "noise")  # in VARIANTS they are factors of the task's own


def model_of(cell: str, seed: int):
    """Task, fitted model and the CPU-seconds of the fit."""
    name, method, steps = CELLS[cell]
    task = make_task(name)
    model, started = make_world_model(method, task, seed), time.process_time()
    model.fit(random_transitions(task, steps, seed))
    return task, model, time.process_time() - started


def table(cells, seeds, samples) -> list[list]:
    """Rows of ``planning.csv``."""
    rows = []
    for cell in cells:
        for seed in seeds:
            task, model, fitted = model_of(cell, seed)
            for number in samples:
                config = plan_config(task, samples=number)
                planner = Planner(task, model, config, seed)
                found = evaluate(task, planner.unit_action)
                alone = None
                if seed == seeds[0]:
                    planner.begin()
                    first = evaluate(task, planner.unit_action, EVALUATION_SEEDS[:1])
                    alone = round(1000 * first.decision_seconds, 3)
                rows.append([
                    *CELLS[cell], seed, round(fitted, 2), number, config.horizon, found.mean,
                    found.std, round(1000 * found.decision_seconds, 4), alone,
                ])  # fmt: skip
            print(
                f"{cell}, seed {seed}: "
                + ", ".join(f"{row[7]:.1f}" for row in rows[-len(samples) :]),
                flush=True,
            )
    return rows


def choices(cells, seeds) -> list[list]:
    """Rows of ``choices.csv``."""
    rows = []
    for cell in cells:
        for seed in seeds:
            task, model, _ = model_of(cell, seed)
            own = plan_config(task)
            for name, (kind, changed) in VARIANTS.items():
                changed = {
                    k: getattr(own, k) * v if k in FACTORS else v for k, v in changed.items()
                }
                planner = kind(task, model, plan_config(task, **changed), seed)
                found = evaluate(task, planner.unit_action, OTHER_STARTS)
                milliseconds = round(1000 * found.decision_seconds, 4)
                rows.append([*CELLS[cell], seed, name, found.mean, milliseconds])
    return rows


def returns(planned: pd.DataFrame) -> list[str]:
    """Means over the seeds, a line for each cell and number of plans."""
    lines = []
    for key, rows in planned.groupby([*KEY[:3], "samples"], sort=False):
        task, method, steps, samples = key
        mean, alone = rows["mean_return"], rows["ms_alone"].dropna()
        lines.append(
            f"{task}, {steps} real steps ({method}), {samples} plans: return {mean.mean():.1f}, "
            f"worst of {len(rows)} seeds {mean.min():.1f}, "
            f"{rows['ms_side_by_side'].mean():.2f} ms a decision ({alone.mean():.1f} ms alone)"
        )
    return lines


def effects(chosen: pd.DataFrame) -> list[str]:
    """Mean returns over the seeds, a line for each choice."""
    columns = chosen.pivot_table("mean_return", "choice", "task", sort=False)
    return [
        f"{name}: " + ", ".join(f"{task} {value:.1f}" for task, value in row.items())
        for name, row in columns.iterrows()
    ]


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--cells", default=",".join(CELLS))
    parser.add_argument("--seeds", default="0-9")
    parser.add_argument("--samples", default="32,128", help="plans that are tried for a decision")
    parser.add_argument("--tuning-seeds", default="100-101")
    parser.add_argument("--tables", default="planning,choices", help="which to compute")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    out, cells = ensure_folder(options.out), options.cells.split(",")
    samples = [int(number) for number in options.samples.split(",")]
    settings = {name: str(value) for name, value in vars(options).items() if name != "out"}
    made = {"settings": settings, "provenance": provenance()}
    if "planning" in options.tables:
        write_csv(out / "planning.csv", PLANNING, table(cells, parse_seeds(options.seeds), samples))
        write_json(out / "planning.json", made)
        print("\n".join(returns(pd.read_csv(out / "planning.csv"))))
    if "choices" in options.tables:
        tuned_on = [cell for cell in cells if cell != "pendulum_20"]
        rows = choices(tuned_on, parse_seeds(options.tuning_seeds))
        write_csv(out / "choices.csv", CHOICES, rows)
        write_json(out / "choices.json", made)
        print("\n".join(effects(pd.read_csv(out / "choices.csv"))))


if __name__ == "__main__":
    main()
