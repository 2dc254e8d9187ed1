"""One spelling for each formula: sorted sums and products, merged constants, absorbed signs.

Two skeletons that differ only in the order of their arguments or in signs and factors that a
fitted coefficient can absorb describe the same set of functions. Training data, duplicates among
candidates and held-out sets are all judged by the canonical form. It is a purely structural
rewriting (a few microseconds, cached), not algebraic simplification: ``sympy.simplify`` does about
34 expressions a second.
"""

from functools import lru_cache, reduce

from symtut.expressions.operators import CONSTANT, OPERATORS, VARIABLES
from symtut.expressions.tree import children

_RANK = {token: rank for rank, token in enumerate((CONSTANT, *VARIABLES, *OPERATORS))}
Prefix = tuple[str, ...]
_C: Prefix = (CONSTANT,)
_ONE: Prefix = ()


def order(prefix: Prefix) -> tuple:
    """Sort key: shorter formulas first, then by token."""
    return len(prefix), tuple(_RANK[token] for token in prefix)


@lru_cache(maxsize=50_000)
def canonical(prefix: Prefix) -> Prefix:
    """The canonical spelling of a skeleton; constants are placeholders, their values are free."""
    for _ in range(4):  # one pass nearly always does; a second one tidies what the first uncovered
        rewritten = _rewrite(prefix)
        if rewritten == prefix:
            break
        prefix = rewritten
    return prefix


def _rewrite(prefix: Prefix) -> Prefix:
    operator = OPERATORS.get(prefix[0])
    if operator is None:
        return prefix
    args = [canonical(child) for child in children(prefix)]
    name = operator.name
    if all(arg == _C for arg in args):
        return _C
    if name == "neg":
        return _negate(args[0])
    if name == "sub":
        return canonical(("add", *args[0], *_negate(args[1])))
    if name in ("add", "mul"):
        return _sorted_chain(name, args)
    if name == "div":
        return _divide(*args)
    if name == "inv":
        return _divide(_ONE, args[0])
    if name == "pow":
        return _raise(*args)
    if name in ("square", "abs") and args[0][:2] == ("mul", CONSTANT):  # |C·a| → C·|a|
        return _sorted_chain("mul", [_C, canonical((name, *args[0][2:]))])
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
        if term == _C:
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


def _take_sign(prefix: Prefix) -> tuple[int, Prefix]:
    """Split off the sign of a canonical expression: (−1, a) for ``neg a`` and sums led by one."""
    if prefix[0] == "neg":
        return -1, prefix[1:]
    if prefix[0] == "add":
        parts = _chain("add", prefix)
        fixed = [part for part in parts if _negate(part) != part]  # no free constant in front
        if fixed and fixed[0][0] == "neg":  # −a + b = −(a − b): the first such summand decides
            return -1, _sorted_chain("add", [_negate(part) for part in parts])
    return 1, prefix


def _negate(prefix: Prefix) -> Prefix:
    """−a in canonical form; a free constant absorbs the sign."""
    if prefix[0] == "neg":
        return prefix[1:]
    if prefix == _C or prefix[:2] in (("mul", CONSTANT), ("div", CONSTANT)):
        return prefix
    if prefix[0] == "add":
        return _sorted_chain("add", [_negate(part) for part in _chain("add", prefix)])
    return ("neg", *prefix)


def _chain(name: str, prefix: Prefix) -> list[Prefix]:
    """Flatten nested sums (products) into a list of summands (factors)."""
    if prefix[0] != name:
        return [prefix]
    left, right = children(prefix)
    return _chain(name, left) + _chain(name, right)


def _sorted_chain(name: str, args: list[Prefix]) -> Prefix:
    parts = [part for arg in args for part in _chain(name, arg)]
    negative = False
    if name == "mul":
        bare = []
        for part in parts:
            if part[0] == "neg":
                negative, part = not negative, part[1:]
            bare.append(part)
        parts = bare
        if sum(part[:2] == ("mul", CONSTANT) or part == _C for part in parts):
            negative = False
    constants = [part for part in parts if part == _C]
    parts = sorted((part for part in parts if part != _C), key=_by_body)
    if name == "mul":
        parts = _squares(parts)
    else:
        parts = _cancel(parts)
    parts = ([_C] if constants else []) + parts
    if not parts:
        return _C
    # right-nested: add a (add b c); a constant comes first
    result = reduce(lambda right, left: (name, *left, *right), reversed(parts))
    return ("neg", *result) if negative else result


def _body(prefix: Prefix) -> Prefix:
    """A summand or factor without its sign and free factor."""
    prefix = prefix[1:] if prefix[0] == "neg" else prefix
    return prefix[2:] if prefix[:2] == ("mul", CONSTANT) else prefix


def _by_body(prefix: Prefix) -> tuple:
    """Sort summands by their bodies, so that a − b and b − a are recognised."""
    return (*order(_body(prefix)), prefix[0] == "neg")


def _squares(factors: list[Prefix]) -> list[Prefix]:
    """Neighbouring equal factors become a square: a·a → a²."""
    result: list[Prefix] = []
    for factor in factors:
        if result and result[-1] == factor:
            result[-1] = ("square", *factor)
        else:
            result.append(factor)
    return sorted(result, key=order)


def _cancel(summands: list[Prefix]) -> list[Prefix]:
    """Equal neighbours up to sign and factor: a + a → C·a, a + C·a → C·a, a − a → nothing."""
    result: list[Prefix] = []
    for part in summands:
        if not result or _body(result[-1]) != _body(part):
            result.append(part)
        elif _negate(part) == result[-1] and part != result[-1]:
            result.pop()
        else:
            result[-1] = _sorted_chain("mul", [_C, _body(part)])
    return result


def _divide(top: Prefix, bottom: Prefix) -> Prefix:
    """top / bottom; an empty ``top`` stands for one."""
    if bottom == _C:
        return canonical(("mul", CONSTANT, *top)) if top else _C
    if top == bottom:
        return _C
    factor = top == _C or top[:2] == ("mul", CONSTANT) or bottom[:2] == ("mul", CONSTANT)
    if factor:  # (C·a)/b → C·(a/b) and C/b → C·(1/b)
        top, bottom = _without_factor(top), _without_factor(bottom)
        return _sorted_chain("mul", [_C, _divide(top, bottom)])
    negative = False
    if top[:1] == ("neg",):
        negative, top = not negative, top[1:]
    sign, bottom = _take_sign(bottom)
    if bottom[0] == "inv":
        result = canonical(("mul", *top, *bottom[1:])) if top else bottom[1:]
    else:
        result = ("div", *top, *bottom) if top else ("inv", *bottom)
    return _negate(result) if negative != (sign < 0) else result


def _raise(base: Prefix, exponent: Prefix) -> Prefix:
    """base ** exponent; a free exponent absorbs the powers in its base."""
    if exponent == _C:
        if base[:2] == ("mul", CONSTANT):  # (C·a)^C → C·a^C
            return _sorted_chain("mul", [_C, _raise(base[2:], exponent)])
        if base[0] in ("inv", "sqrt"):
            return _raise(base[1:], exponent)
        if base[0] == "pow" and children(base)[1] == _C:
            return base
    return ("pow", *base, *exponent)


def _without_factor(prefix: Prefix) -> Prefix:
    """Drop a leading free factor: C·a → a, C → one."""
    if prefix == _C:
        return _ONE
    return prefix[2:] if prefix[:2] == ("mul", CONSTANT) else prefix
