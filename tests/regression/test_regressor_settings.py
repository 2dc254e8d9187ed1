"""The regressor's parameters: what they may be, that they stay what they are, and files."""

import json
import math
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from symtut.errors import InputError
from symtut.regression import SymbolicRegressor
from symtut.regression.proposers import one_thread
from symtut.regression.transformer import decoding

X = np.random.default_rng(0).uniform(-3, 3, (40, 2))
Y = 2 * np.sin(X[:, 0]) - X[:, 1]

BAD = {
    "weights": [None, 3, "", b"general", ["general"]],
    "n_candidates": [0, -1, True, 2.0, "8", None, 10**12, np.array([4])],
    "max_time": [0, -1.0, math.nan, math.inf, "2", True, [1.0], 1j],
    "random_state": [-1, 1.5, "a", True, [0], np.int64(-3)],
    "method": ["magic", None, 3, ["sparse"], np.array(["sparse", "prior"])],
    "constants": [None, "guess", 1, ["lm"]],
    "recombine": ["yes", 1, None, 0.0],
    "rounds": [0, -2, "3", 1.0, True, math.nan],
    "feature_names": ["ab", 5, ("a",), ("a", 3), {"a", "b"}, {"a": 1, "b": 2}, (None, None)],
    "robust": ["yes", 1, None],
    "warm_start": ["yes", 1, None],
    "verbose": ["yes", 1.5, None, [1]],
    "operators": [
        [], "sin", ["sine"], ["sin", 3], 5, {"sin": 1}, [None], [["sin"]], np.array(["sun"]),
    ],
    "constraints": [
        [], "max_terms", {"max_term": 2}, {"max_terms": 0}, {"max_complexity": 2.5},
        {"max_depth": True}, {"max_terms": "3"}, {"nested": 3}, {"nested": {"sin": 1}},
        {"nested": {"sin": {"kos": 0}}}, {"nested": {"sin": {"cos": -1}}}, {3: 3},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD.items() for value in values]
)
def test_bad_settings_are_one_clear_error(name, value):
    """The message names the parameter."""
    model = SymbolicRegressor(**{"method": "sparse", name: value})
    with pytest.raises(InputError, match=name) as caught:
        model.fit(X, Y)
    assert "\n" not in str(caught.value)
    assert getattr(model, name) is value


@pytest.mark.parametrize(
    "settings",
    [{"n_candidates": np.int32(8), "rounds": np.int64(1), "max_time": np.float32(60)},
     {"recombine": np.True_, "robust": np.False_, "feature_names": ["a", "b"]},
     {"feature_names": np.array(["a", "b"]), "random_state": np.uint8(3), "max_time": 60},
     {"weights": Path("general"), "method": np.str_("sparse")},
     {"warm_start": np.True_, "verbose": np.int64(0)},
     {"operators": np.array(["+", "mul", "sin"])},
     {"operators": ["add", "sin"], "constraints": {"max_complexity": np.int64(9)}},
     {"constraints": {"max_terms": 2, "nested": {"sin": {"sin": 0}}}}],
)  # fmt: skip
def test_numpy_scalars_and_lists_serve_and_come_back_from_a_file(settings, tmp_path):
    settings = {"method": "sparse"} | settings
    model = SymbolicRegressor(**settings).fit(X, Y)
    for name, value in settings.items():
        assert getattr(model, name) is value
    model.save(tmp_path / "model.json")
    again = SymbolicRegressor.load(tmp_path / "model.json")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    for name, value in settings.items():
        kept = again.get_params()[name]
        assert type(kept) in (int, float, bool, str, tuple, dict)
        value = str(value) if name == "weights" else value
        value = tuple(value) if name in ("feature_names", "operators") else value
        assert np.all(kept == value)
    again.fit(X, Y)


@pytest.mark.parametrize(
    "make",
    [
        np.random.default_rng,
        np.random.RandomState,
        lambda seed: np.random.Generator(np.random.MT19937(seed)),
    ],
    ids=["Generator", "RandomState", "MT19937"],
)
def test_generators_seed_a_fit_and_go_on_from_a_file(make, tmp_path):
    noisy = Y + np.random.default_rng(1).normal(size=len(Y))
    texts = []
    for seed in (5, 5):
        model = SymbolicRegressor(
            method="prior", n_candidates=24, max_time=None, random_state=make(seed)
        )
        texts.append([row["equation"] for row in model.fit(X, noisy).equations_])
    assert texts[0] == texts[1]
    model.save(tmp_path / "model.json")
    again = SymbolicRegressor.load(tmp_path / "model.json")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    kept, given = again.random_state, model.random_state
    assert type(kept) is type(given)
    np.testing.assert_array_equal(kept.normal(size=9), given.normal(size=9))


@pytest.mark.parametrize("state", [{}, {"Generator": {}}, {"Other": {"bit_generator": "PCG64"}},
                                   {"RandomState": {"bit_generator": "os"}},
                                   {"Generator": {"bit_generator": "PCG64", "state": 3}},
                                   {"Generator": [1]}, {"RandomState": None}])  # fmt: skip
def test_a_state_that_is_none_is_refused(state, tmp_path):
    path = tmp_path / "model.json"
    SymbolicRegressor(method="sparse").fit(X, Y).save(path)
    content = json.loads(path.read_text())
    content["params"]["random_state"] = state
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="random_state"):
        SymbolicRegressor.load(path)


def test_repr_shows_what_differs():
    model = SymbolicRegressor(feature_names=np.array(["a", "b"]), rounds=2)
    assert repr(model).startswith("SymbolicRegressor(rounds=2, feature_names=array([")


def test_thousands_of_columns_are_refused_at_once():
    wide = np.random.default_rng(0).normal(size=(200, 20_000))
    started = time.thread_time()
    with pytest.raises(InputError, match="more than 100 variables.*at most 6"):
        SymbolicRegressor().fit(wide, wide[:, 0])
    assert time.thread_time() - started < 1.0  # measured: 0.05


# ---- threads -------------------------------------------------------------------------------------


@pytest.fixture
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_a_fit_computes_on_one_thread_and_gives_the_others_back(three_threads, monkeypatch):
    seen, sample = [], decoding.sample

    def spy(*arguments, **options):
        seen.append(torch.get_num_threads())
        if len(seen) == 2:
            raise RuntimeError("from inside")
        return sample(*arguments, **options)

    monkeypatch.setattr(decoding, "sample", spy)
    model = SymbolicRegressor(method="transformer", rounds=1, n_candidates=2, max_time=None)
    model.fit(X, Y)
    assert seen == [1] and torch.get_num_threads() == 3
    with pytest.raises(RuntimeError, match="from inside"):
        model.fit(X, Y)
    assert torch.get_num_threads() == 3


def test_one_thread_is_kept_in_nested_and_concurrent_use(three_threads):
    entered, leave, seen = threading.Event(), threading.Event(), []

    def other():
        with one_thread():
            entered.set()
            leave.wait(30)
            seen.append(torch.get_num_threads())
        seen.append(torch.get_num_threads())

    with one_thread():
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1
        helper = threading.Thread(target=other)
        helper.start()
        entered.wait(30)
    assert torch.get_num_threads() == 3
    leave.set()
    helper.join()
    assert seen == [1, 3]  # the number of those that were there before, not the one
    fresh = []
    threading.Thread(target=lambda: fresh.append(torch.get_num_threads())).start()
    while not fresh:
        time.sleep(0.01)
    assert fresh == [3]
