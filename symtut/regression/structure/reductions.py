"""Structure before search: which variables matter only together?

Many laws are powers of some variables times a function of one combination of the others:
i·(exp(v/t) − 1) depends on v/t alone once it is divided by i. Both are found without knowing the
function. Sort the points by a combination w. If w is the right one, each value lies on the line
between its two neighbours, up to the powers, and those are linear in the logarithm. So every
combination on a list is tried by one small regression (the difference estimator of Yatchew, 1997,
for partially linear models; the aim is that of the structure tests of Udrescu and Tegmark, 2020).
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

import numpy as np

from symtut.expressions import VARIABLES
from symtut.regression.structure import spelled
from symtut.regression.structure.observations import Observations
from symtut.regression.structure.products import simple_fraction
from symtut.regression.structure.spelled import Spelled, expression

SCREENING = 64
"""Points on which a long list is screened first."""
SHORT_LIST = 400
MOST_LEFT = 0.01
"""Share of the variance that a reduction may leave; much of it is curvature between neighbours."""
CLEAR = 1e-4
"""Up to here a reduction is hardly a coincidence; beyond, the points are noisy, or it is wrong."""
FAR = 100
"""How much more than the best one another reduction may leave."""


@dataclass(frozen=True)
class Reduction:
    """y is ``factor`` times a function of ``index``, or the ``addends`` plus such a function.

    Attributes
    ----------
    index : spelled prefix
        The combination w of variables.
    values : (n,) float64
        w at the points.
    rest : (n,) float64
        What the function of w has to be.
    factor : spelled prefix, maybe empty
    addends : tuple of spelled prefixes
    left : float
        Share of the variance that w and the powers, or the addends, do not explain.
    """

    index: Spelled
    values: np.ndarray
    rest: np.ndarray
    factor: Spelled
    addends: tuple[Spelled, ...]
    left: float


def reductions(data: Observations, most: int = 4) -> list[Reduction]:
    """The most promising reductions of y(x) to a function of one variable, best first.

    None where too few points are left without those that have a zero in x; ``most`` counts
    products and sums together.
    """
    kept = (data.x != 0).all(1)
    x, y, stop = data.x[kept], data.y[kept], data.stop
    if len(x) < max(24, 6 * x.shape[1]):
        return []
    stop()
    with np.errstate(all="ignore"):
        values, indices = _indices(x)
        stop()
        found = _sums(x, y, values, indices, most)
        stop()
        if np.all(y != 0):
            found += _products(x, y, values, indices, most)
    found.sort(key=lambda reduction: reduction.left)
    return [reduction for reduction in found if reduction.left < FAR * found[0].left][:most]


# ---- combinations --------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _monomials(d: int) -> np.ndarray:
    """Exponents (K, d) of products and quotients; w, 1/w and w² count as one."""
    found = []
    for exponents in product((0, 1, -1, 2, -2), repeat=d):
        used = [e for e in exponents if e]
        squares = sum(abs(e) == 2 for e in used)
        if used and used[0] > 0 and squares < len(used) and squares <= (2 if d < 5 else 1):
            found.append(exponents)
    return np.array(found, dtype=float)


@lru_cache(maxsize=8)
def _others(d: int) -> tuple[tuple[Spelled, tuple[int, ...]], ...]:
    """Sums, differences, sines and cosines, each with the variables that it contains."""
    v = [(name,) for name in VARIABLES[:d]]
    found = []
    for i, j in combinations(range(d), 2):
        for a, b in ((v[i], v[j]), (("square", *v[i]), ("square", *v[j]))):
            found += [((sign, *a, *b), (i, j)) for sign in ("sub", "add")]
    for i in range(d):
        found += [((wave, *v[i]), (i,)) for wave in ("sin", "cos")]
    return tuple(found)


def _indices(x: np.ndarray) -> tuple[np.ndarray, list]:
    """Values (K, n) of all combinations and their factors, pairs of a prefix and an exponent."""
    d = x.shape[1]
    exponents = _monomials(d)
    signs = np.where(exponents[:, None] % 2 == 1, np.sign(x), 1.0).prod(2)
    values = [signs * np.exp(exponents @ np.log(np.abs(x)).T)]
    names = [(name,) for name in VARIABLES[:d]]
    parts = [[(names[i], e) for i, e in enumerate(row) if e] for row in exponents]
    for piece, members in _others(d):
        base = expression(piece)(x)
        free = [k for k in range(d) if k not in members]
        beside = [e for e in product((0, 1, -1), repeat=len(free)) if sum(map(abs, e)) < 4]
        values.append(base * np.array([(x[:, free] ** np.array(e)).prod(1) for e in beside]))
        parts += [
            [(piece, 1), *((names[k], p) for k, p in zip(free, e, strict=True) if p)]
            for e in beside
        ]
    values = np.concatenate(values)
    usable = np.all(np.isfinite(values), axis=1) & (np.abs(values).max(1) < 1e100)
    usable &= values.std(1) > 1e-9 * np.abs(values).max(1)
    return values[usable], [parts[k] for k in np.flatnonzero(usable)]


# ---- the test ------------------------------------------------------------------------------------


def _off_the_line(values, target, base, weight) -> tuple[np.ndarray, np.ndarray]:
    """What is left of target − base·β off the line between neighbours in w, and β; for K indices.

    Parameters
    ----------
    values : (K, n); target : (n,); base : (n, m); weight : (n,)

    Returns
    -------
    (K,), (K, m)
        The mean square as a share of the variance of the target; the coefficients.
    """
    order = np.argsort(values, axis=1)
    w = np.take_along_axis(values, order, 1)
    columns = np.column_stack([target, base])[order]  # (K, n, 1 + m)
    # A function of w lies on the line between its neighbours up to its curvature, so it vanishes
    # from ``off``, whatever it is; of the powers or addends, which jump from point to point, it
    # leaves enough for a linear regression. Where w is wrong, the target jumps, too.
    gap = w[:, 2:] - w[:, :-2]
    share = np.where(gap > 0, (w[:, 1:-1] - w[:, :-2]) / np.where(gap > 0, gap, 1), 0.5)[..., None]
    off = columns[:, 1:-1] - (1 - share) * columns[:, :-2] - share * columns[:, 2:]
    sorted_weight = weight[order]  # three points say as little as the lightest of them
    beside = np.minimum(sorted_weight[:, :-2], sorted_weight[:, 2:])
    off = off * np.minimum(sorted_weight[:, 1:-1], beside)[..., None]
    right, bases = off[..., 0], off[..., 1:]
    gram = np.einsum("kni,knj->kij", bases, bases)
    # w itself is a combination of the base, so the regression is singular in one direction
    inverse = np.linalg.pinv(gram, rcond=1e-7, hermitian=True)
    beta = np.einsum("kij,knj,kn->ki", inverse, bases, right, optimize=True)
    residual = right - np.einsum("kni,ki->kn", bases, beta)
    centred = (target - np.average(target, weights=weight**2)) * weight
    return np.square(residual).mean(1) / np.mean(centred**2), beta


def _ranked(values, target, base, weight, most) -> list[tuple[int, float, np.ndarray]]:
    """The best indices: their number, what they leave, and β."""
    chosen = np.arange(len(values))
    if len(chosen) > SHORT_LIST:
        some = slice(None, SCREENING)
        left, _ = _off_the_line(values[:, some], target[some], base[some], weight[some])
        chosen = np.argsort(left)[:SHORT_LIST]
    left, beta = _off_the_line(values[chosen], target, base, weight)
    best = [k for k in np.argsort(left)[:most] if left[k] < MOST_LEFT]
    return [(int(chosen[k]), float(left[k]), beta[k]) for k in best]


def _sums(x, y, values, indices, most) -> list[Reduction]:
    found = []
    for k, left, beta in _ranked(values, y, x, np.ones(len(y)), most):
        rest = y - x @ beta
        share = np.abs(beta) * x.std(0) / y.std()
        addends = tuple((VARIABLES[i],) for i in np.flatnonzero(share > 1e-3))
        found.append(Reduction(spelled.product(indices[k]), values[k], rest, (), addends, left))
    return found


def _products(x, y, values, indices, most) -> list[Reduction]:
    size = np.abs(y) / np.sqrt(np.mean(y**2))
    logs, target = np.log(np.abs(x)), np.log(np.abs(y))
    found = []
    for k, left, beta in _ranked(values, target, logs, np.minimum(size, 3.0), most):
        for exponents in _exponents(beta, indices[k], x.shape[1]):
            rest = y / (np.sign(x) ** (exponents % 2) * np.abs(x) ** exponents).prod(1)
            if not np.all(np.isfinite(rest)) or rest.std() < 1e-12 * np.abs(rest).max():
                continue  # a product of powers alone is found elsewhere
            factor = spelled.product([((VARIABLES[i],), p) for i, p in enumerate(exponents) if p])
            index = spelled.product(indices[k])
            found.append(Reduction(index, values[k], rest, factor, (), left))
    return found


def _exponents(beta, parts, d) -> list[np.ndarray]:
    """Simple fractions near β, where a power of w may have gone over into the factor.

    Of those the ones with fewest variables; β alone is taken where it has no simple neighbour.
    """
    of_index = np.zeros(d)
    for prefix, exponent in parts:
        if len(prefix) == 1:
            of_index[VARIABLES.index(prefix[0])] = exponent
    inside = np.flatnonzero(of_index)
    shifts = {0.0, *(float(beta[i] / of_index[i]) for i in inside)}
    found = {}
    for shift in shifts:
        moved = beta - shift * of_index
        rounded = np.array([simple_fraction(value) for value in moved])
        if np.abs(rounded - moved).max() < 0.1:
            found[tuple(rounded)] = (np.count_nonzero(rounded), np.abs(rounded).sum())
    return [np.array(p) for p in sorted(found, key=found.__getitem__)[:2]]
