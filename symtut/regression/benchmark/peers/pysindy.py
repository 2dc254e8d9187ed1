"""pysindy: sequentially thresholded least squares on several libraries of functions.

Chosen: the library (polynomials up to degree 3, Fourier, |x|, and products of these) and the
threshold together, by five-fold cross-validation on the given points, the fewest terms within
one standard error of the best. Columns and y have norm 1, so a threshold is the share that a
term adds. Small libraries first; after an exact one the larger are not tried.
"""

import time

import numpy as np

from symtut.expressions import VARIABLES
from symtut.regression.benchmark.peers import PeerFit
from symtut.regression.benchmark.peers.formulas import python_text

TRIED_THRESHOLDS = tuple(np.logspace(-4, -0.5, 8))


def fit_pysindy(x: np.ndarray, y: np.ndarray, deadline: float, seed: int) -> PeerFit:
    """``(predict, text, length)`` for x (n, d), y (n,) by the CPU time ``deadline``."""
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
        for threshold in TRIED_THRESHOLDS:
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
