"""How long may a model be left alone? Open-loop predictions against held-back reality.

A stretch is a contiguous piece of a real episode that the model was not fitted to. The model
starts in one of its states, is fed the recorded actions, and sees reality only again when it is
compared with it, k steps later. The error at lead k is the root mean square over all starts and
state coordinates, each in units of its own spread in the real data.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from symtut.tasks import Task, Transitions
from symtut.world_models.base import WorldModel


@dataclass(frozen=True)
class Validation:
    """The trust that a model has earned."""

    length: int  # steps that a rollout may take; 0 where even one step is outside the tolerance
    errors: tuple[float, ...]  # error at lead 1, 2, ..., to the end of the longest stretch
    growth: float  # exponent p of the fitted error ~ k^p

    def better_than(self, other: "Validation") -> bool:
        """Longer trust first; at equal length the smaller error at the last common lead."""
        if self.length != other.length or not (self.errors and other.errors):
            return self.length > other.length
        last = min(len(self.errors), len(other.errors)) - 1
        return self.errors[last] < other.errors[last]


def spread(task: Task, state: np.ndarray) -> np.ndarray:
    """(N, S) states -> (S,) standard deviations; circular ones for angles, at most pi/sqrt(3)."""
    result = state.std(0)
    for i, angular in enumerate(task.angular):
        if angular:
            resultant = np.clip(abs(np.exp(1j * state[:, i]).mean()), 1e-12, 1.0)
            result[i] = min(np.sqrt(-2 * np.log(resultant)), np.pi / np.sqrt(3))
    return np.maximum(result, 1e-6)  # a coordinate that never moved must not divide by zero


def stretches(task: Task, transitions: Transitions, chosen: np.ndarray) -> list[Transitions]:
    """The contiguous runs of ``chosen`` rows (bool, (N,)) within episodes, cut at the bounds.

    Where a bound of the state has acted (:meth:`Task.uncut`) equations are not fitted, and a stop
    that is hit now and then would decide alone how far a rollout may go: there a stretch ends.
    """
    rows = np.flatnonzero(chosen & task.uncut(transitions.state, transitions.next_state))
    if not len(rows):
        return []
    apart = (np.diff(rows) > 1) | (np.diff(transitions.episode[rows]) != 0)
    return [transitions[piece] for piece in np.split(rows, np.flatnonzero(apart) + 1)]


def lead_errors(
    model: WorldModel,
    task: Task,
    pieces: list[Transitions],
    scale: np.ndarray,
    most: int | None = None,
) -> np.ndarray:
    """(K,) errors at leads 1..K; inf where not finite. K: the longest piece, or ``most``."""
    return np.sqrt(np.mean(coordinate_errors(model, task, pieces, scale, most) ** 2, axis=1))


def coordinate_errors(
    model: WorldModel,
    task: Task,
    pieces: list[Transitions],
    scale: np.ndarray,
    most: int | None = None,
) -> np.ndarray:
    """(K, S) errors of each coordinate at leads 1..K, as :func:`lead_errors` sums them up."""
    longest = max((len(piece) for piece in pieces), default=0)
    longest = longest if most is None else min(longest, most)
    square, count = np.zeros((longest, task.state_size)), np.zeros((longest, 1))
    for piece in pieces:
        actions = torch.as_tensor(piece.action, dtype=torch.float32)
        state = torch.as_tensor(piece.state, dtype=torch.float32)
        for lead in range(min(len(piece), longest)):
            n = len(piece) - lead  # starts 0..n-1 have a real state this far ahead
            with torch.no_grad():
                state = model.predict(state[:n], actions[lead : lead + n])
            error = task.difference(state.double().numpy(), piece.next_state[lead:]) / scale
            square[lead] += (error**2).sum(0)
            count[lead] += n
    errors = np.sqrt(square / np.maximum(count, 1))
    return np.where(np.isfinite(errors), errors, np.inf)


def errors_at(
    model: WorldModel,
    task: Task,
    transitions: Transitions,
    held_back: np.ndarray,
    leads: tuple[int, ...] = (1, 5, 20),
) -> list[dict[str, float]]:
    """Open-loop errors of each coordinate at some leads, in units of its spread.

    Only leads that a held-back stretch is long enough for; the keys are the leads as text, for
    JSON has no other keys.
    """
    pieces = stretches(task, transitions, held_back)
    scale = spread(task, transitions.state)
    errors = coordinate_errors(model, task, pieces, scale, max(leads))
    return [
        {str(lead): float(min(errors[lead - 1, i], 1e6)) for lead in leads if lead <= len(errors)}
        for i in range(task.state_size)
    ]


def validate(
    model: WorldModel,
    task: Task,
    transitions: Transitions,
    held_back: np.ndarray,
    tolerance: float,
    longest: int,
) -> Validation:
    """Find how many steps a rollout of ``model`` may take, at most ``longest``.

    The length is that of the first lead outside ``tolerance``, less one. A model that stays inside
    to the end of the held-back stretch is followed further by the growth of its own error: a power
    law k^p with p >= 1, fitted on the log-log scale and laid through the last error. (An error in
    a constant drifts as k, in an acceleration as k^2.) The longest lead at which that law is still
    inside the tolerance is the length.
    """
    pieces = stretches(task, transitions, held_back)
    if not pieces:
        return Validation(length=0, errors=(), growth=1.0)
    errors = lead_errors(model, task, pieces, spread(task, transitions.state))
    outside = np.flatnonzero(errors > tolerance)
    growth, length = 1.0, len(errors)
    if len(outside):
        length = int(outside[0])
    else:
        lead = np.log(np.arange(1, len(errors) + 1))
        if len(errors) > 1:
            growth = max(1.0, float(np.polyfit(lead, np.log(np.maximum(errors, 1e-12)), 1)[0]))
        room = tolerance / max(errors[-1], 1e-12)
        length = int(min(longest, len(errors) * room ** (1 / growth)))
    finite = tuple(float(min(error, 1e6)) for error in errors)
    return Validation(length=min(length, longest), errors=finite, growth=growth)


def error_on_new(
    model: WorldModel, task: Task, transitions: Transitions, new: np.ndarray, length: int
) -> float:
    """Largest open-loop error at leads 1 to ``length`` on the rows ``new`` (bool, (N,)).

    In the units of :func:`validate`, so that its tolerance says whether the model fails. The rows
    ``new`` are real transitions that came after the fit: the model has seen none of them, held back
    or not. 0 where there are none.
    """
    scale = spread(task, transitions.state)
    errors = lead_errors(model, task, stretches(task, transitions, new), scale, most=length)
    return float(errors.max(initial=0.0))


def in_pieces(transitions: Transitions) -> Transitions:
    """``transitions`` with an episode for each run of rows that follow one another.

    Transitions that were held back have left gaps: there the next state of one row is not the state
    of the next.
    """
    apart = (transitions.next_state[:-1] != transitions.state[1:]).any(1)
    apart |= np.diff(transitions.episode) != 0
    return replace(transitions, episode=np.concatenate([[0], np.cumsum(apart)]))


def error_on_fitted(model: WorldModel, task: Task, transitions: Transitions, length: int) -> float:
    """Largest open-loop error at leads 1 to ``length`` on transitions that were fitted to; 0 where
    there are none."""
    every = np.ones(len(transitions), dtype=bool)
    return error_on_new(model, task, in_pieces(transitions), every, length)
