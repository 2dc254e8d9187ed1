"""Sweeps of tasks from outside the package: what is refused before any work."""

import pytest

from symtut.errors import InputError
from symtut.experiments.sweep import plan, sweep
from symtut.tasks import TASKS, Pendulum, register_task


def test_a_task_of_this_process_is_not_sent_to_others(tmp_path, monkeypatch):
    monkeypatch.setattr("symtut.tasks.registry.TASKS", known := dict(TASKS))
    monkeypatch.setattr("symtut.experiments.sweep.TASKS", known)
    register_task(type("Swing", (Pendulum,), {"name": "swing"}))
    with pytest.raises(InputError, match="module:Class"):
        sweep(["swing"], ["sparse"], [100], tmp_path / "s", jobs=2)
    assert not (tmp_path / "s").exists()


def test_an_environment_needs_a_threshold_and_a_folder_of_its_own(tmp_path):
    asked = ["Pendulum-v1"], ["sparse"], [100], tmp_path, 50, "default"
    with pytest.raises(InputError, match="give --set threshold=NUMBER"):
        plan(*asked, {})
    (run,) = plan(*asked, {"": {"threshold": -160}})
    assert run.config().threshold == -160
    (car,) = plan(["symtut/Car2d-v0"], ["sac"], [100], tmp_path, 50, "default",
                  {"": {"threshold": -23}})  # fmt: skip
    assert "symtut.Car2d-v0" in car.out
