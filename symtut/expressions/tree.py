"""One formula: a prefix sequence of tokens plus its constants; parsing, printing, evaluation.

Prefix (Polish) notation writes the operator before its arguments: ``sin(x0) + C*x1`` is
``add sin x0 mul C x1``. It needs no brackets, so every formula is a plain sequence that a
transformer can read and write (Lample & Charton 2020, section 2).
"""

import ast
import math
from dataclasses import dataclass
from functools import reduce

import numpy as np
import sympy

from symtut.errors import InputError
from symtut.expressions.operators import CONSTANT, OPERATORS, VARIABLES, arity
from symtut.expressions.printing import as_latex, as_text, latex_name

_CALLS = {"sin", "cos", "tan", "exp", "log", "sqrt", "abs", "tanh"}


def split(prefix: tuple[str, ...], start: int = 0) -> int:
    """Index just behind the subtree that begins at ``start``.

    Raises
    ------
    InputError
        If the sequence ends before the subtree is complete.
    """
    needed = 1
    for position in range(start, len(prefix)):
        needed += arity(prefix[position]) - 1
        if needed == 0:
            return position + 1
    raise InputError(f"incomplete prefix expression: {' '.join(prefix[start:])!r}.")


def children(prefix: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The prefix sequences of the arguments of the root."""
    parts, start = [], 1
    for _ in range(arity(prefix[0])):
        end = split(prefix, start)
        parts.append(prefix[start:end])
        start = end
    return parts


@dataclass(frozen=True)
class Expression:
    """A formula over ``x0 … x5``.

    Attributes
    ----------
    prefix : tuple of str
        Tokens in prefix order: operator names, ``x0 … x5`` and ``C`` for a number.
    constants : tuple of float
        The numbers behind the ``C`` tokens, in order of appearance. Empty for a skeleton.
    """

    prefix: tuple[str, ...]
    constants: tuple[float, ...] = ()

    def __post_init__(self):
        unknown = [t for t in self.prefix if t not in OPERATORS and t not in (CONSTANT, *VARIABLES)]
        if unknown:
            raise InputError(f"unknown token {unknown[0]!r} in a prefix expression.")
        if split(self.prefix) != len(self.prefix):
            raise InputError(f"tokens left over after the root in {' '.join(self.prefix)!r}.")
        places = self.prefix.count(CONSTANT)
        if self.constants and len(self.constants) != places:
            raise InputError(f"{len(self.constants)} constants given for {places} places.")

    @property
    def complexity(self) -> int:
        """Number of nodes in the tree: operators, variables and constants each count one."""
        return len(self.prefix)

    @property
    def variables(self) -> tuple[int, ...]:
        """Sorted indices of the variables that occur."""
        return tuple(sorted({int(t[1:]) for t in self.prefix if t in VARIABLES}))

    # ---- from and to text ----------------------------------------------------------------------

    @classmethod
    def from_text(cls, text: str, names: tuple[str, ...] = VARIABLES) -> "Expression":
        """Parse Python arithmetic, for example ``"0.75*sin(theta) + 0.15*u"``."""
        try:
            prefix, constants = _parse(ast.parse(text, mode="eval").body, tuple(names))
        except SyntaxError as error:
            raise InputError(f"cannot read the formula {text!r}: {error.msg}.") from error
        return cls(tuple(prefix), tuple(constants))

    def text(self, names: tuple[str, ...] = VARIABLES, digits: int | None = 4) -> str:
        """Python syntax. ``digits=None`` prints constants so that they read back unchanged."""
        return self._fold(lambda token, args: as_text(token, args, names, digits))[0]

    def latex(self, names: tuple[str, ...] = VARIABLES, digits: int = 4) -> str:
        """LaTeX source without dollar signs; Greek names and ``_dot`` are typeset."""
        shown = tuple(latex_name(name) for name in names)
        return self._fold(lambda token, args: as_latex(token, args, shown, digits))[0]

    def sympy(self, names: tuple[str, ...] = VARIABLES) -> sympy.Expr:
        """The same formula as a SymPy expression (unsimplified placeholders become ``C0, C1…``)."""
        count = iter(range(len(self.prefix)))

        def build(token, args):
            if isinstance(token, float):
                return sympy.Float(token, 17) if token != int(token) else sympy.Integer(int(token))
            if token == CONSTANT:
                return sympy.Symbol(f"C{next(count)}")
            if token in VARIABLES:
                return sympy.Symbol(names[int(token[1:])], real=True)
            return OPERATORS[token].sympy(*args)

        return self._fold(build)

    def __str__(self) -> str:
        return self.text()

    # ---- evaluation ----------------------------------------------------------------------------

    def __call__(self, x, library: str = "numpy"):
        """Values at points ``x`` of shape (..., d), as an array (tensor) of shape (...).

        ``library`` is ``"numpy"`` or ``"torch"``. Outside the domain the value is NaN or infinite.
        """
        if CONSTANT in self.prefix and not self.constants:
            raise InputError(f"'{self}' is a skeleton: fit its constants before evaluating it.")

        def build(token, args):
            if isinstance(token, float):
                return token
            if token in VARIABLES:
                return x[..., int(token[1:])]
            operator = OPERATORS[token]
            if all(isinstance(a, float) for a in args):
                with np.errstate(all="ignore"):
                    return float(operator.numpy(*args))
            if library == "torch" and operator.arity == 2 and isinstance(args[0], float):
                args = [
                    args[1].new_tensor(args[0]),
                    args[1],
                ]  # torch.add(float, tensor) is an error
            return getattr(operator, library)(*args)

        with np.errstate(all="ignore"):
            value = self._fold(build)
        if isinstance(value, float):  # a formula without variables is constant over all points
            filled = x[..., 0] * 0 + value
            return filled
        return value

    def _fold(self, build):
        """Combine the tree bottom-up: ``build(token or number, argument results)``."""
        numbers = iter(self.constants[::-1])
        stack = []
        for token in reversed(self.prefix):
            args = [stack.pop() for _ in range(arity(token))]
            if token == CONSTANT and self.constants:
                token = float(next(numbers))
            stack.append(build(token, args))
        return stack[0]


def linear_combination(weights, terms: list[Expression], intercept: float = 0.0) -> Expression:
    """``intercept + Σ weights[k]·terms[k]``; zero weights vanish, weights of ±1 are not written."""
    parts = []
    for weight, term in zip(weights, terms, strict=True):
        weight = float(weight)
        if weight == 0.0:
            continue
        if weight == 1.0:
            parts.append(term)
        elif weight == -1.0:
            parts.append(Expression(("neg", *term.prefix), term.constants))
        else:
            parts.append(Expression(("mul", CONSTANT, *term.prefix), (weight, *term.constants)))
    if intercept != 0.0 or not parts:
        parts.append(Expression((CONSTANT,), (float(intercept),)))
    return reduce(
        lambda a, b: Expression(("add", *a.prefix, *b.prefix), a.constants + b.constants), parts
    )


# ---- parsing ------------------------------------------------------------------------------------

_BINARY = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div"}


def _parse(node, names):
    """Return (prefix tokens, constants) of a Python syntax tree."""
    match node:
        case ast.Constant(value=bool() | str() | None):
            raise InputError(f"{node.value!r} is not a number.")
        case ast.Constant(value=int() | float() as value):
            return [CONSTANT], [float(value)]
        case ast.Name(id=name):
            if name == "pi":
                return [CONSTANT], [math.pi]
            if name not in names:
                raise InputError(f"unknown name {name!r} in a formula; known: {', '.join(names)}.")
            return [VARIABLES[names.index(name)]], []
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            prefix, constants = _parse(operand, names)
            if prefix == [CONSTANT]:
                return prefix, [-constants[0]]
            return ["neg", *prefix], constants
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _parse(operand, names)
        case ast.BinOp(op=ast.Pow(), left=left, right=ast.Constant(value=int() as power)):
            if not 2 <= power <= 8:
                raise InputError(f"power {power} is not supported: use whole powers from 2 to 8.")
            prefix, constants = _parse(left, names)
            return _power(prefix, constants, power)
        case ast.BinOp(op=ast.Div(), left=ast.Constant(value=1), right=right):
            prefix, constants = _parse(right, names)
            return ["inv", *prefix], constants
        case ast.BinOp(op=op, left=left, right=right) if type(op) in _BINARY:
            a, b = _parse(left, names), _parse(right, names)
            return [_BINARY[type(op)], *a[0], *b[0]], a[1] + b[1]
        case ast.Call(func=ast.Name(id=name), args=[argument]) if name in _CALLS:
            prefix, constants = _parse(argument, names)
            return [name, *prefix], constants
    raise InputError(f"cannot read {ast.unparse(node)!r} in a formula.")


def _power(prefix, constants, power):
    """Whole powers by squaring: a**5 = a * (a**2)**2."""
    if power == 1:
        return prefix, constants
    if power % 2:
        rest = _power(prefix, constants, power - 1)
        return ["mul", *prefix, *rest[0]], constants + rest[1]
    half = _power(prefix, constants, power // 2)
    return ["square", *half[0]], half[1]
