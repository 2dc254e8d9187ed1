"""The files of a training of the transformer: their names, their forms, and whose they are."""

from pathlib import Path

import torch
from torch import nn

from symtut.errors import InputError
from symtut.forms import ANYTHING, FLAG, NAME, list_of, number, optional, record, whole
from symtut.regression.transformer.weights import CONFIG, HEADER, read_card
from symtut.storage import TABLE_BYTES, keep_foreign, read_bytes, read_metadata

CHECKPOINT, LOG = "checkpoint.safetensors", "log.csv"
WEIGHTS, CARD = "weights.safetensors", "weights.json"
FILES = (CHECKPOINT, LOG, WEIGHTS, CARD)

FIGURES = (
    "loss", "token_accuracy", "held_out_loss", "held_out_token_accuracy", "held_out_recovery",
    "held_out_term_recovery",
)  # fmt: skip
LOG_COLUMNS = ("examples", "cpu_seconds", *FIGURES)

CHECKPOINT_HEADER = record(
    {
        "config": record({"model": CONFIG}, others=ANYTHING),
        "chunk": whole(),
        "seen": whole(),
        "cpu_seconds": number(0),
        "log": list_of(list_of(optional(number(finite=False), nothing=""), most=len(LOG_COLUMNS))),
    },
    {"fingerprints": list_of(NAME, 10_000_000), "autocast": FLAG},
    what="a checkpoint of the transformer's training",
)


def checkpoint_tensors(
    model: nn.Module, averaged: nn.Module | None, optimizer: torch.optim.Adam
) -> dict[str, torch.Tensor]:
    """What a checkpoint holds: the weights and their mean, and Adam's two moments and its count."""
    like = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    if averaged is not None:
        like |= {f"averaged.{name}": tensor for name, tensor in averaged.state_dict().items()}
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for i, parameter in enumerate(parameters):
        like |= dict.fromkeys((f"optimizer.{i}.exp_avg", f"optimizer.{i}.exp_avg_sq"), parameter)
        like[f"optimizer.{i}.step"] = torch.tensor(0.0)
    return like


FREE = ("examples", "checkpoint_every")  # what may change between two parts of one training


def changed_settings(stored: dict, mine: dict) -> list[str]:
    """Names of the settings of ``mine`` that are others in ``stored``."""
    return [name for name in mine if name not in FREE and mine[name] != stored.get(name)]


def check_new(out: Path) -> None:
    """Refuse to begin where another training, or anybody else, has left such files."""
    for name in (WEIGHTS, CARD, LOG):
        keep_foreign(out / name, _foreign)


def _foreign(path: Path) -> None:
    raise InputError(f"'{path}' exists and is not of this training.")


def check_own(out: Path, recipe: dict) -> None:
    """Refuse to go on where the files beside the checkpoint are not of the same training."""

    def card(path):
        if changed_settings(read_card(path).get("recipe", {}), recipe):
            _foreign(path)

    def log(path):
        first = read_bytes(path, TABLE_BYTES).splitlines()[:1]
        if not first or not ",".join(LOG_COLUMNS).encode().startswith(first[0]):
            _foreign(path)

    keep_foreign(out / CARD, card)
    keep_foreign(out / WEIGHTS, lambda path: read_metadata(path, HEADER))
    keep_foreign(out / LOG, log)
