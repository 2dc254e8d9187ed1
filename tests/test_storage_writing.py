"""What is written, where, with which permissions, and what is left alone."""

import errno
import os
import stat
from pathlib import Path

import pytest

from symtut import storage
from symtut.errors import InputError
from symtut.paths import as_path, ensure_folder
from symtut.storage import keep_foreign, read_json, write_bytes, write_json

posix = pytest.mark.skipif(os.name == "nt", reason="permissions and special files of POSIX")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002, 0o000])
def test_a_new_file_has_what_the_umask_leaves_and_an_old_one_keeps_its_own(tmp_path, umask):
    old = tmp_path / "old"
    old.write_bytes(b"before")
    old.chmod(0o640)
    before = os.umask(umask)
    try:
        write_bytes(tmp_path / "new", b"x")
        write_bytes(old, b"after")
    finally:
        os.umask(before)
    assert mode(tmp_path / "new") == 0o666 & ~umask
    assert mode(old) == 0o640 and old.read_bytes() == b"after"


def test_a_long_name_can_be_written(tmp_path):
    path = tmp_path / ("n" * 250)
    write_bytes(path, b"x")
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def special(tmp_path: Path, kind: str) -> Path:
    """Something at a path that a file should go to."""
    path, target = tmp_path / "out", tmp_path / "target"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        target.write_bytes(b"precious")
        path.symlink_to(target)
    elif kind == "dangling link":
        path.symlink_to(tmp_path / "nowhere" / "file")
    elif kind == "read-only":
        path.write_bytes(b"precious")
        path.chmod(0o444)
    return path


@posix
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("folder", "is a folder, not a file"),
        ("pipe", "is a pipe, not a file"),
        ("link", "is a symbolic link"),
        ("dangling link", "is a symbolic link"),
        ("read-only", "is read-only"),
    ],
)
def test_only_a_writable_regular_file_is_replaced(tmp_path, kind, said):
    path = special(tmp_path, kind)
    before = sorted((p.name, p.lstat().st_mode, p.lstat().st_ino) for p in tmp_path.iterdir())
    with pytest.raises(InputError, match=said):
        write_bytes(path, b"x")
    after = sorted((p.name, p.lstat().st_mode, p.lstat().st_ino) for p in tmp_path.iterdir())
    assert after == before
    if kind == "link":
        assert path.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("code", "said"), [(errno.ENOSPC, "No space left on device. Free some"), (errno.EIO, "disk")]
)
def test_a_failed_write_is_one_line_and_leaves_the_old_file_alone(
    tmp_path, monkeypatch, code, said
):
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})

    def full(handle):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(storage.os, "fsync", full)
    with pytest.raises(InputError, match=f"cannot write .*a.json.*{said}"):
        write_json(path, {"a": 2})
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"] and read_json(path) == {"a": 1}


@pytest.mark.parametrize("path", ["", "  ", "a\0b", "a\udcff", None, 3, b""])
def test_what_no_file_can_be_called_is_refused(path):
    with pytest.raises(InputError, match="path|name"):
        as_path(path)


def test_a_folder_that_cannot_be_made_leaves_nothing_behind(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot write into the output folder"):
        ensure_folder(tmp_path / "file" / "deeper")
    with pytest.raises(InputError, match="Choose a shorter name"):
        ensure_folder(tmp_path / "new" / ("n" * 300))
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert ensure_folder(tmp_path / "a" / "b").is_dir()
    assert not any((tmp_path / "a" / "b").iterdir())


def test_half_a_surrogate_is_written_as_json_writes_it(tmp_path):
    write_json(tmp_path / "a.json", {"command": "symtut --out \udcff"})
    assert read_json(tmp_path / "a.json") == {"command": "symtut --out \udcff"}


def test_what_its_reader_does_not_know_is_not_overwritten(tmp_path):
    path = tmp_path / "a.json"
    keep_foreign(path, read_json)  # nothing there yet
    path.write_text("{}")
    keep_foreign(path, read_json)
    path.write_text("my notes")
    with pytest.raises(InputError, match="cannot be read as JSON.* It is not overwritten"):
        keep_foreign(path, read_json)
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="symbolic link"):
        keep_foreign(path, read_json)
