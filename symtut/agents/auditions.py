"""Auditions: of all policies along the way, keep the one that does best in the model.

Within a few hundred updates a policy may forget how to act in states that its own rollouts no
longer visit. Which policy is better is decided in the model: deciding it in the real environment
would cost real steps.

Every policy starts from the same imagined states (of B_pi, or drawn as the starts of rollouts are),
not from the real ones. The few real states are close to each other; a policy may do well from all
of them and fail from others.
"""

import math
from collections.abc import Callable

import torch

from symtut.agents.analytic_gradient import AnalyticGradient
from symtut.agents.imagination import reward_function
from symtut.agents.networks import MLP
from symtut.agents.sac import SAC
from symtut.tasks import Task
from symtut.world_models.base import WorldModel


class Auditions:
    """The best policy so far by its imagined return, and the states that all start from.

    Attributes
    ----------
    states : torch.Tensor
        (n, S) float32, the same for every policy, so that luck does not decide; no rows before
        ``open``.
    best_return : float or None
        Mean return in the model over ``states``; None before the first audition.
    best_actor : MLP or None
        The actor that reached it; None before the first audition.
    """

    def __init__(self, task: Task):
        self.task = task
        self.close()

    def close(self) -> None:
        """Forget the best: returns in another model, or from other states, do not compare."""
        self.states = torch.zeros(0, self.task.state_size)
        self.best_return: float | None = None
        self.best_actor: MLP | None = None

    @torch.no_grad()
    def hold(
        self,
        agent: SAC | AnalyticGradient,
        model: WorldModel,
        draw: Callable[[], torch.Tensor],
        length: int,
    ) -> None:
        """Play the mode of the current policy for ``length`` steps; keep it if it is the best.

        The first call takes the start states, ``(n, S)``, from ``draw()``.
        """
        if self.best_return is None:
            self.states = draw()
        mean = self._imagined_return(agent, model, length)
        if math.isfinite(mean) and (self.best_return is None or mean > self.best_return):
            self.best_return = mean
            self.keep(agent.actor)

    def keep(self, actor: MLP) -> MLP:
        """Make a copy of ``actor`` the best; returns the copy."""
        if self.best_actor is None:
            self.best_actor = MLP(*actor.sizes)
        self.best_actor.flat.copy_(actor.flat)
        return self.best_actor

    def _imagined_return(
        self, agent: SAC | AnalyticGradient, model: WorldModel, length: int
    ) -> float:
        task, state = self.task, self.states
        total, alive = torch.zeros(len(state)), torch.ones(len(state), dtype=torch.bool)
        reward = reward_function(model, task)
        for _ in range(length):
            seen = task.observation_from_state(state)
            action = task.from_unit_action(agent.act(seen, deterministic=True))
            next_state = model.predict(state, action)
            # not "reward * alive": what comes after an end may be NaN, and NaN * 0 is NaN
            total += torch.where(alive, reward(state, action, next_state), 0.0)
            alive &= ~task.terminated(state, action, next_state)
            state = next_state
        return float(total.mean())
