"""Figures of results that several notebooks share: returns over steps, training, recovery."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from symtut.errors import InputError
from symtut.experiments import statistics as st
from symtut.experiments.tables import Curves, cell_order
from symtut.lab.style import (
    INK,
    METHOD_COLOUR,
    METHOD_LINE,
    OKABE_ITO,
    PAPER,
    method_style,
    plain_log_axis,
)


def learning_curve(
    steps: ArrayLike,
    mean: ArrayLike,
    std: ArrayLike | None = None,
    *,
    method: str = "symbolic",
    label: str | None = None,
    axes: Axes | None = None,
    xlabel: str,
    marks: Sequence[tuple[float, str]] = (),
) -> Axes:
    """Mean return over training, with a band of one standard deviation over start states.

    Parameters
    ----------
    steps, mean, std : (K,) array-like
    marks : sequence of (value, text)
        Horizontal lines to compare with, for instance the best possible return.
    """
    axes = axes or plt.subplots()[1]
    mean = np.asarray(mean, dtype=float)
    axes.plot(steps, mean, label=label or method, **method_style(method))
    if std is not None:
        std = np.asarray(std, dtype=float)
        colour = METHOD_COLOUR[method]
        axes.fill_between(steps, mean - std, mean + std, color=colour, alpha=0.15, linewidth=0)
    for level, text in marks:
        axes.axhline(level, color=INK, linewidth=1, linestyle=":")
        axes.annotate(
            text, (0, level), xycoords=("axes fraction", "data"), xytext=(4, 3),
            textcoords="offset points", ha="left", fontsize=8.5,
        )  # fmt: skip
    axes.set(xlabel=xlabel, ylabel="return of one episode")
    return axes


def sample_efficiency(
    curves: dict[tuple[str, str], Curves],
    task: str,
    threshold: float | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Return over real steps: the interquartile mean of each method, its band, and every seed.

    A method that is evaluated at one number of steps only (all its real steps come first) is a
    point with a bar, a little to the right of another at the same number. The axis of steps is
    logarithmic: methods differ by orders of magnitude.

    Parameters
    ----------
    curves : dict
        From :func:`symtut.experiments.tables.collect` or ``read_curves("curves.csv")``.
    task : str
    threshold : float, optional
        Return that counts as solved; a dotted line.
    """
    axes = axes or plt.subplots()[1]
    taken: list[int] = []  # steps of the points so far: those at the same steps stand side by side
    for cell in sorted((cell for cell in curves if cell[0] == task), key=cell_order):
        found, method = curves[cell], cell[1]
        colour, (dash, marker) = METHOD_COLOUR[method], METHOD_LINE[method]
        steps, text = found.env_steps, f"{method} ({len(found.seeds)} seeds)"
        middle, low, high = st.curve_band(found.returns)
        faint: dict[str, Any] = {"color": colour, "alpha": 0.3, "linewidth": 0.7, "zorder": 1.5}
        if len(steps) == 1:
            aside = taken.count(steps[0])
            taken.append(steps[0])
            steps = steps * 1.1**aside
            at = np.full(len(found.seeds), steps[0])
            axes.plot(at, found.returns[:, 0], "_", markersize=9, **faint)
            axes.errorbar(
                steps, middle, [middle - low, high - middle], color=colour, fmt=marker,
                markersize=6, capsize=4, label=text, zorder=3,
            )  # fmt: skip
            continue
        # A step, not a slope: between two evaluations the policy is the one evaluated before.
        axes.plot(steps, found.returns.T, drawstyle="steps-post", **faint)
        axes.fill_between(steps, low, high, step="post", color=colour, alpha=0.18, linewidth=0)
        axes.plot(
            steps, middle, drawstyle="steps-post", color=colour, linestyle=dash, marker=marker,
            markersize=4, markevery=max(1, len(steps) // 12), label=text, zorder=3,
        )  # fmt: skip
    if threshold is not None:
        axes.axhline(threshold, color=INK, linewidth=1, linestyle=":")
        axes.annotate(
            f"threshold {threshold:g}", (0.5, threshold), xycoords=("axes fraction", "data"),
            xytext=(0, 3), textcoords="offset points", ha="center", fontsize=8.5,
        )  # fmt: skip
    axes.set(title=task, xscale="log", xlabel="real environment steps", ylabel="mean return")
    plain_log_axis(axes)
    axes.legend(fontsize=8.5)
    return axes


def steps_chart(records: pd.DataFrame, task: str, axes: Axes | None = None) -> Axes:
    """Real steps until a task was solved: median and 95 % interval of each method, and every run.

    A run that never got there is an open triangle at the steps that it spent: it needs more than
    that. An interval or a median without an upper end is an arrow.

    Parameters
    ----------
    records : pandas.DataFrame
        From :func:`symtut.experiments.tables.collect` or ``read_runs("runs.csv")``.
    """
    axes = axes or plt.subplots()[1]
    records = records.loc[records["task"] == task]
    methods = sorted(set(records["method"]), key=lambda method: cell_order((task, method)))
    for row, method in enumerate(methods):
        runs = records.loc[records["method"] == method]
        waits = st.censored(runs["steps_to_threshold"].to_numpy(), runs["env_steps"].to_numpy())
        value, low, high = st.steps_to_threshold(waits)
        colour, (_, marker) = METHOD_COLOUR[method], METHOD_LINE[method]
        solved, spent = waits[:, 1] > 0, waits[:, 0].max()
        # Runs below the line, one beside the other; seeds in order.
        below = row + 0.16 + 0.2 * np.arange(len(runs)) / max(len(runs) - 1, 1)
        axes.plot(
            waits[solved, 0], below[solved], ".", color=colour, alpha=0.5, markersize=5,
        )  # fmt: skip
        axes.plot(
            waits[~solved, 0], below[~solved], ">", color=colour, alpha=0.7, markersize=5,
            markerfacecolor="none",
        )  # fmt: skip
        if np.isfinite(low):
            axes.plot([low, min(high, spent)], [row, row], color=colour, linewidth=2.4)
        if np.isinf(high):
            axes.annotate(
                "", (spent * 1.35, row), (spent, row),
                arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 1.6},
            )  # fmt: skip
        open_ended = np.isinf(value)
        axes.plot(
            spent if open_ended else value, row, marker, color=colour, markersize=8, zorder=3,
            markerfacecolor=PAPER if open_ended else colour,
        )  # fmt: skip
        text = f"> {spent:.0f}" if open_ended else f"{value:.0f}"
        axes.annotate(
            f"{text}, {solved.sum()} of {len(runs)}", (spent if open_ended else value, row),
            xytext=(0, 7), textcoords="offset points", ha="center", fontsize=8.5,
        )  # fmt: skip
    axes.set(title=task, xscale="log", xlabel="real environment steps to the threshold")
    plain_log_axis(axes)
    axes.set_yticks(range(len(methods)), methods)
    axes.set_ylim(len(methods) - 0.4, -0.6)  # the first on top
    axes.margins(x=0.15)
    return axes


def training_curves(logs: dict[str, str | Path]) -> Figure:
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
