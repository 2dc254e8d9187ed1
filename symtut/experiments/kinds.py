"""Of what kind an option of a run must be."""

import math
from typing import Any, TypeGuard

from symtut.errors import InputError


def is_finite_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


#: Numbers that may not be zero: a batch, a buffer or a rollout of nothing is no run.
AT_LEAST_ONE = {
    *("random_steps", "block_steps", "refit_every", "policy_capacity", "rollouts", "warm_up"),
    *("recent_states", "shortest_rollout", "longest_rollout", "epoch_steps"),
    *("audition_every", "audition_starts", "hidden", "batch_size", "horizon"),
    *("deter", "blocks", "stoch", "classes", "units", "layers", "length", "imagined_steps"),
}


def like_default(default: Any, name: str, value: Any) -> Any:
    """``value`` if it is of the kind of a model's default: True or False, a number, a name."""
    if isinstance(default, str) and isinstance(value, bool | int | float):
        raise InputError(f"'{name}' must be a name, not {value!r}.")
    if isinstance(default, bool) and not isinstance(value, bool):
        raise InputError(f"'{name}' must be True or False, not {value!r}.")
    if is_whole(default) and not (is_whole(value) and value >= 0):
        raise InputError(f"'{name}' must be a whole number of at least 0, not {value!r}.")
    return value


def checked(kind: Any, name: str, value: Any) -> Any:
    """``value`` if it is of the field's kind: whole, finite, text, or True or False."""
    if isinstance(value, str) and kind in (str, int | str):
        return value
    if value is None and kind == int | None:
        return value
    if isinstance(value, bool) and kind is bool:
        return value
    lowest = 1 if name in AT_LEAST_ONE else 0
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if math.isfinite(value) and value >= 0:
            return float(value)
    elif kind in (int, int | None, int | str) and is_whole(value) and value >= lowest:
        return value
    wanted = {float: "a finite number of at least 0", str: "a name", bool: "True or False"}
    raise InputError(
        f"'{name}' must be {wanted.get(kind, f'a whole number of at least {lowest}')}, "
        f"not {value!r}."
    )
