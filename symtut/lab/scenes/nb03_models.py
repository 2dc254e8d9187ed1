"""The models of notebook 03: data, ensembles, a straight line, and a search that exploits."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from symtut.tasks import Task
from symtut.tasks.random_policy import random_transitions
from symtut.tasks.transitions import Transitions
from symtut.world_models import make_world_model
from symtut.world_models.ensemble import EnsembleWorldModel
from symtut.world_models.networks import ProbabilisticNetworks, negative_log_likelihood
from symtut.world_models.validation import spread

Step = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # (B, S), (B, A) -> (B, S)
HOLD, STEPS = 4, 80  # the search: each torque lasts HOLD steps
GAP = (-0.2, 1.2)  # the toy's stretch without data


def real_steps(task: Task, steps: int, seed: int) -> Transitions:
    """Transitions under random actions, in whole episodes but for the last."""
    return random_transitions(task, steps, seed)


def units(task: Task, states: np.ndarray) -> np.ndarray:
    """The spread of each coordinate, (S,): errors are given in these units."""
    return spread(task, states)


def ensemble(task: Task, data: Transitions, seed: int, size: dict) -> EnsembleWorldModel:
    """Seven networks (or as ``size`` says), fitted to the data."""
    model = make_world_model("mbpo", task, seed, size=size)
    assert isinstance(model, EnsembleWorldModel)
    model.fit(data)
    return model


def refitted(model: EnsembleWorldModel, rows: dict[str, torch.Tensor]) -> Step:
    """The ensemble's step, after a fit to columns ``state``, ``action``, ``reward`` and others."""
    arrays = {name: column.double().numpy() for name, column in rows.items()}
    n = len(arrays["state"])
    model.fit(
        Transitions(
            arrays["state"], arrays["action"], arrays["next_state"], arrays["reward"][:, 0],
            np.zeros(n, bool), np.arange(n) // 200,
        )
    )  # fmt: skip
    return model.predict


def inputs(task: Task, state: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
    """What is seen, the action, and a 1: (B, S), (B, A) -> (B, O + A + 1)."""
    one = torch.ones(len(state), 1)
    return torch.cat([task.observation_from_state(state), action, one], 1)


def straight_line(task: Task, data: Transitions) -> tuple[Step, np.ndarray]:
    """Least squares from ``inputs`` to the increment: its step, and its coefficients (O+A+1, S)."""
    state, action = (torch.as_tensor(x, dtype=torch.float32) for x in (data.state, data.action))
    increment = task.difference(data.next_state, data.state)
    x = inputs(task, state, action).double().numpy()
    coefficients = np.linalg.lstsq(x, increment, rcond=None)[0]
    weights = torch.as_tensor(coefficients, dtype=torch.float32)
    return lambda s, a: task.advance(s, inputs(task, s, a) @ weights), coefficients


class Toy:
    """Seven networks for one input and one output, with noise that grows to the right and a gap.

    Attributes
    ----------
    x, y : (N, 1)
        The data.
    """

    def __init__(self, seed: int, updates: int):
        generator = torch.Generator().manual_seed(seed)
        x = torch.rand(240, 1, generator=generator) * 6 - 3
        self.x = x[(x < GAP[0]) | (x > GAP[1])][:, None]
        drawn = torch.randn(self.x.shape, generator=generator)
        self.y = torch.sin(2 * self.x) + self.true_noise(self.x) * drawn
        self.networks = ProbabilisticNetworks(1, 1, 7, 2, 32, generator)
        rows = torch.randint(len(self.x), (7, len(self.x)), generator=generator)  # bootstraps
        for parameter in self.networks.parameters:
            parameter.requires_grad_(True)
        optimizer = torch.optim.Adam(self.networks.parameters, lr=3e-3)
        for _ in range(updates):
            mean, log_variance = self.networks.forward(self.x[rows])
            loss = negative_log_likelihood(mean, log_variance, self.y[rows]).mean((1, 2))
            loss = loss + 0.01 * (self.networks.highest - self.networks.lowest).sum((1, 2))
            optimizer.zero_grad()
            loss.sum().backward()
            optimizer.step()

    @staticmethod
    def true_noise(x: torch.Tensor) -> torch.Tensor:
        """The standard deviation of the noise, of the shape of ``x``."""
        return torch.where(x < 0, 0.05, 0.3)

    @torch.no_grad()
    def at(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, 1) -> the seven means (7, N), and the mean of what each calls noise, (N,)."""
        mean, log_variance = self.networks.forward(x.expand(7, -1, -1))
        return mean[..., 0], (log_variance / 2).exp().mean(0)[:, 0]


def imagined_return(task: Task, step: Step, torques: torch.Tensor) -> torch.Tensor:
    """(N, STEPS / HOLD) torques of the pendulum, from hanging at rest -> (N,) returns."""
    state = torch.tensor([np.pi, 0.0], dtype=torch.float32).expand(len(torques), 2)
    total = torch.zeros(len(torques))
    for torque in torques.repeat_interleave(HOLD, dim=1).T:
        after = step(state, torque[:, None])
        total = total + task.reward(state, torque[:, None], after)
        state = after
    return total


def cross_entropy(
    task: Task, step: Step, rounds: int, seed: int, draws: int = 200
) -> tuple[np.ndarray, torch.Tensor]:
    """Search for torques with a high imagined return: draw, keep the best tenth, draw around them.

    Returns
    -------
    history : (rounds, 2)
        Imagined and real return of the best sequence of each round.
    best : (STEPS / HOLD,)
        The best sequence in the end.
    """
    generator = torch.Generator().manual_seed(seed)
    mean, deviation = torch.zeros(STEPS // HOLD), torch.full((STEPS // HOLD,), 2.0)
    best, history = mean, []
    for i in range(rounds):
        noise = torch.randn(draws, len(mean), generator=generator)
        torques = (mean + deviation * noise).clamp(-2, 2)
        if i:
            torques[0] = best  # the best so far stays in the race
        order = imagined_return(task, step, torques).argsort(descending=True)
        best, elite = torques[order[0]], torques[order[: draws // 10]]
        mean, deviation = elite.mean(0), elite.std(0)
        both: tuple[Any, ...] = (step, task.true_step)
        history.append([imagined_return(task, f, best[None]).item() for f in both])
    return np.array(history), best
