"""The figures of notebook 07 that count and compare."""

import re
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from symtut.lab.scenes.nb07_contests import Rows, Rule
from symtut.lab.style import INK, OKABE_ITO, REGRESSOR_COLOUR
from symtut.regression.benchmark.tables import wilson


def temperatures(
    t: Sequence[float], distinct: Sequence[float], useful: Sequence[float], best: Sequence[float],
    draws: int,
) -> Figure:  # fmt: skip
    """Different formulas, the share of them that fits, and 1 − R² of the best, over T."""
    figure, axes = plt.subplots(1, 3, figsize=(9, 2.9))
    axes[0].plot(t, distinct, "o-")
    axes[0].set(ylabel=f"different formulas in {draws} draws", title="Diversity")
    axes[1].plot(t, useful, "o-", color=OKABE_ITO[2])
    axes[1].set(ylabel="share with R² > 0.9", title="Relevance", ylim=(0, 1.05))
    axes[2].plot(t, np.maximum(best, 1e-16), "o-", color=OKABE_ITO[1])
    axes[2].set(ylabel="1 − R² of the best, fitted", title="What is found", yscale="log")
    for ax in axes:
        ax.set(xscale="log", xlabel="temperature T")
        ax.set_xticks([0.1, 0.3, 1, 3], ["0.1", "0.3", "1", "3"])
        ax.minorticks_off()
    return figure


def rules(found: dict[str, Rule], problems: int) -> Figure:
    """Share of equations that each rule of drawing finds exactly, whole and recombined."""
    figure, axes = plt.subplots(figsize=(7.2, 3.3))
    hits = np.array([rule.exact() for rule in found.values()])
    for k, text in enumerate(("one string", "recombined")):
        share = hits[:, k] / problems
        low, high = np.array([wilson(int(n), problems) for n in hits[:, k]]).T
        place = np.arange(len(found)) + 0.2 * k - 0.1
        axes.errorbar(place, share, np.abs([share - low, high - share]), fmt="so"[k], capsize=3,
                      color=OKABE_ITO[k], label=text)  # fmt: skip
    axes.set_xticks(range(len(found)), [re.sub(" (?=[a-z])", "\n", name) for name in found])
    axes.set(ylim=(-0.02, 1.02), ylabel="share found exactly",
             title=f"{problems} equations of mechanics, 95 % intervals")  # fmt: skip
    axes.grid(axis="x", visible=False)
    axes.legend(fontsize=8.5, loc="upper left")
    return figure


def landscape(
    c: np.ndarray, w: np.ndarray, surface: np.ndarray, projected: np.ndarray, valley: np.ndarray
) -> Figure:
    """1 − R² over an inner constant (C,) and an outer weight (W,), and along the best weights."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2))
    image = left.contourf(c, w, np.minimum(surface, 3), levels=10, cmap="cividis")
    figure.colorbar(image, ax=left, label="1 − R²")
    left.plot(c, valley, color="white", linewidth=1.4)
    left.plot(2.5, 1.5, "*", color=OKABE_ITO[1], markersize=13)
    left.set(xlabel="inner constant c", ylabel="outer weight $w_1$", ylim=(w[0], w[-1]),
             title="All numbers: a landscape")  # fmt: skip
    right.plot(c, projected)
    right.plot(2.5, 0, "*", color=OKABE_ITO[1], markersize=13)
    right.set(xlabel="inner constant c", ylabel="1 − R² at the best $w$",
              title="Projected: a line")  # fmt: skip
    return figure


def arrivals(starts: np.ndarray, arrived: dict[str, np.ndarray]) -> Figure:
    """From which starts (n,) of c each search arrives (n,): circles, the others crosses."""
    figure, axes = plt.subplots(figsize=(7.2, 2.6))
    for level, there in enumerate(arrived.values()):
        for some, marker, colour in ((there, "o", OKABE_ITO[0]), (~there, "x", OKABE_ITO[1])):
            axes.plot(starts[some], np.full(some.sum(), level), marker, color=colour, markersize=5)
    axes.axvline(2.5, color=INK, linestyle=":", linewidth=1)
    names = [f"{name.replace('-', '−')}: {n.mean():.0%}" for name, n in arrived.items()]
    axes.set_yticks(range(len(arrived)), names)
    axes.set(
        ylim=(len(arrived) - 0.4, -0.6), xlabel="start of c (circle: arrives; cross: does not)"
    )
    return figure


def choices(
    likeness: Sequence[np.ndarray], left: Sequence[float], picks: Sequence[int], names: list[str]
) -> Figure:
    """One panel a choice: the terms most like the residual, the chosen one orange.

    Parameters
    ----------
    likeness : sequence of (M,)
        Sizes of the correlations with the residual before each choice.
    left : sequence of float
        Share of the variance in that residual.
    """
    figure, axes = plt.subplots(len(picks), 1, figsize=(6.6, 1.75 * len(picks)), sharex=True)
    for ax, like, share, pick in zip(axes, likeness, left, picks, strict=True):
        top = np.argsort(-like)[:5]
        colour = [OKABE_ITO[1] if i == pick else OKABE_ITO[0] for i in top]
        ax.barh(range(len(top)), like[top], color=colour)
        short = [name if len(name) <= 30 else name[:29] + "…" for name in (names[i] for i in top)]
        ax.set_yticks(range(len(top)), short, fontsize=9)
        ax.invert_yaxis()
        ax.grid(axis="y", visible=False)
        ax.set(xlim=(0, 1.02), title=f"{100 * share:.3g} % of the variance left")
    axes[-1].set(xlabel="|correlation| with what is left")
    return figure


def found_by_size(
    exact: dict[tuple[str, str], np.ndarray], sizes: Sequence[int], problems: int
) -> Figure:
    """Share of equations found over the number of draws: {(proposer, how): hits (sizes,)}."""
    figure, axes = plt.subplots(figsize=(7.6, 3.5))
    looks = {"whole string": ("--", "s"), "your selection": (":", "D"), "the package's": ("-", "o")}
    for place, ((who, how), hits) in enumerate(exact.items()):
        dash, marker = looks[how]
        nudge = 0.94 + 0.12 * place / max(1, len(exact) - 1)
        low, high = np.array([wilson(int(h), problems) for h in hits]).T
        share = hits / problems
        axes.errorbar(
            np.array(sizes) * nudge, share, np.abs([share - low, high - share]), fmt=marker,
            capsize=3, linestyle=dash, color=REGRESSOR_COLOUR[who], elinewidth=0.8,
            label=f"{who},\n{how}",
        )  # fmt: skip
    axes.set(xscale="log", xlabel="strings drawn", ylabel="share found exactly",
             ylim=(-0.02, 1.02), title=f"{problems} equations of mechanics, one round")  # fmt: skip
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.minorticks_off()
    axes.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def two_errors(
    nodes: Sequence[int], fitted: Sequence[float], all_over: Sequence[float], pick: int
) -> Figure:
    """Two errors of each equation of a front over its nodes, one of them chosen."""
    figure, axes = plt.subplots(figsize=(6.8, 3.3))
    shown = np.minimum(all_over, 1e6)
    axes.semilogy(nodes, fitted, "o-", label="on the points fitted")
    axes.semilogy(nodes, shown, "s--", label="over all states (cut at 10⁶)")
    for errors in (fitted, shown):
        axes.plot(nodes[pick], errors[pick], "o", markersize=14, markerfacecolor="none", color=INK,
                  label="your choice" if errors is fitted else None)  # fmt: skip
    axes.axhline(1, color=INK, linestyle=":", linewidth=1)
    axes.set(xlabel="length (nodes)", ylabel="1 − R²",
             title="Above the dotted line: worse than the mean")  # fmt: skip
    axes.legend(fontsize=8.5)
    return figure


def recovery(rows_by_title: dict[str, Rows]) -> Figure:
    """Share of equations recovered by each method, with 95 % Wilson intervals.

    Pale bars: exact on fresh points of the same region. Full bars, with the interval: still exact
    in a region half as large again, where only the right form is.
    """
    found = {row["method"] for rows in rows_by_title.values() for row in rows}
    methods = [method for method in REGRESSOR_COLOUR if method in found]
    figure, axes = plt.subplots(
        1, len(rows_by_title), figsize=(8.6, 0.9 + 0.3 * len(methods)), sharey=True, squeeze=False
    )
    for axis, (title, rows) in zip(axes[0], rows_by_title.items(), strict=True):
        for place, method in enumerate(methods):
            some = [row for row in rows if row["method"] == method]
            wide = [bool(row["exact_extrapolated"]) for row in some]
            near, share = np.mean([bool(row["exact"]) for row in some]), np.mean(wide)
            low, high = wilson(sum(wide), len(wide))
            colour = REGRESSOR_COLOUR[method]
            axis.barh(place, near, color=colour, alpha=0.35, height=0.72)
            axis.barh(place, share, color=colour, height=0.72)
            axis.errorbar(share, place, xerr=[[share - low], [high - share]], color=INK, capsize=3)
            axis.annotate(f"{share:.2f}", (max(near, high) + 0.02, place), va="center", fontsize=9)
        axis.set(xlim=(0, 1.15), xlabel="share exact", title=f"{title}: {len(some)} problems")
        axis.grid(axis="y", visible=False)
    axes[0, 0].set_yticks(range(len(methods)), methods)
    axes[0, 0].invert_yaxis()
    return figure


def logarithm(mass: np.ndarray, watts: np.ndarray, slope: float, factor: float) -> Figure:
    """A power law with plain and with logarithmic axes."""
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.0))
    for ax in axes:
        ax.plot(mass, watts, ".", markersize=5)
        ax.set(xlabel="mass m (kg)", ylabel="power y (W)")
    axes[0].set_title("as measured")
    line = np.sort(mass)
    axes[1].plot(line, factor * line**slope, color=OKABE_ITO[1], linewidth=1)
    axes[1].set(xscale="log", yscale="log", title=f"logarithmic: a line of slope {slope:.2f}")
    return figure


def combinations(
    ways: dict[str, np.ndarray], y: np.ndarray, left: dict[str, float], colour: np.ndarray
) -> Figure:
    """y over several combinations of variables, neighbours joined: is it a curve?"""
    figure, axes = plt.subplots(1, len(ways), figsize=(9, 3.0), sharey=True)
    for ax, (text, w) in zip(axes, ways.items(), strict=True):
        ax.semilogy(np.sort(w), y[np.argsort(w)], color="#bbbbbb", linewidth=0.6)
        ax.scatter(w, y, c=colour, cmap="cividis", s=9, zorder=2)
        ax.set(xlabel=f"w = {text}", title=f"off the line: {left[text]:.1e}")
    axes[0].set_ylabel("y / f³")
    return figure
