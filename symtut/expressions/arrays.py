"""The one door for data: whatever holds numbers becomes float64, and anything else is an error.

NumPy alone would compute in the type that it is given (the square of an int8 overflows, 1/x of
whole numbers is whole), read text and dates as numbers, and drop the mask of a masked array.
"""

import decimal
import numbers
import sys
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from symtut.errors import InputError

if TYPE_CHECKING:
    import torch

_KINDS = {
    "c": "complex numbers", "m": "time differences", "M": "dates", "S": "bytes", "U": "text",
    "T": "text", "V": "records",
}  # fmt: skip
_READABLE = (numbers.Real, np.bool_, decimal.Decimal)


class NoNumber(InputError, TypeError):
    """An object that is no number; a TypeError as in NumPy and scikit-learn."""


def as_numbers(values: Any, name: str = "x") -> np.ndarray:
    """``values`` as a float64 array of the same shape.

    Parameters
    ----------
    values : array-like
        Arrays, tensors on any device, data frames, lists, of any real number type or bool.
        Missing values (None, pandas' NA) become NaN.
    name : str
        What errors call it.

    Raises
    ------
    InputError
        For complex numbers, dates, time differences, text, masked values, sparse matrices, ragged
        lists and whatever else is not an array of real numbers.
    """
    if type(values) is np.ndarray and values.dtype == np.float64:
        return values
    if hasattr(values, "nnz") and hasattr(values, "toarray"):
        raise InputError(
            f"{name} is a sparse matrix, and sparse input is not supported: use {name}.toarray()."
        )
    try:
        if _is_tensor(values):
            return _dense(values, name).detach().cpu().double().numpy(force=True)
        _refuse_masks(values, name)
        to_numpy = getattr(values, "to_numpy", None)
        values = np.asarray(to_numpy() if to_numpy else values)
        kind = values.dtype.kind
        if kind == "O":
            return _from_objects(values, name)
        # number types of other packages (bfloat16, say) are of kind V, as records are
        if kind not in "biuf" and (kind != "V" or issubclass(values.dtype.type, np.void)):
            raise _wrong_kind(name, _KINDS.get(kind, str(values.dtype)))
        with np.errstate(over="ignore"):  # a long double beyond float64 is infinite
            return values.astype(np.float64, copy=False)
    except InputError:
        raise
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise InputError(f"{name} must be an array of numbers ({error}).") from error


def as_tensor(values: Any, name: str = "x") -> "torch.Tensor":
    """A tensor to compute with: floating tensors as they are, whole numbers in the default dtype.

    Type, device and gradient of a floating tensor are kept; what is no tensor comes through
    :func:`as_numbers` and is float64.

    Raises
    ------
    InputError
        As :func:`as_numbers`.
    """
    import torch

    if not isinstance(values, torch.Tensor):
        return torch.from_numpy(np.array(as_numbers(values, name), order="C"))
    values = _dense(values, name)
    return values if values.is_floating_point() else values.to(torch.get_default_dtype())


def _is_tensor(values: Any) -> "TypeGuard[torch.Tensor]":
    torch = sys.modules.get("torch")  # without it there are no tensors
    return torch is not None and isinstance(values, torch.Tensor)


def _dense(tensor: "torch.Tensor", name: str) -> "torch.Tensor":
    import torch

    if tensor.layout is not torch.strided:
        raise InputError(
            f"{name} is a sparse tensor, and sparse input is not supported: use {name}.to_dense()."
        )
    if tensor.is_complex():
        raise _wrong_kind(name, _KINDS["c"])
    return tensor


def _refuse_masks(values, name: str) -> None:
    """Masked values are unknown, and what stands behind the mask is no number to compute with."""
    rows = values if isinstance(values, list | tuple) else (values,)
    if any(isinstance(row, np.ma.MaskedArray) and np.ma.is_masked(row) for row in rows):
        raise InputError(
            f"{name} has masked values: leave those points out, or fill them with .filled(value)."
        )


def _from_objects(values: np.ndarray, name: str) -> np.ndarray:
    """An array of Python objects, if all of them are numbers or missing."""
    pandas = sys.modules.get("pandas")
    missing = {type(None)} | ({type(pandas.NA)} if pandas else set())
    for kind in set(map(type, values.flat)) - missing:
        if issubclass(kind, numbers.Complex | np.complexfloating) and not issubclass(
            kind, numbers.Real
        ):
            raise _wrong_kind(name, _KINDS["c"])
        if not issubclass(kind, _READABLE) or issubclass(kind, np.timedelta64):
            raise NoNumber(
                f"{name} must hold numbers, not objects of type {kind.__name__}: float() argument "
                "must be a string or a real number."
            )
    read = [np.nan if type(v) in missing else float(v) for v in values.flat]
    return np.array(read, dtype=np.float64).reshape(values.shape)


def _wrong_kind(name: str, what: str) -> InputError:
    if what == _KINDS["c"]:  # in scikit-learn's words
        return InputError(f"Complex data not supported: {name} must hold real numbers.")
    return InputError(f"{name} must hold numbers, not {what}.")
