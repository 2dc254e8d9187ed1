"""The one exception that means "the input was wrong", as opposed to "symtut is wrong"."""

import difflib


class InputError(ValueError):
    """Bad input: the message names what was wrong and what to do about it.

    The command line turns it into one line on stderr and exit code 2; every other
    exception is a bug and keeps its traceback. It is a ``ValueError`` so that library
    users can catch it without importing this module.
    """


def did_you_mean(name, known) -> str:
    """``" (did you mean 'sin'?)"`` for a name that is like one of ``known``, else nothing."""
    small = {str(known_name).lower(): known_name for known_name in known}
    near = difflib.get_close_matches(str(name).lower(), small, 1)
    return f" (did you mean {small[near[0]]!r}?)" if near else ""
