"""Sums and products of functions of different variables."""

import numpy as np
import pytest

from symtut import SymbolicRegressor
from symtut.regression.structure.laws import Laws
from symtut.regression.structure.observations import Observations
from symtut.regression.structure.separation import Separation, _left_out, partitions, separation


def points(function, d: int, n: int = 150, noise: float = 0.0) -> Observations:
    generator = np.random.default_rng(7)
    x = generator.uniform(0.5, 3.0, (n, d))
    y = function(*x.T)
    return Observations(x, y + noise * y.std() * generator.normal(size=n))


def found(data: Observations) -> Separation:
    split = separation(data)
    assert split is not None
    return split


def test_there_are_as_many_partitions_as_bell_numbers():
    assert [len(partitions(d)) for d in range(1, 7)] == [1, 2, 5, 15, 52, 203]
    assert all(sorted(sum(groups, ())) == [0, 1, 2, 3] for groups in partitions(4))


@pytest.mark.parametrize("noise", [0.0, 0.01])
@pytest.mark.parametrize(
    ("function", "groups"),
    [
        (lambda a, b, c, d: np.sin(a * d) + np.exp(-c / b), ((0, 3), (1, 2))),
        (lambda a, b, c, d: 1 / (1 + (a - b) ** 2) + np.tanh(c) + np.sqrt(d), ((0, 1), (2,), (3,))),
    ],
)
def test_groups_and_their_functions_are_found(function, groups, noise):
    data = points(function, 4, noise=noise)
    split = found(data)
    assert split.groups == groups
    summed = split.parts.sum(0)
    assert np.std(summed - data.y) < (0.02 if noise else 0.002) * data.y.std()
    # each part is a function of its own variables, up to its constant
    middle = np.full(4, 1.5)
    for group, part in zip(split.groups, split.parts, strict=True):
        alone = np.tile(middle, (len(part), 1))
        alone[:, list(group)] = data.x[:, list(group)]
        truth = function(*alone.T)
        error = (part - part.mean()) - (truth - truth.mean())
        assert np.median(np.abs(error)) < (0.05 if noise else 0.005) * data.y.std()


@pytest.mark.parametrize(
    ("function", "d"),
    [
        (lambda a, b, c: a * b * c, 3),
        (lambda a, b, c: np.sqrt(a**2 + b**2 + c**2), 3),
        (lambda a, b: np.random.default_rng(1).normal(size=len(a)), 2),
        (lambda a, b: np.ones_like(a), 2),
        (lambda a: np.sin(a), 1),
    ],
)
def test_what_is_no_such_sum_is_left_alone(function, d):
    assert separation(points(function, d)) is None


def test_few_points_prove_nothing():
    assert separation(points(lambda a, b: np.sin(a) + np.exp(b), 2, n=20)) is None


def test_points_that_were_left_out_are_missed_by_as_much_as_the_formula_says():
    x = np.linspace(0, 3, 12)[:, None]
    kernel = np.exp(-0.5 * (x - x.T) ** 2) + 1e-4 * np.eye(12)
    target = np.sin(2 * x[:, 0])
    errors = []
    for i in range(12):
        others = np.delete(np.arange(12), i)
        weights = np.linalg.solve(kernel[np.ix_(others, others)], target[others])
        errors.append((target[i] - kernel[i, others] @ weights) ** 2)
    left, weights = _left_out(kernel, target)
    assert left == pytest.approx(np.mean(np.sort(errors)[:10]), rel=1e-6)  # nine tenths of twelve
    assert kernel @ weights == pytest.approx(target)


def test_the_parts_are_put_together_again():
    data = points(lambda a, b, c, d: np.sin(a * b) + np.exp(-c / d), 4)
    proposals = [c for found in Laws(data.x, data.y).later() for c in found]
    assert any(c.terms == (("sin", "mul", "x0", "x1"), ("exp", "neg", "div", "x2", "x3"))
               for c in proposals)  # fmt: skip


@pytest.mark.parametrize(
    ("function", "d"),
    [
        (lambda a, b, c, d: np.sin(a * b) + np.exp(-c / d), 4),
        (lambda a, b, c, d: np.cos(0.4 * (a - b)) * np.log(2 + c / d), 4),
    ],
)
def test_the_regressor_finds_sums_and_products_of_them_exactly(function, d):
    data = points(function, d, n=200)
    regressor = SymbolicRegressor(
        method="prior+sparse", random_state=0, max_time=None, rounds=1, n_candidates=4
    ).fit(data.x, data.y)
    x = np.random.default_rng(8).uniform(0.5, 3.0, (100, d))
    y = function(*x.T)
    assert np.mean((regressor.predict(x) - y) ** 2) < 1e-8 * y.var(), regressor.expression()
