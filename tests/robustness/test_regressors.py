"""Regressors, whatever the data: no worse than the mean, readable names, saved bit by bit."""

import tempfile
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from symtut import SymbolicRegressor
from symtut.errors import InputError
from symtut.expressions import Expression
from tests.robustness.properties import examples, formulas
from tests.robustness.tables.names import X, Y, close, written_names

NUMBERS = st.floats(-1e6, 1e6, width=32)
DATA = st.integers(5, 30).flatmap(
    lambda n: st.tuples(
        st.integers(1, 3).flatmap(lambda d: arrays.arrays(np.float64, (n, d), elements=NUMBERS)),
        arrays.arrays(np.float64, n, elements=NUMBERS),
    )
)


def sparse(**options):
    return SymbolicRegressor(method="sparse", max_time=None, **options)


@cache
def fitted():
    return sparse().fit(X, Y)


@examples()
@given(DATA)
def test_no_answer_is_worse_than_the_mean(data):
    x, y = data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = sparse().fit(x, y)
        except InputError:
            return
    error = np.mean((model.predict(x) - y) ** 2)
    assert error <= np.var(y) * (1 + 1e-9), model.equations_[0]["equation"]


@examples(0.25)
@given(st.lists(st.text(max_size=6), min_size=2, max_size=2))
def test_names_are_distinct_and_read_back(labels):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=labels)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            model = sparse().fit(frame, Y)
        except InputError:
            return
    names = written_names(model)
    assert len(set(names)) == len(names)
    back = Expression.from_text(model.equations_[0]["equation"], names)
    assert close(back(X), model.predict(frame), 1e-9)
    assert list(model.feature_names_in_) == labels


@examples()
@given(formulas(st.floats(allow_nan=False, allow_infinity=False), variables=("x0", "x1")))
def test_a_saved_model_comes_back_bit_by_bit(formula):
    model = sparse()
    model.__dict__.update(fitted().__dict__)
    model.equations_ = [dict(fitted().equations_[0]) | {"expression": formula}]
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model.json")
        back = SymbolicRegressor.load(Path(folder) / "model.json")
    assert back.expression() == formula
    np.testing.assert_array_equal(back.predict(X), model.predict(X))
