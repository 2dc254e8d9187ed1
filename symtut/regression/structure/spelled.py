"""Prefixes with numbers spelled in them, as proposers put formulas together.

``("mul", "0.5", "x0")`` is half of x0. Pieces can be joined and substituted without counting
constants; :func:`candidate` turns the numbers into constants with their values as the guess.
"""

from collections.abc import Collection, Iterable
from functools import lru_cache

import numpy as np

from symtut.expressions import CONSTANT, VARIABLES, Expression
from symtut.regression.search.fits import Candidate

Spelled = tuple[str, ...]


def is_numeral(token: str) -> bool:
    return token[0] in "-0123456789"


def spell(prefix: Spelled, constants: Iterable[float]) -> Spelled:
    """The prefix with its constants written out."""
    numbers = iter(constants)
    return tuple(repr(float(next(numbers))) if token == CONSTANT else token for token in prefix)


def candidate(terms: Collection[Spelled]) -> Candidate:
    """Spelled terms as a candidate."""
    numbers = [float(token) for term in terms for token in term if is_numeral(token)]
    prefixes = tuple(tuple(CONSTANT if is_numeral(t) else t for t in term) for term in terms)
    return Candidate(prefixes, np.array(numbers) if numbers else None)


@lru_cache(maxsize=20_000)  # every fit asks for the same few thousand
def expression(spelled: Spelled) -> Expression:
    (prefix,) = candidate([spelled]).terms
    return Expression(prefix, tuple(float(token) for token in spelled if is_numeral(token)))


def substitute(spelled: Spelled, names: dict[str, Spelled]) -> Spelled:
    """The same with other prefixes in the place of variables."""
    return tuple(part for token in spelled for part in names.get(token, (token,)))


def power(spelled: Spelled, exponent: float) -> Spelled:
    """spelled ** exponent (above 0), shortest: squares, roots and products before ``pow``."""
    square = ("square", *spelled)
    return {
        0.5: ("sqrt", *spelled),
        1.0: spelled,
        1.5: ("mul", *spelled, "sqrt", *spelled),
        2.0: square,
        3.0: ("mul", *spelled, *square),
        4.0: ("square", *square),
        5.0: ("mul", *spelled, "square", *square),
        6.0: ("square", "mul", *spelled, *square),
    }.get(float(exponent), ("pow", *spelled, repr(float(exponent))))


def product(parts: Iterable[tuple[Spelled, float]]) -> Spelled:
    """The product of powers, pairs of a spelled prefix and an exponent: above and below a bar.

    Powers of variables are gathered: x0²·(x1/x0) is x0·x1.
    """
    gathered: dict[str, float] = {}
    others = []
    for part, exponent in parts:
        monomial = _monomial(part)
        if monomial is None:
            others.append((part, exponent))
        else:
            for name, inside in monomial.items():
                gathered[name] = gathered.get(name, 0.0) + inside * exponent
    parts = [((name,), exponent) for name, exponent in gathered.items() if exponent] + others
    above = [power(part, exponent) for part, exponent in parts if exponent > 0]
    below = [power(part, -exponent) for part, exponent in parts if exponent < 0]
    top, bottom = _chain(above), _chain(below)
    if not bottom:
        return top
    return ("div", *top, *bottom) if top else ("inv", *bottom)


def _monomial(spelled: Spelled) -> dict[str, float] | None:
    """Exponents of the variables in a product of powers; None for anything else."""
    stack: list[dict[str, float]] = []
    for token in reversed(spelled):
        if token in VARIABLES:
            stack.append({token: 1.0})
        elif token in ("mul", "div"):
            one, other, sign = stack.pop(), stack.pop(), 1 if token == "mul" else -1
            names = one.keys() | other.keys()
            stack.append({n: one.get(n, 0.0) + sign * other.get(n, 0.0) for n in sorted(names)})
        elif token in ("square", "inv"):
            factor = 2 if token == "square" else -1
            stack.append({name: factor * exponent for name, exponent in stack.pop().items()})
        else:
            return None
    return stack[0]


def _chain(parts: list[Spelled]) -> Spelled:
    joined = parts[-1] if parts else ()
    for part in parts[-2::-1]:
        joined = ("mul", *part, *joined)
    return joined
