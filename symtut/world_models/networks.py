"""Several probabilistic networks evaluated as one: the neural ensemble's mathematics.

A network gives mean and log-variance of each output. Autograd does the gradients.
"""

import math

import torch
from torch.nn.functional import silu, softplus


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

    def __init__(self, inputs, outputs, members, hidden_layers, hidden, generator):
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

    def forward(self, x: torch.Tensor, members: torch.Tensor | None = None):
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


def negative_log_likelihood(mean, log_variance, y) -> torch.Tensor:
    """-log N(y; mean, exp(log_variance)), of every element."""
    error = (y - mean).square() * (-log_variance).exp()
    return 0.5 * (error + log_variance + math.log(2 * math.pi))
