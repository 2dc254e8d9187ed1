"""How long a notebook takes its reader: one rule for the first cells and the tables.

A minute is 180 words, 15 lines of code, one *Predict* or one figure; an exercise takes what its
heading states. Folded code, checks, hints and solutions count with the exercise or not at all. A
section whose heading says *optional* ends at the next heading of its level, and is counted apart.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from symtut.errors import InputError
from tools.exercises import BEGIN, title_and_minutes

WORDS_A_MINUTE, LINES_A_MINUTE = 180, 15
HEADING = re.compile(r"^(#+) +(.+)$")
SECTION = re.compile(r"## (\d+) · ")
EXERCISE = re.compile(r"^Exercise \d+ · (.+)$")
FOLD = re.compile(r"<details>\s*<summary>(?:Hint|A solution).*?</details>", re.DOTALL)
FIGURE = re.compile(
    r"plt\.show\(|style\.show_figure\(|^(?:explorers\.explore|films\.\w+|\w+\.(?:\w*film|writing))\(",
    re.M,
)
TIME = re.compile(r"(\*\*Time:\*\* about \d+ minutes? of computing)\b([^.]*)\.")


@dataclass
class Effort:
    """What there is to read and to do."""

    words: int = 0
    lines: int = 0
    predictions: int = 0
    figures: int = 0
    exercises: list[int] = field(default_factory=list)  # minutes of each

    @property
    def minutes(self) -> int:
        reading = self.words / WORDS_A_MINUTE + self.lines / LINES_A_MINUTE
        return round(reading + self.predictions + self.figures + sum(self.exercises))


def efforts(notebook, sections: Collection[int] = ()) -> tuple[Effort, Effort]:
    """(required, optional) of a notebook as its source gives it, or of some numbered sections.

    What stands before the first section always counts.
    """
    required, optional = Effort(), Effort()
    level = 0  # of the heading that said optional; 0 outside
    counts = True
    for cell in notebook.cells:
        effort = optional if level else required
        if cell.cell_type == "code":
            if counts:
                _add_code(effort, cell)
            continue
        for line in FOLD.sub("", cell.source).splitlines():
            if sections and line.startswith("## "):
                number = SECTION.match(line)
                counts = bool(number) and int(number[1]) in sections
            if not counts:
                continue
            if heading := HEADING.match(line):
                if len(heading[1]) <= level:
                    level = 0
                if not level and re.search(r"\boptional\b", heading[2]):
                    level = len(heading[1])
                effort = optional if level else required
                if exercise := EXERCISE.match(heading[2]):
                    effort.exercises.append(title_and_minutes(exercise[1])[1] or 0)
            effort.words += sum(bool(re.search(r"\w", word)) for word in line.split())
            effort.predictions += line.count("**Predict")
    return required, optional


def _add_code(effort: Effort, cell) -> None:
    effort.figures += len(FIGURE.findall(cell.source))
    if not {"setup", "hide-input", "check"} & set(cell.metadata.get("tags", [])):
        if BEGIN not in cell.source:
            effort.lines += sum(bool(line.strip()) for line in cell.source.splitlines())


def with_minutes(text: str, notebook, where: str) -> str:
    """A first cell's text with the reader's minutes behind those of computing.

    Raises
    ------
    InputError
        If the text does not state the minutes of computing, or states those of reading itself.
    """
    found = TIME.search(text)
    if not found or "reading" in found[2]:
        raise InputError(
            f"{where}: the first cell must say '**Time:** about 2 minutes of computing, on one "
            "core.'; the build adds the minutes of reading and exercises."
        )
    required, optional = (effort.minutes for effort in efforts(notebook))
    more = f" What is marked *optional* takes {optional} more." if optional else ""
    stated = f"{found[1]} and {required} of reading and exercises{found[2]}.{more}"
    return text[: found.start()] + stated + text[found.end() :]
