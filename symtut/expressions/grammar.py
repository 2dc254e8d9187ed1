"""A prior over formulas: a probabilistic grammar, sampled for thousands of formulas at once.

Every rule writes one token and leaves a list of things still to be written (Greibach normal form),
so a derivation is a walk with a stack, and numpy can take one step of many walks together. The
rules describe the terms of a sum; the coefficients of the sum are not part of a skeleton because
they can be solved for linearly.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from symtut.expressions.canonical import canonical_terms
from symtut.expressions.evaluate import CODE, decode
from symtut.expressions.operators import MAX_VARIABLES, OPERATORS
from symtut.expressions.rules import (
    ANY_VARIABLE,
    LAWS,
    MECHANICS,
    NEW_VARIABLE,
    SAME_VARIABLE,
    Rules,
)

_SPECIAL = {ANY_VARIABLE: -1, SAME_VARIABLE: -2, NEW_VARIABLE: -3}


@dataclass(frozen=True)
class Grammar:
    """A prior over skeletons.

    Attributes
    ----------
    rules : dict
        Nonterminal → weighted rules; ``TERM`` is the start, or ``LAW`` for laws.
    n_terms : tuple of float
        Weights of 1, 2, 3… terms in the outer sum.
    laws : float
        Share of formulas that are laws of physics instead of equations of motion.
    law_terms : tuple of float
        Weights of 1, 2, 3… terms in a law.
    max_length : int
        Longer token sequences (separators included) are rejected.
    """

    rules: Rules = field(default_factory=lambda: MECHANICS)
    n_terms: tuple[float, ...] = (0.22, 0.27, 0.24, 0.15, 0.12)
    laws: float = 0.0
    law_terms: tuple[float, ...] = (0.6, 0.28, 0.12)
    max_length: int = 40

    @classmethod
    def general(cls) -> "Grammar":
        """Equations of motion and laws of physics, half and half."""
        return cls(rules={**MECHANICS, **LAWS}, laws=0.5)

    def restricted(self, operators: Collection[str]) -> "Grammar":
        """The same prior without the rules that write, or cannot do without, other operators."""
        rules = dict(self.rules)
        while True:
            fewer = {}
            for name, alternatives in rules.items():
                kept = tuple(
                    (weight, token, follows)
                    for weight, token, follows in alternatives
                    if (token in operators or token not in OPERATORS) and rules.keys() >= {*follows}
                )
                if kept:
                    fewer[name] = kept
            if fewer == rules:
                return self if rules == self.rules else replace(self, rules=rules)
            rules = fewer

    @cached_property
    def _tables(self):
        """The rules as arrays: cumulative weights, tokens and pushed nonterminals."""
        rules = dict(self.rules)
        for start in ("TERM", "LAW"):  # what follows a finished term: another of its kind
            if start in rules:
                rules[f"NEXT {start}"] = ((1.0, "<sep>", (start,)),)
        names = list(rules)
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
        return {name: i for i, name in enumerate(names)}, cumulative, token, push

    def draw_laws(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Which of ``n`` formulas shall be laws, bool (n,)."""
        if not self.laws:
            return np.zeros(n, dtype=bool)
        return generator.random(n) < self.laws

    def sample_codes(
        self,
        n_variables: np.ndarray,
        generator: np.random.Generator,
        laws: np.ndarray | None = None,
    ) -> np.ndarray:
        """Draw one skeleton for each entry of ``n_variables``.

        Parameters
        ----------
        n_variables : int array (B,)
            How many variables, ``x0 …``, each formula may use.
        laws : bool array (B,), optional
            Which formulas shall be laws; default, ``draw_laws``.

        Returns
        -------
        int array (B, L)
            Codes, terms separated by ``<sep>``, padded with 0. Rows that grew past ``max_length``,
            and laws that ran out of variables and repeat themselves, are all zero: drop them.
        """
        place, cumulative, token, push = self._tables
        n_variables = np.asarray(n_variables)
        batch = len(n_variables)
        if laws is None:
            laws = self.draw_laws(batch, generator)
        start, following, n_terms = (np.empty(batch, dtype=np.int64) for _ in range(3))
        chance = generator.random(batch)
        for kind, name, weights in ((~laws, "TERM", self.n_terms), (laws, "LAW", self.law_terms)):
            if kind.any():
                start[kind], following[kind] = place[name], place[f"NEXT {name}"]
                limits = np.cumsum(weights) / np.sum(weights)
                n_terms[kind] = 1 + np.searchsorted(limits, chance[kind], side="right")
        depth = max(len(self.n_terms), len(self.law_terms)) + self.max_length + 2
        stack = np.repeat(following[:, None], depth, axis=1).astype(np.int16)
        size = n_terms.copy()
        stack[np.arange(batch), size - 1] = start
        codes = np.zeros((batch, self.max_length), dtype=np.int16)
        last = np.full(batch, CODE["x0"], dtype=np.int64)  # the variable written last
        # variables in a random order, for rules that want one that is new to the term; n_new are
        new, n_new = self._orders(n_variables, generator), np.zeros(batch, dtype=np.int64)
        repetitive = np.zeros(batch, dtype=bool)
        for position in range(self.max_length):
            rows = np.flatnonzero(size)
            if rows.size == 0:
                break
            top = stack[rows, size[rows] - 1]
            rule = (generator.random(rows.size)[:, None] > cumulative[top]).sum(1)
            symbol = token[top, rule]
            variable = CODE["x0"] + generator.integers(0, n_variables[rows])
            variable = np.where(symbol == _SPECIAL[SAME_VARIABLE], last[rows], variable)
            if self.laws:
                wants_new = symbol == _SPECIAL[NEW_VARIABLE]
                fresh = new[rows, n_new[rows] % n_variables[rows]]
                variable = np.where(wants_new, fresh, variable)
                n_new[rows] += wants_new
                repetitive[rows] |= n_new[rows] > n_variables[rows] + 2
                ended = rows[symbol == CODE["<sep>"]]
                new[ended], n_new[ended] = self._orders(n_variables[ended], generator), 0
            last[rows] = np.where(symbol < 0, variable, last[rows])
            codes[rows, position] = np.where(symbol < 0, variable, symbol)
            size[rows] -= 1
            for k in (1, 0):  # the first thing to follow ends on top of the stack
                pushed = push[top, rule, k]
                has = pushed >= 0
                stack[rows[has], size[rows[has]]] = pushed[has]
                size[rows[has]] += 1
        codes[(size > 0) | repetitive] = 0
        return codes[:, : max(1, int((codes != 0).sum(1).max(initial=1)))]

    def _orders(self, n_variables, generator) -> np.ndarray:
        """Codes of each row's variables in a random order, (B, 6)."""
        if not self.laws:
            return np.zeros((len(n_variables), 0), dtype=np.int64)
        keys = generator.random((len(n_variables), MAX_VARIABLES))
        keys[np.arange(MAX_VARIABLES) >= n_variables[:, None]] = 2.0  # absent ones come last
        return CODE["x0"] + keys.argsort(axis=1)

    def sample(
        self, n: int, n_variables: int, generator: np.random.Generator
    ) -> list[tuple[tuple[str, ...], ...]]:
        """Draw ``n`` canonical skeletons (tuples of terms) over ``n_variables`` variables."""
        found = []
        while len(found) < n:
            codes = self.sample_codes(np.full(n - len(found) + 8, n_variables), generator)
            candidates = (canonical_terms(decode(row)) for row in codes if row[0])
            found += [terms for terms in candidates if terms]
        return found[:n]
