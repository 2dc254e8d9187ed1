"""Sums of few terms over any number of columns: what observations and rewards are made of.

Formulas of the regressor have six variables. An observation that is a function of the others, or a
reward, may be picked out of twenty columns; but as a rule it is a short sum of simple terms:
powers, cosines and sines, products of two of these, distances. The terms are selected by
orthogonal least squares (Chen, Billings & Luo 1989), begun once from each of the best single terms,
and priced by the description length, with 2 ln K for the choice of one term among K.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from symtut.expressions import MAX_VARIABLES, OPERATORS, VARIABLES, Expression, linear_combination
from symtut.regression.search.selection import forward
from symtut.tasks.discovered import Formula

BEGINNINGS = 24
_ROUNDING = 1e-12
"""Share of the variance below which nothing more is worth a term."""

MOST_MULTIPLIED = 24
"""Columns of which products and distances are tried; of more, only the terms of one column."""

MOST_OUTSIDE = 0.25
"""Share of the rows that may follow another law."""

Term = tuple[tuple[str, ...], tuple[int, ...]]
"""Prefix over x0, x1, …, and the columns that these are."""


@dataclass(frozen=True)
class FoundSum:
    """What was found.

    ``left_over`` is 1 − R² of the rows that follow it, ``inliers`` (n,) says which.
    """

    formula: Formula
    left_over: float
    inliers: np.ndarray
    score: float  # description length, lower is better


def candidate_terms(angular: list[bool], distances: bool) -> list[Term]:
    """Terms of columns, of which some are angles.

    ``distances`` adds what a reward may have: the square of an angle, the lengths of vectors of two
    or three columns.
    """
    x, y = VARIABLES[:2]
    factors: list[Term] = []  # of which two are multiplied
    others: list[Term] = []
    for k, angle in enumerate(angular):
        factors += [((f, x), (k,)) for f in ("cos", "sin")] if angle else [((x,), (k,))]
        others += [(("square", x), (k,)), (("abs", x), (k,))]
        others += [((x,), (k,))] if angle and distances else []
    if len(angular) > MOST_MULTIPLIED:
        return factors + others
    plain = [k for k, angle in enumerate(angular) if not angle]
    for a, b in combinations(factors, 2):
        second = tuple(y if token == x else token for token in b[0])
        if a[1] == b[1]:
            others.append((("mul", *a[0], *b[0]), a[1]))
        else:
            others.append((("mul", *a[0], *second), (*a[1], *b[1])))
    for a, b in combinations([k for k, angle in enumerate(angular) if angle], 2):
        others += [
            ((f, "add", x, *sign, y), (a, b)) for f in ("cos", "sin") for sign in ((), ("neg",))
        ]
    if distances:
        for size in (2, 3) if len(plain) <= MOST_MULTIPLIED // 2 else (2,):
            for chosen in combinations(plain, size):
                squares = (t for k in range(size) for t in ("square", VARIABLES[k]))
                others.append((("sqrt", *("add",) * (size - 1), *squares), chosen))
    return factors + others


def find_sum(
    x: np.ndarray,
    y: np.ndarray,
    angular: list[bool],
    distances: bool = False,
    most: int = 8,
    rounding: float = _ROUNDING,
) -> FoundSum | None:
    """The sum of at most ``most`` terms that describes y (n,) by columns of x (n, C) shortest.

    Rows that follow another law, at most a quarter, are left out. None where no term pays for
    itself, or there are fewer than four rows for each number. What leaves less than ``rounding`` of
    the variance is exact.
    """
    most = min(most, len(y) // 4 - 1)
    if most < 1 or y.std() <= 1e-12 * max(np.abs(y).max(), 1e-300):
        return None
    terms, values = _varying(candidate_terms(angular, distances), x)
    if not terms:
        return None
    inliers, seen, rough = np.ones(len(y), dtype=bool), set(), 3
    while True:
        picked, score = _selected(terms, values[:, inliers], y[inliers], most, rounding)
        if not picked:
            return None
        design = np.column_stack([np.ones(len(y)), values[picked].T])
        weights = np.linalg.lstsq(design[inliers], y[inliers], rcond=None)[0]
        residual = np.abs(y - design @ weights)
        closest = np.sort(residual)[: int(np.ceil((1 - MOST_OUTSIDE) * len(y)))]
        if rough and residual.max() > 1e-7 * y.std():
            # gross errors pull the first fits: those rest on the closest rows alone
            rough, inliers = rough - 1, residual <= closest[-1]
            continue
        # the limit is that of the closest three quarters: a few gross errors do not widen it
        limit = max(6 * 1.65 * np.sqrt(np.mean(closest**2)), 1e-7 * y.std())
        rough, before, inliers = 0, inliers, residual <= limit
        if np.array_equal(before, inliers) or inliers.tobytes() in seen or len(seen) == 8:
            break
        seen.add(inliers.tobytes())
    inliers = before
    return _finished([terms[k] for k in picked], values[picked].T, y, inliers, score)


def _varying(terms: list[Term], x: np.ndarray) -> tuple[list[Term], np.ndarray]:
    """The terms that vary and are finite, and their values (K, n)."""
    values = np.array([Expression(prefix)(x[:, list(columns)]) for prefix, columns in terms])
    size = np.abs(values).max(1)
    good = np.isfinite(values).all(1) & (values.std(1) > 1e-9 * np.maximum(size, 1e-30))
    return [term for term, keep in zip(terms, good, strict=True) if keep], values[good]


def _selected(
    terms: list[Term], values: np.ndarray, y: np.ndarray, most: int, rounding: float
) -> tuple[list[int], float]:
    """Indices of the terms with the shortest description of y, and its length; none if no term."""
    n, size = len(y), len(values)
    centred = values - values.mean(1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    columns = centred / np.where(norms > 0, norms, 1.0)
    target = (y - y.mean()) / np.linalg.norm(y - y.mean())
    right = columns @ target
    first = np.argsort(-np.abs(right))[:BEGINNINGS]
    paths = forward(
        columns @ columns.T, np.repeat(right[None], len(first), 0), most, [[int(k)] for k in first]
    )
    price = np.log(n) + 2 * np.log(size)

    def length(picked: list[int]) -> float:
        return float(_lengths(columns, target, picked, price, rounding)[-1])

    best, shortest = [], 0.0  # the mean alone: n · log 1
    for path in paths:
        used = [
            len({c for k in path[:end] for c in terms[k][1]}) for end in range(1, len(path) + 1)
        ]
        path = path[: sum(n <= MAX_VARIABLES for n in used)]
        lengths = _lengths(columns, target, path, price, rounding)
        k = int(np.argmin(lengths))
        if lengths[k] < shortest:
            best, shortest = path[: k + 1], float(lengths[k])
    while len(best) > 1:  # a term that the later ones have made superfluous
        shorter = min(([k for k in best if k != out] for out in best), key=length)
        if length(shorter) >= shortest:
            break
        best, shortest = shorter, length(shorter)
    return best, shortest


def _lengths(columns, target, path: list[int], price: float, rounding: float) -> np.ndarray:
    """(k,) description lengths of the first 1, 2, … terms of a path, relative to the mean alone."""
    directions, _ = np.linalg.qr(columns[path].T)
    left, lengths = target.copy(), []
    for k in range(len(path)):
        left = left - directions[:, k] * (directions[:, k] @ left)
        share = max(float(left @ left), rounding)
        lengths.append(len(target) * np.log(share) + (k + 1) * price)
    return np.array(lengths)


def _finished(terms: list[Term], values, y, inliers, score: float) -> FoundSum:
    """Coefficients from the inliers, the intercept only where it is needed; all in one formula."""
    used = sorted({k for _, columns in terms for k in columns})
    target, variance = y[inliers], y[inliers].var()
    bare = np.linalg.lstsq(values[inliers], target, rcond=None)[0]
    design = np.column_stack([values[inliers], np.ones(inliers.sum())])
    *weights, intercept = np.linalg.lstsq(design, target, rcond=None)[0]
    left_bare = np.mean((target - values[inliers] @ bare) ** 2) / variance
    left = np.mean((target - design @ [*weights, intercept]) ** 2) / variance
    if left_bare <= 1.02 * left + 1e-15:
        weights, intercept, left = bare, 0.0, left_bare
    parts = []
    for prefix, columns in terms:
        spelled = {VARIABLES[i]: VARIABLES[used.index(k)] for i, k in enumerate(columns)}
        parts.append(Expression(tuple(t if t in OPERATORS else spelled.get(t, t) for t in prefix)))
    expression = linear_combination(weights, parts, float(intercept))
    return FoundSum(Formula(expression, tuple(used)), float(left), inliers, score)
