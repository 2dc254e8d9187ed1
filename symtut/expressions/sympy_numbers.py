"""Numbers of a formula as SymPy has them: exact where that does no harm, else the same float64."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sympy

MOST_EXACT = 64
"""Degree of a formula above which SymPy gets no whole numbers."""


def degree(token: str | float, args: list[int]) -> int:
    """How often a number below can occur as a factor, at most."""
    if token == "square":
        return 2 * args[0]
    if token in ("mul", "div"):
        return sum(args)
    return max(args, default=1)


def sympy_number(value: float) -> sympy.Expr:
    """The SymPy number of the same value that is printed with the fewest digits."""
    import sympy

    if not math.isfinite(value):
        return sympy.nan if math.isnan(value) else sympy.oo if value > 0 else -sympy.oo
    if value == int(value) and abs(value) < 2**53:
        return sympy.Integer(int(value))
    shortest = sympy.Float(value)  # 53 bits, the value itself, of which it prints 15 digits
    if float(str(shortest)) != value:
        shortest = sympy.Float(repr(value), 17)
    return shortest if float(shortest) == value else sympy.Float(value, 17)
