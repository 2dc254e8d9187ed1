"""Dyna in a maze: learning by trial, and between the trials in a table of what happened before.

Sutton, "Dyna, an integrated architecture for learning, planning, and reacting", SIGART Bulletin
2(4), 1991. The maze is that of Sutton and Barto, *Reinforcement Learning*, 2nd ed., section 8.2.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from symtut.errors import InputError
from symtut.lab.style import INK, OKABE_ITO

MAZE = """
.......#G
..#....#.
S.#....#.
..#......
.....#...
.........
"""
_MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))  # actions 0 to 3: up, right, down, left

Outcome = tuple[float, int, bool]  # reward, next cell, whether the episode ended
Plan = Callable[[np.ndarray, Mapping[tuple[int, int], Outcome], list[tuple[int, int]]], np.ndarray]


class Maze:
    """Cells in a rectangle, numbered row by row; each move costs 1 (reward -1).

    Parameters
    ----------
    text : str
        One line a row: ``S`` start, ``G`` goal, ``#`` wall, ``.`` free.

    Raises
    ------
    InputError
        If the rows differ in length, or there is not one start and one goal.
    """

    def __init__(self, text: str = MAZE):
        rows = text.split()
        if len({len(row) for row in rows}) != 1:
            raise InputError("the rows of a maze must be of equal length.")
        if text.count("S") != 1 or text.count("G") != 1:
            raise InputError("a maze needs one start S and one goal G.")
        self.shape = len(rows), len(rows[0])
        line = "".join(rows)
        self.start, self.goal = line.index("S"), line.index("G")
        self.walls = {cell for cell, mark in enumerate(line) if mark == "#"}
        self.size = len(line)

    def cell(self, row: int, column: int) -> int:
        """The number of a cell."""
        return row * self.shape[1] + column

    def step(self, cell: int, action: int) -> Outcome:
        """Move, or stay where a wall or the edge is in the way."""
        row, column = divmod(cell, self.shape[1])
        row, column = row + _MOVES[action][0], column + _MOVES[action][1]
        inside = 0 <= row < self.shape[0] and 0 <= column < self.shape[1]
        there = self.cell(row, column)
        if not inside or there in self.walls:
            there = cell
        return -1.0, there, there == self.goal

    def shortest(self) -> int:
        """Moves on a shortest way from start to goal.

        Raises
        ------
        InputError
            If there is no way.
        """
        reached, front, moves = {self.start}, {self.start}, 0
        while self.goal not in reached:
            front = {self.step(cell, a)[1] for cell in front for a in range(4)} - reached
            if not front:
                raise InputError("there is no way from start to goal.")
            reached |= front
            moves += 1
        return moves


@dataclass(frozen=True)
class Trial:
    """What a run of :func:`dyna_q` leaves behind."""

    q: np.ndarray  # (cells, 4) values of the four moves
    model: dict  # (cell, action) -> (reward, next cell, ended): the last outcome of each pair
    visited: np.ndarray  # (steps,) cell in which each real step began
    goals: np.ndarray  # (steps,) how often the goal had been reached after each real step
    belief: np.ndarray  # (steps,) max q of the start after each real step


def dyna_q(
    maze: Maze, steps: int, planning: int, plan: Plan, seed: int,
    planted: Mapping[tuple[int, int], Outcome] | None = None, correctable: bool = True,
    epsilon: float = 0.1,
) -> Trial:  # fmt: skip
    """Real steps, each followed by one update from it and ``planning`` updates from memory.

    Parameters
    ----------
    plan : callable
        (q, model, pairs) -> q after one Q-learning update for each (cell, action) in ``pairs``,
        in this order, with the outcomes that ``model`` names.
    planted : mapping, optional
        Entries that the model has before the first step, true or not.
    correctable : bool
        False: the planted entries stay whatever happens.
    epsilon : float
        Chance of a random move.
    """
    generator = np.random.default_rng(seed)
    q, model = np.zeros((maze.size, 4)), dict(planted or {})
    fixed = set() if correctable else set(model)
    known, cell, reached = list(model), maze.start, 0
    visited, goals, belief = [], [], []
    for _ in range(steps):
        if generator.random() < epsilon:
            action = int(generator.integers(4))
        else:  # the best move, equals at random
            action = int(generator.choice(np.flatnonzero(q[cell] == q[cell].max())))
        pair, outcome = (cell, action), maze.step(cell, action)
        q = plan(q, {pair: outcome}, [pair])  # learn from what has just happened
        if pair not in model:
            known.append(pair)
        if pair not in fixed:
            model[pair] = outcome
        if planning:  # learn from what has happened before
            q = plan(q, model, [known[i] for i in generator.integers(len(known), size=planning)])
        visited.append(cell)
        _, cell, ended = outcome
        reached += ended
        cell = maze.start if ended else cell
        goals.append(reached)
        belief.append(q[maze.start].max())
    return Trial(q, model, *map(np.array, (visited, goals, belief)))


def draw_maze(
    maze: Maze, q: np.ndarray | None = None, axes: Axes | None = None
) -> AxesImage | None:
    """The maze; with ``q`` (cells, 4) also the moves that each cell believes in, and its best move.

    Colour is ``-max q``; the arrow is the best move (none at the start, or where all are equal).
    Returns the image of the colours, or None.
    """
    axes = axes or plt.subplots(figsize=(4.6, 3.2))[1]
    rows, columns = maze.shape
    image = None
    if q is not None:
        image = axes.imshow(-q.max(1).reshape(maze.shape), cmap="YlGnBu", vmin=0, vmax=20)
        for cell in set(np.flatnonzero(q.max(1) > q.min(1))) - {maze.start}:  # a letter is there
            row, column = divmod(int(cell), columns)
            down, right = _MOVES[int(q[cell].argmax())]
            axes.annotate(
                "", (column + 0.32 * right, row + 0.32 * down),
                (column - 0.32 * right, row - 0.32 * down),
                arrowprops={"arrowstyle": "->", "color": OKABE_ITO[1], "linewidth": 1.2},
            )  # fmt: skip
    for cell in maze.walls:
        row, column = divmod(cell, columns)
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, color="#777777"))
    for cell, mark in ((maze.start, "S"), (maze.goal, "G")):
        row, column = divmod(cell, columns)
        axes.text(column, row, mark, ha="center", va="center", fontweight="bold", color=INK)
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal")
    axes.set_xticks(np.arange(columns + 1) - 0.5, [])
    axes.set_yticks(np.arange(rows + 1) - 0.5, [])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(True)
    return image
