"""Pictures of trees: where nodes stand, and that the film's stack computes the formula."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from symtut.expressions import Expression
from symtut.lab.plots import use_style
from symtut.lab.scenes import nb04_tree_plots as tree_plots

FORMULA = Expression.from_text("0.75*sin(x0) - x1/(2 + abs(x0))")


@pytest.fixture(autouse=True)
def style():
    with plt.rc_context():
        use_style()
        yield
    plt.close("all")


def test_arguments_stand_below_and_leaves_side_by_side():
    place = tree_plots.positions(FORMULA.prefix)
    assert place.shape == (FORMULA.complexity, 2) and place[0, 1] == 0
    for i in range(len(place)):
        below = tree_plots.arguments(FORMULA.prefix, i)
        assert all(place[child, 1] == place[i, 1] - 1 for child in below)
        if below:
            assert place[i, 0] == pytest.approx(np.mean(place[below, 0]))
    assert len({tuple(row) for row in place.tolist()}) == len(place)
    leaves = [i for i in range(len(place)) if not tree_plots.arguments(FORMULA.prefix, i)]
    assert place[leaves, 0].tolist() == list(range(len(leaves)))


def test_a_tree_shows_names_numbers_and_places():
    axes = tree_plots.draw_tree(FORMULA, names=("theta", "u"), numbered=True, title="a formula")
    written = [text.get_text() for text in axes.texts]
    assert {"−", "×", "sin", "θ", "u", "0.75", "÷", "+", "2", "abs"} <= set(written)
    assert {str(i) for i in range(FORMULA.complexity)} <= set(written)
    assert axes.get_title(loc="left") == "a formula"


def test_a_skeleton_shows_its_holes():
    axes = tree_plots.draw_tree(Expression(("mul", "C", "x0")), marked=[1])
    assert [text.get_text() for text in axes.texts] == ["×", "C", "x0"]


@pytest.mark.parametrize(
    "text", ["0.75*sin(x0) - x1/(2 + abs(x0))", "x1", "exp(-0.3*x0)*cos(2*x1 - 1)"]
)
def test_the_stack_ends_with_the_value_of_the_formula(text):
    expression, point = Expression.from_text(text), np.array([0.4, -1.3])
    states = tree_plots.stack_states(expression, point)
    assert [i for i, *_ in states] == list(reversed(range(expression.complexity)))
    assert states[-1][2] == (states[-1][1],)
    assert states[-1][1] == pytest.approx(float(expression(point[None])[0]))


def test_the_film_has_a_frame_for_each_token_and_is_small():
    expression = Expression.from_text("0.5*sin(x0)")
    data = tree_plots.stack_film_png(expression, [0.3])
    film = Image.open(io.BytesIO(data))
    assert film.n_frames == expression.complexity + 1 and len(data) < 60_000
    shown = tree_plots.stack_film(expression, [0.3], seconds=0.1)
    assert shown.data[:4] == b"\x89PNG" and "0.5*sin(x0)" in shown.alt
