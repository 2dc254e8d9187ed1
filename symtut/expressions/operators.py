"""The alphabet of formulas: variables, a constant placeholder, and the operators.

Each operator knows how to compute itself on arrays and tensors, its partial derivatives (used by
the Levenberg-Marquardt fit of constants), and how it looks in text, LaTeX and SymPy. To add an
operator, add one row to ``OPERATORS``; tokens, evaluation and printing follow from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np

MAX_VARIABLES = 6
"""Formulas are written over ``x0 … x5``: states and actions together."""

CONSTANT = "C"
"""Placeholder for a number that is fitted later; a formula with placeholders is a skeleton."""

VARIABLES = tuple(f"x{i}" for i in range(MAX_VARIABLES))


def later(library: str, name: str) -> Callable:
    """A function of a library that is imported when it is first called."""

    def call(*args, **options):
        return getattr(import_module(library), name)(*args, **options)

    return call


@dataclass(frozen=True)
class Operator:
    """One row of the alphabet.

    ``numpy(*args)`` and ``torch(*args)`` compute the value. ``partials(value, *args)`` gives the
    derivative with respect to each argument, for arrays (a float where it is constant); it is
    handed the value because sqrt, exp, tan and tanh can reuse it.
    Outside an operator's domain (log of a negative number, division by zero) the result is NaN or
    infinite and is filtered by the caller; nothing raises.
    """

    name: str
    arity: int
    torch: Callable
    numpy: Callable
    partials: Callable
    text: str
    latex: str
    sympy: Callable
    commutative: bool = False
    parity: int = 0  # f(-a) = parity * f(a) for even (+1) and odd (-1) functions, 0 for neither


OPERATORS = {
    row.name: row
    for row in (
        Operator(
            "add", 2, later("torch", "add"), np.add,
            lambda v, a, b: (1.0, 1.0),
            "{} + {}", "{} + {}", lambda a, b: a + b, commutative=True,
        ),
        Operator(
            "sub", 2, later("torch", "sub"), np.subtract,
            lambda v, a, b: (1.0, -1.0),
            "{} - {}", "{} - {}", lambda a, b: a - b,
        ),
        Operator(
            "mul", 2, later("torch", "mul"), np.multiply,
            lambda v, a, b: (b, a),
            "{}*{}", r"{} \, {}", lambda a, b: a * b, commutative=True,
        ),
        Operator(
            "div", 2, later("torch", "div"), np.divide,
            lambda v, a, b: (1 / b, -v / b),
            "{}/{}", r"\frac{{{}}}{{{}}}", lambda a, b: a / b,
        ),
        Operator(
            "neg", 1, later("torch", "neg"), np.negative,
            lambda v, a: (-1.0,),
            "-{}", "-{}", lambda a: -a, parity=-1,
        ),
        Operator(
            "inv", 1, later("torch", "reciprocal"), np.reciprocal,
            lambda v, a: (-v * v,),
            "1/{}", r"\frac{{1}}{{{}}}", lambda a: 1 / a, parity=-1,
        ),
        Operator(
            "sin", 1, later("torch", "sin"), np.sin,
            lambda v, a: (np.cos(a),),
            "sin({})", r"\sin\left({}\right)", later("sympy", "sin"), parity=-1,
        ),
        Operator(
            "cos", 1, later("torch", "cos"), np.cos,
            lambda v, a: (-np.sin(a),),
            "cos({})", r"\cos\left({}\right)", later("sympy", "cos"), parity=1,
        ),
        Operator(
            "tan", 1, later("torch", "tan"), np.tan,
            lambda v, a: (1 + v * v,),
            "tan({})", r"\tan\left({}\right)", later("sympy", "tan"), parity=-1,
        ),
        Operator(
            "exp", 1, later("torch", "exp"), np.exp,
            lambda v, a: (v,),
            "exp({})", r"\exp\left({}\right)", later("sympy", "exp"),
        ),
        Operator(
            "log", 1, later("torch", "log"), np.log,
            lambda v, a: (1 / a,),
            "log({})", r"\log\left({}\right)", later("sympy", "log"),
        ),
        Operator(
            "sqrt", 1, later("torch", "sqrt"), np.sqrt,
            lambda v, a: (0.5 / v,),
            "sqrt({})", r"\sqrt{{{}}}", later("sympy", "sqrt"),
        ),
        Operator(
            "square", 1, later("torch", "square"), np.square,
            lambda v, a: (2 * a,),
            "{}**2", "{}^{{2}}", lambda a: a**2, parity=1,
        ),
        Operator(
            "abs", 1, later("torch", "abs"), np.abs,
            lambda v, a: (np.sign(a),),
            "abs({})", r"\left|{}\right|", later("sympy", "Abs"), parity=1,
        ),
        Operator(
            "tanh", 1, later("torch", "tanh"), np.tanh,
            lambda v, a: (1 - v * v,),
            "tanh({})", r"\tanh\left({}\right)", later("sympy", "tanh"), parity=-1,
        ),
        Operator(
            "asin", 1, later("torch", "asin"), np.arcsin,
            lambda v, a: (1 / np.sqrt(1 - a * a),),
            "asin({})", r"\arcsin\left({}\right)", later("sympy", "asin"), parity=-1,
        ),
        Operator(
            "acos", 1, later("torch", "acos"), np.arccos,
            lambda v, a: (-1 / np.sqrt(1 - a * a),),
            "acos({})", r"\arccos\left({}\right)", later("sympy", "acos"),
        ),
        Operator(
            "atan", 1, later("torch", "atan"), np.arctan,
            lambda v, a: (1 / (1 + a * a),),
            "atan({})", r"\arctan\left({}\right)", later("sympy", "atan"), parity=-1,
        ),
        # Whole exponents take any base, all others a positive one. The derivative with respect to
        # the exponent takes the size of the base, so that a start at a whole one is no dead end.
        Operator(
            "pow", 2, later("torch", "pow"), np.power,
            lambda v, a, b: (b * np.power(a, b - 1), v * np.log(np.abs(a))),
            "{}**{}", "{}^{{{}}}", lambda a, b: a**b,
        ),
    )
}  # fmt: skip


_ARITY = {name: operator.arity for name, operator in OPERATORS.items()}


def arity(token: str) -> int:
    """Number of arguments that ``token`` takes: 0 for variables and constants."""
    return _ARITY.get(token, 0)
