"""Whether a formula has the exponents of a power law: y = c·x0^p0·x1^p1·… ."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from symtut.errors import InputError
from symtut.expressions import Expression
from symtut.regression.problems.suites import Problem, make_suite

TOLERANCE = 0.02
"""An exponent that is off by more is another one: 1/2 and 2/3, 0.7 and 3/4 stay apart."""
STEP, POINTS = 1e-3, 100


def local_exponents(function: Callable, x: np.ndarray) -> np.ndarray:
    """∂ log|y| / ∂ log|xᵢ| at the points x (n, d), shape (n, d); NaN where y is 0 or undefined."""
    result = np.empty(x.shape)
    with np.errstate(all="ignore"):
        y = np.asarray(function(x), dtype=np.float64)
        for i in range(x.shape[1]):
            moved = x.copy()
            moved[:, i] *= 1 + STEP
            result[:, i] = np.log(np.abs(function(moved) / y)) / np.log1p(STEP)
    return np.where(np.isfinite(result), result, np.nan)


def exponents_of(problem: Problem) -> np.ndarray | None:
    """The exponents (d,) of a problem whose truth is one product of powers; None for others."""
    found = local_exponents(problem.truth, _points(problem))
    return found.mean(0) if np.all(np.abs(found - found.mean(0)) < 1e-6) else None


def has_exponents(problem: Problem, equation: str) -> bool | None:
    """Whether an equation has the exponents of its problem everywhere, up to ``TOLERANCE``.

    Judged at fresh points; a further addend or factor that varies there makes it wrong. None where
    the truth is no power law.
    """
    truth = exponents_of(problem)
    if truth is None:
        return None
    try:
        formula = Expression.from_text(equation, problem.names)
    except InputError:  # none was found, or it has no translation
        return False
    return bool(np.all(np.abs(local_exponents(formula, _points(problem)) - truth) <= TOLERANCE))


def law_exponents(row: dict) -> bool | None:
    """:func:`has_exponents` of a row of the benchmark's table; None outside the suite of laws."""
    problem = _laws().get(row["problem"]) if row["suite"] == "laws" else None
    return None if problem is None else has_exponents(problem, row["equation"])


def _points(problem: Problem) -> np.ndarray:
    return problem.points(POINTS, np.random.default_rng(0))


@lru_cache(maxsize=1)
def _laws() -> dict[str, Problem]:
    return {problem.name: problem for problem in make_suite("laws")}
