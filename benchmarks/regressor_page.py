"""Print the tables of ``docs/regressors.md`` from the stored results; a test compares them.

python benchmarks/regressor_page.py
"""

import argparse
from pathlib import Path

import pandas as pd

from benchmarks.regressor_parts import LEFT_OUT, read_parts
from symtut.regression.benchmark.exponents import law_exponents
from symtut.regression.benchmark.tables import GOOD, read_results, read_settings

FOLDER = Path(__file__).parents[1] / "data" / "results" / "regression"
HALVES = ("development", "table")
LAWS_OF_TABLE = 49


def rows_of(*names: str) -> pd.DataFrame:
    """Rows of stored tables, each with the budget that it was made with."""
    paths = [FOLDER / f"{name}.csv" for name in names]
    return pd.concat(
        read_results(path).assign(seconds=read_settings(path)["seconds"]) for path in paths
    )


def of(hits) -> str:
    """``45 of 49``; empty where there is nothing to count."""
    hits = [hit for hit in hits if hit is not None]
    return f"{sum(map(bool, hits))} of {len(hits)}" if hits else ""


def exact(rows: pd.DataFrame) -> str:
    """How many are exact, and in brackets how many still are outside the region."""
    return f"{of(rows['exact'])} ({rows['exact_extrapolated'].sum()})" if len(rows) else ""


def cells_of_laws(rows: pd.DataFrame) -> list[str]:
    """Exact and good on each half of the laws, and how many have all exponents."""
    halves = [rows[rows["kind"] == half] for half in HALVES]
    good = (of(half["r2"] > GOOD) for half in halves)
    return [*map(exact, halves), *good, of(map(law_exponents, rows.to_dict("records")))]


def spent(rows: pd.DataFrame) -> float:
    """The median of CPU-seconds, of an even number the upper one."""
    return sorted(rows["cpu_seconds"])[len(rows) // 2]


def laws() -> list[str]:
    """Laws at 200 points without noise: a line a method and budget."""
    rows = rows_of("laws_2s", "laws_10s", "laws_peers_10s").query("points == 200 and noise == 0")
    lines = []
    for (method, seconds), some in rows.groupby(["method", "seconds"], sort=False):
        cells = [f"{method}, {seconds:g} s", *cells_of_laws(some), f"{spent(some):.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def conditions() -> list[str]:
    """The default on laws at 2 CPU-s: a line a number of points and level of noise."""
    rows = rows_of("laws_2s").query("method == 'transformer+sparse'")
    lines = []
    for (points, noise), some in rows.groupby(["points", "noise"]):
        if sum(some["kind"] == "table") == LAWS_OF_TABLE:  # else a table that was cut
            cells = [str(points), f"{100 * noise:g} %", *cells_of_laws(some)]
            lines.append((-points, noise, f"| {' | '.join(cells)} |"))
    return [line for *_, line in sorted(lines)]


def parts() -> list[str]:
    """Each step left out: a line a step, without noise."""
    rows = read_parts(FOLDER / "regressor_parts.csv").query("noise == 0")
    lines = []
    for left_out in LEFT_OUT:
        some = rows[rows["left_out"] == left_out]
        suites = [exact(some[some["suite"] == suite]) for suite in ("laws", "mechanics")]
        if len(some):
            lines.append(
                f"| {left_out} | {' | '.join(suites)} | {some['cpu_seconds'].mean():.2f} |"
            )
    return lines


def others() -> list[str]:
    """The default on the other suites at 2 CPU-s: a line a suite and number of points."""
    lines = []
    for name in ("mechanics_2s", "nguyen_2s"):
        for (suite, points), rows in rows_of(name).groupby(["suite", "points"]):
            clean = rows[rows["noise"] == 0]
            good = [of(some["r2"] > GOOD) for _, some in rows.groupby("noise")]
            cells = [suite, str(points), exact(clean), *good, f"{spent(clean):.2f}"]
            lines.append((suite, -points, f"| {' | '.join(cells)} |"))
    return [line for *_, line in sorted(lines)]


TABLES = {"laws": laws, "conditions": conditions, "parts": parts, "others": others}

if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.split("\n\n")[0]).parse_args()
    for title, table in TABLES.items():
        print(f"\n{title}", *table(), sep="\n")
