"""Where weight files are, by name or path; to ask costs no torch."""

import os
from pathlib import Path

from symtut.errors import InputError, did_you_mean
from symtut.paths import ROOTS, as_path


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
    known = available_weights()
    raise InputError(
        f"unknown weights '{name}'{did_you_mean(name, known)}. Shipped weights: "
        f"{', '.join(known) or 'none'}; or the path of a .safetensors file."
    )
