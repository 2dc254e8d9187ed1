"""The figures of notebook 03."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from symtut.experiments import statistics as st
from symtut.lab.diagrams import loop_diagram
from symtut.lab.scenes.nb03_dyna import Maze, Trial, draw_maze
from symtut.lab.scenes.nb03_models import GAP, Toy
from symtut.lab.style import INK, OKABE_ITO, break_wraps, label, method_style

DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)))


def maze(maze: Maze) -> Figure:
    """The maze alone."""
    figure, axes = plt.subplots(figsize=(4.6, 3.2))
    draw_maze(maze, axes=axes)
    return figure


def goals(runs_by_label: dict[str, list[Trial]]) -> Figure:
    """Goals reached against real steps: interquartile mean over seeds, 95 % bootstrap band."""
    figure, axes = plt.subplots()
    _goals(runs_by_label, axes)
    seeds = len(next(iter(runs_by_label.values())))
    axes.set_title(f"Dyna-Q in the maze, {seeds} seeds, 95 % intervals")
    return figure


def _goals(runs_by_label: dict[str, list[Trial]], axes: Axes) -> None:
    for (text, runs), colour, dash in zip(runs_by_label.items(), OKABE_ITO, DASHES, strict=False):
        middle, low, high = st.curve_band(np.array([run.goals for run in runs]), 300)
        steps = np.arange(1, len(middle) + 1)
        axes.plot(steps, middle, linestyle=dash, color=colour, label=text)
        axes.fill_between(steps, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.set(xlabel="real steps", ylabel="goals reached so far")
    axes.legend(fontsize=8.5, loc="upper left")


def fooled(maze: Maze, runs_by_label: dict[str, list[Trial]], victims: list[Trial]) -> Figure:
    """Left the goals of several learners, right where the last of them spend their real steps."""
    figure, axes = plt.subplots(1, 2, figsize=(8.4, 3.3), width_ratios=[1.25, 1])
    _goals(runs_by_label, axes[0])
    where = np.bincount(np.concatenate([run.visited for run in victims]), minlength=maze.size)
    shown = np.where(where > 0, 100 * where / where.sum(), np.nan).reshape(maze.shape)
    image = axes[1].imshow(shown, cmap="YlOrBr", vmin=0)
    draw_maze(maze, axes=axes[1])
    figure.colorbar(image, ax=axes[1], label="% of its real steps", shrink=0.8)
    axes[1].set_title("Where the fooled learner stands")
    return figure


def two_uncertainties(toy: Toy) -> Figure:
    """Left the means of the toy's networks, right their noise and their disagreement."""
    line = torch.linspace(-4.2, 4.2, 211)[:, None]
    means, noise = toy.at(line)
    figure, axes = plt.subplots(1, 2, figsize=(8.4, 3.2))
    axes[0].plot(toy.x, toy.y, ".", color="#999999", markersize=3)
    axes[0].plot(line, means.T, linewidth=1, color=OKABE_ITO[0])
    axes[0].set(xlabel="x", ylabel="y", ylim=(-3, 3), title="Data and the means of seven networks")
    axes[1].semilogy(line, noise, "--", color=OKABE_ITO[1], label="noise (aleatoric)")
    axes[1].semilogy(line, means.std(0), color=OKABE_ITO[0], label="disagreement (epistemic)")
    axes[1].step(line, toy.true_noise(line), ":", color=INK, label="true noise")
    for ax in axes:
        ax.axvspan(*GAP, color="#888888", alpha=0.15, linewidth=0)
    axes[1].set(xlabel="x", ylabel="standard deviation", ylim=(3e-3, 30), title="Two uncertainties")
    axes[1].legend(fontsize=8.5, loc="upper center")
    return figure


def plane() -> tuple[np.ndarray, tuple[int, int]]:
    """States all over the pendulum's plane, (N, 2), and (rows, columns)."""
    angles, speeds = np.linspace(-np.pi, np.pi, 61), np.linspace(-8, 8, 49)
    return np.stack(np.meshgrid(angles, speeds), -1).reshape(-1, 2), (49, 61)


def maps(values: dict[str, np.ndarray], data: np.ndarray) -> Figure:
    """Numbers at the states of ``plane``, logarithmic, with the data (N, 2) as points."""
    states, shape = plane()
    angles, speeds = states[: shape[1], 0], states[:: shape[1], 1]
    figure, axes = plt.subplots(1, len(values), figsize=(8.4, 3.4), sharey=True)
    for ax, (title, numbers) in zip(axes, values.items(), strict=True):
        picture = np.log10(numbers).reshape(shape)
        image = ax.pcolormesh(
            angles, speeds, picture, vmin=-3, vmax=0, cmap="cividis", rasterized=True
        )
        ax.plot(*data.T, ".", color="white", markersize=2)
        ax.set(xlabel=label("theta"), title=title)
    axes[0].set_ylabel(label("theta_dot"))
    figure.colorbar(image, ax=axes, label="log10, in units of the spread")
    return figure


def errors_ahead(leads: Sequence[int], errors: dict[str, list[float]]) -> Figure:
    """Errors of several models over the number of steps ahead, both logarithmic."""
    figure, axes = plt.subplots(figsize=(7.6, 3.5))
    looks = ("random", "mbpo", "sac", "sparse")
    for (name, values), look in zip(errors.items(), looks, strict=True):
        axes.loglog(leads, values, label=name, **method_style(look))
    axes.axhline(1, color=INK, linewidth=1, linestyle=":")
    axes.text(1.05, 1.15, "off by as much as the states vary", fontsize=8.5)
    axes.set(xlabel="steps ahead", ylabel="error / spread", ylim=(None, 6))
    axes.legend(fontsize=8.5, bbox_to_anchor=(1, 0.5), loc="center left")
    return figure


def exploitation(searches: dict[str, np.ndarray]) -> Figure:
    """Imagined and real return over a search's rounds; (searches, rounds, 2) for each model."""
    figure, axes = plt.subplots(1, len(searches), figsize=(8.4, 3.2), sharey=True)
    for ax, (name, returns) in zip(axes, searches.items(), strict=True):
        rounds = np.arange(1, returns.shape[1] + 1)
        for column, (text, dash) in enumerate((("imagined", "--"), ("real", "-"))):
            colour = OKABE_ITO[1 - column]
            ax.plot(rounds, returns[..., column].T, dash, color=colour, alpha=0.25, linewidth=1)
            ax.plot(rounds, returns[..., column].mean(0), dash, color=colour, label=text)
        ax.set(xlabel="rounds of the search", title=f"planned in: {name}")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].set_ylabel("return of 80 steps")
    axes[0].legend()
    return figure


def loop() -> Figure:
    """The course's picture of the loop, with a general word for its model."""
    figure = loop_diagram()
    for text in figure.axes[0].texts:
        if "transformer" in text.get_text():
            text.set_text("regression\n(any)")
        if "equations" in text.get_text():
            text.set_text("world\nmodel")
    return figure


def branches(real: np.ndarray, rows: np.ndarray, length: int) -> Figure:
    """A real episode and the branches that leave it.

    Parameters
    ----------
    real : (T, 2) states
    rows : (length * B, 2) states, all first ones, all second ones, …
    """
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    axes.plot(break_wraps(real[:, 0]), real[:, 1], color=INK, label="real episode")
    paths = rows.reshape(length, -1, 2)
    for i in range(paths.shape[1]):
        axes.plot(break_wraps(paths[:, i, 0]), paths[:, i, 1], ".-", color=OKABE_ITO[1],
                  markersize=4, linewidth=1, label=None if i else "imagined")  # fmt: skip
    axes.plot(*paths[0].T, "o", color=INK, markersize=5, label="where a branch starts")
    axes.set(xlabel=label("theta"), ylabel=label("theta_dot"))
    axes.legend(fontsize=8.5, bbox_to_anchor=(1, 0.5), loc="center left")
    return figure


def three_ways(
    curves_by_label: dict[str, np.ndarray], states: dict[str, np.ndarray], threshold: float
) -> Figure:
    """Above the real return over updates, below the imagined states that SAC learned from.

    Parameters
    ----------
    curves_by_label : dict of (points, 2)
        Updates and mean real return.
    states : dict of (N, 2)
    """
    figure = plt.figure(figsize=(8.4, 5))
    names = list(curves_by_label)
    rows: list[Any] = [["curve"] * len(names), names]
    parts = figure.subplot_mosaic(rows, height_ratios=[1.15, 1])
    looks = ("oracle", "random", "mbpo")
    for name, look in zip(names, looks, strict=True):
        parts["curve"].plot(*curves_by_label[name].T, label=name, **method_style(look))
        parts[name].plot(*states[name].T, ".", markersize=2, color=method_style(look)["color"])
        parts[name].set(xlim=(-np.pi, np.pi), ylim=(-8.5, 8.5), xlabel=label("theta"))
        parts[name].set_title(name, fontsize=9.5)
    parts[names[0]].set_ylabel("speed (rad/s)")
    parts["curve"].axhline(threshold, color=INK, linewidth=1, linestyle=":")
    parts["curve"].annotate(
        f"{threshold:g}", (1, threshold), xycoords=("axes fraction", "data"), xytext=(4, 0),
        textcoords="offset points", va="center", fontsize=8.5,
    )  # fmt: skip
    parts["curve"].set(xlabel="updates", ylabel="mean real return", ylim=(-1900, 60))
    parts["curve"].legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure
