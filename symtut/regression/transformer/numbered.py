"""Formulas with their numbers in place: the canonical spelling that keeps track of values.

:func:`symtut.expressions.canonical_terms` knows constants only as placeholders. Where a formula is
written with its numbers (``TransformerConfig.constants = "tokens"``), they have to follow every
step of the rewriting: sin(2 − x) is spelled −sin(−2 + x), so the 2 becomes −2 and the coefficient
in front changes its sign. The rules here are those of ``canonical``, applied to prefix tuples that
hold floats where a skeleton holds ``C``. A skeleton that is canonical already is left alone, which
is decided by the cached function: nearly all formulas that a trained network writes take that path.

NaN stands for a number that is not known: because it was never given, or because the canonical
form merges what differs in value (sin 2x + sin 3x has the skeleton of a single sine).
"""

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np

from symtut.expressions import CONSTANT, OPERATORS, canonical, canonical_terms
from symtut.expressions.canonical import order
from symtut.expressions.tree import children
from symtut.regression.search.fits import Terms

Numbered = tuple[str | float, ...]
"""A prefix tuple with floats in place of ``C``."""
_ONE: Numbered = ()


@dataclass(frozen=True)
class NumberedSum:
    """``intercept + Σ weights[k]·terms[k]`` with the terms in canonical order."""

    terms: tuple[Numbered, ...]
    weights: tuple[float, ...]
    intercept: float

    @property
    def skeleton(self) -> Terms:
        return tuple(map(skeleton, self.terms))

    @property
    def inner(self) -> list[float]:
        """Inner constants in order of appearance."""
        return [token for term in self.terms for token in term if isinstance(token, float)]


class _Lost(Exception):
    """The canonical form drops or merges parts that differ in value."""


def skeleton(prefix: Numbered) -> tuple[str, ...]:
    """Numbers → placeholders."""
    return tuple(CONSTANT if isinstance(token, float) else token for token in prefix)


def insert(prefix: tuple[str, ...], numbers) -> Numbered:
    """Placeholders → numbers, taken from the iterator ``numbers`` in order of appearance."""
    return tuple(float(next(numbers)) if token == CONSTANT else token for token in prefix)


def numbered_sum(
    terms: tuple[Numbered, ...], weights: list[float], intercept: float = 0.0
) -> NumberedSum:
    """Canonical form of ``intercept + Σ weights[k]·terms[k]``, values included.

    Its skeleton is what ``canonical_terms`` gives for the summands. If the values cannot be
    followed to the end, all of them are NaN.
    """
    todo, parts = list(zip(terms, weights, strict=True)), []
    while todo:  # take sums and free factors apart first: the parts are likely canonical
        term, weight = todo.pop()
        if term[0] == "add":
            todo += [(child, weight) for child in children(term)]
        elif term[0] == "mul" and isinstance(term[1], float):
            todo.append((term[2:], weight * term[1]))
        else:
            parts.append((term, weight))
    wanted = canonical_terms(tuple(skeleton(part) for part, _ in parts))
    try:
        found, intercept = _collect(parts, intercept)
        if set(found) == set(wanted):
            pairs = [found[term] for term in wanted]
            return NumberedSum(tuple(t for t, _ in pairs), tuple(w for _, w in pairs), intercept)
    except _Lost:
        pass
    unknown = iter(lambda: math.nan, None)
    return NumberedSum(
        tuple(insert(term, unknown) for term in wanted), (math.nan,) * len(wanted), math.nan
    )


def _collect(todo: list[tuple[Numbered, float]], intercept: float):
    """Skeleton → (term, weight), and the intercept."""
    found: dict[tuple[str, ...], tuple[Numbered, float]] = {}
    while todo:
        term, weight = todo.pop()
        term = _canonical(term)
        if _is_number(term):
            intercept += weight * term[0]
        elif term[0] == "add":
            todo += [(child, weight) for child in children(term)]
        elif term[0] == "neg":
            todo.append((term[1:], -weight))
        elif _is_scaled(term):
            todo.append((term[2:], weight * term[1]))
        else:
            key = skeleton(term)
            if key in found:
                other, before = found[key]
                merged = _common(other, term)
                weight = before + weight if merged == term else math.nan
                term = merged
            found[key] = term, weight
    return found, intercept


# ---- the rules of symtut.expressions.canonical, with values --------------------------------------


def _is_number(prefix: Numbered) -> bool:
    return len(prefix) == 1 and isinstance(prefix[0], float)


def _is_scaled(prefix: Numbered) -> bool:
    return prefix[0] == "mul" and isinstance(prefix[1], float)


def _same(a: Numbered, b: Numbered) -> bool:
    return skeleton(a) == skeleton(b)


def _common(a: Numbered, b: Numbered) -> Numbered:
    """Two prefixes with one skeleton → that skeleton with the numbers on which they agree."""
    return tuple(s if s == t else math.nan for s, t in zip(a, b, strict=True))


def _value(name: str, *numbers: float) -> float:
    with np.errstate(all="ignore"):
        return float(OPERATORS[name].numpy(*map(np.float64, numbers)))


def _canonical(prefix: Numbered) -> Numbered:
    for _ in range(4):
        shape = skeleton(prefix)
        if canonical(shape) == shape:
            break
        prefix = _rewrite(prefix)
    return prefix


def _rewrite(prefix: Numbered) -> Numbered:
    operator = OPERATORS.get(prefix[0])
    if operator is None:
        return prefix
    args = [_canonical(child) for child in children(prefix)]
    name = operator.name
    if all(map(_is_number, args)):
        return (_value(name, *(arg[0] for arg in args)),)
    if name == "neg":
        return _negate(args[0])
    if name == "sub":
        return _canonical(("add", *args[0], *_negate(args[1])))
    if name in ("add", "mul"):
        return _sorted_chain(name, args)
    if name == "div":
        return _divide(*args)
    if name == "inv":
        return _divide(_ONE, args[0])
    if name == "pow":
        return _raise(*args)
    if name in ("square", "abs") and _is_scaled(args[0]):
        factor = _value(name, args[0][1])
        return _sorted_chain("mul", [(factor,), _canonical((name, *args[0][2:]))])
    sign, inner = _take_sign(args[0])
    if operator.parity and sign < 0:
        result = (name, *inner)
        return _negate(result) if operator.parity < 0 else result
    return (name, *args[0])


def _take_sign(prefix: Numbered) -> tuple[int, Numbered]:
    if prefix[0] == "neg":
        return -1, prefix[1:]
    if prefix[0] == "add":
        parts = _chain("add", prefix)
        fixed = [part for part in parts if not _same(_negate(part), part)]
        if fixed and fixed[0][0] == "neg":
            return -1, _sorted_chain("add", [_negate(part) for part in parts])
    return 1, prefix


def _negate(prefix: Numbered) -> Numbered:
    if prefix[0] == "neg":
        return prefix[1:]
    if _is_number(prefix):
        return (-prefix[0],)
    if prefix[0] in ("mul", "div") and isinstance(prefix[1], float):
        return (prefix[0], -prefix[1], *prefix[2:])
    if prefix[0] == "add":
        return _sorted_chain("add", [_negate(part) for part in _chain("add", prefix)])
    return ("neg", *prefix)


def _chain(name: str, prefix: Numbered) -> list[Numbered]:
    if prefix[0] != name:
        return [prefix]
    left, right = children(prefix)
    return _chain(name, left) + _chain(name, right)


def _sorted_chain(name: str, args: list[Numbered]) -> Numbered:
    parts = [part for arg in args for part in _chain(name, arg)]
    sign = 1.0
    if name == "mul":
        for i, part in enumerate(parts):
            if part[0] == "neg":
                sign, parts[i] = -sign, part[1:]
    numbers = [part[0] for part in parts if _is_number(part)]
    parts = sorted((part for part in parts if not _is_number(part)), key=_by_body)
    parts = _squares(parts) if name == "mul" else _cancel(parts)
    if numbers:
        constant = sum(numbers) if name == "add" else sign * math.prod(numbers)
        parts, sign = [(constant,), *parts], 1.0
    if not parts:
        return (0.0,)  # everything cancelled
    result = reduce(lambda right, left: (name, *left, *right), reversed(parts))
    return ("neg", *result) if sign < 0 else result


def _body(prefix: Numbered) -> Numbered:
    prefix = prefix[1:] if prefix[0] == "neg" else prefix
    return prefix[2:] if _is_scaled(prefix) else prefix


def _by_body(prefix: Numbered) -> tuple:
    return (*order(skeleton(_body(prefix))), prefix[0] == "neg")


def _squares(factors: list[Numbered]) -> list[Numbered]:
    result: list[Numbered] = []
    for factor in factors:
        if result and _same(result[-1], factor):
            result[-1] = ("square", *_common(result[-1], factor))
        else:
            result.append(factor)
    return sorted(result, key=lambda part: order(skeleton(part)))


def _cancel(summands: list[Numbered]) -> list[Numbered]:
    result: list[Numbered] = []
    for part in summands:
        if not result or not _same(_body(result[-1]), _body(part)):
            result.append(part)
            continue
        body = _common(_body(result[-1]), _body(part))
        equal = body == _body(part)
        if _same(_negate(part), result[-1]) and not _same(part, result[-1]):
            if not equal:
                raise _Lost  # sin 2x − sin 3x is not nothing
            result.pop()
        else:
            factor = _factor(result[-1]) + _factor(part) if equal else math.nan
            result[-1] = _sorted_chain("mul", [(factor,), body])
    return result


def _factor(prefix: Numbered) -> float:
    """The number in front of the body of a summand."""
    if prefix[0] == "neg":
        return -_factor(prefix[1:])
    return prefix[1] if _is_scaled(prefix) else 1.0


def _divide(top: Numbered, bottom: Numbered) -> Numbered:
    if _is_number(bottom):
        inverse = _value("inv", bottom[0])
        return _canonical(("mul", inverse, *top)) if top else (inverse,)
    if _same(top, bottom):
        if top != bottom:
            raise _Lost
        return (1.0,)
    if (top and (_is_number(top) or _is_scaled(top))) or _is_scaled(bottom):
        above, top = _split_factor(top)
        below, bottom = _split_factor(bottom)
        return _sorted_chain("mul", [(_value("div", above, below),), _divide(top, bottom)])
    negative = False
    if top[:1] == ("neg",):
        negative, top = not negative, top[1:]
    sign, bottom = _take_sign(bottom)
    if bottom[0] == "inv":
        result = _canonical(("mul", *top, *bottom[1:])) if top else bottom[1:]
    else:
        result = ("div", *top, *bottom) if top else ("inv", *bottom)
    return _negate(result) if negative != (sign < 0) else result


def _raise(base: Numbered, exponent: Numbered) -> Numbered:
    if _is_number(exponent):
        if _is_scaled(base):
            factor = _value("pow", base[1], exponent[0])
            return _sorted_chain("mul", [(factor,), _raise(base[2:], exponent)])
        if base[0] in ("inv", "sqrt"):
            power = -1.0 if base[0] == "inv" else 0.5
            return _raise(base[1:], (power * exponent[0],))
        if base[0] == "pow" and _is_number(children(base)[1]):
            inner, power = children(base)
            return ("pow", *inner, power[0] * exponent[0])
    return ("pow", *base, *exponent)


def _split_factor(prefix: Numbered) -> tuple[float, Numbered]:
    """C·a → (C, a), C → (C, one), a → (1, a)."""
    if not prefix:
        return 1.0, _ONE
    if _is_number(prefix):
        return prefix[0], _ONE
    return (prefix[1], prefix[2:]) if _is_scaled(prefix) else (1.0, prefix)
