"""Priors over formulas, what they draw, and what a network makes of streams of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch

from symtut.expressions import (
    OPERATORS,
    VARIABLES,
    Examples,
    Expression,
    Grammar,
    Program,
    RandomFunctions,
    canonical_terms,
    decode,
    random_functions,
)
from symtut.expressions.evaluate import SYMBOLS
from symtut.expressions.random_functions import random_points
from symtut.regression.problems.holdout import skeleton_key
from symtut.regression.search.fits import Terms, initial_constants
from symtut.regression.transformer.examples import PRESETS, Batch, make_chunk
from symtut.regression.transformer.features import correlations
from symtut.regression.transformer.tokens import GrammarMask


def readable(n: int, generator: np.random.Generator) -> tuple[Examples, list[int], float]:
    """Random functions of one or two variables, which of them are worth a look, and CPU-s each.

    Worth a look are those that use all their variables and have more than four tokens.
    """
    grammar = Grammar(n_terms=(0.5, 0.5))
    config = RandomFunctions(n_variables=(0.5, 0.5), grammar=grammar, noise=0.0)
    begun = time.process_time()
    drawn = random_functions(config, n, n_points=60, generator=generator)
    seconds = (time.process_time() - begun) / len(drawn.codes)
    usable = range(len(drawn.codes))
    full = [i for i in usable if len(drawn.expression(i).variables) == drawn.n_variables[i]]
    return drawn, [i for i in full if (drawn.codes[i] > 0).sum() > 4], seconds


def naive(q: float) -> Grammar:
    """A coin at each node: an operator with probability ``q``, all alike, otherwise a leaf."""
    operators = [(q / len(OPERATORS), n, ("TERM",) * o.arity) for n, o in OPERATORS.items()]
    leaves = (0.7 * (1 - q), "x", ()), (0.3 * (1 - q), "C", ())
    return Grammar(rules={"TERM": (*operators, *leaves)}, n_terms=(1,))


def skeletons(
    grammar: Grammar, n: int, n_variables: int, generator: np.random.Generator
) -> list[Terms]:
    """Skeletons as drawn, not canonical, without those that never came to an end."""
    codes = grammar.sample_codes(np.full(n, n_variables), generator)
    return [decode(row) for row in codes if row[0] > 0]


def sizes(grammar: Grammar, n: int, generator: np.random.Generator) -> np.ndarray:
    """Nodes of ``n`` drawn trees over two variables, (n,); 99 for those with more than 40."""
    codes = grammar.sample_codes(np.full(n, 2), generator)
    return np.where(codes[:, 0] > 0, (codes > 0).sum(1), 99)


def numbered(terms: Terms, generator: np.random.Generator) -> list[str | float]:
    """A sum as one prefix sequence, with random numbers as coefficients and for each ``C``."""
    tokens: list[str | float] = []
    for i, term in enumerate(terms):
        tokens += ["add"] * (i < len(terms) - 1) + ["mul", generator.uniform(0.5, 2.0)]
        tokens += [generator.uniform(0.3, 3.0) if t == "C" else t for t in term]
    return tokens


def formula_of(tokens: Sequence[str | float]) -> str:
    """A numbered prefix sequence as text, two digits."""
    numbers = tuple(token for token in tokens if isinstance(token, float))
    prefix = tuple("C" if isinstance(token, float) else str(token) for token in tokens)
    return Expression(prefix, numbers).text(digits=2)


def complete(length: int, tries: int, generator: np.random.Generator) -> float:
    """Share of blindly drawn sequences of a length that are one complete expression."""
    arity = np.array([o.arity for o in OPERATORS.values()] + [0] * (1 + len(VARIABLES)))
    drawn = arity[generator.integers(0, len(arity), (tries, length))]
    places = 1 + np.cumsum(drawn - 1, axis=1)  # open after each token
    return float(((places[:, -1] == 0) & (places[:, :-1] > 0).all(1)).mean())


def fates(grammar: Grammar, n: int, generator: np.random.Generator) -> dict[str, float]:
    """What becomes of drawn terms on 64 points: {reason: share}, the first that applies."""
    codes = grammar.sample_codes(np.full(n, 2), generator)
    codes = codes[codes[:, 0] > 0]
    x = torch.from_numpy(random_points(np.full(len(codes), 2), 64, (0.4, 8.0), generator))
    program = Program(codes)
    shape = (len(codes), 1, program.constant_node.shape[1])
    values = program(x, torch.from_numpy(initial_constants(shape, generator)).float())
    values = values[:, 0, 0].double().numpy()
    with np.errstate(all="ignore"):
        size, spread = np.abs(values).max(1), values.std(1)
    reasons = {
        "undefined": ~np.isfinite(values).all(1), "too large": size >= 1e4,
        "constant": spread <= 1e-3, "one outlier": size >= 12 * spread + 30,
    }  # fmt: skip
    left, shares = np.ones(len(codes), dtype=bool), {}
    for reason, hit in reasons.items():
        shares[reason] = float((left & hit).mean())
        left &= ~hit
    return shares | {"used": float(left.mean())}


class SmallWorld:
    """Functions with one term in one or two variables, as examples for training and test.

    Attributes
    ----------
    terms : list of canonical skeletons
    keys : uint64 array (n,)
        The package's key of each, the same whatever the variables are called.
    """

    def __init__(self, n: int, generator: np.random.Generator):
        one_term = Grammar(n_terms=(1,))
        config = RandomFunctions(n_variables=(0.5, 0.5), grammar=one_term, noise=0.0)
        drawn = random_functions(config, n, 64, generator)
        self.terms = [canonical_terms(decode(row)) for row in drawn.codes]
        self.keys = np.array([skeleton_key(terms) for terms in self.terms], dtype=np.uint64)
        parts = zip(drawn.x.split(1000), drawn.y.split(1000), strict=True)  # saves memory
        looks = [torch.nn.functional.normalize(correlations(*part), dim=1) for part in parts]
        self._looks = torch.cat(looks)

    def memoriser(self, test: np.ndarray, training: np.ndarray) -> float:
        """Share of the test whose skeleton its most similar training example has."""
        near = (self._looks[test] @ self._looks[training].T).abs()  # whatever a term's sign
        nearest = training[near.argmax(1).numpy()]
        return float((self.keys[test] == self.keys[nearest]).mean())

    def splits(self, size: int, n_test: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """{split: (indices of the test, of the training)}, by example and by skeleton."""
        everyone, hashed = np.arange(len(self.terms)), self.keys % 8 == 0
        return {
            "by example": (everyone[:n_test], everyone[n_test : n_test + size]),
            "by skeleton": (everyone[hashed][:n_test], everyone[~hashed][:size]),
        }


def share_seen(
    same: Callable[[Terms, Terms], bool], test: Sequence[Terms], training: Sequence[Terms]
) -> float:
    """Share of the test skeletons that ``same`` finds among those of the training."""
    distinct = list(dict.fromkeys(training))
    return float(np.mean([any(same(a, b) for b in distinct) for a in test]))


def allowed(tokens: Sequence[str], n_variables: int, max_length: int) -> np.ndarray:
    """Which tokens the package's mask lets through while these are written: bool (T, V)."""
    mask, rows = GrammarMask(batch=1, n_variables=n_variables, max_length=max_length), []
    for token in tokens:
        rows.append(mask.allowed()[0].numpy())
        mask.advance(torch.tensor([SYMBOLS.index(token)]))
    return np.array(rows)


def example_batch(seed: int) -> tuple[Batch, int]:
    """A batch of training examples, and the place in it of one in two variables."""
    for batch in make_chunk(replace(PRESETS["tiny"], points=(64, 64)), chunk=seed):
        rows = torch.nonzero(batch.n_variables == 2)
        if len(rows):
            return batch, int(rows[0, 0])
    raise ValueError(f"chunk {seed} has no function of two variables")


# ---- streams with and without repetitions --------------------------------------------------------

Chunk = tuple[torch.Tensor, torch.Tensor]


def draw_chunk(*key: int) -> Chunk:
    """About 450 functions: features (n, library), and which operators occur (n, operators), 0/1."""
    functions = random_functions(RandomFunctions(), 512, 64, np.random.default_rng(key))
    found = [set().union(*map(set, canonical_terms(decode(row)))) for row in functions.codes]
    answers = [[operator in tokens for operator in OPERATORS] for tokens in found]
    return correlations(functions.x, functions.y), torch.tensor(answers, dtype=torch.float32)


def train(stream: Sequence[Chunk], unseen: Sequence[Chunk], seed: int) -> np.ndarray:
    """One pass of a small network over a mixed stream: (chunks, 2), loss in training and unseen."""
    torch.manual_seed(seed)
    features, answers = (torch.cat(parts) for parts in zip(*unseen, strict=True))
    network = torch.nn.Sequential(
        torch.nn.Linear(features.shape[1], 256), torch.nn.ReLU(),
        torch.nn.Linear(256, len(OPERATORS)),
    )  # fmt: skip
    measure = torch.nn.BCEWithLogitsLoss()
    optimiser, curve = torch.optim.Adam(network.parameters(), 2e-3), []
    # mixed, as by a loader that takes whatever is ready
    for k in np.random.default_rng(seed).permutation(len(stream)):
        losses = []
        for part, wanted in zip(stream[k][0].split(64), stream[k][1].split(64), strict=True):
            loss = measure(network(part), wanted)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        with torch.no_grad():
            curve.append((np.mean(losses), measure(network(features), answers).item()))
    return np.array(curve)
