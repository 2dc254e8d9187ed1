"""The networks of the neural world model, evaluated as one, and how large an ensemble may be.

A network gives mean and log-variance of each output. Autograd does the gradients.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch.nn.functional import silu, softplus

from symtut.errors import InputError, unknown


class ProbabilisticNetworks:
    """``members`` perceptrons of one shape, each with its own parameters.

    Parameters
    ----------
    inputs, outputs : int
    members : int
    hidden_layers, hidden : int
        Layers and units in each, with x·sigmoid(x) (SiLU, "swish") between them.
    generator : torch.Generator
        Of the first weights: normal, cut at two standard deviations of 1/sqrt(inputs of the
        layer). MBPO halves that, and training then begins on a plateau: signals shrink from layer
        to layer, and a few hundred steps find the linear part alone.

    Attributes
    ----------
    weights, biases : list of torch.Tensor
        (members, in, out) and (members, 1, out), float32, one for each layer.
    lowest, highest : torch.Tensor
        (members, 1, outputs): soft bounds of the log-variance, learned with the rest. Without
        them it runs away where there are no data (Chua et al. 2018, appendix A.1).
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        members: int,
        hidden_layers: int,
        hidden: int,
        generator: torch.Generator,
    ):
        self.outputs = outputs
        sizes = [inputs, *[hidden] * hidden_layers, 2 * outputs]
        self.weights, self.biases = [], []
        for a, b in zip(sizes, sizes[1:], strict=False):
            weight = torch.empty(members, a, b)
            torch.nn.init.trunc_normal_(weight, 0.0, 1.0, -2.0, 2.0, generator=generator)
            self.weights.append(weight.div_(math.sqrt(a)))
            self.biases.append(torch.zeros(members, 1, b))
        self.lowest = torch.full((members, 1, outputs), -10.0)
        self.highest = torch.full((members, 1, outputs), 0.5)

    @property
    def parameters(self) -> list[torch.Tensor]:
        return [*self.weights, *self.biases, self.lowest, self.highest]

    def forward(
        self, x: torch.Tensor, members: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(M, B, in), each member its own rows -> mean and log-variance, each (M, B, outputs).

        ``members`` (M,) says which networks, in which order; None is all of them.
        """

        def of(tensor):
            return tensor if members is None else tensor[members]

        last = len(self.weights) - 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.baddbmm(of(bias), x, of(weight))
            x = x if i == last else silu(x)
        mean, log_variance = x.split(self.outputs, dim=2)
        highest, lowest = of(self.highest), of(self.lowest)
        log_variance = highest - softplus(highest - log_variance)
        return mean, lowest + softplus(log_variance - lowest)

    def loss(self, x: torch.Tensor, y: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
        """(M, B, in), (M, B, outputs) -> (M,) losses, one for each network.

        The mean negative log-likelihood of the outputs that count ((outputs,), 1 or 0), and a
        small force that draws the bounds of the log-variance together.
        """
        mean, log_variance = self.forward(x)
        nll = negative_log_likelihood(mean, log_variance, y) * counts
        room = ((self.highest - self.lowest) * counts).sum((1, 2))
        return nll.sum((1, 2)) / (counts.sum().clamp(min=1) * x.shape[1]) + 0.01 * room


def negative_log_likelihood(
    mean: torch.Tensor, log_variance: torch.Tensor, y: torch.Tensor
) -> torch.Tensor:
    """-log N(y; mean, exp(log_variance)), of every element."""
    error = (y - mean).square() * (-log_variance).exp()
    return 0.5 * (error + log_variance + math.log(2 * math.pi))


# ---- sizes --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EnsembleConfig:
    """Size and training of the ensemble."""

    members: int = 7
    elites: int = 5
    hidden_layers: int = 3
    hidden: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 5e-5  # half of it times the squared weights is added to the loss
    batch_size: int = 64
    held_out: float = 0.2  # fraction of the rows that no member is trained on
    check_every: int = 25  # at least so many gradient steps (and one epoch) between two checks
    patience: int = 8  # checks without a member's held-out error falling, after which training ends
    least_gain: float = 0.01  # what counts as falling, relative
    longest: int = 3000  # gradient steps of a fit, at most


ENSEMBLE_SIZES = {
    "default": EnsembleConfig(),
    "mbpo": EnsembleConfig(hidden_layers=4, hidden=200, batch_size=256),  # as published
}


def ensemble_config(size: str | dict) -> EnsembleConfig:
    """A configuration by name, or by what differs from the default.

    Raises
    ------
    InputError
        For an unknown name or field, or numbers that make no ensemble.
    """
    if isinstance(size, str):
        if size not in ENSEMBLE_SIZES:
            raise unknown("size", size, ENSEMBLE_SIZES)
        return ENSEMBLE_SIZES[size]
    try:
        config = size if isinstance(size, EnsembleConfig) else replace(EnsembleConfig(), **size)
    except TypeError as error:
        known = ", ".join(EnsembleConfig.__dataclass_fields__)
        raise InputError(
            f"size must be a name ({', '.join(ENSEMBLE_SIZES)}) or fields of EnsembleConfig with "
            f"their values, not {size!r}. Fields: {known}."
        ) from error
    whole = ("members", "elites", "hidden_layers", "hidden", "batch_size", "patience", "longest")
    for name in whole:
        value = getattr(config, name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InputError(f"'{name}' must be a whole number of at least 1, not {value!r}.")
    if config.elites > config.members:
        raise InputError(f"{config.elites} elites are more than {config.members} members.")
    if not 0 < config.held_out < 1:
        raise InputError(f"'held_out' must be between 0 and 1, not {config.held_out!r}.")
    return config
