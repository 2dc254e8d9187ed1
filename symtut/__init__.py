"""symtut: model-based policy optimisation with symbolic world models, from formulas to policies.

>>> from symtut import SymbolicRegressor, check_task, make_task, register_task, train
"""

from importlib import import_module

# Looked up on first use, so that the regressor alone does not load an environment, nor the reverse.
_HOMES = {
    "SymbolicRegressor": "symtut.regression",
    "check_task": "symtut.tasks",
    "make_task": "symtut.tasks",
    "register_task": "symtut.tasks",
    "train": "symtut.experiments",
}

__all__ = ["SymbolicRegressor", "check_task", "make_task", "register_task", "train"]


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'symtut' has no attribute {name!r}")
