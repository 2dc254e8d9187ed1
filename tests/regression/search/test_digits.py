"""Printed equations have the digits that their figures need, and a run's come back bit by bit."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from symtut.errors import InputError
from symtut.experiments.config import RunConfig
from symtut.experiments.results import Result
from symtut.experiments.run import Run
from symtut.expressions import Expression
from symtut.regression import SymbolicRegressor
from symtut.regression.search.digits import FEWEST_DIGITS, MOST_DIGITS, digits_needed
from symtut.tasks import make_task
from symtut.tasks.random_policy import random_transitions
from symtut.world_models.symbolic import SymbolicWorldModel, model_from_rows
from tests.properties import formulas, several

YEAR = np.random.default_rng(0).uniform(1990, 2020, (100, 1))
SHIFT = YEAR[:, 0] - 2003.7
TARGETS = {
    "cancellation": SHIFT**2,
    "offset": 1e8 + np.sin(SHIFT),
    "small": 1e-9 * SHIFT**3,
    "irrational": np.pi * SHIFT + 1 / 7,
    "ratio": SHIFT / (YEAR[:, 0] - 1980.3),
}


def r2(text, names, x, y):
    return 1 - np.mean((y - Expression.from_text(text, names)(x)) ** 2) / np.var(y)


@pytest.mark.parametrize("noise", [0.0, 1e-6, 1e-2, 1.0])
@pytest.mark.parametrize("target", TARGETS)
def test_text_has_the_r2_that_it_claims(target, noise):
    y = TARGETS[target]
    y = y + noise * y.std() * np.random.default_rng(1).normal(size=100)
    model = SymbolicRegressor(method="sparse", max_time=None, feature_names=("year",)).fit(YEAR, y)
    for i, row in enumerate(model.equations_):
        claim = row["r2"]
        difference = abs(r2(row["equation"], ("year",), YEAR, y) - claim)
        assert difference < 0.03 * (1 - claim) + 1e-11, row["equation"]
        assert row["equation"] == model.expression(i).text(("year",), row["digits"])
        assert model.latex(i) == model.expression(i).latex((r"year",), row["digits"])


def test_the_example_of_a_year():
    model = SymbolicRegressor(method="sparse", max_time=None).fit(YEAR, TARGETS["cancellation"])
    terms = set(model.equations_[0]["equation"].replace("- ", "-").replace("+ ", "").split())
    assert terms == {"x0**2", "-4007.4*x0", "4014813.69"}
    assert "4014813.69" in model.latex() and "4014813.69" in str(model.sympy())


def test_four_digits_where_four_suffice():
    x = np.random.default_rng(2).uniform(-2, 2, (200, 2))
    for text in ("0.15*x0 + 0.75*sin(x1)", "0.7499999999*sin(x1)", "x0"):
        expression = Expression.from_text(text)
        assert digits_needed(expression, x, expression(x)) == FEWEST_DIGITS
    exact = Expression.from_text("0.123456789*x0 + x1")
    assert digits_needed(exact, x, exact(x)) == 6
    noisy = exact(x) + np.random.default_rng(3).normal(size=200)
    assert digits_needed(exact, x, noisy) == FEWEST_DIGITS


def test_digits_are_proved_on_all_points():
    """A few far points need more digits than the many near ones."""
    x = np.full((5000, 1), 1.0)
    x[1::1000] = 1e8  # none of which is among those that are tried
    expression = Expression.from_text("sin(1.23456789012*x0)")
    digits = digits_needed(expression, x, expression(x))
    again = Expression.from_text(expression.text(digits=digits))
    assert np.mean((again(x) - expression(x)) ** 2) <= 1e-12 * np.var(expression(x))


def test_points_without_weight_make_no_claim():
    x = np.random.default_rng(4).uniform(-2, 2, (100, 1))
    expression = Expression.from_text("0.123456789*x0")
    y, weight = expression(x), np.ones(100)
    y[::2] += 1e3  # would hide that the rest is exact
    assert digits_needed(expression, x, y) == FEWEST_DIGITS
    weight[::2] = 0.0
    assert digits_needed(expression, x, y, weight) == digits_needed(expression, x, expression(x))


def test_degenerate_data_has_digits_too():
    constant = Expression(("C",), (0.1234567890123,))
    x = np.ones((9, 1))
    assert 6 <= digits_needed(constant, x, constant(x)) <= 8
    assert digits_needed(constant, x[:0], constant(x[:0])) == FEWEST_DIGITS
    undefined = Expression.from_text("log(1.23456789*x0)")
    assert digits_needed(undefined, -x, x[:, 0]) == FEWEST_DIGITS
    assert digits_needed(Expression(("C",), (0.0,)), x, np.zeros(9)) == FEWEST_DIGITS


@several()
@given(formulas(st.floats(-1e3, 1e3), variables=("x0", "x1")), st.sampled_from([0, 1e-5, 1e-1]))
def test_text_predicts_what_the_equation_does(expression, noise):
    rng = np.random.default_rng(0)
    x = rng.uniform(0.5, 3, (40, 2))
    values = expression(x)
    size = np.abs(values).max()
    assume(1e-100 < size < 1e100 and values.std() > 1e-9 * size)
    y = values + noise * values.std() * rng.normal(size=40)
    digits = digits_needed(expression, x, y)
    error = np.mean((Expression.from_text(expression.text(digits=digits))(x) - values) ** 2)
    assert digits == MOST_DIGITS or error <= max(
        1e-4 * np.mean((y - values) ** 2), 1e-12 * np.var(y)
    )


# ---- equations.json ------------------------------------------------------------------------------


def assert_same_predictions(model, again, task, seed=5):
    generator = torch.Generator().manual_seed(seed)
    state = torch.randn(200, task.state_size, generator=generator) * 2
    action = torch.rand(200, task.action_size, generator=generator) * 2 - 1
    for kind in (torch.float32, torch.float64):
        one, other = (m.predict(state.to(kind), action.to(kind)) for m in (model, again))
        assert torch.equal(one, other)
        if model.reward is not None:
            rewards = [m.reward(state.to(kind), action.to(kind), one) for m in (model, again)]
            assert torch.equal(*rewards)


@pytest.mark.parametrize("name", ["pendulum", "car2d"])
def test_a_model_comes_back_from_its_rows(name):
    task = make_task(name)
    transitions = random_transitions(task, 300, seed=0)
    model = SymbolicWorldModel(task, proposer="sparse", learned_reward=name == "pendulum")
    rows = json.loads(json.dumps(model.fit(transitions, transitions).equations))
    assert {"target", "equation", "latex", "complexity", "r2_fit", "r2_holdout", "prefix",
            "constants", "inputs"} <= set.intersection(*map(set, rows))  # fmt: skip
    again = model_from_rows(task, rows)
    assert_same_predictions(model, again, task)
    for row in rows:
        read = Expression.from_text(row["equation"], tuple(row["inputs"]))
        inputs = np.random.default_rng(0).normal(size=(50, len(row["inputs"])))
        np.testing.assert_allclose(
            read(inputs), Expression.from_json(row)(inputs), rtol=1e-3, atol=1e-3
        )


def test_rows_that_are_no_model_are_named():
    task = make_task("pendulum")
    row = {"target": "delta_theta", "inputs": ["theta"], "prefix": ["x0"], "constants": []}
    good = [row, row | {"target": "delta_theta_dot"}]
    model_from_rows(task, good)
    for bad in (
        good[:1], [good[0], good[1] | {"inputs": ["q"]}], [good[0], good[1] | {"prefix": ["y"]}],
        [good[0], good[1] | {"constants": [1.0]}], [good[0], {"target": "delta_theta_dot"}],
        [good[0], good[1] | {"prefix": ["C"], "constants": ["1"]}], [good[0], ["x0"]],
        [good[0], good[1] | {"prefix": ["x1"]}], {}, [*good, {"target": "reward"}],
    ):  # fmt: skip
        with pytest.raises(InputError, match="not all equations of a model of pendulum"):
            model_from_rows(task, bad)


def test_a_run_gives_its_model_back(tmp_path):
    options = {"hidden": 32, "batch_size": 64, "updates": 50, "evaluate_every": 50}
    config = RunConfig.make("pendulum", "sparse", 200, 1, "smoke", **options)
    run = Run(config, tmp_path, lambda line: None)
    run.finish()
    result = Result.load(tmp_path)
    assert_same_predictions(run.loop.model, result.world_model(), run.task)
    with pytest.raises(InputError, match="has no equations"):
        dataclasses.replace(result, equations=[]).world_model()
