"""Execute a notebook with parameters and keep what came of it.

``python -m symtut.lab.run NOTEBOOK --out DIR [--html] [-p NAME VALUE ...]`` leaves in DIR the
executed notebook, its recorded results as JSON, and on request a report
(:mod:`symtut.lab.report`); then it prints what the run found and took. The exit code is 2 for bad
input and 1 if a cell failed; what was executed up to there is kept. Long cells say on stderr how
far they are.
"""

import argparse
import ast
import os
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from symtut import progress
from symtut.errors import InputError
from symtut.lab.executed import describe_results, read_executed, read_notebook, read_record
from symtut.lab.session import RECORD_VARIABLE
from symtut.paths import ensure_folder
from symtut.storage import keep_foreign, read_json, write_json

# Kernels warn that they talk over local sockets; a reader of the output can do nothing about it.
QUIET_KERNEL = ["--IPKernelApp.log_level=40"]
# What a kernel writes to its own stderr, such as bars, reaches whoever runs the notebook.
OPEN_STDERR = ["--IPKernelApp.capture_fd_output=False"]


def kernel_environment(**settings: str) -> dict[str, str]:
    """This process's variables as a notebook's kernel should have them, and ``settings``."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, os.environ.get("PYTHONPATH", "")]  # symtut is found even if not installed
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    env |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    env.pop("MPLBACKEND", None)  # set for scripts, it would keep the figures out of the notebook
    return env | settings


def execute(
    notebook: str | Path,
    out: str | Path,
    parameters: dict,
    timeout: int | None = None,
) -> dict:
    """Run a notebook by papermill into the folder ``out``.

    Parameters
    ----------
    parameters : dict
        Values for the notebook's parameters cell, such as ``{"PROFILE": "smoke", "SEED": 3}``.
    timeout : int, optional
        Seconds that one cell may take.

    Returns
    -------
    dict
        What the notebook recorded, and ``cost``: seconds by the clock and of computing (user and
        system time of the kernel and its children; None where the system does not tell).

    Raises
    ------
    InputError
        For a missing or damaged notebook, a folder that cannot be written or holds other files of
        the same names, or a parameter that the notebook does not have (papermill itself would only
        log it and run with the default).
    """
    import papermill

    if not os.path.isfile(notebook):
        raise InputError(f"no notebook at {str(notebook)[:200]!r}.")
    notebook = Path(notebook)
    read_notebook(notebook)
    try:
        known = papermill.inspect_notebook(str(notebook))
    except ValueError as error:
        raise InputError(f"'{notebook}' does not show its parameters ({error}).") from error
    if unknown := sorted(parameters.keys() - known.keys()):
        raise InputError(
            f"'{notebook.name}' has no parameter '{unknown[0]}'; it has {', '.join(known)}."
        )
    out = ensure_folder(out).resolve()
    if notebook.resolve().parent == out:
        raise InputError(f"'{notebook}' itself would be overwritten: choose another --out folder.")
    record = out / f"{notebook.stem}.json"
    keep_foreign(out / notebook.name, read_executed)
    keep_foreign(record, read_record)
    record.unlink(missing_ok=True)  # an old record must not pass for this run's
    settings = {RECORD_VARIABLE: str(record), progress.VARIABLE: "stderr"}
    if asked := os.environ.get(progress.VARIABLE):
        settings[progress.VARIABLE] = asked
    begun, before = time.monotonic(), os.times()
    with (
        patch.dict(os.environ, kernel_environment(**settings), clear=True),  # the kernel inherits
        tempfile.TemporaryDirectory(prefix="symtut-") as folder,
    ):
        papermill.execute_notebook(
            str(notebook), str(out / notebook.name), parameters=parameters, cwd=folder,
            kernel_name="python3", execution_timeout=timeout, progress_bar=False,
            extra_arguments=[*QUIET_KERNEL, *OPEN_STDERR],
        )  # fmt: skip
    after = os.times()
    if not record.exists():
        raise InputError(f"'{notebook.name}' recorded nothing; does it call lab.start?")
    computing = sum(after[2:4]) - sum(before[2:4])  # of children that have ended: of the kernel
    cost = {"seconds": time.monotonic() - begun, "cpu_seconds": computing or None}
    results = read_json(record) | {"cost": cost}
    write_json(record, results)
    return results


def notebook_main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m symtut.lab.run", description=__doc__)
    parser.add_argument("notebook")
    parser.add_argument("--out", required=True, metavar="DIR")
    parser.add_argument("--html", action="store_true", help="also write a report, NOTEBOOK.html")
    parser.add_argument(
        "-p", dest="parameters", nargs=2, action="append", default=[], metavar=("NAME", "VALUE")
    )
    arguments = parser.parse_args(argv)
    parameters = {name: _literal(value) for name, value in arguments.parameters}
    try:
        print(f"Running {arguments.notebook} ...", flush=True)
        results = execute(arguments.notebook, arguments.out, parameters)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except Exception as error:  # a failed cell: papermill's message has the cell's traceback
        if type(error).__name__ != "PapermillExecutionError":
            raise
        print(f"{error}\nThe notebook failed; see {arguments.out}.", file=sys.stderr)
        return 1
    executed = Path(arguments.out) / Path(arguments.notebook).name
    kept = [executed, executed.with_suffix(".json")]
    if arguments.html:
        from symtut.lab.report import write_report

        kept.insert(0, write_report(executed, results))
    print(describe_results(results))
    print("kept: " + ", ".join(str(path) for path in kept))
    return 0


def _literal(text: str):
    """A number or a Python literal where it is one, else the text itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


if __name__ == "__main__":
    sys.exit(notebook_main())
