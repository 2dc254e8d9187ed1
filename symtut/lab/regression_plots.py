"""Figures about symbolic regressors: how one was trained, and who finds what in equal time."""

import csv
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from symtut.errors import InputError
from symtut.lab.plots import INK, OKABE_ITO
from symtut.regression.benchmark.tables import GOOD, wilson

REGRESSOR_COLOUR = {
    "transformer+sparse": OKABE_ITO[6],
    "prior+sparse": "#8a6d3b",
    "transformer": OKABE_ITO[0],
    "transformer+prior": OKABE_ITO[5],
    "prior": OKABE_ITO[4],
    "sparse": OKABE_ITO[2],
    "pyoperon": OKABE_ITO[1],
    "pysindy": OKABE_ITO[3],
    "gplearn": "#888888",
}


def training_curves(logs: dict[str, str | Path]):
    """Loss, token accuracy and recovery on held-out functions against examples seen.

    Parameters
    ----------
    logs : dict
        Name of a run → its ``log.csv`` (written by ``symtut pretrain``).
    """
    columns = (
        ("loss", "held_out_loss", "cross-entropy (nats a token)"),
        ("token_accuracy", "held_out_token_accuracy", "next token guessed right"),
        (None, "held_out_term_recovery", "terms found in 32 samples"),
    )
    tables = {name: read_log(path) for name, path in logs.items()}
    # older logs know fewer figures
    columns = [row for row in columns if any(row[1] in log for log in tables.values())]
    figure, axes = plt.subplots(1, len(columns), figsize=(3.4 * len(columns), 3.0), squeeze=False)
    for (name, log), colour in zip(tables.items(), OKABE_ITO, strict=False):
        for axis, (seen, unseen, label) in zip(axes[0], columns, strict=True):
            for column, line in ((seen, ":"), (unseen, "-")):
                if column in log:
                    what = "held out" if line == "-" else "training"
                    axis.plot(
                        log["examples"] / 1e6, log[column], line, color=colour,
                        label=f"{name}, {what}",
                    )  # fmt: skip
            axis.set(xlabel="functions seen (millions)", title=label)
    axes[0, 0].legend(fontsize=8)
    return figure


def read_log(path: str | Path) -> dict[str, np.ndarray]:
    """Columns of a training log."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or "examples" not in rows[0]:
        raise InputError(f"'{path}' is not the log of a pretraining run.")
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in rows[0]}


def recovery(rows_by_title: dict[str, list[dict]]):
    """Share of equations recovered by each method, with 95 % Wilson intervals.

    Pale bars: exact on fresh points of the same region. Full bars, with the interval: still exact
    in a region half as large again, where only the right form is.

    Parameters
    ----------
    rows_by_title : dict
        Title of a panel → rows of a benchmark table (``read_table``).
    """
    figure, axes = plt.subplots(
        1, len(rows_by_title), figsize=(3.9 * len(rows_by_title), 3.4), sharey=True, squeeze=False
    )
    for axis, (title, rows) in zip(axes[0], rows_by_title.items(), strict=True):
        methods = [m for m in REGRESSOR_COLOUR if any(row["method"] == m for row in rows)]
        for place, method in enumerate(methods):
            some = [row for row in rows if row["method"] == method]
            wide = [bool(row["exact_extrapolated"]) for row in some]
            near, share = np.mean([bool(row["exact"]) for row in some]), np.mean(wide)
            low, high = wilson(sum(wide), len(wide))
            colour = REGRESSOR_COLOUR[method]
            axis.bar(place, near, color=colour, alpha=0.35, width=0.72)
            axis.bar(place, share, color=colour, width=0.72)
            axis.errorbar(
                place, share, [[share - low], [high - share]], color=INK, capsize=3, linewidth=1.2
            )
            top = max(near, high) + 0.02
            axis.annotate(f"{share:.2f}", (place, top), ha="center", fontsize=8, color=INK)
        axis.set_xticks(range(len(methods)), methods, rotation=40, ha="right", fontsize=8)
        axis.set_title(f"{title}\n{len(some)} problems", fontsize=10)
        axis.set_ylim(0, 1.1)
        axis.grid(axis="x", visible=False)
    axes[0, 0].set_ylabel("share recovered exactly")
    return figure


PART_COLOUR = {
    "all": INK,
    "transformer alone": OKABE_ITO[0],
    "prior alone": OKABE_ITO[4],
    "products alone": OKABE_ITO[1],
    "library alone": OKABE_ITO[2],
    "without transformer": OKABE_ITO[0],
    "prior for transformer": OKABE_ITO[4],
    "without products": OKABE_ITO[1],
    "without library": OKABE_ITO[2],
}


def anytime(rows: list[dict]):
    """Share of equations found against CPU-seconds: parts alone (full) and left out (dashed).

    One panel a suite and level of noise. Found is: exact on fresh points without noise; R² > 0.999
    against the truth with noise.

    Parameters
    ----------
    rows : list of dict
        Rows of ``benchmarks/anytime.py``.
    """
    panels = list(dict.fromkeys((row["noise"], row["suite"]) for row in rows))
    levels, suites = sorted({p[0] for p in panels}), list(dict.fromkeys(p[1] for p in panels))
    figure, axes = plt.subplots(
        len(levels), len(suites), figsize=(3.7 * len(suites), 3.1 * len(levels)), squeeze=False,
        sharex=True, sharey=True,
    )  # fmt: skip
    for axis, (level, suite) in zip(
        axes.flat, ((level, suite) for level in levels for suite in suites), strict=True
    ):
        some = [row for row in rows if (row["noise"], row["suite"]) == (level, suite)]
        for parts, colour in PART_COLOUR.items():
            found: dict[float, list[bool]] = {}
            for row in some:
                if row["parts"] == parts:
                    hit = row["r2"] > GOOD if level else bool(row["exact"])
                    found.setdefault(row["seconds"], []).append(hit)
            if not found:
                continue
            times = sorted(found)
            alone = parts == "all" or parts.endswith("alone")
            axis.plot(
                times, [np.mean(found[time]) for time in times], "o-" if alone else "o--",
                color=colour, label=parts, linewidth=2.4 if parts == "all" else 1.4, markersize=4,
            )  # fmt: skip
        problems = len({row["problem"] for row in some})
        axis.set_title(f"{suite}, {level:.0%} noise\n{problems} problems", fontsize=10)
        axis.set(xscale="log", ylim=(-0.03, 1.03))
        times = sorted({row["seconds"] for row in rows})
        axis.set_xticks(times, [f"{time:g}" for time in times])
        axis.minorticks_off()
    for axis in axes[-1]:
        axis.set_xlabel("CPU-seconds")
    for axis, level in zip(axes[:, 0], levels, strict=True):
        axis.set_ylabel("share with R² > 0.999" if level else "share found exactly")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    return figure
