"""Muon: momentum for matrices, made orthogonal before each step.

Adam scales every number of a gradient by itself. Muon treats a matrix as a whole: it replaces the
momentum by the nearest orthogonal matrix, so that all directions in it move equally far, also those
that few examples speak of. Jordan et al. 2024 (https://kellerjordan.github.io/posts/muon); the size
of a step as in Liu et al. 2025 (arXiv 2502.16982), so that Adam's learning rates serve here, too.

``torch.optim.Muon`` does the same, but needs torch 2.9 and always computes in bfloat16, which older
CPUs only emulate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

if TYPE_CHECKING:
    from symtut.regression.transformer.examples import PretrainConfig
    from symtut.regression.transformer.model import FormulaTransformer

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of the iteration x ← ax + bx³ + cx⁵ that takes singular values to about 1."""


class Muon(Optimizer):
    """For matrices (2-D parameters) alone.

    Parameters
    ----------
    learning_rate, weight_decay : float
        As for AdamW.
    momentum : float
        Share of the earlier gradients that is kept (Nesterov).
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        learning_rate: float,
        weight_decay: float = 0.01,
        momentum: float = 0.95,
    ):
        self.momentum = momentum
        super().__init__(parameters, {"lr": learning_rate, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable | None = None) -> None:
        """Under autocast the matrix products are taken in its dtype."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                move = orthogonal(self._nesterov(parameter, parameter.grad))
                # the root mean square of an orthogonal matrix is 1/√max(shape); Adam's is about 0.2
                rate = group["lr"] * 0.2 * max(parameter.shape) ** 0.5
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.sub_(move, alpha=rate)

    def _nesterov(self, parameter: nn.Parameter, gradient: Tensor) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].lerp_(gradient, 1 - self.momentum)
        return gradient.lerp(state["momentum"], self.momentum)


def orthogonal(matrix: Tensor, iterations: int = 5) -> Tensor:
    """About the orthogonal matrix nearest to ``matrix`` (m, n).

    Singular values end between 0.7 and 1.2: more is not worth the time.
    """
    a, b, c = NEWTON_SCHULZ
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix  # the product below is then of the smaller size
    x = x / x.norm().clamp_min(1e-7)
    if torch.is_autocast_enabled(x.device.type):  # once, not at every product
        x = x.to(torch.get_autocast_dtype(x.device.type))
    for _ in range(iterations):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return (x.T if tall else x).to(matrix.dtype)


def optimizers(model: FormulaTransformer, config: PretrainConfig) -> dict[str, Optimizer]:
    """Who trains which parameters: AdamW all of them, or Muon the matrices inside the blocks."""
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    matrices = {}
    if config.optimizer == "muon":
        matrices = {n: p for n, p in trained.items() if ".blocks." in n and p.ndim == 2}
    others = [p for name, p in trained.items() if name not in matrices]
    found: dict[str, Optimizer] = {
        "optimizer": AdamW(
            others, config.learning_rate, betas=(0.9, 0.98), weight_decay=config.weight_decay,
            fused=True,
        )
    }  # fmt: skip
    if matrices:
        found["muon"] = Muon(matrices.values(), config.learning_rate, config.weight_decay)
    return found
