"""``make reproduce``: the sweeps as data, the estimate, and a tiny reproduction from end to end."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from benchmarks import comparison, reproduce
from symtut.errors import InputError
from symtut.experiments import sweep as sweeping
from symtut.experiments.tables import CURVES_FORM, read_curves, read_runs, write_runs
from symtut.paths import data_path
from symtut.storage import write_csv
from tests.clusters import a_worker_killed, cluster

ROOT = Path(__file__).resolve().parents[2]


# ---- what is to be done --------------------------------------------------------------------------


def test_the_page_shows_these_commands():
    text = (ROOT / "docs" / "reproducibility.md").read_text(encoding="utf-8")
    assert reproduce.page() == text, "run: python benchmarks/reproduce.py --page"
    assert all(f"{line}\n" in text for line in comparison.commands())


def test_the_commands_are_those_of_the_sweeps(tmp_path):
    """What the command line makes of each line is what the data say."""
    from symtut import arguments, cli

    for one in comparison.SWEEPS:
        a = cli.build_parser().parse_args(one.command(str(tmp_path)).split()[1:])
        planned = sweeping.plan(
            arguments.names(a.tasks), arguments.names(a.methods), sweeping.parse_seeds(a.seeds),
            a.out, arguments.parse_steps(a.steps), a.profile,
            arguments.parse_placed_overrides(a.set),
        )  # fmt: skip
        assert planned == one.plan(tmp_path)


def test_every_stored_table_has_its_sweep():
    """And the stored runs are those that the sweep would make again."""
    sweeps = {one.name: one for one in comparison.SWEEPS}
    for path in sorted(data_path(comparison.STORED).glob("*/runs.csv")):
        planned = {(r.task, r.method, r.seed, r.steps) for r in sweeps[path.parent.name].plan(path)}
        stored = {(r.task, r.method, r.seed, r.env_steps) for r in read_runs(path).itertuples()}
        assert stored <= planned, path.parent.name


def test_choices_are_checked():
    assert {one.seeds for one in comparison.chosen(seeds="0,2")} == {"0,2"}
    assert [one.name for one in comparison.chosen(only="reacher, pendulum")] == [
        "pendulum",
        "reacher",
    ]
    with pytest.raises(InputError, match="no sweep 'pond'.*pendulum"):
        comparison.chosen(only="pond")
    with pytest.raises(InputError, match="not a list of seeds"):
        comparison.chosen(seeds="nine")


def test_the_estimate_is_made_of_known_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(reproduce, "seconds_to_judge", lambda task: 2.0)
    pendulum, car = (
        next(s for s in comparison.SWEEPS if s.name == n) for n in ("pendulum", "pendulum_50")
    )
    left = {entry.method: entry for entry in reproduce.what_is_left(pendulum, tmp_path)}
    stored = read_runs(data_path(f"{comparison.STORED}/pendulum/runs.csv"))
    expected = stored.query("method == 'sac'").cpu_seconds.mean() + 2.0 * 17  # 8000 updates: 17
    assert left["sac"].cpu_seconds == pytest.approx(expected)
    assert (left["sac"].runs, left["sac"].total) == (10, 10)

    for seed in (0, 4):  # finished here, at another pace than the stored ones
        folder = tmp_path / "pendulum_50" / "pendulum" / "symbolic" / f"seed_{seed}"
        folder.mkdir(parents=True)
        (folder / "summary.json").write_text("{}")
    monkeypatch.setattr(
        reproduce.Result, "load", lambda path: type("R", (), {"summary": {"cpu_seconds": 5}})
    )
    (entry,) = reproduce.what_is_left(car, tmp_path)
    assert (entry.runs, entry.total) == (8, 10) and 5 < entry.cpu_seconds < 5 + 2.0 * 20

    # other settings: nothing is known of them, and nothing is made up
    (other,) = comparison.chosen(only="pendulum_50", profile="paper")
    assert reproduce.cost_of(other, other.plan(tmp_path / "x")[0], tmp_path / "x") is None
    lines = reproduce.describe(
        [
            reproduce.Remaining("a", "sac", 4, 10, 3600.0),
            reproduce.Remaining("b", "sac", 2, 2, None),
        ],
        2,
    )
    assert lines[0] == "6 of 12 runs are left:"
    assert [line.split() for line in lines[1:3]] == [
        ["a", "sac", "4", "of", "10", "240.0", "CPU-minutes"],
        ["b", "sac", "2", "of", "2", "unknown", "CPU-minutes"],
    ]
    assert "About 4 CPU-hours for 4 of them, 2 hours with 2 at a time" in lines[-2]
    assert lines[-1].endswith("b/sac.")


# ---- a tiny reproduction -------------------------------------------------------------------------


@pytest.mark.notebook
def test_cut_and_gone_on_with_on_a_cluster_whose_worker_is_killed(tmp_path, monkeypatch, capsys):
    pytest.importorskip("distributed", reason="needs the extra 'cluster'")
    out = tmp_path / "out"
    words = ["--smoke", "--out", str(out)]
    real, done = sweeping.do_run, []

    def cut(run):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(run.name)
        return real(run)

    monkeypatch.setattr(sweeping, "do_run", cut)
    assert reproduce.main([*words, "--jobs", "1"]) == 130
    said = capsys.readouterr()
    assert "6 of 6 runs are left" in said.out and "the same command goes on" in said.err
    finished = {path: path.stat().st_mtime_ns for path in out.glob("runs/**/summary.json")}
    assert len(finished) == 2 and not (out / "results").exists()

    monkeypatch.setattr(sweeping, "do_run", real)
    with cluster(1) as one, a_worker_killed(one.scheduler_address, lambda: True):
        assert reproduce.main([*words, "--scheduler", one.scheduler_address]) == 0
    said = capsys.readouterr().out
    assert "4 of 6 runs are left" in said and "2 of 6 runs are finished already" in said
    assert all(path.stat().st_mtime_ns == made for path, made in finished.items())
    folder = out / "results" / "comparison"
    assert len(read_runs(folder / "pendulum" / "runs.csv")) == 6
    assert (folder / "comparison.png").stat().st_size > 10_000
    assert re.search(r"^\| pendulum \| oracle \| 2 \| 200 \|", said, re.MULTILINE)
    results = json.loads((out / "11_the_papers_comparison.json").read_text())
    assert results["sweeps"] == ["pendulum"] and results["runs"] == {"pendulum": 6}  # the new ones
    executed = nbformat.read(out / "11_the_papers_comparison.ipynb", as_version=4)
    assert not any(o.output_type == "error" for c in executed.cells for o in c.get("outputs", []))


def test_tables_of_what_is_finished(tmp_path, capsys):
    """One seed of one method, no interval, another sweep with nothing: no crash, no invention."""
    runs, out = tmp_path / "runs", tmp_path / "out"
    (runs / "reacher").mkdir(parents=True)
    out.mkdir()
    comparison.make(runs, out)
    assert capsys.readouterr().out.count("\n") == 2  # the head of the table
    (runs / "pendulum").mkdir()
    one = one_run(runs / "pendulum", final_return=-100.0)
    comparison.make(runs, out)
    assert "| pendulum | sac | 1 | 8000 | -100.0 | 1 of 1 |" in capsys.readouterr().out
    assert (out / "comparison.png").exists()
    assert read_runs(out / "pendulum" / "runs.csv").to_dict("records") == [one]


def one_run(folder, **changes):
    """The tables of a sweep of one run: SAC's first stored one on the pendulum, changed."""
    source = data_path(f"{comparison.STORED}/pendulum")
    cell, name = ("pendulum", "sac"), "runs.csv"
    stored = read_runs(source / name).query("method == 'sac'").head(1).assign(**changes)
    write_runs(folder / name, stored)
    (one,) = stored.to_dict("records")
    curves = read_curves(source / "curves.csv")[cell]
    at = curves.seeds.index(0)
    points = zip(curves.env_steps, curves.returns[at], strict=True)
    write_csv(folder / "curves.csv", list(CURVES_FORM), [[*cell, one["seed"], *p] for p in points])
    (folder / "table.csv").touch()
    made = [{"command": "symtut sweep, again"}]
    (folder / "table.json").write_text(json.dumps({"reference": "symbolic", "made": made}))
    return one


def test_a_sweep_of_some_runs_replaces_these_and_leaves_the_others(tmp_path):
    runs, out = tmp_path / "runs", tmp_path / "out"
    shutil.copytree(data_path(f"{comparison.STORED}/pendulum"), out / "pendulum")
    before = read_runs(out / "pendulum" / "runs.csv")
    curves = read_curves(out / "pendulum" / "curves.csv")
    (runs / "pendulum").mkdir(parents=True)
    again = one_run(runs / "pendulum", final_return=-100.0)
    comparison.make(runs, out)

    after = read_runs(out / "pendulum" / "runs.csv")
    is_new = (after.method == "sac") & (after.seed == 0)
    pd.testing.assert_frame_equal(after[~is_new], before[~is_new])
    assert after[is_new].to_dict("records") == [again]
    for cell, kept in read_curves(out / "pendulum" / "curves.csv").items():
        assert kept.seeds == curves[cell].seeds
        np.testing.assert_array_equal(kept.returns, curves[cell].returns)
    sources = json.loads((out / "pendulum" / "table.json").read_text())
    assert [m["command"].split()[0] for m in sources["made"]] == ["symtut"] * len(sources["made"])
    assert sources["made"][-1] == {"command": "symtut sweep, again"} and len(sources["made"]) > 1
    text = (out / "pendulum" / "runs.csv").read_bytes()
    comparison.make(runs, out)  # once more changes nothing
    assert (out / "pendulum" / "runs.csv").read_bytes() == text
    assert json.loads((out / "pendulum" / "table.json").read_text()) == sources

    one_run(runs / "pendulum", seed=10)  # more seeds than are stored
    comparison.make(runs, out)
    after = read_runs(out / "pendulum" / "runs.csv")
    assert after.seed[after.method == "sac"].tolist() == list(range(11))
    one_run(runs / "pendulum", env_steps=9000)
    with pytest.raises(InputError, match="pendulum/sac differ"):
        comparison.make(runs, out)


def test_nothing_finished_is_said(tmp_path, capsys):
    (tmp_path / "results" / "comparison" / "old").mkdir(parents=True)
    assert reproduce.show(tmp_path, smoke=True) == 1
    assert "No run is finished" in capsys.readouterr().out
    assert not (tmp_path / "results" / "comparison" / "old").exists()
    assert reproduce.main(["--out", str(tmp_path), "--only", "pond"]) == 2


def test_new_results_come_before_the_shipped_ones(tmp_path, monkeypatch):
    shipped = data_path("results/comparison")
    monkeypatch.setenv("SYMTUT_DATA", str(tmp_path))
    assert data_path("results/comparison") == shipped
    (tmp_path / "results" / "comparison").mkdir(parents=True)
    assert data_path("results/comparison") == tmp_path / "results" / "comparison"
