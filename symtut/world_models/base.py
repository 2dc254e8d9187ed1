"""What every world model offers: fit, predict, and its state for checkpoints."""

from dataclasses import dataclass
from typing import Protocol

import torch

from symtut.tasks import Transitions


@dataclass(frozen=True)
class Report:
    """What a fit found.

    ``equations`` has one entry for each increment of the state (and one for the reward where it is
    learned), which :func:`~symtut.world_models.equations.equation_row` makes; they are what
    ``equations.json`` holds. It is empty for models that are not equations.
    """

    equations: tuple[dict, ...]
    n_transitions: int
    cpu_seconds: float


class WorldModel(Protocol):
    """Predicts the next state; reward and end of episode are the task's hand-written functions.

    A model that has learned the reward has one more method, ``reward(state, action, next_state)``:
    (B, S), (B, A), (B, S) -> (B,), float32, and it counts instead of the task's. In a model that
    could have learned it and was not told to, ``reward`` is None.
    """

    def fit(self, transitions: Transitions, held_out: Transitions | None = None) -> Report:
        """Learn from real transitions (task units, float64).

        ``held_out`` is for the report's figures only; nothing is learned from it.
        """
        ...

    def predict(self, state: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
        """(B, S) state and (B, A) action in environment units -> (B, S) next state; float32."""
        ...

    def state_dict(self) -> dict:
        """Everything that ``fit`` changed: JSON-able values or tensors, for checkpoints."""
        ...

    def load_state_dict(self, state: dict) -> None:
        """Become the model that ``state_dict`` described."""
        ...
