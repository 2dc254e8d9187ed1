"""The true equations as a world model: what a perfect model would allow."""

import torch

from symtut.errors import InputError
from symtut.tasks import Task, Transitions
from symtut.world_models.base import Report


class OracleWorldModel:
    """Knows the task's exact dynamics and learns nothing. The limit that others are held to.

    Raises
    ------
    InputError
        If the task does not offer its true dynamics.
    """

    def __init__(self, task: Task):
        origin = torch.zeros(1, task.state_size), torch.zeros(1, task.action_size)
        if task.true_step(*origin) is None:
            raise InputError(
                f"task '{task.name}' has no known dynamics, so there is no oracle for it; "
                "choose another --method."
            )
        self.task = task

    def fit(self, transitions: Transitions, held_out: Transitions | None = None) -> Report:
        return Report(equations=(), n_transitions=len(transitions), cpu_seconds=0.0)

    def predict(self, state: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
        next_state = self.task.true_step(state, action)
        assert next_state is not None  # seen to above
        return next_state

    def state_dict(self) -> dict:
        return {}

    def load_state_dict(self, state: dict) -> None:
        pass
