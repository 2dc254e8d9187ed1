"""``symtut doctor``: is this installation fit for the course? One line per question."""

import os
import platform
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from symtut.errors import InputError

OLDEST_PYTHON = (3, 11)


class CheckFailed(Exception):
    """What is wrong and what to do about it, in one sentence each."""


def doctor(say: Callable[[str], None] = print) -> int:
    """Check everything and report line by line; returns 0 if all is well, else 1."""
    problems = 0
    for name, check in CHECKS.items():
        try:
            line, mark = check(), "ok     "
        except CheckFailed as problem:
            line, mark, problems = str(problem), "PROBLEM", problems + 1
        except Exception as error:  # a broken installation fails in ways nobody foresaw
            line, mark, problems = f"{type(error).__name__}: {error}", "PROBLEM", problems + 1
        say(f"{mark}  {name}: {line}")
    say("all is well" if not problems else f"problems found: {problems}")
    return 1 if problems else 0


def check_python() -> str:
    found = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        raise CheckFailed(f"{found} is too old; use Python 3.11 or newer.")
    return found


def check_packages() -> str:
    """Every requirement is installed, in a version that its lower bound allows."""
    found, wrong = [], []
    for name, bound in requirements():
        try:
            installed = version(name)
        except PackageNotFoundError:
            wrong.append(f"{name} is missing")
            continue
        found.append(f"{name} {installed}")
        if _numbers(installed) < _numbers(bound):
            wrong.append(f"{name} {installed} is older than {bound}")
    if wrong:
        raise CheckFailed("; ".join(wrong) + ". Install symtut again: pip install --upgrade symtut")
    return ", ".join(found)


def check_threads() -> str:
    import torch

    threads, cores = torch.get_num_threads(), os.cpu_count() or 1
    if threads > cores:
        raise CheckFailed(
            f"torch uses {threads} threads on {cores} cores, which is slower than one; "
            f"set the environment variable OMP_NUM_THREADS to {cores} or less."
        )
    return f"torch uses {threads} of {cores} cores"


def check_environment() -> str:
    """The pendulum steps, and moves as the task's own dynamics say."""
    import numpy as np

    from symtut.tasks import make_task

    task = make_task("pendulum")
    env = task.make_env()
    try:
        observation, _ = env.reset(seed=0)
        state = task.state_from_observation(observation.astype(float))
        action = np.array([1.0], dtype=np.float32)
        observation = env.step(action)[0].astype(float)
    finally:
        env.close()
    true = task.true_step(state, action)
    assert true is not None
    error = task.difference(task.state_from_observation(observation), true)
    if np.abs(error).max() > 1e-5:
        raise CheckFailed(
            f"{task.env_id} of this Gymnasium does not move as the course's equations say "
            f"(difference {np.abs(error).max():.1e}); install a released version of gymnasium."
        )
    return f"{task.env_id} steps as its equations say"


def check_weights() -> str:
    """Shipped weights are there, and are the bytes that their cards describe."""
    from symtut.paths import data_path
    from symtut.regression.transformer.weights import read_card
    from symtut.storage import file_sha256

    again = "install symtut again."
    try:
        files = sorted(data_path("weights").glob("*.safetensors"))
    except InputError as error:
        raise CheckFailed(str(error)) from error
    if not files:
        raise CheckFailed(f"no weights are shipped with this installation; {again}")
    origins = []
    for path in files:
        try:
            card = read_card(path.with_suffix(".json"))
        except InputError as error:
            raise CheckFailed(f"{error} The card of '{path.name}' is needed; {again}") from error
        if card["sha256"] != file_sha256(path):
            raise CheckFailed(f"'{path.name}' is not the file that its card describes; {again}")
        made = card["provenance"]
        origins.append(
            f"{path.stem} ({path.stat().st_size / 1e6:.1f} MB, trained on "
            f"{str(made.get('date'))[:10]} at commit {made.get('commit')})"
        )
    return ", ".join(origins)


def check_temporary_folder() -> str:
    try:
        with tempfile.NamedTemporaryFile(prefix="symtut-") as file:
            file.write(b"symtut")
            file.flush()
            return f"{Path(file.name).parent} can be written"
    except OSError as error:
        raise CheckFailed(
            f"cannot be written ({error}); set the variable TMPDIR to a folder that can be."
        ) from error


CHECKS: dict[str, Callable[[], str]] = {
    "Python": check_python,
    "packages": check_packages,
    "threads": check_threads,
    "environment": check_environment,
    "weights": check_weights,
    "temporary folder": check_temporary_folder,
}


def requirements() -> Iterator[tuple[str, str]]:
    """(package, lowest version) of symtut's core requirements."""
    try:
        lines = [line for line in requires("symtut") or () if "extra ==" not in line]
    except PackageNotFoundError:  # run from a checkout that is not installed
        pyproject = Path(__file__).resolve().parents[1] / "pyproject.toml"
        lines = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    for line in lines:
        match = re.match(r"\s*([\w.-]+)\s*>=\s*([\d.]+)", line)
        if match is None:
            raise CheckFailed(f"the requirement {line!r} has no lower bound; install symtut again.")
        yield match.group(1), match.group(2)


def _numbers(text: str) -> tuple[int, ...]:
    """ "2.13.0+cpu" -> (2, 13, 0): enough to compare releases with lower bounds."""
    return tuple(map(int, re.findall(r"^\d+(?:\.\d+)*", text)[0].split(".")))
