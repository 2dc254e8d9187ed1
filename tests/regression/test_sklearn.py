"""scikit-learn's own checks of an estimator (the package itself does not need scikit-learn)."""

import subprocess
import sys

import numpy as np
import pytest

from symtut.errors import InputError
from symtut.regression import SymbolicRegressor

ESTIMATORS = {
    "sparse": SymbolicRegressor(method="sparse", max_time=None),
    "transformer": SymbolicRegressor(n_candidates=8, rounds=1, max_time=None),
}

WEIGHTS = "check_sample_weight_equivalence_on_dense_data"
EXPECTED = {WEIGHTS: "points of a search are drawn in proportion to their weights"}


@pytest.mark.filterwarnings("ignore:Estimator SymbolicRegressor does not inherit")
@pytest.mark.filterwarnings("ignore:formulas have at most 6 variables")
@pytest.mark.filterwarnings("ignore:the best equation has R")
@pytest.mark.parametrize("name", ESTIMATORS)
def test_check_estimator(name):
    """All checks pass but one, which wants the same bits from weights and from copies."""
    pytest.importorskip("sklearn", minversion="1.6")
    checks = pytest.importorskip("sklearn.utils.estimator_checks")
    results = checks.check_estimator(
        ESTIMATORS[name], expected_failed_checks=EXPECTED, on_skip=None, on_fail=None
    )
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert failed == {}
    (unequal,) = (r["exception"] for r in results if r["status"] == "xfail")
    assert "not equivalent to fitting with removed or repeated" in str(unequal)
    assert sum(result["status"] == "passed" for result in results) >= 40


@pytest.mark.filterwarnings("ignore:formulas have at most 6 variables")
def test_several_targets_through_scikit_learn():
    multioutput = pytest.importorskip("sklearn.multioutput")
    x = np.random.default_rng(0).uniform(-3, 3, (80, 8))
    y = np.column_stack([2 * np.sin(x[:, 0]) - x[:, 1], x[:, 2] * x[:, 7]])
    weights = np.where(np.arange(80) % 4 == 0, 0.0, 1.0)
    y[::4] = 100.0
    with pytest.raises(InputError, match=r"not shape \(80, 2\).*MultiOutputRegressor"):
        SymbolicRegressor(method="sparse").fit(x, y)
    model = multioutput.MultiOutputRegressor(SymbolicRegressor(method="sparse", max_time=None))
    model.fit(x, y, sample_weight=weights)
    first, second = (one.equations_[0]["equation"] for one in model.estimators_)
    assert first in ("-x1 + 2*sin(x0)", "2*sin(x0) - x1") and second == "x2*x7"
    np.testing.assert_allclose(model.predict(x)[1::4], y[1::4], atol=1e-9)


def test_pipeline_and_cross_validation():
    sklearn = pytest.importorskip("sklearn")
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline

    x = np.random.default_rng(0).uniform(-3, 3, (60, 2))
    y = 2 * np.sin(x[:, 0]) - x[:, 1]
    model = make_pipeline(SymbolicRegressor(method="sparse", max_time=None))
    assert cross_val_score(model, x, y, cv=3).min() > 1 - 1e-9
    assert sklearn.base.is_regressor(SymbolicRegressor())


def test_not_fitted_is_the_error_of_both():
    exceptions = pytest.importorskip("sklearn.exceptions")
    for error in (InputError, exceptions.NotFittedError):
        with pytest.raises(error, match="not fitted yet"):
            SymbolicRegressor().predict(np.ones((3, 2)))


def test_works_without_scikit_learn():
    """With scikit-learn out of reach: import, fit, predict, and the same errors."""
    code = """
import sys
sys.modules["sklearn"] = None
import numpy as np
from symtut import SymbolicRegressor
from symtut.errors import InputError
x = np.random.default_rng(0).normal(size=(30, 2))
model = SymbolicRegressor(method="sparse")
try:
    model.predict(x)
except InputError as error:
    print(error)
model.fit(x, x[:, :1] * 2).get_params()
print(model.equations_[0]["equation"])
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "this SymbolicRegressor is not fitted yet: call fit(X, y) first.", "2*x0",
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore:R")
def test_score_is_r2_score():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 3, (30, 1))
    model = SymbolicRegressor(method="sparse").fit(x, 2 * x[:, 0])
    w, y = rng.uniform(0, 2, 30), 2 * x[:, 0] + rng.normal(size=30)
    cases = [
        (x, y, None), (x, y, w), (x, y, np.where(w > 1, w, 0)), (x, np.full(30, 3.0), None),
        (x * 0 + 1.5, np.full(30, 3.0), None), (x * 0 + 1.5, np.full(30, 3.0), w),
    ]  # fmt: skip
    for at, target, weight in cases:
        expected = metrics.r2_score(target, model.predict(at), sample_weight=weight)
        assert model.score(at, target, sample_weight=weight) == pytest.approx(expected, rel=1e-12)
    assert np.isnan(model.score(x[:1], y[:1]))
    for bad in (-w, w[:5], np.where(w > 1, np.nan, w), np.zeros(30), w[:, None]):
        with pytest.raises(InputError, match="sample_weight"):
            model.score(x, y, sample_weight=bad)


def test_metadata_routing():
    """A search over parameters passes weights to fit and score where that has been asked for."""
    sklearn = pytest.importorskip("sklearn", minversion="1.8")
    from sklearn.model_selection import GridSearchCV

    rng = np.random.default_rng(0)
    x = rng.uniform(-3, 3, (60, 1))
    wrong = np.arange(60) % 3 == 0
    y = np.where(wrong, 50.0, 2 * x[:, 0])
    weights = np.where(wrong, 0.0, 1.0)
    model = SymbolicRegressor(method="sparse", max_time=None)
    with sklearn.config_context(enable_metadata_routing=True):
        asked = model.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        assert asked is model
        copy = sklearn.base.clone(model)
        assert copy.get_params() == model.get_params()
        search = GridSearchCV(copy, {"rounds": [1]}, cv=3).fit(x, y, sample_weight=weights)
        assert search.best_score_ == pytest.approx(1.0)
        unasked = GridSearchCV(SymbolicRegressor(method="sparse"), {"rounds": [1]}, cv=3)
        with pytest.raises(ValueError, match="sample_weight"):
            unasked.fit(x, y, sample_weight=weights)
    with pytest.raises(InputError, match="sample_weight is requested by"):
        model.set_fit_request(sample_weight=3)
