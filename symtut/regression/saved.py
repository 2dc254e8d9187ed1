"""A fitted regressor as JSON, and back: parameters and equations, no pickle, no weights."""

import numpy as np

from symtut.errors import InputError
from symtut.expressions import Expression
from symtut.regression.settings import plain_settings

FORMAT = "symtut.SymbolicRegressor/1"


def state_of(model) -> dict:
    """Everything that prediction needs of a ``SymbolicRegressor``, JSON-able.

    The transformer is named, not copied; ``inliers_`` belongs to the data and is not kept.
    """
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
        }
    return state


def restored(model, state, path):
    """``model`` with the parameters and equations of ``state``, which was read from ``path``."""
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise InputError(f"'{path}' does not hold a saved SymbolicRegressor.")
    try:
        model.set_params(**state["params"])
        if model.feature_names is not None:
            model.feature_names = tuple(model.feature_names)  # JSON knows only lists
        if state["equations"] is not None:
            model.equations_ = [_row_from_json(row) for row in state["equations"]]
            # the names alone stand in every file, once under another key
            model.names_ = tuple(state.get("names") or state["feature_names_in"])
            model.n_features_in_ = len(model.names_)
            model.columns_ = tuple(state.get("columns", range(model.n_features_in_)))
            model._labels = state.get("labels")
            if state.get("has_names"):
                model.feature_names_in_ = np.array(model._labels, dtype=object)
            model.complete_, model.fit_time_ = state["complete"], state["fit_time"]
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"'{path}' is damaged: {error!r}. Save the model again.") from error
    return model


def _row_to_json(row: dict) -> dict:
    rest = {key: value for key, value in row.items() if key != "expression"}
    return rest | row["expression"].as_json()


def _row_from_json(row: dict) -> dict:
    rest = {key: value for key, value in row.items() if key not in ("prefix", "constants")}
    return rest | {"expression": Expression.from_json(row)}
