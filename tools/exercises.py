"""The exercises of a notebook: which cells they are, how long they take, what they are worth.

An exercise is a heading ``### Exercise 2 · The return (8 min)``, the cell with its solution, and
the cell with the tag ``check`` that looks at the answer. Points follow from the stated minutes by
one rule, :func:`points_for`.
"""

import ast
import re
from dataclasses import dataclass

from symtut.errors import InputError

BEGIN, END, STUB = "### BEGIN SOLUTION", "### END SOLUTION", "...  # YOUR CODE HERE"
MINUTES_PER_POINT = 5
MARKS = ("<!-- table of the exercises -->", "<!-- end of the table of the exercises -->")


def points_for(minutes: int) -> int:
    """One point for every five minutes begun: 5 minutes give 1, 8 give 2, 15 give 3."""
    return -(-minutes // MINUTES_PER_POINT)


@dataclass(frozen=True)
class Exercise:
    """One exercise; ``solution`` and ``check`` are places in the notebook's list of cells."""

    number: int
    title: str
    minutes: int | None
    solution: int
    check: int
    name: str  # what its check calls it, as "10.1"

    @property
    def grade_id(self) -> str:
        """nbgrader's name for it: by number, so that no edit of a text or a cell changes it."""
        return f"exercise-{self.number}"

    @property
    def points(self) -> int:
        return points_for(self.minutes)


def find(notebook, where: str = "the notebook") -> list[Exercise]:
    """All exercises of a notebook, in order.

    Raises
    ------
    InputError
        If an exercise has not exactly one cell with a solution, or is numbered out of order.
    """
    exercises, heading, solutions = [], None, []
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            found = re.findall(r"^### Exercise (\d+) · (.+)$", cell.source, re.MULTILINE)
            heading = found[-1] if found else heading
        elif "check" in cell.metadata.get("tags", []):
            number = len(exercises) + 1
            if heading and int(heading[0]) != number:
                raise InputError(f"{where}: exercise {heading[0]} stands where {number} should.")
            if len(solutions) != 1:
                raise InputError(
                    f"{where}: exercise {number} has {len(solutions)} cells with a solution; "
                    "it needs one."
                )
            title, minutes = title_and_minutes(heading[1] if heading else "")
            name = re.search(r"checks\.\w+\(\s*\"([^\"]+)\"", cell.source)
            name = name[1] if name else ""
            if not re.search(rf"\b{number}$", name):
                raise InputError(f"{where}: the check of exercise {number} is for '{name}'.")
            exercises.append(Exercise(number, title, minutes, solutions[0], place, name))
            heading, solutions = None, []
        elif BEGIN in cell.source or cell.metadata.get("nbgrader", {}).get("solution"):
            solutions.append(place)
    return exercises


def timed(notebook, where: str = "the notebook") -> list[Exercise]:
    """All exercises of a notebook; InputError if one states no minutes, which give its points."""
    exercises = find(notebook, where)
    for exercise in exercises:
        if exercise.minutes is None:
            raise InputError(
                f"{where}: exercise {exercise.number} must state its minutes in its heading: "
                f"'### Exercise {exercise.number} · Title (8 min)'."
            )
    return exercises


def mark(notebook, where: str = "the notebook") -> None:
    """Write nbgrader's metadata: where answers belong, and that checks are not to be changed.

    Checks carry no points here. They hand on a reference for what is open or wrong instead of
    failing, and nbgrader gives full marks to whatever does not fail. ``tools.graded`` adds the
    cells that count.
    """
    for exercise in find(notebook, where):
        for place, suffix, solution in (
            (exercise.solution, "", True),
            (exercise.check, "-check", False),
        ):
            notebook.cells[place].metadata["nbgrader"] = metadata(
                exercise.grade_id + suffix, solution=solution, locked=not solution
            )


def metadata(grade_id: str, *, solution=False, locked=False, points: int | None = None) -> dict:
    """nbgrader's entry in the metadata of a cell (schema 3); with ``points`` it is graded."""
    entry = {
        "grade": points is not None, "grade_id": grade_id, "locked": locked,
        "schema_version": 3, "solution": solution, "task": False,
    }  # fmt: skip
    return entry if points is None else entry | {"points": points}


def answer(check: str) -> str:
    """The name that a check cell looks at: ``f`` in ``f = checks.exercise("10.1", f)``.

    Raises
    ------
    InputError
        If the cell does not have exactly one such line.
    """
    names = [
        node.targets[0].id
        for node in ast.parse(check).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call)
        and ast.unparse(node.value.func).startswith("checks.")
        and ast.unparse(node.value.args[1]) == node.targets[0].id
    ]
    if len(names) != 1:
        raise InputError(f"a check must be one line 'f = checks.exercise(\"10.1\", f)':\n{check}")
    return names[0]


def table(notebooks: dict, titles: dict) -> str:
    """One row a notebook as Markdown: its exercises, their minutes and points, time and memory.

    Parameters
    ----------
    notebooks, titles : dicts from a notebook's name to the notebook, to (title, …)
    """
    rows = [
        "| no. | notebook | exercises | minutes for them | points | required minutes "
        "| optional minutes | of computing | memory |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    totals = [0] * 6
    for name, notebook in notebooks.items():
        exercises = timed(notebook, name)
        computing, memory = needs(notebook.cells[0].source, name)
        numbers = [
            len(exercises), sum(e.minutes for e in exercises), sum(e.points for e in exercises),
            *reading(notebook.cells[0].source), computing,
        ]  # fmt: skip
        totals = [a + b for a, b in zip(totals, numbers, strict=True)]
        title = titles.get(name, (name,))[0]
        cells = [name[:2], title, *map(str, numbers), f"under {memory:g} GB"]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join([*rows, "| | all | " + " | ".join(map(str, totals)) + " | |"])


def needs(text: str, where: str) -> tuple[int, float]:
    """(minutes of computing, GB) that a first cell announces."""
    time = re.search(r"\*\*Time:\*\* about (\d+) minutes? of computing", text)
    memory = re.search(r"\*\*Memory:\*\* under ([\d.]+) GB", text)
    if not time or not memory:
        raise InputError(
            f"{where}: the first cell must say '**Time:** about 2 minutes of computing, on one "
            "core.' and '**Memory:** under 1 GB'."
        )
    return int(time[1]), float(memory[1])


def reading(text: str) -> tuple[int, int]:
    """(required, optional) minutes for the reader that the build has written into a first cell."""
    required = re.search(r"(\d+) of reading and exercises", text)
    optional = re.search(r"\*optional\* takes (\d+) more", text)
    return int(required[1]) if required else 0, int(optional[1]) if optional else 0


def title_and_minutes(heading: str) -> tuple[str, int | None]:
    """Of an exercise's heading: "The return (easy, 8 min)" -> ("The return", 8)."""
    match = re.fullmatch(r"(.+?) \((?:[^()]*?)(\d+) min[^()]*\)", heading.strip())
    return (match[1], int(match[2])) if match else (heading.strip(), None)
