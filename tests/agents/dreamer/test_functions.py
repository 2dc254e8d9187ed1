"""Dreamer's formulas against numbers by hand and torch's own distributions."""

import math

import pytest
import torch

from symtut.agents.dreamer.functions import (
    action_distribution,
    drawn_one_hot,
    kl_losses,
    lambda_returns,
    log_prob_and_entropy,
    mixed_probabilities,
    symexp,
    symlog,
    two_hot_bins,
    two_hot_loss,
    two_hot_mean,
)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_symlog():
    x = torch.tensor([-1e4, -1.0, 0.0, 1e-3, math.e - 1])
    expected = torch.tensor([-math.log(10001), -math.log(2), 0.0, math.log1p(1e-3), 1.0])
    torch.testing.assert_close(symlog(x), expected)
    torch.testing.assert_close(symexp(symlog(x)), x)


def test_the_least_loss_is_at_the_number_in_raw_units():
    """Of all distributions that one with mean 3 on its two bins; in symlog it were another."""
    bins = two_hot_bins(41)  # ..., 1.7, 6.4, ...: one apart in symlog
    low, high = bins[21], bins[22]
    logits = torch.full((41,), -60.0)
    share = (3 - low) / (high - low)
    logits[21], logits[22] = torch.log(1 - share), torch.log(share)
    assert float(two_hot_mean(logits, bins)) == pytest.approx(3, rel=1e-5)
    logits.requires_grad_()
    (gradient,) = torch.autograd.grad(two_hot_loss(logits, bins, torch.tensor(3.0)), logits)
    assert gradient.abs().max() < 1e-6


def test_a_uniform_share_is_mixed_in():
    p = mixed_probabilities(torch.tensor([100.0, 0.0, 0.0, 0.0])[:, None].expand(4, 2))
    expected = torch.tensor([0.9925, 0.0025, 0.0025, 0.0025])[:, None].expand(4, 2)
    torch.testing.assert_close(p, expected)


def test_draws_follow_the_probabilities_and_pass_the_gradient_straight_through():
    p = mixed_probabilities(normal(4, 3)).requires_grad_()
    noise = torch.rand(20000, 3, generator=torch.Generator().manual_seed(1))
    drawn = drawn_one_hot(p.expand(20000, 4, 3), noise)
    assert set(drawn.detach().round().unique().tolist()) == {0.0, 1.0}
    torch.testing.assert_close(drawn.sum(-2), torch.ones(20000, 3))
    torch.testing.assert_close(drawn.mean(0), p, atol=0.02, rtol=0)  # six standard errors
    weights = normal(4, 3, seed=2)
    (gradient,) = torch.autograd.grad((drawn[0] * weights).sum(), p)
    torch.testing.assert_close(gradient, weights)
    p = torch.tensor([0.25, 0.75])[:, None].expand(2, 3)
    edges = drawn_one_hot(p, torch.tensor([0.0, 0.25, 1.0]))
    assert edges.T.tolist() == [[1, 0], [0, 1], [0, 1]]  # never none, never two


def test_free_nats_are_for_the_sum_over_the_categoricals():
    """Two divergences of 0.6 nats each make 1.2, of which nothing is forgiven."""
    q = torch.tensor([0.5, 0.5])[:, None].expand(2, 2)
    p = torch.tensor([0.98, 0.02])[:, None].expand(2, 2)
    each = 0.98 * math.log(0.98 / 0.5) + 0.02 * math.log(0.02 / 0.5)
    assert 0.5 < each < 1
    torch.testing.assert_close(kl_losses(p, q)[0], torch.tensor(2 * each))
    torch.testing.assert_close(kl_losses(p[:, :1], q[:, :1])[1], torch.tensor(1.0))


def test_lambda_returns_by_hand():
    reward = torch.tensor([9.0, 1.0, 2.0])  # what came before the first step counts for nothing
    value, live = torch.tensor([9.0, 10.0, 20.0]), torch.tensor([9.0, 0.5, 1.0])
    last = 2 + 20
    first = 1 + 0.5 * (0.25 * 10 + 0.75 * last)
    assert lambda_returns(reward, live, value, 0.75).tolist() == [first, last]


def test_actions_are_normal_between_bounds():
    output = torch.tensor([[0.0, 50.0, -2.0, 50.0], [0.5, 0.0, -50.0, 0.0]])
    mean, std = action_distribution(output)
    torch.testing.assert_close(mean, torch.tensor([[0.0, 1.0], [math.tanh(0.5), 0.0]]))
    expected = 0.9 / (1 + math.exp(-2)) + 0.1
    torch.testing.assert_close(std, torch.tensor([[0.55, 1.0], [0.1, expected]]))
    action = normal(2, 2)
    log_prob, entropy = log_prob_and_entropy(mean, std, action)
    known = torch.distributions.Independent(torch.distributions.Normal(mean, std), 1)
    torch.testing.assert_close(log_prob, known.log_prob(action))
    torch.testing.assert_close(entropy, known.entropy())
