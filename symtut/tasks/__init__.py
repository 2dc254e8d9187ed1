"""The worlds: Gymnasium environments with their state maps, rewards and bounds."""

import re

import gymnasium

from symtut.errors import unknown
from symtut.tasks.base import EVALUATION_SEEDS, Task, limited_env
from symtut.tasks.car2d import Car2d
from symtut.tasks.observed import ObservedTask
from symtut.tasks.pendulum import Pendulum
from symtut.tasks.reacher import Reacher
from symtut.tasks.transitions import Transitions

__all__ = [
    "EVALUATION_SEEDS", "TASKS", "Car2d", "ObservedTask", "Pendulum", "Reacher", "Task",
    "Transitions", "is_environment", "limited_env", "make_task",
]  # fmt: skip

TASKS: dict[str, type[Task]] = {task.name: task for task in (Pendulum, Reacher, Car2d)}


def make_task(name: str) -> Task:
    """The task called ``name``; for Gymnasium's name of an environment, that as it is.

    Raises
    ------
    InputError
        If there is no such task; the message lists the known ones. If the environment is not of a
        kind that can be learned.
    """
    if is_environment(name):
        return ObservedTask(name)
    if not isinstance(name, str) or name not in TASKS:
        raise unknown("task", name, sorted(TASKS))
    return TASKS[name]()


def is_environment(name: object) -> bool:
    """Whether ``name`` is written like an environment of Gymnasium's, as ``Pendulum-v1``."""
    if not isinstance(name, str) or name in TASKS:
        return False
    return name in gymnasium.registry or re.search(r"-v[0-9]+$", name) is not None
