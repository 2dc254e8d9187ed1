"""Outliers: find the points that one formula explains, and leave the others out of the search.

Fit, keep the points whose residuals are in proportion, fit again, until nobody changes sides: the
concentration steps of least trimmed squares (Rousseeuw & Van Driessen 2006), except that the share
of outliers is not given in advance. With a fixed share, a formula that is not yet right would sort
out good points until it looked right. A sparse sum of library functions, fitted with cut residuals
(Huber 1964), makes the first guess at who belongs; after each search the formula found decides
anew.
"""

from dataclasses import replace

import numpy as np

from symtut.regression.constants import Fit
from symtut.regression.ranking import EXACT, pareto, rank
from symtut.regression.search import SearchConfig, search

KEEP = 0.75
"""Share of the points that a trimmed fit rests on: at most the rest may be outliers."""

_SPREAD = 1.65
"""Standard deviation over the root mean square of its smallest 75 %, for a normal distribution."""


def robust_search(
    x: np.ndarray,
    y: np.ndarray,
    propose,
    config: SearchConfig,
    generator: np.random.Generator,
    deadline: float = np.inf,
    passes: int = 3,
) -> tuple[list[Fit], bool, np.ndarray]:
    """Search among the points that belong, look who belongs to what was found, search again.

    Parameters
    ----------
    x : (n, d) float64, y : (n,) float64, in any units
    propose, config, generator, deadline
        As in :func:`~symtut.regression.search.search`.
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
        until = deadline
        if config.rounds is None and number < passes - 1:  # share the time among the passes
            until = config.clock() + (deadline - config.clock()) / 2
        standard = (y - y[inliers].mean()) / y[inliers].std()
        old = [_weighted(fit, x[inliers], standard[inliers]) for fit in fits]
        fits, complete = search(x[inliers], standard[inliers], propose, config, generator, until)
        if old:  # what earlier passes found, seen through the points that belong now
            fits = pareto([f for f in old if np.isfinite(f.loss)] + fits, int(inliers.sum()))
        before, inliers = inliers, _who_belongs(fits, x, standard, inliers, generator)
        best = min(fits, key=lambda f: rank(f, int(inliers.sum())))
        solved = best.loss < EXACT
        if np.array_equal(before, inliers) or config.clock() > deadline:
            if config.rounds is None and not solved and config.clock() < deadline:
                continue  # nobody changed sides: the time that is left goes into the same search
            break
        if solved and not (before & ~inliers).any():
            break  # exact on the points it has seen, and more points follow the same formula
    return fits, complete, inliers


def _weighted(fit: Fit, x, y) -> Fit:
    """``fit`` with its outer weights solved anew."""
    design = np.column_stack([np.ones(len(y)), *(term(x) for term in fit.term_expressions())])
    if not np.isfinite(design).all():
        return replace(fit, loss=np.inf)
    scale = np.maximum(np.abs(design).max(0), 1e-300)
    weights = np.linalg.lstsq(design / scale, y, rcond=None)[0] / scale
    loss = float(np.mean((y - design @ weights) ** 2) / y.var())
    return replace(fit, weights=weights[1:], intercept=float(weights[0]), loss=loss)


def library_inliers(x: np.ndarray, y: np.ndarray, generator, points: int = 500) -> np.ndarray:
    """Who follows a sparse sum of library functions, outliers not being allowed to pull.

    Residuals are cut at twice their spread, the sum is selected and fitted anew, and so on; on at
    most ``points`` points, to judge all.
    """
    some = _sample(len(y), points, generator)
    columns, y_some = _library_columns(x[some]), y[some]
    fitted = np.full(len(some), np.median(y_some))
    chosen: list[int] = []
    for _ in range(6):
        limit = 2 * _spread(y_some - fitted)
        cut = fitted + np.clip(y_some - fitted, -limit, limit)
        picked = _select(columns, cut)
        design = np.column_stack([np.ones(len(some)), columns[:, picked]])
        weights = np.linalg.lstsq(design, cut, rcond=None)[0]
        fitted = design @ weights
        if picked == chosen and np.abs(y_some - fitted).max() <= limit:
            break
        chosen = picked
    design = np.column_stack([np.ones(len(y)), _library_columns(x, picked)])
    return _judged(y - design @ weights, y, times=6.0)


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
    return inliers if best is None else _judged(best[1], y, times=6.0)


def _concentrate(design, y, belongs) -> np.ndarray:
    """Weights of a fit that only its inliers take part in."""
    scale = np.maximum(np.abs(design).max(0), 1e-300)
    for _ in range(20):
        weights = np.linalg.lstsq(design[belongs] / scale, y[belongs], rcond=None)[0] / scale
        before, belongs = belongs, _judged(y - design @ weights, y, times=6.0)
        if np.array_equal(before, belongs):
            break
    return weights


def _sample(n, most, generator) -> np.ndarray:
    """Indices of all points, or of so many at random."""
    return np.arange(n) if n <= most else np.sort(generator.choice(n, most, replace=False))


def _judged(residual, y, times: float) -> np.ndarray:
    """Points whose residual is at most ``times`` the spread of the others'."""
    belongs = np.abs(residual) <= times * _spread(residual) + 1e-6 * _spread(y - np.median(y))
    constant = np.ptp(y[belongs]) <= 1e-9 * np.abs(y).max()
    return np.ones(len(y), bool) if constant or belongs.mean() < 0.5 else belongs


def _spread(residual) -> float:
    """Standard deviation, as the smallest 75 % of the residuals have it."""
    kept = int(np.ceil(KEEP * len(residual)))
    return _SPREAD * float(np.sqrt(np.mean(np.sort(np.square(residual))[:kept])))


def _library_columns(x, which=None) -> np.ndarray:
    """x, x², |x|, sin x, cos x of every variable and products of two of these; or some of them."""
    base = np.column_stack([x, x * x, np.abs(x), np.sin(x), np.cos(x), np.ones(len(x))])
    i, j = np.triu_indices(base.shape[1], 1)
    which = slice(None) if which is None else which
    return base[:, i[which]] * base[:, j[which]]


def _select(columns, y, most: int = 15) -> list[int]:
    """Forward selection; a column must pay for having been picked out of so many."""
    columns = columns - columns.mean(0)
    residual = y - y.mean()
    norm = np.sqrt(np.square(columns).sum(0))
    varies = norm > 1e-9 * np.sqrt(len(y))
    columns, picked = np.where(varies, columns, 0.0) / np.where(varies, norm, 1.0), []
    price = (np.log(len(y)) + 2 * np.log(columns.shape[1])) / len(y)
    error = residual @ residual
    while len(picked) < min(most, len(y) // 4) and error > 1e-20:
        left = np.square(columns).sum(0)
        gain = np.where(left > 1e-6, np.square(residual @ columns) / np.maximum(left, 1e-9), 0.0)
        pick = int(np.argmax(gain))
        if -np.log(max(1 - gain[pick] / error, 1e-12)) < price:
            break
        picked.append(pick)
        basis = columns[:, pick] / np.sqrt(left[pick])
        residual = residual - basis * (basis @ residual)
        columns = columns - np.outer(basis, basis @ columns)
        error = residual @ residual
    return picked
