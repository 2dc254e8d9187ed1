"""The regressor's settings and arguments: what is no number, no name, no index is refused."""

# fmt: off
import numpy as np

from tests.robustness.cases import EITHER, REFUSED, RIGHT, Case, expect
from tests.robustness.tables.names import X, Y, close, sparse


def fitted(**options):
    def do(_):
        model = sparse(**options).fit(X, Y)
        expect(close(model.predict(X), Y), "predicts", model.predict(X)[:3])

    return do


def saved(**options):
    """Can be saved, and is the same when it comes back."""

    def do(place):
        from symtut import SymbolicRegressor

        model = sparse(**options).fit(X, Y)
        model.save(place / "model.json")
        back = SymbolicRegressor.load(place / "model.json")
        expect(np.array_equal(back.predict(X), model.predict(X)), "predicts something else")
        for name, value in model.get_params().items():
            got = back.get_params()[name]
            same = got is value or str(got) == str(value) or np.array_equal(got, value)
            expect(same, name, "came back as", repr(got), "not", repr(value))

    return do


def model():
    return sparse().fit(X, Y)


def indexed(index):
    return lambda _: model().predict(X, index)


def named(word, name):
    """A wrong setting, refused by its name."""
    return {"says": word, "name": name}


WRONG = {
    "n_candidates": [True, 0, -1, 1.5, "3", None, float("nan"), float("inf"), [8], 10**30],
    "rounds": [0, -1, "3", True, 1.5, float("nan"), [1]],
    "max_time": [0, -1, float("nan"), "5", True, [5], -float("inf"), 1j],
    "method": ["", "sprase", None, 3, [], "sparse ", ("sparse",), b"sparse"],
    "constants": ["", "LM", None, 3, []],
    "recombine": ["yes", 2, None, "False", []],
    "robust": ["yes", 1, None, []],
    "random_state": [-1, "a", 1.5, True, [], float("nan"), 2**70],
    "warm_start": ["yes", 1, None, []],
    "verbose": ["yes", 1.5, None, []],
    "operators": ["sin", b"sin", 3, {}, "", [], ["sine"], [None], [[]], ["sin\0"], ["C"], ["x0"]],
    "constraints": [3, "", (), {"max_terms": 0}, {"max_terms": float("nan")}, {"nested": ()},
                    {"nested": {"sin": {"sin": 1.5}}}, {"nested": {"sn": {}, 3: {}}}, {None: 1}],
}

WEIGHTS = ["", "genral", None, 3, [], "/dev/zero", "/dev/zero.safetensors", "..", "general\0",
           "no/such.safetensors", "x" * 5000]


def by_weights(value):
    return lambda _: sparse(method="transformer", weights=value, n_candidates=4, rounds=1).fit(X, Y)


INDICES = {
    "beyond the end": 99, "before the beginning": -99, "True": True, "1.5": 1.5, "text": "0",
    "a slice": slice(0, 1), "a list": [0], "NaN": float("nan"), "a huge number": 10**30,
}


def unset(_):
    sparse().set_params(no_such=3)


CASES = [
    *(Case("settings", f"{name}={value!r:.30}", fitted(**{name: value}),
           EITHER if (name, value) in [("random_state", 2**70), ("n_candidates", 10**30)]
           else REFUSED, name)
      for name, values in WRONG.items() for value in values),
    *(Case("settings", f"weights={value!r:.40}", by_weights(value), REFUSED, "weights|file")
      for value in WEIGHTS),
    Case("settings", "max_time=inf", fitted(max_time=float("inf")), EITHER, "max_time"),
    Case("settings", "neither rounds nor max_time", fitted(rounds=None), REFUSED, "max_time"),
    *(Case("settings", f"saved: {name} is NumPy's {type(value).__name__}", saved(**{name: value}),
           RIGHT, leaves=("model.json",), cpu=20)
      for name, value in (
        ("n_candidates", np.int64(8)), ("max_time", np.float32(5.0)), ("rounds", np.int8(2)),
        ("random_state", np.int64(3)), ("recombine", np.bool_(True)), ("robust", np.bool_(False)),
        ("method", np.str_("sparse")), ("feature_names", np.array(["a", "b"])),
      )),
    Case("settings", "saved: random_state is a RandomState",
         saved(random_state=np.random.RandomState(3)), RIGHT, leaves=("model.json",)),
    Case("settings", "saved: random_state is a Generator",
         saved(random_state=np.random.default_rng(3)), RIGHT, leaves=("model.json",)),
    Case("settings", "saved: random_state is None", saved(random_state=None), RIGHT,
         leaves=("model.json",)),
    Case("settings", "an unknown setting", unset, REFUSED, "no_such"),
    *(Case("settings", f"index: {name}", indexed(index), REFUSED, "equation|index")
      for name, index in INDICES.items()),
    Case("settings", "index: NumPy's integer", indexed(np.int64(0)), RIGHT),
    *(Case("settings", f"not fitted: {name}", lambda _, name=name: getattr(sparse(), name)(),
           REFUSED, "fit") for name in ("sympy", "latex", "torch", "numpy", "expression")),
    Case("settings", "not fitted: predict", lambda _: sparse().predict(X), REFUSED, "fit"),
    *(Case("settings", f"latex: digits={digits!r}", lambda _, digits=digits: model().latex(
           digits=digits), REFUSED, "digits") for digits in (-1, 1.5, "4", True)),
    *(Case("settings", f"text: digits={digits!r}", lambda _, digits=digits: model().expression()
           .text(digits=digits), REFUSED, "digits") for digits in (-1, 1.5, "4", True)),
]
