"""The points of a fit: what they weigh, and which of them serve for what."""

from dataclasses import dataclass

import numpy as np

MIN_HELD_OUT = 24
"""Points from which a quarter is held out; fewer are all needed to find a form."""
CHUNK = 50_000


@dataclass(frozen=True)
class Points:
    """X (n, d), y (n,) and weights (n,), None where all weigh the same."""

    X: np.ndarray
    y: np.ndarray
    weight: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: np.ndarray | slice) -> "Points":
        """Some of the points."""
        return Points(
            self.X[rows], self.y[rows], None if self.weight is None else self.weight[rows]
        )

    def draw(self, among: np.ndarray, most: int, generator: np.random.Generator) -> np.ndarray:
        """Row numbers for a fit without weights: all of ``among`` (n,) bool, or so many at random.

        Where points have weights, a point stands in proportion to its weight, possibly several
        times or not at all (systematic resampling); up to four times as many rows as points, so
        that few points lose little.
        """
        rows = np.flatnonzero(among)
        if self.weight is not None:
            # few points are worth more copies: none but the lightest is lost
            amount = min(4 * len(rows), most)
            share = np.cumsum(self.weight[rows])
            at = (generator.random() + np.arange(amount)) / amount * share[-1]
            rows = rows[np.minimum(np.searchsorted(share, at), len(rows) - 1)]
        elif len(rows) > most:
            rows = np.sort(generator.choice(rows, most, replace=False))
        if np.ptp(self.y[rows]) == 0:  # a target that hardly ever moves: its extremes belong to it
            some = np.flatnonzero(among)
            ends = some[[np.argmin(self.y[some]), np.argmax(self.y[some])]]
            rows = np.sort(np.concatenate([rows, ends]))
        return rows

    def held_out(self, generator: np.random.Generator) -> np.ndarray:
        """A quarter of the points (n,) bool, drawn at random; none of fewer than 24."""
        mask = np.zeros(len(self), dtype=bool)
        if len(self) >= MIN_HELD_OUT:
            mask[generator.permutation(len(self))[: len(self) // 4]] = True
            if np.ptp(self.y[~mask]) == 0 or np.ptp(self.y[mask]) == 0:
                mask[:] = False
        return mask


def mean(values: np.ndarray, weight: np.ndarray | None) -> float:
    return float(np.mean(values) if weight is None else np.average(values, weights=weight))


def variance(values: np.ndarray, weight: np.ndarray | None) -> float:
    return mean((values - mean(values, weight)) ** 2, weight)


def solve(
    design: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """Weighted least squares: coefficients (k,) and mean squared error.

    ``design`` is (n, k); its columns may differ in size by any factor.
    """
    scale = np.abs(design).max(0, initial=0.0)
    scale[scale == 0] = 1.0
    rows, target = design / scale, y
    if weight is not None:
        root = np.sqrt(weight)
        rows, target = rows * root[:, None], y * root
    solution = np.linalg.lstsq(rows, target, rcond=None)[0] / scale
    return solution, mean((y - design @ solution) ** 2, weight)
