"""Models of the world behind one interface: ``fit(transitions)``, ``predict(state, action)``."""

import importlib
import inspect
from typing import Any

from symtut.errors import InputError, did_you_mean, unknown
from symtut.tasks import Task
from symtut.tasks.discovered import DiscoveredTask
from symtut.world_models.base import Report, WorldModel

__all__ = ["METHODS", "Report", "WorldModel", "make_world_model"]

#: Where each method's model lives; None has none, or (dreamer) one that is a part of the learner.
#: Imported on use: some pull in much.
METHODS: dict[str, str | None] = {
    "sac": None,
    "oracle": "symtut.world_models.oracle:OracleWorldModel",
    "symbolic": "symtut.world_models.symbolic:SymbolicWorldModel",
    "sparse": "symtut.world_models.sparse:SparseWorldModel",
    "mbpo": "symtut.world_models.ensemble:EnsembleWorldModel",
    "dreamer": None,
}


def model_options(method: str) -> dict[str, object]:
    """Names and defaults of the options that a method's world model takes.

    Raises
    ------
    InputError
        If there is no such method; the message lists the known ones.
    """
    if method not in METHODS:
        raise unknown("method", method, METHODS)
    model = _model_class(method)
    if model is None:
        return {}
    parameters = inspect.signature(model).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def make_world_model(method: str, task: Task, seed: int, **options: Any) -> WorldModel | None:
    """The world model of ``method`` (None for sac and dreamer), its randomness seeded by ``seed``.

    Equations of a found task have networks to fall back on (``world_models/fallback.py``), and mbpo
    learns its reward where no formula describes it.

    Raises
    ------
    InputError
        For an unknown method, an unknown option, or a task that the method cannot model.
    """
    known = model_options(method)
    if others := sorted(options.keys() - known.keys()):
        raise InputError(
            f"method '{method}' has no option '{others[0]}'"
            f"{did_you_mean(others[0], known)}. "
            f"Known options: {', '.join(sorted(known)) or 'none'}."
        )
    model = _model_class(method)
    if model is None:
        return None
    if "random_state" in known:
        options.setdefault("random_state", seed)
    if not isinstance(task, DiscoveredTask):
        return model(task, **options)
    # Of a world that nobody has looked at nobody knows whether equations describe it.
    from symtut.world_models.fallback import WithNetworks, reward_is_poor

    if method == "mbpo":
        options.setdefault("learned_reward", reward_is_poor(task))
    made = model(task, **options)
    return WithNetworks(made, seed) if method in ("symbolic", "sparse") else made


def _model_class(method: str) -> type | None:
    where = METHODS[method]
    if where is None:
        return None
    module, name = where.split(":")
    return getattr(importlib.import_module(module), name)
