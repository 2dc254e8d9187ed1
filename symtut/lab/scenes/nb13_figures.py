"""The figures of notebook 13."""

from collections.abc import Callable, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from symtut.lab.scenes import nb13_phase_plane as phase_plane
from symtut.lab.style import INK, OKABE_ITO, PAPER, break_wraps, label, method_style

LEVELS = (-8, 6, 27)  # rad²/s²
_STEP = 0.05  # s


def seconds(count: int) -> np.ndarray:
    return _STEP * np.arange(count)


def noisy_readings(found: np.ndarray, sigmas: Sequence[float]) -> Figure:
    """Readings (noises, experiments, 4) of g/l and 1/(m l²), from two equations each."""
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 3))
    truths = ((10.0, r"$g/l$ (1/s$^2$)"), (1.0, r"$1/(ml^2)$ (1/(kg m$^2$))"))
    for column, (ax, (truth, name)) in enumerate(zip(axes, truths, strict=True)):
        for place, (offset, marker) in enumerate(((-0.12, "o"), (0.12, "x"))):
            text = (r"from $\Delta\dot\theta$", r"from $\Delta\theta$")[place]
            values = found[:, :, 2 * place + column]
            at = np.repeat(np.arange(len(sigmas)) + offset, values.shape[1])
            ax.plot(at, values.ravel(), marker, color=OKABE_ITO[place], label=text,
                    markerfacecolor="none", markersize=6)  # fmt: skip
        ax.axhline(truth, color=INK, linewidth=1, linestyle=":")
        ax.set(xlabel="noise σ of the sensor (rad, rad/s)", ylabel=name)
        ax.set_xticks(range(len(sigmas)), [f"{sigma:g}" for sigma in sigmas])
    axes[1].legend(loc="lower left", fontsize=8.5)
    axes[0].set_title("dotted: Gymnasium's value")
    axes[1].set_title(f"{found.shape[1]} experiments at each noise")
    return figure


def energy_lines(energy: Callable, upright: float, visited: np.ndarray) -> Figure:
    """Lines of equal energy, the separatrix, and every second one of the states (N, 2) visited."""
    figure, axes = plt.subplots(figsize=(5.6, 3))
    phase_plane.portrait(axes, energy, LEVELS, highlight=upright)
    axes.plot(*visited[::2].T, "o", color="white", markeredgecolor=OKABE_ITO[0], markersize=4)
    axes.plot(0, 0, "X", color=INK, markersize=8)
    axes.plot([-np.pi, np.pi], [0, 0], "o", color=INK, markersize=8, clip_on=False)
    box = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}
    for text, place in (("upright", (0, 0.9)), ("hanging", (2.65, 0.6)), ("swings", (2.2, -2.2)),
                        ("turns over and over", (0, 6.6))):  # fmt: skip
        axes.text(*place, text, fontsize=9, ha="center", bbox=box)
    axes.set_title(f"Thick: E = {upright:.1f}, that of standing upright")
    return figure


def two_energies(paths: Sequence[np.ndarray], energy: Callable, shadow: Callable) -> Figure:
    """Change of the energy and of the shadow energy along coasting paths (T, 2)."""
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.7), sharey=True)
    for path, dash in zip(paths, ("-", "--", ":"), strict=False):
        for ax, measure in zip(axes, (energy, shadow), strict=True):
            values = measure(*path.T)
            text = f"from {path[0, 0]:g} rad"
            ax.plot(seconds(len(path)), values - values[0], dash, label=text)
    axes[0].set(xlabel="time (s)", ylabel="change (rad²/s²)", title="Energy E", ylim=(-4, 4))
    axes[1].set(xlabel="time (s)", title="Shadow energy, same scale")
    axes[1].legend(fontsize=8.5, loc="upper right")
    return figure


def drifts(changes: dict[str, np.ndarray]) -> Figure:
    """Change (T, paths) of the shadow energy in imagination, by "equations" and "network"."""
    figure, axes = plt.subplots(figsize=(7, 2.7))
    for name, kind in (("equations", "symbolic"), ("network", "mbpo")):
        look = method_style(kind) | {"marker": "", "linewidth": 1.5}
        for i, line in enumerate(changes[name].T):
            axes.plot(seconds(len(line)), line, label=name if i == 0 else None, **look)
    axes.set(xlabel="time (s)", ylabel="change (rad²/s²)")
    axes.set_title("Shadow energy of coasting in imagination, from the same three starts")
    axes.legend(fontsize=8.5, loc="lower left")
    return figure


def eigenvalues(found: dict[str, np.ndarray], real: dict[str, np.ndarray]) -> Figure:
    """Eigenvalues at each rest, by the equations and in the simulator, beside the unit circle."""
    figure, axes = plt.subplots(figsize=(6.2, 3.2))
    groups = {f"{name}, yours": ("os"[i], values) for i, (name, values) in enumerate(found.items())}
    for i, (name, values) in enumerate(real.items()):
        groups[f"{name}, simulator"] = ("+x"[i], values)
    phase_plane.unit_circle(axes, groups)
    axes.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1.02, 0.5))
    axes.set(xlim=(0.6, 1.35), ylim=(-0.35, 0.35), title="Eigenvalues (grey: size below 1)")
    return figure


def angles(paths: dict[str, np.ndarray], title: str) -> Figure:
    """Angles over time, one line for each path (T, 2)."""
    figure, axes = plt.subplots(figsize=(7.2, 2.9))
    for (name, path), dash in zip(paths.items(), ("-", "--", "-.", ":"), strict=False):
        axes.plot(seconds(len(path)), break_wraps(path[:, 0]), dash, label=name)
    axes.set(xlabel="time (s)", ylabel=label("theta"), ylim=(-3.3, 3.3), title=title)
    axes.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def balanced(
    angle: np.ndarray, speed: np.ndarray, inside: np.ndarray, reach: float,
    played: dict[str, np.ndarray],
) -> Figure:  # fmt: skip
    """The starts that a control balances, and two that were played in the real pendulum."""
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.8))
    phase_plane.region(axes[0], angle, speed, inside)
    axes[0].axvspan(-reach, reach, color="#888888", alpha=0.18, linewidth=0)
    for i, (name, path) in enumerate(played.items()):
        axes[0].plot(*path[0], "oX"[i], color=OKABE_ITO[i], markersize=8)
        axes[1].plot(seconds(len(path)), break_wraps(path[:, 0]), ("-", "--")[i], label=name,
                     color=OKABE_ITO[i])  # fmt: skip
    axes[0].set(xlim=(-1.2, 1.2), ylim=(-4.5, 4.5), xlabel=label("theta"),
                ylabel=label("theta_dot"), title="Blue: starts that LQR balances")  # fmt: skip
    axes[1].set(xlabel="time (s)", ylabel=label("theta"), title="Two starts, really played")
    axes[1].legend(fontsize=8.5)
    return figure


def swing_up(energy: Callable, upright: float, path: np.ndarray, balancing: np.ndarray) -> Figure:
    """A real episode (T, 2) in the plane of states, and its energy over time."""
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.8))
    phase_plane.portrait(axes[0], energy, LEVELS, highlight=upright)
    looks = {"pushing": (~balancing, "o", 0), "balancing (LQR)": (balancing, "s", 2)}
    for name, (chosen, marker, colour) in looks.items():
        axes[0].plot(*path[chosen].T, marker, color=OKABE_ITO[colour], markersize=4, label=name)
        axes[1].plot(seconds(len(path))[chosen], energy(*path[chosen].T), marker, markersize=3.5,
                     color=OKABE_ITO[colour], label=name)  # fmt: skip
    axes[0].set_title("Your policy in the real pendulum")
    axes[1].axhline(upright, color=INK, linewidth=1, linestyle=":")
    axes[1].set(xlabel="time (s)", ylabel="energy (rad²/s²)", title="Dotted: that of upright")
    axes[1].legend(fontsize=8.5, loc="lower right")
    return figure


def transfers(returns: dict[str, dict[str, float]]) -> Figure:
    """Mean real returns in each world: random, the old policy, the redone one."""
    figure, axes = plt.subplots(figsize=(7, 2.6))
    places, policies = np.arange(len(returns)), list(next(iter(returns.values())))
    for i, policy in enumerate(policies):
        values = [row[policy] for row in returns.values()]
        axes.barh(places + 0.26 * (i - 1), values, 0.24, color=OKABE_ITO[(6, 1, 0)[i]],
                  label=policy)  # fmt: skip
    axes.set(yticks=places, yticklabels=list(returns), xlabel="mean real return (0 is best)",
             title="Other pendulums, no new data")  # fmt: skip
    axes.invert_yaxis()
    axes.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def coasting(energy: Callable, paths: dict[str, np.ndarray]) -> Figure:
    """Energy of coasting paths (T, 2); the first is the world itself, drawn broad and grey."""
    figure, axes = plt.subplots(figsize=(7, 2.7))
    looks: tuple[dict[str, Any], ...]
    looks = ({"color": "#BBBBBB", "linewidth": 5}, {"linestyle": "--"}, {"linestyle": "-"})
    for (name, path), look in zip(paths.items(), looks, strict=True):
        axes.plot(seconds(len(path)), energy(*path.T), label=name, **look)
    axes.set(xlabel="time (s)", ylabel="energy (rad²/s²)", ylim=(-16, 26))
    axes.set_title("Coasting from 0.2 rad beside upright")
    axes.legend(fontsize=8.5, loc="upper right", ncols=2)
    return figure


def sideways(driven: np.ndarray) -> Figure:
    """The car's way (41, 4): twenty steps ahead, twenty back."""
    figure, axes = plt.subplots(figsize=(6, 3))
    for part, marker, name in ((slice(0, 21), "o", "ahead: left, then right"),
                               (slice(20, 41), "s", "back, straight")):  # fmt: skip
        axes.plot(*driven[part, :2].T, marker, markersize=4, label=name)
    arrows = driven[::4]
    axes.quiver(*arrows[:, :2].T, np.cos(arrows[:, 2]), np.sin(arrows[:, 2]), scale=22,
                width=0.004, color=INK)  # fmt: skip
    axes.set(xlabel="x (m)", ylabel="y (m)", aspect="equal", xlim=(-0.3, 1.7), ylim=(-0.2, 0.8))
    axes.set_title("Moved sideways: the real car, with its headings")
    axes.legend(fontsize=8.5, loc="lower right")
    return figure
