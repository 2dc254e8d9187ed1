"""The benchmark of an update of Dreamer times two learners of like sizes."""

from benchmarks.dreamer_update import COLUMNS, WHAT, measured
from symtut.storage import read_table, write_csv


def test_both_learners_are_of_like_sizes_and_both_are_timed(tmp_path):
    rows = measured(1)
    write_csv(tmp_path / "update.csv", list(COLUMNS), rows)
    table = read_table(tmp_path / "update.csv", COLUMNS, WHAT)
    assert list(table["learner"]) == ["symtut", "torchrl"]
    assert 0.8 < table["weights"][1] / table["weights"][0] < 1.25
    assert (table["cpu_ms_least"] > 0).all() and (table["cpu_ms_median"] < 10_000).all()
