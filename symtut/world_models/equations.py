"""The equations of a world model: of an increment, of the reward, and as rows of a file.

A learned reward is one equation for r(s, a) or r(s', a). Some environments pay for the state that
was left (Pendulum), others for the one that was reached. Both are tried, and the better description
is kept: six variables are as many as an equation has, so (s, a, s') together would be too many for
most tasks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from symtut.expressions import Expression
from symtut.regression import SymbolicRegressor
from symtut.regression.data.inputs import MIN_POINTS
from symtut.regression.search.digits import digits_needed
from symtut.regression.search.fits import ROUNDING
from symtut.tasks import Task, Transitions

EXPLAINED = 1e-6
"""Share of an increment's variance left over, below which its equation counts as found."""

FEW_TERMS = 3
"""Where the score prefers so few terms to any longer sum, what they leave is taken for noise. A law
with a term as weak as that noise may get a close sum instead of itself: its row says what is left
over, and `proposer="transformer"` asks the whole search."""

# ---- an increment -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Equation:
    """What a fit found for one coordinate."""

    expression: Expression
    columns: tuple[int, ...]  # which columns of (state, action, next state) are x0, x1, …
    regressor: SymbolicRegressor | None  # None for a constant
    left_over: float  # 1 − R² on the transitions that it was fitted to
    method: str | None = None  # the regressor's method that found it; None for a constant

    @property
    def score(self) -> float:
        assert self.regressor is not None
        return self.regressor.equations_[0]["score"]

    @property
    def is_found(self) -> bool:
        """Whether a fit leaves less than :data:`EXPLAINED` of the increment's variance."""
        return self.regressor is not None and self.left_over < EXPLAINED

    @property
    def is_final(self) -> bool:
        """Whether no other search is needed: a constant, right to the last digit, or found with few
        terms. A long sum that is merely close may stand in for what no library has: on a narrow
        range five terms imitate cos(3 x) to 1e-11, and so do those of a quotient.
        """
        if self.regressor is None or self.left_over < ROUNDING:
            return True
        terms = 1 + sum(token in ("add", "sub") for token in self.expression.prefix)
        return self.is_found and terms <= FEW_TERMS

    def closest(self) -> "Equation":
        """The equation of the same front that errs least, or itself if none is found: then the
        score has weighed accuracy against length already."""
        if self.regressor is None or not self.is_found:
            return self
        row = min(self.regressor.equations_, key=_error)
        if row["expression"] == self.expression:
            return self
        return replace(self, expression=row["expression"], left_over=1.0 - row["r2"])


def share_explained(expression: Expression, x: np.ndarray, y: np.ndarray) -> float | None:
    """R² of ``expression`` at points (n, d) against y (n,); None where y does not vary."""
    if len(y) < 2 or np.ptp(y) == 0:
        return None
    return float(1.0 - np.mean((y - expression(x)) ** 2) / np.var(y))


def constant_value(y: np.ndarray, state: np.ndarray) -> float | None:
    """The value of increments (N,) that are all the same but for rounding; None if they vary.

    ``state`` (N,) is the coordinate itself: its size tells how large a rounding error is. Fewer
    points than the regressor needs prove nothing: None, and it will say so.
    """
    if len(y) < MIN_POINTS:
        return None
    rounding = 1e-12 * max(np.abs(state).max(), np.abs(y).max())
    if np.ptp(y) > rounding:
        return None
    value = float(np.median(y))
    return 0.0 if abs(value) <= rounding else value


def _error(row: dict) -> float:
    """1 − R², the worse of fitted and held-out points."""
    return 1.0 - min(row["r2"], row["r2"] if row["r2_holdout"] is None else row["r2_holdout"])


# ---- the reward ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class RewardEquation:
    """An expression and what its variables are."""

    expression: Expression
    of_next_state: bool
    columns: tuple[int, ...]  # which columns of (state, action) are x0, x1, …
    lowest: float  # reward seen in reality; stands in where the expression is undefined

    def __call__(self, state, action, next_state) -> torch.Tensor:
        """(B, S), (B, A), (B, S) -> (B,)."""
        x = torch.cat([next_state if self.of_next_state else state, action], dim=-1)
        value = self.expression(x[..., list(self.columns)], "torch")
        value = torch.where(value.isfinite(), value, self.lowest)
        return value.expand(x.shape[:-1])  # an expression may be a constant

    def described(
        self, task: Task, transitions: Transitions, held_out: Transitions | None = None
    ) -> dict:
        """Its entry in ``equations.json``, with R² on the transitions given."""
        names = variable_names(task, self.of_next_state)
        given = [transitions] + ([] if held_out is None else [held_out])
        data = [(_inputs(t, self.of_next_state)[:, self.columns], t.reward) for t in given]
        row = equation_row(
            "reward", "r", self.expression, [names[j] for j in self.columns], data,
            self._r2(transitions), None if held_out is None else self._r2(held_out),
        )  # fmt: skip
        return row | {"lowest": self.lowest}

    @staticmethod
    def from_row(row: dict, task: Task) -> "RewardEquation":
        """The equation of an entry in ``equations.json``."""
        of_next_state = not {*row["inputs"]} <= {*variable_names(task, False)}
        names = variable_names(task, of_next_state)
        columns = tuple(map(names.index, row["inputs"]))
        lowest = float(row["lowest"])
        return RewardEquation(Expression.from_json(row), of_next_state, columns, lowest)

    def _r2(self, transitions: Transitions) -> float | None:
        x = _inputs(transitions, self.of_next_state)[:, self.columns]
        return share_explained(self.expression, x, transitions.reward)

    def as_json(self) -> dict:
        return {
            **self.expression.as_json(),
            "of_next_state": self.of_next_state,
            "columns": list(self.columns),
            "lowest": self.lowest,
        }

    @staticmethod
    def from_json(value: dict) -> "RewardEquation":
        expression, columns = Expression.from_json(value), tuple(value["columns"])
        return RewardEquation(expression, value["of_next_state"], columns, value["lowest"])


def find_reward(
    task: Task,
    transitions: Transitions,
    new_regressor: Callable[[tuple[str, ...], int], SymbolicRegressor],
) -> RewardEquation:
    """The better of the equations for r(s, a) and r(s', a).

    Parameters
    ----------
    task : Task
        Only for its names and its ``inputs`` of ``"reward"``; its reward is not looked at.
    transitions : Transitions
        All of them count: a bound that cuts the state's increment does not touch the reward.
    new_regressor : callable
        (names of the columns, number) -> regressor, with another number for each.

    Raises
    ------
    InputError
        For too few transitions, or more variables than an equation has.
    """
    y = transitions.reward
    lowest = float(y.min())
    if np.ptp(y) == 0:
        return RewardEquation(Expression(("C",), (float(y[0]),)), False, (0,), lowest)
    found, used = [], task.inputs_of("reward")
    for of_next_state in (False, True):
        names = variable_names(task, of_next_state)
        regressor = new_regressor(
            tuple(names[j] for j in used), task.state_size + of_next_state
        ).fit(_inputs(transitions, of_next_state)[:, used], y)
        found.append((regressor, of_next_state))
    best, of_next_state = max(found, key=lambda pair: pair[0].equations_[0]["score"])
    columns = tuple(used[j] for j in best.columns_)
    return RewardEquation(best.expression(), of_next_state, columns, lowest)


def variable_names(task: Task, of_next_state: bool) -> tuple[str, ...]:
    """Names of state and action coordinates; those of a next state end in ``_next``."""
    ending = "_next" if of_next_state else ""
    return (*(f"{name}{ending}" for name in task.state_names), *task.action_names)


def _inputs(transitions: Transitions, of_next_state: bool) -> np.ndarray:
    state = transitions.next_state if of_next_state else transitions.state
    return np.concatenate([state, transitions.action], axis=1)


# ---- equations.json -----------------------------------------------------------------------------


def equation_row(
    target: str, symbol: str, expression: Expression, names: Sequence[str],
    data: Sequence[tuple[np.ndarray, np.ndarray]], r2_fit: float | None, r2_holdout: float | None,
) -> dict:  # fmt: skip
    """What was found for ``target``, JSON-able.

    Parameters
    ----------
    target, symbol : str
        What the equation is for, as text and as LaTeX.
    expression : Expression
        Over x0, x1, …, which are called ``names``.
    data : pairs of x (n, d) and y (n,)
        What the figures are about: text and LaTeX have the digits to predict it all as
        ``expression`` does.
    r2_fit, r2_holdout : float or None

    Returns
    -------
    dict
        With the keys ``target``, ``equation``, ``latex``, ``complexity``, ``r2_fit``,
        ``r2_holdout``, and what gives the formula back bit by bit: ``prefix``, ``constants`` and
        ``inputs``, the names of x0, x1, ….
    """
    digits = max(digits_needed(expression, x, y) for x, y in data)
    return {
        "target": target,
        "equation": expression.text(tuple(names), digits),
        "latex": f"{symbol} = {expression.latex(tuple(names), digits)}",
        "complexity": expression.complexity,
        "r2_fit": r2_fit,
        "r2_holdout": r2_holdout,
        "inputs": list(names),
        **expression.as_json(),
    }
