"""Structure before search: reductions, functions with a number inside, sums of two terms."""

from itertools import chain

import numpy as np
import pytest

from symtut import SymbolicRegressor
from symtut.expressions import CONSTANT, VARIABLES, Expression
from symtut.regression.data.scaling import in_units
from symtut.regression.search.fits import Fit
from symtut.regression.search.levenberg_marquardt import levenberg_marquardt
from symtut.regression.search.robust import explains_one_point
from symtut.regression.structure import spelled
from symtut.regression.structure.laws import Laws
from symtut.regression.structure.observations import Observations
from symtut.regression.structure.profiles import offset_powers, profiles
from symtut.regression.structure.reductions import reductions
from symtut.regression.structure.sums import propose_sums

RNG = np.random.default_rng(100)


def points(*ranges, n=150):
    return np.column_stack([RNG.uniform(low, high, n) for low, high in ranges])


def truth(text, x):
    return Expression.from_text(text)(x)


# ---- which variables matter only together --------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "together", "factor"),
    [
        ("x0*(exp(x1/x2) - 1)", {"x1", "x2"}, "x0"),
        ("tanh(x0*x1/(x2*x3))", {"x0", "x1", "x2", "x3"}, None),
        ("x3**2*sin(x0 - x1)/x2", {"x0", "x1"}, "x3**2/x2"),
        ("atan(x0*cos(x1))", {"x0", "x1"}, None),
    ],
)
def test_the_combination_and_the_factor_are_found(text, together, factor):
    x = points((1, 3), (0.3, 1.2), (0.5, 2), (0.5, 2))
    best = reductions(Observations(x, truth(text, x)))[0]
    assert best.left < 1e-3
    assert {token for token in best.index if token in VARIABLES} == together
    free = {token for token in best.factor if token in VARIABLES} - together
    assert free == (set() if factor is None else {t for t in VARIABLES if t in factor})
    # what is left is a function of w alone: equal w, equal value
    order = np.argsort(best.values)
    jumps = np.abs(np.diff(best.rest[order])).sum()
    assert jumps < 1.5 * np.ptp(best.rest)


def test_a_sum_with_a_function_of_a_quotient():
    x = points((3, 9), (0.1, 1), (0.1, 1))
    best = reductions(Observations(x, truth("x0 + 0.4343*log(x1/x2)", x)))[0]
    assert best.addends == (("x0",),) and best.factor == ()
    assert {t for t in best.index if t in VARIABLES} == {"x1", "x2"}


def test_noise_alone_reduces_to_nothing():
    x = points((1, 3), (1, 3), (1, 3))
    assert reductions(Observations(x, RNG.normal(size=len(x)))) == []


# ---- functions of one variable -------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "1/(exp(0.7*x0) - 1)",
        "x0**3*exp(-1.3*x0)",
        "tanh(0.3*x0)",
        "log(1 + 2*x0)",
        "sin(3*x0)**2/x0**2",
        "1/(3 - 0.25*x0)",
        "sqrt(2.5 + x0**2)",
    ],
)
def test_the_number_inside_is_found(text):
    w = np.exp(RNG.uniform(-2, 2, 150))
    h = truth(text, w[:, None])
    loss, found = profiles(Observations(w[:, None], h))[0]
    assert loss < 1e-8
    values = spelled.expression(found)(w[:, None])
    assert np.corrcoef(values, h)[0, 1] ** 2 > 1 - 1e-8


@pytest.mark.parametrize("text", ["1/(2.5 + x0**1.7)", "sqrt(3 + x0**2.5)", "exp(-0.4*x0**1.3)"])
def test_powers_that_are_no_fractions(text):
    w = np.exp(RNG.uniform(-1, 1, 150))
    loss, _ = min(offset_powers(Observations(w[:, None], truth(text, w[:, None]))))
    assert loss < 1e-8


def test_only_usable_operators_are_proposed():
    w = np.exp(RNG.uniform(-1, 1, 60))
    found = profiles(Observations(w[:, None], np.tanh(w), usable={"mul", "add", "inv", "div"}))
    operators = {t for _, p in found for t in p if t not in VARIABLES and not spelled.is_numeral(t)}
    assert found and operators <= {"mul", "add", "inv", "div"}


# ---- sums ----------------------------------------------------------------------------------------


def test_two_terms_that_explain_little_alone():
    x = points((10, 30), (60, 100), (0.05, 0.5), (0.1, 10))
    y = truth("x0 + (x1 - x0)*exp(-x2*x3)", x)
    best = propose_sums(Observations(x, y))[0]
    assert set(best.terms) == {
        ("x0",),
        ("mul", "x0", "exp", "neg", "mul", "x2", "x3"),
        ("mul", "x1", "exp", "neg", "mul", "x2", "x3"),
    }


# ---- all together --------------------------------------------------------------------------------


def best_loss(x, y):
    standard, lowest = (y - y.mean()) / y.std(), np.inf
    laws = Laws(x, y)
    for candidates in chain(laws.first(), laws.later()):
        terms, guesses = [c.terms for c in candidates], [c.guess for c in candidates]
        if terms:
            fits = levenberg_marquardt(terms, x, standard, RNG, starts=1, guesses=guesses)
            lowest = min([lowest, *(fit.loss for fit in fits if np.isfinite(fit.loss))])
        if lowest < 1e-16:
            break
    return lowest


@pytest.mark.parametrize(
    "text",
    [
        "x0*(exp(0.7*x1/x2) - 1)",
        "x0/(1 + (x1/x2)**1.8)",
        "x0*x1/(x2 - x3) - x1/x2**2",
        "1 + x0*x1/(2 + x2)",
        "x0**3/(exp(4.8*x0/x1) - 1)",
        "-atan(x0*x1*x2)",
        "x3*tanh(x0*x1/x2)",
    ],
)
def test_laws_are_exact_before_anything_slow(text):
    used = [name for name in VARIABLES[:4] if name in text]
    x = points((1, 3), (0.5, 2), (3.1, 6), (0.5, 3))[:, : len(used)]
    assert best_loss(x, truth(text, x)) < 1e-14


def test_differences_are_those_of_the_users_units():
    """One column is a thousand times smaller than another, and their difference matters."""
    x = np.column_stack([RNG.uniform(0.5, 5, 200), RNG.uniform(0.003, 0.01, 200)])
    model = SymbolicRegressor(method="prior+sparse", max_time=None, rounds=1).fit(
        x, 3 / (x[:, 0] - x[:, 1])
    )
    fresh = np.column_stack([RNG.uniform(0.4, 6, 99), RNG.uniform(0.001, 0.02, 99)])
    np.testing.assert_allclose(model.predict(fresh), 3 / (fresh[:, 0] - fresh[:, 1]), rtol=1e-6)


def test_rescaled_proposals_mean_the_same():
    proposal = spelled.candidate([("div", "x0", "sub", "x1", "mul", "2.5", "x0")])
    x, units = points((1, 2), (500, 900)), (1.0, 100.0)
    terms, guess = in_units(proposal.terms, proposal.guess, units)
    old = Expression(proposal.terms[0], tuple(proposal.guess))(x)
    new = Expression(terms[0], tuple(guess))(x / units)
    assert CONSTANT in terms[0]
    np.testing.assert_allclose(new / new[0], old / old[0], rtol=1e-12)


def test_units_beyond_float64_drop_a_proposal():
    proposal = spelled.candidate([("sin", "inv", "pow", "x0", "60.0")])
    assert in_units(proposal.terms, proposal.guess, (1e-6,)) is None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("x0*(exp(x1/(1.5*x2)) - 1)", "-x0 + x0*exp(0.6666667*x1/x2)"),
        ("0.08206*x0/(x1 - x2)", "0.08206*x0/(x1 - x2)"),
    ],
)
def test_a_number_that_needs_digits_does_not_lend_them_to_its_neighbours(text, written):
    x = points((1, 3), (0.5, 2), (3.1, 6), n=200)
    x[:, 1] /= 100  # its difference with another column has a number in the search's own units
    y = truth(text.replace("x1", "(100*x1)") if "exp" in text else text, x)
    model = SymbolicRegressor(
        method="prior+sparse", max_time=None, rounds=1, random_state=0
    ).fit(x, y)
    assert model.equations_[0]["equation"] == (
        written.replace("0.6666667", "66.66667") if "exp" in text else written
    )


def test_a_pole_beside_one_point_explains_that_point_alone():
    x = np.linspace(-2, 2, 60)[:, None]
    pole = Fit(
        (("inv", "sub", "x0", "C"),), np.array([x[40, 0] + 1e-6]), np.array([1e-9]), 0.0, 0.1
    )
    wave = Fit((("sin", "x0"), ("exp", "x0")), np.zeros(0), np.array([1.0, 2.0]), 0.0, 0.1)
    assert explains_one_point(pole, x) and not explains_one_point(wave, x)
