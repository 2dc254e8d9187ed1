"""Where the shipped data are: inside an installed package, or in the repository's ``data/``.

A folder named by the environment variable ``SYMTUT_DATA`` comes before both: results made anew,
weights trained at home. What it does not hold is taken from the shipped data.
"""

import os
from pathlib import Path

from symtut.errors import InputError

PACKAGE = Path(__file__).resolve().parent
# A wheel carries ``data/`` as ``symtut/data``; an editable install has it next to the package.
ROOTS = (PACKAGE / "data", PACKAGE.parent / "data")
FOLDER_VARIABLE = "SYMTUT_DATA"


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
