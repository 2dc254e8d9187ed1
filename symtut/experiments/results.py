"""The files of a run, and reading them back."""

import os
from dataclasses import dataclass
from pathlib import Path

from symtut.agents.dreamer.policy import DreamerPolicy
from symtut.agents.policy import Policy
from symtut.errors import InputError
from symtut.forms import (
    ANYTHING,
    FLAG,
    NAME,
    SHA256,
    list_of,
    mapping,
    number,
    object_of,
    optional,
    text,
    whole,
)
from symtut.paths import as_path
from symtut.storage import file_sha256, read_csv, read_json
from symtut.world_models.symbolic import SymbolicWorldModel, model_from_rows

CONFIG, CURVE, EQUATIONS = "config.json", "curve.csv", "equations.json"
POLICY, SUMMARY, CHECKPOINT = "policy.safetensors", "summary.json", "checkpoint.safetensors"
FILES = (CONFIG, CURVE, EQUATIONS, POLICY, SUMMARY, CHECKPOINT)
CURVE_FORM = {
    "env_steps": whole(),
    "gradient_updates": whole(),
    "cpu_seconds": number(0),
    "mean_return": number(),
    "std_return": number(0),
}
CURVE_COLUMNS = list(CURVE_FORM)

CONFIG_FORM = object_of(
    {
        "run": object_of(
            {"task": NAME, "method": NAME, "steps": whole(1), "seed": whole(),
             "evaluate_every": whole(1)},
            others=ANYTHING,
        ),
        "provenance": object_of({"commit": optional(NAME)}, others=ANYTHING),
    },
    what="the configuration of a run",
)  # fmt: skip
FILES_FORM = object_of({}, dict.fromkeys(FILES, optional(SHA256)))
SUMMARY_FORM = object_of(
    {
        "task": NAME,
        "method": NAME,
        "seed": whole(),
        "env_steps": whole(),
        "gradient_updates": whole(),
        "cpu_seconds": number(0),
        "final_return": number(),
        "final_return_std": number(0),
        "evaluation_seeds": list_of(whole(), 2, 2),
        "threshold": optional(number()),
        "steps_to_threshold": optional(whole()),
        "model": optional(mapping(ANYTHING)),
    },
    {"diverged": FLAG, "diverged_because": optional(text()), "files": FILES_FORM},
    what="the summary of a run",
)
EQUATIONS_FORM = list_of(
    object_of({"target": NAME, "equation": text(100_000)}, others=ANYTHING), 1000, 1, "equations"
)


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

    def policy(self) -> Policy | DreamerPolicy:
        """The final policy, from observations to actions in environment units.

        That of the method ``dreamer`` remembers the episode; ``begin()`` begins another one.
        """
        kind = DreamerPolicy if self.config["run"]["method"] == "dreamer" else Policy
        return kind.load(self.out / POLICY)

    def world_model(self) -> SymbolicWorldModel:
        """The equations as the model that the policy learned in, bit by bit.

        Raises
        ------
        InputError
            If the run has no equations, or its file is of an earlier version.
        """
        if not self.equations:
            raise InputError(f"the run in '{self.out}' has no equations.")
        networks = [row["target"] for row in self.equations if row.get("kind") == "network"]
        if networks:
            raise InputError(
                f"{networks[0]} is predicted by networks in the run in '{self.out}', and equations "
                "alone are stored."
            )
        rows = [row for row in self.equations if "kind" not in row]
        return model_from_rows(self.policy().task, rows)

    @staticmethod
    def load(out: str | Path) -> "Result":
        """Read a finished run from its folder.

        Raises
        ------
        InputError
            If the folder holds no finished run, or a file of it is missing, damaged or another
            run's.
        """
        out = as_path(out)
        config, summary = read_config(out / CONFIG), read_json(out / SUMMARY, SUMMARY_FORM)
        curve = read_csv(out / CURVE, CURVE_FORM, "the curve of a run")
        has_equations = os.path.lexists(out / EQUATIONS)
        equations = read_json(out / EQUATIONS, EQUATIONS_FORM) if has_equations else []
        _check_whole(out, config, summary, curve)
        return Result(out, config, summary, curve, equations)


def read_config(path: str | Path) -> dict:
    """The content of a ``config.json``; an ``InputError`` if it is not the one of a run."""
    return read_json(path, CONFIG_FORM)


def _check_whole(out: Path, config: dict, summary: dict, curve: list[dict]) -> None:
    """Raise ``InputError`` unless the files of a run are all there and belong together."""
    run = config["run"]
    for name in ("task", "method", "seed"):
        if summary[name] != run[name]:
            raise InputError(f"'{out / SUMMARY}' is not of the run in {CONFIG}.")
    every, total = run["evaluate_every"], summary["gradient_updates"]
    last = {
        "env_steps": summary["env_steps"],
        "gradient_updates": total,
        "mean_return": summary["final_return"],
        "std_return": summary["final_return_std"],
    }
    n_rows = len(range(every, total, every)) + 1
    expected = [*range(every, total, every), total] if n_rows == len(curve) else None
    found = [row["gradient_updates"] for row in curve]
    if found != expected or last.items() - curve[-1].items():
        raise InputError(f"'{out / CURVE}' is cut, or not of the run in {SUMMARY}.")
    for name, digest in summary.get("files", {POLICY: None}).items():  # older runs noted none
        if not (out / name).is_file():
            raise InputError(f"'{out / name}' is missing.")
        if digest is not None and digest != file_sha256(out / name):
            raise InputError(f"'{out / name}' is damaged, or not of the run in {SUMMARY}.")


def why_unfinished(out: Path) -> str | None:
    """What keeps a folder from holding a finished run, a sentence; None if it does."""
    try:
        Result.load(out)
    except InputError as error:
        return str(error)
    return None


def is_finished(out: str | Path) -> bool:
    """Whether a folder holds a run with all its files, and nothing is left to do."""
    return (Path(out) / SUMMARY).exists() and why_unfinished(Path(out)) is None
