"""Saved regressors: what is read back, what is refused, and what is never overwritten."""

import json
import time

import numpy as np
import pytest

from symtut import SymbolicRegressor
from symtut.errors import InputError
from symtut.expressions import Expression
from symtut.storage import read_json, write_json


@pytest.fixture(scope="module")
def fitted():
    x = np.random.default_rng(0).normal(size=(30, 2))
    return SymbolicRegressor(method="sparse", random_state=0).fit(x, 2 * x[:, 0] + x[:, 1] + 1)


@pytest.fixture
def path(tmp_path, fitted):
    fitted.save(tmp_path / "model.json")
    return tmp_path / "model.json"


def test_a_model_replaces_a_saved_model_only(tmp_path, path, fitted):
    fitted.save(path)
    assert SymbolicRegressor.load(path).equations_ == fitted.equations_
    for name, content in {"a.json": "{}", "b.txt": "notes", "c.json": '{"format": "x"}'}.items():
        (tmp_path / name).write_text(content)
        with pytest.raises(InputError, match=f"{name}.* It is not overwritten"):
            fitted.save(tmp_path / name)
        assert (tmp_path / name).read_text() == content
    with pytest.raises(InputError, match="is a folder"):
        fitted.save(tmp_path)
    with pytest.raises(InputError, match="a path is empty"):
        fitted.save("")


def equation(state, **changes):
    state["equations"][0] |= changes


CHANGES = {
    "no format": (lambda s: s.pop("format"), "'format' is missing"),
    "another format": (lambda s: s.update(format="x/2"), "format must be"),
    "no parameters": (lambda s: s.update(params=None), "params must be"),
    "unknown parameter": (lambda s: s["params"].update(colour=1), "unknown parameter 'colour'"),
    "wrong parameter": (lambda s: s["params"].update(rounds=-3), "rounds must be"),
    "a list as method": (lambda s: s["params"].update(method=[]), "unknown method"),
    "deep parameter": (lambda s: s["params"].update(weights=deep(30)), "levels deep"),
    "no equations": (lambda s: s.update(equations=[]), "equations must be"),
    "equations are text": (lambda s: s.update(equations="x0"), "equations must be"),
    "an equation is null": (lambda s: s.update(equations=[None]), r"equations\[0\] must be"),
    "unknown token": (lambda s: equation(s, prefix=["magic"], constants=[]), "unknown token"),
    "a token is a list": (lambda s: equation(s, prefix=[["x0"]]), r"prefix\[0\] must be"),
    "a token missing": (lambda s: equation(s, prefix=["add", "x0"], constants=[]), "model.json"),
    "a token too many": (lambda s: equation(s, prefix=["x0", "x0"], constants=[]), "left over"),
    "a number missing": (lambda s: equation(s, prefix=["C"], constants=[]), "has 0 numbers"),
    "a number too many": (lambda s: equation(s, prefix=["C"], constants=[1, 2]), "has 2 numbers"),
    "a number is text": (lambda s: equation(s, constants=["1"]), r"constants\[0\] must be"),
    "unknown variable": (lambda s: equation(s, prefix=["x5"], constants=[]), "more variables"),
    "too long": (lambda s: equation(s, prefix=["neg"] * 20_000 + ["x0"]), "prefix must be"),
    "complexity": (lambda s: equation(s, complexity=-1), "complexity must be"),
    "columns": (lambda s: s.update(columns=[0, 7]), "columns or labels"),
    "columns negative": (lambda s: s.update(columns=[0, -1]), "columns.* must be"),
    "labels": (lambda s: s.update(labels=["a"]), "columns or labels"),
    "complete": (lambda s: s.update(complete="yes"), "complete must be"),
    "names are a number": (lambda s: s["params"].update(feature_names=5), "feature_names must"),
    "operators a number": (lambda s: s["params"].update(operators=5), "operators must be"),
    "operators are text": (lambda s: s["params"].update(operators="sin"), "operators must be"),
    "unknown limit": (lambda s: s["params"].update(constraints={"size": 3}), "unknown limit"),
    "no fits": (lambda s: s.update(n_fits=0), "n_fits must be"),
    "screening of others": (
        lambda s: s.update(screening={"chosen": [9], "score": [0, 0], "frequency": [0, 1]}),
        "not of 2 columns",
    ),
    "screening cut": (lambda s: s.update(screening={"chosen": [1]}), "'score' is missing"),
    "another key": (lambda s: s.update(code="import os"), "'code' is unknown"),
}


def deep(levels):
    return [deep(levels - 1)] if levels else []


@pytest.mark.parametrize("name", CHANGES)
def test_what_does_not_fit_together_is_one_error(path, name):
    change, said = CHANGES[name]
    state = read_json(path)
    change(state)
    write_json(path, state)
    with pytest.raises(InputError, match=said) as caught:
        SymbolicRegressor.load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", ["", "[]", "null", "3", '"x"', "{}", "{", "NaN"])
def test_other_files_are_one_error(path, content):
    path.write_text(content)
    with pytest.raises(InputError, match="model.json"):
        SymbolicRegressor.load(path)


@pytest.mark.parametrize("inner", [["C"], ["mul", "C", "x0"], ["add", "C", "x0"]])
def test_forty_squares_are_a_formula_like_others(path, inner):
    """3 squared forty times has 10^12 digits."""
    state = read_json(path)
    prefix = ["square"] * 40 + inner
    equation(state, prefix=prefix, constants=[3.0], complexity=len(prefix))
    path.write_text(json.dumps(state))
    started = time.process_time()
    model = SymbolicRegressor.load(path)
    assert np.isposinf(model.predict(np.ones((3, 2)))).all()
    assert len(str(model.sympy())) < 100 and len(model.latex()) < 2000
    assert time.process_time() - started < 20  # not a measurement: it was hours


def test_whole_numbers_stay_exact_in_ordinary_formulas():
    assert str(Expression.from_text("(3*x0 + 2)**2").sympy()) == "(3*x0 + 2)**2"
