"""pyproject.toml, environment.yml and the set-up cell ask for the same things."""

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools import build, opening

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


@pytest.mark.parametrize("tagged", [True, False])
@pytest.mark.parametrize("absent", [(), ("symtut",), ("symtut", "gymnasium", "safetensors")])
def test_setup_cell_installs_only_what_is_missing(monkeypatch, absent, tagged):
    calls, real_find = [], importlib.util.find_spec

    def run(command, **options):
        calls.append(command)
        return subprocess.CompletedProcess(command, 0 if tagged else 2)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in absent else real_find(name)
    )
    exec(build.setup_cell(), {})
    if not absent:
        assert not calls
        return
    project = build.project()
    address, release = f"https://github.com/{opening.slug(project)}", f"v{project['version']}"
    asked, *installing = calls
    assert asked == ["git", "ls-remote", "--exit-code", "--tags", address, release]
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    assert all(call[:5] == pip for call in installing)
    installed = [argument for call in installing for argument in call[5:]]
    source = f"git+{address}@{release}" if tagged else f"git+{address}"
    assert installed[-2:] == ["--no-deps", source]
    assert [re.match("[a-z]+", r)[0] for r in installed[:-2]] == list(absent[1:])


def changed_since(tag: str, repository: Path) -> list[str]:
    """Files of the package that are not what they were at ``tag``; none without such a tag."""
    git = ["git", "-C", str(repository)]
    if shutil.which("git") is None:
        return []
    known = subprocess.run([*git, "rev-parse", "--verify", f"refs/tags/{tag}"], capture_output=True)
    if known.returncode:
        return []
    command = [*git, "diff", "--name-only", tag, "--", "symtut", "data"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_a_released_version_stays_what_it_was():
    """Notebooks install the tag of their version: they must not use what came after it."""
    release = f"v{build.project()['version']}"
    assert not changed_since(release, ROOT), "set the next version in pyproject.toml"


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_changes_after_a_release_are_found(tmp_path):
    def git(*words):
        name = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        subprocess.run(["git", *name, *words], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "symtut").mkdir()
    (tmp_path / "symtut" / "a.py").write_text("1\n")
    git("init")
    git("add", ".")
    git("commit", "-m", "release")
    git("tag", "v1.0")
    assert changed_since("v1.0", tmp_path) == changed_since("v2.0", tmp_path) == []
    (tmp_path / "symtut" / "a.py").write_text("2\n")
    assert changed_since("v1.0", tmp_path) == ["symtut/a.py"]
