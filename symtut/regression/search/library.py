"""Fixed lists of terms: the library of sparse regression, and what quotients are made of."""

from functools import lru_cache
from itertools import combinations, product

import numpy as np

from symtut.expressions import VARIABLES, Expression, canonical_terms
from symtut.regression.search.fits import Terms


def library(n_variables: int, functions: tuple[str, ...] = ()) -> list[Terms]:
    """x, x², x³, |x|, sin x, cos x and products of two of these (in the manner of SINDy).

    Other ``functions`` of each variable join, alone and times a variable.
    """
    names = [(name,) for name in VARIABLES[:n_variables]]
    base = [f for v in names for f in (v, ("sin", *v), ("cos", *v), ("square", *v), ("abs", *v))]
    pairs = [("mul", *a, *b) for a, b in combinations(base, 2)]
    cubes = [("mul", *v, "square", *v) for v in names]
    others = [(f, *v) for v in names for f in functions if (f, *v) not in base]
    pairs += [("mul", *v, *f) for v, f in product(names, others)]
    found = dict.fromkeys(canonical_terms((f,)) for f in [*base, *cubes, *others, *pairs])
    return [terms for terms in found if len(terms) == 1]


# ---- equations of motion of linked bodies --------------------------------------------------------

_MIXED = ((), ("square",), ("sin",), ("cos",))  # these are multiplied across variables


def denominator_terms(n_variables: int) -> list[Expression]:
    """x, x², sin x, cos x, sin² x and |x| of each variable."""
    return [
        Expression((*before, v))
        for before in ((), ("square",), ("sin",), ("cos",), ("square", "sin"), ("abs",))
        for v in VARIABLES[:n_variables]
    ]


def numerator_terms(x: np.ndarray) -> tuple[list[Expression], np.ndarray]:
    """Terms and their values (k, n) on the points x (n, d); k is 108 for three variables.

    Functions of one variable, products of two of them, sines and cosines of sums and differences.
    """
    terms, factors = _numerators(x.shape[1])
    values = np.array([term(x) for term, pair in zip(terms, factors, strict=True) if not pair])
    left, right = np.array([pair for pair in factors if pair], dtype=int).reshape(-1, 2).T
    return terms, np.vstack([values, values[left] * values[right]])


@lru_cache
def _numerators(n_variables: int):
    """Terms, the products last, and for each product the places of its factors."""
    names = VARIABLES[:n_variables]
    factors: list[tuple[int, Expression]] = [
        (j, Expression(prefix))
        for j, v in enumerate(names)
        for prefix in (*((*f, v) for f in _MIXED), ("mul", "sin", v, "cos", v))
    ]
    single = [Expression(("mul", v, f, v)) for v in names for f in ("abs", "square")]
    angles = [
        Expression((f, "add", v, *sign, w))
        for v, w in combinations(names, 2)
        for sign in ((), ("neg",))
        for f in ("sin", "cos")
    ]
    pairs = [
        (a, b) for a, b in combinations(range(len(factors)), 2) if factors[a][0] != factors[b][0]
    ]
    products = [Expression(("mul", *factors[a][1].prefix, *factors[b][1].prefix)) for a, b in pairs]
    terms = [term for _, term in factors] + single + angles
    return terms + products, [()] * len(terms) + pairs
