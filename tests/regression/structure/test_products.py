"""Products in the logarithm and sums behind a function, without any search."""

import warnings

import numpy as np
import pytest

from symtut.expressions import Expression
from symtut.regression.structure import products
from symtut.regression.structure.observations import Observations
from symtut.regression.structure.products import Products
from symtut.regression.structure.sums import propose_inverted_sums

NAMES = ("a", "b", "c", "d")


def propose_products(x, y):
    """Products for one target, without their losses."""
    return [proposal for proposal, _ in Products(Observations(x, y)).close_to(y)]


def data(text, n=120, noise=0.0, low=0.5, high=3.0):
    generator = np.random.default_rng(3)
    x = generator.uniform(low, high, (n, 4))
    y = Expression.from_text(text, NAMES)(x)
    return x, y + noise * y.std() * generator.standard_normal(n)


def misfit(candidate, x, y):
    """1 − R² of the candidate's term with the best factor and constant."""
    numbers = () if candidate.guess is None else tuple(candidate.guess)
    columns = np.column_stack([Expression(candidate.terms[0], numbers)(x), np.ones(len(y))])
    residual = y - columns @ np.linalg.lstsq(columns, y, rcond=None)[0]
    return np.mean(residual**2) / np.var(y)


@pytest.mark.parametrize(
    "text",
    [
        "6.7*a*b/c**2",
        "0.3*a**0.75*b/d**1.5",
        "sqrt(a/b)*c**3",
        "2*a*exp(-1.3*b/c)/d",
        "a*b*sin(c)/d",
        "a*(b**4 - c**4)*d",
        "a*b/sqrt(c**2 + d**2)",
        "a*(exp(b/c) - 1)",
        "-3*a/(b + c)",
        "a*cos(b)**2*(1 + c)",
    ],
)
def test_a_product_is_found_at_once(text):
    x, y = data(text)
    best, *_ = propose_products(x, y)
    assert misfit(best, x, y) < 1e-12
    wide, truth = data(text, low=0.3, high=4.0)
    assert misfit(best, wide, truth) < 1e-10


def test_signs_come_from_the_variables():
    x, y = data("1.7*a*b/c**2", low=-3, high=3)
    best, *_ = propose_products(x, y)
    assert misfit(best, x, y) < 1e-12


def test_noise_leaves_exponents_what_they_are():
    for noise in (0.01, 0.1):
        x, y = data("6.7*a*b**2/sqrt(c)", noise=noise)
        best, *_ = propose_products(x, y)
        assert Expression(best.terms[0], ()).text() == "x0*x1**2/sqrt(x2)"


@pytest.mark.parametrize(
    "text",
    [
        "sqrt(a**2 + b**2 - 2*a*b*cos(c))",
        "1/(1/a + 1/b + 2/c)",
        "3/sqrt(a + 2*b*c)",
        "exp(0.3*a - b/c + 0.5*d)",
        "log(a + 2*b**2)",
    ],
)
def test_a_sum_is_found_behind_its_function(text):
    x, y = data(text)
    assert min(misfit(c, x, y) for c in propose_inverted_sums(Observations(x, y))) < 1e-12


def test_what_is_no_product_gives_no_harm():
    x, _ = data("a")
    for y in (np.zeros(120), np.full(120, np.nan), np.random.default_rng(0).normal(size=120)):
        for candidate in (*propose_products(x, y), *propose_inverted_sums(Observations(x, y))):
            assert np.isfinite(misfit(candidate, x, np.nan_to_num(y) + x[:, 0]))
    assert propose_products(x[:5], x[:5, 0]) == []


def test_pure_powers_need_no_factors(monkeypatch):
    """The thousands of factors are evaluated only where powers alone do not say it all."""
    asked, factors = [], products.fixed_factors
    monkeypatch.setattr(products, "fixed_factors", lambda d: asked.append(d) or factors(d))
    x = np.random.default_rng(0).uniform(1, 3, (60, 3))
    power, wave = 2 * x[:, 0] ** 2 / x[:, 1], x[:, 0] * np.sin(x[:, 1])
    found = Products(Observations(x, power))
    assert found.close_to(power)[0][1] < 1e-16 and not asked
    assert found.close_to(wave)[0][1] < 1e-16 and asked == [3]
    assert found.close_to(wave + 0)[0][1] < 1e-16 and asked == [3]  # once for all targets


def test_values_beyond_the_squares_of_float64_are_no_warning():
    x = np.random.default_rng(0).uniform(1, 3, (60, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        best, *_ = propose_products(x, 1e-200 * x[:, 0] ** 2 / x[:, 1])
        propose_products(x, np.full(60, 2.0))  # a shifted target may be constant
    assert best.terms == (("div", "square", "x0", "x1"),)
