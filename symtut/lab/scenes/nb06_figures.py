"""The figures of notebook 06."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from symtut.expressions.evaluate import PAD
from symtut.lab import curves
from symtut.lab.style import INK, OKABE_ITO
from symtut.paths import data_path
from symtut.regression.transformer.examples import Batch
from symtut.regression.transformer.tokens import spelled


def example(batch: Batch, row: int = 0) -> Figure:
    """One training example: the points against each variable, the tokens above."""
    n = int(batch.n_variables[row])
    width = min(9.4, 2.4 * n + 1.2)
    figure, axes = plt.subplots(1, n, figsize=(width, 3.0), sharey=True, squeeze=False)
    for i, ax in enumerate(axes[0]):
        ax.plot(batch.x[row, :, i], batch.y[row], ".", markersize=4, color=OKABE_ITO[0])
        ax.set_xlabel(f"x{i}")
    axes[0, 0].set_ylabel("y")
    figure.suptitle("  ".join(words(batch, row)), fontsize=9, color=INK, family="monospace")
    return figure


def words(batch: Batch, row: int) -> list[str]:
    """The tokens of one formula as text, without padding."""
    return [spelled(code) for code in batch.tokens[row].tolist() if code != PAD]


def shuffled(answers: dict[str, tuple]) -> Figure:
    """Answers (L, d) after shuffling the points over those before; ``{name: (before, after)}``."""
    figure, panels = plt.subplots(1, len(answers), figsize=(3.3 * len(answers), 3.1), sharey=True)
    for axes, (name, pair), colour in zip(panels, answers.items(), OKABE_ITO, strict=False):
        before, after = (np.ravel(answer) for answer in pair)
        ends = [min(before.min(), after.min()), max(before.max(), after.max())]
        axes.plot(ends, ends, color=INK, linewidth=1, linestyle=":")
        axes.plot(before, after, "o", markersize=4, color=colour)
        axes.set(title=name, xlabel="answer before")
    panels[0].set_ylabel("after shuffling")
    return figure


def who_sees_whom(influences: dict[str, np.ndarray], names: list[str]) -> Figure:
    """``{name: (T, T)}`` changes of scores, a row for each position, a column for each token."""
    wide = 1.4 + 3.7 * len(influences)
    figure, panels = plt.subplots(1, len(influences), figsize=(wide, 3.9), sharey=True)
    top = max(changes.max() for changes in influences.values())
    for axes, (name, changes) in zip(panels, influences.items(), strict=True):
        drawn = axes.imshow(changes / top, cmap="Blues", vmin=0, vmax=1)
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8, family="monospace")
        axes.set_yticks(range(len(names)), names, fontsize=8, family="monospace")
        axes.grid(False)
        axes.set(title=name, xlabel="if this token is changed")
    panels[0].set_ylabel("these scores change")
    figure.colorbar(drawn, ax=panels, label="largest change, relative", shrink=0.8)
    return figure


def smooth(values: np.ndarray, width: int = 9) -> np.ndarray:
    """Running mean of (n,) over ``width`` neighbours, fewer at the ends."""
    kernel = np.ones(min(width, len(values)))
    return np.convolve(values, kernel, "same") / np.convolve(np.ones(len(values)), kernel, "same")


def training(losses: np.ndarray, nats: dict[str, float]) -> Figure:
    """Training losses (updates,) beside two tables' losses; all held-out losses as bars."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.4, 3.2))
    left.plot(losses, color=OKABE_ITO[0], alpha=0.3, linewidth=0.8)
    left.plot(smooth(losses), color=OKABE_ITO[0], label="your training, every chunk new")
    for (name, value), line in zip(list(nats.items())[:2], (":", "--"), strict=True):
        left.axhline(value, color="#888888", linestyle=line, linewidth=1.2, label=name)
    left.set(xlabel="updates", ylabel="loss (nats a token)", title="Training")
    left.legend(fontsize=8)
    right.barh(list(nats), list(nats.values()), color=OKABE_ITO[: len(nats)])
    for place, value in enumerate(nats.values()):
        right.text(value, place, f" {value:.2f}", va="center", fontsize=8.5)
    right.invert_yaxis()
    right.margins(x=0.12)
    right.set(xlabel="held-out loss (nats a token)", title="Who knows what")
    right.grid(axis="y", visible=False)
    return figure


def three_trainings(losses: dict[str, np.ndarray], shares: dict[str, float]) -> Figure:
    """Training losses of several networks, and the share of true terms in what each writes."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.4, 3.2), width_ratios=(1.5, 1))
    for (name, values), line in zip(losses.items(), ("-", "--", "-."), strict=True):
        left.plot(smooth(values), line, label=name)
    left.set(xlabel="updates", ylabel="training loss (nats a token)", ylim=(0, None))
    left.legend(fontsize=8)
    right.barh(list(shares), list(shares.values()), color=OKABE_ITO[: len(shares)])
    right.invert_yaxis()
    right.set(xlim=(0, 1), xlabel="terms found in its own writing")
    right.grid(axis="y", visible=False)
    return figure


def long_training() -> Figure:
    """The log of the weights that ship."""
    return curves.training_curves({"shipped": data_path("results/regression/training_general.csv")})


def found(shares: dict[str, tuple[float, float, float]]) -> Figure:
    """``{name: (mean, low, high)}`` as bars with their intervals."""
    figure, axes = plt.subplots(figsize=(7, 0.7 + 0.45 * len(shares)))
    for place, (mean, low, high) in enumerate(shares.values()):
        error = [[mean - low], [high - mean]]
        axes.barh(place, mean, xerr=error, color=OKABE_ITO[place], error_kw={"capsize": 4})
    axes.set_yticks(range(len(shares)), list(shares))
    axes.invert_yaxis()
    axes.set(xlim=(0, 1), xlabel="share of the terms found in 32 samples")
    axes.grid(axis="y", visible=False)
    return figure


def likeliest(names: list[str], chances: np.ndarray, title: str) -> Figure:
    """Probabilities (K,) of tokens, as bars."""
    figure, axes = plt.subplots(figsize=(6.5, 2.8))
    axes.bar(names, chances, color=OKABE_ITO[0])
    axes.set(ylabel="probability", ylim=(0, 1), title=title)
    axes.grid(axis="x", visible=False)
    return figure
