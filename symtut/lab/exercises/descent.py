"""A training loop as exercises ask for it, what it becomes with a mistake, and a line to train."""

from collections.abc import Callable, Sequence
from typing import Any

import torch


def descent(
    model: torch.nn.Module,
    batches: Sequence[Any],
    loss_of: Callable[[Any, Any], torch.Tensor],
    peak: float,
    rate: Callable[[int, int], float],
    most: float,
    *,
    kind: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    cleared: bool = True,
    fresh: bool = False,
    each: bool = False,
    guard: bool = True,
    after: bool = False,
) -> list[float]:
    """Losses, one a batch, of weights that follow the gradient of ``loss_of(model, batch)``.

    Parameters
    ----------
    model : Module
        Its parameters that require a gradient are trained, in place.
    peak, rate
        The learning rate of update k of n is ``peak * rate(k, n)``.
    most : float
        The gradient's norm, of all weights together, is cut at this; infinite for no cut.
    kind : callable
        The optimiser, made once.
    cleared, fresh, each, guard, after : bool
        Mistakes: old gradients stay (False); the optimiser is made anew in each update; each number
        is cut by itself; a gradient that is not finite is followed (False); the loss is told after
        its update.
    """
    weights = [p for p in model.parameters() if p.requires_grad]
    losses, optimizer = [], kind(weights, lr=peak)
    kept: dict[torch.nn.Parameter, torch.Tensor] = {}
    for k, batch in enumerate(batches):
        if fresh:
            optimizer = kind(weights, lr=peak)
        optimizer.param_groups[0]["lr"] = peak * rate(k, len(batches))
        with torch.enable_grad():
            loss = loss_of(model, batch)
            found = torch.autograd.grad(loss, weights, allow_unused=True)
        gradients = {w: f for w, f in zip(weights, found, strict=True) if f is not None}
        if not cleared:
            gradients = {w: f + kept.get(w, 0) for w, f in gradients.items()}
        norm = torch.stack([f.norm() for f in gradients.values()]).norm()
        factor = torch.clamp(most / (norm + 1e-6), max=1.0)
        kept = {w: f.clamp(-most, most) if each else f * factor for w, f in gradients.items()}
        if torch.isfinite(norm) or not guard:
            for weight, gradient in kept.items():
                weight.grad = gradient.clone()
            optimizer.step()
        losses.append(float((loss_of(model, batch) if after else loss).detach()))
    return losses


class Line(torch.nn.Module):
    """A line with a slope that is trained and, if ``frozen``, an offset that is not."""

    def __init__(self, slope: float, offset: float, frozen: bool):
        super().__init__()
        self.slope = torch.nn.Parameter(torch.tensor([slope], dtype=torch.float64))
        offsets = torch.tensor([offset], dtype=torch.float64)
        self.offset = torch.nn.Parameter(offsets, requires_grad=not frozen)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.slope * x + self.offset

    def __repr__(self):
        return f"a line {self.slope.item():g} x + {self.offset.item():g}"


def squares(model: Callable, batch: Sequence[torch.Tensor]) -> torch.Tensor:
    """The mean squared error of a line on a batch (x, y)."""
    return (model(batch[0]) - batch[1]).square().mean()


def points_on_lines(*slopes: float) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """A batch (x, y) of six points for every slope; no two batches have the same x."""
    x = torch.linspace(-2, 3, 6, dtype=torch.float64)
    return [(x + 0.1 * k, slope * x - 0.5 * k) for k, slope in enumerate(slopes)]
