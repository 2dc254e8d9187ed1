"""How a notebook opens elsewhere: the badges over it and the set-up cell in it.

Both come from the ``[project]`` table of ``pyproject.toml``: address, version, requirements. Badges
open the default branch; the set-up cell installs the release that the notebook is part of.
"""

import re

from symtut.errors import InputError

BRANCH = "main"

SETUP = """\
# @title Set-up, the same in every notebook. Where symtut is installed it installs nothing.
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("symtut") is None:
    repository = "{repository}"
    release = "v{version}"
    requirements = [
        {requirements},
    ]
    # Only what is missing: on Colab, a new torch or numpy would cost a restart.
    missing = [r for r in requirements if importlib.util.find_spec(r.split(">=")[0]) is None]
    # The release that this notebook is part of. Until it has a tag, the newest state stands in.
    tag = ["git", "ls-remote", "--exit-code", "--tags", repository, release]
    tagged = subprocess.run(tag, capture_output=True).returncode == 0
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    if missing:
        subprocess.run([*pip, *missing], check=True)
    address = f"git+{{repository}}@{{release}}" if tagged else f"git+{{repository}}"
    subprocess.run([*pip, "--no-deps", address], check=True)
    importlib.invalidate_caches()  # what is new is found without a restart

from symtut import lab"""


def slug(project: dict) -> str:
    """``OWNER/NAME`` of the repository on GitHub, from the ``[project]`` table.

    Raises
    ------
    InputError
        If its ``urls`` name no repository there: Colab and Binder open notebooks by these links.
    """
    address = project.get("urls", {}).get("Repository", "")
    match = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(\.git)?/?", address)
    if match is None:
        raise InputError(
            f"pyproject.toml: 'Repository' in [project.urls] is '{address}'; write "
            "'https://github.com/OWNER/NAME', where Colab and Binder find the notebooks."
        )
    return match[1]


def setup_cell(project: dict) -> str:
    """The set-up cell: installs what is missing, and only that.

    It asks for the tag ``v`` + ``project.version``, so that a notebook keeps the package that it
    was written with when the repository goes on. Until that tag exists, which is so before a
    release, it takes the default branch.
    """
    return SETUP.format(
        requirements=",\n        ".join(f'"{r}"' for r in project["dependencies"]),
        repository=f"https://github.com/{slug(project)}",
        version=project["version"],
    )


def badges(project: dict, path: str) -> str:
    """The row of links that open ``path`` (relative to the repository) on Colab and Binder."""
    place = slug(project)
    colab = f"https://colab.research.google.com/github/{place}/blob/{BRANCH}/{path}"
    binder = f"https://mybinder.org/v2/gh/{place}/{BRANCH}?urlpath=lab/tree/{path}"
    return (
        f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab}) "
        f"[![Open in Binder](https://mybinder.org/badge_logo.svg)]({binder})"
    )
