"""The last steps on an equation: the user's own units, no idle intercept, no idle digits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from symtut.expressions import Expression, linear_combination
from symtut.expressions.domains import domain_text
from symtut.regression.data.points import CHUNK, Points, mean, solve, variance
from symtut.regression.data.scaling import Columns
from symtut.regression.search.digits import digits_needed
from symtut.regression.search.fits import Fit, criterion, score
from symtut.regression.search.language import Language
from symtut.regression.search.simplification import tidied
from symtut.regression.search.validation import errors_held_out, same_within_noise

ERRORS = "errors"
"""Key of the errors at held-out points and their weights; only as long as rows are compared."""

ROUNDING_POINTS = 2000
"""Rounding is tried out on at most so many points."""


@dataclass(frozen=True)
class Sum:
    """``intercept + Σ outer·terms`` with its mean squared error on n points, whose y has
    ``variance``."""

    terms: list[Expression]
    outer: np.ndarray
    intercept: float
    loss: float
    n: int
    variance: float

    def expression(self) -> Expression:
        return linear_combination(self.outer, self.terms, self.intercept)

    def criterion(self, loss: float) -> float:
        """Description length with this mean squared error; lower is better."""
        return float(criterion(*self._described(loss)))

    def score(self, loss: float) -> float:
        """Nats per point with this mean squared error; higher is better."""
        return float(score(*self._described(loss)))

    def _described(self, loss: float) -> tuple[float, int, int, int]:
        numbers = sum(len(term.constants) for term in self.terms)
        parameters = len(self.outer) + (self.intercept != 0.0) + numbers
        return loss / self.variance, parameters, self.expression().complexity, self.n


def finish(
    fit: Fit,
    points: Points,
    columns: Columns,
    names: tuple[str, ...],
    source: str,
    held_out: np.ndarray | None = None,
    before: Fit | None = None,
    on_all: Callable[[Sum], Sum] | None = None,
    language: Language | None = None,
    brief: bool = False,
) -> dict:
    """Refit the coefficients in the units of X and y, drop idle terms, describe the result.

    Parameters
    ----------
    names
        Those of the columns ``columns.written``, which the expression is about.
    held_out : (n,) bool, optional
        Points that have not been searched; none if each is to be left out once. The score is that
        of the worse of the two fits, to all points and to those that were left out.
    before : Fit, optional
        The same terms with the constants that they had before held-out points were looked at.
    on_all : callable, optional
        Where ``points`` are a part of all: gives a sum the numbers that fit all of them best.
    language : Language, optional
        Whose operators spell the terms.
    brief : bool
        Drop terms, too, that matter little, as the score has it.
    """

    def better(one: Sum, other: Sum) -> bool:
        if brief:
            return one.score(one.loss) > other.score(other.loss)
        return one.criterion(one.loss) < other.criterion(other.loss)

    X, y = points.X[:, columns.written], points.y
    terms = [columns.restore(term) for term in fit.term_expressions()]
    if language is not None:
        terms = [language.spelled(term) or term for term in terms]
    values = np.column_stack([np.ones(len(y)), *(term(X) for term in terms)])
    best, kept, shorter = _best_sum(terms, values, points, better), list(range(len(terms))), True
    while shorter and len(best.terms) > 1:  # idle terms go, like 2e-19·cos(x0) or a twin
        shorter = False
        for idle in np.argsort(np.abs(best.outer) * values[:, 1:].std(0)).tolist():
            left = np.delete(values, 1 + idle, axis=1)
            found = _best_sum(best.terms[:idle] + best.terms[idle + 1 :], left, points, better)
            if better(found, best):
                best, values, shorter = found, left, True
                kept.pop(idle)
                break
    left_over, errors = 0.0, None
    if held_out is not None:
        blind = [columns.restore(term) for term in (before or fit).term_expressions()]
        blind = [blind[k](X) for k in kept]
        errors = errors_held_out(blind, y, points.weight, held_out, bool(best.intercept))
        left_over = mean(errors[0] ** 2, errors[1]) / best.variance
    if on_all is not None:
        best = on_all(best)
    own = language is not None and language.operators is not None  # it says how powers are spelled
    expression, loss = _rounded(best, Points(X, y, points.weight), gather=not own)
    # rounding may hit the truth exactly; that it costs a little is no reason to think less of it
    judged = max(min(best.loss, loss), left_over * best.variance)
    digits = digits_needed(expression, X, y, points.weight)
    row = {
        "equation": expression.text(names, digits),
        "complexity": expression.complexity,
        "loss": loss,
        "r2": 1.0 - loss / best.variance,
        "r2_holdout": None if held_out is None else 1.0 - left_over,
        "score": float(
            score(judged / best.variance, len(expression.constants), expression.complexity, best.n)
        ),
        "source": source,
        "digits": digits,
        "domain": domain_text(expression, names, digits),
        "expression": expression,
    }
    return row if errors is None else row | {ERRORS: errors}


def undominated(rows: list[dict]) -> list[dict]:
    """Finished rows that no other beats in both length and loss, shortest first.

    Rounding the numbers may have put one of two neighbours on the Pareto front behind the other.
    """
    kept: list[dict] = []
    for row in sorted(rows, key=lambda r: (r["complexity"], r["loss"], -r["score"])):
        if not kept or row["loss"] < kept[-1]["loss"]:
            kept.append(row)
    return kept


def ordered(rows: list[dict]) -> list[dict]:
    """Finished rows, best first: by score, but before all others the simplest that is as good as
    the one with the highest score. Takes their :data:`ERRORS` away.

    As good: at held-out points it errs no more within noise, and its squared error on all points
    is larger by a fifth at most, since a rare term may not show at a quarter of the points.
    """
    rows = sorted(rows, key=lambda row: -row["score"])
    best = rows[0]

    def as_good(row: dict) -> bool:
        (errors, weight), (others, _) = row[ERRORS], best[ERRORS]
        return row["loss"] <= 1.2 * best["loss"] and same_within_noise(errors, others, weight)

    first = min(
        (row for row in rows if row is best or as_good(row)), key=lambda row: row["complexity"]
    )
    rows = [first, *(row for row in rows if row is not first)]
    return [{key: value for key, value in row.items() if key != ERRORS} for row in rows]


def on_all_points(
    best: Sum, points: Points, written: Sequence[int], stop: Callable[[], object]
) -> Sum:
    """The same sum with the coefficients that fit all points best, in one pass over their rows.

    The triangle of a QR decomposition is carried along, so that no digit is lost and memory does
    not grow with the points.
    """
    size, shift = variance(points.y, points.weight), mean(points.y, points.weight)
    if not best.terms:
        return Sum([], best.outer, shift, size, len(points), size)
    constant, scale, triangle = bool(best.intercept), np.zeros(0), np.zeros(0)
    for begin in range(0, len(points), CHUNK):
        stop()
        part = points.take(slice(begin, begin + CHUNK))
        X = part.X[:, written]
        columns = [np.ones(len(part))] if constant else []
        columns += [term(X) for term in best.terms]
        rows = np.column_stack([*columns, part.y - shift if constant else part.y])
        if not np.isfinite(rows).all():  # undefined at a point that has not been looked at so far
            return replace(best, loss=np.inf)
        if begin == 0:
            scale, triangle = np.abs(rows).max(0), rows[:0]
            scale[scale == 0] = 1.0
        rows = rows / scale
        if part.weight is not None:
            rows *= np.sqrt(part.weight)[:, None]
        triangle = np.asarray(np.linalg.qr(np.vstack([triangle, rows]), mode="r"))
    design, target = triangle[:, :-1], triangle[:, -1]
    numbers = np.linalg.lstsq(design, target, rcond=None)[0]
    left = np.sum((target - design @ numbers) ** 2) * scale[-1] ** 2
    loss = float(left / (len(points) if points.weight is None else points.weight.sum()))
    numbers = numbers * scale[-1] / scale[:-1]
    if not constant:
        return Sum(best.terms, numbers, 0.0, loss, len(points), size)
    return Sum(best.terms, numbers[1:], float(shift + numbers[0]), loss, len(points), size)


def _best_sum(terms, values, points: Points, better: Callable[[Sum, Sum], bool]) -> Sum:
    """:func:`_sum` without an intercept or with one, whichever is better."""
    constant = _sum(terms, values, points, 0)
    if not terms:
        return constant
    without = _sum(terms, values, points, 1)
    return constant if better(constant, without) else without


def _sum(terms, values, points: Points, first: int) -> Sum:
    """Best coefficients for ``values`` (n, 1 + K), without the column of ones if first is 1."""
    y, size = points.y, variance(points.y, points.weight)
    shift = 0.0 if first else mean(y, points.weight)
    if not terms:
        return Sum([], np.zeros(0), shift, size, len(y), size)
    # the digits of a large offset do not cloud the fit
    numbers, loss = solve(values[:, first:], y - shift, points.weight)
    if first:
        return Sum(terms, numbers, 0.0, loss, len(y), size)
    return Sum(terms, numbers[1:], float(shift + numbers[0]), loss, len(y), size)


def _rounded(best: Sum, points: Points, gather: bool) -> tuple[Expression, float]:
    """Write the numbers with as few digits as the data can tell apart; returns also the new loss.

    The squared error may grow by one part in n: about what one parameter gains by chance. The mean
    alone stays as it is, since nothing is better.
    """
    X, y, weight = points.X, points.y, points.weight
    whole = best.expression()
    if not best.terms:
        return whole, best.loss
    step, part = -(-len(y) // ROUNDING_POINTS), best.n > len(y)
    some, target, allowed = X[::step], y[::step], best.loss / best.n + 1e-22 * best.variance
    some_weight = None if weight is None else weight[::step]
    if step > 1 or part:  # at the optimum, rounding adds its own square to the squared error
        target = whole(some)
    else:
        allowed += best.loss
    # an intercept that dwarfs the variation of y needs so many more digits
    more = max(0, int(np.log10(max(abs(best.intercept) / best.variance**0.5, 1e-9))))
    numbers = [*best.outer, *(c for term in best.terms for c in term.constants), best.intercept]

    def written(numbers) -> Expression:
        rest = iter(numbers)
        outer = [next(rest) for _ in best.outer]
        terms = [Expression(t.prefix, tuple(next(rest) for _ in t.constants)) for t in best.terms]
        return linear_combination(outer, terms, next(rest))

    def allows(numbers) -> bool:
        return mean((target - written(numbers)(some)) ** 2, some_weight) <= allowed

    for digits in range(1, 18):  # with seventeen, nothing is rounded
        short = [float(f"{number:.{digits}g}") for number in numbers]
        short[-1] = float(f"{best.intercept:.{min(digits + more, 17)}g}")
        if digits < 17 and not allows(short):
            continue
        # one number may need many digits, as 2/3 does, and its neighbour be 1; twice, since a
        # neighbour may have made up for what another number was off
        for _, k, fewer in product(range(2), range(len(short)), (3, 2, 1) if digits > 4 else ()):
            trial = [*short[:k], float(f"{short[k]:.{fewer}g}"), *short[k + 1 :]]
            if trial[k] != short[k] and allows(trial):
                short = trial
        break
    expression = tidied(written(short), gather)
    if part:
        return expression, best.loss + mean((whole(X) - expression(X)) ** 2, weight)
    return expression, mean((y - expression(X)) ** 2, weight)
