"""Skeletons made into equations: the computations behind notebook 07."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.optimize

from symtut import make_task
from symtut.expressions import CONSTANT, Expression, Grammar, Program, encode, linear_combination
from symtut.regression.search.fits import Fit, Terms, initial_constants, join, rank
from symtut.regression.search.terms import TermPool
from symtut.regression.structure.observations import Observations
from symtut.regression.structure.products import Products
from symtut.regression.structure.reductions import reductions
from symtut.tasks.random_policy import random_transitions

NAMES = ("theta", "theta_dot", "u")
SINE: Terms = (("sin", "mul", "C", "x0"),)

Model = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""c (J,) → what the formula gives (n,), and its slopes by c (n, J)."""
Descent = Callable[[Model, np.ndarray, np.ndarray], np.ndarray]
"""(model, y (n,), start (J,)) → the c of all steps (steps + 1, J), as the student writes it."""


def pendulum_steps(n: int, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Real steps under random torques: (θ, θ̇, u), (m, 3), and the increments of both, (m,)."""
    task = make_task("pendulum")
    data = random_transitions(task, n, seed)
    free = np.abs(data.next_state[:, 1]) < 8 - 1e-5  # the simulator cuts the velocity at 8 rad/s
    x = np.column_stack([data.state, data.action])[free]
    moved = task.difference(data.next_state, data.state)[free]
    return x, {"delta_theta": moved[:, 0], "delta_theta_dot": moved[:, 1]}


def blind_draws(n: int, d: int, generator: np.random.Generator) -> list[Terms]:
    """Skeletons over d variables from the prior, which has read no points."""
    return list(Grammar().sample(n, d, generator))


def lack_of_fit(predict: Callable, x: np.ndarray, y: np.ndarray) -> float:
    """1 − R²; infinite where the prediction is no number."""
    with np.errstate(all="ignore"):
        return _loss(predict(x), y)


def _loss(values: np.ndarray, y: np.ndarray) -> float:
    with np.errstate(all="ignore"):
        error = np.mean((y - values) ** 2) / y.var()
    return float(error) if np.isfinite(error) else np.inf


def everywhere(expression: Expression) -> float:
    """1 − R² of an equation of the pendulum's velocity over the whole range of states."""
    box = np.random.default_rng(1).uniform([-np.pi, -8, -2], [np.pi, 8, 2], (500, 3))
    return lack_of_fit(expression, box, 0.75 * np.sin(box[:, 0]) + 0.15 * box[:, 2])


# ---- the numbers of one skeleton -----------------------------------------------------------------


def projected(terms: Terms, x: np.ndarray, y: np.ndarray) -> Model:
    """``w0 + Σ wk·tk(x; c)`` with the w solved for, as a function of the inner constants c alone.

    Slopes are less what the w could absorb (Kaufman's approximation).
    """
    program = Program(encode([join(terms)]))
    owner = program.constant_term[0]

    def model(c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with np.errstate(all="ignore"):
            values, slopes = program.with_jacobian(x, np.reshape(c, (1, 1, -1)))
        values, slopes = values[0, :, 0].T, slopes[0, :, 0].T  # (n, K), (n, J)
        if not (np.isfinite(values).all() and np.isfinite(slopes).all()):
            return np.full(len(x), np.nan), np.full(slopes.shape, np.nan)
        design = np.column_stack([np.ones(len(x)), values])
        weights = np.linalg.lstsq(design, y, rcond=None)[0]
        slopes = slopes * weights[1:][owner]
        return design @ weights, slopes - design @ np.linalg.lstsq(design, slopes, rcond=None)[0]

    return model


def whole_sine(x: np.ndarray) -> Model:
    """w₀ + w₁ sin(cx) as a function of all its numbers (c, w₀, w₁)."""

    def model(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        c, offset, weight = p
        sine = np.sin(c * x)
        slopes = np.column_stack([weight * x * np.cos(c * x), np.ones_like(x), sine])
        return offset + weight * sine, slopes

    return model


def bfgs_end(x: np.ndarray, y: np.ndarray, start: Sequence[float]) -> float:
    """c where BFGS over (c, w₀, w₁) ends, for w₀ + w₁ sin(cx)."""
    model = whole_sine(x)
    end = scipy.optimize.minimize(lambda p: np.mean((y - model(p)[0]) ** 2), start, method="BFGS")
    return float(end.x[0])


def sine_landscape(
    x: np.ndarray, y: np.ndarray, c: np.ndarray, w: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """1 − R² of w₀ + w₁ sin(cx): (W, C) over w₁ and c, (C,) at the best w₁, and that w₁ (C,)."""
    sines = np.sin(np.multiply.outer(c, x))
    sines -= sines.mean(1, keepdims=True)
    left = y - y.mean()
    best = sines @ left / (sines**2).sum(1)
    loss = np.mean((left - best[:, None] * sines) ** 2, axis=1) / y.var()
    surface = np.mean((left - w[:, None, None] * sines) ** 2, axis=2) / y.var()
    return surface, loss, best


def numbers_by(
    descent: Descent, skeletons: Sequence[Terms], x: np.ndarray, y: np.ndarray,
    generator: np.random.Generator, starts: int = 3,
) -> list[Fit]:  # fmt: skip
    """Fits whose inner constants ``descent`` has found, the best of some starts; best first."""
    fits = []
    for terms in skeletons:
        count = sum(term.count(CONSTANT) for term in terms)
        if count + len(terms) + 1 >= len(x):
            continue
        model, ends = projected(terms, x, y), []
        for start in initial_constants((starts if count else 1, count), generator):
            try:
                ends.append(np.asarray(descent(model, y, start))[-1] if count else start)
            except np.linalg.LinAlgError:  # a start where the slopes vanish
                ends.append(start)
        losses = [_loss(model(c)[0], y) for c in ends]
        c = ends[int(np.argmin(losses))]
        if np.isfinite(min(losses)):
            fits.append(Fit(terms, c, *_outer(terms, c, x, y), min(losses)))
    return sorted(fits, key=lambda fit: rank(fit, len(x)))


def _outer(terms: Terms, c: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Coefficients and intercept at fixed inner constants."""
    parts = Fit(terms, c, np.ones(len(terms)), 0.0, 0.0).term_expressions()
    design = np.column_stack([np.ones(len(x)), *(part(x) for part in parts)])
    offset, *weights = np.linalg.lstsq(design, y, rcond=None)[0]
    return np.array(weights), float(offset)


# ---- sums of terms -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sum:
    """A sum of terms of a pool, fitted.

    Attributes
    ----------
    expression : Expression
    loss : float, 1 − R² on the points
    numbers : int, how many were fitted
    """

    expression: Expression
    loss: float
    numbers: int

    def text(self, digits: int = 3) -> str:
        return self.expression.text(NAMES, digits)


class Pool:
    """The terms of many fits on the same points, for recombination.

    Attributes
    ----------
    columns : float array (n, M)
        Values of each term, with mean 0 and norm 1.
    """

    def __init__(self, x: np.ndarray, *lists: Sequence[Fit]):
        self.x, self.pool = x, TermPool(x)
        for some in lists:
            self.pool.add(list(some), 48)
        self.columns = self.pool.columns.T

    @property
    def labels(self) -> list[str]:
        """Each term as text, (M,); for data of the pendulum."""
        return [term.text(NAMES, 3) for term in self.pool.terms]

    def sum_of(self, chosen: Sequence[int], y: np.ndarray) -> Sum:
        """The least-squares sum of the chosen terms."""
        terms = [self.pool.terms[i] for i in chosen]
        design = np.column_stack([np.ones(len(y)), self.pool.values[list(chosen)].T])
        offset, *weights = np.linalg.lstsq(design, y, rcond=None)[0]
        formula = linear_combination(weights, terms, offset)
        numbers = 1 + len(terms) + sum(len(term.constants) for term in terms)
        return Sum(formula, lack_of_fit(formula, self.x, y), numbers)

    def best_sum(self, y: np.ndarray) -> Expression:
        """The package's own selection."""
        return min(self.pool.select(y), key=lambda fit: rank(fit, len(y))).expression()


# ---- before any search ---------------------------------------------------------------------------


def products(x: np.ndarray, y: np.ndarray, names: tuple[str, ...]) -> list[tuple[str, float]]:
    """Products of powers and up to two further factors, best first, with 1 − R²."""
    found = Products(Observations(x, y)).close_to(y)
    return [
        (Expression(p.terms[0], () if p.guess is None else tuple(p.guess)).text(names, 3), loss)
        for p, loss in found
    ]


def one_combination(
    x: np.ndarray, y: np.ndarray, names: tuple[str, ...]
) -> list[tuple[str, str, float]]:
    """(factor, combination, what is left between neighbours) where y = factor · g(combination)."""
    return [
        (Expression(r.factor).text(names), Expression(r.index).text(names), r.left)
        for r in reductions(Observations(x, y))
    ]


def off_the_line(w: np.ndarray, values: np.ndarray) -> float:
    """Share of the variance that is left between each point and the line of its neighbours in w."""
    order = np.argsort(w)
    w, values = w[order], values[order]
    share = (w[1:-1] - w[:-2]) / (w[2:] - w[:-2])
    between = (1 - share) * values[:-2] + share * values[2:]
    return float(np.mean((values[1:-1] - between) ** 2) / values.var())
