"""Six of many columns: those that matter, how sure that is, and what is said about it."""

import warnings

import numpy as np
import pytest

from symtut.errors import InputError
from symtut.regression import SymbolicRegressor
from symtut.regression.data import screening
from symtut.regression.data.screening import screen

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 20))
TARGETS = {
    "sum": (lambda x: 3 * np.sin(x[:, 3]) + x[:, 7] ** 2 - x[:, 9], {3, 7, 9}),
    "product alone": (lambda x: x[:, 2] * x[:, 11], {2, 11}),
    "law": (lambda x: np.exp(x[:, 4] - x[:, 5]) / (1 + x[:, 6] ** 2), {4, 5, 6}),
    "size": (lambda x: np.abs(x[:, 1]) + x[:, 19] * x[:, 0], {0, 1, 19}),
}


@pytest.mark.parametrize("noise", [0.0, 0.05])
@pytest.mark.parametrize("name", TARGETS)
def test_true_columns_are_found_whatever_the_dependence(name, noise):
    function, true = TARGETS[name]
    y = function(X)
    y = y + noise * y.std() * np.random.default_rng(1).normal(size=len(y))
    found = screen(X, y, list(range(20)), np.random.default_rng(0))
    assert true <= set(found.chosen) and len(found.chosen) == 6
    assert all(found.frequency[j] == 1.0 for j in true)
    others = [j for j in range(20) if j not in true]
    assert found.frequency[others].mean() < 0.5
    assert found.score[list(true)].min() > 3 * found.score[others].max()
    assert list(found.chosen) == sorted(found.chosen, key=lambda j: -found.score[j])


def test_units_order_and_outliers_change_nothing():
    y = TARGETS["sum"][0](X)
    usual = screen(X, y, list(range(20)), np.random.default_rng(0))
    y_far, y_near = y.copy(), y.copy()
    y_far[5], y_near[5] = y.max() + 1e6, y.max() + 1
    for other, target in ((X * 10.0 ** np.arange(-10, 10), y), (np.exp(X), y)):
        again = screen(other, target, list(range(20)), np.random.default_rng(0))
        assert set(again.chosen[:3]) == set(usual.chosen[:3])
        np.testing.assert_allclose(again.score, usual.score, rtol=1e-6, atol=1e-9)
    far, near = (screen(X, t, list(range(20)), np.random.default_rng(0)) for t in (y_far, y_near))
    np.testing.assert_allclose(far.score, near.score)


def test_a_fit_says_what_it_chose_and_predicts_from_it(tmp_path):
    x = np.column_stack([np.ones(200), X, X[:, 0]])  # constant, 20 columns, a copy
    y = 2 * np.sin(x[:, 4]) - x[:, 8] * x[:, 10]
    names = [f"c{j}" for j in range(22)]
    model = SymbolicRegressor(method="sparse", max_time=None, feature_names=names)
    with pytest.warns(UserWarning, match=r"matter most: .*c4 \(100%\).*others are left out"):
        model.fit(x, y)
    assert {4, 8, 10} <= set(model.columns_) == set(model.screening_.chosen)
    assert model.columns_ == tuple(sorted(model.columns_)) and len(model.columns_) == 6
    assert model.equations_[0]["equation"] in ("2*sin(c4) - c8*c10", "-c8*c10 + 2*sin(c4)")
    np.testing.assert_allclose(model.predict(x), y, atol=1e-9)
    assert model.screening_.score.shape == model.screening_.frequency.shape == (22,)
    assert model.screening_.frequency[[0, 21]].tolist() == [0.0, 0.0]
    model.save(tmp_path / "model.json")
    again = SymbolicRegressor.load(tmp_path / "model.json")
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    assert again.screening_.chosen == model.screening_.chosen
    np.testing.assert_array_equal(again.screening_.frequency, model.screening_.frequency)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert model.set_params(feature_names=None).fit(x[:, 4:10], y).screening_ is None


def test_held_out_points_do_not_choose():
    """Columns are chosen without the quarter that judges the equations."""
    seen, whole = [], screening.screen

    def spy(x, *rest):
        seen.append(len(x))
        return whole(x, *rest)

    y = TARGETS["sum"][0](X)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(screening, "screen", spy)
        SymbolicRegressor(method="sparse", max_time=None).fit(X, y)
    assert seen == [150]


def test_awkward_columns_and_targets():
    """Zeros and ones, few points, columns of two values, weights."""
    generator = np.random.default_rng(0)
    x = (X[:, :8] > 0).astype(float)
    y = x[:, 1] + 2 * x[:, 6]
    assert {1, 6} <= set(screen(x, y, list(range(8)), generator).chosen)
    rare = (np.arange(200) < 3).astype(float)
    assert len(screen(X, rare, list(range(20)), generator).chosen) == 6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        few = SymbolicRegressor(method="sparse", max_time=None).fit(X[:5], X[:5, 0])
        assert np.isfinite(few.predict(X)).all()
        weight = np.where(np.arange(200) % 2, 1.0, 0.0)
        y = np.where(weight > 0, X[:, 3] * X[:, 12], 50.0)
        model = SymbolicRegressor(method="sparse", max_time=None).fit(X, y, weight)
    assert model.equations_[0]["equation"] == "x3*x12"


def test_what_varies_elsewhere_alone_counts_for_nothing():
    """A column, or a target, may be the same at all points that were drawn."""
    rare = X.copy()
    rare[:, 8] = 0.0
    found = screen(rare, TARGETS["sum"][0](X), list(range(20)), np.random.default_rng(0))
    assert {3, 7, 9} <= set(found.chosen) and 8 not in found.chosen
    assert found.score[8] == 0.0 and np.isfinite(found.score).all()
    nothing = screen(X, np.zeros(len(X)), list(range(20)), np.random.default_rng(0))
    assert len(nothing.chosen) == 6 and not nothing.score.any()


def test_too_many_are_refused():
    with pytest.raises(InputError, match="more than 100 variables.*at most 6"):
        SymbolicRegressor(method="sparse").fit(RNG.normal(size=(50, 101)), X[:50, 0])
