"""Which columns explain a target best: forward selection, all pairs, all triples, elimination.

Columns have norm 1. Their Gram matrix and their products with the target say all that is needed, so
a step costs a row of that matrix instead of a pass over all points.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np

MAX_PAIRED = 900
"""Columns that are tried in pairs; their Gram matrix has this many rows."""


def forward(
    gram: np.ndarray,
    right: np.ndarray,
    most: int,
    beginnings: list[list[int]] | None = None,
    taken: np.ndarray | None = None,
    bias: np.ndarray | None = None,
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
    taken : (B, F, M), optional
        What has been taken out already: orthonormal directions' products with the columns.
    bias : (B, M), optional
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
    # the rows of a Cholesky factor that grows: products of the columns with orthonormal directions
    done = 0 if taken is None else taken.shape[1]
    factors = np.empty((batch, most + done, size))
    if taken is not None:
        factors[:, :done] = taken
        norms -= np.square(taken).sum(1)
    chosen: list[list[int]] = [[] for _ in range(batch)]
    alive = np.ones(batch, dtype=bool)
    largest = np.square(right).max(1)
    for k in range(most):
        # a column that is nearly a sum of those chosen has rounding left, which explains nothing
        gain = np.where(norms > 1e-7, np.square(right) / np.maximum(norms, 1e-30), 0.0)
        pick = (gain if bias is None else gain * bias).argmax(1)
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
        # the new direction: the picked column less what lies in the directions before it
        scale = 1 / np.sqrt(np.maximum(norms[rows, pick], 1e-12))[:, None]
        before = factors[:, :done]
        direction = gram[pick] - np.einsum("bk,bkm->bm", before[rows, :, pick], before)
        direction *= scale
        right -= direction * (right[rows, pick][:, None] * scale)
        norms -= np.square(direction)
        factors[:, done] = direction
        done += 1
    return chosen


def best_columns(
    base: np.ndarray,
    columns: np.ndarray,
    target: np.ndarray,
    families: Sequence[tuple] | None = None,
    few: int = 8,
) -> list[tuple[int, ...]]:
    """Sets of up to two columns that, beside the base, leave least of the target.

    Parameters
    ----------
    base : (n, b), columns : (n, K), target : (n,)
    families : sequence of K, optional
        Of columns with equal entries only the best is considered, but for those with ``()``.
    few : int
        How many sets of each size.

    Returns
    -------
    list of tuples of int
        None, then the best single columns, then the best pairs.
    """
    sets: list[tuple[int, ...]] = [()]
    if not columns.shape[1]:
        return sets
    q, _ = np.linalg.qr(base)
    scale = np.linalg.norm(columns, axis=0)
    rest = columns - q @ (q.T @ columns)
    rest -= q @ (q.T @ rest)  # once more: what is left may be a tiny part of the column
    norms = np.linalg.norm(rest, axis=0)
    alive = np.flatnonzero(norms > 1e-7 * scale)
    rest = rest[:, alive] / norms[alive]
    residual = target - q @ (q.T @ target)
    gains = rest.T @ residual
    ranked, seen = [], set()
    for j in np.argsort(-np.abs(gains)):
        family = families[int(alive[j])] if families else ()
        if not family or family not in seen:
            ranked.append(int(j))
            seen.add(family)
    sets += [(int(alive[j]),) for j in ranked[:few]]
    if len(base) < base.shape[1] + 6:
        return sets
    best = ranked[:MAX_PAIRED]
    gram = rest[:, best].T @ rest[:, best]
    b = gains[best]
    free = 1 - gram**2
    with np.errstate(divide="ignore", invalid="ignore"):
        both = (b[:, None] ** 2 + b[None] ** 2 - 2 * gram * b[:, None] * b[None]) / free
    both[(free < 1e-8) | np.tri(len(b), dtype=bool)] = -np.inf
    for place in np.argsort(-both, axis=None)[:few]:
        i, j = np.unravel_index(place, both.shape)
        sets.append((int(alive[best[i]]), int(alive[best[j]])))
    return sets


def best_triples(gram: np.ndarray, right: np.ndarray, keep: int = 4) -> list[list[int]]:
    """The sets of three columns that explain most, all of them tried.

    ``gram`` (M, M) and ``right`` (M,) as for :func:`forward`; M is at least 3.
    """
    gram = gram + 1e-9 * np.eye(len(gram))
    a, b, c = _triples_of(len(gram))
    # squared error explained by three columns of norm 1: Cholesky written out
    ab, ac, bc = gram[a, b], gram[a, c], gram[b, c]
    d1 = 1 - ab**2
    y1 = right[b] - ab * right[a]
    l2 = bc - ab * ac
    d2 = 1 - ac**2 - l2**2 / d1
    y2 = right[c] - ac * right[a] - l2 * y1 / d1
    with np.errstate(divide="ignore", invalid="ignore"):
        explained = right[a] ** 2 + y1**2 / d1 + y2**2 / d2
    # where a column is nearly a sum of the others, rounding is all that it explains
    explained[(d1 < 1e-7) | (d2 < 1e-7)] = 0.0
    return [[int(a[t]), int(b[t]), int(c[t])] for t in np.argsort(-explained)[:keep]]


@lru_cache(maxsize=64)
def _triples_of(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return tuple(np.array(list(combinations(range(size), 3))).T)


def eliminated(gram: np.ndarray, right: np.ndarray, keep: int) -> list[int]:
    """Backward elimination: all columns together, then the idlest out, one by one.

    Finds sums whose terms explain little alone and much together, which forward selection misses.
    The ``keep`` columns that stayed longest, the last one first.
    """
    # the ridge is for columns that are sums of others
    inverse = np.linalg.inv(gram + 1e-11 * np.eye(len(gram)))
    coefficients, inside, gone = inverse @ right, list(range(len(gram))), []
    while inside:
        costs = cost_of_leaving_out(coefficients, inverse)
        out = inside.pop(int(np.argmin(costs[inside])))
        gone.append(out)
        # the inverse without a row and column, by one step of Gaussian elimination
        column = inverse[:, out] / inverse[out, out]
        coefficients = coefficients - column * coefficients[out]
        inverse = inverse - np.outer(column, inverse[out])
    return gone[::-1][:keep]


def cost_of_leaving_out(coefficients: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """What the squared error grows by without a column: w_k² / (G⁻¹)_kk, (..., k) for each k.

    ``coefficients`` (..., k) are those of least squares, ``inverse`` (..., k, k) is that of the
    Gram matrix.
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # columns that are out already
        return np.square(coefficients) / np.einsum("...kk->...k", inverse)
