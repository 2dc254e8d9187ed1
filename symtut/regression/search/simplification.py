"""Simpler formulas nearby: what the data cannot tell apart from a constant or a plain variable.

Fitted constants often end in a detour: sin(0.99999·x0), x2·cos(5e-8·x1), x0·exp(-6e-8·x1). The
rules here propose the short form; whether it fits as well is decided by refitting.
"""

import numpy as np

from symtut.expressions import CONSTANT, VARIABLES, Expression, canonical_terms
from symtut.expressions.tree import children
from symtut.regression.search.fits import Candidate, Fit

_TOLERANCE = 2e-3
"""How close counts as equal, relative to the spread of the data."""


def simplifications(fit: Fit, x: np.ndarray) -> list[Candidate]:
    """Simpler candidates near ``fit``: what is equal to all intents, and what noise may hide.

    Where a share s² of the variance is left over, an inner constant is hardly known to better
    than a few s: sin(1.02·x0) may be sin(x0). The criterion decides.
    """
    found = [simplify(fit, x)]
    noisy = min(2.0 * float(np.sqrt(fit.loss)), 0.2)
    if noisy > 2 * _TOLERANCE:
        found.append(simplify(fit, x, noisy))
    found = [candidate for candidate in found if candidate is not None]
    return found[:1] if len(found) == 2 and found[0] == found[1] else found


def simplify(fit: Fit, x: np.ndarray, tolerance: float = _TOLERANCE) -> Candidate | None:
    """A simpler candidate near ``fit``, with constants to start from; None if there is none.

    Parameters
    ----------
    fit : Fit
    x : (n, d) float
        The points on which subtrees are compared.
    tolerance : float
        How close counts as equal.
    """
    terms, constants, kept = [], [], []
    for term in fit.term_expressions():
        found = _straightened(
            _shorten(term.prefix, iter(term.constants), x, tolerance), x, tolerance
        )
        if any(_twins(found, other, 10 * tolerance) for other in kept):
            continue  # 0.5·exp(0.40001·x0) + 0.5·exp(0.39999·x0) is one term
        kept.append(found)
        terms.append(found.prefix)
        constants += found.constants
    if tuple(terms) == fit.terms:
        return None
    canonical = canonical_terms(tuple(terms))
    if not canonical:
        return None
    # rewriting may have changed how many constants there are: then nothing is known of them
    same = sum(term.count(CONSTANT) for term in canonical) == len(constants)
    return Candidate(canonical, np.array(constants) if same else None)


def _twins(one: Expression, other: Expression, tolerance: float) -> bool:
    """Whether two terms differ by a little in their constants only."""
    return one.prefix == other.prefix and np.allclose(
        one.constants, other.constants, rtol=tolerance, atol=0.0
    )


def _straightened(term: Expression, x, tolerance) -> Expression:
    """The plain variable if ``term`` is a straight line in it on these points, like sin(0.001·x0).

    Slope and offset do not matter: they are the coefficient's and the intercept's business.
    """
    if CONSTANT not in term.prefix or len(term.variables) != 1:
        return term
    column, values = x[:, term.variables[0]], term(x)
    if not np.isfinite(values).all() or values.std() == 0:
        return term
    line = np.corrcoef(column, values)[0, 1]
    if 1 - line * line < tolerance * tolerance:
        return Expression((VARIABLES[term.variables[0]],))
    return term


def _shorten(prefix, numbers, x, tolerance) -> Expression:
    """The subtree with its shorter parts; ``numbers`` yields its constants in order."""
    if prefix[0] == CONSTANT:
        return Expression(prefix, (next(numbers),))
    if len(prefix) == 1:
        return Expression(prefix)
    parts = [_shorten(child, numbers, x, tolerance) for child in children(prefix)]
    whole = Expression(
        (prefix[0], *(token for part in parts for token in part.prefix)),
        tuple(value for part in parts for value in part.constants),
    )
    if prefix[0] in ("mul", "add") and parts[0].prefix == (CONSTANT,):
        value, rest = parts[0].constants[0], parts[1]
        if prefix[0] == "add" and abs(value) < tolerance:
            return rest
        if prefix[0] == "mul" and abs(abs(value) - 1) < tolerance:
            return rest if value > 0 else Expression(("neg", *rest.prefix), rest.constants)
    values = whole(x)
    if not np.isfinite(values).all():
        return whole
    if CONSTANT in whole.prefix and np.ptp(values) <= tolerance * np.abs(values).max():
        return Expression((CONSTANT,), (float(values.mean()),))
    for j in whole.variables:
        if np.abs(values - x[:, j]).max() < tolerance * x[:, j].std():
            return Expression((VARIABLES[j],))
    return whole
