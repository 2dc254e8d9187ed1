"""The figures of notebook 09."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from symtut.lab.style import INK, OKABE_ITO, label, method_style
from symtut.tasks import Transitions
from symtut.tasks.reacher import ELBOW_LIMIT
from symtut.world_models.validation import Validation

TEXT = {
    "mbpo": "network", "sparse": "sparse", "symbolic": "symbolic", "oracle": "oracle",
    "blind": "without next values",
}  # fmt: skip
GREY = "#888888"


def look(method: str) -> dict:
    """Line and colour of a method; the formula without next values has its own."""
    return {"color": OKABE_ITO[4], "linestyle": "-."} if method == "blind" else method_style(method)


def what_was_seen(seen: dict[str, Transitions]) -> Figure:
    """The transitions of the pendulum, the car and the arm's elbow."""
    figure, axes = plt.subplots(1, 3, figsize=(7.4, 3))
    axes[0].plot(*seen["pendulum"].state.T, ".", markersize=4)
    axes[0].set(title="pendulum", xlabel=label("theta"), ylabel=label("theta_dot"),
                xlim=(-np.pi, np.pi))  # fmt: skip
    car = seen["car2d"]
    for number in np.unique(car.episode):
        way = car.state[car.episode == number]
        axes[1].plot(way[:, 0], way[:, 1])
        axes[1].plot(*way[0, :2], "o", color=INK, markersize=4)
    axes[1].set(title="car2d (dots: starts)", xlabel="x (m)", ylabel="y (m)", aspect="equal")
    axes[1].margins(0.2)
    axes[2].plot(seen["reacher"].state[:, 1], seen["reacher"].state[:, 3], ".", markersize=4)
    for stop in (-ELBOW_LIMIT, ELBOW_LIMIT):
        axes[2].axvline(stop, color=GREY, linestyle=":")
    axes[2].set(title="elbow (dotted: stop)", xlabel=r"angle $\theta_2$ (rad)",
                ylabel=r"angular velocity $\dot\theta_2$ (rad/s)")  # fmt: skip
    return figure


def your_table(table: np.ndarray) -> Figure:
    """Increments of the car's speed and heading in a table (M, 10) of state, action, increment."""
    figure, axes = plt.subplots(1, 2, figsize=(7.4, 3))
    axes[0].plot(table[:, 4], table[:, 9], ".", markersize=4)
    axes[0].set(xlabel="throttle $a_1$", ylabel=r"$\Delta v$ (m/s)", title="Speed")
    axes[1].plot(table[:, 3] * table[:, 5], table[:, 8], ".", markersize=4)
    axes[1].set(xlabel=r"speed times steering $v\,a_2$ (m/s)", ylabel=r"$\Delta\psi$ (rad)",
                title="Heading")  # fmt: skip
    return figure


def drives(real: np.ndarray, imagined: dict[str, np.ndarray], step: float = 0.1) -> Figure:
    """Imagined drives (K + 1, S) beside the real one: the ways, and the distances over time."""
    figure, axes = plt.subplots(1, 2, figsize=(7.4, 3.2))
    axes[0].plot(*real[:, :2].T, color="#BBBBBB", linewidth=5, label="real")
    for (name, way), line in zip(imagined.items(), ("-", "--"), strict=False):
        axes[0].plot(*way[:, :2].T, line, label=name)
        gap = np.hypot(*(way - real)[1:, :2].T)
        axes[1].semilogy(step * np.arange(1, len(way)), np.maximum(gap, 1e-17), line, label=name)
    axes[0].set(xlabel="x (m)", ylabel="y (m)", aspect="equal", title="Ten seconds")
    axes[0].legend(fontsize=8.5)
    axes[1].set(xlabel="time (s)", ylabel="distance from the real car (m)", title="How far off")
    return figure


def open_loop(errors: dict[tuple[str, str, str], np.ndarray]) -> Figure:
    """Errors over the lead, by (world, region, method): one panel for each world and region."""
    worlds = list(dict.fromkeys(world for world, _, _ in errors))
    regions = ("inside", "outside")
    figure, axes = plt.subplots(2, len(worlds), figsize=(7.4, 5.4), sharey=True, sharex=True)
    for (world, region, method), error in errors.items():
        ax = axes[regions.index(region), worlds.index(world)]
        ax.loglog(np.arange(1, len(error) + 1), np.maximum(error, 1e-9), label=TEXT[method],
                  markevery=(0.1, 0.15), **look(method))  # fmt: skip
        ax.set_title(f"{world}, {region}")
    for ax in axes.flat:
        ax.axhline(1.0, color="#BBBBBB", linewidth=1, zorder=0)
    for ax in axes[1]:
        ax.set_xlabel("lead (steps)")
    for ax in axes[:, 0]:
        ax.set_ylabel("error / spread")
    axes[0, 0].set_ylim(1e-8, 30)
    handles = axes[0, worlds.index("car2d")].get_legend_handles_labels()  # where all methods are
    figure.legend(*handles, loc="outside lower center", fontsize=8.5, ncols=5)
    return figure


def lengths(
    earned: dict[str, Validation], steps: dict[str, int], tolerance: float, horizon: int
) -> Figure:
    """Errors of methods along the held-back stretch, their growth, and the lengths they give."""
    figure, axes = plt.subplots(figsize=(7.4, 3.3))
    for method, result in earned.items():
        style, lead = look(method), np.arange(1, len(result.errors) + 1)
        axes.loglog(lead, result.errors, label=TEXT[method], markevery=(0.1, 0.15), **style)
        if result.errors[-1] <= tolerance:
            beyond = np.linspace(lead[-1], horizon, 20)
            law = result.errors[-1] * (beyond / lead[-1]) ** result.growth
            axes.loglog(beyond, law, "--", color=GREY, label="its growth, continued")
        length = max(steps[method], 1)  # the axis is logarithmic
        axes.axvline(length, color=style["color"], linewidth=1, linestyle=":")
        height = 3e-7 if method == "mbpo" else 3e-5
        axes.text(length, height, f"{steps[method]} steps ", color=style["color"],
                  fontsize=9, ha="right")  # fmt: skip
    axes.axhline(tolerance, color=INK, linestyle=":", linewidth=1)
    axes.text(1.05, tolerance * 1.3, "tolerance", fontsize=9)
    axes.set(xlabel="lead (steps)", ylabel="error / spread", title="car2d, held-back stretch")
    axes.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def arm_outside(
    reach: np.ndarray, error: np.ndarray, strikes: np.ndarray,
    speeds: Sequence[float], by_speed: Sequence[float], fastest: float,
) -> Figure:  # fmt: skip
    """Error of one step over the elbow angle it would reach, and over the joints' speed."""
    figure, axes = plt.subplots(1, 2, figsize=(7.4, 3.3))
    axes[0].semilogy(reach[~strikes], error[~strikes], ".", markersize=4, label="free")
    axes[0].semilogy(reach[strikes], error[strikes], "^", color=OKABE_ITO[1], markersize=4,
                     label="strikes the stop")  # fmt: skip
    axes[0].axvline(ELBOW_LIMIT, color=GREY, linestyle=":")
    for ax in axes:
        ax.set_ylabel("error of one step / spread")
    axes[0].set_title("Outside: each step of the paths")
    axes[0].set_xlabel("elbow angle the step would reach (rad)")
    axes[0].legend(fontsize=8.5, loc="upper left")
    axes[1].loglog(speeds, by_speed, **method_style("symbolic"))
    axes[1].axvline(fastest, color=GREY, linestyle=":")
    axes[1].set(xlabel="joint speeds up to (rad/s)", ylim=(1e-6, 1e-2),
                title="Free (dotted: fastest seen)")  # fmt: skip
    axes[1].set_xticks(speeds, [f"{speed:g}" for speed in speeds])
    axes[1].minorticks_off()
    return figure


def data_and_noise(sizes: Sequence[int], horizons: dict[str, list[int]]) -> Figure:
    """Horizon over the number of transitions, one line a noise."""
    figure, axes = plt.subplots(figsize=(7, 3.2))
    for (noise, row), marker, size in zip(horizons.items(), "osD", (10, 7, 5), strict=False):
        axes.plot(sizes, row, marker=marker, markersize=size, label=f"noise {noise}")
    axes.set(xlabel="transitions", ylabel="horizon (steps)", xscale="log", ylim=(0, 112),
             title="pendulum, sparse: steps within 0.1 spreads (100 at most)")  # fmt: skip
    axes.set_xticks(sizes, [str(n) for n in sizes])
    axes.minorticks_off()
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
