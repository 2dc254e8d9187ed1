"""The stored comparison of notebook 11: read, described, and drawn."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from symtut.errors import InputError
from symtut.experiments import statistics as st
from symtut.experiments.tables import Cell, Curves, read_curves, read_runs
from symtut.lab import curves
from symtut.lab.style import INK, OKABE_ITO, method_style, plain_log_axis
from symtut.paths import data_path
from symtut.storage import read_json

TASKS, METHODS = ("pendulum", "car2d", "reacher"), ("mbpo", "sac")
"""Those of the tuning."""


@dataclass(frozen=True)
class Comparison:
    """Runs and curves of each sweep, and where they come from."""

    runs: dict[str, pd.DataFrame]
    curves: dict[str, dict[Cell, Curves]]
    origins: dict[str, dict[str, str]]


def stored() -> Comparison:
    """All sweeps in ``results/comparison``.

    Raises
    ------
    InputError
        If SAC on the pendulum is missing, on which the notebook shows what seeds tell.
    """
    folder = data_path("results/comparison")
    names = sorted(path.parent.name for path in folder.glob("*/runs.csv"))
    found = Comparison(
        {name: read_runs(folder / name / "runs.csv") for name in names},
        {name: read_curves(folder / name / "curves.csv") for name in names},
        {name: _origin(read_json(folder / name / "table.json")) for name in names},
    )
    if ("pendulum", "sac") not in found.curves.get("pendulum", {}):
        raise InputError("this notebook needs finished runs of sac on the pendulum; make them.")
    return found


def _origin(table: dict) -> dict[str, str]:
    commits = [commit[:7] for commit in table["commits"]]
    return {"commits": ", ".join(commits), "tables made": table["made"][-1]["date"][:10]}


def shown(interval: Sequence[float], digits: int = 0) -> str:
    """``value [low, high]``."""
    value, low, high = (f"{v:.{digits}f}" if np.isfinite(v) else "∞" for v in interval)
    return f"{value} [{low}, {high}]"


def tuning_trials() -> list[dict[str, str]]:
    """The stored trials of other settings of the baselines, one a run."""
    path = data_path("results/tuning/tuning.csv")
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


Settings = dict[str, list[float]]  # setting -> means of the learning curves of its runs


def settings_of(trials: list[dict[str, str]], method: str, task: str) -> Settings:
    """The runs of each setting of one method on one task."""
    found: Settings = {}
    for trial in trials:
        if (trial["task"], trial["method"]) == (task, method):
            found.setdefault(trial["setting"], []).append(float(trial["mean_return"]))
    return found


def clearly_better(trials: list[dict[str, str]], method: str, task: str) -> dict:
    """``{setting: price}`` of settings whose every run is above every run of the default.

    The price is the CPU time over that of the default, among runs of the same days (that is, of one
    commit); None where there are none.
    """
    means = settings_of(trials, method, task)
    seconds: dict[tuple[str, str], list[float]] = {}
    for trial in trials:
        if (trial["task"], trial["method"]) == (task, method):
            day = trial["setting"], trial["commit"]
            seconds.setdefault(day, []).append(float(trial["cpu_seconds"]))
    prices = {}
    for setting in means:
        if min(means[setting]) > max(means["default"]):
            days = [day for s, day in seconds if s == setting and ("default", day) in seconds]
            ratios = [
                np.mean(seconds[setting, day]) / np.mean(seconds["default", day]) for day in days
            ]
            prices[setting] = float(np.mean(ratios)) if ratios else None
    return prices


# ---- figures -------------------------------------------------------------------------------------


def learning_curves(found: Comparison, tasks: list[str]) -> Figure:
    """Returns over real steps, a panel each task."""
    figure, axes = _panels(len(tasks), 3.4)
    for task, ax in zip(tasks, axes, strict=True):
        runs, lines = _with_dreamer(found, task)
        curves.sample_efficiency(lines, task, runs.threshold[0], ax)
    return figure


def shares_there(found: Comparison, tasks: list[str], share: Callable) -> Figure:
    """Share of runs at the threshold over real steps, a panel each task.

    share : (steps, given, budgets (B,)) -> (B,), nan where it is not known
    """
    figure, axes = _panels(len(tasks), 2.7)
    for task, ax in zip(tasks, axes, strict=True):
        runs = _with_dreamer(found, task)[0]
        first, longest = runs.steps_to_threshold.min() / 2, runs.env_steps.max()
        first = longest / 100 if np.isnan(first) else first
        for i, (method, rows) in enumerate(runs.groupby("method", sort=False)):
            waits, given = steps_of(rows), list(rows.env_steps)
            arrivals = {wait for wait in waits if wait is not None}
            budgets = np.array(sorted({first, *arrivals, max(given), longest}))
            there = share(waits, given, budgets)
            known = ~np.isnan(there)
            ax.plot(
                budgets[known], there[known], drawstyle="steps-post", label=method, clip_on=False,
                **method_style(str(method)), linewidth=6 / (1 + 0.5 * i),  # those alike show
            )  # fmt: skip
        ax.axhline(0.5, color=INK, linewidth=1, linestyle=":")
        ax.set(title=task, xscale="log", xlabel="real environment steps", ylabel="share there")
        ax.set(xlim=(first, longest), ylim=(0, 1))
        plain_log_axis(ax)
        ax.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def stopped_runs(
    budgets: np.ndarray, whole: np.ndarray, shares: dict[str, np.ndarray], task: str
) -> Figure:
    """Shares (B,) of runs there: of whole runs, and several ways to tell it from stopped ones."""
    figure, axes = plt.subplots(figsize=(7, 3.2))
    axes.plot(budgets, whole, color=INK, linewidth=4, alpha=0.3, label="the whole runs",
              drawstyle="steps-post")  # fmt: skip
    for (name, share), colour, dash in zip(
        shares.items(), OKABE_ITO, ("-", "--", ":"), strict=False
    ):
        axes.plot(budgets, share, dash, color=colour, label=name, drawstyle="steps-post")
    axes.set(xlabel="real environment steps", ylabel="share at the threshold", ylim=(0, 1.03))
    axes.set_title(f"SAC on {task}, every run stopped at random")
    axes.legend(fontsize=8.5)
    return figure


def steps_of(found: pd.DataFrame) -> list[float | None]:
    """Steps to the threshold of each run, None for those that never got there."""
    steps = found["steps_to_threshold"].astype(float)
    return [None if np.isnan(wait) else wait for wait in steps]


def _with_dreamer(found: Comparison, task: str) -> tuple[pd.DataFrame, dict[Cell, Curves]]:
    """Runs and curves on a task; Dreamer's, with fewer seeds, are a sweep of their own."""
    names = [name for name in (task, f"{task}_dreamer") if name in found.runs]
    runs = pd.concat([found.runs[name] for name in names], ignore_index=True)
    return runs, {cell: line for name in names for cell, line in found.curves[name].items()}


def _panels(count: int, height: float):
    """Panels below each other: side by side their labels would be too small on a page."""
    figure, axes = plt.subplots(count, 1, figsize=(7.4, height * count), squeeze=False)
    return figure, axes[:, 0]


def interval_by_seeds(counts: list[int], intervals: np.ndarray, returns: np.ndarray) -> Figure:
    """(value, low, high) rows for the first so many of the ``returns`` (n,)."""
    figure, axes = plt.subplots(figsize=(7, 3.2))
    value, low, high = np.transpose(intervals)
    axes.plot(np.arange(1, len(returns) + 1), returns, "x", color=INK, label="the run itself")
    axes.errorbar(
        counts, value, [value - low, high - value], fmt="o", color=OKABE_ITO[0], capsize=4,
        label="IQM of the runs so far, with your interval",
    )  # fmt: skip
    axes.set(xlabel="number of seeds", ylabel="mean return", xticks=range(1, len(returns) + 1))
    axes.legend(fontsize=8.5, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return figure


def two_labs(differences: dict[int, np.ndarray], steps: int) -> Figure:
    """Differences (worlds,) between two labs with so many seeds each."""
    figure, axes = plt.subplots(figsize=(7, 3.2))
    for (seeds, values), colour in zip(differences.items(), OKABE_ITO[1::-1], strict=True):
        axes.hist(values, 60, density=True, alpha=0.5, color=colour, label=f"{seeds} seeds")
    axes.set(xlabel=f"difference of mean return after {steps} real steps", ylabel="density")
    axes.set_title("One learner, two labs")
    axes.legend()
    return figure


def final_returns_by_steps(given: dict[str, list[pd.DataFrame]]) -> Figure:
    """Final returns of all symbolic runs over the steps that they were given."""
    figure, axes = plt.subplots(1, max(1, len(given)), figsize=(8.2, 3.2), squeeze=False)
    for (task, tables), ax in zip(given.items(), axes[0], strict=False):
        for found in tables:
            steps = [found.env_steps.iloc[0]] * len(found)
            ax.plot(steps, found.final_return, "o", color=OKABE_ITO[0], alpha=0.5)
        ax.axhline(tables[-1].threshold.iloc[0], color=INK, linewidth=1, linestyle=":")
        amounts = [found.env_steps.iloc[0] for found in tables]
        ax.set(xscale="log", xlabel="real steps", title=f"{task}, symbolic: every run")
        ax.set_xticks(amounts, map(str, amounts))
        ax.minorticks_off()
    axes[0, 0].set_ylabel("final return")
    return figure


def chosen_seeds(found: Curves, threshold: float, show: str, count: int) -> Figure:
    """The learning curve of SAC on the pendulum from chosen seeds, beside that of all."""
    best = np.argsort([np.argmax(row > threshold) for row in found.returns])
    rows = {"best runs": best, "worst runs": best[::-1], "first seeds": np.arange(len(best))}
    chosen = rows[show][:count]
    figure, axes = plt.subplots(figsize=(7, 3.4))
    picked = Curves(tuple(found.seeds[i] for i in chosen), found.env_steps, found.returns[chosen])
    curves.sample_efficiency({("pendulum", "sac"): picked}, "pendulum", threshold, axes)
    middle = st.curve_band(found.returns)[0]
    axes.plot(found.env_steps, middle, color=INK, linewidth=1, label=f"all {len(best)} seeds")
    axes.set_title(f"the {count} {show}" if show != "first seeds" else f"the first {count} seeds")
    axes.legend(loc="lower right", fontsize=8.5)
    return figure


def tuning(trials: list[dict[str, str]]) -> Figure:
    """The mean of every run's learning curve, by setting; ours in colour."""
    most = [max(len(settings_of(trials, m, task)) for m in METHODS) for task in TASKS]
    figure, axes = plt.subplots(
        len(TASKS), len(METHODS), figsize=(9, 1.8 + 0.4 * sum(most)), height_ratios=most
    )
    for task, row in zip(TASKS, axes, strict=True):
        for method, ax in zip(METHODS, row, strict=True):
            settings = settings_of(trials, method, task)
            for i, (setting, means) in enumerate(settings.items()):
                colour = OKABE_ITO[0] if setting == "default" else INK
                ax.plot(means, [i] * len(means), "o", color=colour, alpha=0.7)
            names = [setting.replace(",", ",\n") for setting in settings]
            ax.set_yticks(range(len(settings)), names, fontsize=8)
            ax.invert_yaxis()
            ax.set_title(f"{method} on {task}")
    for ax in axes[-1]:
        ax.set_xlabel("mean of the learning curve")
    return figure
