"""General against specific weights: who proposes, the stored tables, and their figures.

``benchmarks/world_weights.py`` makes the tables; notebook 08 reads them.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from symtut.errors import InputError
from symtut.expressions import Grammar, canonical_terms, decode
from symtut.lab.style import OKABE_ITO
from symtut.regression import SymbolicRegressor
from symtut.regression.benchmark.tables import wilson
from symtut.regression.search.fits import Terms
from symtut.regression.transformer.world_functions import View, WorldFunctions

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

    propose: Callable | None = None

    def _proposer(self, clock):
        return self.propose or super()._proposer(clock)


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


def general_draws(n: int, n_variables: int, generator: np.random.Generator) -> list[Terms]:
    """``n`` canonical skeletons from the prior of the general weights; unusable ones are ()."""
    codes = Grammar().sample_codes(np.full(n, n_variables), generator)
    return [canonical_terms(decode(row)) if row[0] else () for row in codes]


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


def points_of_two_worlds(
    general: list[np.ndarray], world: np.ndarray, names: tuple[str, ...]
) -> Figure:
    """Where random functions are looked at in pretraining (some draws), and in a world.

    Parameters
    ----------
    general : list of (n, 2) arrays
        Standardised points of examples of the pretraining.
    world : (n, 2) array
        Two columns that a random policy visited, in the order of time; ``names`` labels them.
    """
    figure = plt.figure(figsize=(9.4, 3.4))
    ((left, right),) = figure.subfigures(1, 2, squeeze=False, width_ratios=(1.25, 1))
    axes = left.subplots(2, 3)
    for k, (ax, points) in enumerate(zip(axes.flat, general, strict=False)):
        ax.plot(points[:, 0], points[:, 1], ".", markersize=3, color=OKABE_ITO[k % 6])
        ax.set(xticks=[], yticks=[])
    left.suptitle("six examples of the pretraining", fontsize=10)
    ax = right.subplots()
    ax.plot(world[:, 0], world[:, 1], ".", markersize=2.5, color=OKABE_ITO[0])
    ax.set(xlabel=names[0], ylabel=names[1])
    right.suptitle("one world: what a random policy visits", fontsize=10)
    return figure


def bits_chart(bits: dict[str, dict[str, float]]) -> Figure:
    """Bits that each equation costs, for each prior: ``{equation: {prior: bits}}``.

    NaN stands for an equation that was never drawn.
    """
    figure, ax = _bars(bits, 0.55, ".1f")
    ax.set(xlabel="bits: −log₂ of the chance to draw it")
    ax.legend(loc="lower right", fontsize=8.5)
    return figure


def losses_chart(losses: dict[str, dict[str, float]]) -> Figure:
    """Held-out losses ``{weights: {functions: nats a token}}`` as grouped bars."""
    figure, ax = _bars(losses, 0.6, ".2f")
    ax.set(xlabel="held-out loss (nats a token)")
    ax.legend(fontsize=8.5, loc="upper center", bbox_to_anchor=(0.5, 1.25), ncol=3)
    return figure


def _bars(table: dict[str, dict[str, float]], height: float, digits: str):
    """Horizontal bars with their values: a group for each row, a colour for each column."""
    figure, ax = plt.subplots(figsize=(7.4, 0.6 + height * len(table)))
    columns = list(next(iter(table.values())))
    for k, column in enumerate(columns):
        at = np.arange(len(table)) + 0.36 * (k - (len(columns) - 1) / 2)
        values = [row[column] for row in table.values()]
        ax.barh(at, np.nan_to_num(values), 0.34, color=OKABE_ITO[k], label=column)
        for y, value in zip(at, values, strict=True):
            text = " never drawn" if np.isnan(value) else f" {value:{digits}}"
            ax.text(0 if np.isnan(value) else value, y, text, va="center", fontsize=8.5)
    ax.set_yticks(range(len(table)), list(table))
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.margins(x=0.15)
    return figure, ax
