"""Paths that were given by a user: what may be read, what may be written or replaced."""

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from symtut.errors import InputError


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


def file_error(doing: str, path, error: OSError) -> InputError:
    """The one line for an error of the file system: ``cannot write 'x': Is a directory.``"""
    advice = ADVICE.get(error.errno, "")
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
