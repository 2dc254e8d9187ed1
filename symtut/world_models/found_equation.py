"""An equation that was found for one coordinate of the state: of a fit, or a constant."""

from dataclasses import dataclass

import numpy as np

from symtut.expressions import Expression
from symtut.regression import SymbolicRegressor
from symtut.regression.data.inputs import MIN_POINTS


@dataclass(frozen=True)
class Equation:
    """What a fit found for one coordinate."""

    expression: Expression
    columns: tuple[int, ...]  # which columns of (state, action, next state) are x0, x1, …
    regressor: SymbolicRegressor | None  # None for a constant
    left_over: float  # 1 − R² on the transitions that it was fitted to

    @property
    def score(self) -> float:
        return self.regressor.equations_[0]["score"]

    def explains(self, but: float) -> bool:
        """Whether all ``but`` such a share of the increment's variance is explained by a fit."""
        return self.regressor is not None and self.left_over < but

    def closest(self, but: float) -> "Equation":
        """The equation of the same front that errs least, or itself if it does not explain all
        ``but`` this share: then the score has weighed accuracy against length already."""
        if not self.explains(but):
            return self
        row = min(self.regressor.equations_, key=_error)
        if row["expression"] == self.expression:
            return self
        return Equation(row["expression"], self.columns, self.regressor, 1.0 - row["r2"])


def constant_value(y: np.ndarray, state: np.ndarray) -> float | None:
    """The value of increments (N,) that are all the same but for rounding; None if they vary.

    ``state`` (N,) is the coordinate itself: its size tells how large a rounding error is. Fewer
    points than the regressor needs prove nothing: None, and it will say so.
    """
    if len(y) < MIN_POINTS:
        return None
    rounding = 1e-12 * max(np.abs(state).max(), np.abs(y).max())
    if np.ptp(y) > rounding:
        return None
    value = float(np.median(y))
    return 0.0 if abs(value) <= rounding else value


def _error(row: dict) -> float:
    """1 − R², the worse of fitted and held-out points."""
    return 1.0 - min(row["r2"], row["r2"] if row["r2_holdout"] is None else row["r2_holdout"])
