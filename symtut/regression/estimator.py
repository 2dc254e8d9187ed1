"""scikit-learn's conventions for an estimator, kept without scikit-learn.

scikit-learn recognises an estimator by its methods, so none of its classes is needed: parameters
are the constructor's arguments, ``clone`` copies them, and metadata routing asks which methods
want ``sample_weight``.
"""

import copy
import inspect
from typing import Any, Self

from symtut.errors import InputError

UNCHANGED = "$UNCHANGED$"
"""scikit-learn's word for "leave this request as it is"."""


class Estimator:
    """Parameters, copies, tags and metadata requests of a regressor with ``sample_weight``."""

    @classmethod
    def _parameter_names(cls):
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Constructor arguments by name (``deep`` is accepted for scikit-learn's sake)."""
        return {name: getattr(self, name) for name in self._parameter_names()}

    def set_params(self, **params: Any) -> Self:
        """Change constructor arguments; unknown names raise."""
        for name, value in params.items():
            if name not in self._parameter_names():
                known = ", ".join(self._parameter_names())
                raise InputError(
                    f"unknown parameter '{name}' for {type(self).__name__}; known: {known}."
                )
            setattr(self, name, value)
        return self

    def __repr__(self):
        defaults = inspect.signature(type(self).__init__).parameters
        shown = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if repr(value) != repr(defaults[name].default)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def __sklearn_clone__(self):
        made = type(self)(**copy.deepcopy(self.get_params()))
        if hasattr(self, "_requests"):
            made._requests = copy.deepcopy(self._requests)
        return made

    def __sklearn_is_fitted__(self):
        return hasattr(self, "equations_")

    def __sklearn_tags__(self):
        # only called by scikit-learn itself, which is therefore there
        from sklearn.utils import InputTags, RegressorTags, Tags, TargetTags

        return Tags(
            estimator_type="regressor", target_tags=TargetTags(required=True),
            transformer_tags=None, classifier_tags=None, regressor_tags=RegressorTags(),
            input_tags=InputTags(),
        )  # fmt: skip

    # ---- metadata routing -----------------------------------------------------------------------

    def set_fit_request(self, *, sample_weight: bool | str | None = UNCHANGED) -> Self:
        """Whether a meta-estimator passes ``sample_weight`` on to :meth:`fit`.

        True, False, None (passing it is then an error) or the name that it has there; see
        scikit-learn's user guide on metadata routing.
        """
        return self._request("fit", sample_weight)

    def set_score_request(self, *, sample_weight: bool | str | None = UNCHANGED) -> Self:
        """Whether a meta-estimator passes ``sample_weight`` on to :meth:`score`; likewise."""
        return self._request("score", sample_weight)

    def _request(self, method, value):
        if value is not None and not isinstance(value, bool | str):
            raise InputError(
                "sample_weight is requested by True, False, None or another name for it, "
                f"not {value!r}."
            )
        if value != UNCHANGED:
            self._requests = {**getattr(self, "_requests", {}), method: value}
        return self

    def get_metadata_routing(self) -> Any:
        """The requests in scikit-learn's form; needs scikit-learn, which is who asks."""
        from sklearn.utils.metadata_routing import MetadataRequest

        request = MetadataRequest(owner=self)
        for method in ("fit", "score"):
            alias = getattr(self, "_requests", {}).get(method)
            getattr(request, method).add_request(param="sample_weight", alias=alias)
        return request
