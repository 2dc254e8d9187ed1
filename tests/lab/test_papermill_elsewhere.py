"""Papermill itself with an installed package: no repository around, any folder, no home."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import jupytext
import nbformat
import papermill
import pytest

from symtut.lab import session
from tools import build

SMALL = """\
# %% [markdown]
# # 99 Small

# %% tags=["setup"]
from symtut import lab

# %% tags=["parameters"]
{parameters}
# %%
import numpy as np
from symtut import SymbolicRegressor

lab.start(PROFILE, SEED)
x = np.random.default_rng(SEED).uniform(-3, 3, (40, 1))
regressor = SymbolicRegressor(method="prior", n_candidates=16, max_time=None, random_state=SEED)
regressor.fit(x, np.sin(x[:, 0]) / (1 + x[:, 0] ** 2))
lab.record(first=x[0, 0], equations=[row["equation"] for row in regressor.equations_])

# %%
if SEED == 5:
    raise RuntimeError("on purpose")
lab.record(last=True)
"""


TEN = next(source for source in build.sources() if source.stem == "10_symbolic_mbpo")
SITE = ("site-packages", "dist-packages")


def parameters_of(source):
    cells = build.convert(source)[0].cells
    return next(c.source for c in cells if "parameters" in c.metadata.get("tags", []))


# ---- the parameters cell -------------------------------------------------------------------------


@pytest.mark.parametrize("source", build.sources(), ids=lambda p: p.stem)
def test_parameters_are_documented_in_every_notebook(source, tmp_path):
    path = tmp_path / f"{source.stem}.ipynb"
    build.write(path, build.convert(source)[0])
    found = papermill.inspect_notebook(str(path))
    assert list(found) == ["PROFILE", "SEED"]
    assert found["PROFILE"]["inferred_type_name"] == "str"
    assert found["SEED"]["inferred_type_name"] == "int"
    assert all(f"{name}:" in found["PROFILE"]["help"] for name in session.NOTEBOOK_PROFILES)
    assert f"0 to {session.LARGEST_NOTEBOOK_SEED}" in found["SEED"]["help"]
    assert parameters_of(source) == parameters_of(build.sources()[0])  # one form for all


# ---- elsewhere -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The Python of an environment of its own with the wheel, and all else borrowed from ours."""
    folder = tmp_path_factory.mktemp("elsewhere")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=build.REPOSITORY, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    command = [sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")]
    subprocess.run(command, check=True)
    schemes = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
    site = Path(sysconfig.get_path("purelib", "venv", schemes))
    with zipfile.ZipFile(wheel) as file:
        file.extractall(site)
    # Lines of a .pth only add paths: an editable install of ours is not followed.
    borrowed = dict.fromkeys(p for p in sys.path if Path(p).name in SITE)
    (site / "borrowed.pth").write_text("\n".join(borrowed))
    return Path(sysconfig.get_path("scripts", "venv", schemes)) / "python"


@pytest.fixture
def elsewhere(installed, tmp_path):
    """``call(*arguments)``: papermill in a folder that is neither the notebook's nor the home."""
    sources, work = tmp_path / "sources", tmp_path / "work"
    sources.mkdir(), work.mkdir()
    small = jupytext.reads(SMALL.format(parameters=parameters_of(TEN) + "\n"), fmt="py:percent")
    build.normalise(small)
    nbformat.write(small, sources / "99_small.ipynb")
    sources.chmod(0o555)
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "SYSTEMROOT", "TMPDIR", "LANG")}
    settings = keep | {"HOME": os.devnull, "OMP_NUM_THREADS": "1"}
    options = ("--inject-output-path", "--no-progress-bar")

    def call(*arguments):
        return subprocess.run(
            [installed, "-m", "papermill", *map(str, arguments), *options],
            cwd=work, env=settings, capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    call.sources, call.work = sources, work
    yield call
    sources.chmod(0o755)


@pytest.mark.notebook
def test_the_main_notebook_runs_elsewhere(elsewhere):
    """Into another folder than the kernel works in: the output is named by its whole path."""
    path = elsewhere.work / "10_symbolic_mbpo.ipynb"
    build.write(path, build.convert(TEN)[0])
    parameters = ("-p", "SEED", 3, "-p", "PROFILE", "smoke")
    out = elsewhere.work / "out.ipynb"
    done = elsewhere(path.name, out, *parameters, "--cwd", elsewhere.sources)
    assert done.returncode == 0, done.stderr[-2000:]
    results = json.loads((elsewhere.work / "out.json").read_text())
    assert (results["profile"], results["seed"]) == ("smoke", 3)
    assert results["real_steps"] == 200 and len(results["equations"]) == 2
    assert sorted(p.name for p in elsewhere.work.iterdir()) == [path.name, "out.ipynb", "out.json"]
    assert not list(elsewhere.sources.glob("*.json"))


@pytest.mark.notebook
def test_equal_seeds_give_equal_results_and_a_failure_leaves_what_there_was(elsewhere):
    whole = []
    for name in ("a", "b"):
        out = elsewhere.work / f"{name}.ipynb"
        done = elsewhere(elsewhere.sources / "99_small.ipynb", out, "-p", "SEED", 3)
        assert done.returncode == 0, done.stderr[-2000:]
        whole.append(json.loads(out.with_suffix(".json").read_text()))
    assert whole[0] == whole[1] and whole[0]["last"]

    done = elsewhere(elsewhere.sources / "99_small.ipynb", "out.ipynb", "-p", "SEED", 5)
    assert done.returncode == 1 and "on purpose" in done.stderr
    results = json.loads((elsewhere.work / "out.json").read_text())
    assert results["seed"] == 5 and "last" not in results
    assert results["first"] != whole[0]["first"] and results["equations"] != whole[0]["equations"]
    executed = nbformat.read(elsewhere.work / "out.ipynb", as_version=4)
    assert executed.cells[-1].outputs[-1].ename == "RuntimeError"

    # The next one, with a misprint, fails at once, and the old results do not pass for its own.
    done = elsewhere(elsewhere.sources / "99_small.ipynb", "out.ipynb", "-p", "SEEDS", 5)
    said = re.sub(r"\x1b\[[\d;]*m", "", done.stderr)
    assert done.returncode == 1
    assert (
        "this notebook has no parameter 'SEEDS'; it has PROFILE, SEED. Did you mean SEED?" in said
    )
    assert not (elsewhere.work / "out.json").exists()
