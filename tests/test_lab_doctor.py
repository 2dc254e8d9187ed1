"""The doctor: well on a good installation, and a line for each thing that is broken."""

import json
import shutil

import pytest

from symtut import doctor as clinic
from symtut import paths


def test_all_is_well_here():
    lines = []
    assert clinic.doctor(lines.append) == 0
    assert len(lines) == len(clinic.CHECKS) + 1 and lines[-1] == "all is well"


def report(name, monkeypatch):
    """Run one check alone; returns the exit code and its line."""
    monkeypatch.setattr(clinic, "CHECKS", {name: clinic.CHECKS[name]})
    lines = []
    return clinic.doctor(lines.append), lines[0]


def test_old_package(monkeypatch):
    monkeypatch.setattr(clinic, "version", lambda name: "2.3.1+cpu" if name == "torch" else "999.0")
    code, line = report("packages", monkeypatch)
    assert code == 1 and "torch 2.3.1+cpu is older than 2.4" in line and "pip install" in line


def test_missing_package(monkeypatch):
    def version(name):
        if name == "scipy":
            raise clinic.PackageNotFoundError
        return "999.0"

    monkeypatch.setattr(clinic, "version", version)
    code, line = report("packages", monkeypatch)
    assert code == 1 and "scipy is missing" in line


@pytest.fixture
def data_copy(tmp_path, monkeypatch):
    shutil.copytree(paths.data_path("weights"), tmp_path / "weights")
    monkeypatch.setattr(paths, "ROOTS", (tmp_path,))
    return tmp_path / "weights"


def test_weights_have_an_origin(monkeypatch):
    made = json.loads(paths.data_path("weights/general.json").read_text())["provenance"]
    code, line = report("weights", monkeypatch)
    assert code == 0 and f"on {made['date'][:10]} at commit {made['commit']}" in line


def test_damaged_weights(data_copy, monkeypatch):
    path = next(data_copy.glob("*.safetensors"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    code, line = report("weights", monkeypatch)
    assert code == 1 and path.name in line


def test_weights_without_card(data_copy, monkeypatch):
    next(data_copy.glob("*.json")).unlink()
    code, line = report("weights", monkeypatch)
    assert code == 1 and "card" in line


def test_no_weights(data_copy, monkeypatch):
    shutil.rmtree(data_copy)
    code, line = report("weights", monkeypatch)
    assert code == 1 and "weights" in line


def test_unforeseen_failures_are_reported_too(monkeypatch):
    def broken():
        raise RuntimeError("out of luck")

    monkeypatch.setattr(clinic, "CHECKS", {"luck": broken, "Python": clinic.check_python})
    lines = []
    assert clinic.doctor(lines.append) == 1
    assert lines[0].startswith("PROBLEM  luck: RuntimeError: out of luck")
    assert lines[1].startswith("ok") and lines[2] == "problems found: 1"


def test_data_path_names_the_missing_file():
    with pytest.raises(paths.InputError, match="no data file 'weights/nothing'"):
        paths.data_path("weights/nothing")
