"""What notebook 01 compares on the same real steps: counting and planning, and Q-learning."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from symtut.experiments import statistics as st
from symtut.lab import style
from symtut.lab.scenes.nb01_mdp import FiniteMDP, policy_values, sample_episode

MARKS = (100, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000, 10000, 15000, 20000, 30000)
LOOKS = ("symbolic", "sparse", "sac")


class Practice:
    """Random walks that begin in any cell and are cut after 50 steps, and judges of policies.

    Attributes
    ----------
    experience : (runs, steps, 4)
        State, action, reward, next state.
    marks : list of int
        After how many real steps policies are judged.
    """

    def __init__(self, mdp: FiniteMDP, gamma: float, runs: int, steps: int, seed: int):
        live = ~mdp.terminal
        self.mdp, self.gamma = replace(mdp, p0=live / live.sum()), gamma
        self.marks = [mark for mark in MARKS if mark <= steps]
        self.at_random = np.full((mdp.n_states, mdp.n_actions), 1 / mdp.n_actions)
        seeds = [1000 * (seed + 1) + k for k in range(runs)]
        self.experience = np.stack([self._walk(each, steps) for each in seeds])

    def _walk(self, seed, steps):
        generator, parts, seen = np.random.default_rng(seed), [], 0
        while seen < steps:
            e = sample_episode(self.mdp, self.at_random, 50, generator)
            parts.append(np.column_stack([e.states[:-1], e.actions, e.rewards, e.states[1:]]))
            seen += len(e.actions)
        return np.concatenate(parts)[:steps]

    def value(self, policy: np.ndarray) -> float:
        """Mean over start cells of a policy's value in the real world, exactly."""
        return float(self.mdp.p0 @ policy_values(self.mdp, policy, self.gamma))

    def planned(self, plan: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """(runs, marks) values of the policies that ``plan`` makes of the steps so far."""
        runs = self.experience
        return np.array([[self.value(plan(run[:mark])) for mark in self.marks] for run in runs])

    def q_learning(self, rate: float, replays: int = 0) -> np.ndarray:
        """(runs, marks) values of the greedy policies of Q-learning; ``replays`` a real step."""
        data, (n, m) = self.experience, self.at_random.shape
        state, action, following = (data[..., k].astype(int) for k in (0, 1, 3))
        runs, q = np.arange(len(data)), np.zeros((len(data), n, m))
        generator, found = np.random.default_rng(0), []

        def update(t):  # (runs,) which transition of each run; all runs side by side
            s, a = state[runs, t], action[runs, t]
            target = data[runs, t, 2] + self.gamma * q[runs, following[runs, t]].max(-1)
            q[runs, s, a] += rate * (target - q[runs, s, a])

        for t in range(data.shape[1]):
            update(np.full(len(data), t))
            for _ in range(replays):
                update(generator.integers(t + 1, size=len(data)))
            if t + 1 in self.marks:
                found.append([self.value(policy) for policy in q.argmax(-1)])
        return np.array(found).T

    def figure(self, found: dict[str, np.ndarray], levels: dict[str, float]) -> Figure:
        """Values over real steps: interquartile mean and 95 % interval of each learner."""
        figure, axes = plt.subplots(figsize=(7.6, 3.7))
        for (name, values), look in zip(found.items(), LOOKS, strict=True):
            middle, low, high = st.curve_band(values)
            axes.plot(self.marks, middle, label=name, **style.method_style(look))
            axes.fill_between(
                self.marks, low, high, color=style.METHOD_COLOUR[look], alpha=0.18, linewidth=0
            )
        for (text, level), at in zip(levels.items(), ("bottom", "top", "center"), strict=True):
            axes.axhline(level, color=style.INK, linewidth=0.8, linestyle=":")
            axes.text(1.01, level, text, fontsize=8, va=at, transform=axes.get_yaxis_transform())
        axes.set(xscale="log", xlabel="real steps", ylabel="mean value of the start cells")
        style.plain_log_axis(axes)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 0.12), fontsize=8.5)
        return figure

    def steps_to(self, level: float, found: dict[str, np.ndarray]) -> pd.DataFrame:
        """Real steps until the level: median, 95 % interval, and how many runs end there."""
        rows = {}
        for name, values in found.items():
            first = [
                next((m for m, v in zip(self.marks, run, strict=True) if v >= level), None)
                for run in values
            ]
            waits = st.censored(first, [self.marks[-1]] * len(values))
            steps, there = st.steps_to_threshold(waits), (values[:, -1] >= level).sum()
            rows[name] = {"real steps": steps.value, "from": steps.low, "to": steps.high,
                          "there in the end": there, "runs": len(values)}  # fmt: skip
        return pd.DataFrame.from_dict(rows, orient="index")


def returns(values: np.ndarray, gamma: float) -> Figure:
    """A histogram of returns and their mean."""
    figure, axes = plt.subplots(figsize=(6, 2.6))
    axes.hist(values, bins=np.arange(-0.825, 0.85, 0.05).tolist(), color=style.OKABE_ITO[0])
    axes.axvline(values.mean(), color=style.OKABE_ITO[1], linestyle="--", label="mean")
    axes.set(xlabel=f"return of an episode (discount {gamma:g})", ylabel="episodes")
    axes.legend()
    return figure


def discounts(gammas: Sequence[float]) -> Figure:
    """What a later reward counts; the dots stand 1 / (1 - gamma) steps ahead."""
    figure, axes = plt.subplots(figsize=(7, 2.9))
    steps = np.arange(0, 301)
    for gamma, dash, colour in zip(gammas, (":", "--", "-"), style.OKABE_ITO, strict=False):
        axes.plot(steps, gamma**steps, dash, color=colour, label=f"γ = {gamma}")
        axes.plot(1 / (1 - gamma), gamma ** (1 / (1 - gamma)), "o", color=colour)
    axes.set(xlabel="steps ahead", ylabel="weight of a reward", xlim=(0, 250), ylim=(0, 1.02))
    axes.legend()
    return figure


def convergence(changes: dict[float, Sequence[float]]) -> Figure:
    """The largest change of each sweep, by discount; dotted: shrinking by the discount alone."""
    figure, axes = plt.subplots(figsize=(7, 3.1))
    for (gamma, change), marker, colour in zip(
        changes.items(), "osD", style.OKABE_ITO, strict=False
    ):
        change = np.asarray(change)[:50]
        axes.semilogy(change, color=colour, marker=marker, markersize=3, label=f"γ = {gamma}")
        axes.semilogy(change[0] * gamma ** np.arange(len(change)), ":", color=colour)
    axes.set(xlabel="sweeps before", ylabel="largest change of any state", ylim=(1e-10, 3))
    axes.legend(loc="lower left")
    return figure


def bars(values: dict[str, float]) -> Figure:
    """Mean real returns, one bar each, with their numbers."""
    figure, axes = plt.subplots(figsize=(7, 2.6))
    axes.barh(list(values), list(values.values()), color=style.OKABE_ITO[0])
    for row, value in enumerate(values.values()):
        axes.text(value - 15, row, f"{value:.0f}", ha="right", va="center", fontsize=9)
    axes.invert_yaxis()
    axes.set(xlabel="mean real return", xlim=(min(values.values()) * 1.17, 0),
             title="What the policy is allowed to see")  # fmt: skip
    return figure
