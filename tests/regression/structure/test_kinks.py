"""Kinks: places and factors are found exactly, and nothing is said of smooth functions."""

import numpy as np
import pytest

from symtut.regression import SymbolicRegressor
from symtut.regression.structure.kinks import propose_kinks
from symtut.regression.structure.observations import Observations

X = np.random.default_rng(0).uniform(-3, 3, (200, 3))
LAWS = {
    "abs(x1 - 1.25)": lambda x: np.abs(x[:, 1] - 1.25),
    "0.5*x0 + 0.5*abs(x0 - 0.4) - 0.2": lambda x: np.maximum(x[:, 0] - 0.4, 0),
    "0.5*abs(x0 + 1) - 0.5*abs(x0 - 1)": lambda x: np.clip(x[:, 0], -1, 1),
    "x2*abs(x0 + 1.5) - 0.1*x1**2": lambda x: x[:, 2] * abs(x[:, 0] + 1.5) - 0.1 * x[:, 1] ** 2,
}


@pytest.mark.parametrize("law", LAWS)
def test_sums_with_kinks_are_found_exactly(law):
    y = LAWS[law](X)
    model = SymbolicRegressor(max_time=None, rounds=1).fit(X, y)
    wider = 1.5 * X
    assert np.abs(model.predict(wider) - LAWS[law](wider)).max() < 1e-6, model.equations_[0]
    assert model.equations_[0]["equation"].count("abs") == law.count("abs")


def test_units_do_not_matter():
    size = np.array([1e-6, 1.0, 1e5])
    found = propose_kinks(Observations(X * size, np.abs(X[:, 2] - 1.25)))
    assert [len(candidate.terms) for candidate in found] == [1]
    assert found[0].guess == pytest.approx([1.25e5])


def test_under_noise_the_place_is_about_right():
    y = np.abs(X[:, 0] - 0.7) + X[:, 1]
    y += 0.01 * y.std() * np.random.default_rng(1).normal(size=len(y))
    (candidate,) = propose_kinks(Observations(X, y))
    assert ("abs", "sub", "x0", "C") in candidate.terms
    assert candidate.guess[0] == pytest.approx(0.7, abs=0.02)


@pytest.mark.parametrize(
    "smooth",
    [
        lambda x: np.sin(3 * x[:, 0]),
        lambda x: np.exp(x[:, 0]) / (1 + x[:, 1] ** 2),
        lambda x: x[:, 0] * x[:, 1] + x[:, 2],
        lambda x: np.zeros(len(x)),
    ],
)
def test_nothing_is_proposed_for_smooth_functions(smooth):
    assert propose_kinks(Observations(X, smooth(X))) == []


def test_what_may_not_be_written_is_not_proposed():
    y = np.abs(X[:, 1] - 1.25)
    assert propose_kinks(Observations(X, y, usable={"add", "sub", "mul"})) == []
    assert propose_kinks(Observations(X[:10], y[:10])) == []
