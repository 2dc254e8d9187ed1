"""What notebook 06 needs around a training: short runs, a network that peeks, baselines, a figure.

Short runs here are for comparison with each other; the real training is
:class:`symtut.regression.transformer.pretraining.Pretraining`.
"""

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from symtut.errors import InputError
from symtut.expressions import CONSTANT, canonical_terms
from symtut.expressions.evaluate import BOS, EOS, PAD, SYMBOLS
from symtut.expressions.tree import split
from symtut.lab.style import INK, OKABE_ITO
from symtut.progress import Bar
from symtut.regression.transformer.examples import Batch, PretrainConfig, make_chunk
from symtut.regression.transformer.model import FormulaTransformer
from symtut.regression.transformer.tokens import spelled


@dataclass(frozen=True)
class ShortTraining:
    """What became of a short run.

    Attributes
    ----------
    losses : (updates,) float
        Training loss in nats a token, one for each update.
    held_out : float
        Loss on held-out functions.
    complete : float
        Share of sequences, written token by token without any grammar mask, that are formulas.
    terms_found : float
        Share of the terms of held-out functions that stand in such a sequence of theirs.
    """

    losses: np.ndarray
    held_out: float
    complete: float
    terms_found: float


def short_training(
    config: PretrainConfig, updates: int, masked: bool, seed: int, chunks: int | None = None
) -> ShortTraining:
    """Train a transformer of ``config.model`` for a few updates.

    Parameters
    ----------
    masked : bool
        False: the decoder may look at the tokens that it is to predict.
    chunks : int, optional
        Repeat the first so many chunks instead of drawing new ones.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = FormulaTransformer(config.model)
    optimizer = torch.optim.AdamW(model.parameters(), config.learning_rate, betas=(0.9, 0.98))
    losses: list[float] = []
    number = 0
    with Bar("training", updates) as bar:
        while len(losses) < updates:
            for batch in make_chunk(config, number if chunks is None else number % chunks):
                if len(losses) == updates:
                    break
                for group in optimizer.param_groups:
                    group["lr"] = config.learning_rate * min(1.0, (len(losses) + 1) / 20)
                loss = _loss(model, batch, masked)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), config.gradient_clip)
                optimizer.step()
                losses.append(float(loss.detach()))
                bar.to(len(losses))
            number += 1
    held_out = make_chunk(config, 0, held_out=True)
    complete, found = _own_writing(model.eval(), held_out, masked)
    with torch.no_grad():
        unseen = np.average(
            [float(_loss(model, batch, masked)) for batch in held_out],
            weights=[len(batch.y) for batch in held_out],
        )
    return ShortTraining(np.array(losses), float(unseen), complete, found)


def _logits(model: FormulaTransformer, batch: Batch, tokens, masked: bool):
    """Scores (B, T, V); without the mask every position sees all of ``tokens``."""
    memory = model.decoder.read(model.encoder(batch.x, batch.y, batch.n_variables))
    decoder = model.decoder
    if masked:
        return decoder(tokens, memory)
    x = decoder.token(tokens) + decoder.position.weight[: tokens.shape[1]]
    for i, block in enumerate(decoder.blocks):
        x = block(x, memory[i], None)
    return decoder.head(decoder.norm(x))


def _loss(model: FormulaTransformer, batch: Batch, masked: bool) -> torch.Tensor:
    """The tokens but the last in, the tokens but the first to be predicted.

    The one that peeks finds the target of position t as the input of position t + 1.
    """
    logits = _logits(model, batch, batch.tokens[:, :-1], masked)
    return torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), batch.tokens[:, 1:].flatten(), ignore_index=PAD
    )


@torch.no_grad()
def _own_writing(model, batches: list[Batch], masked: bool, most: int = 128) -> tuple[float, float]:
    """Greedy writing, one token at a time: share of formulas, share of terms found."""
    complete, found = [], []
    for batch in batches:
        tokens = torch.full((len(batch.y), 1), BOS)
        for _ in range(batch.tokens.shape[1] - 1):
            word = _logits(model, batch, tokens, masked)[:, -1].argmax(-1)
            tokens = torch.cat([tokens, word[:, None]], dim=1)
        for row, wanted in zip(tokens.tolist(), batch.terms, strict=True):
            terms = _formula(row[1:])
            complete.append(terms is not None)
            found += [term in (terms or ()) for term in wanted]
        if len(complete) >= most:
            break
    return float(np.mean(complete)), float(np.mean(found))


def _formula(codes: list[int]):
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


def baselines(seen: list[Batch], held_out: list[Batch], vocabulary: int) -> dict[str, float]:
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
def loss_on(model: FormulaTransformer, batches: list[Batch], wrong_points: bool = False) -> float:
    """Loss in nats a token; with ``wrong_points`` each formula gets the next one's points.

    The next one with as many variables: another number of columns would give it away.
    """
    total, count = 0.0, 0
    for batch in batches:
        x, y = batch.x, batch.y
        if wrong_points:
            other = torch.arange(len(y))
            for n in batch.n_variables.unique():
                rows = torch.nonzero(batch.n_variables == n)[:, 0]
                other[rows] = rows.roll(1)
            x, y = x[other], y[other]
        real = int((batch.tokens[:, 1:] != PAD).sum())
        total += real * float(model.loss(x, y, batch.n_variables, batch.tokens)[0])
        count += real
    return total / count


def bootstrap(values: np.ndarray, seed: int, resamples: int = 2000) -> tuple[float, float]:
    """95 % percentile interval of the mean of ``values`` (n,)."""
    generator = np.random.default_rng(seed)
    means = values[generator.integers(0, len(values), (resamples, len(values)))].mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def example_figure(batch: Batch, row: int = 0) -> Figure:
    """One training example: the points against each variable, the tokens below."""
    n = int(batch.n_variables[row])
    figure, axes = plt.subplots(1, n, figsize=(min(9.4, 2.4 * n + 1.2), 3.0), sharey=True)
    for i, ax in enumerate(np.atleast_1d(axes)):
        ax.plot(batch.x[row, :, i], batch.y[row], ".", markersize=4, color=OKABE_ITO[0])
        ax.set_xlabel(f"x{i}")
    np.atleast_1d(axes)[0].set_ylabel("y")
    words = [spelled(code) for code in batch.tokens[row].tolist() if code != PAD]
    figure.suptitle("  ".join(words), fontsize=9, color=INK, family="monospace")
    return figure


def smooth(values: np.ndarray, width: int) -> np.ndarray:
    """Running mean of (n,) over ``width`` neighbours, fewer at the ends."""
    kernel = np.ones(width)
    return np.convolve(values, kernel, "same") / np.convolve(np.ones(len(values)), kernel, "same")
