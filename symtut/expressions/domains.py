"""Where a formula is defined: what its logarithms, roots, fractions and powers ask for.

Computing with infinite numbers can hide that a formula is undefined: in float64, 1/(1/x) is 0 at
x = 0 and atan(1/x) is π/2. Hence the conditions are looked at themselves, not the values alone.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from symtut.expressions.intervals import interval
from symtut.expressions.operators import CONSTANT, VARIABLES
from symtut.expressions.tree import Expression, children

#: For each operator clauses that must all hold; of the conditions in a clause one is enough. A
#: condition is (number of the argument, relation, bound).
DEFINED = {
    "log": (((0, ">", 0.0),),),
    "sqrt": (((0, ">=", 0.0),),),
    "inv": (((0, "!=", 0.0),),),
    "div": (((1, "!=", 0.0),),),
    "asin": (((0, "within", 1.0),),),
    "acos": (((0, "within", 1.0),),),
    "pow": (((0, ">=", 0.0), (1, "whole", 0.0)), ((0, "!=", 0.0), (1, ">=", 0.0))),
}

RELATIONS: dict[str, Callable] = {
    ">": lambda a, bound: a > bound,
    ">=": lambda a, bound: a >= bound,
    "<": lambda a, bound: a < bound,
    "<=": lambda a, bound: a <= bound,
    "!=": lambda a, bound: (a > bound) | (a < bound),  # NaN differs from nothing
    "within": lambda a, bound: abs(a) <= bound,
    "whole": lambda a, bound: a % 1 == 0,
}
_FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "!=": "!="}


MOST_NODES = 500
"""Of a formula whose conditions are written out: their length grows with its square."""


def values_inside(expression: Expression, x: Any, library: str = "numpy") -> Any:
    """Values at points (..., d) as ``expression(x, library)`` gives them, NaN outside its domain.

    Where exp(−x) is too small for a number it is 0, and 1/exp(−x) infinite: rounding alone puts no
    point outside the domain.

    Raises
    ------
    InputError
        As the formula itself does.
    """
    asked, inside = _asked(expression), True

    def watch(place, args):
        nonlocal inside
        for clause in asked.get(place, ()):
            either = False
            for place, relation, bound in clause:
                either = RELATIONS[relation](args[place], bound) | either
            inside = either & inside

    with np.errstate(all="ignore"):
        value = expression(x, library, watch)
    if isinstance(inside, bool | np.bool_) and inside:
        return value
    if library == "numpy":
        return np.where(inside, value, np.nan)[()]
    import torch

    inside = torch.as_tensor(inside, device=value.device)
    return torch.where(inside, value, torch.full_like(value, torch.nan))


@dataclass(frozen=True)
class Condition:
    """``expression relation bound``, for example ``x0 > 0``; ``within``: |expression| ≤ bound."""

    expression: Expression
    relation: str
    bound: float = 0.0

    def text(self, names: tuple[str, ...] = VARIABLES, digits: int | None = 4) -> str:
        shown = self.expression.text(names, digits)
        plain = self.relation not in ("within", "whole")
        if plain and self.expression.prefix[0] == "sub" and self.bound == 0:  # x0 - x1 != 0
            left, right = (part.text(names, digits) for part in _arguments(self.expression, 0))
            return f"{left} {self.relation} {right}"
        bound = Expression((CONSTANT,), (self.bound + 0.0,)).text(digits=digits)
        if self.relation == "within":
            return f"-{bound} <= {shown} <= {bound}"
        if self.relation == "whole":
            return f"{shown} whole"
        return f"{shown} {self.relation} {bound}"


Clause = tuple[Condition, ...]


@lru_cache(maxsize=256)
def conditions(expression: Expression) -> tuple[Clause, ...]:
    """Clauses that all hold exactly where the formula is defined; in a clause one is enough.

    What always holds is left out. An inner condition stands before the outer ones.
    """
    places = reversed(range(len(expression.prefix)))
    return tuple(dict.fromkeys(clause for k in places for _, clause in _open(expression, k)))


@lru_cache(maxsize=256)
def _asked(expression: Expression) -> dict[int, list]:
    """For each place of an operator those of its clauses in ``DEFINED`` that may fail."""
    tokens = enumerate(expression.prefix)
    if len(expression.prefix) > MOST_NODES:
        return {place: DEFINED[token] for place, token in tokens if token in DEFINED}
    return {k: [clause for clause, _ in _open(expression, k)] for k, t in tokens if t in DEFINED}


def _open(expression: Expression, place: int) -> list[tuple[tuple, Clause]]:
    """Clauses of the operator at a place that may fail, as ``DEFINED`` has them and in full."""
    found = []
    for clause in DEFINED.get(expression.prefix[place], ()):
        parts = _arguments(expression, place)
        kept = tuple(Condition(parts[i], relation, bound) for i, relation, bound in clause)
        judged = [_known(condition) for condition in kept]
        if not any(judged):
            possible = tuple(c for c, known in zip(kept, judged, strict=True) if known is None)
            found.append((clause, possible or kept[:1]))
    return found


def domain_text(
    expression: Expression, names: tuple[str, ...] = VARIABLES, digits: int | None = 4
) -> str:
    """Where the formula is defined, as text: ``"x0 > 0 and x1 != 2"``; empty for everywhere.

    The poles of tan are left out: no float64 number is one. A formula of more than ``MOST_NODES``
    is defined "where every part of it is".
    """
    if len(expression.prefix) > MOST_NODES:
        return "every part of it is" if any(t in DEFINED for t in expression.prefix) else ""
    simple: dict[Clause, None] = {}
    for clause in conditions(expression):
        parts = _simpler(clause[0]) if len(clause) == 1 else None
        simple |= dict.fromkeys([clause] if parts is None else [(part,) for part in parts])
    shown = [" or ".join(c.text(names, digits) for c in clause) for clause in _merged(simple)]
    if len(shown) == 1:
        return shown[0]
    return " and ".join(f"({text})" if " or " in text else text for text in dict.fromkeys(shown))


def _arguments(expression: Expression, position: int) -> list[Expression]:
    found, prefix = [], expression.prefix[position:]
    number = expression.prefix[: position + 1].count(CONSTANT)
    for part in children(prefix):
        size = part.count(CONSTANT)
        found.append(Expression(part, expression.constants[number : number + size]))
        number += size
    return found


def _known(condition: Condition) -> bool | None:
    """Whether the condition holds everywhere or nowhere; None if it depends."""
    low, high = interval(condition.expression)
    bound = condition.bound
    if math.isnan(low) or math.isnan(high):
        return None
    if low == high:
        return bool(RELATIONS[condition.relation](low, bound))
    match condition.relation:
        case ">":
            return True if low > bound else False if high <= bound else None
        case ">=":
            return True if low >= bound else False if high < bound else None
        case "<":
            return True if high < bound else False if low >= bound else None
        case "<=":
            return True if high <= bound else False if low > bound else None
        case "!=":
            return True if low > bound or high < bound else None
        case "within":
            return True if -bound <= low and high <= bound else None
    return None


# ---- conditions as a person writes them ---------------------------------------------------------


def _simpler(condition: Condition) -> list[Condition]:
    """Conditions on parts of the formula that together say the same."""
    if _known(condition):
        return []
    token, relation, bound = condition.expression.prefix[0], condition.relation, condition.bound
    if relation == "whole" or not condition.expression.variables:
        return [condition]
    made = _without_numbers(condition)
    if made is not None:
        return _simpler(made)
    parts = _arguments(condition.expression, 0)
    positive, unequal = relation == ">" and bound == 0, relation == "!=" and bound == 0
    if token in ("mul", "div") and unequal:
        return [c for part in parts[: 2 - (token == "div")] for c in _not_zero(part)]
    if token in ("mul", "div") and bound == 0:
        for part, other in (parts, parts[::-1]):
            if interval(other)[0] > 0:
                return _simpler(Condition(part, relation))
    if token in ("square", "abs") and (positive or unequal):
        return _not_zero(parts[0])
    if token == "pow" and (positive or unequal) and not parts[1].variables:
        even = interval(parts[1])[0] % 2 == 0
        return _simpler(Condition(parts[0], "!=" if unequal or even else ">"))
    if token == "sqrt" and (positive or unequal):
        return _simpler(Condition(parts[0], ">"))
    if token == "log" and bound == 0 and relation != "within":
        return _simpler(Condition(parts[0], relation, 1.0))
    if token == "exp" and bound > 0 and relation != "within":
        return _simpler(Condition(parts[0], relation, math.log(bound)))
    if token == "inv" and bound == 0 and relation in (">", ">="):
        return _simpler(Condition(parts[0], ">"))
    if token == "inv" and unequal:
        return []
    return [condition]


def _not_zero(part: Expression) -> list[Condition]:
    return _simpler(Condition(part, "!="))


def _without_numbers(condition: Condition) -> Condition | None:
    """The same without a number that is added or multiplied; None if there is none."""
    expression, relation, bound = condition.expression, condition.relation, condition.bound
    token = expression.prefix[0]
    if relation == "within" or token not in ("neg", "add", "sub", "mul", "div"):
        return None
    if token == "neg":
        return Condition(_arguments(expression, 0)[0], _FLIPPED[relation], -bound)
    left, right = _arguments(expression, 0)
    if token in ("mul", "div") and bound == 0 and left.prefix[0] in ("mul", "neg"):
        inner = _without_numbers(Condition(left, relation))
        if inner is not None:  # 2*a/b > 0 is a/b > 0
            part = inner.expression
            prefix = (token, *part.prefix, *right.prefix)
            return Condition(Expression(prefix, part.constants + right.constants), inner.relation)
    first = left if not left.variables else None
    number = first or (right if not right.variables else None)
    if number is None:
        return None
    value, rest = float(interval(number)[0]), right if first else left
    if not math.isfinite(value):
        return None
    if token == "add":
        return Condition(rest, relation, bound - value)
    if token == "sub":
        if first:
            return Condition(rest, _FLIPPED[relation], value - bound)
        return Condition(rest, relation, bound + value)
    if value == 0 or token == "div" and first:
        return None
    bound = bound / value if token == "mul" else bound * value
    return Condition(rest, relation if value > 0 else _FLIPPED[relation], bound)


def _merged(clauses: dict[Clause, None]) -> list[Clause]:
    """x ≥ 0 and x ≠ 0 is x > 0; what follows from another condition goes."""
    strict = {">=": ">", "<=": "<"}
    found = {}
    for clause in clauses:
        first = clause[0]
        if len(clause) == 1 and (replace(first, relation="!="),) in clauses:
            first = replace(first, relation=strict.get(first.relation, first.relation))
            clause = (first,)
        found[clause] = None
    return [
        clause
        for clause in found
        if len(clause) > 1
        or not any(_follows(clause[0], other[0]) for other in found if len(other) == 1)
    ]


def _follows(condition: Condition, other: Condition) -> bool:
    """Whether ``other`` says all that the condition says, and is not the same."""
    if condition.expression != other.expression or condition == other:
        return False
    for strict, loose, sign in ((">", ">=", 1.0), ("<", "<=", -1.0)):
        if other.relation in (strict, loose) and condition.relation in (strict, loose, "!="):
            more = sign * (other.bound - condition.bound)
            return more > 0 or more == 0 and strict == other.relation
    return False
