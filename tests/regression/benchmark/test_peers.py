"""Regressors of others behind the project's interface."""

import importlib.util
import sys
import time

import numpy as np
import pytest

from symtut.errors import InputError
from symtut.expressions import Expression
from symtut.regression.benchmark.peers import PEERS, check_peer, fit_peer, peer_versions
from symtut.regression.benchmark.peers.formulas import python_text, rescaled
from symtut.regression.benchmark.peers.gplearn import GPLEARN_CALLS
from symtut.regression.benchmark.run import run_benchmark


def installed(name):
    missing = importlib.util.find_spec(name) is None
    why = f'{name} is not installed: pip install "symtut[benchmarks]"'
    return pytest.param(name, marks=pytest.mark.skipif(missing, reason=why))


NAMES = ("theta", "u")


@pytest.mark.parametrize("name", [installed(name) for name in PEERS])
def test_peers_find_a_product(name):
    generator = np.random.default_rng(0)
    x, fresh = generator.uniform(-2, 2, (2, 80, 2))
    check_peer(name)  # importing is not part of the time
    started = time.process_time()
    model = fit_peer(name, x, 500 - 30 * x[:, 0] * x[:, 1], 3.0, 0, NAMES)
    assert time.process_time() - started < 4.5
    truth = 500 - 30 * fresh[:, 0] * fresh[:, 1]
    values = model.predict(fresh)
    assert values.shape == (80,) and values.dtype == np.float64
    assert np.mean((values - truth) ** 2) < 1e-8 * truth.var()
    formula = Expression.from_text(model.equation, NAMES)  # what it prints is what it computes
    np.testing.assert_allclose(formula(fresh), values, rtol=1e-3, atol=1e-3)
    assert 5 <= model.complexity <= 20


@pytest.mark.parametrize("name", [installed(name) for name in PEERS])
def test_printed_formulas_compute_what_the_peer_computes(name):
    """A target that nobody finds exactly, so that all kinds of functions appear."""
    generator = np.random.default_rng(1)
    x = generator.uniform(-2, 2, (60, 2))
    y = np.log(np.abs(x[:, 0]) + 0.3) * np.abs(x[:, 1]) + np.sin(3 * x[:, 1]) * np.tanh(x[:, 0])
    model = fit_peer(name, x, y, 0.4, 3, NAMES)
    formula = Expression.from_text(model.equation, NAMES)
    values, own = formula(x), model.predict(x)
    # gplearn protects its poles: the bulk has to agree
    assert np.mean(np.abs(values - own) < 0.05 * own.std()) > 0.9
    assert np.corrcoef(own, y)[0, 1] > 0.5


def test_protected_functions_are_spelled_out():
    text = python_text("div(log(sub(x0, x1)), sqrt(neg(x0)))".replace("neg(x0)", "mul(-1.0, x0)"),
                   GPLEARN_CALLS)  # fmt: skip
    x = np.array([[-1.0, 2.0], [3.0, 0.5]])
    expected = np.log(np.abs(x[:, 0] - x[:, 1])) / np.sqrt(np.abs(x[:, 0]))
    np.testing.assert_allclose(Expression.from_text(text)(x), expected)


def test_scale_and_offset_merge_into_the_formula():
    text = python_text(rescaled("((-1.5) + (2.0 * (sin(x0) - ((-0.5) * (x1 ^ 2)))))", 10.0, 4.0))
    formula = Expression.from_text(text)
    x = np.array([[0.3, 2.0]])
    np.testing.assert_allclose(formula(x), 10 + 4 * (-1.5 + 2 * (np.sin(0.3) + 0.5 * 4)))
    assert formula.constants[:2] == (4.0, 8.0)  # 10 - 4·1.5 and 4·2


def test_units_of_columns_merge_into_the_weights():
    text = "(0.5 + (2.0 * ((3.0 * x0) / (sin(x1) + ((-1.5) * x1)))))"
    formula = Expression.from_text(python_text(rescaled(text, 1.0, 4.0, (6.0, 0.5))))
    x = np.array([[0.3, 2.0], [-4.0, 0.7]])
    a, b = x[:, 0] / 6, x[:, 1] / 0.5
    np.testing.assert_allclose(formula(x), 1 + 4 * (0.5 + 2 * 3 * a / (np.sin(b) - 1.5 * b)))
    assert set(formula.constants) == {3.0, 8.0, 0.5, 2.0, -3.0}  # 3/6; 1/0.5 and -1.5/0.5


@pytest.mark.parametrize("name", [installed("pyoperon")])
def test_columns_of_any_size_are_found(name):
    generator = np.random.default_rng(2)
    x = generator.uniform([200, 1e-4], [500, 3e-4], (80, 2))
    model = fit_peer(name, x, x[:, 0] * x[:, 1], 3.0, 0, NAMES)
    fresh = generator.uniform([200, 1e-4], [500, 3e-4], (80, 2))
    truth = fresh[:, 0] * fresh[:, 1]
    assert np.mean((model.predict(fresh) - truth) ** 2) < 1e-8 * truth.var()
    written = Expression.from_text(model.equation, NAMES)
    np.testing.assert_allclose(written(fresh), truth, rtol=1e-3)


@pytest.mark.parametrize("name", PEERS)
def test_a_missing_library_is_named(name, monkeypatch, tmp_path):
    for module in [m for m in sys.modules if m.split(".")[0] == name] + [name]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=rf"method '{name}' needs.*symtut\[benchmarks\]"):
        run_benchmark("nguyen", ["sparse", name], tmp_path / "x.csv")
    assert not list(tmp_path.iterdir())


def test_unknown_peers():
    with pytest.raises(InputError, match="unknown peer 'eureqa'; known: gplearn, pyoperon"):
        fit_peer("eureqa", np.zeros((5, 1)), np.zeros(5), 1.0, 0, ("x",))
    assert peer_versions(["prior", "sparse"]) == {}
