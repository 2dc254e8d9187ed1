"""Files that are either whole or absent: atomic writes, tensors without pickle, provenance."""

import csv
import datetime
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import safetensors.torch
import torch

from symtut.errors import InputError


def ensure_folder(folder: str | Path) -> Path:
    """Create ``folder`` if missing and prove that a file can be written into it.

    Raises
    ------
    InputError
        If the path is a file, or the folder cannot be created or written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".probe-"):
            pass
    except OSError as error:
        raise InputError(
            f"cannot write into the output folder '{folder}': {error.strerror or error}. "
            "Choose another folder or change its permissions."
        ) from error
    return folder


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write ``data`` to ``path``: a reader sees the old file or the new one, never a half."""
    path = Path(path)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # the rename must not reach the disk before the content
        os.chmod(name, 0o644)  # mkstemp makes files private; results are for sharing
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: str | Path, value) -> None:
    """Write ``value`` as indented JSON, atomically. NaN is refused: it is not JSON."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_bytes(path, text.encode())


def read_json(path: str | Path):
    """Read a JSON file; a missing or damaged one is an ``InputError`` that names the file."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"no such file: '{path}'.") from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"'{path}' cannot be read as JSON ({error}).") from error


def write_csv(path: str | Path, header: list[str], rows: list[list]) -> None:
    """Write a table as CSV, atomically."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_bytes(path, text.getvalue().encode())


def save_tensors(path: str | Path, tensors: dict[str, torch.Tensor], metadata: dict | None = None):
    """Write tensors as safetensors, atomically; ``metadata`` (JSON-able) travels in the header."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    header = {"symtut": json.dumps(metadata or {})}
    write_bytes(path, safetensors.torch.save(tensors, metadata=header))


def load_tensors(path: str | Path) -> tuple[dict[str, torch.Tensor], dict]:
    """Read what :func:`save_tensors` wrote. Returns ``(tensors, metadata)``.

    Raises
    ------
    InputError
        If the file is missing, cut short, or not a safetensors file.
    """
    try:
        with safetensors.safe_open(str(path), framework="pt") as file:
            metadata = json.loads((file.metadata() or {}).get("symtut", "{}"))
            return {name: file.get_tensor(name) for name in file.keys()}, metadata
    except FileNotFoundError as error:
        raise InputError(f"no such file: '{path}'.") from error
    except (safetensors.SafetensorError, OSError, json.JSONDecodeError) as error:
        raise InputError(
            f"'{path}' is not a whole safetensors file ({error}). Download or make it again."
        ) from error


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words],
        cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10, check=True,
    ).stdout.strip()  # fmt: skip


def provenance() -> dict:
    """Where and with what a result was made: versions, commit, command, machine and date."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version()}
    for package in ("symtut", "torch", "numpy", "scipy", "gymnasium"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = None
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
