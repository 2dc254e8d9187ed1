"""From proposed skeletons to a short list of equations: fit, recombine, polish, rank.

The search does not know who proposes: the transformer, the bare prior or a fixed library are
exchangeable, so they can be compared with everything else equal.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from symtut.expressions import CONSTANT, VARIABLES, Expression
from symtut.expressions.tree import children
from symtut.regression.constants import Fit, Terms, bfgs, levenberg_marquardt

Proposer = Callable[[np.ndarray, np.ndarray, int, np.random.Generator], list[Terms]]
"""(x, y, how many, generator) → candidate skeletons."""

EXACT = 1e-11
"""1 − R² below which fits count as equal and the shortest wins: at this level the residual is the
rounding of float32 observations, and whatever explains it is not physics."""
MAX_TERMS = 6


@dataclass(frozen=True)
class SearchConfig:
    """Choices of the search.

    Attributes
    ----------
    n_candidates : int
        Skeletons proposed in the first round; each later round proposes half as many.
    rounds : int
        Later rounds look at the residual of the best equation so far: small terms become visible.
        A round is skipped once the fit is exact.
    constants : "lm" or "bfgs"
    starts : int
        Random starts for inner constants.
    screening_points : int
        Candidates are first fitted on at most this many points; the best then on all.
    recombine : bool
        Pool the terms of good candidates and select among them; off in the paper's setting.
    pool_size : int
        Terms pooled in each round.
    """

    n_candidates: int = 256
    rounds: int = 3
    constants: str = "lm"
    starts: int = 4
    screening_points: int = 96
    recombine: bool = True
    pool_size: int = 48


def criterion(loss, n_parameters, complexity, n_points):
    """Description length (up to a constant): fit, numbers, and the size of the formula.

    Bayesian information criterion plus two nats a node; lower is better. It holds under noise: a
    term must pay for its coefficient and its nodes.
    """
    fit = n_points * np.log(np.maximum(loss, EXACT))
    return fit + np.log(n_points) * n_parameters + 2.0 * complexity


def rank(fit: Fit, n_points: int) -> float:
    return float(criterion(fit.loss, fit.n_parameters, complexity(fit), n_points))


def complexity(fit: Fit) -> int:
    """Nodes of the whole formula."""
    return fit.expression().complexity


def search(
    x: np.ndarray,
    y: np.ndarray,
    propose: Proposer,
    config: SearchConfig,
    generator: np.random.Generator,
    deadline: float = np.inf,
) -> tuple[list[Fit], bool]:
    """Find equations for y.

    Parameters
    ----------
    x : (n, d) float64, y : (n,) float64 with mean 0 and standard deviation 1
    deadline : float
        ``time.monotonic()`` at which to stop; what was found by then is returned.

    Returns
    -------
    (fits, complete)
        The Pareto front of complexity and loss, best criterion first; whether all rounds ran.
    """
    n = len(x)
    rows = np.arange(n)
    if n > config.screening_points:
        rows = np.sort(generator.choice(n, config.screening_points, replace=False))
    fit_all = {"lm": levenberg_marquardt, "bfgs": bfgs}[config.constants]
    found: list[Fit] = []
    pool = _Pool(x)
    target, complete = y, True
    for number in range(config.rounds):
        if time.monotonic() > deadline:
            complete = False
            break
        amount = config.n_candidates if number == 0 else max(8, config.n_candidates // 2)
        candidates = propose(x, target, amount, generator)
        fits = _fit_until(deadline, fit_all, candidates, x[rows], target[rows], generator, config)
        fits = sorted((f for f in fits if np.isfinite(f.loss)), key=lambda f: rank(f, len(rows)))
        if number == 0:
            best = fits[:16]
            guesses = [f.constants for f in best]
            found += fit_all([f.terms for f in best], x, y, generator, starts=1, guesses=guesses)
        if config.recombine:
            pool.add(fits, config.pool_size)
            found += pool.select(y)
        found = [f for f in found if np.isfinite(f.loss)]
        if not found:
            continue
        found = _polish(found, x, y, generator, fit_all)
        if config.recombine:  # polished constants make better columns, and reveal plain variables
            pool.add(sorted(found, key=lambda f: rank(f, n))[:6], config.pool_size)
            found += pool.select(y)
        best = min(found, key=lambda f: rank(f, n))
        if not config.recombine or (best.loss < EXACT and not _strange(best)):
            break
        target = y - best.expression()(x)
    return pareto(found, n), complete


def _strange(fit: Fit) -> bool:
    """Inner constants of odd size are a sign of a detour, like 7000·tanh(u/1e5) for u."""
    size = np.abs(fit.constants)
    return bool(np.any((size > 100) | (size < 0.01)))


def _fit_until(deadline, fit_all, candidates, x, y, generator, config):
    """Fit candidates in blocks of similar size, most probable first, until time is up."""
    fits: list[Fit] = []
    for begin in range(0, len(candidates), 256):
        if begin and time.monotonic() > deadline:
            break
        block = candidates[begin : begin + 256]
        fits += fit_all(block, x, y, generator, starts=config.starts)
    return fits


class _Pool:
    """Terms with their constants, as columns of values; the source of recombination."""

    def __init__(self, x: np.ndarray):
        self.x = x
        self.terms: list[Expression] = []
        self.columns = np.zeros((len(x), 0))  # centred, unit norm
        self._known: set[Expression] = set()
        centred = x - x.mean(0)
        self._variables = centred / np.maximum(np.linalg.norm(centred, axis=0), 1e-30)

    def add(self, fits: list[Fit], amount: int) -> None:
        """Take up to ``amount`` new terms, from the best fits first."""
        new = []
        for fit in fits:
            for term in fit.term_expressions():
                if term not in self._known and len(new) < amount:
                    self._known.add(term)
                    new.append(term)
        for term in new:
            self._append(term)

    def _append(self, term: Expression) -> None:
        column = np.asarray(term(self.x), dtype=np.float64)
        if not np.isfinite(column).all():
            return
        centred = column - column.mean()
        norm = np.linalg.norm(centred)
        if norm < 1e-9 * (1 + np.abs(column).max()):
            return
        centred /= norm
        likeness = np.abs(centred @ self._variables)
        if term.complexity > 1 and likeness.max() > 1 - 1e-5:
            # sin(0.01·x0) is nearly x0 on these points: let the plain variable compete
            plain = Expression((VARIABLES[int(np.argmax(likeness))],))
            if plain not in self._known:
                self._known.add(plain)
                self._append(plain)
        if self.columns.size:
            likeness = np.abs(centred @ self.columns)
            twin = int(np.argmax(likeness))
            if likeness[twin] > 1 - 1e-7:  # the same column up to sign: keep the shorter term
                if term.complexity < self.terms[twin].complexity:
                    self.terms[twin], self.columns[:, twin] = term, centred
                return
        self.terms.append(term)
        self.columns = np.column_stack([self.columns, centred])

    def select(self, y: np.ndarray) -> list[Fit]:
        """Sparse fits: the best triples of short terms and forward selection, then elimination.

        Forward selection alone is caught by terms that resemble sums of others, above all when
        points are few.
        """
        if not self.terms:
            return []
        centred = y - y.mean()
        most = min(MAX_TERMS, len(self.terms), len(y) - 2)
        first = np.argsort(-np.abs(centred @ self.columns))[:6]
        beginnings = [[int(i)] for i in first] + (self._triples(centred) if most >= 3 else [])
        subsets: set[tuple[int, ...]] = set()
        for beginning in beginnings:
            chosen = self._forward(centred, beginning, most)
            subsets |= {tuple(sorted(chosen[:size])) for size in range(1, len(chosen) + 1)}
            while len(chosen) > 1:
                inverse = np.linalg.pinv(self.columns[:, chosen])  # (k, n)
                # leaving out term k raises the squared error by w_k² / (G⁻¹)_kk
                cost = np.square(inverse @ centred) / np.square(inverse).sum(1)
                chosen.pop(int(np.argmin(cost)))
                subsets.add(tuple(sorted(chosen)))
        fits = sorted(
            (self._fit(subset, y) for subset in sorted(subsets)), key=lambda f: rank(f, len(y))
        )
        best: dict[int, list[Fit]] = {}
        for fit in fits:
            best.setdefault(len(fit.terms), []).append(fit)
        return [fit for group in best.values() for fit in group[:2]]

    def _triples(self, centred, among: int = 36, keep: int = 4) -> list[list[int]]:
        """The sets of three that explain most, out of the shortest terms, all of them tried."""
        short = sorted(range(len(self.terms)), key=lambda i: (self.terms[i].complexity, i))[:among]
        if len(short) < 3:
            return []
        gram = self.columns[:, short].T @ self.columns[:, short]
        with_y = centred @ self.columns[:, short]
        sets = np.array(list(combinations(range(len(short)), 3)))  # (T, 3)
        blocks = gram[sets[:, :, None], sets[:, None, :]] + 1e-9 * np.eye(3)
        right = with_y[sets]
        explained = np.einsum("ti,ti->t", right, np.linalg.solve(blocks, right[..., None])[..., 0])
        best = np.argsort(-explained)[:keep]
        return [[short[i] for i in sets[t]] for t in best]

    def _forward(self, centred, beginning, most) -> list[int]:
        """Orthogonal least squares: add the column that takes away most of the residual."""
        columns, residual = self.columns.copy(), centred.copy()
        chosen: list[int] = []
        while True:
            pick = beginning[len(chosen)] if len(chosen) < len(beginning) else -1
            if pick < 0:
                left = np.square(columns).sum(0)
                gain = np.where(
                    left > 1e-7, np.square(residual @ columns) / np.maximum(left, 1e-30), 0
                )
                pick = int(np.argmax(gain))
                if gain[pick] <= 1e-15 * (centred @ centred):
                    return chosen
            chosen.append(pick)
            if len(chosen) == most:
                return chosen
            basis = columns[:, pick] / np.linalg.norm(columns[:, pick])
            residual = residual - basis * (basis @ residual)
            columns -= np.outer(basis, basis @ columns)

    def _fit(self, subset, y) -> Fit:
        terms = [self.terms[i] for i in subset]
        columns = np.column_stack([np.ones(len(y)), *(term(self.x) for term in terms)])
        scale = np.abs(columns).max(0)
        solution = np.linalg.lstsq(columns / scale, y, rcond=None)[0] / scale
        residual = y - columns @ solution
        return Fit(
            tuple(term.prefix for term in terms),
            np.array([c for term in terms for c in term.constants]),
            solution[1:],
            float(solution[0]),
            float(residual @ residual / len(y) / y.var()),
        )


def _polish(fits: list[Fit], x, y, generator, fit_all) -> list[Fit]:
    """Refit the numbers of the best candidates on all points, from where they are."""
    n = len(y)
    fits = sorted(fits, key=lambda f: rank(f, n))
    with_constants = [f for f in fits[:12] if any(CONSTANT in term for term in f.terms)]
    if with_constants:
        refits = fit_all(
            [f.terms for f in with_constants], x, y, generator, starts=1,
            guesses=[f.constants for f in with_constants],
        )  # fmt: skip
        refits = [f for f in refits if np.isfinite(f.loss)]
        guesses = [simplified for f in refits if (simplified := _simplify(f)) is not None]
        if guesses:  # sin(0.99999·x0 + 1e-7) → sin(x0), if the fit allows it
            refits += fit_all(
                [terms for terms, _ in guesses], x, y, generator, starts=1,
                guesses=[constants for _, constants in guesses],
            )  # fmt: skip
        fits = fits + [f for f in refits if np.isfinite(f.loss)]
    return fits


def _simplify(fit: Fit, tolerance: float = 2e-3) -> tuple[Terms, np.ndarray] | None:
    """Drop inner factors close to ±1 and summands close to 0; None if there are none."""
    terms, constants = [], []
    for term in fit.term_expressions():
        prefix, values = _simplify_tree(term.prefix, iter(term.constants), tolerance)
        terms.append(prefix)
        constants += values
    if tuple(terms) == fit.terms:
        return None
    return tuple(terms), np.array(constants)


def _simplify_tree(prefix, numbers, tolerance):
    """(prefix, constants) of the simplified subtree; ``numbers`` yields constants in order."""
    if prefix[0] == CONSTANT:
        return prefix, [next(numbers)]
    parts = [_simplify_tree(child, numbers, tolerance) for child in children(prefix)]
    if prefix[0] in ("mul", "add") and parts[0][0] == (CONSTANT,):
        value, (rest, constants) = parts[0][1][0], parts[1]
        if prefix[0] == "add" and abs(value) < tolerance:
            return rest, constants
        if prefix[0] == "mul" and abs(abs(value) - 1) < tolerance:
            return (rest if value > 0 else ("neg", *rest)), constants
    return (
        (prefix[0], *(token for part, _ in parts for token in part)),
        [value for _, values in parts for value in values],
    )


def pareto(fits: list[Fit], n_points: int) -> list[Fit]:
    """Fits that no simpler fit beats, best criterion first."""
    front: list[Fit] = []
    lowest = np.inf
    for size, _, fit in sorted(
        ((complexity(f), f.loss, f) for f in fits), key=lambda item: item[:2]
    ):
        if fit.loss < lowest * (1 - 1e-9) and (not front or lowest > EXACT):
            front.append(fit)
            lowest = fit.loss
    return sorted(front, key=lambda f: rank(f, n_points))
