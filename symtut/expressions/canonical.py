"""One spelling for each formula: sorted sums and products, merged constants, absorbed signs.

Two skeletons that differ only in the order of their arguments or in signs and factors that a
fitted coefficient can absorb describe the same set of functions. Training data, duplicates among
candidates and held-out sets are all judged by the canonical form. It is a purely structural
rewriting (a few microseconds, cached), not algebraic simplification: ``sympy.simplify`` does about
34 expressions a second.

The rules take a number where a skeleton has ``C``, and follow it: sin(2 − x) is spelled
−sin(−2 + x), so the 2 becomes −2. Arithmetic with a ``C`` gives ``C``, the number that is free.
Which rule applies never depends on the value of a number, so formulas of one skeleton are spelled
with one skeleton. NaN stands for a number that is not known: because it was never given, or because
the canonical form merges what differs in value (sin 2x + sin 3x has the skeleton of a single sine).
"""

import math
from collections.abc import Callable
from functools import lru_cache, reduce
from typing import Any

import numpy as np

from symtut.expressions.operators import CONSTANT, OPERATORS, VARIABLES
from symtut.expressions.tree import children

_RANK = {token: rank for rank, token in enumerate((CONSTANT, *VARIABLES, *OPERATORS))}
Prefix = tuple[str, ...]
Numbered = tuple[Any, ...]
"""A prefix tuple with floats in place of ``C``."""
_ONE: Prefix = ()


class Lost(Exception):
    """The canonical form drops or merges parts that differ in value."""


def skeleton(prefix: Numbered) -> Prefix:
    """Numbers → placeholders."""
    return tuple(CONSTANT if isinstance(token, float) else token for token in prefix)


def order(prefix: Numbered) -> tuple:
    """Sort key: shorter formulas first, then by token."""
    return len(prefix), tuple(_RANK.get(token, 0) for token in prefix)  # a number is a constant


@lru_cache(maxsize=50_000)
def canonical(prefix: Prefix) -> Prefix:
    """The canonical spelling of a skeleton; constants are placeholders, their values are free."""
    for _ in range(4):  # one pass nearly always does; a second one tidies what the first uncovered
        rewritten = skeleton(_rewrite(prefix, canonical))
        if rewritten == prefix:
            break
        prefix = rewritten
    return prefix


def canonical_numbered(prefix: Numbered) -> Numbered:
    """The canonical spelling of a formula with its numbers.

    Raises
    ------
    Lost
        If parts of equal skeletons cancel that differ in value: sin 2x − sin 3x.
    """
    for _ in range(4):
        shape = skeleton(prefix)
        if canonical(shape) == shape:  # cached: nearly all formulas of a trained network end here
            break
        prefix = _rewrite(prefix, canonical_numbered)
    return prefix


def _rewrite(prefix: Numbered, again: Callable[[Numbered], Numbered]) -> Numbered:
    """One pass; ``again`` brings parts into canonical form."""
    operator = OPERATORS.get(prefix[0])
    if operator is None:
        return prefix
    args = [again(child) for child in children(prefix)]
    name = operator.name
    if all(map(is_number, args)):
        return (_value(name, *(arg[0] for arg in args)),)
    if name == "neg":
        return _negate(args[0])
    if name == "sub":
        return again(("add", *args[0], *_negate(args[1])))
    if name in ("add", "mul"):
        return _sorted_chain(name, args)
    if name == "div":
        return _divide(*args, again=again)
    if name == "inv":
        return _divide(_ONE, args[0], again)
    if name == "pow":
        return _raise(*args)
    if name in ("square", "abs") and is_scaled(args[0]):  # |C·a| → C·|a|
        factor = _value(name, args[0][1])
        return _sorted_chain("mul", [(factor,), again((name, *args[0][2:]))])
    sign, inner = _take_sign(args[0])
    if operator.parity and sign < 0:
        result = (name, *inner)
        return _negate(result) if operator.parity < 0 else result
    return (name, *args[0])


@lru_cache(maxsize=50_000)
def canonical_terms(terms: tuple[Prefix, ...]) -> tuple[Prefix, ...]:
    """Canonical form of ``c0 + Σ ck·terms[k]`` with free coefficients: a sorted tuple of terms.

    Sums are taken apart, constant factors, signs, constant terms and duplicates disappear, since
    the coefficients are solved for anyway.
    """
    found: set[Prefix] = set()
    todo = list(terms)
    while todo:
        term = canonical(todo.pop())
        if term == (CONSTANT,):
            continue
        if term[0] == "add":
            todo += children(term)
        elif term[0] == "neg":
            todo.append(children(term)[0])
        elif term[0] == "mul" and term[1] == CONSTANT:
            todo.append(term[2:])  # the canonical chain puts its one constant first
        else:
            found.add(term)
    return tuple(sorted(found, key=order))


def terms_of(prefix: Prefix) -> tuple[Prefix, ...]:
    """Take a whole skeleton apart into the canonical terms of its outer sum."""
    return canonical_terms((prefix,))


# ---- numbers, free or known ---------------------------------------------------------------------


def _is_constant(token: str | float) -> bool:
    return token == CONSTANT or isinstance(token, float)


def is_number(prefix: Numbered) -> bool:
    return len(prefix) == 1 and _is_constant(prefix[0])


def is_scaled(prefix: Numbered) -> bool:
    """Whether it is C·a."""
    return prefix[:1] == ("mul",) and _is_constant(prefix[1])


def _value(name: str, *numbers: str | float) -> str | float:
    """An operator's value, free where a number is."""
    if CONSTANT in numbers:
        return CONSTANT
    with np.errstate(all="ignore"):
        return float(OPERATORS[name].numpy(*map(np.float64, numbers)))


def _same(a: Numbered, b: Numbered) -> bool:
    """Whether two prefixes have one skeleton."""
    return a == b or len(a) == len(b) and skeleton(a) == skeleton(b)


def common(a: Numbered, b: Numbered) -> Numbered:
    """Two prefixes with one skeleton → that skeleton with the numbers on which they agree."""
    return tuple(s if s == t else math.nan for s, t in zip(a, b, strict=True))


# ---- the rules ----------------------------------------------------------------------------------


def _take_sign(prefix: Numbered) -> tuple[int, Numbered]:
    """Split off the sign of a canonical expression: (−1, a) for ``neg a`` and sums led by one."""
    if prefix[0] == "neg":
        return -1, prefix[1:]
    if prefix[0] == "add":
        parts = _chain("add", prefix)
        fixed = [part for part in parts if not _same(_negate(part), part)]  # no constant in front
        if fixed and fixed[0][0] == "neg":  # −a + b = −(a − b): the first such summand decides
            return -1, _sorted_chain("add", [_negate(part) for part in parts])
    return 1, prefix


def _negate(prefix: Numbered) -> Numbered:
    """−a in canonical form; a constant absorbs the sign."""
    if prefix[0] == "neg":
        return prefix[1:]
    if is_number(prefix):
        return (_value("neg", prefix[0]),)
    if prefix[0] in ("mul", "div") and _is_constant(prefix[1]):
        return (prefix[0], _value("neg", prefix[1]), *prefix[2:])
    if prefix[0] == "add":
        return _sorted_chain("add", [_negate(part) for part in _chain("add", prefix)])
    return ("neg", *prefix)


def _chain(name: str, prefix: Numbered) -> list[Numbered]:
    """Flatten nested sums (products) into a list of summands (factors)."""
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
    numbers = [part[0] for part in parts if is_number(part)]
    parts = sorted((part for part in parts if not is_number(part)), key=_by_body)
    parts = _squares(parts) if name == "mul" else _cancel(parts)
    if numbers:
        if CONSTANT in numbers:
            constant = CONSTANT
        else:
            constant = sum(numbers) if name == "add" else sign * math.prod(numbers)
        parts, sign = [(constant,), *parts], 1.0  # a constant comes first and takes the sign
    if not parts:
        return (0.0,)  # everything cancelled
    # right-nested: add a (add b c)
    result = reduce(lambda right, left: (name, *left, *right), reversed(parts))
    return ("neg", *result) if sign < 0 else result


def _body(prefix: Numbered) -> Numbered:
    """A summand or factor without its sign and constant factor."""
    prefix = prefix[1:] if prefix[0] == "neg" else prefix
    return prefix[2:] if is_scaled(prefix) else prefix


def _by_body(prefix: Numbered) -> tuple:
    """Sort summands by their bodies, so that a − b and b − a are recognised."""
    return (*order(_body(prefix)), prefix[0] == "neg")


def _squares(factors: list[Numbered]) -> list[Numbered]:
    """Neighbouring equal factors become a square: a·a → a²."""
    result: list[Numbered] = []
    for factor in factors:
        if result and _same(result[-1], factor):
            result[-1] = ("square", *common(result[-1], factor))
        else:
            result.append(factor)
    return sorted(result, key=order)


def _cancel(summands: list[Numbered]) -> list[Numbered]:
    """Equal neighbours up to sign and factor: a + a → C·a, a + C·a → C·a, a − a → nothing."""
    result: list[Numbered] = []
    for part in summands:
        if not result or not _same(_body(result[-1]), _body(part)):
            result.append(part)
            continue
        body = common(_body(result[-1]), _body(part))
        equal = body == _body(part)
        if _same(_negate(part), result[-1]) and not _same(part, result[-1]):
            if not equal:
                raise Lost  # sin 2x − sin 3x is not nothing
            result.pop()
        else:
            factor = _value("add", _factor(result[-1]), _factor(part)) if equal else math.nan
            result[-1] = _sorted_chain("mul", [(factor,), body])
    return result


def _factor(prefix: Numbered) -> str | float:
    """The number in front of the body of a summand."""
    if prefix[0] == "neg":
        return _value("neg", _factor(prefix[1:]))
    return prefix[1] if is_scaled(prefix) else 1.0


def _divide(top: Numbered, bottom: Numbered, again: Callable) -> Numbered:
    """top / bottom; an empty ``top`` stands for one."""
    if is_number(bottom):
        inverse = _value("inv", bottom[0])
        return again(("mul", inverse, *top)) if top else (inverse,)
    if _same(top, bottom):
        if top != bottom:
            raise Lost
        return (1.0,)
    if is_number(top) or is_scaled(top) or is_scaled(bottom):
        above, top = _split_factor(top)  # (C·a)/b → C·(a/b) and C/b → C·(1/b)
        below, bottom = _split_factor(bottom)
        return _sorted_chain("mul", [(_value("div", above, below),), _divide(top, bottom, again)])
    negative = False
    if top[:1] == ("neg",):
        negative, top = not negative, top[1:]
    sign, bottom = _take_sign(bottom)
    if bottom[0] == "inv":
        result = again(("mul", *top, *bottom[1:])) if top else bottom[1:]
    else:
        result = ("div", *top, *bottom) if top else ("inv", *bottom)
    return _negate(result) if negative != (sign < 0) else result


def _raise(base: Numbered, exponent: Numbered) -> Numbered:
    """base ** exponent; a constant exponent absorbs the powers in its base."""
    if is_number(exponent):
        if is_scaled(base):  # (C·a)^C → C·a^C
            factor = _value("pow", base[1], exponent[0])
            return _sorted_chain("mul", [(factor,), _raise(base[2:], exponent)])
        if base[0] in ("inv", "sqrt"):
            power = -1.0 if base[0] == "inv" else 0.5
            return _raise(base[1:], (_value("mul", power, exponent[0]),))
        if base[0] == "pow" and is_number(children(base)[1]):
            inner, power = children(base)
            return ("pow", *inner, _value("mul", power[0], exponent[0]))
    return ("pow", *base, *exponent)


def _split_factor(prefix: Numbered) -> tuple[str | float, Numbered]:
    """C·a → (C, a), C → (C, one), a → (1, a)."""
    if is_number(prefix):
        return prefix[0], _ONE
    return (prefix[1], prefix[2:]) if is_scaled(prefix) else (1.0, prefix)
