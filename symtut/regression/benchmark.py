"""Regressors on test suites, at equal CPU time: ``symtut benchmark regression``."""

import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from symtut.errors import InputError
from symtut.regression.regressor import METHODS, SymbolicRegressor
from symtut.regression.suites import Problem, make_suite
from symtut.regression.weights import load_weights
from symtut.storage import ensure_folder, provenance, write_csv, write_json

HEADER = [
    "suite", "problem", "kind", "method", "points", "noise", "r2", "r2_extrapolated", "exact",
    "exact_extrapolated", "complexity", "cpu_seconds", "equation",
]  # fmt: skip
EXACT = 1e-8
"""1 − R² on fresh points below which an equation counts as exact."""


class _CPUTimed(SymbolicRegressor):
    """The regressor with its time limit in CPU-seconds, asked again until time is up."""

    _clock = staticmethod(time.process_time)


def run_problem(
    problem: Problem, method: str, seconds: float, points: int, noise: float, seed: int, **options
) -> dict:
    """Fit one method to one problem and judge the equation on fresh, noise-free points.

    ``noise`` is the standard deviation of Gaussian noise relative to that of y. Fresh points come
    from the same region, and for extrapolation from one that is half as large again; points where
    the truth is undefined are left out.
    """
    generator = np.random.default_rng(np.random.SeedSequence([seed, _number(problem.name)]))
    x = problem.points(points, generator)
    clean = problem.truth(x)
    y = clean + noise * clean.std() * generator.standard_normal(points)
    settings = {"rounds": None, "max_time": seconds, "random_state": seed, **options}
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        model = _CPUTimed(method=method, feature_names=problem.names, **settings).fit(x, y)
    spent = time.process_time() - started
    r2 = _r2(model, problem, problem.points(500, generator))
    wider = _r2(model, problem, problem.points(500, generator, 1.5))
    best = model.equations_[0]
    return {
        "problem": problem.name, "kind": problem.kind, "method": method, "points": points,
        "noise": noise, "r2": r2, "r2_extrapolated": wider, "exact": int(1 - r2 < EXACT),
        "exact_extrapolated": int(1 - r2 < EXACT and 1 - wider < EXACT),
        "complexity": best["complexity"], "cpu_seconds": round(spent, 3),
        "equation": best["equation"],
    }  # fmt: skip


def run_benchmark(
    suite: str,
    methods: list[str],
    out: str | Path,
    seconds: float = 10.0,
    points: tuple[int, ...] = (200,),
    noise: tuple[float, ...] = (0.0,),
    limit: int | None = None,
    seed: int = 0,
    report: Callable[[str], None] = print,
    **options,
) -> list[dict]:
    """Run methods on a suite, write one row a problem to ``out`` (CSV) and print a summary.

    The table is rewritten after every problem, with its provenance beside it as JSON.

    Raises
    ------
    InputError
        Unknown suite or method, or a file that cannot be written.
    """
    unknown = [method for method in methods if method not in METHODS]
    if unknown:
        raise InputError(f"unknown method '{unknown[0]}'; known methods: {', '.join(METHODS)}.")
    if not seconds > 0:
        raise InputError("--seconds must be positive.")
    if "transformer" in methods:
        load_weights(options.get("weights", "general"))  # bad weights are named before any work
    problems = make_suite(suite)[:limit]
    out = Path(out)
    ensure_folder(out.parent)
    write_json(out.with_suffix(".json"), provenance() | {"seconds": seconds, "seed": seed})
    rows: list[dict] = []
    for problem in problems:
        for size in points:
            for level in noise:
                for method in methods:
                    row = run_problem(problem, method, seconds, size, level, seed, **options)
                    rows.append({"suite": suite, **row})
        write_csv(out, HEADER, [[row[name] for name in HEADER] for row in rows])
    report(summary(rows))
    return rows


def summary(rows: list[dict]) -> str:
    """Shares of exact and good equations for each kind, method, number of points and noise."""
    lines = [
        f"{'kind':<28}{'method':<13}{'points':>6}{'noise':>7}{'n':>5}{'exact':>7}{'extrap.':>9}"
        f"{'R²>.999':>9}{'nodes':>7}{'CPU-s':>7}"
    ]
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        for kind in dict.fromkeys((row["kind"], "all")):
            key = kind, row["method"], row["points"], row["noise"]
            groups.setdefault(key, []).append(row)
    for (kind, method, size, level), group in sorted(groups.items(), key=lambda item: item[0][:1]):

        def mean(name, group=group):
            return float(np.mean([row[name] for row in group]))

        good = float(np.mean([row["r2"] > 0.999 for row in group]))
        lines.append(
            f"{kind:<28}{method:<13}{size:>6}{level:>7.2f}{len(group):>5}{mean('exact'):>7.2f}"
            f"{mean('exact_extrapolated'):>9.2f}{good:>9.2f}{mean('complexity'):>7.1f}"
            f"{mean('cpu_seconds'):>7.2f}"
        )
    return "\n".join(lines)


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
    """A seed from a name."""
    return int.from_bytes(name.encode(), "little") % (2**61 - 1)
