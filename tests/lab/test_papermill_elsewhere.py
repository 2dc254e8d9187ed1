"""Plain papermill with an installed package: no repository around, any folder, no home."""

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

from symtut.errors import InputError
from symtut.lab import papermill_host, session
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
    assert all(f"{name}:" in found["PROFILE"]["help"] for name in session.PROFILES)
    assert f"0 to {session.LARGEST_SEED}" in found["SEED"]["help"]
    assert parameters_of(source) == parameters_of(build.sources()[0])  # one form for all


def test_unknown_parameters_are_refused():
    cells = ["", "from symtut import lab", 'PROFILE: str = "lab"  # help\nSEED: int = 0']
    papermill_host.refuse_unknown_parameters(cells)
    papermill_host.refuse_unknown_parameters([*cells, "# Parameters\nSEED = 3\n"])
    fine = '# Parameters\nSEED = 3\nPAPERMILL_OUTPUT_PATH = "o.ipynb"\n'
    papermill_host.refuse_unknown_parameters([*cells, fine, "lab.start(PROFILE, SEED)"])
    with pytest.raises(InputError, match="no parameter 'seed'; it has PROFILE, SEED. Did you mean"):
        papermill_host.refuse_unknown_parameters([*cells, "# Parameters\nseed = 3\n"])
    with pytest.raises(InputError, match="'STEPS'"):
        papermill_host.refuse_unknown_parameters([*cells, "# Parameters\nSTEPS = 3\nSEED = 1\n"])


@pytest.mark.parametrize("seed", ["x", 2**31, -1, 1.0, None])
def test_wrong_seeds_are_named(seed):
    with pytest.raises(InputError, match="choose a whole number from 0 to 2147483647"):
        session.start("smoke", seed)


# ---- where the output goes -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (["/v/bin/python", "/v/bin/papermill", "a", "b"], ["a", "b"]),
        (["python", "-I", "-m", "papermill", "a"], ["a"]),
        (["C:\\v\\Scripts\\papermill.exe", "a"], ["a"]),
        (["python", "/site/papermill/__main__.py", "a"], ["a"]),
        (["vim", "notes.txt", "papermill"], None),
        (["python", "sweep.py", "papermill", "a", "b"], None),
        (["bash", "-c", "papermill a b"], None),
    ],
)
def test_papermill_is_recognised_by_its_command(command, arguments):
    assert papermill_host.papermill_arguments(command) == arguments


@pytest.mark.parametrize(
    ("line", "output", "folder"),
    [
        ("in.ipynb out.ipynb -p SEED 3", "out.ipynb", None),
        ("-p NAME other.ipynb --cwd run in.ipynb out", "out", "run"),
        ("in.ipynb -", "-", None),
    ],
)
def test_the_output_is_found_among_options(line, output, folder):
    assert papermill_host.output_and_folder(line.split()) == (output, folder)


def test_without_papermill_in_the_kernel(monkeypatch):
    monkeypatch.setitem(sys.modules, "papermill.cli", None)
    line = "in.ipynb out.ipynb --cwd run -p SEED 3"
    assert papermill_host.output_and_folder(line.split()) == ("out.ipynb", "run")
    assert papermill_host.output_and_folder(["in.ipynb", "-"]) == (None, None)


def test_only_local_files_have_a_place_beside_them(monkeypatch, tmp_path):
    for output, expected in (
        ("out.ipynb", tmp_path / "out.ipynb"), ("-", None), ("s3://bucket/out.ipynb", None),
    ):  # fmt: skip
        host = papermill_host.Ancestor(
            ("python", "-m", "papermill", "in.ipynb", output), str(tmp_path), (), 0.0
        )
        monkeypatch.setattr(papermill_host, "ancestors", lambda host=host: [host])
        assert papermill_host.output_path() == expected
    assert session._json_beside(Path("a/out.json")) == Path("a/out.results.json")


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
    # as a shell does: with --cwd nothing else tells where a relative output belongs
    settings = keep | {"HOME": os.devnull, "OMP_NUM_THREADS": "1", "PWD": str(work)}

    def call(*arguments):
        return subprocess.run(
            [installed, "-m", "papermill", *map(str, arguments), "--no-progress-bar"],
            cwd=work, env=settings, capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    call.sources, call.work = sources, work
    yield call
    sources.chmod(0o755)


@pytest.mark.notebook
def test_the_main_notebook_runs_elsewhere(elsewhere):
    """As the documentation says, with a relative output and another working folder."""
    path = elsewhere.work / "10_symbolic_mbpo.ipynb"
    build.write(path, build.convert(TEN)[0])
    done = elsewhere(path.name, "out.ipynb", "-p", "SEED", 3, "-p", "PROFILE", "smoke",
                     "--cwd", elsewhere.sources)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    results = json.loads((elsewhere.work / "out.json").read_text())
    assert (results["profile"], results["seed"]) == ("smoke", 3)
    assert results["real_steps"] == 200 and len(results["equations"]) == 2
    assert sorted(p.name for p in elsewhere.work.iterdir()) == [path.name, "out.ipynb", "out.json"]
    assert not list(elsewhere.sources.glob("*.json"))


@pytest.mark.notebook
def test_equal_seeds_give_equal_results(elsewhere):
    results = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        out = elsewhere.work / f"{name}.ipynb"
        done = elsewhere(elsewhere.sources / "99_small.ipynb", out, "-p", "SEED", seed)
        assert done.returncode == 0, done.stderr[-2000:]
        results.append(json.loads(out.with_suffix(".json").read_text()))
    assert results[0] == results[1] and results[0]["last"]
    assert results[0]["first"] != results[2]["first"]
    assert results[0]["equations"] != results[2]["equations"]


@pytest.mark.notebook
def test_a_failed_notebook_leaves_what_there_was(elsewhere):
    done = elsewhere(elsewhere.sources / "99_small.ipynb", "out.ipynb", "-p", "SEED", 5)
    assert done.returncode == 1 and "on purpose" in done.stderr
    results = json.loads((elsewhere.work / "out.json").read_text())
    assert results["seed"] == 5 and results["equations"] and "last" not in results
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
