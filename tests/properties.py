"""Property tests: how many examples, and random formulas.

``SYMTUT_EXAMPLES=10000 pytest tests/expressions/test_names.py`` tries more than a usual run.
"""

import os

from hypothesis import settings
from hypothesis import strategies as st

from symtut.expressions import CONSTANT, OPERATORS, VARIABLES, Expression

FEWEST = 200


def several(default: int = FEWEST):
    """Settings of a property test: the same examples each time, whatever they take."""
    count = max(default, int(os.environ.get("SYMTUT_EXAMPLES", 0)))
    return settings(max_examples=count, derandomize=True, deadline=None)


numbers = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def formulas(draw, numbers=numbers, depth: int = 4, variables=VARIABLES):
    """An :class:`Expression` of any shape over ``variables``."""
    constants = []

    def tree(depth):
        if depth == 0 or draw(st.integers(0, 3)) == 0:
            if draw(st.booleans()):
                return (draw(st.sampled_from(variables)),)
            constants.append(draw(numbers))
            return (CONSTANT,)
        operator = OPERATORS[draw(st.sampled_from(sorted(OPERATORS)))]
        parts = [tree(depth - 1) for _ in range(operator.arity)]
        return (operator.name, *(token for part in parts for token in part))

    return Expression(tree(depth), tuple(constants))
