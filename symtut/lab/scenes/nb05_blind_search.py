"""Guessing formulas blindly: draw from the prior, fit the constants, stop at an exact fit."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from symtut import SymbolicRegressor, make_task, progress
from symtut.expressions import Grammar, terms_of
from symtut.regression.problems.suites import Problem, random_suite
from symtut.regression.search.fits import Terms
from symtut.regression.search.levenberg_marquardt import levenberg_marquardt
from symtut.tasks.random_policy import random_transitions

EXACT = 1e-9  # 1 − R²: observations have the digits of float32, no wrong formula comes that far
FITTED = 96  # points; the others judge what fits


def pendulum_steps(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Real steps under random torques: (θ, θ̇, u), (m, 3), and increments of θ and θ̇, (m, 2)."""
    task = make_task("pendulum")
    steps = random_transitions(task, n, seed)
    free = np.abs(steps.next_state[:, 1]) < 8 - 1e-5  # the simulator cuts the velocity at 8 rad/s
    inputs = np.column_stack([steps.state, steps.action])
    return inputs[free], task.difference(steps.next_state, steps.state)[free]


def prior_search(x: np.ndarray, y: np.ndarray, seed: int) -> SymbolicRegressor:
    """The package's search by draws from the prior, with recombination of their terms."""
    return SymbolicRegressor(method="prior", max_time=None, random_state=seed).fit(x, y)


def misfit(terms: Terms, x: np.ndarray, y: np.ndarray, generator: np.random.Generator) -> float:
    """1 − R² of the best fit of a skeleton."""
    return max(levenberg_marquardt([terms], x, y, generator, starts=16)[0].loss, 0.0)


@dataclass(frozen=True)
class Search:
    """What blind draws have found.

    Attributes
    ----------
    drawn : list of canonical skeletons
    loss : float array (draws,)
        1 − R² of each after its constants were fitted.
    cpu_seconds : float
    """

    drawn: list[Terms]
    loss: np.ndarray
    cpu_seconds: float

    @property
    def first_hit(self) -> float:
        """The number of draws until the first exact fit; infinite if there is none."""
        hits = np.flatnonzero(self.loss < EXACT)
        return 1.0 + hits[0] if hits.size else np.inf

    def hits(self, true: set[tuple[str, ...]]) -> Counter:
        """Exact fits by what they contain: just the true terms, these and others, other terms."""
        exact = [set(t) for t, loss in zip(self.drawn, self.loss, strict=True) if loss < EXACT]
        return Counter(
            "with just the terms"
            if terms == true
            else "with others besides"
            if terms > true
            else "in another spelling"
            for terms in exact
        )


def blind_search(x: np.ndarray, y: np.ndarray, n: int, generator: np.random.Generator) -> Search:
    """Draw ``n`` skeletons from the package's prior and fit each: x (points, d), y (points,)."""
    begun = time.process_time()
    drawn = Grammar().sample(n, x.shape[1], generator)
    unique = list(dict.fromkeys(drawn))  # fitted once, counted as often as drawn
    rows = generator.permutation(len(x))
    seen, kept = rows[:FITTED], rows[FITTED:]
    loss = {}
    for terms, fit in zip(
        unique, levenberg_marquardt(unique, x[seen], y[seen], generator, starts=4), strict=True
    ):
        loss[terms] = fit.loss
        if fit.loss < EXACT:  # a fluke does not survive the points that were not fitted
            loss[terms] = np.mean((fit.expression()(x[kept]) - y[kept]) ** 2) / y.var()
    losses = np.array([loss[terms] for terms in drawn])
    return Search(drawn, losses, time.process_time() - begun)


@dataclass(frozen=True)
class Trials:
    """Held-out random functions and what finds them, one entry a function.

    Attributes
    ----------
    easy : bool (n,)
        One or two flat terms; the others have more, or are nested.
    first_hit : float (n,), draws until an exact fit
    told : bool (n,), whether the fit is exact once the true skeleton is given
    pooled : bool (n,), found by blind draws with recombination
    blind_seconds, pooled_seconds : float (n,), CPU-seconds
    """

    easy: np.ndarray
    first_hit: np.ndarray
    told: np.ndarray
    pooled: np.ndarray
    blind_seconds: np.ndarray
    pooled_seconds: np.ndarray


def held_out_functions(n: int, draws: int, seed: int) -> Trials:
    """Blind search with ``draws`` draws, and with recombination, on ``n`` held-out functions."""
    problems = random_suite(n, seed=1000 + seed)
    steps = progress.steps(problems, "blind search")
    rows = [_trial(problem, draws, seed, k) for k, problem in enumerate(steps)]
    easy = np.array([problem.kind == "one or two terms, flat" for problem in problems])
    return Trials(easy, *map(np.array, zip(*rows, strict=True)))


def _trial(problem: Problem, draws: int, seed: int, k: int) -> Sequence:
    generator = np.random.default_rng(np.random.SeedSequence([seed, 26, k]))
    x = problem.points(2 * FITTED, generator)
    y = problem.truth(x)
    y = (y - y.mean()) / y.std()
    blind = blind_search(x, y, draws, generator)
    told = misfit(terms_of(problem.truth.prefix), x[:FITTED], y[:FITTED], generator) < EXACT
    regressor = prior_search(x[:FITTED], y[:FITTED], seed)
    pooled = 1 - regressor.score(x[FITTED:], y[FITTED:]) < 1e-8
    return blind.first_hit, told, pooled, blind.cpu_seconds, regressor.fit_time_
