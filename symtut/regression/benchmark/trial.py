"""One trial: a method fits one problem, and its equation is judged on fresh points."""

import time
import warnings

import numpy as np

from symtut.regression.benchmark.peers import PEERS, fit_peer
from symtut.regression.problems.suites import Problem
from symtut.regression.regressor import SymbolicRegressor

EXACT_FRESH = 1e-8
"""1 − R² on fresh points below which an equation counts as exact."""


class Interruptible(SymbolicRegressor):
    """The regressor as part of a program that Ctrl-C ends."""

    _keeps_best = False


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
        "noise": noise, "r2": r2, "r2_extrapolated": r2_wider, "exact": int(1 - r2 < EXACT_FRESH),
        "exact_extrapolated": int(1 - r2 < EXACT_FRESH and 1 - r2_wider < EXACT_FRESH),
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
