"""pyoperon: fast genetic programming with a Levenberg-Marquardt fit of every candidate.

Chosen: two objectives, normalised error and length (NSGA-II), and the member of the Pareto
front with the best Bayesian information criterion in the length of the tree; the library's
default, minimum description length with a noise of 1, underfits. R² as the objective does about
as well but cannot tell errors below 1e-7 apart, since the library computes in single precision.
Its own limit is wall-clock time in whole seconds, so it runs in slices of generations with a
warm start until the CPU time is over. After an exact formula it goes on for as long again, to
find a shorter one. Columns are divided by their root mean square, so that its first weights
suit temperatures and millimetres alike; a zero stays a zero, and a product a product.
"""

import time
from itertools import count

import numpy as np

from symtut.expressions import VARIABLES
from symtut.regression.benchmark.peers import PeerFit, bic
from symtut.regression.benchmark.peers.formulas import python_text, rescaled

PYOPERON = {
    "objectives": ["nmse", "length"],
    "optimizer_iterations": 5,
    "population_size": 1000,
    "max_length": 40,
}


def fit_pyoperon(x: np.ndarray, y: np.ndarray, deadline: float, seed: int) -> PeerFit:
    """``(predict, text, length)`` for x (n, d), y (n,) by the CPU time ``deadline``."""
    from pyoperon.sklearn import SymbolicRegressor

    # standardised: its tables of data are in single precision
    shift, scale = float(np.mean(y)), float(np.std(y)) or 1.0
    z, n = (y - shift) / scale, len(y)
    units = np.sqrt(np.mean(x**2, axis=0))
    units[units == 0] = 1.0
    x = x / units
    model = SymbolicRegressor(
        allowed_symbols="add,sub,mul,div,sin,cos,tanh,exp,log,sqrt,abs,square,constant,variable",
        max_evaluations=10**12, epsilon=0.0, n_threads=1, warm_start=True, **PYOPERON,
    )  # fmt: skip
    started, exact, generations = time.process_time(), False, 1
    for number in count():
        begun = time.process_time()
        model.set_params(generations=generations, random_state=(seed * 7919 + number) % 2**31)
        model.fit(x, z)
        now = time.process_time()
        front = [s for s in model.pareto_front_ if np.isfinite(s["mean_squared_error"])]
        # in single precision an exact formula leaves about 1e-14
        if not exact and min((s["mean_squared_error"] for s in front), default=1.0) < 2e-13:
            exact, deadline = True, min(deadline, now + (now - started))
        if now >= deadline:
            break
        fitting = (deadline - now) * generations / (now - begun)  # generations in the time left
        generations = int(np.clip(fitting / 2, 1, 2 * generations))
    if not front:
        raise ArithmeticError("pyoperon returned no finite model")
    best = min(front, key=lambda s: bic(s["mean_squared_error"], s["length"], n, floor=1e-12))
    tree = best["tree"]
    text = model.get_model_string(tree, 12, list(VARIABLES[: x.shape[1]]))
    text = python_text(rescaled(text, shift, scale, units))
    return (
        lambda points: (
            shift + scale * model.evaluate_model(tree, points / units).astype(np.float64)
        ),
        text,
        best["length"],
    )
