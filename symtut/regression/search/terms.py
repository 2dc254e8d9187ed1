"""Recombining terms: sparse selection among the terms of many candidates.

The Gram matrix of the pooled columns grows with the pool and serves every selection.
"""

from collections.abc import Callable

import numpy as np

from symtut.expressions import VARIABLES, Expression
from symtut.regression.search.fits import Fit, Terms, criterion, rank
from symtut.regression.search.selection import (
    best_triples,
    cost_of_leaving_out,
    eliminated,
    forward,
)

MAX_SELECTED = 6


class TermPool:
    """Terms with their constants, as columns of values; the source of recombination.

    Parameters
    ----------
    x : (n, d) float
    permits : callable, optional
        Whether a sum of terms (prefixes) may be selected; by default every one.

    Attributes
    ----------
    terms : list of Expression
    values : float array (M, n)
        What each term is on the points.
    columns : float array (M, n)
        The same with mean 0 and norm 1.
    gram : float array (M, M)
        Scalar products of the columns.
    """

    def __init__(self, x: np.ndarray, permits: Callable[[Terms], bool] | None = None):
        self.x, self.permits = x, permits
        self.terms: list[Expression] = []
        self._values = np.empty((64, len(x)))
        self._columns = np.empty((64, len(x)))
        self._gram = np.empty((64, 64))
        self._known: set[Expression] = set()
        centred = x - x.mean(0)
        self._variables = centred / np.maximum(np.linalg.norm(centred, axis=0), 1e-30)

    @property
    def values(self) -> np.ndarray:
        return self._values[: len(self.terms)]

    @property
    def columns(self) -> np.ndarray:
        return self._columns[: len(self.terms)]

    @property
    def gram(self) -> np.ndarray:
        return self._gram[: len(self.terms), : len(self.terms)]

    def add(self, fits: list[Fit], amount: int) -> None:
        """Take up to ``amount`` new terms, from the best fits first."""
        new = []
        for fit in fits:
            if len(new) == amount:
                break
            for term in fit.term_expressions():
                if term not in self._known and len(new) < amount:
                    self._known.add(term)
                    new.append(term)
        for term in new:
            self.append(term)

    def append(self, term: Expression) -> None:
        """Take one term unless it is flat, undefined or the column of another."""
        values = np.asarray(term(self.x), dtype=np.float64)
        if not np.abs(values).max() < 1e100:  # undefined, or so large that squares overflow
            return
        centred = values - values.mean()
        norm = np.linalg.norm(centred)
        if norm < 1e-9 * (1 + np.abs(values).max()):
            return
        centred /= norm
        likeness = np.abs(centred @ self._variables)
        if term.complexity > 1 and likeness.max() > 1 - 1e-5:
            # sin(0.01·x0) is nearly x0 on these points: let the plain variable compete
            plain = Expression((VARIABLES[int(np.argmax(likeness))],))
            if plain not in self._known:
                self._known.add(plain)
                self.append(plain)
        place = len(self.terms)
        likeness = self.columns @ centred
        if place:
            twin = int(np.argmax(np.abs(likeness)))
            if abs(likeness[twin]) > 1 - 1e-7:  # the same column up to sign: keep the shorter term
                if term.complexity >= self.terms[twin].complexity:
                    return
                place = twin
        if place == len(self._columns):
            self._grow()
        if place == len(self.terms):
            self.terms.append(term)
        self.terms[place] = term
        self._values[place], self._columns[place] = values, centred
        self._gram[place, : len(self.terms)] = self.columns @ centred
        self._gram[: len(self.terms), place] = self._gram[place, : len(self.terms)]

    def extend(self, terms: list[Expression], values: np.ndarray) -> None:
        """Append terms known to differ, with their values (k, n), in one go; flat ones are left."""
        centred = values - values.mean(1, keepdims=True)
        norms = np.linalg.norm(centred, axis=1)
        with np.errstate(invalid="ignore"):
            good = np.flatnonzero(norms > 1e-9 * (1 + np.abs(values).max(1)))
        begin = len(self.terms)
        while begin + len(good) > len(self._columns):
            self._grow()
        self.terms += [terms[i] for i in good]
        self._known.update(terms)
        self._values[begin : len(self.terms)] = values[good]
        self._columns[begin : len(self.terms)] = centred[good] / norms[good, None]
        products = self.columns @ self.columns[begin:].T
        self._gram[: len(self.terms), begin : len(self.terms)] = products
        self._gram[begin : len(self.terms), : len(self.terms)] = products.T

    def _grow(self) -> None:
        size = len(self._columns)
        self._values = np.concatenate([self._values, np.empty_like(self._values)])
        self._columns = np.concatenate([self._columns, np.empty_like(self._columns)])
        self._gram = np.pad(self._gram, ((0, size), (0, size)))

    def select(self, y: np.ndarray) -> list[Fit]:
        """Sparse fits: the best triples of short terms and forward selection, then elimination.

        Forward selection alone is caught by terms that resemble sums of others, above all when
        points are few.
        """
        if not self.terms:
            return []
        # what each way of beginning is good for: one strong term; three short ones that explain
        # much together; terms that nearly cancel, which no beginning with one of them finds
        with_y = self.columns @ (y - y.mean())
        most = min(MAX_SELECTED, len(self.terms), len(y) - 2)
        beginnings = [[int(i)] for i in np.argsort(-np.abs(with_y))[:6]]
        if most >= 3:
            short = self.shortest(36)
            triples = best_triples(self.gram[np.ix_(short, short)], with_y[short])
            beginnings += [[short[i] for i in triple] for triple in triples]
        for among in (24, 60):
            if among < len(y) // 2:  # all terms at once need more points than terms
                short = self.shortest(among)
                stayed = eliminated(self.gram[np.ix_(short, short)], with_y[short], most)
                beginnings.append([short[i] for i in stayed])
        chosen = forward(self.gram, np.tile(with_y, (len(beginnings), 1)), most, beginnings)
        subsets = self.subsets(chosen, with_y)
        if self.permits is not None:
            subsets = {s for s in subsets if self.permits(tuple(self.terms[i].prefix for i in s))}
        fits = [self._fit(subset, y) for subset in self._promising(subsets, with_y, y)]
        best: dict[int, list[Fit]] = {}
        for fit in sorted(fits, key=lambda f: rank(f, len(y))):
            best.setdefault(len(fit.terms), []).append(fit)
        return [fit for group in best.values() for fit in group[:2]]

    def shortest(self, amount: int) -> list[int]:
        """Places of so many terms with fewest nodes, the earlier one first."""
        return sorted(range(len(self.terms)), key=lambda i: (self.terms[i].complexity, i))[:amount]

    def _promising(self, subsets, with_y, y, keep: int = 5) -> list[tuple[int, ...]]:
        """The best of each size by what the Gram matrix says, good to about ten digits."""
        nodes = np.array([term.complexity + 3 for term in self.terms])
        total = np.sum(np.square(y - y.mean()))
        result = []
        for size in sorted({len(subset) for subset in subsets}):
            rows = sorted(subset for subset in subsets if len(subset) == size)
            index = np.array(rows)  # (B, k)
            gram = self.gram[index[:, :, None], index[:, None, :]] + 1e-13 * np.eye(size)
            explained = with_y[index] * np.linalg.solve(gram, with_y[index][..., None])[..., 0]
            loss = 1 - explained.sum(1) / total
            value = criterion(loss, size + 1, nodes[index].sum(1), len(y))
            result += [rows[i] for i in np.argsort(value, kind="stable")[:keep]]
        return result

    def subsets(self, chosen: list[list[int]], with_y: np.ndarray) -> set[tuple[int, ...]]:
        """The beginnings of each selection, and what is left as its idlest terms drop out."""
        subsets: set[tuple[int, ...]] = set()
        for picks in chosen:
            subsets |= {tuple(sorted(picks[:size])) for size in range(1, len(picks) + 1)}
        # a term that was chosen early may be idle once the others are there
        active = {tuple(sorted(picks)) for picks in chosen}
        for size in range(MAX_SELECTED, 1, -1):
            rows = sorted(picks for picks in active if len(picks) == size)
            if not rows:
                continue
            index = np.array(rows)  # (B, k)
            inverse = np.linalg.pinv(
                self.gram[index[:, :, None], index[:, None, :]], rcond=1e-12, hermitian=True
            )
            coefficients = np.einsum("bij,bj->bi", inverse, with_y[index])
            idlest = np.argmin(cost_of_leaving_out(coefficients, inverse), axis=1)
            left = {tuple(row[:j] + row[j + 1 :]) for row, j in zip(rows, idlest, strict=True)}
            subsets |= left
            active |= left
        return subsets

    def _fit(self, subset, y) -> Fit:
        terms = [self.terms[i] for i in subset]
        columns = np.vstack([np.ones((1, len(y))), self._values[list(subset)]]).T
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
