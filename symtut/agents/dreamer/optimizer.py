"""Dreamer-v3's optimiser: adaptive clipping, then RMS normalisation, then momentum."""

from collections.abc import Iterable

import torch

SMALLEST_NORM = 1e-3  # what counts as a parameter's norm at least, or zeros would never move
_EPSILON = 1e-20  # tiny on purpose: only a gradient that was always 0 needs it


class LaProp:
    """Of a gradient g of a parameter w, after n updates (``rms`` and ``momentum`` start at 0)::

        g        <- g min(1, clip |w| / |g|)                             adaptive gradient clipping
        rms      <- rms + (1 - beta2) (g^2 - rms)
        momentum <- momentum + (1 - beta1) (g / sqrt(rms / (1 - beta2^n)) - momentum)
        w        <- w - rate momentum / (1 - beta1^n)

    Norms are of one parameter (a matrix, a bias) at a time (Brock et al. 2021, arXiv 2102.06171).
    Unlike in Adam each gradient is divided by the size that gradients had *then*, before momentum
    adds them up (Ziyin et al. 2020, arXiv 2002.04839).

    All parameters are moved into one vector, ``flat``, and all gradients into another, so that most
    of a step is a handful of operations.

    Parameters
    ----------
    parameters : iterable of torch.nn.Parameter
        float32; from here on views of ``flat``.
    learning_rate : float
        After ``warm_up`` updates; it rises from 0 along a straight line.
    """

    def __init__(
        self,
        parameters: Iterable[torch.nn.Parameter],
        learning_rate: float = 4e-5,
        warm_up: int = 1000,
        clip: float = 0.3,
        beta1: float = 0.9,
        beta2: float = 0.999,
    ):
        self.parameters = list(parameters)
        self.learning_rate, self.warm_up, self.clip = learning_rate, warm_up, clip
        self.beta1, self.beta2 = beta1, beta2
        self.sizes = torch.tensor([parameter.numel() for parameter in self.parameters])
        self.flat = torch.cat([parameter.detach().flatten() for parameter in self.parameters])
        self.gradient = torch.zeros_like(self.flat)
        for parameter, place, gradient in zip(
            self.parameters, self._pieces(self.flat), self._pieces(self.gradient), strict=True
        ):
            parameter.data = place.view_as(parameter)
            parameter.grad = gradient.view_as(parameter)  # where backward adds
        self.rms, self.momentum = torch.zeros_like(self.flat), torch.zeros_like(self.flat)
        self.updates = 0

    def _pieces(self, vector: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return vector.split(self.sizes.tolist())

    @torch.no_grad()
    def step(self, loss: torch.Tensor) -> None:
        """One update down the gradient of ``loss``, a scalar."""
        self.gradient.zero_()
        with torch.enable_grad():
            loss.backward()
        gradient_norms = torch.stack([g.norm() for g in self._pieces(self.gradient)])
        norms = torch.stack([w.norm() for w in self._pieces(self.flat)]).clamp(min=SMALLEST_NORM)
        scale = 1 / (gradient_norms / (self.clip * norms)).clamp(min=1)
        self.gradient *= scale.repeat_interleave(self.sizes)

        warmth = min(1.0, self.updates / self.warm_up) if self.warm_up else 1.0
        rate = self.learning_rate * warmth
        self.updates += 1
        self.rms.mul_(self.beta2).addcmul_(self.gradient, self.gradient, value=1 - self.beta2)
        size = (self.rms / (1 - self.beta2**self.updates)).sqrt_().add_(_EPSILON)
        self.momentum.lerp_(self.gradient / size, 1 - self.beta1)
        self.flat.add_(self.momentum, alpha=-rate / (1 - self.beta1**self.updates))

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Parameters and moments."""
        state = {"flat": self.flat, "rms": self.rms, "momentum": self.momentum}
        copied = {name: tensor.clone() for name, tensor in state.items()}
        return copied | {"updates": torch.tensor(self.updates)}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        for name in ("flat", "rms", "momentum"):
            getattr(self, name).copy_(state[name])
        self.updates = int(state["updates"])
