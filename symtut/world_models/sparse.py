"""The cheap symbolic world model: sparse regression on a fixed library of functions.

The library is x, x², x³, |x|, sin x, cos x of every coordinate and action and the products of two
of these; an increment is a sum of few of them (Brunton, Proctor & Kutz 2016, SINDy). Two ways to
select the few:

- ``forward``: forward selection with exchange, ended by the description length: the regressor's
  own ``method="sparse"``. The default, because it is the stronger baseline.
- ``thresholding``: SINDy's sequentially thresholded least squares. It begins with all functions at
  once, a good hundred that are nearly dependent on real trajectories, so that noise or few points
  spread the weight among many functions before the first is thrown out.
"""

import numpy as np

from symtut.errors import InputError, unknown
from symtut.expressions import Expression
from symtut.regression.data.points import Points
from symtut.regression.data.scaling import choose_columns
from symtut.regression.search.finishing import finish
from symtut.regression.search.fits import Fit, complexity, score
from symtut.regression.search.library import library
from symtut.tasks import Task
from symtut.world_models.symbolic import SymbolicWorldModel

SELECTIONS = ("forward", "thresholding")
THRESHOLDS = np.logspace(-4, -0.3, 24)
"""Shares of the target's norm that a function must contribute to stay; all are tried."""


class SparseWorldModel(SymbolicWorldModel):
    """Equations of motion by sparse regression (method ``sparse``); no transformer is loaded.

    Parameters
    ----------
    task : Task
    selection : "forward" or "thresholding"
        See the module's text.
    learned_reward, random_state
        As in :class:`~symtut.world_models.symbolic.SymbolicWorldModel`.

    Raises
    ------
    InputError
        For an unknown selection.
    """

    def __init__(
        self,
        task: Task,
        selection: str = "forward",
        learned_reward: bool = False,
        random_state: int = 0,
    ):
        if selection not in SELECTIONS:
            raise unknown("selection", selection, SELECTIONS)
        super().__init__(
            task, proposer="sparse", learned_reward=learned_reward, random_state=random_state
        )
        self.selection = selection

    def _regressor(self, names, number, method=None):
        if self.selection == "thresholding":
            return ThresholdedLeastSquares(names)
        return super()._regressor(names, number, method)


class ThresholdedLeastSquares:
    """Sequentially thresholded least squares over the library, one target at a time.

    Least squares; then every function whose share of the target is below the threshold is removed;
    then least squares on the rest, until none is removed. Columns and target have norm 1, so a
    coefficient *is* a share. Of all thresholds, the one whose equation has the highest score counts
    (:func:`~symtut.regression.search.fits.score`).

    Attributes
    ----------
    equations_ : list of dict
        One entry, with the keys of :class:`~symtut.regression.SymbolicRegressor`'s.
    """

    def __init__(self, feature_names: tuple[str, ...]):
        self.feature_names = tuple(feature_names)

    def fit(self, X: np.ndarray, y: np.ndarray) -> "ThresholdedLeastSquares":
        """X (n, d), y (n,).

        Raises
        ------
        InputError
            For fewer than five points, a constant target, or more than six varying columns.
        """
        X, y = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if len(y) < 5:
            raise InputError(f"{len(y)} points are fewer than the 5 that an equation needs.")
        if np.ptp(y) == 0:
            raise InputError("the target is constant; there is nothing to explain.")
        columns = choose_columns(X)
        terms, shares, scales, centres = _library_columns(columns.searched(X))
        target = (y - y.mean()) / y.std()
        fits = []
        for threshold in THRESHOLDS:
            coefficients = thresholded(shares, target / np.sqrt(len(y)), threshold)
            kept = np.flatnonzero(coefficients)
            if not 0 < len(kept) < len(y) - 1:
                continue
            loss = np.sum((target / np.sqrt(len(y)) - shares @ coefficients) ** 2)
            outer = coefficients[kept] * np.sqrt(len(y)) / scales[kept]
            fits.append(
                Fit(
                    tuple(terms[k] for k in kept), np.zeros(0), outer,
                    float(-outer @ centres[kept]), float(loss),
                )
            )  # fmt: skip
        if not fits:  # no function reaches any threshold: the mean
            fits = [Fit((terms[0],), np.zeros(0), np.zeros(1), 0.0, 1.0)]
        best = max(fits, key=lambda f: score(f.loss, f.n_parameters, complexity(f), len(y)))
        written = tuple(self.feature_names[j] for j in columns.written)
        self.equations_ = [finish(best, Points(X, y), columns, written, "thresholding", brief=True)]
        self.columns_ = columns.written
        return self

    def expression(self) -> Expression:
        return self.equations_[0]["expression"]


def thresholded(columns: np.ndarray, y: np.ndarray, threshold: float) -> np.ndarray:
    """(n, K) columns and (n,) y, all of norm 1 -> (K,) coefficients, 0 or at least ``threshold``.

    All zero if nothing is left.
    """
    kept = np.ones(columns.shape[1], dtype=bool)
    while True:
        coefficients = np.zeros(len(kept))
        if kept.any():
            coefficients[kept] = np.linalg.lstsq(columns[:, kept], y, rcond=1e-10)[0]
        stays = kept & (np.abs(coefficients) >= threshold)
        if (stays == kept).all():
            return coefficients
        kept = stays


def _library_columns(x: np.ndarray):
    """Functions of x (n, d) that vary: prefixes, columns (n, K) with mean 0 and norm 1, and the
    norms (K,) and means (K,) that were taken out."""
    terms, columns, norms, means = [], [], [], []
    for (term,) in library(x.shape[1]):
        values = np.asarray(Expression(term, ())(x), dtype=np.float64)
        centred = values - values.mean()
        norm = np.linalg.norm(centred)
        if norm > 1e-9 * (1 + np.abs(values).max()):
            terms.append(term)
            columns.append(centred / norm)
            norms.append(norm)
            means.append(values.mean())
    return terms, np.array(columns).T, np.array(norms), np.array(means)
