"""Constants the paper's way: SciPy's BFGS over all numbers, inner and outer, one by one."""

from collections.abc import Callable

import numpy as np

from symtut.expressions import CONSTANT, OPERATORS, VARIABLES
from symtut.regression.search.fits import Fit, Terms, initial_constants, with_guess


def bfgs(
    candidates: list[Terms],
    x: np.ndarray,
    y: np.ndarray,
    generator: np.random.Generator,
    starts: int = 1,
    guesses: list[np.ndarray | None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> list[Fit]:
    """Fit candidates one after the other with SciPy's BFGS over all numbers, inner and outer.

    Same arguments and results as :func:`levenberg_marquardt`; the gradient is exact. ``y`` is
    standardised inside, since BFGS is sensitive to scale.
    """
    from scipy.optimize import minimize  # takes as long to import as an easy fit

    columns = np.ascontiguousarray(np.asarray(x, dtype=np.float64).T)
    mean, deviation = float(np.mean(y)), float(np.std(y)) or 1.0
    target = (np.asarray(y, dtype=np.float64) - mean) / deviation
    results = []

    def halt(_):
        if stop is not None and stop():
            raise StopIteration  # what SciPy ends at

    for i, terms in enumerate(candidates):
        counts = [term.count(CONSTANT) for term in terms]
        count = sum(counts)
        owner = np.repeat(np.arange(len(terms)), counts)
        guess = None if guesses is None else guesses[i]
        best = Fit(terms, np.ones(count), np.zeros(len(terms)), mean, np.inf)
        if count + len(terms) + 1 >= len(target) or (stop is not None and stop()):
            results.append(best)
            continue

        def objective(parameters, terms=terms, owner=owner, count=count):
            inner, coefficients, intercept = np.split(parameters, [count, len(parameters) - 1])
            numbers = iter(inner)
            walked = [_walk(term, numbers, columns) for term in terms]
            values = np.array([value for value, _ in walked])  # (K, n)
            slope = np.array([s for _, slopes in walked for s in slopes])
            slope = slope.reshape(count, len(target)) * coefficients[owner][:, None]  # (J, n)
            residual = coefficients @ values + intercept[0] - target
            gradient = np.concatenate([slope @ residual, values @ residual, [residual.sum()]])
            if not np.isfinite(residual).all() or not np.isfinite(gradient).all():
                return 1e10, np.zeros_like(parameters)  # outside the domain: a wall
            return residual @ residual / len(target), 2 * gradient / len(target)

        for attempt in range(starts):
            inner = initial_constants(count, generator)
            if attempt == 0 and guess is not None:
                inner = with_guess(inner, guess[:count])
            outer = generator.standard_normal(len(terms) + 1)
            if attempt == 0 and guess is not None:
                if len(guess) > count:  # a whole formula: its coefficients are guesses too
                    outer = with_guess(outer, guess[count:])
            with np.errstate(all="ignore"):
                found = minimize(
                    objective, np.concatenate([inner, outer]), jac=True, method="BFGS",
                    options={"gtol": 1e-9, "maxiter": 300}, callback=halt,
                )  # fmt: skip
            if found.fun < best.loss:
                inner, coefficients, intercept = np.split(found.x, [count, len(found.x) - 1])
                best = Fit(
                    terms, inner, coefficients * deviation, float(intercept[0]) * deviation + mean,
                    float(found.fun),
                )  # fmt: skip
        results.append(best)
    return results


def _walk(prefix, numbers, columns):
    """Value (n,) of one term and its slopes along each of its constants (forward mode)."""
    stack = []
    constants = iter([next(numbers) for token in prefix if token == CONSTANT][::-1])
    zero = np.zeros_like(columns[0])
    for token in reversed(prefix):
        if token == CONSTANT:
            stack.append((zero + next(constants), [zero + 1.0]))
        elif token in VARIABLES:
            stack.append((columns[int(token[1:])], []))
        else:
            operator = OPERATORS[token]
            args = [stack.pop() for _ in range(operator.arity)]
            value = operator.numpy(*(a for a, _ in args))
            slopes = []
            if any(s for _, s in args):
                partials = operator.partials(value, *(a for a, _ in args))
                slopes = [p * s for p, (_, ss) in zip(partials, args, strict=True) for s in ss]
            stack.append((value, slopes))
    return stack[0]
