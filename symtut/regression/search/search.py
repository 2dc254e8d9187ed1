"""From proposed skeletons to a short list of equations: fit, recombine, polish, rank.

The search does not know who proposes: the transformer, the bare prior or a fixed library are
exchangeable, so they can be compared with everything else equal.

What costs least comes first: the mean, sums of plain variables, sums of library terms. After that
the search only adds to what it has found, in an order that does not depend on the time limit, and
a step that the limit cuts leaves nothing behind. So more time never gives a worse answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from symtut.expressions import VARIABLES, Expression
from symtut.regression.data.scaling import rescaled
from symtut.regression.search.bfgs import bfgs
from symtut.regression.search.budget import Budget, OutOfTime
from symtut.regression.search.fits import Candidate, Fit
from symtut.regression.search.language import Language
from symtut.regression.search.levenberg_marquardt import levenberg_marquardt
from symtut.regression.search.ranking import EXACT, ROUNDING, rank, shortlist
from symtut.regression.search.rational import RationalSearch
from symtut.regression.search.simplification import simplifications
from symtut.regression.search.terms import TermPool
from symtut.regression.structure.laws import Laws

Proposer = Callable[..., list[Candidate]]
"""(x, y, how many, generator, stop) → candidate skeletons; ``stop()`` is true once time is up."""

WORKING_POINTS = 1000
"""Most points that a search should be given: what more of them tell is not worth its time."""

PRODUCT_POINTS = 200
"""Points on which products and sums behind a function are proposed; they are fitted on all."""


@dataclass(frozen=True)
class SearchConfig:
    """Choices of the search.

    Attributes
    ----------
    n_candidates : int
        Skeletons proposed in the first round; each later round proposes half as many.
    rounds : int or None
        Two rounds in three look at the residual of the best equation so far: small terms become
        visible. The search ends once the fit is exact. None goes on until the deadline.
    constants : "lm" or "bfgs"
    starts : int
        Random starts for inner constants.
    screening_points : int
        Candidates are first fitted on at most so many points, drawn at random; the best are then
        recombined and polished on all.
    recombine : bool
        Pool the terms of good candidates and select among them; off in the paper's setting.
    pool_size : int
        Terms pooled in each round.
    rational : bool
        Look for sums over a common denominator too, where no sum is exact (with ``recombine``).
    library : tuple of prefixes
        Fixed terms without constants. Sums of these are tried first; where the proposals of a
        round leave more than rounding errors, they are tried for its target and join the pool
        (with ``recombine``).
    products : bool
        Try products in the logarithm and sums behind a function, too, before anything slow.
    language : Language
        What may be an answer; ``library`` has no other terms.
    known : tuple of Candidate
        Tried before anything else, from their guesses: what an earlier search has found.
    """

    n_candidates: int = 256
    rounds: int | None = 3
    constants: str = "lm"
    starts: int = 4
    screening_points: int = 96
    recombine: bool = True
    pool_size: int = 48
    rational: bool = True
    library: tuple[tuple[str, ...], ...] = ()
    products: bool = False
    language: Language = field(default_factory=Language)
    known: tuple[Candidate, ...] = ()


def search(
    x: np.ndarray,
    y: np.ndarray,
    propose: Proposer,
    config: SearchConfig,
    generator: np.random.Generator,
    budget: Budget | None = None,
    units: tuple[float, ...] = (),
    y_units: tuple[float, float] = (0.0, 1.0),
    watch: Callable[[Fit], None] | None = None,
) -> tuple[list[Fit], bool]:
    """Find equations for y.

    Parameters
    ----------
    x : (n, d) float64, y : (n,) float64 with mean 0 and standard deviation 1
        At most some thousands of points.
    budget : Budget, optional
        When to stop; what was found by then is returned. No limit by default.
    units : tuple of d floats, optional
        What the columns of x were divided by: x0 − x1 is a difference in the user's units.
    y_units : (float, float)
        The mean and the standard deviation of y in the user's units: a product has a zero.
    watch : callable, optional
        Is shown the best fit so far, after every step.

    Returns
    -------
    (fits, complete)
        The Pareto front of complexity and loss and the next best behind it, best criterion first
        (never empty: with no time at all it holds the mean and the best sums of plain variables);
        whether all rounds ran.
    """
    budget = budget or Budget()
    state = _Search(x, y, propose, config, generator, budget, units, y_units, watch)
    complete = True
    try:
        state.begin()
        state.run()
    except OutOfTime:
        complete = state.rounds_done > 0 and config.rounds is None
    except KeyboardInterrupt:
        if not state.found:
            raise
        budget.interrupt()  # raises it again unless the best so far is to be kept
        complete = False
    return shortlist(state.found + state.ratios + state.waiting, len(y)), complete


class _Search:
    """What a search has found so far and works with."""

    def __init__(self, x, y, propose, config, generator, budget, units, y_units, watch):
        self.x, self.y, self.propose, self.config = x, y, propose, config
        self.units, self.y_units, self.watch = units or (1.0,) * x.shape[1], y_units, watch
        self.generator, self.budget = generator, budget
        n = self.n = len(x)
        self.rows = np.arange(n)  # those that candidates are screened on
        if n > config.screening_points:
            self.rows = np.sort(generator.choice(n, config.screening_points, replace=False))
        self.language = config.language
        self.pool, self.fixed, self.quotients = self._pool_of([]), None, None
        self.found: list[Fit] = []
        # ratios and laws that are not exact wait: their terms and residuals lead astray
        self.ratios: list[Fit] = []
        self.waiting: list[Fit] = []
        self.rounds_done = 0

    def begin(self) -> None:
        """The mean, sums of plain variables, sums of library terms."""
        mean = Fit((), np.zeros(0), np.zeros(0), float(self.y.mean()), 1.0)
        names = [(name,) for name in VARIABLES[: self.x.shape[1]]]
        sums = self._pool_of(names).select(self.y)
        self.found = [mean, *(f for f in sums if self.language.permits(f.terms))]
        known = self._fitted_candidates(self.config.known)
        self._take(known)
        self._polish(known[:4])
        self.pool.add(known, self.config.pool_size)
        if self.config.recombine and self.config.library:
            self.budget.stop()
            self.fixed = self._pool_of(self.config.library, self.budget.stop)
            self._take_library(self.y)
        if self.config.products:
            some = self.generator.permutation(self.n)[:PRODUCT_POINTS]
            mean, deviation = self.y_units
            x, y = self.x[some] * self.units, self.y[some] * deviation + mean
            self.laws = Laws(x, y, self.budget.stop, self.language.usable)
            self._take_laws(self.laws.first())

    def _take_laws(self, proposals: Iterator[list[Candidate]]) -> None:
        """Fit proposals, which come with all their numbers, until nothing is left to explain."""
        while not self._certain() and (candidates := next(proposals, None)) is not None:
            scaled = [rescaled(candidate, self.units) for candidate in candidates]
            fits = self._fitted_candidates([c for c in scaled if c is not None])
            before = self._best()
            self._take([f for f in fits if f.loss < EXACT])
            if self._best() is not before:
                self._take_shorter(fits[:4])
            self.waiting = self._ranked(self.waiting + fits)[:8]

    def _fitted_candidates(self, candidates) -> list[Fit]:
        """The best of candidates that come with all their numbers, in every digit."""
        candidates = [c for c in candidates if self.language.permits(c.terms)]
        terms, guesses = [c.terms for c in candidates], [c.guess for c in candidates]
        if not terms:
            return []
        fits = self._fit_all(terms, guesses, 1, self.x, self.y)
        return self._ranked([f for f in fits if np.isfinite(f.loss)])[:8]

    def run(self) -> None:
        """Ask the proposer, round after round, until the fit is exact."""
        rounds, target = self.config.rounds, self.y
        if self._certain():
            return
        for number in count() if rounds is None else range(rounds):
            target = self.y if number % 3 == 0 else target
            self._round(target, number == 0)
            self.rounds_done += 1
            if number == 0 and self.config.products and self._best().loss >= EXACT:
                self._take_laws(self.laws.later())
            best = self._best()
            if not self.config.recombine or _settled(best):
                break
            target = self.y - best.expression()(self.x)

    def _round(self, target, first: bool) -> None:
        config, whole = self.config, target is self.y
        amount = config.n_candidates if first else max(8, config.n_candidates // 2)
        self.budget.stop()
        candidates = self.propose(self.x, target, amount, self.generator, self.budget.stop)
        fits = self._screened(candidates, target)
        if whole:
            self._take(self._fitted(fits[:16]))
        if config.recombine:
            self.pool.add(fits, config.pool_size)
            self._take(self.pool.select(self.y))
        self._polish(self.found)
        if not config.recombine:
            return
        # polished constants make better columns, and reveal plain variables
        self.pool.add(self._ranked(self.found)[:6], config.pool_size)
        self._take(self.pool.select(self.y))
        if self.fixed is not None and self._best().loss > ROUNDING and not (first and whole):
            self._take_library(target)
        if config.rational and self.language.has_ratios and self._best().loss >= EXACT:
            self.budget.stop()
            if self.quotients is None:
                self.quotients = RationalSearch(self.pool, self.budget.stop, self.language)
            found = self.quotients.select(self.y)
            found = [f for f in found if self.language.permits(f.terms)]
            self.ratios = self._ranked(self.ratios + found)[:4]
            self._take([f for f in self.ratios if f.loss < EXACT])

    def _screened(self, candidates: list[Candidate], target) -> list[Fit]:
        """Candidates with constants fitted on some points, in blocks, best first."""
        x, y, fits = self.x[self.rows], target[self.rows], []
        if self.language.limited:
            candidates = list(dict.fromkeys(map(self.language.reduced, candidates)))
            candidates = [c for c in candidates if c.terms]
        for begin in range(0, len(candidates), 128):
            block = candidates[begin : begin + 128]
            terms, guesses = [c.terms for c in block], [c.guess for c in block]
            fits += self._fit_all(terms, guesses, self.config.starts, x, y)
        fits = [f for f in fits if np.isfinite(f.loss)]
        return sorted(fits, key=lambda f: rank(f, len(self.rows)))

    def _polish(self, fits: list[Fit]) -> None:
        """Refit the numbers of the best of ``fits`` on all points, and try shorter forms."""
        best = self._ranked(fits)[:12]
        plain = [f for f in best if not len(f.constants)]
        refits = self._fitted([f for f in best if len(f.constants)])
        self._take(refits)
        self._take_shorter(plain + refits)

    def _take_shorter(self, fits: list[Fit]) -> None:
        """sin(0.99999·x0 + 1e-7) → sin(x0); the fit decides whether that holds."""
        shorter = dict(c for f in fits for c in simplifications(f, self.x))
        shorter = {c: guess for c, guess in shorter.items() if self.language.permits(c)}
        if shorter:
            self._take(self._fit_all(list(shorter), list(shorter.values()), 1, self.x, self.y))

    def _take_library(self, target) -> None:
        """Sums of library terms for ``target``; their terms join the pool."""
        sums = self.fixed.select(target)
        self.pool.add(sums, self.config.pool_size)
        sums = (sums if target is self.y else []) + self.pool.select(self.y)
        self._take(sums)
        self._polish(sums)

    def _fitted(self, fits: list[Fit]) -> list[Fit]:
        """The same forms, fitted on all points from where their constants are."""
        if not fits:
            return []
        terms, guesses = [f.terms for f in fits], [f.constants for f in fits]
        found = self._fit_all(terms, guesses, 1, self.x, self.y)
        return [f for f in found if np.isfinite(f.loss)]

    def _fit_all(self, terms, guesses, starts, x, y) -> list[Fit]:
        fit = {"lm": levenberg_marquardt, "bfgs": bfgs}[self.config.constants]
        self.budget.stop()
        return fit(
            terms, x, y, self.generator, starts=starts, guesses=guesses, stop=self.budget.stop
        )

    def _take(self, fits: list[Fit]) -> None:
        fits = [f for f in fits if np.isfinite(f.loss)]
        self.found = self.found + [f for f in fits if self.language.permits(f.terms)]
        if self.watch is not None:
            self.watch(self._best())
        self.budget.stop()

    def _pool_of(self, terms, stop: Callable[[], object] = bool) -> TermPool:
        """Those of the terms (prefixes) that vary on the points, twins left out."""
        pool = TermPool(self.x, self.language.permits if self.language.limited else None)
        for term in terms:
            stop()
            pool.append(Expression(tuple(term)))
        return pool

    def _ranked(self, fits: list[Fit]) -> list[Fit]:
        return sorted(fits, key=lambda f: rank(f, self.n))

    def _best(self) -> Fit:
        return min(self.found, key=lambda f: rank(f, self.n))

    def _certain(self) -> bool:
        """Whether rounding errors alone are left by fewer numbers than half the points.

        Only another way to write the same function could be shorter.
        """
        best = self._best()
        return best.loss <= ROUNDING and 2 * best.n_parameters < self.n and _settled(best)


def _settled(fit: Fit) -> bool:
    """Whether the search may end: exact, and not by a detour like 7000·tanh(u/1e5) for u.

    Inner constants of odd size are the sign of one.
    """
    size = np.abs(fit.constants)
    return fit.loss < EXACT and not np.any((size > 100) | (size < 0.01))
