"""Low-rank adapters (Hu et al. 2021, arXiv 2106.09685): a small change of large matrices.

Every linear layer's weight W (rows, columns) becomes W + up·down with ``up`` (rows, r) and ``down``
(r, columns); only these two are trained, and ``up`` starts at zero. What fine-tuning to a world has
to store is then a few hundred kilobytes instead of all weights, and folded into W it costs nothing
when sampling.
"""

import torch
from torch import nn
from torch.nn.utils import parametrize

from symtut.errors import InputError


class LowRank(nn.Module):
    """W → W + up·down."""

    def __init__(self, weight: torch.Tensor, rank: int):
        super().__init__()
        rows, columns = weight.shape
        self.down = nn.Parameter(torch.randn(rank, columns) / columns**0.5)
        self.up = nn.Parameter(torch.zeros(rows, rank))

    def forward(self, weight):
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
    for name, layer in _linear(model):
        adapter = layer.parametrizations["weight"][0]
        found |= {f"{name}.up": adapter.up.detach(), f"{name}.down": adapter.down.detach()}
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
