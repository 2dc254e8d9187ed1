"""Everything that defines a run, resolved from names and overrides, as JSON-able values."""

import math
from dataclasses import asdict, dataclass, field, fields

from symtut.agents.config import LoopConfig
from symtut.agents.sac import SACConfig
from symtut.errors import InputError, unknown
from symtut.experiments.defaults import defaults
from symtut.world_models import model_options

LARGEST_SEED = 2**32 - 1  # that every generator takes


@dataclass(frozen=True)
class RunConfig:
    """One run. Two runs with equal configurations give equal numbers."""

    task: str
    method: str
    steps: int  # real environment steps
    seed: int
    evaluate_every: int  # gradient updates between two evaluations
    loop: LoopConfig
    sac: SACConfig
    model: dict = field(default_factory=dict)  # options of the world model

    def as_json(self) -> dict:
        return asdict(self)

    @staticmethod
    def make(task, method, steps, seed, profile="default", **overrides) -> "RunConfig":
        """The choices of task, method and profile (``experiments/defaults.py``), then overrides.

        ``overrides`` are fields of the loop or the learner, options of the world model, and
        ``evaluate_every``.

        Raises
        ------
        InputError
            For an unknown method, profile or option, or a value of the wrong kind.
        """
        for name, value in {"task": task, "method": method, "profile": profile}.items():
            if not isinstance(value, str):
                raise InputError(f"'{name}' must be a name, not {value!r}.")
        options = model_options(method)
        choices = defaults(task, method, profile) | overrides
        every = choices.pop("evaluate_every", 1000)
        named = {"steps": (steps, 1), "seed": (seed, 0), "evaluate_every": (every, 1)}
        for name, (value, lowest) in named.items():
            if not _is_whole(value) or value < lowest:
                raise InputError(
                    f"'{name}' must be a whole number of at least {lowest}, not {value!r}."
                )
        if seed > LARGEST_SEED:
            raise InputError(f"'seed' must be at most {LARGEST_SEED}, not {seed}.")
        loop_kinds, sac_kinds = (
            {f.name: f.type for f in fields(c)} for c in (LoopConfig, SACConfig)
        )
        loop, sac, model = {}, {}, {}
        for name, value in choices.items():
            if name in loop_kinds:
                loop[name] = _checked(loop_kinds[name], name, value)
            elif name in sac_kinds:
                sac[name] = _checked(sac_kinds[name], name, value)
            elif name in options:
                model[name] = _like_default(options[name], name, value)
            else:
                known = sorted({*loop_kinds, *sac_kinds, *options, "evaluate_every"})
                raise unknown("option", name, known)
        return RunConfig(
            task, method, steps, seed, every, LoopConfig(**loop), SACConfig(**sac), model
        )


def _is_whole(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


#: Numbers that may not be zero: a batch, a buffer or a rollout of nothing is no run.
AT_LEAST_ONE = {
    *("random_steps", "block_steps", "refit_every", "policy_capacity", "rollouts", "warm_up"),
    *("recent_states", "shortest_rollout", "longest_rollout", "epoch_steps"),
    *("audition_every", "audition_starts", "hidden", "batch_size"),
}


def _like_default(default, name: str, value):
    """``value`` if it is of the kind of a model's default: True or False, a number, a name."""
    if isinstance(default, str) and isinstance(value, bool | int | float):
        raise InputError(f"'{name}' must be a name, not {value!r}.")
    if isinstance(default, bool) and not isinstance(value, bool):
        raise InputError(f"'{name}' must be True or False, not {value!r}.")
    if _is_whole(default) and not (_is_whole(value) and value >= 0):
        raise InputError(f"'{name}' must be a whole number of at least 0, not {value!r}.")
    return value


def _checked(kind, name: str, value):
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
    elif kind in (int, int | None, int | str) and _is_whole(value) and value >= lowest:
        return value
    wanted = {float: "a finite number of at least 0", str: "a name", bool: "True or False"}
    raise InputError(
        f"'{name}' must be {wanted.get(kind, f'a whole number of at least {lowest}')}, "
        f"not {value!r}."
    )
