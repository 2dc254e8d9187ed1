"""A world of one state and one step whose reward has two hills: what a temperature does, exactly.

The action is a number in [-1, 1]. Nothing here is drawn: densities are computed on a grid of
actions, expectations by quantiles of the noise.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import torch

HIGH, LOW = 0.6, -0.5  # where the hills stand
#: kind: width of the high hill, of the low hill (standard deviations, in units of the action)
WIDTHS = {"equally wide": (0.2, 0.2), "the low hill is wider": (0.12, 0.25)}
LOW_REWARD = {"equally wide": 0.6, "the low hill is wider": 0.7}
ACTIONS = np.linspace(-1, 1, 801)


def noise_quantiles(n: int) -> torch.Tensor:
    """(n,) quantiles of the standard normal, evenly spread: noise without luck in it."""
    return torch.distributions.Normal(0.0, 1.0).icdf((torch.arange(n) + 0.5) / n)


def reward(action: Any, kind: str = "equally wide") -> Any:
    """Reward of actions in [-1, 1], any shape; NumPy in, NumPy out; torch in, torch out.

    The hill at 0.6 has height 1; the one at -0.5 has 0.6 or, where it is wider, 0.7.
    """
    exp = torch.exp if isinstance(action, torch.Tensor) else np.exp
    high, low = WIDTHS[kind]
    left = LOW_REWARD[kind] * exp(-0.5 * ((action - LOW) / low) ** 2)
    return exp(-0.5 * ((action - HIGH) / high) ** 2) + left


def soft_optimum(alpha: float, kind: str = "equally wide") -> np.ndarray:
    """Density on ``ACTIONS`` that maximises E[reward] + alpha * entropy, (801,).

    It is proportional to exp(reward / alpha) (Haarnoja et al. 2017, arXiv 1702.08165, theorem 1).

    Raises
    ------
    ValueError
        If ``alpha`` is not positive: without entropy the best policy is a point, not a density.
    """
    if not alpha > 0:
        raise ValueError(f"alpha must be greater than 0, not {alpha}.")
    value = reward(ACTIONS, kind) / alpha
    weight = np.exp(value - value.max())
    return weight / (weight.mean() * (ACTIONS[-1] - ACTIONS[0]))


def squashed_density(mean: float, std: float) -> np.ndarray:
    """Density on ``ACTIONS`` of tanh(mean + std * noise), noise standard normal, (801,)."""
    inside = np.clip(ACTIONS, -1 + 1e-6, 1 - 1e-6)
    raw = np.arctanh(inside)
    gauss = np.exp(-0.5 * ((raw - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))
    return gauss / (1 - inside**2)


@lru_cache
def _family(kind: str):
    """Mean reward and entropy of a grid of squashed Gaussians, each (M, S)."""
    means, stds = np.linspace(-1.6, 1.6, 129), np.geomspace(0.02, 1.5, 70)
    noise = noise_quantiles(200).double().numpy()
    raw = means[:, None, None] + stds[:, None] * noise
    mean_reward = reward(np.tanh(raw), kind).mean(-1)
    log_slope = 2 * (math.log(2) - np.logaddexp(raw, -raw)).mean(-1)
    entropy = 0.5 * math.log(2 * math.pi * math.e) + np.log(stds) + log_slope
    return means, stds, mean_reward, entropy


def best_squashed(alpha: float, kind: str = "equally wide") -> tuple[float, float, float, float]:
    """The squashed Gaussian with the largest E[reward] + alpha * entropy, by trying a grid.

    Returns
    -------
    mean, std : before tanh
    reward, entropy : of that policy; entropy in nats
    """
    means, stds, mean_reward, entropy = _family(kind)
    i, j = np.unravel_index(np.argmax(mean_reward + alpha * entropy), entropy.shape)
    return float(means[i]), float(stds[j]), float(mean_reward[i, j]), float(entropy[i, j])


def climb(
    log_prob_of: Callable,
    temperature_gradient: Callable,
    alpha: float | None,
    kind: str = "equally wide",
    updates: int = 400,
) -> tuple[np.ndarray, np.ndarray]:
    """41 squashed Gaussians that follow the gradient of E[reward] + alpha * entropy.

    Parameters
    ----------
    log_prob_of : callable
        (N, 1) raw actions, means, deviations -> (N,) log-densities.
    temperature_gradient : callable
        (64,) log-probabilities, target entropy -> derivative by log(alpha), ().
    alpha : float or None
        None: each policy has its own, which begins at 1 and follows ``temperature_gradient``.

    Returns
    -------
    path : (updates, 41) most likely actions before each update
    std : (41,) deviations in the end
    """
    noise = noise_quantiles(64)
    mean = torch.linspace(-1.5, 1.5, 41)[:, None].requires_grad_()
    log_std = torch.full((41, 1), math.log(0.3), requires_grad=True)
    log_alpha = torch.zeros(41)
    optimizer = torch.optim.Adam([mean, log_std], lr=0.05)
    path = []
    for _ in range(updates):
        path.append(torch.tanh(mean.detach()[:, 0]).numpy().copy())
        std = log_std.exp()
        raw = mean + std * noise  # (41, 64)
        columns = [part.expand_as(raw).reshape(-1, 1) for part in (raw, mean, std)]
        log_prob = log_prob_of(*columns).reshape(raw.shape)
        price = log_alpha.exp()[:, None] if alpha is None else alpha
        gain = (reward(torch.tanh(raw), kind) - price * log_prob).mean(1)
        optimizer.zero_grad()
        (-gain).sum().backward()
        optimizer.step()
        if alpha is None:
            slopes = [temperature_gradient(row, -1.0) for row in log_prob.detach()]
            log_alpha = log_alpha - 0.015 * torch.stack(slopes)
    return np.array(path), log_std.exp().detach()[:, 0].numpy()
