"""From proposed skeletons to a short list of equations: fit, recombine, polish, rank.

The search does not know who proposes: the transformer, the bare prior or a fixed library are
exchangeable, so they can be compared with everything else equal.

What costs least comes first: the mean, sums of plain variables, sums of library terms. After that
the search only adds to what it has found, in an order that does not depend on the time limit, and
a step that the limit cuts leaves nothing behind. So more time never gives a worse answer.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from symtut.expressions import VARIABLES, Expression
from symtut.regression.data.scaling import in_units
from symtut.regression.search.bfgs import bfgs
from symtut.regression.search.budget import Budget, OutOfTime
from symtut.regression.search.fits import EXACT, ROUNDING, Candidate, Fit, rank, shortlist
from symtut.regression.search.language import Language
from symtut.regression.search.levenberg_marquardt import levenberg_marquardt
from symtut.regression.search.rational import RationalSearch
from symtut.regression.search.simplification import simplifications
from symtut.regression.search.terms import TermPool

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
    laws : callable, optional
        Who proposes from the structure of the points, before anything slow: (x, y, stop, operators)
        → :class:`~symtut.regression.structure.laws.Laws`, x and y in the user's units.
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
    laws: Callable | None = None
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
    complete, state = True, _Search(x, y, propose, config, generator, budget, units, y_units, watch)
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
        self.generator, self.budget, self.language = generator, budget, config.language
        n = self.n = len(x)
        self.rows = np.arange(n)  # those that candidates are screened on
        if n > config.screening_points:
            self.rows = np.sort(generator.choice(n, config.screening_points, replace=False))
        self.pool, self.fixed, self.quotients = self._pool_of([]), None, None
        self.found: list[Fit] = []
        # ratios and laws that are not exact stay apart until the end: the terms of a wrong one, and
        # what it leaves of y, would lead the rounds astray
        self.ratios: list[Fit] = []
        self.waiting: list[Fit] = []
        self.rounds_done = 0

    def begin(self) -> None:
        """The mean, sums of plain variables, what is known, sums of library terms, laws."""
        mean = Fit((), np.zeros(0), np.zeros(0), float(self.y.mean()), 1.0)
        self.found = [mean]
        names = [(name,) for name in VARIABLES[: self.x.shape[1]]]
        self._take(self._pool_of(names).select(self.y))
        known = self._best_of(self.config.known)
        self._take(known)
        self._polish(known[:4])
        self.pool.add(known, self.config.pool_size)
        if self.config.recombine and self.config.library:
            self.budget.stop()
            self.fixed = self._pool_of(self.config.library, self.budget.stop)
            self._take_library(self.fixed, self.y)
        if self.config.laws is not None:
            some = self.generator.permutation(self.n)[:PRODUCT_POINTS]
            mean, deviation = self.y_units
            x, y = self.x[some] * self.units, self.y[some] * deviation + mean
            self.laws = self.config.laws(x, y, self.budget.stop, self.language.usable)
            self._take_laws(self.laws.first())

    def run(self) -> None:
        """Ask the proposer, round after round, until the fit is exact."""
        rounds, target = self.config.rounds, self.y
        if self._certain():
            return
        for number in count() if rounds is None else range(rounds):
            target = self.y if number % 3 == 0 else target
            self._round(target, number == 0)
            self.rounds_done += 1
            if number == 0 and self.config.laws is not None and self._best().loss >= EXACT:
                self._take_laws(self.laws.later())
            best = self._best()
            if not self.config.recombine or _settled(best):
                break
            target = self.y - best.expression()(self.x)

    def _round(self, target, first: bool) -> None:
        """Proposals for a target, and selection among their terms and all that came before."""
        config = self.config
        amount = config.n_candidates if first else max(8, config.n_candidates // 2)
        self.budget.stop()
        candidates = self.propose(self.x, target, amount, self.generator, self.budget.stop)
        fits = self._screened(candidates, target)
        if target is self.y:  # what explains a residual says nothing of y by itself
            self._take(self._fit(f.candidate for f in fits[:16]))
        if config.recombine:
            self.pool.add(fits, config.pool_size)
            self._take(self.pool.select(self.y))
        self._polish(self.found)
        if not config.recombine:
            return
        # polished constants make better columns, and reveal plain variables
        self.pool.add(self._ranked(self.found)[:6], config.pool_size)
        self._take(self.pool.select(self.y))
        asked_before = first and target is self.y  # the library, for y: that was the beginning
        if self.fixed is not None and self._best().loss > ROUNDING and not asked_before:
            self._take_library(self.fixed, target)
        if config.rational and self.language.has_ratios and self._best().loss >= EXACT:
            self._take_ratios()

    def _take_library(self, library: TermPool, target: np.ndarray) -> None:
        """Sums of library terms for ``target``; their terms join the pool."""
        sums = library.select(target)
        self.pool.add(sums, self.config.pool_size)
        sums = (sums if target is self.y else []) + self.pool.select(self.y)
        self._take(sums)
        self._polish(sums)

    def _take_laws(self, proposals: Iterator[list[Candidate]]) -> None:
        """Fit proposals, which come with all their numbers, until nothing is left to explain."""
        while not self._certain() and (candidates := next(proposals, None)) is not None:
            scaled = [in_units(c.terms, c.guess, self.units) for c in candidates]
            fits = self._best_of(Candidate(*c) for c in scaled if c is not None)
            before = self._best()
            self._take([f for f in fits if f.loss < EXACT])
            if self._best() is not before:
                self._take_shorter(fits[:4])
            self.waiting = self._ranked(self.waiting + fits)[:8]

    def _take_ratios(self) -> None:
        """Sums over a common denominator of terms in the pool."""
        self.budget.stop()
        if self.quotients is None:
            self.quotients = RationalSearch(self.pool, self.budget.stop, self.language)
        found = [f for f in self.quotients.select(self.y) if self.language.permits(f.terms)]
        self.ratios = self._ranked(self.ratios + found)[:4]
        self._take([f for f in self.ratios if f.loss < EXACT])

    def _polish(self, fits: list[Fit]) -> None:
        """Refit the numbers of the best of ``fits`` on all points, and try shorter forms."""
        best = self._ranked(fits)[:12]
        refits = self._fit(f.candidate for f in best if len(f.constants))
        self._take(refits)
        self._take_shorter([f for f in best if not len(f.constants)] + refits)

    def _take_shorter(self, fits: list[Fit]) -> None:
        """sin(0.99999·x0 + 1e-7) → sin(x0); the fit decides whether that holds."""
        shorter = {c: c for f in fits for c in simplifications(f, self.x)}
        self._take(self._fit(c for c in shorter.values() if self.language.permits(c.terms)))

    def _take(self, fits: list[Fit]) -> None:
        permitted = [f for f in fits if np.isfinite(f.loss) and self.language.permits(f.terms)]
        self.found = self.found + permitted
        if self.watch is not None:
            self.watch(self._best())
        self.budget.stop()

    def _screened(self, candidates: list[Candidate], target) -> list[Fit]:
        """Candidates with constants fitted on some points, in blocks, best first."""
        if self.language.limited:
            candidates = list(dict.fromkeys(map(self.language.reduced, candidates)))
            candidates = [c for c in candidates if c.terms]
        fits = []
        for begin in range(0, len(candidates), 128):
            block = candidates[begin : begin + 128]
            fits += self._fit(block, self.config.starts, self.rows, target)
        return sorted(fits, key=lambda f: rank(f, len(self.rows)))

    def _best_of(self, candidates: Iterable[Candidate]) -> list[Fit]:
        """The best of candidates that come with all their numbers, in every digit."""
        fits = self._fit(c for c in candidates if self.language.permits(c.terms))
        return self._ranked(fits)[:8]

    def _fit(self, candidates: Iterable[Candidate], starts=1, rows=None, target=None) -> list[Fit]:
        """Candidates with the numbers that fit best, less those that are undefined at a point."""
        candidates = list(candidates)
        if not candidates:
            return []
        self.budget.stop()
        x, y = self.x, self.y if target is None else target
        x, y = (x, y) if rows is None else (x[rows], y[rows])
        fits = {"lm": levenberg_marquardt, "bfgs": bfgs}[self.config.constants](
            [c.terms for c in candidates], x, y, self.generator, starts=starts,
            guesses=[c.guess for c in candidates], stop=self.budget.stop,
        )  # fmt: skip
        return [f for f in fits if np.isfinite(f.loss)]

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
        """Whether fewer numbers than half the points leave rounding errors alone: nothing shorter
        is to be expected but another way to write the same function."""
        best = self._best()
        return best.loss <= ROUNDING and 2 * best.n_parameters < self.n and _settled(best)


def _settled(fit: Fit) -> bool:
    """Whether the search may end: exact, and not by a detour like 7000·tanh(u/1e5) for u.

    Inner constants of odd size are the sign of one.
    """
    size = np.abs(fit.constants)
    return fit.loss < EXACT and not np.any((size > 100) | (size < 0.01))
