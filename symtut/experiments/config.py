"""Everything that defines a run, resolved from names and overrides, as JSON-able values."""

import math
from dataclasses import asdict, dataclass, field, fields, replace

from symtut.agents.loop_config import LoopConfig
from symtut.agents.sac import SACConfig
from symtut.errors import InputError
from symtut.world_models import METHODS, model_options


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
        """Resolve a profile and overrides of any field of the loop, the learner or the model.

        Raises
        ------
        InputError
            For an unknown method, profile or option, or a value of the wrong kind.
        """
        options = model_options(method)
        model_free = METHODS[method] is None
        loop, sac = LoopConfig.profile(profile, model_free), SACConfig()
        every = overrides.pop("evaluate_every", 500 if model_free else 1000)
        named = {"steps": (steps, 1), "seed": (seed, 0), "evaluate_every": (every, 1)}
        for name, (value, lowest) in named.items():
            if not _is_whole(value) or value < lowest:
                raise InputError(
                    f"'{name}' must be a whole number of at least {lowest}, not {value!r}."
                )
        parts = {"loop": {}, "sac": {}, "model": {}}
        for name, value in overrides.items():
            if name in asdict(loop):
                parts["loop"][name] = _checked(loop, name, value)
            elif name in asdict(sac):
                parts["sac"][name] = _checked(sac, name, value)
            elif name in options:
                parts["model"][name] = value
            else:
                known = sorted({*asdict(loop), *asdict(sac), *options, "evaluate_every"})
                raise InputError(f"unknown option '{name}'. Known options: {', '.join(known)}.")
        return RunConfig(
            task, method, steps, seed, every,
            replace(loop, **parts["loop"]), replace(sac, **parts["sac"]), parts["model"],
        )  # fmt: skip


def _is_whole(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


#: Numbers that may not be zero: a batch, a buffer or a rollout of nothing is no run.
AT_LEAST_ONE = {
    *("random_steps", "block_steps", "policy_capacity", "rollouts", "recent_states"),
    *(
        "warm_up",
        "shortest_rollout",
        "longest_rollout",
        "hidden",
        "audition_every",
        "audition_starts",
        "batch_size",
    ),
}


def _checked(config, name: str, value):
    """``value`` if it is of the field's kind: whole, finite or text."""
    kind = {f.name: f.type for f in fields(config)}[name]
    if isinstance(value, str) and kind in (str, int | str):
        return value
    if value is None and kind == int | None:
        return value
    lowest = 1 if name in AT_LEAST_ONE else 0
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        if math.isfinite(value) and value >= 0:
            return float(value)
    elif kind in (int, int | None, int | str) and _is_whole(value) and value >= lowest:
        return value
    wanted = {float: "a finite number of at least 0", str: "a name"}
    raise InputError(
        f"'{name}' must be {wanted.get(kind, f'a whole number of at least {lowest}')}, "
        f"not {value!r}."
    )
