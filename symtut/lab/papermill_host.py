"""What papermill knows and does not tell: where its output goes, and which parameters it put in.

A kernel gets its parameters as one more cell and nothing else. The path of the output stands in
the command line of the process that started the kernel (or, with papermill's own option
``--inject-output-path``, in the variable ``PAPERMILL_OUTPUT_PATH``).
"""

import ast
import difflib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from symtut.errors import InputError

OUTPUT_VARIABLE = "PAPERMILL_OUTPUT_PATH"
INJECTED = {OUTPUT_VARIABLE, "PAPERMILL_INPUT_PATH"}  # papermill's own, on request
LEVELS = 3  # of processes above the kernel: on Windows there are launchers between it and papermill


def user_variables() -> dict:
    """The variables of the running notebook; empty outside IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return {} if shell is None else shell.user_ns


def refuse_unknown_parameters(cells: Sequence[str]) -> None:
    """Papermill only logs a parameter that the notebook lacks, and runs with the defaults.

    Parameters
    ----------
    cells : sequence of str
        The code run so far, as in IPython's ``In``. Papermill's cell follows the notebook's
        parameters cell and begins with the comment "Parameters".

    Raises
    ------
    InputError
        With the name and the nearest one that there is.
    """
    for before, cell in zip(cells, cells[1:], strict=False):
        if not cell.startswith("# Parameters\n"):
            continue
        known = assigned(before)
        if unknown := sorted(assigned(cell) - known - INJECTED):
            near = difflib.get_close_matches(unknown[0].upper(), known, 1)
            raise InputError(
                f"this notebook has no parameter '{unknown[0]}'; it has "
                f"{', '.join(sorted(known))}." + (f" Did you mean {near[0]}?" if near else "")
            )


def assigned(code: str) -> set[str]:
    """The names that a cell assigns at its top level; none if it is not plain Python."""
    try:
        body = ast.parse(code).body
    except SyntaxError:
        return set()
    targets = [t for s in body if isinstance(s, ast.Assign) for t in s.targets]
    targets += [s.target for s in body if isinstance(s, ast.AnnAssign)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def output_path() -> Path | None:
    """The absolute path of the notebook that papermill is writing for this kernel.

    None if papermill did not start it, or was asked to write somewhere that is no local file.
    From Python, ``papermill.execute_notebook`` leaves no trace: pass the parameter
    ``PAPERMILL_OUTPUT_PATH``, or use ``symtut.lab.run``.
    """
    named = user_variables().get(OUTPUT_VARIABLE)
    for process in ancestors():
        arguments = papermill_arguments(process.command)
        if arguments is not None:
            told = output_and_folder(arguments)
            return _local(named or told[0], _folder(process, *told))
    return _local(named, None)


def started_by_papermill() -> bool:
    """Whether papermill's command is what started this process."""
    return any(papermill_arguments(process.command) is not None for process in ancestors())


@dataclass(frozen=True)
class Ancestor:
    """A process above this one."""

    command: tuple[str, ...]
    folder: str  # where it works now
    homes: tuple[str, ...]  # where it may have been started
    started: float  # seconds since 1970


def ancestors() -> list[Ancestor]:
    """The nearest processes above, the nearest first."""
    try:
        import psutil  # comes with every ipykernel
    except ImportError:
        return []
    found = []
    try:
        processes = psutil.Process().parents()[: LEVELS + 1]
        for process, above in zip(processes, processes[1:], strict=False):
            homes = (process.environ().get("PWD", ""), above.cwd())
            found.append(
                Ancestor(tuple(process.cmdline()), process.cwd(), homes, process.create_time())
            )
    except (psutil.Error, OSError):
        pass  # other users' processes are none of our business
    return found


def papermill_arguments(command: Sequence[str]) -> list[str] | None:
    """The arguments of a papermill command line; None if it is another program's."""
    for i, word in enumerate(command[:6]):
        path = Path(word.replace("\\", "/"))
        if path.stem == "__main__":
            path = path.parent
        script = i <= 1 and path.stem in ("papermill", "papermill-script")
        module = word == "papermill" and i > 0 and command[i - 1] == "-m"
        if script or module:
            return list(command[i + 1 :])
    return None


def output_and_folder(arguments: Sequence[str]) -> tuple[str | None, str | None]:
    """(output path, folder of ``--cwd``) among papermill's arguments."""
    try:
        from papermill.cli import papermill
    except ImportError:  # it runs in another environment than this kernel
        notebooks = [word for word in arguments if word.endswith(".ipynb")]
        folder = arguments[arguments.index("--cwd") + 1] if "--cwd" in arguments[:-1] else None
        return (notebooks[1] if len(notebooks) == 2 else None), folder
    try:
        context = papermill.make_context("papermill", list(arguments), resilient_parsing=True)
    except Exception:  # an option of a version that is not this one
        return None, None
    return context.params.get("output_path"), context.params.get("cwd")


def _folder(process: Ancestor, output: str | None, moved: str | None) -> str | None:
    """The folder that a relative output path starts from: not the one that papermill moved to.

    Where it was before is nowhere written down, but it has saved the output once already.
    """
    if moved is None:
        return process.folder
    for home in filter(None, process.homes):
        try:
            if Path(home, output or "").stat().st_mtime >= process.started - 2:
                return home
        except OSError:
            continue
    return None


def _local(path: str | None, folder: str | None) -> Path | None:
    """``path`` if it is a file here: not standard output ("-"), not ``s3://…`` and the like."""
    if not path or path == "-" or "://" in path or not (folder or Path(path).is_absolute()):
        return None
    return Path(folder or "/", path)
