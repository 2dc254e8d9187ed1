"""Regressors on test suites, at equal CPU time: ``symtut benchmark regression``."""

import hashlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd

from symtut.errors import InputError, unknown
from symtut.machine import MOST_PROCESSES, end_with
from symtut.paths import as_path, output_file
from symtut.progress import Bar
from symtut.regression.benchmark.peers import PEERS, check_peer, one_blas_thread, peer_versions
from symtut.regression.benchmark.tables import (
    ALL_METHODS,
    COLUMNS,
    KEY,
    read_results,
    read_settings,
    settings_path,
    summary_text,
)
from symtut.regression.benchmark.trial import run_problem
from symtut.regression.problems.suites import Problem, make_suite
from symtut.regression.transformer.weights import load_weights, weights_sha256
from symtut.storage import keep_foreign, provenance, write_csv, write_json

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
    keep_foreign(out, read_results)
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
        key_of = itemgetter(*KEY)
        done = {key_of(row): row for row in rows}
        todo = [task for task in grid if (problems[task[0]].name, *task[1:]) not in done]
        if stored := len(grid) - len(todo):
            report(f"{stored} of {len(grid)} rows are in '{out}' already")

        def order(row):
            method = ALL_METHODS.index(row["method"])
            return place[row["problem"]], row["points"], row["noise"], method

        results = _results(suite, todo, jobs, seconds, seed, options)
        with Bar("rows", len(grid), stored) as bar, closing(results):
            for number, row in enumerate(results, stored + 1):
                if number == stored + 1:  # what fails before the first row leaves nothing
                    if overwrite:
                        out.unlink(missing_ok=True)
                    write_json(beside, settings | {"sessions": [*sessions, provenance()]})
                done[key_of(row)] = row
                write_csv(out, list(COLUMNS), sorted(done.values(), key=order))
                bar.to(number, f"{row['problem']}, {row['method']}")
        rows = sorted(done.values(), key=order)
        report(summary_text(pd.DataFrame(rows)))
        return rows


def _check(methods, seconds, points, noise, limit, jobs):
    for method in methods:
        if method not in ALL_METHODS:
            raise unknown("method", method, ALL_METHODS)
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
    rows, before = read_results(out).to_dict("records"), read_settings(out)
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


def _results(suite, todo, jobs, seconds, seed, options) -> Generator[dict, None, None]:
    """Rows as they get done, in this process or in ``jobs`` others."""
    if jobs == 1 or len(todo) < 2:
        with one_blas_thread():
            for task in todo:
                yield _run_task(suite, task, seconds, seed, options)
        return
    # a fresh interpreter each: torch's and OpenMP's threads do not survive a fork
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        min(jobs, len(todo)), mp_context=context, initializer=_start_worker, initargs=(os.getpid(),)
    )
    try:
        futures = [pool.submit(_run_task, suite, task, seconds, seed, options) for task in todo]
        for future in as_completed(futures):
            yield future.result()
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
    with one_blas_thread():
        row = run_problem(problem, method, seconds, size, level, seed, **options)
    return {"suite": suite, **row}
