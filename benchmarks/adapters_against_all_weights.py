"""Low-rank adapters against training all weights: what each learns of a world, and forgets.

    symtut finetune --task pendulum --out runs/adapter/pendulum            # and the other tasks
    symtut finetune --task pendulum --rank 0 --out runs/all_weights/pendulum
    python benchmarks/adapters_against_all_weights.py --runs runs --out data/results/finetuning

Both are trained on the same functions of a world. Losses (nats a token) are those on functions
that neither has seen: of the world, and of the general prior. ``general`` is where both began.
What each finds in searches is measured by ``world_weights.py --specific FILE``.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from symtut.paths import ensure_folder
from symtut.regression.transformer.examples import Batch, make_chunk
from symtut.regression.transformer.finetuning import FinetuneConfig
from symtut.regression.transformer.model import FormulaTransformer
from symtut.regression.transformer.weights import load_weights
from symtut.storage import provenance, read_json, write_csv, write_json
from symtut.tasks import make_task
from symtut.tasks.random_policy import random_transitions
from symtut.world_models.views import world_functions

HEADER = [
    "task", "weights", "numbers_trained", "file_bytes", "functions_seen", "cpu_seconds",
    "loss_world", "loss_general",
]  # fmt: skip
KINDS = ("adapter", "all_weights")


@torch.no_grad()
def loss_on(model: FormulaTransformer, batches: list[Batch]) -> float:
    """Loss in nats a token; every real token counts alike."""
    losses = [float(model.loss(b.x, b.y, b.n_variables, b.tokens)[0]) for b in batches]
    return float(np.average(losses, weights=[int((b.tokens[:, 1:] != 0).sum()) for b in batches]))


def rows_of(task: str, runs: Path, chunks: int) -> list[list]:
    """``general``, ``adapter`` and ``all_weights`` of one task, on the same held-out functions."""
    config = FinetuneConfig(model=load_weights("general").config, world=task)
    played = random_transitions(make_task(task), config.random_steps, config.seed)
    world = world_functions(make_task(task), played, config.base, config.seed)
    here = [b for c in range(chunks) for b in world.make_chunk(config, c, held_out=True)]
    elsewhere = [b for c in range(chunks) for b in make_chunk(config, c, held_out=True)]
    rows = []
    for kind in ("general", *KINDS):
        path = "general" if kind == "general" else runs / kind / task / "weights.safetensors"
        model, about = load_weights(path), ["", "", 0, 0]
        if kind in KINDS:
            card = read_json(path.with_suffix(".json"))
            about = [
                card["parameters"],
                path.stat().st_size, card["examples_seen"], card["cpu_seconds"],
            ]  # fmt: skip
        rows.append([task, kind, *about, loss_on(model, here), loss_on(model, elsewhere)])
    return rows


def main(argv=None) -> list[list]:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tasks", default="pendulum,car2d,reacher")
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--chunks", type=int, default=8, help="of held-out functions")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    out, rows = ensure_folder(options.out), []
    for task in options.tasks.split(","):
        rows += rows_of(task, options.runs, options.chunks)
        for row in rows[-3:]:
            print(f"{row[0]:<9} {row[1]:<12} {row[-2]:.3f} on its world, {row[-1]:.3f} in general")
    write_csv(out / "adapters.csv", HEADER, rows)
    write_json(out / "adapters.json", provenance())
    return rows


if __name__ == "__main__":
    main()
