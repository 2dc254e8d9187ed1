"""Prefixes with numbers spelled in them, as proposers put formulas together.

``("mul", "0.5", "x0")`` is half of x0. Pieces can be joined and substituted without counting
constants; :func:`candidate` turns the numbers into constants with their values as the guess.
"""

from collections.abc import Container
from functools import lru_cache

import numpy as np

from symtut.expressions import CONSTANT, OPERATORS, Expression
from symtut.regression.constants import Candidate

Spelled = tuple[str, ...]


def is_number(token: str) -> bool:
    return token[0] in "-0123456789"


def has_only(spelled: Spelled, usable: Container[str]) -> bool:
    """Whether all of its operators are among the usable ones."""
    return all(token in usable for token in spelled if token in OPERATORS)


def spell(prefix: Spelled, constants) -> Spelled:
    """The prefix with its constants written out."""
    numbers = iter(constants)
    return tuple(repr(float(next(numbers))) if token == CONSTANT else token for token in prefix)


def candidate(terms) -> Candidate:
    """Spelled terms as a candidate."""
    numbers = [float(token) for term in terms for token in term if is_number(token)]
    prefixes = tuple(tuple(CONSTANT if is_number(t) else t for t in term) for term in terms)
    return Candidate(prefixes, np.array(numbers) if numbers else None)


@lru_cache(maxsize=20_000)  # every fit asks for the same few thousand
def expression(spelled: Spelled) -> Expression:
    (prefix,) = candidate([spelled]).terms
    return Expression(prefix, tuple(float(token) for token in spelled if is_number(token)))


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


def product(parts) -> Spelled:
    """The product of powers, pairs of a spelled prefix and an exponent: above and below a bar."""
    above = [power(part, exponent) for part, exponent in parts if exponent > 0]
    below = [power(part, -exponent) for part, exponent in parts if exponent < 0]
    top, bottom = _chain(above), _chain(below)
    if not bottom:
        return top
    return ("div", *top, *bottom) if top else ("inv", *bottom)


def _chain(parts: list[Spelled]) -> Spelled:
    joined = parts[-1] if parts else ()
    for part in parts[-2::-1]:
        joined = ("mul", *part, *joined)
    return joined
