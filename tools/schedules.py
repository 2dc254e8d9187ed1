"""Paths through the course for the instructors' page, with the minutes that each takes."""

from collections.abc import Sequence
from pathlib import Path

import jupytext

from tools.exercises import needs
from tools.minutes import efforts

#: A path is a list of (number of a notebook, its sections); no sections: all of it.
SCHEDULES: dict[str, list[tuple[str, tuple[int, ...]]]] = {
    "a workshop": [("00", ()), ("10", (1, 2, 3, 4)), ("14", (1, 3, 4, 6))],
    "4 weeks": [(number, ()) for number in ("01", "04", "10", "14")],
    "8 weeks": [(number, ()) for number in ("01", "02", "03", "04", "10", "11", "13", "14")],
    "12 weeks": [
        (number, ())
        for number in ("01", "02", "03", "04", "05", "06", "07", "09", "10", "11", "13", "14")
    ],
    "regression alone": [(number, ()) for number in ("04", "05", "06", "07", "08")],
}
MARKS = ("<!-- table of the schedules -->", "<!-- end of the table of the schedules -->")


def minutes(
    path: list[tuple[str, tuple[int, ...]]], sources: Sequence[Path]
) -> tuple[list[int], int]:
    """Required minutes of each notebook of a path, and the minutes of computing of all."""
    files = {source.stem[:2]: source for source in sources}
    reading, computing = [], 0
    for number, sections in path:
        notebook = jupytext.read(files[number], fmt="py:percent")
        reading.append(efforts(notebook, sections)[0].minutes)
        computing += needs(notebook.cells[0].source, number)[0]
    return reading, computing


def table(sources: Sequence[Path]) -> str:
    """One row a path as Markdown: its notebooks, and the minutes of all and of the longest."""
    rows = ["| path | notebooks | required minutes | of the longest | of computing |",
            "|---|---|---|---|---|"]  # fmt: skip
    for name, path in SCHEDULES.items():
        reading, computing = minutes(path, sources)
        notebooks = ", ".join(
            f"{number} (sections {', '.join(map(str, sections))})" if sections else number
            for number, sections in path
        )
        rows.append(f"| {name} | {notebooks} | {sum(reading)} | {max(reading)} | {computing} |")
    return "\n".join(rows)
