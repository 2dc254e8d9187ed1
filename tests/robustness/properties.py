"""What property tests share: their settings, and formulas, data and files to draw."""

# fmt: off
import os

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from symtut.expressions import CONSTANT, OPERATORS, VARIABLES, Expression

EXAMPLES = int(os.environ.get("SYMTUT_EXAMPLES", "200"))
"""Of each property; the same ones in every run."""

POINTS = np.random.default_rng(0).uniform(0.5, 2.0, (16, len(VARIABLES)))


def examples(share: float = 1.0):
    """Settings of a property test that takes ``share`` of the usual number of examples."""
    return settings(
        max_examples=max(1, round(EXAMPLES * share)), deadline=None, derandomize=True,
        database=None, suppress_health_check=list(HealthCheck),
    )


def _join(name, *parts):
    return (
        (name, *(token for prefix, _ in parts for token in prefix)),
        tuple(value for _, constants in parts for value in constants),
    )


def _grown(inner):
    return st.one_of(
        *(st.builds(_join, st.just(name), *([inner] * operator.arity))
          for name, operator in OPERATORS.items())
    )


#: Numbers that four digits write exactly, of either sign.
SHORT = st.builds(
    lambda digits, power: float(f"{digits}e{power}"), st.integers(-9999, 9999), st.integers(-5, 1)
)


def formulas(numbers=SHORT, leaves: int = 10, variables=VARIABLES):
    """Any formula with at most ``leaves`` leaves."""
    leaf = st.one_of(
        st.sampled_from(variables).map(lambda name: ((name,), ())),
        numbers.map(lambda value: ((CONSTANT,), (value,))),
    )
    grown = st.recursive(leaf, _grown, max_leaves=leaves)
    return grown.map(lambda parts: Expression(*parts))


def agree(found, wanted, formula: Expression, x=POINTS, tolerance=1e-7) -> bool:
    """Equal wherever ``formula`` has a value that rounding does not decide.

    Where a change of the last digits of points and numbers changes the value, as in tan near a
    pole or in differences of great numbers, two ways of computing it may differ.
    """
    found, wanted = np.broadcast_to(found, len(x)), np.broadcast_to(wanted, len(x))
    steady = np.isfinite(wanted) & (np.abs(wanted) < 1e100)
    rng = np.random.default_rng(1)
    with np.errstate(all="ignore"):
        for _ in range(3):
            shaken = Expression(
                formula.prefix,
                tuple(c * (1 + 1e-12 * rng.standard_normal()) for c in formula.constants),
            )
            value = np.broadcast_to(shaken(x * (1 + 1e-12 * rng.standard_normal(x.shape))), len(x))
            steady &= np.abs(value - wanted) <= tolerance * 0.1 * (1e-6 + np.abs(wanted))
        close = np.abs(found - wanted) <= tolerance * (1e-6 + np.abs(wanted))
    return bool(close[steady].all())


#: Anything that JSON can hold, and what only Python's JSON can.
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
        st.sampled_from([10**400, -1, 0, 1_000_000_000, "", "NaN", "1e999", "x0", "add"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def places(value, path=()):
    """Every place in a JSON value, as a path of keys and indices."""
    yield path
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in items:
            yield from places(item, (*path, name))


def replaced(value, path, new):
    """``value`` with ``new`` at one place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy
