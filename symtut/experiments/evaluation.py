"""The real return of a policy on the fixed evaluation episodes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from symtut.tasks import EVALUATION_SEEDS, Task, limited_env


@dataclass(frozen=True)
class Evaluation:
    """Returns of the evaluation episodes, in the order of their seeds."""

    returns: np.ndarray  # (N,) float64

    @property
    def mean(self) -> float:
        return float(self.returns.mean())

    @property
    def std(self) -> float:
        """Between episodes; mostly the luck of the start."""
        return float(self.returns.std())


def evaluate(
    task: Task, act: Callable[[torch.Tensor], torch.Tensor], seeds: Sequence[int] = EVALUATION_SEEDS
) -> Evaluation:
    """Play one real episode for each seed, all side by side.

    Parameters
    ----------
    act : callable
        ``(B, O)`` float32 observations -> ``(B, A)`` actions in [-1, 1], both torch.
    """
    envs = [limited_env(task) for _ in seeds]
    observations = [env.reset(seed=seed)[0] for env, seed in zip(envs, seeds, strict=True)]
    returns, running = np.zeros(len(envs)), list(range(len(envs)))
    while running:
        seen = torch.as_tensor(np.array([observations[i] for i in running]), dtype=torch.float32)
        actions = task.from_unit_action(act(seen).double().numpy())
        still = []
        for i, action in zip(running, actions, strict=True):
            observations[i], reward, terminated, truncated, _ = envs[i].step(action)
            returns[i] += reward
            if not (terminated or truncated):
                still.append(i)
        running = still
    for env in envs:
        env.close()
    return Evaluation(returns)
