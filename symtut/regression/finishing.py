"""The last steps on an equation: the user's own units, no idle intercept, no idle digits."""

import numpy as np

from symtut.expressions import Expression, linear_combination
from symtut.regression.constants import Fit
from symtut.regression.digits import digits_needed
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
    best = _best_weighted(terms, values, y)
    shorter = True
    while shorter and len(terms) > 1:  # idle terms go, like 2e-19·cos(x0) or the twin of another
        shorter = False
        for idle in np.argsort(np.abs(best[3]) * values[:, 1:].std(0)).tolist():
            left = np.delete(values, 1 + idle, axis=1)
            fewer = terms[:idle] + terms[idle + 1 :]
            found = _best_weighted(fewer, left, y)
            if found[0] < best[0]:
                best, terms, values, shorter = found, fewer, left, True
                break
    value, loss, intercept, outer = best
    expression, rounded_loss = _rounded(outer, terms, intercept, loss, X, y)
    # rounding may hit the truth exactly; that it costs a little is no reason to think less of it
    value = _criterion(min(loss, rounded_loss), outer, terms, intercept, y)
    variance, loss = float(y.var()), rounded_loss
    digits = digits_needed(expression, X, y)
    return {
        "equation": expression.text(names, digits),
        "complexity": expression.complexity,
        "loss": loss,
        "r2": 1.0 - loss / variance,
        "score": float(-value / len(y)),
        "source": source,
        "digits": digits,
        "expression": expression,
    }


def front(rows: list[dict]) -> list[dict]:
    """Finished rows that no other beats in both length and loss, shortest first.

    Rounding the numbers may have put one of two neighbours on the Pareto front behind the other.
    """
    kept: list[dict] = []
    for row in sorted(rows, key=lambda r: (r["complexity"], r["loss"], -r["score"])):
        if not kept or row["loss"] < kept[-1]["loss"]:
            kept.append(row)
    return kept


def _best_weighted(terms, values, y):
    """:func:`_weighted` without an intercept or with one, whichever has the better criterion."""
    return min((_weighted(terms, values, y, first) for first in (1, 0)), key=lambda f: f[0])


def _weighted(terms, values, y, first):
    """Best outer weights for ``values`` (n, 1 + K), without the column of ones if ``first`` is 1.

    Returns (criterion, loss, intercept, weights).
    """
    used = values[:, first:]
    scale = np.abs(used).max(0, initial=0.0)
    scale[scale == 0] = 1.0
    target = y if first else y - y.mean()  # the digits of a large offset do not cloud the fit
    weights = np.linalg.lstsq(used / scale, target, rcond=None)[0] / scale
    loss = float(np.mean((target - used @ weights) ** 2))
    intercept, outer = (0.0, weights) if first else (y.mean() + weights[0], weights[1:])
    return _criterion(loss, outer, terms, intercept, y), loss, intercept, outer


def _criterion(loss, outer, terms, intercept, y) -> float:
    parameters = len(outer) + (intercept != 0.0) + sum(len(term.constants) for term in terms)
    complexity = linear_combination(outer, terms, intercept).complexity
    return float(criterion(loss / y.var(), parameters, complexity, len(y)))


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
