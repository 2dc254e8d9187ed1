"""SAC's losses and hand-written gradients against an independent autograd reference."""

import math

import pytest
import torch
from torch.distributions import Normal, TransformedDistribution
from torch.distributions.transforms import TanhTransform

from symtut.agents.networks import MLP, Adam
from symtut.agents.sac import SAC, SACConfig, Sample

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


def leaves(network, i):
    """Network i's parameters in double precision, as autograd leaves."""
    return [p[i].double().clone().requires_grad_() for p in network.parameters]


def plain(parameters, x):
    w1, b1, w2, b2, w3, b3 = parameters
    return torch.relu(torch.relu(x @ w1 + b1) @ w2 + b2) @ w3.T + b3


def reference_sample(parameters, observation, noise):
    """The squashed Gaussian by torch.distributions instead of by formula."""
    mean, log_std = plain(parameters, observation.double()).chunk(2, -1)
    std = log_std.clamp(-20, 2).exp()
    action = torch.tanh(mean + std * noise.double())
    squashed = TransformedDistribution(Normal(mean, std), TanhTransform(cache_size=0))
    return action, squashed.log_prob(action).sum(-1)


def assert_gradients(network, i, expected):
    for ours, theirs in zip(network.gradients, expected, strict=True):
        torch.testing.assert_close(ours[i].double(), theirs, rtol=1e-3, atol=1e-6)


def test_critic_loss_and_gradient(agent, batch):
    following = agent.sample(batch["next_observation"])
    error = agent.gradient_q(batch, following)

    actor = leaves(agent.actor, 0)
    action, log_prob = reference_sample(actor, batch["next_observation"], following.noise)
    torch.testing.assert_close(following.log_prob.double(), log_prob, rtol=1e-4, atol=1e-4)
    x = torch.cat([batch["next_observation"].double(), action], 1)
    target = torch.minimum(*(plain(leaves(agent.targets, i), x) for i in (0, 1)))[:, 0]
    value = target - 0.7 * log_prob
    y = batch["reward"][:, 0] + 0.99 * (1 - batch["terminated"][:, 0]) * value
    x = torch.cat([batch["observation"], batch["action"]], 1).double()
    critics = [leaves(agent.critics, i) for i in (0, 1)]
    expected = sum(0.5 * ((plain(c, x)[:, 0] - y.detach()) ** 2).mean() for c in critics)
    loss = 0.5 * error.double().square().sum() / B
    torch.testing.assert_close(loss, expected.detach(), rtol=1e-4, atol=1e-5)
    for i in (0, 1):
        assert_gradients(agent.critics, i, torch.autograd.grad(expected, critics[i]))


def test_actor_and_temperature_loss_and_gradient(agent, batch):
    before = agent.critics.flat.grad.clone()
    both = agent.sample(torch.cat([batch["next_observation"], batch["observation"]]))
    now = Sample(*(part[B:] for part in both))
    ours = agent.gradient_pi(batch, now)

    actor = leaves(agent.actor, 0)
    action, log_prob = reference_sample(actor, batch["observation"], now.noise)
    x = torch.cat([batch["observation"].double(), action], 1)
    q = torch.minimum(*(plain(leaves(agent.critics, i), x) for i in (0, 1)))[:, 0]
    expected = (0.7 * log_prob - q).mean()
    torch.testing.assert_close(ours.amin(0)[:, 0].double(), q.detach(), rtol=1e-4, atol=1e-4)
    assert_gradients(agent.actor, 0, torch.autograd.grad(expected, actor))
    assert agent.log_alpha.grad.item() == pytest.approx(-(log_prob.mean().item() - A), rel=1e-4)
    assert torch.equal(agent.critics.flat.grad, before)  # the critics' weights were left alone


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


def test_adam_is_torchs_adam():
    generator = torch.Generator().manual_seed(0)
    ours, theirs = torch.randn(50, generator=generator), None
    theirs = ours.clone().requires_grad_()
    ours.grad = torch.zeros_like(ours)
    adam, reference = Adam([ours], 1e-2), torch.optim.Adam([theirs], 1e-2)
    for _ in range(20):
        gradient = torch.randn(50, generator=generator)
        ours.grad.copy_(gradient)
        theirs.grad = gradient
        adam.step()
        reference.step()
    torch.testing.assert_close(ours, theirs.detach(), rtol=1e-5, atol=1e-6)


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
