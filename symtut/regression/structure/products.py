"""Products in the logarithm: log|y| = c + Σ pᵢ·log|xᵢ| + up to two further factors, all at once.

A law of physics is mostly one product: powers of its quantities, and perhaps a sine, an
exponential or a root of a sum of squares. In the logarithm that is a linear regression, so the
exponents need no search, only rounding to halves and thirds. The factors come from a fixed list;
every one, and every pair of them, is tried through one QR decomposition and one Gram matrix.
"""

from fractions import Fraction
from functools import cached_property
from itertools import chain

import numpy as np

from symtut.expressions import VARIABLES
from symtut.regression.search.fits import ROUNDING, Candidate, criterion
from symtut.regression.search.selection import best_columns
from symtut.regression.structure.factors import Factor, fixed_factors, numbered_factors
from symtut.regression.structure.observations import Observations
from symtut.regression.structure.spelled import Spelled, candidate, expression, product

_DECADES = (0.3, 0.12, 0.05, 0.02, 0.008, 0.003, 0.0012, 0.0004, 0.0001)
"""Half the widths, in decades, of the grids that close in on a number."""
_REFINED = 3
"""Proposals of each size whose numbers are looked for more closely."""
_STEEPEST = 12
"""Exponents beyond it belong to no law: x²⁰⁰ and (x + 1)⁻²⁰⁰ together can be close to anything."""


class Products:
    """Proposes products that are close to y, each as a candidate of one term.

    The factors are evaluated once, for ``data.y`` and any other target on the same points.
    Powers of the variables are always usable.
    """

    def __init__(self, data: Observations):
        self.nonzero = (data.x != 0).all(1)
        self.data, self.x = data, data.x[self.nonzero]

    def close_to(self, y: np.ndarray) -> list[tuple[Candidate, float]]:
        """Proposals, best first, with 1 − R².

        Exponents, and coefficients inside exp(), that are no simple fractions are inner constants,
        with their values as the guess. Where powers of the variables leave rounding errors alone,
        no factors are tried.
        """
        x, stop = self.x, self.data.stop
        if len(x) < x.shape[1] + 4:
            return []
        stop()
        powers = _products(x, y[self.nonzero], np.empty((len(x), 0)), [], stop)
        if powers and powers[0][1] <= ROUNDING:
            return powers
        return _products(x, y[self.nonzero], *self._factors, stop)

    @cached_property
    def _factors(self) -> tuple[np.ndarray, list[Factor]]:
        """Columns (n, K) of the factors that are defined on all points, and those factors."""
        columns, defined, x = [], [], self.x
        with np.errstate(all="ignore"):
            fixed = ((factor, expression(factor.prefix)(x)) for factor in fixed_factors(x.shape[1]))
            for factor, values in chain(fixed, numbered_factors(x.shape[1], x)):
                self.data.stop()
                if not self.data.can_write(factor.written):
                    continue
                if not factor.grows:
                    values = np.log(np.abs(values))
                if np.all(np.isfinite(values)) and np.abs(values).max() < 1e6:
                    columns.append(values)
                    defined.append(factor)
        return np.column_stack(columns) if columns else np.empty((len(x), 0)), defined


def _products(x, y, columns, factors, stop) -> list[tuple[Candidate, float]]:
    size = np.abs(y)
    if not np.all(np.isfinite(y)) or not size.max() > 0:
        return []
    y, size = y / size.max(), size / size.max()
    # noise of equal size in y is noise of size 1/|y| in log|y|: weigh by |y|
    weight = np.minimum(size / np.sqrt(np.mean(y**2)), 3.0)
    kept = weight > 1e-6
    if kept.sum() < x.shape[1] + 4:
        return []
    x, y, weight, columns = x[kept], y[kept], weight[kept], columns[kept]
    powers = np.log(np.abs(x))
    base = np.column_stack([np.ones(len(y)), powers]) * weight[:, None]
    target, columns = np.log(np.abs(y)) * weight, columns * weight[:, None]
    chosen = best_columns(base, columns, target, [factor.family for factor in factors])
    found: dict[Candidate, tuple[float, float]] = {}

    def add(extra: list[Factor], design) -> float:
        proposal, loss = _written(design, target, extra, x, y)
        if proposal is None:
            return np.inf
        numbers = 0 if proposal.guess is None else len(proposal.guess)
        value = float(criterion(loss, numbers, len(proposal.terms[0]), len(y)))
        found.setdefault(proposal, (value, loss))
        return value

    first = []
    for extra in chosen:
        stop()
        value = add([factors[j] for j in extra], np.column_stack([base, columns[:, list(extra)]]))
        first.append((value, extra))
    exact = any(loss <= ROUNDING for _, loss in found.values())
    # a number on a coarse grid spoils the exponents: close in on it where it is worth it
    numbered = [row for row in sorted(first) if any(factors[j].family for j in row[1])]
    for size in () if exact else (1, 2):
        for _, extra in [row for row in numbered if len(row[1]) == size][:_REFINED]:
            stop()
            add(
                *_closer(
                    [factors[j] for j in extra], base, columns[:, list(extra)], target, x, weight
                )
            )
    return [(proposal, found[proposal][1]) for proposal in sorted(found, key=found.__getitem__)]


def _closer(factors, base, columns, target, x, weight) -> tuple[list[Factor], np.ndarray]:
    """The factors with the numbers that leave least of the target, and the design with them."""
    factors, design = list(factors), np.column_stack([base, columns])
    numbered = [k for k, factor in enumerate(factors) if factor.family]
    for width in _DECADES[: len(_DECADES) // len(numbered)] if len(numbered) > 1 else _DECADES:
        for k in numbered:
            options = [(_left(design, target), factors[k], design)]
            for step in width * np.array([-1, -2 / 3, -1 / 3, 1 / 3, 2 / 3, 1]):
                moved = factors[k].with_number(10**step)
                with np.errstate(all="ignore"):
                    column = np.log(np.abs(expression(moved.prefix)(x))) * weight
                if np.all(np.isfinite(column)):
                    trial = design.copy()
                    trial[:, base.shape[1] + k] = column
                    options.append((_left(trial, target), moved, trial))
            _, factors[k], design = min(options, key=lambda option: option[0])
    return factors, design


def _left(design, target) -> float:
    scaled = design / np.maximum(np.linalg.norm(design, axis=0), 1e-300)
    residual = target - scaled @ np.linalg.lstsq(scaled, target, rcond=1e-13)[0]
    return float(residual @ residual)


# ---- writing it down -----------------------------------------------------------------------------


def _written(design, target, factors, x, y) -> tuple[Candidate | None, float]:
    """The product of a regression in the logarithm, and 1 − R² of it in y (without intercept)."""
    d = x.shape[1]
    grows = [factor.grows for factor in factors]
    exponents = _rounded(design, target, grows, d)
    if np.abs(exponents[1:][[True] * d + [not g for g in grows]]).max() > _STEEPEST:
        return None, np.inf
    parts: list[tuple[Spelled, float]] = [
        ((VARIABLES[i],), p) for i, p in enumerate(exponents[1 : 1 + d])
    ]
    growing = []
    for factor, p in zip(factors, exponents[1 + d :], strict=True):
        if not factor.grows:
            parts.append((factor.prefix, p))
        elif p:
            growing.append(("mul", repr(float(p)), *factor.prefix))
    if growing:
        inside = growing[0] if len(growing) == 1 else ("add", *growing[0], *growing[1])
        parts.append((("exp", *inside), 1.0))
    term = product(parts)
    if not term:
        return None, np.inf
    values = expression(term)(x)
    size = np.abs(values).max()
    if not 0 < size < np.inf or np.ptp(y) == 0:
        return None, np.inf
    values = values / size  # squares of what is very large or small would not be numbers
    residual = y - (values @ y) / (values @ values) * values
    return candidate([term]), float(np.mean(residual**2) / np.var(y))


def _rounded(design, target, grows, d) -> np.ndarray:
    """Least squares, with exponents at simple fractions where the data do not object.

    The exponent nearest to a fraction is fixed first and the others are solved for again.
    """
    free = np.ones(design.shape[1], dtype=bool)
    values = np.zeros(design.shape[1])
    is_exponent = np.array([False, *[True] * d, *[not g for g in grows]])
    solution, errors = least_squares(design, target)
    while True:
        values[free] = solution
        open_ = np.flatnonzero(free & is_exponent)
        if not len(open_):
            break
        rounded = np.array([simple_fraction(values[j]) for j in open_])
        room = 1e-5 + np.minimum(4 * errors[np.searchsorted(np.flatnonzero(free), open_)], 0.12)
        excess = np.abs(values[open_] - rounded) / room
        j = int(np.argmin(excess))
        if excess[j] > 1:
            break
        values[open_[j]], free[open_[j]] = rounded[j], False
        rest = target - design[:, ~free] @ values[~free]
        solution, errors = least_squares(design[:, free], rest)
    return values


def least_squares(design: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least squares and the standard errors of its coefficients."""
    scale = np.maximum(np.linalg.norm(design, axis=0), 1e-300)
    solution, _, _, _ = np.linalg.lstsq(design / scale, target, rcond=1e-13)
    residual = target - design / scale @ solution
    variance = residual @ residual / max(len(target) - design.shape[1], 1)
    spread = np.sqrt(np.diag(np.linalg.pinv((design / scale).T @ (design / scale))) * variance)
    return solution / scale, spread / scale


def simple_fraction(value: float) -> float:
    """The nearest of 0, ±1/3, ±1/2, ±2/3, ±3/4, ±1, ±3/2, … with denominators up to four."""
    nearest = min(
        (Fraction(round(value * k), k) for k in (1, 2, 3, 4)),
        key=lambda f: abs(float(f) - value) + 0.02 * (f.denominator - 1),
    )
    return float(nearest)
