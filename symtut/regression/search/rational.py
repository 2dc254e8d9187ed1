"""Sums of terms over a common denominator: accelerations of linked bodies.

Cart-pole, acrobot and robot arms have equations of motion ``N(x)/D(x)`` with short sums N and D,
which no sum of terms can express. Multiplied out, ``y = a + N/D`` with ``D = 1 + Σ dj·sj`` reads

    y = c + Σ wk·tk + a·Σ dj·sj − Σ dj·(y·sj),

which is linear in all unknowns once the columns y·sj stand among the terms: sparse regression
finds numerator and denominator together (implicit sparse regression, SINDy-PI, Kaheman, Kutz &
Brunton 2020). Under noise that is biased, since y stands on both sides; so it only points at the
terms, and the numbers are then fitted to y itself by Gauss-Newton steps on d.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np

from symtut.expressions import CONSTANT, Expression
from symtut.expressions.tree import joined
from symtut.regression.search.fits import EXACT, Fit, criterion, rank
from symtut.regression.search.language import Language
from symtut.regression.search.library import denominator_terms, numerator_terms
from symtut.regression.search.selection import cost_of_leaving_out, forward
from symtut.regression.search.terms import TermPool

MAX_NUMERATOR = 6
MAX_NODES = 6
"""Longest term of a denominator."""
MAX_TOP_NODES = 10
"""Longest term of a numerator."""
MAX_TOP_TERMS = 800
MAX_CANCELLATION = 20
"""How large the parts of a sum may be, in standard deviations of y."""
MIN_VARIATION = 5e-3
"""How much a term must move the denominator (its constant part is 1): N/(1e5 + s) is a sum with
small products in disguise, and no equation of motion."""
SELECTION_POINTS = 256


@dataclass
class _Choice:
    """One pick of terms: indices of numerator terms and of denominator terms."""

    top: tuple[int, ...]
    bottom: tuple[int, ...]
    slopes: np.ndarray  # (F,) d of each denominator term
    criterion: float


class RationalSearch:
    """Implicit sparse regression over the terms of a pool, for one set of points.

    Parameters
    ----------
    pool : TermPool
        Where the terms of numerators come from, and the short ones of denominators.
    stop : callable, optional
        Asked now and then; it ends a selection by an exception of its own.
    language : Language, optional
        What terms may be; all by default.
    """

    def __init__(
        self, pool: TermPool, stop: Callable[[], object] = bool, language: Language | None = None
    ):
        self.pool, self.stop = pool, stop
        allows = (language or Language()).allows
        generator, x = np.random.default_rng(0), pool.x
        # terms are chosen on some of the points, numbers are fitted to all
        self.rows = np.sort(generator.permutation(len(x))[:SELECTION_POINTS])
        self.x = x[self.rows]
        self.probes = np.column_stack([generator.permutation(column) for column in self.x.T])
        self.terms: list[Expression] = []
        self.values = np.zeros((0, len(self.x)))  # (S, n) on the points
        self.on_probes = np.zeros((0, len(self.x)))  # (S, n) with shuffled columns: in between
        self._seen = self._calls = 0
        self.top = TermPool(self.x)  # numerators
        terms, values = numerator_terms(self.x)
        kept = [i for i, term in enumerate(terms) if allows(term.prefix)]
        self.top.extend([terms[i] for i in kept], values[kept])
        self._add([t for t in denominator_terms(x.shape[1]) if allows(t.prefix)])

    def _add(self, terms: list[Expression]) -> None:
        """Take terms that vary and resemble none of the others."""
        for term in terms:
            values, probes = term(self.x), term(self.probes)
            if not (np.isfinite(values).all() and np.isfinite(probes).all()):
                continue
            spread = values.std()
            if spread < 1e-2 * np.abs(values).max():
                continue
            if len(self.terms):
                unit = (values - values.mean()) / spread
                known = self.values - self.values.mean(1, keepdims=True)
                likeness = known @ unit / (len(unit) * known.std(1))
                if np.abs(likeness).max() > 1 - 1e-6:
                    continue
            self.terms.append(term)
            self.values = np.vstack([self.values, values])
            self.on_probes = np.vstack([self.on_probes, probes])

    def select(self, y: np.ndarray, most: int = 48) -> list[Fit]:
        """Fits ``w·N/D + a`` with the best numerators and pole-free denominators found.

        ``y`` (n,) has mean 0; the result is sorted by the :func:`criterion`.
        """
        if len(y) < 12:
            return []
        fresh, self._seen = self.pool.terms[self._seen :], len(self.pool.terms)
        for term in fresh:
            if term.complexity <= MAX_TOP_NODES and len(self.top.terms) < MAX_TOP_TERMS:
                self.top.append(term)
        short = [t for t in fresh if t.complexity <= MAX_NODES]
        self._add(short[: max(0, most - len(self.terms))])
        if not (self.terms and self.top.terms):  # columns of zeros and ones alone, for instance
            return []
        choices = self._choices(y, [(j,) for j in range(len(self.terms))])
        fits = self._refined(choices, y)
        if fits and fits[0].loss < EXACT:
            return fits
        self._calls += 1
        if self._calls % 2 or not choices or len(self.terms) < 2:
            return fits  # denominators of two terms: every second time
        leaders = list(dict.fromkeys(c.bottom[0] for c in choices[:12]))[:2]
        others = range(len(self.terms))
        pairs = sorted({(min(a, b), max(a, b)) for a in leaders for b in others if a != b})
        fits += self._refined(self._choices(y, pairs), y)
        return sorted(fits, key=lambda f: rank(f, len(y)))[:4]

    def _refined(self, choices: list[_Choice], y, amount: int = 4) -> list[Fit]:
        fits = [fit for choice in choices[:amount] if (fit := self._refine(choice, y)) is not None]
        return sorted(fits, key=lambda f: rank(f, len(y)))

    def _choices(self, y, bottoms: list[tuple[int, ...]]) -> list[_Choice]:
        """Numerators for every denominator, by forward selection and elimination."""
        y = y[self.rows] - y[self.rows].mean()
        index = np.array(bottoms)  # (B, F)
        forced = np.concatenate([self.values[index], self.values[index] * y], axis=1)  # (B, 2F, n)
        forced -= forced.mean(-1, keepdims=True)
        norms = np.maximum(np.linalg.norm(forced, axis=-1), 1e-300)
        forced /= norms[..., None]
        # all selections of one size together: the forward ones, then those with the idlest dropped
        active = {
            (b, tuple(sorted(picks[: k + 1])))
            for b, picks in self._numerators(y, forced)
            for k in range(len(picks))
        }
        found: list[_Choice] = []
        for size in range(max((len(picks) for _, picks in active), default=0), 0, -1):
            self.stop()
            selections = sorted(row for row in active if len(row[1]) == size)
            owner = np.array([b for b, _ in selections])
            picks = np.array([p for _, p in selections])  # (R, k)
            scale = norms[owner, index.shape[1] :]
            slopes, value, idlest = self._scores(y, forced[owner], scale, index[owner], picks)
            for r in (r for r in np.argsort(value)[:4] if np.isfinite(value[r])):
                b, top = selections[r]
                found.append(_Choice(top, bottoms[b], slopes[r], float(value[r])))
            active |= {
                (b, p[:j] + p[j + 1 :]) for (b, p), j in zip(selections, idlest, strict=True)
            }
        return sorted(found, key=lambda c: c.criterion)

    def _numerators(self, y, forced) -> list[tuple[int, list[int]]]:
        """(denominator, numerator terms in the order of choice) by forward selection.

        Twice for each denominator: once by what terms explain, once with short terms ahead, since
        sin(u − v) must not win against u and v.
        """
        pool, batch = self.top, len(forced)
        basis = np.linalg.qr(forced.transpose(0, 2, 1))[0].transpose(0, 2, 1)
        taken = basis @ pool.columns.T  # (B, 2F, M)
        right = pool.columns @ y - ((basis @ y)[:, None] @ taken)[:, 0]  # (B, M)
        short = 1 / np.array([term.complexity for term in pool.terms])
        most = min(MAX_NUMERATOR, len(pool.terms), len(y) // 4)
        bias = np.concatenate([np.ones_like(right), np.tile(short, (batch, 1))])
        right, taken = np.concatenate([right, right]), np.concatenate([taken, taken])
        chosen = forward(pool.gram, right, most, taken=taken, bias=bias)
        return [(b % batch, picks) for b, picks in enumerate(chosen)]

    def _scores(self, y, forced, scale, bottoms, picks):
        """Least squares for R selections of one size.

        ``forced`` (R, 2F, n) are the columns s and y·s, ``scale`` (R, F) what y·s was divided by,
        ``bottoms`` (R, F) and ``picks`` (R, k) the indices of the terms. Returns d (R, F), the
        criterion (R,) for the residual in units of y, and each selection's idlest term (R,).
        """
        pool, n_bottom = self.top, bottoms.shape[1]
        columns = np.concatenate([forced, pool.columns[picks]], axis=1)  # (R, 2F + k, n)
        inverse = np.linalg.pinv(columns @ columns.transpose(0, 2, 1), 1e-13, hermitian=True)
        coefficients = (inverse @ (columns @ y)[..., None])[..., 0]
        slopes = -coefficients[:, n_bottom : 2 * n_bottom] / scale
        bottom = 1 + (slopes[:, None] @ self.values[bottoms])[:, 0]
        with np.errstate(all="ignore"):
            residual = (y - (coefficients[:, None] @ columns)[:, 0]) / bottom
            loss = np.einsum("rn,rn->r", residual, residual) / (y @ y)
        loss[~np.isfinite(loss) | self._has_pole(slopes, bottoms)] = np.inf
        nodes = np.array([term.complexity + 3 for term in pool.terms])[picks].sum(1)
        nodes += np.array([term.complexity + 3 for term in self.terms])[bottoms].sum(1)
        value = criterion(loss, picks.shape[1] + n_bottom + 1, nodes, len(y))
        costs = cost_of_leaving_out(coefficients, inverse)
        return slopes, value, np.argmin(costs[:, 2 * n_bottom :], axis=1)

    def _has_pole(self, slopes, index, margin: float = 0.02):
        """Whether 1 + Σ d·s comes near zero or changes its sign, on the points or between them."""
        result = np.zeros(len(slopes), dtype=bool)
        for table in (self.values, self.on_probes):
            bottom = 1 + np.einsum("rf,rfn->rn", slopes, table[index])
            low, high = bottom.min(1), bottom.max(1)
            size = np.maximum(np.abs(low), np.abs(high))
            result |= (low * high <= 0) | (np.minimum(np.abs(low), np.abs(high)) < margin * size)
        return result

    def _gauss_newton(self, top, under, choice: _Choice, y, iterations: int = 8):
        """(loss, a, w, d) by steps on d from where the choice has it; a and w are solved for.

        ``top`` (k, n) and ``under`` (F, n) are the values of the terms above and below the bar.
        """
        d, index = choice.slopes, np.array([choice.bottom])
        loss, a, w = _solve(top, 1 + d @ under, y)
        for _ in range(iterations):
            bottom = 1 + d @ under
            slope = -(w @ top) / bottom**2 * under  # ∂/∂d
            design = np.vstack([np.ones((1, len(y))), top / bottom, slope]).T
            step = _lstsq(design, y - a - (w @ top) / bottom)[-len(d) :]
            if not np.isfinite(step).all():
                break
            for shrink in (1.0, 0.3, 0.1):  # a whole step may lead too far, or to a pole
                trial = d + shrink * step
                if self._has_pole(trial[None], index)[0]:
                    continue
                found = _solve(top, 1 + trial @ under, y)
                if found[0] < loss:
                    break
            else:
                break
            gain, d, (loss, a, w) = loss - found[0], trial, found
            if gain < 1e-4 * loss:
                break
        return loss, a, w, d

    def _refine(self, choice: _Choice, y) -> Fit | None:
        """Fit all numbers to y itself and leave out what moves nothing; None for what cancels."""
        self.stop()
        top = np.array([self.top.terms[i](self.pool.x) for i in choice.top])  # (k, n)
        under = np.array([self.terms[j](self.pool.x) for j in choice.bottom])  # (F, n)
        best = None
        for constant in (False, True):  # a number of its own in the numerator, if it pays
            rows = np.vstack([top, np.ones((1, len(y)))]) if constant else top
            loss, a, w, d = self._gauss_newton(rows, under, choice, y)
            value = criterion(loss, constant, 3 * constant, len(y))
            if np.isfinite(loss) and (best is None or value < best[0]):
                best = value, loss, a, w, d
        if best is None:
            return None
        _, loss, a, w, d = best
        # numerator terms that move nothing go
        moves = np.abs(w[: len(top)]) * top.std(1) / np.abs(1 + d @ under).mean()
        idle = moves < 1e-5 * y.std()
        if idle.any() and not idle.all():
            kept = tuple(i for i, gone in zip(choice.top, idle, strict=True) if not gone)
            return self._refine(_Choice(kept, choice.bottom, d, choice.criterion), y)
        # parts that cancel are a power series in disguise: 500 − 500·1000/(1000 + s) for s
        parts = w[:, None] * rows[: len(w)] / (1 + d @ under)
        if np.abs(parts).max(initial=abs(a)) > MAX_CANCELLATION * y.std():
            return None
        return self._written(choice, a, w, d, loss)

    def _written(self, choice: _Choice, a, w, d, loss) -> Fit | None:
        """``a + w·(t1 + C·t2 + … + C)/(C + s1 + C·s2)`` as a fit with one term."""
        if not (np.all(d) and np.all(w) and np.isfinite(w).all() and np.isfinite(a)):
            return None
        terms = [self.top.terms[i] for i in choice.top]
        # lead with the coefficient in the middle, so that no ratio is far from one
        size = np.log(np.abs(w[: len(terms)]))
        lead = int(np.argmin(np.maximum(size.max() - size, size - size.min())))
        others = [k for k in range(len(terms)) if k != lead]
        parts = [terms[lead], *(_times(w[k] / w[lead], terms[k]) for k in others)]
        if len(w) > len(terms):
            parts = [_number(w[-1] / w[lead]), *parts]
        # a denominator term that moves nothing is no term; the strongest one is written first
        moves = np.abs(d) * self.values[list(choice.bottom)].std(1)
        first, *rest = np.argsort(-moves)
        if not (moves > MIN_VARIATION).all():
            return None
        below = [_number(1 / d[first]), self.terms[choice.bottom[first]]]
        below += [_times(d[k] / d[first], self.terms[choice.bottom[k]]) for k in rest]
        above, below = _sum(parts), _sum(below)
        term, inner = ("div", *above.prefix, *below.prefix), above.constants + below.constants
        return Fit((term,), np.array(inner), np.array([w[lead] / d[first]]), float(a), float(loss))


def _number(value: float) -> Expression:
    return Expression((CONSTANT,), (float(value),))


def _times(factor: float, term: Expression) -> Expression:
    return joined("mul", _number(factor), term)


def _sum(parts: list[Expression]) -> Expression:
    return reduce(lambda total, part: joined("add", part, total), parts[::-1])


def _solve(rows, bottom, y):
    """Best a and w of a + Σ w·t/D at a fixed denominator: (loss, a, w)."""
    design = np.vstack([np.ones((1, len(y))), rows / bottom]).T
    solution = _lstsq(design, y)
    residual = y - design @ solution
    return float(residual @ residual / len(y) / y.var()), solution[0], solution[1:]


def _lstsq(design, y):
    scale = np.maximum(np.linalg.norm(design, axis=0), 1e-300)
    if not np.isfinite(scale).all():
        return np.full(design.shape[1], np.nan)
    return np.linalg.lstsq(design / scale, y, rcond=1e-13)[0] / scale
