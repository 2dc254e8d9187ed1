"""Figures of returns say what the tables say."""

import matplotlib
import pytest

matplotlib.use("Agg")

from symtut.errors import InputError
from symtut.lab.curves import learning_curve, read_log, training_curves
from symtut.storage import write_csv


def test_training_curves_show_the_log(tmp_path):
    names = ["examples", "cpu_seconds", "loss", "held_out_loss", "held_out_term_recovery"]
    log = [[1e6, 10, 2.0, 2.1, 0.1], [2e6, 20, 1.5, 1.7, 0.3]]
    write_csv(tmp_path / "log.csv", names, log)
    figure = training_curves({"small": tmp_path / "log.csv"})
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert list(lines["small, held out"].get_ydata()) == [2.1, 1.7]
    assert list(lines["small, training"].get_xdata()) == [1.0, 2.0]
    assert len(figure.axes) == 2  # this log has no accuracies
    assert list(figure.axes[1].lines[0].get_ydata()) == [0.1, 0.3]
    write_csv(tmp_path / "other.csv", ["a"], [[1]])
    with pytest.raises(InputError, match="not the log"):
        read_log(tmp_path / "other.csv")


def test_learning_curve_draws_what_it_is_given():
    axes = learning_curve(
        [0, 1], [-9, -1], [1, 2], xlabel="updates", marks=[(-0.5, "best")], label="mine"
    )
    assert axes.lines[0].get_ydata().tolist() == [-9, -1]
    assert axes.lines[0].get_label() == "mine" and axes.get_xlabel() == "updates"
    assert axes.texts[0].get_text() == "best"
