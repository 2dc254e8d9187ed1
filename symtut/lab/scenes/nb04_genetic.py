"""Genetic programming, small: a population of expression trees that are cut, swapped and selected.

Evolution proposes skeletons only. Their numbers are fitted by the same batched
Levenberg-Marquardt that every other method of the course uses, so that a comparison with blind
search is one of proposals. In the manner of Koza (*Genetic Programming*, 1992): ramped
half-and-half start, tournament selection, crossover and mutation of subtrees.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from symtut.errors import InputError
from symtut.expressions import CONSTANT, OPERATORS, VARIABLES, canonical, terms_of
from symtut.expressions.canonical import Prefix
from symtut.expressions.tree import split
from symtut.regression.search.fits import EXACT, Fit, complexity
from symtut.regression.search.levenberg_marquardt import levenberg_marquardt

ALPHABET = ("add", "add", "mul", "mul", "sub", "div", "sin", "cos", "exp", "log", "sqrt", "square")
"""Operators that trees grow from; a name that stands twice is drawn twice as often."""


@dataclass(frozen=True)
class Generation:
    """What one generation looked like.

    Attributes
    ----------
    best : Fit
        Of the lowest cost so far.
    loss : float array (P,)
        1 − R² of each member on the points of the fit; infinite where it is undefined.
    nodes : int array (P,)
        Size of each member's formula with its fitted numbers.
    evaluated : int
        Different skeletons fitted since the beginning.
    cpu_seconds : float
        Since the beginning.
    """

    best: Fit
    loss: np.ndarray
    nodes: np.ndarray
    evaluated: int
    cpu_seconds: float


def random_tree(
    generator: np.random.Generator,
    n_variables: int,
    depth: int,
    full: bool = False,
    alphabet: Sequence[str] = ALPHABET,
) -> Prefix:
    """A random prefix of at most ``depth`` levels of operators; ``full``: of exactly so many."""
    if depth == 0 or (not full and generator.random() < 0.3):
        leaf = int(generator.integers(n_variables + 1))  # one leaf in n + 1 is a constant
        return (VARIABLES[leaf] if leaf < n_variables else CONSTANT,)
    name = alphabet[int(generator.integers(len(alphabet)))]
    parts = [
        random_tree(generator, n_variables, depth - 1, full, alphabet)
        for _ in range(OPERATORS[name].arity)
    ]
    return (name, *(token for part in parts for token in part))


def replace_subtree(prefix: Prefix, position: int, new: Prefix) -> Prefix:
    """``prefix`` with the subtree that begins at ``position`` exchanged for ``new``."""
    return prefix[:position] + new + prefix[split(prefix, position) :]


def crossover(mother: Prefix, father: Prefix, generator: np.random.Generator) -> Prefix:
    """The mother with one of her subtrees exchanged for one of the father's."""
    begin = int(generator.integers(len(father)))
    donated = father[begin : split(father, begin)]
    return replace_subtree(mother, int(generator.integers(len(mother))), donated)


def mutate(
    prefix: Prefix,
    generator: np.random.Generator,
    n_variables: int,
    alphabet: Sequence[str] = ALPHABET,
) -> Prefix:
    """``prefix`` with one subtree exchanged for a small random one."""
    new = random_tree(generator, n_variables, int(generator.integers(3)), alphabet=alphabet)
    return replace_subtree(prefix, int(generator.integers(len(prefix))), new)


def tournament(cost: np.ndarray, size: int, generator: np.random.Generator) -> int:
    """Index of the cheapest of ``size`` members drawn at random."""
    drawn = generator.integers(len(cost), size=size)
    return int(drawn[np.argmin(cost[drawn])])


def evolve(
    x: np.ndarray,
    y: np.ndarray,
    generator: np.random.Generator,
    *,
    generations: int | None = None,
    seconds: float | None = None,
    population: int = 128,
    tournament_size: int = 4,
    starts: int = 4,
    crossover_rate: float = 0.6,
    max_nodes: int = 24,
    parsimony: float = 1.0,
    alphabet: tuple[str, ...] = ALPHABET,
) -> list[Generation]:
    """Search for a formula by evolution.

    Parameters
    ----------
    x : (n, d) float, y : (n,) float
    generations : int, optional
        Stop after so many; they make the result depend on ``generator`` alone.
    seconds : float, optional
        Stop after so many CPU-seconds of this process. One of the two limits is needed.
    starts : int
        Random starts of the inner constants; each skeleton is fitted once.
    crossover_rate : float
        Share of children with two parents; the others are mutated.
    max_nodes : int
        Longer children are not born; a copy of the mother takes their place.
    parsimony : float
        Weight of the price for length: cost = n·ln(loss) + parsimony·(2·nodes + ln(n)·numbers).
        1 is the house's criterion, 0 lets formulas grow.

    Returns
    -------
    list of Generation
        At least one. Evolution also ends once a fit is exact (1 − R² < 1e-11).

    Raises
    ------
    InputError
        Without any limit.
    """
    if generations is None and seconds is None:
        raise InputError("evolve needs a limit: give generations or seconds.")
    began, n, n_variables = time.process_time(), len(y), x.shape[1]

    def spent() -> float:
        return time.process_time() - began

    def over() -> bool:
        return seconds is not None and spent() > seconds

    known: dict[tuple, Fit] = {}  # each skeleton is fitted once

    def cost_of(fit: Fit) -> float:
        price = 2.0 * complexity(fit) + np.log(n) * fit.n_parameters
        return n * np.log(max(fit.loss, EXACT)) + parsimony * price

    members = [
        canonical(random_tree(generator, n_variables, 1 + i % 4, i % 2 == 0, alphabet))
        for i in range(population)
    ]
    history: list[Generation] = []
    best: Fit | None = None
    while True:
        terms = [terms_of(member) for member in members]
        new = [t for t in dict.fromkeys(terms) if t and t not in known]
        found = levenberg_marquardt(new, x, y, generator, starts=starts, stop=over)
        known |= dict(zip(new, found, strict=True))
        nothing = Fit((), np.zeros(0), np.zeros(0), float(np.mean(y)), 1.0)  # C alone: the mean
        fits = [known.get(t, nothing) for t in terms]
        cost = np.array([cost_of(fit) for fit in fits])
        leader = int(np.argmin(cost))
        if best is None or cost[leader] < cost_of(best):
            best = fits[leader]
        loss, nodes = np.array([(fit.loss, complexity(fit)) for fit in fits]).T
        history.append(Generation(best, loss, nodes.astype(int), len(known), spent()))
        if best.loss < EXACT or over() or len(history) == generations:
            return history
        children = [members[leader]]  # the best one lives on
        while len(children) < population:
            mother = members[tournament(cost, tournament_size, generator)]
            if generator.random() < crossover_rate:
                father = members[tournament(cost, tournament_size, generator)]
                child = crossover(mother, father, generator)
            else:
                child = mutate(mother, generator, n_variables, alphabet)
            child = canonical(child)
            children.append(child if len(child) <= max_nodes else mother)
        members = children
