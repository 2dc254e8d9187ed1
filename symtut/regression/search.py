"""From proposed skeletons to a short list of equations: fit, recombine, polish, rank.

The search does not know who proposes: the transformer, the bare prior or a fixed library are
exchangeable, so they can be compared with everything else equal.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count

import numpy as np

from symtut.expressions import VARIABLES, Expression
from symtut.regression.bfgs import bfgs
from symtut.regression.constants import Candidate, Fit
from symtut.regression.levenberg_marquardt import levenberg_marquardt
from symtut.regression.ranking import EXACT, pareto, rank
from symtut.regression.rational import RationalSearch
from symtut.regression.recombination import TermPool
from symtut.regression.simplification import simplifications

ROUNDING = 1e-16
"""1 − R² that no formula but the right one reaches in double precision: above it, even where the
fit is exact to the digits of float32 observations, a shorter formula may be in the library."""

Proposer = Callable[..., list[Candidate]]
"""(x, y, how many, generator, stop) → candidate skeletons; ``stop()`` is true once time is up."""


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
    screening_points, working_points, final_points : int
        Candidates are first fitted on at most so many points, drawn at random; the best are then
        recombined and polished on so many; the inner constants of the short list are refitted on
        so many. The outer weights are always solved on all points.
    recombine : bool
        Pool the terms of good candidates and select among them; off in the paper's setting.
    pool_size : int
        Terms pooled in each round.
    rational : bool
        Look for sums over a common denominator too, where no sum is exact (with ``recombine``).
    library : tuple of prefixes
        Fixed terms without constants. Where the proposals of a round leave more than rounding
        errors, sums of these are tried for the same target and join the pool (with ``recombine``).
    clock : callable
        Seconds; what the deadline refers to. Benchmarks count CPU-seconds instead of wall time.
    """

    n_candidates: int = 256
    rounds: int | None = 3
    constants: str = "lm"
    starts: int = 4
    screening_points: int = 96
    working_points: int = 1000
    final_points: int = 20_000
    recombine: bool = True
    pool_size: int = 48
    rational: bool = True
    library: tuple[tuple[str, ...], ...] = ()
    clock: Callable[[], float] = time.monotonic


def search(
    x: np.ndarray,
    y: np.ndarray,
    propose: Proposer,
    config: SearchConfig,
    generator: np.random.Generator,
    deadline: float = np.inf,
) -> tuple[list[Fit], bool]:
    """Find equations for y.

    Parameters
    ----------
    x : (n, d) float64, y : (n,) float64 with mean 0 and standard deviation 1
    deadline : float
        Time on ``config.clock`` at which to stop; what was found by then is returned.

    Returns
    -------
    (fits, complete)
        The Pareto front of complexity and loss, best criterion first (never empty: with no time
        at all it holds the best sums of plain variables); whether all rounds ran.
    """

    def stop() -> bool:
        return config.clock() > deadline

    x_all, y_all = x, y
    if len(x) > config.working_points:
        chosen = np.sort(generator.choice(len(x), config.working_points, replace=False))
        x, y = x[chosen], y[chosen]
    n = len(x)
    rows = np.arange(n)
    if n > config.screening_points:
        rows = np.sort(generator.choice(n, config.screening_points, replace=False))
    fit_all = partial({"lm": levenberg_marquardt, "bfgs": bfgs}[config.constants], stop=stop)
    found: list[Fit] = []
    pool, quotients, ratios = TermPool(x), None, []
    target, complete, hurried = y, True, False
    fixed = _fixed_pool(x, config.library) if config.recombine else None
    for number in count() if config.rounds is None else range(config.rounds):
        if stop():
            complete = bool(found) and config.rounds is None
            break
        if number % 3 == 0:
            target = y
        amount = config.n_candidates if number == 0 else max(8, config.n_candidates // 2)
        # proposing may take half of the time that is left: what is proposed must be fitted, too
        half = (config.clock() + deadline) / 2
        candidates = propose(
            x, target, amount, generator, lambda half=half: config.clock() > half
        )  # fmt: skip
        hurried = hurried or config.clock() > half
        fits = _fit_until(stop, fit_all, candidates, x[rows], target[rows], generator, config)
        fits = sorted((f for f in fits if np.isfinite(f.loss)), key=lambda f: rank(f, len(rows)))
        if target is y:
            best = fits[:16]
            guesses = [f.constants for f in best]
            found += fit_all([f.terms for f in best], x, y, generator, starts=1, guesses=guesses)
        if config.recombine:
            pool.add(fits, config.pool_size)
            found += pool.select(y)
        found = [f for f in found if np.isfinite(f.loss)]
        if stop():  # what there is has been pooled; the rest is polish
            complete = bool(found) and config.rounds is None
            break
        if not found:
            continue
        found = _polish(found, x, y, generator, fit_all)
        if config.recombine:  # polished constants make better columns, and reveal plain variables
            pool.add(sorted(found, key=lambda f: rank(f, n))[:6], config.pool_size)
            found += pool.select(y)
        best = min(found, key=lambda f: rank(f, n))
        if fixed is not None and best.loss > ROUNDING and not stop():
            sums = fixed.select(target)
            pool.add(sums, config.pool_size)
            sums = (sums if target is y else []) + pool.select(y)
            found += _polish(sums, x, y, generator, fit_all)
            best = min(found, key=lambda f: rank(f, n))
        if config.recombine and config.rational and best.loss >= EXACT and not stop():
            # a ratio that is not exact waits for the end: its residual would lead astray
            quotients = quotients or RationalSearch(pool)
            ratios = sorted(ratios + quotients.select(y), key=lambda f: rank(f, n))[:4]
            found += [f for f in ratios if f.loss < EXACT]
            best = min(found, key=lambda f: rank(f, n))
        if not config.recombine or _settled(best):
            break
        target = y - best.expression()(x)
    found = found + ratios or _linear(x, y)
    if len(x_all) > n:
        found = _on_more_points(found, x_all, y_all, generator, config, stop)
    return pareto(found, n), complete and (config.rounds is None or not hurried)


def _fixed_pool(x, library) -> TermPool | None:
    """The terms of the library that vary on the points, twins left out; None without a library."""
    pool = TermPool(x)
    for term in library:
        pool.append(Expression(term))
    return pool if pool.terms else None


def _linear(x, y) -> list[Fit]:
    """The best sums of plain variables."""
    pool = TermPool(x)
    names = [Fit(((name,),), np.zeros(0), np.ones(1), 0.0, 1.0) for name in VARIABLES[: x.shape[1]]]
    pool.add(names, len(names))
    mean = Fit((), np.zeros(0), np.zeros(0), float(y.mean()), 1.0)
    return [f for f in pool.select(y) if np.isfinite(f.loss)] or [mean]


def _on_more_points(found: list[Fit], x, y, generator, config, stop) -> list[Fit]:
    """The short list with its inner constants refitted on up to ``config.final_points`` points.

    One formula at a time: the working memory of a fit grows with formulas times points.
    """
    chosen = np.arange(len(x))
    if len(x) > config.final_points:
        chosen = np.sort(generator.choice(len(x), config.final_points, replace=False))
    front = pareto(found, config.working_points)
    for i, fit in enumerate(front[:4]):
        if len(fit.constants) and not stop():
            refit = levenberg_marquardt(
                [fit.terms], x[chosen], y[chosen], generator, starts=1, iterations=9,
                guesses=[fit.constants], stop=stop,
            )[0]  # fmt: skip
            if np.isfinite(refit.loss):
                front[i] = refit
    return front


def _settled(fit: Fit) -> bool:
    """Whether the search may end: exact, and not by a detour like 7000·tanh(u/1e5) for u.

    Inner constants of odd size are the sign of one.
    """
    size = np.abs(fit.constants)
    return fit.loss < EXACT and not np.any((size > 100) | (size < 0.01))


def _fit_until(stop, fit_all, candidates, x, y, generator, config):
    """Fit candidates in blocks, most probable first, until time is up."""
    fits: list[Fit] = []
    for begin in range(0, len(candidates), 128):
        if stop():
            break
        block = candidates[begin : begin + 128]
        terms, guesses = [c.terms for c in block], [c.guess for c in block]
        fits += fit_all(terms, x, y, generator, starts=config.starts, guesses=guesses)
    return fits


def _polish(fits: list[Fit], x, y, generator, fit_all) -> list[Fit]:
    """Refit the numbers of the best candidates on all points, from where they are."""
    n = len(y)
    fits = sorted(fits, key=lambda f: rank(f, n))
    best = fits[:12]
    refits = [f for f in best if not len(f.constants)]
    with_constants = [f for f in best if len(f.constants)]
    if with_constants:
        refits += fit_all(
            [f.terms for f in with_constants], x, y, generator, starts=1,
            guesses=[f.constants for f in with_constants],
        )  # fmt: skip
    refits = [f for f in refits if np.isfinite(f.loss)]
    shorter = dict(candidate for f in refits for candidate in simplifications(f, x))
    if shorter:  # sin(0.99999·x0 + 1e-7) → sin(x0); the fit decides whether that holds
        refits += fit_all(
            list(shorter), x, y, generator, starts=1, guesses=list(shorter.values())
        )  # fmt: skip
    known = set(map(id, best))
    return fits + [f for f in refits if np.isfinite(f.loss) and id(f) not in known]
