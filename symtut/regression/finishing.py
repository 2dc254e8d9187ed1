"""The last steps on an equation: y's own units, no idle intercept, no idle digits."""

import numpy as np

from symtut.expressions import Expression, linear_combination
from symtut.regression.constants import Fit
from symtut.regression.ranking import criterion


def finish(fit: Fit, X: np.ndarray, y: np.ndarray, names, source: str) -> dict:
    """Refit the outer weights in y's own units, drop an idle intercept, describe the result."""
    terms = fit.term_expressions()
    columns = np.column_stack([np.ones(len(y)), *(term(X) for term in terms)])
    best = None
    for first in (1, 0):  # without an intercept, then with one
        used = columns[:, first:]
        scale = np.abs(used).max(0)
        scale[scale == 0] = 1.0
        weights = np.linalg.lstsq(used / scale, y, rcond=None)[0] / scale
        intercept, outer = (0.0, weights) if first else (weights[0], weights[1:])
        expression = linear_combination(outer, terms, intercept)
        loss = float(np.mean((y - used @ weights) ** 2))
        parameters = len(weights) + len(fit.constants)
        value = criterion(loss / y.var(), parameters, expression.complexity, len(y))
        if best is None or value < best[0]:
            best = value, loss, intercept, outer
    value, loss, intercept, outer = best
    expression, loss = _rounded(outer, terms, intercept, loss, X, y)
    return {
        "equation": expression.text(names),
        "complexity": expression.complexity,
        "loss": loss,
        "r2": 1.0 - loss / float(y.var()),
        "score": float(-value / len(y)),
        "source": source,
        "expression": expression,
    }


def _rounded(outer, terms, intercept, loss, X, y):
    """Write the numbers with as few digits as the data can tell apart; returns also the new loss.

    The squared error may grow by one part in n: about what one parameter gains by chance.
    """
    for digits in range(1, 13):

        def short(value, digits=digits):
            return float(f"{value:.{digits}g}")

        expression = linear_combination(
            [short(w) for w in outer],
            [Expression(t.prefix, tuple(map(short, t.constants))) for t in terms],
            short(intercept),
        )
        rounded_loss = float(np.mean((y - expression(X)) ** 2))
        if rounded_loss <= loss * (1 + 1 / len(y)) + 1e-24 * y.var():
            return expression, rounded_loss
    expression = linear_combination(outer, terms, intercept)
    return expression, float(np.mean((y - expression(X)) ** 2))
