"""A learned reward: one equation for r(s, a) or r(s', a).

Some environments pay for the state that was left (Pendulum), others for the one that was reached.
Both are tried, and the better description is kept: six variables are as many as an equation has,
so (s, a, s') together would be too many for most tasks.
"""

from dataclasses import dataclass

import numpy as np
import torch

from symtut.expressions import Expression
from symtut.tasks import Task, Transitions
from symtut.world_models.equation_rows import equation_row


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
        y = transitions.reward
        if len(y) < 2 or np.ptp(y) == 0:
            return None
        x = _inputs(transitions, self.of_next_state)[:, self.columns]
        return float(1.0 - np.mean((y - self.expression(x)) ** 2) / np.var(y))

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


def find_reward(task: Task, transitions: Transitions, new_regressor) -> RewardEquation:
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
