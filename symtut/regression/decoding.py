"""Writing formulas token by token: sampling from the transformer under a grammar mask."""

from collections.abc import Callable, Container

import numpy as np
import torch

from symtut.expressions import MAX_VARIABLES, OPERATORS
from symtut.regression.constants import Candidate
from symtut.regression.tokens import BOS, EOS, GrammarMask, read
from symtut.regression.transformer import FormulaTransformer, KeyValueCache


def prepare(
    x: np.ndarray,
    y: np.ndarray,
    n_points: int,
    generator: np.random.Generator,
    keep_mean: bool = False,
):
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
    and values of earlier tokens kept. Finished samples leave the batch.

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
    x, y, n_variables = prepare(x, y, n_points, generator, model.config.logarithms)
    memory = model.decoder.read(model.encoder(x, y, n_variables))
    random = torch.Generator().manual_seed(int(generator.integers(2**62)))
    config = model.config
    limit = config.max_length
    mask = GrammarMask(n_samples, int(n_variables), limit, config.form, config.constants, usable)
    codes = torch.zeros(n_samples, limit, dtype=torch.int64)
    log_probability = torch.zeros(n_samples)
    rows = torch.arange(n_samples)  # the samples still being written
    tokens = torch.full((n_samples, 1), BOS)
    past = KeyValueCache(config, n_samples)
    for position in range(limit - 1):
        if stop is not None and stop():
            codes[rows] = 0  # half-written
            break
        logits = model.decoder(tokens, memory, past)
        logits = (logits[:, -1] / temperature).masked_fill(~mask.allowed(), float("-inf"))
        log_p = torch.log_softmax(logits, dim=-1)
        token = torch.multinomial(log_p.exp(), 1, generator=random)[:, 0]
        log_probability[rows] += log_p.gather(1, token[:, None])[:, 0]
        codes[rows, position] = token
        mask.advance(token)
        going = torch.nonzero(token != EOS)[:, 0]
        if len(going) == 0:
            break
        tokens = token[:, None]
        if len(going) < len(rows):
            # the last unfinished rows take the places of finished ones: little to move
            places = torch.arange(len(going))
            places[token[: len(going)] == EOS] = going[going >= len(going)]
            going = places
            rows, tokens = rows[going], tokens[going]
            mask.keep(going)
            past.keep(going)
    found: dict[Candidate, tuple[Candidate, float]] = {}
    for row, score in zip(codes.tolist(), log_probability.tolist(), strict=True):
        candidate = read(row, config.form, config.constants)
        if candidate.terms and (candidate not in found or score > found[candidate][1]):
            found[candidate] = candidate, score
    return sorted(found.values(), key=lambda item: -item[1])
