"""Sums with kinks, |x0 - c|: an absolute error, max(x0 - c, 0), a dead zone, a clipped variable.

Beyond a kink a slope differs. All that is not linear is its place, so many places are tried, and
the best is closed in on; up to three kinks, each beside the ones before (as in Friedman's
multivariate adaptive regression splines, 1991, whose hinges are halves of these).
"""

from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import numpy as np

from symtut.expressions import VARIABLES
from symtut.regression.search.fits import Candidate
from symtut.regression.structure import spelled
from symtut.regression.structure.observations import Observations
from symtut.regression.structure.products import least_squares

_MOST = 3
_CLEARLY = 0.01
"""Share of what smooth terms leave that all kinks together may leave: bends, too, look like kinks,
but are not cured by so few."""
_EXACTLY = 1e-12
"""1 − R² from which on what is left is the error of the places, which are polished later."""
_PLACES = 41
_WIDTHS = (1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 3e-7, 1e-7)
"""Half the width of each later grid, in steps of the first."""


@dataclass(frozen=True)
class Kink:
    """|x_variable - place|, times x_factor if there is one."""

    variable: int
    factor: int | None
    place: float

    def column(self, x: np.ndarray) -> np.ndarray:
        bent = np.abs(x[:, self.variable] - self.place)
        return bent if self.factor is None else x[:, self.factor] * bent

    def slope(self, x: np.ndarray) -> np.ndarray:
        """The column's derivative by the variable; minus that by the place."""
        sign = np.sign(x[:, self.variable] - self.place)
        return sign if self.factor is None else x[:, self.factor] * sign

    def spelled(self) -> spelled.Spelled:
        sign = "sub" if self.place > 0 else "add"
        bent = ("abs", sign, VARIABLES[self.variable], repr(abs(self.place)))
        return bent if self.factor is None else ("mul", VARIABLES[self.factor], *bent)


def propose_kinks(data: Observations) -> list[Candidate]:
    """The sum of plain variables, their products and kinks, with a factor or without.

    Empty where kinks do not explain nearly all that the smooth terms leave.
    """
    x, y = data.x, data.y
    d = x.shape[1]
    if not data.can_write(("abs", "sub", "add", "mul")) or len(y) < 4 * (d + 4) or np.ptp(y) == 0:
        return []
    terms: list[spelled.Spelled] = [(name,) for name in VARIABLES[:d]]
    columns = [*x.T]
    if 2 * (d + 1) * (d + 2) < len(y):  # four points a term
        for i, j in combinations_with_replacement(range(d), 2):
            terms.append(spelled.product([(terms[i], 1), (terms[j], 1)]))
            with np.errstate(over="ignore"):
                columns.append(x[:, i] * x[:, j])
    with np.errstate(over="ignore"):
        sizes = np.abs(columns).max(1)
        squares = sizes.max() ** 2, (len(y) * np.abs(y).max()) ** 2
    if not np.isfinite(squares).all() or not sizes.all():
        return []
    smooth = np.column_stack([np.ones(len(y)), *(np.array(columns) / sizes[:, None])])
    kinks = _kinks(x, y, smooth, data.stop)
    design = np.column_stack([smooth, *(kink.column(x) for kink in kinks)])
    if not kinks or _loss(design, y) > _CLEARLY * _loss(smooth, y):
        return []
    coefficients, errors = least_squares(design, y)
    shares = np.abs(coefficients) * np.abs(design).max(0) / y.std()
    needed = (np.abs(coefficients) > 4 * errors) & (shares > 1e-6)
    written = zip([*terms, *(kink.spelled() for kink in kinks)], needed[1:], strict=True)
    kept = [term for term, keep in written if keep]
    return [spelled.candidate(kept)] if kept else []


def _kinks(x: np.ndarray, y: np.ndarray, smooth: np.ndarray, stop) -> list[Kink]:
    """Kinks for what the columns ``smooth`` (n, m) leave of y, while each leaves less than half."""
    kinks: list[Kink] = []
    left = _loss(smooth, y)
    while len(kinks) < _MOST and left > _EXACTLY:
        stop()
        design = np.column_stack([smooth, *(kink.column(x) for kink in kinks)])
        more = [*kinks, _best(x, design, y)]
        for k in (*range(len(more)), *range(len(more) - 1)):  # each at its place beside the others
            others = [kink.column(x) for kink in more[:k] + more[k + 1 :]]
            more[k] = _closer(x, np.column_stack([smooth, *others]), y, more[k])
        more, now = _polished(x, smooth, y, more)
        if now > left / 2:
            break
        kinks, left = more, now
    return kinks


def _polished(x, smooth, y, kinks: list[Kink]) -> tuple[list[Kink], float]:
    """All places together, by steps of Gauss and Newton; and 1 − R² there."""
    design = np.column_stack([smooth, *(kink.column(x) for kink in kinks)])
    left = _loss(design, y)
    for _ in range(8):
        weights = np.linalg.lstsq(design, y, rcond=1e-13)[0][smooth.shape[1] :]
        slopes = [-w * kink.slope(x) for w, kink in zip(weights, kinks, strict=True)]
        steps = np.linalg.lstsq(np.column_stack([design, *slopes]), y, rcond=1e-13)[0]
        moved = [
            replace(kink, place=kink.place + float(step))
            for kink, step in zip(kinks, steps[design.shape[1] :], strict=True)
        ]
        design = np.column_stack([smooth, *(kink.column(x) for kink in moved)])
        if not (now := _loss(design, y)) < left:
            break
        kinks, left = moved, now
    return kinks, left


def _loss(design: np.ndarray, y: np.ndarray) -> float:
    """1 − R²."""
    residual = y - design @ np.linalg.lstsq(design, y, rcond=1e-13)[0]
    return float(residual @ residual / (len(y) * y.var()))


def _gains(columns: np.ndarray, design: np.ndarray, y: np.ndarray) -> np.ndarray:
    """By how much each of ``columns`` (n, m), beside ``design``, lowers the sum of squares."""
    q = np.linalg.qr(design)[0]
    apart = columns - q @ (q.T @ columns)
    norms = np.square(apart).sum(0)
    usable = norms > 1e-10 * np.square(columns).sum(0)
    along = apart.T @ (y - q @ (q.T @ y))
    return np.where(usable, along**2 / np.where(usable, norms, 1.0), 0.0)


def _best(x: np.ndarray, design: np.ndarray, y: np.ndarray) -> Kink:
    """The kink of all variables, factors and places that explains most."""
    options = []
    for variable in range(x.shape[1]):
        places = np.quantile(x[:, variable], np.linspace(0.02, 0.98, _PLACES))
        for factor in (None, *(k for k in range(x.shape[1]) if k != variable)):
            kinks = [Kink(variable, factor, float(place)) for place in places]
            gains = _gains(np.column_stack([kink.column(x) for kink in kinks]), design, y)
            options.append((float(gains.max()), kinks[gains.argmax()]))
    return max(options, key=lambda option: option[0])[1]


def _closer(x: np.ndarray, design: np.ndarray, y: np.ndarray, kink: Kink) -> Kink:
    """The same kink at its best place, by grids that close in."""
    step = np.ptp(x[:, kink.variable]) / _PLACES
    for width in _WIDTHS:
        places = kink.place + step * width * np.linspace(-1, 1, 9)
        kinks = [replace(kink, place=float(place)) for place in places]
        gains = _gains(np.column_stack([kink.column(x) for kink in kinks]), design, y)
        kink = kinks[gains.argmax()]
    return kink
