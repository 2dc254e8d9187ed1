"""How far can each world model be left alone? Open-loop error at 1 … 200 steps.

    python benchmarks/open_loop_error.py --out data/results/open_loop

Every model is fitted to the same 200 real transitions of a random policy. Then it is fed actions
and sees reality only when it is compared with it. Two regions:

- ``inside``: from where episodes begin, a new action drawn at random at every step, as in the data;
- ``outside``: starts drawn from a box twice as wide as what the 200 transitions show (within the
  task's bounds), and actions at their limits, each held for ten steps: paths that the data do not
  show.

Both are played in the task's true dynamics, without a time limit. The error at a lead is the root
mean square over starts and coordinates, each in units of its spread in the 200 transitions. Paths
end where a bound of the state acts, which no model here knows about. (Only the two ends of a step
can be checked: a fast elbow of Reacher's that strikes its stop and comes back within one step stays
in, and outside the data such steps make up nearly all of the error.) The ensemble (``mbpo``)
predicts with the mean of its elites; drawn as in MBPO's rollouts its errors would be larger.
Writes ``open_loop.csv`` (one row for each task, method, seed, region and lead), its provenance
beside it, and a figure.
"""

import argparse
import math
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import torch

from symtut.experiments.statistics import interquartile_mean
from symtut.lab.style import method_style, use_style
from symtut.paths import ensure_folder
from symtut.storage import provenance, write_csv, write_json
from symtut.tasks import Task, Transitions, make_task
from symtut.tasks.random_policy import random_transitions
from symtut.world_models import make_world_model
from symtut.world_models.validation import lead_errors, spread, stretches

METHODS = ("symbolic", "sparse", "mbpo", "oracle")
LEADS = (1, 2, 5, 10, 20, 50, 100, 200)
HOLD = 10  # steps for which an action outside is held
HEADER = ["task", "method", "seed", "region", "lead", "error", "fit_cpu_seconds"]


def paths(task: Task, state: np.ndarray, draw, length: int) -> Transitions:
    """The true dynamics from states (n, S) under actions in [-1, 1] that ``draw(step)`` gives."""
    n, rows = len(state), []
    for step in range(length):
        action = task.from_unit_action(draw(step))
        after = np.asarray(task.true_step(state, action))
        rows.append((state, action, after))
        state = after
    states, actions, next_states = (
        np.stack(part, axis=1).reshape(n * length, -1) for part in zip(*rows, strict=True)
    )
    total, episode = n * length, np.repeat(np.arange(n), length)
    return Transitions(
        states, actions, next_states, np.zeros(total), np.zeros(total, dtype=bool), episode
    )


def regions(task: Task, seen: Transitions, n: int, length: int, seed: int) -> dict:
    """Name of the region → ``n`` paths of ``length`` steps."""
    generator = np.random.default_rng(np.random.SeedSequence([seed, 1]))
    size = (n, task.action_size)
    begin = task.start_state(n, torch.Generator().manual_seed(seed + 10_000)).double().numpy()
    low, high = seen.state.min(0), seen.state.max(0)
    low, high = low - (high - low) / 2, high + (high - low) / 2  # twice as wide
    low, high = np.maximum(low, task.state_low), np.minimum(high, task.state_high)
    held = generator.choice([-1.0, 1.0], (math.ceil(length / HOLD), *size))
    return {
        "inside": paths(task, begin, lambda step: generator.uniform(-1, 1, size), length),
        "outside": paths(
            task, generator.uniform(low, high, (n, task.state_size)),
            lambda step: held[step // HOLD], length,
        ),
    }  # fmt: skip


def errors_of(name: str, methods, seed: int, steps: int, episodes: int) -> list[list]:
    """Rows of the table for one task and one seed."""
    task = make_task(name)
    seen = random_transitions(task, steps, seed)
    longest, rows = max(LEADS), []
    played = regions(task, seen, episodes, longest, seed)
    for method in methods:
        model = make_world_model(method, task, seed)
        started = time.process_time()
        model.fit(seen)
        spent = time.process_time() - started
        if method == "mbpo":  # the mean of the elites: drawing would add its own noise
            model = SimpleNamespace(predict=partial(model.predict, deterministic=True))
        for region, transitions in played.items():
            pieces = stretches(task, transitions, np.ones(len(transitions), dtype=bool))
            errors = lead_errors(model, task, pieces, spread(task, seen.state), longest)
            rows += [
                [name, method, seed, region, lead, float(errors[lead - 1]), round(spent, 2)]
                for lead in LEADS
                if lead <= len(errors)
            ]
    return rows


def figure(rows: list[list], path: Path) -> None:
    """One panel for each task and region; lines are interquartile means, dots the seeds."""
    tasks = list(dict.fromkeys(row[0] for row in rows))
    use_style()
    _, axes = plt.subplots(
        2, len(tasks), figsize=(4.6 * len(tasks), 6.4), sharey=True, squeeze=False
    )
    for column, task in enumerate(tasks):
        for line, region in enumerate(("inside", "outside")):
            ax = axes[line, column]
            for method in METHODS:
                chosen = [r for r in rows if (r[0], r[1], r[3]) == (task, method, region)]
                leads = sorted({r[4] for r in chosen})
                found = [[r[5] for r in chosen if r[4] == lead] for lead in leads]
                if not leads:
                    continue
                style = method_style(method)
                middle = [interquartile_mean(np.array(values)) for values in found]
                ax.loglog(leads, np.maximum(middle, 1e-9), label=method, **style)
                for lead, values in zip(leads, found, strict=True):
                    ax.plot(
                        [lead] * len(values), np.maximum(values, 1e-9), ".", markersize=3,
                        color=style["color"], alpha=0.35,
                    )  # fmt: skip
            ax.set_title(f"{task}, {region} the data's range")
            ax.set_xlabel("steps ahead")
            ax.set_xticks(LEADS, [str(lead) for lead in LEADS])
            ax.minorticks_off()
        axes[0, column].set_ylabel("error / spread")
        axes[1, column].set_ylabel("error / spread")
    axes[0, 0].legend(fontsize=8.5)
    plt.savefig(path, dpi=100)
    plt.close()


def summary(rows: list[list]) -> str:
    """Interquartile means at the longest lead, and the ensemble's over the symbolic model's."""
    lines = []
    for task in dict.fromkeys(row[0] for row in rows):
        for region in ("inside", "outside"):
            here = [r for r in rows if (r[0], r[3]) == (task, region)]
            lead = max((r[4] for r in here), default=0)
            chosen = [r for r in here if r[4] == lead]
            means = {
                method: float(
                    interquartile_mean(np.array([r[5] for r in chosen if r[1] == method]))
                )
                for method in dict.fromkeys(r[1] for r in chosen)
            }
            shown = "  ".join(f"{method} {value:.2g}" for method, value in means.items())
            if "symbolic" in means and "mbpo" in means:
                shown += f"  (mbpo / symbolic {means['mbpo'] / max(means['symbolic'], 1e-12):.2g})"
            lines.append(f"{task}, {region}, {lead} steps: {shown}")
    return "\n".join(lines)


def main(argv=None) -> list[list]:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tasks", default="pendulum,car2d,reacher")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=200, help="transitions that models see")
    parser.add_argument("--episodes", type=int, default=20, help="paths to compare with")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    out, rows = ensure_folder(options.out), []
    for task in options.tasks.split(","):
        for seed in range(options.seeds):
            methods = options.methods.split(",")
            rows += errors_of(task, methods, seed, options.steps, options.episodes)
            write_csv(out / "open_loop.csv", HEADER, rows)
            print(f"{task}, seed {seed} done", flush=True)
    settings = {name: str(value) for name, value in vars(options).items() if name != "out"}
    write_json(out / "open_loop.json", {"settings": settings, "provenance": provenance()})
    figure(rows, out / "open_loop.png")
    print(summary(rows))
    return rows


if __name__ == "__main__":
    main()
