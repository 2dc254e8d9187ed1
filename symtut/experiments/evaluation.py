"""The real return of a policy on the fixed evaluation episodes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from symtut.tasks import EVALUATION_SEEDS, Task, limited_env


@dataclass(frozen=True)
class Evaluation:
    """Returns of the evaluation episodes, in the order of their seeds."""

    returns: np.ndarray  # (N,) float64
    decision_seconds: float = 0.0  # CPU-seconds for one action, the episodes side by side

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
        ``(B, O)`` float32 observations -> ``(B, A)`` actions in [-1, 1], both torch. Row i is
        always of the same episode; one that is over keeps its last observation.
    """
    envs = [limited_env(task) for _ in seeds]
    observations = [env.reset(seed=seed)[0] for env, seed in zip(envs, seeds, strict=True)]
    returns, running = np.zeros(len(envs)), list(range(len(envs)))
    spent, decisions = 0.0, 0
    while running:
        seen = torch.as_tensor(np.array(observations), dtype=torch.float32)
        started = time.process_time()
        unit_actions = act(seen)
        spent, decisions = spent + time.process_time() - started, decisions + len(seen)
        actions = task.from_unit_action(unit_actions.double().numpy())
        still = []
        for i in running:
            observations[i], reward, terminated, truncated, _ = envs[i].step(actions[i])
            returns[i] += reward
            if not (terminated or truncated):
                still.append(i)
        running = still
    for env in envs:
        env.close()
    return Evaluation(returns, spent / max(decisions, 1))
