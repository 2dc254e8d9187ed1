"""A regressor's settings ``operators`` and ``constraints``: other names of operators, limits."""

import numbers
from typing import Any

from symtut.errors import InputError, did_you_mean
from symtut.expressions import OPERATORS

ALIASES = {
    **{"+": ("add",), "-": ("sub", "neg"), "*": ("mul",), "/": ("div", "inv")},
    **{"**": ("pow",), "^": ("pow",), "ln": ("log",)},
    **{"arcsin": ("asin",), "arccos": ("acos",), "arctan": ("atan",)},
}
"""Other names of operators; a minus sign is both a − b and −a, a fraction bar a/b and 1/a."""

LIMITS = ("max_complexity", "max_terms", "max_depth", "nested")


def checked_operators(names: Any) -> frozenset[str]:
    """The operators that a list of their names, or of other names for them, means.

    Raises
    ------
    InputError
        If it is no list, or a name is unknown.
    """
    listed = hasattr(names, "__len__") and hasattr(names, "__iter__")
    if not listed or isinstance(names, str | bytes | dict) or not len(names):
        raise InputError(
            f'operators must be a list of names like ["add", "mul", "sin"], not {names!r:.60}.'
        )
    return frozenset(name for given in names for name in _operator(given, "operators"))


def _operator(name, what: str) -> tuple[str, ...]:
    """The operators that are called ``name``."""
    if isinstance(name, str) and name in OPERATORS:
        return (str(name),)
    if isinstance(name, str) and name in ALIASES:
        return ALIASES[name]
    raise InputError(
        f"{what}: unknown operator {name!r:.60}{did_you_mean(name, [*OPERATORS, *ALIASES])}; "
        f"known: {', '.join(OPERATORS)}."
    )


def checked_limits(constraints: dict[str, Any] | None) -> dict[str, Any]:
    """The limits of a :class:`~symtut.regression.search.language.Language` by name.

    Raises
    ------
    InputError
        For an unknown limit, or one that is no whole number.
    """
    if constraints is None:
        return {}
    if not isinstance(constraints, dict):
        raise InputError(
            'constraints must be a dictionary like {"max_complexity": 20, "max_terms": 3}, '
            f"not {constraints!r:.60}."
        )
    for name in constraints:
        if not (isinstance(name, str) and name in LIMITS):
            raise InputError(
                f"constraints: unknown limit {name!r:.60}{did_you_mean(name, LIMITS)}; "
                f"known: {', '.join(LIMITS)}."
            )
    return {
        name: tuple(_nested(value)) if name == "nested" else _count(value, 1, name)
        for name, value in constraints.items()
    }


def _nested(nested):
    example = '{"sin": {"sin": 0, "cos": 0}}'
    if not isinstance(nested, dict) or not all(isinstance(v, dict) for v in nested.values()):
        raise InputError(f"constraints: nested must be like {example}, not {nested!r:.60}.")
    for outer, limits in nested.items():
        above = _operator(outer, "constraints: nested")
        for inner, most in limits.items():
            below = _operator(inner, "constraints: nested")
            most = _count(most, 0, f"nested[{outer!r}][{inner!r}]")
            yield from ((a, b, most) for a in above for b in below)


def _count(value, least: int, name: str) -> int:
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < least:
        raise InputError(
            f"constraints: {name} must be a whole number of at least {least}, not {value!r:.60}."
        )
    return int(value)
