"""General against specific weights: who proposes, the stored tables, and their figures.

``benchmarks/world_weights.py`` makes the tables; notebook 08 reads them.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from symtut.agents.loop import Loop
from symtut.errors import InputError
from symtut.experiments.config import RunConfig
from symtut.lab import loop_ablations
from symtut.lab.style import OKABE_ITO
from symtut.paths import data_path
from symtut.regression import SymbolicRegressor
from symtut.regression.benchmark.tables import wilson
from symtut.regression.search.budget import Stopwatch
from symtut.regression.search.search import Proposer
from symtut.regression.transformer.world_functions import View, WorldFunctions
from symtut.storage import read_json
from symtut.tasks import make_task
from symtut.world_models import make_world_model

PROPOSERS = ("general", "specific", "prior", "world prior")
"""Who proposes: the transformer with general or specific weights, or blind draws from the prior of
the one or of the other."""

SERIES = {  # name: (points, noise, candidates)
    "points": [(n, 0.0, 64) for n in (10, 20, 50, 200)],
    "noise": [(200, noise, 64) for noise in (0.0, 0.01, 0.05, 0.1)],
    "candidates": [(200, 0.05, n) for n in (16, 64, 256)],
}
"""What is varied, and the conditions (points, noise, candidates) of each."""

HEADER = (
    "task", "physics", "target", "proposer", "points", "noise", "candidates", "seed", "recovered",
    "r2", "complexity", "cpu_seconds",
)  # fmt: skip
_STYLE = {"general": "-o", "specific": "-s", "prior": ":v", "world prior": ":^"}
_WHOLE = ("points", "candidates", "seed", "recovered", "complexity")
_REAL = ("noise", "r2", "cpu_seconds")


class Proposed(SymbolicRegressor):
    """A regressor whose blind draws may come from a world's prior."""

    propose: Proposer | None = None

    def proposer(self, clock: Stopwatch) -> Proposer:
        return self.propose or super().proposer(clock)


def regressor(
    proposer: str,
    candidates: int,
    seed: int,
    weights: dict[str, str],
    world: WorldFunctions | None = None,
    view: View | None = None,
) -> SymbolicRegressor:
    """A regressor for one proposer: one round of ``candidates``, no time limit.

    Parameters
    ----------
    weights : dict
        Names or files of the weights ``"general"`` and ``"specific"``.
    world, view
        What ``"world prior"`` draws from.
    """
    if proposer not in PROPOSERS:
        raise InputError(f"no proposer '{proposer}'; there are {', '.join(PROPOSERS)}.")
    settings = {
        "n_candidates": candidates, "rounds": 1, "max_time": None, "random_state": seed,
        "method": "transformer" if proposer in weights else "prior",
    }  # fmt: skip
    if proposer in weights:
        settings["weights"] = weights[proposer]
    made = Proposed(**settings)
    if proposer == "world prior":
        if world is None or view is None:
            raise InputError("'world prior' draws from a world and a view of it: give both.")
        made.propose = world.proposer(view)
    return made


@dataclass(frozen=True)
class Share:
    """How often something was recovered, with Wilson's 95 % interval, and at what cost."""

    share: float
    low: float
    high: float
    n: int
    cpu_seconds: float


def read_rows(path: str | Path) -> list[dict]:
    """Rows of a table of ``benchmarks/world_weights.py``.

    Raises
    ------
    InputError
        If there is no such file, or it is another table.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != HEADER:
                raise InputError(f"'{path}' is not a table of benchmarks/world_weights.py.")
            rows = list(reader)
    except OSError as error:
        raise InputError(f"cannot read the table '{path}': {error.strerror or error}.") from error
    kinds: dict[str, type] = {**dict.fromkeys(_WHOLE, int), **dict.fromkeys(_REAL, float)}
    return [{name: kinds.get(name, str)(row[name]) for name in HEADER} for row in rows]


def recovered(rows: list[dict], task: str, proposer: str, condition: tuple) -> Share | None:
    """Share of searches that found the truth's terms and no others; None without any."""
    here = [
        r for r in rows
        if (r["task"], r["proposer"]) == (task, proposer)
        and (r["points"], r["noise"], r["candidates"]) == tuple(condition)
    ]  # fmt: skip
    if not here:
        return None
    hits = [r["recovered"] for r in here]
    low, high = wilson(sum(hits), len(hits))
    seconds = float(np.mean([r["cpu_seconds"] for r in here]))
    return Share(float(np.mean(hits)), low, high, len(hits), seconds)


def recovery_curves(rows: list[dict], series: str, tasks: Sequence[str], axes: Any = None) -> Any:
    """Share recovered along a series, one panel a task, one line a proposer, 95 % intervals."""
    if axes is None:
        axes = plt.subplots(
            1, len(tasks), figsize=(3.3 * len(tasks) + 0.6, 3.2), sharey=True, squeeze=False
        )[1][0]
    place = {"points": 0, "noise": 1, "candidates": 2}[series]
    for ax, task in zip(axes, tasks, strict=True):
        for k, proposer in enumerate(PROPOSERS):
            found = [(c[place], recovered(rows, task, proposer, c)) for c in SERIES[series]]
            found = [(value, share) for value, share in found if share]
            if not found:
                continue
            at = np.arange(len(found)) + 0.06 * (k - 1.5)  # side by side, so that bars are seen
            shares = np.array([(s.share, s.low, s.high) for _, s in found])
            ax.errorbar(
                at, shares[:, 0], (shares[:, 0] - shares[:, 1], shares[:, 2] - shares[:, 0]),
                fmt=_STYLE[proposer], color=OKABE_ITO[k], label=proposer, markersize=5,
                elinewidth=0.9, capsize=2,
            )  # fmt: skip
            ax.set_xticks(range(len(found)), [f"{value:g}" for value, _ in found])
        ax.set(title=task, xlabel=series, ylim=(-0.03, 1.03))
    axes[0].set_ylabel("equations recovered")
    axes[-1].legend(fontsize=8)
    return axes


def stored(name: str) -> tuple[list[dict], str]:
    """Rows of a stored table, such as "recovery", and the command, commit and date behind it."""
    rows = read_rows(data_path(f"results/finetuning/{name}.csv"))
    return rows, _made(f"results/finetuning/{name}.json")


def stored_agents() -> tuple[list[dict], str]:
    """Runs of the loop with equations from four sources, and the command behind them."""
    rows = loop_ablations.read_study(data_path("results/loop/proposers.csv"))
    return rows, _made("results/loop/proposers.json")


def _made(path: str) -> str:
    made = read_json(data_path(path))["provenance"]
    return f"{made['command']}\ncommit {made['commit']}, {made['date'][:10]}"


def held_out_losses() -> dict[str, dict[str, dict[str, float]]]:
    """``{task: {weights: {"world": …, "general": …}}}`` in nats a token, as stored.

    Weights are the general ones, the shipped adapter, and all weights trained as long.
    """
    found: dict[str, dict[str, dict[str, float]]] = {}
    with open(data_path("results/finetuning/adapters.csv"), newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            losses = {kind: float(row[f"loss_{kind}"]) for kind in ("world", "general")}
            found.setdefault(row["task"], {})[row["weights"]] = losses
    return found


def mean_shares(rows: list[dict]) -> dict[str, list[dict[str, float]]]:
    """``{series: [{proposer: share recovered, mean over worlds}, …]}``, a dict a condition."""
    tasks = list(dict.fromkeys(row["task"] for row in rows))

    def share(proposer: str, condition: tuple) -> float:
        found = [recovered(rows, task, proposer, condition) for task in tasks]
        return float(np.mean([one.share for one in found if one] or [np.nan]))

    return {
        series: [{p: share(p, condition) for p in PROPOSERS} for condition in conditions]
        for series, conditions in SERIES.items()
    }


def replayed(run: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """New speeds, new headings and Δy, (N,) each, of the transitions of a stored run of the car."""
    car, steps = make_task("car2d"), int(run["real steps"])
    settings = RunConfig.make("car2d", "symbolic", steps, run["seed"], proposer="transformer")
    model = make_world_model("symbolic", car, run["seed"], **settings.model)
    loop = Loop(car, model, steps, settings.loop, settings.learner, run["seed"])
    while loop.env_steps < steps:
        loop.interact()
    rows = loop.transitions()[0]
    speed, heading = (rows.next_state[:, car.state_names.index(name)] for name in ("v", "psi"))
    moved = car.difference(rows.next_state, rows.state)[:, car.state_names.index("y")]
    return speed, heading, moved
