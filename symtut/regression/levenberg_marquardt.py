"""Constants of many skeletons at once: Levenberg-Marquardt with the outer weights solved linearly.

The weights w of ``w0 + Σ wk·tk(x; c)`` can be solved for exactly at any inner constants c, so the
search is only over c (variable projection, Golub & Pereyra 1973, with Kaufman's approximation of
the Jacobian), for all candidates and several random starts in the same torch kernels.
"""

from collections.abc import Callable

import numpy as np
import torch

from symtut.expressions import CONSTANT, Program, encode
from symtut.regression.constants import Fit, Terms, initial_constants, join, with_guess

BLOCK = 256  # candidates fitted together: enough to hide the kernels' overhead, and fits the cache


class _Rows:
    """The points as least squares sees them: centred, and scaled by the root of their weight."""

    def __init__(self, weight: np.ndarray | None):
        self.weight = self.root = None
        if weight is not None:
            self.weight = torch.as_tensor(weight / weight.mean(), dtype=torch.float64)
            self.root = self.weight.sqrt()

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """Weighted mean over the last axis, which stays."""
        weighted = values if self.weight is None else values * self.weight
        return weighted.mean(-1, keepdim=True)

    def centred(self, values: torch.Tensor) -> torch.Tensor:
        centred = values - self.mean(values)
        return centred if self.root is None else centred * self.root


def _solve_outer(terms: torch.Tensor, y: torch.Tensor, rows: _Rows):
    """Best weights at fixed inner constants.

    ``terms`` (B, S, K, n), ``y`` (n,) centred by ``rows``. Returns the centred terms, weights
    (B, S, K), residuals (B, S, n), loss (B, S) and the inverse Gram matrix of the centred terms.
    """
    finite = torch.isfinite(terms).all(-1).all(-1)  # (B, S)
    terms = torch.where(finite[..., None, None], terms, 0.0)
    centred = rows.centred(terms)
    norm = centred.square().sum(-1).sqrt()  # (B, S, K)
    # a term that does not vary (or is missing) gets weight 0
    flat = norm <= 1e-9 * (terms.abs().amax(-1) + 1e-30) * terms.shape[-1] ** 0.5
    inverse_norm = torch.where(flat, 0.0, 1.0 / norm.clamp(min=1e-300))
    unit = centred * inverse_norm[..., None]
    gram = unit @ unit.transpose(-1, -2)  # (B, S, K, K)
    eye = torch.eye(gram.shape[-1], dtype=gram.dtype)
    gram = gram + eye * (1e-12 + flat[..., None].to(gram.dtype))
    inverse, failed = torch.linalg.inv_ex(gram)
    finite &= failed == 0
    weights = (inverse @ (unit @ y)[..., None])[..., 0]  # (B, S, K), for unit terms
    residual = y - (weights[..., None, :] @ unit)[..., 0, :]
    loss = residual.square().mean(-1) / y.square().mean()
    loss = torch.where(finite & torch.isfinite(loss), loss, torch.inf)
    return unit, inverse, weights * inverse_norm, residual, loss


class _Problem:
    """Candidates that have inner constants, evaluated together on the same points."""

    def __init__(self, candidates: list[Terms], x: torch.Tensor, y: torch.Tensor, rows: _Rows):
        self.program = Program(encode([join(terms) for terms in candidates]))
        self.x, self.y, self.rows = x, y, rows
        self.owner = torch.from_numpy(self.program.constant_term)  # (B, J), −1 where missing

    def loss(self, constants: torch.Tensor):
        terms = self.program(self.x, constants).transpose(1, 2)  # (B, S, K, n)
        return _solve_outer(terms, self.y, self.rows)

    def step(self, constants: torch.Tensor):
        """Loss (B, S), gradient J'r (B, S, J) and approximate Hessian J'J (B, S, J, J)."""
        terms, slope = self.program.with_jacobian(self.x, constants)
        unit, inverse, weights, residual, loss = _solve_outer(
            terms.transpose(1, 2), self.y, self.rows
        )
        starts = constants.shape[1]
        owner = self.owner.clamp(min=0)[:, None].expand(-1, starts, -1)  # (B, S, J)
        weight = torch.gather(weights, 2, owner) * (self.owner >= 0)[:, None]
        jacobian = weight[..., None] * torch.nan_to_num(slope.transpose(1, 2), 0.0, 0.0, 0.0)
        jacobian = self.rows.centred(jacobian)  # (B, S, J, n)
        # Kaufman: what the outer weights can absorb is not the inner constants' business
        absorbed = (jacobian @ unit.transpose(-1, -2)) @ inverse
        jacobian = jacobian - absorbed @ unit
        gradient = (jacobian @ residual[..., None])[..., 0]
        return loss, gradient, jacobian @ jacobian.transpose(-1, -2)


def _minimise(problem: _Problem, constants: torch.Tensor, iterations: int, stop) -> tuple:
    """Levenberg-Marquardt from every start; returns constants (B, S, J) and losses (B, S)."""
    loss, gradient, hessian = problem.step(constants)
    damping = torch.full_like(loss, 1e-2)
    eye = torch.eye(constants.shape[-1], dtype=constants.dtype)
    for _ in range(iterations):
        diagonal = torch.diagonal(hessian, dim1=-2, dim2=-1)  # (B, S, J)
        ridge = damping[..., None] * diagonal + 1e-12 * diagonal.amax(-1, keepdim=True) + 1e-30
        step = torch.linalg.solve_ex(hessian + eye * ridge[..., None, :], gradient)[0]
        limit = 1.0 + constants.abs()  # no constant more than doubles (about) in one step
        step = torch.nan_to_num(step).clamp(-limit, limit)
        trial = constants + step
        trial_loss, trial_gradient, trial_hessian = problem.step(trial)
        better = trial_loss < loss
        constants = torch.where(better[..., None], trial, constants)
        gradient = torch.where(better[..., None], trial_gradient, gradient)
        hessian = torch.where(better[..., None, None], trial_hessian, hessian)
        gain = torch.where(better, loss - trial_loss, 0.0)
        loss = torch.where(better, trial_loss, loss)
        damping = torch.where(better, damping * 0.2, damping * 5.0).clamp(1e-12, 1e8)
        if not torch.any((gain > 1e-6 * loss) | (~better & (damping < 1e6) & (loss > 1e-28))):
            break
        if stop is not None and stop():
            break
    return constants, loss


def levenberg_marquardt(
    candidates: list[Terms],
    x: np.ndarray,
    y: np.ndarray,
    generator: np.random.Generator,
    starts: int = 6,
    iterations: int = 24,
    guesses: list[np.ndarray | None] | None = None,
    stop: Callable[[], bool] | None = None,
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
    x = torch.as_tensor(np.ascontiguousarray(x), dtype=torch.float64)
    target = torch.as_tensor(np.ascontiguousarray(y), dtype=torch.float64)
    points = _Rows(weight)
    mean = points.mean(target)
    target = points.centred(target)
    results: list[Fit | None] = [None] * len(candidates)
    n_constants = [sum(term.count(CONSTANT) for term in terms) for terms in candidates]
    n_parameters = [c + len(t) + 1 for c, t in zip(n_constants, candidates, strict=True)]
    plain = [i for i, c in enumerate(n_constants) if c == 0 and n_parameters[i] < len(x)]
    fitted = [i for i, c in enumerate(n_constants) if c > 0 and n_parameters[i] < len(x)]
    fitted.sort(key=lambda i: n_constants[i])

    def finish(rows, constants, weights, loss, terms_mean):
        for k, i in enumerate(rows):
            size = len(candidates[i])
            w = weights[k, :size].numpy()
            offset = np.nan_to_num(terms_mean[k, :size].numpy(), posinf=0.0, neginf=0.0)
            intercept = float(mean) - float(w @ offset)
            results[i] = Fit(
                candidates[i], constants[k, : n_constants[i]].numpy(), w, intercept, float(loss[k])
            )

    if plain:
        problem = _Problem([candidates[i] for i in plain], x, target, points)
        terms = problem.program(x)  # (B, K, 1, n)
        *_, weights, _, loss = _solve_outer(terms.transpose(1, 2), target, points)
        empty = torch.zeros(len(plain), 0)
        finish(plain, empty, weights[:, 0], loss[:, 0], points.mean(terms[:, :, 0])[..., 0])
    # blocks of similar size keep the padding small and the memory bounded
    for begin in range(0, len(fitted), BLOCK):
        if stop is not None and stop():
            break
        rows = fitted[begin : begin + BLOCK]
        problem = _Problem([candidates[i] for i in rows], x, target, points)
        most = problem.owner.shape[1]
        first = initial_constants((len(rows), starts, most), generator)
        for k, i in enumerate(rows):
            if guesses is not None and guesses[i] is not None:
                size = n_constants[i]
                first[k, 0, :size] = with_guess(first[k, 0, :size], guesses[i][:size])
        constants = torch.from_numpy(first)
        for keep in (max(1, starts // 3), 1, 1):
            constants, loss = _minimise(problem, constants, max(1, iterations // 3), stop)
            best = loss.argsort(dim=1)[:, :keep]
            constants = torch.gather(constants, 1, best[..., None].expand(-1, -1, most))
        terms = problem.program(x, constants).transpose(1, 2)
        *_, weights, _, loss = _solve_outer(terms, target, points)
        finish(rows, constants[:, 0], weights[:, 0], loss[:, 0], points.mean(terms[:, 0])[..., 0])
    for i, result in enumerate(results):
        if result is None:  # as many parameters as points, or no time: nothing can be said
            results[i] = Fit(
                candidates[i], np.ones(n_constants[i]), np.zeros(len(candidates[i])),
                float(mean), np.inf,
            )  # fmt: skip
    return results
