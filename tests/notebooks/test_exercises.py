"""Every exercise: its check takes the reference and explains the wrong answers of students."""

import importlib
import re
import textwrap

import pytest

from symtut.lab import build, checks

SOURCES = build.sources()


def told(source):
    """The module with the wrong answers of a notebook."""
    return importlib.import_module(f"tests.notebooks.notebook_{source.stem}")


def with_answer(cell: str, answer: str) -> str:
    """The code of a solution cell with ``answer`` in the solution's place."""

    def put(match):
        return textwrap.indent(answer, match[1])

    pattern = rf"^([ \t]*){build.BEGIN}\n.*?^[ \t]*{build.END}[ \t]*$"
    return re.sub(pattern, put, cell, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.notebook
@pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
def test_checks_take_the_reference_and_explain_wrong_answers(source, capsys):
    """Runs the cells in order, and each exercise with every wrong answer before its solution."""
    wrong = told(source).WRONG
    namespace, waiting, met = {"__name__": "__main__"}, [], set()
    for cell in build.convert(source)[0].cells:
        if cell.cell_type != "code":
            continue
        tags, code = cell.metadata.get("tags", []), cell.source
        if "setup" in tags:
            code = "from symtut import lab"
        if build.BEGIN in code or waiting:
            waiting.append(code)
        if "check" in tags:
            (name,) = set(re.findall(r"checks\.\w+\(\s*\"([^\"]+)\"", code))
            met.add(name)
            assert len(wrong.get(name, ())) >= 2, f"{source.stem}, {name}: two wrong answers"
            for answer, words in wrong[name]:
                trial = namespace.copy()
                capsys.readouterr()
                for part in waiting:
                    exec(compile(with_answer(part, answer), f"{name}, wrong", "exec"), trial)
                printed = capsys.readouterr().out
                assert checks.statuses[name] == checks.WRONG, f"{name} takes {answer!r}"
                assert words in printed, printed
            for part in waiting:
                exec(compile(part, name, "exec"), namespace)
            assert checks.statuses[name] == checks.RIGHT, name
            waiting = []
        elif not waiting:
            exec(compile(code, source.name, "exec"), namespace)
        if "parameters" in tags:
            namespace["PROFILE"] = "smoke"
    assert met == set(wrong), "an exercise of the tests that the notebook does not have"
