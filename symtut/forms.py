"""Declared forms: what the content of a file must look like, and the check of it.

A form is declared once, beside the code that writes the file::

    CARD = object_of({"sha256": text(64), "parameters": whole(1)}, {"device": text()})

and ``CARD.check(value)`` returns the value or raises :class:`Mismatch`, whose message names the
place and what should stand there. Nothing is converted: 1.0 is no whole number, "1" is no number.
``form.parse(text)`` reads a cell of a table, where everything is text; a ``ValueError`` or text
where a number is wanted means that it does not fit.
"""

import math
import re
import reprlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

LARGEST = 2**53  # whole numbers above it have no exact float
LARGEST_SEED = 2**32 - 1  # that every generator takes
DEEPEST = 24  # levels of lists and objects where a form leaves them free


class Mismatch(ValueError):
    """A value is not of the declared form; the message says where and what was expected."""


@dataclass(frozen=True)
class Form:
    """What a value must be.

    ``wanted`` completes "must be …"; ``inspect(value, at)`` says whether the value itself fits and
    checks what is inside it, at places that begin with ``at``. ``dtype`` is that of a column of
    such values in a DataFrame.
    """

    wanted: str
    inspect: Callable[[Any, str], bool]
    parse: Callable[[str], object] = str
    dtype: str = "object"

    def check(self, value: Any, at: str = "") -> Any:
        if not self.inspect(value, at):
            raise Mismatch(f"{at or 'the content'} must be {self.wanted}, not {_brief(value)}")
        return value


def _brief(value) -> str:
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return reprlib.repr(value)  # short, whatever it is


# ---- single values ------------------------------------------------------------------------------


def whole(low: int = 0, high: int = LARGEST) -> Form:
    """A whole number within bounds, which belong to it."""
    limits = f"from {low} to {high}" if high < LARGEST else f"of at least {low}"
    return Form(
        f"a whole number {limits}",
        lambda value, at: type(value) is int and low <= value <= high,
        lambda text: int(text) if re.fullmatch(r"[+-]?[0-9]{1,20}", text) else text,
        "int64",
    )


def number(low: float = -math.inf, high: float = math.inf, finite: bool = True) -> Form:
    """A number within bounds; infinite ones and NaN only with ``finite=False``."""
    limits = "" if low == -math.inf else f" of at least {low:g}"
    limits += "" if high == math.inf else f"{' and' * bool(limits)} of at most {high:g}"
    return Form(
        f"a {'finite ' * finite}number{limits}",
        lambda value, at: (
            type(value) in (int, float)
            and (low <= value <= high or not finite and value != value)
            and (not finite or abs(value) <= sys.float_info.max)  # of whole numbers, too
        ),
        lambda text: float(text) if re.fullmatch(r"[-+.0-9a-zA-Z]{1,40}", text) else text,
        "float64",
    )


def text(longest: int = 2000, pattern: str | None = None) -> Form:
    """Text of at most ``longest`` characters, all of it matching ``pattern``."""
    return Form(
        f"text of at most {longest} characters" if pattern is None else f"text like {pattern}",
        lambda value, at: (
            type(value) is str
            and len(value) <= longest
            and (pattern is None or re.fullmatch(pattern, value) is not None)
        ),
    )


def one_of(*values) -> Form:
    """One of a few values, of the same type."""
    return Form(
        " or ".join(map(_brief, values)),
        lambda value, at: any(type(value) is type(v) and value == v for v in values),
    )


FLAG = one_of(True, False)
NAME = text(200)
SHA256 = text(64, "[0-9a-f]{64}")


def optional(form: Form, nothing: object = None) -> Form:
    """``form`` or ``nothing``; in a table an empty cell.

    A column of a DataFrame has NaN for a number that is missing, ``nothing`` for anything else.
    """
    return Form(
        f"{form.wanted} or {nothing!r}",
        lambda value, at: value is nothing or value == nothing or form.inspect(value, at),
        lambda text: form.parse(text) if text else nothing,
        "float64" if form.dtype == "float64" else "object",
    )


# ---- values inside values -----------------------------------------------------------------------


def list_of(form: Form, most: int = 100_000, least: int = 0, what: str = "a list") -> Form:
    """A list of ``least`` to ``most`` values of one form."""

    def inspect(value, at):
        return (
            type(value) is list
            and least <= len(value) <= most
            and all(form.check(item, f"{at}[{i}]") is item for i, item in enumerate(value))
        )

    return Form(f"{what} of {least} to {most} entries", inspect)


def object_of(
    required: dict[str, Form],
    allowed: dict[str, Form] | None = None,
    what: str = "an object",
    others: Form | None = None,
) -> Form:
    """An object with these keys, perhaps the ``allowed`` ones, and no others.

    ``what`` is its name in messages, for example "the summary of a run". With ``others`` it may
    have more keys, with values of that form.
    """
    known = required | (allowed or {})

    def inspect(value, at):
        if type(value) is not dict:
            return False
        where = f" in '{at}'" if at else ""
        for key in required:
            if key not in value:
                raise Mismatch(f"'{key}' is missing{where}")
        for key, item in value.items():
            form = known.get(key, others)
            name = reprlib.repr(key)
            if form is None:
                raise Mismatch(f"{name} is unknown{where}")
            form.check(item, f"{at}.{name[1:-1]}" if at else name[1:-1])
        return True

    return Form(what, inspect)


def mapping(form: Form) -> Form:
    """An object with any keys and values of one form."""
    return object_of({}, others=form)


def with_key(key: str, form: Form, otherwise: Form) -> Form:
    """``form`` for an object that has the key, ``otherwise`` for everything else."""

    def inspect(value, at):
        chosen = form if type(value) is dict and key in value else otherwise
        return chosen.inspect(value, at)

    return Form(form.wanted, inspect)


def of_dataclass(cls: type, **given: Form) -> Form:
    """An object with the fields of a dataclass, all of which may be missing.

    ``given`` holds forms of single fields; the others follow from their types.
    """
    plain = {int: whole(), float: number(), str: NAME, bool: FLAG}
    kinds = {field.name: plain.get(field.type, ANYTHING) for field in fields(cls)}
    return object_of({}, kinds | given)


def _shallow(value, depth: int = 0) -> bool:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return True
    return depth < DEEPEST and all(_shallow(item, depth + 1) for item in value)


ANYTHING = Form(f"at most {DEEPEST} levels deep", lambda value, at: _shallow(value))
