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
from symtut.tasks.base import Task
from symtut.tasks.transitions import Transitions
from symtut.world_models.base import Report
from symtut.world_models.reward_equation import RewardEquation, find_reward


class SymbolicWorldModel:
    """Equations of motion from transitions (Gorodetskiy et al. 2024, section III).

    Parameters
    ----------
    task : Task
        Names, bounds and which coordinates are angles; its true dynamics are never looked at.
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
        One per state coordinate: its increment as a function of state and action.
    regressors_ : list of SymbolicRegressor or None
        The fits behind them, with their Pareto fronts (None for a coordinate that never moved, and
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
            Too few transitions, or none inside the bounds.
        """
        started = time.process_time()
        x, increments = self._inside(transitions)
        new = held_out is not None and len(held_out.state) > 1
        x_new, increments_new = self._inside(held_out) if new else (None, None)
        expressions, regressors, rows = [], [], []
        for i, name in enumerate(self.task.state_names):
            y = increments[:, i]
            if np.ptp(y) == 0:  # a coordinate that never moves (a target, say)
                expression, regressor = Expression(("C",), (float(y[0]),)), None
            else:
                regressor = self._regressor(self.names, i).fit(x, y)
                expression = regressor.expression()
            expressions.append(expression)
            regressors.append(regressor)
            rows.append(
                {
                    "target": f"delta_{name}",
                    "equation": expression.text(self.names),
                    "latex": f"{latex_name(f'delta_{name}')} = {expression.latex(self.names)}",
                    "complexity": expression.complexity,
                    "r2_fit": _r2(expression, x, y),
                    "r2_holdout": _r2(expression, x_new, increments_new[:, i]) if new else None,
                }
            )
        self.expressions_, self.regressors_ = expressions, regressors
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
        task = self.task
        linear = ~np.asarray(task.angular)
        margin = 1e-6 * np.where(np.isfinite(task.state_high), np.abs(task.state_high), 0.0)
        cut = (transitions.next_state >= task.state_high - margin) | (
            transitions.next_state <= task.state_low + margin
        )
        inside = ~np.any(cut & linear, axis=1)
        increments = task.difference(transitions.next_state, transitions.state)
        x = np.concatenate([transitions.state, transitions.action], axis=1)
        return x[inside], increments[inside]

    def predict(self, state: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
        """Next states (B, S) for states (B, S) and actions (B, A) in the task's units.

        Where an equation is undefined (a logarithm of a negative number, say) the coordinate keeps
        its value.
        """
        x = torch.cat([state, action], dim=-1)
        increments = torch.stack([e(x, "torch") for e in self.expressions_], dim=-1)
        increments = torch.nan_to_num(increments, nan=0.0, posinf=0.0, neginf=0.0)
        return self.task.advance(state, increments)

    def _reward(self, state, action, next_state) -> torch.Tensor:
        return self.reward_equation_(state, action, next_state)

    def state_dict(self) -> dict:
        """Equations and the number of fits, JSON-able."""
        fitted = getattr(self, "expressions_", [])
        learned = getattr(self, "reward_equation_", None)
        return ({} if learned is None else {"reward": learned.as_json()}) | {
            "fits_done": self.fits_done,
            "equations": [
                {"prefix": list(e.prefix), "constants": list(e.constants)} for e in fitted
            ],
        }

    def load_state_dict(self, state: dict) -> None:
        """Take over the equations that :meth:`state_dict` gave."""
        self.fits_done = state["fits_done"]
        if state["equations"]:
            self.expressions_ = [
                Expression(tuple(e["prefix"]), tuple(e["constants"])) for e in state["equations"]
            ]
            self.regressors_ = [None] * len(self.expressions_)
        if "reward" in state:
            self.reward_equation_ = RewardEquation.from_json(state["reward"])


def _r2(expression, x, y) -> float | None:
    """1 − residual variance over variance; None where y does not vary."""
    if len(y) < 2 or np.ptp(y) == 0:
        return None
    return float(1.0 - np.mean((y - expression(x)) ** 2) / np.var(y))
