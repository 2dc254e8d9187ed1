"""SAC's hand-written gradients against autograd of its losses; the density against torch's own."""

import math
import warnings

import pytest
import torch
from torch.distributions import Normal, TransformedDistribution
from torch.distributions.transforms import TanhTransform

from symtut.agents.networks import MLP, perceptrons
from symtut.agents.sac import SAC, SACConfig, Sample, loss_pi, loss_q, warn_of_offsets

OBS, A, B = 5, 2, 64


@pytest.fixture
def agent():
    config = SACConfig(hidden=32, batch_size=B, initial_alpha=0.7)
    agent = SAC(OBS, A, config, torch.Generator().manual_seed(0))
    agent.targets.flat.add_(0.05 * torch.randn(agent.targets.flat.shape, generator=agent.generator))
    return agent


@pytest.fixture
def batch():
    g = torch.Generator().manual_seed(1)
    return {
        "observation": torch.randn(B, OBS, generator=g),
        "action": 2 * torch.rand(B, A, generator=g) - 1,
        "reward": torch.randn(B, 1, generator=g),
        "next_observation": torch.randn(B, OBS, generator=g),
        "terminated": (torch.rand(B, 1, generator=g) < 0.3).float(),
    }


def leaves(network):
    """All parameters in double precision, as autograd leaves."""
    return [p.double().clone().requires_grad_() for p in network.parameters]


def double(values):
    return {name: value.double() for name, value in values.items()}


def assert_gradients(network, expected):
    for ours, theirs in zip(network.gradients, expected, strict=True):
        torch.testing.assert_close(ours.double(), theirs, rtol=1e-3, atol=1e-6)


def test_the_fast_network_computes_the_plain_one(agent, batch):
    x = torch.cat([batch["observation"], batch["action"]], 1)
    found = agent.critics.forward(x)
    assert found.shape == (2, B, 1)
    torch.testing.assert_close(found, perceptrons(agent.critics.parameters, x))


def test_samples_and_their_density_are_those_of_torchs_distributions(agent, batch):
    drawn = agent.sample(batch["observation"])
    mean, log_std = (
        perceptrons(agent.actor.parameters, batch["observation"])[0].double().chunk(2, 1)
    )
    std = log_std.clamp(-20, 2).exp()
    raw = mean + std * drawn.noise.double()
    torch.testing.assert_close(drawn.action.double(), torch.tanh(raw), rtol=1e-5, atol=1e-6)
    squashed = TransformedDistribution(Normal(mean, std), TanhTransform(cache_size=0))
    expected = squashed.log_prob(torch.tanh(raw)).sum(1)
    torch.testing.assert_close(drawn.log_prob.double(), expected, rtol=1e-4, atol=1e-4)


def test_critics_gradient_is_that_of_their_loss(agent, batch):
    following = agent.sample(batch["next_observation"])
    error = agent.gradient_q(batch, following)
    critics, targets = leaves(agent.critics), leaves(agent.targets)
    theirs = Sample(*(part.double() for part in following))
    expected = loss_q(critics, targets, double(batch), theirs, 0.7, 0.99)
    loss = 0.5 * error.double().square().sum() / B
    torch.testing.assert_close(loss, expected.detach(), rtol=1e-4, atol=1e-5)
    assert_gradients(agent.critics, torch.autograd.grad(expected, critics))


def test_actors_gradient_is_that_of_its_loss_and_moves_no_critic(agent, batch):
    before = agent.critics.flat.grad.clone()
    both = agent.sample(torch.cat([batch["next_observation"], batch["observation"]]))
    now = Sample(*(part[B:] for part in both))
    q = agent.gradient_pi(batch, now)
    actor = leaves(agent.actor)
    expected = loss_pi(actor, leaves(agent.critics), double(batch), now.noise.double(), 0.7)
    value = (0.7 * now.log_prob - q.amin(0)[:, 0]).mean().double()
    torch.testing.assert_close(value, expected.detach(), rtol=1e-4, atol=1e-5)
    assert_gradients(agent.actor, torch.autograd.grad(expected, actor))
    entropy_missing = now.log_prob.mean().item() - A
    assert agent.log_alpha.grad.item() == pytest.approx(-entropy_missing, rel=1e-4)
    assert torch.equal(agent.critics.flat.grad, before)


def test_no_gradient_through_a_clamped_log_std(agent, batch):
    with torch.no_grad():
        agent.actor.parameters[-1][0, 0, A:] = 50.0  # far outside: std is clamped to e^2
    now = agent.sample(batch["observation"])
    assert torch.allclose(now.std, torch.tensor(math.e**2))
    agent.gradient_pi(batch, now)
    assert torch.isfinite(agent.actor.flat.grad).all()
    assert agent.actor.gradients[-1][0, 0, A:].abs().max() == 0
    assert agent.actor.gradients[-1][0, 0, :A].abs().max() > 0


def test_update_moves_all_parts_as_the_formulas_say(agent, batch):
    targets, critics = agent.targets.flat.clone(), agent.critics.flat.clone()
    actor, log_alpha = agent.actor.flat.clone(), agent.log_alpha.clone()
    agent.update(batch)
    # Adam's first step is the learning rate in each coordinate with a gradient
    for new, old in [(agent.critics.flat, critics), (agent.actor.flat, actor)]:
        assert (new - old).abs().max().item() == pytest.approx(1e-3, rel=1e-2)
    assert abs((agent.log_alpha - log_alpha).item()) == pytest.approx(1e-3, rel=1e-3)
    torch.testing.assert_close(agent.targets.flat, targets.lerp(agent.critics.flat, 0.005))


def test_networks_start_independent_and_inside_their_bounds():
    network = MLP(4, 64, 1, n=2, generator=torch.Generator().manual_seed(0))
    w1, _, w2, _, w3, _ = network.parameters
    assert not torch.equal(w2[0], w2[1])
    assert 0.45 < w1.abs().max() <= 0.5 and 0.12 < w2.abs().max() <= 0.125
    assert len(network.flat) == 2 * (4 * 64 + 64 + 64 * 64 + 64 + 64 + 1)


def test_same_seed_same_agent_and_state_dict_round_trip(agent, batch):
    twin = SAC(OBS, A, agent.config, torch.Generator().manual_seed(99))
    agent.update(batch)
    twin.load_state_dict(agent.state_dict())
    twin.generator.set_state(agent.generator.get_state())
    agent.update(batch)
    twin.update(batch)
    for name, tensor in agent.state_dict().items():
        assert torch.equal(tensor, twin.state_dict()[name]), name


def test_the_state_of_an_agent_before_its_first_update_is_no_state_of_an_optimiser(agent, batch):
    twin = SAC(OBS, A, agent.config, torch.Generator().manual_seed(99))
    twin.update(batch)
    twin.load_state_dict(agent.state_dict())
    twin.generator.set_state(agent.generator.get_state())
    agent.update(batch)
    twin.update(batch)
    assert torch.equal(agent.actor.flat, twin.actor.flat)


@pytest.mark.parametrize(
    "lost", ["critics", "critic_optimizer.0.exp_avg", "actor_optimizer.1.step"]
)
def test_a_state_that_lacks_something_is_no_state(agent, batch, lost):
    agent.update(batch)
    state = agent.state_dict()
    del state[lost]
    with pytest.raises(KeyError, match=lost):
        agent.load_state_dict(state)


def test_learns_a_bandit_and_tunes_its_temperature():
    """One state, reward -(a - 0.5)^2: the mode must find 0.5, the entropy its target."""
    config = SACConfig(hidden=32, learning_rate=3e-3, initial_alpha=0.2)
    agent = SAC(1, 1, config, torch.Generator().manual_seed(0))
    g = torch.Generator().manual_seed(1)
    ones = torch.ones(256, 1)
    for _ in range(800):
        action = 2 * torch.rand(256, 1, generator=g) - 1
        reward = -10 * (action - 0.5) ** 2
        agent.update(
            {
                "observation": ones, "action": action, "reward": reward,
                "next_observation": ones, "terminated": ones,
            }
        )  # fmt: skip
    assert agent.act(ones[:1], deterministic=True).item() == pytest.approx(0.5, abs=0.1)
    assert agent.sample(ones).log_prob.mean().item() == pytest.approx(1.0, abs=0.4)


def test_observations_far_from_zero_are_named():
    seen = torch.rand(50, 4) * torch.tensor([1.0, 20.0, 0.0, 2.0]) + torch.tensor([5, 290, 20, -1])
    with pytest.warns(UserWarning, match=r"observations 1 stay far from 0.*TransformObservation"):
        warn_of_offsets(seen)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_offsets(seen[:, [0, 2, 3]])
