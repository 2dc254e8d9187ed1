"""The stream of training examples: random functions, packed for the transformer, never repeated."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache, partial
from hashlib import blake2b

import numpy as np
import sympy
import torch
from torch.utils.data import Dataset

from symtut.errors import InputError
from symtut.expressions import (
    Examples,
    Expression,
    Grammar,
    RandomFunctions,
    canonical_terms,
    decode,
    random_functions,
    terms_of,
)
from symtut.forms import Mismatch, one_of
from symtut.regression.problems.holdout import HELD_OUT, skeleton_key
from symtut.regression.problems.suites import laws, mechanics, nguyen
from symtut.regression.search.fits import Terms
from symtut.regression.transformer.config import TransformerConfig
from symtut.regression.transformer.numbered import NumberedSum, insert, numbered_sum
from symtut.regression.transformer.tokens import MAX_TERMS, length, pack


@dataclass(frozen=True)
class PretrainConfig:
    """One training run.

    Attributes
    ----------
    examples : int
        Random functions seen in all; none is seen twice.
    batch_size, learning_rate, weight_decay, gradient_clip
        With warm-up over the first 2 % and decay over the last 20 % of the examples.
    optimizer : "adamw" or "muon"
        Who trains the matrices inside the blocks; everything else is AdamW's.
    base, base_sha256 : str
        Name or path of the weights to start from, and the hash of their file; "": fresh weights.
    points : (int, int)
        Fewest and most points per function; drawn anew for every chunk, log-uniform in nine steps.
    checkpoint_every : float
        Seconds between checkpoints.
    averaging : float
        Judge and export a running mean of the weights, which forgets by this factor a step; 0
        takes the weights as they are. The mean has much of what a falling learning rate gives
        (Polyak & Juditsky 1992), so that a training is useful before it has ended.
    """

    model: TransformerConfig = field(default_factory=TransformerConfig)
    data: RandomFunctions = field(default_factory=RandomFunctions)
    examples: int = 1_000_000
    batch_size: int = 128
    learning_rate: float = 7e-4
    weight_decay: float = 0.01
    gradient_clip: float = 1.0
    points: tuple[int, int] = (16, 256)
    chunk_size: int = 2048
    seed: int = 0
    checkpoint_every: float = 240.0
    averaging: float = 0.0
    optimizer: str = "adamw"
    base: str = ""
    base_sha256: str = ""

    def __post_init__(self):
        try:
            one_of("adamw", "muon").check(self.optimizer, "optimizer")
        except Mismatch as error:
            raise InputError(f"{error}.") from error


PRESETS = {
    "tiny": PretrainConfig(
        model=TransformerConfig(n_embed=64, n_head=2, n_encoder=2, n_decoder=2, n_latents=12),
        examples=40_000, batch_size=64, learning_rate=1.5e-3, chunk_size=512,
    ),
    "small": PretrainConfig(),
    "paper": PretrainConfig(
        model=TransformerConfig(
            form="prefix", constants="tokens", n_library_tokens=0, max_length=60
        ),
    ),
    "laws": PretrainConfig(
        model=TransformerConfig(constants="tokens", logarithms=True, max_length=48),
        data=RandomFunctions(grammar=Grammar.general(), centred=0.4),
        examples=16_000_000, averaging=0.9995, optimizer="muon", learning_rate=3e-3,
    ),
    "medium": PretrainConfig(
        model=TransformerConfig(
            n_embed=256, n_head=8, n_encoder=5, n_decoder=5, n_latents=48, constants="tokens",
            max_length=48,
        ),
        examples=20_000_000, batch_size=512, learning_rate=5e-4, chunk_size=8192,
    ),
}  # fmt: skip
"""``tiny`` trains in two minutes (notebook 06), ``small`` is for CPUs, ``medium`` for a GPU.

``small`` is what the shipped weights were made with. ``medium`` writes number tokens, the best arm
of ``benchmarks/pretraining_ablation.py``; what they gave ``small``, data/weights/README.md says.
``laws`` trains on laws of physics besides equations of motion, and reads logarithms, too.

``paper`` is ``small`` in the paper's lineage (Kamienny et al. 2022): whole formulas in prefix form
with number tokens, and nothing but the points to read.
"""


@cache
def benchmark_keys() -> frozenset[int]:
    """Keys of every equation of the suites, as written and multiplied out."""
    problems = (*mechanics(), *nguyen(), *laws())
    return frozenset().union(*(keys_of(problem.truth) for problem in problems))


def keys_of(formula: Expression) -> frozenset[int]:
    """Keys of a formula's skeleton, as written and multiplied out."""
    expanded = Expression.from_text(str(sympy.expand(formula.sympy())).replace("Abs", "abs"))
    return frozenset(skeleton_key(terms_of(f.prefix)) for f in (formula, expanded))


def wanted(terms: Terms, held_out: bool) -> bool:
    """Whether a skeleton belongs to the training stream, or else to the held-out one."""
    key = skeleton_key(terms)
    return (key % HELD_OUT == 0) == held_out and key not in benchmark_keys()


@dataclass
class Batch:
    """Tensors of one training step; see :class:`FormulaTransformer` for the shapes.

    Held-out batches carry the skeletons too, as ``terms``.
    """

    x: torch.Tensor
    y: torch.Tensor
    n_variables: torch.Tensor
    tokens: torch.Tensor
    terms: tuple[Terms, ...] = ()

    def to(self, device: torch.device | str) -> "Batch":
        names = ("x", "y", "n_variables", "tokens")
        return replace(self, **{name: getattr(self, name).to(device) for name in names})

    def fingerprint(self) -> str:
        """A hash of the values of y: two chunks with the same one are the same chunk."""
        return blake2b(self.y.numpy().tobytes(), digest_size=8).hexdigest()


def make_chunk(config: PretrainConfig, chunk: int, held_out: bool = False) -> list[Batch]:
    """Draw chunk number ``chunk`` and cut it into batches of formulas of similar length.

    The generator is seeded by a hash of (seed, chunk): consecutive seeds would repeat examples.
    """
    generator = np.random.default_rng(np.random.SeedSequence([config.seed, chunk, int(held_out)]))
    # as many points for each function of a chunk: together they are one array
    n_points = int(generator.choice(ladder(*config.points)))
    # one formula in HELD_OUT is held out: draw more, and throw the others away before their points
    n = config.chunk_size * (8 if held_out else 1)
    accept = partial(wanted, held_out=True) if held_out else None
    examples = random_functions(config.data, n, n_points, generator, accept)
    # the skeleton that counts is the canonical one, which is known only now
    return batches_of(examples, config, partial(wanted, held_out=held_out), generator, held_out)


def batches_of(
    examples: Examples,
    config: PretrainConfig,
    accept: Callable[[Terms], bool],
    generator: np.random.Generator,
    keep_terms: bool = False,
) -> list[Batch]:
    """Random functions as batches of similar length: those whose canonical skeleton is accepted.

    ``keep_terms`` leaves the skeletons in the batches.
    """
    formulas = [canonical_terms(decode(row)) for row in examples.codes]
    limit = config.model.max_length
    kept = [
        i
        for i, terms in enumerate(formulas)
        if 0 < len(terms) <= MAX_TERMS
        and length(terms, config.model.form) <= limit
        and accept(terms)
    ]
    if not kept:
        return []
    written = [formulas[i] for i in kept]
    if config.model.constants == "tokens":
        written = [_with_numbers(examples, i) for i in kept]
    tokens = pack(written, config.model.form)
    lengths = (tokens != 0).sum(1)
    # sorted by the length of the terms whatever the form: every form trains on the same batches
    sorting = np.argsort([length(formulas[i]) for i in kept], kind="stable")
    size = config.batch_size
    cuts = [sorting[i : i + size] for i in range(0, len(sorting), size)]
    if len(cuts) > 1 and len(cuts[-1]) < size:
        cuts.pop()  # a rump of a batch would have a noisy gradient, and a shape of its own
    batches = []
    for rows in (cuts[i] for i in generator.permutation(len(cuts))):
        chosen = torch.tensor([kept[i] for i in rows])
        batches.append(
            Batch(
                examples.x[chosen],
                examples.y[chosen],
                torch.from_numpy(examples.n_variables[chosen.numpy()]),
                torch.from_numpy(tokens[rows, : 4 * math.ceil(lengths[rows].max() / 4)]).long(),
                tuple(formulas[kept[i]] for i in rows) if keep_terms else (),
            )
        )
    return batches


def _with_numbers(examples: Examples, i: int) -> NumberedSum:
    """Example ``i`` in canonical form, with the numbers behind its constants and coefficients."""
    numbers = iter(examples.constants[i].tolist())
    terms = tuple(insert(term, numbers) for term in decode(examples.codes[i]))
    weights = examples.weights[i].tolist()[: len(terms)]
    return numbered_sum(terms, weights, float(examples.intercepts[i]))


def ladder(low: int, high: int) -> list[int]:
    """Numbers of points to choose from, evenly spaced in their logarithm.

    A few rungs, since the CPU's matrix library keeps compiled code for every shape that it meets.
    """
    rungs = np.geomspace(low, high, 9)
    return sorted({int(round(rung)) for rung in rungs})


class Chunks(Dataset):
    """Chunk number → batches, for the data loader's worker processes."""

    def __init__(self, draw: Callable, config: PretrainConfig):
        self.draw, self.config = draw, config

    def __getitem__(self, chunk: int) -> tuple[int, list[Batch]]:
        return chunk, self.draw(self.config, chunk)
