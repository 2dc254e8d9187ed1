"""Suites and the benchmark of regressors."""

import csv
import json

import numpy as np
import pytest

from symtut.cli import main
from symtut.errors import InputError
from symtut.expressions import terms_of
from symtut.regression.benchmark import run_benchmark, run_problem
from symtut.regression.holdout import is_held_out
from symtut.regression.suites import Problem, make_suite, nesting, random_suite


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


def test_table_with_provenance(tmp_path):
    out = tmp_path / "table.csv"
    printed = []
    rows = run_benchmark(
        "nguyen", ["sparse", "prior"], out, seconds=0.3, limit=2, report=printed.append
    )
    with open(out) as file:
        read = list(csv.DictReader(file))
    assert len(read) == len(rows) == 4 and {r["method"] for r in read} == {"sparse", "prior"}
    assert "exact" in printed[0]
    assert json.loads(out.with_suffix(".json").read_text())["seconds"] == 0.3
    assert all(float(r["cpu_seconds"]) < 3.0 for r in read)


def test_bad_benchmarks(tmp_path):
    with pytest.raises(InputError, match="unknown suite 'physics'; known suites: mechanics"):
        run_benchmark("physics", ["prior"], tmp_path / "x.csv")
    with pytest.raises(InputError, match="unknown method 'magic'"):
        run_benchmark("nguyen", ["magic"], tmp_path / "x.csv")
    with pytest.raises(InputError, match="positive"):
        run_benchmark("nguyen", ["prior"], tmp_path / "x.csv", seconds=0)


def test_command_line(tmp_path, capsys):
    out = tmp_path / "table.csv"
    arguments = ["benchmark", "regression", "--suite", "nguyen", "--methods", "sparse"]
    assert main([*arguments, "--seconds", "0.3", "--limit", "1", "--out", str(out)]) == 0
    assert "exact" in capsys.readouterr().out and out.exists()
    assert main([*arguments, "--points", "many", "--out", str(out)]) == 2
    assert "not a list of numbers" in capsys.readouterr().err
    assert main([*arguments, "--weights", "colonel", "--methods", "transformer", "--seconds", "0.3",
                 "--out", str(out)]) == 2  # fmt: skip
    assert "unknown weights 'colonel'" in capsys.readouterr().err
