"""What the course has stored about SAC on the pendulum: ten runs, their cost, another library."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from symtut.experiments import statistics as st
from symtut.experiments.tables import read_curves, read_runs
from symtut.lab import curves
from symtut.lab.style import OKABE_ITO
from symtut.paths import data_path
from symtut.tasks.pendulum import DT

FOLDER = "results/comparison/pendulum"


def band() -> tuple[np.ndarray, ...]:
    """(real steps, interquartile mean, low, high) of ten runs of SAC, each (N,)."""
    found = read_curves(data_path(f"{FOLDER}/curves.csv"))[("pendulum", "sac")]
    return (found.env_steps, *st.curve_band(found.returns))


def fell_again(threshold: float, below: float) -> tuple[int, int]:
    """(how many runs of SAC fell below a return after they had reached the threshold, all runs)."""
    returns = read_curves(data_path(f"{FOLDER}/curves.csv"))[("pendulum", "sac")].returns
    fell = 0
    for run in returns:
        there = np.flatnonzero(run >= threshold)
        fell += int(len(there) > 0 and run[there[0] :].min() < below)
    return fell, len(returns)


def bill() -> pd.DataFrame:
    """What each method spent until the threshold: one row a method, medians over seeds."""
    rows = {}
    records = read_runs(data_path(f"{FOLDER}/runs.csv"))
    for method, runs in records.groupby("method", sort=False):
        waits = st.censored(runs.steps_to_threshold, runs.env_steps)
        steps = st.steps_to_threshold(waits)
        rows[method] = {
            "runs": len(runs), "reached": int(waits[:, 1].sum()), "real steps": steps.value,
            "from": steps.low, "to": steps.high, "seconds": steps.value * DT,
            "CPU-s": runs.cpu_seconds.median(),
            "return": st.mean_return(runs.final_return).value,
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index")


def bill_figure() -> Figure:
    """The real steps of every method until the threshold, with every run."""
    records = read_runs(data_path(f"{FOLDER}/runs.csv"))
    figure, axes = plt.subplots(figsize=(7, 3.3))
    curves.steps_chart(records, "pendulum", axes)
    axes.set_title(f"Real steps until {records.threshold.iloc[0]:g}")
    return figure


def beside_stable_baselines() -> tuple[Figure, pd.DataFrame]:
    """Our SAC beside that of Stable-Baselines3: all runs, and a row a task and library.

    ``return``, ``worst`` and ``best``: a run's mean over the second half of its steps; their mean
    over seeds, and the worst and the best seed.
    """
    runs = pd.read_csv(data_path("results/sac/curves.csv"))
    names, rows = list(dict.fromkeys(runs.task)), []
    figure, axes = plt.subplots(1, len(names), figsize=(2.7 * len(names), 2.7), squeeze=False)
    for name, ax in zip(names, axes[0], strict=True):
        for who, colour, dash in (("ours", OKABE_ITO[0], "-"), ("SB3", OKABE_ITO[1], "--")):
            mine = runs[(runs.task == name) & (runs.who == who)]
            table = mine.pivot(index="env_steps", columns="seed", values="mean_return")
            ax.fill_between(
                table.index, table.min(axis=1), table.max(axis=1), color=colour, alpha=0.2,
                linewidth=0,
            )  # fmt: skip
            ax.plot(table.mean(axis=1), dash, color=colour, linewidth=2, label=f"{who}, mean")
            second = table.iloc[len(table) // 2 :].mean()
            ends = mine.loc[mine["env_steps"] == table.index[-1], "cpu_seconds"]
            rows.append({
                "task": name, "library": who, "seeds": len(second), "steps": table.index[-1],
                "return": second.mean(), "worst": second.min(), "best": second.max(),
                "CPU-s": np.mean(ends),
            })  # fmt: skip
        ax.set(title=name, xlabel="real steps")
        ax.legend(fontsize=8, loc="lower right")
    axes[0, 0].set_ylabel("mean real return")
    return figure, pd.DataFrame(rows)
