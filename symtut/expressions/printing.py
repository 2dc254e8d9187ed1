"""Formulas as text and as LaTeX, with only the brackets that are needed."""

import numbers
import re
from collections.abc import Mapping, Sequence
from typing import Any

from symtut.errors import InputError
from symtut.expressions.operators import CONSTANT, OPERATORS, VARIABLES

_PRECEDENCE = {"add": 1, "sub": 1, "neg": 2, "mul": 3, "div": 3, "inv": 3, "square": 5, "pow": 5}
_WHOLE_POWER = re.compile(r"(?P<base>.+?)(?:\*\*(?P<k>[2-8])|\^\{(?P<latex_k>[2-8])\})", re.DOTALL)
_EXACT_DIGITS = 17
"""So many digits tell any two float64 numbers apart."""


def check_digits(digits: Any) -> None:
    """Raise ``InputError`` unless ``digits`` is None or a whole number from 1."""
    whole = isinstance(digits, numbers.Integral) and not isinstance(digits, bool)
    if digits is not None and not (whole and int(digits) >= 1):
        raise InputError(f"digits must be a whole number from 1, or None for all, not {digits!r}.")


def _number(value: float, digits: int | None) -> str:
    """Python syntax with so many digits; None (or 17): with all that reading back needs."""
    if digits is None or digits >= _EXACT_DIGITS:
        return repr(value).removesuffix(".0")
    return f"{value:.{digits}g}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _brackets(argument, level, latex=False):
    text, precedence = argument
    if precedence >= level:
        return text
    return rf"\left({text}\right)" if latex else f"({text})"


def _power_of(argument) -> tuple[str, int]:
    """Base and exponent of a text like x**4; exponent 0 for anything else."""
    found = _WHOLE_POWER.fullmatch(argument[0]) if argument[1] == 5 else None
    return (found["base"], int(found["k"] or found["latex_k"])) if found else ("", 0)


def _whole_power(token, args, latex) -> str | None:
    """(x²)² as x**4, x·x² as x**3: what the parser makes of these; None for anything else."""
    if token == "square":
        base, k = _power_of(args[0])
        k *= 2
    else:
        base, k = _power_of(args[1])
        if k % 2 or base != _brackets(args[0], 6, latex):
            return None
        k += 1
    if not 2 < k <= 8:
        return None
    return f"{base}^{{{k}}}" if latex else f"{base}**{k}"


def _infix(token, args, template, latex):
    """Text of an infix operator with only the brackets that are needed, and its precedence."""
    if token in ("square", "mul") and (power := _whole_power(token, args, latex)):
        return power, 5
    level = _PRECEDENCE[token]
    if token == "add":
        left, right = args[0][0], args[1][0]
        if right.startswith("-"):  # a + -b is written a - b
            return f"{left} - {right[1:]}", 1
        return f"{left} + {right}", 1
    if token == "sub":
        return template.format(args[0][0], _brackets(args[1], 2, latex)), 1
    if token == "neg":
        return template.format(_brackets(args[0], 3, latex)), 1
    if token == "square":
        return template.format(_brackets(args[0], 6, latex)), 5
    if token == "inv":
        return template.format(_brackets(args[0], 4, latex)), 3
    if token == "pow":  # x**-2 needs no brackets in Python, nor does a raised exponent in LaTeX
        exponent = args[1][0] if latex or _is_number(args[1][0]) else _brackets(args[1], 6)
        return template.format(_brackets(args[0], 6, latex), exponent), 5
    # mul and div: the right-hand side of a division needs brackets around products too
    right_level = level + 1 if token == "div" else level
    return template.format(
        _brackets(args[0], level, latex), _brackets(args[1], right_level, latex)
    ), 3


def as_text(
    token: str | float, args: list[tuple[str, int]], names: Sequence[str], digits: int | None
) -> tuple[str, int]:
    """Return (text, precedence); 9 binds tightest."""
    if not isinstance(token, str):
        text = _number(token, digits)
        return text, 1 if text.startswith("-") else 9
    if token == CONSTANT:
        return "C", 9
    if token in VARIABLES:
        return names[int(token[1:])], 9
    if token in _PRECEDENCE:
        if token == "mul" and args[0][0].startswith("-") and args[0][1] == 1:
            inner = as_text("mul", [(args[0][0][1:], 3), args[1]], names, digits)
            if "+" not in args[0][0] and " - " not in args[0][0]:
                return f"-{inner[0]}", 1  # a leading minus stays outside: -2*x, not (-2)*x
        return _infix(token, args, OPERATORS[token].text, latex=False)
    return OPERATORS[token].text.format(args[0][0]), 9


def as_latex(
    token: str | float, args: list[tuple[str, int]], names: Mapping[int, str], digits: int | None
) -> tuple[str, int]:
    """Return (LaTeX, precedence) as :func:`as_text` does; ``names`` are LaTeX already."""
    if not isinstance(token, str):
        text, level = _number(token, digits), 9
        if "e" in text:
            mantissa, exponent = text.split("e")
            text, level = rf"{mantissa} \cdot 10^{{{int(exponent)}}}", 3
        text = text.replace("inf", r"\infty").replace("nan", r"\mathrm{nan}")
        return text, 1 if text.startswith("-") else level
    if token == CONSTANT:
        return "C", 9
    if token in VARIABLES:
        name = names[int(token[1:])]
        return name, 4 if name.startswith(r"\Delta ") else 9  # (Δx)², not Δx²
    if token in ("div", "inv"):  # the fraction bar is its own bracket
        return OPERATORS[token].latex.format(*(arg[0] for arg in args)), 9
    if token in _PRECEDENCE:
        if token == "mul" and args[0][0].startswith("-") and args[0][1] == 1:
            inner = as_latex("mul", [(args[0][0][1:], 3), args[1]], names, digits)
            if "+" not in args[0][0] and " - " not in args[0][0]:
                return f"-{inner[0]}", 1
        return _infix(token, args, OPERATORS[token].latex, latex=True)
    return OPERATORS[token].latex.format(args[0][0]), 9
