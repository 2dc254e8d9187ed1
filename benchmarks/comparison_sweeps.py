"""The sweeps of the course's comparison, as data, and what is left of them to compute.

README shows :func:`commands`; ``make reproduce`` (``benchmarks/reproduce.py``) does them.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import mean
from time import process_time

import torch

from symtut.errors import InputError
from symtut.experiments import results
from symtut.experiments.evaluation import evaluate
from symtut.experiments.results import Result
from symtut.experiments.sweep import SweepRun, parse_seeds, plan
from symtut.experiments.tables import RUNS, read_runs
from symtut.paths import data_path
from symtut.tasks import make_task

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


# ---- what is left -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Left:
    """Runs of one sweep and method that are not finished, and what one of them costs."""

    sweep: str
    method: str
    runs: int
    total: int
    cpu_seconds: float | None  # of one, evaluations included; None: nothing is known of such runs


def what_is_left(sweep: Sweep, runs: Path) -> list[Left]:
    """One entry a method, finished ones too, in the order of the sweep."""
    planned = sweep.plan(runs)
    found = []
    for method in sweep.methods:
        cell = [run for run in planned if run.method == method]
        left = [run for run in cell if not Path(run.out, results.SUMMARY).exists()]
        cost = cost_of(sweep, left[0], runs) if left else 0.0
        found.append(Left(sweep.name, method, len(left), len(cell), cost))
    return found


def cost_of(sweep: Sweep, run: SweepRun, runs: Path) -> float | None:
    """CPU-seconds of such a run: training as it was, here or in the stored tables, and judging.

    The stored tables leave evaluations out, so one is timed on this machine.
    """
    done = [
        Result.load(path.parent).summary["cpu_seconds"]
        for path in (runs / sweep.name).glob(f"{run.task}/{run.method}/seed_*/{results.SUMMARY}")
    ]
    if not done:
        done = _stored(sweep, run)
    if not done:
        return None
    config = run.config()
    updates = max(int(run.steps * config.loop.updates_per_step), config.loop.updates)
    evaluations = 1 + updates // config.evaluate_every
    return mean(done) + evaluations * seconds_to_judge(run.task)


def _stored(sweep: Sweep, run: SweepRun) -> list[float]:
    """CPU-seconds of shipped runs with these steps and settings."""
    shipped = {entry.name: entry for entry in SWEEPS}.get(sweep.name)
    if shipped is None or (sweep.profile, sweep.overrides) != (shipped.profile, shipped.overrides):
        return []
    try:
        path = data_path(f"{STORED}/{sweep.name}/{RUNS}")
    except InputError:
        return []
    same = (run.task, run.method, run.steps)
    return [r.cpu_seconds for r in read_runs(path) if (r.task, r.method, r.env_steps) == same]


@cache
def seconds_to_judge(task: str) -> float:
    """CPU-seconds of one evaluation on this machine: a policy that does nothing."""
    world = make_task(task)
    begun = process_time()
    evaluate(world, lambda observation: torch.zeros(len(observation), world.action_size))
    return process_time() - begun


def describe(left: list[Left], places: int | None) -> list[str]:
    """How many runs are left and how long they take, in lines.

    ``places`` is how many runs go side by side; None where only a cluster knows.
    """
    lines = []
    for name in dict.fromkeys(entry.sweep for entry in left):
        cells = [f"{e.method} {e.runs} of {e.total}" for e in left if e.sweep == name]
        lines.append(f"   {name:<12} {', '.join(cells)}")
    runs, total = sum(entry.runs for entry in left), sum(entry.total for entry in left)
    lines.insert(0, f"{runs} of {total} runs are left:")
    known = [entry for entry in left if entry.runs and entry.cpu_seconds is not None]
    unknown = [entry for entry in left if entry.runs and entry.cpu_seconds is None]
    hours = sum(entry.runs * entry.cpu_seconds for entry in known) / 3600
    if known:
        line = f"About {hours:.2g} CPU-hours for {sum(e.runs for e in known)} of them"
        if places is not None:
            line += f", {hours / max(1, min(places, runs)):.2g} hours with {places} at a time"
        lines.append(line + ", at the pace of earlier runs (another machine may differ).")
    if unknown:
        names = ", ".join(f"{e.sweep}/{e.method}" for e in unknown)
        lines.append(f"Not in this estimate, since no such run is known: {names}.")
    return lines
