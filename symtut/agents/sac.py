"""Soft Actor-Critic with automatic temperature (Haarnoja et al. 2018, arXiv 1812.05905).

Of a batch of transitions (s, a, r, s', end), with the policy's actions drawn as a = tanh(mean + std
noise), it minimises three losses::

    y       = r + gamma (1 - end) [min_i Qt_i(s', a') - alpha log pi(a'|s')],   a' from pi(.|s')
    J_Q     = 1/2 sum_i mean (Q_i(s, a) - y)^2                                  critics (eq. 5)
    J_pi    = mean [alpha log pi(a|s) - min_i Q_i(s, a)],   a from pi(.|s)      actor (eq. 9)
    J_alpha = -log(alpha) (mean log pi(a|s) + target entropy)                   temperature (eq. 18)

where the target critics Qt follow the critics slowly. :func:`loss_q` and :func:`loss_pi` are the
first two in plain torch, for reading and for autograd. :class:`SAC` computes the same gradients by
formulas of its own, 1.8 times as fast at 128 units; a test compares the two.

Conventions
-----------
- Observations are ``(B, O)`` float32. Actions are in [-1, 1] throughout this file; the loop
  rescales them once to environment units.
- ``log_prob`` is the density of the *squashed* action in [-1, 1]^A: it contains the Jacobian of
  tanh and not that of the rescaling, so that a target entropy of -A means the same in every task.
- ``terminated`` is 1 only where the task ended. A time limit is not an end: the critic bootstraps
  through truncation.
"""

import math
import warnings
from dataclasses import dataclass
from typing import NamedTuple

import torch

from symtut.agents.imagination import far_from_zero
from symtut.agents.networks import MLP, perceptrons
from symtut.errors import InputError

LARGE = 10.0  # the networks' weights begin with a size that is right for inputs of about 1
LOG_STD_LOW, LOG_STD_HIGH = -20.0, 2.0
#: What each coordinate adds to -log_prob whatever the action: of the Gaussian, and of tanh.
LOG_PROB_OFFSET = 0.5 * math.log(2 * math.pi) + 2 * math.log(2)


def warn_of_offsets(observations: torch.Tensor) -> None:
    """Warn where observations (N, O) are large and stay so: the networks get them as they are."""
    low, high = observations.amin(0), observations.amax(0)
    large = torch.minimum(low.abs(), high.abs()) > LARGE
    far = (far_from_zero(low, high) & large & (high > low)).nonzero().flatten().tolist()
    if far:
        warnings.warn(
            f"observations {', '.join(map(str, far))} stay far from 0, compared with how far they "
            "move, and SAC's networks learn badly from such numbers: subtract their mean in the "
            "environment (gymnasium.wrappers.TransformObservation), or learn with --learner apg.",
            stacklevel=2,
        )


# ---- the losses ---------------------------------------------------------------------------------


class Sample(NamedTuple):
    """Actions drawn from the policy, and what the gradient needs: a = tanh(mean + std * noise)."""

    action: torch.Tensor  # (B, A) in [-1, 1]
    log_prob: torch.Tensor  # (B,)
    noise: torch.Tensor  # (B, A) standard normal
    std: torch.Tensor  # (B, A)


def raw_action(output: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Actions before tanh, the clamped log std and the std, each ``(B, A)``."""
    mean, log_std = output.chunk(2, dim=1)
    log_std = log_std.clamp(LOG_STD_LOW, LOG_STD_HIGH)
    std = log_std.exp()
    return torch.addcmul(mean, std, noise), log_std, std


def squashed_sample(output: torch.Tensor, noise: torch.Tensor) -> Sample:
    """From the actor's output, mean and log std ``(B, 2 A)``, and noise ``(B, A)``."""
    raw, log_std, std = raw_action(output, noise)
    # log N(raw) - log(1 - tanh(raw)^2). For a large raw the difference 1 - tanh^2 would be rounded
    # to 0; the same number is 4 / (e^raw + e^-raw)^2, whose logarithm stays finite.
    surprise = torch.addcmul(log_std, noise, noise, value=0.5)
    surprise = torch.sub(surprise, torch.logaddexp(raw, -raw), alpha=2).sum(1)  # -log_prob
    return Sample(torch.tanh(raw), -noise.shape[1] * LOG_PROB_OFFSET - surprise, noise, std)


def loss_q(
    critics: list[torch.Tensor],
    targets: list[torch.Tensor],
    batch: dict[str, torch.Tensor],
    following: Sample,
    alpha: float,
    gamma: float,
) -> torch.Tensor:
    """J_Q, a scalar. Networks are lists of parameters, as ``perceptrons`` takes them.

    ``following`` are the policy's actions at the next observations.
    """
    next_q = perceptrons(targets, torch.cat([batch["next_observation"], following.action], 1))
    next_value = next_q.amin(0) - alpha * following.log_prob[:, None]
    y = batch["reward"] + gamma * (1 - batch["terminated"]) * next_value  # a constant: no gradient
    q = perceptrons(critics, torch.cat([batch["observation"], batch["action"]], 1))  # (2, B, 1)
    return 0.5 * (q - y.detach()).square().mean(1).sum()


def loss_pi(
    actor: list[torch.Tensor],
    critics: list[torch.Tensor],
    batch: dict[str, torch.Tensor],
    noise: torch.Tensor,
    alpha: float,
) -> torch.Tensor:
    """J_pi, a scalar: it depends on the actor through the drawn actions and their probability."""
    now = squashed_sample(perceptrons(actor, batch["observation"])[0], noise)
    q = perceptrons(critics, torch.cat([batch["observation"], now.action], 1)).amin(0)
    return (alpha * now.log_prob - q[:, 0]).mean()


# ---- the learner --------------------------------------------------------------------------------


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


class SAC:
    """The learner: an actor, twin critics with targets, a temperature and two optimisers.

    Parameters
    ----------
    observation_size, action_size : int
    config : SACConfig
    generator : torch.Generator
        Source of all randomness: initial weights and action noise.
    """

    def __init__(
        self, observation_size: int, action_size: int, config: SACConfig, generator: torch.Generator
    ):
        self.config, self.generator = config, generator
        self.action_size = action_size
        self.target_entropy = -float(action_size)
        critic = (observation_size + action_size, config.hidden, 1, 2)
        self.actor = MLP(observation_size, config.hidden, 2 * action_size, 1, generator)
        self.critics = MLP(*critic, generator)
        self.targets = MLP(*critic, memory=self.critics.memory)
        self.targets.flat.copy_(self.critics.flat)
        self.log_alpha = torch.tensor([math.log(config.initial_alpha)])
        self.log_alpha.grad = self.d_log_alpha = torch.zeros(1)
        # fused: one kernel for each flat vector of parameters
        self.critic_optimizer, self.actor_optimizer = (
            torch.optim.Adam(moved, config.learning_rate, fused=True)
            for moved in ([self.critics.flat], [self.actor.flat, self.log_alpha])
        )

    @torch.no_grad()
    def act(self, observation: torch.Tensor, deterministic: bool = False) -> torch.Tensor:
        """``(B, O)`` -> actions ``(B, A)`` in [-1, 1]; the mode of the policy or a sample."""
        output = self.actor.forward(observation)[0]
        if deterministic:
            return torch.tanh(output[:, : self.action_size])
        return torch.tanh(raw_action(output, self._noise(len(output)))[0])

    def sample(self, observation: torch.Tensor) -> Sample:
        """Reparametrised actions for ``(B, O)`` observations, with their probability."""
        return squashed_sample(self.actor.forward(observation)[0], self._noise(len(observation)))

    def _noise(self, n: int) -> torch.Tensor:
        return torch.randn(n, self.action_size, generator=self.generator)

    @property
    def alpha(self) -> float:
        """The temperature."""
        return math.exp(min(self.log_alpha.item(), 700.0))  # a diverging one must not raise

    @torch.inference_mode()
    def gradient_q(self, batch: dict[str, torch.Tensor], following: Sample) -> torch.Tensor:
        """Leave the gradient of :func:`loss_q` in ``critics.flat.grad``.

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
        """Leave the gradients of :func:`loss_pi` and of J_alpha in ``actor`` and ``log_alpha``.

        ``now`` is the policy's sample at the observations, the last rows that the actor saw.
        Returns both Q_i(s, a), ``(2, B, 1)``.
        """
        action, log_prob, noise, std = now
        q = self.critics.forward(torch.cat([batch["observation"], action], 1))
        lower = (q[1] < q[0]).squeeze(1)  # (B,) which of the two is the minimum: False 0, True 1
        # The critics' weights do not move here, so no gradient of theirs is computed; and where
        # two values compete, only the smaller one passes a gradient on.
        dq_da = self.critics.input_gradient(lower, self.action_size)

        # The chain rule through the drawn action, a = tanh(raw), raw = mean + std noise:
        # da/draw = 1 - a^2, and d(log_prob)/draw = 2 a from the Jacobian of tanh. (The Gaussian's
        # own density depends on log std and on the noise, which is fixed.)
        alpha, n = self.alpha, len(action)
        d_raw = torch.addcmul(2 * alpha * action, dq_da, 1 - action.square(), value=-1) / n
        # log std moves raw by std noise, and lowers log_prob directly, by 1. Where it is clamped
        # it moves nothing, so nothing pulls it back either: the bounds are far from any use.
        inside = (std > math.exp(LOG_STD_LOW)) & (std < math.exp(LOG_STD_HIGH))
        d_log_std = (d_raw * std * noise - alpha / n) * inside
        self.actor.backward(torch.cat([d_raw, d_log_std], 1)[None])
        self.d_log_alpha.fill_(-(log_prob.mean().item() + self.target_entropy))
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
        for optimizer in (self.critic_optimizer, self.actor_optimizer):
            optimizer.param_groups[0]["lr"] = learning_rate

    def is_finite(self) -> bool:
        """Whether all weights and the temperature are finite numbers."""
        return all(bool(torch.isfinite(tensor).all()) for tensor in self._weights().values())

    def _weights(self) -> dict[str, torch.Tensor]:
        return {
            "actor": self.actor.flat,
            "critics": self.critics.flat,
            "targets": self.targets.flat,
            "log_alpha": self.log_alpha,
        }

    def _optimizers(self) -> dict[str, torch.optim.Optimizer]:
        return {"critic_optimizer": self.critic_optimizer, "actor_optimizer": self.actor_optimizer}

    def state_dict(self) -> dict[str, torch.Tensor]:
        """Networks, temperature and both optimisers; not the generator, which is the caller's."""
        tensors = dict(self._weights())
        for name, optimizer in self._optimizers().items():  # without a state before the first step
            for i, moments in optimizer.state_dict()["state"].items():
                tensors |= {f"{name}.{i}.{kind}": tensor for kind, tensor in moments.items()}
        return {name: tensor.detach().clone() for name, tensor in tensors.items()}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        for name, tensor in self._weights().items():
            tensor.copy_(state[name])
        for name, optimizer in self._optimizers().items():
            moments = {}
            if any(key.startswith(name) for key in state):
                for i, moved in enumerate(optimizer.param_groups[0]["params"]):
                    # copy_ refuses a tensor of another shape, which the optimiser would take
                    moments[i] = {"step": torch.zeros(()).copy_(state[f"{name}.{i}.step"])}
                    for kind in ("exp_avg", "exp_avg_sq"):
                        moments[i][kind] = torch.zeros_like(moved).copy_(
                            state[f"{name}.{i}.{kind}"]
                        )
            optimizer.load_state_dict(optimizer.state_dict() | {"state": moments})
