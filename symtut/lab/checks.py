"""Instant checks of exercises.

Each check says one of three things: right; not done yet; not right, with a small case that shows
it and, where the mistake is a known one, what it is. It returns the student's answer if that is
right and a reference otherwise, so the rest of the notebook always runs.
"""

import copy
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr

import numpy as np
import torch

from symtut.lab.exercises import describe
from symtut.lab.exercises.kinds import OPEN, RIGHT, WRONG, Verdict
from symtut.lab.exercises.stand_ins import is_reference, stand_in
from symtut.lab.session import record

statuses: dict[str, str] = {}  # of each exercise that was checked, by its key
_handed_on: dict[str, list[tuple[object, Verdict]]] = {}  # stand-ins, and why they were needed


def exercise(key: str, answer, **context):
    """Check the answer to exercise ``"10.1"``, the first of notebook 10, and say how it is.

    Parameters
    ----------
    answer
        What the student's name stands for; None if there is none yet.
    **context
        What the cases need from the notebook, by the names that the exercise gives them.

    Returns
    -------
    object
        The answer if it is right (a number as a number, a letter as a letter), else a stand-in
        equal to the reference. A stand-in that comes back as an answer, from a second run of the
        check alone, gets the verdict that it was handed on with.
    """
    verdict, again = _known(key, answer), True
    if verdict is None:
        again, description = False, describe(key, **context)
        if is_reference(answer, description.reference) or _is_packages(answer):
            verdict = Verdict(WRONG, "that is a function of this package: write your own")
        else:
            verdict = description.judge(answer)
    result = verdict.result
    if verdict.status != RIGHT:
        result = answer if again else stand_in(description.reference)
        if not again:
            _handed_on.setdefault(key, []).append((result, verdict))
    statuses[key] = verdict.status
    record(checks=statuses)
    mark = {RIGHT: "✔ right", OPEN: "… not done yet", WRONG: "✘ not right yet"}[verdict.status]
    text = f": {verdict.text}" if verdict.text else ""
    print(f"exercise {int(key.partition('.')[2])}: {mark}{text}")
    if again:
        print("   Still so: only this check has run again. Run your own cell again, too.")
    elif verdict.status != RIGHT:
        print("   Below, the reference stands in for it, so everything else runs.")
    return result


def _known(key: str, answer) -> Verdict | None:
    """The verdict that came with a stand-in, if the answer is one."""
    for given, verdict in _handed_on.get(key, ()):
        if answer is given:
            return verdict
    return None


def _is_packages(answer) -> bool:
    return callable(answer) and str(getattr(answer, "__module__", "")).startswith("symtut.")


def function(
    name: str,
    student: Callable,
    oracle: Callable,
    cases: Sequence[tuple],
    *,
    mistakes: Sequence[tuple[Callable, str]] = (),
    hint: str = "",
    rtol: float = 1e-5,
    atol: float = 1e-7,
) -> Callable:
    """Compare a function with ``oracle`` on ``cases`` (tuples of arguments).

    Parameters
    ----------
    mistakes : sequence of (function, explanation)
        Known wrong answers: if the student's results equal one of these, it is explained.
    hint : str
        Shown with any other wrong answer.

    Returns
    -------
    Callable
        ``student`` if it is right on every case, else ``oracle``.
    """
    if student is None or student is Ellipsis:
        return _close(name, OPEN, "", oracle)
    answers = []
    for case in cases:
        expected = oracle(*copy.deepcopy(case))
        try:
            # A copy, so that an answer that changes its input cannot change the next comparison.
            # Warnings stay, but not in red: a right answer may warn.
            with redirect_stderr(sys.stdout):
                got = student(*copy.deepcopy(case))
        except NotImplementedError:
            return _close(name, OPEN, "", oracle)
        except KeyboardInterrupt:  # by hand, or by a time limit: the cells below shall still run
            text = f"{_show(case)} was interrupted before it had an answer"
            return _close(name, WRONG, text + _hint(hint), oracle)
        except (Exception, SystemExit) as error:
            text = f"{_show(case)} raises {type(error).__name__}: {error}"
            return _close(name, WRONG, text + _hint(hint), oracle)
        if got is None or got is Ellipsis:
            return _close(name, OPEN, "", oracle)
        answers.append(got)
        if problem := _difference(got, expected, rtol, atol):
            text = f"for {_show(case)} {problem}"
            for wrong, explanation in mistakes:
                # Every case seen so far must fit: one alone may agree by chance.
                pairs = zip(cases, answers, strict=False)
                if not any(_difference(a, wrong(*copy.deepcopy(c)), rtol, atol) for c, a in pairs):
                    return _close(name, WRONG, text + _hint(explanation), oracle)
            return _close(name, WRONG, text + _hint(hint), oracle)
    return _close(name, RIGHT, f"{len(cases)} cases", student)


def value(
    name: str,
    answer,
    expected,
    *,
    mistakes: Sequence[tuple[object, str]] = (),
    hint: str = "",
    rtol: float = 1e-3,
    atol: float = 1e-9,
):
    """Compare a number or an array with ``expected``. Returns whichever is right."""
    if answer is None or answer is Ellipsis:
        return _close(name, OPEN, "", expected)
    problem = _difference(answer, expected, rtol, atol, tell=False)
    if not problem:
        return _close(name, RIGHT, "", answer)
    for wrong, explanation in mistakes:
        if not _difference(answer, wrong, rtol, atol):
            return _close(name, WRONG, problem + _hint(explanation), expected)
    return _close(name, WRONG, problem + _hint(hint), expected)


def choice(name: str, answer: str | None, right: str, explanations: dict[str, str]) -> str:
    """Check the letter chosen in a quiz; ``explanations`` has one sentence per letter."""
    if answer is None or answer is Ellipsis:
        return _close(name, OPEN, f"choose one of {', '.join(explanations)}", right)
    if answer not in explanations:
        text = f"{answer!r} is not one of {', '.join(explanations)}"
        return _close(name, WRONG, text, right)
    status = RIGHT if answer == right else WRONG
    return _close(name, status, f"({answer}) {explanations[answer]}", right)


def points(name: str, most: float) -> float:
    """What an exercise gives in a graded lab: ``most`` if its check said right, else nothing."""
    return most if statuses.get(name) == RIGHT else 0


def _close(name: str, status: str, text: str, result):
    """Say how it went, keep the status with the notebook's results, hand the result on."""
    statuses[name] = status
    record(checks=statuses)
    mark = {RIGHT: "✔ right", OPEN: "… not done yet", WRONG: "✘ not right yet"}[status]
    print(f"{name}: {mark}" + (f": {text}" if text else ""))
    if status != RIGHT:
        print("   Below, the reference stands in for it, so everything else runs.")
    return result


def _difference(got, expected, rtol: float, atol: float, tell: bool = True) -> str:
    """What separates ``got`` from ``expected``, in words; empty if nothing does.

    ``tell`` False keeps the expected numbers to itself: for answers that are one number,
    they would be the solution.
    """
    try:
        got, expected = _array(got), _array(expected)
    except (TypeError, ValueError):
        return f"the answer should be numbers, not a {type(got).__name__}"
    if got.shape != expected.shape:
        return f"the shape is {got.shape}, expected {expected.shape}"
    if np.allclose(got, expected, rtol=rtol, atol=atol, equal_nan=True):
        return ""
    if not tell:
        return f"{_number(got)} is not it"
    return f"the result is {_number(got)}, expected {_number(expected)}"


def _array(x) -> np.ndarray:
    if isinstance(x, torch.Tensor):
        x = x.detach().cpu().numpy()
    return np.asarray(x, dtype=float)


def _number(x) -> str:
    return np.array2string(_array(x), precision=5, threshold=8, separator=", ")


def _show(case: tuple) -> str:
    parts = []
    for item in case:
        try:
            parts.append(_number(item))
        except (TypeError, ValueError):
            parts.append(getattr(item, "__name__", str(item)))
    return "input (" + ", ".join(parts) + ")"


def _hint(text: str) -> str:
    return f".\n   {text}" if text else ""
