"""The stored comparison of notebook 11."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from symtut.errors import InputError
from symtut.experiments.tables import Curves
from symtut.lab.scenes import nb11_comparison as lab


def trial(setting, mean, seconds, commit="a", task="pendulum"):
    named = {"task": task, "method": "sac", "setting": setting, "commit": commit}
    return named | {"mean_return": str(mean), "cpu_seconds": str(seconds)}


def test_a_setting_is_better_if_its_every_run_is_and_its_price_is_of_the_same_day():
    trials = [
        trial("default", -300, 10), trial("default", -200, 10), trial("default", -250, 40, "b"),
        trial("twice", -190, 20), trial("twice", -150, 24),
        trial("mixed", -210, 10), trial("mixed", -100, 10),
        trial("another day", -10, 5, "c"), trial("default", -1, 10, task="reacher"),
    ]  # fmt: skip
    assert lab.clearly_better(trials, "sac", "pendulum") == {
        "twice": pytest.approx(2.2), "another day": None,
    }  # fmt: skip
    assert lab.clearly_better(trials, "sac", "reacher") == {}
    assert lab.settings_of(trials, "sac", "pendulum")["twice"] == [-190, -150]


def test_an_interval_that_is_open_is_shown_as_infinite():
    assert lab.shown((1.5, 1.25, np.inf), 1) == "1.5 [1.2, ∞]"


def test_the_best_runs_are_those_that_come_first_to_the_threshold():
    returns = np.array([[-9.0, -9, -1], [-9, -1, -1], [-1, -1, -1]])
    found = Curves((4, 5, 6), np.array([10, 20, 30]), returns)
    for show, seed in (("best runs", 6), ("worst runs", 4), ("first seeds", 4)):
        axes = lab.chosen_seeds(found, -2.0, show, 1).axes[0]
        drawn = max(axes.lines[0].get_ydata()), min(axes.lines[0].get_ydata())
        row = returns[seed - 4]
        assert drawn == (row.max(), row.min()), show
        plt.close()


def test_without_sac_on_the_pendulum_there_is_nothing_to_show(tmp_path, monkeypatch):
    monkeypatch.setattr(lab, "data_path", lambda name: tmp_path)
    with pytest.raises(InputError, match="sac on the pendulum"):
        lab.stored()
