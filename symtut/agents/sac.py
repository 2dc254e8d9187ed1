"""Soft Actor-Critic with automatic temperature (Haarnoja et al. 2018, arXiv 1812.05905).

Conventions
-----------
- Observations are ``(B, O)`` float32. Actions are in [-1, 1] throughout this file; the loop
  rescales them once to environment units.
- ``log_prob`` is the density of the *squashed* action in [-1, 1]^A: it contains the Jacobian of
  tanh and not that of the rescaling, so that a target entropy of -A means the same in every task.
- ``terminated`` is 1 only where the task ended. A time limit is not an end: the critic bootstraps
  through truncation.
- ``compute_loss_q`` and ``compute_loss_pi`` return the loss and leave its gradient, derived in
  the comments, in the networks' ``flat.grad``. They never touch each other's networks' gradients.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch.nn.functional import softplus

from symtut.agents.networks import MLP, Adam

LOG_STD_LOW, LOG_STD_HIGH = -20.0, 2.0


@dataclass(frozen=True)
class SACConfig:
    """Hyperparameters of the learner."""

    hidden: int = 128  # units in each of the two hidden layers
    batch_size: int = 256
    learning_rate: float = 1e-3  # of the actor, the critics and the temperature
    gamma: float = 0.99  # discount
    tau: float = 0.005  # how far the target critics follow at each update
    initial_alpha: float = 1.0  # temperature before the first update


class Sample(NamedTuple):
    """Actions drawn from the policy, and what the gradient needs: a = tanh(mean + std * noise)."""

    action: torch.Tensor  # (B, A) in [-1, 1]
    log_prob: torch.Tensor  # (B,)
    noise: torch.Tensor  # (B, A) standard normal
    std: torch.Tensor  # (B, A)


class SAC:
    """The learner: an actor, twin critics with targets, a temperature and two optimisers.

    Parameters
    ----------
    observation_size, action_size : int
    config : SACConfig
    generator : torch.Generator
        Source of all randomness: initial weights and action noise.
    """

    def __init__(self, observation_size: int, action_size: int, config: SACConfig, generator):
        self.config, self.generator = config, generator
        self.action_size = action_size
        self.target_entropy = -float(action_size)
        critic = (observation_size + action_size, config.hidden, 1, 2)
        self.actor = MLP(observation_size, config.hidden, 2 * action_size, 1, generator)
        self.critics = MLP(*critic, generator)
        self.targets = MLP(*critic, memory=self.critics.memory)
        self.targets.flat.copy_(self.critics.flat)
        self.log_alpha = torch.tensor([math.log(config.initial_alpha)])
        self.log_alpha.grad = torch.zeros(1)
        self.critic_optimizer = Adam([self.critics.flat], config.learning_rate)
        self.actor_optimizer = Adam([self.actor.flat, self.log_alpha], config.learning_rate)

    @torch.no_grad()
    def act(self, observation: torch.Tensor, deterministic: bool = False) -> torch.Tensor:
        """``(B, O)`` -> actions ``(B, A)`` in [-1, 1]; the mode of the policy or a sample."""
        if deterministic:
            return torch.tanh(self.actor.forward(observation)[0, :, : self.action_size])
        return self.sample(observation).action

    def sample(self, observation: torch.Tensor) -> Sample:
        """Reparametrised actions for ``(B, O)`` observations."""
        mean, log_std = self.actor.forward(observation)[0].split(self.action_size, dim=1)
        log_std = log_std.clamp(LOG_STD_LOW, LOG_STD_HIGH)
        std = log_std.exp()
        noise = torch.randn(mean.shape, generator=self.generator)
        raw = torch.addcmul(mean, std, noise)
        # log N(raw) - log(1 - tanh(raw)^2), with 1 - tanh^2 = 4 / (e^raw + e^-raw)^2 for stability
        log_prob = 2 * (raw + softplus(-2 * raw)) - 0.5 * noise.square() - log_std
        constant = self.action_size * (0.5 * math.log(2 * math.pi) + 2 * math.log(2))
        return Sample(torch.tanh(raw), log_prob.sum(1) - constant, noise, std)

    @torch.no_grad()
    def compute_loss_q(self, batch: dict[str, torch.Tensor], following: Sample) -> torch.Tensor:
        """J_Q = 1/2 sum_i mean_b (Q_i(s, a) - y)^2, the sum over both critics (eq. 5).

        ``following`` is the policy's sample at the next observations.
        """
        next_input = torch.cat([batch["next_observation"], following.action], 1)
        next_q = self.targets.forward(next_input).amin(0)[:, 0]  # (B,)
        next_value = next_q - self.log_alpha.exp() * following.log_prob
        alive = 1.0 - batch["terminated"][:, 0]
        y = batch["reward"][:, 0] + self.config.gamma * alive * next_value

        q = self.critics.forward(torch.cat([batch["observation"], batch["action"]], 1))
        error = q - y[:, None]  # (2, B, 1)
        self.critics.backward(error / len(y))  # dJ/dQ_i = (Q_i - y) / B
        return 0.5 * error.square().sum() / len(y)

    @torch.no_grad()
    def compute_loss_pi(self, batch: dict[str, torch.Tensor], now: Sample) -> torch.Tensor:
        """J_pi = mean_b [alpha log pi(a|s) - min_i Q_i(s, a)], a reparametrised (eq. 9).

        ``now`` is the policy's sample at the observations, the last rows that the actor saw. Also
        leaves the gradient of the temperature's loss, -log(alpha) (mean log pi + target entropy)
        (eq. 18), in ``log_alpha.grad``.
        """
        action, log_prob, noise, std = now
        q = self.critics.forward(torch.cat([batch["observation"], action], 1))
        q, critic = q[:, :, 0].min(0)  # (B,) and which of the two it was
        dq_da = self.critics.input_gradient(critic)[:, -self.action_size :]

        # With a = tanh(raw), raw = mean + std noise:  da/draw = 1 - a^2,  dlog_prob/draw = 2 a.
        alpha = self.log_alpha.exp()
        d_raw = (2 * alpha * action - dq_da * (1 - action.square())) / len(action)
        # log std moves raw by std noise, and lowers log_prob directly; outside the clamp, nothing.
        inside = (std > math.exp(LOG_STD_LOW)) & (std < math.exp(LOG_STD_HIGH))
        d_log_std = (d_raw * std * noise - alpha / len(action)) * inside
        self.actor.backward(torch.cat([d_raw, d_log_std], 1)[None])
        self.log_alpha.grad.copy_(-(log_prob.mean() + self.target_entropy))
        return (alpha * log_prob - q).mean()

    @torch.no_grad()
    def update(self, batch: dict[str, torch.Tensor]) -> None:
        """One gradient step for the critics, then for the actor and the temperature."""
        # One pass of the actor serves both losses: its weights do not change in between.
        n = len(batch["observation"])
        both = self.sample(torch.cat([batch["next_observation"], batch["observation"]]))
        self.compute_loss_q(batch, Sample(*(part[:n] for part in both)))
        self.critic_optimizer.step()
        self.compute_loss_pi(batch, Sample(*(part[n:] for part in both)))
        self.actor_optimizer.step()
        self.targets.flat.lerp_(self.critics.flat, self.config.tau)

    def set_learning_rate(self, learning_rate: float) -> None:
        self.critic_optimizer.learning_rate = learning_rate
        self.actor_optimizer.learning_rate = learning_rate

    def _tensors(self) -> dict[str, torch.Tensor]:
        tensors = {
            "actor": self.actor.flat,
            "critics": self.critics.flat,
            "targets": self.targets.flat,
            "log_alpha": self.log_alpha,
        }
        optimizers = {"critic": self.critic_optimizer, "actor": self.actor_optimizer}
        for name, optimizer in optimizers.items():
            for kind in ("first", "second", "steps"):
                for i, tensor in enumerate(getattr(optimizer, kind)):
                    tensors[f"{name}_optimizer.{kind}.{i}"] = tensor
        return tensors

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Networks, temperature and both optimisers; not the generator, which is the caller's."""
        return {name: tensor.detach().clone() for name, tensor in self._tensors().items()}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        for name, tensor in self._tensors().items():
            tensor.copy_(state[name])
