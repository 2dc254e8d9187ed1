"""What the equations of motion of linked bodies are made of.

A fixed list for the search for common denominators: products of states, actions, sines and
cosines in the numerator, short even functions in the denominator.
"""

from functools import lru_cache
from itertools import combinations

import numpy as np

from symtut.expressions import VARIABLES, Expression

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
