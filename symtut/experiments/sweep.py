"""Many runs: tasks × methods × seeds, on as many processes or machines as there are.

Every run has its own folder, ``out/task/method/seed_S``, made by :func:`symtut.experiments.train`.
All state is there, on disk. The next call repeats no finished run, resumes one that was
interrupted, and tries again one that failed.
"""

import json
import re
import shlex
import signal
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from keyword import iskeyword
from pathlib import Path
from typing import Any

from symtut.errors import InputError, InUse, unknown
from symtut.experiments import results
from symtut.experiments.config import RunConfig, first_difference
from symtut.experiments.run import Run, train
from symtut.experiments.summary import SOURCES, TABLE, check_tables, write_tables
from symtut.experiments.sweep_report import Failures, Progress
from symtut.experiments.tables import CURVES, RUNS
from symtut.forms import LARGEST_SEED
from symtut.paths import as_path, output_folder
from symtut.progress import silenced
from symtut.tasks import TASKS, make_task
from symtut.tasks.registry import OWN
from symtut.workers import IN_USE, Workers
from symtut.world_models import METHODS

FAILURES = "failures.json"
SWEEP_FILES = (FAILURES, RUNS, CURVES, TABLE, SOURCES)
MOST_SEEDS = 10_000


@dataclass(frozen=True)
class SweepRun:
    """One run of a sweep, as it is sent to a worker."""

    task: str
    method: str
    seed: int
    steps: int
    profile: str
    out: str  # the run's own folder, absolute
    overrides: tuple[tuple[str, Any], ...] = field(default=(), compare=False)  # may hold lists

    @property
    def name(self) -> str:
        return f"{self.task}/{self.method} seed {self.seed}"

    def config(self) -> RunConfig:
        return RunConfig.make(
            self.task, self.method, self.steps, self.seed, self.profile, **dict(self.overrides)
        )

    def command(self) -> str:
        """What to type to do this run alone."""
        words = ["symtut", "train", "--task", self.task, "--method", self.method]
        words += ["--steps", str(self.steps), "--seed", str(self.seed), "--profile", self.profile]
        for name, value in self.overrides:
            plain = isinstance(value, str) and value.isidentifier() and not iskeyword(value)
            words += ["--set", f"{name}={value if plain else repr(value)}"]
        return shlex.join([*words, "--out", self.out])


def sweep(
    tasks: list[str],
    methods: list[str],
    seeds: list[int],
    out: str | Path,
    steps: int | dict[str, int] = 200,
    profile: str = "default",
    overrides: dict[str, dict[str, object]] | None = None,
    backend: str = "loky",
    scheduler: str | None = None,
    jobs: int | None = None,
    reference: str = "symbolic",
    report: Callable[[str], None] = print,
) -> list[dict]:
    """Do the runs that are not done yet, then write the tables of the sweep.

    Parameters
    ----------
    steps : int or dict
        Real steps of every run, or by ``"method"`` or ``"task/method"`` (the more special wins;
        ``""`` is for the rest).
    overrides : dict of dicts
        Options as :func:`train` takes them, by the same keys; ``""`` is for all runs.
    backend, scheduler, jobs
        ``loky``: ``jobs`` processes here (default: one a core; 1 is this process itself).
        ``dask``: a cluster of ``jobs`` processes here, or the one at ``scheduler``, whose machines
        must see the folder ``out`` under the same path.
    reference : str
        The method that the table compares with.

    Returns
    -------
    list of dict
        The failed runs, as in ``failures.json``; empty if everything is there.

    Raises
    ------
    InputError
        For wrong names, options or folders, all before any work.
    """
    runs = plan(tasks, methods, seeds, out, steps, profile, overrides or {})
    if reference not in METHODS:
        raise unknown("method", reference, METHODS)
    workers = Workers(backend, scheduler, jobs)
    here = [task for task in tasks if task in TASKS and task not in OWN]
    if here and workers.places != 1:
        raise InputError(
            f"'{here[0]}' is registered in this process alone: name it as module:Class, which "
            "other processes can import, or compute here with --jobs 1."
        )
    todo = _to_do(runs)
    with output_folder(out, SWEEP_FILES) as out:
        check_tables(out)
        failures = Failures(out / FAILURES)
        failures.forget(run.out for run in runs)
        if len(todo) < len(runs):
            report(f"{len(runs) - len(todo)} of {len(runs)} runs are finished already")
        progress = Progress(runs, todo, workers.places, report)
        check = partial(_check_place, tuple(tasks), str(out.absolute()))
        outcomes = workers.outcomes(todo, do_run, check, report)
        with progress, _ended_like_ctrl_c(), closing(outcomes) as done:
            for run, outcome in done:
                if "error" not in outcome and not (Path(run.out) / results.SUMMARY).exists():
                    outcome = {
                        "error": f"the worker's files are not in '{run.out}' as this machine sees "
                        "it; all machines must share the folder --out"
                    }
                if "error" in outcome:
                    failures.add(run, outcome)
                progress.tick(run, outcome)
        if any(Path(run.out, results.SUMMARY).exists() for run in runs):
            report(write_tables(out, reference))
        return failures.of(run.out for run in runs)


# ---- what is asked for --------------------------------------------------------------------------


def parse_seeds(text: str) -> list[int]:
    """``"0-9"``, ``"0,3,7"``, ``"0-4,10"`` → the seeds, each once."""
    seeds: list[int] = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*([0-9]{1,10})(?:\s*-\s*([0-9]{1,10}))?\s*", part)
        low, high = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if low > high or high - low + len(seeds) >= MOST_SEEDS or high > LARGEST_SEED:
            raise InputError(
                f"{text[:60]!r} is not a list of seeds: write 0-9 or 0,3,7, lowest first, at most "
                f"{MOST_SEEDS}, none above {LARGEST_SEED}."
            )
        seeds += range(low, high + 1)
    return list(dict.fromkeys(seeds))


def most_specific(choices: dict[str, Any], task: str, method: str) -> Any:
    """The value for ``task/method``, else for ``method``, else for ``""``."""
    for key in (f"{task}/{method}", method, ""):
        if key in choices:
            return choices[key]
    return None


def plan(
    tasks: Sequence[str],
    methods: Sequence[str],
    seeds: Sequence[int],
    out: str | Path,
    steps: int | dict[str, int],
    profile: str,
    overrides: dict[str, dict[str, Any]],
) -> list[SweepRun]:
    """All runs of a sweep, checked. Seeds outermost: a cut sweep has few seeds of everything."""
    for name, value in {"tasks": tasks, "methods": methods, "seeds": seeds}.items():
        if not isinstance(value, list | tuple | range):
            raise InputError(f"'{name}' must be a list, not {value!r}.")
    if not isinstance(overrides, dict) or not all(isinstance(v, dict) for v in overrides.values()):
        raise InputError(f"'overrides' must be a dict of dicts, not {overrides!r}.")
    tasks, methods = (list(dict.fromkeys(names)) for names in (tasks, methods))
    seeds = list(dict.fromkeys(seeds))
    if not (tasks and methods and seeds):
        raise InputError("a sweep needs at least one task, one method and one seed.")
    for task in tasks:
        make_task(task)
    for method in methods:
        if method not in METHODS:
            raise unknown("method", method, METHODS)
    steps = steps if isinstance(steps, dict) else {"": steps}
    for where in (*steps, *overrides):  # may name what this sweep leaves out, but not a misprint
        task, _, method = where.rpartition("/")
        if where and not (method in METHODS and (not task or task in {*TASKS, *tasks})):
            raise InputError(
                f"'{where}' is neither a method nor task/method. Methods: {', '.join(METHODS)}; "
                f"tasks: {', '.join(TASKS)}."
            )
    runs = []
    for seed in seeds:
        for task in tasks:
            for method in methods:
                real_steps = most_specific(steps, task, method)
                if real_steps is None:
                    raise InputError(f"no --steps for '{task}/{method}'; add {method}=NUMBER.")
                options = {}
                for key in ("", method, f"{task}/{method}"):
                    options |= overrides.get(key, {})
                place = re.sub("[:/]", ".", task)  # a task of a module, or an environment
                folder = str(as_path(out).absolute() / place / method / f"seed_{seed}")
                chosen = tuple(options.items())
                runs.append(SweepRun(task, method, seed, real_steps, profile, folder, chosen))
    for run in runs:
        if run.seed == seeds[0]:  # seeds differ in nothing that could be wrong
            checked = Run(run.config(), Path(run.out), lambda line: None)
            if checked.task.solved_return is None and checked.config.threshold is None:
                raise InputError(
                    f"nothing says which return solves '{run.task}', and the table of a sweep "
                    "counts the steps to it: give --set threshold=NUMBER."
                )
    return runs


def _to_do(runs: list[SweepRun]) -> list[SweepRun]:
    """The runs that are not finished.

    A cell that holds runs of another configuration, be it of other seeds, is an error: their
    figures could not stand in one row.
    """
    for cell in {(run.task, run.method): run for run in runs}.values():
        wanted = json.loads(json.dumps(cell.config().as_json())) | {"seed": None}
        for path in sorted(Path(cell.out).parent.glob(f"seed_*/{results.CONFIG}")):
            stored = results.read_config(path)["run"] | {"seed": None}
            if stored != wanted:
                raise InputError(
                    f"'{path.parent}' holds a run with another configuration "
                    f"({first_difference(stored, wanted)}). Choose another --out folder."
                )
    return [run for run in runs if not results.is_finished(run.out)]


# ---- the work -----------------------------------------------------------------------------------


def _check_place(tasks: tuple[str, ...], out: str) -> None:
    """Raise an ``InputError`` where these tasks cannot be made or this folder is not seen."""
    for task in tasks:
        make_task(task)
    if not Path(out).is_dir():
        raise InputError(f"it does not see the folder '{out}', which all machines must share.")


def do_run(run: SweepRun) -> dict:
    """One run, in whatever process this is: a few figures, or the error that ended it."""
    started = time.monotonic()
    try:
        with silenced():  # the sweep has a bar of its own
            result = train(
                run.task, run.method, run.steps, run.seed, run.out, run.profile,
                None, **dict(run.overrides),
            )  # fmt: skip
    except Exception as error:  # whatever goes wrong in one run, the others go on
        lines = traceback.format_exception_only(error)
        return {
            "error": " ".join(lines[-1].split()),
            "traceback": "".join(traceback.format_exception(error)),
            IN_USE: isinstance(error, InUse),
        }
    return {
        "final_return": result.final_return,
        "cpu_seconds": result.summary["cpu_seconds"],
        "seconds": time.monotonic() - started,
        "diverged": result.diverged,
    }


@contextmanager
def _ended_like_ctrl_c():
    """A polite end (SIGTERM: a batch system, a shutdown) stops the workers too, as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
