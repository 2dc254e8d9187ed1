"""Figures of how a formula is written, token by token."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from symtut.lab import films
from symtut.lab.scenes.nb07_decoding_steps import Step
from symtut.lab.style import INK, OKABE_ITO, label
from symtut.lab.trees import sentence, word

WRITTEN, OFFERED, FORBIDDEN = OKABE_ITO[1], OKABE_ITO[0], "#999999"


def next_token_bars(
    step: Step,
    names: Sequence[str],
    temperature: float = 1.0,
    top: int = 9,
    axes: Axes | None = None,
) -> Axes:
    """Probabilities of the next token: bars after the mask, open ones for what it forbids.

    Parameters
    ----------
    step : Step
        One step of :meth:`symtut.lab.scenes.nb07_decoding_steps.Writer.trace`.
    names : sequence of str
        Of the variables.
    temperature : float
        Logits are divided by it before the softmax.
    top : int
        Show so many of the most probable tokens; the one that was written is always among them.
    """
    axes = axes or plt.subplots(figsize=(6.6, 3.2))[1]
    names = tuple(names)
    free, masked = (step.probabilities(temperature, on) for on in (False, True))
    shown = list(np.argsort(-np.maximum(free, masked), kind="stable")[:top])
    if step.token not in shown:
        shown[-1] = step.token
    places = np.arange(len(shown))
    colours = [WRITTEN if code == step.token else OFFERED for code in shown]
    axes.barh(places, masked[shown], color=colours, height=0.62)
    outside = np.where(step.allowed[shown], 0.0, free[shown])
    axes.barh(places, outside, facecolor="none", edgecolor=FORBIDDEN, hatch="////", height=0.62)
    for place, code in enumerate(shown):
        text = f"{masked[code]:.3f}" if step.allowed[code] else f"{free[code]:.3f} forbidden"
        end = max(masked[code], outside[place])
        axes.annotate(
            text, (end, place), xytext=(4, 0), textcoords="offset points", va="center",
            fontsize=8.5, color=INK,
        )  # fmt: skip
    axes.set_yticks(places, [word(code, names) for code in shown])
    axes.invert_yaxis()
    axes.set(xlim=(0, 1.18), xlabel="probability of the next token")
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.grid(axis="y", visible=False)
    axes.set_title(f"so far:  {sentence(step.before, names) or '(nothing)'}", fontsize=10)
    return axes


def first_step(x: np.ndarray, y: np.ndarray, step: Step, names: Sequence[str]) -> Figure:
    """The pendulum's points (θ, θ̇, u) with increments of θ̇, and the first token's probabilities."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.3), width_ratios=[1, 1.05])
    image = left.scatter(x[:, 0], y, c=x[:, 2], cmap="cividis", s=12)
    figure.colorbar(image, ax=left, label=label("u"))
    left.set(xlabel=label("theta"), title=f"{len(x)} points go in",
             ylabel=r"increment of $\dot\theta$ (rad/s)")  # fmt: skip
    next_token_bars(step, names, axes=right)
    right.set_title("the first token comes out")
    return figure


def writing_film(
    steps: Sequence[Step], names: Sequence[str], temperature: float = 1.0
) -> "films.Film":
    """A film of one formula being written: the bars of each step, the chosen token in orange.

    Returns
    -------
    IPython.display.Image
    """

    frames = []
    for step in steps:
        figure, axes = plt.subplots(figsize=(5.6, 3.0), dpi=66, layout="none")
        figure.subplots_adjust(left=0.17, right=0.98, bottom=0.17, top=0.9)  # nothing jumps about
        next_token_bars(step, names, temperature, top=7, axes=axes)
        frames.append(films.photographed(figure))
    return films.film(frames, 1300, "Film of a formula being written token by token", hold=3)


def faults_stacked(shares: dict[str, dict[str, float]], axes: Axes | None = None) -> Axes:
    """Stacked bars: what is wrong with sequences, one bar a setting.

    Parameters
    ----------
    shares : dict
        Setting → {fault: share of all sequences}.
    """
    axes = axes or plt.subplots(figsize=(7.2, 3.2))[1]
    axes.set_title("Strings written without the mask")
    faults = list(dict.fromkeys(name for share in shares.values() for name in share))
    bottom = np.zeros(len(shares))
    hatches = ("", "////", "....", "xx", "--")
    for number, name in enumerate(faults):
        height = np.array([share.get(name, 0.0) for share in shares.values()])
        axes.bar(
            range(len(shares)), height, bottom=bottom, label=name, width=0.66,
            color=OKABE_ITO[number % 6], hatch=hatches[number % 5], edgecolor="white",
        )  # fmt: skip
        bottom += height
    for place, total in enumerate(bottom):
        axes.annotate(
            f"{total:.0%}", (place, total), xytext=(0, 3), textcoords="offset points",
            ha="center", fontsize=8.5,
        )  # fmt: skip
    axes.set_xticks(range(len(shares)), list(shares), fontsize=9)
    axes.set(ylim=(0, 1.12), ylabel="share that is no formula")
    axes.grid(axis="x", visible=False)
    axes.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return axes
