"""Several formulas as one function of tensors: each common part once, no tree to walk.

A rollout evaluates the same few formulas some thousand times. Walking their trees then costs as
much as the arithmetic. Here the formulas become straight lines of Python, one for each distinct
node, with the same operations in the same order, so that every bit of the values is the same.
"""

from collections.abc import Callable, Sequence

import numpy as np

from symtut.errors import InputError
from symtut.expressions.operators import CONSTANT, OPERATORS, VARIABLES
from symtut.expressions.tree import Expression

INFIX = {"add": "+", "sub": "-", "mul": "*"}
"""Operators whose sign takes a number on either side with the rounding of the operator itself.
``1.0 / x`` does not: torch computes it as a reciprocal and a product."""

TORCH = {"inv": "reciprocal"}
OTHERS = ("ceil", "clamp", "nan_to_num", "stack")


class Lines:
    """Lines of a Python function; equal right-hand sides are computed once."""

    def __init__(self):
        self.lines: list[str] = []
        self._names: dict[str, str] = {}

    def add(self, value: str) -> str:
        """The name of the variable that holds ``value``."""
        if value not in self._names:
            self._names[value] = f"v{len(self._names)}"
            self.lines.append(f"{self._names[value]} = {value}")
        return self._names[value]

    def expression(self, expression: Expression, columns: Sequence[str]) -> str | float:
        """The name of its value at ``columns`` (what x0, x1, … are called), or its constant."""

        def build(token, args):
            if isinstance(token, float):
                return token
            if token in VARIABLES:
                return columns[int(token[1:])]
            if all(isinstance(arg, float) for arg in args):
                with np.errstate(all="ignore"):
                    return float(OPERATORS[token].numpy(*args))
            if token in INFIX:
                left, right = (repr(a) if isinstance(a, float) else a for a in args)
                return self.add(f"({left}) {INFIX[token]} ({right})")
            if isinstance(args[0], float):  # torch.div takes no float first
                args = [f"{args[1]}.new_tensor({args[0]!r})", args[1]]
            return self.add(f"{token}({', '.join(map(str, args))})")

        if CONSTANT in expression.prefix and not expression.constants:
            raise InputError(f"'{expression}' is a skeleton: fit its constants first.")
        return expression.fold(build)

    def function(self, arguments: str, result: str) -> Callable:
        """What the lines compute, as a function that returns ``result``; torch is known to it."""
        import torch

        given = {name: getattr(torch, TORCH.get(name, name)) for name in (*OPERATORS, *OTHERS)}
        given |= {"inf": float("inf"), "nan": float("nan")}
        body = "".join(f"    {line}\n" for line in (*self.lines, f"return {result}"))
        exec(f"def compiled({arguments}):\n{body}", given)
        return given["compiled"]
