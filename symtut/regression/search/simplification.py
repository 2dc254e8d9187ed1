"""Simpler formulas nearby: what the data cannot tell apart from a constant or a plain variable.

Fitted constants often end in a detour: sin(0.99999·x0), x2·cos(5e-8·x1), x0·exp(-6e-8·x1). The
rules here propose the short form; whether it fits as well is decided by refitting.
"""

from collections.abc import Iterator
from functools import reduce

import numpy as np

from symtut.expressions import CONSTANT, VARIABLES, Expression, canonical_terms
from symtut.expressions.parsing import whole_power
from symtut.expressions.tree import arguments_of, children, joined
from symtut.regression.search.fits import Candidate, Fit

_TOLERANCE = 2e-3
"""How close counts as equal, relative to the spread of the data."""


def simplifications(fit: Fit, x: np.ndarray) -> list[Candidate]:
    """Simpler candidates near ``fit``: what is equal to all intents, and what noise may hide.

    Where a share s² of the variance is left over, an inner constant is hardly known to better
    than a few s: sin(1.02·x0) may be sin(x0). The criterion decides.
    """
    found = [simplify(fit, x)]
    noisy = min(2.0 * float(np.sqrt(fit.loss)), 0.2)
    if noisy > 2 * _TOLERANCE:
        found.append(simplify(fit, x, noisy))
    found = [candidate for candidate in found if candidate is not None]
    return found[:1] if len(found) == 2 and found[0] == found[1] else found


def simplify(fit: Fit, x: np.ndarray, tolerance: float = _TOLERANCE) -> Candidate | None:
    """A simpler candidate near ``fit``, with constants to start from; None if there is none.

    Parameters
    ----------
    fit : Fit
    x : (n, d) float
        The points on which subtrees are compared.
    tolerance : float
        How close counts as equal.
    """
    terms, constants, kept = [], [], []
    for term in fit.term_expressions():
        found = _straightened(
            _shorten(term.prefix, iter(term.constants), x, tolerance), x, tolerance
        )
        if any(_twins(found, other, 10 * tolerance) for other in kept):
            continue  # 0.5·exp(0.40001·x0) + 0.5·exp(0.39999·x0) is one term
        kept.append(found)
        terms.append(found.prefix)
        constants += found.constants
    if tuple(terms) == fit.terms:
        return None
    canonical = canonical_terms(tuple(terms))
    if not canonical:
        return None
    # rewriting may have changed how many constants there are: then nothing is known of them
    same = sum(term.count(CONSTANT) for term in canonical) == len(constants)
    return Candidate(canonical, np.array(constants) if same else None)


def _twins(one: Expression, other: Expression, tolerance: float) -> bool:
    """Whether two terms differ by a little in their constants only."""
    return one.prefix == other.prefix and np.allclose(
        one.constants, other.constants, rtol=tolerance, atol=0.0
    )


def _straightened(term: Expression, x, tolerance) -> Expression:
    """The plain variable if ``term`` is a straight line in it on these points, like sin(0.001·x0).

    Slope and offset do not matter: they are the coefficient's and the intercept's business.
    """
    if CONSTANT not in term.prefix or len(term.variables) != 1:
        return term
    column, values = x[:, term.variables[0]], term(x)
    if not np.isfinite(values).all() or values.std() == 0:
        return term
    line = np.corrcoef(column, values)[0, 1]
    if 1 - line * line < tolerance * tolerance:
        return Expression((VARIABLES[term.variables[0]],))
    return term


def _shorten(prefix, numbers, x, tolerance) -> Expression:
    """The subtree with its shorter parts; ``numbers`` yields its constants in order."""
    if prefix[0] == CONSTANT:
        return Expression(prefix, (next(numbers),))
    if len(prefix) == 1:
        return Expression(prefix)
    parts = [_shorten(child, numbers, x, tolerance) for child in children(prefix)]
    whole = joined(prefix[0], *parts)
    if prefix[0] in ("mul", "add") and parts[0].prefix == (CONSTANT,):
        value, rest = parts[0].constants[0], parts[1]
        if prefix[0] == "add" and abs(value) < tolerance:
            return rest
        if prefix[0] == "mul" and abs(abs(value) - 1) < tolerance:
            return rest if value > 0 else joined("neg", rest)
    values = whole(x)
    if not np.isfinite(values).all():
        return whole
    if CONSTANT in whole.prefix and np.ptp(values) <= tolerance * np.abs(values).max():
        return Expression((CONSTANT,), (float(values.mean()),))
    for j in whole.variables:
        if np.abs(values - x[:, j]).max() < tolerance * x[:, j].std():
            return Expression((VARIABLES[j],))
    return whole


# ---- the same function, shorter ------------------------------------------------------------------


def tidied(expression: Expression, gather: bool) -> Expression:
    """x0 − x1 for x0 − 1·x1, x0 for x0¹ and, to ``gather`` powers, x0³·x1 for x0·x1·x0²."""

    def build(token, parts: list[Expression]) -> Expression:
        if isinstance(token, float):
            return Expression((CONSTANT,), (token,))
        one = [part.prefix == (CONSTANT,) and part.constants == (1.0,) for part in parts]
        if token == "mul" and any(one):
            return parts[1] if one[0] else parts[0]
        if token == "pow" and one[1]:
            return parts[0]
        whole = joined(token, *parts)
        return _gathered(whole) if gather and token in ("mul", "div") else whole

    return expression.fold(build)


def _gathered(whole: Expression) -> Expression:
    """A product in which each variable stands once above the bar, and once below it.

    Terms are kept with their factors sorted by length, which tears powers apart. Nothing is
    cancelled, so that the domain stays what it is.
    """
    sides: dict[int, dict] = {1: {}, -1: {}}  # name, or place of another factor → factor, exponent
    factors = list(_factors(whole, 1))
    for place, (factor, exponent, side) in enumerate(factors):
        key = factor.prefix if factor.prefix[0] in VARIABLES else place
        sides[side][key] = factor, exponent + sides[side].get(key, (factor, 0))[1]
    made = [factor for side in sides.values() for factor in side.values()]
    if len(made) == len(factors) or max(exponent for _, exponent in made) > 8:
        return whole
    above, below = map(_chain, sides.values())
    if below is None:
        assert above is not None  # a product has factors
        return above
    return joined("inv", below) if above is None else joined("div", above, below)


def _chain(side: dict) -> Expression | None:
    """The product of all powers of one side; None for none."""
    powers = [whole_power(f.prefix, f.constants, exponent) for f, exponent in side.values()]
    parts = [Expression(tuple(prefix), tuple(numbers)) for prefix, numbers in powers]
    return reduce(lambda right, left: joined("mul", left, right), parts[::-1]) if parts else None


def _factors(expression: Expression, side: int) -> Iterator[tuple[Expression, int, int]]:
    """Factors of a product, exponents, and 1 for those above the bar, −1 for those below."""
    head, power = expression.prefix[0], _power_of_variable(expression.prefix)
    if power is not None:
        yield Expression((power[0],)), power[1], side
    elif head in ("mul", "div", "inv"):
        *first, last = arguments_of(expression)
        for factor in first:
            yield from _factors(factor, side)
        yield from _factors(last, side if head == "mul" else -side)
    else:
        yield expression, 1, side


def _power_of_variable(prefix: tuple[str, ...]) -> tuple[str, int] | None:
    """(name, exponent) of x0, x0², x0·x0², …; None for anything else."""
    if prefix[0] in VARIABLES:
        return prefix[0], 1
    if prefix[0] not in ("square", "mul"):
        return None
    parts = children(prefix)
    found = [power for part in parts if (power := _power_of_variable(part)) is not None]
    if len(found) < len(parts) or len({name for name, _ in found}) > 1:
        return None
    return found[0][0], sum(k for _, k in found) * (2 if prefix[0] == "square" else 1)
