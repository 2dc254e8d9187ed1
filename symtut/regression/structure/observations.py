"""What every proposer is given: points of a law, and what it may write."""

from collections.abc import Callable, Container
from dataclasses import dataclass

import numpy as np

from symtut.expressions import OPERATORS


@dataclass(frozen=True)
class Observations:
    """Points that a law is proposed for; a few hundred are enough.

    Attributes
    ----------
    x : (n, d) float64, y : (n,) float64
        ``y`` in its own units: 0 must mean 0.
    stop : callable
        Called before every step; may raise.
    usable : container of str
        Operators that proposals may have.
    """

    x: np.ndarray
    y: np.ndarray
    stop: Callable[[], object] = bool
    usable: Container[str] = frozenset(OPERATORS)

    def can_write(self, prefix: tuple[str, ...]) -> bool:
        """Whether all operators of a prefix, spelled numbers or not, are usable."""
        return all(token in self.usable for token in prefix if token in OPERATORS)
