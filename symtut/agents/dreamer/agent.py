"""The learner Dreamer-v3: it follows the world in a latent state, and learns in its imagination.

Hafner et al. 2023 (arXiv 2301.04104), in the form of the authors' present code. One update does,
with one loss and one optimiser:

1. world model: follow sequences of real steps; predict observation, reward and end from the state;
   bring prior and posterior together;
2. imagination: from each of these states, 15 steps of the policy in the world model;
3. policy: make actions likelier that did better than the value said (REINFORCE; no gradient passes
   through the world model);
4. value: learn the returns of the imagination, and those of the real steps.
"""

import torch
import torch.nn.functional as F

from symtut.agents.buffers import ReplayBuffer
from symtut.agents.dreamer.config import DreamerConfig
from symtut.agents.dreamer.functions import (
    ReturnRange,
    action_distribution,
    kl_losses,
    lambda_returns,
    log_prob_and_entropy,
    symlog,
    two_hot_bins,
    two_hot_loss,
    two_hot_mean,
)
from symtut.agents.dreamer.networks import Latent, Networks
from symtut.agents.dreamer.optimizer import LaProp
from symtut.agents.dreamer.replay import draw_sequences, store_states

REPRESENTATION_SCALE, REPLAY_VALUE_SCALE = 0.1, 0.3  # weights in the loss; all others are 1


class Dreamer:
    """The learner: networks, optimiser, slow value, range of returns, and the state in acting.

    Parameters
    ----------
    observation_size, action_size : int
    config : DreamerConfig
    generator : torch.Generator
        Source of all randomness.

    Attributes
    ----------
    actor : Networks
        All networks: to act takes the world model, too. ``actor.flat`` holds all weights.
    optimizer : LaProp
    slow_value : torch.nn.Module
        Follows ``actor.value``; the value is kept near it.
    state : Latent
        (1, ...) of the episode under way, after what was seen last.
    """

    def __init__(
        self,
        observation_size: int,
        action_size: int,
        config: DreamerConfig,
        generator: torch.Generator,
    ):
        self.config, self.generator = config, generator
        self.actor = Networks(observation_size, action_size, config, generator)
        self.optimizer = LaProp(
            self.actor.parameters(), config.learning_rate, config.warm_up_updates
        )
        self.actor.flat = self.optimizer.flat
        throwaway = torch.Generator().manual_seed(0)
        self.slow_value = Networks(observation_size, action_size, config, throwaway).value
        self.slow_value.load_state_dict(self.actor.value.state_dict())
        self.bins = two_hot_bins(config.bins)
        self.range = ReturnRange()
        self.state = self.actor.rssm.initial(1)

    # ---- acting ------------------------------------------------------------------------------

    @torch.no_grad()
    def see(self, observation: torch.Tensor, action: torch.Tensor, first: bool) -> Latent:
        """Take note of an observation ``(O,)`` and of the action ``(A,)`` that led to it."""
        self.state, _ = self._follow(
            self.state,
            action[None, None],
            observation[None, None],
            torch.tensor([[first]]),
        )
        self.state = Latent(*(part[0] for part in self.state))
        return self.state

    @torch.no_grad()
    def act(self) -> torch.Tensor:
        """An action ``(A,)`` in [-1, 1], drawn from the policy in the present state."""
        return self._drawn_action(self.state)[0].clamp(-1, 1)

    def _drawn_action(self, state: Latent) -> torch.Tensor:
        mean, std = action_distribution(self.actor.policy(state.feature))
        return mean + std * torch.randn(mean.shape, generator=self.generator)

    def _follow(self, state, action, observation, first) -> tuple[Latent, torch.Tensor]:
        noise = self._noise(*first.shape)
        embedding = self.actor.embed(observation)
        return self.actor.rssm.observe(state, action, embedding, first, noise)

    def _noise(self, *shape: int) -> torch.Tensor:
        return torch.rand(*shape, self.config.stoch, generator=self.generator)

    # ---- learning ----------------------------------------------------------------------------

    def update(self, buffer: ReplayBuffer) -> dict[str, float]:
        """One gradient step on sequences of real steps; returns the losses, in nats or squares."""
        c = self.config
        columns, rows = draw_sequences(buffer, c.batch_size, c.length, self.generator)
        before = Latent(columns["deter"][0], columns["stoch"][0])
        real = {name: column[1:] for name, column in columns.items()}  # (T, B, ...)
        losses, states = self.world_model_losses(before, real)
        more, start_returns = self.imagination_losses(states.detach())
        losses |= more
        losses["replay value"] = REPLAY_VALUE_SCALE * self.replay_value_loss(
            states, real, start_returns
        )
        self.optimizer.step(torch.stack(list(losses.values())).sum())
        self._move_slow_value()
        store_states(buffer, rows[1:], states.detach().feature)
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def world_model_losses(
        self, before: Latent, real: dict[str, torch.Tensor]
    ) -> tuple[dict[str, torch.Tensor], Latent]:
        """Losses (scalars) on real sequences ``(T, B, ...)``, and the states along them."""
        nets = self.actor
        first = real["first"][..., 0] > 0
        states, posterior = self._follow(before, real["action"], real["observation"], first)
        feature = states.feature
        error = nets.decoder(feature) - symlog(real["observation"])
        reward = two_hot_loss(nets.reward(feature), self.bins, real["reward"][..., 0])
        # The discount is part of going on: the head learns gamma where the world does not end.
        proceeds = (1 - real["ended"]) * self.config.gamma
        proceed = F.binary_cross_entropy_with_logits(nets.proceed(feature), proceeds)
        dynamics, representation = kl_losses(
            posterior, nets.rssm.prior(states.deter), self.config.free_nats
        )
        return {
            "reconstruction": error.square().sum(-1).mean(),
            "reward": reward.mean(),
            "proceed": proceed,
            "dynamics": dynamics.mean(),
            "representation": REPRESENTATION_SCALE * representation.mean(),
        }, states

    def imagination_losses(self, starts: Latent) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """Losses of policy and value from states ``(T, B, ...)``, and returns there ``(T, B)``."""
        nets, c = self.actor, self.config
        shape = starts.deter.shape[:-1]
        with torch.no_grad():
            flat = Latent(*(part.flatten(0, 1) for part in starts))
            noise = self._noise(c.imagined_steps, len(flat.deter))
            imagined, action = nets.rssm.imagine(flat, self._drawn_action, noise)
            feature = imagined.feature  # (H + 1, N, D + C S)
            reward = two_hot_mean(nets.reward(feature), self.bins)
            live = torch.sigmoid(nets.proceed(feature))[..., 0]
            weight = live.cumprod(0)[:-1]  # how likely it is that this step is lived at all
            slow = two_hot_mean(self.slow_value(feature[:-1]), self.bins)
        value_logits = nets.value(feature)
        value = two_hot_mean(value_logits.detach(), self.bins)
        returns = lambda_returns(reward, live, value, c.mixing)  # (H, N)
        advantage = (returns - value[:-1]) / self.range.update(returns)
        mean, std = action_distribution(nets.policy(feature[:-1]))
        log_prob, entropy = log_prob_and_entropy(mean, std, action[:-1])
        policy = -weight * (advantage * log_prob + c.entropy * entropy)
        return {
            "policy": policy.mean(),
            "value": (weight * two_hot_loss(value_logits[:-1], self.bins, returns, slow)).mean(),
        }, returns[0].view(shape)

    def replay_value_loss(
        self, states: Latent, real: dict[str, torch.Tensor], start_returns: torch.Tensor
    ) -> torch.Tensor:
        """The value's loss on real rewards, with imagined returns ``(T, B)`` where they stop.

        Its gradient reaches the world model: states are to tell apart what is worth differently.
        """
        reward, ended, last = (real[name][..., 0] for name in ("reward", "ended", "last"))
        # Beyond a time-out nothing is known, but the world went on: there the imagined return
        # counts in full.
        mixing = self.config.mixing * (1 - last)
        live = self.config.gamma * (1 - ended)
        returns = lambda_returns(reward, live, start_returns, mixing)
        feature = states.feature[:-1]
        with torch.no_grad():
            slow = two_hot_mean(self.slow_value(feature), self.bins)
        loss = two_hot_loss(self.actor.value(feature), self.bins, returns, slow)
        return ((1 - last[:-1]) * loss).mean()  # after a last row comes another episode

    @torch.no_grad()
    def _move_slow_value(self) -> None:
        pairs = zip(self.slow_value.parameters(), self.actor.value.parameters(), strict=True)
        for slow, fast in pairs:
            slow.lerp_(fast, self.config.slow_rate)

    # ---- as any learner ----------------------------------------------------------------------

    def set_learning_rate(self, learning_rate: float) -> None:
        self.optimizer.learning_rate = learning_rate

    def is_finite(self) -> bool:
        """Whether all weights are finite numbers."""
        return bool(torch.isfinite(self.optimizer.flat).all())

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Networks, optimiser, slow value, range of returns and the state in acting."""
        state = {f"optimizer.{n}": t for n, t in self.optimizer.state_dict().items()}
        state |= {f"slow_value.{n}": t.clone() for n, t in self.slow_value.state_dict().items()}
        state["range"] = self.range.bounds.clone()
        return state | {f"state.{n}": t.clone() for n, t in self.state._asdict().items()}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        def below(prefix: str) -> dict[str, torch.Tensor]:
            return {n.removeprefix(prefix): t for n, t in state.items() if n.startswith(prefix)}

        self.optimizer.load_state_dict(below("optimizer."))
        self.slow_value.load_state_dict(below("slow_value."))
        self.range.bounds.copy_(state["range"])
        self.state = Latent(**{name: part.clone() for name, part in below("state.").items()})
