"""What a regressor accepts: checks with errors that name the cause."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from symtut.errors import InputError
from symtut.expressions.arrays import as_numbers

MIN_POINTS = 5


def _numbers(values, name: str) -> np.ndarray:
    """A contiguous float64 array."""
    if values is None:
        raise InputError(
            f"SymbolicRegressor requires {name} to be passed, but the target {name} is None."
        )
    return np.asarray(as_numbers(values, name), order="C")


def check_points(X: Any) -> np.ndarray:
    """X as a finite float64 array (n, d)."""
    X = _numbers(X, "X")
    if X.ndim != 2:
        raise InputError(
            f"X must have two dimensions (points, variables), not shape {X.shape}. Reshape your "
            "data: X.reshape(-1, 1) for one variable, X.reshape(1, -1) for one point."
        )
    if not np.isfinite(X).all():
        row, column = np.argwhere(~np.isfinite(X))[0]
        raise InputError(f"X has NaN or infinite values, first in row {row}, column {column}.")
    return X


def check_data(X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """X (n, d) and y (n,) as finite float64 arrays that belong together."""
    X, y = check_points(X), _numbers(y, "y")
    if y.ndim == 2 and y.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected: use y.ravel() instead of "
            f"y of shape {y.shape}.",
            _scikit_learn("DataConversionWarning", UserWarning),
            stacklevel=3,
        )
        y = y[:, 0]
    if y.ndim != 1:
        raise InputError(
            f"y must have one dimension, not shape {y.shape}: fit one target at a time, or all "
            "with sklearn.multioutput.MultiOutputRegressor(SymbolicRegressor())."
        )
    if len(X) != len(y):
        raise InputError(f"X has {len(X)} rows but y has {len(y)} values.")
    if not np.isfinite(y).all():
        raise InputError(f"y has NaN or infinite values, first at {np.argmin(np.isfinite(y))}.")
    return X, y


def check_fittable(X: np.ndarray, y: np.ndarray) -> None:
    """Raise :class:`InputError` unless there are columns, points enough, and y varies."""
    if X.shape[1] == 0:
        raise InputError(
            f"X has no columns: 0 feature(s) (shape={X.shape}) while a minimum of 1 is required."
        )
    if len(X) < MIN_POINTS:
        raise InputError(
            f"n_samples = {len(X)} points are fewer than a formula has constants: give at least "
            f"{MIN_POINTS}."
        )
    size = np.abs(y).max()
    if np.ptp(y / size if size else y) <= 1e-12:
        raise InputError(f"y is constant ({y[0]:g}): there is nothing to explain.")
    if not 1e-150 < size < 1e150:
        raise InputError(f"y holds values of size {size:.1e}: give it in other units.")


def check_sample_weight(sample_weight: Any, n: int) -> np.ndarray | None:
    """Weights of n points as a float64 array (n,); None where all points weigh the same.

    Raises
    ------
    InputError
        For another shape, negative, NaN or infinite weights, and if all are zero.
    """
    if sample_weight is None:
        return None
    weight = _numbers(sample_weight, "sample_weight")
    if weight.shape != (n,):
        raise InputError(
            f"sample_weight needs one weight for each of the {n} points, not shape {weight.shape}."
        )
    if not (np.isfinite(weight).all() and weight.min(initial=0.0) >= 0):
        worst = int(np.argmin(np.isfinite(weight) & (weight >= 0)))
        raise InputError(
            f"sample_weight must hold finite weights of at least 0, not {weight[worst]:g} "
            f"(point {worst})."
        )
    largest = weight.max(initial=0.0)
    if largest == 0:
        raise InputError("sample_weight is zero for every point: nothing is left to fit.")
    if weight.min() == largest:
        return None
    return weight / largest  # of no unit, and their sum is finite


@contextmanager
def too_large(X: Any) -> Iterator[None]:
    """Say in one line that data do not fit into memory."""
    try:
        yield
    except MemoryError as error:
        shape = getattr(X, "shape", None) or f"{len(X)} rows"
        raise InputError(
            f"there is not enough memory to fit X of {shape}: give a part of the rows."
        ) from error


def not_fitted() -> InputError:
    """What to raise where ``fit`` should have come first.

    It is also scikit-learn's ``NotFittedError`` for those who use scikit-learn.
    """
    message = "this SymbolicRegressor is not fitted yet: call fit(X, y) first."
    theirs = _scikit_learn("NotFittedError", InputError)
    if theirs is InputError:
        return InputError(message)
    return type("NotFittedError", (InputError, theirs), {})(message)


def _scikit_learn(name: str, otherwise: type) -> type:
    """A class of ``sklearn.exceptions`` if scikit-learn has been imported, else ``otherwise``."""
    return getattr(sys.modules.get("sklearn.exceptions"), name, otherwise)
