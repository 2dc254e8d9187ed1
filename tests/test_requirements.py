"""pyproject.toml, environment.yml and the set-up cell ask for the same things."""

import ast
import re
from pathlib import Path

import yaml

from symtut.lab import build

ROOT = Path(__file__).resolve().parents[1]
CONDA_NAME = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}


def conda() -> dict:
    return yaml.safe_load((ROOT / "environment.yml").read_text())


def test_environment_has_the_core_and_notebook_requirements():
    project = build.project()
    wanted = [*project["dependencies"], *project["optional-dependencies"]["notebooks"]]
    wanted = {re.sub(r"^[\w-]+", lambda m: CONDA_NAME.get(m[0], m[0]), r) for r in wanted}
    listed = {r for r in conda()["dependencies"] if isinstance(r, str)}
    assert listed - wanted == {"pip"} | {r for r in listed if r.startswith("python=")}
    assert wanted <= listed


def test_environment_pins_python_and_stays_off_the_default_channel():
    environment = conda()
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    (python,) = [
        r for r in environment["dependencies"] if isinstance(r, str) and r.startswith("python=")
    ]
    lowest = tuple(map(int, build.project()["requires-python"].removeprefix(">=").split(".")))
    assert tuple(map(int, python.removeprefix("python=").split("."))) >= lowest
    assert {"pip": ["-e ."]} in environment["dependencies"]


def test_setup_cell_lists_the_core_requirements():
    tree = ast.parse(build.setup_cell())
    (listed,) = [
        ast.literal_eval(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and node.targets[0].id == "requirements"
    ]
    assert listed == build.project()["dependencies"]
    assert all(re.fullmatch(r"[a-z]+>=[\d.]+", r) for r in listed)  # lower bounds only


def test_setup_cell_installs_only_what_is_missing(monkeypatch):
    import importlib.util
    import subprocess
    import sys

    calls, real_find = [], importlib.util.find_spec
    for absent in ((), ("symtut",), ("symtut", "gymnasium", "safetensors")):
        calls.clear()
        monkeypatch.setattr(subprocess, "run", lambda c, check: calls.append(c))
        monkeypatch.setattr(
            importlib.util,
            "find_spec",
            lambda n, absent=absent: None if n in absent else real_find(n),
        )
        exec(build.setup_cell(), {})
        installed = [argument for call in calls for argument in call[5:]]
        if not absent:
            assert not calls
            continue
        assert all(
            call[:5] == [sys.executable, "-m", "pip", "install", "--quiet"] for call in calls
        )
        assert installed[-2:] == ["--no-deps", f"git+{build.project()['urls']['Repository']}"]
        assert [re.match("[a-z]+", r)[0] for r in installed[:-2]] == list(absent[1:])


def test_the_address_stands_in_one_place():
    address = build.project()["urls"]["Repository"]
    written_by_hand = [
        path
        for pattern in ("symtut/**/*.py", "notebooks/source/*.py", "Makefile", "environment.yml")
        for path in ROOT.glob(pattern)
        if address in path.read_text(encoding="utf-8")
    ]
    assert not written_by_hand
