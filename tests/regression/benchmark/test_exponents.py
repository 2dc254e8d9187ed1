"""The exponents of power laws, and the halves of the suite of laws."""

import numpy as np
import pandas as pd
import pytest

from symtut.errors import InputError
from symtut.expressions import Expression
from symtut.regression.benchmark.exponents import exponents_of, has_exponents, local_exponents
from symtut.regression.benchmark.run import run_benchmark
from symtut.regression.benchmark.tables import summary_text
from symtut.regression.problems.suites import make_suite

LAWS = {problem.name: problem for problem in make_suite("laws")}


def test_local_exponents_are_logarithmic_derivatives():
    x = np.array([[2.0, -3.0], [0.5, 1.0]])
    found = local_exponents(lambda x: x[:, 0] ** 1.5 * x[:, 1] * np.exp(x[:, 0]), x)
    np.testing.assert_allclose(found, [[1.5 + 2.0, 1.0], [1.5 + 0.5, 1.0]], atol=1e-3)
    undefined = local_exponents(lambda x: np.log(x[:, 1]), x)
    assert np.isnan(undefined[0]).all()


@pytest.mark.parametrize(
    ("law", "exponents"),
    [
        ("gravitation", (1, 1, -2)),
        ("orbital period", (1.5, -0.5)),
        ("buckling load", (1, 1, -2, -2)),
        ("open channel", (1, 2 / 3, 0.5, -1)),
        ("Coulomb energy", (1, 1, -1)),
        ("reduced mass", None),
        ("torque", None),
        ("absorption", None),
    ],
)
def test_exponents_of_laws(law, exponents):
    found = exponents_of(LAWS[law])
    if exponents is None:
        assert found is None
    else:
        np.testing.assert_allclose(found, exponents, atol=1e-9)


@pytest.mark.parametrize(
    ("law", "equation", "right"),
    [
        ("orbital period", "2.43*a**1.5/sqrt(m)", True),
        ("orbital period", "17*a*sqrt(a)*m**-0.49", True),  # the factor does not count
        ("orbital period", "2.43*a**1.5*m**-0.47", False),
        ("orbital period", "2.43*a**1.5/sqrt(m) + 0.5", False),
        ("orbital period", "2.43*a**1.5/sqrt(m)*(1 + 0.1*sin(m))", False),
        ("orbital period", "a**1.5", False),
        ("orbital period", "log(a - 40)", False),
        ("orbital period", "", False),
        ("torque", "f*r*sin(t)", None),
    ],
)
def test_right_and_wrong_exponents(law, equation, right):
    assert has_exponents(LAWS[law], equation) is right


def test_every_law_that_is_written_has_its_own_exponents():
    names = [name for name, problem in LAWS.items() if exponents_of(problem) is not None]
    assert len(names) == 26
    for name in names:
        formula = Expression(LAWS[name].truth.prefix, LAWS[name].truth.constants)
        assert has_exponents(LAWS[name], formula.text(LAWS[name].names, 6))


def test_summary_counts_right_exponents():
    shared = {
        "suite": "laws", "kind": "development", "method": "sparse", "points": 200, "noise": 0.01,
        "r2": 0.9999, "r2_extrapolated": 0.9999, "exact": 0, "exact_extrapolated": 0,
        "complexity": 5, "cpu_seconds": 1.0, "failure": "",
    }  # fmt: skip
    rows = [
        {**shared, "problem": "outflow", "equation": "4.43*sqrt(h)"},
        {**shared, "problem": "speed of sound", "equation": "3.4*sqrt(t)/m**0.4"},
        {**shared, "problem": "rocket", "equation": "u*log(m0/m1)"},  # no power law
    ]
    lines = summary_text(pd.DataFrame(rows)).splitlines()
    (line,) = (line for line in lines if "laws (200 points" in line)
    assert line.startswith("  development, sparse: 50 (9-91) of 2 laws (200 points, noise 0.01)")
    assert "exponents" not in summary_text(pd.DataFrame(rows[-1:]))


def test_one_half_of_the_laws_can_be_asked_for(tmp_path):
    out = tmp_path / "laws.csv"
    shared = {"seconds": 0.2, "rounds": 1, "report": lambda line: None}
    rows = run_benchmark("laws", ["sparse"], out, kind="table", limit=2, **shared)
    assert [(r["problem"], r["kind"]) for r in rows] == [
        ("tidal force", "table"), ("orbital period", "table"),
    ]  # fmt: skip
    more = run_benchmark("laws", ["sparse"], out, limit=2, **shared)  # the other half joins
    assert [r["problem"] for r in more] == ["gravitation", "tidal force", "orbital period"]
    with pytest.raises(InputError, match="unknown kind 'tables'; kinds.*development; table"):
        run_benchmark("laws", ["sparse"], tmp_path / "x.csv", kind="tables")
    assert not (tmp_path / "x.csv").exists()
