"""Equations where they hold, networks where they do not, for each coordinate by itself.

A coordinate is *doubtful* if its equation leaves over more than :data:`FAIR` of its increments'
variance. For it an ensemble of networks is tried in the equation's place, and what errs less in
open loop on held-back steps stays.

A third way is open where another coordinate is its speed: q' = q + c (v + v')/2. Simulators that
take several small steps within one of ours move a position by the speed's mean, and no equation of
the *old* state says that. v' is what this model predicts, by whatever it predicts v; so a body
whose speeds only networks know still moves as a body does.

Whatever is doubtful, equation or network, is asked inside the box of the data alone: state and
action are moved to its nearest side first. Beyond it a long formula grows like its highest power,
and a network says anything; both, fed with their own predictions, leave the world for good.
Equations that hold are not bounded: that they hold elsewhere, too, is what they are for; nor is
what moves with its speed.

A reward whose formula leaves over more than :data:`POOR` is learned by the networks, too, and what
errs less on held-back steps pays in imagination.
"""

import time
import warnings
from collections.abc import Callable

import numpy as np
import torch

from symtut.expressions import Expression, latex_name
from symtut.tasks import Task, Transitions
from symtut.tasks.discovered import DiscoveredTask
from symtut.world_models.base import Report
from symtut.world_models.ensemble import FEWEST_TRANSITIONS, EnsembleWorldModel
from symtut.world_models.equations import equation_row, share_explained
from symtut.world_models.symbolic import SymbolicWorldModel
from symtut.world_models.validation import coordinate_errors, in_pieces, spread, stretches

FAIR = 1e-4
POOR = 0.05
"""Share of the reward's variance: a policy that is paid by such a formula learns something else."""

SPEED = 0.01
"""Share of an increment's variance that the mean of another coordinate, its speed, may leave."""

LEADS = 20
"""Steps in open loop over which the two are compared."""

CLEARLY = 0.95
"""An exchange leaves at most such a share of the error: less may be chance."""

MOST = 10.0
"""Error, in spreads of the coordinate, that counts as lost: larger ones count as this."""

HOLDS, BOUNDED, NETWORK, MOVED = range(4)
"""What predicts a coordinate: an equation that holds, one inside the box alone, networks, or the
mean of its speed before and after the step."""

TENSORS = "source", "speed", "per_step", "low", "high", "pays"


class WithNetworks:
    """A symbolic model and the networks that stand in for its worst equations.

    Parameters
    ----------
    equations : SymbolicWorldModel
    random_state : int
        Of the networks.

    Attributes
    ----------
    source : torch.Tensor
        (S,) int64: HOLDS, BOUNDED, NETWORK or MOVED for each coordinate.
    speed : torch.Tensor
        (S,) int64: the coordinate that is the speed of each; itself where none is.
    per_step : torch.Tensor
        (S,) float32: the increment in a step at speed 1.
    low, high : torch.Tensor
        (S + A,) float32: the box of the data; angles may have any value.
    pays : torch.Tensor
        () bool: whether the networks give the reward.
    """

    def __init__(self, equations: SymbolicWorldModel, random_state: int = 0):
        self.equations, self.task = equations, equations.task
        self.networks = EnsembleWorldModel(
            self.task, learned_reward=reward_is_poor(self.task), random_state=random_state
        )
        self.pays = torch.tensor(False)
        size = self.task.state_size
        self.source = torch.zeros(size, dtype=torch.int64)
        self.speed, self.per_step = torch.arange(size), torch.zeros(size)
        self.low = torch.full((size + self.task.action_size,), -torch.inf)
        self.high = -self.low

    def fit(self, transitions: Transitions, held_out: Transitions | None = None) -> Report:
        """Find the equations; train networks, and choose by ``held_out``, where any is doubtful.

        Raises
        ------
        InputError
            As :meth:`SymbolicWorldModel.fit`.
        """
        started, size = time.process_time(), self.task.state_size
        with warnings.catch_warnings():  # the rows have what was screened
            warnings.filterwarnings("ignore", "formulas have at most")
            report = self.equations.fit(transitions, held_out)
        rows = [dict(row) for row in report.equations]
        left_over = np.array([_left_over(row) for row in rows[:size]])
        self.source = torch.as_tensor(np.where(left_over > FAIR, BOUNDED, HOLDS))
        self._take_box(transitions)
        inside = transitions[self.task.uncut(transitions.state, transitions.next_state)]
        self._find_speeds(inside)
        doubtful = bool(self.source.any()) or self.networks.learned_reward
        if doubtful and held_out is not None and len(inside) >= FEWEST_TRANSITIONS:
            self.networks.fit(inside)
            self._choose(transitions, held_out)
            if self.networks.learned_reward:
                rows.append(self._choose_reward(held_out))
        for i, name in enumerate(self.task.state_names):
            regressor = self.equations.regressors_[i]
            if regressor is not None and (sure := getattr(regressor, "screening_", None)):
                named = [(regressor.feature_names or ())[j] for j in sure.chosen]
                shares = sure.frequency[list(sure.chosen)].round(3).tolist()
                rows[i]["screening"] = dict(zip(named, shares, strict=True))
            if self.source[i] == BOUNDED:
                rows[i]["bounded"] = True
            elif self.source[i] == NETWORK:
                left = f"{left_over[i]:.2g} of its variance"
                words = f"the next {name} is predicted by networks: the best equation leaves {left}"
                rows[i] = {
                    "target": f"delta_{name}", "equation": "", "kind": "network",
                    "words": f"{words}.", "equation_left_over": float(left_over[i]),
                }  # fmt: skip
            elif self.source[i] == MOVED:
                rows[i] = self._moved_row(i, transitions, held_out)
        return Report(tuple(rows), report.n_transitions, time.process_time() - started)

    def _take_box(self, transitions: Transitions) -> None:
        task = self.task
        states = np.concatenate([transitions.state, transitions.next_state])
        sides = []
        for end, none in ((np.min, -np.pi), (np.max, np.pi)):
            side = np.where(task.angular, none, end(states, 0))
            sides.append(np.concatenate([side, end(transitions.action, 0)]))
        self.low, self.high = (torch.as_tensor(side, dtype=torch.float32) for side in sides)

    def _find_speeds(self, transitions: Transitions) -> None:
        """For each doubtful coordinate the one whose mean before and after describes it best."""
        size = self.task.state_size
        self.speed, self.per_step = torch.arange(size), torch.zeros(size)
        increments = self.task.difference(transitions.next_state, transitions.state)
        means = (transitions.state + transitions.next_state) / 2
        found = []
        for i in torch.nonzero(self.source)[:, 0].tolist():
            for j in set(np.flatnonzero(~np.asarray(self.task.angular)).tolist()) - {i}:
                square = float(means[:, j] @ means[:, j])
                rate = float(means[:, j] @ increments[:, i]) / square if square else 0.0
                left = increments[:, i] - rate * means[:, j]
                found.append((float(np.mean(left**2) / increments[:, i].var()), i, j, rate))
        moved, speeds = set(), set()
        for left_over, i, j, rate in sorted(found):
            # A speed that moves with the position that it moves would be known before it is known.
            if left_over < SPEED and i not in moved | speeds and j not in moved:
                moved.add(i)
                speeds.add(j)
                self.speed[i], self.per_step[i] = j, rate

    def _moved_row(self, i: int, transitions: Transitions, held_out: Transitions | None) -> dict:
        """The entry of a coordinate that moves with its speed, in ``equations.json``."""
        name, speed = (self.task.state_names[k] for k in (i, int(self.speed[i])))
        expression = Expression(("mul", "C", "add", "x0", "x1"), (float(self.per_step[i]) / 2,))
        data, r2 = [], []
        for steps in [transitions] + ([] if held_out is None else [held_out]):
            inside = steps[self.task.uncut(steps.state, steps.next_state)]
            x = np.stack([inside.state[:, self.speed[i]], inside.next_state[:, self.speed[i]]], 1)
            y = self.task.difference(inside.next_state, inside.state)[:, i]
            data.append((x, y))
            r2.append(share_explained(expression, x, y))
        row = equation_row(
            f"delta_{name}", latex_name(f"delta_{name}"), expression, [speed, f"{speed}_next"],
            data, r2[0], r2[1] if len(r2) > 1 else None,
        )  # fmt: skip
        return row | {"kind": "midpoint"}

    def _choose(self, transitions: Transitions, held_out: Transitions) -> None:
        """Exchange what predicts the doubtful coordinates, one by one, as long as the error falls.

        What has a speed begins with that. The others begin once as equations and once as networks,
        for one that is lost hides all others.
        """
        pieces = stretches(self.task, in_pieces(held_out), np.ones(len(held_out), dtype=bool))
        if not pieces:
            return
        scale = spread(self.task, transitions.state)
        doubtful = torch.nonzero(self.source)[:, 0].tolist()

        def error() -> float:
            errors = coordinate_errors(self, self.task, pieces, scale, LEADS)
            return float(np.minimum(errors, MOST).mean())

        best: tuple[float, torch.Tensor] | None = None
        for beginning in (BOUNDED, NETWORK):
            for i in doubtful:
                self.source[i] = MOVED if self.per_step[i] else beginning
            lowest = error()
            for i in doubtful:
                kept = int(self.source[i])
                for other in (BOUNDED, NETWORK):
                    if other == kept:
                        continue
                    self.source[i] = other
                    now = error()
                    if now < CLEARLY * lowest:
                        lowest, kept = now, other
                self.source[i] = kept
            if best is None or lowest < best[0]:
                best = lowest, self.source.clone()
        assert best is not None
        self.source = best[1]

    def _choose_reward(self, held_out: Transitions) -> dict:
        """Formula or networks, by ``held_out``; the entry in ``equations.json``."""
        columns = (held_out.state, held_out.action, held_out.next_state)
        step = [torch.as_tensor(column, dtype=torch.float32) for column in columns]
        real = torch.as_tensor(held_out.reward, dtype=torch.float32)
        variance = max(float(real.var()), 1e-30)
        with torch.no_grad():
            formula, networks = (
                float((pay(*step) - real).square().mean()) / variance
                for pay in (self.task.reward, self._pay)
            )
        self.pays = torch.tensor(networks < CLEARLY**2 * formula)
        words = (
            f"in imagination {'networks pay' if self.pays else 'the formula pays'} the reward: of "
            f"its variance on held-back steps networks leave {networks:.2g}, the formula "
            f"{formula:.2g}."
        )
        kind = "network" if self.pays else "formula"
        return {"target": "reward", "equation": "", "kind": kind, "words": words}

    @property
    def mostly_networks(self) -> bool:
        """Whether networks predict more than half of the coordinates that move."""
        found = self.task.found.coordinates if isinstance(self.task, DiscoveredTask) else ()
        moving = len(self.source) - sum(c.constant for c in found)
        return 2 * int((self.source == NETWORK).sum()) > moving

    @property
    def reward(self) -> Callable | None:
        """``(state, action, next_state)`` → (B,) where the networks pay, else what the equations
        have."""
        return self._pay if self.pays else self.equations.reward

    def _pay(self, state, action, next_state) -> torch.Tensor:
        size = self.task.state_size
        inside = state.clamp(self.low[:size], self.high[:size])
        action = action.clamp(self.low[size:], self.high[size:])
        assert self.networks.reward is not None
        return self.networks.reward(inside, action, next_state)

    def predict(self, state: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
        """Next states (B, S) for states (B, S) and actions (B, A) in the task's units.

        Of networks the mean counts; gradients come through, 0 where the box has bounded.
        """
        following = self.equations.predict(state, action)
        if not self.source.any():
            return following
        size = self.task.state_size
        inside = state.clamp(self.low[:size], self.high[:size])
        action = action.clamp(self.low[size:], self.high[size:])
        for source, model in ((BOUNDED, self.equations.predict), (NETWORK, self._mean)):
            chosen = self.source == source
            if chosen.any():
                increment = self.task.difference(model(inside, action), inside)
                following = torch.where(chosen, self.task.advance(state, increment), following)
        if (moved := self.source == MOVED).any():
            increment = self.per_step * ((state + following) / 2)[..., self.speed]
            following = torch.where(moved, self.task.advance(state, increment), following)
        return following

    def _mean(self, state: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
        return self.networks.predict(state, action, deterministic=True)

    def state_dict(self) -> dict:
        """Equations, networks once they are fitted, and what predicts what."""
        state = {"equations": self.equations.state_dict()}
        state |= {name: getattr(self, name).clone() for name in TENSORS}
        if self.networks.fits_done:
            state |= {f"networks.{k}": v for k, v in self.networks.state_dict().items()}
        return state

    def load_state_dict(self, state: dict) -> None:
        """Take over what :meth:`state_dict` gave."""
        self.equations.load_state_dict(state["equations"])
        for name in TENSORS:
            if name in state:  # "pays" is younger than the others
                setattr(self, name, state[name].clone())
        networks = {
            k.removeprefix("networks."): v for k, v in state.items() if k.startswith("networks.")
        }
        if networks:
            self.networks.load_state_dict(networks)


def reward_is_poor(task: Task) -> bool:
    """Whether the formula that was found for the reward of a task leaves over too much."""
    return isinstance(task, DiscoveredTask) and task.found.reward_left_over > POOR


def _left_over(row: dict) -> float:
    """1 − R² of an equation, on steps that were not fitted to where there are any."""
    r2 = row["r2_fit"] if row["r2_holdout"] is None else row["r2_holdout"]
    return 0.0 if r2 is None else 1.0 - r2
