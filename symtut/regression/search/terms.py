"""Recombining terms: sparse selection among the terms of many candidates.

Everything here works on the Gram matrix of the pooled columns, which grows with the pool and
serves every selection: a step of forward selection then costs a row of the matrix instead of a
pass over all points, for many beginnings at once.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import combinations

import numpy as np

from symtut.expressions import VARIABLES, Expression
from symtut.regression.search.fits import Fit, Terms
from symtut.regression.search.ranking import criterion, rank

MAX_TERMS = 6


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
        with_y = self.columns @ (y - y.mean())
        most = min(MAX_TERMS, len(self.terms), len(y) - 2)
        first = np.argsort(-np.abs(with_y))[:6]
        beginnings = [[int(i)] for i in first] + (self._triples(with_y) if most >= 3 else [])
        # all terms at once need more points than terms
        few = [among for among in (24, 60) if among < len(y) // 2]
        beginnings += [self._eliminated(with_y, among, most) for among in few]
        chosen = forward(self.gram, np.tile(with_y, (len(beginnings), 1)), most, beginnings)
        subsets = self.subsets(chosen, with_y)
        if self.permits is not None:
            subsets = {s for s in subsets if self.permits(tuple(self.terms[i].prefix for i in s))}
        fits = [self._fit(subset, y) for subset in self._promising(subsets, with_y, y)]
        best: dict[int, list[Fit]] = {}
        for fit in sorted(fits, key=lambda f: rank(f, len(y))):
            best.setdefault(len(fit.terms), []).append(fit)
        return [fit for group in best.values() for fit in group[:2]]

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
        active = {tuple(sorted(picks)) for picks in chosen}
        for size in range(MAX_TERMS, 1, -1):
            rows = sorted(picks for picks in active if len(picks) == size)
            if not rows:
                continue
            index = np.array(rows)  # (B, k)
            inverse = np.linalg.pinv(
                self.gram[index[:, :, None], index[:, None, :]], rcond=1e-12, hermitian=True
            )
            weights = np.einsum("bij,bj->bi", inverse, with_y[index])
            # leaving out term k raises the squared error by w_k² / (G⁻¹)_kk
            cost = np.square(weights) / np.einsum("bii->bi", inverse)
            idlest = np.argmin(cost, axis=1)
            left = {tuple(row[:j] + row[j + 1 :]) for row, j in zip(rows, idlest, strict=True)}
            subsets |= left
            active |= left
        return subsets

    def _triples(self, with_y, among: int = 36, keep: int = 4) -> list[list[int]]:
        """The sets of three that explain most, out of the shortest terms, all of them tried."""
        short = sorted(range(len(self.terms)), key=lambda i: (self.terms[i].complexity, i))[:among]
        if len(short) < 3:
            return []
        gram = self.gram[np.ix_(short, short)] + 1e-9 * np.eye(len(short))
        right = with_y[short]
        a, b, c = _triples_of(len(short))
        # squared error explained by three columns of norm 1: Cholesky written out
        ab, ac, bc = gram[a, b], gram[a, c], gram[b, c]
        d1 = 1 - ab**2
        y1 = right[b] - ab * right[a]
        l2 = bc - ab * ac
        d2 = 1 - ac**2 - l2**2 / d1
        y2 = right[c] - ac * right[a] - l2 * y1 / d1
        with np.errstate(divide="ignore", invalid="ignore"):
            explained = right[a] ** 2 + y1**2 / d1 + y2**2 / d2
        explained[(d1 < 1e-7) | (d2 < 1e-7)] = 0.0
        best = np.argsort(-explained)[:keep]
        return [[short[a[t]], short[b[t]], short[c[t]]] for t in best]

    def _eliminated(self, with_y, among: int, keep: int) -> list[int]:
        """Backward elimination: the shortest terms all together, then the idlest out, one by one.

        Finds sums whose terms explain little alone and much together, which forward selection
        misses. The ``keep`` that stayed longest, the last one first.
        """
        short = sorted(range(len(self.terms)), key=lambda i: (self.terms[i].complexity, i))[:among]
        # columns have norm 1; the ridge is for those that are sums of others
        inverse = np.linalg.inv(self.gram[np.ix_(short, short)] + 1e-11 * np.eye(len(short)))
        weights, left, gone = inverse @ with_y[short], list(range(len(short))), []
        while left:
            # leaving out term k raises the squared error by w_k² / (G⁻¹)_kk
            out = left.pop(int(np.argmin(np.square(weights[left]) / np.diag(inverse)[left])))
            gone.append(short[out])
            # the inverse without a row and column, by one step of Gaussian elimination
            column = inverse[:, out] / inverse[out, out]
            weights = weights - column * weights[out]
            inverse = inverse - np.outer(column, inverse[out])
        return gone[::-1][:keep]

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


def forward(
    gram: np.ndarray,
    right: np.ndarray,
    most: int,
    beginnings: list[list[int]] | None = None,
    left: np.ndarray | None = None,
    liking: np.ndarray | None = None,
) -> list[list[int]]:
    """Orthogonal least squares, several at once: add the column that takes away most.

    Parameters
    ----------
    gram : (M, M)
        Scalar products of columns of norm 1.
    right : (B, M)
        Scalar products of the columns with what each selection is to explain.
    most : int
        Columns to choose.
    beginnings : list of B lists, optional
        What each selection begins with.
    left : (B, F, M), optional
        What has been taken out already: orthonormal directions' products with the columns.
    liking : (B, M), optional
        Factors on what a column takes away when it is compared with the others.

    Returns
    -------
    list of B lists
        Indices in the order in which they were chosen; shorter where nothing is left to explain.
    """
    right = right.copy()
    batch, size = right.shape
    rows = np.arange(batch)
    norms = np.ones((batch, size))  # squared, of what is left of each column
    factors = np.empty((batch, most + (0 if left is None else left.shape[1]), size))
    done = 0
    if left is not None:
        done = left.shape[1]
        factors[:, :done] = left
        norms -= np.square(left).sum(1)
    chosen: list[list[int]] = [[] for _ in range(batch)]
    alive = np.ones(batch, dtype=bool)
    largest = np.square(right).max(1)
    for k in range(most):
        gain = np.where(norms > 1e-7, np.square(right) / np.maximum(norms, 1e-30), 0.0)
        pick = (gain if liking is None else gain * liking).argmax(1)
        best = gain[rows, pick]
        if beginnings is not None:
            for b, beginning in enumerate(beginnings):
                if k < len(beginning):
                    pick[b] = beginning[k]
        fixed = np.array([beginnings is not None and k < len(b) for b in beginnings or chosen])
        alive &= fixed | (best > 1e-15 * largest)
        if not alive.any():
            break
        for b in np.flatnonzero(alive):
            chosen[b].append(int(pick[b]))
        scale = 1 / np.sqrt(np.maximum(norms[rows, pick], 1e-12))[:, None]
        before = factors[:, :done]
        direction = gram[pick] - np.einsum("bk,bkm->bm", before[rows, :, pick], before)
        direction *= scale
        right -= direction * (right[rows, pick][:, None] * scale)
        norms -= np.square(direction)
        factors[:, done] = direction
        done += 1
    return chosen


@lru_cache(maxsize=64)
def _triples_of(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return tuple(np.array(list(combinations(range(size), 3))).T)
