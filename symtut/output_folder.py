"""The output folder of a command: one process at a time, and no trace of a command that failed."""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from symtut.errors import InputError
from symtut.paths import as_path, ensure_folder, file_error
from symtut.storage import remove_leftovers

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

PATIENCE = 3.0
"""Seconds to wait for a lock: the workers of a killed process need a moment to notice."""

_held: set[str] = set()  # by this process, to which the system would give the same lock twice


@contextmanager
def output_folder(folder: str | Path, files: Iterable[str] = ()) -> Iterator[Path]:
    """Create ``folder`` and hold it for this process as long as the context lasts.

    What a killed process left of half-written ``files`` is removed. Folders that were created here
    and are empty in the end (after bad input, say) are removed.

    Raises
    ------
    InputError
        If the folder cannot be written, or another process works in it.
    """
    folder = as_path(folder)
    with _held_folder(folder, ".lock", folder, files):
        yield folder


@contextmanager
def output_file(path: str | Path, files: Iterable[str] = ()) -> Iterator[Path]:
    """As :func:`output_folder`, for one file: others may work in the same folder."""
    path = as_path(path)
    with _held_folder(path.parent, f".{path.name[:50]}.lock", path, (path.name, *files)):
        yield path


@contextmanager
def _held_folder(folder: Path, lock: str, what: Path, files: Iterable[str]) -> Iterator[None]:
    created = [path for path in (folder, *folder.parents) if not os.path.exists(path)]
    try:
        ensure_folder(folder)
        with locked(folder / lock, f"'{what}'"):
            remove_leftovers(folder, files)
            yield
    finally:
        with suppress(OSError):  # the first that is not empty, or is not there
            for path in created:
                path.rmdir()


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file ``path``, which is gone afterwards.

    The system gives a lock back when its process ends, however it ends: a file that a killed
    process left does not block. Where the file system knows no locks there is none.

    Raises
    ------
    InputError
        If another process (or thread) holds it; the message names ``what`` it works on.
    """
    name, end = os.path.realpath(path), time.monotonic() + PATIENCE
    while (handle := None if name in _held else _acquired(path)) is None:
        if time.monotonic() > end:
            raise InputError(
                f"another process of symtut works on {what}: wait until it has ended, or choose "
                "another --out."
            )
        time.sleep(0.1)
    _held.add(name)
    try:
        yield
    finally:
        # Removed while it is held: whoever waits for it sees that it is no longer the same file.
        # Windows removes no open file, so there it is closed first.
        with suppress(OSError):
            os.unlink(path)
        os.close(handle)
        with suppress(OSError):
            if os.name == "nt":
                os.unlink(path)
        _held.discard(name)


def _acquired(path: Path) -> int | None:
    """The open lock file, or None if another process has it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise file_error("write", path, error) from error
    if _lock(handle):
        with suppress(OSError):
            if os.path.samestat(os.fstat(handle), os.stat(path)):
                return handle
    os.close(handle)
    return None


def _lock(handle: int) -> bool:
    if os.name == "nt":
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    try:
        # of the process, not of the open file: children that were forked must not keep it
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a file system without locks
        pass
    return True
