"""Where the points of a test problem come from: boxes, measured ranges, fixed tables.

Each function gives a function ``points(n, generator, stretch=1.0)`` → x (n, d); a stretch above
1 widens the region, to see whether a formula holds outside of the data that it was fitted to.
"""

import numpy as np

from symtut.expressions import Expression


def box(limits: np.ndarray):
    """Uniform points in a box (d, 2); a stretched box keeps its centre, and 0 where it starts."""

    def points(n, generator, stretch=1.0):
        low, high = limits[:, 0], limits[:, 1]
        centre = np.where(low >= 0, low, (low + high) / 2)
        return generator.uniform(
            centre + stretch * (low - centre), centre + stretch * (high - centre),
            (n, len(limits)),
        )  # fmt: skip

    return points


def ranged(ranges: dict):
    """Columns uniform or log-uniform; those of positive quantities are stretched upwards only."""
    limits = np.array([r[:2] for r in ranges.values()], dtype=float)
    log = np.array([len(r) == 3 for r in ranges.values()])
    positive = limits[:, 0] >= 0
    limits[log] = np.log(limits[log])
    low, width = limits[:, 0], limits[:, 1] - limits[:, 0]

    def points(n, generator, stretch=1.0):
        start = np.where(positive, low, low - (stretch - 1) / 2 * width)
        x = start + stretch * width * generator.random((n, len(width)))
        return np.where(log, np.exp(np.where(log, x, 0.0)), x)

    return points


def within_domain(points, truth: Expression):
    """Only points at which the formula has a value: a stretched range may leave its domain."""

    def inside(n, generator, stretch=1.0):
        found = np.empty((0, 0))
        while len(found) < n:
            x = points(2 * n, generator, stretch)
            x = x[np.isfinite(truth(x))]
            found = np.vstack([found, x]) if found.size else x
        return found[:n]

    return inside


def table(rows: np.ndarray):
    """Points out of a fixed table (N, d), without repetition; stretched about its mean."""

    def points(n, generator, stretch=1.0):
        chosen = rows[generator.choice(len(rows), n, replace=False)]
        return chosen.mean(0) + stretch * (chosen - chosen.mean(0)) if stretch != 1 else chosen

    return points
