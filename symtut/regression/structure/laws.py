"""Proposals from structure: a factor or addends, and a function of one combination of variables."""

from collections.abc import Callable, Container, Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from symtut.expressions import OPERATORS, VARIABLES, Expression
from symtut.regression.search.fits import Candidate, Fit, complexity, criterion
from symtut.regression.search.levenberg_marquardt import levenberg_marquardt
from symtut.regression.search.terms import TermPool
from symtut.regression.structure import spelled
from symtut.regression.structure.kinks import propose_kinks
from symtut.regression.structure.observations import Observations
from symtut.regression.structure.products import Products
from symtut.regression.structure.profiles import offset_powers, profiles
from symtut.regression.structure.reductions import CLEAR, Reduction, reductions
from symtut.regression.structure.separation import Separation, separation
from symtut.regression.structure.spelled import Spelled
from symtut.regression.structure.sums import propose_inverted_sums, propose_sums

TERMS = (
    *("x0", "x0**2", "x0**3", "x0**4", "1/x0", "1/x0**2", "sqrt(x0)", "x0*sqrt(x0)", "1/sqrt(x0)"),
    *("exp(x0)", "exp(-x0)", "log(x0)", "x0*log(x0)", "sin(x0)", "cos(x0)", "sin(x0)**2"),
    *("sin(x0)*cos(x0)", "x0*sin(x0)", "x0*cos(x0)", "tanh(x0)"),
)
"""Of these the function of one variable may be a sum."""
PART_POINTS = 100
"""Points to which formulas of a part are fitted: they are fitted on all together."""
NO_CONSTANT = 0.01
"""A constant so small, as a share of the other numbers, is the process' error."""
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
        yield propose_kinks(self.data)
        yield propose_inverted_sums(self.data)[:4]
        for reduction in reductions(self.data):
            if reduction.left > CLEAR:
                self.doubtful.append(reduction)
            else:
                self.data.stop()
                yield _candidates(reduction, self.data)

    def later(self) -> Iterator[list[Candidate]]:
        """What takes longer or is less likely: groups of variables, another reduction, products
        beside something."""
        yield self._sums_of_parts()
        yield self._products_of_parts()
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

    def _sums_of_parts(self) -> list[Candidate]:
        """Sums of functions of different variables."""
        found, split = [], separation(self.data)
        for parts in () if split is None else _combined(split, split.parts, self.data):
            wholes = [term for fit in parts for term in fit.term_expressions()]
            found.append(spelled.candidate([spelled.spell(w.prefix, w.constants) for w in wholes]))
        return found

    def _products_of_parts(self) -> list[Candidate]:
        """Products of functions of different variables, where y has one sign."""
        y, found = self.data.y, []
        if not self.data.can_write(("mul",)) or y.min() < 0 < y.max() or not y.all():
            return []
        split = separation(replace(self.data, y=np.log(np.abs(y))))
        for parts in () if split is None else _combined(split, np.exp(split.parts), self.data):
            factors = [(_as_factor(fit), 1.0) for fit in parts]
            found.append(spelled.candidate([spelled.product(factors)]))
        return found


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


# ---- groups of variables -------------------------------------------------------------------------


def _combined(split: Separation, values: np.ndarray, data: Observations, most: int = 12):
    """The most promising combinations of formulas, one for each group: tuples of fits."""
    options = []
    for group, part in zip(split.groups, values, strict=True):
        names = {VARIABLES[k]: (VARIABLES[i],) for k, i in enumerate(group)}
        own = replace(data, x=data.x[:, list(group)], y=part)
        ranked = []
        for price, fit in _formulas(own, split.left)[:4]:
            terms = tuple(spelled.substitute(term, names) for term in fit.terms)
            ranked.append((price, replace(fit, terms=terms)))
        options.append(ranked)
    chosen = sorted(product(*options), key=lambda rows: sum(price for price, _ in rows))
    return [tuple(fit for _, fit in rows) for rows in chosen[:most]]


def _formulas(data: Observations, left: float) -> list[tuple[float, Fit]]:
    """Formulas for a function that is known but for an error of ``left`` of the whole's variance
    and for a constant, best first."""
    candidates = propose_sums(data)
    found = reductions(data, most=2) if data.x.shape[1] > 1 else [_itself(data)]
    for reduction in found:
        data.stop()
        candidates += _candidates(reduction, data)
    candidates = list(dict.fromkeys(candidates))
    some = slice(None, PART_POINTS)
    fits = levenberg_marquardt(
        [c.terms for c in candidates], data.x[some], data.y[some] / data.y.std(),
        np.random.default_rng(0), starts=1, iterations=4,
        guesses=[c.guess for c in candidates], stop=data.stop,
    )  # fmt: skip
    priced = [
        (float(criterion(max(f.loss, left), f.n_parameters, complexity(f), len(data.y))), f)
        for f in fits
        if np.isfinite(f.loss)
    ]
    return sorted(priced, key=lambda row: row[0])


def _as_factor(fit: Fit) -> Spelled:
    """A fit as a factor of a product, which has a number of its own."""
    numbers = np.append(fit.coefficients, fit.intercept)
    size = numbers[np.abs(numbers).argmax()]  # one number less: a 1 is not written
    constant = 0.0 if abs(fit.intercept) < NO_CONSTANT * abs(size) else fit.intercept
    scaled = replace(fit, coefficients=fit.coefficients / size, intercept=constant / size)
    whole = scaled.expression()
    return spelled.spell(whole.prefix, whole.constants)


def _itself(data: Observations) -> Reduction:
    """A function of one variable is one already."""
    return Reduction((VARIABLES[0],), data.x[:, 0], data.y, (), (), 0.0)


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
