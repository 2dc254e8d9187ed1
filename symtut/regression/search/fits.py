"""A skeleton and its numbers, and which of two is better: fit against length.

A candidate is a tuple of terms; the formula is ``w0 + Σ wk·tk(x; c)`` with coefficients w and
inner constants c.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from symtut.expressions import CONSTANT, Expression, linear_combination

Terms = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Candidate:
    """A proposed skeleton, with the numbers that its proposer has in mind, if any.

    Two candidates with the same terms are equal, whatever the guess.

    Attributes
    ----------
    terms : tuple of prefix tuples
    guess : float array (J,) or (J + K + 1,), optional
        Inner constants in order of appearance, then (from a proposer that writes whole formulas)
        the coefficients and the intercept for a target with mean 0 and standard deviation 1.
        NaN where there is no guess.
    """

    terms: Terms
    guess: np.ndarray | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Fit:
    """A candidate with its numbers.

    Attributes
    ----------
    terms : tuple of prefix tuples
    constants : float array (J,)
        Inner constants in order of appearance over all terms.
    coefficients : float array (K,)
    intercept : float
    loss : float
        Mean squared residual over the variance of y, that is 1 − R²; infinite if undefined.
    """

    terms: Terms
    constants: np.ndarray
    coefficients: np.ndarray
    intercept: float
    loss: float

    def term_expressions(self) -> list[Expression]:
        """Each term as an :class:`Expression` with its own constants."""
        result, start = [], 0
        for term in self.terms:
            count = term.count(CONSTANT)
            values = tuple(float(c) for c in self.constants[start : start + count])
            result.append(Expression(term, values))
            start += count
        return result

    def expression(self, scale: float = 1.0, shift: float = 0.0) -> Expression:
        """The whole formula, for a target that was standardised as (y − shift) / scale."""
        return linear_combination(
            self.coefficients * scale, self.term_expressions(), self.intercept * scale + shift
        )

    @property
    def candidate(self) -> Candidate:
        """The form with these numbers, to be fitted again."""
        return Candidate(self.terms, self.constants)

    @property
    def n_parameters(self) -> int:
        return len(self.constants) + len(self.coefficients) + 1


def join(terms: Terms) -> tuple[str, ...]:
    """Terms → one token sequence with separators, for :func:`encode`."""
    joined: list[str] = []
    for term in terms:
        joined += [*term, "<sep>"]
    return tuple(joined[:-1])


def with_guess(start: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """``start`` with every number replaced that ``guess`` knows."""
    return np.where(np.isnan(guess), start, guess)


def initial_constants(shape: int | tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    """Random starts: sizes between 0.2 and 5, log-uniform, three in four positive."""
    size = np.exp(generator.uniform(np.log(0.2), np.log(5.0), shape))
    return size * np.where(generator.random(shape) < 0.25, -1.0, 1.0)


# ---- which is better -----------------------------------------------------------------------------

ROUNDING = 1e-16
"""1 − R² that no formula but the right one reaches in double precision: above it, even where the
fit is exact to the digits of float32 observations, a shorter formula may be in the library."""

EXACT = 1e-11
"""1 − R² below which fits count as equal and the shortest wins: at this level the residual is the
rounding of float32 observations, and whatever explains it is not physics."""


def criterion(loss: Any, n_parameters: Any, complexity: Any, n_points: int) -> Any:
    """Description length (up to a constant): fit, numbers, and the size of the formula.

    Bayesian information criterion plus two nats a node; lower is better. It holds under noise: a
    term must pay for its coefficient and its nodes.
    """
    fit = n_points * np.log(np.maximum(loss, EXACT))
    return fit + np.log(n_points) * n_parameters + 2.0 * complexity


MATTERS = 1e-6
"""1 − R² below which an error hardly matters: a thousandth of the spread of y. No noise is needed
to tell errors apart down there, but what explains them is seldom the law that a person looks for:
the joints of Reacher's arm are linear but for links that count for 1e-9."""

FEW = 10
"""What is left below :data:`MATTERS` counts as if it had been measured at so few points: enough for
laws with a small term to stay exact, too few for the tails of Reacher's joints."""


def score(loss: Any, n_parameters: Any, complexity: Any, n_points: int) -> Any:
    """Nats per point by which finished equations are put in order; higher is better.

    As long as more than a thousandth of the spread of y is left (1 − R² > 1e-6) this is the
    :func:`criterion` with its sign changed. Below, a further term pays only if it makes the error
    two to four times smaller, depending on its length. So the law itself, which leaves rounding
    errors alone, comes before a shorter approximation, and a short approximation before one that
    is a little closer.
    """
    fit = n_points * np.log(np.maximum(loss, MATTERS))
    fit = fit + min(FEW, n_points) * np.log(np.clip(loss, ROUNDING, MATTERS) / MATTERS)
    return -(fit + np.log(n_points) * n_parameters + 2.0 * complexity) / n_points


def rank(fit: Fit, n_points: int) -> float:
    return float(criterion(fit.loss, fit.n_parameters, complexity(fit), n_points))


def complexity(fit: Fit) -> int:
    """Nodes of the whole formula, counted without building ``fit.expression()``."""
    nodes, parts = 0, 0
    for factor, term in zip(fit.coefficients.tolist(), fit.terms, strict=True):
        if factor:  # ±1 is not written as a product
            nodes += len(term) + (0 if factor == 1.0 else 1 if factor == -1.0 else 2)
            parts += 1
    if fit.intercept or not parts:
        nodes, parts = nodes + 1, parts + 1
    return nodes + parts - 1


def pareto(fits: list[Fit], n_points: int) -> list[Fit]:
    """Fits that no simpler fit beats, best criterion first."""
    front: list[Fit] = []
    lowest = np.inf
    for _, _, fit in sorted(((complexity(f), f.loss, f) for f in fits), key=lambda item: item[:2]):
        if fit.loss < lowest * (1 - 1e-9) and (not front or lowest > EXACT):
            front.append(fit)
            lowest = fit.loss
    return sorted(front, key=lambda f: rank(f, n_points))


def shortlist(fits: list[Fit], n_points: int, most: int = 30) -> list[Fit]:
    """The front and, behind it on the list, the next best: what is worth a look at other points."""
    front = pareto(fits, n_points)
    seen = {(complexity(f), float(f"{f.loss:.6g}")) for f in front}
    for fit in sorted(fits, key=lambda f: rank(f, n_points)):
        key = complexity(fit), float(f"{fit.loss:.6g}")
        if len(front) >= most:
            break
        if key not in seen:
            seen.add(key)
            front.append(fit)
    return sorted(front, key=lambda f: rank(f, n_points))
