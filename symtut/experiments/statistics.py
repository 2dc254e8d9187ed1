"""What a handful of seeds can tell: interquartile means, intervals, censored steps, comparisons.

After Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice"
(NeurIPS 2021): the interquartile mean instead of the mean, bootstrap intervals that resample runs
within each task, and the probability that one method beats another. How many steps a method needs
is a waiting time, and some runs end before it is over. Kaplan and Meier's estimator (1958) uses
such a run for what is known: "more than this". Means, bootstrap and estimator are SciPy's.
"""

import inspect
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

RESAMPLES = 5000
LEVEL = 0.95
#: What SciPy calls the generator of a bootstrap: it became ``rng`` in version 1.15.
_GENERATOR = "rng" if "rng" in inspect.signature(stats.bootstrap).parameters else "random_state"


class Interval(NamedTuple):
    """An estimate and its 95 % interval. NaN limits: too few runs to say."""

    value: float
    low: float
    high: float


def interquartile_mean(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """Mean of the middle half, ``(..., n)`` -> ``(...)``.

    A quarter of the values, rounded down, is dropped at each end: of ten runs two and two, of
    three none.
    """
    return stats.trim_mean(values, 0.25, axis=axis)


def bootstrap_limits(
    samples: Sequence[np.ndarray], statistic: Callable, resamples: int = RESAMPLES
) -> np.ndarray:
    """Lower and upper limit of the percentile interval, ``(2, ...)``.

    Parameters
    ----------
    samples : sequence of (..., n_k) arrays
        The runs of each cell of the experiment (a task, or a task and a method), along the last
        axis. They are drawn with replacement within their own cell, so that each repetition has
        the design of the experiment.
    statistic : callable
        Gets as many arrays ``(..., resamples, n_k)`` and ``axis=-1``, returns ``(..., resamples)``.
    """
    generator: dict[str, Any] = {_GENERATOR: np.random.default_rng(0)}
    with np.errstate(invalid="ignore"):  # of SciPy's own interval, where a statistic is infinite
        found = stats.bootstrap(
            samples, statistic, n_resamples=resamples, axis=-1, vectorized=True,
            method="percentile", **generator,
        )  # fmt: skip
    tail = (1 - LEVEL) / 2
    # Values of the resamples themselves, not means of two of them: one may be infinite.
    return np.quantile(found.bootstrap_distribution, [tail, 1 - tail], axis=-1, method="nearest")


def mean_return(returns: np.ndarray, resamples: int = RESAMPLES) -> Interval:
    """Interquartile mean of ``(n,)`` final returns with its bootstrap interval."""
    value = float(interquartile_mean(returns))
    if len(returns) < 2:
        return Interval(value, np.nan, np.nan)
    return Interval(value, *map(float, bootstrap_limits([returns], interquartile_mean, resamples)))


def curve_band(returns: np.ndarray, resamples: int = 2000) -> tuple[np.ndarray, ...]:
    """Interquartile mean of curves and its band: ``(n, K)`` -> three times ``(K,)``.

    Whole runs are resampled, so the band is right at each point (not for all points at once).
    """
    values = np.asarray(returns, dtype=float).T
    middle = interquartile_mean(values)
    if len(returns) < 2:  # a single run has no band
        return middle, middle, middle
    return middle, *bootstrap_limits([values], interquartile_mean, resamples)


def chance_to_beat(x: np.ndarray, y: np.ndarray) -> np.ndarray:
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

    def statistic(*drawn, axis=-1):
        pairs = zip(drawn[: len(x)], drawn[len(x) :], strict=True)
        return np.mean([chance_to_beat(a, b) for a, b in pairs], axis=0)

    value = float(statistic(*x, *y))
    if min(map(len, [*x, *y])) < 2:
        return Interval(value, np.nan, np.nan)
    return Interval(value, *map(float, bootstrap_limits([*x, *y], statistic, resamples)))


# ---- steps to a threshold -----------------------------------------------------------------------


def censored(steps_to_threshold: Iterable[int | None], spent: Iterable[int]) -> np.ndarray:
    """``(n, 2)``: steps, and 1 where they reached the threshold or 0 where the run just ended."""
    pairs = zip(steps_to_threshold, spent, strict=True)
    return np.array([(s, 1) if s is not None else (end, 0) for s, end in pairs], dtype=float)


def _first_at_half(steps: np.ndarray, survival: np.ndarray) -> np.ndarray:
    """Steps at which a falling curve first is at most 1/2, infinite if it never is."""
    below = survival <= 0.5 + 1e-12
    first = np.take_along_axis(steps, below.argmax(-1)[..., None], -1)[..., 0]
    return np.where(below.any(-1), first, np.inf)


def median_steps(waits: np.ndarray) -> np.ndarray:
    """Kaplan and Meier's median, ``(..., n, 2)`` -> ``(...)``: infinite if not half got there.

    The smallest number of steps after which at most half of the runs are unsolved; of ten solved
    runs the fifth. SciPy's ``ecdf`` takes one sample at a time; a bootstrap has thousands.
    """
    waits = np.asarray(waits, dtype=float)
    steps, reached = waits[..., 0], waits[..., 1] > 0
    # By rising steps; at equal steps first those who got there, as who ended there unsolved was
    # still at risk. Each who got there leaves the share 1 - 1/(runs at risk) of the curve; several
    # at once, one after another, give the same product.
    order = np.lexsort((~reached, steps), axis=-1)
    steps, reached = (np.take_along_axis(a, order, -1) for a in (steps, reached))
    survival = np.cumprod(1 - reached / np.arange(steps.shape[-1], 0, -1), axis=-1)
    return _first_at_half(steps, survival)


def steps_to_threshold(waits: np.ndarray) -> Interval:
    """Median number of steps with Brookmeyer and Crowley's interval (1982, log-log scale).

    The interval holds the steps at which a half unsolved is compatible with the runs; its upper
    limit is infinite if too few of them were solved to bound it. Where all runs were solved the
    curve is 0 and its error is undefined (SciPy gives no limits there): both limits are 0 then, for
    n solved runs of n are a chance of 1/2^n if a half of all runs would still be unsolved.
    """
    waits = np.asarray(waits, dtype=float)
    value = float(median_steps(waits))
    if len(waits) < 2:
        return Interval(value, np.nan, np.nan)
    solved = waits[:, 1] > 0
    curve = stats.ecdf(stats.CensoredData(waits[solved, 0], right=waits[~solved, 0])).sf
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # says that there are no limits where the curve is 0 or 1
        band = curve.confidence_interval(confidence_level=LEVEL, method="log-log")
    limits = [
        np.where(np.isnan(side.probabilities), curve.probabilities, side.probabilities)
        for side in (band.low, band.high)
    ]
    return Interval(value, *(float(_first_at_half(curve.quantiles, side)) for side in limits))


def ratio_of_medians(
    waits: np.ndarray, reference: np.ndarray, resamples: int = RESAMPLES
) -> Interval:
    """How many times the reference's steps a method needs, with a bootstrap interval.

    A median that was not reached is only known to exceed the steps that were spent. The limits
    keep to what is known: the lower one takes such a method at the steps spent, the upper one at
    infinity (and the other way round for the reference). ``value`` is infinite where only the
    method's median was not reached, 0 where only the reference's was not, NaN where neither was.
    """

    def bounds(i, j, axis=-1):  # runs by number: a run is two numbers
        above, below = median_steps(waits[i]), median_steps(reference[j])
        above_spent, below_spent = waits[i, 0].max(-1), reference[j, 0].max(-1)
        lower = np.minimum(above, above_spent) / below
        return np.stack([lower, above / np.minimum(below, below_spent)])

    above, below = float(median_steps(waits)), float(median_steps(reference))
    value = above / below if np.isfinite(above) or np.isfinite(below) else np.nan
    runs = [np.arange(len(waits)), np.arange(len(reference))]
    if min(map(len, runs)) < 2:
        return Interval(value, np.nan, np.nan)
    (low, _), (_, high) = bootstrap_limits(runs, bounds, resamples).T
    return Interval(value, float(low), float(high))
