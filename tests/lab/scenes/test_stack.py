"""How a stack evaluates a formula: the states, and that the film shows them."""

import io

import numpy as np
import pytest
from PIL import Image

from symtut.expressions import Expression
from symtut.lab.scenes import nb04_stack as stack


@pytest.mark.parametrize(
    "text", ["0.75*sin(x0) - x1/(2 + abs(x0))", "x1", "exp(-0.3*x0)*cos(2*x1 - 1)"]
)
def test_the_stack_ends_with_the_value_of_the_formula(text):
    expression, point = Expression.from_text(text), np.array([0.4, -1.3])
    states = stack.stack_states(expression, point)
    assert [i for i, *_ in states] == list(reversed(range(expression.complexity)))
    assert states[-1][2] == (states[-1][1],)
    assert states[-1][1] == pytest.approx(float(expression(point[None])[0]))


def test_the_film_has_a_frame_for_each_token_and_is_small():
    expression = Expression.from_text("0.5*sin(x0)")
    data = stack.stack_film(expression, [0.3]).data
    film = Image.open(io.BytesIO(data))
    assert film.n_frames == expression.complexity + 1 and len(data) < 60_000
    shown = stack.stack_film(expression, [0.3], seconds=0.1)
    assert shown.data[:4] == b"\x89PNG" and "0.5*sin(x0)" in shown.alt
