"""gplearn: Koza-style genetic programming without a fit of constants.

Chosen: Pearson correlation as fitness with the outer scale and offset by least squares (linear
scaling, Keijzer 2003), which spares evolution two constants. Generations are added one by one
until the time is over; of all programs seen the one with the best Bayesian information
criterion is kept, since the last generation's best may be worse or longer. Tournaments of 5
and a small price of length: with gplearn's own (20, 0.001) the population collapsed onto one
short program within a few generations.
"""

import time

import numpy as np

from symtut.expressions import VARIABLES
from symtut.regression.benchmark.peers import UNEXPLAINED, PeerFit, bic
from symtut.regression.benchmark.peers.formulas import python_text

GPLEARN = {
    "population_size": 500,
    "tournament_size": 5,
    "const_range": (-2.0, 2.0),
    "parsimony_coefficient": 0.0001,
    "p_crossover": 0.6,
    "p_subtree_mutation": 0.15,
    "p_hoist_mutation": 0.05,
    "p_point_mutation": 0.15,
    "stopping_criteria": 2.0,  # a correlation never reaches it; the default would stop at once
}
# gplearn takes log and square root of the absolute value, and calls 0 and 1 what is near a pole
GPLEARN_CALLS = {
    "add": "({} + {})", "sub": "({} - {})", "mul": "({}*{})", "div": "({}/{})",
    "log": "log(abs({}))", "sqrt": "sqrt(abs({}))", "square": "({})**2",
}  # fmt: skip


def fit_gplearn(x: np.ndarray, y: np.ndarray, deadline: float, seed: int) -> PeerFit:
    """``(predict, text, length)`` for x (n, d), y (n,) by the CPU time ``deadline``."""
    from gplearn.functions import make_function
    from gplearn.genetic import SymbolicRegressor

    functions = [
        "add", "sub", "mul", "div", "sin", "cos", "sqrt", "log", "abs",
        make_function(function=np.tanh, name="tanh", arity=1),
        make_function(function=lambda a: np.exp(np.minimum(a, 50.0)), name="exp", arity=1),
        make_function(function=np.square, name="square", arity=1),
    ]  # fmt: skip
    model = SymbolicRegressor(
        function_set=functions, feature_names=list(VARIABLES[: x.shape[1]]), metric="pearson",
        warm_start=True, low_memory=True, generations=0, n_jobs=1, random_state=seed, **GPLEARN,
    )  # fmt: skip
    best, best_rank, left = None, np.inf, 1.0
    while best is None or (time.process_time() < deadline and left > UNEXPLAINED):
        model.set_params(generations=model.generations + 1)
        model.fit(x, y)
        for program in model._programs[-1]:
            unexplained = 1.0 - program.raw_fitness_**2  # by linear scaling
            rank = bic(unexplained, program.length_, len(y))
            if rank < best_rank:
                best, best_rank, left = program, rank, unexplained
    slope, offset = _line(best.execute(x), y)
    text = f"{offset!r} + {slope!r}*{python_text(str(best), GPLEARN_CALLS)}"
    return lambda points: offset + slope * best.execute(points), text, best.length_ + 4


def _line(a: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and offset of y against a."""
    spread = a - a.mean()
    slope = float(spread @ y / (spread @ spread)) if np.any(spread) else 0.0
    return slope, float(y.mean() - slope * a.mean())
