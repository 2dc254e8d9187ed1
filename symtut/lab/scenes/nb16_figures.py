"""The figures of notebook 16."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from symtut.lab.style import INK, OKABE_ITO, break_wraps


def columns(observations: np.ndarray, episode: np.ndarray) -> Figure:
    """(N, O) observations over time, a panel each; dashed where an episode (N,) begins."""
    size = observations.shape[1]
    shape = 7.2, 0.9 * size + 0.6
    figure, axes = plt.subplots(size, 1, figsize=shape, sharex=True, squeeze=False)
    for k, axis in enumerate(axes[:, 0]):
        axis.plot(observations[:, k], color=OKABE_ITO[k % len(OKABE_ITO)], linewidth=1)
        for begin in np.flatnonzero(np.diff(episode)) + 1:
            axis.axvline(begin, color=INK, linewidth=0.7, linestyle="--")
        axis.set_ylabel(f"o{k}", rotation=0, labelpad=14)
    axes[-1, 0].set_xlabel("step")
    return figure


def pairs(errors: np.ndarray) -> Figure:
    """(O, O) errors of pairs, NaN where there is none, as a map in powers of ten."""
    figure, axis = plt.subplots(figsize=(4.2, 3.4))
    size = len(errors)
    drawn = axis.imshow(np.log10(np.maximum(errors, 1e-16)), cmap="viridis", vmin=-8, vmax=2)
    for i, j in np.argwhere(~np.isnan(errors)):
        dark = errors[i, j] < 1e-3
        axis.text(j, i, f"{errors[i, j]:.0e}", ha="center", va="center", fontsize=8,
                  color="white" if dark else "black")  # fmt: skip
    names = [f"o{k}" for k in range(size)]
    axis.set_xticks(range(size), names)
    axis.set_yticks(range(size), names)
    axis.grid(False)
    axis.set_title("how badly two columns are an angle")
    figure.colorbar(drawn, ax=axis, label="power of ten")
    return figure


def weighing(true: np.ndarray, found: np.ndarray) -> Figure:
    """(W, 2) gravity and mass of worlds, as they are and as they were found."""
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.1))
    for axis, k, name in zip(axes, (0, 1), ("gravity, m/s²", "mass, kg"), strict=True):
        ends = np.array([0, 1.1 * true[:, k].max()])
        axis.plot(ends, ends, color=INK, linewidth=1, linestyle=":")
        axis.plot(true[:, k], found[:, k], "o", color=OKABE_ITO[k])
        axis.set(xlabel=f"{name}, as it is", ylabel="as you found it", title=name.split(",")[0])
    return figure


def speeds(changes: np.ndarray, before: np.ndarray, after: np.ndarray) -> Figure:
    """Changes of an angle over the time step (T,), less the speed before and after the step."""
    figure, axes = plt.subplots(2, 1, figsize=(7.2, 4.2), sharex=True)
    axes[0].plot(changes, color=OKABE_ITO[0], label="your changes / time step")
    axes[0].plot(after, "--", color=INK, linewidth=1, label="the simulator's speed after the step")
    axes[0].set_ylabel("rad/s")
    axes[0].legend(fontsize=8.5, ncols=2, loc="lower right", bbox_to_anchor=(1, 1))
    axes[1].plot(changes - before, color=OKABE_ITO[1], linewidth=1, label="less the speed before")
    axes[1].plot(changes - after, color=OKABE_ITO[2], linewidth=1.5, label="less the speed after")
    axes[1].set(xlabel="step", ylabel="difference, rad/s")
    axes[1].legend(fontsize=8.5, ncols=2, loc="lower right", bbox_to_anchor=(1, 1))
    return figure


def images(shown: np.ndarray) -> Figure:
    """(K, 1024) brightnesses, as K images in a row."""
    side = int(np.sqrt(shown.shape[1]))
    figure, axes = plt.subplots(1, len(shown), figsize=(1.1 * len(shown), 1.3))
    for axis, image in zip(axes, shown, strict=True):
        axis.imshow(image.reshape(side, side), cmap="gray", vmin=0, vmax=255)
        axis.set_axis_off()
    return figure


def encoding(losses: list[float], truth: np.ndarray, learned: np.ndarray) -> Figure:
    """The loss over updates, and the learned angle over the hidden one, both (N,) in rad."""
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3.1))
    axes[0].plot(losses, color=OKABE_ITO[0], linewidth=1)
    axes[0].set(yscale="log", xlabel="update", ylabel="loss", title="turned answers agree")
    axes[1].plot(truth, break_wraps(learned), color=OKABE_ITO[1])
    axes[1].set(xlabel="hidden angle, rad", ylabel="learned angle, rad", title="no label was used")
    return figure
