"""Which equation is given first: the law before approximations, short before slightly closer."""

import numpy as np
import pytest

from symtut import SymbolicRegressor
from symtut.regression.search.finishing import ERRORS, ordered
from symtut.regression.search.fits import MATTERS, criterion, score
from symtut.regression.search.validation import errors_held_out, same_within_noise


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(100).uniform(-3, 3, (200, 3))


def fitted(x, y):
    return SymbolicRegressor(method="sparse", max_time=None).fit(x, y).equations_


def left(row):
    return 1 - row["r2"]


def test_above_a_thousandth_the_score_is_the_description_length():
    for loss in (0.5, 1e-2, 2 * MATTERS):
        assert score(loss, 3, 12, 200) == pytest.approx(-criterion(loss, 3, 12, 200) / 200)


def test_of_few_points_each_counts_once():
    gain = score(1e-12, 2, 7, 5) - score(1e-7, 2, 7, 5)
    assert gain == pytest.approx(np.log(1e5))
    assert score(1e-12, 2, 7, 100) - score(1e-7, 2, 7, 100) == pytest.approx(0.1 * gain)


@pytest.mark.parametrize(
    "first, second, reason",
    [
        ((1e-15, 5, 30), (2e-6, 2, 7), "a law of five terms before an approximation"),
        ((1e-15, 3, 18), (3e-9, 2, 7), "a law with two small terms before one without them"),
        ((3e-9, 2, 7), (1e-11, 6, 30), "two terms before six that come closer and are no law"),
        ((3e-9, 2, 7), (1.5e-9, 3, 11), "a term that takes a third of the error is not worth it"),
        ((3e-9 / 25, 3, 15), (3e-9, 2, 7), "a term that leaves a fifth of the error is"),
        ((1e-16, 2, 7), (1e-30, 3, 11), "below rounding nothing counts but length"),
        ((1e-4, 3, 12), (2e-4, 2, 7), "above a thousandth every point counts"),
    ],
)
def test_order(first, second, reason):
    assert score(*first, 500) > score(*second, 500), reason


def test_terms_below_rounding_are_dropped_altogether(x):
    law = 2 * np.sin(x[:, 0]) - x[:, 1]
    rows = fitted(x, law + 1e-9 * x[:, 0] * x[:, 2])
    assert rows[0]["expression"].variables == (0, 1) and rows[0]["expression"].constants == (2.0,)
    assert rows[0]["expression"](x) == pytest.approx(law, abs=1e-12)
    assert max(row["complexity"] for row in rows) == rows[0]["complexity"]


def test_small_tails_come_second_and_stay_on_the_front(x):
    """As in the increments of Reacher's arm: linear but for what its light links add."""
    v, elbow, u = x.T
    links = np.sin(1.7 * elbow + 0.6 * u) + 0.6 * np.tanh(v * elbow)
    rows = fitted(x, 0.02 * v + 0.04 * u + 2e-6 * links)
    best, closest = rows[0], min(rows, key=lambda row: row["loss"])
    assert best["expression"].complexity == 7
    assert best["expression"].constants == pytest.approx((0.02, 0.04), rel=1e-3)
    assert left(best) < 1e-7
    assert closest["complexity"] > 15 and left(closest) < 0.5 * left(best)
    assert rows[0]["score"] == max(row["score"] for row in rows)


def test_a_law_keeps_a_small_term_that_makes_it_exact(x):
    y = 0.02 * x[:, 0] + 0.04 * x[:, 2] + 2e-6 * np.sin(x[:, 1]) * x[:, 0]
    rows = fitted(x, y)
    assert rows[0]["expression"].variables == (0, 1, 2)
    assert left(rows[0]) < 1e-20
    shorter = [row for row in rows if row["complexity"] < rows[0]["complexity"]]
    assert min(map(left, shorter)) < 1e-7


@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_under_noise_the_law_alone_is_given(x, noise):
    truth = 2 * np.sin(x[:, 0]) - x[:, 1] * x[:, 2]
    y = truth + noise * truth.std() * np.random.default_rng(101).standard_normal(len(x))
    best = fitted(x, y)[0]
    assert best["complexity"] <= 10
    assert np.mean((best["expression"](x) - truth) ** 2) < 0.1 * noise**2 * truth.var()


def row(complexity, score, errors, loss=1.0):
    return {
        "complexity": complexity, "score": score, "loss": loss, ERRORS: (np.asarray(errors), None)
    }  # fmt: skip


def test_the_simplest_within_the_noise_goes_first():
    errors = np.random.default_rng(102).normal(size=50)
    best = row(12, 3.0, errors)
    level = row(9, 2.9, 1.1 * errors[::-1])  # no worse than noise tells
    shorter, worse = row(5, 2.8, errors[::-1]), row(3, 2.7, 2.0 * errors)
    rare = row(4, 2.6, errors[::-1], loss=2.0)  # a rare term that held-out points do not show
    undefined = row(2, 2.5, np.full(50, np.inf))
    found = ordered([worse, level, best, undefined, shorter, rare])
    assert [r["complexity"] for r in found] == [5, 12, 9, 3, 4, 2]
    assert all(ERRORS not in r for r in found)
    assert [r["complexity"] for r in ordered([best, worse, row(15, 2.9, errors)])] == [12, 15, 3]


def test_one_standard_error_of_paired_differences():
    zero, one = np.zeros(100), np.ones(100)
    tenth = np.where(np.arange(100) % 10 == 0, 1.0, 0.0)
    assert same_within_noise(zero, one, None) and same_within_noise(-one, one, None)
    assert not same_within_noise(one, zero, None)  # a little, but always
    assert not same_within_noise(tenth, zero, None)  # 0.1 ± 0.03
    signs = np.where(np.arange(100) < 50, 1.0, -1.0)
    assert same_within_noise(2 + signs, 2 - signs, None)
    # weights: only the first half counts, and there the difference is always the same
    weight = np.where(signs > 0, 1.0, 0.0)
    assert not same_within_noise(2 + signs, 2 - signs, weight)
    # of any size, and where an equation is not defined
    assert same_within_noise(1e200 * (2 + signs), 1e200 * (2 - signs), 1e200 * np.ones(100))
    assert not same_within_noise(np.full(100, np.inf), np.full(100, np.inf), None)


def test_errors_of_points_that_are_left_out():
    x, y = np.arange(6.0), np.array([0.0, 1.0, 2.0, 3.0, 4.0, 8.0])
    held_out = np.arange(6) == 5
    errors, weight = errors_held_out([x], y, None, held_out)
    assert errors == pytest.approx([3.0]) and weight is None
    errors, _ = errors_held_out([x], y, None, np.zeros(6, dtype=bool))  # each once
    assert errors[5] == pytest.approx(3.0)
    assert errors_held_out([], y, y, held_out, constant=False)[1] == pytest.approx([8.0])
