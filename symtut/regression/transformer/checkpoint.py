"""The files of a training of the transformer: a state to resume from, and whose files they are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from symtut.errors import InputError
from symtut.forms import ANYTHING, FLAG, NAME, list_of, number, object_of, optional, whole
from symtut.paths import output_folder
from symtut.regression.transformer.config import TransformerConfig
from symtut.regression.transformer.weights import TRANSFORMER_FORM, WEIGHTS_HEADER, read_card
from symtut.storage import TABLE_BYTES, keep_foreign, read_bytes
from symtut.tensors import load_tensors, read_metadata, save_tensors

if TYPE_CHECKING:
    from symtut.regression.transformer.examples import PretrainConfig
    from symtut.regression.transformer.pretraining import Pretraining

TRAINING_STATE, LOG = "checkpoint.safetensors", "log.csv"
WEIGHTS, CARD = "weights.safetensors", "weights.json"
FIGURES = (
    "loss", "token_accuracy", "held_out_loss", "held_out_token_accuracy", "held_out_recovery",
    "held_out_term_recovery",
)  # fmt: skip
LOG_COLUMNS = ("examples", "cpu_seconds", *FIGURES)
FREE = ("examples", "checkpoint_every")  # what may change between two parts of one training

CHECKPOINT_HEADER = object_of(
    {
        "config": object_of({"model": TRANSFORMER_FORM}, others=ANYTHING),
        "chunk": whole(),
        "seen": whole(),
        "cpu_seconds": number(0),
        "log": list_of(list_of(optional(number(finite=False), nothing=""), most=len(LOG_COLUMNS))),
    },
    {"fingerprints": list_of(NAME, 10_000_000), "autocast": FLAG},
    what="a checkpoint of the transformer's training",
)


# ---- the state ----------------------------------------------------------------------------------


def save_training(run: Pretraining) -> None:
    """Write everything that ``run`` needs to go on."""
    tensors = {
        f"{part}.{i}.{name}": tensor
        for part, optimizer in run.optimizers.items()
        for i, own in optimizer.state_dict()["state"].items()
        for name, tensor in own.items()
    }
    metadata = {
        "config": plain(run.config), "chunk": run.chunk, "seen": run.seen,
        "cpu_seconds": run.cpu_seconds, "log": run.log,
        "fingerprints": sorted(run.fingerprints), "autocast": run.autocast,
    }  # fmt: skip
    save_tensors(run.checkpoint_path, _of_models(run) | tensors, metadata)


def restore_training(run: Pretraining) -> None:
    """Give ``run``, which has not begun, the state that :func:`save_training` wrote.

    Raises
    ------
    InputError
        If it is damaged or belongs to a run with other settings.
    """
    path = run.checkpoint_path
    metadata = read_metadata(path, CHECKPOINT_HEADER)
    # a field that an older checkpoint or card lacks has its default
    defaults = type(run.config)()
    stored = plain(defaults) | metadata["config"]
    stored["model"] = plain(TransformerConfig()) | stored["model"]
    if changed := _changed(stored, plain(run.config)):
        raise InputError(
            f"'{path}' belongs to a run with other settings "
            f"({', '.join(changed)}): use the same preset and seed, or another folder."
        )
    check_own(run.out, recipe(run.config), recipe(defaults))
    tensors, _ = load_tensors(
        path, CHECKPOINT_HEADER, lambda _: _of_models(run) | _of_optimizers(run)
    )
    parts: dict[str, dict] = {}
    for key, value in tensors.items():
        part, name = key.split(".", 1)
        parts.setdefault(part, {})[name] = value
    run.model.load_state_dict(parts["model"])
    if run.averaged is not None:
        run.averaged.load_state_dict(parts["averaged"])
    for part, optimizer in run.optimizers.items():
        state: dict[int, dict] = {}
        for key, value in parts[part].items():
            i, name = key.split(".", 1)
            state.setdefault(int(i), {})[name] = value
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": state, "param_groups": groups})
    if run.device == "cpu":  # the same arithmetic to the end
        run.autocast = metadata.get("autocast", run.autocast)
    run.chunk, run.seen = metadata["chunk"], metadata["seen"]
    run.cpu_seconds = metadata["cpu_seconds"]
    # likewise a figure that an older log lacks: empty in the table from then on
    run.log = [[*row, *[""] * (len(LOG_COLUMNS) - len(row))] for row in metadata["log"]]
    run.fingerprints = set(metadata.get("fingerprints", ()))


def _of_models(run: Pretraining) -> dict[str, torch.Tensor]:
    """The weights and their running mean."""
    models = {"model": run.model} | ({} if run.averaged is None else {"averaged": run.averaged})
    return {
        f"{part}.{name}": tensor
        for part, model in models.items()
        for name, tensor in model.state_dict().items()
    }


def _of_optimizers(run: Pretraining) -> dict[str, torch.Tensor]:
    """Names and shapes of the optimizers' moments, which they have from their first step on."""
    like = {}
    for part, optimizer in run.optimizers.items():
        moments = ("momentum",) if part == "muon" else ("exp_avg", "exp_avg_sq")
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        for i, parameter in enumerate(parameters):
            like |= {f"{part}.{i}.{moment}": parameter for moment in moments}
            if part != "muon":
                like[f"{part}.{i}.step"] = torch.tensor(0.0)
    return like


def plain(config: PretrainConfig | TransformerConfig) -> dict:
    """A configuration as JSON would give it back (tuples become lists)."""
    return json.loads(json.dumps(asdict(config)))


def recipe(config: PretrainConfig) -> dict:
    """What a model card says of the settings."""
    return {name: value for name, value in plain(config).items() if name != "model"}


# ---- the folder ---------------------------------------------------------------------------------


@contextmanager
def training_folder(out: str | Path) -> Iterator[None]:
    """The output folder, held by the one process of a training that writes into it."""
    first = int(os.environ.get("RANK", 0)) == 0
    with output_folder(out, (TRAINING_STATE, LOG, WEIGHTS, CARD)) if first else nullcontext():
        yield


def begin_or_resume(run: Pretraining, resume: bool, report: Callable[[str], None] = print) -> Path:
    """Run to the end, from the checkpoint in the output folder if there is one.

    Raises
    ------
    InputError
        If there is a checkpoint and ``resume`` is False, or files that this run did not write.
    """
    if os.path.lexists(run.checkpoint_path):
        if not resume:
            raise InputError(
                f"'{run.out}' holds an interrupted run: add --resume to continue it, "
                "or choose another folder."
            )
        run.resume()
    else:
        for name in (WEIGHTS, CARD, LOG):
            keep_foreign(run.out / name, _foreign)
    return run.run(report if run.processes.rank == 0 else lambda line: None)


def check_own(out: Path, recipe: dict, defaults: dict) -> None:
    """Refuse to go on where the files beside the checkpoint are not of the same training."""

    def card(path):
        stored = read_card(path).get("recipe")
        if not stored or _changed(defaults | stored, recipe):
            _foreign(path)

    def log(path):
        first = read_bytes(path, TABLE_BYTES).splitlines()[:1]
        if not first or not ",".join(LOG_COLUMNS).encode().startswith(first[0]):
            _foreign(path)

    keep_foreign(out / CARD, card)
    keep_foreign(out / WEIGHTS, lambda path: read_metadata(path, WEIGHTS_HEADER))
    keep_foreign(out / LOG, log)


def _changed(stored: dict, mine: dict) -> list[str]:
    """Names of the settings of ``mine`` that are others in ``stored``."""
    return [name for name in mine if name not in FREE and mine[name] != stored.get(name)]


def _foreign(path: Path) -> None:
    raise InputError(f"'{path}' exists and is not of this training.")
