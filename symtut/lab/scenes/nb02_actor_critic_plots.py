"""Figures of soft actor-critic: its parts, squashing, the temperature, and how far to trust it."""

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from symtut.lab.diagrams import diagram
from symtut.lab.scenes import nb02_two_hills as two_hills
from symtut.lab.style import INK, OKABE_ITO

BLUE, RED, GREEN = OKABE_ITO[:3]


def parts_diagram() -> Figure:
    """What acts, what is stored, what learns from what.

    Returns
    -------
    matplotlib.figure.Figure
    """
    boxes = [
        (1, 31, 17, "real\nenvironment", INK),
        (40, 31, 19, "replay buffer\n$(s, a, r, s', \\mathrm{end})$", INK),
        (80, 31, 19, "target critics\n$\\bar Q_1,\\ \\bar Q_2$", BLUE),
        (80, 1, 19, "critics\n$Q_1,\\ Q_2$", BLUE),
        (40, 1, 19, "actor\n$\\pi(a \\mid s)$", RED),
        (1, 1, 17, "temperature\n$\\alpha$", GREEN),
    ]
    arrows = [
        ((18.8, 36), (39.2, 36), "one step", (29, 37.7), INK),
        ((40, 10.9), (15, 30.2), "action", (22, 19), RED),
        ((52, 30.2), (80, 10.9), "batches", (70.5, 21.5), INK),
        ((49.5, 30.2), (49.5, 11.2), "batches", (45, 20.5), INK),
        ((87, 30.2), (87, 11.2), "soft target $y$", (81.2, 24.5), BLUE),
        ((93, 11.2), (93, 30.2), "follow\nslowly", (97, 20.5), BLUE),
        ((79.2, 4), (59.8, 4), "which action is better", (69.5, 2), BLUE),
        ((59.8, 8), (79.2, 8), "next action", (69.5, 9.7), RED),
        ((18.8, 6), (39.2, 6), "price of certainty", (29, 7.7), GREEN),
    ]
    return diagram(boxes, arrows, height=9.5)


def squashing(
    means: Sequence[float] = (0.0, 0.8, 0.0),
    stds: Sequence[float] = (0.4, 0.5, 1.5),
    draws: int = 40_000,
    seed: int = 0,
) -> Figure:
    """Gaussians before tanh (above) and what becomes of them (below): draws and density.

    The dashed curve is what one gets by forgetting that tanh stretches and squeezes.
    """
    figure, axes = plt.subplots(2, len(means), figsize=(8, 3.9), sharey="row")
    generator = np.random.default_rng(seed)
    raw = np.linspace(-4, 4, 401)
    action = two_hills.ACTIONS[2:-2]
    for column, mean, std in zip(axes.T, means, stds, strict=True):
        above, below = column
        bell = np.exp(-0.5 * ((raw - mean) / std) ** 2) / (std * np.sqrt(2 * np.pi))
        above.plot(raw, bell, color=BLUE)
        above.set(xlabel="raw action $u$", title=f"mean {mean:g}, deviation {std:g}")
        drawn = np.tanh(mean + std * generator.standard_normal(draws))
        below.hist(drawn, 60, range=(-1, 1), density=True, color="#CCCCCC", label="draws")
        right = two_hills.squashed_density(mean, std)[2:-2]
        below.plot(action, right, color=RED, label="density")
        below.plot(action, right * (1 - action**2), "--", color=INK, label="without the factor")
        below.set(xlabel=r"action $a = \tanh u$", ylim=(0, 1.6))
    axes[0, 0].set_ylabel("density of $u$")
    axes[1, 0].set_ylabel("density of $a$")
    axes[1, 1].legend(fontsize=8, loc="upper left")
    return figure


def temperature(alpha: float, kind: str = "equally wide") -> Figure:
    """The two hills at one temperature: best density of any shape, best squashed Gaussian."""
    mean, std, gained, entropy = two_hills.best_squashed(alpha, kind)
    action = two_hills.ACTIONS
    figure, (above, below) = plt.subplots(2, 1, figsize=(7, 4.4), sharex=True)
    above.plot(action, two_hills.reward(action, kind), color=INK)
    above.set(ylabel="reward $r(a)$", ylim=(0, 1.1), title=f"temperature {alpha:g}")
    below.fill_between(action, two_hills.soft_optimum(alpha, kind), color="#CCCCCC",
                       label=r"best of any shape, $\propto e^{r/\alpha}$")  # fmt: skip
    below.plot(action, two_hills.squashed_density(mean, std), color=RED,
               label="best squashed Gaussian")  # fmt: skip
    top = max(1.2, 1.35 * two_hills.squashed_density(mean, std)[5:-5].max())
    below.set(xlabel="action $a$", ylabel="density", ylim=(0, top))
    below.set_title(f"mean reward {gained:.2f}, entropy {entropy:+.2f} nats", fontsize=9.5)
    below.legend(fontsize=8.5, loc="upper left")
    return figure


def climbs(paths: dict[str, np.ndarray], reward: Callable[[np.ndarray], np.ndarray]) -> Figure:
    """Where the most likely action of each policy went, one panel for each way of learning.

    Parameters
    ----------
    paths : dict of (T, N) arrays
        Title: actions in [-1, 1] after t updates from N starts.
    reward : callable
        (801,) actions -> rewards, drawn as shading: darker is better.
    """
    figure, axes = plt.subplots(1, len(paths), figsize=(9, 3.4), sharey=True)
    shade = reward(two_hills.ACTIONS)[:, None]
    for ax, (title, path) in zip(axes, paths.items(), strict=True):
        ax.imshow(
            shade, extent=(0, len(path), -1, 1), origin="lower", aspect="auto", cmap="Greys",
            vmin=0, vmax=1.8,
        )  # fmt: skip
        ax.plot(path, color=BLUE, linewidth=0.8, alpha=0.7)
        ax.set(xlabel="updates", title=title, xlim=(0, len(path)))
        ax.grid(False)
    axes[0].set_ylabel("most likely action")
    return figure


def said_and_true(said: dict[str, np.ndarray], true: np.ndarray, axes: Axes | None = None) -> Axes:
    """What critics say of some states against what is true; the line is agreement.

    Parameters
    ----------
    said : dict of (N,) arrays
        Label: predicted values.
    true : (N,) array
    """
    axes = axes or plt.subplots(figsize=(4.6, 4.1))[1]
    everything = np.concatenate([true, *said.values()])
    ends = everything.min(), everything.max()
    axes.plot(ends, ends, color=INK, linewidth=1)
    for (text, values), colour, marker in zip(said.items(), (BLUE, RED), "os", strict=False):
        axes.plot(true, values, marker, color=colour, markersize=4, alpha=0.7, label=text)
    axes.set(xlabel="true value", ylabel="what the critic says")
    # Below: the cloud may lie anywhere.
    axes.legend(fontsize=8.5, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)
    return axes
