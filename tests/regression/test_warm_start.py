"""A fit that begins with the equations of the last one, and the line that shows how far it is."""

import io
import warnings

import numpy as np
import pytest

from symtut.errors import InputError
from symtut.regression import SymbolicRegressor

X = np.random.default_rng(0).uniform(0.5, 3, (120, 3))
UNITS = np.array([1.0, 1e4, 1e-4])


def law(x, factor=1.0):
    """Outside the library of ``method="sparse"``."""
    return factor * x[:, 2] * np.exp(-x[:, 0] / x[:, 1])


def fitted(x=X, **settings):
    """A regressor that has found the law."""
    model = SymbolicRegressor(method="prior+sparse", n_candidates=8, rounds=1, max_time=None)
    model.set_params(**settings).fit(x, law(x / x.std(0)))
    assert model.equations_[0]["r2"] > 1 - 1e-9
    return model


@pytest.mark.parametrize("units", [np.ones(3), UNITS])
def test_equations_of_the_last_fit_are_refitted_to_the_new_data(units):
    """The second fit's own means do not reach the law; its numbers are those of the new data."""
    x = np.random.default_rng(1).uniform(0.5, 3, (120, 3)) * units
    y = 2 + law(x / units, 3.0) / 7
    model = fitted(X * units).set_params(method="sparse", rounds=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cold = model.fit(x, y).equations_[0]["r2"]
    assert cold < 1 - 1e-6 and model.n_fits_ == 1
    model = fitted(X * units).set_params(method="sparse", rounds=1, warm_start=True).fit(x, y)
    assert model.equations_[0]["r2"] > 1 - 1e-9 and model.n_fits_ == 2
    new = np.random.default_rng(2).uniform(0.5, 3, (50, 3)) * units
    np.testing.assert_allclose(model.predict(new), 2 + law(new / units, 3.0) / 7, rtol=1e-4)


def test_a_later_fit_has_other_proposals_and_the_same_held_out_points():
    drawn, held_out = [], []

    class Spying(SymbolicRegressor):
        def proposer(self, clock):
            propose = super().proposer(clock)

            def spy(x, y, amount, generator, stop):
                drawn.append(generator.random())
                held_out.append(x.sum())
                return propose(x, y, amount, generator, stop)

            return spy

    noisy = law(X) + 0.3 * np.random.default_rng(1).normal(size=len(X))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = Spying(method="prior", n_candidates=8, rounds=1, max_time=None, warm_start=True)
        for _ in range(3):
            model.fit(X, noisy)
        model.set_params(warm_start=False).fit(X, noisy)
    assert len(set(drawn[:3])) == 3 and drawn[3] == drawn[0]
    assert len(set(held_out)) == 1 and model.n_fits_ == 1


def test_what_was_found_is_not_lost_in_a_file_or_by_screening(tmp_path):
    x = np.column_stack([X, np.random.default_rng(3).normal(size=(120, 6))])
    with pytest.warns(UserWarning, match="matter most"):
        model = SymbolicRegressor(
            method="prior+sparse", n_candidates=8, rounds=1, max_time=None
        ).fit(x, law(x))
    model.save(tmp_path / "model.json")
    again = SymbolicRegressor.load(tmp_path / "model.json")
    again.set_params(method="sparse", warm_start=True, random_state=5)
    with pytest.warns(UserWarning, match="matter most"):
        again.fit(x, law(x))
    assert again.columns_ == model.columns_ and again.n_fits_ == 2
    np.testing.assert_array_equal(again.screening_.score, model.screening_.score)
    assert again.equations_[0]["r2"] > 1 - 1e-9
    with pytest.raises(InputError, match="fit of 9 columns, but X has 3.*warm_start=False"):
        again.fit(X, law(X))


def test_an_alphabet_holds_for_known_equations_too():
    model = fitted().set_params(operators=["add", "mul"], warm_start=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, law(X))
    assert all("exp" not in row["expression"].prefix for row in model.equations_)


# ---- the line ------------------------------------------------------------------------------------


@pytest.mark.parametrize("max_time", [None, 60])
def test_verbose_shows_the_best_equation_on_stderr(capsys, max_time):
    model = SymbolicRegressor(method="sparse", max_time=max_time, feature_names=("a", "b", "µ"))
    model.set_params(verbose=True).fit(X * UNITS, 2 * np.sin(X[:, 0]) - X[:, 1])
    out, err = capsys.readouterr()
    last = [line for line in err.replace("\r", "\n").split("\n") if line.strip()][-1]
    assert out == "" and model.equations_[0]["equation"] in last and "1 - R2 = " in last
    assert (" of 60 s, " in last) == (max_time == 60)


def test_nothing_is_shown_by_default(capsys):
    SymbolicRegressor(method="sparse").fit(X, X[:, 0])
    assert capsys.readouterr() == ("", "")


def test_names_that_the_terminal_cannot_write_are_spelled(monkeypatch):
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    monkeypatch.setattr("sys.stderr", screen)
    SymbolicRegressor(method="sparse", feature_names=("ä", "b", "c"), verbose=1).fit(X, 2 * X[:, 0])
    assert b"2*\\xe4" in screen.buffer.getvalue()
