"""Simpler formulas nearby: what the data cannot tell apart from a constant or a plain variable.

Fitted constants often end in a detour: sin(0.99999·x0), x2·cos(5e-8·x1), x0·exp(-6e-8·x1). The
rules here propose the short form; whether it fits as well is decided by refitting.
"""

import numpy as np

from symtut.expressions import CONSTANT, VARIABLES, Expression, canonical_terms
from symtut.expressions.tree import children
from symtut.regression.constants import Fit, Terms

TOLERANCE = 2e-3
"""How close counts as equal, relative to the spread of the data."""


def simplify(fit: Fit, x: np.ndarray) -> tuple[Terms, np.ndarray | None] | None:
    """A simpler candidate near ``fit``, with constants to start from; None if there is none.

    Parameters
    ----------
    fit : Fit
    x : (n, d) float
        The points on which subtrees are compared.

    Returns
    -------
    (terms, constants)
        ``constants`` is None where rewriting has changed their number.
    """
    terms, constants = [], []
    for term in fit.term_expressions():
        found = _shorten(term.prefix, iter(term.constants), x)
        terms.append(found.prefix)
        constants += found.constants
    if tuple(terms) == fit.terms:
        return None
    canonical = canonical_terms(tuple(terms))
    if not canonical:
        return None
    same = sum(term.count(CONSTANT) for term in canonical) == len(constants)
    return canonical, np.array(constants) if same else None


def _shorten(prefix, numbers, x) -> Expression:
    """The subtree with its shorter parts; ``numbers`` yields its constants in order."""
    if prefix[0] == CONSTANT:
        return Expression(prefix, (next(numbers),))
    if CONSTANT not in prefix:
        return Expression(prefix)
    parts = [_shorten(child, numbers, x) for child in children(prefix)]
    whole = Expression(
        (prefix[0], *(token for part in parts for token in part.prefix)),
        tuple(value for part in parts for value in part.constants),
    )
    if prefix[0] in ("mul", "add") and parts[0].prefix == (CONSTANT,):
        value, rest = parts[0].constants[0], parts[1]
        if prefix[0] == "add" and abs(value) < TOLERANCE:
            return rest
        if prefix[0] == "mul" and abs(abs(value) - 1) < TOLERANCE:
            return rest if value > 0 else Expression(("neg", *rest.prefix), rest.constants)
    values = whole(x)
    if not np.isfinite(values).all():
        return whole
    if np.ptp(values) <= TOLERANCE * np.abs(values).max():
        return Expression((CONSTANT,), (float(values.mean()),))
    for j in whole.variables:
        if np.abs(values - x[:, j]).max() < TOLERANCE * x[:, j].std():
            return Expression((VARIABLES[j],))
    return whole
