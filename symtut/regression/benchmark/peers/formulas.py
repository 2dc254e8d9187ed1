"""The formulas of other libraries, as text that the project's expressions are parsed from."""

import ast
from collections.abc import Collection


def rescaled(text: str, shift: float, scale: float, units: Collection[float] = ()) -> str:
    """``shift + scale·text``; an outer offset and factor in the text take the two in.

    ``units`` are what the columns were divided by; a number before a variable takes its own in.
    """
    rest = ast.parse(text.replace("^", "**"), mode="eval").body
    if len(units):
        rest = _Divided({f"x{i}": float(unit) for i, unit in enumerate(units)}).visit(rest)
    if isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.Add):
        if (offset := _number(rest.left)) is not None:
            shift, rest = shift + scale * offset, rest.right
    if isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.Mult):
        if (factor := _number(rest.left)) is not None:
            scale, rest = scale * factor, rest.right
    return f"{shift!r} + {scale!r}*({ast.unparse(rest)})"


class _Divided(ast.NodeTransformer):
    """Variables in their own units: x0 → (1/unit)·x0."""

    def __init__(self, units: dict[str, float]):
        self.units = units

    def visit_BinOp(self, node):
        weight, name = _number(node.left), node.right
        if isinstance(node.op, ast.Mult) and isinstance(name, ast.Name) and weight is not None:
            return self._weighted(weight, name)
        return self.generic_visit(node)

    def visit_Name(self, node):
        return self._weighted(1.0, node) if node.id in self.units else node

    def _weighted(self, weight, name):
        return ast.BinOp(ast.Constant(weight / self.units[name.id]), ast.Mult(), name)


def _number(node) -> float | None:
    """The value of a number, or of one behind a minus sign."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -float(value)
    return None


def python_text(text: str, calls: dict[str, str] | None = None) -> str:
    """A formula as Python writes it; ``calls`` are templates for functions by name."""
    return _write(ast.parse(text.replace("^", "**"), mode="eval").body, calls or {})


def _write(node, calls) -> str:
    match node:
        case ast.Call(func=ast.Name(id=name), args=arguments):
            written = (_write(argument, calls) for argument in arguments)
            return calls.get(name, name + "({})").format(*written)
        case ast.BinOp(left=left, op=op, right=right):
            sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
            a, b = _write(left, calls), _write(right, calls)
            if isinstance(op, ast.Mult) and abs((_number(left) or 0.0) - 1) < 1e-6:
                return b  # a weight of 1 up to single precision, which pyoperon computes in
            return f"({a} {sign[type(op)]} {b})"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"(-{_write(operand, calls)})"
    return ast.unparse(node)
