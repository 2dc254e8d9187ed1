"""Sums behind a function: y², 1/y, 1/y², log y or exp y may be a sum where y is none.

sqrt(a² + b² − 2ab·cos c) is a sum of three terms once it is squared, 1/(1/a + 1/b) once it is
inverted. Each such transform of y is tried as the target of sparse selection among monomials, and
what fits is written as a formula in y.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations, product

import numpy as np

from symtut.expressions import OPERATORS, VARIABLES, Expression, linear_combination
from symtut.regression.search.fits import Candidate, Fit
from symtut.regression.search.ranking import criterion
from symtut.regression.search.terms import TermPool
from symtut.regression.structure.spelled import has_only

GOOD = 0.05
"""1 − R² of the transformed target above which a sum is not proposed."""


@dataclass(frozen=True)
class Transform:
    """``forward(y)`` is the target; ``back`` the operators that lead from it to y.

    ``positive``: y must be positive. ``scales``: a factor of the sum is a factor of y.
    """

    forward: object
    back: tuple[str, ...]
    positive: bool
    scales: bool


TRANSFORMS = (
    Transform(np.square, ("sqrt",), True, True),
    Transform(np.reciprocal, ("inv",), False, True),
    Transform(lambda y: 1 / y**2, ("inv", "sqrt"), True, True),
    Transform(np.log, ("exp",), True, False),
    Transform(np.exp, ("log",), False, False),
)


def propose_inverted_sums(
    x: np.ndarray,
    y: np.ndarray,
    stop: Callable[[], object] = bool,
    usable: Container[str] = OPERATORS,
) -> list[Candidate]:
    """Functions of sums that are close to y, each as a candidate of one term.

    Parameters
    ----------
    x : (n, d) float64, y : (n,) float64
        ``y`` in its own units: 0 must mean 0. A few hundred points are enough.
    stop : callable
        Called before every step; may raise.
    usable : container of str
        Operators that proposals may have.

    Returns
    -------
    list of Candidate
        Best first; the coefficients inside are constants, with their values as the guess.
    """
    found: dict[Candidate, float] = {}
    # selection among few terms is not led astray by what resembles a sum of others
    pools = [
        _pool(x, [term for term in terms if has_only(term.prefix, usable)])
        for terms in term_lists(x.shape[1])
    ]
    for transform in TRANSFORMS:
        if not has_only(("add", *transform.back), usable):
            continue
        stop()
        with np.errstate(all="ignore"):
            target = transform.forward(y)
        if transform.positive and not (y > 0).all() or not np.abs(target).max() < 1e12:
            continue
        if not target.std() > 1e-9 * np.abs(target).max():
            continue
        for fit in (fit for pool in pools for fit in pool.select(target)):
            if 1 < len(fit.terms) and fit.loss < GOOD:
                candidate = _inverted(fit, transform)
                loss = _loss(candidate, x, y)
                if loss < GOOD:
                    numbers = 0 if candidate.guess is None else len(candidate.guess)
                    nodes = len(candidate.terms[0])
                    found[candidate] = float(criterion(loss, numbers, nodes, len(y)))
    return sorted(found, key=found.__getitem__)[:8]


def _pool(x: np.ndarray, terms: list[Expression]) -> TermPool:
    pool = TermPool(x)
    values = np.array([term(x) for term in terms])
    usable = [i for i, row in enumerate(values) if np.abs(row).max() < 1e100]
    pool.extend([terms[i] for i in usable], values[usable])
    return pool


@lru_cache(maxsize=8)
def term_lists(d: int) -> tuple[list[Expression], list[Expression]]:
    """Powers, products and quotients of two variables; and these with many more."""
    v = [(name,) for name in VARIABLES[:d]]
    square, inverse = (lambda a: ("square", *a)), (lambda a: ("inv", *a))
    spelled = (
        lambda a: a, square, inverse, lambda a: inverse(square(a)), lambda a: ("sqrt", *a),
        lambda a: ("mul", *a, *square(a)), lambda a: square(square(a)),
    )  # fmt: skip
    found = [power(a) for a in v for power in spelled[:3]]
    found += [("mul", *a, *b) for a, b in combinations(v, 2)]
    found += [("div", *a, *b) for a, b in permutations(v, 2)]
    simple = [Expression(prefix) for prefix in found]
    found = [power(a) for a in v for power in spelled]
    few = spelled[:4]
    found += [("mul", *f(a), *g(b)) for a, b in combinations(v, 2) for f, g in product(few, few)]
    found += [
        ("mul", *f(a), "mul", *g(b), *h(c))
        for a, b, c in combinations(v, 3) for f, g, h in product(few[:3], repeat=3)
    ]  # fmt: skip
    waves = [(f, *a) for a in v for f in ("sin", "cos")]
    waves += [("mul", "sin", *a, "cos", *a) for a in v] + [("square", "sin", *a) for a in v]
    found += waves
    found += [("mul", *f(a), *w) for w in waves for a in v if a[0] not in w for f in few]
    found += [
        ("mul", *a, "mul", *b, *w)
        for w in waves for a, b in combinations(v, 2) if a[0] not in w and b[0] not in w
    ]  # fmt: skip
    found += [("square", "sub", *a, *b) for a, b in combinations(v, 2)]
    found += [("mul", *a, "log", *b) for a, b in product(v, repeat=2)]
    found += [("log", *a) for a in v] + [("exp", *a) for a in v] + [("exp", "neg", *a) for a in v]
    found += [("exp", "div", *a, *b) for a, b in permutations(v, 2)]
    return simple, [Expression(prefix) for prefix in found]


def _inverted(fit: Fit, transform: Transform) -> Candidate:
    """back(sum), without the factor that the outer weight of the term gives it."""
    weights, intercept = np.array(fit.weights), fit.intercept
    if transform.scales:
        # the largest positive weight becomes one, so that a root stays real
        scale = max(weights.max(), 0) or abs(weights).max()
        weights, intercept = weights / scale, intercept / scale
    elif transform.back == ("exp",):
        intercept = 0.0  # a factor of y
    if abs(intercept) < 1e-9 * np.abs(weights).max():
        intercept = 0.0
    inside = linear_combination(weights, fit.term_expressions(), intercept)
    guess = np.array(inside.constants) if inside.constants else None
    return Candidate(((*transform.back, *inside.prefix),), guess)


def _loss(candidate: Candidate, x, y) -> float:
    numbers = () if candidate.guess is None else tuple(candidate.guess)
    values = Expression(candidate.terms[0], numbers)(x)
    if not np.all(np.isfinite(values)):
        return np.inf
    columns = np.column_stack([values, np.ones(len(y))])
    residual = y - columns @ np.linalg.lstsq(columns, y, rcond=None)[0]
    return float(np.mean(residual**2) / np.var(y))
