"""General against specific weights: what does fine-tuning to a world buy, beside its own prior?

    python benchmarks/world_weights.py --tasks pendulum,car2d,reacher --out data/results/finetuning

Each equation of motion is looked for in transitions of a random policy that no training has seen,
by four proposers with the same constant fitting and recombination:

- ``general``        the transformer with general weights;
- ``specific``       the transformer fine-tuned to this world;
- ``prior``          blind draws from the prior of the general weights;
- ``world prior``    blind draws from the prior that the specific weights were fine-tuned on: what
                     of the gain is knowledge of the world, and what is reading of the points.

Three series: over the number of points (no noise), over noise (200 points), over the number of
candidates (200 points, 5 % noise). One round of proposals each. *Recovered* means that the best
equation has the terms of the truth and no other, whatever the constants; R² is against the truth
without noise on other transitions.

``--changed`` takes the weights to other physics: a pendulum of other length, mass and gravity, a
car with other drag.
"""

import argparse
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from symtut.expressions import Expression, terms_of
from symtut.lab.scenes.nb08_fine_tuning import HEADER, PROPOSERS, SERIES, regressor
from symtut.paths import ensure_folder
from symtut.regression.problems.holdout import skeleton_key
from symtut.regression.transformer.weights import load_weights
from symtut.storage import provenance, write_csv, write_json
from symtut.tasks import Task, make_task
from symtut.tasks.random_policy import random_transitions
from symtut.world_models.views import world_functions

TUNING_STEPS, FRESH = 1000, 400  # real steps behind the world's prior; transitions to judge on


@dataclass(frozen=True)
class Target:
    """One increment: its truth as text, in columns given by name (``v_next``: the next value)."""

    name: str
    truth: str
    inputs: tuple[str, ...]


def targets(task: Task, physics: dict) -> list[Target]:
    """What is looked for in a task; angles of the arm are those of free joints."""
    if task.name == "pendulum":
        g, m, length, dt = (physics[k] for k in ("g", "m", "l", "dt"))
        gravity, push = 3 * g / (2 * length) * dt, 3 / (m * length**2) * dt
        force = f"{gravity}*sin(theta) + {push}*u"
        names = ("theta", "theta_dot", "u")
        return [
            Target("theta_dot", force, names),
            Target("theta", f"{dt}*theta_dot + {dt * gravity}*sin(theta) + {dt * push}*u", names),
        ]
    if task.name == "car2d":
        now, after = (
            ("x", "y", "psi", "v", "a1", "a2"),
            ("x", "y", "psi_next", "v_next", "a1", "a2"),
        )
        keep = 1 - 0.1 * physics["drag"]
        return [
            Target("v", f"0.2*a1 - {0.1 * physics['drag']}*v", now),
            Target("psi", f"{0.2 * keep}*a2*v + 0.04*a1*a2", now),
            Target("x", "0.1*v_next*cos(psi_next)", after),
            Target("y", "0.1*v_next*sin(psi_next)", after),
        ]
    names = tuple((*task.state_names, *task.action_names)[j] for j in task.inputs_of("theta1"))
    named = zip(task.state_names, task.true_equations, strict=True)
    return [Target(name, text, names) for name, text in named if text != "0"]


PHYSICS = {
    "pendulum": {
        "as trained": {"g": 10.0, "m": 1.0, "l": 1.0, "dt": 0.05},
        "changed": {"g": 3.7, "m": 0.6, "l": 1.7, "dt": 0.05},
    },
    "car2d": {"as trained": {"drag": 0.5}, "changed": {"drag": 1.6}},
    "reacher": {"as trained": {}},
}


def table(task: Task, target: Target, physics: dict, steps: int, seed: int):
    """Columns (N, d) and the clean increment (N,) on what a random policy visits.

    The increment is that of the truth in ``target``: the simulator's own but for rounding (and but
    for Reacher's links, whose forces free joints leave out); with changed physics, the states are
    those of the unchanged world, and only the increments differ.
    """
    transitions = random_transitions(task, steps, seed)
    inside = task.uncut(transitions.state, transitions.next_state)
    names = (*task.state_names, *task.action_names, *(f"{n}_next" for n in task.state_names))
    parts = (transitions.state, transitions.action, transitions.next_state)
    columns = np.concatenate(parts, axis=1)[inside]
    x = columns[:, [names.index(name) for name in target.inputs]]
    if task.name == "reacher":
        increments = task.difference(transitions.next_state, transitions.state)[inside]
        return x, increments[:, task.state_names.index(target.name)]
    return x, Expression.from_text(target.truth, target.inputs)(x)


def run(task_name: str, weights: dict, series, seeds, proposers, changed: bool, report) -> list:
    """All rows of one task."""
    task, rows = make_task(task_name), []
    world = world_functions(task, random_transitions(task, TUNING_STEPS, 0), weights["general"], 0)
    kinds = PHYSICS[task_name]
    physics = "changed" if changed else "as trained"
    conditions = list(dict.fromkeys(c for name in series for c in SERIES[name]))
    for target in targets(task, kinds[physics]):
        truth = Expression.from_text(target.truth, target.inputs)
        wanted = skeleton_key(terms_of(truth.prefix))
        # where the general weights did not find what the next values hinge on, no view has them
        view = next((v for v in world.views if v.names == target.inputs), world.views[0])
        for seed in seeds:
            x, y = table(task, target, kinds[physics], 600, 1000 + seed)
            fresh = table(task, target, kinds[physics], FRESH, 5000 + seed)
            for points, noise, candidates in conditions:
                generator = np.random.default_rng([seed, points, candidates, int(1000 * noise)])
                chosen = generator.choice(len(x), points, replace=False)
                noisy = y[chosen] + noise * y.std() * generator.standard_normal(points)
                for proposer in proposers:
                    made = regressor(proposer, candidates, seed, weights, world, view)
                    started = time.process_time()
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        made.fit(x[chosen], noisy)
                    spent = time.process_time() - started
                    found = made.expression()
                    rows.append(
                        [
                            task_name, physics, target.name, proposer, points, noise, candidates,
                            seed, int(skeleton_key(terms_of(found.prefix)) == wanted),
                            made.score(*fresh), found.complexity, round(spent, 4),
                        ]
                    )  # fmt: skip
            report(f"{task_name}, {physics}, {target.name}, seed {seed} done")
    return rows


def summary(rows: list[list], series: str) -> str:
    """Recovered and CPU-seconds for each condition of a series, means over targets and seeds."""
    lines = []
    for task in dict.fromkeys(row[0] for row in rows):
        for points, noise, candidates in SERIES[series]:
            shown = []
            for proposer in PROPOSERS:
                key = [task, proposer, points, noise, candidates]
                here = [r for r in rows if [r[0], *r[3:7]] == key]
                if here:
                    share, cpu = np.mean([r[8] for r in here]), np.mean([r[11] for r in here])
                    shown.append(f"{proposer} {share:.2f} ({cpu:.2f} s)")
            lines.append(
                f"{task} {points} points, {noise:g} noise, {candidates}: {'; '.join(shown)}"
            )
    return "\n".join(lines)


def main(argv=None) -> list[list]:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tasks", default="pendulum,car2d,reacher")
    parser.add_argument("--series", default=",".join(SERIES))
    parser.add_argument("--proposers", default=",".join(PROPOSERS))
    parser.add_argument("--general", default="general", help="general weights: a name or a file")
    parser.add_argument(
        "--specific", default="{task}", help="specific weights; {task} stands for the task's name"
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--changed", action="store_true", help="other physics than in the training")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    out, rows = ensure_folder(options.out), []
    series = options.series.split(",")
    name = "changed_physics" if options.changed else "recovery"
    for task in options.tasks.split(","):
        if options.changed and "changed" not in PHYSICS[task]:
            continue
        weights = {"general": options.general, "specific": options.specific.format(task=task)}
        for file in weights.values():
            load_weights(file)  # reading files is not part of a fit
        rows += run(
            task, weights, series, range(options.seeds), options.proposers.split(","),
            options.changed, lambda line: print(line, flush=True),
        )  # fmt: skip
        write_csv(out / f"{name}.csv", HEADER, rows)
    settings = {key: str(value) for key, value in vars(options).items() if key != "out"}
    write_json(out / f"{name}.json", {"settings": settings, "provenance": provenance()})
    for each in series:
        print(summary(rows, each))
    return rows


if __name__ == "__main__":
    main()
