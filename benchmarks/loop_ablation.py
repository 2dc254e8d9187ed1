"""Ablations in the loop: which of its choices matter, one study at a time.

    python benchmarks/loop_ablation.py --study rollouts --runs runs/ablation --out data/results/loop

Studies (tuning seeds, from 200 on; reported seeds are never tuned on):

- ``proposers``  what pretraining is worth: equations proposed by the transformer with general and
                 with specific weights, drawn blindly from the prior, or from the fixed library of
                 sparse regression, after 20, 50 and 200 real steps of the pendulum and 100 and 300
                 of the car (10,000 updates there instead of 30,000, to save time: enough
                 to see who has the better equations);
- ``rollouts``   length of the imagined rollouts × where they start × real steps, on the pendulum;
                 ``recent`` are the last 20 real states, ``model`` what imagination has reached
                 (5,000 updates instead of 8,000);
- ``inference``  how often equations are inferred while real steps come in (20 at a time, 200 in
                 all): once, every 20, 60 or 100 steps, or when the model fails on new data;
- ``starts``     how narrow the distribution of initial states may be: rollouts start in the last 1,
                 5, 20, 60 or 200 real states (few ones are also shifted, to where the last steps
                 have led), while the policy's real steps come in 20, 60 or 180 at a time, 200 in
                 all, of which 20 are random (5,000 updates instead of 8,000);
- ``adaptive``   rollouts of fixed, scheduled and validated length, with equations (200 real steps)
                 and with an ensemble of networks (500), whose error grows.

Each arm is a small ``symtut sweep`` in a folder of ``--runs``: finished runs are not repeated. Of
each study ``STUDY.csv`` (one row a run), its provenance and a figure are written to ``--out``.
``one_step_error`` is the last model's on transitions held back from it, in units of the states'
spread.
"""

import argparse
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from symtut.experiments.sweep import sweep
from symtut.lab import loop_ablations
from symtut.lab.style import use_style
from symtut.paths import ensure_folder
from symtut.storage import provenance, read_json, write_csv, write_json

FIRST_SEED = 200
RECENT = 20  # real states that count as recent in the study of start states


@dataclass(frozen=True)
class Arm:
    """One setting of a study.

    Attributes
    ----------
    factors : dict
        What the table calls it: the first factor is a panel of the figure, the second its
        horizontal axis, the third, if any, a colour.
    """

    factors: dict
    task: str
    method: str
    steps: int
    options: dict = field(default_factory=dict)

    @property
    def name(self) -> str:
        return "_".join(str(value).replace(" ", "-") for value in self.factors.values())


def proposers() -> list[Arm]:
    arms = []
    for task, steps in (*product(["pendulum"], [20, 50, 200]), *product(["car2d"], [100, 300])):
        kinds = {
            "general": ("symbolic", {"proposer": "transformer"}),
            "specific": ("symbolic", {"proposer": "transformer", "weights": task}),
            "prior": ("symbolic", {"proposer": "prior"}),
            "sparse": ("sparse", {}),
        }
        for kind, (method, options) in kinds.items():
            factors = {"task": task, "real steps": steps, "equations by": kind}
            if task == "car2d":
                options = options | {"updates": 10_000}
            arms.append(Arm(factors, task, method, steps, options))
    return arms


def rollouts() -> list[Arm]:
    lengths = (1, 2, 5, 20, 50, "validated")
    return [
        Arm(
            {"real steps": steps, "rollout length": length, "start states": start},
            "pendulum", "symbolic", steps,
            {
                "rollout_length": length, "start_states": start, "random_steps": steps,
                "recent_states": RECENT, "updates": 5000,
            },
        )
        for steps, length, start in product(
            (20, 50, 200, 1000), lengths, ("recent", "all", "model")
        )
        if not (start == "recent" and steps <= RECENT)  # these would be all states
    ]  # fmt: skip


def inference() -> list[Arm]:
    kinds = {
        "once": {"refit_every": 100_000},
        "every 100": {"refit_every": 100},
        "every 60": {"refit_every": 60},
        "every 20": {"refit_every": 20},
        "on failure": {"refit": "on_failure"},
    }
    common = {"random_steps": 20, "block_steps": 20, "updates_per_step": 20.0}
    return [
        Arm(
            {"task": "pendulum", "inference": kind, "method": method},
            "pendulum", method, 200, common | options,
        )
        for kind, options in kinds.items()
        for method in ("symbolic", "sparse")
    ]  # fmt: skip


def starts() -> list[Arm]:
    return [
        Arm(
            {"new real steps at a time": block, "last real states": recent},
            "pendulum", "symbolic", 200,
            {
                "start_states": "recent", "recent_states": recent, "random_steps": 20,
                "block_steps": block, "updates_per_step": 20.0, "updates": 5000,
            },
        )
        for block, recent in product((20, 60, 180), (1, 5, 20, 60, 200))
    ]  # fmt: skip


def adaptive() -> list[Arm]:
    needed = {  # a schedule grows while the policy takes real steps; validation needs other data
        "scheduled": {"epoch_steps": 2, "longest_rollout": 50},
        "validated": {"held_back": 0.25},
    }
    arms = [("symbolic", 200, length) for length in (1, 5, 20, 200, "validated")]
    arms += [("mbpo", 500, length) for length in (1, 5, 20, 200, "scheduled", "validated")]
    return [
        Arm(
            {"method": method, "rollout length": length},
            "pendulum", method, steps, {"rollout_length": length} | needed.get(length, {}),
        )
        for method, steps, length in arms
    ]  # fmt: skip


STUDIES = {
    "proposers": proposers, "rollouts": rollouts, "inference": inference, "starts": starts,
    "adaptive": adaptive,
}  # fmt: skip


def run_arm(arm: Arm, seeds: list[int], folder: Path, profile: str, jobs, report) -> list[dict]:
    """The runs of one arm as rows of the study's table; failed runs are left out and named."""
    failed = sweep(
        [arm.task], [arm.method], seeds, folder, arm.steps, profile, {"": arm.options},
        jobs=jobs, report=lambda line: None, reference=arm.method,
    )  # fmt: skip
    for run in failed:
        report(f"failed: {arm.name} seed {run['seed']}: {run['error']}")
    rows = []
    for seed in seeds:
        path = folder / arm.task / arm.method / f"seed_{seed}" / "summary.json"
        if path.exists():
            summary = read_json(path)
            model = summary.get("model") or {}
            rows.append(
                arm.factors
                | {
                    "seed": seed,
                    "final_return": summary["final_return"],
                    "steps_to_threshold": summary["steps_to_threshold"],
                    "imagined_length": model.get("rollout_length"),
                    "one_step_error": (model.get("validation_errors") or [None])[0],
                    "cpu_seconds": summary["cpu_seconds"],
                }
            )
    return rows


def main(argv=None) -> list[dict]:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--study", required=True, choices=STUDIES)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--runs", type=Path, required=True, help="folder for the runs")
    parser.add_argument("--out", type=Path, required=True, help="folder for table and figure")
    parser.add_argument("--profile", default="default")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--limit", type=int, help="only the first so many arms")
    options = parser.parse_args(argv)
    out, rows, arms = ensure_folder(options.out), [], STUDIES[options.study]()[: options.limit]
    seeds = list(range(FIRST_SEED, FIRST_SEED + options.seeds))
    for arm in arms:
        folder = options.runs / options.study / arm.name
        rows += run_arm(arm, seeds, folder, options.profile, options.jobs, print)
        print(f"{arm.name} done", flush=True)
        write_csv(out / f"{options.study}.csv", list(rows[0]), [list(row.values()) for row in rows])
    settings = {"study": options.study, "seeds": seeds, "profile": options.profile}
    made = {"settings": settings, "provenance": provenance()}
    write_json(out / f"{options.study}.json", made)
    use_style()
    loop_ablations.final_returns(rows).savefig(out / f"{options.study}.png", dpi=100)
    plt.close("all")
    print(loop_ablations.summary(rows))
    return rows


if __name__ == "__main__":
    main()
