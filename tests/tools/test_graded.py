"""Graded notebooks: what students get, what nbgrader gives for it, what is never overwritten."""

import csv
import os
import re
import shutil
import textwrap

import nbformat
import pytest

from symtut.errors import InputError
from tests.notebooks import notebook_11_the_papers_comparison as comparison
from tools import build, graded
from tools import exercises as ex
from tools.course_map import between

SOURCES = build.sources()
each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda p: p.stem)


@pytest.fixture(autouse=True)
def nbgrader(monkeypatch):
    """nbgrader, quiet, with kernels that find this checkout and its course's own settings."""
    module = pytest.importorskip(
        "nbgrader", reason='needs nbgrader: python -m pip install -e ".[labs]"'
    )
    for name in ("SYMTUT_PROFILE", "MPLBACKEND", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)
    paths = [str(build.REPOSITORY), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    monkeypatch.setenv("PATH", os.environ["PATH"])  # labs adds to it
    return module


# ---- every notebook, without running it ----------------------------------------------------------


def released(notebook):
    """What nbgrader makes of a lab for its students, in this process and without a database."""
    from nbgrader import preprocessors as pp
    from traitlets.config import Config

    config = Config()
    config.ClearSolutions.code_stub = {"python": ex.STUB}
    notebook, resources = nbformat.from_dict(notebook), {}
    for step in (pp.LockCells, pp.ClearSolutions, pp.ClearOutput, pp.CheckCellMetadata,
                 pp.ComputeChecksums):  # fmt: skip
        notebook, resources = step(config=config).preprocess(notebook, resources)
    return notebook


def solution_lines(notebook):
    """Lines between the solution markers that stand nowhere else in the notebook."""
    inside, outside = set(), set()
    for cell in notebook.cells:
        for part in re.split(rf"({ex.BEGIN}.*?{ex.END})", cell.source, flags=re.DOTALL):
            lines = {line.strip() for line in part.splitlines()}
            (inside if part.startswith(ex.BEGIN) else outside).update(lines)
    return inside - outside - {"", ex.BEGIN, ex.END}


@each_source
def test_release_has_no_solution_and_counts_the_points_of_the_table(source):
    solved = graded.graded(source)
    exercises = ex.find(build.convert(source)[0], source.stem)
    secret = solution_lines(solved)
    assert len(secret) >= len(exercises), "this test would look for nothing"
    student = released(solved)
    text = {line.strip() for cell in student.cells for line in cell.source.splitlines()}
    assert not secret & text
    # a solution cell is what the exercise notebook has; checks are whole
    plain = {c.source for c in build.convert(source)[1].cells}
    by_id = {c.metadata.nbgrader.grade_id: c for c in student.cells if "nbgrader" in c.metadata}
    assert len(by_id) == 3 * len(exercises) == sum("nbgrader" in c.metadata for c in student.cells)
    for exercise in exercises:
        answer = by_id[exercise.grade_id]
        check, points = (by_id[f"{exercise.grade_id}-{part}"] for part in ("check", "points"))
        assert answer.source in plain and ex.STUB in answer.source
        assert answer.metadata.nbgrader.solution and not answer.metadata.nbgrader.grade
        assert check.metadata.nbgrader.locked and not check.metadata.nbgrader.grade
        assert check.source.partition("\n")[2] in plain and not check.metadata.editable
        assert points.metadata.nbgrader.grade and points.metadata.nbgrader.locked
        assert points.metadata.nbgrader.points == exercise.points == -(-exercise.minutes // 5)
        assert points.source == f'lab.checks.points("{exercise.name}", {exercise.points})'
        assert student.cells.index(points) == student.cells.index(check) + 1
    total = sum(c.metadata.nbgrader.get("points", 0) for c in by_id.values())
    (row,) = ex.table({source.stem: build.convert(source)[0]}, {}).splitlines()[2:3]
    assert [c.strip() for c in row.split("|")][3:6] == [
        str(len(exercises)), str(sum(e.minutes for e in exercises)), str(total),
    ]  # fmt: skip


@each_source
def test_labs_lead_nowhere_that_students_do_not_have(source):
    text = "\n".join(c.source for c in graded.graded(source).cells if c.cell_type == "markdown")
    assert "**Graded: " in text and ex.STUB in text
    assert ".ipynb" not in text and "badge" not in text


def test_page_for_instructors_has_the_table():
    page = (build.REPOSITORY / "docs" / "instructors.md").read_text(encoding="utf-8")
    assert between(page, ex.MARKS, build.table_of_exercises()) == page, "run make notebooks"
    assert f"\n{build.table_of_exercises()}\n" in page
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", page):
        assert (build.REPOSITORY / "docs" / link).exists(), link


@pytest.mark.parametrize(
    ("minutes", "points"), [(1, 1), (3, 1), (5, 1), (6, 2), (8, 2), (10, 2), (15, 3), (20, 4)]
)
def test_points_by_minutes(minutes, points):
    assert ex.points_for(minutes) == points


# ---- a real notebook, marked ---------------------------------------------------------------------

NAME = "11_the_papers_comparison"


def answered(notebook, answers):
    """A student's copy with answers, by the number of the exercise, in place of the stubs."""
    notebook = nbformat.from_dict(notebook)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if match := re.fullmatch(r"exercise-(\d+)", grade_id):
            if answer := answers.get(int(match[1])):
                stub = rf"^([ \t]*){re.escape(ex.STUB)}$"
                cell.source = re.sub(
                    stub, lambda m, a=answer: textwrap.indent(a, m[1]), cell.source, flags=re.M
                )
                assert ex.STUB not in cell.source
    return notebook


def solutions(source):
    """The solution of each exercise of a source, by its number."""
    notebook = build.convert(source)[0]
    found = {}
    for exercise in ex.find(notebook):
        text = notebook.cells[exercise.solution].source
        (inside,) = re.findall(rf"{ex.BEGIN}\n(.*?)\n[ \t]*{ex.END}", text, re.DOTALL)
        found[exercise.number] = textwrap.dedent(inside)
    return found


def hand_in(course, name, student, notebook):
    path = course / "submitted" / student / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


def marks(api, name, student):
    """(score, the best possible, {exercise: points given}) as the gradebook has them."""
    with api.gradebook as gradebook:
        submission = gradebook.find_submission(name, student)
        (notebook,) = submission.notebooks
        given = {int(re.search(r"\d+", g.name)[0]): g.score for g in notebook.grades}
        return submission.score, submission.max_score, given


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "sources", lambda: [s for s in SOURCES if s.stem == NAME])
    graded.make(tmp_path / "graded", say=lambda line: None)
    return tmp_path / "graded"


@pytest.mark.notebook
def test_marks_of_submissions_with_right_wrong_and_no_answers(course):
    """Each exercise is answered rightly in one of them, and wrongly or not at all in the other."""
    release = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    right = solutions(build.sources()[0])
    wrong = {n: comparison.WRONG[f"exercise {n}"][0][0] for n in right}
    hand_in(course, NAME, "half", answered(release, {2: right[2], 3: right[3], 4: right[4]}))
    hand_in(course, NAME, "mixed", answered(release, right | {2: wrong[2], 3: None, 4: wrong[4]}))
    api = graded._course(course)
    for student in ("half", "mixed"):
        result = api.autograde(NAME, student)
        assert result["success"], result
    assert marks(api, NAME, "half") == (8, 11, {1: 0, 2: 2, 3: 4, 4: 2, 5: 0})
    assert marks(api, NAME, "mixed") == (3, 11, {1: 1, 2: 0, 3: 0, 4: 0, 5: 2})
    for student in ("half", "mixed"):  # all cells ran, in the short profile
        path = course / "autograded" / student / NAME / f"{NAME}.ipynb"
        outputs = [o for c in nbformat.read(path, 4).cells for o in c.get("outputs", [])]
        assert not [o for o in outputs if o.output_type == "error"]
        text = "".join(o.text for o in outputs if o.output_type == "stream")
        assert "Profile 'smoke' instead of 'lab', because of nbgrader's marking." in text
    assert "the spread of single runs" in text, "the mixed student is told the mistake"

    result = api.generate_feedback(NAME, "mixed")
    assert result["success"], result
    page = (course / "feedback" / "mixed" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    assert "Score: 3.0 / 11.0" in page
    from nbgrader.plugins import CsvExportPlugin

    with api.gradebook as gradebook:
        CsvExportPlugin(to=str(course / "grades.csv")).export(gradebook)
    with open(course / "grades.csv", encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {s: (float(r["score"]), float(r["max_score"])) for s, r in rows.items()} == {
        "half": (8, 11), "mixed": (3, 11),
    }  # fmt: skip


# ---- a small notebook: misdeeds, mishaps, and what is kept ---------------------------------------

SMALL = "99_small"
EXERCISES = 9


def small(count):
    text = """\
# %% [markdown]
# # 99 · Small
#
# **Time:** about 1 minute of computing, on one core.
# **Memory:** under 1 GB.

# %% tags=["setup"]
from symtut import lab

# %% tags=["parameters"]
PROFILE = "lab"  # smoke: lab: paper:
SEED = 0

# %%
import sys
from types import SimpleNamespace

from symtut.lab import checks
from symtut.lab.exercises.kinds import Function

lab.start(PROFILE, SEED)


def add(n):  # what is right, which other notebooks have in the package
    return lambda: Function(lambda x: sum((x, n)), [(2.0,), (3.0,)])


sys.modules["symtut.lab.exercises.nb99"] = SimpleNamespace(
    **{f"exercise_{n}": add(n) for n in range(1, 11)}
)
"""
    for n in range(1, count + 1):
        text += f"""
# %% [markdown]
# ### Exercise {n} · Add {n} ({n} min)


# %%
def add_{n}(x):
    ### BEGIN SOLUTION
    return x + {n}
    ### END SOLUTION


# %% tags=["check"]
add_{n} = checks.exercise("99.{n}", add_{n})

# %%
assert add_{n}(1) == {n + 1}
"""
    return text


@pytest.fixture
def small_repository(tmp_path, monkeypatch):
    """A repository of one small notebook; the package itself stays where it is."""
    for name in ("pyproject.toml", "symtut"):
        (tmp_path / name).symlink_to(build.REPOSITORY / name)
    (tmp_path / "notebooks" / "source").mkdir(parents=True)
    source = tmp_path / "notebooks" / "source" / f"{SMALL}.py"
    source.write_text(small(EXERCISES))
    monkeypatch.setattr(build, "REPOSITORY", tmp_path)
    return source


def told(folder):
    lines = []
    graded.make(folder, say=lines.append)
    return lines


@pytest.mark.notebook
def test_mishaps_and_misdeeds_cost_their_own_exercise_only(small_repository, tmp_path):
    course = tmp_path / "graded"
    told(course)
    config = course / "nbgrader_config.py"
    # a short limit for the one check that hangs; a busy machine may import for long
    short = "c.Execute.timeout_func = lambda cell: 3 if '\"99.1\"' in cell.source else 100\n"
    config.write_text(config.read_text() + short)
    answers = {n: f"return x + {n}" for n in range(1, EXERCISES + 1)} | {
        1: "while True:\n    x = x + 1",
        2: "return x +",  # no Python
        3: "return x - 3",  # and its check is edited
        5: "import sys\nsys.exit()",
        8: "import warnings\nwarnings.warn('careful')\nreturn x + 8",  # right, with a warning
    }
    release = nbformat.read(course / "release" / SMALL / f"{SMALL}.ipynb", as_version=4)
    student = answered(release, answers)
    cells = {c.metadata.nbgrader.grade_id: c for c in student.cells if "nbgrader" in c.metadata}
    cells["exercise-3-check"].source = "checks.statuses['99.3'] = checks.RIGHT"
    cells["exercise-3-points"].source = "100"
    cells["exercise-3-points"].metadata.nbgrader.points = 100
    gone = ("exercise-4", "exercise-6-check", "exercise-7-points")
    student.cells = [c for c in student.cells if c not in [cells[name] for name in gone]]
    hand_in(course, SMALL, "student1", student)
    api = graded._course(course)
    result = api.autograde(SMALL, "student1")
    assert result["success"], result
    score, best, given = marks(api, SMALL, "student1")
    assert given == {1: 0, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 2, 9: 2}
    assert (score, best) == (4, 5 * 1 + 4 * 2)
    path = course / "autograded" / "student1" / SMALL / f"{SMALL}.ipynb"
    failed = [
        c.source for c in nbformat.read(path, 4).cells
        if any(o.output_type == "error" for o in c.get("outputs", []))
    ]  # fmt: skip
    # What was substituted serves all cells below: only the check that hung and the answer that
    # is no Python show an error.
    assert [re.search(r"add_\d", source)[0] for source in failed] == ["add_1", "add_2"]


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_again_changes_nothing_and_edits_are_kept(small_repository, tmp_path):
    course = tmp_path / "graded"
    assert told(course) == [f"{SMALL}: source new; release made"]
    first = contents(course)
    assert told(course) == [f"{SMALL}: source up to date; release up to date"]
    assert contents(course) == first

    # a new version of the notebook replaces what nobody has touched
    small_repository.write_text(small(EXERCISES + 1))
    assert told(course) == [f"{SMALL}: source renewed; release made"]
    release = course / "release" / SMALL / f"{SMALL}.ipynb"
    assert f"exercise-{EXERCISES + 1}-points" in release.read_text()

    # the instructor's own source is kept, and released
    source = course / "source" / SMALL / f"{SMALL}.ipynb"
    source.write_text(source.read_text().replace("99 · Small", "Week one"))
    (course / "nbgrader_config.py").write_text("c = get_config()\n")
    (course / "README.md").write_text("My notes\n")
    small_repository.write_text(small(EXERCISES))
    assert told(course) == [
        "nbgrader_config.py: kept as you changed it",
        "README.md: kept as you changed it",
        f"{SMALL}: source kept as you changed it; release made",
    ]
    assert "Week one" in release.read_text() and "Week one" in source.read_text()
    assert (course / "README.md").read_text() == "My notes\n"

    # a file beside a released notebook is kept with it
    (release.parent / "data.csv").write_text("1,2\n")
    source.write_text(source.read_text().replace("Week one", "Week two"))
    assert told(course)[-1].endswith("release kept as you changed it")
    assert (release.parent / "data.csv").exists() and "Week one" in release.read_text()


def test_what_was_handed_in_freezes_its_assignment(small_repository, tmp_path):
    course = tmp_path / "graded"
    told(course)
    release = course / "release" / SMALL / f"{SMALL}.ipynb"
    hand_in(course, SMALL, "student1", nbformat.read(release, 4))
    before = contents(course)
    small_repository.write_text(small(EXERCISES + 1))
    assert told(course)[-1] == f"{SMALL}: source kept, there are submissions; release up to date"
    own = {course / "README.md", course / graded.LEDGER}  # the table of what the repository has now
    after = contents(course)
    assert after.keys() == before.keys() and contents(course / "submitted")
    assert {path for path in after if after[path] != before[path]} <= own
    source = course / "source" / SMALL / f"{SMALL}.ipynb"
    source.write_text(source.read_text().replace("99 · Small", "Week one"))
    assert told(course)[-1].endswith("release kept, there are submissions")
    assert contents(release.parent) == {release: before[release]}


def test_lost_gradebook_is_made_again(small_repository, tmp_path):
    course = tmp_path / "graded"
    told(course)
    (course / "gradebook.db").unlink()
    assert told(course) == [f"{SMALL}: source up to date; release made"]
    with graded._course(course).gradebook as gradebook:
        assert gradebook.find_assignment(SMALL).max_score == 5 * 1 + 4 * 2


def test_bad_notebooks_and_folders_are_refused(small_repository, tmp_path, monkeypatch, capsys):
    good = small(2)
    for bad, words in (
        (good.replace("Add 2 (2 min)", "Add 2"), "exercise 2 must state its minutes"),
        (good.replace("Exercise 2", "Exercise 3"), "exercise 3 stands where 2 should"),
        (good.replace("add_2 = checks", "other = checks"), "a check must be one line"),
        (good.replace("### BEGIN SOLUTION\n    return x + 2\n    ### END SOLUTION", "pass"),
         "exercise 2 has 0 cells with a solution"),
        (good.replace("**Memory:** under 1 GB", ""), "the first cell must say"),
    ):  # fmt: skip
        small_repository.write_text(bad)
        assert graded.main([str(tmp_path / "graded")]) == 2
        assert words in capsys.readouterr().err
        assert not contents(tmp_path / "graded")
    # nbgrader's own refusal names the notebook
    small_repository.write_text(good)
    told(tmp_path / "graded")
    source = tmp_path / "graded" / "source" / SMALL / f"{SMALL}.ipynb"
    source.write_text(source.read_text().replace("### END SOLUTION", ""))
    with pytest.raises(InputError, match=rf"(?s)release of '{SMALL}'.*No end solution"):
        told(tmp_path / "graded")
    shutil.rmtree(tmp_path / "notebooks")
    (tmp_path / "pyproject.toml").unlink()
    with pytest.raises(InputError, match="checkout"):
        told(tmp_path / "graded")


def test_without_nbgrader_the_way_to_it_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(__import__("sys").modules, "nbgrader", None)
    assert graded.main([str(tmp_path / "graded")]) == 2
    assert 'pip install -e ".[labs]"' in capsys.readouterr().err
    assert not (tmp_path / "graded").exists()
