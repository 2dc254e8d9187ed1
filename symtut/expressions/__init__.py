"""The language of formulas: operators, prefix trees, batched evaluation, random functions."""

from symtut.expressions.canonical import canonical, canonical_terms, terms_of
from symtut.expressions.evaluate import Program, decode, encode
from symtut.expressions.grammar import Grammar
from symtut.expressions.latex_names import latex_name
from symtut.expressions.operators import CONSTANT, MAX_VARIABLES, OPERATORS, VARIABLES, Operator
from symtut.expressions.random_functions import (
    Examples,
    RandomFunctions,
    random_functions,
    seen_through,
)
from symtut.expressions.rules import LAWS, MECHANICS
from symtut.expressions.tree import Expression, linear_combination

__all__ = [
    "CONSTANT", "LAWS", "MAX_VARIABLES", "MECHANICS", "OPERATORS", "VARIABLES", "Examples",
    "Expression", "Grammar", "Operator", "Program", "RandomFunctions", "canonical",
    "canonical_terms", "decode", "encode", "latex_name", "linear_combination", "random_functions",
    "seen_through", "terms_of",
]  # fmt: skip
