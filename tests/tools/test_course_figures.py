"""Mutated solutions and the table of the course."""

import re
import signal

import pytest

from tools import build, course_figures, mutations

CELL = """\
def f(a, b):
    ### BEGIN SOLUTION
    return a - 2 * b
    ### END SOLUTION
"""


trials = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer ends a trial")


def test_a_solution_is_changed_in_one_place_at_a_time():
    bodies = {code.split("\n")[1].strip() for code in mutations.mutants(CELL)}
    assert bodies == {"a - 2 * b", "return a + 2 * b", "return a - 2 / b", "return a - 3 * b"}
    assert not list(mutations.mutants(CELL.replace("a - 2 * b", "max(a, b)")))[1:]


def rows():
    lines = course_figures.PAGE.read_text(encoding="utf-8").splitlines()
    found = [re.split(r" *\| *", line)[1:-1] for line in lines if line.startswith("| ")]
    assert tuple(found[0]) == course_figures.COLUMNS
    return {cells[0]: cells for cells in found[1:]}


@pytest.mark.parametrize("source", build.sources(), ids=lambda p: p.stem)
def test_the_page_is_what_the_notebooks_are(source):
    """Within a tenth: a changed sentence needs no new table."""
    counted = course_figures.row(course_figures.read(source), source.stem)
    assert source.stem[:2] in rows(), "run python -m tools.course_figures"
    stated = rows()[source.stem[:2]]
    for name, said, number in zip(
        course_figures.COLUMNS[1:], stated[1:], counted[1:], strict=False
    ):
        text = f"{source.stem}, {name}: run python -m tools.course_figures"
        assert abs(int(said) - int(number)) <= 0.1 * int(number), text


def test_checks_catch_nineteen_wrong_answers_of_twenty():
    right, every = map(int, re.match(r"(\d+) of (\d+)", rows()["all"][-1]).groups())
    assert every > 500 and right / every >= 0.95


@trials
def test_what_the_page_says_of_a_notebook_is_what_its_checks_catch():
    source = next(s for s in build.sources() if s.stem.startswith("11"))
    found = course_figures.caught(course_figures.read(source), source.stem)
    assert rows()["11"][-1] == "{} of {}".format(*found)
