"""The pendulum's equations from 10, 20, 50 transitions: how often, and in how much time?

    python benchmarks/few_transitions.py --out data/results/regression/few_transitions.csv

Each seed draws its own transitions of a random policy, without noise. *Exact* means that both
equations leave 1 − R² < 1e-8 on fresh transitions. Every proposer has the same number of
candidates, rounds and constant fitting, and no time limit: the result depends on the seed alone.
CPU-seconds are those of the world model's whole fit, which is one regression a coordinate.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
import torch

from symtut.paths import ensure_folder
from symtut.regression import load_weights
from symtut.regression.benchmark.tables import wilson
from symtut.storage import provenance, write_csv, write_json
from symtut.tasks import make_task
from symtut.tasks.random_policy import random_transitions
from symtut.world_models.symbolic import SymbolicWorldModel

PROPOSERS = ("transformer+sparse", "transformer", "prior", "sparse")
HEADER = ["task", "proposer", "transitions", "seed", "exact", "worst_error", "cpu_seconds"]


def one(task, proposer: str, n: int, seed: int) -> list:
    """A row of the table: one fit, judged on fresh transitions."""
    model = SymbolicWorldModel(task, proposer=proposer, random_state=seed)
    started = time.process_time()
    model.fit(random_transitions(task, n, seed))
    spent = time.process_time() - started
    fresh = random_transitions(task, 400, 10_000 + seed)
    fresh = fresh[task.uncut(fresh.state, fresh.next_state)]
    columns = np.concatenate([fresh.state, fresh.action, fresh.next_state], axis=1)
    moved = task.difference(fresh.next_state, fresh.state)
    worst = max(
        np.mean((equation(columns[:, list(chosen)]) - truth) ** 2) / truth.var()
        for equation, chosen, truth in zip(model.expressions_, model.columns_, moved.T, strict=True)
    )
    return [task.name, proposer, n, seed, int(worst < 1e-8), float(f"{worst:.3g}"), round(spent, 3)]


def main(argv=None) -> list[list]:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--task", default="pendulum")
    parser.add_argument("--transitions", default="10,20,50")
    parser.add_argument("--proposers", default=",".join(PROPOSERS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    load_weights("general")  # reading the file is not part of a fit
    task, rows = make_task(options.task), []
    ensure_folder(options.out.parent)
    for proposer in options.proposers.split(","):
        for n in (int(word) for word in options.transitions.split(",")):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                rows += [one(task, proposer, n, seed) for seed in range(options.seeds)]
            here = rows[-options.seeds :]
            exact = sum(row[4] for row in here)
            low, high = wilson(exact, len(here))
            print(
                f"{proposer:<19} {n:>3} transitions: {exact} of {len(here)} exact "
                f"[{low:.2f}, {high:.2f}], at most {max(row[6] for row in here):.2f} CPU-s",
                flush=True,
            )
            write_csv(options.out, HEADER, rows)
    write_json(options.out.with_suffix(".json"), provenance())
    return rows


if __name__ == "__main__":
    main()
