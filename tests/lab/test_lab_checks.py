"""Checks of exercises: right, open, wrong, and what they say."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from symtut.lab import checks, session
from symtut.lab.exercises.comparison import difference, shown
from symtut.lab.exercises.kinds import Choice, Function, Value


@pytest.fixture
def describe(monkeypatch):
    """Makes a description exercise 99.1; answers to it are forgotten afterwards."""

    def put(description):
        module = SimpleNamespace(exercise_1=lambda: description)
        monkeypatch.setitem(sys.modules, "symtut.lab.exercises.nb99", module)

    monkeypatch.setattr(checks, "statuses", {})
    monkeypatch.setattr(checks, "_handed_on", {})
    return put


def verdict(answer, capsys):
    capsys.readouterr()
    used = checks.exercise("99.1", answer)
    return checks.statuses["99.1"], capsys.readouterr().out, used


def mean_of(x, weight):
    return (weight * x).sum() / weight.sum()


MEAN = Function(
    lambda x, weight: mean_of(x, weight),
    cases=[
        (np.array([1.0, 2.0, 6.0]), np.array([1.0, 1.0, 2.0])),
        (np.array([4.0, -2.0]), np.array([3.0, 1.0])),
    ],
    mistakes=[
        (lambda x, weight: x.mean(), "unweighted"),
        (lambda x, weight: 3.75 if len(x) == 3 else 9.0, "agrees with the first case only"),
    ],
    hint="think again",
)


def interrupted(x, weight):
    raise KeyboardInterrupt


def leaves(x, weight):
    raise SystemExit(1)


def says_itself_that_it_is_not_done(x, weight):
    raise NotImplementedError


def warns(x, weight):
    print("careful", file=sys.stderr)  # as warnings do
    return mean_of(x, weight)


def no_return(x, weight):
    (weight * x).sum() / weight.sum()


def only_text(x, weight):
    """To do."""


def normalises_in_place(x, weight):
    weight /= weight.sum()
    return weight @ x


calls = []


def counts_calls(x, weight):
    calls.append(1)
    return mean_of(x, weight) + max(len(calls) - 2, 0)


class Foreign:
    """Raises at whatever is tried with it."""

    def _refuse(self, *arguments, **named):
        raise SystemError("no")

    __array__ = __eq__ = __len__ = __repr__ = __str__ = __iter__ = __float__ = _refuse
    __hash__ = None


OUT = np.zeros(())


def always_the_same_array(x, weight):
    OUT[...] = mean_of(x, weight)
    return OUT


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (mean_of, "right", "2 cases"),
        (always_the_same_array, "wrong", "changed the result of an earlier one"),
        (lambda x, weight: [mean_of(x, weight)], "right", "2 cases"),
        (lambda x, weight: np.float32(mean_of(x, weight)), "right", "2 cases"),
        (None, "open", "not done yet"),
        (only_text, "open", "not done yet"),
        (lambda x, weight: ..., "open", "not done yet"),
        (says_itself_that_it_is_not_done, "open", "not done yet"),
        (no_return, "wrong", "returns nothing (None): a return is missing"),
        (lambda x, weight: x.mean(), "wrong", "unweighted"),
        (lambda x, weight: 3.75, "wrong", "for x = [4, -2], weight = [3, 1]: the result is 3.75, "
         "expected 2.5.\n   think again"),
        (normalises_in_place, "wrong", "it changes its input weight"),
        (counts_calls, "wrong", "called a second time, it gives something else"),
        (lambda x, weight: str(mean_of(x, weight)), "wrong", "is the text '2.5'"),
        (lambda x, weight: True, "wrong", "not True or False"),
        (lambda x, weight: mean_of(x, weight) + 0j, "wrong", "complex"),
        (lambda x, weight: np.nan, "wrong", "the result is nan"),
        (lambda x, weight: [1, [2, 3]], "wrong", "different lengths"),
        (lambda x, weight: np.array([None]), "wrong", "should be numbers"),
        (lambda x, weight: x, "wrong", "one number is expected"),
        (lambda x, weight: x[5], "wrong", "it raises IndexError"),
        (lambda x: x, "wrong", "it raises TypeError"),
        (interrupted, "wrong", "was interrupted"),
        (leaves, "wrong", "it raises SystemExit"),
        (lambda x, weight: Foreign(), "wrong", "cannot be compared"),
        (Foreign(), "wrong", "should be a function, not a Foreign"),
        (3.75, "wrong", "should be a function"),
        (sys.modules["symtut.lab.session"].record, "wrong", "a function of this package"),
        (MEAN.reference, "wrong", "a function of this package"),
        (lambda *x: MEAN.reference(*x), "wrong", "calls the reference"),
    ],
)  # fmt: skip
def test_answers_to_a_function(answer, status, words, describe, capsys):
    describe(MEAN)
    calls.clear()
    found, said, used = verdict(answer, capsys)
    assert (found, words in said) == (status, True), said
    assert used(np.array([1.0, 3.0]), np.array([3.0, 1.0])) == 1.5, "the cells below get a number"


def test_what_a_right_answer_warns_of_is_not_in_red(describe, capsys):
    """nbgrader gives nothing where there is something in red."""
    describe(MEAN)
    assert checks.exercise("99.1", warns) is not None
    said = capsys.readouterr()
    assert "careful" in said.out and "right" in said.out and not said.err


@pytest.mark.parametrize(
    ("description", "wrong", "right"),
    [
        (MEAN, lambda x, weight: 0.0, mean_of),
        (Function(lambda x: x > 0, [(np.array([1.0, -1.0]),)]), lambda x: x, lambda x: x > 0),
        (Value(0.25), 0.5, 0.25),
        (Value(7), 8, 7),
        (Value(True), False, True),
        (Value(np.array([1.0, 2.0])), [2.0, 1.0], np.array([1.0, 2.0])),
        (Value(torch.tensor([1.0])), 2.0, torch.tensor([1.0])),
        (Value((1.0, 2.0)), (2.0, 1.0), (1.0, 2.0)),
        (Value({"a": 1.0}), {"a": 2.0}, {"a": 1.0}),
        (Choice("b", {"a": "no.", "b": "yes."}), "a", "b"),
    ],
)
def test_a_second_run_of_the_check_alone_repeats_its_verdict(
    description, wrong, right, describe, capsys
):
    describe(description)
    for answer in (None, wrong):
        status, said, used = verdict(answer, capsys)
        assert status == ("open" if answer is None else "wrong")
        assert callable(used) or not difference(used, description.reference)
        again, repeated, still = verdict(used, capsys)
        assert again == status and still is used
        assert said.splitlines()[0] == repeated.splitlines()[0] and "your own cell" in repeated
        assert checks.points("99.1", 3) == 0
        assert session.recorded()["checks"] == {"99.1": status}
    if callable(used):  # under another name, or called by what the student wrote
        assert verdict(lambda *x: used(*x), capsys)[0] == "wrong"
    assert verdict(right, capsys)[0] == "right"
    assert checks.points("99.1", 3) == 3
    assert verdict(used, capsys)[0] == "wrong" and checks.points("99.1", 3) == 0


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (0.25, "right"), (np.array([[0.25]]), "right"), (torch.tensor(0.25), "right"),
        ([0.25], "right"), ("0.25", "wrong"), (True, "wrong"), (0.25 + 0j, "wrong"),
        ([0.25, [1]], "wrong"), (np.inf, "wrong"), (Foreign(), "wrong"), (len, "wrong"),
        (np.ma.masked, "wrong"), (10**400, "wrong"), ({}, "wrong"), ([], "wrong"),
    ],
)  # fmt: skip
def test_answers_to_a_value(answer, status, describe, capsys):
    describe(Value(0.25))
    found, said, used = verdict(answer, capsys)
    assert found == status and f"{used:.2f}" == "0.25", said
    assert "expected 0.25" not in said, "the solution stays untold"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("b", "right"), ("B", "right"), ("(b)", "right"), ("b ", "right"), ("b.", "right"),
        (np.str_("b"), "right"), ("a", "wrong"), ("ab", "wrong"), ("", "wrong"), (1, "wrong"),
        (["b"], "wrong"), (np.array(["b"]), "wrong"), (b"b", "wrong"), (Foreign(), "wrong"),
        (None, "open"),
    ],
)  # fmt: skip
def test_answers_to_a_choice(answer, status, describe, capsys):
    describe(Choice("b", {"a": "no.", "b": "yes."}))
    found, _, used = verdict(answer, capsys)
    assert (found, used) == (status, "b")


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        (lambda x: (x.exp() ** 2).sum(), "right", "1 case"),
        (lambda x: np.exp(x).sum(), "wrong", "NumPy's have no gradients"),
        (lambda x: torch.tensor((x.detach().numpy() * 0 + 1).sum()), "wrong", "the result is"),
        (lambda x: (x.detach().exp() ** 2).sum(), "wrong", "no gradient flows back to x"),
        (lambda x: x.exp().detach() @ x.exp(), "wrong", "not its gradient by x"),
        (lambda x: (x.exp() ** 2).sum().item(), "wrong", "a torch tensor is expected"),
        (lambda x: (x.double().exp() ** 2).sum(), "wrong", "torch.float32 is expected"),
        (lambda x: (x.exp_() ** 2).sum(), "wrong", "changes its input x"),
    ],
)
def test_gradients(answer, status, words, describe, capsys):
    describe(
        Function(lambda x: (2 * x).exp().sum(), [(torch.tensor([0.5, -1.0]),)], gradients=["x"])
    )
    found, said, _ = verdict(answer, capsys)
    assert found == status and words in said, said


def test_inputs_of_any_kind_are_watched(describe, capsys):
    class Buffer:
        def __init__(self):
            self.rows, self.extra = [np.zeros(2)], {"n": torch.zeros(1)}

    def spoil_rows(buffer):
        buffer.rows[0][1] = 1.0
        return 0

    def spoil_extra(buffer):
        buffer.extra["n"] += 1
        return 0

    def spoil_attribute(buffer):
        buffer.more = 1
        return 0

    for spoil in (spoil_rows, spoil_extra, spoil_attribute):
        describe(Function(lambda buffer: 0, [(Buffer(),)]))
        assert "changes its input buffer" in verdict(spoil, capsys)[1]
        describe(Function(lambda buffer: 0, [(Buffer(),)], may_change=["buffer"]))
        assert verdict(spoil, capsys)[0] == "right"


def norm_by_numpy(x):
    return np.linalg.norm(x)


def norm_by_numpy_inside(x):
    def length(row):
        return np.linalg.norm(row)

    return length(x)


def norm_by_hand(x):
    norm = np.sqrt((x**2).sum())
    return norm


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (norm_by_numpy, "wrong"),
        (norm_by_numpy_inside, "wrong"),
        (norm_by_hand, "right"),
    ],
)
def test_what_the_answer_must_do_itself(answer, status, describe, capsys):
    cases = [(np.array([1.0, 2.0]),), (np.array([3.0, -1.0]),)]
    describe(Function(lambda x: (x @ x) ** 0.5, cases, without=["norm"]))
    found, said, _ = verdict(answer, capsys)
    assert found == status and ("norm does just what is asked" in said) == (status == "wrong"), said


def test_a_case_that_can_be_read_is_shown(describe, capsys):
    describe(Function(lambda matrix: matrix.sum(), [(np.ones((5, 5)),), (np.eye(3) / 2,)]))
    said = verdict(lambda matrix: matrix.mean(), capsys)[1]
    assert "for matrix = [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]: " in said


def test_a_set_is_shown_in_the_same_order_every_time():
    """The order of a set of texts differs from one start of Python to the next."""
    assert shown({("b",), ("a",), ("c",)}) == "{('a',), ('b',), ('c',)}"


def test_whole_numbers_where_they_are_indices(describe, capsys):
    describe(Function(lambda n: n // 2, [(5,), (8,)], whole=True))
    assert verdict(lambda n: int(n / 2), capsys)[0] == "right"
    assert "whole numbers" in verdict(lambda n: float(n // 2), capsys)[1]
    assert "different lengths" in verdict(lambda n: [1, [2]], capsys)[1]


def test_results_are_converted_only_where_that_loses_nothing(describe, capsys):
    """Cases with numbers; the cells below may use arrays, too."""
    describe(Function(lambda x: 2 * x, [(1.0,), (2.0,)]))
    used = verdict(lambda x: np.atleast_1d(2 * x), capsys)[2]
    assert f"{used(1.5):.1f}" == "3.0"
    assert used(np.array([1.0, 2.0])).tolist() == [2.0, 4.0]
    describe(Function(lambda x: 2 * x, [(np.array([1.0, 2.0]),), (np.zeros(3),)]))
    used = verdict(lambda x: [2 * number for number in x], capsys)[2]
    assert (used(np.array([1.0, 2.0])) + 1).tolist() == [3.0, 5.0]
