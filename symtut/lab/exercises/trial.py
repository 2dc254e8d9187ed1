"""One case of an exercise: an answer and the reference, run on copies of the same arguments."""

import copy
import dis
import inspect
import io
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import torch

from symtut.lab.exercises.comparison import as_array, difference, first_line, same, shown
from symtut.lab.exercises.stand_ins import call_as_answer, code_of

# What is compiled from a body of `...`, `pass`, `return None` or a docstring alone.
IDLE = {"RESUME", "NOP", "CACHE", "COPY_FREE_VARS", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}


class Unfinished(Exception):
    """The answer says itself that it is not done."""


def is_stub(function: Callable) -> bool:
    """Whether a function has no body that does anything."""
    code = code_of(function)
    return code is not None and all(i.opname in IDLE for i in dis.get_instructions(code))


def names_in(function: Callable) -> set[str]:
    """The globals and attributes that a function's code mentions, its inner functions included."""
    names, codes = set(), [code_of(function)]
    while codes:
        if (code := codes.pop()) is not None:
            names.update(code.co_names)
            codes += filter(inspect.iscode, code.co_consts)
    return names


class CaseTrial:
    """What came of one case.

    Attributes
    ----------
    shown : str
        The case, for the student.
    result
        What the answer returned.
    error : str
        What it raised instead, if it did.
    problem : str
        What is wrong with it; empty if nothing is.
    """

    def __init__(self, exercise: Any, answer: Any, case: Any):
        self.exercise, self.case = exercise, case
        self.names = list(inspect.signature(exercise.reference).parameters)[: len(case)]
        self.shown = self.arguments(exercise, case)
        self.result, self.error, self.used = None, "", False
        arguments, leaves = self._copies()
        try:
            # Warnings stay, but not in red: a right answer may warn.
            with redirect_stderr(sys.stdout):
                self.result, self.used = call_as_answer(answer, exercise.reference, arguments)
        except NotImplementedError:
            raise Unfinished from None
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # exit() among them
            self.error = _explained(error, exercise.gradients)
        self._kept = _copy_of(self.result)
        self.gradients = {} if self.error else _gradients(self.result, leaves)
        self.changed = [
            name for name, now, before in zip(self.names, arguments, case, strict=True)
            if name not in exercise.may_change and not _unchanged(now, before)
        ]  # fmt: skip
        arguments, leaves = self._copies()
        self.expected = exercise.reference(*arguments)
        self.expected_gradients = _gradients(self.expected, leaves)
        self.problem = self._problem()

    @staticmethod
    def arguments(exercise: Any, case: Any) -> str:
        names = inspect.signature(exercise.reference).parameters
        return ", ".join(f"{n} = {shown(x)}" for n, x in zip(names, case, strict=False))

    def _copies(self):
        """The case's arguments, and the tensors among them to differentiate by."""
        arguments, leaves = list(copy.deepcopy(self.case)), {}
        for place, name in enumerate(self.names):
            if name in self.exercise.gradients:
                leaves[name] = arguments[place].requires_grad_()
                arguments[place] = leaves[name].clone()  # which may be changed in place, to be told
        return arguments, leaves

    def _problem(self) -> str:
        problem = self.error or self._wrong_result()
        if not self.changed:
            return problem
        inputs = " and ".join(self.changed)
        return (f"{problem}; it also " if problem else "it ") + f"changes its input {inputs}"

    def _wrong_result(self) -> str:
        if self.used:
            return "it calls the reference that this check handed on: write your own"
        if self.result is None and self.expected is not None:
            return "it returns nothing (None): a return is missing"
        exercise = self.exercise
        if problem := _no_such_tensor(self.result, self.expected):
            return problem
        if problem := difference(self.result, self.expected, exercise.rtol, exercise.atol):
            return problem
        if exercise.whole and (dtype := as_array(self.result).dtype).kind not in "iu":
            return f"the result is of type {dtype}: whole numbers (int) are expected"
        needed = {name: g for name, g in self.expected_gradients.items() if g.any()}
        lost = [name for name in needed if name not in self.gradients]
        if lost:
            return (
                f"no gradient flows back to {' and '.join(lost)}: use torch's functions throughout,"
                " not NumPy's, nor .item() or .detach()"
            )
        for name, gradient in self.expected_gradients.items():
            mine = self.gradients.get(name, torch.zeros_like(gradient))
            if problem := difference(mine, gradient, 10 * exercise.rtol, 10 * exercise.atol):
                return f"the result is right, but not its gradient by {name}: {problem}"
        return ""

    def agrees_with(self, mistake: Any) -> bool:
        """Whether a known mistake gives the answer's result."""
        arguments, _ = self._copies()
        try:
            theirs = mistake(*arguments)
        except Exception:
            return False
        return not difference(self._kept, theirs, self.exercise.rtol, self.exercise.atol)

    def again(self, answer: Any) -> str:
        """What is wrong with a second call, after all others; empty if nothing is."""
        tolerances = self.exercise.rtol, self.exercise.atol
        if problem := difference(self.result, self._kept, *tolerances):
            return f"a later call has changed the result of an earlier one: {problem}"
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                result = answer(*self._copies()[0])
        except BaseException as error:
            return f"called a second time, it raises {first_line(error)}"
        if problem := difference(result, self._kept, *tolerances):
            return f"called a second time, it gives something else: {problem}"
        return ""


def _no_such_tensor(result, expected) -> str:
    """Whether a tensor of another type, or none at all, came where one is expected."""
    if not isinstance(expected, torch.Tensor):
        return ""
    if not isinstance(result, torch.Tensor):
        return f"the result is {_a(result)}: a torch tensor is expected"
    if result.dtype != expected.dtype:
        return f"the result is a tensor of {result.dtype}: {expected.dtype} is expected"
    return ""


def _copy_of(result):
    try:
        return result.detach().clone() if torch.is_tensor(result) else copy.deepcopy(result)
    except Exception:  # whatever a foreign object raises
        return result


def _unchanged(now, before) -> bool:
    try:
        return same(now, before)
    except Exception:  # what was put in cannot even be compared
        return False


def _a(x) -> str:
    kind = {"ndarray": "NumPy array", "float": "plain number", "int": "plain number"}
    return f"a {kind.get(type(x).__name__, type(x).__name__)}"


def _gradients(result, leaves) -> dict:
    """Gradients of a weighted sum of the result by each leaf; none where none flows back."""
    if not leaves:
        return {}
    parts = result if isinstance(result, tuple | list) else [result]
    parts = [p for p in parts if isinstance(p, torch.Tensor) and p.requires_grad]
    if not parts:
        return {}
    weighted = [(p * torch.linspace(0.5, 1.5, p.numel()).reshape(p.shape)).sum() for p in parts]
    total = sum(weighted, start=torch.zeros(()))
    found = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    return {n: g for n, g in zip(leaves, found, strict=True) if g is not None}


def _explained(error: BaseException, gradients) -> str:
    text = f"it raises {first_line(error)}"
    if gradients and "numpy" in str(error).lower():
        text += "; use torch's functions: NumPy's have no gradients"
    return text
