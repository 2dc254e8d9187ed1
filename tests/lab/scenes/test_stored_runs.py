"""What notebook 02 tells of stored runs: the figures of the tables that they come from."""

import matplotlib.pyplot as plt
import pytest

from symtut.experiments.tables import read_runs
from symtut.lab.scenes import nb02_stored_runs as stored
from symtut.paths import data_path


def test_the_bill_is_that_of_the_runs():
    bill = stored.bill()
    runs = read_runs(data_path(f"{stored.FOLDER}/runs.csv"))
    of_sac = runs[runs.method == "sac"]
    assert set(bill.index) == set(runs.method)
    row = bill.loc["sac"]
    assert row["runs"] == len(of_sac) and row["from"] <= row["real steps"] <= row["to"]
    assert row["CPU-s"] == of_sac.cpu_seconds.median()
    assert row["seconds"] == pytest.approx(0.05 * row["real steps"])


def test_the_band_surrounds_its_middle_and_figures_are_drawn():
    steps, middle, low, high = stored.band()
    assert steps.shape == middle.shape and (low <= middle).all() and (middle <= high).all()
    methods = [text.get_text() for text in stored.bill_figure().axes[0].get_yticklabels()]
    assert set(methods) == set(stored.bill().index)
    figure, beside = stored.beside_stable_baselines()
    assert len(figure.axes) == beside.task.nunique() == 3
    assert list(beside.library[:2]) == ["ours", "SB3"]
    assert (beside.worst <= beside["return"]).all() and (beside["return"] <= beside.best).all()
    plt.close("all")


def test_runs_that_fell_again_were_up_before():
    fell, runs = stored.fell_again(-160, -200)
    assert 0 < fell < runs == 10
    assert stored.fell_again(-160, -5000) == (0, 10) == stored.fell_again(0, -200)
