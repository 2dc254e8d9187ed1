"""A wheel holds everything that the package needs at run time."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import build

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel's content, unpacked outside the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder / "site")
    return folder / "site"


def test_all_modules_and_data_are_inside(installed):
    for top, pattern in (
        ("symtut", "**/*.py"), ("data", "weights/*"), ("data", "results/**/*.csv"),
    ):  # fmt: skip
        files = {path.relative_to(ROOT / top) for path in (ROOT / top).glob(pattern)}
        inside = installed / ("symtut" if top == "symtut" else "symtut/data")
        assert files and all((inside / name).is_file() for name in files)
    for path in (installed / "symtut" / "data" / "weights").glob("*.safetensors"):
        assert path.with_suffix(".json").is_file()
    for top in ("tests", "notebooks", "tools", "benchmarks"):
        assert not (installed / top).exists()


def test_it_is_small_and_says_its_version(installed):
    (wheel,) = installed.parent.glob("*.whl")
    assert wheel.name == f"symtut-{build.project()['version']}-py3-none-any.whl"
    assert wheel.stat().st_size < 20e6


def test_weights_are_found_without_the_repository(installed, tmp_path):
    script = "from symtut.paths import data_path; print(data_path('weights'))"
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={"PYTHONPATH": str(installed)},
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    assert Path(found) == installed / "symtut" / "data" / "weights"
