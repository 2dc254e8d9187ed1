"""Regressors on test suites, at equal CPU time: ``symtut benchmark regression``."""

import hashlib
import multiprocessing
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from functools import lru_cache
from pathlib import Path

import numpy as np

from symtut.errors import InputError
from symtut.orphans import MOST_PROCESSES, end_with
from symtut.output_folder import output_file
from symtut.paths import as_path
from symtut.regression.benchmark.peers import PEERS, check_peer, fit_peer, one_thread, peer_versions
from symtut.regression.benchmark.progress import Progress
from symtut.regression.benchmark.tables import (
    ALL_METHODS,
    read_settings,
    read_table,
    row_key,
    settings_path,
    summary,
    write_table,
)
from symtut.regression.problems.suites import Problem, make_suite
from symtut.regression.regressor import SymbolicRegressor
from symtut.regression.transformer.weights import load_weights, weights_sha256
from symtut.storage import keep_foreign, provenance, write_json

EXACT = 1e-8
"""1 − R² on fresh points below which an equation counts as exact."""


class Interruptible(SymbolicRegressor):
    """The regressor as part of a program that Ctrl-C ends."""

    _keeps_best = False


# ---- one problem --------------------------------------------------------------------------------


def run_problem(
    problem: Problem,
    method: str,
    seconds: float,
    points: int,
    noise: float,
    seed: int,
    regressor: type[SymbolicRegressor] = Interruptible,
    **options,
) -> dict:
    """Fit one method to one problem and judge the equation on fresh, noise-free points.

    ``noise`` is the standard deviation of Gaussian noise relative to that of y. Fresh points come
    from the same region, and for extrapolation from one that is half as large again; points where
    the truth is undefined are left out. A method that raises, or whose equation has no finite
    value at a fresh point, gets R² = −inf and the reason under ``failure``. ``regressor`` is the
    class that the project's own methods are methods of.
    """
    generator = np.random.default_rng(np.random.SeedSequence([seed, _number(problem.name)]))
    x = problem.points(points, generator)
    clean = problem.truth(x)
    y = clean + noise * clean.std() * generator.standard_normal(points)
    fresh, wider = problem.points(500, generator), problem.points(500, generator, 1.5)
    equation, complexity, r2, r2_wider, failure = "", None, -np.inf, -np.inf, ""
    started = time.process_time()
    try:
        if method in PEERS:
            model = fit_peer(method, x, y, seconds, seed, problem.names)
            equation, complexity = model.equation, model.complexity
        else:
            settings = {"rounds": None, "max_time": seconds, "random_state": seed, **options}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = regressor(method=method, feature_names=problem.names, **settings)
                model.fit(x, y)
            equation, complexity = (model.equations_[0][k] for k in ("equation", "complexity"))
        spent = time.process_time() - started
        r2, r2_wider = _r2(model, problem, fresh), _r2(model, problem, wider)
        if r2 == -np.inf:
            failure = "not finite at a fresh point"
    except Exception as error:  # whatever one method does wrong, the table goes on
        spent = time.process_time() - started
        failure = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return {
        "problem": problem.name, "kind": problem.kind, "method": method, "points": points,
        "noise": noise, "r2": r2, "r2_extrapolated": r2_wider, "exact": int(1 - r2 < EXACT),
        "exact_extrapolated": int(1 - r2 < EXACT and 1 - r2_wider < EXACT),
        "complexity": complexity, "cpu_seconds": round(spent, 3), "equation": equation,
        "failure": failure,
    }  # fmt: skip


def _r2(model, problem, x) -> float:
    """R² on fresh points against the noise-free truth; −inf where the equation is undefined."""
    with np.errstate(all="ignore"):
        truth = problem.truth(x)
    known = np.isfinite(truth)
    if known.sum() < 10 or truth[known].std() == 0:
        return float("nan")
    prediction = model.predict(x[known])
    if not np.isfinite(prediction).all():
        return float("-inf")
    return 1.0 - float(np.mean((truth[known] - prediction) ** 2) / truth[known].var())


def _number(name: str) -> int:
    return int.from_bytes(name.encode(), "little") % (2**61 - 1)


# ---- the table ----------------------------------------------------------------------------------


def run_benchmark(
    suite: str,
    methods: list[str],
    out: str | Path,
    seconds: float = 10.0,
    points: tuple[int, ...] = (200,),
    noise: tuple[float, ...] = (0.0,),
    limit: int | None = None,
    seed: int = 0,
    kind: str | None = None,
    report: Callable[[str], None] = print,
    jobs: int = 1,
    overwrite: bool = False,
    **options,
) -> list[dict]:
    """Run methods on a suite, write one row a fit to ``out`` (CSV) and print a summary.

    The table is on disk after every row. A table that is there already is continued: its rows are
    kept, what this call asks for and it lacks is added. So a table can be cut at any time and can
    grow by methods, points and noise; ``overwrite`` begins it anew. Beside it stands a JSON file
    with what all rows share (suite, seconds, seed, weights, libraries) and the provenance of every
    session that added rows. ``jobs`` processes share the work, one thread each; the rows do not
    depend on it but for time limits, which cut where the machine is slower. ``kind`` asks for the
    problems of one kind alone (``limit`` for the first so many of them): ``"development"`` or
    ``"table"`` of the laws.

    Raises
    ------
    InputError
        Unknown suite, kind or method, a library that is not installed, a file that cannot be
        written or is not such a table, or a table that was made with other settings.
    """
    out, beside = as_path(out), settings_path(out)
    methods = list(dict.fromkeys(methods))
    _check(methods, seconds, points, noise, limit, jobs)
    keep_foreign(beside, lambda _: read_settings(out))
    keep_foreign(out, read_table)
    problems = _problems(suite)
    asked = _of_kind(problems, kind)[:limit]
    settings = {
        "suite": suite, "problems": _fingerprint(problems), "seconds": seconds, "seed": seed,
        "options": {name: value for name, value in options.items() if name != "weights"},
        "weights": _weights_hash(methods, options), "peers": peer_versions(methods),
    }  # fmt: skip
    with output_file(out, [beside.name]):
        rows, sessions = ([], []) if overwrite else _continued(out, settings)
        place = {problem.name: i for i, problem in enumerate(problems)}
        if unknown := {row["problem"] for row in rows} - place.keys():
            raise InputError(f"the table '{out}' has the unknown problem '{min(unknown)}'.")
        grid = [
            (number, method, size, level)
            for number in asked
            for size in points
            for level in noise
            for method in methods
        ]
        done = {row_key(row): row for row in rows}
        todo = [task for task in grid if (problems[task[0]].name, *task[1:]) not in done]
        if len(todo) < len(grid):
            report(f"{len(grid) - len(todo)} of {len(grid)} rows are in '{out}' already")

        def order(row):
            method = ALL_METHODS.index(row["method"])
            return place[row["problem"]], row["points"], row["noise"], method

        progress = Progress(todo, seconds, jobs, report)
        with closing(_results(suite, todo, jobs, seconds, seed, options)) as results:
            for number, (task, row) in enumerate(results):
                if number == 0:  # what fails before the first row leaves nothing
                    if overwrite:
                        out.unlink(missing_ok=True)
                    write_json(beside, settings | {"sessions": [*sessions, provenance()]})
                done[row_key(row)] = row
                write_table(out, sorted(done.values(), key=order))
                progress.tick(task, row)
        rows = sorted(done.values(), key=order)
        report(summary(rows))
        return rows


def _check(methods, seconds, points, noise, limit, jobs):
    for method in methods:
        if method not in ALL_METHODS:
            raise InputError(f"unknown method '{method}'; known methods: {', '.join(ALL_METHODS)}.")
        if method in PEERS:
            check_peer(method)
    if not 0 < seconds < np.inf:
        raise InputError(f"--seconds must be a finite number above 0, not {seconds}.")
    if not all(5 <= size <= 1000 for size in points):
        raise InputError("--points must be between 5 and 1000.")
    if not all(0 <= level < np.inf for level in noise):
        raise InputError("--noise must be a finite number of at least 0.")
    if limit is not None and limit < 1:
        raise InputError("--limit must be positive.")
    if not 1 <= jobs <= MOST_PROCESSES:
        raise InputError(f"--jobs must be at least 1 and at most {MOST_PROCESSES}, not {jobs}.")


def _of_kind(problems: list[Problem], kind: str | None) -> list[int]:
    """Where the problems of a kind stand in a suite."""
    kinds = list(dict.fromkeys(problem.kind for problem in problems))
    if kind is not None and kind not in kinds:
        raise InputError(f"unknown kind '{kind}'; kinds of this suite: {'; '.join(kinds)}.")
    return [i for i, problem in enumerate(problems) if kind in (None, problem.kind)]


def _weights_hash(methods, options) -> str | None:
    """SHA-256 of the weights if a method needs them; bad weights are named before any work."""
    if not any("transformer" in method for method in methods):
        return None
    name = options.get("weights", "general")
    load_weights(name)
    return weights_sha256(name)


def _fingerprint(problems: list[Problem]) -> str:
    """Changes when a suite changes: names and a few values of every problem, to five digits."""
    digest = hashlib.sha256()
    for problem in problems:
        y = problem.truth(problem.points(5, np.random.default_rng(0)))
        digest.update(f"{problem.name} {problem.kind} {[f'{v:.4e}' for v in y]}".encode())
    return digest.hexdigest()[:16]


def _continued(out: Path, settings: dict) -> tuple[list[dict], list[dict]]:
    """Rows and sessions of the table at ``out``; ``settings`` takes over what only it knows."""
    if not out.exists():
        return [], []
    advice = "Choose another --out, or begin this table anew with --overwrite."
    rows, before = read_table(out), read_settings(out)
    for name in ("suite", "problems", "seconds", "seed", "options"):
        if before.get(name) != settings[name]:
            raise InputError(
                f"the table '{out}' was made with {name} = {before.get(name)}, "
                f"not {settings[name]}. {advice}"
            )
    if before.get("weights") and settings["weights"] not in (None, before["weights"]):
        raise InputError(f"the table '{out}' was made with other weights. {advice}")
    settings["weights"] = settings["weights"] or before.get("weights")
    for name, number in before.get("peers", {}).items():
        if settings["peers"].setdefault(name, number) != number:
            raise InputError(
                f"the table '{out}' was made with {name} {number}, installed is "
                f"{settings['peers'][name]}. {advice}"
            )
    return rows, before["sessions"]


# ---- the work -----------------------------------------------------------------------------------


def _results(suite, todo, jobs, seconds, seed, options) -> Iterator[tuple[tuple, dict]]:
    """(task, row) as they get done, in this process or in ``jobs`` others."""
    if jobs == 1 or len(todo) < 2:
        with one_thread():
            for task in todo:
                yield task, _run_task(suite, task, seconds, seed, options)
        return
    # a fresh interpreter each: torch's and OpenMP's threads do not survive a fork
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        min(jobs, len(todo)), mp_context=context, initializer=_start_worker, initargs=(os.getpid(),)
    )
    try:
        futures = {
            pool.submit(_run_task, suite, task, seconds, seed, options): task for task in todo
        }
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BaseException:  # Ctrl-C above all: nobody waits for fits that are under way
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker(parent: int) -> None:
    import torch

    end_with(parent)  # a killed one cannot end its workers

    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle


@lru_cache(maxsize=1)
def _problems(suite: str) -> list[Problem]:
    return make_suite(suite)  # a worker makes it once: problems cannot be sent, suites can be named


def _run_task(suite: str, task: tuple, seconds: float, seed: int, options: dict) -> dict:
    number, method, size, level = task
    problem = _problems(suite)[number]
    if "transformer" in method:
        load_weights(options.get("weights", "general"))  # reading files is not part of the fit
    with one_thread():
        row = run_problem(problem, method, seconds, size, level, seed, **options)
    return {"suite": suite, **row}
