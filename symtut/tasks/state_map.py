"""What observations are: angles, constants, bounds, ends of an episode, stops.

Everything here is read off real transitions whose "state" is the observation itself. What needs
regression (missing velocities, observations that are functions of others, the reward) is found by
:mod:`symtut.world_models.discovery`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from symtut.tasks.base import Array, array_module, wrap_angle
from symtut.tasks.transitions import Transitions

CIRCLE = 1e-3
"""Share of the variance of o_i² that o_j² may leave over in a pair of cosine and sine."""

RADIUS = 1e-3
"""Difference from 1 up to which a radius counts as 1."""

STILL = 1e-5
"""Variance within episodes over variance between them, below which a coordinate is a constant."""

REPEATS, SAME_END = 2, 1e-6
"""Rows with the same extreme value, up to the rounding of a difference of float32 (relative), from
which on it is a bound."""


@dataclass(frozen=True)
class Coordinate:
    """A coordinate of the state and the columns of the observation that it is read from.

    An angle has two columns, ``radii[0] * cos`` and ``radii[1] * sin``, of itself plus ``zero``; a
    negative radius turns the axis round. Any other coordinate is a column as it is.
    """

    name: str
    columns: tuple[int, ...]
    radii: tuple[float, ...] = (1.0,)
    low: float = -np.inf
    high: float = np.inf
    constant: bool = False  # within each episode
    zero: float = 0.0  # rad

    @property
    def angular(self) -> bool:
        return len(self.columns) == 2

    def read(self, observation: Array) -> Array:
        """(..., O) -> (...): its value."""
        parts = [observation[..., k] / r for k, r in zip(self.columns, self.radii, strict=True)]
        if not self.angular:
            return parts[0]
        angle = array_module(observation).arctan2(parts[1], parts[0])
        return wrap_angle(angle - self.zero) if self.zero else angle


def states_of(coordinates: Sequence[Coordinate], observation: Array) -> Array:
    """(..., O) -> (..., S)."""
    return array_module(observation).stack([c.read(observation) for c in coordinates], -1)


def features_of(
    coordinates: Sequence[Coordinate], derived: Sequence[int], observation: np.ndarray
) -> np.ndarray:
    """(N, O) -> (N, F): the state, then the columns ``derived`` as they were seen."""
    return np.concatenate([states_of(coordinates, observation), observation[:, list(derived)]], 1)


# ---- angles -------------------------------------------------------------------------------------


def angle_pairs(observations: np.ndarray) -> list[tuple[int, int, float, float]]:
    """Columns of (N, O) that are cosine and sine of an angle, and their radii.

    For such a pair a·o_i² + b·o_j² = 1 with positive a and b, whatever the order and the signs.
    What the equation leaves over is held against the variation of its two parts, not against 1:
    a column that is nearly 1 and one that is nearly 0 obey it, too, and are no angle.
    """
    square, found = observations**2, []
    size = observations.shape[1]
    for i in range(size):
        for j in range(i + 1, size):
            pair = square[:, [i, j]]
            if min(pair.std(0)) < 1e-9 * max(pair.max(), 1e-30):
                continue
            weights, *_ = np.linalg.lstsq(pair, np.ones(len(pair)), rcond=None)
            if min(weights) <= 0:
                continue
            parts = pair * weights
            left = np.mean((parts.sum(1) - 1) ** 2) / min(parts.var(0))
            if left < CIRCLE:
                radii = (float(1 / np.sqrt(w)) for w in weights)
                radii = (1.0 if abs(r - 1) < RADIUS else r for r in radii)
                found.append((left, i, j, *radii))
    pairs, taken = [], set()
    for _, i, j, *radii in sorted(found):
        if not taken & {i, j}:  # the closest fit first; a column belongs to one angle
            pairs.append((i, j, *radii))
            taken |= {i, j}
    return sorted(pairs)


def coordinates_of(
    seen: Transitions, low: np.ndarray, high: np.ndarray, left_out: set[int]
) -> list[Coordinate]:
    """The coordinates of the state: angles first, then all other columns but those left out.

    Parameters
    ----------
    seen : Transitions
        With observations as states.
    low, high : (O,)
        Bounds that the environment states; taken for those of a simulator where no observation is
        beyond them.
    left_out : set of int
        Columns that are functions of the others.
    """
    pairs = angle_pairs(seen.state)
    found = [Coordinate(f"phi{k}", (i, j), (r, s)) for k, (i, j, r, s) in enumerate(pairs, start=1)]
    taken = left_out.union(*(c.columns for c in found))
    everything = np.concatenate([seen.state, seen.next_state])
    for k in range(seen.state.shape[1]):
        if k in taken:
            continue
        column = Coordinate(f"o{k}", (k,), constant=is_constant(seen, k))
        if not column.constant:
            below, above = extremes(everything[:, k], low[k], high[k])
            column = replace(column, low=below, high=above)
        found.append(column)
    return found


# ---- constants and bounds -----------------------------------------------------------------------


def is_constant(seen: Transitions, column: int) -> bool:
    """Whether a column of the observation stays as it is within every episode: a goal, say."""
    before, after = seen.state[:, column], seen.next_state[:, column]
    everything = np.concatenate([before, after])
    if np.ptp(everything) <= 1e-12 * max(np.abs(everything).max(), 1e-300):
        return True
    _, episode = np.unique(np.concatenate([seen.episode, seen.episode]), return_inverse=True)
    count = np.bincount(episode)
    mean = np.bincount(episode, everything) / count
    return bool(np.mean((everything - mean[episode]) ** 2) < STILL * everything.var())


def extremes(values: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """Bounds of a coordinate: the stated ones, or extremes that repeat; ±inf if none.

    A coordinate of a continuous world does not take the same value twice, unless something cuts it
    there. (One row of a transition may be the next row of another: each value is counted once for
    two times that it is seen.)
    """
    bounds = []
    if len(np.unique(values)) < len(values) / 4:
        return low, high  # hardly moves, or takes few values: repetition says nothing
    for end, stated, outwards in ((values.min(), low, -1), (values.max(), high, 1)):
        repeats = np.sum(np.abs(values - end) <= SAME_END * abs(end)) >= 2 * REPEATS
        inside = np.isfinite(stated) and outwards * (end - stated) <= 1e-6 * abs(stated)
        bounds.append(float(end) if repeats else float(stated) if inside else stated * np.inf)
    below, above = bounds
    return (below if np.isfinite(below) else -np.inf), (above if np.isfinite(above) else np.inf)


# ---- increments ---------------------------------------------------------------------------------


def differences(state: np.ndarray, before: np.ndarray, angular: np.ndarray) -> np.ndarray:
    """(…, S) increments from ``before`` to ``state``, those of angles by the short way round."""
    change = state - before
    return np.where(angular, wrap_angle(change), change)


# ---- the end of an episode ----------------------------------------------------------------------


@dataclass(frozen=True)
class Limit:
    """A box on one column: it is left below ``low`` or above ``high``.

    ``width`` is how far apart the last value inside and the first one outside were seen.
    """

    column: int
    low: float
    high: float
    width: float = 0.0


def end_limits(features: np.ndarray, ended: np.ndarray) -> tuple[list[Limit], int]:
    """Thresholds on few columns that tell the rows where an episode ended from all others.

    Parameters
    ----------
    features : (N, F)
        After the step.
    ended : (N,) bool

    Returns
    -------
    limits : list of Limit
        An episode ends where any of them is left; none if no episode ended.
    missed : int
        Ends that none of them tells.
    """
    inside_low, inside_high = features[~ended].min(0), features[~ended].max(0)
    limits: list[Limit] = []
    missed = ended.copy()
    while missed.any() and len(limits) < 4:
        outside = ((features < inside_low) | (features > inside_high)) & missed[:, None]
        count = outside.sum(0)
        best = int(count.argmax())
        if count[best] == 0:
            break
        column = features[:, best]
        above, below = (
            column[ended & (column > inside_high[best])],
            column[ended & (column < inside_low[best])],
        )
        high = _between(inside_high[best], above.min()) if len(above) else np.inf
        low = -_between(-inside_low[best], -below.max()) if len(below) else -np.inf
        widths = [above.min() - inside_high[best]] if len(above) else []
        widths += [inside_low[best] - below.max()] if len(below) else []
        limits.append(Limit(best, low, high, float(max(widths))))
        missed &= ~outside[:, best]
    return limits, int(missed.sum())


def _between(inside: float, outside: float) -> float:
    """The number with the fewest digits in [inside, outside)."""
    for digits in range(-12, 16):
        step = 10.0**-digits
        value = round(float(np.floor(outside / step) * step), max(digits, 0))
        value = value if value < outside else round(value - step, max(digits, 0))
        if inside <= value < outside:
            return value
    return float(inside)


# ---- stops --------------------------------------------------------------------------------------


def stop_limits(before: np.ndarray, after: np.ndarray, apart: np.ndarray) -> list[Limit]:
    """Where the rows ``apart`` (N,) bool lie beyond a value of a column, and hardly any others do.

    ``before`` and ``after`` are (N, S) states; a step counts as beyond if either is. Empty if fewer
    than four in five of the rows can be told so.
    """
    sides = []
    for sign in (1.0, -1.0):
        sides += [(sign, k) for k in range(before.shape[1])]
    limits: dict[int, Limit] = {}
    rest = apart.copy()
    for _ in range(4):
        best = (2.0, 0, 1.0, 0.0, rest)
        for sign, k in sides:
            reach = np.maximum(sign * before[:, k], sign * after[:, k])
            order = np.argsort(-reach)
            gain = np.cumsum(np.where(rest[order], 1.0, np.where(apart[order], 0.0, -0.5)))
            top = int(gain.argmax())
            if gain[top] > best[0]:
                inner = reach[order[top + 1]] if top + 1 < len(order) else reach[order[top]]
                place = _between(float(inner), float(reach[order[top]]))
                best = (float(gain[top]), k, sign, place, reach > place)
        gained, k, sign, place, beyond = best
        if gained <= 2:
            break
        known = limits.get(k, Limit(k, -np.inf, np.inf))
        low, high = (known.low, place) if sign > 0 else (-place, known.high)
        limits[k] = Limit(k, low, high)
        rest &= ~beyond
    return list(limits.values()) if rest.sum() <= 0.2 * apart.sum() else []
