"""The pictures that ``symtut show`` writes; it replaces its own and no others."""

import io
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from symtut.errors import InputError
from symtut.storage import keep_foreign, read_bytes, write_bytes

if TYPE_CHECKING:  # matplotlib is loaded where a picture is drawn
    from matplotlib.figure import Figure

PICTURES, FILMS = (".png", ".svg", ".pdf"), (".png",)
MARK = b"symtut show"
"""Stands in the metadata of every picture, so that another's is not overwritten."""


def drawn(figure: "Figure", ending: str) -> bytes:
    picture = io.BytesIO()
    mark = {"Software" if ending == ".png" else "Creator": MARK.decode()}
    figure.savefig(picture, format=ending[1:], dpi=150, metadata=mark)
    return picture.getvalue()


def marked(png: bytes) -> bytes:
    """The same picture with ``MARK`` in its metadata, behind the header of 33 bytes."""
    chunk = b"tEXtSoftware\0" + MARK
    size, check = struct.pack(">I", len(chunk) - 4), struct.pack(">I", zlib.crc32(chunk))
    return png[:33] + size + chunk + check + png[33:]


def check_picture(path: Path, endings: tuple[str, ...]) -> None:
    """Before the work rather than after it."""
    if path.suffix.lower() not in endings:
        raise InputError(f"'{path}' must end in {' or '.join(endings)}.")
    if not path.absolute().parent.is_dir():
        raise InputError(f"there is no folder for '{path}': make it first.")
    keep_foreign(path, _own_picture)


def write_picture(path: Path, data: bytes) -> None:
    keep_foreign(path, _own_picture)
    write_bytes(path, data)


def _own_picture(path: Path) -> None:
    if MARK not in read_bytes(path, 100_000_000):
        raise InputError(f"'{path}' is no picture of 'symtut show'.")
