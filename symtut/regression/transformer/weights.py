"""Weight files: safetensors plus a JSON card beside each; loading checks both.

A file holds all weights, or low-rank adapters (Hu et al. 2021, arXiv 2106.09685), a small change of
large matrices: every linear layer's weight W (rows, columns) becomes W + up·down with ``up``
(rows, r) and ``down`` (r, columns); only these two are trained, and ``up`` starts at zero. What
fine-tuning to a world has to store is then a few hundred kilobytes instead of all weights, and
folded into W it costs nothing when sampling.
"""

import copy
import dataclasses
import os
from functools import lru_cache
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils import parametrize

from symtut.errors import InputError
from symtut.expressions.evaluate import SYMBOLS
from symtut.forms import (
    ANYTHING,
    NAME,
    SHA256,
    list_of,
    mapping,
    number,
    object_of,
    of_dataclass,
    text,
    whole,
    with_key,
)
from symtut.regression.transformer.config import CHOICES, TransformerConfig
from symtut.regression.transformer.model import FormulaTransformer
from symtut.regression.transformer.weight_names import find_weights
from symtut.storage import file_sha256, read_json, write_json
from symtut.tensors import load_tensors, read_metadata, save_tensors

TRANSFORMER_FORM = of_dataclass(TransformerConfig, symbols=list_of(NAME, 200), **CHOICES)
ADAPTER = object_of({"base": text(), "base_sha256": SHA256, "rank": whole(1, 4096)})
WEIGHTS_HEADER = with_key(
    "adapter",
    object_of({"adapter": ADAPTER}, what="a symtut weight file"),
    object_of({"config": TRANSFORMER_FORM}),
)
CARD_FORM = object_of(
    {"parameters": whole(1), "sha256": SHA256},
    {
        "config": TRANSFORMER_FORM,
        "adapter": ADAPTER,
        "recipe": mapping(ANYTHING),
        "examples_seen": whole(),
        "cpu_seconds": number(0),
        "device": NAME,
        "figures": mapping(ANYTHING),
        "provenance": mapping(ANYTHING),
    },
    what="a model card of symtut",
)


def save_weights(path: str | Path, model: FormulaTransformer, card: dict) -> None:
    """Write ``path`` (safetensors, float16) and the model card ``path`` with suffix ``.json``.

    The card records the configuration, a SHA-256 of the tensors file, and what the caller knows:
    recipe, examples seen, time, machine, held-out figures.
    """
    n_parameters = sum(p.numel() for p in model.parameters())
    _save(
        path, model.state_dict(), {"config": dataclasses.asdict(model.config)}, n_parameters, card
    )


def save_adapter(
    path: str | Path,
    tensors: dict[str, torch.Tensor],
    base: str,
    base_sha256: str,
    rank: int,
    card: dict,
) -> None:
    """Write low-rank adapters (float16) and their card, in the manner of :func:`save_weights`.

    ``base`` and ``base_sha256`` say which weights they change; loading checks the hash.
    """
    n_parameters = sum(value.numel() for value in tensors.values())
    adapter = {"base": base, "base_sha256": base_sha256, "rank": rank}
    _save(path, tensors, {"adapter": adapter}, n_parameters, card)


def _save(path, tensors: dict, header: dict, n_parameters: int, card: dict) -> None:
    path = Path(path)
    save_tensors(path, {name: t.to(torch.float16) for name, t in tensors.items()}, header)
    found = {"parameters": n_parameters, "sha256": file_sha256(path)}
    write_json(path.with_suffix(".json"), header | found | card)


def is_adapter(path: Path) -> bool:
    """Whether a file holds adapters instead of whole weights."""
    return "adapter" in read_metadata(path, WEIGHTS_HEADER)


def read_card(path: Path) -> dict:
    """The model card at ``path``; an ``InputError`` if it is not one."""
    return read_json(path, CARD_FORM)


def weights_sha256(name: str | Path) -> str:
    """Hash of a weight file by name or path."""
    return file_sha256(find_weights(name))


def load_weights(name: str | Path) -> FormulaTransformer:
    """The transformer with its weights, in evaluation mode, float32.

    Raises
    ------
    InputError
        Unknown name, damaged file, a file that does not match its card, or weights trained with
        another alphabet of tokens.
    """
    path = find_weights(name)
    return _load(str(path), path.stat().st_mtime_ns)


def fresh_copy(base: str | Path) -> FormulaTransformer:
    """The transformer behind weights, trainable, shared with nobody.

    Raises
    ------
    InputError
        If ``base`` is an adapter: it has no weights of its own to start from.
    """
    if is_adapter(find_weights(base)):
        raise InputError(f"'{base}' is an adapter; start from the weights that it belongs to.")
    model = copy.deepcopy(load_weights(base))
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    return model


@lru_cache(maxsize=4)
def _load(path: str, _changed: int) -> FormulaTransformer:
    metadata = read_metadata(path, WEIGHTS_HEADER)
    card = Path(path).with_suffix(".json")
    if os.path.lexists(card) and read_card(card)["sha256"] != file_sha256(path):
        raise InputError(
            f"'{path}' does not match the checksum in '{card.name}': one of the two was "
            "changed or cut short. Get both again."
        )
    if "adapter" in metadata:
        model = _adapted(path, metadata["adapter"])
    else:
        model = _whole(path, metadata["config"])
    model = with_whole_alphabet(model)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return model.eval()


NEVER = -1e4
"""Logit of a token that weights have not been trained to write."""


@torch.no_grad()
def with_whole_alphabet(model: FormulaTransformer) -> FormulaTransformer:
    """The same transformer with today's alphabet; it never writes what it has not learned.

    Weights made before an operator was added stay useful that way.
    """
    old = model.config.symbols
    if old == SYMBOLS:
        return model
    n_numbers = model.config.vocabulary_size - len(old)
    rows = [SYMBOLS.index(symbol) for symbol in old]
    rows += [len(SYMBOLS) + number for number in range(n_numbers)]
    wider = FormulaTransformer(dataclasses.replace(model.config, symbols=SYMBOLS))
    state = model.state_dict()
    for name, fill in (("token.weight", 0.0), ("head.weight", 0.0), ("head.bias", NEVER)):
        name = f"decoder.{name}"
        tensor = torch.full_like(wider.state_dict()[name], fill)
        tensor[rows] = state[name]
        state[name] = tensor
    wider.load_state_dict(state)
    return wider


def _adapted(path: str, adapter: dict) -> FormulaTransformer:
    base = adapter["base"]
    if weights_sha256(base) != adapter["base_sha256"]:
        raise InputError(
            f"'{path}' was trained for other weights '{base}' than those that are here; "
            "get both from one version, or fine-tune again."
        )
    whole = find_weights(base)
    header = read_metadata(whole, WEIGHTS_HEADER)
    if "adapter" in header:
        raise InputError(f"'{path}' belongs to '{base}', which is an adapter itself.")
    model = _whole(str(whole), header["config"])
    tensors, _ = load_tensors(path, WEIGHTS_HEADER, lambda _: adapters_of(model, adapter["rank"]))
    fold(model, tensors)
    return model


def _whole(path: str, described: dict) -> FormulaTransformer:
    symbols = tuple(described.get("symbols", ()))
    if not set(symbols) <= set(SYMBOLS) or len(set(symbols)) != len(symbols):
        raise InputError(
            f"'{path}' was trained with operators that this version of symtut does not have; "
            "use weights made with this version, or pretrain again."
        )
    try:
        config = TransformerConfig(**{**described, "symbols": symbols})
    except InputError as error:
        raise InputError(f"'{path}' does not describe a transformer: {error}") from error
    with torch.device("meta"):  # names and shapes alone: whatever the file claims costs no memory
        like = FormulaTransformer(config).state_dict()
    tensors, _ = load_tensors(path, WEIGHTS_HEADER, lambda _: like)
    model = FormulaTransformer(config)
    model.load_state_dict({name: value.float() for name, value in tensors.items()})
    return model


# ---- low-rank adapters ---------------------------------------------------------------------------


class LowRank(nn.Module):
    """W → W + up·down."""

    def __init__(self, weight: torch.Tensor, rank: int):
        super().__init__()
        rows, columns = weight.shape
        self.down = nn.Parameter(torch.randn(rank, columns) / columns**0.5)
        self.up = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return weight + self.up @ self.down


def add_adapters(model: nn.Module, rank: int) -> None:
    """Freeze a model and give each linear layer a trainable adapter, in place."""
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    for _, layer in _linear(model):
        parametrize.register_parametrization(layer, "weight", LowRank(layer.weight, rank))


def adapter_tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """``{"decoder.head.up": …, "decoder.head.down": …}``: what was trained, detached."""
    found = {}
    for name, adapter in model.named_modules():
        if isinstance(adapter, LowRank):
            layer = name.removesuffix(".parametrizations.weight.0")
            found |= {f"{layer}.up": adapter.up.detach(), f"{layer}.down": adapter.down.detach()}
    return found


def adapters_of(model: nn.Module, rank: int) -> dict[str, torch.Tensor]:
    """Names and shapes of the adapters of a plain model: tensors without content."""
    found = {}
    for name, layer in _linear(model):
        rows, columns = layer.weight.shape
        found[f"{name}.up"] = torch.empty(rows, rank, device="meta")
        found[f"{name}.down"] = torch.empty(rank, columns, device="meta")
    return found


@torch.no_grad()
def fold(model: nn.Module, tensors: dict[str, torch.Tensor]) -> None:
    """Add adapters to the weights of a plain model, in place.

    Raises
    ------
    InputError
        If the adapters belong to a model with other layers.
    """
    layers = dict(_linear(model))
    if {name.rpartition(".")[0] for name in tensors} != set(layers):
        raise InputError("the adapters were trained for another transformer than this one.")
    for name, layer in layers.items():
        change = tensors[f"{name}.up"].float() @ tensors[f"{name}.down"].float()
        if change.shape != layer.weight.shape:
            raise InputError(f"the adapter of '{name}' does not fit the transformer.")
        layer.weight += change


def _linear(model: nn.Module):
    return [(name, m) for name, m in model.named_modules() if isinstance(m, nn.Linear)]
