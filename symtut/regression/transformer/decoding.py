"""Writing formulas token by token: sampling from the transformer under a grammar mask."""

from collections.abc import Callable, Container

import numpy as np
import torch

from symtut.expressions import MAX_VARIABLES, OPERATORS
from symtut.regression.search.fits import Candidate
from symtut.regression.transformer.model import FormulaTransformer, KeyValueCache
from symtut.regression.transformer.tokens import BOS, EOS, GrammarMask, read


def prepare(
    x: np.ndarray,
    y: np.ndarray,
    n_points: int,
    generator: np.random.Generator,
    keep_mean: bool = False,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Data as the encoder takes it: at most ``n_points`` rows, padded to six variables.

    Parameters
    ----------
    x : (n, d) float, y : (n,) float
    keep_mean : bool
        Scale y without shifting it, for a transformer that reads logarithms.

    Returns
    -------
    (1, n, 6) float32, (1, n) float32 standardised, (1,) int64
    """
    if len(x) > n_points:
        rows = np.sort(generator.choice(len(x), n_points, replace=False))
        x, y = x[rows], y[rows]
    padded = np.zeros((len(x), MAX_VARIABLES), dtype=np.float32)
    padded[:, : x.shape[1]] = x
    y = (y if keep_mean else y - y.mean()) / (y.std() or 1.0)
    return (
        torch.from_numpy(padded)[None],
        torch.from_numpy(y.astype(np.float32))[None],
        torch.tensor([x.shape[1]]),
    )


@torch.inference_mode()
def sample(
    model: FormulaTransformer,
    x: np.ndarray,
    y: np.ndarray,
    n_samples: int,
    generator: np.random.Generator,
    temperature: float = 1.0,
    n_points: int = 200,
    stop: Callable[[], bool] | None = None,
    usable: Container[str] = OPERATORS,
) -> list[tuple[Candidate, float]]:
    """Sample skeletons for one data set.

    The points are encoded once; all samples then grow together, one token a step, with the keys
    and values of earlier tokens kept. Samples that agree so far are one row of the batch: each
    draws its own next token, but what to draw from is computed once.

    Parameters
    ----------
    x : (n, d) float, y : (n,) float
    temperature : float
        Logits are divided by it before drawing; below 1 the samples are less diverse.
    stop : callable, optional
        Asked before every token; once true, only the samples finished by then are returned.
    usable : container of str
        Operators that may be drawn.

    Returns
    -------
    list of (candidate, log-probability)
        Canonical and without duplicates, most probable first. Weights that write constants as
        numbers give a guess with each; of equal skeletons the most probable one's is kept.
    """
    points, values, n_variables = prepare(x, y, n_points, generator, model.config.logarithms)
    memory = model.decoder.read(model.encoder(points, values, n_variables))
    # torch's draws follow from NumPy's generator: one random_state decides a whole fit
    random = torch.Generator().manual_seed(int(generator.integers(2**62)))
    config = model.config
    limit = config.max_length
    mask = GrammarMask(1, int(n_variables), limit, config.form, config.constants, usable)
    codes = torch.zeros(n_samples, limit, dtype=torch.int64)
    log_probability = torch.zeros(n_samples)
    rows = torch.arange(n_samples)  # the samples still being written
    beginning = torch.zeros(n_samples, dtype=torch.int64)  # which row of the batch each has
    tokens = torch.full((1, 1), BOS)
    past = KeyValueCache(config, n_samples)
    for position in range(limit - 1):
        if stop is not None and stop():
            codes[rows] = 0  # half-written
            break
        logits = model.decoder(tokens, memory, past)
        # masked before the softmax, so that what the grammar forbids gives its share to the rest
        logits = (logits[:, -1] / temperature).masked_fill(~mask.allowed(), float("-inf"))
        log_p = torch.log_softmax(logits, dim=-1)
        # samples that share a beginning share its row of probabilities, but draw on their own
        token = torch.multinomial(log_p.exp()[beginning], 1, generator=random)[:, 0]
        log_probability[rows] += log_p[beginning, token]
        codes[rows, position] = token
        going = token != EOS
        if not going.any():
            break
        rows = rows[going]  # finished samples leave the batch
        parents, token, beginning = _branches(beginning[going], token[going], log_p.shape[1])
        mask.keep(parents)
        mask.advance(token)
        past.keep(parents)
        tokens = token[:, None]
    found: dict[Candidate, tuple[Candidate, float]] = {}
    for row, score in zip(codes.tolist(), log_probability.tolist(), strict=True):
        candidate = read(row, config.form, config.constants)
        if candidate.terms and (candidate not in found or score > found[candidate][1]):
            found[candidate] = candidate, score
    return sorted(found.values(), key=lambda item: -item[1])


def _branches(beginning, token, n_tokens: int):
    """How the beginnings (N,) of samples, given as rows of a batch, go on with tokens (N,).

    Returns
    -------
    parents (R,), tokens (R,), beginning (N,)
        The rows of the next batch: the row that each continues, and by what; and which of them
        each sample has. A row stays where its parent stood if it can: little has to be moved.
    """
    # one number for each pair (row, next token); equal pairs stay one row
    keys, which = torch.unique(beginning * n_tokens + token, return_inverse=True)
    parents, tokens = keys // n_tokens, keys % n_tokens
    # the first child of a row takes its place in the cache, if the new batch has that place
    stays = parents < len(keys)
    stays[1:] &= parents[1:] != parents[:-1]
    free = torch.ones(len(keys), dtype=torch.bool)
    free[parents[stays]] = False
    place = parents.clone()  # the other children fill the places that are free
    place[~stays] = torch.nonzero(free)[:, 0]
    order = torch.argsort(place)
    return parents[order], tokens[order], place[which]
