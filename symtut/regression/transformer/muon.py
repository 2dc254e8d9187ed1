"""Muon: momentum for matrices, made orthogonal before each step.

Adam scales every number of a gradient by itself. Muon treats a matrix as a whole: it replaces the
momentum by the nearest orthogonal matrix, so that all directions in it move equally far, also those
that few examples speak of. Jordan et al. 2024 (https://kellerjordan.github.io/posts/muon); the size
of a step as in Liu et al. 2025 (arXiv 2502.16982), so that Adam's learning rates serve here, too.

``torch.optim.Muon`` does the same, but needs torch 2.9 and always computes in bfloat16, which older
CPUs only emulate.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of the iteration x ← ax + bx³ + cx⁵ that takes singular values to about 1."""


class Muon(torch.optim.Optimizer):
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
    def step(self, closure=None):
        """Under autocast the matrix products are taken in its dtype."""
        for group in self.param_groups:
            for parameter in (p for p in group["params"] if p.grad is not None):
                move = orthogonal(self._nesterov(parameter))
                # the root mean square of an orthogonal matrix is 1/√max(shape); Adam's is about 0.2
                rate = group["lr"] * 0.2 * max(parameter.shape) ** 0.5
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.sub_(move, alpha=rate)

    def _nesterov(self, parameter: nn.Parameter) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].lerp_(parameter.grad, 1 - self.momentum)
        return parameter.grad.lerp(state["momentum"], self.momentum)


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
