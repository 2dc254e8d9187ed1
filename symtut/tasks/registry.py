"""Tasks by name: the package's, those that a user registers, and classes of other modules."""

import importlib
import os
import re
import sys

import gymnasium

from symtut.errors import InputError, unknown
from symtut.tasks.base import Task
from symtut.tasks.car2d import Car2d
from symtut.tasks.observed import ObservedTask
from symtut.tasks.pendulum import Pendulum
from symtut.tasks.reacher import Reacher

TASKS: dict[str, type[Task]] = {task.name: task for task in (Pendulum, Reacher, Car2d)}
OWN = tuple(TASKS)
"""Names of the package's own tasks, which nobody may take."""


def make_task(name: str) -> Task:
    """The task called ``name``.

    Parameters
    ----------
    name : str
        Of a known task; ``module:Class`` for one of another module, which is imported (the current
        folder included); or Gymnasium's name of an environment, which is then taken as it is.

    Raises
    ------
    InputError
        If there is no such task; the message lists the known ones. If the environment is not of a
        kind that can be learned.
    """
    if is_environment(name):
        return ObservedTask(name)
    if isinstance(name, str) and ":" in name:
        task = _class_at(name)()
        task.name = name  # under which a stored policy finds it again
        return task
    if not isinstance(name, str) or name not in TASKS:
        raise unknown("task", name, sorted(TASKS))
    return TASKS[name]()


def is_environment(name: object) -> bool:
    """Whether ``name`` is written like an environment of Gymnasium's, as ``Pendulum-v1``."""
    if not isinstance(name, str) or name in TASKS:
        return False
    return name in gymnasium.registry or re.search(r"-v[0-9]+$", name) is not None


def register_task(task: type[Task]) -> type[Task]:
    """Make a task known by its ``name``, in this process; also as a decorator of the class.

    A class that is defined anew takes the place of the old one.

    Raises
    ------
    InputError
        If it is no task, has no name, or has the name of one of the package's own.
    """
    if not (isinstance(task, type) and issubclass(task, Task)):
        raise InputError(f"a task is a class derived from symtut.tasks.Task, not {task!r:.60}.")
    name = getattr(task, "name", None)
    if not isinstance(name, str) or not name.isidentifier():
        raise InputError(f"the name of a task must be an identifier like 'valley', not {name!r}.")
    if name in OWN:
        raise InputError(f"'{name}' is a task of symtut's own: choose another name.")
    TASKS[name] = task
    return task


def _class_at(where: str) -> type[Task]:
    module, _, name = where.partition(":")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    try:
        found = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise InputError(
            f"task '{where}': there is no module '{error.name}'; it must be installed, or lie in "
            "the current folder."
        ) from error
    except (AttributeError, ValueError) as error:
        raise InputError(f"task '{where}': the module has no class '{name}'.") from error
    if not (isinstance(found, type) and issubclass(found, Task)):
        raise InputError(f"task '{where}' is no class derived from symtut.tasks.Task.")
    missing = sorted(getattr(found, "__abstractmethods__", ()))
    if missing:
        raise InputError(f"task '{where}' lacks {', '.join(missing)}.")
    return found
