"""Answers of any kind to any exercise: a check never raises, and what is wrong is never right."""

from hypothesis import given
from hypothesis import strategies as st

from symtut.lab import checks
from tests.robustness.properties import JSON, examples
from tests.robustness.tables.checks import exercises

EXERCISES = exercises()


def is_quiz(key):
    return isinstance(EXERCISES[key].reference, str)


@examples()
@given(key=st.sampled_from(sorted(EXERCISES)), answer=JSON)
def test_any_value(key, answer):
    before = checks.exercise(key, answer)
    if not is_quiz(key) and not isinstance(answer, int | float | list):
        assert checks.statuses[key] != checks.RIGHT
    status = checks.statuses[key]
    checks.exercise(key, before)
    assert (checks.statuses[key] == checks.RIGHT) == (status == checks.RIGHT)


@examples()
@given(key=st.sampled_from(sorted(EXERCISES)), answer=JSON)
def test_any_function(key, answer):
    checks.exercise(key, lambda *arguments: answer)
    assert checks.statuses[key] != checks.RIGHT, "a constant is right"
