"""docs/regressors.md and the paragraph of docs/results.md say what the stored tables say."""

import re
import shlex
from pathlib import Path

import pandas as pd

from benchmarks.regressor_page import TABLES
from benchmarks.regressor_parts import LEFT_OUT, read_parts
from symtut import cli
from symtut.regression.benchmark.exponents import exponents_of
from symtut.regression.benchmark.tables import EASY, HARD, ratio, read_results
from symtut.regression.problems.suites import make_suite

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "regressors.md").read_text(encoding="utf-8")
RESULTS = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
FOLDER = ROOT / "data" / "results" / "regression"


def test_it_is_short_and_its_links_lead_somewhere():
    assert len(PAGE.splitlines()) <= 160
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link


def test_tables_are_those_of_the_stored_results():
    lines = PAGE.splitlines()
    for title, table in TABLES.items():
        found = table()
        assert found and all(line in lines for line in found), title


def test_the_table_of_proposers_is_that_of_the_stored_results():
    columns = (
        *("transformer+sparse", "transformer", "prior+sparse", "prior"),
        *("transformer+prior", "sparse"),
        *("pyoperon", "pysindy", "gplearn"),
    )

    def cells(table, kinds):
        rows = read_results(FOLDER / table)
        shares = rows[rows["kind"].map(kinds)].groupby("method")[["exact", "exact_extrapolated"]]
        for exact, wide in shares.mean().reindex(columns).dropna().to_numpy():
            yield f"{exact:.2f} ({wide:.2f})"

    flat = "one or two terms, flat"
    for table, kinds in (
        ("mechanics_10s.csv", lambda kind: True),
        ("nguyen_10s.csv", lambda kind: True),
        ("random_1s.csv", lambda kind: kind == flat),
        ("random_1s.csv", lambda kind: kind != flat),
        ("random_10s.csv", lambda kind: kind != flat),
    ):
        assert " | ".join(cells(table, kinds)) in PAGE, table


def test_ratios_of_proposers_are_those_of_the_stored_results():
    rows = read_results(FOLDER / "random_1s.csv").query("points == 200 and noise == 0")
    rows = rows[rows["kind"] != EASY]
    assert HARD == "three or more terms or nested"

    def against(above, below, column="exact"):
        hits = rows.pivot(index="problem", columns="method", values=column)
        value, low, high = ratio(*hits[[above, below]].dropna().to_numpy().T)
        return f"{value:.2f} [{low:.2f}, {high:.2f}]"

    for above, below, column in (
        ("transformer+sparse", "prior", "exact"),
        ("transformer+sparse", "prior+sparse", "exact"),
        ("transformer+sparse", "prior+sparse", "exact_extrapolated"),
        ("transformer", "prior", "exact"),
    ):
        assert against(above, below, column) in " ".join(PAGE.split()), (above, below, column)


def test_the_suite_is_as_large_as_it_says():
    laws = make_suite("laws")
    halves = [sum(law.kind == half for law in laws) for half in ("development", "table")]
    powers = sum(exponents_of(law) is not None for law in laws)
    said = " ".join(PAGE.split())
    assert f"{len(laws)} laws of physics" in said and halves == [49, 49]
    assert f"the {powers} laws that are products of powers" in said


def test_commands_are_understood():
    shown = re.findall(r"^symtut (.+)$", PAGE, re.MULTILINE)
    assert len(shown) >= 4
    for line in shown:
        arguments = cli.build_parser().parse_args(shlex.split(line))
        assert arguments.command == "benchmark"
    for script in re.findall(r"^python (\S+)", PAGE, re.MULTILINE):
        assert (ROOT / script).exists()


def test_what_is_said_of_the_laws():
    """The counts of the text, in the page and in docs/results.md."""

    def count(table, method, hit, kind="table", points=200, noise=0.0):
        asked = {"method": method, "kind": kind, "points": points, "noise": noise}
        rows = read_results(FOLDER / f"{table}.csv")
        rows = rows[rows[list(asked)].eq(pd.Series(asked)).all(axis=1)]
        assert len(rows) == 49
        return hit(rows).sum()

    def exact(rows):
        return rows["exact"]

    def good(rows):
        return rows["r2"] > 0.999

    for found, said in (
        (count("laws_2s", "transformer+sparse", exact), "{} of them exactly in 2 CPU-seconds"),
        (count("laws_10s", "transformer+sparse", exact), "{} in 10"),
        (count("laws_peers_10s", "pyoperon", exact), "pyoperon {} in 10"),
        (count("laws_peers_10s", "pysindy", exact), "pysindy {}"),
        (count("laws_2s", "transformer+sparse", good, noise=0.01), "R² > 0.999 on {} of them"),
    ):
        assert said.format(found) in " ".join(RESULTS.split()), said.format(found)


def test_what_is_said_of_steps_left_out_and_of_laws_missed():
    rows = read_parts(FOLDER / "regressor_parts.csv")
    exact = rows.pivot_table(index="left_out", columns="suite", values="exact", aggfunc="sum")
    assert {*exact.index} == {*LEFT_OUT}
    lost = exact.loc["nothing"] - exact.min()
    words = dict(enumerate(("none", "one", "two", "three", "four", "five")))
    said = f"at most {words[lost['laws']]} of these laws and {words[lost['mechanics']]} of these"
    assert said in " ".join(PAGE.split())
    rows = read_results(FOLDER / "laws_2s.csv").query("points == 200 and noise == 0 and exact == 0")
    rows = rows[rows["method"] == "transformer+sparse"]
    assert {*zip(rows["kind"], rows["problem"], strict=True)} == {
        ("table", "resonance curve"), ("table", "bridge"), ("table", "inhibited enzyme"),
        ("development", "distance in space"), ("development", "selection"),
    }  # fmt: skip
