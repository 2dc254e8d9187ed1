"""The worlds: Gymnasium environments with their state maps, rewards and bounds."""

import symtut.tasks.pixels  # noqa: F401 (Gymnasium then knows its environments)
from symtut.tasks.base import EVALUATION_SEEDS, Task, limited_env
from symtut.tasks.car2d import Car2d
from symtut.tasks.check import check_task
from symtut.tasks.observed import ObservedTask
from symtut.tasks.pendulum import Pendulum
from symtut.tasks.reacher import Reacher
from symtut.tasks.registry import TASKS, is_environment, make_task, register_task
from symtut.tasks.transitions import Transitions

__all__ = [
    "EVALUATION_SEEDS", "TASKS", "Car2d", "ObservedTask", "Pendulum", "Reacher", "Task",
    "Transitions", "check_task", "is_environment", "limited_env", "make_task", "register_task",
]  # fmt: skip
