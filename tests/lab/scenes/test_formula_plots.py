"""Figures of random functions: points and formulas agree, the film ends complete."""

import io

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

matplotlib.use("Agg")

from symtut.expressions import Expression, Grammar, RandomFunctions, random_functions
from symtut.expressions.evaluate import SYMBOLS
from symtut.lab import trees
from symtut.lab.scenes import nb05_formula_plots as formula_plots
from symtut.regression.transformer.examples import PRESETS, make_chunk
from symtut.regression.transformer.tokens import GrammarMask


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def functions(n_variables):
    config = RandomFunctions(n_variables=n_variables, grammar=Grammar(n_terms=(0, 1)), noise=0.0)
    return random_functions(config, 60, 30, np.random.default_rng(0))


def test_the_film_has_a_frame_for_each_step():
    steps = [([], ["TERM"]), (["sin"], ["ANGLE"]), (["sin", "x0"], [])]
    shown = formula_plots.writing(steps, seconds=0.5)
    assert shown.format == "png" and Image.open(io.BytesIO(shown.data)).n_frames == 3


def test_a_long_formula_is_broken_between_summands():
    formula = Expression.from_text("x0 + 2*x1 + -3*x2 + sin(x0)")
    lines = formula_plots.formula(formula, per_line=2).split("\n")
    assert len(lines) == 2 and all(line.count("$") == 2 for line in lines)
    assert "sin" in lines[1] and "+ -" not in formula_plots.formula(formula, per_line=4)


def title_of(axes):
    """Wherever the style of the moment puts it."""
    return axes.get_title("left") + axes.get_title()


def test_walls_show_points_and_formulas():
    for weights in ((1,), (0, 1)):
        drawn = functions(weights)
        figure = formula_plots.wall(drawn, range(4), columns=2)
        assert len(figure.axes) == 4 and all(title_of(axes) for axes in figure.axes)
        figure.canvas.draw()  # the formulas are valid mathematical text


def test_a_map_of_three_variables_holds_the_third():
    expression = Expression.from_text("x0 + 10*x2")
    axes = plt.subplots()[1]
    x = np.random.default_rng(0).uniform(-1, 1, (20, 3))
    formula_plots.panel(expression, x, expression(x), axes, fixed=(0.5,))
    values = axes.collections[0].get_array()
    assert values.min() == pytest.approx(5 + x[:, 0].min())
    assert values.max() == pytest.approx(5 + x[:, 0].max())


def test_a_training_example_shows_its_answer():
    batch = make_chunk(PRESETS["tiny"], 0)[0]
    for row in range(3):
        words = trees.words(batch.tokens[row])
        figure = formula_plots.training_example(batch, row)
        shown = [text.get_text() for axes in figure.get_axes() for text in axes.texts]
        assert shown == ["answer", *words]


def test_the_mask_chart_marks_what_was_written():
    mask = GrammarMask(1, 2, 8)
    axes = formula_plots.mask_chart(["x0"], mask.allowed().numpy())
    assert axes.texts[0].get_position() == (SYMBOLS.index("x0"), 0)
