"""The exercises of notebook 11."""

import math

import numpy as np

from symtut.lab.exercises.kinds import Function


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


def exercise_3() -> Function:
    """The median of waiting times."""

    def reference(steps):
        share = 0.0
        for now in sorted(set(steps) - {None}):
            share = sum(s is not None and s <= now for s in steps) / len(steps)
            if share >= 0.5:
                return now
        return float("inf")

    def at(place):
        """The wait of the run with this place among so many, failed ones last."""

        def wait(steps):
            there = sorted(s for s in steps if s is not None)
            return (there + [float("inf")] * len(steps))[place(len(steps))]

        return wait

    return Function(
        reference,
        cases=[
            ([500, 700, 900] + [None] * 7,),
            ([900, 500, None, 700],),
            ([300, 100, 200],),
            ([None, None],),
            ([400, 100, 300, 200],),
            ([None, 80],),
            ([60, None, 90, None, 70],),
            ([60, None, None, None, 70],),
            ([0, 40, None],),
            ([1200, 1100, None, 1500, None, None],),
            ([2100, None, 1300, 2100, 1700, None, None],),
        ],
        mistakes=[
            (
                lambda steps: float(np.median([s for s in steps if s is not None] or [np.inf])),
                "You left out the runs that failed. That is how a method which fails seven times "
                "in ten gets a fine median: the survivors' bias.",
            ),
            (
                lambda steps: reference([s for s in steps if s is not None]),
                "You left out the runs that failed. That is how a method which fails seven times "
                "in ten gets a fine median: the survivors' bias.",
            ),
            (
                lambda steps: float(np.median([s or 1000 for s in steps])),
                "A run that ended at 1,000 steps did not reach the threshold at 1,000.",
            ),
            (
                lambda steps: reference([0 if s is None else s for s in steps]),
                "A run that never got there did not need 0 steps: it comes last.",
            ),
            (
                at(lambda n: n // 2),
                "At least half must be there: of four runs that is two, not three.",
            ),
            (
                at(lambda n: (n - 2) // 2 if n > 1 else 0),
                "At least half must be there: of three runs that is two, not one.",
            ),
            (
                lambda steps: float(
                    np.mean([at(lambda n: (n - 1) // 2)(steps), at(lambda n: n // 2)(steps)])
                ),
                "No mean of two runs: the first number of steps at which half are there counts.",
            ),
            (lambda steps: steps[(len(steps) - 1) // 2] or float("inf"), "Sort first."),
        ],
        hint="Sort; the run at which half is reached decides; failed runs come last, at infinity.",
        without=["median_steps", "steps_to_threshold"],
    )


def exercise_4() -> Function:
    """What may be claimed?"""

    def median(steps):
        known = sorted(math.inf if s is None else float(s) for s in steps)
        return known[(len(known) - 1) // 2]

    def ratio(our=median, their=median, known=min, unknown=0.0):
        def supported(ours, theirs, given):
            first, second = our(ours), their(theirs)
            return unknown if first == math.inf else known(second, given) / first

        return supported

    def survivors(steps):
        return median([s for s in steps if s is not None] or [None])

    def mean(steps):
        return float(np.mean([math.inf if s is None else s for s in steps]))

    def reference(ours, theirs, given):
        return ratio()(ours, theirs, given)

    def inverse(ours, theirs, given):
        found = reference(ours, theirs, given)
        return 1 / found if found else 0.0

    def ours_as_bound(ours, theirs, given):
        return min(median(theirs), given) / min(median(ours), given)

    return Function(
        reference,
        cases=[
            ([200] * 3, [None, None, 1400], 1500),
            ([100, 100, 250], [600, 800, None], 1000),
            ([None, 300, None], [500, 900, None], 1000),
            ([40, None, 50, 60], [None, 120, 700, None, 800], 900),
            ([50, 80, 20], [None] * 4, 700),
            ([30, 20, 10, 20, None], [90, 60, 60, 10, 70], 100),
        ],
        mistakes=[
            (
                ratio(known=lambda their, given: their),
                "A median that is not known is not infinite: it is more than the steps given.",
            ),
            (
                ratio(known=lambda their, given: given),
                "Where their median is known, it counts, and not the steps that they were given.",
            ),
            (
                ratio(known=max),
                "A lower bound: the smaller of their median and the steps given.",
            ),
            (
                ratio(their=survivors),
                "You left out their runs that failed: these need more than all others.",
            ),
            (
                ratio(our=survivors),
                "You left out our runs that failed: that makes us look faster.",
            ),
            (
                ratio(our=survivors, their=survivors),
                "You left out the runs that failed, on both sides.",
            ),
            (
                ratio(unknown=math.inf),
                "Where our median is not known, no ratio is supported: 0.",
            ),
            (
                ratio(unknown=math.nan),
                "Where our median is not known, no ratio is supported: 0.",
            ),
            (
                ours_as_bound,
                "Ours may be any number of steps if it is not known, so no ratio is supported: 0.",
            ),
            (inverse, "The other way round: theirs by ours."),
            (ratio(our=mean, their=mean), "Medians, not means: a failed run has no number."),
        ],
        hint="The smaller of their median and the steps given, by our median; 0 if ours is "
        "infinite.",
        rtol=1e-6,
        without=["ratio_of_medians", "steps_to_threshold"],
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
