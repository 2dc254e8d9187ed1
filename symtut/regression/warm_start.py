"""The equations of the last fit as candidates of the next one."""

import numpy as np

from symtut.errors import InputError
from symtut.expressions import CONSTANT, VARIABLES, Expression
from symtut.regression.data.scaling import Columns
from symtut.regression.search.fits import Candidate
from symtut.regression.search.language import summands


def check_same_columns(model, count: int) -> None:
    """Raise :class:`InputError` if the last fit was one of another number of columns."""
    if count != model.n_features_in_:
        raise InputError(
            f"warm_start=True goes on from a fit of {model.n_features_in_} columns, but X has "
            f"{count}: give the same columns, or set warm_start=False."
        )


def known_candidates(model, columns: Columns) -> list[Candidate]:
    """The terms of the model's equations over the variables that the next search sees.

    Their numbers come along as a guess. Equations with a column that the search does not see are
    left out.
    """
    names, units = {}, {}
    for place, unit in enumerate(columns.units):
        if columns.used[place] in model.columns_:
            old = VARIABLES[model.columns_.index(columns.used[place])]
            names[old], units[old] = VARIABLES[place], unit
    found = []
    for row in model.equations_:
        terms = summands(row["expression"])
        if terms and all(VARIABLES[j] in names for term in terms for j in term.variables):
            searched = [_searched(term, names, units) for term in terms]
            numbers = np.array([value for term in searched for value in term.constants])
            guess = numbers if len(numbers) else None
            found.append(Candidate(tuple(term.prefix for term in searched), guess))
    return list(dict.fromkeys(found))


def _searched(term: Expression, names: dict[str, str], units: dict[str, float]) -> Expression:
    """A term with its variables in the search's units: x0 → 1000·x0."""
    prefix, constants, numbers = [], [], iter(term.constants)
    for token in term.prefix:
        if token in names and units[token] != 1.0:
            prefix += ["mul", CONSTANT, names[token]]
            constants.append(units[token])
        else:
            prefix.append(names.get(token, token))
            constants += [next(numbers)] if token == CONSTANT else []
    return Expression(tuple(prefix), tuple(constants))
