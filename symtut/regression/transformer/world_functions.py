"""Random functions as they might hold in one world: what a transformer is fine-tuned on.

Points are those that a random policy has visited. Formulas come from two sources, in equal parts:

- the grammar of the pretraining, with roles: angles stand in sines and cosines, other coordinates
  outside (with probability ``ROLE``; what is an angle is known for every task);
- expert iteration: skeletons that the general weights have found in the world's data, changed at
  random in one or more places.

Constants and coefficients are drawn anew for every example: the same world with other masses,
lengths and gains. The world's own equations, and the best that were found, are never among the
examples: ``forbidden`` holds their keys. (What is left of the answer in such a prior is a question
that notebook 08 asks.)
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from symtut.expressions import (
    MAX_VARIABLES,
    VARIABLES,
    Grammar,
    RandomFunctions,
    canonical_terms,
    decode,
    encode,
    seen_through,
)
from symtut.expressions.canonical import Prefix
from symtut.expressions.tree import children
from symtut.regression.problems.holdout import skeleton_key
from symtut.regression.search.fits import Candidate, Terms
from symtut.regression.transformer.examples import Batch, PretrainConfig, batches_of, ladder, wanted
from symtut.regression.transformer.tokens import MAX_TERMS

ROLE = 0.85
"""How often a variable of a random formula stands where its kind belongs."""

CHANGES = 0.5
"""Chance that a skeleton which was changed once is changed once more."""

_TRIGONOMETRIC = {"sin", "cos", "tan"}


@dataclass(frozen=True)
class View:
    """What the increment of one coordinate is regressed on.

    Attributes
    ----------
    columns : float32 array (N, d)
        States and actions of a random policy in the order of time, at most six columns.
    angular : tuple of bool (d,)
    found : tuple of Terms
        Skeletons that the general weights have found for this increment; may be empty.
    names : tuple of str
        Of the columns, where it matters.
    """

    columns: np.ndarray
    angular: tuple[bool, ...]
    found: tuple[Terms, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorldFunctions:
    """The stream of examples of one world.

    Attributes
    ----------
    views : tuple of View
    forbidden : frozenset of int
        Keys (:func:`~symtut.regression.problems.holdout.skeleton_key`) of skeletons that never
        appear.
    functions : RandomFunctions
        Its grammar, strengths of terms and noise; points and numbers of variables are the views'.
    """

    views: tuple[View, ...]
    forbidden: frozenset[int] = frozenset()
    functions: RandomFunctions = RandomFunctions()

    def make_chunk(self, config: PretrainConfig, chunk: int, held_out: bool = False) -> list[Batch]:
        """As :func:`~symtut.regression.transformer.examples.make_chunk`, of this world."""
        entropy = [config.seed, chunk, int(held_out), 1]
        generator = np.random.default_rng(np.random.SeedSequence(entropy))
        n_points = int(generator.choice(ladder(*config.points)))
        n_points = min(n_points, *(len(view.columns) for view in self.views))
        n = config.chunk_size * (8 if held_out else 1)
        which = generator.integers(0, len(self.views), n)
        skeletons: list[Terms] = [()] * n
        x = np.zeros((n, n_points, MAX_VARIABLES), dtype=np.float32)
        for number, view in enumerate(self.views):
            rows = np.flatnonzero(which == number)
            for row, terms in zip(rows, self.skeletons(view, len(rows), generator), strict=True):
                skeletons[row] = terms
            x[rows, :, : view.columns.shape[1]] = _points(view, len(rows), n_points, generator)

        def accept(terms: Terms) -> bool:
            return wanted(terms, held_out) and skeleton_key(terms) not in self.forbidden

        kept = np.array([i for i, t in enumerate(skeletons) if t and accept(t)], dtype=int)
        codes = encode([_joined(skeletons[i]) for i in kept])
        n_variables = np.array([view.columns.shape[1] for view in self.views])[which[kept]]
        examples = seen_through(
            codes, torch.from_numpy(x[kept]), n_variables, self.functions, generator
        )
        # what stands in ``examples`` was accepted above
        return batches_of(examples, config, lambda terms: True, generator, held_out)

    def skeletons(self, view: View, n: int, generator: np.random.Generator) -> list[Terms]:
        """``n`` canonical skeletons for a view, some of them empty: half grammar, half changed."""
        d = view.columns.shape[1]
        drawn = [
            tuple(_in_role(term, view.angular, generator) for term in formula)
            for formula in _from_grammar(self.functions.grammar, n, d, generator)
        ]
        spare = iter([term for formula in drawn[::-1] for term in formula])
        if view.found:
            for i in np.flatnonzero(generator.random(n) < 0.5):
                start = view.found[generator.integers(len(view.found))]
                drawn[i] = _changed(start, view.angular, spare, generator)
        return [canonical_terms(formula) for formula in drawn]

    def proposer(self, view: View) -> Callable[..., list[Candidate]]:
        """Blind samples of this world's prior: the baseline of the fine-tuned transformer.

        For ``symtut.regression.search.search``, like those in :mod:`symtut.regression.proposers`.
        Nothing is forbidden to it: the transformer may write what it was never shown, so the
        baseline may draw it.
        """

        def propose(x, y, amount: int, generator: np.random.Generator, stop=None):
            found = dict.fromkeys(self.skeletons(view, amount, generator))
            return [Candidate(terms) for terms in found if terms]

        return propose


def _from_grammar(grammar: Grammar, n: int, n_variables: int, generator) -> list[Terms]:
    codes = grammar.sample_codes(np.full(n, n_variables), generator)
    return [decode(row) if row[0] else () for row in codes]


def _joined(terms: Terms) -> Prefix:
    return tuple(token for term in terms for token in ("<sep>", *term))[1:]


def _points(view: View, n: int, n_points: int, generator) -> np.ndarray:
    """(n, n_points, d): stretches of the path for one half, single moments for the other."""
    length = len(view.columns)
    first = generator.integers(0, length - n_points + 1, (n, 1))
    stretches = first + np.arange(n_points)
    moments = generator.integers(0, length, (n, n_points))
    return view.columns[np.where(generator.random((n, 1)) < 0.5, stretches, moments)]


def _variables_in_trigonometry(term: Prefix) -> set[str]:
    """Variables that stand somewhere inside a sine, cosine or tangent."""
    inside: set[str] = set()

    def walk(prefix: Prefix, under: bool) -> None:
        if len(prefix) == 1:
            if under and prefix[0] in VARIABLES:
                inside.add(prefix[0])
            return
        for child in children(prefix):
            walk(child, under or prefix[0] in _TRIGONOMETRIC)

    walk(term, False)
    return inside


def _in_role(term: Prefix, angular: tuple[bool, ...], generator) -> Prefix:
    """The term with other variables, of the kind that belongs where they stand."""
    inside = _variables_in_trigonometry(term)
    names = {
        v: _of_kind(v in inside, angular, generator) for v in dict.fromkeys(term) if v in VARIABLES
    }
    return tuple(names.get(token, token) for token in term)


def _of_kind(angle: bool, angular: tuple[bool, ...], generator) -> str:
    """A variable of the wanted kind, or now and then of any."""
    fitting = [i for i, is_angle in enumerate(angular) if is_angle == angle]
    if not fitting or generator.random() > ROLE:
        fitting = range(len(angular))
    return VARIABLES[fitting[generator.integers(len(fitting))]]


def _changed(start: Terms, angular, spare, generator) -> Terms:
    """A skeleton near ``start``: at least one change; ``spare`` yields terms of the grammar."""
    terms = list(start)
    while True:
        i = int(generator.integers(len(terms)))
        kind = ("add", "replace", "drop", "rename", "function", "factor")[generator.integers(6)]
        if kind == "add" and len(terms) < MAX_TERMS:
            terms.append(next(spare, (VARIABLES[0],)))
        elif kind == "replace":
            terms[i] = next(spare, terms[i])
        elif kind == "drop" and len(terms) > 1:
            del terms[i]
        elif kind == "rename":
            terms[i] = _in_role(terms[i], angular, generator)
        elif kind == "function":
            swap = {"sin": "cos", "cos": "sin"}
            terms[i] = tuple(swap.get(token, token) for token in terms[i])
        elif kind == "factor":
            angle = bool(generator.random() < 0.5)
            variable = _of_kind(angle, angular, generator)
            function = ("sin", "cos")[generator.integers(2)]
            factor = (function, variable) if angle else (variable,)
            terms[i] = ("mul", *factor, *terms[i])
        if generator.random() > CHANGES:
            return tuple(terms)
