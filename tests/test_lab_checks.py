"""Checks of exercises: right, open, wrong, and what they say."""

import sys

import numpy as np
import pytest
import torch

from symtut.lab import checks, session

CASES = [(np.array([1.0, 2.0]),), (np.array([3.0, -1.0]),)]


def double(x):
    return 2 * x


def unfinished(x): ...


def raises_unfinished(x):
    raise NotImplementedError


def breaks(x):
    return x["key"]


def shape_lost(x):
    return x.sum()


def spoils_its_input(x):
    x *= 2
    return x


def square(x):
    return x**2


def fits_first_case_only(x):
    return double(x) if x[0] == 1.0 else x


@pytest.mark.parametrize(
    ("student", "status", "words"),
    [
        (double, checks.RIGHT, "right"),
        (lambda x: torch.tensor(2 * x), checks.RIGHT, "right"),
        (spoils_its_input, checks.RIGHT, "right"),
        (unfinished, checks.OPEN, "not done yet"),
        (raises_unfinished, checks.OPEN, "not done yet"),
        (breaks, checks.WRONG, "raises IndexError"),
        (shape_lost, checks.WRONG, "shape"),
        (square, checks.WRONG, "not the square"),
        (fits_first_case_only, checks.WRONG, "think again"),
        (lambda x: "two", checks.WRONG, "should be numbers"),
    ],
)
def test_function(student, status, words, capsys):
    used = checks.function(
        "doubling", student, double, CASES, hint="think again",
        mistakes=[(square, "double, not the square"), (lambda x: 5 * x, "five is too much")],
    )  # fmt: skip
    said = capsys.readouterr().out
    assert words in said
    assert checks.statuses["doubling"] == session.recorded()["checks"]["doubling"] == status
    assert used is (student if status == checks.RIGHT else double)
    assert ("the reference stands in" in said) == (status != checks.RIGHT)
    assert "five" not in said


def interrupted(x):
    raise KeyboardInterrupt


def leaves(x):
    raise SystemExit(1)


def warns(x):
    print("careful", file=sys.stderr)  # as warnings do
    return 2 * x


@pytest.mark.parametrize(
    ("student", "status", "words"),
    [
        (None, checks.OPEN, "not done yet"),
        (interrupted, checks.WRONG, "was interrupted"),
        (leaves, checks.WRONG, "raises SystemExit: 1"),
        (warns, checks.RIGHT, "careful"),
    ],
)
def test_the_cells_below_run_whatever_the_answer_does(student, status, words, capsys):
    used = checks.function("doubling", student, double, CASES)
    said = capsys.readouterr()
    assert checks.statuses["doubling"] == status and words in said.out
    assert not said.err  # nbgrader gives nothing where there is something in red
    assert used(2) == 4


def test_points_are_all_or_nothing():
    checks.value("v", 1.0, 1.0)
    assert checks.points("v", 3) == 3
    checks.value("v", 2.0, 1.0)
    assert checks.points("v", 3) == 0
    checks.value("v", None, 1.0)
    assert checks.points("v", 3) == 0 == checks.points("never checked", 3)


def test_value(capsys):
    assert checks.value("v", 0.0375, 0.0375) == 0.0375
    assert checks.value("v", None, 1.0) == 1.0
    assert checks.value("v", 2.0, 1.0, mistakes=[(2.0, "twice too much")], hint="h") == 1.0
    said = capsys.readouterr().out
    assert "twice too much" in said and "expected" not in said  # the solution stays untold
    assert checks.statuses["v"] == checks.WRONG


def test_choice(capsys):
    explanations = {"a": "because.", "b": "no, since."}
    assert checks.choice("c", "a", "a", explanations) == "a"
    assert checks.statuses["c"] == checks.RIGHT
    for answer, status, words in (
        ("b", checks.WRONG, "no, since."),
        (None, checks.OPEN, "choose one of a, b"),
        ("x", checks.WRONG, "is not one of"),
    ):
        assert checks.choice("c", answer, "a", explanations) == "a"
        assert checks.statuses["c"] == status
        assert words in capsys.readouterr().out
