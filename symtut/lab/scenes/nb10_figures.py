"""The figures of notebook 10."""

import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from symtut.lab.style import INK, OKABE_ITO, PAPER, break_wraps, label, method_style
from symtut.tasks import Task
from symtut.world_models.validation import Validation

LINE = {"marker": "", "linewidth": 1.4}
_DT = 0.05  # s


def random_episode(state: np.ndarray, held_back: np.ndarray) -> Figure:
    """States (N, 2) of a real episode over time and in the plane; the part held back in grey."""
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.8), width_ratios=[2, 1])
    seconds = _DT * np.arange(len(state))
    axes[0].plot(seconds, break_wraps(state[:, 0]), label=label("theta"))
    axes[0].plot(seconds, state[:, 1], "--", label=label("theta_dot"))
    axes[0].axvspan(seconds[held_back][0], seconds[-1], color="#888888", alpha=0.15, linewidth=0)
    axes[0].text(seconds[held_back][0] + 0.1, 11, "held back", fontsize=9)
    axes[0].set(xlabel="time (s)", ylim=(-9, 13), title="One random episode")
    axes[0].legend(loc="upper left", fontsize=8.5)
    axes[1].plot(state[:, 0], state[:, 1], ".", markersize=4)
    _plane(axes[1])
    axes[1].set_title("States visited")
    return figure


def _plane(axes) -> None:
    axes.set(xlim=(-np.pi, np.pi), ylim=(-8.5, 8.5), xlabel=label("theta"),
             ylabel=label("theta_dot"))  # fmt: skip


def open_loop(errors: dict[str, np.ndarray], at_bound: np.ndarray) -> Figure:
    """Distance (T,) to the real state over time, by method.

    Grey lines stand where ``at_bound`` (T,) says that the speed limit has cut.
    """
    figure, axes = plt.subplots(figsize=(7.2, 3))
    seconds = _DT * np.arange(1, len(at_bound) + 1)
    for method, name in (("symbolic", "equations"), ("mbpo", "network")):
        look = method_style(method) | LINE
        axes.semilogy(seconds, np.maximum(errors[method], 1e-9), label=name, **look)
    for moment in seconds[at_bound]:
        axes.axvline(moment, color="#BBBBBB", linewidth=1, zorder=0)
    axes.set(xlabel="time (s)", ylabel="distance to the real state",
             title="Ten seconds without looking")  # fmt: skip
    axes.legend(fontsize=8.5)
    return figure


def error_maps(
    angles: np.ndarray, speeds: np.ndarray, errors: dict[str, np.ndarray], seen: np.ndarray
) -> Figure:
    """Error of one step over the plane, a panel a model; errors are (speeds * angles,)."""
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.9), sharey=True)
    for ax, (name, error) in zip(axes, errors.items(), strict=True):
        shown = np.log10(np.maximum(error, 1e-7)).reshape(len(speeds), len(angles))
        image = ax.pcolormesh(
            angles, speeds, shown, vmin=-7, vmax=0, cmap="cividis", rasterized=True
        )
        ax.plot(*seen.T, ".", color="white", markersize=2)
        ax.set(xlabel=label("theta"), title=f"{name}: median {np.median(error):.1e}")
    axes[0].set_ylabel(label("theta_dot"))
    figure.colorbar(image, ax=axes, label="log10 of the error of one step")
    return figure


def fewer_steps(truth: np.ndarray, ahead: np.ndarray, rows: Sequence[tuple[dict, bool]],
                title: str) -> Figure:  # fmt: skip
    """What equations from few steps predict (above), and the equations (below)."""
    figure, axes = plt.subplots(2, 1, figsize=(7.2, 4.2), height_ratios=[2.5, 1])
    seconds = _DT * np.arange(1, len(truth) + 1)
    axes[0].plot(seconds, break_wraps(truth[:, 0]), color="#BBBBBB", linewidth=5)
    axes[0].plot(seconds, break_wraps(ahead[:, 0]), **method_style("sparse") | LINE)
    axes[0].set(xlabel="time (s)", ylabel=label("theta"), ylim=(-3.4, 3.4), title=title)
    axes[1].axis("off")
    for place, (row, exact) in enumerate(rows):
        said = "the simulator's" if exact else "not the simulator's"
        text = f"{row['target']}\n   R² {row['r2_fit']:.6f}, {said}\n"
        text += "\n".join(f"   {line}" for line in textwrap.wrap(row["equation"], 42)[:4])
        axes[1].text(0.52 * place, 1, text, family="monospace", fontsize=8, va="top")
    return figure


def earned_length(validation: Validation, tolerance: float) -> Figure:
    """The open-loop error on held-back steps, its growth, and the tolerance."""
    figure, axes = plt.subplots(figsize=(6.4, 3))
    lead = np.arange(1, len(validation.errors) + 1)
    axes.loglog(lead, validation.errors, **method_style("symbolic"), label="on held-back steps")
    beyond = np.arange(lead[-1], 201)
    grown = validation.errors[-1] * (beyond / lead[-1]) ** validation.growth
    axes.loglog(beyond, grown, "--", color="#888888", label="its growth, extrapolated")
    axes.axhline(tolerance, color=INK, linewidth=1, linestyle=":")
    axes.text(1.05, tolerance * 0.3, "tolerance", fontsize=9)
    axes.set(xlabel="steps ahead", ylabel="error / spread", title="What the model has earned")
    axes.legend(loc="center left")
    return figure


def coverage(states: np.ndarray) -> float:
    """Share of the cells of the plane (24 x 16 of them) that states (..., 2) visit."""
    angles, speeds = states.reshape(-1, 2).T
    area = [[-np.pi, np.pi], [-8.0, 8.0]]
    counts = np.histogram2d(angles, speeds, bins=[24, 16], range=area)[0]
    return float(np.mean(counts > 0))


def imagined_plane(states: np.ndarray, real: np.ndarray, title: str) -> Figure:
    """Imagined states (..., 2) and real ones (N, 2) in the plane."""
    figure, axes = plt.subplots(figsize=(5.6, 3.3))
    axes.plot(*states.reshape(-1, 2).T, ".", markersize=1.5, color=OKABE_ITO[0])
    axes.plot(*real.T, ".", markersize=4, color=OKABE_ITO[1], label="real")
    axes.plot(0, 0, "X", color=INK, markersize=8, label="upright, at rest")
    _plane(axes)
    axes.set_title(f"{title}: {coverage(states):.0%} of the plane")
    axes.legend(loc="upper center", fontsize=8.5, facecolor=PAPER, framealpha=1, frameon=True)
    return figure


def returns(runs: dict[str, list[tuple[int, float]]], task: Task, real_steps: int) -> Figure:
    """Real return over updates in imagination, a line a run."""
    figure, axes = plt.subplots(figsize=(7.2, 3.2))
    looks = (("o-", OKABE_ITO[0]), ("s--", "#888888"), ("^:", OKABE_ITO[1]), ("D-.", OKABE_ITO[2]))
    for (name, curve), (line, colour) in zip(runs.items(), looks, strict=False):
        axes.plot(*np.array(curve).T, line, color=colour, markersize=4, label=name)
    for level, text in ((task.solved_return, "solved"), (task.best_return, "best possible")):
        assert level is not None
        axes.axhline(level, color=INK, linewidth=1, linestyle=":")
        axes.annotate(
            text, (0, level), xytext=(3, 3 if text != "solved" else -11),
            textcoords="offset points", fontsize=8.5,
        )  # fmt: skip
    axes.set(xlabel="gradient updates, all in imagination", ylabel="mean return", ylim=(None, 0),
             title=f"Return in the real environment, after {real_steps} real steps")  # fmt: skip
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.1), fontsize=8.5)
    return figure


def belief(played: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]]) -> Figure:
    """Angle over time of one pendulum as imagined and as real, a panel a policy.

    ``played`` goes from a title and a world to returns (N,) and angles (T, N).
    """
    figure, axes = plt.subplots(1, len(played), figsize=(7.2, 2.9), sharey=True)
    for ax, (title, worlds) in zip(axes, played.items(), strict=True):
        for (world, (_, angles)), look in zip(worlds.items(), ("--", "-"), strict=True):
            ax.plot(_DT * np.arange(len(angles)), break_wraps(angles[:, 0]), look, label=world)
        gap = ", ".join(f"{values.mean():.0f} {world}" for world, (values, _) in worlds.items())
        ax.set_xlabel("time (s)")
        ax.set_title(f"{title}\nreturn: {gap}", fontsize=10)
    axes[0].set_ylabel(label("theta"))
    axes[0].legend(fontsize=8.5, loc="center right", bbox_to_anchor=(1, 0.7))
    return figure
