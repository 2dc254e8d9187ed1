"""Tables of the loop's ablations, read and drawn."""

import matplotlib.pyplot as plt
import pytest

from symtut.errors import InputError
from symtut.lab import loop_ablations
from symtut.storage import write_csv
from symtut.tasks import make_task


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture
def table(tmp_path):
    header = ["task", "real steps", "equations by", *loop_ablations.RESULTS]
    rows = [
        ["car2d", steps, kind, seed, value - seed, steps if value > -23 else "", "", 0.5, 10 * seed]
        for steps, kind, value in ((100, "general", -30.0), (300, "general", -20.0),
                                   (300, "sparse", -21.0))
        for seed in (0, 1, 2)
    ]  # fmt: skip
    write_csv(tmp_path / "proposers.csv", header, rows)
    return tmp_path / "proposers.csv"


def test_arms_have_their_runs(table):
    rows = loop_ablations.read_study(table)
    assert loop_ablations.factors(rows) == ["task", "real steps", "equations by"]
    arms = loop_ablations.arms(rows)
    assert list(arms) == [
        ("car2d", 100, "general"), ("car2d", 300, "general"), ("car2d", 300, "sparse"),
    ]  # fmt: skip
    runs = arms["car2d", 300, "sparse"]
    assert [run["final_return"] for run in runs] == [-21.0, -22.0, -23.0]
    assert [run["steps_to_threshold"] for run in arms["car2d", 100, "general"]] == [None] * 3
    assert runs[0]["imagined_length"] is None and runs[0]["one_step_error"] == 0.5


def test_summary_and_figure_show_medians(table):
    rows = loop_ablations.read_study(table)
    lines = loop_ablations.summary(rows).splitlines()
    assert lines[0].endswith("equations by general: median -31.0, 0 of 3, 10 CPU-s")
    assert lines[2].endswith("equations by sparse: median -22.0, 3 of 3, 10 CPU-s")
    (ax,) = loop_ablations.final_returns(rows).axes
    flat = [line.get_ydata()[0] for line in ax.lines if len(set(line.get_ydata())) == 1]
    assert flat == [-31.0, -21.0, -22.0, make_task("car2d").solved_return]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["100", "300"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["general", "sparse"]


def test_panels_and_studies_without_a_task(tmp_path):
    header = ["method", "rollout length", *loop_ablations.RESULTS]
    rows = [["mbpo", n, 0, -150.0, 200, 5, "", 9] for n in (1, "validated")]
    rows += [["symbolic", 1, 0, -150.0, 200, 5, "", 9]]
    write_csv(tmp_path / "adaptive.csv", header, rows)
    rows = loop_ablations.read_study(tmp_path / "adaptive.csv")
    assert loop_ablations.threshold(rows[0]) == make_task("pendulum").solved_return
    figure = loop_ablations.final_returns(rows, panels_per_row=1)
    titles = [ax.get_title() or ax.get_title(loc="left") for ax in figure.axes]
    assert titles == ["method: mbpo", "method: symbolic"]


def test_wrong_tables_are_named(tmp_path):
    with pytest.raises(InputError, match="cannot read the table .*nowhere.csv"):
        loop_ablations.read_study(tmp_path / "nowhere.csv")
    write_csv(tmp_path / "other.csv", ["a", "b"], [[1, 2]])
    with pytest.raises(InputError, match="other.csv' is not a table .* no column 'seed'"):
        loop_ablations.read_study(tmp_path / "other.csv")
    write_csv(tmp_path / "empty.csv", ["task", *loop_ablations.RESULTS], [])
    with pytest.raises(InputError, match="empty.csv' has no runs"):
        loop_ablations.read_study(tmp_path / "empty.csv")
