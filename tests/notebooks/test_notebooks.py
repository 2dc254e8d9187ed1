"""Every notebook: its form, that it is what its source gives, and that it runs."""

import ast
import importlib
import importlib.util
import json
import re

import nbformat
import papermill
import pytest

from symtut.errors import InputError
from symtut.lab import checks, run, session
from tools import build, opening
from tools import course_map as course

SOURCES = build.sources()
SOLVED = [build.targets(source)[0] for source in SOURCES]
EXERCISES = [build.targets(source)[1] for source in SOURCES]
each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)
each_notebook = pytest.mark.parametrize(
    "path", SOLVED + EXERCISES, ids=lambda p: f"{p.parent.name}-{p.stem}"
)


def read(path):
    return nbformat.read(path, as_version=4)


# ---- form ----------------------------------------------------------------------------------------


def test_there_are_notebooks_and_no_strays():
    assert {"00_start_here", "10_symbolic_mbpo"} <= {source.stem for source in SOURCES}
    folder = build.REPOSITORY / "notebooks"
    assert sorted(folder.glob("*.ipynb")) == sorted(SOLVED)
    assert sorted((folder / "exercises").glob("*.ipynb")) == sorted(EXERCISES)


def test_maps_of_the_course_are_up_to_date():
    names = {source.stem for source in SOURCES}
    assert names <= set(course.COURSE) and list(course.COURSE) == sorted(course.COURSE)
    readme = (build.REPOSITORY / "README.md").read_text(encoding="utf-8")
    table = course.course_map(build.REPOSITORY, "notebooks/")
    assert course.between(readme, course.MARKS, table) == readme, "run make notebooks"
    start = "\n".join(cell.source for cell in read(SOLVED[0]).cells)
    assert course.course_map(build.REPOSITORY, hours=True) in start
    for source in SOURCES:
        title = f"# {source.stem[:2]} · "
        assert source.read_text(encoding="utf-8").startswith(f"# %% [markdown]\n# {title}")


def test_each_notebook_leads_to_the_next():
    for before, after in zip(SOLVED, SOLVED[1:], strict=False):
        assert f"→]({after.name})" in read(before).cells[0].source
        assert f"]({before.name})" in read(after).cells[0].source
    assert "→](" not in read(SOLVED[-1]).cells[0].source


@each_source
def test_both_notebooks_are_what_the_source_gives(source):
    for made, path in zip(build.convert(source), build.targets(source), strict=True):
        kept = build.without_outputs(read(path))
        assert kept == build.without_outputs(made), (
            f"{path.name} is older than its source: run make notebooks"
        )


@each_source
def test_what_a_notebook_takes_from_a_module_is_there(source):
    """Without running it: most cells of a notebook are reached only after minutes."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    modules = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("symtut.lab"):
            for name in node.names:
                if importlib.util.find_spec(node.module).submodule_search_locations:
                    module = importlib.import_module(f"{node.module}.{name.name}")
                    modules[name.asname or name.name] = module
    local = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not _read(n)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = node.value.id
            if name in modules and name not in local:
                assert hasattr(modules[name], node.attr), f"{name}.{node.attr}"


def _read(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


@each_source
def test_outputs_are_kept_in_the_solved_notebook_only(source):
    solved, exercises = (read(path) for path in build.targets(source))
    code = [cell for cell in solved.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    outputs = [output for cell in code for output in cell.outputs]
    assert outputs and not any(output.output_type == "error" for output in outputs)
    assert not any(output.get("name") == "stderr" for output in outputs)
    figures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert figures and all(figure.metadata["image/png"]["alt"] for figure in figures)
    assert not any(cell.get("outputs") for cell in exercises.cells)


@each_notebook
def test_parameters_and_setup(path):
    parameters = papermill.inspect_notebook(str(path))
    assert set(parameters) == {"PROFILE", "SEED"}
    assert json.loads(parameters["PROFILE"]["default"]) == "lab"
    assert parameters["SEED"]["default"] == "0"
    (setup,) = [c for c in read(path).cells if "setup" in c.metadata.get("tags", [])]
    assert setup.source == build.setup_cell()


@each_notebook
def test_text_is_portable_and_short(path):
    assert path.stat().st_size < 400_000
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.:/])/(home|root|tmp|usr|work|Users|private)/|[A-Z]:\\\\", text)
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 45, cell.source[:80]


@each_notebook
def test_headings_and_badges(path):
    text = "\n".join(c.source for c in read(path).cells if c.cell_type == "markdown")
    for wanted in (
        "You will be able to", "**Time:**", "**Memory:**", "## Quick quiz",
        "## What to remember", "## What next",
    ):  # fmt: skip
        assert wanted in text, wanted
    address = path.relative_to(build.REPOSITORY).as_posix()
    assert f"/blob/{opening.BRANCH}/{address}" in text and f"lab/tree/{address}" in text
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        # An exercise notebook links to its neighbours in the same folder.
        assert (path.parent / link).exists(), link


@each_source
def test_solutions_are_cut_from_the_exercises(source):
    solved, exercises = build.convert(source)
    found = 0
    for full, cut in zip(solved.cells, exercises.cells, strict=True):
        if full.cell_type != "code":
            continue
        assert "SOLUTION" not in cut.source
        assert (build.BEGIN in full.source) == (build.STUB in cut.source)
        if build.BEGIN in full.source:
            found += 1
            assert cut.metadata.nbgrader.solution and not cut.metadata.nbgrader.grade
            compile(cut.source, "stub", "exec")
    marked = [c.metadata.nbgrader for c in exercises.cells if "nbgrader" in c.metadata]
    # Checks do not fail, and nbgrader gives full marks to what does not: only labs may be graded.
    assert not any(entry.grade for entry in marked)
    assert found >= 1 and sum(entry.locked for entry in marked) == found
    exercise_ids = [f"exercise-{n + 1}{part}" for n in range(found) for part in ("", "-check")]
    assert [entry.grade_id for entry in marked] == exercise_ids


# ---- execution -----------------------------------------------------------------------------------


def check_results(name, results):
    """What a smoke run must have found."""
    assert results["profile"] == "smoke"
    importlib.import_module(f"tests.notebooks.notebook_{name}").check(results)


@pytest.mark.notebook
@each_source
def test_solved_notebook_runs(source, tmp_path):
    path = build.targets(source)[0]
    results = run.execute(path, tmp_path, {"PROFILE": "smoke", "SEED": 3}, timeout=120)
    assert results["seed"] == 3 and set(results["checks"].values()) == {checks.RIGHT}
    check_results(path.stem, results)


@pytest.mark.notebook
@each_source
def test_exercise_notebook_runs_with_nothing_filled_in(source, tmp_path):
    path = build.targets(source)[1]
    results = run.execute(path, tmp_path, {"PROFILE": "smoke"}, timeout=120)
    assert set(results["checks"].values()) == {checks.OPEN}
    check_results(path.stem, results)


def test_unknown_parameters_and_profiles_are_refused(tmp_path):
    with pytest.raises(InputError, match="no parameter 'SEEDS'; it has PROFILE, SEED"):
        run.execute(SOLVED[0], tmp_path, {"SEEDS": 1})
    with pytest.raises(InputError, match="no notebook"):
        run.execute(tmp_path / "99_absent.ipynb", tmp_path, {})
    assert not list(tmp_path.iterdir())


def test_profiles_are_those_that_the_notebooks_document():
    for path in SOLVED:
        (cell,) = [c for c in read(path).cells if "parameters" in c.metadata.get("tags", [])]
        assert all(f"{profile}:" in cell.source for profile in session.NOTEBOOK_PROFILES)
