"""Of functions that a training never saw: how many do samples contain, whole or in their terms?"""

import copy

import numpy as np

from symtut.regression.transformer.decoding import sample
from symtut.regression.transformer.examples import Batch
from symtut.regression.transformer.model import FormulaTransformer


def held_out_recovery(
    model: FormulaTransformer, batches: list[Batch], functions: int, samples: int, seed: int
) -> dict[str, float]:
    """Shares of ``functions`` random rows of held-out batches that ``samples`` samples contain.

    Returns
    -------
    dict
        ``held_out_recovery``: the very skeleton is among the samples. ``held_out_term_recovery``:
        the share of single terms that stand in any of them, for recombination to use.
    """
    model = copy.deepcopy(model).cpu()  # sampling one function at a time gains no speed on a GPU
    generator = np.random.default_rng(seed)
    every = [(batch, row) for batch in batches for row in range(len(batch.y))]
    chosen = generator.choice(len(every), min(functions, len(every)), replace=False)
    whole, terms = [], []
    for batch, row in (every[i] for i in chosen):
        x = batch.x[row, :, : int(batch.n_variables[row])].numpy()
        drawn = [c.terms for c, _ in sample(model, x, batch.y[row].numpy(), samples, generator)]
        whole.append(batch.terms[row] in drawn)
        pool = {term for formula in drawn for term in formula}
        terms += [term in pool for term in batch.terms[row]]
    return {
        "held_out_recovery": float(np.mean(whole)),
        "held_out_term_recovery": float(np.mean(terms)),
    }
