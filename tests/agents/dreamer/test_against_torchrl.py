"""Each part of Dreamer-v3 gives the numbers and gradients of torchrl's."""

import pytest
import torch
from torchrl.modules import (
    PercentileValueNorm,
    RSSMPosteriorV3,
    RSSMPriorV3,
    functional,
)
from torchrl.modules.models.model_based import SymExpTwoHot
from torchrl.objectives.dreamer_v3 import categorical_kl_terms
from torchrl.objectives.value.functional import vec_td_lambda_return_estimate
from torchrl.trainers.algorithms.dreamer_v3 import DreamerV3Optimizer

from symtut.agents.dreamer.config import DreamerConfig
from symtut.agents.dreamer.functions import (
    ReturnRange,
    kl_losses,
    lambda_returns,
    mixed_probabilities,
    symlog,
    two_hot_bins,
    two_hot_loss,
    two_hot_mean,
)
from symtut.agents.dreamer.networks import RSSM, Latent
from symtut.agents.dreamer.optimizer import LaProp


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("n", [5, 63, 255])
def test_two_hot_means_and_losses_are_torchrls(n):
    theirs, bins = SymExpTwoHot(n), two_hot_bins(n)
    torch.testing.assert_close(bins, theirs.bins)
    logits = normal(40, n).requires_grad_()
    targets = torch.cat([30 * normal(37, seed=1), torch.tensor([0.0, 1e10, -1e10])])
    decoded = two_hot_mean(logits, bins)  # the largest bin is 5e8
    torch.testing.assert_close(decoded, theirs.decode(logits), rtol=1e-5, atol=1e-3)
    ours, other = two_hot_loss(logits, bins, targets), theirs.loss(logits, targets)
    torch.testing.assert_close(ours, other)
    gradients = [torch.autograd.grad(loss.sum(), logits)[0] for loss in (ours, other)]
    torch.testing.assert_close(*gradients)
    assert two_hot_mean(torch.zeros(3, n), bins).tolist() == [0.0, 0.0, 0.0]  # not nearly


def test_symlog_is_torchrls():
    x = torch.cat([1000 * normal(50), torch.zeros(1)])
    torch.testing.assert_close(symlog(x), functional.symlog(x))


def test_kl_losses_and_their_gradients_are_torchrls():
    logits = [(scale * normal(50, 6, 4, seed=i)).requires_grad_() for i, scale in ((3, 1), (4, 1))]
    p = [mixed_probabilities(x.transpose(-1, -2)) for x in logits]
    ours = [loss.mean() for loss in kl_losses(*p, free_nats=3.0)]
    theirs = categorical_kl_terms(*logits, free_nats=3.0, unimix=0.01)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other)
        for pair in zip(
            *(torch.autograd.grad(x, logits, retain_graph=True, allow_unused=True)
              for x in (mine, other)), strict=True,
        ):  # fmt: skip
            assert (pair[0] is None) == (pair[1] is None)
            if pair[0] is not None:
                torch.testing.assert_close(*pair)


def test_lambda_returns_are_torchrls_through_ends_and_time_outs():
    steps, batch, discount, mixing = 12, 5, 0.9, 0.8
    reward, value = normal(steps, batch, seed=5), normal(steps, batch, seed=6)
    draws = torch.rand(steps, batch, generator=torch.Generator().manual_seed(7))
    ended, timed_out = draws < 0.15, draws > 0.85
    ours = lambda_returns(
        reward, discount * (~ended).float(), value, mixing * (~(ended | timed_out)).float()
    )
    columns = [x[1:, :, None].transpose(0, 1) for x in (value, reward, ended | timed_out, ended)]
    theirs = vec_td_lambda_return_estimate(discount, mixing, *columns)
    torch.testing.assert_close(ours, theirs[..., 0].T, atol=1e-5, rtol=1e-5)


def test_the_range_of_returns_is_torchrls():
    ours, theirs = ReturnRange(0.3), PercentileValueNorm(rate=0.3)
    for i in range(5):
        returns = 10 * normal(64, 3, seed=i)
        theirs.update(returns.reshape(-1, 1))
        assert ours.update(returns) == pytest.approx(float(theirs.scale()), rel=1e-5)
    assert ours.update(torch.zeros(10)) > 1
    assert ReturnRange().update(0.1 * normal(100)) == 1.0  # small returns stay small


@pytest.mark.parametrize("warm_up", [0, 4])
def test_the_optimiser_is_torchrls(warm_up):
    """Over several updates, with gradients large enough for the clip, and with zeros at first."""
    target = [normal(6, 3), 30 * normal(5, seed=1), normal(4, seed=2)]

    def weights():
        start = [normal(6, 3, seed=3), normal(5, seed=4), torch.zeros(4)]
        return [torch.nn.Parameter(w) for w in start]

    def loss(parameters):
        return sum((w - t).square().sum() for w, t in zip(parameters, target, strict=True))

    ours, theirs = weights(), weights()
    mine = LaProp(ours, 0.05, warm_up)
    other = DreamerV3Optimizer(theirs, lr=0.05, warmup_steps=warm_up)
    for _ in range(8):
        mine.step(loss(ours))
        other.zero_grad()
        loss(theirs).backward()
        other.step()
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)
    again = weights()
    twin = LaProp(again, 0.05, warm_up)
    twin.load_state_dict(mine.state_dict())
    for optimizer, parameters in ((mine, ours), (twin, again)):
        optimizer.step(loss(parameters))
    assert torch.equal(mine.flat, twin.flat) and torch.equal(ours[0], again[0])


def test_the_recurrent_step_prior_and_posterior_are_torchrls():
    """With torchrl's weights; its categoricals come before their classes, ours after."""
    c = DreamerConfig(deter=24, blocks=4, stoch=5, classes=3, hidden=8, units=7)
    ours = RSSM(2, c.units, c, torch.Generator().manual_seed(0))
    prior = RSSMPriorV3(
        action_shape=(2,), hidden_dim=8, rnn_hidden_dim=24, num_categoricals=5, num_classes=3,
        action_dim=2, recurrent_model="block_gru", num_blocks=4, unimix=0.01,
    )  # fmt: skip
    posterior = RSSMPosteriorV3(
        hidden_dim=8, num_categoricals=5, num_classes=3, rnn_hidden_dim=24, obs_embed_dim=7,
        use_rms_norm=True, unimix=0.01,
    )  # fmt: skip
    theirs = prior.rnn
    pairs = [
        (ours.from_deter, theirs.belief_projection[0]),
        (ours.from_stoch, theirs.state_projection[0]),
        (ours.from_action, theirs.action_projection[0]),
        (torch.nn.Sequential(ours.recurrent, ours.recurrent_norm), theirs.hidden_layers),
        (ours.gates, theirs.gates),
        (ours.prior_head, prior.rnn_to_prior_projector),
        (ours.posterior_head, posterior.obs_rnn_to_post_projector),
    ]
    for i, (mine, other) in enumerate(pairs):  # parameters have the same shapes and order
        for k, (p, q) in enumerate(zip(mine.parameters(), other.parameters(), strict=True)):
            q.data = normal(*q.shape, seed=10 * i + k)
            p.data = q.data.clone()

    projections = theirs.belief_projection, theirs.state_projection, theirs.action_projection
    for i, projection in enumerate(projections):
        projection[1].weight.data = normal(8, seed=100 + i)
    ours.from_norm.scale.data = torch.stack([projection[1].weight for projection in projections])

    deter, action, embedding = normal(6, 24), 2 * normal(6, 2, seed=1), normal(6, 7, seed=2)
    stoch = torch.softmax(normal(6, 5, 3, seed=3), -1)
    swapped = stoch.transpose(1, 2).flatten(1)
    logits, _, belief = prior(stoch.flatten(1), deter, action)
    after = ours.next_deter(Latent(deter, swapped), ours.action_part(action))
    assert not torch.allclose(after, belief)  # as the inputs of one layer are in another order
    weight = ours.from_stoch.weight
    weight.data = weight.data.view(8, 5, 3).transpose(1, 2).reshape(8, 15).clone()
    after = ours.next_deter(Latent(deter, swapped), ours.action_part(action))
    torch.testing.assert_close(after, belief, rtol=1e-4, atol=1e-5)
    for head in (ours.prior_head, ours.posterior_head):
        for p in (head[-1].weight, head[-1].bias):
            p.data = p.data.view(5, 3, -1).transpose(0, 1).reshape(p.shape).clone()
    expected = torch.softmax(logits, -1) * 0.99 + 0.01 / 3
    torch.testing.assert_close(ours.prior(after).transpose(1, 2), expected, rtol=1e-4, atol=1e-5)
    seen, _ = posterior(belief, embedding)
    expected = torch.softmax(seen, -1) * 0.99 + 0.01 / 3
    torch.testing.assert_close(
        ours.posterior(after, embedding).transpose(1, 2), expected, rtol=1e-4, atol=1e-5
    )
