"""Notebooks from their sources: ``python -m tools.build [NAME ...] [--no-execute]``.

``notebooks/source/NN_name.py`` (percent format) gives, one way,

- ``notebooks/NN_name.ipynb``: solved, executed under the default profile, outputs kept;
- ``notebooks/exercises/NN_name.ipynb``: solutions cut out, no outputs.

The badge row and the set-up cell are written here, from ``pyproject.toml``, so they are the same
in every notebook; so are the reader's minutes, by one rule (``tools.minutes``). Solution and check
cells carry nbgrader's metadata in both (``tools.exercises``); the graded versions
are made by ``tools.graded``.
"""

import argparse
import base64
import copy
import hashlib
import io
import re
import sys
import tempfile
import tomllib
from pathlib import Path

import jupytext
import nbformat
from PIL import Image

from symtut.errors import InputError
from symtut.lab.run import QUIET_KERNEL, kernel_environment
from symtut.progress import VARIABLE as PROGRESS_VARIABLE
from symtut.storage import write_bytes
from tools import exercises as ex
from tools import opening, schedules
from tools.course_map import COURSE, MARKS, between, course_map, neighbours
from tools.exercises import BEGIN, END, STUB
from tools.minutes import with_minutes

REPOSITORY = Path(__file__).resolve().parents[1]


def project() -> dict:
    """The ``[project]`` table of the repository's ``pyproject.toml``."""
    path = REPOSITORY / "pyproject.toml"
    if not path.exists():
        raise InputError(
            "notebooks are built from a checkout of the repository, not from an installed package."
        )
    return tomllib.loads(path.read_text(encoding="utf-8"))["project"]


def setup_cell() -> str:
    """The set-up cell of every notebook: installs what is missing, and only that."""
    return opening.setup_cell(project())


def badges(path: str) -> str:
    """The row of links that open ``path`` (relative to the repository) on Colab and Binder."""
    return opening.badges(project(), path)


def sources() -> list[Path]:
    """All notebook sources, in order."""
    return sorted((REPOSITORY / "notebooks" / "source").glob("*.py"))


def targets(source: Path) -> tuple[Path, Path]:
    """Where the solved notebook and the exercise notebook of a source belong."""
    folder = REPOSITORY / "notebooks"
    return folder / f"{source.stem}.ipynb", folder / "exercises" / f"{source.stem}.ipynb"


def convert(source: Path) -> tuple[nbformat.NotebookNode, nbformat.NotebookNode]:
    """(solved, exercises) as the source gives them, without outputs.

    Raises
    ------
    InputError
        If the source breaks the form: no title, no set-up or parameters cell, unpaired markers.
    """
    read = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    _check_form(read, source.name)
    ex.mark(read, source.name)
    solved, exercises = (copy.deepcopy(read) for _ in range(2))
    for notebook, target in zip((solved, exercises), targets(source), strict=True):
        path = target.relative_to(REPOSITORY).as_posix()
        title, _, rest = notebook.cells[0].source.partition("\n")
        rest = with_minutes(rest.strip(), read, source.name)
        top = [title, badges(path), neighbours(REPOSITORY, source.stem), rest]
        notebook.cells[0].source = "\n\n".join(filter(None, top))
        for cell in notebook.cells:
            if "setup" in _tags(cell):
                cell.source = setup_cell()
            if cell.cell_type == "markdown" and MARKS[0] in cell.source:
                cell.source = between(cell.source, MARKS, course_map(REPOSITORY, hours=True))
            if notebook is exercises:  # which lies one folder deeper
                deeper = cell.source.replace("](../docs/", "](../../docs/")
                cell.source = cut_solutions(deeper) if cell.cell_type == "code" else deeper
            fold(cell)
        normalise(notebook)
    return solved, exercises


def fold(cell: nbformat.NotebookNode) -> None:
    """Hide the code of a cell with the tag ``setup`` or ``hide-input``, one click away.

    JupyterLab obeys ``source_hidden``. Colab obeys ``cellView``, and only where a title stands in
    the code, which it shows instead; the site's builder obeys the tag.
    """
    if not {"setup", "hide-input"} & set(_tags(cell)):
        return
    cell.metadata |= {"cellView": "form", "jupyter": {"source_hidden": True}}
    if "setup" not in _tags(cell):  # which has its own title
        start = "lab.start(" in cell.source
        title = "Imports, and how much each profile computes" if start else "Code of the figure"
        cell.source = f"# @title {title}\n{cell.source}"


def cut_solutions(text: str) -> str:
    """Replace what stands between the solution markers by a stub, markers included."""
    pattern = rf"^([ \t]*){BEGIN}\n.*?^[ \t]*{END}[ \t]*$"
    return re.sub(pattern, rf"\1{STUB}", text, flags=re.DOTALL | re.MULTILINE)


def execute(notebook: nbformat.NotebookNode, timeout: int = 900) -> None:
    """Run all cells in place, in an empty folder, one thread per process."""
    from nbclient import NotebookClient

    # No bars: how long a cell took here is of no interest to readers.
    env = kernel_environment(**{PROGRESS_VARIABLE: "off"})
    with tempfile.TemporaryDirectory(prefix="symtut-") as folder:
        client = NotebookClient(
            notebook, timeout=timeout, kernel_name="python3", coalesce_streams=True,
            extra_arguments=QUIET_KERNEL,
            resources={"metadata": {"path": folder}},
        )  # fmt: skip
        client.execute(env=env)
    for cell in notebook.cells:
        drop_widgets(cell)
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = shrink_png(output.data["image/png"])
    normalise(notebook)


def drop_widgets(cell: nbformat.NotebookNode) -> None:
    """Remove controls from a cell's outputs: without their kernel they are lines of gibberish."""
    if "outputs" in cell:
        view = "application/vnd.jupyter.widget-view+json"
        cell.outputs = [o for o in cell.outputs if view not in o.get("data", {})]


def shrink_png(data: str, colours: int = 64) -> str:
    """Reduce a base64 PNG to a palette, which a line drawing does not show but its size does.

    The palette covers all colours: one of averages gives two small markers, one blue and one green,
    the same colour in between. An animated picture (a film) is left as it is: it has its palette,
    and would lose its frames.
    """
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    if getattr(image, "is_animated", False):
        return data
    image = image.convert("RGB").quantize(
        colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    small = base64.b64encode(file.getvalue()).decode()
    return small if len(small) < len(data) else data


def keep_outputs(new: nbformat.NotebookNode, old: nbformat.NotebookNode) -> bool:
    """Copy outputs from ``old`` if its code is that of ``new``; say whether that was so.

    The set-up cell does not count: a new version or address does not change what others print.
    """
    code = [[c for c in n.cells if c.cell_type == "code"] for n in (new, old)]
    if len({tuple(c.source for c in cells if "setup" not in _tags(c)) for cells in code}) > 1:
        return False
    for cell, before in zip(*code, strict=True):
        cell.outputs, cell.execution_count = before.outputs, before.execution_count
    return any(cell.outputs for cell in code[0])


def without_outputs(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy with code and text only, for comparisons."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def write(path: Path, notebook: nbformat.NotebookNode) -> None:
    """Validate and write a notebook, atomically and with the same bytes for the same content."""
    nbformat.validate(notebook)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = nbformat.writes(notebook, version=4, ensure_ascii=False)
    write_bytes(path, (text.rstrip("\n") + "\n").encode())


def build(source: Path, run: bool = True, force: bool = False) -> None:
    """Write both notebooks of a source; executes the solved one only if its code has changed."""
    solved, exercises = convert(source)
    solved_path, exercises_path = targets(source)
    kept = False
    if solved_path.exists() and not force:
        kept = keep_outputs(solved, nbformat.read(solved_path, as_version=4))
    if run and not kept:
        execute(solved)
    write(solved_path, solved)
    write(exercises_path, exercises)
    done = "outputs kept" if kept else "executed" if run else "not executed"
    print(f"{solved_path.name}: {done}, {solved_path.stat().st_size / 1000:.0f} kB", flush=True)


def write_tables() -> None:
    """Bring README's map of the course and the instructors' two tables up to date."""
    for name, marks, rows in (
        ("README.md", MARKS, lambda: course_map(REPOSITORY, "notebooks/")),
        ("docs/instructors.md", ex.MARKS, table_of_exercises),
        ("docs/instructors.md", schedules.MARKS, lambda: schedules.table(sources())),
    ):
        path = REPOSITORY / name
        if path.exists():
            text = between(path.read_text(encoding="utf-8"), marks, rows())
            write_bytes(path, text.encode())


def table_of_exercises() -> str:
    """The exercises of all notebooks: minutes, points, time and memory, as Markdown."""
    return ex.table({source.stem: convert(source)[0] for source in sources()}, COURSE)


def _tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def _check_form(notebook, name: str) -> None:
    first = notebook.cells[0] if notebook.cells else None
    if first is None or first.cell_type != "markdown" or not first.source.startswith("# "):
        raise InputError(f"{name}: the first cell must be Markdown and begin with '# Title'.")
    for tag in ("setup", "parameters"):
        if sum(tag in _tags(cell) for cell in notebook.cells) != 1:
            raise InputError(f"{name}: exactly one cell must have the tag '{tag}'.")
    for cell in notebook.cells:
        if cell.source.count(BEGIN) != cell.source.count(END):
            raise InputError(f"{name}: a solution begins or ends but not both:\n{cell.source}")


def normalise(notebook) -> None:
    """Make equal content equal bytes: ids from content, no dates, no interpreter version."""
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        wanted = ("tags", "nbgrader", "jupyter", "cellView")
        cell.metadata = nbformat.from_dict(
            {k: cell.metadata[k] for k in wanted if k in cell.metadata}
        )
        digest = hashlib.sha256(f"{cell.cell_type}{cell.source}".encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = f"{digest}-{seen[digest]}"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.build", description=__doc__)
    parser.add_argument("names", nargs="*", help="e.g. 10_symbolic_mbpo; default all")
    parser.add_argument("--no-execute", action="store_true", help="write without running")
    parser.add_argument("--force", action="store_true", help="run even if the code is unchanged")
    arguments = parser.parse_args(argv)
    chosen = {source.stem: source for source in sources()}
    try:
        for name in arguments.names or chosen:
            if name not in chosen:
                raise InputError(f"no notebook '{name}'; there are: {', '.join(chosen)}.")
            build(chosen[name], run=not arguments.no_execute, force=arguments.force)
        write_tables()
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
