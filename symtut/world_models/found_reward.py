"""The reward as a formula of what was left, what was done and what was reached."""

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from symtut.expressions import Expression
from symtut.regression import SymbolicRegressor
from symtut.tasks.base import wrap_angle
from symtut.tasks.discovered import Formula
from symtut.tasks.state_map import Coordinate, features_of
from symtut.tasks.transitions import Transitions
from symtut.world_models.sums import find_sum

REWARD_EXPLAINED = 1e-5
"""Share of a reward's variance left over, from which on no other form is tried."""

_EXACT = 1e-10
"""Share below which a formula counts as exact, rewards being numbers of 32 bits at times."""

ZEROS = 72
"""Places among which an angle's zero is sought at first."""


@dataclass(frozen=True)
class Reward:
    """What was found about the reward. The formula is of (features, action, features after)."""

    formula: Formula
    left_over: float  # 1 − R² of the steps that follow it
    following: float  # their share


def find_reward_formula(
    coordinates: list[Coordinate], derived: list[int], seen: Transitions, proposer: str, seed: int
) -> tuple[list[Coordinate], Reward]:
    """The reward, and the coordinates with their angles turned so that it is easily said.

    Which of two columns is the cosine, and with which sign, makes no difference to the motion. But
    a reward may hold an angle itself, −θ², which jumps half a turn away from its zero: then three
    of the four places for the zero are wrong. Where an encoder has chosen the zero, all four are.
    """
    reward = _short_reward(coordinates, derived, seen)
    for i, c in enumerate(coordinates):
        if not c.angular:
            continue
        (a, b), (r, s) = c.columns, c.radii
        quarters = [replace(c, columns=(a, b), radii=(-r, s))]
        quarters += [replace(c, columns=(b, a), radii=radii) for radii in ((s, r), (-s, r))]
        if reward.left_over < REWARD_EXPLAINED:
            quarters = []
        for turned in quarters:
            coordinates, reward = _better(i, turned, coordinates, reward, derived, seen)
        # (θ - θ₀)² written out is a sign of a zero at the wrong place, too: nearly all steps follow
        # it, all but those between the two places where the angle jumps.
        written_out = i in reward.formula.columns and reward.following < 1
        if reward.left_over > REWARD_EXPLAINED or written_out:
            turned = replace(coordinates[i], zero=_zero(i, coordinates, derived, seen))
            coordinates, reward = _better(i, turned, coordinates, reward, derived, seen)
    if reward.left_over > REWARD_EXPLAINED or reward.following < 1:
        reward = _long_reward(reward, coordinates, derived, seen, proposer, seed)
    return coordinates, reward


def _better(i: int, turned: Coordinate, coordinates, reward: Reward, derived, seen: Transitions):
    """Coordinates and reward with angle ``i`` turned, where the reward is better so: much closer,
    as close to more of the steps, or as close and shorter."""
    others = [*coordinates[:i], turned, *coordinates[i + 1 :]]
    other = _short_reward(others, derived, seen)
    close = other.left_over < max(REWARD_EXPLAINED, reward.left_over)
    more = other.following - reward.following
    shorter = len(other.formula.expression.prefix) < len(reward.formula.expression.prefix)
    better = close and (more > 0 or (more == 0 and shorter))
    if better or other.left_over < 0.1 * reward.left_over:
        return others, other
    return coordinates, reward


def _zero(i: int, coordinates, derived: list[int], seen: Transitions) -> float:
    """Where angle ``i`` must begin so that squares of it and of all else explain the reward best.

    The closest nine tenths of the steps count: the first of an episode may have no past.
    """
    columns, angular, (left, *_) = _sources(coordinates, derived, seen)
    others = columns[:, [k for k in left if k != i and not angular[k]]]
    fixed = np.column_stack([np.ones(len(others)), others, others**2])
    rows = np.ones(len(fixed), dtype=bool)

    def squares(zero: float) -> np.ndarray:
        design = np.column_stack([fixed, wrap_angle(columns[:, i] - zero) ** 2])
        weights = np.linalg.lstsq(design[rows], seen.reward[rows], rcond=None)[0]
        return (seen.reward - design @ weights) ** 2

    def error(zero: float) -> float:
        return float(squares(zero)[rows].mean())

    step = 2 * np.pi / ZEROS
    best = step * min(range(ZEROS), key=lambda k: error(step * k))
    for _ in range(3):
        rows = squares(best) <= np.quantile(squares(best), 0.9)
        bounds = best - step, best + step
        finest: Any = minimize_scalar(error, bounds=bounds, options={"xatol": 1e-7})
        best = float(finest.x)
    return float(wrap_angle(np.array(best)))


def _sources(coordinates, derived: list[int], seen: Transitions):
    """Columns (N, C) of (features, action, features after), which are angles, and three choices:
    what was left, what was reached, all."""
    before, after = (features_of(coordinates, derived, o) for o in (seen.state, seen.next_state))
    columns = np.concatenate([before, seen.action, after], 1)
    angular = [c.angular for c in coordinates] + [False] * len(derived)
    angular = angular + [False] * seen.action.shape[1] + angular
    size, actions = (
        before.shape[1],
        list(range(before.shape[1], columns.shape[1] - before.shape[1])),
    )
    left, reached = list(range(size)), list(range(columns.shape[1] - size, columns.shape[1]))
    return columns, angular, (left + actions, actions + reached, left + actions + reached)


def _short_reward(coordinates, derived: list[int], seen: Transitions) -> Reward:
    """The reward as a short sum of terms, of what was left, of what was reached, or of both."""
    alive = seen[~seen.terminated] if not seen.terminated.all() else seen
    y = alive.reward
    if np.ptp(y) <= 1e-9 * max(np.abs(y).max(), 1e-300):
        return Reward(Formula(Expression(("C",), (float(np.median(y)),)), (0,)), 0.0, 1.0)
    columns, angular, choices = _sources(coordinates, derived, alive)
    best: tuple[float, Reward] | None = None
    for used in choices:
        found = find_sum(columns[:, used], y, [angular[k] for k in used], distances=True)
        if found is None or (best is not None and found.score >= best[0]):
            continue
        formula = Formula(found.formula.expression, tuple(used[k] for k in found.formula.columns))
        best = found.score, Reward(formula, found.left_over, float(found.inliers.mean()))
        if found.left_over < REWARD_EXPLAINED and found.inliers.all():
            break
    if best is None:
        return Reward(Formula(Expression(("C",), (float(y.mean()),)), (0,)), 1.0, 1.0)
    return best[1]


def _long_reward(short: Reward, coordinates, derived, seen, proposer: str, seed: int) -> Reward:
    """The regressor's formula, if it leaves less than half of what the short sum does.

    Where the short sum explains what follows it, the formula must explain all steps as well: 12 - x
    is a part of -|x - 12|. Then what costs little is asked alone, for as a rule no formula does (a
    speed that was cut, the first step of an episode).
    """
    alive = seen[~seen.terminated] if not seen.terminated.all() else seen
    columns, _, choices = _sources(coordinates, derived, alive)
    partial = short.left_over <= REWARD_EXPLAINED
    best, most = short, max(10 * short.left_over, _EXACT) if partial else 0.5 * short.left_over
    for used in choices[:2]:
        method, candidates = ("prior+sparse", 16) if partial else (proposer, 256)
        regressor = SymbolicRegressor(
            method=method, n_candidates=candidates, random_state=seed, rounds=1, max_time=None
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that columns are left out: the entry says what is not
            regressor.fit(columns[:, used], alive.reward)
        row = regressor.equations_[0]
        left = 1.0 - min(row["r2"], row["r2"] if row["r2_holdout"] is None else row["r2_holdout"])
        if left < most:
            of = tuple(used[k] for k in regressor.columns_)
            best, most = Reward(Formula(row["expression"], of), float(left), 1.0), 0.5 * left
    return best


def bonus_at_end(
    formula: Formula, coordinates: list[Coordinate], derived: list[int], seen: Transitions
) -> float:
    """What the steps that end an episode pay beside the formula."""
    last = seen[seen.terminated]
    if not len(last) or seen.terminated.all():
        return 0.0
    columns, _, _ = _sources(coordinates, derived, last)
    extra = float(np.median(last.reward - formula(columns)))
    rounding = 1e-6 * max(1.0, float(np.abs(last.reward).max()))
    return 0.0 if not np.isfinite(extra) or abs(extra) < rounding else extra
