"""What one update learns from: rows of B_pi, and if wanted a share of real ones (MBPO: 5 %)."""

import torch

from symtut.agents.buffers import ReplayBuffer
from symtut.tasks import Task


def mixed_batch(
    b_pi: ReplayBuffer,
    b_e: ReplayBuffer,
    n: int,
    real_fraction: float,
    task: Task,
    generator: torch.Generator,
) -> dict[str, torch.Tensor]:
    """``n`` rows, of which ``round(real_fraction * n)`` are real ones, drawn anew for each batch.

    Returns (n, width) float32 for each field of B_pi.
    """
    real = round(real_fraction * n)
    if real == 0:
        return b_pi.sample(n, generator)
    rows = real_batch(b_e, real, task, generator)
    if real < n:
        imagined = b_pi.sample(n - real, generator)
        rows = {name: torch.cat([rows[name], imagined[name]]) for name in imagined}
    return rows


def real_batch(
    b_e: ReplayBuffer, n: int, task: Task, generator: torch.Generator
) -> dict[str, torch.Tensor]:
    """``n`` rows of B_E as the policy sees them: observations, and actions in [-1, 1]."""
    rows = b_e.sample(n, generator)
    seen = {
        "observation": task.observation_from_state(rows["state"]),
        "action": task.to_unit_action(rows["action"]),
        "reward": rows["reward"],
        "next_observation": task.observation_from_state(rows["next_state"]),
        "terminated": rows["terminated"],
    }
    return {name: column.float() for name, column in seen.items()}
