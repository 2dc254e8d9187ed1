"""Recombining terms: sparse selection among the terms of many candidates."""

from itertools import combinations

import numpy as np

from symtut.expressions import VARIABLES, Expression
from symtut.regression.constants import Fit
from symtut.regression.ranking import rank

MAX_TERMS = 6


class TermPool:
    """Terms with their constants, as columns of values; the source of recombination."""

    def __init__(self, x: np.ndarray):
        self.x = x
        self.terms: list[Expression] = []
        self.columns = np.zeros((len(x), 0))  # centred, unit norm
        self._known: set[Expression] = set()
        centred = x - x.mean(0)
        self._variables = centred / np.maximum(np.linalg.norm(centred, axis=0), 1e-30)

    def add(self, fits: list[Fit], amount: int) -> None:
        """Take up to ``amount`` new terms, from the best fits first."""
        new = []
        for fit in fits:
            for term in fit.term_expressions():
                if term not in self._known and len(new) < amount:
                    self._known.add(term)
                    new.append(term)
        for term in new:
            self._append(term)

    def _append(self, term: Expression) -> None:
        column = np.asarray(term(self.x), dtype=np.float64)
        if not np.isfinite(column).all():
            return
        centred = column - column.mean()
        norm = np.linalg.norm(centred)
        if norm < 1e-9 * (1 + np.abs(column).max()):
            return
        centred /= norm
        likeness = np.abs(centred @ self._variables)
        if term.complexity > 1 and likeness.max() > 1 - 1e-5:
            # sin(0.01·x0) is nearly x0 on these points: let the plain variable compete
            plain = Expression((VARIABLES[int(np.argmax(likeness))],))
            if plain not in self._known:
                self._known.add(plain)
                self._append(plain)
        if self.columns.size:
            likeness = np.abs(centred @ self.columns)
            twin = int(np.argmax(likeness))
            if likeness[twin] > 1 - 1e-7:  # the same column up to sign: keep the shorter term
                if term.complexity < self.terms[twin].complexity:
                    self.terms[twin], self.columns[:, twin] = term, centred
                return
        self.terms.append(term)
        self.columns = np.column_stack([self.columns, centred])

    def select(self, y: np.ndarray) -> list[Fit]:
        """Sparse fits: the best triples of short terms and forward selection, then elimination.

        Forward selection alone is caught by terms that resemble sums of others, above all when
        points are few.
        """
        if not self.terms:
            return []
        centred = y - y.mean()
        most = min(MAX_TERMS, len(self.terms), len(y) - 2)
        first = np.argsort(-np.abs(centred @ self.columns))[:6]
        beginnings = [[int(i)] for i in first] + (self._triples(centred) if most >= 3 else [])
        subsets: set[tuple[int, ...]] = set()
        for beginning in beginnings:
            chosen = self._forward(centred, beginning, most)
            subsets |= {tuple(sorted(chosen[:size])) for size in range(1, len(chosen) + 1)}
            while len(chosen) > 1:
                inverse = np.linalg.pinv(self.columns[:, chosen])  # (k, n)
                # leaving out term k raises the squared error by w_k² / (G⁻¹)_kk
                cost = np.square(inverse @ centred) / np.square(inverse).sum(1)
                chosen.pop(int(np.argmin(cost)))
                subsets.add(tuple(sorted(chosen)))
        fits = sorted(
            (self._fit(subset, y) for subset in sorted(subsets)), key=lambda f: rank(f, len(y))
        )
        best: dict[int, list[Fit]] = {}
        for fit in fits:
            best.setdefault(len(fit.terms), []).append(fit)
        return [fit for group in best.values() for fit in group[:2]]

    def _triples(self, centred, among: int = 36, keep: int = 4) -> list[list[int]]:
        """The sets of three that explain most, out of the shortest terms, all of them tried."""
        short = sorted(range(len(self.terms)), key=lambda i: (self.terms[i].complexity, i))[:among]
        if len(short) < 3:
            return []
        gram = self.columns[:, short].T @ self.columns[:, short]
        with_y = centred @ self.columns[:, short]
        sets = np.array(list(combinations(range(len(short)), 3)))  # (T, 3)
        blocks = gram[sets[:, :, None], sets[:, None, :]] + 1e-9 * np.eye(3)
        right = with_y[sets]
        explained = np.einsum("ti,ti->t", right, np.linalg.solve(blocks, right[..., None])[..., 0])
        best = np.argsort(-explained)[:keep]
        return [[short[i] for i in sets[t]] for t in best]

    def _forward(self, centred, beginning, most) -> list[int]:
        """Orthogonal least squares: add the column that takes away most of the residual."""
        columns, residual = self.columns.copy(), centred.copy()
        chosen: list[int] = []
        while True:
            pick = beginning[len(chosen)] if len(chosen) < len(beginning) else -1
            if pick < 0:
                left = np.square(columns).sum(0)
                gain = np.where(
                    left > 1e-7, np.square(residual @ columns) / np.maximum(left, 1e-30), 0
                )
                pick = int(np.argmax(gain))
                if gain[pick] <= 1e-15 * (centred @ centred):
                    return chosen
            chosen.append(pick)
            if len(chosen) == most:
                return chosen
            basis = columns[:, pick] / np.linalg.norm(columns[:, pick])
            residual = residual - basis * (basis @ residual)
            columns -= np.outer(basis, basis @ columns)

    def _fit(self, subset, y) -> Fit:
        terms = [self.terms[i] for i in subset]
        columns = np.column_stack([np.ones(len(y)), *(term(self.x) for term in terms)])
        scale = np.abs(columns).max(0)
        solution = np.linalg.lstsq(columns / scale, y, rcond=None)[0] / scale
        residual = y - columns @ solution
        return Fit(
            tuple(term.prefix for term in terms),
            np.array([c for term in terms for c in term.constants]),
            solution[1:],
            float(solution[0]),
            float(residual @ residual / len(y) / y.var()),
        )
