"""Outliers: find the points that one formula explains, and leave the others out of the search.

Fit, keep the points whose residuals are in proportion, fit again, until nobody changes sides: the
concentration steps of least trimmed squares (Rousseeuw & Van Driessen 2006), except that the share
of outliers is not given in advance. With a fixed share, a formula that is not yet right would sort
out good points until it looked right. A sparse sum of library functions, fitted with cut residuals
(Huber 1964), makes the first guess at who belongs; after each search the formula found decides
anew.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from symtut.expressions import Expression
from symtut.regression.data.points import solve
from symtut.regression.search.budget import Budget
from symtut.regression.search.fits import EXACT, Fit, rank, shortlist
from symtut.regression.search.library import library
from symtut.regression.search.selection import forward
from symtut.regression.search.terms import TermPool

KEEP = 0.75
"""Share of the points that a trimmed fit rests on: at most the rest may be outliers."""

_SPREAD = 1.65
"""Standard deviation over the root mean square of its smallest 75 %, for a normal distribution."""

ONE_POINT = 0.95
"""Share of a term's variance at one point above which the term explains that point alone."""


def explains_one_point(fit: Fit, x: np.ndarray) -> bool:
    """Whether a term has nearly all of its variance at one of the points, as a pole beside it has.

    Such a term keeps an outlier among the inliers and says nothing about the others.
    """
    for term in fit.term_expressions():
        values = term(x)
        deviation = np.square(values - np.median(values))
        if deviation.max() > ONE_POINT * deviation.sum():
            return True
    return False


def robust_search(
    x: np.ndarray,
    y: np.ndarray,
    search_among: Callable[[np.ndarray, Budget], tuple[list[Fit], bool]],
    generator: np.random.Generator,
    budget: Budget,
    open_ended: bool = False,
    passes: int = 3,
) -> tuple[list[Fit], bool, np.ndarray]:
    """Search among the points that belong, look who belongs to what was found, search again.

    Parameters
    ----------
    x : (n, d) float64, y : (n,) float64, in any units
    search_among : callable
        (inliers (n,) bool, budget) → what :func:`~symtut.regression.search.search.search` returns
        for those points, or for some of them.
    open_ended : bool
        Whether a search goes on until its time is over; the passes then share it.
    passes : int
        At most so many searches; one is enough where nobody has to be left out.

    Returns
    -------
    (fits, complete, inliers)
        Fits for the standardised inliers; bool array (n,).
    """
    inliers = library_inliers(x, y, generator)
    fits: list[Fit] = []
    for number in range(passes):
        share = 0.5 if open_ended and number < passes - 1 else 1.0
        standard = (y - y[inliers].mean()) / y[inliers].std()
        old = [_weighted(fit, x[inliers], standard[inliers]) for fit in fits]
        fits, complete = search_among(inliers, budget.until(share))
        fits = [f for f in fits if not explains_one_point(f, x[inliers])] or fits
        if old:  # what earlier passes found, seen through the points that belong now
            fits = shortlist([f for f in old if np.isfinite(f.loss)] + fits, int(inliers.sum()))
        before, inliers = inliers, _who_belongs(fits, x, standard, inliers, generator)
        best = min(fits, key=lambda f: rank(f, int(inliers.sum())))
        solved = best.loss < EXACT
        if np.array_equal(before, inliers) or budget.over():
            if open_ended and not solved and not budget.over():
                continue  # nobody changed sides: the time that is left goes into the same search
            break
        if solved and not (before & ~inliers).any():
            break  # exact on the points it has seen, and more points follow the same formula
    return fits, complete, inliers


def _weighted(fit: Fit, x, y) -> Fit:
    """``fit`` with its coefficients solved anew."""
    design = np.column_stack([np.ones(len(y)), *(term(x) for term in fit.term_expressions())])
    if not np.isfinite(design).all():
        return replace(fit, loss=np.inf)
    (intercept, *rest), left = solve(design, y)
    loss = left / y.var()
    return replace(fit, coefficients=np.array(rest), intercept=float(intercept), loss=loss)


def library_inliers(
    x: np.ndarray, y: np.ndarray, generator: np.random.Generator, points: int = 500
) -> np.ndarray:
    """Who follows a sparse sum of library functions, outliers not being allowed to pull.

    Residuals are cut at twice their spread, the sum is selected and fitted anew, and so on; on at
    most ``points`` points, to judge all.
    """
    some = _sample(len(y), points, generator)
    terms = [Expression(term) for (term,) in library(x.shape[1])]
    pool, y_some = TermPool(x[some]), y[some]
    pool.extend(terms, np.array([term(pool.x) for term in terms]))
    fitted = np.full(len(some), np.median(y_some))
    chosen: list[int] = []
    for _ in range(6):
        limit = 2 * _spread(y_some - fitted)
        cut = fitted + np.clip(y_some - fitted, -limit, limit)
        picked = _worth_their_price(pool, cut)
        design = np.column_stack([np.ones(len(some)), *pool.values[picked]])
        coefficients = np.linalg.lstsq(design, cut, rcond=None)[0]
        fitted = design @ coefficients
        if picked == chosen and np.abs(y_some - fitted).max() <= limit:
            break
        chosen = picked
    design = np.column_stack([np.ones(len(y)), *(pool.terms[k](x) for k in picked)])
    return _judged(y - design @ coefficients, y)


def _worth_their_price(pool: TermPool, y, most: int = 15) -> list[int]:
    """Terms by forward selection, as long as each pays for having been picked out of so many."""
    centred = y - y.mean()
    amount = min(most, len(y) // 4)
    (picks,) = forward(pool.gram, (pool.columns @ centred)[None], amount)
    if not picks:
        return []
    directions = np.linalg.qr(pool.columns[picks].T)[0]
    explained = np.square(centred @ directions)
    error = centred @ centred - np.concatenate([[0.0], np.cumsum(explained)])[:-1]
    price = (np.log(len(y)) + 2 * np.log(len(pool.terms))) / len(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        pays = -np.log(np.maximum(1 - explained / error, 1e-12)) >= price
    pays &= error > 1e-20
    return picks[: len(picks) if pays.all() else int(np.argmin(pays))]


def _who_belongs(fits: list[Fit], x, y, inliers, generator) -> np.ndarray:
    """Inliers by the formula that explains its best three quarters of all points best."""
    some = _sample(len(y), 2000, generator)
    best = None
    for fit in sorted(fits, key=lambda f: rank(f, int(inliers.sum())))[:4]:
        values = [term(x) for term in fit.term_expressions()]
        design = np.column_stack([np.ones(len(y)), *values])
        if not np.isfinite(design).all():
            continue
        residual = y - design @ _concentrate(design[some], y[some], inliers[some])
        trimmed = _spread(residual) ** 2 / y[inliers].var()
        value = rank(replace(fit, loss=float(trimmed)), len(y))
        if best is None or value < best[0]:
            best = value, residual
    return inliers if best is None else _judged(best[1], y)


def rule_of(
    fit: Fit, x: np.ndarray, y: np.ndarray, inliers: np.ndarray
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """How to tell who else follows ``fit``: (x, y) of other points → bool.

    The coefficients and the spread are those of the points x (n, d), y (n,) of which it is known.
    """

    def design(at):
        return np.column_stack([np.ones(len(at)), *(term(at) for term in fit.term_expressions())])

    coefficients = _concentrate(design(x), y, inliers)
    limit = _limit(y - design(x) @ coefficients, y)
    return lambda x, y: np.abs(y - design(x) @ coefficients) <= limit


def _concentrate(design, y, belongs) -> np.ndarray:
    """Weights of a fit that only its inliers take part in."""
    for _ in range(20):
        coefficients, _ = solve(design[belongs], y[belongs])
        before, belongs = belongs, _judged(y - design @ coefficients, y)
        if np.array_equal(before, belongs):
            break
    return coefficients


def _sample(n, most, generator) -> np.ndarray:
    """Indices of all points, or of so many at random."""
    return np.arange(n) if n <= most else np.sort(generator.choice(n, most, replace=False))


def _judged(residual, y, times: float = 6.0) -> np.ndarray:
    """Points whose residual is at most ``times`` the spread of the others'."""
    belongs = np.abs(residual) <= _limit(residual, y, times)
    constant = np.ptp(y[belongs]) <= 1e-9 * np.abs(y).max()
    return np.ones(len(y), bool) if constant or belongs.mean() < 0.5 else belongs


def _limit(residual, y, times: float = 6.0) -> float:
    return times * _spread(residual) + 1e-6 * _spread(y - np.median(y))


def _spread(residual) -> float:
    """Standard deviation, as the smallest 75 % of the residuals have it."""
    kept = int(np.ceil(KEEP * len(residual)))
    return _SPREAD * float(np.sqrt(np.mean(np.sort(np.square(residual))[:kept])))
