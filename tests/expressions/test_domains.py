"""Where formulas are defined: the text, the values outside, the one warning of ``predict``."""

import numpy as np
import pytest
import torch

from symtut.expressions import Expression
from symtut.expressions.code import code
from symtut.expressions.domains import conditions, domain_text, values_inside

DOMAINS = {
    "log(x0)": "x0 > 0",
    "1/x0": "x0 != 0",
    "sqrt(x0)/x1": "x0 >= 0 and x1 != 0",
    "1/sqrt(x0)": "x0 > 0",
    "log(2*x0 + 1)": "x0 > -0.5",
    "log(3 - 2*x0)": "x0 < 1.5",
    "x0/(x0 + x2)": "x0 + x2 != 0",
    "1/(x0*x1**2)": "x0 != 0 and x1 != 0",
    "1/sqrt(x0**2 + x1**2)": "x0**2 + x1**2 > 0",
    "x0**0.5": "x0 >= 0",
    "x0**-2.0": "x0 != 0",
    "x0**-1.5": "x0 > 0",
    "x0**x1": "(x0 >= 0 or x1 whole) and (x0 != 0 or x1 >= 0)",
    "asin(x0 - x1)": "-1 <= x0 - x1 <= 1",
    "log(log(x0))": "x0 > 1",
    "1/log(x0)": "x0 > 0 and x0 != 1",
    "1/(exp(x0) - 1)": "x0 != 0",
    "1/(exp(2*x0) - 3)": "x0 != 0.5493",
    "sqrt(2*x0/x1)": "x1 != 0 and x0/x1 >= 0",
    "sqrt(-2*x0/x1)": "x1 != 0 and x0/x1 <= 0",
    "1/(x0 - x1)": "x0 != x1",
    "log(2*x0 - x1 - 3)": "2*x0 - x1 > 3",
    "log(x0/(1 + x1**2))": "x0 > 0",
    "1/(1/x0)": "x0 != 0",
    "1/x0**0.7": "x0 > 0",
    "log(x0**3.0)": "x0 > 0",
    "log(x0**-2.0)": "x0 != 0",
    "log(-x0**2)": "x0**2 < 0",
}
EVERYWHERE = [
    "x0 + sin(x1)", "1/(1 + x0**2)", "sqrt(x0**2 + x1**2)", "asin(tanh(x0))", "2**x0", "x0**3",
    "exp(x0)/exp(x1)", "log(1 + abs(x0))", "sqrt(exp(x0))", "1/(cos(x0) + 1.5)", "x0**2.0",
]  # fmt: skip


@pytest.mark.parametrize("text", DOMAINS)
def test_domain_in_words(text):
    assert domain_text(Expression.from_text(text)) == DOMAINS[text]


@pytest.mark.parametrize("text", EVERYWHERE)
def test_what_always_holds_is_not_said(text):
    assert domain_text(Expression.from_text(text)) == ""
    assert conditions(Expression.from_text(text)) == ()


def test_a_very_long_formula_has_a_short_domain():
    long = Expression(("sqrt",) * 5000 + ("x0",))
    assert domain_text(long) == "every part of it is"
    np.testing.assert_array_equal(values_inside(long, [[-1.0], [1.0]]), [np.nan, 1.0])
    assert domain_text(Expression(("neg",) * 5000 + ("x0",))) == ""


def test_names_and_digits_are_those_of_the_formula():
    shown = domain_text(Expression.from_text("log(3*x0 - 1)*x1"), ("wind", "u"), 2)
    assert shown == "wind > 0.33"


OUTSIDE = {
    "log(x0)": [0.0, -1.0],
    "sqrt(x0)": [-1.0],
    "1/x0": [0.0],
    "x1/x0": [0.0],
    "asin(x0)": [1.5, -1.5],
    "acos(x0)": [1.5, -1.5],
    "x0**0.5": [-1.0],
    "x0**-1.0": [0.0],
    "x0**(x1 - 2.5)": [-1.0, 0.0],
    # in float64 these come out finite
    "1/(1/x0)": [0.0],
    "atan(1/x0)": [0.0],
    "tanh(log(x0))": [0.0, -1.0],
    "exp(-1/x0**2)": [0.0],
    "1/(1/x0 + 1/x1)": [0.0],
    "(x0**0.5)**2": [-1.0],
    "x0**0.5*0": [-1.0],
}


@pytest.mark.parametrize("library", ["numpy", "torch"])
@pytest.mark.parametrize("text", OUTSIDE)
def test_no_number_outside_the_domain(text, library):
    expression = Expression.from_text(text)
    x = np.array([[v, 2.0] for v in (*OUTSIDE[text], 0.75)])
    value = np.asarray(values_inside(expression, torch.tensor(x) if library == "torch" else x,
                                     library))  # fmt: skip
    assert np.isnan(value[:-1]).all()
    np.testing.assert_allclose(value[-1], expression(x)[-1], rtol=1e-14)
    assert np.isfinite(value[-1])


@pytest.mark.parametrize(
    ("text", "value"), [("1/exp(x0)", np.inf), ("log(exp(x0))", -np.inf), ("x1/exp(x0)", -np.inf)]
)
def test_what_is_too_small_for_a_number_is_inside_the_domain(text, value):
    """exp(−800) is 0 in float64: the prediction is what the generated code computes."""
    expression, x = Expression.from_text(text), np.array([[-800.0, -3.0], [0.5, -3.0]])
    made: dict = {}
    exec(code(expression), made)
    with np.errstate(all="ignore"):
        expected = made["equation"](*x[:, list(expression.variables)].T)
    assert domain_text(expression) == "" and expected[0] == value
    np.testing.assert_array_equal(values_inside(expression, x), expected)
    np.testing.assert_allclose(values_inside(expression, torch.tensor(x), "torch"), expected)


def test_power_of_variables_is_defined_at_whole_exponents():
    x = np.array([[-2.0, 2.0], [-2.0, -1.0], [0.0, 0.0], [0.0, 2.0], [-2.0, 0.5], [0.0, -1.0]])
    value = values_inside(Expression.from_text("x0**x1"), x)
    np.testing.assert_array_equal(value, [4.0, -0.5, 1.0, 0.0, np.nan, np.nan])


def test_where_it_is_defined_nothing_changes():
    x = np.random.default_rng(0).uniform(0.1, 2, (50, 2))
    expression = Expression.from_text("log(x0)/x1 + sqrt(x0)*x1**-0.5")
    np.testing.assert_array_equal(values_inside(expression, x), expression(x))
    assert values_inside(expression, x[0]) == expression(x[0])
