"""A machine like Google Colab's for tests: its Python, what it can download, and its kernel.

The Python has no symtut and a stand-in for ``google.colab``. Where the environment variable
``SYMTUT_COLAB`` names a virtual environment (``make colab`` makes it), that is the machine, with
Colab's versions of everything; else it is a light one that borrows all packages of this Python.
The repository's address leads to a bare repository on this disk, by git's own ``insteadOf``.
"""

import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from symtut.lab.run import QUIET_KERNEL
from symtut.lab.session import RECORD_VARIABLE
from tools import build
from tools.opening import slug

FULL = os.environ.get("SYMTUT_COLAB")
SHIPPED = ("pyproject.toml", "README.md", "LICENSE", "hatch_build.py", "symtut", "data")
AFTER_THE_TAG = "\nSTATE = 'after the tag'\n"

# Borrowed packages may name a symtut that is installed in place there, and not importable here.
LIST = """
import importlib.metadata as m, importlib.util, json
found = {(d.metadata["Name"].lower(), d.version) for d in m.distributions()}
if importlib.util.find_spec("symtut") is None:
    found = {each for each in found if each[0] != "symtut"}
print(json.dumps(sorted(found)))
"""


def git(folder, *words):
    subprocess.run(
        ["git", "-c", "user.name=test", "-c", "user.email=test@example.org", *words],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip


def make_repository(folder: Path, tagged: bool) -> Path:
    """A bare repository of this state of the project, tagged or not, and a commit after it."""
    work = folder / "work"
    work.mkdir(parents=True)
    ignore = shutil.ignore_patterns("__pycache__")
    for name in SHIPPED:
        path = build.REPOSITORY / name
        if path.is_dir():
            shutil.copytree(path, work / name, ignore=ignore)
        else:
            shutil.copy(path, work / name)
    git(work, "init", "--quiet", "--initial-branch", "main")
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "-m", "release")
    if tagged:
        git(work, "tag", f"v{build.project()['version']}")
    with open(work / "symtut" / "__init__.py", "a") as file:
        file.write(AFTER_THE_TAG)
    git(work, "commit", "--quiet", "-am", "after the tag")
    git(folder, "clone", "--quiet", "--bare", str(work), "symtut.git")
    return folder / "symtut.git"


@dataclass(frozen=True)
class Machine:
    """``python`` with the environment variables ``env``."""

    python: Path
    env: dict

    def run(self, *words, check=True) -> subprocess.CompletedProcess:
        """Run ``python words...`` from an empty folder of its own."""
        return subprocess.run(
            [str(self.python), *words], env=self.env, cwd=self.env["HOME"], check=check,
            capture_output=True, text=True,
        )  # fmt: skip

    def packages(self) -> set[tuple[str, str]]:
        """(name, version) of everything that is installed."""
        return {(name, number) for name, number in json.loads(self.run("-c", LIST).stdout)}

    def site_packages(self) -> Path:
        line = "import sysconfig; print(sysconfig.get_path('purelib'))"
        return Path(self.run("-c", line).stdout.strip())

    def forget(self) -> None:
        """Take symtut away again, as a new session on Colab would."""
        for path in self.site_packages().glob("symtut*"):
            shutil.rmtree(path)
        (self.python.parent / "symtut").unlink(missing_ok=True)

    def execute(self, notebook: nbformat.NotebookNode, folder: Path) -> dict:
        """Run a notebook with this machine's kernel in ``folder``; returns what it recorded."""
        kernel = folder.parent / f"{folder.name}-jupyter" / "kernels" / "colab"
        kernel.mkdir(parents=True)
        command = [str(self.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": command, "display_name": "Python 3", "language": "python"}
        (kernel / "kernel.json").write_text(json.dumps(spec))
        record = kernel / "record.json"
        client = NotebookClient(
            notebook, timeout=300, kernel_name="colab", extra_arguments=QUIET_KERNEL,
            resources={"metadata": {"path": str(folder)}},
        )  # fmt: skip
        before = os.environ.get("JUPYTER_PATH")
        os.environ["JUPYTER_PATH"] = str(kernel.parents[1])  # where this process finds the kernel
        try:
            client.execute(env=self.env | {RECORD_VARIABLE: str(record)})
        finally:
            os.environ.pop("JUPYTER_PATH")
            if before is not None:
                os.environ["JUPYTER_PATH"] = before
        return json.loads(record.read_text())


def make_machine(folder: Path, repository: Path) -> Machine:
    """The machine of the module's docstring; ``folder`` becomes its home."""
    home = folder / "home"
    home.mkdir(parents=True)
    address = f"https://github.com/{slug(build.project())}"
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "MPLBACKEND")
    }
    env |= {
        "HOME": str(home), "OMP_NUM_THREADS": "1", "PYTHONNOUSERSITE": "1",
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.file://{repository}.insteadOf",
        "GIT_CONFIG_VALUE_0": address,
    }  # fmt: skip
    if FULL:
        python = Path(FULL).absolute() / "bin" / "python"
    else:
        python = folder / "venv" / "bin" / "python"
        venv.create(folder / "venv", symlinks=True)
        # hatchling, which builds the wheel, is borrowed too, so nothing needs the network.
        # pip reads "no isolation: false" in the environment as: no isolation.
        env |= {"PIP_NO_BUILD_ISOLATION": "false", "PIP_NO_INDEX": "1"}
    machine = Machine(python, env)
    site = machine.site_packages()
    if not FULL:
        borrowed = [
            path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")
        ]
        (site / "borrowed.pth").write_text("\n".join(borrowed) + "\n")
    (site / "google" / "colab").mkdir(parents=True, exist_ok=True)
    (site / "google" / "colab" / "__init__.py").write_text('"""Stands in for Colab\'s own."""\n')
    machine.forget()
    return machine
