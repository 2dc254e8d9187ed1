"""The course in figures, one row a notebook: ``python -m tools.course_figures [--passed]``.

Writes ``docs/course_figures.md``. With ``--passed`` it prints the mutated solutions that a check
took for right instead (:mod:`tools.mutations`).
"""

import argparse
import ast
import re
import sys
from pathlib import Path

import jupytext

from symtut.storage import write_bytes
from tools import build, mutations
from tools.exercises import BEGIN, END, answer, find
from tools.minutes import efforts

PAGE = build.REPOSITORY / "docs" / "course_figures.md"
COLUMNS = (
    "notebook", "required min", "optional min", "words", "code lines", "student's lines",
    "figures", "exercises", "used later", "hints", "names imported", "wrong answers caught",
)  # fmt: skip
TEXT = """\
# The course in figures

What each notebook asks of its reader, counted from its source by `python -m tools.course_figures`.

- *Minutes* follow from the rule of [the instructors' page](instructors.md); words, code lines and
  figures are what is read in that time, optional sections included, folded code not.
- *Student's lines* are the lines of the solutions: what a student writes.
- *Used later*: exercises whose result a later cell uses.
- *Names imported* come from the package itself; `lab` is not counted.
- *Wrong answers caught*: each solution is changed in one place at a time (an operator, a
  comparison, a number, an argument, a missing line), and the exercise's check judges it. Some of
  these changes change no result. Choices, and exercises that need what other cells compute, are
  left out.

{table}
"""


def read(source: Path):
    """The notebook as its source gives it, before the build adds to it."""
    return jupytext.read(source, fmt="py:percent")


def row(notebook, name: str) -> list[str]:
    """The cells of a notebook's row but the last, which :func:`caught` gives."""
    parts = efforts(notebook)
    exercises = find(notebook, name)
    text = "\n".join(cell.source for cell in notebook.cells)
    solutions = re.findall(rf"{BEGIN}\n(.*?){END}", text, re.DOTALL)
    student = sum(bool(line.strip()) for code in solutions for line in code.splitlines())
    used = sum(_used_later(notebook, exercise) for exercise in exercises)
    numbers = (
        *(part.minutes for part in parts), sum(part.words for part in parts),
        sum(part.lines for part in parts), student, sum(part.figures for part in parts),
        len(exercises), used, text.count("<summary>Hint"), len(own_names(notebook)),
    )  # fmt: skip
    return [name[:2], *map(str, numbers)]


def own_names(notebook) -> set[str]:
    """What the notebook imports from the package, but for ``lab`` of the set-up cell."""
    names = set()
    for cell in notebook.cells:
        if cell.cell_type == "code" and "setup" not in cell.metadata.get("tags", []):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("symtut"):
                    names |= {alias.asname or alias.name for alias in node.names}
    return names


def _used_later(notebook, exercise) -> bool:
    name = answer(notebook.cells[exercise.check].source)
    for cell in notebook.cells[exercise.check + 1 :]:
        if cell.cell_type == "code" and "setup" not in cell.metadata.get("tags", []):
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Name) and node.id == name:
                    return isinstance(node.ctx, ast.Load)
    return False


def caught(notebook, name: str) -> tuple[int, int]:
    """(mutated solutions that the checks find wrong, all of them)."""
    tried = mutations.trial(notebook, name).values()
    every = sum(count for count, _ in tried)
    return every - sum(len(passed) for _, passed in tried), every


def table() -> str:
    """All rows as Markdown, and the share of wrong answers caught in all notebooks."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    totals = [0] * len(COLUMNS)
    right = every = 0
    for source in build.sources():
        notebook = read(source)
        cells, (found, count) = row(notebook, source.stem), caught(notebook, source.stem)
        right, every = right + found, every + count
        totals = [0, *(a + int(b) for a, b in zip(totals[1:], cells[1:], strict=False))]
        lines.append("| " + " | ".join([*cells, f"{found} of {count}"]) + " |")
    last = ["all", *map(str, totals[1:]), f"{right} of {every} ({right / every:.1%})"]
    return "\n".join([*lines, "| " + " | ".join(last) + " |"])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.course_figures", description=__doc__)
    parser.add_argument("--passed", action="store_true", help="print what the checks overlook")
    if not parser.parse_args(argv).passed:
        write_bytes(PAGE, TEXT.format(table=table()).encode())
        print(PAGE.relative_to(build.REPOSITORY))
        return 0
    for source in build.sources():
        for key, (count, passed) in mutations.trial(read(source), source.stem).items():
            print(f"{key}: {count - len(passed)} of {count} caught")
            print(*passed, sep="\n\n", end="\n" * bool(passed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
