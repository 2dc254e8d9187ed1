"""What ``make`` would do, on an empty machine and on one that is set up."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def planned(target: str, venv: Path) -> str:
    command = ["make", "--dry-run", target, f"VENV={venv}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("target", "extras"),
    [
        ("setup", "notebooks"), ("run", "notebooks"), ("lab", "notebooks"), ("graded", "notebooks"),
        ("test", "notebooks,dev"), ("notebooks", "notebooks,dev"), ("site", "notebooks"),
        ("reproduce", "notebooks,dev"), ("colab", "notebooks,dev"),
    ],
)  # fmt: skip
def test_each_target_installs_what_it_needs_and_no_more(target, extras, tmp_path):
    (line,) = [row for row in planned(target, tmp_path).splitlines() if "sh .ci/setup" in row]
    assert line.split()[-1] == extras


def test_what_is_there_is_not_installed_again(tmp_path):
    (tmp_path / ".ready").touch()
    assert ".ci/setup" not in planned("run", tmp_path)
    assert ".ci/setup notebooks,dev" in planned("test", tmp_path)
    (tmp_path / ".ready-with-tools").touch()
    assert ".ci/setup" not in planned("test", tmp_path)


def test_graded_and_labs_are_one_target(tmp_path):
    plan = planned("graded", tmp_path)
    assert "-m tools.graded graded" in plan
    assert planned("labs", tmp_path) == plan.replace("tools.graded graded", "tools.graded labs")
