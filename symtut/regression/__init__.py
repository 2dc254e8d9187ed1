"""Points → formula: the transformer, its pretraining, decoding, constants, and the regressor."""

from importlib import import_module

from symtut.regression.regressor import SymbolicRegressor
from symtut.regression.settings import REGRESSION_METHODS
from symtut.regression.transformer.weight_names import available_weights

__all__ = ["REGRESSION_METHODS", "SymbolicRegressor", "available_weights", "load_weights"]


def __getattr__(name):
    if name == "load_weights":  # loads torch
        return import_module("symtut.regression.transformer.weights").load_weights
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
