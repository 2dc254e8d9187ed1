"""Figures of soft actor-critic: its parts, squashing, the temperature, and how far to trust it."""

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
import torch
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
    log_densities: dict[str, Callable[..., torch.Tensor]],
    means: Sequence[float] = (0.0, 0.8, 0.0),
    stds: Sequence[float] = (0.4, 0.5, 1.5),
    draws: int = 40_000,
    seed: int = 0,
) -> Figure:
    """Gaussians before tanh (above) and what becomes of them (below): draws and densities.

    Parameters
    ----------
    log_densities : dict of callables
        Label: (N, 1) raw actions, means, deviations -> (N,) log-densities. The second is dashed.
    """
    figure, axes = plt.subplots(2, len(means), figsize=(7.6, 3.5), sharey="row")
    generator = np.random.default_rng(seed)
    raw = torch.linspace(-4, 4, 401)
    action = torch.linspace(-0.995, 0.995, 399)
    for column, mean, std in zip(axes.T, means, stds, strict=True):
        above, below = column
        above.plot(raw, torch.distributions.Normal(mean, std).log_prob(raw).exp(), color=BLUE)
        above.set(xlabel="raw action $u$", title=f"mean {mean:g}, deviation {std:g}")
        drawn = np.tanh(mean + std * generator.standard_normal(draws))
        below.hist(drawn, 60, range=(-1, 1), density=True, color="#CCCCCC", label="draws")
        inside = torch.atanh(action)[:, None]
        numbers = torch.full_like(inside, mean), torch.full_like(inside, std)
        for (text, of), colour, dash in zip(
            log_densities.items(), (RED, INK), ("-", "--"), strict=True
        ):
            below.plot(action, of(inside, *numbers).exp(), dash, color=colour, label=text)
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
    figure, axes = plt.subplots(1, len(paths), figsize=(7.6, 2.9), sharey=True)
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


def time_limits(
    limits: Sequence[int], right: Sequence[float], wrong: Sequence[float], gamma: float
) -> Figure:
    """The value of reward 1 for ever, as learned under time limits; the curve is the formula."""
    figure, axes = plt.subplots(figsize=(7, 3.2))
    steps = np.geomspace(limits[0], limits[-1], 200)
    axes.semilogx(steps, 1 / (1 - gamma * (1 - 1 / steps)), color=RED, linewidth=1)
    axes.plot(limits, right, "o", color=BLUE, label="terminated only")
    axes.plot(limits, wrong, "s", color=RED, label="the limit taken for an end")
    axes.axhline(1 / (1 - gamma), color=INK, linewidth=1, linestyle=":")
    axes.set_xticks(limits, list(map(str, limits)))
    axes.minorticks_off()
    axes.set(xlabel="time limit $T$ (steps)", ylabel="learned value", ylim=(0, None))
    axes.legend(fontsize=8.5, loc="lower right")
    return figure


def overestimation(counts: np.ndarray, hopes: dict[str, np.ndarray], gamma: float) -> Figure:
    """What the best of some worthless actions seems to be worth, once and by bootstrapping.

    Parameters
    ----------
    counts : (N,) numbers of actions, 10 among them
    hopes : dict of (N,) arrays
        Label: the mean of the highest claimed value.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.6, 2.9))
    backups = np.arange(401)
    for (text, hope), look in zip(hopes.items(), ("o-", "s--"), strict=True):
        axes[0].semilogx(counts, hope, look, label=text)
        once = hope[counts == 10][0]
        claim = once * gamma * (1 - gamma**backups) / (1 - gamma)  # V <- gamma (V + once)
        axes[1].plot(backups, claim, look[1:], label=text)
    axes[0].axhline(0, color=INK, linewidth=1)
    axes[0].set_xticks(counts, counts)
    axes[0].minorticks_off()
    axes[0].set(
        xlabel="actions to choose from", ylabel="claimed value (true: 0)", title="One update"
    )
    axes[1].set(
        xlabel="updates", ylabel="claimed value (true: 0)", title="Ten actions, many updates"
    )
    axes[0].legend(fontsize=8.5)
    return figure


def learning(
    runs: dict[str, np.ndarray], band: Sequence[np.ndarray], best: float, random: float
) -> Figure:
    """Real return over real steps, before the band of the stored runs.

    Parameters
    ----------
    runs : dict of (points, 2)
        Label: real steps and mean return.
    band : (steps, middle, low, high), each (N,)
    best, random : returns that are marked
    """
    steps, middle, low, high = band
    figure, axes = plt.subplots(figsize=(7, 3.5))
    axes.fill_between(steps, low, high, color="#BBBBBB", alpha=0.6, linewidth=0)
    axes.plot(steps, middle, color="#888888", linewidth=1, label="ten stored runs")
    for (name, run), look, colour in zip(runs.items(), ("o-", "x:"), (BLUE, RED), strict=False):
        axes.plot(*run.T, look, color=colour, markersize=4, label=name)
    for level, text in ((best, "best possible"), (random, "random policy")):
        axes.axhline(level, color=INK, linewidth=1, linestyle=":")
        axes.annotate(text, (0, level), xytext=(3, 3), textcoords="offset points", fontsize=8.5)
    axes.set(xlim=(0, max(run[-1, 0] for run in runs.values()) * 1.02), ylim=(-1800, 0),
             xlabel="real steps", ylabel="mean real return")  # fmt: skip
    axes.legend(fontsize=8.5, loc="center right")
    return figure


def never_tried(action: torch.Tensor, true: torch.Tensor, guesses: list[torch.Tensor]) -> Figure:
    """What critics say of actions that they have not seen, and the action each asks for.

    Parameters
    ----------
    action, true, each of ``guesses`` : (N,)
    """
    figure, axes = plt.subplots(figsize=(6, 3.1))
    axes.plot(action, true, color=INK, label="true reward")
    for k, guess in enumerate(guesses):
        best = guess.argmax()
        label = ("critics", "what they ask for") if k == 0 else (None, None)
        axes.plot(action, guess, color=BLUE, linewidth=0.9, label=label[0])
        axes.plot(action[best], guess[best], "^", color=RED, label=label[1])
    axes.axvspan(-1, -0.55, color="#888888", alpha=0.2, linewidth=0)
    axes.text(-0.97, 0.75, "actions\ntried", fontsize=9)
    axes.set(xlabel="action", ylabel="reward")
    axes.legend(fontsize=8.5, loc="upper left")
    return figure


def said_and_true(said: dict[str, np.ndarray], true: np.ndarray) -> Figure:
    """What critics say of some states against what is true; the line is agreement.

    Parameters
    ----------
    said : dict of (N,) arrays
        Label: predicted values.
    true : (N,) array
    """
    figure, axes = plt.subplots(figsize=(4.6, 4.1))
    everything = np.concatenate([true, *said.values()])
    ends = everything.min(), everything.max()
    axes.plot(ends, ends, color=INK, linewidth=1)
    for (text, values), colour, marker in zip(said.items(), (BLUE, RED), "os", strict=False):
        axes.plot(true, values, marker, color=colour, markersize=4, alpha=0.7, label=text)
    axes.set(xlabel="true value", ylabel="what the critic says")
    # Below: the cloud may lie anywhere.
    axes.legend(fontsize=8.5, loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)
    return figure
