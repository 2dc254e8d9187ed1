"""An equation of a world model as an entry of ``equations.json``."""

from collections.abc import Sequence

import numpy as np

from symtut.expressions import Expression
from symtut.regression.search.digits import digits_needed


def equation_row(
    target: str, symbol: str, expression: Expression, names: Sequence[str],
    data: Sequence[tuple[np.ndarray, np.ndarray]], r2_fit: float | None, r2_holdout: float | None,
) -> dict:  # fmt: skip
    """What was found for ``target``, JSON-able.

    Parameters
    ----------
    target, symbol : str
        What the equation is for, as text and as LaTeX.
    expression : Expression
        Over x0, x1, …, which are called ``names``.
    data : pairs of x (n, d) and y (n,)
        What the figures are about: text and LaTeX have the digits to predict it all as
        ``expression`` does.
    r2_fit, r2_holdout : float or None

    Returns
    -------
    dict
        With the keys ``target``, ``equation``, ``latex``, ``complexity``, ``r2_fit``,
        ``r2_holdout``, and what gives the formula back bit by bit: ``prefix``, ``constants`` and
        ``inputs``, the names of x0, x1, ….
    """
    digits = max(digits_needed(expression, x, y) for x, y in data)
    return {
        "target": target,
        "equation": expression.text(names, digits),
        "latex": f"{symbol} = {expression.latex(names, digits)}",
        "complexity": expression.complexity,
        "r2_fit": r2_fit,
        "r2_holdout": r2_holdout,
        "inputs": list(names),
        **expression.as_json(),
    }
