"""Proposals from structure: a factor or addends, and a function of one combination of variables."""

from collections.abc import Callable, Container, Iterator
from dataclasses import replace

import numpy as np

from symtut.expressions import OPERATORS, VARIABLES, Expression
from symtut.regression.search.fits import Candidate, criterion
from symtut.regression.search.terms import TermPool
from symtut.regression.structure import spelled
from symtut.regression.structure.observations import Observations
from symtut.regression.structure.products import Products
from symtut.regression.structure.profiles import offset_powers, profiles
from symtut.regression.structure.reductions import CLEAR, Reduction, reductions
from symtut.regression.structure.spelled import Spelled
from symtut.regression.structure.sums import propose_inverted_sums, propose_sums

TERMS = (
    *("x0", "x0**2", "x0**3", "x0**4", "1/x0", "1/x0**2", "sqrt(x0)", "x0*sqrt(x0)", "1/sqrt(x0)"),
    *("exp(x0)", "exp(-x0)", "log(x0)", "x0*log(x0)", "sin(x0)", "cos(x0)", "sin(x0)**2"),
    *("sin(x0)*cos(x0)", "x0*sin(x0)", "x0*cos(x0)", "tanh(x0)"),
)
"""Of these the function of one variable may be a sum."""
CLOSE, CLOSER = 0.05, 1e-3
"""1 − R² above which a product is not proposed, alone and beside something else."""


class Laws:
    """Proposals for laws of physics, what costs least first, on :class:`Observations`."""

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        stop: Callable[[], object] = bool,
        usable: Container[str] = OPERATORS,
    ):
        self.data = Observations(x, y, stop, usable)
        self.products = Products(self.data)
        self.doubtful: list[Reduction] = []

    def first(self) -> Iterator[list[Candidate]]:
        """Candidates of one proposer after the other; of the reductions, those that are clear."""
        found = self.products.close_to(self.data.y)
        yield [proposal for proposal, loss in found if loss < CLOSE][:8]
        yield propose_sums(self.data)
        yield propose_inverted_sums(self.data)[:4]
        for reduction in reductions(self.data):
            if reduction.left > CLEAR:
                self.doubtful.append(reduction)
            else:
                self.data.stop()
                yield _candidates(reduction, self.data)

    def later(self) -> Iterator[list[Candidate]]:
        """What takes longer or is less likely: another reduction, products beside something."""
        for reduction in self.doubtful[:1]:
            self.data.stop()
            yield _candidates(reduction, self.data)
        beside: list[tuple[tuple[Spelled, ...], np.ndarray | float]] = [((), 1.0)]
        beside += [(((name,),), x) for name, x in zip(VARIABLES, self.data.x.T, strict=False)]
        for terms, values in beside:
            for sign in (1, -1):
                found = self.products.close_to(self.data.y - sign * values)
                close = [proposal for proposal, loss in found if loss < CLOSER][:2]
                if close:
                    yield [replace(c, terms=(*terms, *c.terms)) for c in close]


def _candidates(reduction: Reduction, whole: Observations, most: int = 6) -> list[Candidate]:
    data = Observations(reduction.values[:, None], reduction.rest, usable=whole.usable)
    found = [(loss, (term,)) for loss, term in (*profiles(data), *offset_powers(data))]
    found += _sums(data)
    for proposal, loss in Products(data).close_to(data.y)[:4]:
        numbers = () if proposal.guess is None else proposal.guess
        found.append((loss, (spelled.spell(proposal.terms[0], numbers),)))
    result = []
    for _, terms in sorted(found, key=lambda pair: _price(*pair, len(data.y)))[:most]:
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
    numbers = sum(map(spelled.is_numeral, tokens))
    return float(criterion(loss, numbers, len(tokens), n))


def _sums(data: Observations) -> list[tuple[float, tuple[Spelled, ...]]]:
    pool, h = TermPool(data.x), data.y
    with np.errstate(all="ignore"):
        for term in map(Expression.from_text, TERMS):
            if data.can_write(term.prefix):
                pool.append(term)
    scaled = (h - h.mean()) / h.std()
    return [(fit.loss, fit.terms) for fit in pool.select(scaled)[:4]]
