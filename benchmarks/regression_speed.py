"""How fast are random functions, and how fast are constants? CPU-seconds, one thread.

    python benchmarks/regression_speed.py

Three tables: generating, evaluating and filtering random functions; fitting constants by batched
Levenberg-Marquardt against SciPy's BFGS on the same skeletons and data, with the same number of
random starts; one whole regression.
"""

import statistics
import time

import numpy as np
import torch

from symtut.expressions import CONSTANT, Grammar, Program, RandomFunctions, encode, random_functions
from symtut.regression import SymbolicRegressor
from symtut.regression.search.bfgs import bfgs
from symtut.regression.search.fits import initial_constants, join
from symtut.regression.search.levenberg_marquardt import levenberg_marquardt

N_POINTS = 64


def cpu_seconds(function) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def generation(repeats: int = 5) -> None:
    config, rng = RandomFunctions(), np.random.default_rng(0)
    rates = []
    for _ in range(repeats):
        kept = 0
        start = time.process_time()
        while kept < 20_000:
            kept += len(random_functions(config, 4096, N_POINTS, rng).y)
        rates.append(kept / (time.process_time() - start))
    print("Random functions kept per CPU-second (generation, evaluation, filters; 64 points)")
    print(f"  median {statistics.median(rates):>9,.0f}   min {min(rates):,.0f}\n")


def problems(n: int, rng) -> list:
    """Skeletons with one to three inner constants, each with data that it explains exactly."""
    found = []
    while len(found) < n:
        terms = Grammar().sample(1, 3, rng)[0]
        if not 1 <= sum(term.count(CONSTANT) for term in terms) <= 3:
            continue
        program = Program(encode([join(terms)]))
        x = rng.uniform(-3, 3, (N_POINTS, 3))
        truth = torch.from_numpy(initial_constants((1, 1, int(program.n_constants[0])), rng))
        values = program(torch.from_numpy(x), truth)[0, :, 0].numpy()
        if np.isfinite(values).all() and 1e-3 < values.std(1).min() and np.abs(values).max() < 1e4:
            found.append((terms, x, (rng.uniform(0.3, 1, len(terms)) / values.std(1)) @ values))
    return found


def constants(n: int = 256) -> None:
    rng = np.random.default_rng(1)
    cases = problems(n, rng)
    print("Constants: success (1 − R² < 1e-8) given the right skeleton, one data set each")
    for name, fit, starts in (
        ("LM", levenberg_marquardt, 1), ("LM", levenberg_marquardt, 6),
        ("BFGS", bfgs, 1), ("BFGS", bfgs, 6),
    ):  # fmt: skip
        some = cases if fit is levenberg_marquardt else cases[:64]
        solved = np.mean([fit([t], x, y, rng, starts=starts)[0].loss < 1e-8 for t, x, y in some])
        print(f"  {name:<5} {starts} start(s)  {solved:.2f}")
    # as in a regression: many skeletons, one data set
    skeletons, (_, x, y) = [terms for terms, _, _ in cases], cases[0]
    print("Constants: CPU-milliseconds per skeleton, 256 skeletons on one data set, 64 points")
    for starts in (1, 6):
        lm = min(
            cpu_seconds(lambda s=starts: levenberg_marquardt(skeletons, x, y, rng, starts=s))
            for _ in range(3)
        )
        lm *= 1000 / len(skeletons)
        slow = cpu_seconds(lambda s=starts: bfgs(skeletons[:48], x, y, rng, starts=s)) * 1000 / 48
        print(f"  {starts} start(s): LM {lm:.2f} ms   SciPy BFGS {slow:.1f} ms   {slow / lm:.0f}×")
    print()


def regression() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(-3, 3, (200, 4))
    y = 0.05 * x[:, 1] + 0.04 * np.sin(x[:, 0]) + 0.01 * x[:, 2] * np.cos(x[:, 3])
    model = SymbolicRegressor(max_time=None)
    model.fit(x, y)  # the first fit loads the weights
    times = [model.set_params(random_state=s).fit(x, y).fit_time_ for s in range(5)]
    print("One regression, 256 candidates, 4 variables, 200 points")
    print(f"  median {statistics.median(times):.2f} CPU-s   last found: "
          f"{model.equations_[0]['equation']}")  # fmt: skip


if __name__ == "__main__":
    torch.set_num_threads(1)
    generation()
    constants()
    regression()
