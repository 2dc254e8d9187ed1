"""The pendulum's plane of angle and velocity, and the complex plane of its eigenvalues."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from symtut.lab.style import GRID, INK, OKABE_ITO, label


def plane(axes: Axes, title: str = "", speed: float = 8.5) -> Axes:
    """Limits, ticks and labels of the plane of angle (rad, 0 upright) and velocity (rad/s)."""
    axes.set(
        xlim=(-np.pi, np.pi), ylim=(-speed, speed), xlabel=label("theta"),
        ylabel=label("theta_dot"), title=title,
    )  # fmt: skip
    axes.set_xticks([-np.pi, -np.pi / 2, 0, np.pi / 2, np.pi], ["−π", "−π/2", "0", "π/2", "π"])
    return axes


def portrait(
    axes: Axes,
    energy: Callable[[np.ndarray, np.ndarray], np.ndarray],
    levels: Sequence[float],
    highlight: float | None = None,
    speed: float = 8.5,
) -> Axes:
    """Level sets of an energy: the paths of a pendulum without torque.

    Parameters
    ----------
    energy : callable
        (theta, theta_dot), two arrays of one shape, to an array of that shape.
    levels : sequence of float
        Drawn thin and grey.
    highlight : float, optional
        One level, drawn thick: the separatrix, or the level of an explorer.
    """
    theta, theta_dot = np.meshgrid(
        np.linspace(-np.pi, np.pi, 241), np.linspace(-speed, speed, 241)
    )  # fmt: skip
    height = energy(theta, theta_dot)
    axes.contour(
        theta, theta_dot, height, sorted(levels), colors="#999999", linewidths=0.8,
        linestyles="-", antialiased=False,  # smooth grey lines would double the picture's bytes
    )  # fmt: skip
    if highlight is not None:
        axes.contour(theta, theta_dot, height, [highlight], colors=OKABE_ITO[1], linewidths=2.2)
    return plane(axes, speed=speed)


def region(
    axes: Axes,
    angles: np.ndarray,
    speeds: np.ndarray,
    inside: np.ndarray,
    colour: str = OKABE_ITO[5],
) -> Axes:
    """Shade the cells (len(speeds), len(angles)) bool where ``inside`` holds."""
    axes.contourf(
        angles, speeds, np.where(inside, 1.0, 0.0), [0.5, 1.5], colors=[colour], alpha=0.5
    )
    return axes


def unit_circle(axes: Axes, groups: dict) -> Axes:
    """Eigenvalues in the complex plane beside the unit circle: inside it, a step shrinks.

    Parameters
    ----------
    groups : dict of str to (marker, array of complex)
        The name goes into the legend; a marker of lines only, such as "+", is drawn over others.
    """
    turn = np.linspace(0, 2 * np.pi, 361)
    axes.fill(np.cos(turn), np.sin(turn), color=GRID, alpha=0.5, linewidth=0)
    axes.plot(np.cos(turn), np.sin(turn), color=INK, linewidth=1)
    for i, (name, (marker, values)) in enumerate(groups.items()):
        values = np.asarray(values, dtype=complex)
        style: dict[str, Any] = {"color": OKABE_ITO[i], "markersize": 9, "markeredgewidth": 1.8}
        if marker not in "+x":
            style["markerfacecolor"] = "none"
        axes.plot(np.real(values), np.imag(values), marker, label=name, **style)
    axes.set(xlabel="real part", ylabel="imaginary part", aspect="equal")
    return axes
