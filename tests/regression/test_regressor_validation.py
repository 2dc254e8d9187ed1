"""Held-out points and weights: what an equation is worth, and what a point counts for."""

import warnings

import numpy as np
import pytest

from symtut.errors import InputError
from symtut.regression import SymbolicRegressor
from symtut.regression.data.points import Points, solve
from symtut.regression.search.fits import Fit
from symtut.regression.search.levenberg_marquardt import levenberg_marquardt
from symtut.regression.search.validation import losses_held_out, warn_if_worse

RNG = np.random.default_rng(0)
X = RNG.uniform(-3, 3, (90, 2))
LAW = 2 * np.sin(X[:, 0]) - X[:, 1]
NOISE = RNG.normal(size=90)


def sparse(**settings):
    return SymbolicRegressor(method="sparse", max_time=None, **settings)


# ---- held-out points -----------------------------------------------------------------------------


def test_a_quarter_is_held_out_by_the_seed_and_few_points_are_not():
    masks = [Points(X, LAW).held_out(np.random.default_rng(s)) for s in (0, 0, 1)]
    assert masks[0].sum() == 22 and (masks[0] == masks[1]).all() and (masks[0] != masks[2]).any()
    assert not Points(X[:23], LAW[:23]).held_out(np.random.default_rng(0)).any()
    once = np.zeros(40)
    once[7] = 1.0  # held out or not: one side would be constant
    assert not Points(X[:40], once).held_out(np.random.default_rng(0)).any()


def test_losses_at_held_out_points_are_those_of_a_fit_to_the_others():
    y, w = LAW + NOISE, RNG.uniform(0.5, 2, 90)
    fit = Fit((("x0",), ("sin", "mul", "C", "x1")), np.array([1.3]), np.zeros(2), 0.0, 0.0)
    undefined = Fit((("log", "x0"),), np.zeros(0), np.ones(1), 0.0, 0.0)
    design = np.column_stack([np.ones(90), X[:, 0], np.sin(1.3 * X[:, 1])])
    held = np.arange(90) % 4 == 0
    for weight in (None, w):
        ones = np.ones(90) if weight is None else weight
        size = np.average((y - np.average(y, weights=ones)) ** 2, weights=ones)
        root = np.sqrt(ones)

        def missed(out, root=root):
            seen = ~out
            numbers = np.linalg.lstsq(design[seen] * root[seen, None], (y * root)[seen])[0]
            return (y - design @ numbers)[out] ** 2

        expected = np.average(missed(held), weights=ones[held]) / size
        found = losses_held_out([fit, undefined], X, y, weight, held)
        assert found[0] == pytest.approx(expected, rel=1e-9) and found[1] == np.inf
        each = np.concatenate([missed(np.arange(90) == i) for i in range(90)])
        expected = np.average(each, weights=ones) / size
        found = losses_held_out([fit], X, y, weight, np.zeros(90, dtype=bool))
        assert found[0] == pytest.approx(expected, rel=1e-9)


def test_equations_say_what_they_do_at_held_out_points():
    rows = sparse().fit(X, LAW).equations_
    assert 1 - rows[0]["r2_holdout"] < 1e-12
    rows = sparse().fit(X, LAW + NOISE).equations_
    assert 0.5 < rows[0]["r2_holdout"] < 0.95
    assert rows[0]["r2"] > 0.5 and rows[-1]["complexity"] >= 1
    few = sparse().fit(X[:15], LAW[:15] + NOISE[:15]).equations_  # each left out once
    assert all(row["r2_holdout"] < row["r2"] for row in few)


def test_what_does_worse_elsewhere_is_warned_of():
    with pytest.warns(UserWarning, match=r"R² = 0.99 .*R² = 0.2 on a held-out quarter"):
        warn_if_worse({"r2": 0.99, "r2_holdout": 0.2}, few=False)
    with pytest.warns(UserWarning, match="left out one by one"):
        warn_if_worse({"r2": 0.9, "r2_holdout": -3.0}, few=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for fitted, held_out in ((1.0, 0.99), (0.3, 0.1), (0.0, -0.2), (0.9, None)):
            warn_if_worse({"r2": fitted, "r2_holdout": held_out}, few=False)


@pytest.mark.parametrize("n", [10, 14, 20, 24, 30])
def test_a_law_without_noise_is_found_from_few_points(n):
    """Held-out points or not: few transitions of the pendulum give its equation."""
    rng = np.random.default_rng(n)
    x = rng.uniform([-np.pi, -7, -2], [np.pi, 7, 2], (n, 3))
    y = (0.75 * np.sin(x[:, 0]) + 0.15 * x[:, 2]).astype(np.float32)
    model = SymbolicRegressor(method="prior+sparse", max_time=None).fit(x.astype(np.float32), y)
    assert model.equations_[0]["equation"] in (
        "0.15*x2 + 0.75*sin(x0)", "0.75*sin(x0) + 0.15*x2"
    )  # fmt: skip


# ---- weights -------------------------------------------------------------------------------------


def test_numbers_are_weighted_least_squares():
    w = RNG.uniform(0.1, 3, 90)
    y = 1.0 + 2 * X[:, 0] - X[:, 1] + 0.3 * NOISE
    model = sparse().fit(X, y, sample_weight=w)
    design = np.column_stack([np.ones(90), X])
    expected, loss = solve(design, y, w)
    plain, _ = solve(design, y)
    found = np.array([model.predict([[0.0, 0]])[0], *(model.predict(np.eye(2)) - model.predict(
        np.zeros((2, 2))))])  # fmt: skip
    # rounded to what 90 points can tell apart
    assert np.abs(found - expected).max() < 0.2 * np.abs(plain - expected).max()
    assert model.equations_[0]["loss"] == pytest.approx(loss, rel=0.02)
    assert model.equations_[0]["r2"] == pytest.approx(model.score(X, y, sample_weight=w), abs=1e-9)


def test_weight_zero_is_absence():
    wrong = np.arange(90) % 3 == 0
    y = np.where(wrong, 1e6 * NOISE, LAW)
    model = sparse().fit(X, y, sample_weight=np.where(wrong, 0.0, 1.0))
    assert 1 - model.score(X[~wrong], y[~wrong]) < 1e-12
    np.testing.assert_array_equal(model.inliers_, ~wrong)
    absent = sparse().fit(X[~wrong], y[~wrong])
    assert [r["equation"] for r in model.equations_] == [r["equation"] for r in absent.equations_]
    with pytest.raises(InputError, match="n_samples = 4 points"):
        sparse().fit(X, y, sample_weight=np.arange(90) < 4)


def test_light_points_hardly_count_and_equal_weights_change_nothing():
    wrong = np.arange(90) % 3 == 0
    y = np.where(wrong, LAW + 5 * NOISE, LAW)
    model = sparse().fit(X, y, sample_weight=np.where(wrong, 1e-9, 7.0))
    assert np.mean((model.predict(X) - LAW) ** 2) < 1e-6
    pair = [sparse().fit(X, LAW + NOISE, sample_weight=w) for w in (None, np.full(90, 3.0))]
    assert pair[0].equations_ == pair[1].equations_


def test_whole_weights_are_repetitions():
    y, w = LAW + 0.2 * NOISE, RNG.integers(0, 4, 90)
    weighted = sparse().fit(X, y, sample_weight=w)
    repeated = sparse().fit(X.repeat(w, axis=0), y.repeat(w))
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), atol=0.1)


@pytest.mark.parametrize("bad", [-np.ones(90), np.full(90, np.nan), np.ones(5), np.zeros(90),
                                 np.ones((90, 1)), 2.0, ["a"] * 90])  # fmt: skip
def test_bad_weights_are_one_clear_error(bad):
    with pytest.raises(InputError, match="sample_weight"):
        sparse().fit(X, LAW, sample_weight=bad)


def test_inner_constants_are_weighted_too():
    """The weighted optimum is where the weighted error has no slope."""
    y, w = np.sin(1.7 * X[:, 0]) + 0.1 * NOISE, RNG.uniform(0.1, 3, 90)
    term = (("sin", "mul", "C", "x0"),)
    guess = [np.array([1.6])]
    fit = levenberg_marquardt([term], X, y, RNG, 1, guesses=guess, weight=w)[0]

    def error(constant):
        design = np.column_stack([np.ones(90), np.sin(constant * X[:, 0])])
        return solve(design, y, w)[1]

    c, step = float(fit.constants[0]), 1e-3
    assert error(c) < min(error(c - step), error(c + step))
    assert fit.loss == pytest.approx(
        error(c) / np.average((y - np.average(y, weights=w)) ** 2, weights=w), rel=1e-9
    )
    values = fit.expression()(X)
    assert np.average(y - values, weights=w) == pytest.approx(0, abs=1e-9)


def test_many_points_are_all_used_where_time_allows():
    rng = np.random.default_rng(2)
    x = rng.uniform(-3, 3, (120_000, 2))
    y = 1.5 * np.sin(x[:, 0]) + 0.25 * x[:, 1] + rng.normal(size=120_000)
    model = sparse().fit(x, y)
    expected, loss = solve(np.column_stack([np.sin(x[:, 0]), x[:, 1]]), y)
    found = np.array([model.predict([[np.pi / 2, 0.0]])[0], model.predict([[0.0, 1.0]])[0]])
    assert np.abs(found - expected).max() < 3e-3  # 5,000 points alone know them to 2e-2
    assert model.equations_[0]["loss"] == pytest.approx(loss, rel=1e-4)
