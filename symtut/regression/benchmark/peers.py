"""Regressors of others behind one interface: gplearn, pyoperon and pysindy.

They are competitors in ``symtut benchmark regression``, set up as somebody would who knows them,
and they come with the extra ``benchmarks`` (``pip install "symtut[benchmarks]"``); each library is
imported only when it is asked for. All run on one thread, count CPU-seconds of this process, and
stop early once their equation explains the given points exactly, as the project's own methods do.
Each predicts with its own code; only the printed equation and its complexity (nodes, constants
included) are translated into the project's language of formulas.

The settings were chosen on random functions of another seed than the reported ones and on a quarter
of mechanics with other points; what was chosen and why stands with each.
"""

import importlib
import time
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count

import numpy as np

from symtut.errors import InputError
from symtut.expressions import VARIABLES, Expression
from symtut.regression.benchmark.peer_formulas import GPLEARN_CALLS, python_text, rescaled
from symtut.regression.search.digits import digits_needed

EXACT = 1e-13
"""Share of the variance of y left over below which the given points count as explained."""


@dataclass(frozen=True)
class PeerModel:
    """What a peer found.

    Attributes
    ----------
    predict : callable
        x (n, d) → values (n,), computed by the peer's own library.
    equation : str
        The formula as text, in Python syntax; the library's own text where it has no translation.
    complexity : int
        Nodes of that formula; the library's own count of nodes where it has no translation.
    """

    predict: Callable[[np.ndarray], np.ndarray]
    equation: str
    complexity: int


def fit_peer(
    name: str, x: np.ndarray, y: np.ndarray, seconds: float, seed: int, names: tuple[str, ...]
) -> PeerModel:
    """Fit the peer ``name`` to x (n, d), y (n,) in about ``seconds`` CPU-seconds on one thread.

    Raises
    ------
    InputError
        Unknown name, or the peer's library is not installed.
    """
    check_peer(name)
    with warnings.catch_warnings(), np.errstate(all="ignore"), one_thread():
        warnings.simplefilter("ignore")
        predict, text, length = PEERS[name](x, y, time.process_time() + seconds, seed)

    def quietly(points):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            values = predict(np.asarray(points, dtype=np.float64))
        return np.asarray(values, dtype=np.float64).reshape(-1)

    try:
        formula = Expression.from_text(text)
        text = formula.text(names, digits_needed(formula, x, y))
        return PeerModel(quietly, text, formula.complexity)
    except InputError:
        return PeerModel(quietly, text, length)


def check_peer(name: str) -> None:
    """An ``InputError`` if ``name`` is unknown or its library is missing."""
    if name not in PEERS:
        raise InputError(f"unknown peer '{name}'; known: {', '.join(PEERS)}.")
    try:
        importlib.import_module(MODULES[name])
    except ImportError as error:
        raise InputError(
            f"method '{name}' needs the library of that name ({error}): "
            'pip install "symtut[benchmarks]", or leave the method out.'
        ) from error


@contextmanager
def one_thread():
    """Linear algebra on one thread, where threadpoolctl is there to say so (scikit-learn's)."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        yield
    else:
        with threadpool_limits(1):
            yield


def peer_versions(names) -> dict[str, str]:
    """Versions of the libraries among ``names`` that are peers."""
    return {name: version(name) for name in names if name in PEERS}


# ---- genetic programming ------------------------------------------------------------------------


def fit_gplearn(x, y, deadline, seed):
    """gplearn: Koza-style genetic programming without a fit of constants.

    Chosen: Pearson correlation as fitness with the outer scale and offset by least squares (linear
    scaling, Keijzer 2003), which spares evolution two constants. Generations are added one by one
    until the time is over; of all programs seen the one with the best Bayesian information
    criterion is kept, since the last generation's best may be worse or longer. Tournaments of 5
    and a small price of length: with gplearn's own (20, 0.001) the population collapsed onto one
    short program within a few generations.
    """
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
    while best is None or (time.process_time() < deadline and left > EXACT):
        model.set_params(generations=model.generations + 1)
        model.fit(x, y)
        for program in model._programs[-1]:
            unexplained = 1.0 - program.raw_fitness_**2  # by linear scaling
            rank = _bic(unexplained, program.length_, len(y))
            if rank < best_rank:
                best, best_rank, left = program, rank, unexplained
    slope, offset = _line(best.execute(x), y)
    text = f"{offset!r} + {slope!r}*{python_text(str(best), GPLEARN_CALLS)}"
    return lambda points: offset + slope * best.execute(points), text, best.length_ + 4


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


def fit_pyoperon(x, y, deadline, seed):
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
    best = min(front, key=lambda s: _bic(s["mean_squared_error"], s["length"], n, floor=1e-12))
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


PYOPERON = {
    "objectives": ["nmse", "length"],
    "optimizer_iterations": 5,
    "population_size": 1000,
    "max_length": 40,
}


# ---- sparse regression --------------------------------------------------------------------------


def fit_pysindy(x, y, deadline, seed):
    """pysindy: sequentially thresholded least squares on several libraries of functions.

    Chosen: the library (polynomials up to degree 3, Fourier, |x|, and products of these) and the
    threshold together, by five-fold cross-validation on the given points, the fewest terms within
    one standard error of the best. Columns and y have norm 1, so a threshold is the share that a
    term adds. Small libraries first; after an exact one the larger are not tried.
    """
    from pysindy import SINDy
    from pysindy.optimizers import STLSQ

    def optimizer(threshold):
        return STLSQ(threshold=threshold, alpha=1e-6, normalize_columns=True, max_iter=20)

    n = len(y)
    target = (y / np.linalg.norm(y))[:, None]
    folds = np.random.default_rng(seed).permutation(n) % min(5, n)
    tried = []  # (cross-validated error, its standard error, terms, library, threshold)
    for library in _libraries():
        if tried and time.process_time() > deadline:
            break
        columns = np.asarray(library.fit_transform(x))
        if not np.isfinite(columns).all():
            continue
        for threshold in THRESHOLDS:
            if tried and time.process_time() > deadline:
                break
            errors = []
            for fold in range(folds.max() + 1):
                inside = folds != fold
                fit = optimizer(threshold).fit(columns[inside], target[inside])
                miss = target[~inside, 0] - columns[~inside] @ fit.coef_[0]
                errors.append(np.mean(miss**2) * n)
            terms = np.count_nonzero(optimizer(threshold).fit(columns, target).coef_)
            spread = np.std(errors, ddof=1) / np.sqrt(len(errors))
            tried.append((float(np.mean(errors)), float(spread), terms, library, threshold))
        if min(tried, key=lambda t: t[0])[0] < 1e-20:
            break
    least = min(tried, key=lambda t: t[0])
    limit = max(least[0] + least[1], 1e-20)
    _, _, _, library, threshold = min((t for t in tried if t[0] <= limit), key=lambda t: t[2])
    model = SINDy(optimizer=optimizer(threshold), feature_library=library)
    names = list(VARIABLES[: x.shape[1]])
    model.fit(x, t=1.0, x_dot=target, feature_names=names)
    norm, weights = float(np.linalg.norm(y)), model.coefficients()[0].tolist()
    parts = [
        f"{norm * weight!r}" + ("" if term == "1" else f"*{_product(term)}")
        for weight, term in zip(weights, model.get_feature_names(), strict=True)
        if weight != 0
    ]
    text = python_text(" + ".join(parts) or "0.0")
    return lambda points: norm * np.asarray(model.predict(points)).ravel(), text, 4 * len(parts)


THRESHOLDS = tuple(np.logspace(-4, -0.5, 8))


def _libraries():
    from pysindy.feature_library import CustomLibrary, FourierLibrary, PolynomialLibrary

    def polynomial(degree, bias=True):
        return PolynomialLibrary(degree=degree, include_bias=bias)

    def fourier():
        return FourierLibrary(n_frequencies=1)

    def modulus():
        return CustomLibrary([lambda a: np.abs(a)], [lambda name: f"abs({name})"])

    yield polynomial(1)
    yield polynomial(2)
    yield polynomial(1) + fourier()
    yield polynomial(3)
    yield polynomial(2) + fourier()
    yield polynomial(2) + modulus() + polynomial(1, bias=False) * modulus()
    yield polynomial(2) + fourier() + polynomial(1, bias=False) * fourier()
    yield (
        polynomial(2) + fourier() + modulus() + polynomial(1, bias=False) * (fourier() + modulus())
    )
    yield polynomial(3) + fourier() + polynomial(1, bias=False) * fourier() + fourier() * fourier()
    yield polynomial(3) + fourier() + polynomial(2, bias=False) * fourier()


def _product(term: str) -> str:
    """pysindy's ``x0 sin(1 x1)^2`` as ``x0*sin(1*x1)**2``."""
    return term.replace("^", "**").replace(" ", "*")


MODULES = {"gplearn": "gplearn.genetic", "pyoperon": "pyoperon.sklearn", "pysindy": "pysindy"}
PEERS = {"gplearn": fit_gplearn, "pyoperon": fit_pyoperon, "pysindy": fit_pysindy}


# ---- shared -------------------------------------------------------------------------------------


def _bic(unexplained: float, length: int, n: int, floor: float = EXACT) -> float:
    """Bayesian information criterion with a node as the unit of length; infinite for nonsense."""
    if not np.isfinite(unexplained):
        return np.inf
    return n * np.log(max(unexplained, floor)) + np.log(n) * length


def _line(a: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and offset of y against a."""
    spread = a - a.mean()
    slope = float(spread @ y / (spread @ spread)) if np.any(spread) else 0.0
    return slope, float(y.mean() - slope * a.mean())
