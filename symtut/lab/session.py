"""The frame of a notebook run: its profile and budget, its results as JSON, a scratch folder.

Results go where the environment variable ``SYMTUT_RECORD`` says; else, where papermill is told to
name its output (``papermill in.ipynb out.ipynb --inject-output-path``), beside it (``out.json``);
else they stay in memory.
"""

import ast
import difflib
import numbers
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

from symtut.errors import InputError
from symtut.lab import style
from symtut.storage import write_json

NOTEBOOK_PROFILES = ("smoke", "lab", "paper")
RECORD_VARIABLE = "SYMTUT_RECORD"  # the environment variable that says where results are written
PROFILE_VARIABLE = "SYMTUT_PROFILE"  # the one whose profile wins over the notebook's own
LARGEST_NOTEBOOK_SEED = 2**31 - 1  # what every generator takes, also after adding a few thousand

_results: dict = {}
_beside: Path | None = None  # where results go if papermill names its output
_workspaces: list[tempfile.TemporaryDirectory] = []  # removed when the kernel ends


def start(profile: str, seed: int, **budgets: dict) -> SimpleNamespace:
    """Begin a notebook: check its parameters, set the plotting style, return the budget.

    Parameters
    ----------
    profile : str
        ``"smoke"`` (continuous integration), ``"lab"`` (a student's machine) or ``"paper"``.
        The environment variable ``SYMTUT_PROFILE`` wins over it; without one, nbgrader's marking
        takes ``"smoke"``, whatever a submission asks for.
    seed : int
        Not used here, only checked: notebooks pass it on to what is random.
    **budgets : dict
        One dict of settings per profile, ``smoke={...}, lab={...}, paper={...}``, with the
        same keys. Left out altogether if the notebook does the same under every profile.

    Returns
    -------
    SimpleNamespace
        The settings of the chosen profile.

    Raises
    ------
    InputError
        On an unknown profile, a seed that is not a whole number from 0 on, or a parameter put in
        by papermill that the notebook does not have.
    """
    global _beside
    variables = _user_variables()
    _beside = _json_beside(variables.get("PAPERMILL_OUTPUT_PATH"))
    if path := _record_path():
        path.unlink(missing_ok=True)  # an old record must not pass for this run's
    _refuse_unknown_parameters(variables.get("In", ()))
    profile = _profile(profile)
    whole = isinstance(seed, numbers.Integral) and not isinstance(seed, bool)
    if not whole or not 0 <= seed <= LARGEST_NOTEBOOK_SEED:
        raise InputError(
            f"SEED is {seed!r}; choose a whole number from 0 to {LARGEST_NOTEBOOK_SEED}."
        )
    if budgets:
        if set(budgets) != set(NOTEBOOK_PROFILES):
            raise InputError(f"budgets are needed for all of {', '.join(NOTEBOOK_PROFILES)}.")
        if len({frozenset(budget) for budget in budgets.values()}) != 1:
            raise InputError("the budgets of the profiles must have the same keys.")
    torch.set_num_threads(1)  # faster for networks this small, and the same sums on any machine
    style.use_style()
    _results.clear()
    record(profile=profile, seed=int(seed))
    return SimpleNamespace(**budgets.get(profile, {}))


def record(**values) -> None:
    """Keep results that matter, so that a test or a script can read them after the run.

    Numbers, strings, booleans, None, NumPy and torch arrays, and lists or dicts of these. All
    results so far are written as JSON, atomically, if there is a place for them (see above).
    Infinite and undefined numbers become null, as JSON has none.
    """
    _results.update({name: _plain(value) for name, value in values.items()})
    if path := _record_path():
        write_json(path, _results)


def recorded() -> dict:
    """What :func:`record` has kept since :func:`start`."""
    return dict(_results)


def _user_variables() -> dict:
    """The variables of the running notebook; empty outside IPython, which is not loaded for it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return {} if shell is None else shell.user_ns


def _refuse_unknown_parameters(cells: Sequence[str]) -> None:
    """Papermill only logs a parameter that the notebook lacks, and runs with the defaults.

    ``cells`` are the code run so far. Papermill's own cell begins with the comment "Parameters" and
    follows the notebook's cell of parameters.
    """
    for before, cell in zip(cells, cells[1:], strict=False):
        if cell.startswith("# Parameters\n"):
            known, given = map(_assigned, (before, cell))
            unknown = sorted(n for n in given - known if not n.startswith("PAPERMILL_"))
            if unknown:
                near = difflib.get_close_matches(unknown[0].upper(), known, 1)
                raise InputError(
                    f"this notebook has no parameter '{unknown[0]}'; it has "
                    f"{', '.join(sorted(known))}." + (f" Did you mean {near[0]}?" if near else "")
                )


def _assigned(code: str) -> set[str]:
    """The names that a cell assigns at its top level."""
    body = ast.parse(code).body
    targets = [t for s in body if isinstance(s, ast.Assign) for t in s.targets]
    targets += [s.target for s in body if isinstance(s, ast.AnnAssign)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _json_beside(notebook: str | None) -> Path | None:
    """``out.json`` for ``out.ipynb``, and never the notebook itself (papermill takes any name)."""
    if notebook is None:
        return None
    path = Path(notebook).resolve()  # now, as the notebook may change its folder
    if not path.exists():  # papermill has saved it once already
        print(
            f"Results are not kept as JSON: there is no file '{notebook}' here. Name the output by "
            f"its whole path, or set the environment variable {RECORD_VARIABLE} to a file name."
        )
        return None
    return path.with_suffix(".results.json" if path.suffix == ".json" else ".json")


def _record_path() -> Path | None:
    named = os.environ.get(RECORD_VARIABLE)
    return Path(named) if named else _beside


def workspace() -> Path:
    """A new empty folder for this run's files; it goes when the kernel ends."""
    _workspaces.append(tempfile.TemporaryDirectory(prefix="symtut-"))
    return Path(_workspaces[-1].name)


def _profile(asked: str) -> str:
    """The profile of this run: the environment's, or else what the notebook asks for."""
    found = {"PROFILE": asked}
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":  # set by nbgrader, which has no
        found["nbgrader's marking"] = "smoke"  # parameters to hand to a notebook
    if os.environ.get(PROFILE_VARIABLE):
        found[PROFILE_VARIABLE] = os.environ[PROFILE_VARIABLE]
    name, profile = list(found.items())[-1]
    if profile not in NOTEBOOK_PROFILES:
        raise InputError(f"{name} is {profile!r}; choose one of {', '.join(NOTEBOOK_PROFILES)}.")
    if profile != asked:
        print(f"Profile '{profile}' instead of '{asked}', because of {name}.")
    return profile


def _plain(value):
    """``value`` in JSON's own types."""
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    raise TypeError(f"cannot record a {type(value).__name__}: {value!r}")
