"""Sums of functions of different variables: sin(a·b) + exp(−c/d) is two smaller problems.

Whether y(x) is g(some variables) + h(the others) shows before either function is known: a Gaussian
process whose kernel is the sum of two kernels, one for each group, predicts each point from all
others. With the right groups it errs a hundred times less than with wrong ones. The two means are
the targets of the two problems. The aim is that of the separability test of Udrescu and Tegmark
(2020); the process stands in for their network (Duvenaud, Nickisch & Rasmussen, 2011). A product of
such functions is their sum in the logarithm.
"""

from dataclasses import dataclass

import numpy as np

from symtut.regression.structure.observations import Observations

LENGTHS = (0.5, 1.0, 2.0, 4.0)
"""Of the kernels, in standard deviations of a variable."""
NOISE = (1e-10, 1e-7, 1e-4, 1e-2)
"""Variances of the noise, of a target with variance 1."""
ROUGHLY = 100
"""Points on which all ways to make groups are tried: 202 of six variables."""
MOST_MISSED = 2e-3
"""Share of the variance by which a separation may miss points that it has not seen."""
INNER = 0.9
"""Share of the points that count, those that are missed least: at the rim nothing is known."""
HINT, BETTER = 0.3, 0.1
"""It has to err by so much less than one function of all variables, at first and in the end."""

Groups = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Separation:
    """y is a sum of functions, each of one group of variables.

    ``parts`` (G, n) are the functions at the points; their constants are anyone's guess. ``left``
    is the share of the variance by which points are missed that were left out.
    """

    groups: Groups
    parts: np.ndarray
    left: float


def separation(data: Observations) -> Separation | None:
    """The best way to write y(x) as a sum over groups of variables; None if there is none."""
    x, y = data.x, data.y
    n, d = x.shape
    if d < 2 or n < 12 * d or not x.std(0).all() or not y.std():
        return None
    target = (y - y.mean()) / y.std()
    scaled = (x - x.mean(0)) / x.std(0)
    distances = np.square(scaled.T[:, :, None] - scaled.T[:, None, :])  # (d, n, n)

    def best(groups: Groups, lengths=LENGTHS, noises=NOISE, some=n):
        """(error at points left out, kernels (G, n, n), weights (n,)), the least error."""
        found = []
        for length in lengths:
            kernels = np.array([
                np.exp(-0.5 * distances[list(group), :some, :some].sum(0) / length**2)
                for group in groups
            ])  # fmt: skip
            for noise in noises:
                data.stop()
                summed = kernels.sum(0) + 1.0 + noise * np.eye(some)  # 1: the constant
                left, weights = _left_out(summed, target[:some])
                found.append((left, kernels, weights))
        return min(found, key=lambda row: row[0])

    some, whole = min(n, ROUGHLY), (tuple(range(d)),)
    ways = [groups for groups in partitions(d) if len(groups) > 1]
    rough = [best(groups, (2.0,), (1e-7,), some)[0] for groups in [*ways, whole]]
    order = np.argsort(rough[:-1])
    if rough[order[0]] > HINT * rough[-1]:
        return None
    found = [(*best(ways[k]), ways[k]) for k in order[:3]]
    left, kernels, weights, groups = min(found, key=lambda row: row[0])
    if left > min(MOST_MISSED, BETTER * best(whole)[0]):
        return None
    parts = (kernels @ weights) * y.std()
    return Separation(groups, parts - parts.mean(1, keepdims=True), left)


def partitions(d: int) -> list[Groups]:
    """All ways to make groups of d variables."""
    found: list[Groups] = [((0,),)]
    for k in range(1, d):
        longer = []
        for groups in found:
            longer.append((*groups, (k,)))
            for i, group in enumerate(groups):
                longer.append((*groups[:i], (*group, k), *groups[i + 1 :]))
        found = longer
    return found


def _left_out(kernel: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean square error at points that are left out one by one, and the weights (n,) of all.

    Rasmussen and Williams (2006), equations 5.10 to 5.12.
    """
    try:
        inverse = np.linalg.inv(kernel)
    except np.linalg.LinAlgError:
        return np.inf, np.zeros_like(target)
    weights = inverse @ target
    missed = np.sort(np.square(weights / np.diag(inverse)))
    left = float(np.mean(missed[: int(INNER * len(target))]))
    return (left if np.isfinite(left) else np.inf), weights
