"""Which formulas may be an answer: an alphabet of operators, and limits of size.

A formula is ``w0 + Σ wk·tk``. Variables, numbers and this outermost sum (with its factors and
signs) are always there; inside a term there is only what the alphabet has. Some operators can be
spelled by others: x0² as x0·x0, 1/x0 as x0 to the power −1, a − b as a + (−1)·b. The search works
with all that can be spelled so; the finished formula has the alphabet's own operators.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from symtut.expressions import CONSTANT, OPERATORS, VARIABLES, Expression
from symtut.expressions.canonical import Prefix
from symtut.expressions.tree import children, joined
from symtut.regression.search.constraints import checked_limits, checked_operators
from symtut.regression.search.fits import Candidate, Terms

_SPELLINGS = (
    ("square", ("mul", "a", "a")),
    ("square", ("pow", "a", 2.0)),
    ("sqrt", ("pow", "a", 0.5)),
    ("neg", ("mul", -1.0, "a")),
    ("neg", ("sub", 0.0, "a")),
    ("sub", ("add", "a", "neg", "b")),
    ("add", ("sub", "a", "neg", "b")),
    ("inv", ("div", 1.0, "a")),
    ("inv", ("pow", "a", -1.0)),
    ("div", ("mul", "a", "inv", "b")),
)
"""Operators by means of others, the best way first."""


@dataclass(frozen=True)
class Language:
    """The formulas that may be an answer.

    Attributes
    ----------
    operators : frozenset of str or None
        Those that may stand inside a term; None for all.
    max_complexity : int or None
        Most nodes of a whole formula.
    max_terms : int or None
        Most terms of the outermost sum, its constant not counted.
    max_depth : int or None
        Most operators above one another inside a term: one in sin(x0), two in sin(x0)**2.
    nested : tuple of (outer, inner, most)
        How often ``inner`` may stand below ``outer``, one below the other.
    """

    operators: frozenset[str] | None = None
    max_complexity: int | None = None
    max_terms: int | None = None
    max_depth: int | None = None
    nested: tuple[tuple[str, str, int], ...] = ()

    @classmethod
    def of(cls, operators: Any = None, constraints: Any = None) -> "Language":
        """The language that a regressor's settings describe.

        Raises
        ------
        InputError
            For unknown operators and constraints, and limits that are no whole numbers.
        """
        limits = checked_limits(constraints)
        return cls(None if operators is None else checked_operators(operators), **limits)

    # ---- operators ------------------------------------------------------------------------------

    @cached_property
    def alphabet(self) -> frozenset[str]:
        """Operators that may stand inside a term."""
        return frozenset(OPERATORS) if self.operators is None else self.operators

    @cached_property
    def _rules(self) -> dict[str, tuple]:
        """How operators that the alphabet lacks are spelled by means of those before them."""
        rules: dict[str, tuple] = {}
        for _ in _SPELLINGS:
            for name, template in _SPELLINGS:
                known = self.alphabet | rules.keys()
                if name not in known and known.issuperset(t for t in template if t in OPERATORS):
                    rules[name] = template
        return rules

    @cached_property
    def usable(self) -> frozenset[str]:
        """Operators that the search may work with: the alphabet, and what it can spell."""
        return self.alphabet | set(self._rules)

    @property
    def functions(self) -> tuple[str, ...]:
        """Functions of one variable in an alphabet that was chosen; none if it was not."""
        if self.operators is None:
            return ()
        return tuple(
            f for f, row in OPERATORS.items() if row.arity == 1 and f in self.usable - {"neg"}
        )

    @property
    def has_ratios(self) -> bool:
        """Whether a sum over a sum may stand in a term."""
        return self.usable >= {"add", "mul", "div"}

    def spelled(self, term: Expression) -> Expression | None:
        """The same term in the alphabet's own operators; None where that cannot be done."""
        if self.operators is None:
            return term
        return self._spelled(term.prefix, iter(term.constants))

    def _spelled(self, prefix: Prefix, numbers) -> Expression | None:
        head = prefix[0]
        if head == CONSTANT:
            return Expression(prefix, (next(numbers, 0.0),))
        if head in VARIABLES:
            return Expression(prefix)
        below, turned = children(prefix), False
        if head == "add" and "neg" not in self.alphabet and "sub" in self.alphabet:
            negative = [part[0] == "neg" for part in below]
            if any(negative) and not all(negative):  # a + (−b) and −b + a are a − b
                head, turned = "sub", negative[0]
                below = [
                    part[1:] if minus else part for part, minus in zip(below, negative, strict=True)
                ]
        spelled = [self._spelled(part, numbers) for part in below]
        parts = [part for part in spelled if part is not None]
        if len(parts) < len(spelled):
            return None
        return self._written(head, parts[::-1] if turned else parts)

    def _written(self, head: str, parts: list[Expression]) -> Expression | None:
        if head in self.alphabet:
            return joined(head, *parts)
        if head not in self._rules:
            return None
        return self._filled(iter(self._rules[head]), dict(zip("ab", parts, strict=False)))

    def _filled(self, template, parts: dict[str, Expression]) -> Expression:
        token = next(template)
        if isinstance(token, float):
            return Expression((CONSTANT,), (token,))
        if token in parts:
            return parts[token]
        arguments = [self._filled(template, parts) for _ in range(OPERATORS[token].arity)]
        written = self._written(token, arguments)
        assert written is not None  # a rule uses what can be written
        return written

    # ---- what may be an answer ------------------------------------------------------------------

    @cached_property
    def limited(self) -> bool:
        """Whether there are formulas that may not be an answer."""
        return self != Language()

    def allows(self, term: Prefix) -> bool:
        """Whether a term may stand in an answer."""
        return not self.limited or _allowed(self, term)

    def permits(self, terms: Terms) -> bool:
        """Whether a sum of these terms may be an answer, if its numbers are as short as can be."""
        if not self.limited:
            return True
        if not all(self.allows(term) for term in terms):
            return False
        if self.max_terms is not None and len(terms) > self.max_terms:
            return False
        least = sum(_length(self, term) for term in terms) + len(terms) - 1
        return self.max_complexity is None or least <= self.max_complexity

    def admits(self, formula: Expression) -> bool:
        """Whether a finished formula, numbers and all, may be an answer."""
        if not self.limited:
            return True
        if self.max_complexity is not None and formula.complexity > self.max_complexity:
            return False
        terms = summands(formula)
        if self.max_terms is not None and len(terms) > self.max_terms:
            return False
        used = {token for term in terms for token in term.prefix if token in OPERATORS}
        return used <= self.alphabet and all(self._within(term.prefix) for term in terms)

    def reduced(self, candidate: Candidate) -> Candidate:
        """The candidate without the terms that may not stand in an answer."""
        kept = tuple(term for term in candidate.terms if self.allows(term))
        return candidate if kept == candidate.terms else Candidate(kept)

    def _within(self, term: Prefix) -> bool:
        """Whether depth and nesting of a term are within the limits."""
        if self.max_depth is not None and _nesting(term, OPERATORS) > self.max_depth:
            return False
        return all(_below(term, outer, inner) <= most for outer, inner, most in self.nested)


@lru_cache(maxsize=50_000)
def _spelling(language: Language, term: Prefix) -> Expression | None:
    return language.spelled(Expression(term))


@lru_cache(maxsize=50_000)
def _allowed(language: Language, term: Prefix) -> bool:
    if not language.usable.issuperset(token for token in term if token in OPERATORS):
        return False
    spelled = _spelling(language, term)
    if spelled is None or not language._within(spelled.prefix):
        return False
    return language.max_complexity is None or spelled.complexity <= language.max_complexity


def _length(language: Language, term: Prefix) -> int:
    if language.operators is None:
        return len(term)
    spelled = _spelling(language, term)
    assert spelled is not None  # the term is allowed
    return spelled.complexity


def summands(formula: Expression) -> list[Expression]:
    """The terms of a formula's outermost sum, without its numbers, factors and signs."""
    return _summands(formula.prefix, iter(formula.constants))


def _summands(prefix: Prefix, numbers) -> list[Expression]:
    head = prefix[0]
    if head == CONSTANT:
        next(numbers, None)
        return []
    if head in ("add", "sub", "neg"):
        return [term for part in children(prefix) for term in _summands(part, numbers)]
    if head == "mul" and prefix[1] == CONSTANT:
        next(numbers, None)
        return _summands(prefix[2:], numbers)
    places = prefix.count(CONSTANT)
    return [Expression(prefix, tuple(next(numbers, 0.0) for _ in range(places)))]


def _nesting(prefix: Prefix, counted) -> int:
    """How many of the operators ``counted`` stand one below the other, at most."""
    below = max((_nesting(part, counted) for part in children(prefix)), default=0)
    return below + (prefix[0] in counted)


def _below(prefix: Prefix, outer: str, inner: str) -> int:
    """How often ``inner`` stands below ``outer``, one below the other, at most."""
    parts = children(prefix)
    most = max((_below(part, outer, inner) for part in parts), default=0)
    if prefix[0] != outer:
        return most
    return max(most, max((_nesting(part, (inner,)) for part in parts), default=0))
