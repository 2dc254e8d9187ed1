"""How well equations do: R², weighted or not."""

import warnings

import numpy as np


def r2(y: np.ndarray, prediction: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Coefficient of determination of a prediction (n,) of y (n,), as scikit-learn defines it.

    A constant y gives 1 where the prediction is perfect and 0 elsewhere; fewer than two points
    give NaN and a warning.
    """
    if len(y) < 2:
        warnings.warn("R² is not defined for fewer than two points.", stacklevel=3)
        return float("nan")
    weight = np.ones(len(y)) if weight is None else weight
    left = float(np.sum(weight * (y - prediction) ** 2))
    total = float(np.sum(weight * (y - np.average(y, weights=weight)) ** 2))
    if total == 0.0:
        return 1.0 if left == 0.0 else 0.0
    return 1.0 - left / total
