"""Gradients through many steps: equations and networks against the true dynamics.

    python benchmarks/gradients.py --out data/results/gradients

Equations (``sparse``) and the ensemble (``mbpo``) are fitted to the same real steps of a random
policy. Then the gradient of the mean return of imagined rollouts is taken by the weights of one
policy, through each model and through the true dynamics (``oracle``), from the same starts. Two
policies: an untrained one, and the same after 60 updates in the true dynamics. Writes

    gradients.csv  a row for each task, seed, policy, horizon and model: the norm of the gradient,
                   and its cosine with the gradient through the true dynamics

and a ``gradients.json`` with its provenance. Rows that are there are not computed again. The
ensemble predicts with the mean of its elites; drawn predictions add noise to its gradients.
"""

import argparse
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import torch

from symtut.agents.analytic_gradient import AnalyticGradient, APGConfig
from symtut.experiments.sweep import parse_seeds
from symtut.paths import ensure_folder
from symtut.storage import provenance, write_csv, write_json
from symtut.tasks import make_task
from symtut.tasks.random_policy import random_transitions
from symtut.world_models import make_world_model

STEPS = {"pendulum": 200, "car2d": 300}  # real ones that the models are fitted to
HORIZONS = (1, 2, 5, 10, 20, 50, 100)
METHODS = ("oracle", "sparse", "mbpo")
UPDATES = {"untrained": 0, "trained": 60}
HEADER = ["task", "seed", "policy", "horizon", "method", "norm", "cosine"]


def gradient(agent: AnalyticGradient, model, states: torch.Tensor, horizon: int) -> torch.Tensor:
    """(W,) derivative of the mean return of rollouts from ``states`` (B, S) by the weights."""
    reward, _ = agent.rollouts(model, states, horizon)
    return torch.autograd.grad(reward.sum(0).mean(), agent.weights)[0]


def rows_of(name: str, seed: int) -> list[list]:
    """Rows of the table for one task and one seed."""
    task, rows = make_task(name), []
    seen = random_transitions(task, STEPS[name], seed)
    models = {}
    for method in METHODS:
        models[method] = make_world_model(method, task, seed)
        models[method].fit(seen)
    models["mbpo"] = SimpleNamespace(predict=partial(models["mbpo"].predict, deterministic=True))
    generator = torch.Generator().manual_seed(seed)
    agent = AnalyticGradient(task, APGConfig(), generator)
    agent.measure(task.observation_from_state(torch.as_tensor(seen.state).float()))
    agent.set_learning_rate(5e-3)
    done = 0
    for policy, updates in UPDATES.items():
        for update in range(done, updates):
            starts, left = task.start_state(128, generator), 1 - update / updates
            agent.update(models["oracle"], starts, 35, left)
        done, starts = updates, task.start_state(256, generator)
        for horizon in HORIZONS:
            found = {m: gradient(agent, model, starts, horizon) for m, model in models.items()}
            for method, one in found.items():
                cosine = torch.cosine_similarity(one, found["oracle"], dim=0)
                row = [name, seed, policy, horizon, method, float(one.norm()), float(cosine)]
                rows.append(row)
    return rows


def summary(rows: pd.DataFrame) -> str:
    """Medians over the seeds, a line for each task, policy and method."""
    lines = []
    for (task, policy, method), here in rows.groupby(["task", "policy", "method"], sort=False):
        middle = here.groupby("horizon")[["norm", "cosine"]].median()
        shown = "  ".join(
            f"{horizon}: {norm:.3g} ({cosine:.2f})"
            for horizon, norm, cosine in middle.itertuples(name=None)
        )
        lines.append(f"{task}, {policy}, {method}: norm (cosine) at horizon {shown}")
    return "\n".join(lines)


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tasks", default=",".join(STEPS))
    parser.add_argument("--seeds", default="0-2")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    path = ensure_folder(options.out) / "gradients.csv"
    rows = pd.read_csv(path).values.tolist() if path.exists() else []
    for task in options.tasks.split(","):
        for seed in parse_seeds(options.seeds):
            if any(row[:2] == [task, seed] for row in rows):
                continue  # of an earlier call
            rows += rows_of(task, seed)
            write_csv(path, HEADER, rows)
            print(f"{task}, seed {seed} done", flush=True)
    settings = {name: str(value) for name, value in vars(options).items() if name != "out"}
    write_json(path.with_suffix(".json"), {"settings": settings, "provenance": provenance()})
    print(summary(pd.read_csv(path)))


if __name__ == "__main__":
    main()
