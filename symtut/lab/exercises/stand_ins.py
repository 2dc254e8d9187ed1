"""Stand-ins: what a check hands on in place of an open or wrong answer, to be recognised again.

A check cell may run a second time, when the student's name stands for what the first run handed
on. So each stand-in is an object of its own: equal to the reference, identical with nothing else.
"""

import copy
import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

_student: list = []  # references whose exercise is being answered: the one that runs is the last
_used: set = set()  # of these, the ones that the answer has called


class Number(float):
    """A float that is an object of its own."""


class Whole(int):
    """An int that is an object of its own."""


class Text(str):
    """A text that is an object of its own."""


def stand_in(reference: Callable) -> Callable:
    """An object equal to ``reference`` that no other name stands for."""
    if isinstance(reference, type):
        return type(reference.__name__, (reference,), {"__doc__": reference.__doc__})
    if callable(reference):
        return watched(reference)
    if isinstance(reference, bool | np.bool_):
        return np.array(bool(reference))  # bool has no subclasses, and only two objects
    for kind, own in ((int, Whole), (float, Number), (str, Text)):
        if isinstance(reference, kind):
            return own(reference)
    if isinstance(reference, np.generic):
        return np.array(reference)
    if isinstance(reference, torch.Tensor):
        return reference.detach().clone()
    if type(reference) is tuple:
        return tuple(list(reference))
    return copy.copy(reference)


def watched(reference: Callable) -> Callable:
    """``reference`` as a new function that notices when an answer to its own exercise calls it."""

    @functools.wraps(reference, assigned=("__name__", "__doc__"), updated=())
    def for_you(*arguments, **named):
        if _student and _same_function(_student[-1], reference):
            _used.add(id(_student[-1]))
        return reference(*arguments, **named)

    return for_you


def is_reference(answer: Any, reference: Any) -> bool:
    """Whether an answer is the reference itself, or one of its stand-ins, under any name."""
    return callable(answer) and _same_function(answer, reference)


def _same_function(a, b) -> bool:
    # The functions of a description are made anew each time; their code is not.
    return a is b or (code_of(a) is not None and code_of(a) is code_of(b))


def code_of(function: Any) -> Any:
    """The compiled code of a function, under all its wrappers; None for what has none."""
    try:
        code = getattr(inspect.unwrap(function), "__code__", None)
        return code if inspect.iscode(code) else None  # a class has a descriptor there
    except Exception:  # whatever a foreign object raises
        return None


def call_as_answer(answer: Any, reference: Any, arguments: Any) -> tuple[object, bool]:
    """(what ``answer`` returns, whether it has called a stand-in of ``reference`` for that)."""
    _student.append(reference)
    try:
        result = answer(*arguments)
    finally:
        _student.pop()
        used = id(reference) in _used
        _used.discard(id(reference))
    return result, used
