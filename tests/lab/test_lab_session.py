"""Profiles, parameters and recorded results of a notebook run."""

import json
import os

import numpy as np
import pytest
import torch

from symtut.errors import InputError
from symtut.lab import session

BUDGETS = {name: {"updates": i} for i, name in enumerate(session.NOTEBOOK_PROFILES)}


@pytest.fixture(autouse=True)
def no_record(monkeypatch):
    for name in (session.RECORD_VARIABLE, session.PROFILE_VARIABLE, "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("profile", session.NOTEBOOK_PROFILES)
def test_start_gives_the_budget_of_its_profile(profile):
    assert session.start(profile, 0, **BUDGETS).updates == BUDGETS[profile]["updates"]
    assert session.recorded() == {"profile": profile, "seed": 0}


@pytest.mark.parametrize(
    ("profile", "seed", "budgets", "word"),
    [
        ("Lab", 0, BUDGETS, "PROFILE"),
        ("lab", -1, BUDGETS, "SEED"),
        ("lab", 1.5, BUDGETS, "SEED"),
        ("lab", True, BUDGETS, "SEED"),
        ("lab", 0, {"lab": {}}, "smoke, lab, paper"),
        ("lab", 0, BUDGETS | {"smoke": {"other": 1}}, "same keys"),
    ],
)
def test_start_refuses_bad_parameters(profile, seed, budgets, word):
    with pytest.raises(InputError, match=word):
        session.start(profile, seed, **budgets)


@pytest.mark.parametrize(
    ("variables", "asked", "taken"),
    [
        ({}, "lab", "lab"),
        ({"SYMTUT_PROFILE": "paper"}, "lab", "paper"),
        ({"SYMTUT_PROFILE": ""}, "lab", "lab"),
        ({"NBGRADER_EXECUTION": "autograde"}, "paper", "smoke"),
        ({"NBGRADER_EXECUTION": "autograde"}, "what a student typed", "smoke"),
        ({"NBGRADER_EXECUTION": "validate"}, "lab", "lab"),
        ({"NBGRADER_EXECUTION": "autograde", "SYMTUT_PROFILE": "lab"}, "smoke", "lab"),
    ],
)
def test_the_environment_wins_and_says_so(variables, asked, taken, monkeypatch, capsys):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert session.start(asked, 0, **BUDGETS).updates == BUDGETS[taken]["updates"]
    assert session.recorded()["profile"] == taken
    said = capsys.readouterr().out
    assert (f"Profile '{taken}' instead of '{asked}'" in said) == (taken != asked)


def test_a_bad_profile_of_the_environment_is_named(monkeypatch):
    monkeypatch.setenv("SYMTUT_PROFILE", "fast")
    with pytest.raises(InputError, match="SYMTUT_PROFILE is 'fast'; choose one of smoke"):
        session.start("lab", 0, **BUDGETS)


def test_record_writes_plain_json_beside_anything(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    monkeypatch.setenv(session.RECORD_VARIABLE, str(path))
    session.start("smoke", np.int64(3))
    session.record(a=np.float32(0.5), b=torch.ones(2, dtype=torch.int64), c=float("nan"))
    session.record(d=[{"e": (1, None)}], f=np.array([True]), g=np.array([np.inf, 1.0]))
    assert json.loads(path.read_text()) == {
        "profile": "smoke", "seed": 3, "a": 0.5, "b": [1, 1], "c": None,
        "d": [{"e": [1, None]}], "f": [True], "g": [None, 1.0],
    }  # fmt: skip
    with pytest.raises(TypeError, match="object"):
        session.record(bad=object())


def test_workspaces_are_new_and_empty():
    first, second = session.workspace(), session.workspace()
    assert first != second and first.is_dir() and not os.listdir(second)


def test_unknown_parameters_are_refused():
    cells = ["", "from symtut import lab", 'PROFILE: str = "lab"  # help\nSEED: int = 0']
    session._refuse_unknown_parameters(cells)
    session._refuse_unknown_parameters([*cells, "# Parameters\nSEED = 3\n"])
    fine = '# Parameters\nSEED = 3\nPAPERMILL_OUTPUT_PATH = "o.ipynb"\n'
    session._refuse_unknown_parameters([*cells, fine, "lab.start(PROFILE, SEED)"])
    with pytest.raises(InputError, match="no parameter 'seed'; it has PROFILE, SEED. Did you mean"):
        session._refuse_unknown_parameters([*cells, "# Parameters\nseed = 3\n"])
    with pytest.raises(InputError, match="'STEPS'"):
        session._refuse_unknown_parameters([*cells, "# Parameters\nSTEPS = 3\nSEED = 1\n"])


@pytest.mark.parametrize("seed", ["x", 2**31, -1, 1.0, None])
def test_wrong_seeds_are_named(seed):
    with pytest.raises(InputError, match="choose a whole number from 0 to 2147483647"):
        session.start("smoke", seed)


def test_results_lie_beside_the_output_that_papermill_names(tmp_path, monkeypatch, capsys):
    variables = {"PAPERMILL_OUTPUT_PATH": "out.ipynb"}
    monkeypatch.setattr(session, "_user_variables", lambda: variables)
    monkeypatch.chdir(tmp_path)
    session.start("smoke", 0)
    assert "there is no file 'out.ipynb' here" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())

    (tmp_path / "out.ipynb").touch()
    (tmp_path / "out.json").write_text("of an older run")
    session.start("smoke", 0)
    session.record(value=3)
    assert json.loads((tmp_path / "out.json").read_text())["value"] == 3

    (tmp_path / "odd.json").touch()  # papermill takes any name for its output
    variables["PAPERMILL_OUTPUT_PATH"] = str(tmp_path / "odd.json")
    session.start("smoke", 1)
    assert json.loads((tmp_path / "odd.results.json").read_text())["seed"] == 1
    assert not (tmp_path / "odd.json").read_text()
