"""Two small worlds as finite MDPs: a slippery grid, and the pendulum on a grid of states."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from symtut.errors import InputError
from symtut.lab.scenes.nb01_mdp import FiniteMDP
from symtut.tasks.pendulum import Pendulum

# ---- a slippery grid ----------------------------------------------------------------------------

#: ``S`` start, ``#`` wall, ``G`` goal, ``P`` pit, ``c`` crumbs. The last three end an episode.
SLIPPERY = ("....#.G", ".##...P", "...#...", ".#...#.", "Sc.....")
PRIZES = {"G": 1.0, "P": -1.0, "c": 0.1}
MOVES = {"north": (-1, 0), "east": (0, 1), "south": (1, 0), "west": (0, -1)}


@dataclass(frozen=True)
class GridWorld:
    """A finite MDP whose states are the cells of a map."""

    mdp: FiniteMDP
    rows: tuple[str, ...]  # the map
    cells: np.ndarray  # (S, 2) row and column of each state

    def state(self, row: int, column: int) -> int:
        """The number of the state in a cell."""
        return int(np.flatnonzero((self.cells == (row, column)).all(1))[0])


def slippery_grid(
    rows: Sequence[str] = SLIPPERY, slip: float = 0.2, step_reward: float = -0.02
) -> GridWorld:
    """A grid on ice: a move goes astray to either side with chance ``slip`` / 2 each.

    Actions are :data:`MOVES` in their order; against a wall one stays. Each step pays
    ``step_reward``, entering a lettered cell its prize (:data:`PRIZES`) as well.
    """
    known = {".", "#", "S", *PRIZES}
    if len({len(row) for row in rows}) != 1 or set("".join(rows)) - known:
        raise InputError(f"rows must be equally long and made of {' '.join(sorted(known))}.")
    if not 0 <= slip <= 1:
        raise InputError(f"slip is {slip}; it must lie between 0 and 1.")
    letters = {(r, c): x for r, row in enumerate(rows) for c, x in enumerate(row) if x != "#"}
    number = {cell: i for i, cell in enumerate(letters)}
    moves = list(MOVES.values())
    tau, rho = np.zeros((2, len(number), len(moves), len(number)))
    for (r, c), s in number.items():
        for a in range(len(moves)):
            if letters[r, c] in PRIZES:
                tau[s, a, s] = 1
                continue
            for turn, chance in ((0, 1 - slip), (-1, slip / 2), (1, slip / 2)):
                dr, dc = moves[(a + turn) % 4]
                cell = (r + dr, c + dc) if (r + dr, c + dc) in number else (r, c)
                tau[s, a, number[cell]] += chance
                rho[s, a, number[cell]] = step_reward + PRIZES.get(letters[cell], 0)
    start = np.array([letters[cell] == "S" for cell in number], dtype=float)
    if not start.any():
        raise InputError("the map has no start 'S'.")
    return GridWorld(FiniteMDP(tau, rho, start / start.sum()), tuple(rows), np.array(list(number)))


# ---- the pendulum on a grid ---------------------------------------------------------------------


@dataclass(frozen=True)
class PendulumGrid:
    """Grid points of angle and speed as the states of a finite MDP.

    A next state between grid points counts as each of its four neighbours with some probability,
    so that the mean of their values is the bilinear interpolation between them.
    """

    mdp: FiniteMDP
    theta: np.ndarray  # (N,) rad, around the circle
    theta_dot: np.ndarray  # (M,) rad/s; state i * M + j is (theta[i], theta_dot[j])
    torques: np.ndarray  # (A,) N m

    def interpolate(self, table: np.ndarray, state: np.ndarray) -> np.ndarray:
        """A (S,) or (S, A) table, read at states (B, 2) between the grid points."""
        corners, weights = neighbours(self.theta, self.theta_dot, state)
        return np.einsum("bk,bk...->b...", weights, np.asarray(table)[corners])


def neighbours(
    theta: np.ndarray, theta_dot: np.ndarray, state: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """States (..., 2) -> numbers (..., 4) of the grid points around them and weights (..., 4)."""
    n, m = len(theta), len(theta_dot)
    a = (state[..., 0] - theta[0]) / (2 * np.pi) * n
    v = (state[..., 1] - theta_dot[0]) / (theta_dot[-1] - theta_dot[0]) * (m - 1)
    i, j = np.floor(a).astype(int), np.clip(np.floor(v).astype(int), 0, m - 2)
    fa, fv = a - i, np.clip(v - j, 0, 1)
    i, after = i % n, (i + 1) % n
    corners = np.stack([i * m + j, i * m + j + 1, after * m + j, after * m + j + 1], -1)
    weights = [(1 - fa) * (1 - fv), (1 - fa) * fv, fa * (1 - fv), fa * fv]
    return corners, np.stack(weights, -1)


def pendulum_grid(task: Pendulum, angles: int, speeds: int, torques: int) -> PendulumGrid:
    """The pendulum as a finite MDP, from the task's own ``true_step`` and ``reward``.

    Parameters
    ----------
    task : Pendulum
        ``make_task("pendulum")``.
    angles, speeds, torques : int
        Grid points; each at least 2. Odd numbers of speeds and torques contain 0.
    """
    if min(angles, speeds, torques) < 2:
        raise InputError("angles, speeds and torques must each be at least 2.")
    theta = -np.pi + 2 * np.pi * np.arange(angles) / angles
    theta_dot = np.linspace(task.state_low[1], task.state_high[1], speeds)
    push = np.linspace(task.action_low[0], task.action_high[0], torques)
    i, j, k = np.meshgrid(theta, theta_dot, push, indexing="ij")
    state = np.stack([i, j], -1).reshape(-1, torques, 2)
    action = k.reshape(-1, torques, 1)
    following = task.true_step(state, action)
    corners, weights = neighbours(theta, theta_dot, following)
    # Starts: any angle, speeds within 1 rad/s (Gymnasium), spread evenly and put on the grid.
    starts = np.stack(np.meshgrid(theta, np.linspace(-1, 1, 41), indexing="ij"), -1)
    start_corners, start_weights = neighbours(theta, theta_dot, starts)
    p0 = np.bincount(start_corners.ravel(), start_weights.ravel(), angles * speeds)
    rho = task.reward(state, action, following)
    return PendulumGrid(FiniteMDP(weights, rho, p0 / p0.sum(), corners), theta, theta_dot, push)
