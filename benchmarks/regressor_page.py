"""Print the tables of ``docs/regressors.md`` from the stored results; a test compares them.

python benchmarks/regressor_page.py
"""

import runpy
from pathlib import Path

from symtut.regression.benchmark.exponents import law_exponents
from symtut.regression.benchmark.tables import GOOD, read_settings, read_table

FOLDER = Path(__file__).parents[1] / "data" / "results" / "regression"
HALVES = ("development", "table")
LAWS_OF_TABLE = 49


def rows_of(*names: str) -> list[dict]:
    """Rows of stored tables, each with the budget that it was made with."""
    found = []
    for path in (FOLDER / f"{name}.csv" for name in names):
        if path.exists():
            seconds = read_settings(path)["seconds"]
            found += [row | {"seconds": seconds} for row in read_table(path)]
    return found


def of(hits) -> str:
    """``45 of 49``; empty where there is nothing to count."""
    hits = [hit for hit in hits if hit is not None]
    return f"{sum(map(bool, hits))} of {len(hits)}" if hits else ""


def exact(rows) -> str:
    """How many are exact, and in brackets how many still are outside the region."""
    wide = sum(row["exact_extrapolated"] for row in rows)
    return f"{of(row['exact'] for row in rows)} ({wide})" if rows else ""


def good(rows) -> str:
    return of(row["r2"] > GOOD for row in rows)


def laws() -> list[str]:
    """Laws at 200 points without noise: a line a method and budget."""
    rows = [
        row
        for row in rows_of("laws_2s", "laws_10s", "laws_peers_10s")
        if row["points"] == 200 and row["noise"] == 0
    ]
    lines = []
    for method, seconds in dict.fromkeys((row["method"], row["seconds"]) for row in rows):
        some = [row for row in rows if (row["method"], row["seconds"]) == (method, seconds)]
        halves = [[row for row in some if row["kind"] == half] for half in HALVES]
        spent = sorted(row["cpu_seconds"] for row in some)[len(some) // 2]
        cells = [
            f"{method}, {seconds:g} s", *map(exact, halves), *map(good, halves),
            of(map(law_exponents, some)), f"{spent:.1f}",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def conditions() -> list[str]:
    """The default on laws at 2 CPU-s: a line a number of points and level of noise."""
    rows = [row for row in rows_of("laws_2s") if row["method"] == "transformer+sparse"]
    lines = []
    for points, noise in sorted({(row["points"], row["noise"]) for row in rows}, reverse=True):
        some = [row for row in rows if (row["points"], row["noise"]) == (points, noise)]
        halves = [[row for row in some if row["kind"] == half] for half in HALVES]
        if len(halves[1]) < LAWS_OF_TABLE:
            continue  # a table that was cut
        cells = [str(points), f"{100 * noise:g} %", *map(exact, halves), *map(good, halves),
                 of(map(law_exponents, some))]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return sorted(lines, key=lambda line: (-int(line.split()[1]), float(line.split()[3])))


def parts() -> list[str]:
    """Each step left out: a line a step, without noise."""
    script = runpy.run_path(str(Path(__file__).parent / "regressor_parts.py"))
    path = FOLDER / "regressor_parts.csv"
    rows = [row for row in script["read"](path) if row["noise"] == 0] if path.exists() else []
    lines = []
    for left_out in script["LEFT_OUT"]:
        some = [row for row in rows if row["left_out"] == left_out]
        suites = [[row for row in some if row["suite"] == s] for s in ("laws", "mechanics")]
        if some:
            spent = sum(row["cpu_seconds"] for row in some) / len(some)
            lines.append(f"| {left_out} | {' | '.join(map(exact, suites))} | {spent:.2f} |")
    return lines


def others() -> list[str]:
    """The default as it is now on the other suites: a line a suite and budget."""
    lines = []
    for name in ("mechanics_2s", "nguyen_2s"):
        rows = rows_of(name)
        if rows:
            spent = sorted(row["cpu_seconds"] for row in rows)[len(rows) // 2]
            lines.append(f"| {rows[0]['suite']}, {rows[0]['seconds']:g} s | {exact(rows)} "
                         f"| {spent:.2f} |")  # fmt: skip
    return lines


TABLES = {"laws": laws, "conditions": conditions, "parts": parts, "others": others}

if __name__ == "__main__":
    for title, table in TABLES.items():
        print(f"\n{title}", *table(), sep="\n")
