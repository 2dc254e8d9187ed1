"""Tasks from outside the package: by class, by name, by module."""

import subprocess
import sys

import pytest

import symtut
from symtut.errors import InputError
from symtut.tasks import TASKS, ObservedTask, Pendulum, make_task, register_task

VALLEY = """
from symtut.tasks import Pendulum

class Valley(Pendulum):
    name = "valley"

class Nothing: ...
"""


@pytest.fixture
def valley(tmp_path, monkeypatch):
    (tmp_path / "valley_of_the_tests.py").write_text(VALLEY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield "valley_of_the_tests:Valley"
    sys.modules.pop("valley_of_the_tests", None)


def test_a_registered_task_is_made_by_its_name(monkeypatch):
    monkeypatch.setattr("symtut.tasks.registry.TASKS", known := dict(TASKS))

    @register_task
    class Swing(Pendulum):
        name = "swing"

    assert known["swing"] is Swing and isinstance(make_task("swing"), Swing)
    assert symtut.register_task is register_task


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (Pendulum, "symtut's own"),
        (type("Bad", (Pendulum,), {"name": "no name"}), "identifier"),
        (dict, "derived from symtut.tasks.Task"),
        ("pendulum", "derived from symtut.tasks.Task"),
    ],
)
def test_what_is_no_task_is_not_registered(task, said):
    with pytest.raises(InputError, match=said):
        register_task(task)


def test_a_task_of_a_module_is_imported_from_the_current_folder(valley):
    task = make_task(valley)
    assert type(task).__name__ == "Valley" and task.name == valley


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such_module_anywhere:Valley", "no module 'no_such_module_anywhere'"),
        ("valley_of_the_tests:Hill", "no class 'Hill'"),
        ("valley_of_the_tests:Nothing", "no class derived"),
        ("symtut.tasks:Task", "lacks observation_from_state"),
        (":Valley", "has no class"),
    ],
)
def test_a_module_without_that_task_says_so(valley, name, said):
    with pytest.raises(InputError, match=said):
        make_task(name)


def test_an_environment_is_taken_as_it_is():
    task = make_task("Pendulum-v1")
    assert isinstance(task, ObservedTask)
    assert (task.horizon, task.observation_size, list(task.action_high)) == (200, 3, [2.0])


def test_a_policy_of_a_modules_task_is_read_in_another_process(valley, tmp_path):
    from symtut.agents.networks import MLP
    from symtut.agents.policy import Policy

    Policy(make_task(valley), MLP(3, 8, 2)).save(tmp_path / "p.safetensors")
    code = "from symtut.agents.policy import Policy; print(Policy.load('p.safetensors').task.name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == valley
