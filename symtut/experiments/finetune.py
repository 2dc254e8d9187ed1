"""``symtut finetune``: a random policy's transitions, the functions of its world, the training."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from symtut.errors import InputError
from symtut.regression.transformer.checkpoint import begin_or_resume, training_folder
from symtut.regression.transformer.finetuning import FULL_LEARNING_RATE, FinetuneConfig, Finetuning
from symtut.regression.transformer.weights import load_weights, weights_sha256
from symtut.tasks import make_task
from symtut.tasks.random_policy import random_transitions
from symtut.world_models.views import world_functions

FEWEST_STEPS = 50
"""Random steps: functions that are seen through fewer points say little about a world."""


def finetune(
    task: str,
    out: str | Path,
    resume: bool = False,
    weights: str = "general",
    rank: int | None = None,
    examples: int | None = None,
    random_steps: int | None = None,
    seed: int = 0,
    report: Callable[[str], None] = print,
    workers: int = 0,
) -> Path:
    """Make the weights of one world; returns the path of the weight file.

    Parameters
    ----------
    task : str
        A known task; a random policy plays ``random_steps`` (default 1000) real steps in it.
    rank : int, optional
        Of the low-rank adapters (default 8); 0 trains all weights.
    examples : int, optional
        Random functions of that world to see.

    Raises
    ------
    InputError
        Unknown task or weights, a number out of range, or a checkpoint that is not resumed.
    """
    base = load_weights(weights)
    given: dict[str, Any] = {"examples": examples, "random_steps": random_steps, "rank": rank}
    for name, value in given.items():
        least = {"rank": 0, "examples": 1, "random_steps": FEWEST_STEPS}[name]
        if value is not None and value < least:
            option = name.replace("_", "-")
            raise InputError(f"--{option} must be at least {least}, not {value}.")
    config = FinetuneConfig(
        model=base.config, world=task, base=str(weights), base_sha256=weights_sha256(weights),
        seed=seed, **{name: value for name, value in given.items() if value is not None},
    )  # fmt: skip
    if config.rank == 0:
        config = replace(config, learning_rate=FULL_LEARNING_RATE)
    world = make_task(task)
    with training_folder(out):
        transitions = random_transitions(world, config.random_steps, seed)
        functions = world_functions(world, transitions, weights, seed)
        return begin_or_resume(Finetuning(config, functions, out, workers), resume, report)
