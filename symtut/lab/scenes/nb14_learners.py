"""Learners side by side (notebook 14): the loop's, the student's, and a network to learn in."""

import copy
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import torch

from symtut import progress
from symtut.agents.loop import Loop
from symtut.agents.policy import Policy
from symtut.experiments.config import RunConfig
from symtut.paths import data_path
from symtut.storage import read_json
from symtut.tasks import Task, Transitions
from symtut.world_models import make_world_model
from symtut.world_models.base import WorldModel


def loop_of(
    task: Task, steps: int, seed: int, learner: str, model: WorldModel | None = None
) -> Loop:
    """A loop (notebook 10) with its real steps taken and its model fitted.

    Parameters
    ----------
    learner : str
        ``"sac"`` or ``"apg"``.
    model : WorldModel, optional
        By default a symbolic one.
    """
    config = RunConfig.make(task.name, "symbolic", steps, seed, learner=learner)
    own = make_world_model("symbolic", task, seed) if model is None else model
    loop = Loop(task, own, steps, config.loop, config.learner, seed)
    while loop.env_steps < steps:
        loop.interact()
    loop.fit_model()  # which also says how long rollouts may be
    return loop


def practise(loop: Loop, updates: int, points: int, real_return: Callable) -> np.ndarray:
    """Learn in imagination, looking at the real return ``points`` times.

    Parameters
    ----------
    real_return : callable
        From a policy, observations to actions in [-1, 1], to its mean real return.

    Returns
    -------
    array (points + 1, 2)
        CPU-seconds of learning so far, and real return. Looking is not counted.
    """
    spent, curve = 0.0, [(0.0, real_return(Policy(loop.task, loop.policy).unit_action))]
    marks = {round(updates * (i + 1) / points) for i in range(points)}
    for update in progress.steps(range(1, updates + 1), "practice"):
        begun = time.process_time()
        loop.learn()
        spent += time.process_time() - begun
        if update in marks:
            curve.append((spent, real_return(Policy(loop.task, loop.policy).unit_action)))
    return np.array(curve)


def stored_runs() -> tuple[dict, pd.DataFrame, pd.DataFrame]:
    """How the stored runs of both learners were made, a row for each run, and their curves."""
    runs, curves = (pd.read_csv(data_path(f"results/learners/{n}.csv")) for n in ("runs", "curves"))
    return read_json(data_path("results/learners/learners.json")), runs, curves


class Watched:
    """An objective that keeps copies of the policy it is asked about, and the CPU time so far.

    It stands in for ``objective`` (policy, states) -> returns in a training that tells nothing of
    its own.
    """

    def __init__(self, objective: Callable, every: int):
        self.objective, self.every = objective, every
        self.calls, self.begun, self.kept = 0, 0.0, []

    def __call__(self, policy: torch.nn.Module, states: torch.Tensor) -> torch.Tensor:
        if self.calls == 0:
            self.begun = time.process_time()
        if self.calls % self.every == 0:
            self.keep(policy)
        self.calls += 1
        return self.objective(policy, states)

    def keep(self, policy: torch.nn.Module) -> None:
        """Remember the policy as it is now."""
        self.kept.append((time.process_time() - self.begun, copy.deepcopy(policy)))

    def curve(self, real_return: Callable) -> np.ndarray:
        """(points, 2): CPU-seconds and the real return of each policy kept."""
        return np.array([(seconds, real_return(policy)) for seconds, policy in self.kept])


def network(task: Task, data: Transitions, updates: int, seed: int) -> Callable:
    """A small network that has learned the increments: (B, S), (B, A) -> (B, S), differentiable.

    It sees what the policy sees and the action, each in units of its spread in ``data``.
    """
    kept = task.uncut(data.state, data.next_state)
    state, action = (torch.tensor(x[kept]).float() for x in (data.state, data.action))
    moved = torch.tensor(task.difference(data.next_state, data.state)[kept]).float()
    raw = torch.cat([task.observation_from_state(state), action], 1)
    mean, spread, scale = raw.mean(0), raw.std(0), moved.std(0)

    def inputs(state, action):
        return (torch.cat([task.observation_from_state(state), action], -1) - mean) / spread

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = torch.nn.Sequential(
            torch.nn.Linear(raw.shape[1], 64), torch.nn.SiLU(),
            torch.nn.Linear(64, 64), torch.nn.SiLU(), torch.nn.Linear(64, task.state_size),
        )  # fmt: skip
    optimizer = torch.optim.Adam(layers.parameters(), lr=3e-3)
    for _ in progress.steps(range(updates), "network"):
        loss = ((layers(inputs(state, action)) - moved / scale) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    layers.requires_grad_(False)  # gradients of a policy go through it, not into it
    return lambda state, action: task.advance(state, layers(inputs(state, action)) * scale)
