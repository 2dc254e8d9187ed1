"""Sums of few terms: found among many columns, with noise, beside rows of another law."""

import numpy as np
import pytest

from symtut.world_models.sums import find_sum


def points(n=300, columns=9, seed=0):
    generator = np.random.default_rng(seed)
    x = generator.uniform(-2, 2, (n, columns))
    angular = [k in (1, 4) for k in range(columns)]
    x[:, angular] *= np.pi / 2
    return x, angular, generator


@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_a_fingertip_is_found_among_distractors(noise):
    x, angular, generator = points()
    y = 0.1 * np.cos(x[:, 1]) + 0.11 * np.cos(x[:, 1] + x[:, 4]) - x[:, 7]
    seen = y + noise * y.std() * generator.standard_normal(len(y))
    found = find_sum(x, seen, angular)
    assert found.formula.columns == (1, 4, 7)
    assert found.formula(x) == pytest.approx(y, abs=2 * noise * y.std() + 1e-12)
    assert found.left_over < 2 * noise**2 + 1e-12


@pytest.mark.parametrize("noise", [0.0, 1e-3])
def test_a_distance_with_costs_is_found_and_rows_of_another_law_are_left_out(noise):
    x, angular, generator = points(400)
    y = -np.sqrt(x[:, 0] ** 2 + x[:, 2] ** 2) - 0.05 * x[:, 3] ** 2 - 0.01 * x[:, 8] ** 2
    odd = generator.random(400) < 0.1
    seen = y + noise * y.std() * generator.standard_normal(400) + np.where(odd, 1.0, 0.0)
    found = find_sum(x, seen, angular, distances=True)
    assert found.formula.columns == (0, 2, 3, 8)
    assert (found.inliers == ~odd).mean() > 0.99
    assert found.formula(x) == pytest.approx(y, abs=20 * noise * y.std() + 1e-9)


def test_noise_alone_is_no_sum():
    x, angular, generator = points()
    assert find_sum(x, generator.standard_normal(300), angular) is None
    assert find_sum(x, np.ones(300), angular) is None
    assert find_sum(x[:6], x[:6, 0], angular) is None  # six rows tell no numbers


def test_torch_and_numpy_give_the_same():
    torch = pytest.importorskip("torch")
    x, angular, _ = points()
    found = find_sum(x, np.sin(x[:, 1]) * x[:, 2] + 3.0, angular)
    assert found.formula(torch.as_tensor(x)).numpy() == pytest.approx(found.formula(x))
