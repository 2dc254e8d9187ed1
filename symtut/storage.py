"""Files that are either whole or absent: reading within bounds, atomic writing, provenance.

Torch and pandas are imported by the functions that need them: most files are neither.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import json
import math
import os
import platform
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symtut.errors import InputError
from symtut.forms import Form, Mismatch
from symtut.paths import as_path, check_file, file_error, mode_of_old

if TYPE_CHECKING:
    import pandas as pd

JSON_BYTES = 4_000_000  # the largest of our JSON files has a hundredth of it
TABLE_BYTES, TABLE_ROWS = 32_000_000, 500_000
LARGEST_BYTES = 4_000_000_000


# ---- writing ------------------------------------------------------------------------------------


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write ``data`` to ``path``: a reader sees the old file or the new one, never a half.

    A new file has the permissions that the umask leaves, one that is replaced keeps its own. Only
    a regular file is replaced, no folder, device or symbolic link, and none that is read-only.

    Raises
    ------
    InputError
        If the file cannot be written. Nothing is left behind then, and an old file is as it was.
    """
    path = as_path(path)
    try:
        mode = mode_of_old(path)
        new = path.with_name(f".{path.name[:50]}-{secrets.token_hex(4)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        handle = os.open(new, flags, 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                if mode is not None:
                    os.chmod(new, mode)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())  # the rename must not reach the disk before the content
            os.replace(new, path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise file_error("write", path, error) from error


def keep_foreign(path: str | Path, read: Callable[[Path], object]) -> None:
    """Refuse to replace a file that symtut did not write.

    ``read`` is the reader of that kind of file: what it accepts is ours.

    Raises
    ------
    InputError
        If there is something at ``path`` that ``read`` does not accept, or that is read-only.
    """
    path = as_path(path)
    if not os.path.lexists(path):
        return
    mode_of_old(path)
    try:
        read(path)
    except InputError as error:
        raise InputError(
            f"{error} It is not overwritten: move it away or choose another place."
        ) from error


def write_json(path: str | Path, value: Any) -> None:
    """Write ``value`` as indented JSON, atomically. NaN is refused: it is not JSON."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_bytes(path, text.encode(errors="backslashreplace"))  # as JSON writes half a surrogate


def write_csv(path: str | Path, header: list[str], rows: Iterable[list | dict]) -> None:
    """Write a table as CSV, atomically. Of a dictionary the values of ``header`` are written."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([r[name] for name in header] if isinstance(r, dict) else r for r in rows)
    write_bytes(path, text.getvalue().encode())


# ---- reading ------------------------------------------------------------------------------------


def read_bytes(path: str | Path, most: int) -> bytes:
    """The content of a regular file of at most ``most`` bytes."""
    path = check_file(path, most)
    try:
        with open(path, "rb") as file:
            return file.read(most)  # not more, whatever its size was said to be
    except OSError as error:
        raise file_error("read", path, error) from error


def file_sha256(path: str | Path) -> str:
    """Hash of a file, as hexadecimal digits."""
    path = check_file(path, LARGEST_BYTES)
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise file_error("read", path, error) from error


def read_json(path: str | Path, form: Form | None = None) -> Any:
    """The content of a JSON file; with ``form``, content of that form.

    Raises
    ------
    InputError
        If the file is missing, too large, not JSON (NaN, infinite numbers and repeated keys are
        not), or not of the form.
    """
    data = read_bytes(path, JSON_BYTES)
    try:
        value = parse_json(data.decode(), _finite)
    except (ValueError, RecursionError) as error:
        raise InputError(f"'{path}' cannot be read as JSON ({reason(error)}).") from error
    return of_form(path, value, form)


def parse_json(text: str, number: Callable[[str], float]) -> Any:
    return json.loads(text, object_pairs_hook=_distinct, parse_constant=number, parse_float=number)


def _distinct(pairs: list[tuple]) -> dict:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"the key {twice[:50]!r} stands twice")
    return value


def _finite(text: str) -> float:
    if not math.isfinite(float(text)):
        raise ValueError(f"{text[:20]} is not a finite number")
    return float(text)


def reason(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def of_form(path: str | Path, value: Any, form: Form | None) -> Any:
    if form is None:
        return value
    try:
        return form.check(value)
    except Mismatch as error:
        raise InputError(f"'{path}' is not {form.wanted}: {error}.") from error


def read_table(
    path: str | Path, columns: dict[str, Form], what: str, last: dict[str, Form] | None = None
) -> pd.DataFrame:
    """A table that has exactly these columns, each cell of its column's form.

    Parameters
    ----------
    what : str
        Its name in messages, for example "a table of 'symtut sweep'".
    last : dict, optional
        Columns after the others that may be missing, all of them together.

    Returns
    -------
    pandas.DataFrame
        Whole numbers are int64, other numbers float64, to the last digit as they stand there; text
        is ``object``, as are whole numbers that may be missing (``None``). So
        ``frame.to_dict("records")`` has the values of the cells as Python's own.

    Raises
    ------
    InputError
        If the file is missing, too large, or not ``what``; the message names line and column.
    """
    import pandas as pd

    columns, rows = _checked_rows(path, columns, what, last or {})
    frame = pd.DataFrame(rows, columns=list(columns), dtype=object)  # a guess makes 1, None floats
    return frame.astype({name: form.dtype for name, form in columns.items()})


def read_csv(path: str | Path, columns: dict[str, Form], what: str) -> list[dict]:
    """The rows of :func:`read_table` as dictionaries, without pandas."""
    return _checked_rows(path, columns, what, {})[1]


def _checked_rows(path, columns, what, last) -> tuple[dict[str, Form], list[dict]]:
    data, rows = read_bytes(path, TABLE_BYTES), []
    try:
        reader = csv.reader(io.StringIO(data.decode(), newline=""), strict=True)
        header = next(reader, [])
        if header == [*columns, *last]:
            columns = columns | last
        if header != list(columns):
            raise Mismatch("it has other columns")
        for cells in reader:
            at = f"line {reader.line_num}"
            if len(cells) != len(columns):
                raise Mismatch(f"{at} has {len(cells)} cells instead of {len(columns)}")
            if len(rows) == TABLE_ROWS:
                raise Mismatch(f"it has more than {TABLE_ROWS} lines")
            rows.append(
                {
                    name: form.check(_parsed(form, cell), f"{at}, {name}")
                    for (name, form), cell in zip(columns.items(), cells, strict=True)
                }
            )
    except (ValueError, csv.Error) as error:
        raise InputError(f"'{path}' is not {what}: {error}.") from error
    return columns, rows


def _parsed(form: Form, cell: str):
    try:
        return form.parse(cell)
    except ValueError:
        return cell


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words],
        cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10, check=True,
    ).stdout.strip()  # fmt: skip


def package_version(package: str = "symtut") -> str | None:
    """The version of an installed package; None if it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def provenance() -> dict:
    """Where and with what a result was made: versions, commit, command, machine and date."""
    import torch

    versions: dict[str, str | None] = {"python": platform.python_version()}
    for package in ("symtut", "torch", "numpy", "scipy", "gymnasium"):
        versions[package] = package_version(package)
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        if _git("status", "--porcelain", "-uno", "--", ":/", ":(top,exclude)data/results"):
            commit += "-dirty"  # results that are being written do not count
    except (OSError, subprocess.SubprocessError):
        commit = None  # an installed package has no repository around it
    program = Path(sys.argv[0]).name  # "__main__.py" under python -m symtut
    return {
        "versions": versions,
        "commit": commit,
        "command": " ".join([program if program != "__main__.py" else "symtut", *sys.argv[1:]]),
        "machine": {
            "system": platform.system(),
            "machine": platform.machine(),
            "cpus": os.cpu_count(),
            "vectors": torch.backends.cpu.get_cpu_capability(),  # last digits vary with it
            "torch_threads": torch.get_num_threads(),
        },
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
