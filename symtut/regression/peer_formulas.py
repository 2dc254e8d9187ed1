"""The formulas of other libraries, as text that the project's expressions are parsed from."""

import ast


def rescaled(text: str, shift: float, scale: float) -> str:
    """``shift + scale·text``; an outer offset and factor in the text take the two in."""
    rest = ast.parse(text.replace("^", "**"), mode="eval").body
    if isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.Add):
        if (offset := _number(rest.left)) is not None:
            shift, rest = shift + scale * offset, rest.right
    if isinstance(rest, ast.BinOp) and isinstance(rest.op, ast.Mult):
        if (factor := _number(rest.left)) is not None:
            scale, rest = scale * factor, rest.right
    return f"{shift!r} + {scale!r}*({ast.unparse(rest)})"


def _number(node) -> float | None:
    """The value of a number, or of one behind a minus sign."""
    match node:
        case ast.Constant(value=value):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value)):
            return -float(value)
    return None


# gplearn takes log and square root of the absolute value, and calls 0 and 1 what is near a pole
GPLEARN_CALLS = {
    "add": "({} + {})", "sub": "({} - {})", "mul": "({}*{})", "div": "({}/{})",
    "log": "log(abs({}))", "sqrt": "sqrt(abs({}))", "square": "({})**2",
}  # fmt: skip


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
