"""Genetic programming: children are formulas, the cheap are preferred, evolution finds a law."""

import numpy as np
import pytest

from symtut.errors import InputError
from symtut.expressions import Expression
from symtut.lab.scenes import nb04_genetic as genetic
from symtut.lab.trees import layout


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def depth(prefix):
    Expression(prefix)  # raises if it is not complete
    return int(layout(prefix)[1].max())


def test_random_trees_are_formulas_of_the_depth_asked_for(generator):
    trees = [genetic.random_tree(generator, 2, 3) for _ in range(200)]
    assert max(depth(tree) for tree in trees) == 3 and min(map(len, trees)) == 1
    assert {token for tree in trees for token in tree if token[0] == "x"} == {"x0", "x1"}
    full = [genetic.random_tree(generator, 1, 2, full=True) for _ in range(50)]
    assert all(depth(tree) == 2 for tree in full)
    assert genetic.random_tree(generator, 1, 1, full=True, alphabet=("sin",))[0] == "sin"


def test_a_subtree_is_exchanged_and_nothing_else():
    prefix = ("add", "mul", "C", "x0", "sin", "x1")
    assert genetic.replace_subtree(prefix, 1, ("x2",)) == ("add", "x2", "sin", "x1")
    assert genetic.replace_subtree(prefix, 5, ("C",)) == ("add", "mul", "C", "x0", "sin", "C")
    assert genetic.replace_subtree(prefix, 0, ("x1",)) == ("x1",)


def test_children_are_formulas_made_of_their_parents(generator):
    mother, father = ("add", "x0", "sin", "x0"), ("mul", "x1", "exp", "x1")
    children = {genetic.crossover(mother, father, generator) for _ in range(200)}
    for child in children:
        Expression(child)  # raises if it is not complete
    assert father in children and ("add", "x0", "sin", "exp", "x1") in children
    for _ in range(100):
        Expression(genetic.mutate(mother, generator, 2))


def test_tournaments_prefer_the_cheap(generator):
    cost = np.arange(20.0)
    winners = [genetic.tournament(cost, 4, generator) for _ in range(500)]
    anyone = [genetic.tournament(cost, 1, generator) for _ in range(500)]
    assert np.mean(winners) < 5 < 8 < np.mean(anyone) < 11


def test_evolution_finds_a_short_law_and_depends_on_the_seed_alone():
    x = np.random.default_rng(1).uniform(-2, 2, (60, 2))
    y = 0.75 * np.sin(x[:, 0]) + 0.15 * x[:, 1]
    runs = [
        genetic.evolve(x, y, np.random.default_rng(0), generations=30, population=80)
        for _ in range(2)
    ]
    best = runs[0][-1].best
    assert best.loss < 1e-10
    assert np.allclose(best.expression()(x), y, atol=1e-4)
    assert [g.evaluated for g in runs[0]] == [g.evaluated for g in runs[1]]
    for generation in runs[0]:
        assert generation.loss.shape == generation.nodes.shape == (80,)


def test_without_a_price_formulas_grow():
    draw = np.random.default_rng(2)
    x = draw.uniform(-3, 3, (30, 1))
    y = np.sin(2 * x[:, 0]) + 0.3 * draw.standard_normal(30)
    ends = [
        genetic.evolve(
            x, y, np.random.default_rng(0), generations=15, population=60, parsimony=price
        )[-1]
        for price in (1.0, 0.0)
    ]
    assert ends[1].nodes.mean() > 2 * ends[0].nodes.mean()
    assert ends[1].best.loss < ends[0].best.loss


def test_time_is_a_limit_and_one_is_needed(generator):
    x = generator.uniform(-2, 2, (40, 1))
    y = generator.standard_normal(40)
    history = genetic.evolve(x, y, generator, seconds=0.3, population=40)
    assert history and history[-2 if len(history) > 1 else -1].cpu_seconds < 0.6
    with pytest.raises(InputError, match="needs a limit"):
        genetic.evolve(x, y, generator)
