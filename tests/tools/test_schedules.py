"""The instructors' schedules: computed from the notebooks, in an order that can be followed."""

import re

import jupytext
import pytest

from tools import build, schedules
from tools import exercises as ex
from tools.course_map import prerequisites
from tools.minutes import efforts

SOURCES = {source.stem[:2]: source for source in build.sources()}


def page():
    return (build.REPOSITORY / "docs" / "instructors.md").read_text(encoding="utf-8")


def test_page_has_the_table_as_computed():
    assert f"\n{schedules.table(build.sources())}\n" in page(), "run make notebooks"


def test_workshop_takes_at_most_two_hours():
    reading, computing = schedules.minutes(schedules.SCHEDULES["a workshop"], build.sources())
    assert 90 < sum(reading) + computing <= 120


@pytest.mark.parametrize("name", schedules.SCHEDULES)
def test_a_path_keeps_its_weeks_and_the_order_of_what_builds_on_what(name):
    numbers = [number for number, _ in schedules.SCHEDULES[name]]
    weeks = re.match(r"(\d+) weeks", name)
    assert not weeks or len(numbers) == int(weeks[1])
    for i, number in enumerate(numbers):
        first = jupytext.read(SOURCES[number], fmt="py:percent").cells[0].source
        assert set(prerequisites(first)) <= set(numbers[:i]), number


def test_sections_of_a_notebook_add_up_to_all_of_it():
    notebook = jupytext.read(SOURCES["14"], fmt="py:percent")
    whole, _ = efforts(notebook)
    few, _ = efforts(notebook, (1, 3))
    rest, _ = efforts(notebook, (2, 4, 5, 6, 7))
    first, _ = efforts(notebook, (99,))  # what stands before the sections
    assert few.exercises == [8] and rest.exercises == [8, 20, 8]
    assert whole.exercises == [8, 8, 20, 8]
    assert few.figures + rest.figures == whole.figures
    # The sections without a number (quiz, what to remember) are in none of them.
    assert first.words < few.words + rest.words - first.words < whole.words


def test_page_names_exercises_that_there_are():
    there = {
        f"{number}.{exercise.number}"
        for number, source in SOURCES.items()
        for exercise in ex.timed(build.convert(source)[0], source.stem)
    }
    named = set(re.findall(r"\b\d\d\.\d\b", page()))
    assert {"10.5", "14.1"} < named <= there, named - there
