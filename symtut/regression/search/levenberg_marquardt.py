"""Constants of many skeletons at once: Levenberg-Marquardt with the coefficients solved linearly.

The coefficients w of ``w0 + Σ wk·tk(x; c)`` can be solved for exactly at any inner constants c, so
the search is only over c (variable projection, Golub & Pereyra 1973, with Kaufman's approximation
of the Jacobian), for all candidates and several random starts in the same NumPy calls.
"""

from collections.abc import Callable

import numpy as np

from symtut.expressions import CONSTANT, Program, encode
from symtut.regression.search.fits import Fit, Terms, initial_constants, join, with_guess

BLOCK = 256  # candidates fitted together: enough to hide the calls' overhead, and fits the cache


class _Rows:
    """The points as least squares sees them: centred, and scaled by the root of their weight."""

    def __init__(self, weight: np.ndarray | None):
        self.weight = self.root = None
        if weight is not None:
            self.weight = weight / weight.mean()
            self.root = np.sqrt(self.weight)

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Weighted mean over the last axis, (...)."""
        if self.weight is None:
            return values.mean(-1)
        return _dot(values, self.weight) / values.shape[-1]

    def centre(self, values: np.ndarray) -> None:
        """In place."""
        values -= self.mean(values)[..., None]
        if self.root is not None:
            values *= self.root


def _dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Scalar products over the last axis; one thread, as BLAS does not promise."""
    return np.einsum("...n,...n->...", a, b)


def _products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Scalar products (I, J, ...) of columns (I, ..., n) and (J, ..., n).

    Quicker than a stack of small matrix products.
    """
    return np.einsum("i...n,j...n->ij...", a, b)


def _inverse(matrices: np.ndarray) -> np.ndarray:
    """Inverses of positive definite matrices (K, K, ...), by Gauss and Jordan without pivots."""
    inverse = matrices.copy()
    for k in range(len(matrices)):
        row = inverse[k] / inverse[k, k]
        row[k] = 1 / inverse[k, k]
        column = inverse[:, k].copy()
        inverse[:, k] = 0.0
        inverse -= column[:, None] * row
        inverse[k] = row
    return inverse


def _times(matrices: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Matrices (I, K, ...) times vectors (K, ...)."""
    return np.einsum("ik...,k...->i...", matrices, vectors)


def _combined(coefficients: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Sums (I, ..., n) of columns (K, ..., n) with coefficients (I, K, ...)."""
    return np.einsum("ik...,k...n->i...n", coefficients, columns)


def _solve_outer(terms: np.ndarray, y: np.ndarray, rows: _Rows):
    """Best coefficients at fixed inner constants.

    ``terms`` (K, B, S, n) are overwritten, ``y`` (n,) is centred by ``rows``. Returns the centred
    terms of norm 1, the inverse of their Gram matrix (K, K, B, S), coefficients (K, B, S),
    residuals (B, S, n), loss (B, S).
    """
    finite = np.isfinite(terms.sum(-1)).all(0)  # (B, S)
    if not finite.all():
        terms[:, ~finite] = 0.0
    largest = np.maximum(terms.max(-1), -terms.min(-1))
    rows.centre(terms)
    norm = np.sqrt(_dot(terms, terms))  # (K, B, S)
    # a term that does not vary (or is missing) gets weight 0
    flat = norm <= 1e-9 * (largest + 1e-30) * terms.shape[-1] ** 0.5
    inverse_norm = np.where(flat, 0.0, 1.0 / np.maximum(norm, 1e-300))
    terms *= inverse_norm[..., None]
    gram = _products(terms, terms)
    for k in range(len(terms)):
        gram[k, k] += 1e-12 + flat[k]
    inverse = _inverse(gram)
    coefficients = _times(inverse, _dot(terms, y))  # for terms of norm 1
    residual = y - _combined(coefficients[None], terms)[0]
    loss = _dot(residual, residual) / _dot(y, y)
    loss = np.where(finite & np.isfinite(loss), loss, np.inf)
    return terms, inverse, coefficients * inverse_norm, residual, loss


class _Problem:
    """Candidates that have inner constants, evaluated together on the same points."""

    def __init__(self, candidates: list[Terms], x: np.ndarray, y: np.ndarray, rows: _Rows):
        self.program = Program(encode([join(terms) for terms in candidates]))
        self.x, self.y, self.rows = x, y, rows
        owner = self.program.constant_term.T  # (J, B), −1 where missing
        self.owner, self.missing = np.maximum(owner, 0)[..., None], owner[..., None] < 0

    def terms(self, constants: np.ndarray | None = None) -> np.ndarray:
        """Values (K, B, S, n)."""
        return self.program(self.x, constants).swapaxes(0, 1)

    def step(self, constants: np.ndarray):
        """Loss (B, S), gradient J'r (J, B, S) and approximate Hessian J'J (J, J, B, S)."""
        terms, slope = (a.swapaxes(0, 1) for a in self.program.with_jacobian(self.x, constants))
        unit, inverse, coefficients, residual, loss = _solve_outer(terms, self.y, self.rows)
        wild = ~np.isfinite(slope.sum(-1))
        if wild.any():
            slope[wild] = np.nan_to_num(slope[wild], nan=0.0, posinf=0.0, neginf=0.0)
        weight = np.take_along_axis(coefficients, self.owner, axis=0)  # (J, B, S)
        slope *= np.where(self.missing, 0.0, weight)[..., None]
        self.rows.centre(slope)
        # Kaufman: what the coefficients can absorb is not the inner constants' business
        absorbed = np.einsum("jk...,kl...->jl...", _products(slope, unit), inverse)
        slope -= _combined(absorbed, unit)
        return loss, _products(slope, residual[None])[:, 0], _products(slope, slope)


def _minimise(problem: _Problem, constants: np.ndarray, iterations: int, stop) -> tuple:
    """Levenberg-Marquardt from every start; returns constants (B, S, J) and losses (B, S)."""
    loss, gradient, hessian = problem.step(constants)
    damping = np.full_like(loss, 1e-2)
    diagonal = np.arange(len(hessian))
    for _ in range(iterations):
        size = hessian[diagonal, diagonal]  # (J, B, S)
        size = size + damping * size + 1e-12 * size.max(0) + 1e-30
        scale = 1 / np.sqrt(size)
        damped = hessian * scale * scale[:, None]
        damped[diagonal, diagonal] = 1.0
        step = np.moveaxis(scale * _times(_inverse(damped), scale * gradient), 0, -1)
        limit = 1.0 + np.abs(constants)  # no constant more than doubles (about) in one step
        trial = constants + np.clip(np.where(np.isfinite(step), step, 0.0), -limit, limit)
        trial_loss, trial_gradient, trial_hessian = problem.step(trial)
        better = trial_loss < loss
        constants = np.where(better[..., None], trial, constants)
        gradient = np.where(better, trial_gradient, gradient)
        hessian = np.where(better, trial_hessian, hessian)
        gain = np.where(better, loss - trial_loss, 0.0)
        loss = np.where(better, trial_loss, loss)
        damping = np.clip(np.where(better, damping * 0.2, damping * 5.0), 1e-12, 1e8)
        if not np.any((gain > 1e-6 * loss) | (~better & (damping < 1e6) & (loss > 1e-28))):
            break
        if stop is not None and stop():
            break
    return constants, loss


@np.errstate(all="ignore")  # what is undefined has an infinite loss
def levenberg_marquardt(
    candidates: list[Terms],
    x: np.ndarray,
    y: np.ndarray,
    generator: np.random.Generator,
    starts: int = 6,
    iterations: int = 24,
    guesses: list[np.ndarray | None] | None = None,
    stop: Callable[[], object] | None = None,
    weight: np.ndarray | None = None,
) -> list[Fit]:
    """Fit all candidates at once.

    Parameters
    ----------
    candidates : list of tuples of prefix tuples
    x : (n, d) float, y : (n,) float
    starts : int
        Random starting points per candidate; after a third of the iterations only the better
        third goes on, after two thirds only the best.
    guesses : list, optional
        Constants to start from (replaces the first random start where given; NaN stays random).
        Outer numbers behind the inner constants are ignored: they are solved for.
    stop : callable, optional
        Asked before every block and after every iteration; once true, constants stay where they
        are, and blocks not begun are left out (infinite loss).
    weight : (n,) float, optional
        Positive weights of the points in the squared error.

    Returns
    -------
    list of Fit
        In the order of ``candidates``. A candidate that is undefined on the points, or has as
        many parameters as there are points, has infinite loss.
    """
    x, target = np.asarray(x, dtype=np.float64), np.array(y, dtype=np.float64)
    points = _Rows(weight)
    mean = float(points.mean(target))
    points.centre(target)
    results: dict[int, Fit] = {}  # by place among the candidates
    n_constants = [sum(term.count(CONSTANT) for term in terms) for terms in candidates]
    n_parameters = [c + len(t) + 1 for c, t in zip(n_constants, candidates, strict=True)]
    plain = [i for i, c in enumerate(n_constants) if c == 0 and n_parameters[i] < len(x)]
    fitted = [i for i, c in enumerate(n_constants) if c > 0 and n_parameters[i] < len(x)]
    fitted.sort(key=lambda i: n_constants[i])

    def finish(rows, constants, coefficients, loss, terms_mean):
        for k, i in enumerate(rows):
            size = len(candidates[i])
            w = coefficients[:size, k].copy()
            offset = np.nan_to_num(terms_mean[:size, k], posinf=0.0, neginf=0.0)
            results[i] = Fit(
                candidates[i], constants[k, : n_constants[i]].copy(), w, mean - float(w @ offset),
                float(loss[k]),
            )  # fmt: skip

    if plain:
        terms = _Problem([candidates[i] for i in plain], x, target, points).terms()
        offsets = points.mean(terms)
        *_, coefficients, _, loss = _solve_outer(terms, target, points)
        finish(plain, np.zeros((len(plain), 0)), coefficients[..., 0], loss[:, 0], offsets[..., 0])
    # blocks of similar size keep the padding small and the memory bounded
    for begin in range(0, len(fitted), BLOCK):
        if stop is not None and stop():
            break
        rows = fitted[begin : begin + BLOCK]
        problem = _Problem([candidates[i] for i in rows], x, target, points)
        most = len(problem.owner)
        first = initial_constants((len(rows), starts, most), generator)
        for k, i in enumerate(rows):
            guess = None if guesses is None else guesses[i]
            if guess is not None:
                size = n_constants[i]
                first[k, 0, :size] = with_guess(first[k, 0, :size], guess[:size])
        constants = first
        for keep in (max(1, starts // 3), 1, 1):
            constants, loss = _minimise(problem, constants, max(1, iterations // 3), stop)
            best = np.argsort(loss, axis=1, kind="stable")[:, :keep]
            constants = np.take_along_axis(constants, best[..., None], axis=1)
        terms = problem.terms(constants)
        offsets = points.mean(terms)
        *_, coefficients, _, loss = _solve_outer(terms, target, points)
        finish(rows, constants[:, 0], coefficients[..., 0], loss[:, 0], offsets[..., 0])
    for i, terms in enumerate(candidates):
        if i not in results:  # as many parameters as points, or no time: nothing can be said
            results[i] = Fit(terms, np.ones(n_constants[i]), np.zeros(len(terms)), mean, np.inf)
    return [results[i] for i in range(len(candidates))]
