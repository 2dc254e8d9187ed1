"""Colab, on the first try: the notebook's file alone, Colab's versions, its own set-up cell.

``make test`` runs notebook 00 on a light machine; ``make colab`` all of them on one with Colab's
versions (``tests/colab_machine.py``), which has no MuJoCo either.
"""

import importlib
import json
import re
import shutil
import subprocess
import sys

import IPython.display
import nbformat
import PIL.Image
import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from symtut.lab import films
from tests import colab_machine
from tools import build, opening

SOURCES = [path for path in build.sources() if colab_machine.FULL or path.stem.startswith("00")]
COLAB = build.REPOSITORY / ".ci" / "colab.txt"

# Before the first line of science: calls of explore() are watched, so that controls can be moved.
# One name only, which no notebook uses.
WATCH = """\
class _Colab:
    from symtut.lab import explorers
    explore, display = staticmethod(explorers.explore), staticmethod(explorers.display)
    boxes, failures, drawn = [], [], 0

    def watched(draw, alt, **controls):
        def keep(**values):
            try:
                draw(**values)
                _Colab.drawn += 1
            except Exception as error:
                _Colab.failures.append(f"{draw.__name__}({values}): {error!r}")
        _Colab.explore(keep, alt, **controls)

    def shown(thing, **options):
        if not options:
            _Colab.boxes.append(thing)
        return _Colab.display(thing, **options)

_Colab.explorers.explore, _Colab.explorers.display = _Colab.watched, _Colab.shown
"""
# After the last: every control is moved once, and the session tells what it is.
TELL = """\
import google.colab, json, sys, ipywidgets, numpy, torch
import symtut
from symtut.paths import data_path
_Colab.watched(lambda n: print(n), "", n=(1, 9, 1, 3))
_Colab.first = _Colab.drawn
_Colab.controls = [control for box in _Colab.boxes for control in box.children]
for _Colab.one in _Colab.controls:
    _Colab.values = getattr(_Colab.one, "options", None) or (_Colab.one.min, _Colab.one.max)
    _Colab.one.value = [v for v in _Colab.values if v != _Colab.one.value][0]
json.dump(
    dict(
        file=symtut.__file__, state=getattr(symtut, "STATE", ""), path=sys.path,
        loaded={m.__name__: m.__version__.split("+")[0] for m in (torch, numpy, ipywidgets)},
        found=[str(data_path(f)) for f in ("weights/general.safetensors", "results/comparison")],
        controls=len(_Colab.controls), redrawn=_Colab.drawn - _Colab.first,
        failures=_Colab.failures,
    ),
    open("told.json", "w"),
)
"""


@pytest.fixture(scope="module")
def repositories(tmp_path_factory):
    """Bare repositories, with the release's tag and without it."""
    if shutil.which("git") is None:
        pytest.skip("needs git: the set-up cell installs from a repository")
    folder = tmp_path_factory.mktemp("repositories")
    return {
        tagged: colab_machine.make_repository(folder / str(tagged), tagged)
        for tagged in (True, False)
    }


def code(text, *tags):
    return nbformat.v4.new_code_cell(text, metadata={"tags": list(tags)})


def smoke_notebook(source):
    """The solved notebook as it is built, with two cells more; a student would change PROFILE."""
    notebook = build.convert(source)[0]
    tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
    parameters = notebook.cells[tags.index(["parameters"])]
    assert '= "lab"' in parameters.source
    parameters.source = parameters.source.replace('= "lab"', '= "smoke"', 1)
    notebook.cells.insert(tags.index(["setup"]) + 1, code(WATCH))
    notebook.cells.append(code(TELL, "tell"))
    return notebook


@pytest.mark.notebook
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_alone_sets_itself_up_and_runs(source, repositories, tmp_path):
    machine = colab_machine.make_machine(tmp_path, repositories[True])
    before = machine.packages()
    if colab_machine.FULL:
        assert {"jupyterlab", "papermill", "mujoco"}.isdisjoint(dict(before))
    assert machine.run("-c", "import symtut", check=False).returncode == 1
    folder = tmp_path / "content"
    folder.mkdir()
    notebook = smoke_notebook(source)
    nbformat.write(notebook, folder / f"{source.stem}.ipynb")
    results = machine.execute(notebook, folder)

    assert results["profile"] == "smoke"
    importlib.import_module(f"tests.notebooks.notebook_{source.stem}").check(results)
    # Nothing but symtut is new, nothing has changed its version, and the session uses these.
    new = machine.packages()
    assert new - before == {("symtut", build.project()["version"])} and before <= new
    told = json.loads((folder / "told.json").read_text())
    assert told["loaded"].items() <= {n: v.split("+")[0] for n, v in before}.items()
    site = str(machine.site_packages())
    assert told["file"].startswith(site) and told["state"] == ""  # the tag, not what came later
    assert all(path.startswith(site) for path in told["found"])
    assert str(build.REPOSITORY) not in told["path"]
    # Controls answer, and their page would be drawn.
    assert told["failures"] == [] and told["redrawn"] == told["controls"] >= 1
    (tell,) = [cell for cell in notebook.cells if "tell" in cell.metadata.get("tags", [])]
    assert any(
        "application/vnd.jupyter.widget-view+json" in o.get("data", {}) for o in tell.outputs
    )
    doctor = machine.run("-m", "symtut", "doctor", check=False)
    assert doctor.returncode == 0, doctor.stdout
    machine.forget()


def test_until_there_is_a_tag_the_newest_state_is_installed(repositories, tmp_path):
    machine = colab_machine.make_machine(tmp_path, repositories[False])
    machine.run("-c", build.setup_cell())
    line = "import symtut; print(symtut.STATE)"
    assert machine.run("-c", line).stdout == "after the tag\n"
    machine.forget()


def test_versions_of_colab_are_new_enough_and_not_replaced():
    """Without network: every core requirement is there and takes Colab's version."""
    listed = dict(line.split("==") for line in COLAB.read_text().split() if "==" in line)
    for requirement in map(Requirement, build.project()["dependencies"]):
        assert requirement.specifier.contains(Version(listed[requirement.name])), requirement


def test_requirements_resolve_with_the_versions_of_colab(tmp_path):
    """With network: on Colab's Python, nothing that it has must be changed for symtut."""
    uv = [sys.executable, "-m", "uv"]
    if subprocess.run([*uv, "--version"], capture_output=True).returncode:
        pytest.skip("needs uv: pip install uv")
    command = [
        *uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate",
        "--python-version", "3.13", "--constraint", str(COLAB),
        str(build.REPOSITORY / "pyproject.toml"),
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120)
    except subprocess.TimeoutExpired:
        pytest.skip("the package index did not answer within two minutes")
    if done.returncode and re.search("Failed to fetch|Request failed|error sending", done.stderr):
        pytest.skip(f"no package index within reach: {done.stderr.strip().splitlines()[0]}")
    assert done.returncode == 0, done.stderr
    resolved = dict(line.split("==") for line in done.stdout.split() if "==" in line)
    wanted = {Requirement(r).name for r in build.project()["dependencies"]}
    assert wanted <= resolved.keys()
    listed = dict(line.split("==") for line in COLAB.read_text().split() if "==" in line)
    assert {name: resolved[name] for name in wanted} == {name: listed[name] for name in wanted}


def test_everything_follows_the_address_in_pyproject(tmp_path, monkeypatch):
    project = build.project()
    old, new = opening.slug(project), "someone/her-course"
    skip = shutil.ignore_patterns(".*", "__pycache__", "*.safetensors", "*.png")
    for name in ("notebooks", "symtut", "data", "tests", "benchmarks", ".ci", ".github"):
        shutil.copytree(build.REPOSITORY / name, tmp_path / name, ignore=skip)
    for path in build.REPOSITORY.iterdir():
        if path.is_file() and path.name != ".git":
            shutil.copy(path, tmp_path)
    text = (tmp_path / "pyproject.toml").read_text()
    assert text.count(old) == 1
    (tmp_path / "pyproject.toml").write_text(text.replace(old, new))
    monkeypatch.setattr(build, "REPOSITORY", tmp_path)
    assert build.main(["--no-execute"]) == 0

    for source in build.sources():
        for path in build.targets(source):
            notebook = path.read_text(encoding="utf-8")
            place = path.relative_to(tmp_path).as_posix()
            assert f"https://colab.research.google.com/github/{new}/blob/main/{place}" in notebook
            assert f"https://mybinder.org/v2/gh/{new}/main?urlpath=lab/tree/{place}" in notebook
            assert f'repository = \\"https://github.com/{new}\\"' in notebook
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 200
    left = [path.name for path in files if old in path.read_text(encoding="utf-8", errors="ignore")]
    # tests/test_release.py compares the citation's address
    assert left == ["CITATION.cff"], "these name the repository's address themselves"


@pytest.mark.parametrize("address", ["", "https://gitlab.com/a/b", "https://github.com/only-one"])
def test_an_address_that_the_badges_cannot_open_is_refused(address):
    with pytest.raises(opening.InputError, match="https://github.com/OWNER/NAME"):
        opening.badges({"urls": {"Repository": address}}, "notebooks/a.ipynb")
    for good in (
        "https://github.com/a/b.c",
        "https://github.com/a/b.c/",
        "https://github.com/a/b.c.git",
    ):
        assert opening.slug({"urls": {"Repository": good}}) == "a/b.c"


def test_films_show_where_pictures_take_no_alternative_text(monkeypatch):
    """Colab's IPython 7.34 knows ``Image(metadata=...)``, but not ``alt``."""
    newer = IPython.display.Image

    class Image(newer):
        def __init__(self, data=None, url=None, filename=None, format=None, metadata=None):
            super().__init__(data, url, filename, format, metadata=metadata)

    monkeypatch.setattr(IPython.display, "Image", Image)
    shown = films.film([PIL.Image.new("RGB", (2, 2))] * 2, 100, "Film of a test")
    assert shown._repr_mimebundle_()[1]["image/png"] == {"alt": "Film of a test"}
    elsewhere = [
        path.name
        for folder in ("symtut", "notebooks/source")
        for path in (build.REPOSITORY / folder).rglob("*.py")
        if re.search(r"IPython\.display import .*\bImage\b", path.read_text(encoding="utf-8"))
    ]
    assert elsewhere == ["films.py"]
