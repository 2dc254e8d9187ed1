"""Streams of training examples with and without repetitions, and what a network makes of them."""

from collections.abc import Sequence

import numpy as np
import torch

from symtut.expressions import (
    OPERATORS,
    RandomFunctions,
    canonical_terms,
    decode,
    random_functions,
)
from symtut.regression.transformer.features import correlations

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
