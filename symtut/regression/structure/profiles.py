"""Functions of one variable with a number inside: exp(c·w), 1/(exp(c·w) − 1), log(1 + c·w), …

What is left of a law once its variables have been merged into one is often such a function. The
number inside is the only one that is not linear, so it is found on a grid that closes in on it.
"""

from functools import lru_cache

import numpy as np

from symtut.expressions import Expression
from symtut.regression.structure.observations import Observations
from symtut.regression.structure.spelled import (
    Spelled,
    expression,
    product,
    spell,
    substitute,
)

_FUNCTIONS: dict[int, tuple[str, ...]] = {
    -1: (
        *("exp(x1*x0)", "exp(-x1*x0)", "exp(-x1*x0**2)", "exp(x1*x0**2)"),
        *("log(1 + x1*x0)", "log(1 + x1*x0**2)", "tanh(x1*x0)", "1/tanh(x1*x0)"),
        *("sin(x1*x0)", "cos(x1*x0)", "sin(x1*x0)**2", "atan(x1*x0)", "asin(x1*x0)", "acos(x1*x0)"),
        *("asin(sqrt(x1*x0))", "atan(sqrt(x1*x0))", "1 - x1*x0/tanh(x1*x0)"),
        *("1/(exp(x1*x0) - 1)", "1/(exp(x1*x0) + 1)"),
        *("exp(x1*x0) + exp(-x1*x0)", "1/(exp(x1*x0) + exp(-x1*x0))"),
    ),
    1: (
        *(
            "1/(x1 + x0)",
            "1/(x1 - x0)",
            "1/(x1 + x0)**2",
            "1/(x1 - x0)**2",
            "(x1 - x0)/(x1 + x0)**3",
        ),
        *("sqrt(x1 + x0)", "sqrt(x1 - x0)", "1/sqrt(x1 + x0)", "1/sqrt(x1 - x0)"),
        *("(x1 - x0)/(x1 + x0)", "x0*sqrt(x1 + x0)"),
    ),
    2: (
        *("1/(x1 + x0**2)", "1/(x1 - x0**2)", "1/(x1 + x0**2)**2", "1/(x1 - x0**2)**2"),
        *("sqrt(x1 + x0**2)", "sqrt(x1 - x0**2)", "1/sqrt(x1 + x0**2)", "1/sqrt(x1 - x0**2)"),
    ),
}
"""Functions of w = x0 with a number x1, by the power of the size of w that x1 is in units of."""
_RATES = np.geomspace(0.03, 20, 40)
"""Numbers that are tried first, in those units."""
_WIDTHS = (0.6, 0.25, 0.1, 0.04, 0.016, 0.006, 0.0025, 0.001, 0.0004)
"""Half the width of each later grid of seven, in steps of the first."""
_POWERS = (0, 1, -1, 2, -2, 3, -3, 4, 5)


def profiles(data: Observations, most: int = 6) -> list[tuple[float, Spelled]]:
    """Powers of w times a function of c·w that are close to h, for x = (w,) and y = h.

    1 − R² with an intercept, and the product with ``x0`` for w; best first.
    """
    w, h = data.x[:, 0], data.y
    size = float(np.median(np.abs(w)))
    if not 0 < size < 1e100:
        return []
    with np.errstate(all="ignore"):
        powers = {p: w**p for p in _POWERS if p >= 0 or np.abs(w).min() > 1e-9 * size}
        found = []
        for profile, unit in _profiles():
            if not data.can_write(profile):
                continue
            values = _values(profile, _RATES * size**unit, w)
            losses = {p: _losses(values * power, h) for p, power in powers.items()}
            lowest = sorted(losses, key=lambda p: losses[p].min())[:2]
            for p in {0, *lowest}:  # the grid is coarse: no power at all is given a chance
                best = float(_RATES[losses[p].argmin()] * size**unit)
                found.append((float(losses[p].min()), profile, p, best))
        found.sort(key=lambda row: row[0])
        result = []
        step = _RATES[1] / _RATES[0]
        for loss, profile, p, rate in found[: 4 * most]:
            for width in _WIDTHS:
                rates = rate * step ** (width * np.linspace(-1, 1, 7))
                refined = _losses(_values(profile, rates, w) * powers[p], h)
                if refined.min() <= loss:
                    loss, rate = float(refined.min()), float(rates[refined.argmin()])
            inside = substitute(profile, {"x1": (repr(rate),)})
            result.append((loss, product([(("x0",), p), (inside, 1)])))
    return sorted(result, key=lambda row: row[0])[:most]


_CHANGES = (
    (lambda h: h, ()),
    (np.reciprocal, ("inv",)),
    (np.square, ("sqrt",)),
    (lambda h: 1 / h**2, ("inv", "sqrt")),
    (np.log, ("exp",)),
)
"""A change of h that makes it a power of w and a number, and what takes it back."""
_EXPONENTS = np.concatenate([np.arange(-6, 0, 0.25), np.arange(0.25, 6.25, 0.25)])


def offset_powers(data: Observations) -> list[tuple[float, Spelled]]:
    """The same for a + b·wᵖ and what inverts to it: 1/(a + b·wᵖ), exp(a + b·wᵖ), roots."""
    w, h, result = data.x[:, 0], data.y, []
    if not (w > 0).all():
        return result
    with np.errstate(all="ignore"):
        for change, back in _CHANGES:
            target = change(h)
            if not data.can_write((*back, "add")) or not np.all(np.isfinite(target)):
                continue
            exponents, width = _EXPONENTS, 0.25
            for _ in range(8):
                losses = _losses(w ** exponents[:, None], target)
                best = float(exponents[losses.argmin()])
                exponents, width = best + width * np.linspace(-1, 1, 9), width / 4
            column = w ** (best := float(f"{best:.6g}"))
            offset, slope = np.polynomial.polynomial.polyfit(column, target, 1)
            inside = product([(("x0",), best)])
            if back == ("exp",):  # a factor of h is left to the coefficients outside
                spelled = ("exp", "mul", repr(float(slope)), *inside)
            elif abs(offset) > 1e-9 * np.abs(target).max():
                number = float(abs(offset / slope))
                spelled = (*back, "add" if offset * slope > 0 else "sub", repr(number), *inside)
            else:
                continue
            loss = float(_losses(expression(spelled)(w[:, None])[None], h)[0])
            result.append((loss, spelled))
    return result


@lru_cache(maxsize=1)
def _profiles() -> list[tuple[Spelled, int]]:
    found = []
    for unit, texts in _FUNCTIONS.items():
        for function in map(Expression.from_text, texts):
            found.append((spell(function.prefix, function.constants), unit))
    return found


def _values(profile: Spelled, numbers: np.ndarray, w: np.ndarray) -> np.ndarray:
    """The function (m, n) for m numbers at n values."""
    points = np.empty((len(numbers), len(w), 2))
    points[..., 0], points[..., 1] = w, numbers[:, None]
    return expression(profile)(points)


def _losses(columns: np.ndarray, h: np.ndarray) -> np.ndarray:
    """1 − R² of h on each row of ``columns`` (m, n) and an intercept; 1 where that is no number."""
    usable = np.all(np.isfinite(columns), axis=1)
    columns = np.where(usable[:, None], columns, 0.0)
    centred, target = columns - columns.mean(1, keepdims=True), h - h.mean()
    norms = np.square(centred).sum(1)
    usable &= norms > 1e-18 * np.square(columns).sum(1)
    slopes = np.where(usable, centred @ target, 0.0) / np.where(usable, norms, 1.0)
    residual = target - slopes[:, None] * centred
    return np.square(residual).sum(1) / (target @ target)
