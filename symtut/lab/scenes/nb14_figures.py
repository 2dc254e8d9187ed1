"""The figures of notebook 14."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from symtut.lab.style import INK, OKABE_ITO, label, plain_log_axis

LOOKS = (("v-", OKABE_ITO[4]), ("o-", OKABE_ITO[0]), ("s--", OKABE_ITO[1]), ("^:", OKABE_ITO[2]))


def returns_over_time(curves: dict[str, np.ndarray], threshold: float, best: float) -> Figure:
    """Real return over CPU-seconds of learning, logarithmic.

    Parameters
    ----------
    curves : dict from a name to (points, 2)
        CPU-seconds and return; the first point, at 0 s, is before any learning and not drawn.
    """
    figure, axes = plt.subplots(figsize=(7.4, 3.4))
    for (name, curve), (line, colour) in zip(curves.items(), LOOKS, strict=False):
        axes.plot(*curve[1:].T, line, color=colour, markersize=4, label=name)
    for level, text in ((threshold, "solved"), (best, "best possible")):
        axes.axhline(level, color=INK, linewidth=1, linestyle=":")
        axes.annotate(
            f"{text} {level:g}", (1, level), xycoords=("axes fraction", "data"), ha="right",
            xytext=(-2, 3 if level == best else -11), textcoords="offset points", fontsize=8.5,
        )  # fmt: skip
    axes.set(xscale="log", xlabel="CPU-seconds of learning, all in the equations",
             ylabel="mean return", title="In the real pendulum", ylim=(None, 0))  # fmt: skip
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.12), fontsize=8.5)
    return figure


def tangents(
    torques: np.ndarray,
    returns: np.ndarray,
    at: np.ndarray,
    values: np.ndarray,
    slopes: np.ndarray,
) -> Figure:
    """Two rewards as a function of the torque, and straight lines with the slopes given.

    Parameters
    ----------
    torques, returns : (N,), from -2 to 2, and (states, N)
    at, values, slopes : (states,)
        Where each line touches, and its slope.
    """
    figure, axes = plt.subplots(figsize=(6.4, 3))
    for i, curve in enumerate(returns):
        colour, level = OKABE_ITO[i], curve[len(torques) // 2]
        axes.plot(torques, curve - level, color=colour, label=f"state {i + 1}")
        span = np.array([-0.9, 0.9])
        line = values[i] - level + slopes[i] * span
        axes.plot(at[i] + span, line, "--", color=INK, linewidth=1.2, zorder=3)
        axes.plot(at[i], values[i] - level, "o", color=colour, markersize=6)
    axes.set(xlabel=label("u"), ylabel="gain over no torque")
    axes.set_title("Reward of two steps; dashed: the slope by hand")
    axes.legend(fontsize=8.5, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def gradients(
    horizons: Sequence[int], norms: dict[str, np.ndarray], alike: dict[str, np.ndarray]
) -> Figure:
    """Size and direction of the gradient over the horizon.

    Parameters
    ----------
    norms : dict from a name to (horizons,)
    alike : the same
        Cosine of the angle to the gradient through the simulator.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3))
    for i, name in enumerate(norms):
        is_network = name.startswith("network")
        look: dict[str, Any] = {"linestyle": ("--", "-.", ":")[i % 3] if is_network else "-",
                "color": OKABE_ITO[1] if is_network else OKABE_ITO[0],
                "marker": "D" if is_network else "o", "markersize": 3.5,
                "linewidth": 1.2 if is_network else 2}  # fmt: skip
        axes[0].plot(horizons, norms[name], label=name, **look)
        axes[1].plot(horizons, alike[name], label=name, **look)
    axes[0].set(yscale="log", xlabel="horizon (steps)", title="Norm of the gradient")
    axes[1].set(xlabel="horizon (steps)", ylim=(-1.1, 1.1), ylabel="cosine",
                title="Direction: the simulator's is 1")  # fmt: skip
    axes[1].axhline(0, color=INK, linewidth=0.8, linestyle=":")
    axes[0].legend(fontsize=8.5)
    return figure


def planning(
    horizons: Sequence[int],
    returns: np.ndarray,
    milliseconds: Sequence[float],
    policy_return: float,
) -> Figure:
    """What a planner's horizon gains (left) and costs (right).

    Parameters
    ----------
    returns : (horizons, episodes)
    milliseconds : (horizons,)
        CPU time of one decision.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.9))
    places = np.arange(len(horizons))
    axes[0].plot(places, returns, "_", color="#888888", markersize=9)
    axes[0].plot(places, returns.mean(1), "o-", color=OKABE_ITO[2], label="mean of the episodes")
    axes[0].axhline(policy_return, color=OKABE_ITO[1], linestyle="--", linewidth=1.2,
                    label="your policy, same episodes")  # fmt: skip
    axes[0].set(ylabel="real return", title="Gained")
    axes[0].legend(fontsize=8.5, loc="lower right")
    axes[1].bar(places, milliseconds, 0.6, color=OKABE_ITO[2])
    axes[1].set(ylabel="CPU-milliseconds a decision", title="Paid")
    for ax in axes:
        ax.set_xticks(places, [str(h) for h in horizons])
        ax.set_xlabel("horizon of the plan (steps)")
    return figure


def soft_rewards(
    angles: np.ndarray, rewards: dict[str, np.ndarray], shares: dict[str, float]
) -> Figure:
    """Rewards over the angle, and the share of time upright that a policy learned from each."""
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.9))
    for (name, values), line, colour in zip(
        rewards.items(), ("-", "-", "--", ":"), (INK, *OKABE_ITO), strict=False
    ):
        axes[0].plot(angles, values, line, color=colour, label=name)
    axes[0].set(xlabel=label("theta"), ylabel="reward of a step", title="The same wish, four ways")
    axes[0].legend(fontsize=7.5, handlelength=1.5, loc="upper left", bbox_to_anchor=(-0.02, 1.02))
    axes[1].barh(list(shares), list(shares.values()), color=(INK, *OKABE_ITO)[: len(shares)])
    axes[1].invert_yaxis()
    axes[1].set(xlim=(0, 1), xlabel="share of the time within 0.2 rad", title="What was learned")
    return figure


def ten_seeds(curves: pd.DataFrame, cells: dict[tuple[str, int], float]) -> Figure:
    """Return over CPU-seconds, a line a stored run, a panel a task.

    Parameters
    ----------
    curves : DataFrame
        ``curves.csv`` of ``data/results/learners``.
    cells : dict from (task, real steps) to its threshold
    """
    figure, axes = plt.subplots(1, len(cells), figsize=(7.4, 3))
    for axis, ((task, steps), threshold) in zip(axes, cells.items(), strict=True):
        here = curves[(curves["task"] == task) & (curves["env_steps"] == steps)]
        for (_, colour), learner in zip(LOOKS, ("sac", "apg"), strict=False):
            for number, (_, run) in enumerate(here.query("learner == @learner").groupby("seed")):
                axis.plot(run["cpu_seconds"], run["mean_return"], color=colour,
                          linewidth=0.9, label=None if number else learner.upper())  # fmt: skip
        axis.axhline(threshold, color=INK, linewidth=1, linestyle=":")
        axis.set(xscale="log", xlabel="CPU-seconds", title=f"{task}, {steps} steps",
                 ylim=(2.5 * threshold, 0.6 * threshold))  # fmt: skip
        plain_log_axis(axis)
    axes[0].set_ylabel("mean return")
    axes[0].legend(fontsize=8.5, loc="lower right")
    return figure
