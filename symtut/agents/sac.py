"""Soft Actor-Critic with automatic temperature (Haarnoja et al. 2018, arXiv 1812.05905).

Conventions
-----------
- Observations are ``(B, O)`` float32. Actions are in [-1, 1] throughout this file; the loop
  rescales them once to environment units.
- ``log_prob`` is the density of the *squashed* action in [-1, 1]^A: it contains the Jacobian of
  tanh and not that of the rescaling, so that a target entropy of -A means the same in every task.
- ``terminated`` is 1 only where the task ended. A time limit is not an end: the critic bootstraps
  through truncation.
- ``gradient_q`` and ``gradient_pi`` leave the gradients of the losses, derived in the comments, in
  the networks' ``flat.grad``; the losses' own values are needed nowhere. They never touch each
  other's networks' gradients.
- An update runs in inference mode: nothing here is for autograd, and its bookkeeping would cost
  one update in twenty-five.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch

from symtut.agents.networks import MLP, Adam
from symtut.errors import InputError

LOG_STD_LOW, LOG_STD_HIGH = -20.0, 2.0
#: What each coordinate adds to -log_prob whatever the action: of the Gaussian, and of tanh.
CONSTANT = 0.5 * math.log(2 * math.pi) + 2 * math.log(2)


@dataclass(frozen=True)
class SACConfig:
    """Hyperparameters of the learner.

    Raises
    ------
    InputError
        For a number outside its range.
    """

    hidden: int = 128  # units in each of the two hidden layers
    batch_size: int = 256
    learning_rate: float = 1e-3  # of the actor, the critics and the temperature
    gamma: float = 0.99  # discount
    tau: float = 0.005  # how far the target critics follow at each update
    initial_alpha: float = 1.0  # temperature before the first update

    def __post_init__(self):
        if not 0 <= self.gamma <= 1:
            raise InputError(f"gamma must be in [0, 1], not {self.gamma}.")
        if not 0 < self.tau <= 1:
            raise InputError(f"tau must be in (0, 1], not {self.tau}.")
        if not self.initial_alpha > 0:
            raise InputError(f"initial_alpha must be greater than 0, not {self.initial_alpha}.")


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
        surprise = torch.addcmul(log_std, noise, noise, value=0.5)
        surprise = torch.sub(surprise, torch.logaddexp(raw, -raw), alpha=2).sum(1)  # -log_prob
        return Sample(torch.tanh(raw), -self.action_size * CONSTANT - surprise, noise, std)

    @property
    def alpha(self) -> float:
        """The temperature."""
        return math.exp(min(self.log_alpha.item(), 700.0))  # a diverging one must not raise

    @torch.inference_mode()
    def gradient_q(self, batch: dict[str, torch.Tensor], following: Sample) -> torch.Tensor:
        """Of J_Q = 1/2 sum_i mean_b (Q_i(s, a) - y)^2, the sum over both critics (eq. 5).

        ``following`` is the policy's sample at the next observations. Returns the errors Q_i - y,
        ``(2, B, 1)``.
        """
        next_q = self.targets.forward(torch.cat([batch["next_observation"], following.action], 1))
        next_value = next_q.amin(0) - self.alpha * following.log_prob[:, None]  # (B, 1)
        alive = 1.0 - batch["terminated"]
        y = torch.addcmul(batch["reward"], alive, next_value, value=self.config.gamma)

        q = self.critics.forward(torch.cat([batch["observation"], batch["action"]], 1))
        error = q - y  # (2, B, 1)
        self.critics.backward(error / len(y))  # dJ/dQ_i = (Q_i - y) / B
        return error

    @torch.inference_mode()
    def gradient_pi(self, batch: dict[str, torch.Tensor], now: Sample) -> torch.Tensor:
        """Of J_pi = mean_b [alpha log pi(a|s) - min_i Q_i(s, a)], a reparametrised (eq. 9).

        ``now`` is the policy's sample at the observations, the last rows that the actor saw. Also
        leaves the gradient of the temperature's loss, -log(alpha) (mean log pi + target entropy)
        (eq. 18), in ``log_alpha.grad``. Returns both Q_i(s, a), ``(2, B, 1)``.
        """
        action, log_prob, noise, std = now
        q = self.critics.forward(torch.cat([batch["observation"], action], 1))
        lower = (q[1] < q[0]).squeeze(1)  # (B,) which of the two is the minimum: False 0, True 1
        dq_da = self.critics.input_gradient(lower, self.action_size)

        # With a = tanh(raw), raw = mean + std noise:  da/draw = 1 - a^2,  dlog_prob/draw = 2 a.
        alpha, n = self.alpha, len(action)
        d_raw = torch.addcmul(2 * alpha * action, dq_da, 1 - action.square(), value=-1) / n
        # log std moves raw by std noise, and lowers log_prob directly; outside the clamp, nothing.
        inside = (std > math.exp(LOG_STD_LOW)) & (std < math.exp(LOG_STD_HIGH))
        d_log_std = (d_raw * std * noise - alpha / n) * inside
        self.actor.backward(torch.cat([d_raw, d_log_std], 1)[None])
        self.log_alpha.grad.fill_(-(log_prob.mean().item() + self.target_entropy))
        return q

    @torch.inference_mode()
    def update(self, batch: dict[str, torch.Tensor]) -> None:
        """One gradient step for the critics, then for the actor and the temperature."""
        # One pass of the actor serves both losses: its weights do not change in between.
        n = len(batch["observation"])
        both = self.sample(torch.cat([batch["next_observation"], batch["observation"]]))
        self.gradient_q(batch, Sample(*(part[:n] for part in both)))
        self.critic_optimizer.step()
        self.targets.flat.lerp_(self.critics.flat, self.config.tau)
        self.gradient_pi(batch, Sample(*(part[n:] for part in both)))
        self.actor_optimizer.step()

    def set_learning_rate(self, learning_rate: float) -> None:
        self.critic_optimizer.learning_rate = learning_rate
        self.actor_optimizer.learning_rate = learning_rate

    def is_finite(self) -> bool:
        """Whether all weights and the temperature are finite numbers."""
        weights = self.actor.flat, self.critics.flat, self.targets.flat, self.log_alpha
        return all(bool(torch.isfinite(tensor).all()) for tensor in weights)

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
