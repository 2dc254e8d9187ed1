"""Test problems for regressors: equations of motion, laws, Nguyen's functions, held-out functions.

``mechanics`` is made of :mod:`symtut.regression.problems.systems`, ``laws`` of
:mod:`symtut.regression.problems.laws`; ``nguyen`` is the classic benchmark of Nguyen Quang Uy et
al. (2011).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from symtut.errors import unknown
from symtut.expressions import (
    OPERATORS,
    Expression,
    RandomFunctions,
    canonical_terms,
    decode,
    random_functions,
)
from symtut.expressions.tree import children
from symtut.regression.problems.holdout import is_held_out
from symtut.regression.problems.laws import KNOWN_LAWS, part
from symtut.regression.problems.systems import SYSTEMS

Draw = Callable[..., np.ndarray]
"""``draw(n, generator, stretch=1.0)`` → x (n, d)."""


@dataclass(frozen=True)
class Problem:
    """One target to explain.

    Attributes
    ----------
    name, kind : str
        ``kind`` is a label to group results by.
    names : tuple of str
        Columns of x.
    points : callable
        (n, generator, stretch) → x (n, d); ``stretch`` > 1 widens the region that points come from.
    truth : Expression
        The noise-free formula: x (n, d) → y (n,).
    """

    name: str
    kind: str
    names: tuple[str, ...]
    points: Draw
    truth: Expression


NGUYEN = {
    "nguyen-1": ("x**3 + x**2 + x", ("x",), (-1, 1)),
    "nguyen-2": ("x**4 + x**3 + x**2 + x", ("x",), (-1, 1)),
    "nguyen-3": ("x**5 + x**4 + x**3 + x**2 + x", ("x",), (-1, 1)),
    "nguyen-4": ("x**6 + x**5 + x**4 + x**3 + x**2 + x", ("x",), (-1, 1)),
    "nguyen-5": ("sin(x**2)*cos(x) - 1", ("x",), (-1, 1)),
    "nguyen-6": ("sin(x) + sin(x + x**2)", ("x",), (-1, 1)),
    "nguyen-7": ("log(x + 1) + log(x**2 + 1)", ("x",), (0, 2)),
    "nguyen-8": ("sqrt(x)", ("x",), (0, 4)),
    "nguyen-9": ("sin(x) + sin(y**2)", ("x", "y"), (0, 1)),
    "nguyen-10": ("2*sin(x)*cos(y)", ("x", "y"), (0, 1)),
    "nguyen-11": ("exp(y*log(x))", ("x", "y"), (0, 1)),
    "nguyen-12": ("x**4 - x**3 + 0.5*y**2 - y", ("x", "y"), (0, 1)),
}


def mechanics() -> list[Problem]:
    """One problem for each coordinate of each system."""
    problems = []
    for name, system in SYSTEMS.items():
        names = tuple(system.ranges)
        points = in_box(np.array(list(system.ranges.values()), dtype=float))
        for state in system.rates:
            truth = Expression.from_text(system.increment(state), names)
            problems.append(Problem(f"{name}.{state}", "mechanics", names, points, truth))
    return problems


def nguyen() -> list[Problem]:
    """Twelve closed forms in one or two variables."""
    return [
        Problem(
            name, "nguyen", names, in_box(np.array([limits] * len(names), dtype=float)),
            Expression.from_text(text, names),
        )
        for name, (text, names, limits) in NGUYEN.items()
    ]  # fmt: skip


def laws() -> list[Problem]:
    """Laws of physics, chemistry, biology and engineering; ``kind`` says what they are for."""
    problems = []
    for name, (text, ranges) in KNOWN_LAWS.items():
        truth = Expression.from_text(text, tuple(ranges))
        points = within_domain(ranged(ranges), truth)
        problems.append(Problem(name, part(name), tuple(ranges), points, truth))
    return problems


def random_suite(n: int = 500, seed: int = 2024) -> list[Problem]:
    """Held-out random functions; ``kind`` tells the number of terms and the nesting."""
    generator = np.random.default_rng(np.random.SeedSequence([seed, 7]))
    problems: list[Problem] = []
    while len(problems) < n:
        drawn = random_functions(RandomFunctions(noise=0.0), 4096, 1024, generator, is_held_out)
        for i, row in enumerate(drawn.codes):
            if len(problems) == n:
                break
            terms = canonical_terms(decode(row))
            d = int(drawn.n_variables[i])
            few = "one or two terms" if len(terms) < 3 else "three or more terms"
            nested = "nested" if max(map(nesting, terms)) >= 2 else "flat"
            problems.append(
                Problem(
                    f"random-{len(problems)}", f"{few}, {nested}",
                    tuple(f"x{j}" for j in range(d)),
                    drawn_from(drawn.x[i, :, :d].double().numpy()), drawn.expression(i),
                )
            )  # fmt: skip
    return problems


def nesting(term: tuple[str, ...]) -> int:
    """How many nonlinear functions stand inside one another: 1 for sin(x0), 2 for exp(cos(x0))."""
    below = max((nesting(child) for child in children(term)), default=0)
    operator = OPERATORS.get(term[0])
    linear = operator is None or operator.name in ("add", "sub", "neg", "mul")
    return below + (not linear)


SUITES = {"mechanics": mechanics, "nguyen": nguyen, "laws": laws, "random": random_suite}


def make_suite(name: str) -> list[Problem]:
    """The problems of a suite by name; an unknown name is an ``InputError`` that lists them."""
    if name not in SUITES:
        raise unknown("suite", name, SUITES)
    return SUITES[name]()


# ---- where the points of a problem come from -----------------------------------------------------
#
# Each function gives a function ``points(n, generator, stretch=1.0)`` → x (n, d); a stretch above
# 1 widens the region, to see whether a formula holds outside of the data that it was fitted to.


def in_box(limits: np.ndarray) -> Draw:
    """Uniform points in a box (d, 2); a stretched box keeps its centre, and 0 where it starts."""

    def points(n, generator, stretch=1.0):
        low, high = limits[:, 0], limits[:, 1]
        centre = np.where(low >= 0, low, (low + high) / 2)
        return generator.uniform(
            centre + stretch * (low - centre), centre + stretch * (high - centre),
            (n, len(limits)),
        )  # fmt: skip

    return points


def ranged(ranges: dict) -> Draw:
    """Columns uniform or log-uniform; those of positive quantities are stretched upwards only."""
    limits = np.array([r[:2] for r in ranges.values()], dtype=float)
    log = np.array([len(r) == 3 for r in ranges.values()])
    positive = limits[:, 0] >= 0
    limits[log] = np.log(limits[log])
    low, width = limits[:, 0], limits[:, 1] - limits[:, 0]

    def points(n, generator, stretch=1.0):
        start = np.where(positive, low, low - (stretch - 1) / 2 * width)
        x = start + stretch * width * generator.random((n, len(width)))
        return np.where(log, np.exp(np.where(log, x, 0.0)), x)

    return points


def within_domain(points: Draw, truth: Expression) -> Draw:
    """Only points at which the formula has a value: a stretched range may leave its domain."""

    def inside(n, generator, stretch=1.0):
        found = np.empty((0, 0))
        while len(found) < n:
            x = points(2 * n, generator, stretch)
            x = x[np.isfinite(truth(x))]
            found = np.vstack([found, x]) if found.size else x
        return found[:n]

    return inside


def drawn_from(rows: np.ndarray) -> Draw:
    """Points out of a fixed table (N, d), without repetition; stretched about its mean."""

    def points(n, generator, stretch=1.0):
        chosen = rows[generator.choice(len(rows), n, replace=False)]
        return chosen.mean(0) + stretch * (chosen - chosen.mean(0)) if stretch != 1 else chosen

    return points
