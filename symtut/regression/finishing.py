"""The last steps on an equation: the user's own units, no idle intercept, no idle digits."""

import numpy as np

from symtut.expressions import Expression, linear_combination
from symtut.regression.constants import Fit
from symtut.regression.ranking import criterion
from symtut.regression.scaling import Columns

ROUNDING_POINTS = 2000
"""Rounding is tried out on at most so many points."""


def finish(fit: Fit, X: np.ndarray, y: np.ndarray, columns: Columns, names, source: str) -> dict:
    """Refit the outer weights in the units of X and y, drop an idle intercept, describe the result.

    ``names`` are those of the columns ``columns.written``, which the expression is about.
    """
    X = X[:, columns.written]
    terms = [columns.restore(term) for term in fit.term_expressions()]
    values = np.column_stack([np.ones(len(y)), *(term(X) for term in terms)])
    variance, mean = float(y.var()), float(y.mean())
    best = None
    for first in (1, 0):  # without an intercept, then with one
        used = values[:, first:]
        scale = np.abs(used).max(0, initial=0.0)
        scale[scale == 0] = 1.0
        target = y if first else y - mean  # the digits of a large offset do not cloud the fit
        weights = np.linalg.lstsq(used / scale, target, rcond=None)[0] / scale
        loss = float(np.mean((target - used @ weights) ** 2))
        intercept, outer = (0.0, weights) if first else (mean + weights[0], weights[1:])
        expression = linear_combination(outer, terms, intercept)
        parameters = len(weights) + len(fit.constants)
        value = criterion(loss / variance, parameters, expression.complexity, len(y))
        if best is None or value < best[0]:
            best = value, loss, intercept, outer
    value, loss, intercept, outer = best
    expression, loss = _rounded(outer, terms, intercept, loss, X, y)
    return {
        "equation": expression.text(names),
        "complexity": expression.complexity,
        "loss": loss,
        "r2": 1.0 - loss / variance,
        "score": float(-value / len(y)),
        "source": source,
        "expression": expression,
    }


def _rounded(outer, terms, intercept, loss, X, y):
    """Write the numbers with as few digits as the data can tell apart; returns also the new loss.

    The squared error may grow by one part in n: about what one parameter gains by chance.
    """
    step = -(-len(y) // ROUNDING_POINTS)
    some, target, allowed = X[::step], y[::step], loss / len(y) + 1e-24 * y.var()
    whole = linear_combination(outer, terms, intercept)
    if step > 1:  # at the optimum, what rounding adds to the squared error is its own square
        target = whole(some)
    else:
        allowed += loss
    # an intercept that dwarfs the variation of y needs so many more digits
    more = max(0, int(np.log10(max(abs(intercept) / y.std(), 1e-9))))
    for digits in range(1, 13):

        def short(value, digits=digits):
            digits = min(digits, 17)
            return float(f"{value:.{digits}g}")

        expression = linear_combination(
            [short(w) for w in outer],
            [Expression(t.prefix, tuple(map(short, t.constants))) for t in terms],
            short(intercept, digits + more),
        )
        if float(np.mean((target - expression(some)) ** 2)) <= allowed:
            break
    else:
        expression = whole
    return expression, float(np.mean((y - expression(X)) ** 2))
