"""The figures of notebook 05 that count and compare."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from symtut.expressions import OPERATORS
from symtut.lab import trees
from symtut.lab.scenes.nb05_blind_search import Trials
from symtut.lab.style import INK, OKABE_ITO, plain_log_axis


def tails(sizes: dict[str, np.ndarray]) -> Figure:
    """Share of trees with at least so many nodes, for several priors: {name: nodes (n,)}."""
    figure, axes = plt.subplots(figsize=(7, 3))
    for (name, size), line in zip(sizes.items(), ("-", "--", ":"), strict=False):
        axes.step(range(1, 41), [(size >= k).mean() for k in range(1, 41)], line, label=name)
    axes.set(xlabel="nodes", ylabel="share at least as large", yscale="log", ylim=(3e-4, 1.3))
    axes.legend()
    return figure


def shapes(terms: dict[str, Sequence[tuple[str, ...]]]) -> Figure:
    """Depth, nodes and operators of drawn terms, for several priors: {name: prefix tuples}."""
    figure, axes = plt.subplots(1, 3, figsize=(7.8, 2.5), width_ratios=[1, 1, 1.9])
    for k, (name, found) in enumerate(terms.items()):
        side, look = 0.4 * k - 0.2, dict(width=0.4, color=OKABE_ITO[1 - k], label=name)
        levels = [min(int(trees.layout(prefix)[1].max()), 7) for prefix in found]
        axes[0].bar(np.arange(8) + side, np.bincount(levels, minlength=8) / len(found), **look)
        nodes = np.bincount([min(len(prefix), 15) for prefix in found], minlength=16)
        axes[1].bar(np.arange(16) + side, nodes / len(found), **look)
        used = [np.mean([operator in prefix for prefix in found]) for operator in OPERATORS]
        axes[2].bar(np.arange(len(OPERATORS)) + side, used, **look)
    axes[0].set(xlabel="depth (7: or more)", ylabel="share of terms")
    axes[1].set(xlabel="nodes (15: or more)")
    axes[2].set(ylabel="share of terms that use it")
    axes[2].set_xticks(range(len(OPERATORS)), OPERATORS, rotation=60, ha="right")
    axes[0].legend(fontsize=8.5, loc="upper right")
    return figure


def running_share(hits: np.ndarray, computed: float) -> Figure:
    """The share of hits (bool, in order of the draws) so far, beside a computed probability."""
    draws = np.arange(1, len(hits) + 1)
    figure, axes = plt.subplots(figsize=(6.8, 2.5))
    axes.plot(draws, np.cumsum(hits) / draws, color=OKABE_ITO[0], label="share of the draws so far")
    axes.axhline(computed, color=OKABE_ITO[1], linestyle="--", label="your probability")
    axes.set(xscale="log", xlabel="draws", ylabel="share", ylim=(0, 3 * computed))
    plain_log_axis(axes)
    axes.xaxis.set_major_locator(LogLocator())
    axes.legend(fontsize=8.5)
    return figure


def curves(line: np.ndarray, functions: dict[str, np.ndarray]) -> Figure:
    """Functions of one variable over a line (n,), each under its formula: {formula: (n,)}."""
    figure, grid = plt.subplots(2, 3, figsize=(6.9, 3), sharex=True)
    for axes, (name, values) in zip(grid.flat, functions.items(), strict=False):
        axes.plot(line, values)
        axes.set_title(name, fontsize=8.5)
    for axes in grid[-1]:
        axes.set_xlabel("x0")
    return figure


def posteriors(found: Sequence[tuple[str, np.ndarray, np.ndarray, dict[str, float]]]) -> Figure:
    """Points, and a posterior over formulas: one row for each (title, x, y, {formula: share})."""
    figure, grid = plt.subplots(len(found), 2, figsize=(6.9, 3.3), width_ratios=[1, 1.3])
    for (left, right), (title, x, y, shares) in zip(grid, found, strict=True):
        left.plot(x, y, ".", color=OKABE_ITO[1])
        left.set(ylabel="y", title=title)
        places = range(len(shares))[::-1]
        right.barh(places, list(shares.values()))
        right.set_yticks(places, list(shares), fontsize=8.5)
        right.set(xlim=(0, 1))
    grid[-1, 0].set_xlabel("x0")
    grid[-1, 1].set_xlabel("share of the weight (posterior)")
    return figure


def leak(training: Sequence[int], shares: dict[str, Sequence[float]]) -> Figure:
    """Shares of a test over the size of the training set: two for each of two splits, in order."""
    looks = [(colour, line) for colour in ("#D55E00", "#0072B2") for line in ("o-", "x:")]
    figure, axes = plt.subplots(figsize=(6.8, 3))
    for (name, share), (colour, line) in zip(shares.items(), looks, strict=True):
        axes.plot(training, share, line, color=colour, markersize=5, label=name)
    axes.set(xscale="log", xlabel="training examples", ylabel="share of the test", ylim=(-0.03, 1))
    plain_log_axis(axes)
    axes.legend(fontsize=8.5, ncols=2, loc="upper center", bbox_to_anchor=(0.5, 1.28))
    return figure


def waits(measured: dict[str, tuple[float, np.ndarray]], marks: Sequence[float]) -> Figure:
    """How long one waits for a skeleton: {name: (p, waits)}, and a number of draws to mark."""
    figure, axes = plt.subplots(figsize=(6.8, 3))
    for (name, (p, waited)), mark, colour in zip(measured.items(), marks, OKABE_ITO, strict=False):
        waited = np.sort(waited)
        left = 1 - np.arange(1, len(waited) + 1) / len(waited)
        axes.step(waited, left, color=colour, where="post", label=name)
        n = np.geomspace(1, max(6 / p, 10), 100)
        axes.plot(n, (1 - p) ** n, "--", color=colour, linewidth=1)
        axes.plot(mark, 0.05, "v", color=colour, markersize=9, markeredgecolor=INK)
    axes.set(xscale="log", xlabel="draws n", ylabel="share of waits longer than n",
             title="Measured (steps), (1 − p)ⁿ (dashed), your numbers (▼)")  # fmt: skip
    plain_log_axis(axes)
    axes.xaxis.set_major_locator(LogLocator())
    axes.legend(fontsize=8.5)
    return figure


def rarity(
    bins: Sequence[tuple[int, int]], draws: Sequence[np.ndarray], never: Sequence[float], most: int
) -> Figure:
    """Skeletons by their number of tokens: draws until they are met, and the share never met."""
    figure, axes = plt.subplots(1, 2, figsize=(6.9, 2.6))
    jitter = np.random.default_rng(0)
    for k, needed in enumerate(draws):
        place = k + jitter.uniform(-0.25, 0.25, len(needed))
        axes[0].plot(place, needed, ".", markersize=2)
    axes[0].set(yscale="log", ylabel="draws for a 95 % chance", title="Skeletons that were met")
    axes[1].bar(range(len(bins)), never, color="#888888")
    axes[1].set(ylabel="share", title=f"Not once in {most:,} draws", ylim=(0, 1.05))
    for ax in axes:
        names = [f"{low}–{high}" if low < high else f"{low}" for low, high in bins]
        ax.set_xticks(range(len(bins)), names, fontsize=7.5)
        ax.set_xlabel("tokens of the skeleton")
    return figure


def found_over_draws(trials: Trials, draws: int) -> Figure:
    """Share of held-out functions found after so many blind draws, and by recombination."""
    numbers = np.unique(np.geomspace(1, draws, 60).astype(int))
    seconds_a_draw = trials.blind_seconds.mean() / draws
    figure, axes = plt.subplots(figsize=(6.8, 3))
    for name, some, colour, line in (
        ("one or two flat terms", trials.easy, "#0072B2", "-"),
        ("three or more, or nested", ~trials.easy, "#D55E00", "--"),
    ):
        if some.any():
            share = [(trials.first_hit[some] <= n).mean() for n in numbers]
            axes.step(numbers, share, line, color=colour, where="post",
                      label=f"{name} ({some.sum()})")  # fmt: skip
            at = trials.pooled_seconds[some].mean() / seconds_a_draw
            axes.plot(at, trials.pooled[some].mean(), "*", markersize=12, color=colour,
                      label="… with recombination")  # fmt: skip
    axes.set(xscale="log", xlabel="draws (stars: draws that take as long)", ylim=(-0.03, 1.05),
             ylabel="share found exactly")  # fmt: skip
    plain_log_axis(axes)
    axes.legend(fontsize=8.5, loc="upper left")
    return figure


def losses(curves: dict[str, np.ndarray]) -> Figure:
    """Loss in training and on fresh functions over the chunks seen: {stream: (chunks, 2)}."""
    figure, axes = plt.subplots(figsize=(6.8, 3))
    for (name, curve), colour in zip(curves.items(), ("#D55E00", "#0072B2"), strict=True):
        axes.plot(curve[1:, 0], ":", color=colour, label=f"{name}: training")
        axes.plot(curve[1:, 1], "-", color=colour, label=f"{name}: fresh functions")
    axes.set(xlabel="chunks seen", ylabel="cross-entropy (nats per operator)")
    axes.legend(fontsize=8.5, ncols=2, loc="upper center", bbox_to_anchor=(0.5, 1.2))
    return figure
