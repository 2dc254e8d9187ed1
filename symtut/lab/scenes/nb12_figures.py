"""The figures of notebook 12."""

from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from symtut.lab.style import INK, OKABE_ITO, label
from symtut.regression.benchmark.tables import wilson

LINES = ("-", "--", "-.", ":")


def found_under_noise(hits: dict[str, list[list[bool]]], levels: Sequence[float]) -> Figure:
    """Share of equations found at each level, with Wilson's 95 % interval: one group a level."""
    figure, axes = plt.subplots(figsize=(6.8, 3.2))
    for k, (method, found) in enumerate(hits.items()):
        shares = np.array([np.mean(one) for one in found])
        low, high = np.array([wilson(sum(one), len(one)) for one in found]).T
        place = np.arange(len(levels)) + 0.38 * (k - 0.5)
        errors = np.abs([shares - low, high - shares])
        axes.bar(place, shares, 0.36, label=method, color=OKABE_ITO[k], yerr=errors, capsize=3)
    axes.set_xticks(range(len(levels)), [f"{level:g}" for level in levels])
    axes.set(xlabel="sensor noise / spread of the coordinate", ylabel="equations found",
             ylim=(0, 1.25), title="200 transitions, both equations")  # fmt: skip
    axes.legend(fontsize=8.5, ncols=2, loc="upper right")
    return figure


def speeds(curves: dict[str, np.ndarray], bound: float) -> Figure:
    """Speeds (N,) in rad/s over steps of 0.05 s, and the bound."""
    figure, axes = plt.subplots(figsize=(7.2, 3.2))
    looks: tuple[dict[str, Any], ...] = (
        {"color": "#BBBBBB", "linewidth": 5},
        {"color": OKABE_ITO[1], "linestyle": "--"},
        {"color": OKABE_ITO[0]},
    )
    for (name, curve), look in zip(curves.items(), looks, strict=False):
        axes.plot(0.05 * np.arange(len(curve)), curve, label=name, **look)
    for side in (-bound, bound):
        axes.axhline(side, color=INK, linewidth=1, linestyle=":")
    axes.set(xlabel="time (s)", ylabel=label("theta_dot"))
    axes.legend(fontsize=8.5)
    return figure


def timid(curves: dict[str, np.ndarray], angles: np.ndarray, truth: np.ndarray) -> Figure:
    """Increments (N,) over all angles (N,), as found from narrower and narrower ranges."""
    figure, axes = plt.subplots(figsize=(6.8, 3.2))
    axes.plot(angles, truth, color="#BBBBBB", linewidth=6, label="truth")
    for (name, curve), line, colour in zip(curves.items(), LINES, OKABE_ITO, strict=False):
        axes.plot(angles, curve, line, color=colour, label=name)
    axes.set(xlabel=label("theta"), ylabel="increment of the speed (rad/s)", ylim=(-3, 3),
             title="The same world, seen through smaller and smaller swings")  # fmt: skip
    axes.legend(fontsize=8.5, ncols=2)
    return figure


def following(
    errors: dict[str, np.ndarray], refits: Sequence[int], first: int, change: int
) -> Figure:
    """Errors of one step (N,) over steps from ``first`` on, logarithmic, for each rule."""
    figure, axes = plt.subplots(figsize=(7.2, 3.4))
    for (name, curve), line, colour in zip(errors.items(), LINES, OKABE_ITO, strict=False):
        axes.semilogy(first + np.arange(len(curve)), curve + 1e-17, line, color=colour, label=name,
                      linewidth=1.2)  # fmt: skip
    axes.axvline(change, color=INK, linewidth=1, linestyle=":")
    axes.annotate(" gravity × 1.5", (change, 1), xycoords=("data", "axes fraction"), va="top")
    for step in refits:
        axes.axvline(step, color=OKABE_ITO[0], linewidth=3, alpha=0.3)
    axes.set(xlabel="step", ylabel="error of the speed (rad/s)")
    axes.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def missing_words(worlds: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray, str]]) -> Figure:
    """``{name: (x, world, found, label of x)}``, (N,) each: one panel a world."""
    figure, panels = plt.subplots(1, len(worlds), figsize=(8.6, 3))
    for axes, (name, (x, world, found, text)) in zip(panels, worlds.items(), strict=True):
        axes.plot(x, world, color="#BBBBBB", linewidth=5, label="world")
        axes.plot(x, found, label="found")
        axes.set(xlabel=text, title=name)
    panels[0].set_ylabel("increment of the speed (m/s)")
    panels[0].legend(fontsize=8.5)
    return figure


def broken(
    increments: np.ndarray, models: Sequence, x: np.ndarray, right: Callable[[int], bool]
) -> Figure:
    """Increments by each equation against the measured ones (N, 2)."""
    figure, panels = plt.subplots(1, 2, figsize=(8.6, 3.2))
    for i, (axes, model) in enumerate(zip(panels, models, strict=True)):
        measured = increments[:, i]
        axes.plot(measured, model.predict(x), ".", markersize=3, color=OKABE_ITO[i])
        axes.plot(*[[measured.min(), measured.max()]] * 2, color=INK, linewidth=0.8)
        text = model.equations_[0]["equation"]
        axes.set_title(("right form\n" if right(i) else "wrong form\n") + text[:44], fontsize=9)
        axes.set(xlabel="increment (measured)", ylabel="increment (equation)")
    return figure
