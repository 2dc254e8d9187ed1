"""Every exercise: its check takes right answers of any style and explains the wrong ones."""

import copy
import importlib
import inspect
import pkgutil
import re
import textwrap

import pytest

from symtut.lab import checks, exercises
from symtut.lab.exercises.kinds import Function, Value
from symtut.lab.exercises.trial import CaseTrial
from tools import build
from tools import exercises as exercise_cells

SOURCES = build.sources()
ONE_LINE = r'(\w+) = checks\.exercise\("(\d\d\.\d)", \1(, \w+=\w+)*\)'


def told(source):
    """The module with the wrong and right answers to a notebook."""
    return importlib.import_module(f"tests.notebooks.notebook_{source.stem}")


def with_answer(cell: str, answer: str) -> str:
    """The code of a solution cell with ``answer`` in the solution's place."""

    def put(match):
        return textwrap.indent(answer, match[1])

    pattern = rf"^([ \t]*){build.BEGIN}\n.*?^[ \t]*{build.END}[ \t]*$"
    return re.sub(pattern, put, cell, flags=re.DOTALL | re.MULTILINE)


def run(cells: list[str], namespace: dict, capsys) -> str:
    """What the cells print."""
    capsys.readouterr()
    for cell in cells:
        exec(compile(cell, "a cell", "exec"), namespace)
    return capsys.readouterr().out


@pytest.mark.notebook
@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
def test_checks_take_right_answers_and_explain_wrong_ones(source, capsys, monkeypatch):
    """Runs the cells in order, and each exercise with every answer before its solution."""
    described = {}  # by the checks themselves, with what they get from the notebook

    def describe(key, **context):
        described[key] = exercises.describe(key, **context)
        return described[key]

    monkeypatch.setattr(checks, "describe", describe)
    wrong, right = told(source).WRONG, told(source).RIGHT
    namespace, waiting, met = {"__name__": "__main__"}, [], set()
    cells_of = iter(exercise_cells.find(build.convert(source)[0]))
    for cell in build.convert(source)[0].cells:
        if cell.cell_type != "code":
            continue
        tags, code = cell.metadata.get("tags", []), cell.source
        if "setup" in tags:
            code = "from symtut import lab"
        if build.BEGIN in code or waiting:
            waiting.append(code)
        if "check" in tags:
            exercise = next(cells_of)
            key, name = exercise.name, f"exercise {exercise.number}"
            met.add(name)
            assert re.fullmatch(ONE_LINE, code), "a check is one line"
            assert key == f"{source.stem[:2]}.{exercise.number}"
            assert len(right.get(name, ())) >= 2, f"{source.stem}, {name}: two right answers"
            assert len(wrong.get(name, ())) >= 4, f"{source.stem}, {name}: four wrong ones"
            for answer, words in [("...", "not done yet"), *wrong[name]]:
                trial = namespace.copy()
                printed = run([with_answer(part, answer) for part in waiting], trial, capsys)
                status = checks.OPEN if answer == "..." else checks.WRONG
                assert checks.statuses[key] == status, f"{name}: {answer!r}\n{printed}"
                assert words in printed, printed
                # the check alone, which finds the reference under the student's name
                again = run([code], trial, capsys)
                assert checks.statuses[key] == status, f"{name}: {again} after {answer!r}"
                assert printed.split("\n   Below")[0] in again and "your own cell" in again
            for answer in right[name]:
                trial = namespace.copy()
                printed = run([with_answer(part, answer) for part in waiting], trial, capsys)
                assert checks.statuses[key] == checks.RIGHT, f"{name}: {answer!r}\n{printed}"
                run([code], trial, capsys)
                assert checks.statuses[key] == checks.RIGHT, f"{name}: again, {answer!r}"
            run(waiting, namespace, capsys)
            assert checks.statuses[key] == checks.RIGHT, name
            if isinstance(described.get(key), Function):
                asked = inspect.signature(namespace[re.match(r"\w+", code)[0]]).parameters
                cases = inspect.signature(described[key].reference).parameters
                count = max(len(case) for case in described[key].cases)
                assert list(asked) == list(cases)[:count], f"{name}: as the question names them"
            waiting = []
        elif not waiting:
            exec(compile(code, source.name, "exec"), namespace)
        if "parameters" in tags:
            namespace["PROFILE"] = "smoke"
    assert met == set(wrong), "an exercise of the tests that the notebook does not have"
    assert met == set(right)


def described():
    """(key, description) of every exercise that needs nothing from its notebook."""
    for module in pkgutil.iter_modules(exercises.__path__):
        if re.fullmatch(r"nb\d\d", module.name):
            found = importlib.import_module(f"{exercises.__name__}.{module.name}")
            for name, make in vars(found).items():
                number = re.fullmatch(r"exercise_(\d+)", name)
                if number and not inspect.signature(make).parameters:
                    yield f"{module.name[2:]}.{number[1]}", make()


def passes(description, answer):
    return all(CaseTrial(description, answer, case).problem == "" for case in description.cases)


TEMPTING = {("02.3", "truncated")}  # arguments that must not be used


@pytest.mark.parametrize(("key", "description"), list(described()))
def test_known_mistakes_are_mistakes_and_every_argument_counts(key, description):
    if isinstance(description, Function):
        assert len(description.cases) >= 2, "one case alone is met by a constant"
        for mistake, explanation in description.mistakes:
            assert not passes(description, mistake), f"{key}: right in all cases: {explanation}"
        reference = inspect.unwrap(description.reference)
        names = list(inspect.signature(reference).parameters)[: len(description.cases[0])]
        for place, name in enumerate(names):
            values = [case[place] for case in description.cases]
            if callable(values[0]) or (key, name) in TEMPTING:
                continue

            def without(*arguments, place=place, value=values[0]):
                """Right for one value of the argument, which stands in its code."""
                return reference(*arguments[:place], copy.deepcopy(value), *arguments[place + 1 :])

            assert not passes(description, without), f"{key}: {name} is the same in all cases"
    elif isinstance(description, Value):
        for mistake, explanation in description.mistakes:
            assert description.judge(mistake).status == checks.WRONG, f"{key}: {explanation}"
    else:
        assert description.reference in description.explanations
