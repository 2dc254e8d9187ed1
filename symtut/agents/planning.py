"""Planning: act well in a model without learning anything, by sampled plans.

Model predictive path integral control (MPPI; Williams et al. 2017, arXiv 1707.02342). Before every
real step some plans, each a sequence of H actions, are tried out in the model from where the world
is now. They are one plan u with noise added, and the new plan is their mean,

    u <- sum_k w_k (u + e_k),   w_k ~ exp(J_k / T),   J_k = sum of the rewards along plan k,

so that plans with a high return J count most. Its first action is done in reality. The rest, moved
up by one step, is what the next decision varies (receding horizon, warm start).

Three choices, each measured against the other (``data/results/planning``). The temperature T is in
units of the spread of the returns at this decision: the same number then serves a reward of -16 a
step and one of -0.1. The noise of successive steps is correlated (Pinneri et al. 2020, arXiv
2008.06389): white noise averages out over a plan, and the plans end close to each other. One of the
plans is u without noise, so that a good plan is never lost for want of a better one. The mean of
the best tenth (the cross-entropy method) was worse at equal cost on all three tasks.
"""

from dataclasses import dataclass
from typing import Any

import torch

from symtut.agents.imagination import reward_function
from symtut.agents.policy import Controller
from symtut.errors import InputError, unknown
from symtut.machine import require_memory
from symtut.tasks import Task
from symtut.world_models.base import WorldModel


@dataclass(frozen=True)
class PlanConfig:
    """How plans are sampled and weighed. For other tasks the defaults are a first guess.

    Raises
    ------
    InputError
        For a number outside its range.
    """

    samples: int = 128  # plans that are tried for each decision
    horizon: int = 30  # steps of a plan
    noise: float = 0.5  # standard deviation of the noise; actions are in [-1, 1]
    correlation: float = 0.8  # of the noise of two successive steps
    temperature: float = 0.05  # in standard deviations of the plans' returns

    def __post_init__(self):
        for name in ("samples", "horizon"):
            if not (type(value := getattr(self, name)) is int and value >= 1):
                raise InputError(f"{name} must be a whole number of at least 1, not {value!r}.")
        for name in ("noise", "temperature"):
            if not (type(value := getattr(self, name)) in (int, float) and 0 < value < 1e6):
                raise InputError(f"{name} must be a number greater than 0, not {value!r}.")
        value = self.correlation
        if not (type(value) in (int, float) and 0 <= value < 1):
            raise InputError(f"correlation must be a number from 0 to below 1, not {value!r}.")


#: What was tuned for each task, with equations from random steps and starts of other seeds.
PLAN_CHOICES: dict[str, dict] = {
    "pendulum": {"horizon": 40, "noise": 1.0},
    "car2d": {"horizon": 10, "noise": 1.0},
    "reacher": {"horizon": 15, "noise": 0.1, "correlation": 0.9, "temperature": 0.1},
}


def plan_config(task: Task, **overrides: Any) -> PlanConfig:
    """The choices for ``task``, then ``overrides``, fields of :class:`PlanConfig`.

    Raises
    ------
    InputError
        For an unknown field or a value outside its range.
    """
    for name in overrides:
        if name not in PlanConfig.__dataclass_fields__:
            raise unknown("option", name, PlanConfig.__dataclass_fields__)
    return PlanConfig(**PLAN_CHOICES.get(task.name, {}) | overrides)


class Planner(Controller):
    """A policy that plans anew at every step, for several episodes side by side.

    Row i of the observations must always be of the same episode: its plan is remembered.

    Parameters
    ----------
    task : Task
    model : WorldModel
        Its ``predict``, and its ``reward`` where it has learned one.
    config : PlanConfig
    seed : int
        Of the noise.
    """

    def __init__(self, task: Task, model: WorldModel, config: PlanConfig, seed: int = 0):
        self.task, self.model, self.config, self.seed = task, model, config, seed
        self.begin()

    def begin(self) -> None:
        """New episodes: no plan yet, and the noise from its beginning."""
        self.generator = torch.Generator().manual_seed(self.seed)
        self.plan: torch.Tensor | None = None  # (H, B, 1, A) in [-1, 1]

    @torch.no_grad()
    def unit_action(self, observation: torch.Tensor) -> torch.Tensor:
        """``(B, O)`` float32 -> ``(B, A)`` in [-1, 1].

        Raises
        ------
        InputError
            If B has changed since the episodes began, no plan has a finite return, or the plans do
            not fit into memory.
        """
        horizon, samples = self.config.horizon, self.config.samples
        episodes, size = len(observation), self.task.action_size
        if self.plan is None:
            floats = samples * episodes * (3 * horizon * size + 20 * self.task.state_size)
            require_memory({f"samples = {samples}": 4.0 * floats})
            self.plan = torch.zeros(horizon, episodes, 1, size)
        if self.plan.shape[1] != episodes:
            raise InputError(
                f"there are {episodes} observations, and plans for {self.plan.shape[1]} episodes: "
                "call begin() before new episodes."
            )
        plans = (self.plan + self.noise(episodes)).clamp_(-1, 1)  # (H, B, K, A)
        state = self.task.state_from_observation(observation).repeat_interleave(samples, 0)
        returns = self._returns(state, plans.flatten(1, 2)).view(episodes, samples)
        best = (self.weights(returns)[:, :, None] * plans).sum(2, keepdim=True)
        self.plan = torch.cat([best[1:], best[-1:]])  # what is to come; the last action is repeated
        return best[0, :, 0]

    def weights(self, returns: torch.Tensor) -> torch.Tensor:
        """(B, K) returns of the plans -> (B, K) weights with a sum of 1 for each episode."""
        behind = returns - returns.amax(1, keepdim=True)
        spread = returns.std(1, correction=0, keepdim=True).clamp_(min=1e-12)
        return torch.softmax(behind / (self.config.temperature * spread), 1)

    def noise(self, episodes: int) -> torch.Tensor:
        """(H, B, K, A): a stationary autoregressive sequence, none in the first plan."""
        config = self.config
        shape = config.horizon, episodes, config.samples, self.task.action_size
        noise = config.noise * torch.randn(shape, generator=self.generator)
        fresh = (1 - config.correlation**2) ** 0.5
        for before, now in zip(noise, noise[1:], strict=False):
            now.mul_(fresh).add_(before, alpha=config.correlation)
        noise[:, :, 0] = 0.0
        return noise

    def _returns(self, state: torch.Tensor, plans: torch.Tensor) -> torch.Tensor:
        """(N, S) states and (H, N, A) plans -> (N,) sums of rewards up to the episode's end."""
        task, reward = self.task, reward_function(self.model, self.task)
        total, alive = torch.zeros(len(state)), torch.ones(len(state), dtype=torch.bool)
        for unit_action in plans:
            action = task.from_unit_action(unit_action)
            next_state = self.model.predict(state, action)
            # not "reward * alive": what comes after an end may be NaN, and NaN * 0 is NaN
            total += torch.where(alive, reward(state, action, next_state), 0.0)
            alive &= ~task.terminated(state, action, next_state)
            state = next_state
        usable = total.isfinite()  # an equation may leave its domain
        if not usable.any():
            raise InputError("no plan has a finite return in these equations.")
        return torch.where(usable, total, total[usable].min())
