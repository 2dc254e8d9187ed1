"""Sums of terms from a long list: of y itself, and of y behind a function.

sqrt(a² + b² − 2ab·cos c) is a sum of three terms once it is squared, 1/(1/a + 1/b) once it is
inverted. So y², 1/y, 1/y², log y and exp y are targets, too, and what fits is written as a formula
in y.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations, product

import numpy as np

from symtut.expressions import VARIABLES, Expression, linear_combination
from symtut.regression.search.fits import Candidate, Fit, criterion
from symtut.regression.search.selection import best_columns
from symtut.regression.search.terms import TermPool
from symtut.regression.structure import spelled
from symtut.regression.structure.observations import Observations
from symtut.regression.structure.products import least_squares

GOOD_SUM = 0.05
"""1 − R² above which a sum is not proposed."""

DEGREE = (8, 5, 4, 3, 3, 2)
"""Of the polynomials that are tried whole, for one to six variables."""


def propose_sums(data: Observations) -> list[Candidate]:
    """Sums of the plain variables and one or two terms, best first.

    Forward selection takes the term that explains most alone and is led astray where each of two
    explains little; here every pair is tried.
    """
    x, y = data.x, data.y
    data.stop()
    d = x.shape[1]
    terms = [t for t in (*_term_lists(d)[1], *_quotients(d)) if data.can_write(t.prefix)]
    with np.errstate(all="ignore"):
        columns = np.array([term(x) for term in terms]).reshape(len(terms), len(x)).T
        defined = np.flatnonzero(np.abs(columns).max(0) < 1e100)
    columns, terms = columns[:, defined], [terms[k] for k in defined]
    data.stop()
    base = np.column_stack([np.ones(len(y)), x])
    found = []
    for chosen in best_columns(base, columns, y, few=40):
        design = np.column_stack([base, columns[:, list(chosen)]])
        coefficients, errors = least_squares(design, y)
        loss = float(np.mean((y - design @ coefficients) ** 2) / np.var(y))
        # a variable that the terms make superfluous drops out
        needed = np.abs(coefficients) > 4 * errors + 1e-9 * y.std() / np.abs(design).max(0)
        names = [*((name,) for name in VARIABLES[:d]), *(terms[k].prefix for k in chosen)]
        kept = tuple(name for name, keep in zip(names, needed[1:], strict=True) if keep)
        if loss < GOOD_SUM and chosen and kept:
            found.append((loss, Candidate(kept)))
    found.sort(key=lambda pair: pair[0])
    return [*_polynomial(x, y), *(candidate for _, candidate in found[:8])]


def _polynomial(x: np.ndarray, y: np.ndarray) -> list[Candidate]:
    """The polynomial that y is up to rounding errors, if it is one, with as few terms as can be."""
    d = x.shape[1]
    powers = [p for p in product(range(9), repeat=d) if 0 < sum(p) <= DEGREE[d - 1]]
    while powers and 2 * len(powers) < len(y):
        design = np.column_stack([np.ones(len(y)), *((x ** np.array(p)).prod(1) for p in powers)])
        scale = np.abs(design).max(0)
        coefficients = np.linalg.lstsq(design / scale, y, rcond=None)[0]
        if np.mean((y - design / scale @ coefficients) ** 2) > 1e-20 * np.var(y):
            return []
        needed = np.abs(coefficients[1:]) > 1e-8 * y.std()
        if needed.all():
            names = [(name,) for name in VARIABLES[:d]]
            terms = [spelled.product([*zip(names, p, strict=True)]) for p in powers]
            return [spelled.candidate(terms)]
        powers = [p for p, keep in zip(powers, needed, strict=True) if keep]
    return []


# ---- behind a function ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Inversion:
    """``forward(y)`` is the target; ``back`` the operators that lead from it to y.

    ``positive``: y must be positive. ``scales``: a factor of the sum is a factor of y.
    """

    forward: Callable[[np.ndarray], np.ndarray]
    back: tuple[str, ...]
    positive: bool
    scales: bool


_INVERSIONS = (
    _Inversion(np.square, ("sqrt",), True, True),
    _Inversion(np.reciprocal, ("inv",), False, True),
    _Inversion(lambda y: 1 / y**2, ("inv", "sqrt"), True, True),
    _Inversion(np.log, ("exp",), True, False),
    _Inversion(np.exp, ("log",), False, False),
)


def propose_inverted_sums(data: Observations) -> list[Candidate]:
    """Functions of sums, each as a candidate of one term, best first.

    The coefficients inside are constants, with their values as the guess.
    """
    x, y = data.x, data.y
    found: dict[Candidate, float] = {}
    # selection among few terms is not led astray by what resembles a sum of others
    pools = [
        _pool(x, [term for term in terms if data.can_write(term.prefix)])
        for terms in _term_lists(x.shape[1])
    ]
    for inversion in _INVERSIONS:
        if not data.can_write(("add", *inversion.back)):
            continue
        data.stop()
        with np.errstate(all="ignore"):
            target = inversion.forward(y)
        if inversion.positive and not (y > 0).all() or not np.abs(target).max() < 1e12:
            continue
        if not target.std() > 1e-9 * np.abs(target).max():
            continue
        for fit in (fit for pool in pools for fit in pool.select(target)):
            if 1 < len(fit.terms) and fit.loss < GOOD_SUM:
                candidate = _inverted(fit, inversion)
                loss = _loss(candidate, x, y)
                if loss < GOOD_SUM:
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


def _inverted(fit: Fit, inversion: _Inversion) -> Candidate:
    """back(sum), without the factor that the coefficient of the term gives it."""
    coefficients, intercept = np.array(fit.coefficients), fit.intercept
    if inversion.scales:
        # the largest positive weight becomes one, so that a root stays real
        scale = max(coefficients.max(), 0) or abs(coefficients).max()
        coefficients, intercept = coefficients / scale, intercept / scale
    elif inversion.back == ("exp",):
        intercept = 0.0  # a factor of y
    if abs(intercept) < 1e-9 * np.abs(coefficients).max():
        intercept = 0.0
    inside = linear_combination(coefficients, fit.term_expressions(), intercept)
    guess = np.array(inside.constants) if inside.constants else None
    return Candidate(((*inversion.back, *inside.prefix),), guess)


def _loss(candidate: Candidate, x, y) -> float:
    numbers = () if candidate.guess is None else tuple(candidate.guess)
    values = Expression(candidate.terms[0], numbers)(x)
    if not np.all(np.isfinite(values)):
        return np.inf
    columns = np.column_stack([values, np.ones(len(y))])
    residual = y - columns @ np.linalg.lstsq(columns, y, rcond=None)[0]
    return float(np.mean(residual**2) / np.var(y))


# ---- the terms -----------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _term_lists(d: int) -> tuple[list[Expression], list[Expression]]:
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


@lru_cache(maxsize=8)
def _quotients(d: int) -> list[Expression]:
    """1/(a ± b), 1/(a² ± b²), exp(−a), exp(−ab) and exp(−a/b), each alone and with a factor."""
    v = [(name,) for name in VARIABLES[:d]]
    sums = [(s, *a, *b) for a, b in combinations(v, 2) for s in ("sub", "add")]
    sums += [(s, "square", *a, "square", *b) for a, b in combinations(v, 2) for s in ("sub", "add")]
    decays = [("exp", "neg", *a) for a in v]
    decays += [("exp", "neg", "mul", *a, *b) for a, b in combinations(v, 2)]
    decays += [("exp", "neg", "div", *a, *b) for a, b in permutations(v, 2)]
    pieces = [("inv", *a) for a in sums] + decays
    factors = v if d > 4 else [*v, *(("mul", *a, *b) for a, b in combinations(v, 2))]
    return [Expression(p) for p in (*pieces, *(("mul", *a, *p) for p in pieces for a in factors))]
