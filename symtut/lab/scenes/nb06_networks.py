"""What notebook 06 needs around a training: networks, their own writing, baselines, what is found.

The training itself is the student's; the package's own is
:class:`symtut.regression.transformer.pretraining.Pretraining`.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from symtut import progress
from symtut.errors import InputError
from symtut.expressions import (
    CONSTANT,
    Grammar,
    RandomFunctions,
    canonical_terms,
    decode,
    random_functions,
)
from symtut.expressions.evaluate import BOS, EOS, PAD, SYMBOLS
from symtut.expressions.tree import split
from symtut.paths import data_path
from symtut.regression.search.fits import Terms
from symtut.regression.transformer.decoding import prepare, sample
from symtut.regression.transformer.examples import Batch, PretrainConfig
from symtut.regression.transformer.model import FormulaTransformer
from symtut.regression.transformer.tokens import MAX_TERMS, spelled
from symtut.storage import read_json

Mask = Callable[[int], Tensor]  # length -> (length, length), added to the scores of attention


def fresh_network(config: PretrainConfig, seed: int) -> FormulaTransformer:
    """An untrained transformer; the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return FormulaTransformer(config.model)


def next_scores(model: FormulaTransformer, batch: Batch, tokens: Tensor, mask: Mask) -> Tensor:
    """Scores (B, T, V) of the token after each of ``tokens`` (B, T), under any mask."""
    decoder, length = model.decoder, tokens.shape[1]
    memory = decoder.read(model.encoder(batch.x, batch.y, batch.n_variables))
    x = decoder.token(tokens) + decoder.position.weight[:length]
    for i, block in enumerate(decoder.blocks):
        x = block(x, memory[i], mask(length))
    return decoder.head(decoder.norm(x))


@torch.no_grad()
def influence(model: FormulaTransformer, batch: Batch, mask: Mask, row: int = 0) -> np.ndarray:
    """(T, T): how much the scores of position i change if the token of position j is another."""
    one = Batch(batch.x[[row]], batch.y[[row]], batch.n_variables[[row]], batch.tokens[[row]])
    tokens = one.tokens[:, one.tokens[0] != PAD]
    before = next_scores(model, one, tokens, mask)[0]
    changes = []
    for j in range(tokens.shape[1]):
        changed = tokens.clone()
        changed[0, j] = EOS if changed[0, j] != EOS else BOS
        changes.append((next_scores(model, one, changed, mask)[0] - before).abs().amax(-1))
    return torch.stack(changes, 1).numpy()


@torch.no_grad()
def mean_loss(model: FormulaTransformer, batches: list[Batch], loss_of: Callable) -> float:
    """The mean of ``loss_of`` (model, batch) over all real next tokens of the batches."""
    real = [int((batch.tokens[:, 1:] != PAD).sum()) for batch in batches]
    return float(np.average([float(loss_of(model, batch)) for batch in batches], weights=real))


def with_other_points(batch: Batch) -> Batch:
    """Each formula with the next one's points, of as many variables: else these would tell."""
    other = torch.arange(len(batch.y))
    for n in batch.n_variables.unique():
        rows = torch.nonzero(batch.n_variables == n)[:, 0]
        other[rows] = rows.roll(1)
    return replace(batch, x=batch.x[other], y=batch.y[other])


def tables(seen: list[Batch], held_out: list[Batch], vocabulary: int) -> dict[str, float]:
    """Held-out losses (nats a token) of two tables that were counted on ``seen``.

    One knows how frequent each token is, the other which token follows which; both with one count
    for every token that could have come.
    """
    pairs = torch.ones(vocabulary, vocabulary, dtype=torch.float64)
    for before, after in _transitions(seen):
        pairs.index_put_((before, after), torch.ones(len(before)).double(), accumulate=True)
    single = pairs.sum(0) / pairs.sum()
    given = pairs / pairs.sum(1, keepdim=True)
    losses = [(-single[a].log(), -given[b, a].log()) for b, a in _transitions(held_out)]
    frequency, follows = (torch.cat(column).mean() for column in zip(*losses, strict=True))
    return {"how frequent": float(frequency), "what follows what": float(follows)}


def _transitions(batches: list[Batch]):
    for batch in batches:
        before, after = batch.tokens[:, :-1].flatten(), batch.tokens[:, 1:].flatten()
        yield before[after != PAD], after[after != PAD]


@torch.no_grad()
def own_writing(
    model: FormulaTransformer, batches: list[Batch], mask: Mask, most: int = 128
) -> tuple[float, float]:
    """Formulas written token by token, each time the likeliest, without help from a grammar.

    Returns
    -------
    (float, float)
        The share of what was written that is a formula, and the share of the true terms in it.
    """
    complete, found = [], []
    for batch in batches:
        tokens = torch.full((len(batch.y), 1), BOS)
        for _ in range(batch.tokens.shape[1] - 1):
            word = next_scores(model, batch, tokens, mask)[:, -1].argmax(-1)
            tokens = torch.cat([tokens, word[:, None]], dim=1)
        for row, wanted in zip(tokens.tolist(), batch.terms, strict=True):
            terms = formula(row[1:])
            complete.append(terms is not None)
            found += [term in (terms or ()) for term in wanted]
        if len(complete) >= most:
            break
    return float(np.mean(complete)), float(np.mean(found))


def formula(codes: list[int]) -> Terms | None:
    """Canonical terms of a written sequence; None if it is not a formula that ends."""
    if EOS not in codes:
        return None
    words = [SYMBOLS[c] if c < len(SYMBOLS) else CONSTANT for c in codes[: codes.index(EOS)]]
    terms = [tuple(part.split()) for part in " ".join(words).split("<sep>")]
    try:
        whole = all(term and split(term) == len(term) for term in terms)
    except InputError:  # an operator without its arguments
        return None
    return canonical_terms(tuple(terms)) or None if whole else None


def card(name: str) -> dict[str, str]:
    """What the card of shipped weights says of their training."""
    said = read_json(data_path(f"weights/{name}.json"))
    return {
        "parameters": f"{said['parameters']:,}",
        "functions seen": f"{said['examples_seen']:,}",
        "training": f"{said['cpu_seconds']:,.0f} CPU-seconds on {said['device']}",
        "made": f"{said['provenance']['date'][:10]}, commit {said['provenance']['commit'][:12]}",
    }


Data = tuple[np.ndarray, np.ndarray, Terms]  # x (200, n), y (200,), canonical terms of the truth


def functions_of_several_terms(count: int, seed: int) -> list[Data]:
    """``count`` random functions of two to five terms, without noise."""
    generator = np.random.default_rng([seed, 6])
    drawn = random_functions(RandomFunctions(noise=0.0), 5 * count, 200, generator)
    several = [i for i, row in enumerate(drawn.codes) if 1 < len(decode(row)) <= MAX_TERMS][:count]
    return [
        (drawn.x[i, :, : int(drawn.n_variables[i])].numpy(), drawn.y[i].numpy(),
         canonical_terms(decode(drawn.codes[i])))
        for i in several
    ]  # fmt: skip


def terms_found(
    model: FormulaTransformer | None, functions: list[Data], samples: int, seed: int
) -> np.ndarray:
    """Of each function, the share of its terms that stand in any of its samples, (functions,).

    ``model`` reads the points and writes the samples; None draws them blindly from the prior.
    """
    shares = []
    for i, (x, y, wanted) in enumerate(progress.steps(functions, "functions")):
        generator = np.random.default_rng([seed, i])
        if model is None:
            drawn = Grammar().sample(samples, x.shape[1], generator)
        else:
            drawn = [found.terms for found, _ in sample(model, x, y, samples, generator)]
        pool = {term for terms in drawn for term in terms}
        shares.append(np.mean([term in pool for term in wanted]))
    return np.array(shares)


def interval(values: np.ndarray, seed: int) -> tuple[float, float]:
    """95 % bootstrap interval of the mean of ``values`` (n,)."""
    generator = np.random.default_rng(seed)
    means = values[generator.integers(0, len(values), (2000, len(values)))].mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


@torch.no_grad()
def first_tokens(
    model: FormulaTransformer, x: np.ndarray, y: np.ndarray, most: int = 8
) -> tuple[list[str], np.ndarray]:
    """The likeliest first tokens after reading x (n, d) and y (n,), and their probabilities."""
    inputs = prepare(x, y, 200, np.random.default_rng(0))
    p = torch.softmax(model(*inputs, torch.tensor([[BOS]]))[0, -1], 0)
    top = p.argsort(descending=True)[:most]
    return [spelled(code) for code in top.tolist()], p[top].numpy()
