"""Products in the logarithm: log|y| = c + Σ pᵢ·log|xᵢ| + up to two further factors, all at once.

A law of physics is mostly one product: powers of its quantities, and perhaps a sine, an
exponential or a root of a sum of squares. In the logarithm that is a linear regression, so the
exponents need no search, only rounding to halves and thirds. The factors come from a fixed list;
every one, and every pair of them, is tried through one QR decomposition and one Gram matrix.
"""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, combinations, permutations

import numpy as np

from symtut.expressions import CONSTANT, OPERATORS, VARIABLES, Expression
from symtut.regression.constants import Candidate
from symtut.regression.ranking import criterion

Prefix = tuple[str, ...]

MAX_PAIRED = 900
"""Factors that are tried in pairs; their Gram matrix has this many rows."""
FEW = 8
"""Proposals of each size: no factor, one, two."""


@dataclass(frozen=True)
class Factor:
    """Something that a product may contain beside powers of its variables.

    ``prefix`` is raised to an exponent, or, if ``grows``, multiplied by a number inside exp().
    Factors of one ``family`` differ in a number on a grid; only the best of them is considered.
    """

    prefix: Prefix
    grows: bool = False
    family: Prefix = ()

    def has_only(self, usable: Container[str]) -> bool:
        """Whether a product with this factor has no other operators."""
        written = (*self.prefix, "exp", "mul") if self.grows else self.prefix
        return all(token in usable for token in written if token in OPERATORS)


def propose_products(
    x: np.ndarray,
    y: np.ndarray,
    stop: Callable[[], object] = bool,
    usable: Container[str] = OPERATORS,
) -> list[Candidate]:
    """Products that are close to y, each as a candidate of one term.

    Parameters
    ----------
    x : (n, d) float64, y : (n,) float64
        ``y`` in its own units: 0 must mean 0. A few hundred points are enough.
    stop : callable
        Called before every step; may raise.
    usable : container of str
        Operators that factors may have; powers of the variables are always proposed.

    Returns
    -------
    list of Candidate
        Best first. Exponents and coefficients inside exp() that are no simple fractions are inner
        constants, with their values as the guess.
    """
    size = np.abs(y)
    if not np.all(np.isfinite(y)) or not size.max() > 0:
        return []
    # noise of equal size in y is noise of size 1/|y| in log|y|: weigh by |y|
    weight = np.sqrt(np.minimum(size / np.sqrt(np.mean(y**2)), 3.0) ** 2)
    kept = (weight > 1e-6) & (x != 0).all(1)
    if kept.sum() < x.shape[1] + 4:
        return []
    x, y, weight = x[kept], y[kept], weight[kept]
    powers = np.log(np.abs(x))
    base = np.column_stack([np.ones(len(y)), powers]) * weight[:, None]
    target = np.log(np.abs(y)) * weight
    with np.errstate(all="ignore"):  # a factor that is undefined somewhere is left out
        columns, factors = _columns(x, weight, stop, usable)
    chosen = _choose(base, columns, target, [factor.family for factor in factors])
    found: dict[Candidate, float] = {}
    for extra in chosen:
        stop()
        design = np.column_stack([base, columns[:, list(extra)]])
        candidate, loss = _written(design, target, [factors[j] for j in extra], x, y)
        if candidate is not None and candidate not in found:
            numbers = 0 if candidate.guess is None else len(candidate.guess)
            nodes = len(candidate.terms[0])
            found[candidate] = float(criterion(loss, numbers, nodes, len(y)))
    return sorted(found, key=found.__getitem__)


# ---- the list of factors -------------------------------------------------------------------------


def _factors(d: int) -> list[Factor]:
    """Sums, sines and exponentials of simple combinations of ``d`` variables."""
    v = [(name,) for name in VARIABLES[:d]]
    squares = [("square", *a) for a in v]
    pairs = [("mul", *a, *b) for a, b in combinations(v, 2)]
    quotients = [("div", *a, *b) for a, b in permutations(v, 2)]
    triples = _triples(v)
    found: list[Factor] = []

    def sums(parts, signs=("add", "sub")):
        for parts_ in parts:
            found.extend(Factor((sign, *parts_[0], *parts_[1])) for sign in signs)

    sums(combinations(v, 2))
    sums(combinations(squares, 2))
    sums([(a, b) for a in v for b in pairs if a[0] not in b])
    sums([(a, b) for a in v for b in pairs if a[0] in b])  # a·(1 ± b), whatever a is
    sums([(s, b) for s in squares for b in pairs])
    found += [Factor(("add", *a, "add", *b, *c)) for a, b, c in combinations(squares, 3)]
    found += [Factor(("add", *a, "add", *b, *c)) for a, b, c in combinations(v, 3)]
    sums(combinations(pairs, 2))
    sums([(s, ("square", *p)) for s in squares for p in pairs if s[1] not in p])
    fourth = [("square", *s) for s in squares]
    sums(combinations(fourth, 2))
    angles = [*v, *(("mul", *_TWO, *a) for a in v), *(("mul", *_HALF, *a) for a in v), *pairs]
    angles += [("sub", *a, *b) for a, b in combinations(v, 2)]
    found += [Factor((f, *a)) for a in [*angles, *quotients] for f in ("sin", "cos")]
    found += [Factor((s, *_ONE, "cos", *a)) for a in v for s in ("add", "sub")]
    found += [
        Factor((s, *_ONE, "mul", *a, "cos", *b))
        for a, b in permutations(v, 2)
        for s in ("add", "sub")
    ]
    for a in [*v, *pairs, *quotients, *triples]:
        found += [Factor(("log", *a)), Factor(("tanh", *a))]
    found += [Factor(("log", "add", *_ONE, *a)) for a in [*v, *squares]]
    inverse = [("inv", *a) for a in v]
    growing = [*v, *squares, *inverse, *pairs, *quotients, *triples]
    growing += [("square", *q) for q in (*quotients, *pairs)]
    growing += [("div", *s, *a) for s in squares for a in v if a != s[1:]]
    growing += [
        ("div", "mul", *a, *s, *b) for a in v for s in squares for b in v if len({a, s[1:], b}) == 3
    ]
    growing += [("square", "sub", *a, *b) for a, b in combinations(v, 2)]
    growing += [
        ("square", "div", "sub", *a, *b, *c)
        for a, b in combinations(v, 2) for c in v if c not in (a, b)
    ]  # fmt: skip
    return found + [Factor(a, grows=True) for a in growing]


_ONE: Prefix = ("1",)
_TWO: Prefix = ("2",)
_HALF: Prefix = ("0.5",)


def _simple(d: int) -> list[Prefix]:
    """Products and quotients of up to three variables: what may be added to a number."""
    v = [(name,) for name in VARIABLES[:d]]
    pairs = [("mul", *a, *b) for a, b in combinations(v, 2)]
    quotients = [("div", *a, *b) for a, b in permutations(v, 2)]
    squares = [("square", *a) for a in [*v, *pairs, *quotients]]
    return [*v, *pairs, *quotients, *squares, *_triples(v)]


def _triples(v: list[Prefix]) -> list[Prefix]:
    found = [("mul", *a, "mul", *b, *c) for a, b, c in combinations(v, 3)]
    for a, b in combinations(v, 2):
        for c in v:
            if c not in (a, b):
                pair = ("mul", *a, *b)
                found += [("div", *pair, *c), ("div", *c, *pair)]
    return found


def _with_numbers(d: int, x: np.ndarray) -> Iterator[tuple[Factor, np.ndarray]]:
    """Factors that hold a number, and their values: it is on a grid, and fitted later.

    c ± a, with c one or between a tenth and ten times the size of a; exp(c·a) ± 1 and
    1 − exp(−c·a), with exponents of about one.
    """
    for a in _simple(d):
        values = _expression(a)(x)
        size = float(np.median(np.abs(values)))
        if not 0 < size < 1e100:
            continue
        for number in (1.0, *(float(f"{size * k:.3g}") for k in _GRID)):
            for sign, combined in (("add", number + values), ("sub", number - values)):
                family = () if number == 1 else (sign, *a)
                yield Factor((sign, repr(number), *a), family=family), combined
        for number in (1.0, *(float(f"{k / size:.3g}") for k in _GRID[1:])):
            grown = np.exp(number * values)
            power = ("exp", *a) if number == 1 else ("exp", "mul", repr(number), *a)
            for prefix, combined in (
                (("sub", *power, *_ONE), grown - 1),
                (("add", *power, *_ONE), grown + 1),
                (("sub", *_ONE, "exp", "neg", *power[1:]), 1 - 1 / grown),
            ):
                family = () if number == 1 else (*prefix[:2], "exp", *a)
                yield Factor(prefix, family=family), combined


_GRID = (0.1, 0.3, 1.0, 3.0, 10.0)


def _is_number(token: str) -> bool:
    return token[0].isdigit()


def _expression(prefix: Prefix) -> Expression:
    """A prefix with numbers spelled in it → an expression."""
    numbers = tuple(float(t) for t in prefix if _is_number(t))
    return Expression(tuple(CONSTANT if _is_number(t) else t for t in prefix), numbers)


def _columns(x, weight, stop, usable) -> tuple[np.ndarray, list[Factor]]:
    """Weighted columns (n, K) of the factors that are defined on all points, and those factors."""
    columns, defined = [], []
    fixed = ((factor, _expression(factor.prefix)(x)) for factor in _factors(x.shape[1]))
    for factor, values in chain(fixed, _with_numbers(x.shape[1], x)):
        stop()
        if not factor.has_only(usable):
            continue
        if not factor.grows:
            values = np.log(np.abs(values))
        if np.all(np.isfinite(values)) and np.abs(values).max() < 1e6:
            columns.append(values * weight)
            defined.append(factor)
    return np.column_stack(columns) if columns else np.empty((len(x), 0)), defined


# ---- which factors -------------------------------------------------------------------------------


def _choose(base, columns, target, families) -> list[tuple[int, ...]]:
    """Sets of up to two columns that leave least of the target: a few of each size."""
    sets: list[tuple[int, ...]] = [()]
    if not columns.shape[1]:
        return sets
    q, _ = np.linalg.qr(base)
    scale = np.linalg.norm(columns, axis=0)
    rest = columns - q @ (q.T @ columns)
    rest -= q @ (q.T @ rest)  # once more: what is left may be a tiny part of the column
    norms = np.linalg.norm(rest, axis=0)
    alive = np.flatnonzero(norms > 1e-7 * scale)
    rest = rest[:, alive] / norms[alive]
    residual = target - q @ (q.T @ target)
    gains = rest.T @ residual
    ranked, seen = [], set()
    for j in np.argsort(-np.abs(gains)):
        family = families[alive[j]]
        if not family or family not in seen:
            ranked.append(int(j))
            seen.add(family)
    sets += [(int(alive[j]),) for j in ranked[:FEW]]
    if len(base) < base.shape[1] + 6:
        return sets
    best = ranked[:MAX_PAIRED]
    gram = rest[:, best].T @ rest[:, best]
    b = gains[best]
    free = 1 - gram**2
    with np.errstate(divide="ignore", invalid="ignore"):
        both = (b[:, None] ** 2 + b[None] ** 2 - 2 * gram * b[:, None] * b[None]) / free
    both[(free < 1e-9) | np.tri(len(b), dtype=bool)] = -np.inf
    for place in np.argsort(-both, axis=None)[:FEW]:
        i, j = np.unravel_index(place, both.shape)
        sets.append((int(alive[best[i]]), int(alive[best[j]])))
    return sets


# ---- writing it down -----------------------------------------------------------------------------


def _written(design, target, factors, x, y) -> tuple[Candidate | None, float]:
    """The product of a regression in the logarithm, and 1 − R² of it in y (without intercept)."""
    d = x.shape[1]
    exponents = _rounded(design, target, [f.grows for f in factors], d)
    parts = [((VARIABLES[i],), p) for i, p in enumerate(exponents[1 : 1 + d])]
    rates = []
    for factor, p in zip(factors, exponents[1 + d :], strict=True):
        if factor.grows:
            rates.append((factor.prefix, p))
        else:
            parts.append((factor.prefix, p))
    prefix, numbers = _product([(f, p) for f, p in parts if p], [(f, r) for f, r in rates if r])
    if not prefix:
        return None, np.inf
    term = Expression(prefix, numbers)
    values = term(x)
    if not np.all(np.isfinite(values)) or not np.any(values):
        return None, np.inf
    scale = (values @ y) / (values @ values)
    loss = float(np.mean((y - scale * values) ** 2) / np.var(y))
    return Candidate((prefix,), np.array(numbers) if numbers else None), loss


def _rounded(design, target, grows, d) -> np.ndarray:
    """Least squares, with exponents at simple fractions where the data do not object.

    The exponent nearest to a fraction is fixed first and the others are solved for again.
    """
    free = np.ones(design.shape[1], dtype=bool)
    values = np.zeros(design.shape[1])
    is_exponent = np.array([False, *[True] * d, *[not g for g in grows]])
    solution, errors = _solve(design, target)
    while True:
        values[free] = solution
        open_ = np.flatnonzero(free & is_exponent)
        if not len(open_):
            break
        rounded = np.array([_fraction(values[j]) for j in open_])
        room = 1e-5 + np.minimum(4 * errors[np.searchsorted(np.flatnonzero(free), open_)], 0.12)
        excess = np.abs(values[open_] - rounded) / room
        j = int(np.argmin(excess))
        if excess[j] > 1:
            break
        values[open_[j]], free[open_[j]] = rounded[j], False
        rest = target - design[:, ~free] @ values[~free]
        solution, errors = _solve(design[:, free], rest)
    return values


def _solve(design, target) -> tuple[np.ndarray, np.ndarray]:
    """Least squares and the standard errors of its coefficients."""
    scale = np.maximum(np.linalg.norm(design, axis=0), 1e-300)
    solution, _, _, _ = np.linalg.lstsq(design / scale, target, rcond=1e-13)
    residual = target - design / scale @ solution
    variance = residual @ residual / max(len(target) - design.shape[1], 1)
    spread = np.sqrt(np.diag(np.linalg.pinv((design / scale).T @ (design / scale))) * variance)
    return solution / scale, spread / scale


def _fraction(value: float) -> float:
    """The nearest of 0, ±1/3, ±1/2, ±2/3, ±3/4, ±1, ±3/2, … with denominators up to four."""
    nearest = min(
        (Fraction(round(value * k), k) for k in (1, 2, 3, 4)),
        key=lambda f: abs(float(f) - value) + 0.02 * (f.denominator - 1),
    )
    return float(nearest)


def _product(parts, rates) -> tuple[Prefix, tuple[float, ...]]:
    """Powers above and below a fraction bar, then the exponential of what grows."""
    above, below = [], []
    for prefix, exponent in parts:
        (above if exponent > 0 else below).append(_power(prefix, abs(exponent)))
    if rates:
        inside = [(("mul", "rate", *prefix), rate) for prefix, rate in rates]
        joined = inside[0][0] if len(inside) == 1 else ("add", *inside[0][0], *inside[1][0])
        above.append((("exp", *joined), tuple(rate for _, rate in inside)))
    top, bottom = _chain(above), _chain(below)
    if top and bottom:
        spelled, numbers = ("div", *top[0], *bottom[0]), top[1] + bottom[1]
    elif bottom:
        spelled, numbers = ("inv", *bottom[0]), bottom[1]
    elif top:
        spelled, numbers = top
    else:
        return (), ()
    queue, constants = list(numbers), []
    for token in spelled:
        if token == "rate":
            constants.append(float(queue.pop(0)))
        elif _is_number(token):
            constants.append(float(token))
    return (
        tuple(CONSTANT if t == "rate" or _is_number(t) else t for t in spelled),
        tuple(constants),
    )


def _chain(parts) -> tuple[Prefix, tuple[float, ...]] | None:
    if not parts:
        return None
    prefix, numbers = parts[-1]
    for before, constants in parts[-2::-1]:
        prefix, numbers = ("mul", *before, *prefix), constants + numbers
    return prefix, numbers


def _power(prefix: Prefix, exponent: float) -> tuple[Prefix, tuple[float, ...]]:
    """prefix ** exponent in the shortest spelling: squares, roots and products before ``pow``."""
    square = ("square", *prefix)
    spelled = {
        0.5: ("sqrt", *prefix),
        1.0: prefix,
        1.5: ("mul", *prefix, "sqrt", *prefix),
        2.0: square,
        3.0: ("mul", *prefix, *square),
        4.0: ("square", *square),
    }.get(exponent)
    if spelled is not None:
        return spelled, ()
    return ("pow", *prefix, "rate"), (exponent,)
