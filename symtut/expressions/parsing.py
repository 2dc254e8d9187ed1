"""The text of a formula, Python arithmetic, as prefix tokens and numbers."""

import ast
import math
from collections.abc import Sequence

from symtut.errors import InputError
from symtut.expressions.names import FUNCTIONS, as_python_reads, check_names
from symtut.expressions.operators import CONSTANT, VARIABLES

_BINARY = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}
_NUMBERS = {"pi": math.pi, "inf": math.inf, "nan": math.nan}


def parse(text: str, names: tuple[str, ...]) -> tuple[list[str], list[float]]:
    """(prefix tokens, constants) of a formula over variables that are called ``names``.

    Raises
    ------
    InputError
        For text that is no formula, unknown names, and ``names`` that no text can hold.
    """
    check_names(names)
    if not isinstance(text, str):
        raise InputError(f"a formula must be text, not {type(text).__name__}.")
    shown = repr(text if len(text) <= 60 else f"{text[:57]}...")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        return _parse(tree, tuple(map(as_python_reads, names)))
    except InputError:
        raise
    except (SyntaxError, ValueError) as error:  # a null byte is a ValueError in Python 3.11
        raise InputError(f"cannot read the formula {shown}: {error}.") from error
    except (RecursionError, MemoryError) as error:
        raise InputError(f"the formula {shown} is nested too deeply.") from error
    except OverflowError as error:
        raise InputError(f"a number in {shown} is beyond all float64.") from error


def _parse(node: ast.expr, names: tuple[str, ...]) -> tuple[list[str], list[float]]:
    """Return (prefix tokens, constants) of a Python syntax tree."""
    match node:
        case ast.Constant(value=bool() | str() | None):
            raise InputError(f"{node.value!r} is not a number.")
        case ast.Constant(value=int() | float() as value):
            if math.isinf(value):
                raise OverflowError
            return [CONSTANT], [float(value)]
        case ast.Name(id=name):
            if name in names:  # a variable may be called pi
                return [_variable(names.index(name), name)], []
            if name in _NUMBERS:
                return [CONSTANT], [_NUMBERS[name]]
            raise InputError(f"unknown name {name!r} in a formula; known: {', '.join(names)}.")
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            prefix, constants = _parse(operand, names)
            if prefix == [CONSTANT]:
                return prefix, [-constants[0]]
            return ["neg", *prefix], constants
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _parse(operand, names)
        case ast.BinOp(op=ast.Pow(), left=left, right=ast.Constant(value=int() as power)) if (
            2 <= power <= 8
        ):
            prefix, constants = _parse(left, names)
            return whole_power(prefix, constants, power)
        case ast.BinOp(op=ast.Pow(), left=left, right=right):
            a, b = _parse(left, names), _parse(right, names)
            return ["pow", *a[0], *b[0]], a[1] + b[1]
        case ast.BinOp(op=ast.Div(), left=ast.Constant(value=1 as one), right=right) if (
            one is not True
        ):
            prefix, constants = _parse(right, names)
            return ["inv", *prefix], constants
        case ast.BinOp(op=op, left=left, right=right) if type(op) in _BINARY:
            a, b = _parse(left, names), _parse(right, names)
            return [_BINARY[type(op)], *a[0], *b[0]], a[1] + b[1]
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            prefix, constants = _parse(argument, names)
            return [name, *prefix], constants
    raise InputError(f"cannot read {ast.unparse(node)!r} in a formula.")


def _variable(place: int, name: str) -> str:
    if place >= len(VARIABLES):
        raise InputError(
            f"{name!r} is variable number {place + 1}: a formula has at most {len(VARIABLES)}."
        )
    return VARIABLES[place]


def whole_power(
    prefix: Sequence[str], constants: Sequence[float], power: int
) -> tuple[list[str], list[float]]:
    """Prefix and constants of a power from 1 to 8, by squaring: a**5 = a * (a**2)**2."""
    if power == 1:
        return [*prefix], [*constants]
    if power % 2:
        rest = whole_power(prefix, constants, power - 1)
        return ["mul", *prefix, *rest[0]], [*constants, *rest[1]]
    half = whole_power(prefix, constants, power // 2)
    return ["square", *half[0]], half[1]
