"""What stands behind notebook 07: numbers, sums and tables are what they say."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

from symtut.lab.scenes import nb07_contests as contests
from symtut.lab.scenes import nb07_figures as figures
from symtut.lab.scenes import nb07_fits as fits
from symtut.regression.search.fits import Fit

X = np.linspace(-2, 2, 40)
TERMS = (("sin", "mul", "C", "x0"), ("exp", "mul", "C", "x1"))


def newton(model, y, c):
    """Gauss and Newton's steps: enough where the start is close."""
    path = [c]
    for _ in range(20):
        values, slopes = model(path[-1])
        path.append(path[-1] + np.linalg.lstsq(slopes, y - values, rcond=None)[0])
    return np.array(path)


def two_terms():
    x = np.random.default_rng(0).uniform(-1, 1, (60, 2))
    return x, 0.5 + 2 * np.sin(1.7 * x[:, 0]) - 0.3 * np.exp(0.8 * x[:, 1])


def test_projected_values_solve_for_the_weights_and_slopes_lead_to_the_constants():
    x, y = two_terms()
    model = fits.projected(TERMS, x, y)
    values, slopes = model(np.array([1.7, 0.8]))
    np.testing.assert_allclose(values, y, atol=1e-12)
    assert slopes.shape == (60, 2)
    np.testing.assert_allclose(slopes.T @ np.column_stack([np.ones(60), y]), 0, atol=1e-9)
    end = newton(model, y, np.array([1.5, 1.0]))[-1]
    np.testing.assert_allclose(end, [1.7, 0.8], atol=1e-6)
    assert np.isnan(model(np.array([1.0, 1e5]))[0]).all()  # exp overflows


def test_a_whole_sine_has_the_slopes_of_its_numbers():
    model, p = fits.whole_sine(X), np.array([1.3, 0.2, -0.7])
    for k, step in enumerate(1e-6 * np.eye(3)):
        change = (model(p + step)[0] - model(p - step)[0]) / 2e-6
        np.testing.assert_allclose(model(p)[1][:, k], change, atol=1e-8)
    assert fits.bfgs_end(X, model(p)[0], [1.2, 0, -1]) == pytest.approx(1.3, abs=1e-4)


def test_the_landscape_is_lowest_at_the_truth():
    c, w = np.array([0.7, 1.3, 2.0]), np.array([-0.7, 0.0, 0.7])
    surface, projected, best = fits.sine_landscape(X, 0.2 - 0.7 * np.sin(1.3 * X), c, w)
    assert surface.shape == (3, 3) and np.unravel_index(surface.argmin(), (3, 3)) == (0, 1)
    assert projected.argmin() == 1 and best[1] == pytest.approx(-0.7)
    np.testing.assert_allclose(surface[1], 1)  # no weight: the mean alone
    assert np.all(projected <= surface + 1e-12)


def test_any_descent_can_find_the_numbers():
    x, y = two_terms()
    generator = np.random.default_rng(0)
    found = fits.numbers_by(newton, [(("x0",),), TERMS[:1]], x, y, generator)
    assert [len(fit.constants) for fit in found] == [1, 0] and found[0].loss < found[1].loss
    for fit in found:
        assert fits.lack_of_fit(fit.expression(), x, y) == pytest.approx(fit.loss)


def test_a_pool_sums_what_is_chosen():
    x, y = two_terms()
    right = Fit(TERMS, np.array([1.7, 0.8]), np.ones(2), 0.0, 0.0)
    pool = fits.Pool(x, [right], [Fit((("x1",),), np.zeros(0), np.ones(1), 0.0, 0.5)])
    assert pool.labels == ["sin(1.7*theta)", "exp(0.8*theta_dot)", "theta_dot"]
    whole, part = pool.sum_of([0, 1], y), pool.sum_of([2], y)
    assert whole.loss < 1e-20 and whole.numbers == 5 and part.numbers == 2
    assert "2*sin(1.7*theta)" in whole.text()
    assert part.loss > 0.5
    assert fits.lack_of_fit(part.expression, x, y) == pytest.approx(part.loss)
    assert fits.lack_of_fit(pool.best_sum(y), x, y) < 1e-20


def test_a_curve_is_on_its_line_and_a_cloud_is_not():
    w = np.random.default_rng(0).uniform(0, 3, 200)
    assert fits.off_the_line(w, np.sin(w)) < 1e-5
    assert fits.off_the_line(w, np.random.default_rng(1).normal(size=200)) > 0.5


def row(method, near, wide, problem="a"):
    return {"method": method, "problem": problem, "exact": near, "exact_extrapolated": wide}


def test_bars_have_the_length_of_the_share():
    table = [row("transformer", *pair) for pair in ((1, 1), (1, 1), (1, 0), (0, 0))]
    table += [row("prior", 1, 0), row("prior", 0, 0)]
    axis = figures.recovery({"a suite": table}).axes[0]
    assert [patch.get_width() for patch in axis.patches] == [0.75, 0.5, 0.5, 0.0]
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["transformer", "prior"]
    assert {text.get_text() for text in axis.texts} == {"0.50", "0.00"}
    assert contests.shares(table) == {"transformer": 0.5, "prior": 0.0}


def test_a_verdict_compares_the_same_problems():
    names = [f"p{k}" for k in range(40)]
    rows = [row("prior", 1, int(k < 10), name) for k, name in enumerate(names)]
    rows += [row("transformer", 1, int(k < 30), name) for k, name in enumerate(names)]
    rows += [row("transformer", 1, 1, f"other{k}") for k in range(9)]
    word, line = contests.verdict(rows, "transformer", "prior")
    assert word == "ahead" and "3.00" in line and " 40 " in line
    assert contests.verdict(rows, "prior", "transformer")[0] == "behind"
    assert contests.verdict(rows, "prior", "prior")[0] == "level"


def test_stored_tables_say_how_they_were_made():
    rows, cards = contests.stored("random", 1)
    assert {(r["points"], r["noise"]) for r in rows} == {(200, 0.0)}
    assert not any(r["kind"] == "one or two terms, flat" for r in rows)
    assert len(cards) == 1 and "1 CPU-s an equation" in cards[0]
