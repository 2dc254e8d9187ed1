"""Does the transformer know which terms a function has? Before any constant is fitted.

    python benchmarks/term_recall.py --samples 32

Random functions of two and more terms, 200 points without noise: the share of their terms that
stand in at least one of so many samples, from the transformer and blindly from the prior. Terms
count as big when they contribute more than a quarter of the spread of y, as short up to three
tokens. CPU-seconds are those of proposing alone.
"""

import argparse
import time
from collections import defaultdict

import numpy as np
import torch

from symtut.expressions import Grammar, RandomFunctions, canonical_terms, decode, random_functions
from symtut.regression.transformer.decoding import sample
from symtut.regression.transformer.weights import load_weights


def term_recall(propose, functions: int, seed: int) -> dict[str, list[bool]]:
    """Kind of term → whether each was found; ``propose(x, y, generator)`` gives tuples of terms."""
    generator = np.random.default_rng(seed)
    drawn = random_functions(RandomFunctions(noise=0.0), 6 * functions, 200, generator)
    found = defaultdict(list)
    several = [i for i, row in enumerate(drawn.codes) if len(decode(row)) > 1]
    for i in several[:functions]:
        x = drawn.x[i, :, : int(drawn.n_variables[i])].numpy()
        y = drawn.y[i].numpy()
        pool = {term for terms in propose(x, y, generator) for term in terms}
        for term, share in shares(drawn, i):
            size = "big" if share > 0.25 else "small"
            found[f"{size}, {'short' if len(term) <= 3 else 'long'}"].append(term in pool)
    return dict(found)


def shares(drawn, i: int):
    """(canonical term, its standard deviation in units of that of y) of one function."""
    terms = drawn.term_expressions(i)
    x = drawn.x[i].double().numpy()
    for term, weight in zip(terms, drawn.weights[i], strict=False):
        canonical = canonical_terms((term.prefix,))
        if len(canonical) == 1:
            yield canonical[0], abs(weight) * term(x).std() / drawn.y[i].std().item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--weights", default="general")
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--functions", type=int, default=250)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model, grammar = load_weights(options.weights), Grammar()
    proposers = {
        "transformer": lambda x, y, generator: [
            candidate.terms for candidate, _ in sample(model, x, y, options.samples, generator)
        ],
        "prior": lambda x, y, generator: grammar.sample(options.samples, x.shape[1], generator),
    }
    for name, propose in proposers.items():
        started = time.process_time()
        found = term_recall(propose, options.functions, options.seed)
        spent = (time.process_time() - started) / options.functions
        line = "   ".join(f"{k} {np.mean(v):.2f} of {len(v)}" for k, v in sorted(found.items()))
        print(f"{name:<12} {line}   {1000 * spent:.0f} CPU-ms a function")


if __name__ == "__main__":
    main()
