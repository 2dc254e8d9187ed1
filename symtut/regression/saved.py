"""A fitted regressor as JSON, and back: parameters and equations, no pickle, no weights."""

from pathlib import Path
from typing import Any

import numpy as np

from symtut.errors import InputError
from symtut.expressions import CONSTANT, MAX_VARIABLES, Expression
from symtut.forms import (
    ANYTHING,
    FLAG,
    NAME,
    list_of,
    mapping,
    number,
    object_of,
    one_of,
    optional,
    text,
    whole,
)
from symtut.regression.data.screening import Screening
from symtut.regression.settings import check_settings, plain_settings, settings_from
from symtut.storage import read_json

FORMAT = "symtut.SymbolicRegressor/1"
_WHAT = "a saved SymbolicRegressor"
_LONGEST = 10_000  # symbols of a formula; the search itself writes some fifty

EQUATION = object_of(
    {
        "prefix": list_of(NAME, _LONGEST, 1),
        "constants": list_of(number(), _LONGEST),
        "equation": text(1_000_000),
        "complexity": whole(1),
        "loss": number(0),
        "r2": number(),
        "score": number(),
        "source": NAME,
    },
    {"r2_holdout": optional(number()), "digits": optional(whole(1)), "domain": text(1_000_000)},
    others=ANYTHING,
)
_NAMES = list_of(text(), most=20_000, least=1)
_FITTED = {
    "names": _NAMES,
    "feature_names_in": _NAMES,  # instead of names, in files of the first versions
    "has_names": FLAG,
    "columns": list_of(whole(), MAX_VARIABLES),
    "labels": optional(_NAMES),
    "complete": FLAG,
    "fit_time": number(0),
    "n_fits": whole(1),
    "screening": optional(
        object_of(
            {
                "chosen": list_of(whole(), MAX_VARIABLES),
                "score": list_of(number(0), most=20_000),
                "frequency": list_of(number(0), most=20_000),
            }
        )
    ),
}
FORM = object_of(
    {
        "format": one_of(FORMAT),
        "params": mapping(ANYTHING),
        "equations": optional(list_of(EQUATION, most=1000, least=1)),
    },
    _FITTED,
    what=_WHAT,
)


def state_of(model: Any) -> dict:
    """Everything that prediction needs of a ``SymbolicRegressor``, JSON-able.

    The transformer is named, not copied; ``inliers_`` belongs to the data and is not kept.
    """
    check_settings(model)
    params = plain_settings(model.get_params())
    state = {"format": FORMAT, "params": params, "equations": None}
    if hasattr(model, "equations_"):
        state |= {
            "equations": [_row_to_json(row) for row in model.equations_],
            "names": list(model.names_),
            "has_names": hasattr(model, "feature_names_in_"),
            "columns": list(model.columns_),
            "labels": model._labels,
            "complete": model.complete_,
            "fit_time": model.fit_time_,
            "n_fits": model.n_fits_,
            "screening": None if model.screening_ is None else model.screening_.as_json(),
        }
    return state


def read_saved(path: str | Path) -> dict:
    """What :func:`state_of` gave, from the file that it was written to; else an ``InputError``."""
    return read_json(path, FORM)


def restored(model: Any, path: str | Path) -> Any:
    """``model`` with the parameters and equations of the file at ``path``.

    Raises
    ------
    InputError
        If it is not a saved regressor, or what it holds does not fit together.
    """
    state = read_saved(path)
    try:
        if unknown := sorted(state["params"].keys() - model.get_params().keys()):
            raise InputError(f"unknown parameter {unknown[0]!r}.")
        model.set_params(**settings_from(state["params"]))
        check_settings(model)
        if state["equations"] is not None:
            _restore_fit(model, state)
    except (KeyError, InputError) as error:
        raise InputError(f"'{path}' is not {_WHAT}: {error} Save the model again.") from error
    return model


def _restore_fit(model, state: dict) -> None:
    """Everything that a fit sets."""
    # the names alone stand in every file, once under another key
    names = tuple(state.get("names") or state["feature_names_in"])
    columns = tuple(state.get("columns", range(len(names))))
    labels = state.get("labels")
    model.equations_ = [_row_from_json(row) for row in state["equations"]]
    if max(columns, default=0) >= len(names) or labels is not None and len(labels) != len(names):
        raise InputError(f"columns or labels are not those of {len(names)} variables.")
    for row in model.equations_:
        if max(row["expression"].variables, default=-1) >= len(columns):
            raise InputError(f"'{row['equation']}' has more variables than the {len(columns)}.")
    model.names_, model.n_features_in_ = names, len(names)
    model.columns_, model._labels = columns, labels
    if state.get("has_names") and labels is not None:
        model.feature_names_in_ = np.array(labels, dtype=object)
    model.complete_, model.fit_time_ = state["complete"], state["fit_time"]
    model.n_fits_ = state.get("n_fits", 1)
    model.screening_ = Screening.from_json(state.get("screening"), len(names))


def _row_to_json(row: dict) -> dict:
    rest = {key: value for key, value in row.items() if key != "expression"}
    return rest | row["expression"].as_json()


def _row_from_json(row: dict) -> dict:
    rest = {key: value for key, value in row.items() if key not in ("prefix", "constants")}
    if len(row["constants"]) != row["prefix"].count(CONSTANT):
        raise InputError(f"'{row['equation']}' has {len(row['constants'])} numbers.")
    return rest | {"expression": Expression.from_json(row)}
