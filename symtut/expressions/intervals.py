"""Between which bounds a formula's values lie, whatever its variables are."""

import math
from collections.abc import Callable

import numpy as np

from symtut.expressions.operators import CONSTANT, OPERATORS, VARIABLES
from symtut.expressions.tree import Expression

Bounds = tuple[float, float]
EVERYTHING: Bounds = (-math.inf, math.inf)

_BOUNDED = {
    "sin": (-1.0, 1.0),
    "cos": (-1.0, 1.0),
    "tanh": (-1.0, 1.0),
    "asin": (-math.pi / 2, math.pi / 2),
    "acos": (0.0, math.pi),
    "atan": (-math.pi / 2, math.pi / 2),
}


def interval(expression: Expression) -> Bounds:
    """(low, high) that hold all values at finite points where the formula is defined.

    They need not be the narrowest. A formula without variables has one value, low = high.
    """
    return expression.fold(_of_node)


def _of_node(token, args: list[Bounds]) -> Bounds:
    if isinstance(token, float):
        return token, token
    if token == CONSTANT or token in VARIABLES:
        return EVERYTHING
    if all(low == high for low, high in args):
        with np.errstate(all="ignore"):
            value = float(OPERATORS[token].numpy(*(low for low, _ in args)))
        return value, value
    found = _BOUNDED.get(token) or _RULES.get(token, lambda *_: EVERYTHING)(*args)
    return EVERYTHING if any(map(math.isnan, found)) else found


def _product(a: Bounds, b: Bounds) -> Bounds:
    corners = [0.0 if 0.0 in (s, t) else s * t for s in a for t in b]
    return min(corners), max(corners)


def _reciprocal(a: Bounds) -> Bounds:
    if a[0] > 0 or a[1] < 0:
        return 1 / a[1], 1 / a[0]
    return (0.0, math.inf) if a[0] == 0 else (-math.inf, 0.0) if a[1] == 0 else EVERYTHING


def _size(a: Bounds) -> Bounds:
    low, high = sorted(map(abs, a))
    return (0.0 if a[0] <= 0 <= a[1] else low), high


def _square(a: Bounds) -> Bounds:
    low, high = _size(a)
    return low * low, high * high


def _exp(a: Bounds) -> Bounds:
    with np.errstate(all="ignore"):
        low, high = np.exp(a)
    return max(float(low), 5e-324), float(high)  # above zero, though it may underflow


def _root(a: Bounds) -> Bounds:
    return math.sqrt(max(a[0], 0.0)), math.sqrt(max(a[1], 0.0))


def _log(a: Bounds) -> Bounds:
    low, high = (math.log(s) if s > 0 else -math.inf for s in a)
    return low, high


def _power(a: Bounds, b: Bounds) -> Bounds:
    even = b[0] == b[1] and b[0] % 2 == 0
    return (0.0, math.inf) if a[0] >= 0 or even else EVERYTHING


_RULES: dict[str, Callable[..., Bounds]] = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "sub": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "mul": _product,
    "div": lambda a, b: _product(a, _reciprocal(b)),
    "neg": lambda a: (-a[1], -a[0]),
    "inv": _reciprocal,
    "square": _square,
    "abs": _size,
    "exp": _exp,
    "sqrt": _root,
    "log": _log,
    "pow": _power,
}
