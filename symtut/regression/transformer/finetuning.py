"""Fine-tuning: from the general weights to those of one world.

The training itself is that of :mod:`symtut.regression.transformer.pretraining`, on the functions of
one world (:mod:`symtut.regression.transformer.world_functions`). Either all weights are trained, or
low-rank adapters (:mod:`symtut.regression.transformer.weights`), which are small enough to ship
one for every task.
"""

from dataclasses import dataclass
from pathlib import Path

import torch

from symtut.errors import InputError
from symtut.regression.transformer.checkpoint import WEIGHTS
from symtut.regression.transformer.examples import PretrainConfig
from symtut.regression.transformer.pretraining import Pretraining
from symtut.regression.transformer.weights import (
    adapter_tensors,
    add_adapters,
    fresh_copy,
    save_adapter,
)
from symtut.regression.transformer.world_functions import WorldFunctions


@dataclass(frozen=True)
class FinetuneConfig(PretrainConfig):
    """One fine-tuning; ``model`` is that of the weights it starts from.

    Attributes
    ----------
    world : str
        What the functions are of; part of the record only.
    random_steps : int
        Real transitions of a random policy behind the functions.
    base : str
        Name or path of the weights to start from.
    rank : int
        Rank of the adapters; 0 trains all weights.
    """

    examples: int = 100_000
    learning_rate: float = 1e-3
    world: str = ""
    random_steps: int = 1000
    base: str = "general"
    rank: int = 8


FULL_LEARNING_RATE = 3e-4
"""Of fine-tuning without adapters: all weights move, each a little."""


class Finetuning(Pretraining):
    """A pretraining that starts from weights and exports adapters or all weights.

    Parameters
    ----------
    functions : WorldFunctions

    Raises
    ------
    InputError
        If the weights to start from are themselves adapters, or a rank is negative.
    """

    config: FinetuneConfig

    def __init__(
        self, config: FinetuneConfig, functions: WorldFunctions, out: str | Path, workers: int = 0
    ):
        if config.rank < 0:
            raise InputError(f"the rank must not be negative, not {config.rank}.")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            model = fresh_copy(config.base)
            if config.rank:
                add_adapters(model, config.rank)
        super().__init__(config, out, workers=workers, model=model, draw=functions.make_chunk)

    def export(self) -> Path:
        """Write the adapters (or all weights) and their card into the output folder."""
        if not self.config.rank:
            return super().export()
        path = self.out / WEIGHTS
        save_adapter(
            path, adapter_tensors(self.model), self.config.base, self.config.base_sha256,
            self.config.rank, self.card(),
        )  # fmt: skip
        return path
