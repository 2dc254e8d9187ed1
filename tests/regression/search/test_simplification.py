"""The same function in fewer words: no factor of one, each variable once in a product."""

import numpy as np
import pytest

from symtut import SymbolicRegressor
from symtut.expressions import Expression
from symtut.regression.search.simplification import tidied


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("1*x0 - 1*x1", "x0 - x1"),
        ("x0**1.0", "x0"),
        ("0.5*x1*x2*x1**2", "0.5*x1**3*x2"),
        ("x1*cos(x0)*x1**2", "x1**3*cos(x0)"),
        ("x0/x1*x0", "x0**2/x1"),
        ("1/(x1*x2*x1)", "1/(x1**2*x2)"),
        ("sin(x0*x1*x0)", "sin(x0**2*x1)"),
    ],
)
def test_the_same_function_in_fewer_words(text, short):
    whole = Expression.from_text(text)
    found = tidied(whole, gather=True)
    assert found.text() == short and found.complexity <= whole.complexity
    x = np.random.default_rng(0).uniform(-2, 2, (50, 3))
    np.testing.assert_allclose(found(x[x[:, 0] > 0]), whole(x[x[:, 0] > 0]), rtol=1e-13)


@pytest.mark.parametrize("text", ["x0**2*x1/x0", "x0*x1*x0**8", "x1*x0**3", "-x0*x1 + x0**2"])
def test_nothing_is_cancelled_and_what_is_short_stays(text):
    whole = Expression.from_text(text)
    assert tidied(whole, gather=True) == whole


def test_powers_that_an_alphabet_has_to_spell_stay_apart():
    whole = Expression.from_text("x0*x1*x0")
    assert tidied(whole, gather=False) == whole
    x = np.random.default_rng(0).uniform(1, 3, (60, 2))
    settings = {"method": "sparse", "operators": ["mul"], "max_time": None, "rounds": 1}
    model = SymbolicRegressor(**settings).fit(x, 2 * x[:, 0] ** 3)
    assert model.equations_[0]["equation"] == "2*x0*x0*x0"


def test_a_found_cube_is_written_as_one():
    x = np.random.default_rng(0).uniform(-2, 2, (60, 2))
    model = SymbolicRegressor(method="sparse", max_time=None, rounds=1)
    model.fit(x, x[:, 1] - 0.4 * x[:, 0] ** 3)
    assert model.equations_[0]["equation"] == "x1 - 0.4*x0**3"
    assert model.latex() == r"x_{1} - 0.4 \, x_{0}^{3}"
    assert model.equations_[0]["expression"] == Expression.from_text("x1 + -0.4*x0**3")
