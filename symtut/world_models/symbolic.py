"""The symbolic world model: one equation per coordinate of the state, found by regression.

The regressor sees increments, s' − s, because on s' itself the formula "s" already scores
R² ≈ 0.99 and hides the physics. Transitions that end on a bound of the state are left out: there
the simulator clips, which no smooth equation describes.

Simulators often move a position by the *new* velocity (semi-implicit Euler). Written in the old
state alone that is a formula inside a formula: the car's Δx = 0.1 v' cos ψ' would read
(0.095 v + 0.02 a₁) cos(ψ + 0.19 v a₂ + 0.04 a₁ a₂). So a coordinate that finds no good equation in
state and action gets a second chance, in which coordinates that are already explained stand with
their next values. Predictions then follow the same order; nothing is used that is not predicted.
"""

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from symtut.errors import InputError
from symtut.expressions import Expression, latex_name
from symtut.regression import SymbolicRegressor, load_weights
from symtut.tasks.base import Task
from symtut.tasks.transitions import Transitions
from symtut.world_models.base import Report
from symtut.world_models.compiled_step import compiled_step
from symtut.world_models.equations import (
    Equation,
    RewardEquation,
    constant_value,
    equation_row,
    find_reward,
    share_explained,
)
from symtut.world_models.validation import error_on_fitted

DRIFT = 0.01
"""Open-loop error within :data:`DRIFT_STEPS` steps, in spreads of the state, that short equations
may have even if longer ones have less."""

DRIFT_STEPS = 20


class _Interruptible(SymbolicRegressor):
    """The regressor as part of a program that Ctrl-C ends."""

    _keeps_best = False


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
        The regressor's ``method``: who proposes skeletons. Where it ends in "+sparse" the library
        is asked alone first, and the others for what it leaves unexplained.
    sequential : bool
        Let an equation that is not found in state and action use the *next* values of coordinates
        whose equations are (not in the paper). False: state and action only.
    learned_reward : bool
        Find an equation for the reward, too, and do not use the task's own: of (s, a) or of
        (s', a), whichever describes the rewards better.

    Attributes
    ----------
    expressions_ : list of Expression
        One per state coordinate: its increment as a function of state and action, with
        ``sequential`` also of next values. A coordinate that never moves has the equation 0, one
        that always moves alike has a constant.
    columns_ : list of tuple of int
        Which columns of (state, action, next state) are x0, x1, … of each expression: state and
        action, in order, unless the task restricts its ``inputs``, more than six coordinates vary
        (then the six that matter most), or next values serve better.
    regressors_ : list of SymbolicRegressor or None
        The fits behind them, with their Pareto fronts (None for a constant increment, and
        after :meth:`load_state_dict`). An expression is the first of its front, or the closest
        where the first ones drift in open loop and the closest do not.
    reward_equation_ : RewardEquation
        Only with ``learned_reward``.
    reward : callable or None
        (B, S), (B, A), (B, S) next states -> (B,) learned rewards; None where the task's count.
    """

    def __init__(
        self,
        task: Task,
        weights: str | Path = "general",
        n_candidates: int = 256,
        constants: str = "lm",
        proposer: str = "transformer+sparse",
        recombine: bool = True,
        rounds: int = 3,
        random_state: int = 0,
        learned_reward: bool = False,
        sequential: bool = True,
    ):
        if "transformer" in proposer:
            load_weights(weights)  # unknown or damaged weights are reported before any real step
        self.task = task
        current = (*task.state_names, *task.action_names)
        self.names = (*current, *(f"{name}_next" for name in task.state_names))
        self.sequential = sequential
        self.settings: dict[str, Any] = {
            "weights": weights, "n_candidates": n_candidates, "constants": constants,
            "method": proposer, "recombine": recombine, "rounds": rounds, "max_time": None,
        }  # fmt: skip
        self.random_state = random_state
        self.reward = self._reward if learned_reward else None
        self.fits_done = 0
        self._compiled = None  # (equations, their step)

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
            Too few transitions, or none inside the bounds; more than a hundred varying inputs for
            one increment.
        """
        started = time.process_time()
        x, increments = self._inside(transitions)
        data = [(x, increments)] + ([] if held_out is None else [self._inside(held_out)])
        found: list[Equation] = []
        for method in self._methods():
            found = [
                found[i] if found and found[i].is_final
                else self._find(i, i, x, increments, self._inputs(i), method)
                for i in range(self.task.state_size)
            ]  # fmt: skip
            if self.sequential:
                self._look_at_next_values(found, x, increments, method)
        found = self._chosen_in_open_loop(found, transitions)
        rows = []
        for i, (name, equation) in enumerate(zip(self.task.state_names, found, strict=True)):
            expression, used = equation.expression, list(equation.columns)
            seen = [(points[:, used], values[:, i]) for points, values in data]
            rows.append(
                equation_row(
                    f"delta_{name}", latex_name(f"delta_{name}"), expression,
                    [self.names[j] for j in used], seen,
                    None if equation.regressor is None else 1 - equation.left_over,
                    None if held_out is None else share_explained(expression, *seen[1]),
                ) | {"method": equation.method}
            )  # fmt: skip
        self._take(found)
        self.regressors_ = [equation.regressor for equation in found]
        if self.reward is not None:
            self.reward_equation_ = find_reward(self.task, transitions, self._regressor)
            rows.append(self.reward_equation_.described(self.task, transitions, held_out))
        self.fits_done += 1
        return Report(tuple(rows), len(x), time.process_time() - started)

    def _methods(self) -> tuple[str, ...]:
        """The regressor's methods in the order in which they are asked."""
        method = self.settings["method"]
        return ("sparse", method) if method.endswith("+sparse") else (method,)

    def _find(
        self, i: int, number: int, x, increments, used: tuple[int, ...], method: str
    ) -> Equation:
        """An equation for the increment of coordinate ``i`` in the columns ``used`` of ``x``."""
        y = increments[:, i]
        constant = constant_value(y, x[:, i])
        if constant is not None:  # a target, say
            return Equation(Expression(("C",), (constant,)), used, None, 0.0)
        regressor = self._regressor(tuple(self.names[j] for j in used), number, method)
        expression = regressor.fit(x[:, list(used)], y).expression()
        used = tuple(used[j] for j in regressor.columns_)
        r2 = share_explained(expression, x[:, list(used)], y)
        assert r2 is not None  # y varies
        return Equation(expression, used, regressor, 1.0 - r2, method)

    def _look_at_next_values(self, found: list[Equation], x, increments, method: str) -> None:
        """A second chance, in place, for what is not explained; see the module's text."""
        size = self.task.state_size
        explained = [i for i, e in enumerate(found) if e.is_found]
        for i in range(size):
            if i in explained or found[i].regressor is None:
                continue
            given = self._inputs(i)
            used = tuple(len(self.names) - size + j if j in explained else j for j in given)
            if used == given:
                continue
            again = self._find(i, size + 2 + i, x, increments, used, method)
            if again.score > found[i].score:
                found[i] = again
                if again.is_found:
                    explained.append(i)

    def _chosen_in_open_loop(
        self, found: list[Equation], transitions: Transitions
    ) -> list[Equation]:
        """``found``, or the longer equations behind them if only those can be left alone.

        One step of the short ones errs by less than a thousandth of the increments' spread. Most
        worlds carry that on, a few multiply it.
        """
        closest = [equation.closest() for equation in found]
        if closest == found:
            return found
        drift = []
        for equations in (found, closest):
            self._take(equations)
            drift.append(error_on_fitted(self, self.task, transitions, DRIFT_STEPS))
        return closest if drift[0] > max(DRIFT, 2 * drift[1]) else found

    def _take(self, equations: list[Equation]) -> None:
        self.expressions_ = [equation.expression for equation in equations]
        self.columns_ = [equation.columns for equation in equations]

    def _inputs(self, i: int) -> tuple[int, ...]:
        return self.task.inputs_of(self.task.state_names[i])

    def _regressor(self, names: tuple[str, ...], number: int, method: str | None = None):
        """A new regressor for columns called ``names``; ``number`` tells apart those of one fit."""
        seed = np.random.SeedSequence([self.random_state, self.fits_done, number])
        settings: dict[str, Any] = dict(self.settings)
        settings["method"] = method or settings["method"]
        return _Interruptible(
            **settings, feature_names=names, random_state=int(seed.generate_state(1)[0])
        )

    def _inside(self, transitions: Transitions):
        """Inputs (N, S + A + S) and increments (N, S) of the transitions that no bound has cut."""
        inside = self.task.uncut(transitions.state, transitions.next_state)
        increments = self.task.difference(transitions.next_state, transitions.state)
        x = [transitions.state, transitions.action, transitions.next_state]
        return np.concatenate(x, axis=1)[inside], increments[inside]

    def predict(self, state: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
        """Next states (B, S) for states (B, S) and actions (B, A) in the task's units.

        Where an equation is undefined (a logarithm of a negative number, say) the coordinate keeps
        its value.
        """
        equations = self.expressions_, self.columns_
        if self._compiled is None or self._compiled[0] != equations:
            copies = list(self.expressions_), list(self.columns_)
            self._compiled = copies, compiled_step(self.task, *copies, self._order())
        return self._compiled[1](state, action)

    def _order(self) -> list[int]:
        """The coordinates, each after those whose next values it reads."""
        first_next = len(self.names) - self.task.state_size
        reads = [{j - first_next for j in used if j >= first_next} for used in self.columns_]
        order: list[int] = []
        while len(order) < len(reads):
            known = set(order)
            ready = [i for i, read in enumerate(reads) if i not in known and read <= known]
            if not ready:
                raise InputError("the equations read each other's next values in a circle.")
            order += ready
        return order

    def _reward(self, state, action, next_state) -> torch.Tensor:
        return self.reward_equation_(state, action, next_state)

    def state_dict(self) -> dict:
        """Equations and the number of fits, JSON-able."""
        fitted = zip(getattr(self, "expressions_", []), getattr(self, "columns_", []), strict=True)
        learned = getattr(self, "reward_equation_", None)
        return ({} if learned is None else {"reward": learned.as_json()}) | {
            "fits_done": self.fits_done,
            "equations": [e.as_json() | {"columns": list(used)} for e, used in fitted],
        }

    def load_state_dict(self, state: dict) -> None:
        """Take over the equations that :meth:`state_dict` gave."""
        self.fits_done = state["fits_done"]
        if state["equations"]:
            self.expressions_ = [Expression.from_json(e) for e in state["equations"]]
            self.columns_ = [tuple(e["columns"]) for e in state["equations"]]
            self.regressors_ = [None] * len(self.expressions_)
        if "reward" in state:
            self.reward_equation_ = RewardEquation.from_json(state["reward"])


def model_from_rows(task: Task, rows: list[dict]) -> SymbolicWorldModel:
    """The model whose equations a run left in ``equations.json``; it predicts bit by bit the same.

    Raises
    ------
    InputError
        If an equation of the task's is missing, or an entry does not hold one.
    """
    try:
        found = {row["target"]: row for row in rows}
        model = SymbolicWorldModel(task, proposer="sparse", learned_reward="reward" in found)
        equations = [
            row | {"columns": [model.names.index(name) for name in row["inputs"]]}
            for row in (found[f"delta_{name}"] for name in task.state_names)
        ]
        model.load_state_dict({"fits_done": 1, "equations": equations})
        for expression, used in zip(model.expressions_, model.columns_, strict=True):
            expression(np.zeros((1, len(used))))  # are there columns for all variables?
        if "reward" in found:
            model.reward_equation_ = RewardEquation.from_row(found["reward"], task)
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(
            f"these are not all equations of a model of {task.name} ({error}); files of earlier "
            "versions have no prefix, constants and inputs."
        ) from error
    return model
