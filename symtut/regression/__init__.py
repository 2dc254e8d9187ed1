"""Points → formula: the transformer, its pretraining, decoding, constants, and the regressor."""

from symtut.regression.regressor import SymbolicRegressor
from symtut.regression.settings import METHODS
from symtut.regression.weights import available_weights, load_weights

__all__ = ["METHODS", "SymbolicRegressor", "available_weights", "load_weights"]
