"""A small Dreamer trained in sight, and its dreams beside equations' rollouts (notebook 15)."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from symtut import progress
from symtut.agents.dreamer.functions import drawn_one_hot, symexp
from symtut.agents.dreamer.loop import DreamerLoop
from symtut.agents.dreamer.networks import Latent, Networks
from symtut.agents.dreamer.policy import DreamerPolicy
from symtut.agents.loop import Loop
from symtut.agents.policy import Policy
from symtut.experiments import evaluate
from symtut.experiments.config import RunConfig
from symtut.tasks import Task
from symtut.world_models import make_world_model


def dreamer_loop(task: Task, steps: int, seed: int, small: bool) -> DreamerLoop:
    """The loop of ``symtut train --method dreamer``; ``small`` is of seconds, to test."""
    config = RunConfig.make(task.name, "dreamer", steps, seed, "smoke" if small else "default")
    assert config.dreamer is not None
    return DreamerLoop(task, steps, config.loop, config.dreamer, seed)


def equations_loop(task: Task, steps: int, seed: int, small: bool) -> Loop:
    """The loop of ``symtut train --method symbolic --learner apg`` (notebook 14)."""
    config = RunConfig.make(task.name, "symbolic", steps, seed, learner="apg")
    loop = Loop(
        task, make_world_model("symbolic", task, seed), steps, config.loop, config.learner, seed
    )
    if small:
        loop.total_updates = 4
    return loop


def practise(loop: Loop, points: int, seeds: range, losses: list[dict] | None = None) -> np.ndarray:
    """Run a loop to its end and look at the real return about ``points`` times.

    Parameters
    ----------
    seeds : range
        Of the real episodes that are looked at; nothing is learned from them.
    losses : list, optional
        Gets the losses of each update of a Dreamer.

    Returns
    -------
    array (points, 4)
        Real steps, updates, CPU-seconds of the loop so far, mean real return.
    """
    update = loop.agent.update
    if losses is not None:
        loop.agent.update = lambda buffer: losses.append(update(buffer))
    spent, curve = 0.0, []
    marks = np.linspace(0, loop.total_updates, points + 1)[1:].round()
    for mark in progress.steps(marks, "practice"):
        while loop.updates < mark and not loop.finished:
            begun = time.process_time()
            loop.advance(10)
            spent += time.process_time() - begun
        policy = policy_of(loop)
        value = evaluate(loop.task, policy.unit_action, seeds).mean
        curve.append((loop.env_steps, loop.updates, spent, value))
    loop.agent.update = update
    return np.array(curve)


def policy_of(loop: Loop) -> DreamerPolicy | Policy:
    """What the loop has learned, at the beginning of new episodes."""
    kind: Any = DreamerPolicy if isinstance(loop, DreamerLoop) else Policy
    return kind(loop.task, loop.policy)


class World:
    """A Dreamer's world model as four functions of states (deter, stoch), each ``(B, ...)``.

    Parameters
    ----------
    generator : torch.Generator, optional
        ``guess`` and ``look`` then draw; without, they take the likeliest class.
    """

    def __init__(self, networks: Networks, generator: torch.Generator | None = None):
        self.networks, self.generator = networks, generator

    def first(self, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Where every episode begins: zeros."""
        deter, stoch = self.networks.rssm.initial(n)
        return deter, stoch

    @torch.no_grad()
    def step(self, deter: torch.Tensor, stoch: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
        """The next deter, by the action in [-1, 1] that leads there."""
        rssm = self.networks.rssm
        return rssm.next_deter(Latent(deter, stoch), rssm.action_part(action))

    @torch.no_grad()
    def look(self, deter: torch.Tensor, observation: torch.Tensor) -> torch.Tensor:
        """The stoch after an observation, from the posterior."""
        return self._chosen(self.networks.rssm.posterior(deter, self.networks.embed(observation)))

    @torch.no_grad()
    def guess(self, deter: torch.Tensor) -> torch.Tensor:
        """The stoch without an observation, from the prior."""
        return self._chosen(self.networks.rssm.prior(deter))

    @torch.no_grad()
    def picture(self, deter: torch.Tensor, stoch: torch.Tensor) -> torch.Tensor:
        """The observation that the decoder tells from a state."""
        return symexp(self.networks.decoder(Latent(deter, stoch).feature))

    def _chosen(self, p: torch.Tensor) -> torch.Tensor:
        if self.generator is None:
            return torch.zeros_like(p).scatter_(-2, p.argmax(-2, keepdim=True), 1.0).flatten(-2)
        noise = torch.rand(p[..., 0, :].shape, generator=self.generator)
        return drawn_one_hot(p, noise).flatten(-2)


@torch.no_grad()
def played(
    task: Task, act: Callable[[torch.Tensor], torch.Tensor], n: int, steps: int, seed: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """``n`` episodes in the true equations: states (steps + 1, n, S) and actions (steps + 1, n, A).

    ``act`` takes observations (n, O) to actions in [-1, 1]. Actions stand with the state that they
    led to, so the first ones are 0.
    """
    state = task.start_state(n, torch.Generator().manual_seed(seed))
    states, actions = [state], [torch.zeros(n, task.action_size)]
    for _ in range(steps):
        actions.append(act(task.observation_from_state(states[-1]).float()))
        following = task.true_step(states[-1], task.from_unit_action(actions[-1]))
        assert following is not None
        states.append(following)
    return torch.stack(states), torch.stack(actions)


@torch.no_grad()
def rolled_out(
    task: Task, predict: Callable, state: torch.Tensor, actions: torch.Tensor
) -> torch.Tensor:
    """States (T, n, S) that a model predicts from one state (n, S) under actions (T, n, A)."""
    states = []
    for action in actions:
        state = predict(state, task.from_unit_action(action))
        states.append(state)
    return torch.stack(states)
