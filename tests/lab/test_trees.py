"""Formulas as pictures: where nodes stand, what is written on them, how tokens are named."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from symtut.expressions import Expression
from symtut.lab import trees
from symtut.lab.style import use_style
from symtut.regression.transformer.numbered import NumberedSum
from symtut.regression.transformer.tokens import pack

FORMULA = Expression.from_text("0.75*sin(x0) - x1/(2 + abs(x0))")


@pytest.fixture(autouse=True)
def house_style():
    with plt.rc_context():
        use_style()
        yield
    plt.close("all")


def test_arguments_stand_below_and_leaves_side_by_side():
    x, depth, parent = trees.layout(FORMULA.prefix)
    place = np.column_stack([x, -depth])
    below = [np.flatnonzero(parent == i) for i in range(len(x))]
    assert place.shape == (FORMULA.complexity, 2) and place[0, 1] == 0
    for i in range(len(place)):
        assert all(place[child, 1] == place[i, 1] - 1 for child in below[i])
        if len(below[i]):
            assert place[i, 0] == pytest.approx(np.mean(place[below[i], 0]))
    assert len({tuple(row) for row in place.tolist()}) == len(place)
    leaves = [i for i in range(len(place)) if not len(below[i])]
    assert place[leaves, 0].tolist() == list(range(len(leaves)))


def test_a_tree_shows_names_numbers_and_places():
    axes = trees.draw_tree(FORMULA, names=("theta", "u"), numbered=True, title="a formula")
    written = [text.get_text() for text in axes.texts]
    assert {"−", "×", "sin", "θ", "u", "0.75", "÷", "+", "2", "|  |"} <= set(written)
    assert {str(i) for i in range(FORMULA.complexity)} <= set(written)
    assert axes.get_title(loc="left") == "a formula"


def test_a_skeleton_shows_its_holes():
    axes = trees.draw_tree(Expression(("mul", "C", "x0")), marked=[1])
    assert [text.get_text() for text in axes.texts] == ["×", "C", "x0"]


def test_layout_puts_parents_above_the_middle_of_their_children():
    x, depth, parent = trees.layout(("add", "mul", "C", "x1", "sin", "x0"))
    assert parent.tolist() == [-1, 0, 1, 1, 0, 4]
    assert depth.tolist() == [0, 1, 2, 2, 1, 2]
    assert x.tolist() == [1.25, 0.5, 0.0, 1.0, 2.0, 2.0]


def test_a_tree_may_have_holes():
    axes = trees.draw_tree(["mul", "x0", "FACTOR"])
    assert {text.get_text() for text in axes.texts} == {"×", "x0", "factor"}


@pytest.mark.parametrize(
    "token, kind",
    [
        ("sin", "operator"), ("x3", "variable"), ("C", "number"), ("+0.16", "number"),
        ("−1.1e+02", "number"), ("<sep>", "mark"), ("FACTOR", "hole"), ("exp", "operator"),
    ],
)  # fmt: skip
def test_kinds_of_tokens(token, kind):
    assert trees.kind(token) == kind


def test_words_name_the_codes():
    formula = NumberedSum((("sin", "x0"), ("x1",)), (1000.0, -1e-5), 0.0)
    words = trees.words(pack([formula], "prefix")[0])
    assert words[:6] == ["<bos>", "add", "mul", "1e+03", "sin", "x0"]
    assert words[6:] == ["add", "mul", "-1e-05", "x1", "1e-05", "<eos>"]
    both = pack([(("x0",),), (("sin", "x0"),)])
    assert trees.words(both[0]) == ["<bos>", "x0", "<eos>"]  # padding left out
