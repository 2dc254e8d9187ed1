"""A world of one state and one step whose reward has two hills: what a temperature does, exactly.

The action is a number in [-1, 1]. Nothing here is learned or drawn: densities are computed on a
grid of actions, expectations by quantiles of the noise.
"""

import math
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
