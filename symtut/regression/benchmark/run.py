"""Regressors on test suites, at equal CPU time: ``symtut benchmark regression``."""

import hashlib
from collections.abc import Callable
from contextlib import closing
from functools import lru_cache, partial
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd

from symtut.errors import InputError, unknown
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
from symtut.workers import Workers

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
    jobs: int | None = None,
    overwrite: bool = False,
    scheduler: str | None = None,
    **options,
) -> list[dict]:
    """Run methods on a suite, write one row a fit to ``out`` (CSV) and print a summary.

    The table is on disk after every row. A table that is there already is continued: its rows are
    kept, what this call asks for and it lacks is added. So a table can be cut at any time and can
    grow by methods, points and noise; ``overwrite`` begins it anew. Beside it stands a JSON file
    with what all rows share (suite, seconds, seed, weights, libraries) and the provenance of every
    session that added rows. ``jobs`` processes (default: this one) share the work, one thread each,
    or the workers of the dask cluster at ``scheduler``; the rows do not depend on it but for time
    limits, which cut where the machine is slower. ``kind`` asks for the problems of one kind alone
    (``limit`` for the first so many of them): ``"development"`` or ``"table"`` of the laws.

    Raises
    ------
    InputError
        Unknown suite, kind or method, a library that is not installed, a file that cannot be
        written or is not such a table, a table that was made with other settings, or a cluster
        that cannot do the work; in the end, if a fit ended the processes that tried it.
    """
    out, beside = as_path(out), settings_path(out)
    methods = list(dict.fromkeys(methods))
    _check(methods, seconds, points, noise, limit)
    workers = Workers("loky", scheduler, 1 if jobs is None and scheduler is None else jobs)
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

        work = partial(_run_task, suite, seconds=seconds, seed=seed, options=options)
        check = partial(
            _check_worker, methods, options, settings["weights"], peer_versions(methods)
        )
        outcomes, failed = workers.outcomes(todo, work, check, report), []
        with Bar("rows", len(grid), stored) as bar, closing(outcomes):
            for task, row in outcomes:
                if "error" in row:
                    failed.append(f"{problems[task[0]].name} by {task[1]}: {row['error']}")
                    continue
                if len(done) == len(rows):  # what fails before the first row leaves nothing
                    if overwrite:
                        out.unlink(missing_ok=True)
                    write_json(beside, settings | {"sessions": [*sessions, provenance()]})
                done[key_of(row)] = row
                write_csv(out, list(COLUMNS), sorted(done.values(), key=order))
                bar.to(stored + len(done) - len(rows), f"{row['problem']}, {row['method']}")
        rows = sorted(done.values(), key=order)
        if rows:
            report(summary_text(pd.DataFrame(rows)))
        if failed:
            raise InputError(
                f"{len(failed)} rows are missing in '{out}', which the same command tries again; "
                f"the first is {failed[0]}."
            )
        return rows


def _check(methods, seconds, points, noise, limit):
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


def _check_worker(methods: list[str], options: dict, weights: str | None, peers: dict) -> None:
    """Raise an ``InputError`` in a worker without the libraries or the weights of these methods."""
    for name, wanted in peers.items():
        check_peer(name)
        if (here := peer_versions([name])[name]) != wanted:
            raise InputError(f"it has {name} {here}, and this process has {wanted}.")
    if _weights_hash(methods, options) not in (None, weights):
        raise InputError(f"its weights '{options.get('weights', 'general')}' are other ones.")


@lru_cache(maxsize=1)
def _problems(suite: str) -> list[Problem]:
    return make_suite(suite)  # a worker makes it once: problems cannot be sent, suites can be named


def _run_task(suite: str, task: tuple, *, seconds: float, seed: int, options: dict) -> dict:
    number, method, size, level = task
    problem = _problems(suite)[number]
    if "transformer" in method:
        load_weights(options.get("weights", "general"))  # reading files is not part of the fit
    with one_blas_thread():
        row = run_problem(problem, method, seconds, size, level, seed, **options)
    return {"suite": suite, **row}
