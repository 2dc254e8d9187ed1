"""One update of ours and one of Stable-Baselines3's, from the same networks, batch and noise."""

import gymnasium
import numpy as np
import pytest
import torch

from symtut.agents.sac import SAC, SACConfig

stable_baselines3 = pytest.importorskip("stable_baselines3", reason="extra 'benchmarks'")

OBS, A, B, HIDDEN = 5, 2, 64, 32


class Nothing(gymnasium.Env):
    """Spaces, which is all that Stable-Baselines3 asks of a world before it acts."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (OBS,))
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (A,))


def copy_layers(mlp, i, layers):
    """Network i's six parameters into Linear layers: two hidden ones, then the outputs' rows."""
    w1, b1, w2, b2, w3, b3 = (p[i] for p in mlp.parameters)
    rows = torch.arange(len(w3)).chunk(len(layers) - 2)
    ours = [(w1.T, b1), (w2.T, b2), *((w3[r], b3[:, r]) for r in rows)]
    for layer, (weight, bias) in zip(layers, ours, strict=True):
        layer.weight.data.copy_(weight)
        layer.bias.data.copy_(bias[0])


def gradients(layers):
    """Of Linear layers, in the order and the shapes of our flat vector."""
    hidden, outputs = layers[:2], layers[2:]
    parts = [part for layer in hidden for part in (layer.weight.grad.T, layer.bias.grad)]
    parts += [torch.cat([layer.weight.grad for layer in outputs])]
    parts += [torch.cat([layer.bias.grad for layer in outputs])]
    return torch.cat([part.reshape(-1) for part in parts])


def of_network(mlp, i):
    return torch.cat([gradient[i].reshape(-1) for gradient in mlp.gradients])


def test_losses_are_those_of_stable_baselines3(monkeypatch):
    config = SACConfig(hidden=HIDDEN, batch_size=B, initial_alpha=0.7, gamma=0.95)
    ours = SAC(OBS, A, config, torch.Generator().manual_seed(0))
    ours.targets.flat.add_(0.05 * torch.randn(ours.targets.flat.shape, generator=ours.generator))
    theirs = stable_baselines3.SAC(
        "MlpPolicy", Nothing(), batch_size=B, gamma=0.95, tau=config.tau, buffer_size=B,
        learning_rate=config.learning_rate, ent_coef="auto_0.7", device="cpu",
        policy_kwargs={"net_arch": [HIDDEN, HIDDEN]},
    )  # fmt: skip
    linear = torch.nn.Linear
    actor = [m for m in theirs.actor.modules() if isinstance(m, linear)]  # hidden, mean, log std
    critics = [
        [m for m in q if isinstance(m, linear)] for q in (theirs.critic.qf0, theirs.critic.qf1)
    ]
    targets = (theirs.critic_target.qf0, theirs.critic_target.qf1)
    order = [theirs.actor.latent_pi[0], theirs.actor.latent_pi[2], theirs.actor.mu]
    order.append(theirs.actor.log_std)
    assert {id(layer) for layer in actor} == {id(layer) for layer in order}
    copy_layers(ours.actor, 0, order)
    for i in range(2):
        copy_layers(ours.critics, i, critics[i])
        copy_layers(ours.targets, i, [m for m in targets[i] if isinstance(m, linear)])

    g = torch.Generator().manual_seed(1)
    batch = {
        "observation": torch.randn(B, OBS, generator=g),
        "action": 2 * torch.rand(B, A, generator=g) - 1,
        "reward": torch.randn(B, 1, generator=g),
        "next_observation": torch.randn(B, OBS, generator=g),
        "terminated": (torch.rand(B, 1, generator=g) < 0.3).float(),
    }
    noise_next, noise_now = torch.randn(2, B, A, generator=g)

    # ours draws the noise for the next observations and the present ones in one go, ...
    monkeypatch.setattr(torch, "randn", lambda *a, **k: torch.cat([noise_next, noise_now]))
    ours.update(batch)
    monkeypatch.undo()

    # ... theirs one after the other, the present ones first
    waiting = [noise_now, noise_next]
    monkeypatch.setattr(
        torch.distributions.Normal, "rsample", lambda d, *a: d.loc + d.scale * waiting.pop(0)
    )
    samples = type("Samples", (), {
        "observations": batch["observation"], "actions": batch["action"],
        "next_observations": batch["next_observation"], "dones": batch["terminated"],
        "rewards": batch["reward"], "discounts": None,
    })()  # fmt: skip
    monkeypatch.setattr(theirs.replay_buffer, "sample", lambda *a, **k: samples)
    theirs.set_logger(stable_baselines3.common.logger.configure(None, []))
    seen = {}
    for name, optimizer, layers in (
        ("critics", theirs.critic.optimizer, critics),
        ("actor", theirs.actor.optimizer, [order]),
    ):

        def record(*a, name=name, layers=layers, step=optimizer.step, **k):
            seen[name] = [gradients(network) for network in layers]
            return step(*a, **k)

        monkeypatch.setattr(optimizer, "step", record)
    theirs.train(gradient_steps=1, batch_size=B)
    assert not waiting

    close = {"rtol": 1e-3, "atol": 1e-5}
    for i in range(2):
        torch.testing.assert_close(of_network(ours.critics, i), seen["critics"][i], **close)
    torch.testing.assert_close(of_network(ours.actor, 0), seen["actor"][0], **close)
    torch.testing.assert_close(ours.log_alpha, theirs.log_ent_coef.data, **close)
    moved = theirs.critic_target.qf0[0].weight.data.T
    torch.testing.assert_close(ours.targets.parameters[0][0], moved, **close)
