"""The exercises of notebook 11; those on steps to a threshold stand in :mod:`nb11_waits`."""

import math

import numpy as np

from symtut.lab.exercises.kinds import Function
from symtut.lab.exercises.nb11_waits import exercise_3, exercise_4

__all__ = ["exercise_1", "exercise_2", "exercise_3", "exercise_4", "exercise_5"]


def middle(returns: np.ndarray) -> float:
    """The interquartile mean: without the quarter, rounded down, of the lowest and highest."""
    ordered = sorted(float(r) for r in returns)
    for _ in range(len(ordered) // 4):
        ordered = ordered[1:-1]
    return math.fsum(ordered) / len(ordered)


def exercise_1() -> Function:
    """Interquartile mean."""

    def reference(returns):
        return middle(returns)

    def cut(low, high):
        return lambda v: np.sort(v)[low(len(v)) : len(v) - high(len(v))].mean()

    def quarter(n):
        return n // 4

    def rounded(n):
        return round(n / 4)

    def rounded_up(n):
        return math.ceil(n / 4) if n > 2 else 0

    down = "A quarter of n is rounded down: of seven runs one goes at each end."

    return Function(
        reference,
        cases=[
            (np.array([-150.0, -152, -149, -400, -151]),),
            (np.array([6.0, 1, 2]),),
            (np.array([9.0, 0, 40, -5, 3, 80, 7, 8]),),
            (np.array([2.0, 9, 2, 2, 30, 5]),),
            (np.array([-3.0, -20, -1, -7, -60, -1, -9]),),
            (np.array([3.0, 0, 50, 1, -30, 4, 11, 7, -2, 70, 20]),),
            (np.array([-150.0]),),
        ],
        mistakes=[
            (np.median, "That is the median: it uses only the run in the middle."),
            (np.mean, "That is the mean: one failed run moves it by any amount."),
            (
                lambda v: v[len(v) // 4 : len(v) - len(v) // 4].mean(),
                "Sort first: these are the middle runs by seed number, not by return.",
            ),
            (cut(rounded, rounded), down),
            (cut(rounded_up, rounded_up), down),
            (cut(quarter, lambda n: 0), "The highest quarter goes, too, not only the lowest."),
            (cut(lambda n: 0, quarter), "The lowest quarter goes, too, not only the highest."),
            (
                cut(lambda n: n // 8, lambda n: n // 8),
                "A quarter goes at each end, a half in all.",
            ),
        ],
        hint="np.sort, then a slice: a quarter of the runs, rounded down, goes at each end.",
        without=["interquartile_mean", "mean_return", "curve_band"],
    )


def exercise_2() -> Function:
    """An interval by bootstrap."""

    def interval(statistic, levels=(0.025, 0.975)):
        """Quantiles of a statistic of drawn runs, by sorting; the same draws in any order."""

        def reference(returns, resamples, generator):
            drawn = generator.choice(returns, size=(resamples, len(returns)))
            found = np.array(sorted(statistic(row) for row in drawn))
            return np.interp(np.array(levels) * (len(found) - 1), np.arange(len(found)), found)

        return reference

    def of_normal(returns, resamples, generator):
        error = returns.std(ddof=1) / np.sqrt(len(returns))
        return np.array([returns.mean() - 1.96 * error, returns.mean() + 1.96 * error])

    reference = interval(middle)
    # Of so many resamples of these few runs, the quantiles are the same however one draws.
    few, many = np.array([10.0, 5, 10, 5, 2]), 2000
    return Function(
        reference,
        cases=[
            (few, many, np.random.default_rng(5)),
            (np.array([0.0, -5, -10, 0, -5]), many, np.random.default_rng(6)),
            # One resample is both limits: it shows the number of resamples, and the generator.
            (np.array([-1.3, -8.1, 2.4, 5.9, -0.2, 7.7, 3.1, -4.6]), 1, np.random.default_rng(7)),
        ],
        mistakes=[
            (
                lambda r, n, g: np.quantile(r, [0.025, 0.975]),
                "That is the spread of single runs, not of the statistic.",
            ),
            (
                of_normal,
                "That is the textbook interval of a mean; draw runs and compute the IQM.",
            ),
            (interval(np.mean), "Those are means of the drawn runs: take the IQM of each row."),
            (interval(np.median), "Those are medians of the drawn runs: take the IQM of each row."),
            (interval(middle, (0.05, 0.95)), "That holds the middle 90 %: 2.5 % go at each end."),
            (interval(middle, (0.25, 0.75)), "2.5 % are 0.025, not 0.25."),
            (interval(middle, (0.0, 1.0)), "Lowest and highest depend on chance: take quantiles."),
            (interval(middle, (0.975, 0.025)), "The lower limit comes first."),
            (
                lambda r, n, g: np.full(2, middle(r)),
                "Without replacement every draw is the same set of runs.",
            ),
        ],
        hint="As many draws as there are runs in each row, from the given generator and with "
        "replacement; an IQM for each row; two quantiles.",
    )


def exercise_5() -> Function:
    """The price."""

    def price(episodes, a_second=20.0, pause=30.0, unit=60):
        return lambda steps: (steps / a_second + pause * episodes(steps)) / unit

    def begun(n):
        return math.ceil(n / 200)

    def reference(steps):
        return price(begun)(steps)

    return Function(
        reference,
        cases=[(200,), (3500,), (1,), (401,), (400,), (0,), (1399,)],
        mistakes=[
            (price(lambda n: 0), "Somebody has to reset the pendulum after every episode."),
            (price(lambda n: n / 200), "An episode that was begun needs a whole reset."),
            (price(lambda n: n // 200), "An episode that was begun needs a whole reset."),
            (
                price(lambda n: n // 200 + 1),
                "200 steps are one episode, not two: round up, do not add one.",
            ),
            (
                price(lambda n: max(begun(n) - 1, 0)),
                "The last episode is reset at its end, too.",
            ),
            (price(lambda n: 1), "There is a reset for every episode, not one in all."),
            (price(begun, unit=1), "These are seconds."),
            (price(begun, unit=3600), "These are hours."),
            (price(begun, a_second=1 / 20), "20 steps take one second: divide by 20."),
            (price(begun, pause=0.5), "30 seconds: divide all of it by 60, not a part of it."),
            (
                lambda n: n / 20 + 0.5 * begun(n),
                "The motion, too, is in seconds: divide all of it by 60.",
            ),
        ],
        hint="Seconds of motion plus 30 seconds for each episode, rounded up; then minutes.",
        rtol=1e-6,
    )
