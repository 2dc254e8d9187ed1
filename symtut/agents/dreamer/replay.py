"""Real steps in time order, with the state of the world model at each.

A row is what was seen, together with the action that *led* there and its reward::

    observation o_t, action a_t-1, reward r_t, first, last, ended, state of the world model s_t

so that no shift between actions and observations can go wrong later. An episode of n steps has
n + 1 rows. ``first`` marks the first one (its action and reward are 0); ``last`` the last one, for
the end of the world (``ended``) or a time-out.

A sequence that is learned from begins in the middle of an episode. What the world model remembers
there is the state that was stored when it last passed, in acting or in learning.
"""

import torch

from symtut.agents.buffers import ReplayBuffer
from symtut.agents.dreamer.config import DreamerConfig
from symtut.tasks import Task


def fields(task: Task, config: DreamerConfig) -> dict[str, int]:
    """Names and widths of a row's parts."""
    seen = {"observation": task.observation_size, "action": task.action_size, "reward": 1}
    state = {"deter": config.deter, "stoch": config.stoch * config.classes}
    return seen | {"first": 1, "last": 1, "ended": 1} | state


def draw_sequences(
    buffer: ReplayBuffer, n: int, length: int, generator: torch.Generator
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """``n`` stretches of ``length`` rows, and the row before each, drawn uniformly.

    Returns columns ``(length + 1, n, width)``, float32, and the positions of the rows in the table,
    ``(length + 1, n)``. A stretch may go on from one episode to the next.
    """
    starts = torch.randint(len(buffer) - length, (n,), generator=generator)
    oldest = buffer.added - len(buffer)
    rows = (oldest + starts + torch.arange(length + 1)[:, None]) % buffer.capacity
    table = buffer.table.index_select(0, rows.flatten()).view(length + 1, n, -1)
    widths = list(buffer.fields.values())
    return dict(zip(buffer.fields, table.split(widths, -1), strict=True)), rows


def store_states(buffer: ReplayBuffer, rows: torch.Tensor, states: torch.Tensor) -> None:
    """Write states ``(length, n, D + C S)`` into the last columns of ``rows`` (length, n).

    Where stretches overlap, the later one counts, at each call alike.
    """
    width = states.shape[-1]
    for k in range(rows.shape[1]):
        buffer.table[rows[:, k], -width:] = states[:, k]
