"""One step of a world given by equations, as one function of tensors."""

from collections.abc import Callable, Sequence

import numpy as np

from symtut.expressions import Expression
from symtut.expressions.compiled import Lines
from symtut.tasks import Task


def compiled_step(
    task: Task,
    expressions: Sequence[Expression],
    columns: Sequence[Sequence[int]],
    order: Sequence[int],
) -> Callable:
    """(..., S) states, (..., A) actions -> (..., S) next states, as ``task.advance`` has them.

    Parameters
    ----------
    expressions : the increment of each coordinate of the state
    columns : which columns of (state, action, next state) are x0, x1, … of each
    order : the coordinates, each after those whose next values it reads
    """
    lines, size = Lines(), task.state_size
    state = [lines.add(f"state[..., {i}]") for i in range(size)]
    action = [lines.add(f"action[..., {j}]") for j in range(task.action_size)]
    known = [*state, *action, *state]
    for i in order:
        increment = lines.expression(expressions[i], [known[j] for j in columns[i]])
        if isinstance(increment, float):
            increment = increment if np.isfinite(increment) else 0.0
        else:  # outside its domain an equation leaves its coordinate where it is
            increment = lines.add(f"nan_to_num({increment}, nan=0.0, posinf=0.0, neginf=0.0)")
        moved = lines.add(f"{state[i]} + {increment}")
        if task.angular[i]:
            turns = lines.add(f"ceil(({moved} - {np.pi}) / {2 * np.pi})")
            moved = lines.add(f"{moved} - {2 * np.pi} * {turns}")
        elif np.isfinite([task.state_low[i], task.state_high[i]]).any():
            low, high = float(task.state_low[i]), float(task.state_high[i])
            moved = lines.add(f"clamp({moved}, {low!r}, {high!r})")
        known[size + task.action_size + i] = moved
    return lines.function("state, action", f"stack([{', '.join(known[-size:])}], -1)")
