"""What the variables of a formula may be called: names that are read back as themselves."""

import keyword
import re
import unicodedata
from collections.abc import Sequence

from symtut.errors import InputError
from symtut.expressions.operators import OPERATORS

FUNCTIONS = frozenset(name for name, row in OPERATORS.items() if row.text == f"{name}({{}})")
"""Functions that the text of a formula may call."""

_TAKEN = FUNCTIONS | {"inf", "nan"}


def as_python_reads(name: str) -> str:
    """The spelling that Python's parser gives a name (PEP 3131): ``µ`` (micro) is read as ``μ``."""
    return unicodedata.normalize("NFKC", name)


def check_names(names: Sequence[str]) -> None:
    """Prove that each name can stand in the text of a formula, and that no two are alike.

    Raises
    ------
    InputError
        For a name that is no Python identifier, that is a keyword, a function or a number, or that
        stands there twice.
    """
    for name in names:
        if not isinstance(name, str):
            raise InputError(f"a variable's name must be text, not {name!r}.")
        if not name.isidentifier():
            raise InputError(
                f"{name!r} cannot name a variable: use letters, digits and '_', a letter first."
            )
        if keyword.iskeyword(name) or as_python_reads(name) in _TAKEN:
            raise InputError(
                f"{name!r} means something else in a formula: call the variable {name}_, say."
            )
    check_distinct(names)


def check_distinct(names: Sequence[str]) -> None:
    """No two names are read alike.

    Raises
    ------
    InputError
        Names the first that stands there twice.
    """
    seen = set()
    for name in map(as_python_reads, map(str, names)):
        if name in seen:
            raise InputError(f"two variables are called {name!r}: their names must differ.")
        seen.add(name)


def readable_names(labels: Sequence[str]) -> tuple[str, ...]:
    """Names for columns with any labels, one for each, that :func:`check_names` accepts.

    A label that is a good name stays; ``wind speed`` becomes ``wind_speed``, ``2nd`` ``x_2nd``,
    ``sin`` ``sin_``; what has no letter or digit is called after its place. Where two would be
    alike, the later one gets a number: ``a``, ``a_2``.
    """
    wanted = [_readable(label, place) for place, label in enumerate(labels)]
    good = [name == label for name, label in zip(wanted, labels, strict=True)]
    found = list(wanted)
    used: set[str] = set()
    for place in sorted(range(len(wanted)), key=lambda place: not good[place]):  # good ones first
        name, number = wanted[place], 2
        while name in used:
            name, number = f"{wanted[place]}_{number}", number + 1
        used.add(name)
        found[place] = name
    return tuple(found)


def _readable(label: str, place: int) -> str:
    name = as_python_reads(label)
    if not name.isidentifier():
        name = re.sub(r"\W+", "_", name).strip("_")
    if name and not name.isidentifier():
        name = f"x_{name}"
    if not name.isidentifier():
        return f"x{place}"
    return f"{name}_" if keyword.iskeyword(name) or name in _TAKEN else name
