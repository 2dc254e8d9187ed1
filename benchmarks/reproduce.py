"""README's comparison from nothing: all runs, its tables and figure, and notebook 11 on them.

    make reproduce                                      on all cores of this machine
    make reproduce SCHEDULER=tcp://host:8786            on a dask cluster that sees the same folder
    make reproduce JOBS=4 SEEDS=0-2 ONLY=reacher OUT=/scratch/comparison

It says how many runs are left and about how long they take, then begins. Stopped at any time, the
same command goes on. OUT (default outputs/reproduction) gets ``runs/``, ``results/comparison/`` and
the executed notebook; the tables that the course ships stay as they are.
"""

import argparse
import os
import runpy
import shutil
import sys
from pathlib import Path

import torch

from benchmarks.comparison_sweeps import STORED, chosen, commands, describe, what_is_left
from symtut.errors import InputError
from symtut.experiments import sweep as sweeping
from symtut.experiments.sweep import parse_seeds, sweep
from symtut.lab import run as notebooks
from symtut.paths import FOLDER_VARIABLE, ensure_folder
from symtut.storage import write_bytes

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "notebooks" / "11_the_papers_comparison.ipynb"


def say(line: str) -> None:
    print(line, flush=True)


def reproduce(arguments: argparse.Namespace) -> int:
    """The runs, then what they say; the exit code is 1 if a run or the notebook failed."""
    sweeps = chosen(arguments.smoke, arguments.seeds, arguments.only, arguments.profile)
    out = ensure_folder(arguments.out).absolute()
    left = [entry for one in sweeps for entry in what_is_left(one, out / "runs")]
    places = None if arguments.scheduler else arguments.jobs or sweeping._cores()
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
    comparison = runpy.run_path(str(ROOT / "benchmarks" / "comparison.py"))
    comparison["make"](out / "runs", ensure_folder(tables))
    if not any(tables.glob("*/runs.csv")):
        say("No run is finished: there is no table to show.")
        return 1
    say(f"\n{NOTEBOOK.name} on these tables ...")
    before = os.environ.get(FOLDER_VARIABLE)
    os.environ[FOLDER_VARIABLE] = str(out)  # the notebook's kernel looks there first
    try:
        profile = "smoke" if smoke else "paper"
        notebooks.execute(NOTEBOOK, out, {"PROFILE": profile})
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
    say(f"kept: {tables}, {out / NOTEBOOK.name}, {notebooks.write_html(out / NOTEBOOK.name)}")
    return 0


README, BEGIN, END = ROOT / "README.md", "<!-- sweeps -->\n", "<!-- end of the sweeps -->\n"


def readme() -> str:
    """The text of README with the commands of these sweeps."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
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
    parser.add_argument("--readme", action="store_true", help="write the commands into README")
    arguments = parser.parse_args(argv)
    if arguments.readme:
        write_bytes(README, readme().encode())
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
