"""What the regressor's parameters may be; each mistake is one sentence."""

import numbers
import os
from typing import Any, TypeGuard

import numpy as np

from symtut.errors import InputError, did_you_mean
from symtut.regression.search.language import Language

REGRESSION_METHODS = (
    *("transformer+sparse", "prior+sparse", "transformer+prior"),
    *("transformer", "prior", "sparse"),
)
BIT_GENERATORS = (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.SFC64)
MAX_CANDIDATES = 100_000
"""So many skeletons and their constants take about a gigabyte."""


def check_settings(model: Any) -> None:
    """Raise :class:`InputError` unless every parameter of ``model`` is usable.

    The parameters stay what they are, of whatever type.
    """
    _one_of(model.method, "method", REGRESSION_METHODS)
    _one_of(model.constants, "constants", ("lm", "bfgs"))
    for name in ("robust", "recombine", "warm_start"):
        if not isinstance(getattr(model, name), bool | np.bool_):
            raise InputError(f"{name} must be True or False, not {getattr(model, name)!r}.")
    if not (isinstance(model.verbose, bool | np.bool_) or _whole(model.verbose)):
        raise InputError(f"verbose must be True, False or a whole number, not {model.verbose!r}.")
    if not (_whole(model.n_candidates) and 1 <= model.n_candidates <= MAX_CANDIDATES):
        raise InputError(
            f"n_candidates must be a positive integer, at most {MAX_CANDIDATES}, "
            f"not {model.n_candidates!r}."
        )
    if model.rounds is not None and not (_whole(model.rounds) and model.rounds >= 1):
        raise InputError(f"rounds must be a positive integer or None, not {model.rounds!r}.")
    if model.max_time is not None and not _positive(model.max_time):
        raise InputError(
            f"max_time must be positive seconds or None for no limit, not {model.max_time!r}."
        )
    if model.rounds is None and model.max_time is None:
        raise InputError("rounds=None needs a max_time: without both the search never ends.")
    if not (isinstance(model.weights, str | os.PathLike) and str(model.weights)):
        raise InputError(f"weights must be a name or the path of a file, not {model.weights!r}.")
    names = model.feature_names
    if names is not None and not _names(names):
        raise InputError(
            f"feature_names must be a list of names, one for each column of X, not {names!r}."
        )
    _check_random_state(model.random_state)
    Language.of(model.operators, model.constraints)


def plain_settings(params: dict) -> dict:
    """Parameters as JSON can hold them: NumPy's numbers become Python's, a generator its state."""
    plain = {k: v.item() if isinstance(v, np.generic) else v for k, v in params.items()}
    plain["weights"] = str(params["weights"])
    if params["feature_names"] is not None:
        plain["feature_names"] = list(map(str, params["feature_names"]))
    if params["operators"] is not None:
        plain["operators"] = sorted(map(str, params["operators"]))
    if params["constraints"] is not None:
        plain["constraints"] = _plain_limits(params["constraints"])
    random_state = params["random_state"]
    if isinstance(random_state, np.random.RandomState):
        plain["random_state"] = {"RandomState": _listed(random_state.get_state(legacy=False))}
    elif isinstance(random_state, np.random.Generator):
        plain["random_state"] = {"Generator": _listed(random_state.bit_generator.state)}
    return plain


def settings_from(plain: dict) -> dict:
    """What :func:`plain_settings` was made from.

    Raises
    ------
    InputError
        If the state of a generator is not one that NumPy knows.
    """
    settings = dict(plain)
    for name in ("feature_names", "operators"):
        if isinstance(settings.get(name), list):
            settings[name] = tuple(settings[name])  # JSON knows no tuples
    if isinstance(kept := settings.get("random_state"), dict):
        try:
            ((kind, state),) = kept.items()
            bits = {b.__name__: b for b in BIT_GENERATORS}[state["bit_generator"]]()
            if kind == "RandomState":
                settings["random_state"] = np.random.RandomState(bits)
                settings["random_state"].set_state(state)
            elif kind == "Generator":
                bits.state = state
                settings["random_state"] = np.random.Generator(bits)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InputError("random_state is no state of a NumPy generator.") from error
    return settings


def _plain_limits(limits):
    if isinstance(limits, dict):
        return {str(name): _plain_limits(value) for name, value in limits.items()}
    return int(limits)


def _listed(value):
    """The same with lists in the place of arrays."""
    if isinstance(value, dict):
        return {key: _listed(entry) for key, entry in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else value


def generator_of(random_state: Any) -> np.random.Generator:
    """The random numbers of one fit.

    None draws a new seed. From a NumPy ``Generator`` or ``RandomState`` the seed is drawn, so that
    a second fit with the same object differs, as in scikit-learn.
    """
    _check_random_state(random_state)
    if isinstance(random_state, np.random.Generator):
        return np.random.default_rng(random_state.integers(2**62))
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**31, size=2))
    return np.random.default_rng(random_state)


def _check_random_state(value) -> None:
    """Nothing is drawn here: a check must not move the generator that it looks at."""
    known = value is None or isinstance(value, np.random.Generator | np.random.RandomState)
    if not (known or _whole(value) and value >= 0):
        raise InputError(
            "random_state must be None, a whole number from 0, or NumPy's Generator or "
            f"RandomState, not {value!r}."
        )


def _one_of(value, name, known):
    if not (isinstance(value, str) and value in known):
        near = did_you_mean(value, known)
        raise InputError(f"unknown {name} {value!r}{near}; known: {', '.join(known)}.")


def _names(value) -> bool:
    listed = hasattr(value, "__len__") and hasattr(value, "__getitem__")
    return listed and not isinstance(value, str | dict) and all(isinstance(n, str) for n in value)


def _whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool | np.bool_)


def _real(value: Any) -> TypeGuard[float]:
    return isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)


def _positive(value) -> bool:
    return _real(value) and 0 < value < float("inf")
