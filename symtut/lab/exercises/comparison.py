"""Comparing an answer with what is expected, and showing values, in few words.

An answer may be any object at all: nothing here raises because of what it is.
"""

import numbers
import re
from typing import Any

import numpy as np
import torch

LONGEST = 12  # numbers of an array that are shown one by one


class _NotNumbers(Exception):
    """Says why an answer cannot be read as numbers."""


def difference(
    got: Any, expected: Any, rtol: float = 1e-5, atol: float = 1e-7, *, tell: Any = True
) -> str:
    """What separates ``got`` from ``expected``, in words; empty if nothing does.

    Numbers, arrays and tensors are compared within the tolerances, whichever of them they are;
    a one-element array counts as a number. Texts and booleans do not count as numbers, nor
    numbers as booleans. Tuples, lists and dicts are compared item by item.

    Parameters
    ----------
    tell : bool
        False keeps the expected numbers untold: where one number is asked, they are the solution.
    """
    try:
        return _difference(got, expected, rtol, atol, tell)
    except _NotNumbers as error:
        return str(error)
    except Exception as error:  # conversions and == of foreign objects may raise anything
        return f"a result of type {type(got).__name__} cannot be compared ({first_line(error)})"


def _difference(got, expected, rtol, atol, tell) -> str:
    kind = type(got).__name__
    if expected is None or isinstance(expected, str | set | frozenset):
        same = isinstance(got, type(expected)) and got == expected
        return "" if same else _untold(shown(got), shown(expected), tell)
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return f"the result is of type {kind}, expected a dict"
        if got.keys() != expected.keys():
            return f"the keys are {shown(list(got))}, expected {shown(list(expected))}"
        pairs = [(f"[{key!r}]", got[key], expected[key]) for key in expected]
    elif isinstance(expected, tuple | list) and not _is_one_array(expected):
        if not isinstance(got, tuple | list | np.ndarray | torch.Tensor):
            return f"the result is of type {kind}, expected {len(expected)} items"
        if len(got) != len(expected):
            return f"the result has {len(got)} items, expected {len(expected)}"
        pairs = [(f"[{i}]", *both) for i, both in enumerate(zip(got, expected, strict=True))]
    else:
        return _of_numbers(as_array(got), as_array(expected), rtol, atol, tell)
    for place, mine, its in pairs:
        if problem := difference(mine, its, rtol, atol, tell=tell):
            return f"at {place} {problem}"
    return ""


def _of_numbers(got, expected, rtol, atol, tell) -> str:
    if got.dtype.kind == "b" and expected.dtype.kind != "b":
        return f"the result is {shown(got)}: numbers are expected, not True or False"
    if expected.dtype.kind == "b" and got.dtype.kind != "b":
        return f"the result has numbers (dtype {got.dtype}): True or False is expected"
    if got.dtype.kind == "c" and expected.dtype.kind != "c":
        return "the result has complex numbers: real ones are expected"
    if expected.ndim == 0 and got.size == 1:
        got = got.reshape(())
    elif expected.ndim == 0:
        return f"the result has {got.size} numbers (shape {got.shape}): one number is expected"
    if got.shape != expected.shape:
        return f"the shape is {got.shape}, expected {expected.shape}"
    close = np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True)
    if close.all():
        return ""
    if got.size <= LONGEST or not tell:
        return _untold(shown(got), shown(expected), tell)
    place = tuple(int(i) for i in np.argwhere(~close)[0])
    where = ", ".join(map(str, place))
    return f"the result at [{where}] is {shown(got[place])}, expected {shown(expected[place])}"


def _untold(got: str, expected: str, tell: bool) -> str:
    return f"the result is {got}, expected {expected}" if tell else f"{got} is not it"


def _is_one_array(items) -> bool:
    """Whether a list or tuple stands for one array of numbers."""
    try:
        return as_array(items).size > 0
    except Exception:  # whatever a foreign object raises
        return False


def as_array(x: Any) -> np.ndarray:
    """Numbers or booleans, in whatever form, as an array."""
    if isinstance(x, torch.Tensor):
        x = x.detach().cpu().resolve_conj()
        return (x.float() if x.dtype in (torch.float16, torch.bfloat16) else x).numpy()
    if np.ma.is_masked(x):
        raise _NotNumbers("some numbers of the result are masked: plain numbers are expected")
    if issubclass(type(x), numbers.Number) and not isinstance(x, np.generic | bool | int | complex):
        x = float(x)  # fractions, decimals, numbers of SymPy
    if isinstance(x, list | tuple) and any(isinstance(item, torch.Tensor) for item in x):
        x = [as_array(item) for item in x]
    try:
        array = np.asarray(x)
    except ValueError:
        raise _NotNumbers("the rows of the result have different lengths") from None
    if isinstance(x, int) and array.dtype.kind == "O":
        array = np.asarray(float(x))  # larger than 64 bits
    if array.dtype.kind in "US":
        raise _NotNumbers(f"the result is the text {str(x)[:50]!r}: numbers are expected")
    if array.dtype.kind not in "biufc":
        several = isinstance(x, np.ndarray | list | tuple)
        kind = "list of other things" if several else type(x).__name__
        raise _NotNumbers(f"the result should be numbers, not a {kind}")
    return array


def form_of(x: Any) -> Any:
    """What brings a result into the form of ``x``: a plain number, an array, or as it is."""
    if isinstance(x, np.ndarray) and x.ndim:
        return as_array
    if isinstance(x, numbers.Number | np.generic | np.ndarray):
        return _as_number
    return _as_it_is


def _as_number(x):
    array = as_array(x)
    return array.item() if array.size == 1 else x  # as it may be for other arguments


def _as_it_is(x):
    return x


def shown(x: Any, longest: int = 100) -> str:
    """A value on one short line."""
    try:
        text = _shown(x)
    except Exception:  # whatever a foreign object raises
        text = f"a {type(x).__name__}"
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _shown(x) -> str:
    if isinstance(x, dict):
        return "{" + ", ".join(f"{shown(k)}: {shown(v)}" for k, v in x.items()) + "}"
    if isinstance(x, str | bytes | bool) or x is None:
        return repr(x)
    if isinstance(x, tuple | list | set | frozenset) and not _is_one_array(x):
        begin, end = "()" if isinstance(x, tuple) else "[]" if isinstance(x, list) else "{}"
        comma = "," if isinstance(x, tuple) and len(x) == 1 else ""
        items = sorted(x, key=repr) if isinstance(x, set | frozenset) else x  # the same every time
        return begin + ", ".join(shown(item) for item in items) + comma + end
    if callable(x) and hasattr(x, "__name__"):
        return str(x.__name__)
    array = as_array(x)
    if array.size > LONGEST:
        return f"numbers of shape {array.shape}"
    text = np.array2string(array, precision=5, separator=", ", floatmode="maxprec")
    text = re.sub(r"\s+", " ", text).replace("[ ", "[").replace(". ", " ")
    text = re.sub(r"(\d)\.(?=[,\]]|$)", r"\1", text)
    return re.sub(r" +(?=[,\]])", "", text)


def first_line(error: BaseException) -> str:
    """What an error says, shortly."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # whatever a foreign object raises
        lines = []
    text = lines[0] if lines else ""
    text = text if len(text) <= 150 else text[:149] + "…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def same(a: Any, b: Any, seen: dict | None = None) -> bool:
    """Whether ``a`` is still what its copy ``b`` is: to find inputs that were changed.

    Random generators do not count: to draw from one is what it is for.
    """
    seen = {} if seen is None else seen
    if a is b or (id(a), id(b)) in seen:
        return True
    seen[id(a), id(b)] = a, b  # kept, so that no other object gets their ids
    if isinstance(a, np.random.Generator | np.random.RandomState | torch.Generator):
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, torch.Tensor):
        a, b = a.detach(), b.detach()
        alike = a.shape == b.shape and a.dtype == b.dtype
        return alike and bool(((a == b) | ((a != a) & (b != b))).all())
    if isinstance(a, np.ndarray):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if a.dtype.kind == "O":
            return all(same(x, y, seen) for x, y in zip(a.flat, b.flat, strict=True))
        return np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key], seen) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y, seen) for x, y in zip(a, b, strict=True))
    if isinstance(a, torch.nn.Module):
        return same(dict(a.state_dict()), dict(b.state_dict()), seen)
    if hasattr(a, "__dict__"):
        return same(vars(a), vars(b), seen)
    return bool(a == b) or a != a
