"""Real transitions as plain arrays: what a world model is fitted to."""

from dataclasses import dataclass, fields

import numpy as np

from symtut.errors import InputError


@dataclass(frozen=True)
class Transitions:
    """N real transitions in time order, in the task's own units.

    All arrays are float64 except ``terminated`` (bool) and ``episode`` (int64). An episode that
    ran out of time is *truncated*: that is a property of the experiment, not of the world, and is
    not stored. ``terminated`` is true only where the task itself ends.

    Raises
    ------
    InputError
        If the arrays disagree in length or a value is NaN or infinite.
    """

    state: np.ndarray  # (N, S)
    action: np.ndarray  # (N, A) environment units, e.g. a torque in N m
    next_state: np.ndarray  # (N, S)
    reward: np.ndarray  # (N,)
    terminated: np.ndarray  # (N,) bool
    episode: np.ndarray  # (N,) which episode a row belongs to

    def __post_init__(self):
        wanted = {"terminated": (bool, 1), "episode": (np.int64, 1), "reward": (np.float64, 1)}
        for field in fields(self):
            dtype, dimensions = wanted.get(field.name, (np.float64, 2))
            array = np.asarray(getattr(self, field.name), dtype=dtype)
            if array.ndim != dimensions:
                raise InputError(
                    f"transitions: '{field.name}' has shape {array.shape}; "
                    f"{dimensions} dimension(s) are needed."
                )
            if dtype is np.float64 and not np.isfinite(array).all():
                raise InputError(f"transitions: '{field.name}' contains NaN or infinite values.")
            object.__setattr__(self, field.name, array)
        lengths = {field.name: len(getattr(self, field.name)) for field in fields(self)}
        if len(set(lengths.values())) > 1:
            raise InputError(f"transitions: the arrays differ in length: {lengths}.")
        if self.state.shape != self.next_state.shape:
            raise InputError(
                f"transitions: state {self.state.shape} and next_state {self.next_state.shape} "
                "must have the same shape."
            )

    def __len__(self) -> int:
        return len(self.state)

    def __getitem__(self, rows) -> "Transitions":
        """Rows by slice, mask or index array, as a new ``Transitions``."""
        if isinstance(rows, int | np.integer):
            rows = [rows]  # one row is still a table
        return Transitions(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @staticmethod
    def concatenate(parts: "list[Transitions]") -> "Transitions":
        """Join tables in the order given."""
        return Transitions(
            **{
                f.name: np.concatenate([getattr(part, f.name) for part in parts])
                for f in fields(Transitions)
            }
        )
