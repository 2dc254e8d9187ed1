"""Figures and films of the two small worlds: maps with values and arrows, the pendulum's plane."""

from collections.abc import Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from symtut.lab import films, painters
from symtut.lab.scenes.nb01_mdp import Episode
from symtut.lab.scenes.nb01_small_worlds import MOVES, PRIZES, GridWorld, PendulumGrid
from symtut.lab.style import GRID, INK, OKABE_ITO, break_wraps, label
from symtut.tasks.pendulum import DT

WALL = "#777777"
PRIZE_COLOUR = {"G": OKABE_ITO[2], "P": OKABE_ITO[1], "c": OKABE_ITO[4]}
WALKER = OKABE_ITO[0]


def draw_map(
    world: GridWorld,
    values: np.ndarray | None = None,
    policy: np.ndarray | list | None = None,
    *,
    axes: Axes | None = None,
    limits: tuple[float, float] | None = None,
    numbers: bool = True,
    title: str = "",
) -> Axes:
    """The map; with values in colour (and numbers), with a policy as arrows.

    Parameters
    ----------
    values : (S,) array, optional
        NaN leaves a cell white.
    policy : (S,) whole numbers, or list of arrays, optional
        One action a state, or the actions that are equally good: several arrows.
    limits : (low, high), optional
        Of the colours; default from the values.
    numbers : bool
        Write the values into the cells.

    Returns
    -------
    matplotlib.axes.Axes
    """
    n_rows, n_columns = len(world.rows), len(world.rows[0])
    axes = axes or plt.subplots(figsize=(0.72 * n_columns, 0.72 * n_rows + 0.3))[1]
    axes.set(xlim=(-0.5, n_columns - 0.5), ylim=(n_rows - 0.5, -0.5), aspect="equal", title=title)
    axes.grid(False)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    if values is not None:
        low, high = limits or (np.nanmin(values), np.nanmax(values))
        shade = Normalize(low, max(high, low + 1e-9))
    for r, c in np.ndindex(n_rows, n_columns):
        if world.rows[r][c] == "#":  # hatched: no value has that colour
            axes.add_patch(
                Rectangle((c - 0.5, r - 0.5), 1, 1, facecolor="white", edgecolor=WALL,
                          hatch="//////", linewidth=0)
            )  # fmt: skip
    for s, (r, c) in enumerate(world.cells):
        letter = world.rows[r][c]
        colour, ink = "white", INK
        if letter in PRIZES:
            colour = PRIZE_COLOUR[letter]
        elif values is not None and np.isfinite(values[s]):
            colour = mpl.colormaps["cividis"](shade(values[s]))
            ink = "white" if shade(values[s]) < 0.55 else INK
        axes.add_patch(Rectangle((c - 0.5, r - 0.5), 1, 1, facecolor=colour, edgecolor=GRID))
        if letter != ".":
            at, size = ((c - 0.33, r - 0.28), 10) if letter == "S" else ((c, r), 14)
            axes.text(
                *at, letter, ha="center", va="center", fontsize=size, weight="bold", color=ink
            )
        if letter in PRIZES:
            continue
        if policy is not None:
            for action in np.atleast_1d(policy[s]):
                dr, dc = list(MOVES.values())[action]
                axes.annotate(
                    "", (c + 0.3 * dc, r + 0.3 * dr), (c - 0.08 * dc, r - 0.08 * dr),
                    arrowprops={"arrowstyle": "-|>", "color": ink, "linewidth": 1.2},
                )  # fmt: skip
        elif numbers and values is not None and np.isfinite(values[s]):
            axes.text(c, r + 0.08, f"{values[s]:.2f}", ha="center", va="center",
                      fontsize=8, color=ink)  # fmt: skip
    return axes


def draw_walk(world: GridWorld, states: np.ndarray, axes: Axes, colour: str = WALKER) -> None:
    """The path of an episode on a map, a little shaken so that ways there and back both show."""
    shake = 0.13 * np.sin(1.7 * np.arange(len(states))[:, None] + np.array([0.0, 1.2]))
    r, c = (world.cells[states] + shake).T
    axes.plot(c, r, "-", color=colour, linewidth=1.2, alpha=0.85)
    axes.plot(c[0], r[0], "o", color=colour, markersize=6)
    axes.plot(c[-1], r[-1], "X", color=colour, markersize=9)


def chances(world: GridWorld, moves: dict[str, tuple[int, int]]) -> Figure:
    """The map, and for each move where it leads from a cell (row, column), as probabilities."""
    figure, axes = plt.subplots(1, 1 + len(moves), figsize=(8.4, 2.6))
    draw_map(world, axes=axes[0], title="The map")
    for ax, (move, cell) in zip(axes[1:], moves.items(), strict=True):
        ahead = world.mdp.tau[world.state(*cell), list(MOVES).index(move)]
        draw_map(world, np.where(ahead > 0, ahead, np.nan), axes=ax, limits=(0, 1))
        ax.plot(cell[1], cell[0], "o", markersize=22, mfc="none", mec=WALKER, mew=2)
        ax.set_title(f"where '{move}' leads from the ring", fontsize=9.5)
        for s in np.flatnonzero((ahead > 0) & world.mdp.terminal):  # a letter hides the number
            row, column = world.cells[s]
            ax.text(column, row + 0.36, f"{ahead[s]:.2f}", fontsize=8, ha="center", va="center")
    return figure


def draw_walks(world: GridWorld, walks: Sequence[Episode]) -> Figure:
    """Walks side by side, with how they ended and the sum of their rewards."""
    figure, axes = plt.subplots(1, len(walks), figsize=(8.4, 2.4))
    for ax, walk in zip(axes, walks, strict=True):
        draw_map(world, axes=ax)
        draw_walk(world, walk.states, ax)
        end = "ended" if walk.terminated else "cut off"
        ax.set_title(
            f"{len(walk.actions)} steps, {end}, rewards {walk.rewards.sum():.2f}", fontsize=9.5
        )
    return figure


def swing(grid: PendulumGrid, q: np.ndarray, angles: np.ndarray, title: str) -> Figure:
    """Values and best torques over the pendulum's plane, and the path of an episode (T,) angles."""
    speed = np.append(np.diff(np.unwrap(angles)) / DT, np.nan)
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.3))
    draw_plane(grid, q.max(1), axes=axes[0], bar="value", title=title)
    draw_plane(
        grid, grid.torques[q.argmax(1)], axes=axes[1], cmap="PuOr", bar="torque (N m)",
        limits=(-2, 2), title="best torque",
    )  # fmt: skip
    for ax, colour in zip(axes, ("white", OKABE_ITO[5]), strict=True):
        ax.plot(break_wraps(angles), speed, ".-", color=colour, markersize=2, linewidth=0.8)
        ax.plot(np.pi, 0, "o", color=colour, clip_on=False)
    return figure


def walk_film(
    world: GridWorld,
    walks: Sequence[np.ndarray],
    *,
    titles: Sequence[str],
    size: int = 30,
    pause: int = 4,
    step: float = 0.22,
) -> "films.Film":
    """A film of walks on the map, side by side: one frame a step, the last one held.

    Parameters
    ----------
    walks : list of (T + 1,) arrays
        States, as in ``Episode.states``; lengths may differ.
    size : int
        Pixels per cell.
    pause : int
        How many frames longer the end is shown.
    step : float
        Seconds a frame.

    Returns
    -------
    IPython.display.Image
    """
    if len(walks) != len(titles):
        raise ValueError(f"{len(walks)} walks have {len(titles)} titles.")
    width, header = (len(world.rows[0]) + 1) * size, size
    height = len(world.rows) * size + header + size // 4

    def paint(draw, t):
        big = painters.OVERSAMPLE * size
        for i, (walk, title) in enumerate(zip(walks, titles, strict=True)):
            left = painters.OVERSAMPLE * width * i + big // 2
            draw.text((left, big // 2), title, fill=INK, anchor="lm", font_size=0.42 * big)
            _paint_map(draw, world, left, big)
            _paint_walk(draw, world.cells[walk[: t + 1]], left, big)

    frames = [
        painters.painted(width * len(walks), height, lambda draw, t=t: paint(draw, t))
        for t in range(max(map(len, walks)))
    ]
    return films.film(frames, round(1000 * step), "Film of " + ", ".join(titles), hold=pause + 1)


def _paint_map(draw, world: GridWorld, left: float, size: float) -> None:
    for r, row in enumerate(world.rows):
        for c, letter in enumerate(row):
            x, y = left + c * size, (r + 1) * size
            fill = WALL if letter == "#" else PRIZE_COLOUR.get(letter, "#FFFFFF")
            draw.rectangle([x, y, x + size, y + size], fill=fill, outline=GRID)
            if letter not in "#.":
                draw.text((x + size / 2, y + size / 2), letter, fill=INK, anchor="mm",
                          font_size=0.5 * size)  # fmt: skip


def _paint_walk(draw, cells, left: float, size: float) -> None:
    """The path so far, and the walker where it is now."""
    centres = [(left + (c + 0.5) * size, (r + 1.5) * size) for r, c in cells]
    if len(centres) > 1:
        draw.line(centres, fill=WALKER, width=round(size / 12))
    (x, y), radius = centres[-1], 0.3 * size
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=WALKER)


def draw_plane(
    grid: PendulumGrid,
    table: ArrayLike,
    *,
    axes: Axes | None = None,
    title: str = "",
    cmap: str = "cividis",
    limits: tuple[float, float] | None = None,
    bar: str = "",
) -> Axes:
    """A (S,) table of the pendulum's grid points in colour, over angle and angular velocity.

    Parameters
    ----------
    bar : str
        Text at the colour bar.
    limits : (low, high), optional
        Of the colours.
    """
    axes = axes or plt.subplots(figsize=(5.2, 3.4))[1]
    low, high = limits or (np.min(table), np.max(table))
    values = np.reshape(table, (len(grid.theta), len(grid.theta_dot))).T
    image = axes.pcolormesh(
        np.append(grid.theta, grid.theta[0] + 2 * np.pi),  # the circle closes: −π is π
        grid.theta_dot, np.column_stack([values, values[:, 0]]),
        cmap=cmap, vmin=low, vmax=high, shading="nearest", rasterized=True,
    )  # fmt: skip
    axes.set(
        xlabel=label("theta"), ylabel=label("theta_dot"), title=title, xlim=(-np.pi, np.pi),
        xticks=[-np.pi, 0, np.pi], xticklabels=["−π", "0 (upright)", "π"],
    )  # fmt: skip
    axes.grid(False)
    axes.figure.colorbar(image, ax=axes, label=bar)
    return axes
