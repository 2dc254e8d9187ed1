"""Tables of the regressors' benchmark: only they are read, continued or begun anew."""

import json
import os

import pytest

from symtut.cli import main
from symtut.errors import InputError
from symtut.regression.benchmark.run import run_benchmark
from symtut.regression.benchmark.tables import COLUMNS, read_results, read_settings, summaries
from symtut.storage import read_json, write_csv, write_json

SETTINGS = {
    "suite": "nguyen", "problems": "b52df0384b314524", "seconds": 1.0, "seed": 0, "options": {},
    "weights": None, "peers": {}, "sessions": [],
}  # fmt: skip
ROW = {
    "suite": "nguyen", "problem": "nguyen-1", "kind": "nguyen", "method": "sparse", "points": 200,
    "noise": 0.0, "r2": 1.0, "r2_extrapolated": float("-inf"), "exact": 1, "exact_extrapolated": 0,
    "complexity": None, "cpu_seconds": 0.5, "equation": "x", "failure": "",
}  # fmt: skip


def store(folder, settings=SETTINGS, **changes):
    """A table with one row, and its settings."""
    path = folder / "t.csv"
    write_csv(path, list(COLUMNS), [list((ROW | changes).values())])
    write_json(path.with_suffix(".json"), settings)
    return path


def benchmark(out, *more):
    arguments = ["--suite", "nguyen", "--methods", "sparse", "--seconds", "0.2", "--limit", "1"]
    return main(["benchmark", "regression", *arguments, "--out", str(out), *more])


def test_a_stored_table_is_read_back(tmp_path):
    path = store(tmp_path)
    assert read_results(path).to_dict("records") == [ROW] and read_settings(path) == SETTINGS


@pytest.mark.parametrize("more", [[], ["--overwrite"]])
@pytest.mark.parametrize(
    ("name", "foreign"),
    [
        ("package.csv", {"package.json": '{"name": "a package of mine"}'}),
        ("t.csv", {"t.csv": "my notes"}),
        ("t.csv", {"t.csv": "a,b\n1,2\n"}),
        ("t.csv", {"t.json": "[]"}),
        ("t.json", {"t.json": json.dumps(SETTINGS)}),
        ("t.txt", {"t.json": json.dumps(SETTINGS), "t.txt": "my notes"}),
        ("t", {}),
        (".csv", {}),
        (".", {}),
        ("", {}),
        ("folder.csv", {"folder.csv": None}),
        ("t.csv", {"t.json": None}),
        ("file/t.csv", {"file": "not a folder"}),
    ],
)
def test_nothing_else_is_overwritten(tmp_path, capsys, monkeypatch, name, foreign, more):
    for file, content in foreign.items():
        if content is None:
            (tmp_path / file).mkdir()
        else:
            (tmp_path / file).write_text(content)
    monkeypatch.chdir(tmp_path)
    assert benchmark(name, *more) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("symtut: error: ") and captured.err.count("\n") == 1
    assert captured.out == ""
    assert sorted(os.listdir()) == sorted(foreign)
    for file, content in foreign.items():
        assert content is None or (tmp_path / file).read_text() == content


def test_overwrite_begins_a_table_of_ours_anew(tmp_path, capsys):
    path = store(tmp_path, problem="nguyen-12")
    assert benchmark(path) == 2
    assert "seconds = 1.0, not 0.2" in capsys.readouterr().err
    assert benchmark(path, "--overwrite") == 0
    assert [*read_results(path)["problem"]] == ["nguyen-1"]
    assert read_settings(path)["seconds"] == 0.2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"method": "magic"}, "line 2, method must be"),
        ({"points": -1}, "line 2, points must be"),
        ({"exact": 2}, "line 2, exact must be"),
        ({"cpu_seconds": "nan"}, "line 2, cpu_seconds must be"),
        ({"r2": "good"}, "line 2, r2 must be"),
        ({"complexity": "1e3"}, "line 2, complexity must be"),
    ],
)
def test_rows_of_no_benchmark_are_named(tmp_path, change, said):
    with pytest.raises(InputError, match=f"is not a table of 'symtut benchmark.*{said}"):
        summaries([store(tmp_path, **change)])


@pytest.mark.parametrize(
    "change",
    [{"seconds": "1"}, {"seconds": None}, {"sessions": {}}, {"seed": 0.5}, {"weights": "x"}]
    + [{"options": []}, {"more": 1}],
    ids=repr,
)
def test_settings_of_no_benchmark_are_named(tmp_path, change):
    path = store(tmp_path, SETTINGS | change)
    for use in (lambda: summaries([path]), lambda: run_benchmark("nguyen", ["sparse"], path)):
        with pytest.raises(InputError, match="t.json' is not the settings of a table"):
            use()
    assert read_json(path.with_suffix(".json")) == SETTINGS | change


def test_a_table_with_problems_of_another_suite_is_not_continued(tmp_path):
    path = store(tmp_path, problem="nguyen-99")
    with pytest.raises(InputError, match="unknown problem 'nguyen-99'"):
        run_benchmark("nguyen", ["sparse"], path, seconds=1.0, limit=1)
