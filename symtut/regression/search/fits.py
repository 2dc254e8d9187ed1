"""A skeleton and its numbers.

A candidate is a tuple of terms; the formula is ``w0 + Σ wk·tk(x; c)`` with outer weights w and
inner constants c.
"""

from dataclasses import dataclass, field

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
        the outer weights and the intercept for a target with mean 0 and standard deviation 1.
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
    weights : float array (K,)
    intercept : float
    loss : float
        Mean squared residual over the variance of y, that is 1 − R²; infinite if undefined.
    """

    terms: Terms
    constants: np.ndarray
    weights: np.ndarray
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
            self.weights * scale, self.term_expressions(), self.intercept * scale + shift
        )

    @property
    def n_parameters(self) -> int:
        return len(self.constants) + len(self.weights) + 1


def join(terms: Terms) -> tuple[str, ...]:
    """Terms → one token sequence with separators, for :func:`encode`."""
    joined: list[str] = []
    for term in terms:
        joined += [*term, "<sep>"]
    return tuple(joined[:-1])


def with_guess(start: np.ndarray, guess: np.ndarray) -> np.ndarray:
    """``start`` with every number replaced that ``guess`` knows."""
    return np.where(np.isnan(guess), start, guess)


def initial_constants(shape, generator: np.random.Generator) -> np.ndarray:
    """Random starts: sizes between 0.2 and 5, log-uniform, three in four positive."""
    size = np.exp(generator.uniform(np.log(0.2), np.log(5.0), shape))
    return size * np.where(generator.random(shape) < 0.25, -1.0, 1.0)
