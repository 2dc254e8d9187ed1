"""The worlds: Gymnasium environments with their state maps, rewards and bounds."""

from symtut.errors import unknown
from symtut.tasks.base import EVALUATION_SEEDS, Task, limited_env
from symtut.tasks.car2d import Car2d
from symtut.tasks.pendulum import Pendulum
from symtut.tasks.reacher import Reacher
from symtut.tasks.transitions import Transitions

__all__ = [
    "EVALUATION_SEEDS", "TASKS", "Car2d", "Pendulum", "Reacher", "Task", "Transitions",
    "limited_env", "make_task",
]  # fmt: skip

TASKS: dict[str, type[Task]] = {task.name: task for task in (Pendulum, Reacher, Car2d)}


def make_task(name: str) -> Task:
    """The task called ``name``.

    Raises
    ------
    InputError
        If there is no such task; the message lists the known ones.
    """
    if not isinstance(name, str) or name not in TASKS:
        raise unknown("task", name, sorted(TASKS))
    return TASKS[name]()
