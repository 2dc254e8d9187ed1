"""The figures of notebook 15."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from symtut.lab.style import GRID, INK, METHOD_COLOUR, OKABE_ITO, PAPER, plain_log_axis

DREAM, EQUATIONS = METHOD_COLOUR["dreamer"], METHOD_COLOUR["symbolic"]


def _box(axes: Axes, x: float, y: float, text: str, colour: str, wide: float = 1.0) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x - wide / 2, y - 0.22), wide, 0.44, boxstyle="round,pad=0.03", facecolor=PAPER,
            edgecolor=colour, linewidth=1.6, zorder=2,
        )
    )  # fmt: skip
    axes.text(x, y, text, ha="center", va="center", fontsize=9.5, zorder=3)


def _arrow(axes: Axes, start: tuple, end: tuple, style: str = "-", colour: str = INK) -> None:
    axes.annotate(
        "", end, start, arrowprops=dict(arrowstyle="->", linestyle=style, color=colour, lw=1.3)
    )


def world_model() -> Figure:
    """One step with eyes open, then one with eyes shut."""
    figure, axes = plt.subplots(figsize=(7.2, 2.9))
    axes.set(xlim=(-0.9, 8.3), ylim=(-0.55, 2.75))
    axes.axis("off")
    names = ((0.6, "1", True), (3.6, "2", True), (6.6, "3", False))
    for x, t, seen in names:
        _box(axes, x, 1.9, f"$h_{t}$  remembers", OKABE_ITO[0], 1.35)
        source = "posterior" if seen else "prior"
        _box(axes, x + 0.35, 1.0, f"$z_{t}$  {source}", OKABE_ITO[1] if seen else DREAM, 1.25)
        _arrow(axes, (x + 0.2, 1.65), (x + 0.2, 1.27))
        if seen:
            _box(axes, x + 0.35, 0.05, f"sees $o_{t}$", OKABE_ITO[2], 0.9)
            _arrow(axes, (x + 0.35, 0.3), (x + 0.35, 0.73))
        else:
            _box(axes, x + 0.35, 0.05, rf"dreams $\hat o_{t}$", DREAM, 0.9)
            _arrow(axes, (x + 0.35, 0.73), (x + 0.35, 0.3), "--")
    for x, t in ((0.6, "1"), (3.6, "2")):
        _arrow(axes, (x + 0.72, 1.9), (x + 2.28, 1.9))
        _arrow(axes, (x + 1.02, 1.1), (x + 2.28, 1.8))
        axes.text(x + 1.5, 2.45, f"action $a_{t}$", ha="center", fontsize=9.5)
        _arrow(axes, (x + 1.5, 2.33), (x + 1.9, 1.98))
    axes.text(2.1, -0.45, "eyes open", ha="center", color=INK, fontsize=10)
    axes.text(6.95, -0.45, "eyes shut", ha="center", color=DREAM, fontsize=10)
    axes.axvline(5.3, color=GRID, linewidth=1.2, linestyle="--", ymax=0.6)
    return figure


def squeezed(x: np.ndarray, y: np.ndarray) -> Figure:
    """A function of numbers of any size: near 0, and far away."""
    figure, (near, far) = plt.subplots(1, 2, figsize=(7.4, 2.8))
    close = np.abs(x) <= 3
    near.plot(x[close], x[close], ":", color=INK, linewidth=1, label="x itself")
    near.plot(x[close], y[close], color=OKABE_ITO[0], label="yours")
    far.plot(x, y, color=OKABE_ITO[0])
    far.set_xscale("symlog")
    far.set_xticks([-1e4, -1e2, 0, 1e2, 1e4])
    near.set(title="Near 0", xlabel="x")
    far.set(title="Far away", xlabel="x, logarithmic")
    near.legend()
    return figure


def spread_numbers(
    bins: np.ndarray, shares: np.ndarray, numbers: np.ndarray, mean: np.ndarray, count: int
) -> Figure:
    """Some numbers as shares of bins (left); the mean of the shares of many (right).

    Parameters
    ----------
    bins, shares : (K,), (few, K)
    numbers : (few,)
    mean : (K,)
        Mean shares of ``count`` rewards.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 2.9))
    place = np.arange(len(bins))
    for i, (row, number) in enumerate(zip(shares, numbers, strict=True)):
        used = np.flatnonzero(row > 0)
        left.bar(place[used], row[used], color=OKABE_ITO[i])
        left.annotate(
            f"{number:g} → {float(row @ bins):.4g}", (place[used].mean(), row.max()),
            xytext=(0, 4), ha="center", textcoords="offset points", fontsize=8.5,
        )  # fmt: skip
    for axes, shown in ((left, shares.max(0)), (right, mean)):
        used = np.flatnonzero(shown > 0)
        some = np.arange(used[0], used[-1] + 1, max(1, (used[-1] - used[0]) // 6))
        axes.set_xticks(some, [f"{bins[i]:.3g}" for i in some], rotation=35, fontsize=8)
    left.set(title="Numbers as shares", ylabel="share", ylim=(0, 1.15))
    left.margins(x=0.12)
    right.bar(place[mean > 0], mean[mean > 0], color=OKABE_ITO[5])
    right.set(title=f"Mean shares of {count:,} rewards", xlabel="bin (its value)")
    left.set_xlabel("bin (its value)")
    return figure


def forgiven(sharpness: np.ndarray, losses: dict[float, np.ndarray]) -> Figure:
    """The divergence as a function of how sure the posterior is, for several free nats."""
    figure, axes = plt.subplots(figsize=(6.6, 3.0))
    for i, (free, loss) in enumerate(losses.items()):
        axes.plot(sharpness, loss, color=OKABE_ITO[i], label=f"{free:g} free nats",
                  linestyle=("-", "--", ":")[i % 3])  # fmt: skip
    axes.set(xlabel="how sure the posterior is (0: as the prior, 1: certain)", ylabel="nats",
             title="Your loss, 16 categoricals of 4 classes")  # fmt: skip
    axes.legend()
    return figure


def learning(curve: np.ndarray, losses: Sequence[dict], threshold: float) -> Figure:
    """The real return over real steps, and three losses over updates (running means)."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.2, 2.9))
    left.plot(curve[:, 0], curve[:, 3], "P--", color=DREAM)
    left.axhline(threshold, color=INK, linewidth=1, linestyle=":")
    left.set(xlabel="real steps", ylabel="mean real return", title="Dreamer in the real pendulum")
    width = max(1, len(losses) // 40)
    for i, name in enumerate(("reconstruction", "reward", "dynamics")):
        values = np.array([loss[name] for loss in losses])
        smooth = np.convolve(values, np.ones(width) / width, "valid")
        right.plot(np.arange(len(smooth)) + width, smooth, color=OKABE_ITO[i], label=name,
                   linestyle=("-", "--", ":")[i])  # fmt: skip
    right.set(xlabel="updates", yscale="log", title="Losses of the world model")
    right.legend(fontsize=8.5)
    return figure


def eyes_shut(
    truth: np.ndarray, seen: np.ndarray, dreams: np.ndarray, dt: float, title: str
) -> Figure:
    """cos of the angle over time: what was (T,), what was pictured with open eyes (C,), dreams.

    ``dreams`` (D, T - C) begin where ``seen`` ends.
    """
    figure, axes = plt.subplots(figsize=(7.4, 3.0))
    time = dt * np.arange(len(truth))
    axes.plot(time, truth, color=INK, linewidth=1.4, label="what happened")
    axes.plot(time[: len(seen)], seen, "o", color=OKABE_ITO[2], markersize=4, label="eyes open")
    for i, dream in enumerate(dreams):
        axes.plot(time[len(seen) :], dream, color=DREAM, linewidth=0.8, alpha=0.6,
                  label="dreams" if i == 0 else None)  # fmt: skip
    axes.axvline(time[len(seen) - 1], color=GRID, linestyle="--")
    axes.set(
        xlabel="time (s)", ylabel=r"$\cos\theta$ (1 is upright)", title=title, ylim=(-1.4, 1.7)
    )
    axes.legend(loc="upper left", fontsize=8.5, ncols=3)
    return figure


def errors(steps: np.ndarray, found: dict[str, dict[str, np.ndarray]]) -> Figure:
    """Median error of the angle over steps with eyes shut; a panel for each kind of actions."""
    figure, panels = plt.subplots(1, len(found), figsize=(7.2, 2.9), sharey=True, squeeze=False)
    for axes, (actions, curves) in zip(panels[0], found.items(), strict=True):
        for (name, error), colour, line in zip(
            curves.items(), (EQUATIONS, DREAM, INK), ("-", "--", ":"), strict=False
        ):
            axes.plot(steps, np.maximum(error, 1e-5), line, color=colour, label=name)
        axes.set(yscale="log", xlabel="steps with eyes shut", title=actions)
    panels[0][0].set_ylabel("median error of the angle (rad)")
    panels[0][0].legend(fontsize=8.5)
    return figure


def costs(curves: dict[str, np.ndarray], threshold: float) -> Figure:
    """Mean real return over real steps and over CPU-seconds, both logarithmic."""
    figure, panels = plt.subplots(1, 2, figsize=(7.2, 2.9), sharey=True)
    looks = (("o-", EQUATIONS), ("P--", DREAM))
    for axes, column, label in zip(panels, (0, 2), ("real steps", "CPU-seconds"), strict=True):
        for (name, curve), (line, colour) in zip(curves.items(), looks, strict=True):
            axes.plot(curve[:, column], curve[:, 3], line, color=colour, label=name, markersize=4)
        axes.axhline(threshold, color=INK, linewidth=1, linestyle=":")
        axes.set(xscale="log", xlabel=label)
        plain_log_axis(axes)
    panels[0].set_ylabel("mean real return")
    panels[0].legend(fontsize=8.5)
    return figure
