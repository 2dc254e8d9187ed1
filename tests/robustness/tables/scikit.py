"""A guest of scikit-learn: its tools work, and points may have weights."""

# fmt: off
import copy
import pickle

import numpy as np

from tests.robustness.cases import RIGHT, Case, expect
from tests.robustness.tables.names import X, Y, close, sparse

RNG = np.random.default_rng(4)


def cloned(_):
    import sklearn.base

    given = sparse(feature_names=("a", "b"), random_state=np.int64(3))
    found = sklearn.base.clone(given.fit(X, Y))
    expect(found.get_params() == given.get_params(), found.get_params())
    expect(not hasattr(found, "equations_"), "the clone is fitted")


def searched(_):
    from sklearn.model_selection import GridSearchCV

    grid = GridSearchCV(sparse(), {"random_state": [0, 1], "robust": [False, True]}, cv=3)
    grid.fit(X, Y)
    expect(grid.best_score_ > 1 - 1e-6, grid.best_score_)


def piped(_):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    for step in (StandardScaler(), PolynomialFeatures(2)):
        model = make_pipeline(step, sparse()).fit(X, Y)
        expect(close(model.predict(X), Y), type(step).__name__)


def pandas_piped(_):
    import pandas
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    frame = pandas.DataFrame(X, columns=["angle", "u"])
    model = make_pipeline(StandardScaler().set_output(transform="pandas"), sparse()).fit(frame, Y)
    expect(close(model.predict(frame), Y))
    expect(list(model[-1].feature_names_in_) == ["angle", "u"], model[-1].feature_names_in_)


def bagged(_):
    from sklearn.ensemble import BaggingRegressor

    model = BaggingRegressor(sparse(), n_estimators=2, random_state=0).fit(X, Y)
    expect(close(model.predict(X), Y, 1e-3))


def several_targets(_):
    from sklearn.multioutput import MultiOutputRegressor

    target = np.column_stack([Y, X[:, 0]])
    expect(close(MultiOutputRegressor(sparse()).fit(X, target).predict(X), target))


def transformed_target(_):
    from sklearn.compose import TransformedTargetRegressor

    model = TransformedTargetRegressor(sparse(), func=np.log, inverse_func=np.exp)
    expect(close(model.fit(X, np.exp(X[:, 0])).predict(X), np.exp(X[:, 0])))


def validated(_):
    from sklearn.model_selection import cross_validate

    found = cross_validate(sparse(), X, Y, cv=3, scoring=["r2", "neg_mean_squared_error"])
    expect(found["test_r2"].min() > 1 - 1e-6, found)


def permuted(_):
    from sklearn.inspection import permutation_importance

    x = np.column_stack([X, RNG.normal(size=60)])
    found = permutation_importance(sparse().fit(x, Y), x, Y, n_repeats=3, random_state=0)
    expect(abs(found["importances_mean"][2]) < 1e-9, found["importances_mean"])


def pickled(_):
    model = sparse(random_state=np.int64(1)).fit(X, Y)
    for back in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        expect(np.array_equal(back.predict(X), model.predict(X)))
        expect(back.equations_[0]["equation"] == model.equations_[0]["equation"])


def untouched(_):
    x, y = X.copy(), Y.copy()
    x.flags.writeable = y.flags.writeable = False
    sparse().fit(x, y)
    expect(np.array_equal(x, X) and np.array_equal(y, Y), "the data were changed")


# ---- weights of points --------------------------------------------------------------------------


def outliers():
    """Half of the points follow another law and weigh nothing."""
    y = np.where(np.arange(60) % 2, Y, 100 * X[:, 1] ** 2)
    return y, np.arange(60) % 2.0


def weighted(_):
    y, weights = outliers()
    model = sparse().fit(X, y, sample_weight=weights)
    expect(close(model.predict(X), Y, 1e-4), "predicts", model.predict(X)[:3], "not", Y[:3])
    expect(abs(model.score(X, y, sample_weight=weights) - 1) < 1e-6, "the score takes no weights")


def weights_repeat(_):
    """A whole weight counts as so many copies do."""
    noisy = Y + 0.2 * np.random.default_rng(0).normal(size=60)
    times = np.arange(60) % 3
    first = sparse().fit(X, noisy, sample_weight=times.astype(float))
    second = sparse().fit(np.repeat(X, times, axis=0), np.repeat(noisy, times))
    scores = [model.score(X, noisy, sample_weight=times) for model in (first, second)]
    expect(abs(scores[0] - scores[1]) < 0.02 and min(scores) > 0.95, scores)


def routed(_):
    import sklearn
    from sklearn.model_selection import cross_validate

    y, weights = outliers()
    with sklearn.config_context(enable_metadata_routing=True):
        model = sparse().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        found = cross_validate(model, X, y, cv=3, params={"sample_weight": weights})
    expect(found["test_score"].min() > 1 - 1e-4, found["test_score"])


def refuses_weights(weights):
    return lambda _: sparse().fit(X, Y, sample_weight=weights)


def constant_score(_):
    model = sparse().fit(X, Y)
    expect(model.score(X, np.full(60, 3.0)) == 0.0, model.score(X, np.full(60, 3.0)))
    one = np.repeat(X[:1], 5, axis=0)
    exact = model.score(one, model.predict(one))
    expect(exact == 1.0, exact)


CASES = [
    *(Case("scikit-learn", name, do, RIGHT, cpu=10)
      for name, do in {
        "clone": cloned, "grid search": searched, "pipelines": piped, "pandas out": pandas_piped,
        "bagging": bagged, "several targets": several_targets, "a target transformed":
        transformed_target, "cross-validation": validated, "permutation importance": permuted,
        "pickle and deep copy": pickled, "data that cannot be written": untouched,
        "sample weights": weighted, "whole weights are copies": weights_repeat,
        "metadata routing": routed, "score on a constant y": constant_score,
      }.items()),
    *(Case("scikit-learn", f"weights: {name}", refuses_weights(weights), says="weight")
      for name, weights in {
        "too few": np.ones(59), "negative": np.r_[-1.0, np.ones(59)], "NaN": np.r_[np.nan,
        np.ones(59)], "all zero": np.zeros(60), "text": ["1"] * 59 + ["a"], "two columns":
        np.ones((60, 2)), "infinite": np.r_[np.inf, np.ones(59)], "complex": np.ones(60) * 1j,
      }.items()),
]
