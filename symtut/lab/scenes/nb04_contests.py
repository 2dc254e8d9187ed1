"""Models that are fitted to the same points and compared: the computations of notebook 04."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.optimize
import torch

from symtut import SymbolicRegressor, make_task, progress
from symtut.expressions import Expression
from symtut.lab import equations
from symtut.lab.scenes import nb04_genetic as genetic
from symtut.regression.problems.suites import Problem, make_suite
from symtut.regression.search.bfgs import bfgs
from symtut.regression.search.fits import initial_constants
from symtut.regression.search.levenberg_marquardt import levenberg_marquardt
from symtut.regression.search.library import library
from symtut.tasks.random_policy import random_transitions

Predict = Callable[[np.ndarray], np.ndarray]
METHODS = ("evolution", "prior", "sparse")
WIDE = (("theta", "theta_dot", "u"), "0.75*sin(theta) + 0.15*u")  # of the pendulum's speed


def train_network(
    x: np.ndarray, y: np.ndarray, updates: int, seed: int, features: Predict = lambda x: x
) -> tuple[Predict, int]:
    """A network of 2 × 32 units fitted to (n, 1) → (n,): a function of x, and its weights' number.

    Parameters
    ----------
    features : callable
        What the network sees of x: (n, 1) → (n, F).
    """
    torch.manual_seed(seed)
    inputs = torch.tensor(features(x), dtype=torch.float32)
    network = torch.nn.Sequential(
        torch.nn.Linear(inputs.shape[1], 32), torch.nn.Tanh(),
        torch.nn.Linear(32, 32), torch.nn.Tanh(), torch.nn.Linear(32, 1),
    )  # fmt: skip
    scale = float(y.std())
    target = torch.tensor(y / scale, dtype=torch.float32)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(updates):
        loss = (network(inputs)[:, 0] - target).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    def predict(x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return network(torch.tensor(features(x), dtype=torch.float32))[:, 0].numpy() * scale

    return predict, sum(p.numel() for p in network.parameters())


def cubic(x: np.ndarray, y: np.ndarray) -> Expression:
    """The best c₁x + c₂x³ + c₃: a formula of the wrong form."""
    terms = (("x0",), ("mul", "x0", "square", "x0"))
    return levenberg_marquardt([terms], x, y, np.random.default_rng(0))[0].expression()


def descend(start: Sequence[float], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The path of BFGS over frequency and amplitude of a sine: (steps, 3) with the loss 1 − R²."""

    def loss(parameters):
        omega, amplitude = parameters
        residual = amplitude * np.sin(omega * x) - y
        slopes = np.array([amplitude * x * np.cos(omega * x), np.sin(omega * x)])
        return np.mean(residual**2) / np.var(y), 2 * (slopes @ residual) / len(x) / np.var(y)

    path = [np.array(start)]
    scipy.optimize.minimize(
        loss, start, jac=True, method="BFGS", callback=lambda p: path.append(p.copy())
    )
    return np.array([(*p, loss(p)[0]) for p in path])


def sine_from_starts(
    x: np.ndarray, y: np.ndarray, n: int, generator: np.random.Generator
) -> tuple[np.ndarray, dict[str, tuple[np.ndarray, float]]]:
    """Fits of w₀ + w₁ sin(ωx) by two methods from ``n`` random ω.

    Returns
    -------
    starts (n,), {method: (ends (n, 2) with |ω| and 1 − R², CPU-milliseconds a fit)}
    """
    starts, ends = initial_constants((n, 1), generator), {}
    for name, fit in (("BFGS", bfgs), ("Levenberg-Marquardt", levenberg_marquardt)):
        begun = time.process_time()
        found = fit(
            [(("sin", "mul", "C", "x0"),)] * n, x[:, None], y, generator, starts=1,
            guesses=list(starts),
        )  # fmt: skip
        each = 1000 * (time.process_time() - begun) / n
        ends[name] = np.array([[abs(f.constants[0]), f.loss] for f in found]), each
    return np.abs(starts[:, 0]), ends


def pendulum_steps(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """States, actions and next states of ``n`` random steps, less those that a bound has cut."""
    task = make_task("pendulum")
    steps = random_transitions(task, n, seed)
    steps = steps[task.uncut(steps.state, steps.next_state)]
    return steps.state, steps.action, steps.next_state


def library_columns(expressions: Sequence[Expression], x: np.ndarray) -> np.ndarray:
    """K expressions at (n, d) points -> (n, K) columns with mean 0 and norm 1."""
    columns = np.array([expression(x) for expression in expressions]).T
    columns = columns - columns.mean(0)
    return columns / np.linalg.norm(columns, axis=0)


def package_library(n_variables: int) -> list[Expression]:
    """The library of the package's sparse regression."""
    return [Expression(prefix) for (prefix,) in library(n_variables)]


# ---- a race at equal time ------------------------------------------------------------------------


def problems(names: Sequence[str]) -> dict[str, Problem]:
    """Problems of the suites ``nguyen`` and ``mechanics`` by their names."""
    known = {p.name: p for suite in ("nguyen", "mechanics") for p in make_suite(suite)}
    return {name: known[name] for name in names}


def race(chosen: dict[str, Problem], seconds: float, seeds: int, seed: int) -> dict:
    """Each method on each problem for so many CPU-seconds: {method: (problems, seeds, 2)}.

    The last axis is 1 − R² on fresh points, at most 10: in the same region, and in one half as wide
    again.
    """
    result = {method: np.empty((len(chosen), seeds, 2)) for method in METHODS}
    with np.errstate(all="ignore"):
        for i, problem in enumerate(progress.steps(chosen.values(), "race")):
            for k in range(seeds):
                draw = np.random.default_rng([seed, i, k])
                x = problem.points(100, draw)
                fresh = [problem.points(300, draw, reach) for reach in (1.0, 1.5)]
                for method in METHODS:
                    predict = _contestant(method, x, problem.truth(x), seconds, 10 * seed + k)
                    for j, points in enumerate(fresh):
                        result[method][i, k, j] = _loss(predict(points), problem.truth(points))
    return result


def _contestant(method: str, x: np.ndarray, y: np.ndarray, seconds: float, seed: int) -> Predict:
    if method == "evolution":
        generator = np.random.default_rng(seed)
        return genetic.evolve(x, y, generator, seconds=seconds, starts=2)[-1].best.expression()
    rounds = 3 if method == "sparse" else None  # None: ask again until time is up
    regressor = SymbolicRegressor(method=method, rounds=rounds, max_time=seconds, random_state=seed)
    return regressor.fit(x, y).predict


def _loss(prediction: np.ndarray, y: np.ndarray) -> float:
    known = np.isfinite(y)
    loss = np.mean((np.asarray(prediction)[known] - y[known]) ** 2) / y[known].var()
    return min(float(loss), 10.0) if np.isfinite(loss) else 10.0


# ---- noise ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wave:
    """Evolution on 30 noisy points of sin(2x), with a price for length or without.

    Attributes
    ----------
    x, y : (30, 1) and (30,)
    best : {price: list of Expression}, one for each run
    nodes : {price: list of (generations,)}, mean size of the population
    r2 : {price: list of float}, on the points
    """

    x: np.ndarray
    y: np.ndarray
    best: dict[str, list[Expression]]
    nodes: dict[str, list[np.ndarray]]
    r2: dict[str, list[float]]


def evolve_wave(generations: int, seed: int, runs: int = 3) -> Wave:
    """Evolve formulas for a noisy wave, ``runs`` times with the price 1 and with the price 0."""
    draw = np.random.default_rng(seed)
    x = np.sort(draw.uniform(-3, 3, (30, 1)), axis=0)
    y = np.sin(2 * x[:, 0]) + 0.25 * draw.standard_normal(30)
    alphabet = ("add", "add", "mul", "mul", "sub", "div", "sin", "exp", "square")
    wave = Wave(x, y, {}, {}, {})
    for name, price in (("with a price", 1.0), ("without", 0.0)):
        for attempt in range(runs):
            run = genetic.evolve(
                x, y, np.random.default_rng([seed, attempt]), generations=generations,
                population=96, max_nodes=40, parsimony=price, alphabet=alphabet,
            )  # fmt: skip
            wave.best.setdefault(name, []).append(run[-1].best.expression())
            wave.nodes.setdefault(name, []).append(np.array([g.nodes.mean() for g in run]))
            wave.r2.setdefault(name, []).append(1 - run[-1].best.loss)
    return wave


def noisy_points(n: int, noise: float, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Increments of the pendulum's speed, |θ| < 1.5 rad: (θ, u) (n, 2) and values (n,)."""
    x = draw.uniform([-1.5, -2], [1.5, 2], (n, 2))
    return x, 0.75 * np.sin(x[:, 0]) + 0.15 * x[:, 1] + noise * draw.standard_normal(n)


def recovered(points: int, noise: float, tries: int, seed: int) -> float:
    """Share of draws in which sparse regression finds the two right terms and no other."""
    names, truth = WIDE
    right = 0
    for k in range(tries):
        generator = np.random.default_rng([seed, 100 + k])
        x = generator.uniform([-np.pi, -8, -2], [np.pi, 8, 2], (points, 3))
        y = 0.75 * np.sin(x[:, 0]) + 0.15 * x[:, 2] + noise * generator.standard_normal(points)
        found = SymbolicRegressor(method="sparse", max_time=None, feature_names=names).fit(x, y)
        text = found.expression().text(names, digits=None)
        # 1 if a true term is missing, infinite if there is another
        right += equations.largest_error(equations.coefficients(text, truth, names)) < 0.99
    return right / tries
