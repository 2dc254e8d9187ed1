"""Recombination: selection among pooled terms, and sums over a common denominator."""

import numpy as np
import pytest

from symtut.expressions import Expression, Grammar
from symtut.regression.search.fits import EXACT, Candidate, Fit, complexity, rank
from symtut.regression.search.levenberg_marquardt import levenberg_marquardt
from symtut.regression.search.library import library
from symtut.regression.search.rational import RationalSearch
from symtut.regression.search.search import SearchConfig, search
from symtut.regression.search.selection import eliminated, forward
from symtut.regression.search.terms import MAX_SELECTED, TermPool

NAMES = ("v", "theta", "omega", "u")
RANGES = np.array([[-3, 3], [-3.14, 3.14], [-4, 4], [-10, 10]], dtype=float)
CART = "(u + 0.1*sin(theta)*(0.5*omega**2 + 9.8*cos(theta)))/(1 + 0.1*sin(theta)**2)"
POLE = (
    "(-u*cos(theta) - 0.05*omega**2*cos(theta)*sin(theta) - 10.78*sin(theta))"
    "/(0.5 + 0.05*sin(theta)**2)"
)


def points(n, seed):
    return np.random.default_rng(seed).uniform(RANGES[:, 0], RANGES[:, 1], (n, 4))


def values(text, x):
    y = Expression.from_text(text, NAMES)(x)
    return (y - y.mean()) / y.std(), y.std(), y.mean()


def plain(*names):
    return [Fit(((name,),), np.zeros(0), np.ones(1), 0.0, 1.0) for name in names]


def variables_only(x, y, amount, generator, stop=None):
    """A proposer without ideas."""
    return [Candidate(((f"x{j}",),)) for j in range(x.shape[1])]


def without_hint(config):
    def run(x, y):
        return search(x, y, variables_only, config, np.random.default_rng(0))[0]

    return run


# ---- selection among pooled terms ---------------------------------------------------------------


def test_gram_matrix_grows_with_the_pool():
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, (50, 3))
    candidates = list(dict.fromkeys(Grammar().sample(200, 3, rng)))
    pool = TermPool(x)
    fits = [f for f in levenberg_marquardt(candidates, x, x[:, 0], rng, 1) if np.isfinite(f.loss)]
    for k in range(4):
        pool.add(fits[k::4], 60)
    assert len(pool.terms) > 64  # it has grown past its first allotment
    np.testing.assert_allclose(pool.gram, pool.columns @ pool.columns.T, atol=1e-12)
    np.testing.assert_allclose(np.diag(pool.gram), 1)
    for term, row in zip(pool.terms, pool.values, strict=True):
        np.testing.assert_array_equal(term(x), row)


def test_forward_selection_is_orthogonal_least_squares():
    rng = np.random.default_rng(1)
    columns = rng.normal(size=(12, 40))
    columns /= np.linalg.norm(columns, axis=1, keepdims=True)
    targets = rng.normal(size=(3, 40))
    chosen = forward(columns @ columns.T, targets @ columns.T, 5, [[], [7], [3, 4]])
    for y, picks, beginning in zip(targets, chosen, [[], [7], [3, 4]], strict=True):
        expected = list(beginning)
        while len(expected) < 5:  # the slow way: try every column, keep the best

            def loss(j, expected=expected, y=y):
                design = columns[[*expected, j]].T
                return np.sum((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2)

            expected.append(min(set(range(12)) - set(expected), key=loss))
        assert picks == expected


def test_selection_returns_what_least_squares_says():
    x = points(60, 2)
    y, _, _ = values("sin(theta) + 0.3*u - 0.2*v*omega", x)
    pool = TermPool(x)
    names = [("sin", "x1"), ("x3",), ("mul", "x0", "x2"), ("cos", "x1"), ("square", "x2"), ("x1",)]
    pool.add([Fit((name,), np.zeros(0), np.ones(1), 0.0, 1.0) for name in names], 10)
    fits = pool.select(y)
    assert 1 <= min(len(f.terms) for f in fits) <= max(len(f.terms) for f in fits) <= MAX_SELECTED
    for fit in fits:
        loss = np.mean((y - fit.expression()(x)) ** 2) / y.var()
        assert loss == pytest.approx(fit.loss, abs=1e-12)
    best = min(fits, key=lambda f: rank(f, len(y)))
    assert set(best.terms) == set(names[:3])


def test_terms_that_explain_much_together_and_little_alone():
    """Fitzhugh and Nagumo's neuron: v and v³ nearly cancel, and forward selection passes by."""
    x = np.random.default_rng(0).uniform([-2, -1, 0], [2, 2, 1], (200, 3))
    y = x[:, 0] - x[:, 0] ** 3 / 3 - x[:, 1] + x[:, 2]
    pool = TermPool(x)
    pool.add([Fit(terms, np.zeros(0), np.ones(1), 0.0, 1.0) for terms in library(3)], 1000)
    with_y = pool.columns @ (y - y.mean())
    wanted = {("x0",), ("mul", "x0", "square", "x0"), ("x1",), ("x2",)}
    short = pool.shortest(60)
    stayed = eliminated(pool.gram[np.ix_(short, short)], with_y[short], 4)
    assert {pool.terms[short[i]].prefix for i in stayed} == wanted
    assert any(set(fit.terms) == wanted for fit in pool.select(y))


def test_nodes_are_counted_as_the_formula_is_written():
    rng = np.random.default_rng(3)
    for terms in Grammar().sample(60, 3, rng):
        inner = rng.normal(size=sum(t.count("C") for t in terms))
        weights = rng.choice([0.0, 1.0, -1.0, 0.3], len(terms))
        for intercept in (0.0, 0.4):
            fit = Fit(terms, inner, weights, intercept, 0.1)
            assert complexity(fit) == fit.expression().complexity


# ---- a common denominator -----------------------------------------------------------------------


@pytest.mark.parametrize("text", [CART, POLE])
@pytest.mark.parametrize("offset", [0.0, 3.0])
def test_cart_pole_from_200_points(text, offset):
    x = points(200, 4)
    y, scale, mean = values(f"{text} + {offset}", x)
    best = without_hint(SearchConfig(rounds=2))(x, y)[0]
    assert [term[0] for term in best.terms] == ["div"] and best.loss < 1e-20
    far = points(500, 5) * 1.5
    truth = (values(f"{text} + {offset}", far)[0], *values(f"{text} + {offset}", far)[1:])
    truth = truth[0] * truth[1] + truth[2]
    np.testing.assert_allclose(best.expression(scale, mean)(far), truth, atol=1e-8)


def test_denominator_of_two_terms():
    x = points(200, 6)
    y, scale, mean = values("(u + 4*sin(theta))/(3 + cos(theta) + 0.2*omega**2)", x)
    best = without_hint(SearchConfig(rounds=3))(x, y)[0]
    assert best.loss < 1e-20
    far = points(500, 7) * 1.5
    truth = Expression.from_text("(u + 4*sin(theta))/(3 + cos(theta) + 0.2*omega**2)", NAMES)(far)
    np.testing.assert_allclose(best.expression(scale, mean)(far), truth, atol=1e-8)


def test_plain_sums_stay_sums():
    x = points(200, 8)
    for text in ("sin(theta) + 0.3*u", "u - 0.5*omega - 0.1*abs(omega)*omega"):
        y, _, _ = values(text, x)
        pool = TermPool(x)
        pool.add(plain("x0", "x1", "x2", "x3"), 9)
        terms = Expression.from_text(text, NAMES)
        truth = Fit((terms.prefix,), np.array(terms.constants), np.ones(1), 0.0, 0.0)
        for fit in RationalSearch(pool).select(y):
            assert rank(fit, len(y)) > rank(truth, len(y))


def test_switched_off():
    x = points(200, 4)
    y, _, _ = values(CART, x)
    fits = without_hint(SearchConfig(rounds=2, rational=False))(x, y)
    assert not any(term[0] == "div" for fit in fits for term in fit.terms)
    assert min(fit.loss for fit in fits) > EXACT


def test_no_pole_among_the_points():
    x = np.random.default_rng(9).uniform(-2, 2, (200, 1))
    y = 1 / (x[:, 0] + 0.0123)  # the pole lies between the points
    y = np.clip(y, -20, 20)
    y = (y - y.mean()) / y.std()
    pool = TermPool(x)
    pool.add(plain("x0"), 1)
    line = np.linspace(x.min(), x.max(), 4001)[:, None]
    fits = RationalSearch(pool).select(y)
    assert fits
    for fit in fits:
        assert np.abs(fit.expression()(line)).max() < 100


@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_noise(noise):
    rng = np.random.default_rng(10)
    x = points(200, 10)
    clean, _, _ = values(CART, x)
    y = clean + noise * rng.standard_normal(200)
    y = (y - y.mean()) / y.std()
    best = without_hint(SearchConfig(rounds=2))(x, y)[0]
    assert np.mean((best.expression()(x) - (clean - clean.mean())) ** 2) < 1e-3 + noise**2 / 10
    # where there is no denominator, none is invented
    clean, _, _ = values("sin(theta) + 0.3*u - 0.2*v", x)
    y = clean + noise * rng.standard_normal(200)
    y = (y - y.mean()) / y.std()
    pool = TermPool(x)
    pool.add(plain("x0", "x1", "x2", "x3"), 9)
    pool.append(Expression(("sin", "x1")))
    best = min(pool.select(y) + RationalSearch(pool).select(y), key=lambda f: rank(f, 200))
    assert set(best.terms) == {("sin", "x1"), ("x3",), ("x0",)}
