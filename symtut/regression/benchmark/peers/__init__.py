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
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

from symtut.errors import InputError
from symtut.expressions import Expression
from symtut.regression.search.digits import digits_needed

PEERS = {"gplearn": "gplearn.genetic", "pyoperon": "pyoperon.sklearn", "pysindy": "pysindy"}
"""Name → what must be importable. A file of the name has ``fit_NAME(x, y, deadline, seed)``."""
UNEXPLAINED = 1e-13
"""Share of the variance of y left over below which the given points count as explained."""


PeerFit = tuple[Callable[[np.ndarray], np.ndarray], str, int]
"""What such a function returns: x (n, d) → values (n,), the formula as text, its nodes."""


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
    peer = importlib.import_module(f"{__name__}.{name}")
    with warnings.catch_warnings(), np.errstate(all="ignore"), one_blas_thread():
        warnings.simplefilter("ignore")
        predict, text, length = getattr(peer, f"fit_{name}")(
            x, y, time.process_time() + seconds, seed
        )

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
        importlib.import_module(PEERS[name])
    except ImportError as error:
        raise InputError(
            f"method '{name}' needs the library of that name ({error}): "
            'pip install "symtut[benchmarks]", or leave the method out.'
        ) from error


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Linear algebra on one thread, where threadpoolctl is there to say so (scikit-learn's)."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        yield
    else:
        with threadpool_limits(1):
            yield


def peer_versions(names: Iterable[str]) -> dict[str, str]:
    """Versions of the libraries among ``names`` that are peers."""
    return {name: version(name) for name in names if name in PEERS}


def bic(unexplained: float, length: int, n: int, floor: float = UNEXPLAINED) -> float:
    """Bayesian information criterion with a node as the unit of length; infinite for nonsense."""
    if not np.isfinite(unexplained):
        return np.inf
    return n * np.log(max(unexplained, floor)) + np.log(n) * length
