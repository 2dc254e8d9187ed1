"""What a hostile case is: one thing that somebody does, and what may come of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REFUSED = "refused"
"""An ``InputError``; on the command line one line on stderr and exit code 2."""

RIGHT = "right"
"""Done, and what the case asserts about the result holds."""

EITHER = "either"
"""Refused, or done and right: both are honest."""


class Wrong(Exception):
    """What a case found to be wrong although nothing was said."""


def expect(condition, *what) -> None:
    """Raise :class:`Wrong` unless ``condition``."""
    if not condition:
        raise Wrong(" ".join(map(str, what)) or "not as expected")


@dataclass(frozen=True)
class Case:
    """One row of the hostile table.

    Attributes
    ----------
    kind, name : str
        Together they are unique; the table is summed up by kind.
    do : tuple of str or callable
        Words of a command line (``"lab.run"`` first: those of ``python -m symtut.lab.run``), or a
        function of the case's own folder, which raises :class:`Wrong` if a result is wrong. Either
        runs with that folder as the working directory.
    outcome : str
        ``REFUSED``, ``RIGHT`` or ``EITHER``.
    says : str
        Pattern that the error (refused) or the output (right) of it must contain.
    warns : str
        Pattern that a warning must contain where it was not refused; empty: none is needed.
    lay : callable or None
        Lays out files beforehand. What it lays stays as it is, unless ``leaves`` names it.
    leaves : tuple of str
        Patterns of paths that may be left or changed. Empty for what is refused.
    cpu, memory : float, int
        Seconds, and MiB on top of the bare process, that the case may take.
    nobody : bool
        Done without the rights of the super-user, where the tests run with them.
    owed : str
        Why the case does not hold yet; empty if it does.
    """

    kind: str
    name: str
    do: tuple[str, ...] | Callable[[Path], object]
    outcome: str = REFUSED
    says: str = ""
    warns: str = ""
    lay: Callable[[Path], None] | None = None
    leaves: tuple[str, ...] = ()
    cpu: float = 4.0
    memory: int = 500
    nobody: bool = False
    owed: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}: {self.name}"


@dataclass(frozen=True)
class Seen:
    """What happened: ``end`` is value, refused, wrong, exception, hang or memory."""

    end: str
    text: str = ""  # the error, or the output
    warnings: tuple[str, ...] = ()
    harmed: tuple[str, ...] = ()  # paths that were left or changed and may not be
    cpu: float = 0.0


AS_EXPECTED, SILENT, TRACEBACK = "as expected", "wrong in silence", "traceback"
HANG, HARMED, UNCLEAR = "hang or memory", "files harmed", "unclear"
VERDICTS = (AS_EXPECTED, SILENT, TRACEBACK, HANG, HARMED, UNCLEAR)


def judge(case: Case, seen: Seen) -> tuple[str, str]:
    """(verdict, why): which of ``VERDICTS`` it is, and a line about it."""
    if seen.end == "exception":
        return TRACEBACK, seen.text
    if seen.end in ("hang", "memory"):
        return HANG, seen.text
    if seen.end == "wrong":
        return SILENT, seen.text
    if seen.end == "value" and case.outcome == REFUSED:
        return SILENT, f"was taken: {seen.text}"
    if seen.harmed:
        return HARMED, "left or changed: " + ", ".join(seen.harmed)
    if seen.end == "refused" and case.outcome == RIGHT:
        return UNCLEAR, f"was refused: {seen.text}"
    if seen.end == "refused" or case.outcome == RIGHT:
        if not re.search(case.says, seen.text, re.IGNORECASE | re.DOTALL):
            return UNCLEAR, f"does not say {case.says!r}: {seen.text}"
    if seen.end == "value" and case.warns:
        if not any(re.search(case.warns, text, re.IGNORECASE) for text in seen.warnings):
            return SILENT, f"does not warn of {case.warns!r}, but says {seen.warnings}"
    return AS_EXPECTED, seen.text
