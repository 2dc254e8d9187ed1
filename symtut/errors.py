"""The one exception that means "the input was wrong", as opposed to "symtut is wrong"."""

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """Bad input: the message names what was wrong and what to do about it.

    The command line turns it into one line on stderr and exit code 2; every other
    exception is a bug and keeps its traceback. It is a ``ValueError`` so that library
    users can catch it without importing this module.
    """


class InUse(InputError):
    """Another process works on the same files."""


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """``" (did you mean 'sin'?)"`` for a name that is like one of ``known``, else nothing."""
    small = {str(known_name).lower().strip("-"): known_name for known_name in known}
    near = difflib.get_close_matches(str(name).lower().strip("-"), small, 1)
    return f" (did you mean {small[near[0]]!r}?)" if near else ""


def unknown(kind: str, name: object, known: Iterable[str]) -> InputError:
    """The error ``unknown task 'pendulmu' (did you mean 'pendulum'?). Known tasks: car2d, …``"""
    known, plural = list(known), f"{kind.removesuffix('s')}s"
    near = did_you_mean(name, known)
    return InputError(f"unknown {kind} {name!r:.60}{near}. Known {plural}: {', '.join(known)}.")
