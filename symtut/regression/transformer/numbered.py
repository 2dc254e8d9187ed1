"""Sums with their numbers in place: the canonical terms, coefficients and intercept of a formula.

Where a formula is written with its numbers (``TransformerConfig.constants = "tokens"``), they have
to follow every step into the canonical form of its terms, whose rules, and the meaning of NaN, are
those of :mod:`symtut.expressions.canonical`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from symtut.expressions import CONSTANT, canonical_terms
from symtut.expressions.canonical import (
    Lost,
    Numbered,
    canonical_numbered,
    common,
    is_number,
    is_scaled,
    skeleton,
)
from symtut.expressions.tree import children
from symtut.regression.search.fits import Terms


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


def insert(prefix: tuple[str, ...], numbers: Iterator[float]) -> Numbered:
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
        elif is_scaled(term):
            todo.append((term[2:], weight * term[1]))
        else:
            parts.append((term, weight))
    wanted = canonical_terms(tuple(skeleton(part) for part, _ in parts))
    try:
        found, intercept = _collect(parts, intercept)
        if set(found) == set(wanted):
            pairs = [found[term] for term in wanted]
            return NumberedSum(tuple(t for t, _ in pairs), tuple(w for _, w in pairs), intercept)
    except Lost:
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
        term = canonical_numbered(term)
        if is_number(term):
            intercept += weight * term[0]
        elif term[0] == "add":
            todo += [(child, weight) for child in children(term)]
        elif term[0] == "neg":
            todo.append((term[1:], -weight))
        elif is_scaled(term):
            todo.append((term[2:], weight * term[1]))
        else:
            key = skeleton(term)
            if key in found:
                other, before = found[key]
                merged = common(other, term)
                weight = before + weight if merged == term else math.nan
                term = merged
            found[key] = term, weight
    return found, intercept
