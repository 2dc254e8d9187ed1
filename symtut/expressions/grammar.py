"""A prior over formulas: a probabilistic grammar, sampled for thousands of formulas at once.

Every rule writes one token and leaves a list of things still to be written (Greibach normal form),
so a derivation is a walk with a stack, and numpy can take one step of many walks together. The
rules describe the terms of a sum; the coefficients of the sum are not part of a skeleton because
they can be solved for linearly.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from symtut.expressions.canonical import canonical_terms
from symtut.expressions.evaluate import CODE, decode

ANY_VARIABLE = "x"
"""Stands in a rule for one of the variables, drawn uniformly."""

SAME_VARIABLE = "same"
"""Stands in a rule for the variable that was written last: v·|v|, x·sqrt(x² + y²), x³."""

# nonterminal: ((weight, token, what follows), …)
Rules = dict[str, tuple[tuple[float, str, tuple[str, ...]], ...]]

_FUNCTIONS = (
    (3.0, "sin", ("ANGLE",)),
    (3.0, "cos", ("ANGLE",)),
    (0.3, "tan", ("ARGUMENT",)),
    (0.8, "exp", ("ARGUMENT",)),
    (0.4, "log", ("POSITIVE",)),
    (0.5, "sqrt", ("POSITIVE",)),
    (1.0, "abs", ("ARGUMENT",)),
    (0.8, "tanh", ("ARGUMENT",)),
)

MECHANICS: Rules = {
    # one summand of an equation of motion
    "TERM": (
        (6.0, ANY_VARIABLE, ()),
        (11.0, "mul", ("FACTOR", "FACTORS")),
        (2.0, "square", ("BASE",)),
        (2.0, "div", ("NUMERATOR", "DENOMINATOR")),
        (0.8, "inv", ("DENOMINATOR",)),
        *_FUNCTIONS,
        (1.5, "sin", ("ANGLE",)),  # gravity along an angle is common enough to count twice
        (1.2, "mul", ("SIZE", "AGAIN")),  # drag: |v|·v
        (0.5, "mul", ("VARIABLE", "SPEED")),  # drag in the plane: v·sqrt(v² + w²)
        (0.6, "mul", ("SINE", "COSINE_AGAIN")),
        (0.8, "mul", ("VARIABLE", "POWER_AGAIN")),
        (0.4, "square", ("SQUARE",)),
        (0.8, "div", ("VARIABLE", "SATURATION")),
    ),
    "FACTOR": (
        (9.0, ANY_VARIABLE, ()),
        (2.0, "square", ("BASE",)),
        (0.6, "inv", ("DENOMINATOR",)),
        (0.7, "add", ("CONSTANT", "FACTOR")),
        *_FUNCTIONS,
    ),
    "FACTORS": (
        (9.0, ANY_VARIABLE, ()),
        (2.0, "square", ("BASE",)),
        (0.6, "inv", ("DENOMINATOR",)),
        (0.7, "add", ("CONSTANT", "FACTOR")),
        *_FUNCTIONS,
        (4.0, "mul", ("FACTOR", "FACTOR")),
    ),
    "BASE": (
        (6.0, ANY_VARIABLE, ()),
        (1.5, "sin", ("ANGLE",)),
        (1.5, "cos", ("ANGLE",)),
        (1.0, "add", ("CONSTANT", "VARIABLE")),
        (1.0, "sub", ("VARIABLE", "VARIABLE")),
        (0.7, "square", ("VARIABLE",)),
    ),
    "ANGLE": (
        (9.0, ANY_VARIABLE, ()),
        (1.5, "add", ("VARIABLE", "VARIABLE")),
        (1.5, "sub", ("VARIABLE", "VARIABLE")),
        (2.5, "mul", ("CONSTANT", "VARIABLE")),
        (0.7, "add", ("CONSTANT", "VARIABLE")),
        (0.7, "add", ("CONSTANT", "SCALED")),
        (0.7, "mul", ("VARIABLE", "VARIABLE")),
        (0.7, "square", ("VARIABLE",)),
        (0.5, "add", ("VARIABLE", "SCALED")),
        (0.4, "add", ("VARIABLE", "SQUARE")),
    ),
    "ARGUMENT": (
        (5.0, ANY_VARIABLE, ()),
        (3.0, "mul", ("CONSTANT", "VARIABLE")),
        (1.0, "neg", ("MAGNITUDE",)),
        (1.0, "add", ("CONSTANT", "SCALED")),
        (0.7, "add", ("VARIABLE", "VARIABLE")),
        (0.7, "mul", ("VARIABLE", "VARIABLE")),
        (0.3, "mul", ("VARIABLE", "LOGARITHM")),  # exp(y·log x) is x to the power of y
        (0.5, "mul", ("CONSTANT", "FUNCTION")),
    ),
    "LOGARITHM": ((1.0, "log", ("VARIABLE",)),),
    "FUNCTION": (
        (1.0, "sin", ("ANGLE",)),
        (1.0, "cos", ("ANGLE",)),
        (1.0, "square", ("VARIABLE",)),
    ),
    "MAGNITUDE": (
        (2.0, ANY_VARIABLE, ()),
        (2.0, "square", ("VARIABLE",)),
        (1.0, "abs", ("VARIABLE",)),
        (1.0, "mul", ("CONSTANT", "SQUARE")),
    ),
    "POSITIVE": (
        (2.0, ANY_VARIABLE, ()),
        (1.0, "abs", ("VARIABLE",)),
        (2.0, "add", ("CONSTANT", "VARIABLE")),
        (2.0, "add", ("CONSTANT", "MAGNITUDE")),
        (1.0, "add", ("SQUARE", "MAGNITUDE")),
    ),
    "NUMERATOR": (
        (4.0, ANY_VARIABLE, ()),
        (2.0, "mul", ("FACTOR", "FACTOR")),
        (1.0, "square", ("VARIABLE",)),
        (1.0, "sin", ("ANGLE",)),
        (1.0, "cos", ("ANGLE",)),
    ),
    "DENOMINATOR": (
        (2.0, ANY_VARIABLE, ()),
        (4.0, "add", ("CONSTANT", "FACTOR")),
        (1.0, "square", ("BASE",)),
        (1.0, "add", ("CONSTANT", "SQUARE")),
        (1.0, "mul", ("FACTOR", "FACTOR")),
        (0.5, "add", ("SQUARE", "MAGNITUDE")),
        (0.5, "cos", ("ANGLE",)),
    ),
    "SIZE": ((1.0, "abs", ("VARIABLE",)),),
    "SPEED": ((1.0, "sqrt", ("SQUARES",)),),
    "SQUARES": ((1.0, "add", ("SQUARE_AGAIN", "SQUARE")),),
    "SINE": ((1.0, "sin", ("VARIABLE",)),),
    "COSINE_AGAIN": ((1.0, "cos", ("AGAIN",)),),
    "POWER_AGAIN": (
        (2.0, "square", ("AGAIN",)),
        (0.5, "square", ("SQUARE_AGAIN",)),
        (1.0, "mul", ("SQUARE_AGAIN", "FACTOR")),
    ),
    "SATURATION": (
        (1.0, "add", ("CONSTANT", "SIZE_AGAIN")),
        (1.0, "add", ("CONSTANT", "SQUARE_AGAIN")),
        (1.0, "sqrt", ("SUM_AGAIN",)),
    ),
    "SUM_AGAIN": ((1.0, "add", ("CONSTANT", "SQUARE_AGAIN")),),
    "SIZE_AGAIN": ((1.0, "abs", ("AGAIN",)),),
    "SQUARE_AGAIN": ((1.0, "square", ("AGAIN",)),),
    "AGAIN": ((1.0, SAME_VARIABLE, ()),),
    "SCALED": ((1.0, "mul", ("CONSTANT", "VARIABLE")),),
    "SQUARE": ((1.0, "square", ("VARIABLE",)),),
    "VARIABLE": ((1.0, ANY_VARIABLE, ()),),
    "CONSTANT": ((1.0, "C", ()),),
}
"""Products of states with functions of angles, drag, powers, rational terms, saturation."""


_SPECIAL = {ANY_VARIABLE: -1, SAME_VARIABLE: -2}


@dataclass(frozen=True)
class Grammar:
    """A prior over skeletons.

    Attributes
    ----------
    rules : dict
        Nonterminal → weighted rules; ``TERM`` is the start.
    n_terms : tuple of float
        Weights of 1, 2, 3… terms in the outer sum.
    max_length : int
        Longer token sequences (separators included) are rejected.
    """

    rules: Rules = field(default_factory=lambda: MECHANICS)
    n_terms: tuple[float, ...] = (0.22, 0.27, 0.24, 0.15, 0.12)
    max_length: int = 40

    @cached_property
    def _tables(self):
        """The rules as arrays: cumulative weights, tokens and pushed nonterminals."""
        names = [*self.rules, "NEXT"]
        rules = {**self.rules, "NEXT": ((1.0, "<sep>", ("TERM",)),)}
        most = max(len(alternatives) for alternatives in rules.values())
        cumulative = np.ones((len(names), most))
        token = np.zeros((len(names), most), dtype=np.int16)
        push = np.full((len(names), most, 2), -1, dtype=np.int16)
        for i, name in enumerate(names):
            weights = np.array([rule[0] for rule in rules[name]])
            cumulative[i, : len(weights)] = np.cumsum(weights) / weights.sum()
            for j, (_, symbol, follows) in enumerate(rules[name]):
                token[i, j] = _SPECIAL.get(symbol) or CODE[symbol]
                push[i, j, : len(follows)] = [names.index(f) for f in follows]
        return names.index("TERM"), names.index("NEXT"), cumulative, token, push

    def sample_codes(self, n_variables, generator: np.random.Generator) -> np.ndarray:
        """Draw one skeleton for each entry of ``n_variables``.

        Parameters
        ----------
        n_variables : int array (B,)
            How many variables, ``x0 …``, each formula may use.

        Returns
        -------
        int array (B, L)
            Codes, terms separated by ``<sep>``, padded with 0. Rows that grew past ``max_length``
            are all zero: drop them.
        """
        start, following, cumulative, token, push = self._tables
        n_variables = np.asarray(n_variables)
        batch = len(n_variables)
        weights = np.cumsum(self.n_terms) / np.sum(self.n_terms)
        n_terms = 1 + np.searchsorted(weights, generator.random(batch), side="right")
        depth = len(self.n_terms) + self.max_length + 2
        stack = np.full((batch, depth), following, dtype=np.int16)
        size = n_terms.astype(np.int64)
        stack[np.arange(batch), size - 1] = start
        codes = np.zeros((batch, self.max_length), dtype=np.int16)
        last = np.full(batch, CODE["x0"], dtype=np.int64)  # the variable written last
        for position in range(self.max_length):
            rows = np.flatnonzero(size)
            if rows.size == 0:
                break
            top = stack[rows, size[rows] - 1]
            rule = (generator.random(rows.size)[:, None] > cumulative[top]).sum(1)
            symbol = token[top, rule]
            variable = CODE["x0"] + generator.integers(0, n_variables[rows])
            variable = np.where(symbol == _SPECIAL[SAME_VARIABLE], last[rows], variable)
            last[rows] = np.where(symbol < 0, variable, last[rows])
            codes[rows, position] = np.where(symbol < 0, variable, symbol)
            size[rows] -= 1
            for k in (1, 0):  # the first thing to follow ends on top of the stack
                pushed = push[top, rule, k]
                has = pushed >= 0
                stack[rows[has], size[rows[has]]] = pushed[has]
                size[rows[has]] += 1
        codes[size > 0] = 0
        return codes[:, : max(1, int((codes != 0).sum(1).max(initial=1)))]

    def sample(self, n: int, n_variables: int, generator) -> list[tuple[tuple[str, ...], ...]]:
        """Draw ``n`` canonical skeletons (tuples of terms) over ``n_variables`` variables."""
        found = []
        while len(found) < n:
            codes = self.sample_codes(np.full(n - len(found) + 8, n_variables), generator)
            candidates = (canonical_terms(decode(row)) for row in codes if row[0])
            found += [terms for terms in candidates if terms]
        return found[:n]
