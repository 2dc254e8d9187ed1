"""What a handful of seeds can tell: interquartile means, intervals, censored steps, comparisons.

After Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice"
(NeurIPS 2021): the interquartile mean instead of the mean, bootstrap intervals that resample runs
within each task, and the probability that one method beats another. How many steps a method needs
is a waiting time that some runs do not live to see the end of; Kaplan and Meier's estimator (1958)
uses those runs for what they say, namely "more than this".
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

RESAMPLES = 5000
LEVEL = 0.95
Z = 1.959964  # of the normal distribution, for LEVEL


class Interval(NamedTuple):
    """An estimate and its 95 % interval. NaN limits: too few runs to say."""

    value: float
    low: float
    high: float


# ---- returns ------------------------------------------------------------------------------------


def interquartile_mean(values: np.ndarray) -> np.ndarray:
    """Mean of the middle half, ``(..., n)`` -> ``(...)``.

    A quarter of the values, rounded down, is dropped at each end: of ten runs two and two, of
    three none.
    """
    values = np.sort(np.asarray(values, dtype=float), axis=-1)
    cut = values.shape[-1] // 4
    return values[..., cut : values.shape[-1] - cut].mean(-1)


def stratified_bootstrap(
    strata: Sequence[np.ndarray],
    statistic: Callable[[list[np.ndarray]], np.ndarray],
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> np.ndarray:
    """A statistic of ``resamples`` imagined repetitions of the experiment.

    Parameters
    ----------
    strata : sequence of (n_k, ...) arrays
        The runs of each cell of the experiment (a task, or a task and a method). Runs are drawn
        with replacement within their own cell, so that each repetition has the same design.
    statistic : callable
        Gets the list of ``(resamples, n_k, ...)`` arrays, returns ``(resamples, ...)``.

    Returns
    -------
    (resamples, ...) array
    """
    generator = np.random.default_rng(seed)
    drawn = []
    for stratum in map(np.asarray, strata):
        n = len(stratum)
        drawn.append(stratum[generator.integers(n, size=(resamples, n))])
    return statistic(drawn)


def limits(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper limit of the percentile interval, along the first axis.

    Values of the samples themselves, not means of two of them: samples may be infinite.
    """
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(samples, [tail, 1 - tail], axis=0, method="nearest")
    return low, high


def mean_return(returns: np.ndarray, resamples: int = RESAMPLES) -> Interval:
    """Interquartile mean of ``(n,)`` final returns with its bootstrap interval."""
    value = float(interquartile_mean(returns))
    if len(returns) < 2:
        return Interval(value, np.nan, np.nan)
    samples = stratified_bootstrap([returns], lambda drawn: interquartile_mean(drawn[0]), resamples)
    return Interval(value, *map(float, limits(samples)))


def curve_band(returns: np.ndarray, resamples: int = 2000) -> tuple[np.ndarray, ...]:
    """Interquartile mean of curves and its band: ``(n, K)`` -> three times ``(K,)``.

    Whole runs are resampled, so the band is right at each point (not for all points at once).
    """
    returns = np.asarray(returns, dtype=float)
    middle = interquartile_mean(returns.T)

    def statistic(drawn):  # (resamples, n, K)
        return interquartile_mean(drawn[0].swapaxes(1, 2))

    return middle, *limits(stratified_bootstrap([returns], statistic, resamples))


# ---- comparisons --------------------------------------------------------------------------------


def improvement(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Chance that a run of x beats a run of y, a tie counting half: ``(..., n), (..., m)``."""
    x, y = np.asarray(x)[..., :, None], np.asarray(y)[..., None, :]
    return ((x > y) + 0.5 * (x == y)).mean((-2, -1))


def probability_of_improvement(
    x: Sequence[np.ndarray], y: Sequence[np.ndarray], resamples: int = RESAMPLES
) -> Interval:
    """P(X > Y) averaged over tasks (Agarwal et al. 2021, section 4.3), runs resampled by task.

    Parameters
    ----------
    x, y : sequences of (n_k,), (m_k,) arrays
        Higher is better; one array a task, in the same order of tasks.
    """
    tasks = len(x)

    def statistic(drawn):
        pairs = zip(drawn[:tasks], drawn[tasks:], strict=True)
        return np.mean([improvement(a, b) for a, b in pairs], axis=0)

    value = float(np.mean([improvement(a, b) for a, b in zip(x, y, strict=True)]))
    if min(map(len, [*x, *y])) < 2:
        return Interval(value, np.nan, np.nan)
    return Interval(
        value, *map(float, limits(stratified_bootstrap([*x, *y], statistic, resamples)))
    )


# ---- steps to a threshold -----------------------------------------------------------------------


def censored(steps_to_threshold: Sequence[int | None], spent: Sequence[int]) -> np.ndarray:
    """``(n, 2)``: steps, and 1 where they reached the threshold or 0 where the run just ended."""
    pairs = zip(steps_to_threshold, spent, strict=True)
    return np.array([(s, 1) if s is not None else (end, 0) for s, end in pairs], dtype=float)


def kaplan_meier(waits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share of runs still unsolved after so many steps, and Greenwood's sum for its error.

    Parameters
    ----------
    waits : (..., n, 2) array
        From :func:`censored`. A run that ended unsolved at t was still unsolved at t.

    Returns
    -------
    steps, survival, greenwood : (..., n) arrays
        One entry a run, by rising steps; of equal steps only the last entry is the estimate at
        those steps. ``greenwood`` is the sum of d / (r (r - d)), infinite where survival is 0.
    """
    waits = np.asarray(waits, dtype=float)
    steps, reached = waits[..., 0], waits[..., 1] > 0
    order = np.lexsort((~reached, steps), axis=-1)  # at equal steps, the solved ones first
    steps, reached = (np.take_along_axis(a, order, -1) for a in (steps, reached))
    n = steps.shape[-1]
    at_risk = n - np.arange(n)
    survival = np.cumprod(1 - reached / at_risk, axis=-1)
    with np.errstate(divide="ignore"):  # one run after another gives the same sum as d at once
        greenwood = np.cumsum(np.where(reached, 1 / (at_risk * (at_risk - 1.0)), 0.0), axis=-1)
    return steps, survival, greenwood


def _first_at_half(steps: np.ndarray, survival: np.ndarray) -> np.ndarray:
    """Steps at which a falling curve first is at most 1/2, infinite if it never is."""
    below = survival <= 0.5 + 1e-12
    first = np.take_along_axis(steps, below.argmax(-1)[..., None], -1)[..., 0]
    return np.where(below.any(-1), first, np.inf)


def median_steps(waits: np.ndarray) -> np.ndarray:
    """Kaplan and Meier's median, ``(..., n, 2)`` -> ``(...)``: infinite if not half got there.

    The smallest number of steps after which at most half of the runs are unsolved; of ten solved
    runs the fifth.
    """
    steps, survival, _ = kaplan_meier(waits)
    return _first_at_half(steps, survival)


def steps_to_threshold(waits: np.ndarray) -> Interval:
    """Median number of steps with Brookmeyer and Crowley's interval (1982, log-log scale).

    The interval holds the steps at which a half unsolved is compatible with the runs; its upper
    limit is infinite if too few of them were solved to bound it.
    """
    steps, survival, greenwood = kaplan_meier(waits)
    value = float(_first_at_half(steps, survival))
    if len(waits) < 2:
        return Interval(value, np.nan, np.nan)
    inside = (survival > 0) & (survival < 1)
    log_survival = np.log(np.where(inside, survival, 0.5))
    error = Z * np.sqrt(np.where(inside, greenwood, 0.0)) / np.abs(log_survival)
    lower = np.where(inside, np.exp(log_survival * np.exp(error)), survival)
    upper = np.where(inside, np.exp(log_survival * np.exp(-error)), survival)
    # At equal steps only the last entry counts; an earlier one may dip below it on its way.
    last = np.append(np.diff(steps) > 0, True)
    return Interval(
        value,
        float(_first_at_half(steps[last], lower[last])),
        float(_first_at_half(steps[last], upper[last])),
    )


def ratio_of_medians(
    waits: np.ndarray, reference: np.ndarray, resamples: int = RESAMPLES
) -> Interval:
    """How many times the reference's steps a method needs, with a bootstrap interval.

    A median that was not reached is only known to exceed the steps that were spent. The limits
    keep to what is known: the lower one takes such a method at the steps spent, the upper one at
    infinity (and the other way round for the reference). ``value`` is infinite where only the
    method's median was not reached, 0 where only the reference's was not, NaN where neither was.
    """

    def bounds(drawn):
        above, below = (median_steps(d) for d in drawn)
        above_spent, below_spent = (d[..., 0].max(-1) for d in drawn)
        return np.stack(
            [np.minimum(above, above_spent) / below, above / np.minimum(below, below_spent)], -1
        )

    above, below = float(median_steps(waits)), float(median_steps(reference))
    value = above / below if np.isfinite(above) or np.isfinite(below) else np.nan
    if min(len(waits), len(reference)) < 2:
        return Interval(value, np.nan, np.nan)
    samples = stratified_bootstrap([waits, reference], bounds, resamples)
    return Interval(value, float(limits(samples[:, 0])[0]), float(limits(samples[:, 1])[1]))
