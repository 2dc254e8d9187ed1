"""Random functions seen through random points: the data that the transformer is pretrained on.

A chunk of examples is drawn in one go: skeletons from the grammar, points from a mixture of
distributions, constants, coefficients, values and noise; formulas that are undefined on their
points or hardly vary are dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from symtut.expressions.canonical import canonical_terms
from symtut.expressions.evaluate import PAD, Program, decode
from symtut.expressions.grammar import Grammar
from symtut.expressions.operators import CONSTANT, MAX_VARIABLES
from symtut.expressions.tree import Expression, linear_combination

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class RandomFunctions:
    """What random functions look like.

    Attributes
    ----------
    grammar : Grammar
        Prior over skeletons.
    n_variables : tuple of float
        Weights of 1, 2, … variables.
    scales : (low, high)
        Spread of each variable, log-uniform, in the variable's own units.
    weights : (low, high)
        Standard deviation of each term relative to the others, log-uniform: the terms of one
        equation of motion easily differ by a factor of fifty.
    noise : float
        Largest standard deviation of Gaussian noise relative to that of y; half of the examples
        have none.
    positive : float
        Share of laws (``Grammar.laws``) whose variables are all positive, as measured quantities
        are: each uniform between two values or log-uniform over one to three decades.
    centred : float
        Share of functions whose values come with mean 0, as the residual of an equation does. The
        others keep their mean, in units of their standard deviation, so that 0 keeps its meaning.
    """

    grammar: Grammar = field(default_factory=Grammar)
    n_variables: tuple[float, ...] = (0.10, 0.22, 0.26, 0.20, 0.12, 0.10)
    scales: tuple[float, float] = (0.4, 8.0)
    weights: tuple[float, float] = (0.02, 1.0)
    noise: float = 0.1
    positive: float = 0.8
    centred: float = 1.0


@dataclass
class Examples:
    """A chunk of random functions, all seen through the same number of points.

    Attributes
    ----------
    codes : int array (B, L)
        Skeletons as drawn (not canonical), terms separated by ``<sep>``.
    x : tensor (B, n, 6) float32
        Points; columns behind ``n_variables`` are zero.
    y : tensor (B, n) float32
        Values with noise, standard deviation 1; mean 0 for the share ``RandomFunctions.centred``.
    n_variables : int array (B,)
    noise : float array (B,)
    constants : float array (B, J)
        Inner constants of each skeleton, in order of appearance.
    weights : float array (B, K)
    intercepts : float array (B,)
        y is the intercept plus the weighted terms (plus noise).
    """

    codes: np.ndarray
    x: torch.Tensor
    y: torch.Tensor
    n_variables: np.ndarray
    noise: np.ndarray
    constants: np.ndarray
    weights: np.ndarray
    intercepts: np.ndarray

    def term_expressions(self, i: int) -> list[Expression]:
        """The terms of example ``i`` with their constants, as drawn."""
        numbers = iter(self.constants[i].tolist())
        return [
            Expression(term, tuple(next(numbers) for _ in range(term.count(CONSTANT))))
            for term in decode(self.codes[i])
        ]

    def expression(self, i: int) -> Expression:
        """The noise-free function behind example ``i``."""
        terms = self.term_expressions(i)
        return linear_combination(self.weights[i][: len(terms)], terms, self.intercepts[i])


def random_functions(
    config: RandomFunctions,
    n: int,
    n_points: int,
    generator: np.random.Generator,
    accept: Callable[[tuple[tuple[str, ...], ...]], bool] | None = None,
) -> Examples:
    """Draw ``n`` functions and keep those that are finite and vary on their points.

    ``accept`` may turn down canonical skeletons before any point is drawn.
    """
    weights = np.cumsum(config.n_variables) / np.sum(config.n_variables)
    n_variables = 1 + np.searchsorted(weights, generator.random(n), side="right")
    laws = config.grammar.draw_laws(n, generator)
    codes = config.grammar.sample_codes(n_variables, generator, laws)
    keep = codes[:, 0] != PAD
    if accept is not None:
        keep &= [bool(terms) and accept(terms) for terms in map(_canonical, codes)]
    codes, n_variables, laws = codes[keep], n_variables[keep], laws[keep]
    x = random_points(n_variables, n_points, config.scales, generator)
    positive = np.flatnonzero(laws)
    if positive.size:
        positive = positive[generator.random(positive.size) < config.positive]
        x[positive] = measured_points(n_variables[positive], n_points, config.scales, generator)
    import torch

    return seen_through(codes, torch.from_numpy(x), n_variables, config, generator)


def seen_through(
    codes: np.ndarray,
    x: torch.Tensor,
    n_variables: np.ndarray,
    config: RandomFunctions,
    generator: np.random.Generator,
) -> Examples:
    """Give skeletons constants, coefficients and noise, and look at them through given points.

    Parameters
    ----------
    codes : int array (B, L)
        Skeletons, terms separated by ``<sep>``.
    x : tensor (B, n, 6) float32
    n_variables : int array (B,)

    Returns
    -------
    Examples
        Those that are finite and vary on their points, in order.
    """
    import torch

    program = Program(codes)
    constants = _random_constants(program, generator)
    terms = program(x.numpy(), constants)[:, :, 0]  # (B, K, n)

    real = program.roots >= 0  # (B, K)
    size = np.maximum(terms.max(-1), -terms.min(-1))
    with np.errstate(invalid="ignore", over="ignore"):
        spread = terms.std(-1, ddof=1)
        # a term must vary, stay in range, and not live from a single outlier
        good = (spread > 1e-3) & (size < 1e4) & (size < 12 * spread + 30) | ~real
    good = good.all(1)
    strength = _log_uniform(config.weights, real.shape, generator)
    strength *= np.where(generator.random(real.shape) < 0.5, -1, 1)
    usable = real & good[:, None]
    factor = np.where(usable, strength / np.where(usable, spread, 1), 0)
    terms = np.nan_to_num(terms, nan=0.0, posinf=0.0, neginf=0.0)
    y = np.einsum("bk,bkn->bn", factor, terms)
    good &= y.std(-1) > 1e-3  # terms may cancel
    y, mean, deviation = _standardised(y)

    noise = _log_uniform((1e-3, config.noise), len(y), generator) if config.noise else 0.0
    noise = np.where(generator.random(len(y)) < 0.5, noise, 0.0).astype(np.float32)
    y = y + noise[:, None] * generator.standard_normal(y.shape, dtype=np.float32)
    y, shift, scale = _standardised(y)
    intercepts = -(mean / deviation + shift) / scale
    if config.centred < 1:
        centred = generator.random(len(y)) < config.centred
        y = y - np.where(centred, 0.0, intercepts).astype(np.float32)[:, None]
        # one in five has a constant of its own
        own = np.where(generator.random(len(y)) < 0.2, generator.normal(0, 2, len(y)), 0.0)
        own = np.where(centred, 0.0, own).astype(np.float32)
        y, intercepts = y + own[:, None], np.where(centred, intercepts, own)
    return Examples(
        codes[good], x[torch.from_numpy(good)], torch.from_numpy(y[good]), n_variables[good],
        noise[good], constants[:, 0][good], (factor / (deviation * scale)[:, None])[good],
        intercepts[good],
    )  # fmt: skip


def _canonical(row: np.ndarray) -> tuple[tuple[str, ...], ...]:
    return canonical_terms(decode(row)) if row[0] != PAD else ()


def _standardised(y: np.ndarray):
    """y (B, n) with mean 0 and standard deviation 1, and what was taken away, (B,) each."""
    mean = y.mean(-1, keepdims=True)
    deviation = np.maximum(y.std(-1, ddof=1, keepdims=True), np.float32(1e-6))
    return (y - mean) / deviation, mean[:, 0], deviation[:, 0]


def random_points(
    n_variables: np.ndarray,
    n_points: int,
    scales: tuple[float, float],
    generator: np.random.Generator,
) -> np.ndarray:
    """Points (B, n, 6) float32: each variable uniform, Gaussian, clustered or along a path.

    Only the columns that are in use are drawn; the others are zero.
    """
    n_variables = np.asarray(n_variables)
    present = np.arange(MAX_VARIABLES) < n_variables[:, None]
    row, _ = np.nonzero(present)
    kind = generator.choice(4, row.size, p=[0.4, 0.2, 0.1, 0.3])
    # one example in four is a single trajectory: all its variables move along it
    kind[(generator.random(len(n_variables)) < 0.25)[row]] = 3
    columns = np.empty((row.size, n_points), dtype=np.float32)
    for k, draw in enumerate((_uniform, _gaussian, _clusters, _paths)):
        chosen = np.flatnonzero(kind == k)
        columns[chosen] = draw(chosen.size, n_points, generator)
    scale = _log_uniform(scales, (row.size, 1), generator)
    offset = scale * generator.standard_normal((row.size, 1), dtype=np.float32)
    offset[generator.random(row.size) > 0.3] = 0.0
    columns *= scale
    columns += offset
    positive = generator.random(row.size) < 0.1
    columns[positive] = np.abs(columns[positive])
    wrapped = generator.random(row.size) < 0.15  # as the angles of a task are
    columns[wrapped] = (columns[wrapped] + np.pi) % (2 * np.pi) - np.pi
    points = np.zeros((len(n_variables), MAX_VARIABLES, n_points), dtype=np.float32)
    points[present] = columns
    return points.transpose(0, 2, 1)


def measured_points(
    n_variables: np.ndarray,
    n_points: int,
    scales: tuple[float, float],
    generator: np.random.Generator,
) -> np.ndarray:
    """Positive points (B, n, 6) float32, as :func:`random_points`; ``scales`` is for their size."""
    present = np.arange(MAX_VARIABLES) < np.asarray(n_variables)[:, None]
    n = int(present.sum())
    columns = generator.random((n, n_points), dtype=np.float32)
    # the largest value of a column over its smallest: 1.5 to 10, or ten to a thousand
    over_decades = generator.random(n) < 0.5
    widest = np.where(over_decades[:, None], _log_uniform((10, 1000), (n, 1), generator),
                      _log_uniform((1.5, 10), (n, 1), generator))  # fmt: skip
    columns = np.where(over_decades[:, None], widest**columns, 1 + (widest - 1) * columns)
    columns /= np.sqrt((columns**2).mean(1, keepdims=True))
    columns *= _log_uniform(scales, (n, 1), generator)
    points = np.zeros((len(present), MAX_VARIABLES, n_points), dtype=np.float32)
    points[present] = columns
    return points.transpose(0, 2, 1)


def _uniform(n, n_points, generator):
    return generator.random((n, n_points), dtype=np.float32) * 2 - 1


def _gaussian(n, n_points, generator):
    return generator.standard_normal((n, n_points), dtype=np.float32) * 0.6


def _clusters(n, n_points, generator):
    """Three groups of points."""
    centres = generator.standard_normal((n, 3), dtype=np.float32) * 0.6
    which = generator.integers(0, 3, (n, n_points))
    return np.take_along_axis(centres, which, axis=1) + 0.1 * _gaussian(n, n_points, generator)


def _paths(n, n_points, generator):
    """Smooth paths: two sinusoids with random periods, in the order of time."""
    time = np.linspace(0, 2 * np.pi, n_points, dtype=np.float32)
    path = np.zeros((n, n_points), dtype=np.float32)
    for _ in range(2):
        cycles = generator.uniform(0.3, 6, (n, 1)).astype(np.float32)
        phase = generator.uniform(0, 2 * np.pi, (n, 1)).astype(np.float32)
        path += np.sin(cycles * time + phase)
    return path * 0.6


def _log_uniform(limits, shape, generator):
    low, high = np.log(limits[0]), np.log(limits[1])
    return np.exp(generator.uniform(low, high, shape)).astype(np.float32)


def _random_constants(program: Program, generator) -> np.ndarray:
    """Constants of a skeleton: log-uniform size between 0.2 and 5, three in four positive."""
    shape = (*program.constant_node.shape[:1], 1, program.constant_node.shape[1])
    values = _log_uniform((0.2, 5.0), shape, generator)
    values *= np.where(generator.random(shape) < 0.25, -1, 1).astype(np.float32)
    return values
