"""Statistics against brute force, against simulation, and against examples worked by hand."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from symtut.experiments import statistics as st


@pytest.mark.parametrize("n, dropped", [(1, 0), (3, 0), (4, 1), (7, 1), (8, 2), (10, 2), (11, 2)])
def test_interquartile_mean_drops_a_quarter_rounded_down_at_each_end(n, dropped):
    values = np.random.default_rng(n).standard_normal((3, n))
    middle = np.sort(values)[:, dropped : n - dropped]
    np.testing.assert_allclose(st.interquartile_mean(values), middle.mean(1), rtol=1e-12)


def test_interquartile_mean_ignores_one_lost_run():
    values = np.arange(10.0)
    spoiled = values.copy()
    spoiled[0] = -1e9
    assert st.interquartile_mean(spoiled) == st.interquartile_mean(values) == 4.5


def test_interval_covers_about_as_often_as_it_says():
    """Of 400 experiments with ten seeds; percentile intervals of ten runs are a little short."""
    generator = np.random.default_rng(3)
    hits = 0
    for _ in range(400):
        found = st.mean_return(generator.standard_normal(10), resamples=1000)
        hits += found.low <= 0 <= found.high
    assert 0.85 < hits / 400 < 0.98


def test_samples_are_resampled_each_within_itself():
    drawn = []

    def statistic(*samples, axis):
        drawn.extend(samples)
        return samples[0].sum(axis) / samples[1].sum(axis)

    low, high = st.bootstrap_limits([np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0])], statistic)
    assert drawn[0].shape == (st.RESAMPLES, 3) and drawn[1].shape == (st.RESAMPLES, 2)
    assert set(np.unique(drawn[0])) == {1, 2, 3} and set(np.unique(drawn[1])) == {10, 20}
    assert 3 / 40 <= low < 6 / 30 < high <= 9 / 20


def test_a_run_stays_whole():
    drawn = []

    def statistic(sample, axis):
        drawn.append(sample)
        return sample.mean(axis)

    low, high = st.bootstrap_limits([np.array([[10.0, 20.0], [11.0, 21.0]])], statistic)
    assert {tuple(run) for run in drawn[0].reshape(2, -1).T} == {(10.0, 11.0), (20.0, 21.0)}
    assert low.tolist() == [10, 11] and high.tolist() == [20, 21]


def test_an_infinite_statistic_has_an_infinite_limit_and_no_warning():
    def statistic(sample, axis):
        return np.where(sample.max(axis) > 8, np.inf, sample.mean(axis))

    low, high = st.bootstrap_limits([np.arange(10.0)], statistic, 1000)
    assert 0 < low < 4 and high == np.inf


def test_curve_band_is_the_interval_at_each_point():
    returns = np.random.default_rng(1).normal(size=(10, 4)) + [[0, 1, 2, 3]]
    middle, low, high = st.curve_band(returns, resamples=5000)
    for k in range(4):
        alone = st.mean_return(returns[:, k], resamples=20_000)
        assert middle[k] == pytest.approx(alone.value)
        assert low[k] == pytest.approx(alone.low, abs=0.1)
        assert high[k] == pytest.approx(alone.high, abs=0.1)


def test_probability_of_improvement_counts_every_pair():
    generator = np.random.default_rng(2)
    x = [generator.integers(0, 5, n) for n in (4, 7)]
    y = [generator.integers(0, 5, n) for n in (6, 3)]
    tasks = []
    for a, b in zip(x, y, strict=True):
        wins = [1.0 if p > q else 0.5 if p == q else 0.0 for p, q in itertools.product(a, b)]
        tasks.append(sum(wins) / len(wins))
    found = st.probability_of_improvement(x, y)
    assert found.value == pytest.approx(np.mean(tasks))
    assert 0 <= found.low <= found.value <= found.high <= 1
    u = stats.mannwhitneyu(x[0], y[0]).statistic
    assert st.chance_to_beat(x[0], y[0]) == pytest.approx(u / (4 * 6))  # the same count, by another
    assert st.probability_of_improvement(y, x).value == pytest.approx(1 - found.value)


def test_probability_of_improvement_weighs_tasks_alike():
    better, worse = np.ones(2), np.zeros(50)
    found = st.probability_of_improvement([better, worse], [worse[:2], np.ones(50)])
    assert found.value == 0.5 and found == (0.5, 0.5, 0.5)


# ---- steps to a threshold -----------------------------------------------------------------------

# Solved after 3, 5, 5 and 8 steps; two runs ended unsolved, at 5 and at 9.
#   t = 3: 6 at risk, 1 solved   S = 5/6
#   t = 5: 5 at risk, 2 solved   S = 5/6 · 3/5 = 1/2      (the run that ended at 5 was at risk)
#   t = 8: 2 at risk, 1 solved   S = 1/4
HAND = st.censored([5, 3, None, 8, 5, None], [9, 9, 5, 9, 9, 9])


def test_median_of_an_example_by_hand():
    assert st.median_steps(HAND) == 5
    assert st.median_steps(HAND[[0, 1, 2, 3, 5]]) == 8  # S = 4/5, 3/5, 3/10: one fewer at 5
    assert st.median_steps(HAND[[1, 2, 5]]) == np.inf  # S = 2/3


def test_median_interval_of_an_example_by_hand():
    """The limits of S at 3, 5, 8 worked out on the log-log scale."""

    def limit(s, g, sign):
        return s ** math.exp(sign * 1.96 * math.sqrt(g) / abs(math.log(s)))

    lower = [limit(5 / 6, 1 / 30, 1), limit(1 / 2, 1 / 6, 1), limit(1 / 4, 2 / 3, 1)]
    upper = [limit(5 / 6, 1 / 30, -1), limit(1 / 2, 1 / 6, -1), limit(1 / 4, 2 / 3, -1)]
    assert lower[0] < 0.5 and min(upper) > 0.5  # so: from 3 steps on, no upper limit
    assert st.steps_to_threshold(HAND) == (5, 3, np.inf)


@pytest.mark.parametrize("seed", range(6))
def test_median_is_that_of_scipys_curve(seed):
    generator = np.random.default_rng(seed)
    n = int(generator.integers(8, 30))
    when, end = generator.integers(1, 12, n) * 500, generator.integers(6, 12, n) * 500
    waits = st.censored([int(w) if w <= e else None for w, e in zip(when, end, strict=True)], end)
    solved = waits[:, 1] > 0
    curve = stats.ecdf(stats.CensoredData(waits[solved, 0], right=waits[~solved, 0])).sf
    there = curve.quantiles[curve.probabilities <= 0.5 + 1e-9]
    found = st.steps_to_threshold(waits)
    assert found.value == (there[0] if len(there) else np.inf)
    assert found.low <= found.value <= found.high


def test_where_all_runs_are_solved_the_interval_ends():
    """S falls from 2/5 to 0 at once: no limit by the formula was at most 1/2 before."""
    waits = st.censored([100, 200, 300, 900, 900], [1000] * 5)
    assert st.steps_to_threshold(waits) == (300, 100, 900)
    assert st.steps_to_threshold(st.censored([100, 200, 300, 900, None], [1000] * 5)).high == np.inf


def test_unsolved_runs_are_never_dropped():
    solved = st.censored([200] * 4, [200] * 4)
    assert st.steps_to_threshold(solved) == (200, 200, 200)
    with_failures = st.censored([200] * 4 + [None] * 5, [200] * 9)
    assert st.median_steps(with_failures) == np.inf  # without the failures it would be 200
    nobody = st.censored([None] * 3, [500] * 3)
    assert st.steps_to_threshold(nobody) == (np.inf, np.inf, np.inf)
    assert math.isnan(st.steps_to_threshold(solved[:1]).low)  # one run has no interval


def test_median_of_many_samples_is_the_median_of_each():
    generator = np.random.default_rng(5)
    waits = np.stack(
        [generator.integers(1, 6, (50, 9)) * 10.0, generator.integers(0, 2, (50, 9))], -1
    )
    together = st.median_steps(waits)
    assert together.tolist() == [float(st.median_steps(w)) for w in waits]


def test_ratio_of_medians_with_everything_solved():
    slow = st.censored([3000, 3500, 4000, 4500, 5000], [6000] * 5)
    fast = st.censored([200] * 5, [200] * 5)
    found = st.ratio_of_medians(slow, fast)
    assert found.value == 20 and found.low == 15 and found.high == 25


def test_ratio_of_medians_says_only_what_is_known():
    fast = st.censored([200] * 6, [200] * 6)
    never = st.censored([None] * 6, [6000] * 6)
    assert st.ratio_of_medians(never, fast) == (np.inf, 30, np.inf)  # more than 30 times
    assert st.ratio_of_medians(fast, never) == (0, 0, 1 / 30)
    both = st.ratio_of_medians(never, never)
    assert math.isnan(both.value) and both.low == 0 and both.high == np.inf
