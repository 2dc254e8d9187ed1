"""Binder: what ``environment.yml`` says is well formed, and leads to JupyterLab on a notebook."""

import ast
import copy
import importlib.util
import re
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import jsonschema
import jupytext
import pytest
import yaml

from tools import build, opening

ENVIRONMENT = build.REPOSITORY / "environment.yml"

# What conda reads. Neither it nor repo2docker minds a misspelt key; Binder then lacks half of it.
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "channels", "dependencies"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9_-]+$"},
        "channels": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "variables": {"type": "object", "additionalProperties": {"type": "string"}},
        "dependencies": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {
                "anyOf": [
                    # name, name=1.2 (python) or name>=1.2: lower bounds only
                    {"type": "string", "pattern": r"^[a-z0-9_.-]+((>=|=)\d+(\.\d+)*)?$"},
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["pip"],
                        "properties": {
                            "pip": {"type": "array", "minItems": 1, "items": {"type": "string"}}
                        },
                    },
                ]
            },
        },
    },
}


def environment() -> dict:
    return yaml.safe_load(ENVIRONMENT.read_text(encoding="utf-8"))


def test_environment_is_well_formed():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(environment(), SCHEMA)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dependancies", ["numpy"]),
        ("channels", "conda-forge"),
        ("dependencies", ["numpy >= 1.26, < 2"]),
        ("dependencies", ["python=3.12", {"pip": "-e ."}]),
        ("dependencies", ["python=3.12", {"pipp": ["-e ."]}]),
        ("dependencies", ["numpy", "numpy"]),
        ("dependencies", [3.12]),
    ],
)
def test_the_schema_refuses(name, value):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(environment() | {name: copy.deepcopy(value)}, SCHEMA)


def test_badges_open_jupyterlab_on_the_notebook():
    for source in build.sources():
        for notebook in build.targets(source):
            place = notebook.relative_to(build.REPOSITORY).as_posix()
            (link,) = re.findall(r"\)\]\((https://mybinder[^)]*)\)", build.badges(place))
            link = urlsplit(link)
            assert link.path == f"/v2/gh/{opening.slug(build.project())}/{opening.BRANCH}"
            assert parse_qs(link.query) == {"urlpath": [f"lab/tree/{place}"]}
            assert notebook.is_file()
    assert any(str(r).startswith("jupyterlab") for r in environment()["dependencies"])


def test_notebooks_import_only_what_every_installation_has():
    """Neither Colab nor Binder has an extra such as mujoco."""
    ours = {re.match(r"\w+", r)[0] for r in build.project()["dependencies"]}
    there = ours | {"IPython", "ipywidgets", "PIL", "symtut"}  # PIL comes with matplotlib
    for source in build.sources():
        notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
        code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
        names = set()
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module.split(".")[0])
        assert "symtut" in names
        assert names <= there | sys.stdlib_module_names, source.stem


@pytest.mark.skipif(
    importlib.util.find_spec("repo2docker") is None,
    reason="needs repo2docker: pip install jupyter-repo2docker",
)
def test_repo2docker_reads_the_environment():
    """A dry run: the Dockerfile that Binder would build. Needs no Docker and no network."""
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", str(build.REPOSITORY)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (python,) = re.findall(r"^  - python=([\d.]+)$", ENVIRONMENT.read_text(), re.MULTILINE)
    assert f"Building conda environment for python={python}" in done.stderr
    dockerfile = done.stdout
    copied = dockerfile.index("COPY --chown=0:0 src/ ${REPO_DIR}/")
    made = dockerfile.index('env update -p ${NB_PYTHON_PREFIX} --file "environment.yml"')
    assert copied < made  # "-e ." needs the repository there
    assert "jupyter" in dockerfile[made:]
