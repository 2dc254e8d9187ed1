"""The symbolic world model: one equation per coordinate of the state, found by regression.

The regressor sees increments, s' − s, because on s' itself the formula "s" already scores
R² ≈ 0.99 and hides the physics. Transitions that end on a bound of the state are left out: there
the simulator clips, which no smooth equation describes.
"""

import time

import numpy as np
import torch

from symtut.expressions import Expression, latex_name
from symtut.regression import SymbolicRegressor, load_weights
from symtut.regression.inputs import MIN_POINTS
from symtut.tasks.base import Task
from symtut.tasks.transitions import Transitions
from symtut.world_models.base import Report
from symtut.world_models.reward_equation import RewardEquation, find_reward


class SymbolicWorldModel:
    """Equations of motion from transitions (Gorodetskiy et al. 2024, section III).

    Parameters
    ----------
    task : Task
        Names, bounds, which coordinates are angles, and what an increment may depend on
        (``inputs``, all by default); its true dynamics are never looked at.
    weights, n_candidates, constants, recombine, rounds, random_state
        As in :class:`~symtut.regression.SymbolicRegressor`. There is no time limit, so that a run
        depends on its seed alone.
    proposer : str
        The regressor's ``method``: who proposes skeletons.
    learned_reward : bool
        Find an equation for the reward, too, and do not use the task's own: of (s, a) or of
        (s', a), whichever describes the rewards better.

    Attributes
    ----------
    expressions_ : list of Expression
        One per state coordinate: its increment as a function of state and action. A coordinate that
        never moves has the equation 0, one that always moves alike has a constant.
    columns_ : list of tuple of int
        Which columns of (state, action) are x0, x1, … of each expression: all of them, in order,
        unless the task restricts its ``inputs`` or has more than six coordinates.
    regressors_ : list of SymbolicRegressor or None
        The fits behind them, with their Pareto fronts (None for a constant increment, and
        after :meth:`load_state_dict`).
    reward_equation_ : RewardEquation
        Only with ``learned_reward``.
    reward : callable or None
        (B, S), (B, A), (B, S) next states -> (B,) learned rewards; None where the task's count.
    """

    def __init__(
        self,
        task: Task,
        weights="general",
        n_candidates: int = 256,
        constants: str = "lm",
        proposer: str = "transformer",
        recombine: bool = True,
        rounds: int = 3,
        random_state: int = 0,
        learned_reward: bool = False,
    ):
        if "transformer" in proposer:
            load_weights(weights)  # unknown or damaged weights are reported before any real step
        self.task = task
        self.names = (*task.state_names, *task.action_names)
        self.settings = {
            "weights": weights, "n_candidates": n_candidates, "constants": constants,
            "method": proposer, "recombine": recombine, "rounds": rounds, "max_time": None,
        }  # fmt: skip
        self.random_state = random_state
        self.reward = self._reward if learned_reward else None
        self.fits_done = 0

    def fit(self, transitions: Transitions, held_out: Transitions | None = None) -> Report:
        """Find the equations.

        Parameters
        ----------
        transitions : Transitions
            What the equations are fitted to.
        held_out : Transitions, optional
            Only for the report: R² on transitions that were not used.

        Raises
        ------
        InputError
            Too few transitions, or none inside the bounds; more than six varying inputs for one
            increment.
        """
        started = time.process_time()
        x, increments = self._inside(transitions)
        x_new, increments_new = (None, None) if held_out is None else self._inside(held_out)
        expressions, columns, regressors, rows = [], [], [], []
        for i, name in enumerate(self.task.state_names):
            y, used = increments[:, i], self.task.inputs_of(name)
            constant = constant_value(y, x[:, i])
            if constant is not None:  # a target, say
                expression, regressor = Expression(("C",), (constant,)), None
            else:
                regressor = self._regressor(tuple(self.names[j] for j in used), i).fit(
                    x[:, used], y
                )
                expression = regressor.expression()
                used = tuple(used[j] for j in regressor.columns_)
            expressions.append(expression)
            columns.append(used)
            regressors.append(regressor)
            names = tuple(self.names[j] for j in used)
            new = None if held_out is None else increments_new[:, i]
            rows.append(
                {
                    "target": f"delta_{name}",
                    "equation": expression.text(names),
                    "latex": f"{latex_name(f'delta_{name}')} = {expression.latex(names)}",
                    "complexity": expression.complexity,
                    "r2_fit": None if regressor is None else _r2(expression, x[:, used], y),
                    "r2_holdout": None if new is None else _r2(expression, x_new[:, used], new),
                }
            )
        self.expressions_, self.columns_, self.regressors_ = expressions, columns, regressors
        if self.reward is not None:
            self.reward_equation_ = find_reward(self.task, transitions, self._regressor)
            rows.append(self.reward_equation_.described(self.task, transitions, held_out))
        self.fits_done += 1
        return Report(tuple(rows), len(x), time.process_time() - started)

    def _regressor(self, names: tuple[str, ...], number: int):
        """A new regressor for columns called ``names``; ``number`` tells apart those of one fit."""
        seed = np.random.SeedSequence([self.random_state, self.fits_done, number])
        return SymbolicRegressor(
            **self.settings, feature_names=names, random_state=int(seed.generate_state(1)[0])
        )

    def _inside(self, transitions: Transitions):
        """Inputs (N, S + A) and increments (N, S) of the transitions that no bound has cut."""
        inside = self.task.uncut(transitions.state, transitions.next_state)
        increments = self.task.difference(transitions.next_state, transitions.state)
        x = np.concatenate([transitions.state, transitions.action], axis=1)
        return x[inside], increments[inside]

    def predict(self, state: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
        """Next states (B, S) for states (B, S) and actions (B, A) in the task's units.

        Where an equation is undefined (a logarithm of a negative number, say) the coordinate keeps
        its value.
        """
        x = torch.cat([state, action], dim=-1)
        pairs = zip(self.expressions_, self.columns_, strict=True)
        increments = torch.stack([e(x[..., list(used)], "torch") for e, used in pairs], dim=-1)
        increments = torch.nan_to_num(increments, nan=0.0, posinf=0.0, neginf=0.0)
        return self.task.advance(state, increments)

    def _reward(self, state, action, next_state) -> torch.Tensor:
        return self.reward_equation_(state, action, next_state)

    def state_dict(self) -> dict:
        """Equations and the number of fits, JSON-able."""
        fitted = zip(getattr(self, "expressions_", []), getattr(self, "columns_", []), strict=True)
        learned = getattr(self, "reward_equation_", None)
        return ({} if learned is None else {"reward": learned.as_json()}) | {
            "fits_done": self.fits_done,
            "equations": [
                {
                    "prefix": list(e.prefix),
                    "constants": list(e.constants),
                    "columns": list(used),
                }
                for e, used in fitted
            ],
        }

    def load_state_dict(self, state: dict) -> None:
        """Take over the equations that :meth:`state_dict` gave."""
        self.fits_done = state["fits_done"]
        if state["equations"]:
            self.expressions_ = [
                Expression(tuple(e["prefix"]), tuple(e["constants"])) for e in state["equations"]
            ]
            self.columns_ = [tuple(e["columns"]) for e in state["equations"]]
            self.regressors_ = [None] * len(self.expressions_)
        if "reward" in state:
            self.reward_equation_ = RewardEquation.from_json(state["reward"])


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


def _r2(expression, x, y) -> float | None:
    """1 − residual variance over variance; None where y does not vary."""
    if len(y) < 2 or np.ptp(y) == 0:
        return None
    return float(1.0 - np.mean((y - expression(x)) ** 2) / np.var(y))
