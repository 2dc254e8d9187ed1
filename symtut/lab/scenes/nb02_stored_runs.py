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
            "from": steps.low, "to": steps.high, "seconds of pendulum": steps.value * DT,
            "CPU-s": runs.cpu_seconds.median(),
            "final return": st.mean_return(runs.final_return).value,
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index")


def bill_figure() -> Figure:
    """Left the ten runs of SAC, right the real steps of every method."""
    records = read_runs(data_path(f"{FOLDER}/runs.csv"))
    threshold = records.threshold.iloc[0]
    key = ("pendulum", "sac")
    stored = read_curves(data_path(f"{FOLDER}/curves.csv"))[key]
    figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.8))
    curves.sample_efficiency({key: stored}, "pendulum", threshold, axes[0])
    axes[0].set_title("Ten runs of SAC")
    axes[0].legend(loc="lower right", fontsize=8.5)
    curves.steps_chart(records, "pendulum", axes[1])
    axes[1].set_title(f"Real steps until {threshold:g}")
    return figure


def beside_stable_baselines() -> pd.DataFrame:
    """Our SAC beside that of Stable-Baselines3: draws the runs, returns a row a task and library.

    ``return``, ``worst`` and ``best``: a run's mean over the second half of its steps; their mean
    over seeds, and the worst and the best seed.
    """
    runs = pd.read_csv(data_path("results/sac/curves.csv"))
    names, rows = list(dict.fromkeys(runs.task)), []
    _, axes = plt.subplots(1, len(names), figsize=(2.9 * len(names), 2.7), squeeze=False)
    for name, ax in zip(names, axes[0], strict=True):
        for who, colour in (("ours", OKABE_ITO[0]), ("SB3", OKABE_ITO[1])):
            mine = runs[(runs.task == name) & (runs.who == who)]
            table = mine.pivot(index="env_steps", columns="seed", values="mean_return")
            ax.plot(table, color=colour, alpha=0.35, linewidth=0.8)
            ax.plot(table.mean(axis=1), color=colour, linewidth=2, label=f"{who}, mean")
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
    return pd.DataFrame(rows)
