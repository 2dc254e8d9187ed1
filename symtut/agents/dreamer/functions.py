"""The formulas of Dreamer-v3 (Hafner et al. 2023, arXiv 2301.04104), each a function of tensors.

Time is the first axis wherever there is one. Everything is float32 and differentiable unless said.
"""

import math

import torch
import torch.nn.functional as F

# ---- numbers of any size ------------------------------------------------------------------------


def symlog(x: torch.Tensor) -> torch.Tensor:
    """sign(x) log(1 + abs(x)): about x near 0, a logarithm far away (eq. 9)."""
    return x.sign() * x.abs().log1p()


def symexp(x: torch.Tensor) -> torch.Tensor:
    """The inverse of :func:`symlog`."""
    return x.sign() * x.abs().expm1()


def two_hot_bins(n: int) -> torch.Tensor:
    """(n,) values from -e^20 to e^20, dense around 0 and symmetric; ``n`` is odd."""
    below = symexp(torch.linspace(-20, 0, n // 2 + 1))
    return torch.cat([below, -below[:-1].flip(0)])


def two_hot_mean(logits: torch.Tensor, bins: torch.Tensor) -> torch.Tensor:
    """The mean of a distribution over ``bins`` (n,): ``(..., n)`` -> ``(...)``.

    Each bin is taken together with its opposite. Bins reach 5e8: rounded one after the other, equal
    shares of all would not sum to 0, which rewards and values have to be at first.
    """
    half = len(bins) // 2
    share = torch.softmax(logits, -1)
    surplus = share[..., half + 1 :] - share[..., :half].flip(-1)
    return surplus @ bins[half + 1 :]


def two_hot_loss(logits: torch.Tensor, bins: torch.Tensor, *targets: torch.Tensor) -> torch.Tensor:
    """Cross entropy of ``(..., n)`` logits, the sum over ``targets``, numbers ``(...)``.

    A number is spread over the two bins around it so that the mean of the two, in *raw* units and
    not in those of symlog, is the number (eq. 10). Beyond the last bin it counts as that one. No
    gradient passes to targets.
    """
    number = torch.stack(targets, -1).detach().clamp(bins[0], bins[-1])  # (..., K)
    above = torch.searchsorted(bins, number, right=True).clamp(1, len(bins) - 1)
    low, high = bins[above - 1], bins[above]
    upper = (number - low) / (high - low)  # the share of the bin above
    shares = torch.cat([1 - upper, upper], -1)  # (..., 2 K)
    picked = torch.log_softmax(logits, -1).gather(-1, torch.cat([above - 1, above], -1))
    return -(shares * picked).sum(-1)


# ---- categorical latents ------------------------------------------------------------------------


# Classes are the last axis but one: over a last axis of four, softmax takes 20 times as long.


def mixed_probabilities(logits: torch.Tensor, uniform: float = 0.01) -> torch.Tensor:
    """Softmax over the classes of ``(..., C, S)``, mixed with a share of the uniform distribution.

    No class gets a probability of 0, so no divergence below is infinite.
    """
    return (1 - uniform) * torch.softmax(logits, -2) + uniform / logits.shape[-2]


def drawn_one_hot(probabilities: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """A one-hot draw from ``(..., C, S)`` by ``noise`` ``(..., S)``, uniform in [0, 1).

    The gradient passes through the draw as if it were the probabilities (straight-through).
    """
    p = probabilities.detach()
    below = p.cumsum(-2) - p  # 0 for the first class, so that one is always reached
    reached = (noise[..., None, :] >= below).to(p.dtype)
    one_hot = reached - F.pad(reached[..., 1:, :], (0, 0, 0, 1))  # the last one that is reached
    return one_hot + (probabilities - p)


def kl_losses(
    posterior: torch.Tensor, prior: torch.Tensor, free_nats: float = 1.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """KL(posterior || prior) twice, with the gradient to the prior alone and to the posterior.

    Probabilities ``(..., C, S)`` of S independent categoricals -> ``(...)`` nats each (eq. 5). The
    divergences of all S are summed *before* what is below ``free_nats`` is forgiven.
    """

    def divergence(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
        return (p * (p.log() - q.log())).sum((-2, -1)).clamp(min=free_nats)

    return divergence(posterior.detach(), prior), divergence(posterior, prior.detach())


# ---- returns ------------------------------------------------------------------------------------


def lambda_returns(
    reward: torch.Tensor,
    live: torch.Tensor,
    value: torch.Tensor,
    mixing: torch.Tensor | float = 0.95,
) -> torch.Tensor:
    """Returns R_t of all steps but the last, ``(T, ...)`` -> ``(T - 1, ...)`` (eq. 11)::

        R_t = r_t+1 + live_t+1 ((1 - mixing_t+1) v_t+1 + mixing_t+1 R_t+1),   R_T-1 = v_T-1

    Rewards are those of *arriving* at a step; ``live`` is the discount, 0 where the world ended;
    ``mixing`` is lambda, 0 after a step beyond which nothing is known (a time-out).
    """
    mixing = torch.as_tensor(mixing).expand_as(reward)
    sure = reward[1:] + live[1:] * (1 - mixing[1:]) * value[1:]
    weight = live[1:] * mixing[1:]
    returns = [value[-1]]
    for constant, factor in zip(reversed(sure.unbind()), reversed(weight.unbind()), strict=True):
        returns.append(torch.addcmul(constant, factor, returns[-1]))
    return torch.stack(returns[:0:-1])


class ReturnRange:
    """How far returns spread: from their 5th to their 95th percentile, averaged over updates.

    ``bounds`` (2,) are the averages, which start at 0 and move by ``rate`` of the way.
    """

    def __init__(self, rate: float = 0.01):
        self.rate = rate
        self.bounds = torch.zeros(2)

    def update(self, returns: torch.Tensor) -> float:
        """Take note of ``returns``, of any shape; the range to divide by, at least 1.

        Small returns are not blown up: they may be nothing but errors (section *Actor learning*).
        """
        now = torch.quantile(returns.flatten(), torch.tensor([0.05, 0.95]))
        self.bounds.lerp_(now, self.rate)
        return max(1.0, float(self.bounds[1] - self.bounds[0]))


# ---- actions ------------------------------------------------------------------------------------

LEAST_STD, MOST_STD = 0.1, 1.0


def action_distribution(output: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation ``(..., A)`` of the raw action, from ``(..., 2 A)``.

    The mean is inside (-1, 1), the deviation between the two bounds above. A raw action beyond
    [-1, 1] is cut where it is carried out.
    """
    mean, std = output.chunk(2, -1)
    return torch.tanh(mean), (MOST_STD - LEAST_STD) * torch.sigmoid(std + 2) + LEAST_STD


def log_prob_and_entropy(
    mean: torch.Tensor, std: torch.Tensor, action: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Of independent normals, in nats, summed over the last axis: ``(..., A)`` -> ``(...)``."""
    log_std, offset = std.log(), 0.5 * math.log(2 * math.pi)
    log_prob = -0.5 * ((action - mean) / std).square() - log_std - offset
    return log_prob.sum(-1), (log_std + offset + 0.5).sum(-1)
