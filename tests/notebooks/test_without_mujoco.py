"""Where MuJoCo is missing, as on Colab and Binder, a notebook says so and goes on."""

import sys

import pytest

from symtut.errors import InputError
from symtut.tasks import make_task
from tools import build

(SOURCE,) = [path for path in build.sources() if path.stem.startswith("09")]


@pytest.fixture
def no_mujoco(monkeypatch):
    """As if MuJoCo and Gymnasium's part for it had never been installed."""
    for name in list(sys.modules):
        if name.split(".")[0] == "mujoco" or name.startswith("gymnasium.envs.mujoco"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mujoco", None)


def test_the_task_names_what_is_missing(no_mujoco):
    with pytest.raises(InputError, match=r"symtut\[mujoco\]"):
        make_task("reacher").make_env()


@pytest.mark.notebook
def test_notebook_09_says_so_and_goes_on(no_mujoco, capsys):
    """Up to the cell that would compare with MuJoCo, and the rest uses ``true_step`` only."""
    namespace, met = {"__name__": "__main__"}, False
    for cell in build.convert(SOURCE)[0].cells:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or "setup" in tags:
            continue
        if met:
            assert "make_env" not in cell.source and "compare_with_mujoco" not in cell.source
            continue
        capsys.readouterr()
        exec(compile("from symtut import lab\n" + cell.source, SOURCE.name, "exec"), namespace)
        if "parameters" in tags:
            namespace["PROFILE"] = "smoke"
        met = "compare_with_mujoco(arm" in cell.source
        if met:
            said = capsys.readouterr().out
            assert "not compared with MuJoCo" in said and "pip install" in said
    assert met
