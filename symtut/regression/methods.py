"""What a regressor's settings mean: who proposes, and the choices of the search."""

from collections.abc import Iterable

from symtut.regression.proposers import (
    library,
    library_proposer,
    pooled_proposer,
    prior_proposer,
    transformer_proposer,
)
from symtut.regression.search.budget import Stopwatch
from symtut.regression.search.fits import Candidate
from symtut.regression.search.language import Language
from symtut.regression.search.search import Proposer, SearchConfig
from symtut.regression.transformer.weight_names import find_weights


def proposer_of(model, clock: Stopwatch) -> Proposer:
    """Who proposes skeletons for a ``SymbolicRegressor``.

    The transformer's weights are read when it is first asked; the clock stops meanwhile.
    """
    usable = Language.of(model.operators, model.constraints).usable
    if model.method in ("prior", "prior+sparse"):
        return prior_proposer(usable=usable)
    if model.method == "sparse":
        return library_proposer()
    find_weights(model.weights)  # an unknown name is an error, read or not

    def transformer(*question):
        with clock.stopped():
            from symtut.regression.threads import one_thread
            from symtut.regression.transformer.weights import load_weights

            propose = transformer_proposer(load_weights(model.weights), usable=usable)
        with one_thread():
            return propose(*question)

    if model.method in ("transformer", "transformer+sparse"):
        return transformer
    return pooled_proposer(transformer, prior_proposer(usable=usable))


def config_of(
    model, language: Language, n_variables: int, known: Iterable[Candidate] = ()
) -> SearchConfig:
    """The choices of the search for data with so many columns; ``known`` are tried first."""
    fixed = ()
    if model.method.endswith("sparse"):
        terms = library(n_variables, language.functions)
        fixed = tuple(term for (term,) in terms if language.allows(term))
    return SearchConfig(
        n_candidates=int(model.n_candidates),
        rounds=None if model.rounds is None else int(model.rounds),
        constants=model.constants,
        recombine=bool(model.recombine) or model.method == "sparse",
        pool_size=10_000 if model.method == "sparse" else SearchConfig.pool_size,
        library=fixed,
        products=model.method.endswith("+sparse"),
        language=language,
        known=tuple(known),
    )
