"""The reward of an imagined step: the model's own where it has learned one, else the task's."""

from collections.abc import Callable

import torch

from symtut.tasks import Task
from symtut.world_models.base import WorldModel


def reward_function(
    model: WorldModel, task: Task
) -> Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]:
    """``(B, S), (B, A) environment units, (B, S) -> (B,)``, all torch float32.

    A world model has learned the reward if it has a ``reward`` that is not None.
    """
    return getattr(model, "reward", None) or task.reward
