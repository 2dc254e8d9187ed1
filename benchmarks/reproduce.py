"""The comparison from nothing: all runs, its tables and figure, and notebook 11 on them.

    make reproduce                                      on all cores of this machine
    make reproduce SCHEDULER=tcp://host:8786            on a dask cluster that sees the same folder
    make reproduce JOBS=4 SEEDS=0-2 ONLY=reacher OUT=/scratch/comparison

It says how many runs are left and about how long they take, then begins. Stopped at any time, the
same command goes on. OUT (default outputs/reproduction) gets ``runs/``, ``results/comparison/`` and
the executed notebook; the tables that the course ships stay as they are.
"""

import argparse
import os
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import mean
from time import process_time

import torch

from benchmarks.comparison import STORED, SWEEPS, Sweep, chosen, commands, make
from symtut.errors import InputError
from symtut.experiments import results
from symtut.experiments.evaluation import evaluate
from symtut.experiments.results import Result
from symtut.experiments.sweep import SweepRun, parse_seeds, sweep
from symtut.experiments.tables import RUNS, read_runs
from symtut.lab import run as notebooks
from symtut.lab.report import write_report
from symtut.paths import FOLDER_VARIABLE, data_path, ensure_folder
from symtut.storage import write_bytes
from symtut.tasks import make_task
from symtut.workers import cores

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks" / "11_the_papers_comparison.ipynb"


def say(line: str) -> None:
    print(line, flush=True)


def reproduce(arguments: argparse.Namespace) -> int:
    """The runs, then what they say; the exit code is 1 if a run or the notebook failed."""
    sweeps = chosen(arguments.smoke, arguments.seeds, arguments.only, arguments.profile)
    out = ensure_folder(arguments.out).absolute()
    left = [entry for one in sweeps for entry in what_is_left(one, out / "runs")]
    places = None if arguments.scheduler else arguments.jobs or cores()
    for line in describe(left, places):
        say(line)
    if arguments.dry_run:
        return 0
    failed = []
    for one in sweeps:
        say(f"\n{one.command(str(out / 'runs'))}")
        failed += sweep(
            [one.task], list(one.methods), parse_seeds(one.seeds), out / "runs" / one.name,
            dict(one.steps), one.profile, {"": dict(one.overrides)}, arguments.backend,
            arguments.scheduler, arguments.jobs, report=say,
        )  # fmt: skip
    for run in failed:
        say(f"failed: {run['task']}/{run['method']} seed {run['seed']}: {run['error']}")
    return 1 if show(out, arguments.smoke) or failed else 0


def show(out: Path, smoke: bool) -> int:
    """Tables, figure and notebook of the runs that are finished; 0 if all were made."""
    tables = out / STORED
    if tables.exists():
        shutil.rmtree(tables)  # what an earlier call left must not pass for these runs
    make(out / "runs", ensure_folder(tables))
    if not any(tables.glob("*/runs.csv")):
        say("No run is finished: there is no table to show.")
        return 1
    say(f"\n{NOTEBOOK.name} on these tables ...")
    before = os.environ.get(FOLDER_VARIABLE)
    os.environ[FOLDER_VARIABLE] = str(out)  # the notebook's kernel looks there first
    try:
        profile = "smoke" if smoke else "paper"
        results = notebooks.execute(NOTEBOOK, out, {"PROFILE": profile})
    except Exception as error:  # a failed cell: the runs and tables are there all the same
        if type(error).__name__ != "PapermillExecutionError":
            raise
        say(f"{error}\nThe notebook failed; see {out / NOTEBOOK.name}. The tables are whole.")
        return 1
    finally:
        if before is None:
            os.environ.pop(FOLDER_VARIABLE)
        else:
            os.environ[FOLDER_VARIABLE] = before
    report = write_report(out / NOTEBOOK.name, results)
    say(f"kept: {tables}, {out / NOTEBOOK.name}, {report}")
    return 0


# ---- what is left -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Remaining:
    """Runs of one sweep and method that are not finished, and what one of them costs."""

    sweep: str
    method: str
    runs: int
    total: int
    cpu_seconds: float | None  # of one, evaluations included; None: nothing is known of such runs


def what_is_left(sweep: Sweep, runs: Path) -> list[Remaining]:
    """One entry a method, finished ones too, in the order of the sweep."""
    planned = sweep.plan(runs)
    found = []
    for method in sweep.methods:
        cell = [run for run in planned if run.method == method]
        left = [run for run in cell if not Path(run.out, results.SUMMARY).exists()]
        cost = cost_of(sweep, left[0], runs) if left else 0.0
        found.append(Remaining(sweep.name, method, len(left), len(cell), cost))
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
    rows = read_runs(path).itertuples()
    return [r.cpu_seconds for r in rows if (r.task, r.method, r.env_steps) == same]


@cache
def seconds_to_judge(task: str) -> float:
    """CPU-seconds of one evaluation on this machine: a policy that does nothing."""
    world = make_task(task)
    begun = process_time()
    evaluate(world, lambda observation: torch.zeros(len(observation), world.action_size))
    return process_time() - begun


def minutes(entry: Remaining) -> str:
    if entry.cpu_seconds is None:
        return "unknown"
    return f"{entry.runs * entry.cpu_seconds / 60:.1f}"


def describe(left: list[Remaining], places: int | None) -> list[str]:
    """How many runs are left and how long they take, in lines: one a row of the table, and a sum.

    ``places`` is how many runs go side by side; None where only a cluster knows.
    """
    widest = max(len(entry.sweep) for entry in left)
    lines = [
        f"   {entry.sweep:<{widest}} {entry.method:<9} {entry.runs:>3} of {entry.total:<3} "
        f"{minutes(entry):>8} CPU-minutes"
        for entry in left
    ]
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


# ---- the command --------------------------------------------------------------------------------

PAGE = ROOT / "docs" / "reproducibility.md"
BEGIN, END = "<!-- sweeps -->\n", "<!-- end of the sweeps -->\n"


def page() -> str:
    """The text of docs/reproducibility.md with the commands of these sweeps."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [
        *commands(),
        "python benchmarks/comparison.py --runs runs --out data/results/comparison",
    ]
    return "".join([before, BEGIN, "```\n", *(f"{line}\n" for line in lines), "```\n", END, after])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("outputs/reproduction"))
    parser.add_argument("--seeds", help="other seeds for all sweeps, as 0-2")
    parser.add_argument("--only", help="sweeps by name, as pendulum,reacher (default: all)")
    parser.add_argument("--jobs", type=int, help="runs side by side (default: the cores)")
    parser.add_argument("--backend", default="loky", help="loky (default) or dask")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="a dask cluster, as tcp://host:8786")
    parser.add_argument("--profile", default="default", help="settings: default, or paper's own")
    parser.add_argument("--smoke", action="store_true", help="tiny runs, to try the way")
    parser.add_argument("--dry-run", action="store_true", help="only say what is left")
    parser.add_argument("--page", action="store_true", help=f"write the commands into {PAGE.name}")
    arguments = parser.parse_args(argv)
    if arguments.page:
        write_bytes(PAGE, page().encode())
        return 0
    torch.set_num_threads(1)
    try:
        return reproduce(arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on where it was cut.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
