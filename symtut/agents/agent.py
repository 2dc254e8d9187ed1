"""Which learner a loop has."""

import torch

from symtut.agents.analytic_gradient import AnalyticGradient, APGConfig
from symtut.agents.config import LoopConfig
from symtut.agents.dreamer.agent import Dreamer
from symtut.agents.dreamer.config import DreamerConfig
from symtut.agents.sac import SAC, SACConfig
from symtut.errors import InputError
from symtut.tasks import Task
from symtut.world_models.base import WorldModel


def make_agent(
    task: Task,
    model: WorldModel | None,
    config: LoopConfig,
    learner: SACConfig | APGConfig | DreamerConfig,
    generator: torch.Generator,
) -> SAC | AnalyticGradient | Dreamer:
    """The learner with the hyperparameters ``learner``.

    Raises
    ------
    InputError
        If it cannot learn in a loop with this model and this configuration.
    """
    if isinstance(learner, SACConfig):
        return SAC(task.observation_size, task.action_size, learner, generator)
    if isinstance(learner, DreamerConfig):
        return Dreamer(task.observation_size, task.action_size, learner, generator)
    if model is None:
        raise InputError(
            "the learner 'apg' differentiates a world model, and method 'sac' has none: choose "
            "another --method."
        )
    if config.start_states == "model":
        raise InputError(
            "start_states='model' takes states from B_pi, where the learner 'apg' stores none."
        )
    return AnalyticGradient(task, learner, generator)
