"""How many digits the text of an equation needs to say what the equation does."""

import numpy as np

from symtut.expressions import Expression

FEWEST_DIGITS, MOST_DIGITS = 4, 17
"""Digits of a printed number: what is easy to read, and what is the number itself."""

_SHARE = 1e-4
"""What the text may differ by on average, squared, as a share of the squared error that the
equation leaves. R² of the text is then that of the equation within 0.02·(1 − R²)."""

_NOTHING = 1e-12
"""The same for an equation that leaves nothing, as a share of the variance of y."""

_TRIED = 2000
"""Digits are tried out on at most so many points, and then proved on all."""


def digits_needed(
    expression: Expression, x: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None
) -> int:
    """The fewest digits with which the text, read back, predicts what the equation does.

    Parameters
    ----------
    expression : Expression
    x : array (n, d), y : array (n,)
        The data that the equation was fitted to, and that its R² is about.
    weight : array (n,), optional
        How much each point counts in R².

    Returns
    -------
    int
        From 4 to 17, for :meth:`Expression.text` and :meth:`Expression.latex`.
    """
    if not expression.constants:
        return FEWEST_DIGITS
    values = expression(x)
    counts = np.isfinite(values) & (True if weight is None else weight > 0)
    if not counts.all():
        x, y, values = x[counts], y[counts], values[counts]
        weight = None if weight is None else weight[counts]
    if not len(y):
        return FEWEST_DIGITS

    def mean(square, part=slice(None)):
        return np.average(square, weights=None if weight is None else weight[part])

    some = slice(None, None, -(-len(y) // _TRIED))
    size = mean((y - mean(y)) ** 2) if np.ptp(y) else mean(y**2)
    allowed = max(_SHARE * mean((y - values) ** 2), _NOTHING * size)
    for digits in range(FEWEST_DIGITS, MOST_DIGITS):
        read = Expression.from_text(expression.text(digits=digits))
        for part in (some, slice(None)):
            # NaN, where digits put a point out of the domain, is never below
            if not mean((read(x[part]) - values[part]) ** 2, part) <= allowed:
                break
        else:
            return digits
    return MOST_DIGITS
