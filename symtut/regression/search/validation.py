"""How well equations do, above all at points that they were not fitted to."""

import warnings

import numpy as np

from symtut.regression.data.points import Points, mean, solve, variance
from symtut.regression.search.fits import Fit


def r2(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Coefficient of determination of a prediction (n,) of y (n,), as scikit-learn defines it.

    A constant y gives 1 where the prediction is perfect and 0 elsewhere; fewer than two points
    give NaN and a warning.
    """
    if len(y) < 2:
        warnings.warn("R² is not defined for fewer than two points.", stacklevel=3)
        return float("nan")
    weight = np.ones(len(y)) if weight is None else weight
    left = float(np.sum(weight * (y - prediction) ** 2))
    total = float(np.sum(weight * (y - np.average(y, weights=weight)) ** 2))
    if total == 0.0:
        return 1.0 if left == 0.0 else 0.0
    return 1.0 - left / total


def losses_held_out(
    fits: list[Fit],
    x: np.ndarray,
    y: np.ndarray,
    weight: np.ndarray | None,
    held_out: np.ndarray,
) -> list[float]:
    """1 − R² of each fit at points that its coefficients have not seen, as a share of var(y).

    The coefficients are solved for on the other points. Without held-out points (there are too
    few) each point is left out once: the inner numbers and the form have then seen it.

    Parameters
    ----------
    x : (n, d) float, y : (n,) float, weight : (n,) float or None
    held_out : (n,) bool
    """
    size = variance(y, weight)
    found = []
    for fit in fits:
        values = [term(x) for term in fit.term_expressions()]
        found.append(error_held_out(values, y, weight, held_out) / size)
    return found


def error_held_out(
    values: list[np.ndarray],
    y: np.ndarray,
    weight: np.ndarray | None,
    held_out: np.ndarray,
    constant: bool = True,
) -> float:
    """Mean squared error at held-out points of ``Σ ck·values[k]``, with a constant or without."""
    errors, weight = errors_held_out(values, y, weight, held_out, constant)
    return mean(errors**2, weight)


def errors_held_out(
    values: list[np.ndarray],
    y: np.ndarray,
    weight: np.ndarray | None,
    held_out: np.ndarray,
    constant: bool = True,
) -> tuple[np.ndarray, np.ndarray | None]:
    """The same point by point: errors (m,) and the points' weights (m,) or None."""
    center = 0.0
    if constant:  # the digits of a large offset do not cloud the fit
        seen = ~held_out
        center = mean(y[seen], None if weight is None else weight[seen])
        values = [np.ones(len(y)), *values]
    judged = held_out if held_out.any() else ~held_out
    weight_judged = None if weight is None else weight[judged]
    if not values:  # the formula is 0
        return y[judged], weight_judged
    design, y = np.column_stack(values), y - center
    if not np.isfinite(design).all():
        return np.full(judged.sum(), np.inf), weight_judged
    if held_out.any():
        seen = Points(design, y, weight).take(~held_out)
        numbers, _ = solve(seen.X, seen.y, seen.weight)
        return (y - design @ numbers)[held_out], weight_judged
    numbers, _ = solve(design, y, weight)
    root = 1.0 if weight is None else np.sqrt(weight)[:, None]
    scaled = design * root / np.maximum(np.abs(design).max(0), 1e-300)
    orthogonal, singular, _ = np.linalg.svd(scaled, full_matrices=False)
    leverage = np.square(orthogonal[:, singular > 1e-13 * singular[0]]).sum(1)
    left = np.maximum(1.0 - leverage, 1e-9)  # a point that a number of its own goes through
    return (y - design @ numbers) / left, weight_judged


def same_within_noise(
    errors: np.ndarray, of_the_best: np.ndarray, weight: np.ndarray | None
) -> bool:
    """Whether held-out errors (m,) are no larger than those of another equation, as far as one
    standard error of the mean of their paired differences tells. Absolute errors are compared:
    squares of a few large ones would drown the rest.
    """
    if not (np.isfinite(errors).all() and np.isfinite(of_the_best).all()):
        return False
    more = np.abs(errors) - np.abs(of_the_best)
    more = more / (np.abs(more).max() or 1.0)  # squares of any unit are finite
    share = np.full(len(more), 1 / len(more)) if weight is None else weight / weight.sum()
    average = np.sum(share * more)
    return bool(average <= np.sqrt(np.sum((share * (more - average)) ** 2)))


def warn_if_worse(row: dict, few: bool) -> None:
    """Warn where the best equation does much worse at held-out points than at the others."""
    held_out, fitted = row["r2_holdout"], row["r2"]
    if held_out is None or 1 - held_out < 2 * (1 - fitted) + 0.1:
        return
    where = "points left out one by one" if few else "a held-out quarter of the points"
    warnings.warn(
        f"the best equation has R² = {fitted:.3g} on the points that it was fitted to, but "
        f"R² = {held_out:.3g} on {where}: do not trust it between and beyond the data. More "
        "points, fewer variables or less noise may help.",
        stacklevel=3,
    )


def warn_if_cut(interrupted: bool, complete: bool, max_time: float | None) -> None:
    """Warn where Ctrl-C or ``max_time`` ended a search before it was done."""
    if interrupted:
        warnings.warn("interrupted: the equations are the best so far.", stacklevel=3)
    elif not complete:
        warnings.warn(
            f"max_time={max_time} s was over before the search was: the equations are the best so "
            "far.",
            stacklevel=3,
        )


def warn_if_undefined(values: np.ndarray, domain: str) -> None:
    """Warn that some predictions (n,) are NaN; ``domain`` says in words where they are not."""
    count = int(np.isnan(values).sum())
    reason = f"the equation is defined where {domain}" if domain else "numbers beyond float64 occur"
    warnings.warn(f"{count} of {len(values)} predictions are NaN: {reason}.", stacklevel=3)
