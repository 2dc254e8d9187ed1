"""A graded course for nbgrader: ``python -m tools.graded [FOLDER]``, or ``make graded``.

FOLDER (default ``graded``) becomes an nbgrader course: its configuration, for each notebook
``source/NAME/NAME.ipynb`` (solved), the students' ``release/NAME/NAME.ipynb`` that nbgrader makes
of it, and a table of exercises and points. The command may be given again at any time: it renews
only what it wrote itself and nobody has changed or handed in; all else is kept, and said.
"""

import argparse
import hashlib
import json
import os
import re
import sys
from pathlib import Path

import nbformat

from symtut.errors import InputError
from symtut.lab.run import QUIET_KERNEL
from symtut.paths import ensure_folder
from symtut.storage import read_json, write_bytes, write_json
from tools import build
from tools import exercises as ex
from tools.course_map import COURSE, neighbours

#: A solution that is folded out in the notebook itself: the graded one leaves it out.
FOLD_OUT = re.compile(
    r"<details>\s*<summary>A solution, and why</summary>.*?</details>\n*", re.DOTALL
)
LEDGER = ".written.json"  # what this command wrote last, to tell it from what others changed
KEPT = "kept as you changed it"
CONFIG = '''\
"""The graded course, for nbgrader. Change what you like: `make graded` then leaves this file alone.

All settings: nbgrader --generate-config, and https://nbgrader.readthedocs.io
"""

from pathlib import Path

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "symtut"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)

# In place of a solution; the same as in notebooks/exercises.
c.ClearSolutions.code_stub = {"python": "%(stub)s"}

# Seconds that a cell may take when a submission is marked; then it is interrupted, and the cells
# below it run. Marking runs the notebooks in their short profile, a minute at most for a whole one.
# With another profile (SYMTUT_PROFILE=lab nbgrader autograde ...) allow 900.
c.Execute.timeout = 120
c.Execute.iopub_timeout = 30
c.Execute.extra_arguments = %(quiet)s

# Where `nbgrader release_assignment` puts assignments and `nbgrader collect` finds submissions.
# c.Exchange.root = "/srv/nbgrader/exchange"
'''
NOTE = """\
> **Graded: {count}, {points}.** Put your answers where `{stub}` stands. The
> number below the check of an exercise is what it gives: all its points, or none. Helpers and
> imports belong into the cell of the answer or above it; cells with checks and points are put back
> before marking, which runs the notebook from top to bottom. So before you hand in: *Kernel →
> Restart Kernel and Run All Cells*, and look at the numbers."""

README = f"""\
# Graded notebooks

Written by `make graded`. The commands for an instructor are in `docs/instructors.md` of the
repository. An exercise gives one point for every {ex.MINUTES_PER_POINT} minutes begun of the time
that its heading states; its check gives all of them or none.
"""


def graded(source: Path) -> nbformat.NotebookNode:
    """The solved notebook of a source as a graded one, without outputs.

    After each check stands a locked cell whose value is the points; nbgrader takes it as the grade.
    Links to other notebooks, which lie elsewhere here, become plain text.

    Raises
    ------
    InputError
        If an exercise does not state its minutes, from which its points follow.
    """
    notebook = build.convert(source)[0]
    exercises = ex.timed(notebook, source.name)
    for exercise in reversed(exercises):  # from the end, so that places stay right
        check = notebook.cells[exercise.check]
        name = ex.answer(check.source)
        # Where the answer's cell failed there is no such name; the check must run all the same.
        check.source = f'{name} = globals().get("{name}")\n{check.source}'
        count = nbformat.v4.new_code_cell(
            f'lab.checks.points("{exercise.name}", {exercise.points})'
        )
        count.metadata["nbgrader"] = ex.metadata(
            f"{exercise.grade_id}-points", locked=True, points=exercise.points
        )
        notebook.cells.insert(exercise.check + 1, count)
    first = notebook.cells[0]
    path = build.targets(source)[0].relative_to(build.REPOSITORY).as_posix()
    for line in (build.badges(path), neighbours(build.REPOSITORY, source.stem)):
        first.source = first.source.replace(f"{line}\n\n", "", 1) if line else first.source
    note = NOTE.format(
        count=_number(len(exercises), "exercise"), stub=ex.STUB,
        points=_number(sum(e.points for e in exercises), "point"),
    )  # fmt: skip
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(note))
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\[([^\[\]]*)\]\([\w/.-]+\.(?:ipynb|md)\)", r"\1", cell.source)
            cell.source = FOLD_OUT.sub("", cell.source).rstrip()
    notebook.cells = [cell for cell in notebook.cells if cell.source]
    build.normalise(notebook)
    return notebook


def make(folder: Path, say=print) -> None:
    """Write or renew the course in ``folder``, and say what was done, one line a notebook.

    Raises
    ------
    InputError
        Outside a checkout of the repository, without nbgrader, or if nbgrader refuses a notebook.
    """
    build.project()
    _require_nbgrader()
    folder = ensure_folder(folder).resolve()
    ledger = read_json(folder / LEDGER) if (folder / LEDGER).exists() else {}
    made = {source.stem: graded(source) for source in build.sources()}
    config = CONFIG % {"stub": ex.STUB, "quiet": json.dumps(QUIET_KERNEL)}
    readme = f"{README}\n{ex.table(made, COURSE)}\n\n{list_of_exercises(made)}\n"
    try:
        for name, text in (("nbgrader_config.py", config), ("README.md", readme)):
            if _put(folder, name, text.encode(), ledger) == "kept":
                say(f"{name}: {KEPT}")
        api = _course(folder)
        for name, notebook in made.items():
            handed_in = bool(api.get_submitted_students(name))
            done = _source(folder, name, notebook, handed_in, ledger)
            say(f"{name}: source {done}; release {_release(api, folder, name, handed_in, ledger)}")
    finally:
        write_json(folder / LEDGER, ledger)


def list_of_exercises(notebooks: dict) -> str:
    """One row an exercise as Markdown: notebook, exercise, minutes, points."""
    rows = ["| notebook | exercise | minutes | points |", "|---|---|---|---|"]
    for name, notebook in notebooks.items():
        for e in ex.find(notebook, name):
            rows.append(f"| {name} | {e.number} · {e.title} | {e.minutes} | {e.points} |")
    return "\n".join(rows)


def _put(folder: Path, path: str, data: bytes, ledger: dict) -> str:
    """Write a file unless somebody else has changed it: "same", "written" or "kept"."""
    target = folder / path
    if target.exists():
        found = _digest(target)
        if found == hashlib.sha256(data).hexdigest():
            ledger[path] = found
            return "same"
        if ledger.get(path) != found:
            return "kept"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(target, data)
    ledger[path] = _digest(target)
    return "written"


def _source(folder: Path, name: str, notebook, handed_in: bool, ledger: dict) -> str:
    """Write the solved notebook if that is due; say what came of it."""
    path = f"source/{name}/{name}.ipynb"
    before = (folder / path).exists()
    text = nbformat.writes(notebook, version=4, ensure_ascii=False).rstrip("\n") + "\n"
    if before and handed_in:
        return "kept, there are submissions"
    result = _put(folder, path, text.encode(), ledger)
    return {"kept": KEPT, "same": "up to date"}.get(result, "renewed" if before else "new")


def _release(api, folder: Path, name: str, handed_in: bool, ledger: dict) -> str:
    """Let nbgrader make the students' version if that is due; say what came of it."""
    source, release = _contents(folder / "source" / name), folder / "release" / name
    key = f"release/{name}"
    if release.exists():
        last = ledger.get(key, {})
        if last.get("files") != _contents(release):
            return KEPT
        if last["source"] == source and _in_gradebook(api, name):
            return "up to date"
        if handed_in:
            return "kept, there are submissions"
    # With force, nbgrader removes the old release first: above it was found to be our own.
    result = api.generate_assignment(name, force=True, create=True)
    if not result["success"]:
        raise InputError(
            f"nbgrader could not make the release of '{name}'; correct "
            f"'{folder / 'source' / name}' and run it again. It said:\n"
            f"{result.get('log') or result.get('error')}"
        )
    ledger[key] = {"source": source, "files": _contents(release)}
    return "made"


def _course(folder: Path):
    """nbgrader's interface to the course in ``folder``, under the configuration found there."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    config.CourseDirectory.root = str(folder)
    config.NbGraderAPI.log_level = "ERROR"
    # To make its database nbgrader calls `alembic`, which lies beside this Python.
    commands = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    os.environ["PATH"] = os.pathsep.join(commands)
    return NbGraderAPI(config=config)


def _in_gradebook(api, name: str) -> bool:
    from nbgrader.api import MissingEntry

    with api.gradebook as gradebook:
        try:
            return bool(gradebook.find_assignment(name).notebooks)
        except MissingEntry:
            return False


def _require_nbgrader() -> None:
    try:
        import nbgrader  # noqa: F401
    except ImportError as error:
        raise InputError(
            'nbgrader is not installed; run make graded, or: python -m pip install -e ".[labs]"'
        ) from error


def _contents(folder: Path) -> dict[str, str]:
    """Digests of all files in a folder, by their names in it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): _digest(path) for path in files}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}" + ("" if count == 1 else "s")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.graded", description=__doc__)
    parser.add_argument("folder", nargs="?", default="graded", help="default: graded")
    folder = Path(parser.parse_args(argv).folder)
    try:
        make(folder, say=lambda line: print(line, flush=True))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(f"\n{(folder / 'README.md').read_text(encoding='utf-8')}\nThe course is in '{folder}'.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
