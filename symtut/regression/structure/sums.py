"""Sums of two terms from a long list, beside the plain variables: every pair is tried.

Forward selection takes the term that explains most alone and is led astray where each of two
explains little. A Gram matrix tries all pairs at once.
"""

from collections.abc import Callable, Container
from functools import lru_cache
from itertools import combinations, permutations, product

import numpy as np

from symtut.expressions import OPERATORS, VARIABLES, Expression
from symtut.regression.search.fits import Candidate
from symtut.regression.structure import spelled
from symtut.regression.structure.inverted_sums import GOOD, term_lists
from symtut.regression.structure.products import best_columns, least_squares
from symtut.regression.structure.spelled import has_only

DEGREE = (8, 5, 4, 3, 3, 2)
"""Of the polynomials that are tried whole, for one to six variables."""


def propose_sums(
    x: np.ndarray,
    y: np.ndarray,
    stop: Callable[[], object] = bool,
    usable: Container[str] = OPERATORS,
) -> list[Candidate]:
    """Sums of variables and one or two terms that are close to y, best first.

    Parameters
    ----------
    x : (n, d) float64, y : (n,) float64
        A few hundred points are enough.
    stop : callable
        Called before every step; may raise.
    usable : container of str
        Operators that proposals may have.
    """
    stop()
    d = x.shape[1]
    terms = [t for t in (*term_lists(d)[1], *_quotients(d)) if has_only(t.prefix, usable)]
    with np.errstate(all="ignore"):
        columns = np.array([term(x) for term in terms]).reshape(len(terms), len(x)).T
        defined = np.flatnonzero(np.abs(columns).max(0) < 1e100)
    columns, terms = columns[:, defined], [terms[k] for k in defined]
    stop()
    base = np.column_stack([np.ones(len(y)), x])
    found = []
    for chosen in best_columns(base, columns, y, few=40):
        design = np.column_stack([base, columns[:, list(chosen)]])
        weights, errors = least_squares(design, y)
        loss = float(np.mean((y - design @ weights) ** 2) / np.var(y))
        # a variable that the terms make superfluous drops out
        needed = np.abs(weights) > 4 * errors + 1e-9 * y.std() / np.abs(design).max(0)
        names = [*((name,) for name in VARIABLES[:d]), *(terms[k].prefix for k in chosen)]
        kept = tuple(name for name, keep in zip(names, needed[1:], strict=True) if keep)
        if loss < GOOD and chosen and kept:
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
        weights = np.linalg.lstsq(design / scale, y, rcond=None)[0]
        if np.mean((y - design / scale @ weights) ** 2) > 1e-20 * np.var(y):
            return []
        needed = np.abs(weights[1:]) > 1e-8 * y.std()
        if needed.all():
            names = [(name,) for name in VARIABLES[:d]]
            terms = [spelled.product([*zip(names, p, strict=True)]) for p in powers]
            return [spelled.candidate(terms)]
        powers = [p for p, keep in zip(powers, needed, strict=True) if keep]
    return []


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
