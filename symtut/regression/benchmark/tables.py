"""Tables of the regressors' benchmark: their columns, their settings, and the summary of them."""

import math
import textwrap
from collections.abc import Collection
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from symtut.errors import InputError
from symtut.forms import (
    ANYTHING,
    NAME,
    SHA256,
    list_of,
    mapping,
    number,
    object_of,
    one_of,
    optional,
    text,
    whole,
)
from symtut.paths import as_path
from symtut.regression.benchmark.exponents import law_exponents
from symtut.regression.benchmark.peers import PEERS
from symtut.regression.settings import REGRESSION_METHODS
from symtut.storage import read_json, read_table

ALL_METHODS = (*REGRESSION_METHODS, *PEERS)
COLUMNS = {
    "suite": NAME, "problem": NAME, "kind": NAME, "method": one_of(*ALL_METHODS),
    "points": whole(1), "noise": number(0), "r2": number(finite=False),
    "r2_extrapolated": number(finite=False), "exact": whole(0, 1),
    "exact_extrapolated": whole(0, 1), "complexity": optional(whole(1)),
    "cpu_seconds": number(0), "equation": text(100_000), "failure": text(1000),
}  # fmt: skip
"""``complexity`` is empty and ``failure`` says why where there is no equation, or none that can be
evaluated; such a row has ``r2`` −inf."""
KEY = ["problem", "method", "points", "noise"]
"""What a row is about."""

SETTINGS = object_of(
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
EASY = "one or two terms, flat"
HARD = "three or more terms or nested"


def read_results(path: str | Path) -> pd.DataFrame:
    """A stored table with the columns :data:`COLUMNS`.

    Raises
    ------
    InputError
        No such file, or not a table of this benchmark.
    """
    return read_table(path, COLUMNS, "a table of 'symtut benchmark regression'")


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


def summaries(paths: list[str | Path]) -> str:
    """Summaries of stored tables; tables of one suite, budget and seed are taken together."""
    groups: dict[tuple, pd.DataFrame] = {}
    for path in map(as_path, paths):
        rows, settings = read_results(path), read_settings(path)
        group = tuple(settings[name] for name in ("suite", "seconds", "seed", "problems"))
        rows = pd.concat([groups[group], rows]) if group in groups else rows
        repeated = rows.loc[rows.duplicated(KEY), ["problem", "method"]]
        for problem, method in repeated.itertuples(index=False):
            raise InputError(
                f"'{path}' repeats {problem} by {method} from another table: "
                "summarise the two apart."
            )
        groups[group] = rows
    return "\n\n".join(
        f"{suite}, {seconds:g} CPU-seconds an equation, seed {seed}\n{summary_text(rows)}"
        for (suite, seconds, seed, _), rows in groups.items()
    )


def summary_text(rows: pd.DataFrame) -> str:
    """Shares in percent with Wilson's 95 % intervals for each kind, points, noise and method.

    ``nodes`` is the median complexity, ``fail`` counts rows without a usable equation. For laws
    that are products of powers follows how many equations have all their exponents; for the
    project's own methods on the random suite the ratios of exact recovery on its harder part, with
    95 % intervals from a bootstrap over problems.
    """
    hard = rows[(rows["suite"] == "random") & (rows["kind"] != EASY)].assign(kind=HARD)
    found = [*rows.groupby("kind"), ("all", rows), *([(HARD, hard)] if len(hard) else [])]
    if len(found) == 2:  # one kind is all
        found = found[:1]
    groups = [
        (kind, *key, group)
        for kind, of_kind in found
        for key, group in of_kind.assign(
            method=pd.Categorical(of_kind["method"], ALL_METHODS)  # in the order of the methods
        ).groupby(["points", "noise", "method"], observed=True)
    ]
    lines, head = [], None
    for kind, size, level, method, group in groups:
        if head != (head := (kind, size, level)):
            lines += [
                f"{kind}: {size} points, noise {level:.2f}; in percent",
                f"  {'method':<18}{'n':>4}{'exact':>13}{'extrapolated':>13}{'R² > 0.999':>13}"
                f"{'nodes':>6}{'CPU-s':>6}{'fail':>5}",
            ]
        hits = group["exact"], group["exact_extrapolated"], group["r2"] > GOOD
        exact, extrapolated, good = map(share, hits)
        lines.append(
            f"  {method:<18}{len(group):>4}{exact:>13}{extrapolated:>13}{good:>13}"
            f"{group['complexity'].astype(float).median():>6.0f}"
            f"{group['cpu_seconds'].mean():>6.2f}{(group['failure'] != '').sum():>5}"
        )
    return "\n".join([*lines, *_exponents(groups), *_ratios(hard)])


def _exponents(groups: list[tuple]) -> list[str]:
    """Lines on the laws that are products of powers: who has all their exponents."""
    lines = []
    for kind, size, level, method, group in groups:
        hits = [law_exponents(row) for row in group.to_dict("records")]
        if hits := [hit for hit in hits if hit is not None]:
            lines.append(
                f"  {kind}, {method}: {share(hits)} of {len(hits)} laws "
                f"({size} points, noise {level:.2f})"
            )
    title = "\nright exponents of laws that are products of powers, in percent:"
    return [title, *lines] if lines else []


def _ratios(hard: pd.DataFrame) -> list[str]:
    """Lines that compare the project's own methods on the harder part of the random suite.

    In range a long formula may be exact without being the right one; outside it hardly can.
    """
    own = sorted(REGRESSION_METHODS, key=lambda method: "+" not in method)  # pooled methods on top
    lines = []
    for column in ("exact", "exact_extrapolated"):
        title = "exact recovery" if column == "exact" else "exact recovery, also extrapolated"
        cells: dict[Any, pd.DataFrame] = dict(iter(hard.groupby(["points", "noise"], sort=False)))
        for (size, level), rows in cells.items():
            found = []
            hits = rows.pivot(index="problem", columns="method", values=column)
            for above, below in combinations([method for method in own if method in hits], 2):
                both = hits[[above, below]].dropna()
                if not both.to_numpy().any():
                    continue
                value, low, high = ratio(both[above], both[below])
                found.append(
                    f"  {above} / {below}: {value:.2f} [{low:.2f}, {high:.2f}]  "
                    f"({len(both)} problems)"
                )
            if found:
                head = f"{title}, {HARD}, {size} points, noise {level:.2f}:"
                lines += ["", *textwrap.wrap(head, 80), *found]
    return lines


def share(hits: Collection[Any]) -> str:
    """``86 (73-93)``, in percent."""
    low, high = wilson(sum(map(bool, hits)), len(hits))
    return f"{100 * np.mean(list(map(bool, hits))):.0f} ({100 * low:.0f}-{100 * high:.0f})"


def wilson(hits: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's 95 % interval for a share (E. B. Wilson 1927)."""
    centre = (hits + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(hits * (n - hits) / n + z * z / 4)
    return max(0.0, centre - half), min(1.0, centre + half)


def ratio(above: ArrayLike, below: ArrayLike, resamples: int = 4000) -> tuple[float, float, float]:
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
