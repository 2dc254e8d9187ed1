"""Who proposes skeletons: the transformer, the bare prior, a fixed library, the last fit.

Prior search and sparse regression are the cheap baselines that the transformer has to beat at
equal time; they are chosen by name and never used behind the user's back.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from symtut.expressions import (
    CONSTANT,
    OPERATORS,
    VARIABLES,
    Expression,
    Grammar,
)  # fmt: skip
from symtut.regression.data.scaling import Columns
from symtut.regression.search.budget import Stopwatch
from symtut.regression.search.fits import Candidate
from symtut.regression.search.language import Language, summands
from symtut.regression.search.library import library
from symtut.regression.search.search import Proposer, SearchConfig
from symtut.regression.structure.laws import Laws
from symtut.regression.transformer.weight_names import find_weights

if TYPE_CHECKING:
    from symtut.regression.transformer.model import FormulaTransformer

AT_ONCE = 1024
"""So many samples of the transformer grow together: a hundred megabytes."""


def proposer_of(model: Any, clock: Stopwatch) -> Proposer:
    """Who proposes skeletons for a ``SymbolicRegressor``: what its ``method`` says.

    The transformer's weights are read when it is first asked; the clock stops meanwhile.

    Returns
    -------
    callable
        (x, y, how many, generator, stop) → list of candidates, all in the search's units: x (n, d)
        float64, y (n,) of mean 0 and standard deviation 1; ``stop()`` is true once time is up.
    """
    usable = Language.of(model.operators, model.constraints).usable
    if model.method in ("prior", "prior+sparse"):
        return prior_proposer(usable=usable)
    if model.method == "sparse":
        return library_proposer()
    find_weights(model.weights)  # an unknown name is an error, read or not

    def transformer(*question):
        with clock.stopped():
            from symtut.regression.transformer.weights import load_weights

            propose = transformer_proposer(load_weights(model.weights), usable=usable)
        with one_thread():
            return propose(*question)

    if model.method in ("transformer", "transformer+sparse"):
        return transformer
    return pooled_proposer(transformer, prior_proposer(usable=usable))


def config_of(
    model: Any, language: Language, n_variables: int, known: Iterable[Candidate] = ()
) -> SearchConfig:
    """What a ``SymbolicRegressor`` lets the search do with the columns that it has chosen.

    Formulas of ``language`` over ``n_variables`` columns; those of ``known`` are tried first.
    """
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
        laws=Laws if model.method.endswith("+sparse") else None,
        language=language,
        known=tuple(known),
    )


# ---- the proposers -------------------------------------------------------------------------------


def transformer_proposer(
    model: FormulaTransformer, temperature: float = 1.0, usable: Collection[str] = OPERATORS
) -> Proposer:
    """Samples from the transformer with the ``usable`` operators, most probable first."""
    from symtut.regression.transformer.decoding import sample  # and torch: a fit may need neither

    def propose(x, y, amount: int, generator: np.random.Generator, stop=None):
        found: dict[Candidate, tuple[float, Candidate]] = {}
        for part in _blocks(amount, stop):
            drawn = sample(model, x, y, part, generator, temperature, stop=stop, usable=usable)
            for candidate, score in drawn:
                if candidate not in found or score > found[candidate][0]:
                    found[candidate] = score, candidate
        return [c for _, c in sorted(found.values(), key=lambda item: -item[0])]

    return propose


def prior_proposer(grammar: Grammar | None = None, usable: Collection[str] = OPERATORS) -> Proposer:
    """Blind samples, with the ``usable`` operators, from the transformer's prior."""
    grammar = (grammar or Grammar()).restricted(usable)

    def propose(x, y, amount: int, generator: np.random.Generator, stop=None):
        found = {}
        for part in _blocks(amount, stop):
            found |= dict.fromkeys(grammar.sample(part, x.shape[1], generator))
        return [Candidate(terms) for terms in found]

    return propose


def _blocks(amount: int, stop):
    """``amount`` in parts that fit into memory; ends where time is over."""
    for begin in range(0, amount, AT_ONCE):
        if stop is not None and stop():
            return
        yield min(AT_ONCE, amount - begin)


def pooled_proposer(first: Proposer, second: Proposer, share: float = 0.25) -> Proposer:
    """``share`` of the candidates from one proposer, the rest from another, taken in turns.

    In turns, so that both have been heard when time runs out. Samples of the transformer cost
    more time than blind ones; with a quarter of them, pooled search did better at equal time than
    with half.
    """

    def propose(x, y, amount: int, generator: np.random.Generator, stop=None):
        part = max(1, round(share * amount))
        ours = first(x, y, part, generator, stop)
        theirs = second(x, y, max(1, amount - part), generator, stop)
        turns = [c for pair in zip_longest(ours, theirs) for c in pair if c is not None]
        return list(dict.fromkeys(turns))  # the first of two with equal terms stays

    return propose


def library_proposer() -> Proposer:
    """Every function of a fixed library as a candidate of its own: sparse regression, SINDy style.

    With recombination switched on the search then selects a sparse sum of library functions.
    """

    def propose(x, y, amount: int, generator: np.random.Generator, stop=None):
        return [Candidate(terms) for terms in library(x.shape[1])]

    return propose


# ---- the last fit --------------------------------------------------------------------------------


def known_candidates(model: Any, columns: Columns) -> list[Candidate]:
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


# ---- threads -------------------------------------------------------------------------------------

_lock = threading.Lock()
_here = threading.local()
_holders = 0
_before = 1  # the number of threads that was set when the first holder came


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch computes on one thread in the calling thread; nested and concurrent use is safe.

    The tensors of a fit are small. With two threads on two busy cores an easy fit takes 4 to 14
    CPU-seconds, with one 0.7. NumPy's linear algebra makes no difference (measured with
    threadpoolctl), so it is left alone.

    Torch keeps a number for each thread of the program, and threads yet to begin inherit the last
    number that was set anywhere. So the first holder notes the number for those that inherit the
    one, and each holder gives back to its own thread what that had.
    """
    import torch  # a fit may do without

    global _holders, _before
    if getattr(_here, "holds", False):  # nested
        yield
        return
    with _lock:
        own = torch.get_num_threads()
        if _holders == 0:
            _before = own
        elif own == 1:  # inherited
            own = _before
        _holders += 1
    _here.holds = True
    try:
        torch.set_num_threads(1)
        yield
    finally:
        _here.holds = False
        with _lock:
            _holders -= 1
            torch.set_num_threads(own)
