"""Places on the disk: what a user may name, read and replace; output folders; shipped data."""

import errno
import glob
import os
import re
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from symtut.errors import InputError, InUse

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt


def as_path(path: str | Path) -> Path:
    """``path`` as a ``Path``.

    Raises
    ------
    InputError
        If no file can have that name: it is empty, holds a null character, or is not text.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError(f"a path must be text, not {path!r}.")
    name = os.fsdecode(os.fspath(path))
    if not name.strip():
        raise InputError("a path is empty: give the name of a file or a folder.")
    if "\0" in name or not _is_unicode(name):
        raise InputError(f"{ascii(name)} is not the name of a file: use Unicode characters.")
    return Path(name)


def _is_unicode(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # bytes of the command line that are no UTF-8
        return False
    return True


_ELSEWHERE = "Choose another place."
#: Errors of the file system that are not ours, and what to do about each.
ADVICE = {
    errno.ENOSPC: "Free some space or choose another place.",
    errno.EDQUOT: "Free some space or choose another place.",
    errno.EACCES: "Change its permissions or choose another place.",
    errno.EPERM: "Change its permissions or choose another place.",
    errno.EFBIG: "Raise the limit on the size of files (ulimit -f).",
    errno.EMFILE: "Raise the limit on open files (ulimit -n).",
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.EIO: "Its disk may be damaged.",
    errno.EROFS: _ELSEWHERE,
    errno.EISDIR: _ELSEWHERE,
    errno.ENOTDIR: _ELSEWHERE,
    errno.EEXIST: _ELSEWHERE,
    errno.ELOOP: _ELSEWHERE,
}


def file_error(doing: str, path: str | Path, error: OSError) -> InputError:
    """The one line for an error of the file system: ``cannot write 'x': Is a directory.``"""
    advice = "" if error.errno is None else ADVICE.get(error.errno, "")
    return InputError(f"cannot {doing} '{path}': {error.strerror or error}. {advice}".strip())


def ensure_folder(folder: str | Path) -> Path:
    """Create ``folder`` if missing and prove that a file can be written into it.

    Raises
    ------
    InputError
        If the path is a file, or the folder cannot be created or written. What was created up to
        there is removed.
    """
    folder = as_path(folder)
    made = []
    try:
        for path in (folder, *folder.parents):
            if path.exists():
                break
            made.append(path)
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{secrets.token_hex(4)}"
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        probe.unlink()
    except OSError as error:
        for path in made:
            with suppress(OSError):
                path.rmdir()
        raise file_error("write into the output folder", folder, error) from error
    return folder


def check_file(path: str | Path, most: int) -> Path:
    """``path`` if it is a regular file of at most ``most`` bytes; else an ``InputError``.

    Pipes and devices are refused before they are opened: they may have no end, or no beginning.
    """
    path = as_path(path)
    try:
        info = path.stat()
    except FileNotFoundError as error:
        raise InputError(f"no such file: '{path}'.") from error
    except OSError as error:
        raise file_error("read", path, error) from error
    if not stat.S_ISREG(info.st_mode):
        raise InputError(f"'{path}' is {_kind(info.st_mode)}, not a file.")
    if info.st_size > most:
        raise InputError(f"'{path}' has {info.st_size:,} bytes; at most {most:,} are read.")
    return path


def mode_of_old(path: Path) -> int | None:
    """Permissions of the file that is to be replaced; None if there is none.

    Raises
    ------
    InputError
        If something stands there that must not be replaced: anything but a regular file, or a
        file that is read-only.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(mode):
        raise InputError(f"'{path}' is a symbolic link and is not replaced: name the file itself.")
    if not stat.S_ISREG(mode):
        raise InputError(f"'{path}' is {_kind(mode)}, not a file: choose another name.")
    if not mode & 0o222 or not os.access(path, os.W_OK):
        raise InputError(f"'{path}' is read-only: change its permissions or choose another name.")
    return stat.S_IMODE(mode)


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


# ---- output folders: one process at a time, and no trace of a command that failed ---------------

LOCK_PATIENCE = 3.0
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
    name, end = os.path.realpath(path), time.monotonic() + LOCK_PATIENCE
    while (handle := None if name in _held else _acquired(path)) is None:
        if time.monotonic() > end:
            raise InUse(
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


def remove_leftovers(folder: Path, names: Iterable[str]) -> None:
    """Remove what killed processes left of half-written files of these names."""
    for name in ("probe", *names):
        for path in folder.glob(f".{glob.escape(name[:50])}-*"):
            if re.fullmatch("[0-9a-z_]{8}", path.name.rpartition("-")[2]):  # storage.write_bytes
                path.unlink(missing_ok=True)


# ---- shipped data -------------------------------------------------------------------------------

PACKAGE = Path(__file__).resolve().parent
# A wheel carries ``data/`` as ``symtut/data``; an editable install has it next to the package.
ROOTS = (PACKAGE / "data", PACKAGE.parent / "data")
FOLDER_VARIABLE = "SYMTUT_DATA"
"""Names a folder that is looked into first: results made anew, weights trained at home."""


def data_path(name: str | Path) -> Path:
    """Path of a shipped file or folder, for example ``data_path("weights/general.safetensors")``.

    Parameters
    ----------
    name : str or Path
        Relative to ``data/``.

    Raises
    ------
    InputError
        If neither the package nor the repository around it has the file.
    """
    own = os.environ.get(FOLDER_VARIABLE)
    roots = (Path(own), *ROOTS) if own else ROOTS
    for root in roots:
        path = root / name
        if path.exists():
            return path
    raise InputError(
        f"symtut ships no data file '{name}'. Looked in "
        + " and ".join(f"'{root}'" for root in roots)
        + ". If the name is right, the installation is incomplete: install symtut again."
    )
