"""Where weight files are, by name or path; to ask costs no torch."""

import os
from pathlib import Path

from symtut.data_files import ROOTS
from symtut.errors import InputError
from symtut.paths import as_path


def available_weights() -> list[str]:
    """Names of the shipped weights."""
    return sorted(
        {path.stem for root in ROOTS for path in (root / "weights").glob("*.safetensors")}
    )


def find_weights(name: str | Path) -> Path:
    """Path of shipped weights by name (``"general"``) or of a file by its path.

    Raises
    ------
    InputError
        If there is neither; the message lists the shipped names.
    """
    if as_path(name).suffix == ".safetensors":
        if not os.path.isfile(name):
            raise InputError(f"no weights file at '{name}'.")
        return Path(name)
    for root in ROOTS:
        path = root / "weights" / f"{name}.safetensors"
        if os.path.isfile(path):
            return path
    known = ", ".join(available_weights()) or "none"
    raise InputError(
        f"unknown weights '{name}'. Shipped weights: {known}; or the path of a .safetensors file."
    )
