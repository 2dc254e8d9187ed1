"""Tables of the regressors' benchmark: reading and writing them, and what they say in sum."""

import math
from itertools import combinations
from pathlib import Path

import numpy as np

from symtut.errors import InputError
from symtut.forms import (
    ANYTHING,
    NAME,
    SHA256,
    list_of,
    mapping,
    number,
    one_of,
    optional,
    record,
    text,
    whole,
)
from symtut.paths import as_path
from symtut.regression.benchmark.exponents import law_exponents
from symtut.regression.benchmark.peers import PEERS
from symtut.regression.settings import METHODS
from symtut.storage import read_csv, read_json, write_csv

ALL_METHODS = (*METHODS, *PEERS)
COLUMNS = {
    "suite": NAME, "problem": NAME, "kind": NAME, "method": one_of(*ALL_METHODS),
    "points": whole(1), "noise": number(0), "r2": number(finite=False),
    "r2_extrapolated": number(finite=False), "exact": whole(0, 1),
    "exact_extrapolated": whole(0, 1), "complexity": optional(whole(1)),
    "cpu_seconds": number(0), "equation": text(100_000), "failure": text(1000),
}  # fmt: skip
"""``complexity`` is empty and ``failure`` says why where there is no equation, or none that can be
evaluated; such a row has ``r2`` −inf."""

WHAT = "a table of 'symtut benchmark regression'"
SETTINGS = record(
    {
        "suite": NAME,
        "problems": NAME,
        "seconds": number(0),
        "seed": whole(),
        "options": mapping(ANYTHING),
        "weights": optional(SHA256),
        "sessions": list_of(mapping(ANYTHING)),
    },
    {"peers": mapping(NAME)},
    what="the settings of a table of 'symtut benchmark regression'",
)

GOOD = 0.999
HARD = "three or more terms or nested"


def row_key(row: dict) -> tuple:
    """What a row is about: (problem, method, points, noise)."""
    return row["problem"], row["method"], row["points"], row["noise"]


def write_table(path: Path, rows: list[dict]) -> None:
    """Write rows as CSV, atomically."""
    write_csv(path, list(COLUMNS), [[row[name] for name in COLUMNS] for row in rows])


def read_table(path: str | Path) -> list[dict]:
    """The rows of a stored table.

    Raises
    ------
    InputError
        No such file, or not a table of this benchmark.
    """
    return read_csv(path, COLUMNS, WHAT)


def settings_path(table: str | Path) -> Path:
    """Where the settings of a table are: beside it.

    Raises
    ------
    InputError
        If the table's name does not end with ``.csv``.
    """
    table = as_path(table)
    if table.suffix != ".csv":
        raise InputError(f"the name of a table ends with .csv, not '{table}'.")
    return table.with_suffix(".json")


def read_settings(table: str | Path) -> dict:
    """What all rows of a stored table share, and the sessions that made them."""
    return read_json(settings_path(table), SETTINGS)


def summarise(paths: list[str | Path]) -> str:
    """Summaries of stored tables; tables of one suite, budget and seed are taken together."""
    groups: dict[tuple, dict[tuple, dict]] = {}
    for path in map(as_path, paths):
        rows = read_table(path)
        settings = read_settings(path)
        group = tuple(settings[name] for name in ("suite", "seconds", "seed", "problems"))
        merged = groups.setdefault(group, {})
        for row in rows:
            if merged.setdefault(row_key(row), row) is not row:
                raise InputError(
                    f"'{path}' repeats {row['problem']} by {row['method']} from another table: "
                    "summarise the two apart."
                )
    return "\n\n".join(
        f"{suite}, {seconds:g} CPU-seconds an equation, seed {seed}\n{summary([*rows.values()])}"
        for (suite, seconds, seed, _), rows in groups.items()
    )


def summary(rows: list[dict]) -> str:
    """Shares with Wilson's 95 % intervals for each kind of problem, method, points and noise.

    ``nodes`` is the median complexity, ``fail`` counts rows without a usable equation. For laws
    that are products of powers follows how many equations have all their exponents; for the
    project's own methods on the random suite the ratios of exact recovery on its harder part, with
    95 % intervals from a bootstrap over problems.
    """
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        for kind in _kinds(row):
            key = kind, row["points"], row["noise"], row["method"]
            groups.setdefault(key, []).append(row)
    kinds = sorted({key[0] for key in groups}, key=lambda kind: ((HARD, "all").count(kind), kind))
    if len(kinds) == 2:  # one kind is all
        kinds = kinds[:1]
    wide = max([len(kind) for kind in kinds] + [4]) + 2
    lines = [
        f"{'kind':<{wide}}{'method':<18}{'points':>6}{'noise':>7}{'n':>5}"
        f"{'exact':>19}{'and extrapolated':>19}{'R² > 0.999':>19}"
        f"{'nodes':>7}{'CPU-s':>7}{'fail':>6}"
    ]
    order = [key for key in groups if key[0] in kinds]
    order.sort(key=lambda key: (kinds.index(key[0]), *key[1:3], ALL_METHODS.index(key[3])))
    for key in order:
        kind, size, level, method = key
        group = groups[key]
        shares = "".join(
            f"{share([hit(row) for row in group]):>19}"
            for hit in (
                lambda row: row["exact"],
                lambda row: row["exact_extrapolated"],
                lambda row: row["r2"] > GOOD,
            )
        )
        nodes = [row["complexity"] for row in group if row["complexity"] is not None]
        spent = np.mean([row["cpu_seconds"] for row in group])
        failed = sum(bool(row["failure"]) for row in group)
        lines.append(
            f"{kind:<{wide}}{method:<18}{size:>6}{level:>7.2f}{len(group):>5}{shares}"
            f"{np.median(nodes) if nodes else math.nan:>7.0f}{spent:>7.2f}{failed:>6}"
        )
    return "\n".join([*lines, *_exponents(groups, order), *_ratios(groups)])


def _exponents(groups: dict[tuple, list[dict]], order: list[tuple]) -> list[str]:
    """Lines on the laws that are products of powers: who has all their exponents."""
    lines = []
    for kind, size, level, method in order:
        hits = [law_exponents(row) for row in groups[kind, size, level, method]]
        if hits := [hit for hit in hits if hit is not None]:
            lines.append(
                f"  {kind}, {method}: {share(hits)}  "
                f"({len(hits)} laws, {size} points, noise {level:.2f})"
            )
    return ["\nright exponents of laws that are products of powers:", *lines] if lines else []


def _kinds(row: dict) -> list[str]:
    """The groups that a row counts in: its own kind, the harder strata of random, all."""
    kinds = [row["kind"]]
    if row["suite"] == "random" and row["kind"] != "one or two terms, flat":
        kinds.append(HARD)
    return list(dict.fromkeys([*kinds, "all"]))


def _ratios(groups: dict[tuple, list[dict]]) -> list[str]:
    """Lines that compare the project's own methods on the harder part of the random suite.

    In range a long formula may be exact without being the right one; outside it hardly can.
    """
    own = sorted(METHODS, key=lambda method: "+" not in method)  # pooled methods on top
    lines = []
    for column in ("exact", "exact_extrapolated"):
        found = []
        for size, level in dict.fromkeys(key[1:3] for key in groups if key[0] == HARD):
            for above, below in combinations(own, 2):
                pair = [groups.get((HARD, size, level, method)) for method in (above, below)]
                if not all(pair):
                    continue
                a, b = ({row["problem"]: row[column] for row in group} for group in pair)
                both = sorted(a.keys() & b.keys())
                if not any(a[name] or b[name] for name in both):
                    continue
                value, low, high = ratio([a[name] for name in both], [b[name] for name in both])
                found.append(
                    f"  {above} / {below}: {value:.2f} [{low:.2f}, {high:.2f}]  "
                    f"({len(both)} problems, {size} points, noise {level:.2f})"
                )
        title = "exact recovery" if column == "exact" else "exact recovery, also extrapolated"
        lines += [f"\n{title}, {HARD}:", *found] if found else []
    return lines


def share(hits: list) -> str:
    """``0.86 [0.73, 0.93]``."""
    low, high = wilson(sum(map(bool, hits)), len(hits))
    return f"{np.mean(list(map(bool, hits))):.2f} [{low:.2f}, {high:.2f}]"


def wilson(hits: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's 95 % interval for a share (E. B. Wilson 1927)."""
    centre = (hits + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(hits * (n - hits) / n + z * z / 4)
    return max(0.0, centre - half), min(1.0, centre + half)


def ratio(above: list, below: list, resamples: int = 4000) -> tuple[float, float, float]:
    """Ratio of two shares on the same problems, with a paired bootstrap's 95 % interval.

    Infinite or NaN where the lower share is zero.
    """
    hits = np.array([above, below], dtype=np.float64)  # (2, problems)
    n = hits.shape[1]
    drawn = np.random.default_rng(0).integers(n, size=(resamples, n))
    sums = hits[:, drawn].sum(2)  # (2, resamples)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = hits[0].sum() / hits[1].sum()
        ratios = np.where(sums.any(0), sums[0] / sums[1], 1.0)
    low, high = np.quantile(ratios, [0.025, 0.975], method="nearest")
    return float(value), float(low), float(high)
