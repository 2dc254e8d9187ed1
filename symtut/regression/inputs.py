"""What a regressor accepts: checks with errors that name the cause."""

import numpy as np

from symtut.errors import InputError

MIN_POINTS = 5


def check_points(X) -> np.ndarray:
    """X as a finite float64 array (n, d)."""
    if hasattr(X, "to_numpy"):
        X = X.to_numpy()
    try:
        X = np.ascontiguousarray(np.asarray(X, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise InputError(f"X must be an array of numbers ({error}).") from error
    if X.ndim != 2:
        raise InputError(f"X must have two dimensions (points, variables), not shape {X.shape}.")
    if not np.isfinite(X).all():
        row, column = np.argwhere(~np.isfinite(X))[0]
        raise InputError(f"X has NaN or infinite values, first in row {row}, column {column}.")
    return X


def check_data(X, y, fitting: bool = True):
    """X (n, d) and y (n,) as finite float64 arrays that belong together and can be fitted."""
    X = check_points(X)
    if hasattr(y, "to_numpy"):
        y = y.to_numpy()
    try:
        y = np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"y must be an array of numbers ({error}).") from error
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise InputError(
            f"y must have one dimension, not shape {y.shape}; fit one target at a time."
        )
    if len(X) != len(y):
        raise InputError(f"X has {len(X)} rows but y has {len(y)} values.")
    if not np.isfinite(y).all():
        raise InputError(f"y has NaN or infinite values, first at {np.argmin(np.isfinite(y))}.")
    if not fitting:
        return X, y
    if X.shape[1] == 0:
        raise InputError("X has no columns.")
    if len(X) < MIN_POINTS:
        raise InputError(
            f"{len(X)} points are fewer than a formula has constants: give at least {MIN_POINTS}."
        )
    size = np.abs(y).max()
    if np.ptp(y / size if size else y) <= 1e-12:
        raise InputError(f"y is constant ({y[0]:g}): there is nothing to explain.")
    if not 1e-150 < size < 1e150:
        raise InputError(f"y holds values of size {size:.1e}: give it in other units.")
    return X, y
