"""The files of a run, and reading them back."""

import csv
import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

from symtut.agents.policy import Policy
from symtut.errors import InputError
from symtut.storage import read_json
from symtut.tasks import make_task
from symtut.world_models.symbolic import SymbolicWorldModel, model_from_rows

CONFIG, CURVE, EQUATIONS = "config.json", "curve.csv", "equations.json"
POLICY, SUMMARY, CHECKPOINT = "policy.safetensors", "summary.json", "checkpoint.safetensors"
FILES = (CONFIG, CURVE, EQUATIONS, POLICY, SUMMARY, CHECKPOINT)
CURVE_COLUMNS = ["env_steps", "gradient_updates", "cpu_seconds", "mean_return", "std_return"]


@dataclass(frozen=True)
class Result:
    """A finished run.

    ``curve`` has one dict for each evaluation, with the columns of ``curve.csv``; ``equations`` is
    empty for methods without equations.
    """

    out: Path
    config: dict
    summary: dict
    curve: list[dict]
    equations: list[dict]

    @property
    def diverged(self) -> str | None:
        """Why and when the training stopped before its end; None if it did not."""
        return self.summary.get("diverged_because")

    @property
    def final_return(self) -> float:
        """Mean return of the final policy over the evaluation episodes."""
        return self.summary["final_return"]

    @property
    def steps_to_threshold(self) -> int | None:
        """Real steps spent at the first evaluation that solved the task; None if none did."""
        return self.summary["steps_to_threshold"]

    def policy(self) -> Policy:
        """The final policy, from observations to actions in environment units."""
        return Policy.load(self.out / POLICY)

    def world_model(self) -> SymbolicWorldModel:
        """The equations as the model that the policy learned in, bit by bit.

        Raises
        ------
        InputError
            If the run has no equations, or its file is of an earlier version.
        """
        if not self.equations:
            raise InputError(f"the run in '{self.out}' has no equations.")
        return model_from_rows(make_task(self.config["run"]["task"]), self.equations)

    @staticmethod
    def load(out: str | Path) -> "Result":
        """Read a finished run from its folder.

        Raises
        ------
        InputError
            If the folder holds no finished run, or a file of it is missing, damaged or another
            run's.
        """
        out = Path(out)
        config, summary = read_json(out / CONFIG), read_json(out / SUMMARY)
        curve = read_curve(out / CURVE)
        _check_whole(out, config, summary, curve)
        has_equations = (out / EQUATIONS).exists()
        equations = read_json(out / EQUATIONS) if has_equations else []
        return Result(out, config, summary, curve, equations)


def read_curve(path: Path) -> list[dict]:
    """The rows of a ``curve.csv``; a missing or damaged one is an ``InputError``."""
    kinds = dict(zip(CURVE_COLUMNS, (int, int, float, float, float), strict=True))
    try:
        with open(path, newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        if header != CURVE_COLUMNS:
            raise ValueError("other columns")
        curve = [
            {name: kinds[name](text) for name, text in zip(kinds, row, strict=True)} for row in rows
        ]
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"'{path}' cannot be read as a curve ({error!r}).") from error
    if not all(math.isfinite(value) for row in curve for value in row.values()):
        raise InputError(f"'{path}' cannot be read as a curve: not every value is finite.")
    return curve


def _check_whole(out: Path, config: dict, summary: dict, curve: list[dict]) -> None:
    """Raise ``InputError`` unless the files of a run are all there and belong together."""
    try:
        run = config["run"]
        for name in ("task", "method", "seed"):
            if summary[name] != run[name]:
                raise InputError(f"'{out / SUMMARY}' is not of the run in {CONFIG}.")
        every, total = run["evaluate_every"], summary["gradient_updates"]
        expected = [*range(every, total, every), total]
        last = {
            "env_steps": summary["env_steps"],
            "gradient_updates": total,
            "mean_return": summary["final_return"],
            "std_return": summary["final_return_std"],
        }
        found = [row["gradient_updates"] for row in curve]
        if found != expected or last.items() - curve[-1].items():
            raise InputError(f"'{out / CURVE}' is cut, or not of the run in {SUMMARY}.")
        hashes = summary.get("files", {POLICY: None})  # older runs noted none
        for name, digest in hashes.items():
            if not (out / name).is_file():
                raise InputError(f"'{out / name}' is missing.")
            if digest is not None and digest != file_hash(out / name):
                raise InputError(f"'{out / name}' is damaged, or not of the run in {SUMMARY}.")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"'{out}' does not hold a whole run ({error!r}).") from error


def file_hash(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fault(out: Path) -> str | None:
    """What keeps a folder from holding a finished run, a sentence; None if it does."""
    try:
        Result.load(out)
    except InputError as error:
        return str(error)
    return None


def is_finished(out: str | Path) -> bool:
    """Whether a folder holds a run with all its files, and nothing is left to do."""
    return (Path(out) / SUMMARY).exists() and fault(Path(out)) is None
