"""The world of two hills: densities are densities, and the soft optimum is one."""

import numpy as np
import pytest
import torch

from symtut.lab.scenes import nb02_two_hills as two_hills

KINDS = list(two_hills.WIDTHS)
STEP = two_hills.ACTIONS[1] - two_hills.ACTIONS[0]


def soft_return(density, alpha, kind):
    """E[reward] + alpha * entropy of a density on the grid."""
    log = np.log(np.maximum(density, 1e-300))
    return (density * (two_hills.reward(two_hills.ACTIONS, kind) - alpha * log)).sum() * STEP


@pytest.mark.parametrize("kind", KINDS)
def test_the_high_hill_is_the_higher_and_both_libraries_agree(kind):
    action = two_hills.ACTIONS
    values = two_hills.reward(action, kind)
    assert action[values.argmax()] == pytest.approx(two_hills.HIGH, abs=0.01)
    left = values[action < 0]
    assert action[action < 0][left.argmax()] == pytest.approx(two_hills.LOW, abs=0.01)
    assert left.max() == pytest.approx(two_hills.LOW_REWARD[kind], abs=1e-3)
    np.testing.assert_allclose(two_hills.reward(torch.tensor(action), kind).numpy(), values)


@pytest.mark.parametrize("mean, std", [(0.0, 0.5), (0.8, 0.3), (-0.5, 0.1)])
def test_squashed_density_is_that_of_torch_and_integrates_to_one(mean, std):
    density = two_hills.squashed_density(mean, std)
    assert density.sum() * STEP == pytest.approx(1, abs=0.01)
    squashed = torch.distributions.TransformedDistribution(
        torch.distributions.Normal(*torch.tensor([mean, std], dtype=torch.float64)),
        torch.distributions.TanhTransform(),
    )
    inside = torch.tensor(two_hills.ACTIONS[10:-10])
    np.testing.assert_allclose(
        density[10:-10], squashed.log_prob(inside).exp(), rtol=1e-6, atol=1e-12
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alpha", [0.1, 0.3, 1.0])
def test_soft_optimum_beats_every_squashed_gaussian(alpha, kind):
    best = two_hills.soft_optimum(alpha, kind)
    assert best.sum() * STEP == pytest.approx(1, abs=0.01)
    mean, std, reward, entropy = two_hills.best_squashed(alpha, kind)
    of_grid = soft_return(two_hills.squashed_density(mean, std), alpha, kind)
    assert of_grid == pytest.approx(reward + alpha * entropy, abs=0.01)
    assert soft_return(best, alpha, kind) > of_grid - 1e-3


def test_heat_spreads_and_cold_decides():
    cold, hot = two_hills.best_squashed(0.02), two_hills.best_squashed(1.0)
    assert np.tanh(cold[0]) == pytest.approx(two_hills.HIGH, abs=0.02) and cold[3] < -1
    assert 0.6 < hot[3] <= np.log(2)
    with pytest.raises(ValueError, match="alpha must be greater than 0"):
        two_hills.soft_optimum(0.0)


def test_quantiles_have_the_moments_of_the_normal():
    noise = two_hills.noise_quantiles(400)
    assert noise.mean().item() == pytest.approx(0, abs=1e-5)
    assert noise.std().item() == pytest.approx(1, abs=0.02)
