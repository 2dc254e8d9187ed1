"""What each notebook costs: ``python -m tools.costs [NAME ...] --out FILE.csv``.

Runs the solved notebooks one after the other, each on a copy, in a fresh kernel, with one thread,
and writes a table: wall and CPU seconds, peak memory, size of the file. It goes on where it was
cut: a row stays as long as the notebook's code does. Run it on a machine that does nothing else.
The exit code is 2 for bad input, and 1 if a notebook fails or takes more than it may.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import nbformat

from symtut import progress
from symtut.errors import InputError
from symtut.forms import NAME, number, text
from symtut.lab.run import kernel_environment
from symtut.lab.session import NOTEBOOK_PROFILES
from symtut.paths import ensure_folder
from symtut.storage import provenance, read_csv, read_json, write_csv, write_json
from tools.build import sources, targets
from tools.exercises import needs

MOST_MB = 1500  # free Binder ends a session at 2 GB, and JupyterLab itself takes some of that
MOST_SECONDS = {"smoke": 60, "lab": 300}
LONGER = {("10_symbolic_mbpo", "lab"): 480}
SLACK = 3  # what a notebook announces may be this many times what it takes, not more
# A last cell asks the system what the kernel used. The peak is that of the largest process: a sum
# would be too much, as a process inherits the peak of the one that started it.
USAGE = """\
import json, resource, sys
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps({
    "cpu_seconds": sum(u.ru_utime + u.ru_stime for u in used),
    "peak_bytes": max(u.ru_maxrss for u in used) * (1 if sys.platform == "darwin" else 1024),
}))
"""


@dataclass(frozen=True)
class Cost:
    """A row of the table. MB and kB are powers of ten."""

    notebook: str
    profile: str
    wall_seconds: float  # of all cells
    cpu_seconds: float  # of the kernel and its children
    peak_mb: float  # of the kernel, or of its largest child
    size_kb: float  # of the solved notebook with its outputs
    code: str  # a digest of the code cells


COLUMNS = {
    "notebook": NAME, "profile": NAME, "wall_seconds": number(0), "cpu_seconds": number(0),
    "peak_mb": number(0), "size_kb": number(0), "code": text(),
}  # fmt: skip


class Failure(Exception):
    """A notebook that did not run to its end, and what papermill said of it."""


# ---- measuring ----------------------------------------------------------------------------------


def measure(path: Path, profile: str) -> Cost:
    """Run one notebook in an empty folder and say what it took.

    Raises
    ------
    Failure
        If a cell fails, or the kernel dies.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(USAGE))
    with tempfile.TemporaryDirectory(prefix="symtut-") as folder:
        copy = Path(folder, path.name)
        nbformat.write(notebook, copy)
        # A small process of its own: a kernel's peak is at least that of whoever starts it.
        options = (copy.name, copy.name, "-p", "PROFILE", profile, "--no-progress-bar")
        done = subprocess.run(
            [sys.executable, "-m", "papermill", *options], cwd=folder, text=True,
            capture_output=True, env=kernel_environment(**{progress.VARIABLE: "off"}),
        )  # fmt: skip
        if done.returncode:
            raise Failure(done.stderr.strip())
        done = nbformat.read(copy, as_version=4)
    (told,) = (o.text for o in done.cells[-1].outputs if o.get("name") == "stdout")
    used = json.loads(told)
    wall = sum(cell.metadata.papermill.duration or 0 for cell in done.cells)
    return Cost(
        path.stem, profile, round(wall, 1), round(used["cpu_seconds"], 1),
        round(used["peak_bytes"] / 1e6, 1), _kilobytes(path), code_digest(path),
    )  # fmt: skip


def code_digest(path: Path) -> str:
    """What tells two states of a notebook's code apart; text and outputs do not count."""
    cells = nbformat.read(path, as_version=4).cells
    code = "\0".join(cell.source for cell in cells if cell.cell_type == "code")
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def measure_all(paths: Iterable[Path], profile: str, out: Path, again: bool = False) -> list[str]:
    """Measure what the table at ``out`` does not have yet; returns what went wrong, a line each.

    Writes the table after each notebook, and beside it (``.json``) where its rows come from.
    """
    ensure_folder(out.parent)
    paths, failures, table, sessions = list(paths), [], {}, []
    if out.exists():
        table = {(row.notebook, row.profile): row for row in read_table(out)}
        sessions = read_json(out.with_suffix(".json")).get("sessions", [])

    def known(path):
        row = table.get((path.stem, profile))
        return not again and row is not None and row.code == code_digest(path)

    if not all(map(known, paths)):
        write_json(out.with_suffix(".json"), {"sessions": [*sessions, provenance()]})
    for path in paths:
        key = path.stem, profile
        if known(path):
            print(f"{path.stem}: measured before", flush=True)
            table[key] = replace(table[key], size_kb=_kilobytes(path))  # outputs may have changed
        else:
            try:
                table[key] = row = measure(path, profile)
            except Failure as error:
                failures.append(f"{path.stem} failed: {error}")
                continue
            print(f"{path.stem}: {row.wall_seconds:.0f} s, {row.peak_mb:.0f} MB", flush=True)
        write_csv(out, list(COLUMNS), [astuple(table[each]) for each in sorted(table)])
    return failures


def _kilobytes(path: Path) -> float:
    return round(path.stat().st_size / 1e3, 1)


# ---- the table ----------------------------------------------------------------------------------


def read_table(path: str | Path) -> list[Cost]:
    """The rows of a stored table.

    Raises
    ------
    InputError
        No such file, or not a table of this command.
    """
    return [Cost(**row) for row in read_csv(path, COLUMNS, "a table of tools.costs")]


def markdown(rows: Iterable[Cost]) -> str:
    """The table for people."""
    lines = [
        "| notebook | wall (s) | CPU (s) | peak memory (MB) | file (kB) |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        numbers = (row.wall_seconds, row.cpu_seconds, row.peak_mb, row.size_kb)
        lines.append(f"| {row.notebook} | " + " | ".join(f"{n:.0f}" for n in numbers) + " |")
    return "\n".join(lines)


def excesses(rows: Iterable[Cost]) -> Iterator[str]:
    """A line for each notebook that takes more than a notebook may."""
    for row in rows:
        if row.peak_mb > MOST_MB:
            yield f"{row.notebook} takes {row.peak_mb:.0f} MB; the limit is {MOST_MB}."
        limit = LONGER.get((row.notebook, row.profile), MOST_SECONDS.get(row.profile))
        if limit and row.wall_seconds > limit:
            yield f"{row.notebook} takes {row.wall_seconds:.0f} s; the limit is {limit}."


def misstatements(row: Cost, text: str) -> Iterator[str]:
    """A line for each cost that the first cell, ``text``, announces too low or far too high."""
    minutes, gigabytes = needs(text, row.notebook)
    taken = row.wall_seconds / 60
    # Nothing shorter than a minute can be announced.
    if not taken <= minutes <= max(1, SLACK * taken):
        yield f"{row.notebook} says {minutes} min of computing; measured: {taken:.1f}."
    if not row.peak_mb / 1e3 <= gigabytes <= SLACK * row.peak_mb / 1e3:
        yield f"{row.notebook} says {gigabytes:g} GB; measured: {row.peak_mb / 1e3:.2f}."


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.costs", description=__doc__)
    parser.add_argument("names", nargs="*", help="e.g. 10_symbolic_mbpo; default all")
    parser.add_argument("--profile", choices=NOTEBOOK_PROFILES, default="lab")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE.csv")
    parser.add_argument("--again", action="store_true", help="also what was measured before")
    arguments = parser.parse_args(argv)
    known = {source.stem: targets(source)[0] for source in sources()}
    try:
        for name in arguments.names:
            if name not in known:
                raise InputError(f"no notebook '{name}'; there are: {', '.join(known)}.")
        paths = [known[name] for name in arguments.names or known]
        problems = measure_all(paths, arguments.profile, arguments.out, arguments.again)
        rows = read_table(arguments.out) if arguments.out.exists() else []
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    rows = [row for row in rows if row.profile == arguments.profile]
    print(markdown(rows))
    problems += excesses(rows)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
