"""The files of a run, and reading them back."""

import csv
from dataclasses import dataclass
from pathlib import Path

from symtut.agents.policy import Policy
from symtut.errors import InputError
from symtut.storage import read_json

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

    @staticmethod
    def load(out: str | Path) -> "Result":
        """Read a finished run from its folder.

        Raises
        ------
        InputError
            If the folder holds no finished run, or a file is damaged.
        """
        out = Path(out)
        config, summary = read_json(out / CONFIG), read_json(out / SUMMARY)
        try:
            with open(out / CURVE, newline="") as file:
                curve = [
                    {
                        name: (int if name in CURVE_COLUMNS[:2] else float)(row[name])
                        for name in CURVE_COLUMNS
                    }
                    for row in csv.DictReader(file)
                ]
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"'{out / CURVE}' cannot be read as a curve ({error!r}).") from error
        has_equations = (out / EQUATIONS).exists()
        equations = read_json(out / EQUATIONS) if has_equations else []
        return Result(out, config, summary, curve, equations)
