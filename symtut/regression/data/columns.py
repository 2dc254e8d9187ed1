"""The columns of X: what they are called, in the data and in equations, and which ones are read."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from symtut.errors import InputError
from symtut.expressions.names import check_names, readable_names


class MixedNames(InputError, TypeError):
    """Some columns have names and some have numbers; a TypeError as in scikit-learn."""


def labels_of(X: Any) -> list | None:
    """Labels of a data frame's columns; None for arrays.

    Raises
    ------
    InputError (a TypeError)
        If some are text and some are not.
    """
    labels = getattr(X, "column_names", None)  # pyarrow's columns are the data
    if labels is None:
        labels = getattr(X, "columns", None)
    if labels is None:
        return None
    labels = list(labels)
    kinds = sorted({type(label).__qualname__ for label in labels})
    if len(kinds) > 1 and "str" in kinds:
        raise MixedNames(
            "Feature names are only supported if all input features have string names, but your "
            f"input has {kinds} as feature name / column name types: use X.columns = "
            "X.columns.astype(str)."
        )
    return labels


def named(labels: list | None) -> bool:
    """Whether a data frame's columns have names, not numbers."""
    return bool(labels) and all(isinstance(label, str) for label in labels)


def names_of(
    labels: list | None, feature_names: Sequence[str] | None, count: int
) -> tuple[str, ...]:
    """What ``count`` columns are called in equations; warns where that is not their label.

    Raises
    ------
    InputError
        If ``feature_names`` are too few or too many, or cannot stand in a formula.
    """
    if feature_names is not None:
        names = () if isinstance(feature_names, str) else tuple(feature_names)
        if len(names) != count:
            raise InputError(
                f"feature_names needs {count} names, one for each column; got {feature_names!r}."
            )
        try:
            check_names(names)
        except InputError as error:
            raise InputError(f"feature_names: {error}") from error
        return tuple(map(str, names))
    if labels is None or labels == list(range(count)):
        return tuple(f"x{i}" for i in range(count))
    names = readable_names([_text_of(label) for label in labels])
    changed = [
        f"{old!r} (column {i}) is {new}"
        for i, (old, new) in enumerate(zip(labels, names, strict=True))
        if old != new
    ]
    if changed:
        warnings.warn(
            f"some columns have other names in the equations: {', '.join(changed)}.", stacklevel=3
        )
    return names


def _text_of(label) -> str:
    if isinstance(label, tuple):  # of several levels
        return "_".join(map(str, label))
    return f"x{label}" if isinstance(label, int | np.integer) else str(label)


def check_same_columns(model: Any, count: int) -> None:
    """Raise :class:`InputError` if the last fit was one of another number of columns."""
    if count != model.n_features_in_:
        raise InputError(
            f"warm_start=True goes on from a fit of {model.n_features_in_} columns, but X has "
            f"{count}: give the same columns, or set warm_start=False."
        )


def remember(model: Any, labels: list | None, names: tuple[str, ...]) -> None:
    """Set what ``model`` has to know about the columns that it was fitted to."""
    model.n_features_in_, model.names_ = len(names), names
    model._labels = None if labels is None else list(map(str, labels))
    model.__dict__.pop("feature_names_in_", None)  # of an earlier fit
    if named(labels):
        model.feature_names_in_ = np.array(labels, dtype=object)


def warn_of_names(X: Any, model: Any) -> None:
    """Warn as scikit-learn does where X or the data of ``fit`` have names and the other has not."""
    now, then, whose = (
        named(labels_of(X)),
        hasattr(model, "feature_names_in_"),
        type(model).__name__,
    )
    if now and not then:
        warnings.warn(f"X has feature names, but {whose} was fitted without", stacklevel=3)
    if then and not now:
        warnings.warn(
            f"X does not have valid feature names, but {whose} was fitted with feature names",
            stacklevel=3,
        )


def chosen(X: Any, values: Any, model: Any) -> Any:
    """The columns that x0, x1, … of the model's expressions stand for.

    Parameters
    ----------
    X : what the user gave
    values : array or tensor (..., d)
        The numbers of X.

    Raises
    ------
    InputError
        If X has not the columns that ``model`` was fitted with, as far as number and labels tell.
    """
    found, count, whose = values.shape[-1] if values.ndim else 0, model.n_features_in_, type(model)
    if found != count:
        raise InputError(
            f"X has {found} features, but {whose.__name__} is expecting {count} features as "
            "input: those that it was fitted with."
        )
    labels = labels_of(X)
    if labels is not None and model._labels not in (None, list(map(str, labels))):
        raise InputError(
            "The feature names should match those that were passed during fit: the columns of X "
            f"are {', '.join(map(str, labels))}, but the model was fitted with "
            f"{', '.join(model._labels)}. Give the same columns in the same order."
        )
    return values[..., list(model.columns_)]
