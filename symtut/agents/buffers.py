"""The memory of transitions, B_E, B_EM and B_pi, and the batches that an update learns from."""

import torch

from symtut.errors import InputError
from symtut.tasks import Task


class ReplayBuffer:
    """Keeps the last ``capacity`` rows; a row is one value for each named field.

    Parameters
    ----------
    capacity : int
        Rows kept; the oldest are overwritten.
    fields : dict[str, int]
        Width of each field. All fields share one table ``(capacity, sum of widths)``, so that
        drawing a batch is a single gather.
    dtype : torch.dtype
        float32 for what networks learn from; float64 for real data that equations are fitted to.
    """

    def __init__(self, capacity: int, fields: dict[str, int], dtype: torch.dtype = torch.float32):
        if capacity < 1:
            raise InputError(f"a replay buffer needs a capacity of at least 1, not {capacity}.")
        self.capacity, self.fields = capacity, dict(fields)
        self.table = torch.zeros(capacity, sum(fields.values()), dtype=dtype)
        self.added = 0  # rows ever written; the next one goes to added % capacity

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def add(self, **columns: torch.Tensor) -> None:
        """Append a batch, one ``(n, width)`` (or ``(n,)`` for width 1) tensor for each field."""
        if columns.keys() != self.fields.keys():
            raise InputError(
                f"this buffer's fields are {', '.join(self.fields)}; got {', '.join(columns)}."
            )
        parts = [
            torch.as_tensor(columns[name]).to(self.table.dtype).reshape(-1, width)
            for name, width in self.fields.items()
        ]
        rows = torch.cat(parts, dim=1)
        total, rows = self.added + len(rows), rows[-self.capacity :]
        first = (total - len(rows)) % self.capacity
        before_the_end = self.table[first : first + len(rows)]
        before_the_end.copy_(rows[: len(before_the_end)])
        self.table[: len(rows) - len(before_the_end)] = rows[len(before_the_end) :]
        self.added = total

    def sample(self, n: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
        """``n`` rows drawn uniformly with replacement: a ``(n, width)`` view for each field."""
        if len(self) == 0:
            raise InputError("cannot draw from an empty replay buffer; add transitions first.")
        rows = torch.randint(len(self), (n,), generator=generator)
        return self._split(self.table.index_select(0, rows))

    def window(self, n: int | None = None) -> dict[str, torch.Tensor]:
        """The last ``n`` rows (default: all), oldest first, as a copy."""
        n = len(self) if n is None else min(n, len(self))
        return self._split(self.table[torch.arange(self.added - n, self.added) % self.capacity])

    def extent(self, field: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Smallest and largest value of each column of a field over all rows, two ``(width,)``."""
        if len(self) == 0:
            raise InputError("an empty replay buffer has no extent; add transitions first.")
        low, high = torch.aminmax(self._split(self.table[: len(self)])[field], dim=0)
        return low, high

    def _split(self, rows: torch.Tensor) -> dict[str, torch.Tensor]:
        columns = rows.split(list(self.fields.values()), dim=1)
        return dict(zip(self.fields, columns, strict=True))

    def state_dict(self) -> dict:
        """Filled rows in storage order and the write position."""
        return {"rows": self.table[: len(self)].clone(), "added": self.added}

    def load_state_dict(self, state: dict) -> None:
        rows = state["rows"]
        if rows.shape[1:] != self.table.shape[1:] or len(rows) > self.capacity:
            raise InputError(
                f"buffer rows of shape {tuple(rows.shape)} do not fit a table of "
                f"{tuple(self.table.shape)}; they belong to another configuration."
            )
        self.table[: len(rows)] = rows
        self.added = int(state["added"])


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
