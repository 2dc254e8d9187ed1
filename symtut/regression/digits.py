"""How many digits the text of an equation needs to say what the equation does."""

import numpy as np

from symtut.expressions import Expression

FEWEST, MOST = 4, 17
"""Digits of a printed number: what is easy to read, and what is the number itself."""

SHARE = 1e-4
"""What the text may differ by on average, squared, as a share of the squared error that the
equation leaves. R² of the text is then that of the equation within 0.02·(1 − R²)."""

EXACT = 1e-12
"""The same for an equation that leaves nothing, as a share of the variance of y."""

TRIED = 2000
"""Digits are tried out on at most so many points, and then proved on all."""


def digits_needed(expression: Expression, x: np.ndarray, y: np.ndarray) -> int:
    """The fewest digits with which the text, read back, predicts what the equation does.

    Parameters
    ----------
    expression : Expression
    x : array (n, d), y : array (n,)
        The data that the equation was fitted to, and that its R² is about.

    Returns
    -------
    int
        From 4 to 17, for :meth:`Expression.text` and :meth:`Expression.latex`.
    """
    if not expression.constants:
        return FEWEST
    values = expression(x)
    whole = np.isfinite(values)
    if not whole.all():
        x, y, values = x[whole], y[whole], values[whole]
    if not len(y):
        return FEWEST
    some = slice(None, None, -(-len(y) // TRIED) or 1)
    size = np.var(y) if np.ptp(y) else np.mean(y**2)
    allowed = max(SHARE * np.mean((y - values) ** 2), EXACT * size)
    for digits in range(FEWEST, MOST):
        read = Expression.from_text(expression.text(digits=digits))
        for points in (some, slice(None)):
            # NaN, where digits put a point out of the domain, is never below
            if not np.mean((read(x[points]) - values[points]) ** 2) <= allowed:
                break
        else:
            return digits
    return MOST
