"""Who proposes skeletons: the transformer, the bare prior, or a fixed library.

Prior search and sparse regression are the cheap baselines that the transformer has to beat at
equal time; they are chosen by name and never used behind the user's back.
"""

from __future__ import annotations

from itertools import combinations, product, zip_longest
from typing import TYPE_CHECKING

import numpy as np

from symtut.expressions import OPERATORS, VARIABLES, Grammar, canonical_terms
from symtut.regression.search.fits import Candidate, Terms

if TYPE_CHECKING:
    from symtut.regression.transformer.model import FormulaTransformer

AT_ONCE = 1024
"""So many samples of the transformer grow together: a hundred megabytes."""


def transformer_proposer(model: FormulaTransformer, temperature: float = 1.0, usable=OPERATORS):
    """Samples from the transformer with the ``usable`` operators, most probable first."""
    from symtut.regression.transformer.decoding import (
        sample,  # and torch, that a fit may do without
    )

    def propose(x, y, amount: int, generator: np.random.Generator, stop=None):
        found: dict[Candidate, tuple[float, Candidate]] = {}
        for part in _blocks(amount, stop):
            drawn = sample(model, x, y, part, generator, temperature, stop=stop, usable=usable)
            for candidate, score in drawn:
                if candidate not in found or score > found[candidate][0]:
                    found[candidate] = score, candidate
        return [c for _, c in sorted(found.values(), key=lambda item: -item[0])]

    return propose


def prior_proposer(grammar: Grammar | None = None, usable=OPERATORS):
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


def pooled_proposer(first, second, share: float = 0.25):
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


def library_proposer():
    """Every function of a fixed library as a candidate of its own: sparse regression, SINDy style.

    With recombination switched on the search then selects a sparse sum of library functions.
    """

    def propose(x, y, amount: int, generator: np.random.Generator, stop=None):
        return [Candidate(terms) for terms in library(x.shape[1])]

    return propose


def library(n_variables: int, functions: tuple[str, ...] = ()) -> list[Terms]:
    """x, x², x³, |x|, sin x, cos x and products of two of these (in the manner of SINDy).

    Other ``functions`` of each variable join, alone and times a variable.
    """
    names = [(name,) for name in VARIABLES[:n_variables]]
    base = [f for v in names for f in (v, ("sin", *v), ("cos", *v), ("square", *v), ("abs", *v))]
    pairs = [("mul", *a, *b) for a, b in combinations(base, 2)]
    cubes = [("mul", *v, "square", *v) for v in names]
    others = [(f, *v) for v in names for f in functions if (f, *v) not in base]
    pairs += [("mul", *v, *f) for v, f in product(names, others)]
    found = dict.fromkeys(canonical_terms((f,)) for f in [*base, *cubes, *others, *pairs])
    return [terms for terms in found if len(terms) == 1]
