"""Suites and the benchmark of regressors."""

import json

import numpy as np
import pandas as pd
import pytest

from symtut import workers
from symtut.cli import main
from symtut.errors import InputError
from symtut.expressions import terms_of
from symtut.regression.benchmark import run as benchmark
from symtut.regression.benchmark import trial
from symtut.regression.benchmark.peers import PeerModel
from symtut.regression.benchmark.run import run_benchmark
from symtut.regression.benchmark.tables import (
    COLUMNS,
    HARD,
    ratio,
    read_results,
    summary_text,
    wilson,
)
from symtut.regression.benchmark.trial import run_problem
from symtut.regression.problems.holdout import is_held_out
from symtut.regression.problems.suites import Problem, make_suite, nesting, random_suite
from symtut.storage import write_csv
from tests.clusters import a_worker_killed, cluster


@pytest.mark.parametrize(("suite", "size"), [("mechanics", 40), ("nguyen", 12)])
def test_suites_are_defined_and_reproducible(suite, size):
    problems = make_suite(suite)
    assert len(problems) >= size
    assert len({p.name for p in problems}) == len(problems)
    for problem in problems:
        x = problem.points(200, np.random.default_rng(0))
        y = problem.truth(x)
        assert x.shape == (200, len(problem.names))
        assert np.isfinite(y).all() and y.std() > 0
        assert np.array_equal(x, problem.points(200, np.random.default_rng(0)))


def test_pendulum_problems_are_the_simulators_steps():
    """The increments of Gymnasium's Pendulum-v1 (source: its documentation), away from the clip."""
    by_name = {p.name: p for p in make_suite("mechanics")}
    x = np.array([[0.3, 1.0, 0.5], [-2.0, -3.0, 1.5]])
    velocity = 0.05 * (15 * np.sin(x[:, 0]) + 3 * x[:, 2])
    np.testing.assert_allclose(by_name["pendulum.omega"].truth(x), velocity)
    np.testing.assert_allclose(by_name["pendulum.theta"].truth(x), 0.05 * (x[:, 1] + velocity))


def test_random_suite_is_held_out_and_stratified():
    problems = random_suite(40)
    kinds = {p.kind for p in problems}
    assert len(kinds) >= 3
    for problem in problems:
        x = problem.points(300, np.random.default_rng(1))
        assert np.isfinite(problem.truth(x)).all()
    # the weights are free in a skeleton, so the truth taken apart must be one that was held out
    assert all(is_held_out(terms_of(problem.truth.prefix)) for problem in problems)
    assert nesting(("exp", "cos", "x0")) == 2 and nesting(("mul", "sin", "x0", "x1")) == 1


def linear_problem():
    return Problem(
        "line", "test", ("a", "b"),
        lambda n, generator, stretch=1.0: stretch * generator.uniform(-1, 1, (n, 2)),
        lambda x: 2 * x[:, 0] - x[:, 1],
    )  # fmt: skip


def test_a_problem_is_judged_on_fresh_points_and_in_time():
    row = run_problem(linear_problem(), "sparse", 2.0, 50, 0.0, seed=0)
    assert row["exact"] == 1 and row["exact_extrapolated"] == 1
    assert row["equation"] in ("2*a - b", "-b + 2*a") and row["cpu_seconds"] < 2.0
    noisy = run_problem(linear_problem(), "sparse", 0.5, 50, 0.3, seed=0)
    assert noisy["exact"] == 0 and 0.9 < noisy["r2"] < 1


def test_a_method_that_fails_is_a_row(monkeypatch, tmp_path):
    def broken(*arguments):
        raise ArithmeticError("no\nluck")

    monkeypatch.setattr(trial, "fit_peer", broken)
    row = run_problem(linear_problem(), "gplearn", 1.0, 50, 0.0, seed=0)
    assert row["r2"] == row["r2_extrapolated"] == -np.inf and row["failure"] == (
        "ArithmeticError: no luck"
    )
    assert row["exact"] == row["exact_extrapolated"] == 0 and row["complexity"] is None
    write_csv(tmp_path / "table.csv", list(COLUMNS), [{"suite": "nguyen", **row}])
    assert stored(tmp_path / "table.csv") == [{"suite": "nguyen", **row}]

    nowhere = PeerModel(lambda x: np.full(len(x), np.nan), "log(-1)", 2)
    monkeypatch.setattr(trial, "fit_peer", lambda *arguments: nowhere)
    row = run_problem(linear_problem(), "gplearn", 1.0, 50, 0.0, seed=0)
    assert row["r2"] == -np.inf and row["exact"] == 0 and "not finite" in row["failure"]
    assert row["equation"] == "log(-1)" and row["complexity"] == 2


def run_small(out, methods=("sparse",), limit=2, **settings):
    """One round has no time limit to depend on."""
    settings = {"seconds": 30.0, "rounds": 1, "report": lambda line: None} | settings
    return run_benchmark("nguyen", list(methods), out, limit=limit, **settings)


def stored(path):
    return read_results(path).to_dict("records")


def without_time(rows):
    return [{name: row[name] for name in row if name != "cpu_seconds"} for row in rows]


def test_table_with_provenance(tmp_path):
    out = tmp_path / "table.csv"
    printed = []
    rows = run_benchmark(
        "nguyen", ["sparse", "prior"], out, seconds=0.3, limit=2, report=printed.append
    )
    assert stored(out) == rows and len(rows) == 4
    assert [(r["problem"], r["method"]) for r in rows[:2]] == [
        ("nguyen-1", "prior"), ("nguyen-1", "sparse"),
    ]  # fmt: skip
    assert "exact" in printed[-1] and "sparse" in printed[-1]
    card = json.loads(out.with_suffix(".json").read_text())
    assert card["seconds"] == 0.3 and card["weights"] is None and card["peers"] == {}
    assert {"commit", "command", "machine", "date", "versions"} <= card["sessions"][0].keys()
    assert all(r["cpu_seconds"] < 3.0 for r in rows)


def test_a_cut_table_goes_on(tmp_path, monkeypatch):
    whole = run_small(tmp_path / "whole.csv", noise=(0.0, 0.1))
    out, calls, fit = tmp_path / "cut.csv", [], run_problem

    def interrupted_at_third(*arguments, **options):
        calls.append(arguments[1:5])
        if len(calls) == 3:
            raise KeyboardInterrupt
        return fit(*arguments, **options)

    monkeypatch.setattr(benchmark, "run_problem", interrupted_at_third)
    with pytest.raises(KeyboardInterrupt):
        run_small(out, noise=(0.0, 0.1))
    assert without_time(stored(out)) == without_time(whole[:2])  # a table that can be used
    rows = run_small(out, noise=(0.0, 0.1))
    assert len(calls) == 5  # the third again, and the fourth
    assert without_time(rows) == without_time(whole) == without_time(stored(out))
    assert len(json.loads(out.with_suffix(".json").read_text())["sessions"]) == 2

    run_small(out)  # less than there is: nothing to do, nothing lost
    assert len(calls) == 5 and len(stored(out)) == 4
    grown = run_small(out, ["sparse", "prior"])
    assert len(calls) == 7 and len(grown) == 6
    assert [r for r in grown if r["method"] == "sparse"] == rows


def test_a_table_is_continued_only_with_its_own_settings(tmp_path):
    out = tmp_path / "table.csv"
    run_small(out, limit=1)
    for change, said in (
        ({"seconds": 20.0}, "seconds = 30.0, not 20.0"), ({"seed": 1}, "seed = 0, not 1"),
        ({"rounds": 2}, "options"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=said):
            run_small(out, limit=1, **change)
    with pytest.raises(InputError, match="suite = nguyen, not mechanics.*--overwrite"):
        run_benchmark("mechanics", ["sparse"], out)
    assert len(stored(out)) == 1
    (row,) = run_small(out, limit=1, seed=1, overwrite=True)
    assert json.loads(out.with_suffix(".json").read_text())["seed"] == 1
    assert stored(out) == [row]
    out.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="is not a table of 'symtut benchmark regression'"):
        run_small(out)


def test_processes_make_the_same_rows(tmp_path):
    alone = run_small(tmp_path / "alone.csv", ["sparse", "prior"], n_candidates=32)
    shared = run_small(tmp_path / "shared.csv", ["sparse", "prior"], n_candidates=32, jobs=2)
    assert without_time(shared) == without_time(alone) and len(alone) == 4
    assert without_time(stored(tmp_path / "shared.csv")) == without_time(alone)


def test_a_cluster_whose_worker_is_killed_makes_the_same_rows(tmp_path):
    out, wanted = tmp_path / "cluster.csv", dict(limit=8, noise=(0.0, 0.1))
    alone = run_small(tmp_path / "alone.csv", **wanted)
    with cluster(2) as two, a_worker_killed(two.scheduler_address, out.exists):
        rows = run_small(out, scheduler=two.scheduler_address, **wanted)
    assert without_time(rows) == without_time(alone) == without_time(stored(out))


def test_a_fit_that_ends_its_process_is_no_row(tmp_path, monkeypatch):
    """The others are stored, and the same command tries it again."""

    def dying(runs, work, jobs):
        for run in runs:
            yield run, {"error": workers.DIED} if run[0] == 0 else work(run)

    with monkeypatch.context() as patch:
        patch.setattr(workers, "on_loky", dying)
        with pytest.raises(InputError, match="1 rows are missing.*nguyen-1 by sparse: each worker"):
            run_small(tmp_path / "table.csv", jobs=2)
    assert [row["problem"] for row in stored(tmp_path / "table.csv")] == ["nguyen-2"]
    assert len(run_small(tmp_path / "table.csv")) == 2


def hand_made(problem, method, exact, kind="three or more terms, flat", **values):
    row = {
        "suite": "random", "problem": problem, "kind": kind, "method": method, "points": 200,
        "noise": 0.0, "r2": 1.0 if exact else 0.5, "r2_extrapolated": 0.0, "exact": exact,
        "exact_extrapolated": 0, "complexity": 7, "cpu_seconds": 1.0, "equation": "x",
        "failure": "",
    }  # fmt: skip
    return row | values


def test_summary_of_hand_made_rows():
    rows = [hand_made(f"p{i}", "transformer", int(i < 6)) for i in range(10)]
    rows += [hand_made(f"p{i}", "prior", int(i < 3)) for i in range(10)]
    rows += [hand_made("easy", m, 1, "one or two terms, flat") for m in ("transformer", "prior")]
    rows[9] |= {"r2": -np.inf, "complexity": None, "failure": "ArithmeticError: x"}
    lines = summary_text(pd.DataFrame(rows)).splitlines()
    assert max(map(len, lines)) <= 80
    at = lines.index(f"{HARD}: 200 points, noise 0.00; in percent")
    hard = next(line for line in lines[at:] if line.startswith("  transformer "))
    low, high = (f"{100 * limit:.0f}" for limit in wilson(6, 10))
    assert hard.split() == [
        "transformer", "10", "60", f"({low}-{high})", "0", "(0-28)", "60", f"({low}-{high})",
        "7", "1.00", "1",
    ]  # fmt: skip
    (line,) = [line for line in lines if "transformer / prior" in line]
    assert "transformer / prior: 2.00 [" in line and "10 problems" in line  # without the easy one
    at = lines.index("all: 200 points, noise 0.00; in percent")
    assert [line.split()[:2] for line in lines[at + 2 : at + 4]] == [
        ["transformer", "11"], ["prior", "11"],
    ]  # fmt: skip


def test_intervals():
    # R. G. Newcombe (1998), table I: 81 of 263 and 0 of 20
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    value, low, high = ratio([1] * 60 + [0] * 40, [1] * 30 + [0] * 70)
    assert value == 2.0 and 1.4 < low < 1.8 and 2.3 < high < 2.9
    assert ratio([1, 0, 1], [1, 0, 1]) == (1.0, 1.0, 1.0)  # paired: no doubt at all


def test_bad_benchmarks(tmp_path):
    with pytest.raises(InputError, match="unknown suite 'physics'. Known suites: mechanics"):
        run_benchmark("physics", ["prior"], tmp_path / "x.csv")
    with pytest.raises(InputError, match="unknown method 'magic'"):
        run_benchmark("nguyen", ["magic"], tmp_path / "x.csv")
    with pytest.raises(InputError, match="a finite number above 0"):
        run_benchmark("nguyen", ["prior"], tmp_path / "x.csv", seconds=0)
    for wrong in ({"points": (3,)}, {"noise": (-0.1,)}, {"limit": 0}, {"jobs": 0}):
        with pytest.raises(InputError, match=f"--{next(iter(wrong))}"):
            run_benchmark("nguyen", ["prior"], tmp_path / "x.csv", **wrong)
    assert not list(tmp_path.iterdir())


def test_command_line(tmp_path, capsys):
    out = tmp_path / "table.csv"
    arguments = ["benchmark", "regression", "--suite", "nguyen", "--methods", "sparse"]
    assert main([*arguments, "--seconds", "0.3", "--limit", "1", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "exact" in printed and out.exists()
    assert main(["benchmark", "summary", str(out)]) == 0
    title, *table, _ = capsys.readouterr().out.splitlines()  # the last line says what next
    assert title == "nguyen, 0.3 CPU-seconds an equation, seed 0"
    assert "\n".join(table) in printed
    assert main(["benchmark", "summary", str(out), str(out)]) == 2
    assert "repeats nguyen-1 by sparse" in capsys.readouterr().err
    assert main(["benchmark", "summary", str(tmp_path / "no.csv")]) == 2
    assert "no such file" in capsys.readouterr().err
    assert main([*arguments, "--points", "many", "--out", str(out)]) == 2
    assert "--points must be whole numbers" in capsys.readouterr().err
    assert main([*arguments, "--weights", "colonel", "--methods", "transformer", "--seconds", "0.3",
                 "--out", str(out)]) == 2  # fmt: skip
    assert "unknown weights 'colonel'" in capsys.readouterr().err
