"""The figures of notebook 04."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from symtut.expressions import Expression
from symtut.lab import trees
from symtut.lab.scenes.nb04_contests import METHODS, Predict, Wave
from symtut.lab.style import INK, OKABE_ITO, label


def fits(
    seen: np.ndarray, change: np.ndarray, truth: Predict, models: dict[str, Predict]
) -> Figure:
    """Models of one angle (rad) beside the truth, far beyond the points seen: (n, 1), (n,)."""
    wide = np.linspace(-7, 7, 400)[:, None]
    figure, axes = plt.subplots(figsize=(7, 3.2))
    axes.plot(wide, truth(wide), color="#BBBBBB", linewidth=5, label="truth")
    looks = ((":", OKABE_ITO[1]), ("--", OKABE_ITO[3]), ("-", OKABE_ITO[0]))
    for (name, predict), (dash, colour) in zip(models.items(), looks, strict=True):
        axes.plot(wide, predict(wide), dash, color=colour, label=name)
    axes.plot(seen, change, ".", color=INK, markersize=4, label="seen")
    axes.axvspan(-1.2, 1.2, color="#888888", alpha=0.15, linewidth=0)
    axes.set(ylim=(-2, 2), xlabel=label("theta"), ylabel=r"$\Delta\dot\theta$ (rad/s)",
             title="Inside the grey band nobody can tell them apart")  # fmt: skip
    axes.legend(fontsize=8.5, ncols=5, loc="upper center")
    return figure


def landscape(
    omegas: np.ndarray, profile: Sequence[float], x: np.ndarray, y: np.ndarray,
    paths: dict[str, np.ndarray],
) -> Figure:  # fmt: skip
    """1 − R² of a sine over its frequency, amplitude solved for; and over both, with paths.

    Parameters
    ----------
    paths : {name: (steps, 3)}
        Frequency, amplitude and loss along a search.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.4, 3))
    left.plot(omegas, profile)
    left.set(xlabel=r"$\omega$", ylabel=r"$1-R^2$", title="Amplitude solved for (yours)")
    heights = np.linspace(-2.5, 2.5, 81)
    surface = [[np.mean((a * np.sin(o * x) - y) ** 2) / y.var() for o in omegas[::4]]
               for a in heights]  # fmt: skip
    filled = right.contourf(omegas[::4], heights, surface, 14, cmap="cividis")
    figure.colorbar(filled, ax=right, label=r"$1-R^2$")
    for name, path in paths.items():
        right.plot(*path[:, :2].T, "o-", color="white", markersize=2.5, linewidth=1)
        right.plot(*path[0, :2], "wo", markersize=9, markerfacecolor="none")
        right.annotate(name, path[0, :2], xytext=(6, 5), textcoords="offset points", color="white")
    right.plot(3, 1.5, "*", color=OKABE_ITO[1], markersize=14)
    right.set(xlim=(0.05, 6), ylim=(-2.5, 2.5), xlabel=r"$\omega$", ylabel="amplitude",
              title="Both searched for: BFGS")  # fmt: skip
    return figure


def starts_and_ends(
    starts: np.ndarray, ends: dict[str, tuple[np.ndarray, float]], true: float
) -> Figure:
    """Where each start of a search ends: the arguments as of ``sine_from_starts``."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.4, 2.9), width_ratios=[1.5, 1])
    many = np.arange(1, 17)
    for k, (name, (end, _)) in enumerate(ends.items()):
        look = dict(color=OKABE_ITO[k], markersize=7 - 2 * k)
        left.plot(starts, end[:, 0], "os"[k], label=name,
                  markerfacecolor="none" if k == 0 else None, **look)  # fmt: skip
        one = np.mean(end[:, 1] < 1e-6)
        right.plot(many, 1 - (1 - one) ** many, "os"[k] + "-", color=OKABE_ITO[k], markersize=4)
    left.axhline(true, color="#888888", linestyle=":")
    left.set(xlabel=r"start, $|\omega|$", ylabel=r"end, $|\omega|$", ylim=(0, 8),
             title="Where each start ends")  # fmt: skip
    left.legend(fontsize=8.5, loc="upper left")
    right.set(xlabel="random starts", ylabel="chance that one succeeds", ylim=(0, 1.02),
              title="Try again")  # fmt: skip
    right.set_xticks(range(1, 17, 3))
    return figure


def target(state: np.ndarray, action: np.ndarray, target: np.ndarray) -> Figure:
    """The chosen target (n,) over the angle of states (n, 2), coloured by the torque (n, 1)."""
    figure, axes = plt.subplots(figsize=(5.6, 3))
    few = slice(None, None, 2)  # every other is enough
    dots = axes.scatter(state[few, 0], target[few], c=action[few, 0], s=9, cmap="cividis")
    figure.colorbar(dots, ax=axes, label=label("u"))
    axes.set(xlabel=label("theta"), ylabel="y", title="Your target")
    return figure


def plateau(thresholds: np.ndarray, left: dict[str, Sequence[int]], true: int) -> Figure:
    """Functions left over the threshold, for several libraries."""
    figure, axes = plt.subplots(figsize=(6.6, 2.9))
    for k, (name, sizes) in enumerate(left.items()):
        axes.loglog(thresholds, np.maximum(sizes, 0.5), "os"[k] + "-", label=name)
    axes.axhline(true, color="#888888", linestyle=":")
    axes.annotate(f"the truth has {true}", (thresholds[0], true), xytext=(0, 3),
                  textcoords="offset points", fontsize=8.5)  # fmt: skip
    axes.set(xlabel="threshold", ylabel="functions left", title="A plateau, and none")
    axes.set_yticks([0.5, 1, 2, 5, 10, 20, 50, 100], "0 1 2 5 10 20 50 100".split())
    axes.legend(loc="lower left")
    return figure


def crossing(
    mother: Expression, father: Expression, child: Expression, cut: int, taken: int
) -> Figure:
    """Three trees: what the mother gives up, what the father lends, and where it stands."""
    figure, axes = plt.subplots(1, 3, figsize=(7.4, 2.8))
    lent = len(father.prefix) - taken
    marks = ([cut], range(taken, len(father.prefix)), range(cut, cut + lent))
    titles = ("mother: a leaf goes", "father: a copy is taken", "child")
    for ax, tree, marked, title in zip(axes, (mother, father, child), marks, titles, strict=True):
        trees.draw_tree(Expression(tree.prefix), ax, marked=marked, title=title)
    return figure


def race_chart(results: dict[str, np.ndarray], names: Sequence[str]) -> Figure:
    """1 − R² on fresh points of each run: {method: (problems, seeds, 2)}."""
    figure, axes = plt.subplots(1, 2, figsize=(7.4, 0.42 * len(names) + 1.6), sharey=True)
    for j, (ax, title) in enumerate(zip(axes, ("same region", "half as wide again"), strict=True)):
        for m, method in enumerate(METHODS):
            loss = np.maximum(results[method][..., j], 1e-16)
            rows = np.arange(len(names))[:, None] + 0.22 * (m - 1) + np.zeros_like(loss)
            ax.semilogx(loss.ravel(), rows.ravel(), "osv"[m], alpha=0.75, markersize=6,
                        color=OKABE_ITO[(1, 4, 2)[m]], label=method)  # fmt: skip
        ax.axvline(1e-8, color=INK, linestyle=":", linewidth=1)
        ax.set(xlabel=r"$1 - R^2$ on fresh points", title=title, xlim=(3e-17, 30))
        ax.set_xticks([1e-16, 1e-12, 1e-8, 1e-4, 1])
    axes[0].set_yticks(range(len(names)), names)
    axes[0].invert_yaxis()
    handles = axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper right", ncols=3, fontsize=9)
    return figure


def bloat(wave: Wave) -> Figure:
    """Fits to noisy points with and without a price for length, and how formulas grow."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.4, 2.9), width_ratios=[2, 1])
    wide = np.linspace(-6, 6, 600)[:, None]
    left.plot(wide, np.sin(2 * wide), color="#BBBBBB", linewidth=5, label="truth")
    for k, name in enumerate(wave.best):
        look = dict(color=OKABE_ITO[k], linestyle=("-", "--")[k], linewidth=1.3)
        for attempt, (best, nodes) in enumerate(
            zip(wave.best[name], wave.nodes[name], strict=True)
        ):
            text = name if attempt == 0 else None
            left.plot(wide, best(wide), label=text, **look)
            right.plot(nodes, label=text, **look)
    left.plot(wave.x, wave.y, ".", color=INK, markersize=6)
    left.axvspan(-3, 3, color="#888888", alpha=0.15, linewidth=0)
    left.set(ylim=(-3, 3.6), xlabel="x", ylabel="y", title="Fits to 30 noisy points")
    left.legend(fontsize=8.5, ncols=3, loc="upper center")
    right.set(xlabel="generation", ylabel="mean nodes", title="Bloat", ylim=(0, None))
    right.legend(fontsize=8.5)
    return figure


def front(rows: Sequence[dict], chosen: dict, noise: float) -> Figure:
    """Error against nodes: rows with ``complexity``, ``loss`` and ``held`` (mean squares)."""
    figure, axes = plt.subplots(figsize=(6.6, 2.9))
    nodes = [row["complexity"] for row in rows]
    axes.plot(nodes, [np.sqrt(row["loss"]) for row in rows], "o-", label="on the points fitted")
    axes.plot(nodes, [np.sqrt(row["held"]) for row in rows], "s--", label="on points held back")
    axes.axhline(noise, color="#888888", linestyle=":")
    axes.annotate("the noise", (nodes[0], noise), xytext=(0, 4), textcoords="offset points",
                  fontsize=8.5)  # fmt: skip
    axes.plot(chosen["complexity"], np.sqrt(chosen["loss"]), "o", markersize=15, color=INK,
              markerfacecolor="none", label="the package's choice")  # fmt: skip
    axes.set(xlabel="nodes", ylabel="error, rms (rad/s)", title="The front: error against length")
    axes.set_ylim(0, None)
    axes.legend(fontsize=8.5)
    return figure


def choices(chosen: dict[str, np.ndarray], true_nodes: int) -> Figure:
    """Nodes and error of the formulas that several rules chose: {rule: (draws, 2)}."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.4, 2.6), sharey=True)
    for row, results in enumerate(chosen.values()):
        jitter = row + np.linspace(-0.25, 0.25, len(results))
        for axes, values in zip((left, right), results.T, strict=True):
            axes.plot(values, jitter, "o", color=OKABE_ITO[row], markersize=4, alpha=0.7)
            axes.plot(np.median(values), row, "|", color=INK, markersize=26, markeredgewidth=2)
    left.axvline(true_nodes, color="#888888", linestyle=":")
    left.set(xlabel="nodes (dotted: the truth)", title="Length of the chosen formula")
    right.set(xlabel="error on fresh points, rms (rad/s)", title="Its distance to the truth")
    left.set_yticks(range(len(chosen)), list(chosen))
    left.invert_yaxis()
    return figure


def beyond(distance: np.ndarray, errors: dict[str, np.ndarray]) -> Figure:
    """Errors of several models over |θ| (n,), logarithmic."""
    figure, axes = plt.subplots(figsize=(7.4, 3.2))
    looks = zip((1, 3, 4, 2, 0), (":", "--", "-.", (0, (5, 1)), "-"), strict=True)
    for (name, error), (colour, line) in zip(errors.items(), looks, strict=True):
        axes.semilogy(distance, np.maximum(error, 1e-5), label=name, linestyle=line,
                      color=OKABE_ITO[colour])  # fmt: skip
    axes.axvspan(0, 1.2, color="#D0D0D0", linewidth=0)
    axes.set(ylim=(0.8e-5, 1e3), xlabel=r"$|\theta|$ (rad); grey: data", ylabel="error (rad/s)",
             title="Form decides, not size (errors below 0.00001 are drawn there)")  # fmt: skip
    handles = axes.get_legend_handles_labels()
    figure.legend(*handles, fontsize=8.5, loc="outside right center")
    return figure


def valleys(
    twins: np.ndarray, valley: np.ndarray, frequencies: np.ndarray, factors: np.ndarray
) -> Figure:
    """Two landscapes of 1 − R²: over two frequencies, and over factor and frequency of a sine."""
    figure, axes = plt.subplots(1, 2, figsize=(7.4, 3))
    for ax, grid, loss, (xlabel, ylabel), stars, title in (
        (axes[0], frequencies, twins, ("$c_1$", "$c_2$"), ([2, 3], [3, 2]),
         r"$\sin(c_1 x) + \sin(c_2 x)$"),
        (axes[1], factors, valley, ("$c$", "$w$"), ([1], [0.75]),
         r"$w\,\sin(c\,\theta)$ seen within ±0.3 rad"),
    ):  # fmt: skip
        filled = ax.contourf(grid, grid, np.log10(np.maximum(loss, 1e-5)), 12, cmap="cividis")
        figure.colorbar(filled, ax=ax, label=r"log10 of $1-R^2$")
        ax.plot(*stars, "*", color=OKABE_ITO[1], markersize=12)
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    return figure
