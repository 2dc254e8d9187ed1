"""Proposals from structure: a factor or addends, and a function of one combination of variables."""

from collections.abc import Callable, Container, Iterator
from dataclasses import replace

import numpy as np

from symtut.expressions import OPERATORS, VARIABLES, Expression
from symtut.regression.search.fits import Candidate
from symtut.regression.search.ranking import criterion
from symtut.regression.search.terms import TermPool
from symtut.regression.structure import spelled
from symtut.regression.structure.inverted_sums import propose_inverted_sums
from symtut.regression.structure.products import products_of
from symtut.regression.structure.profiles import offset_powers, profiles
from symtut.regression.structure.reductions import CLEAR, Reduction, reductions
from symtut.regression.structure.spelled import Spelled, has_only
from symtut.regression.structure.sums import propose_sums

TERMS = (
    *("x0", "x0**2", "x0**3", "x0**4", "1/x0", "1/x0**2", "sqrt(x0)", "x0*sqrt(x0)", "1/sqrt(x0)"),
    *("exp(x0)", "exp(-x0)", "log(x0)", "x0*log(x0)", "sin(x0)", "cos(x0)", "sin(x0)**2"),
    *("sin(x0)*cos(x0)", "x0*sin(x0)", "x0*cos(x0)", "tanh(x0)"),
)
"""Of these the function of one variable may be a sum."""
CLOSE, CLOSER = 0.05, 1e-3
"""1 − R² above which a product is not proposed, alone and beside something else."""


class Laws:
    """Proposals for laws of physics, what costs least first.

    Parameters
    ----------
    x : (n, d) float64, y : (n,) float64
        ``y`` in its own units: 0 must mean 0. A few hundred points are enough.
    stop : callable
        Called before every step; may raise.
    usable : container of str
        Operators that proposals may have.
    """

    def __init__(self, x, y, stop: Callable[[], object] = bool, usable: Container[str] = OPERATORS):
        self.x, self.y, self.stop, self.usable = x, y, stop, usable
        self.doubtful: list[Reduction] = []

    def first(self) -> Iterator[list[Candidate]]:
        """Candidates of one proposer after the other; of the reductions, those that are clear."""
        x, y, stop, usable = self.x, self.y, self.stop, self.usable
        found = next(products_of(x, [y], stop, usable), [])
        yield [proposal for proposal, loss in found if loss < CLOSE][:8]
        yield propose_sums(x, y, stop, usable)
        yield propose_inverted_sums(x, y, stop, usable)[:4]
        kept = (x != 0).all(1)
        if kept.sum() < max(24, 6 * x.shape[1]):
            return
        stop()
        for reduction in reductions(x[kept], y[kept], stop=stop):
            if reduction.left > CLEAR:
                self.doubtful.append(reduction)
            else:
                stop()
                yield _candidates(reduction, usable)

    def later(self) -> Iterator[list[Candidate]]:
        """What takes longer or is less likely: another reduction, products beside something."""
        for reduction in self.doubtful[:1]:
            self.stop()
            yield _candidates(reduction, self.usable)
        shifts: list[tuple[tuple[Spelled, ...], object]] = [((), 1.0), ((), -1.0)]
        for name, column in zip(VARIABLES, self.x.T, strict=False):
            shifts += [(((name,),), column), (((name,),), -column)]
        targets = [self.y - shift for _, shift in shifts]
        products = products_of(self.x, targets, self.stop, self.usable)
        for (beside, _), found in zip(shifts, products, strict=False):
            close = [proposal for proposal, loss in found if loss < CLOSER][:2]
            if close:
                yield [replace(proposal, terms=(*beside, *proposal.terms)) for proposal in close]


def _candidates(reduction: Reduction, usable, most: int = 6) -> list[Candidate]:
    w, h = reduction.values, reduction.rest
    found = [(loss, (term,)) for loss, term in profiles(w, h, usable)]
    found += [(loss, (term,)) for loss, term in offset_powers(w, h, usable)]
    found += _sums(w, h, usable)
    for proposal, loss in next(products_of(w[:, None], [h], usable=usable), [])[:4]:
        numbers = () if proposal.guess is None else proposal.guess
        found.append((loss, (spelled.spell(proposal.terms[0], numbers),)))
    result = []
    for _, terms in sorted(found, key=lambda pair: _price(*pair, len(h)))[:most]:
        terms = [spelled.substitute(term, {"x0": reduction.index}) for term in terms]
        if reduction.factor:
            terms = [spelled.product([(reduction.factor, 1), (term, 1)]) for term in terms]
            result.append(spelled.candidate(terms))
            terms = [reduction.factor, *terms]  # factor · (1 + function)
        result.append(spelled.candidate([*reduction.addends, *terms]))
    return result


def _price(loss: float, terms: tuple[Spelled, ...], n: int) -> float:
    """Description length: on a narrow range many a long function is as close as the right one."""
    tokens = [token for term in terms for token in term]
    numbers = sum(map(spelled.is_number, tokens))
    return float(criterion(loss, numbers, len(tokens), n))


def _sums(w: np.ndarray, h: np.ndarray, usable) -> list[tuple[float, tuple[Spelled, ...]]]:
    pool = TermPool(w[:, None])
    with np.errstate(all="ignore"):
        for term in map(Expression.from_text, TERMS):
            if has_only(term.prefix, usable):
                pool.append(term)
    scaled = (h - h.mean()) / h.std()
    return [(fit.loss, fit.terms) for fit in pool.select(scaled)[:4]]
