"""Which six of many columns matter: two screens for dependence of any shape, on random parts.

Greedy selection takes up polynomials of one column and products of two, step by step. A Gaussian
process with a length scale for each column (automatic relevance determination; Neal 1996, Rasmussen
& Williams 2006, section 5.1) begins where that ends, sees all columns at once, and says how much of
y each of them moves. Both look at ranks: units, outliers and monotone functions of a column or of y
change nothing. That is repeated on random parts of the points; columns that do not matter change
from part to part (stability selection, Meinshausen & Bühlmann 2010).
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from symtut.errors import InputError
from symtut.expressions import MAX_VARIABLES
from symtut.regression.data.points import Points

_PARTS = 6
"""Random parts that are screened."""
_POINTS = 1000
"""Most points that parts are drawn from."""
SCREENING_SHARE = 0.2
"""Of the time of a fit, for screening."""
_PART_POINTS = 150
"""Most points of a part."""
_PROCESS_POINTS = 100
"""Most of these that the Gaussian process sees: the time grows with their third power. The library
behind NumPy computes on several threads above about this size, which on busy cores takes a hundred
times as long; for the same reason larger products are written as ``einsum``."""
_ITERATIONS = 25
"""Steps in which length scales are fitted: more hardly ever change their order."""


@dataclass(frozen=True)
class Screening:
    """What each of D columns is worth.

    Attributes
    ----------
    chosen : tuple of int
        The columns that are searched, the most important first.
    score : float array (D,)
        About the share of the variance of y (in normal scores) that a column moves, alone or
        together with others: the mean over the parts.
    frequency : float array (D,)
        In how large a share of the parts a column was among the first six.
    """

    chosen: tuple[int, ...]
    score: np.ndarray
    frequency: np.ndarray

    def as_json(self) -> dict:
        return {
            "chosen": list(self.chosen),
            "score": self.score.tolist(),
            "frequency": self.frequency.tolist(),
        }

    @classmethod
    def from_json(cls, value: dict | None, count: int) -> "Screening | None":
        """What :meth:`as_json` gave for ``count`` columns; None stays None."""
        if value is None:
            return None
        score, frequency = np.array(value["score"]), np.array(value["frequency"])
        if not (len(score) == len(frequency) == count > max(value["chosen"], default=-1)):
            raise InputError(f"the screening is not of {count} columns.")
        return cls(tuple(value["chosen"]), score, frequency)

    def warn(self, names: Sequence[str]) -> None:
        """Say which columns were chosen, and how sure that is."""
        chosen = ", ".join(f"{names[j]} ({self.frequency[j]:.0%})" for j in self.chosen)
        warnings.warn(
            f"formulas have at most {MAX_VARIABLES} variables: of the columns that vary, these "
            f"matter most: {chosen}; in brackets, in how many random parts of the points. The "
            "others are left out (screening_ has all figures).",
            stacklevel=3,
        )


class Screen:
    """Screens the points of a fit, where that is needed; ``found`` is then what it found.

    Parameters
    ----------
    points : Points
    held_out : (n,) bool
        Points that are not looked at.
    stop : callable
        True when no further part is to be begun.
    before : Screening, optional
        That of an earlier fit, which stays as it is where all its columns are still there.
    """

    def __init__(
        self,
        points: Points,
        held_out: np.ndarray,
        generator: np.random.Generator,
        stop: Callable[[], bool],
        before: Screening | None = None,
    ):
        self.points, self.held_out, self.generator = points, held_out, generator
        self.stop, self.before, self.found = stop, before, None

    def __call__(self, among: list[int]) -> tuple[int, ...]:
        """Six of the columns ``among``."""
        if self.before is not None and set(self.before.chosen) <= set(among):
            self.found = self.before
            return self.found.chosen
        rows = self.points.draw(~self.held_out, _POINTS, self.generator)
        X, y = self.points.X[rows], self.points.y[rows]
        self.found = screen(X, y, among, self.generator, self.stop)
        return self.found.chosen


def screen(
    X: np.ndarray,
    y: np.ndarray,
    among: list[int],
    generator: np.random.Generator,
    stop: Callable[[], bool] = bool,
) -> Screening:
    """Find the six columns that matter most for y.

    Parameters
    ----------
    X : (n, D) float, y : (n,) float
        A thousand points are more than enough.
    among : list of int
        The columns in question.
    stop : callable
        Asked before every part but the first; true where there is no more time.
    """
    columns, target = _uniform(X[:, among]), _normal(y)
    size = min(max(len(y) * 3 // 4, 5), _PART_POINTS)
    score, often, parts = np.zeros(X.shape[1]), np.zeros(X.shape[1]), 0
    while parts == 0 or (parts < _PARTS and not stop()):
        rows = generator.permutation(len(y))[:size]
        found = _scores(columns[rows], target[rows], generator)
        score[among] += found
        often[np.array(among)[np.argsort(-found, kind="stable")[:MAX_VARIABLES]]] += 1
        parts += 1
    best = sorted(among, key=lambda j: (-score[j], j))[:MAX_VARIABLES]
    return Screening(tuple(best), score / parts, often / parts)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks (n,) between 0 and 1, the mean rank for equal values."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return ((np.cumsum(count) - 0.5 * count) / len(values))[place.reshape(-1)]


def _standard(values: np.ndarray) -> np.ndarray:
    """Mean 0 and standard deviation 1; zeros for what varies, but not at the points drawn."""
    values = values - values.mean(0)
    spread = values.std(0)
    return values / np.where(spread > 0, spread, 1.0)


def _uniform(X: np.ndarray) -> np.ndarray:
    """Ranks of the columns, mean 0 and standard deviation 1."""
    return _standard(np.column_stack([_ranks(column) for column in X.T]))


def _normal(y: np.ndarray) -> np.ndarray:
    from scipy.special import ndtri  # takes as long to import as an easy fit

    return _standard(ndtri(_ranks(y)))


def _scores(columns, target, generator) -> np.ndarray:
    """How much each column moves the target on a part of the points, by both screens."""
    if target.std() == 0:
        return np.zeros(columns.shape[1])
    gains = _greedy(columns, target)
    process = _Process(columns[:_PROCESS_POINTS], target[:_PROCESS_POINTS])
    process.fit(np.where(gains > 0, 0.3, 0.02))
    return gains + process.effects(generator)


# ---- greedy selection ----------------------------------------------------------------------------


def _polynomials(columns: np.ndarray) -> np.ndarray:
    """Legendre polynomials of degree 1 to 3 of each column (d, 3, n), mean 0, deviation 1."""
    u = columns / np.sqrt(3.0)
    found = np.stack([u, (3 * u**2 - 1) / 2, (5 * u**3 - 3 * u) / 2], 1).transpose(2, 1, 0)
    found = found - found.mean(-1, keepdims=True)
    return found / np.maximum(found.std(-1, keepdims=True), 1e-6)


def _greedy(columns: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Gain of each column in forward selection, as a share of the target's variance.

    A column comes in with its own polynomials and their products with those of the columns before
    it. Two columns that do nothing alone may come in together, for their product.
    """
    n, d = columns.shape
    basis, total = _polynomials(columns), float(target @ target)
    gains, chosen = np.zeros(d), []
    residual, directions = target - target.mean(), np.full((n, 1), n**-0.5)

    def joined(j: int) -> np.ndarray:
        products = [basis[i, a] * basis[j, b] for i in chosen for a in (0, 1) for b in (0, 1)]
        return np.array([*basis[j], *products]).T

    while len(chosen) < min(MAX_VARIABLES, d) and residual @ residual > 1e-9 * total:
        size = float(residual @ residual)
        others = [j for j in range(d) if j not in chosen]
        found = {j: _gain(joined(j), directions, residual, len(others)) for j in others}
        best = max(found, key=found.__getitem__)
        taken, gain = [best], found[best]
        if len(others) > 1 and len(chosen) < MAX_VARIABLES - 1:
            flat = basis[others][:, :2].reshape(-1, n)
            products = np.square(np.einsum("an,bn->ab", flat * residual, flat)) / n
            products = products.reshape(len(others), 2, len(others), 2).max((1, 3))
            products[np.tril_indices(len(others))] = -np.inf
            a, b = np.unravel_index(products.argmax(), products.shape)
            by_chance = 2 * np.log(4 * len(others) ** 2) / n * size
            if products[a, b] - by_chance > gain:
                taken, gain = [others[a], others[b]], products[a, b] - by_chance
        for j in taken:
            new = _new_directions(joined(j), directions)[0]
            directions = np.hstack([directions, new])[:, : max(n // 2, 1)]
            chosen.append(j)
            gains[j] = max(gain / total, 1e-6 / len(chosen))
        residual = target - directions @ (directions.T @ target)
    return gains


def _gain(added, directions, residual, choices: int) -> float:
    """Squared error that columns (n, k) take away beyond what chance would."""
    n, k = added.shape
    size = float(residual @ residual)
    new, added = _new_directions(added, directions)
    norms = np.maximum(np.linalg.norm(added, axis=0), 1e-9)
    alone = np.square(added.T @ residual / norms).max() - 2 * np.log(k * choices) / n * size
    together = np.square(new.T @ residual).sum()
    return float(max(alone, together - 2 * k / n * size))


def _new_directions(added: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An orthonormal basis of what columns (n, k) add to ``directions``, and what they add."""
    added = added - directions @ (directions.T @ added)
    new, singular, _ = np.linalg.svd(added, full_matrices=False)
    return new[:, singular > 1e-6 * max(singular[0], 1e-6)], added


# ---- a Gaussian process --------------------------------------------------------------------------


class _Process:
    """k(x, x') = s·exp(−½ Σ wj (xj − x'j)²) with noise; the relevances wj ≥ 0 are fitted."""

    def __init__(self, columns: np.ndarray, target: np.ndarray):
        self.x, self.y, self.d = columns, target, columns.shape[1]
        self.pairs = np.triu_indices(len(target), 1)
        self.gaps = np.square(columns[self.pairs[0]] - columns[self.pairs[1]]).T.copy()  # (d, P)

    def fit(self, relevance: np.ndarray) -> None:
        """Maximise the likelihood of the target, from these relevances (d,)."""
        from scipy.optimize import minimize

        bounds = [(0.0, 25.0)] * self.d + [(-6.0, 6.0), (np.log(1e-6), np.log(2.0))]
        begin = np.concatenate([relevance, [0.0, np.log(0.1)]])
        options = {"maxiter": _ITERATIONS}
        found = minimize(self._loss, begin, jac=True, method="L-BFGS-B", bounds=bounds,
                         options=options)  # fmt: skip
        self.relevance = found.x[: self.d]
        self._loss(found.x)

    def _loss(self, theta):
        """Negative log likelihood a point, and its gradient."""
        from scipy.linalg import get_lapack_funcs

        relevance, n = theta[: self.d], len(self.y)
        size, noise = np.exp(theta[self.d]), np.exp(theta[self.d + 1])
        beside = size * np.exp(-0.5 * np.einsum("dp,d->p", self.gaps, relevance))
        kernel = np.zeros((n, n))
        kernel[self.pairs] = beside
        kernel += kernel.T
        diagonal = np.diag_indices(n)
        kernel[diagonal] = size + noise + 1e-8 * size
        potrf, potrs, trtri = get_lapack_funcs(("potrf", "potrs", "trtri"), dtype=np.float64)
        lower, failed = potrf(kernel, lower=1)
        if failed:
            return 1e10, np.zeros_like(theta)
        self.alpha = potrs(lower, self.y, lower=1)[0]
        kernel[diagonal] = size
        self.kernel = kernel
        root = np.tril(trtri(lower, lower=1)[0])
        inverse = np.einsum("ki,kj->ij", root, root)
        loss = 0.5 * self.y @ self.alpha + np.log(lower[diagonal]).sum()
        slope = inverse - np.outer(self.alpha, self.alpha)  # twice ∂loss/∂kernel
        weighted = slope[self.pairs] * beside
        gradient = np.empty_like(theta)
        gradient[: self.d] = -0.5 * np.einsum("dp,p->d", self.gaps, weighted)
        gradient[self.d] = weighted.sum() + 0.5 * size * np.trace(slope)
        gradient[self.d + 1] = 0.5 * noise * np.trace(slope)
        return loss / n, gradient / n

    def effects(self, generator: np.random.Generator) -> np.ndarray:
        """Half the mean square by which the prediction moves as a column is shuffled (d,)."""
        prediction, found = self.kernel @ self.alpha, np.zeros(self.d)
        order = generator.permutation(len(self.y))
        for j in np.flatnonzero(self.relevance > 1e-6):
            x = self.x[:, j]
            change = (x[order][:, None] - x) ** 2 - (x[:, None] - x) ** 2
            moved = self.kernel * np.exp(np.minimum(-0.5 * self.relevance[j] * change, 50.0))
            found[j] = 0.5 * np.mean((moved @ self.alpha - prediction) ** 2)
        return found
