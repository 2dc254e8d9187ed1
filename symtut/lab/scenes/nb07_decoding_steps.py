"""The decoder taken apart, so that every step can be looked at and changed.

:func:`symtut.regression.transformer.decoding.sample` writes formulas as fast as it can and returns
only what is usable. Here the same decoder writes with the mask on or off, with a filter on its
probabilities, greedily or as a beam search; it keeps what it thought at each step, and counts how
many tokens it had to read.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from symtut.expressions.evaluate import ARITY, CODE, SEP, SYMBOLS
from symtut.expressions.operators import MAX_VARIABLES
from symtut.lab.trees import sentence
from symtut.regression.search.fits import Candidate, Terms
from symtut.regression.transformer.decoding import prepare
from symtut.regression.transformer.model import FormulaTransformer, KeyValueCache
from symtut.regression.transformer.tokens import (
    BOS,
    EOS,
    MAX_TERMS,
    PAD,
    GrammarMask,
    pack,
    read,
)

_CONSTANT, FIRST_VARIABLE = CODE["C"], CODE["x0"]
NOT_A_TERM = tuple(CODE[name] for name in ("add", "sub", "neg"))

FAULTS = ("unknown variable", "not a term", "ends too early", "goes on too long")
"""What can be wrong with a sequence, in the order in which :func:`fault` looks for it."""


def code_arity(code: int) -> int:
    """Arguments that a token needs: 0 for variables and numbers, 1 for sin, 2 for mul, …"""
    return int(ARITY[code]) if code < len(SYMBOLS) else 0


def fault(codes: Iterable[int], n_variables: int, form: str = "terms") -> str:
    """What is wrong with a sequence, one of :data:`FAULTS`; empty if it is a formula of the data.

    Written without :class:`~symtut.regression.transformer.tokens.GrammarMask`, so that it can
    judge it.
    """
    needed, terms, at_start = 1, 1, form == "terms"
    for code in map(int, codes):
        if code in (EOS, SEP) and needed:
            return "ends too early"
        if code == EOS:
            return ""
        if code == SEP:
            needed, terms, at_start = 1, terms + 1, True
            if form != "terms" or terms > MAX_TERMS:
                return "goes on too long"
            continue
        if not needed or code in (PAD, BOS):
            return "goes on too long" if not needed else "ends too early"
        if n_variables <= code - FIRST_VARIABLE < MAX_VARIABLES:
            return "unknown variable"
        if at_start and (code in (_CONSTANT, *NOT_A_TERM) or code >= len(SYMBOLS)):
            return "not a term"
        needed, at_start = needed - 1 + code_arity(code), False
    return "goes on too long"


# ---- one data set, one decoder -------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """What the decoder thought before it wrote one token.

    Attributes
    ----------
    logits : float array (V,)
        At temperature 1, before the mask.
    allowed : bool array (V,)
        What the grammar mask lets through.
    before : tuple of int
        The tokens written so far.
    token : int
        The token that was then written.
    """

    logits: np.ndarray
    allowed: np.ndarray
    before: tuple[int, ...]
    token: int

    def probabilities(self, temperature: float = 1.0, masked: bool = True) -> np.ndarray:
        """(V,) probabilities of the next token."""
        logits = self.logits / temperature
        logits = np.where(self.allowed, logits, -np.inf) if masked else logits
        weights = np.exp(logits - logits.max())
        return weights / weights.sum()


@dataclass(frozen=True)
class Written:
    """Sequences that were written together.

    Attributes
    ----------
    codes : int array (B, T)
        Padded with 0 behind ``<eos>``; a sequence without ``<eos>`` was cut at the length limit.
    log_p : float array (B,)
        Log-probability of each sequence under the rule that drew it.
    tokens_read : int
        Tokens that the decoder had to process, all rows together: the cost.
    """

    codes: np.ndarray
    log_p: np.ndarray
    tokens_read: int


class Writer:
    """Reads one data set with a transformer and writes formulas for it.

    Parameters
    ----------
    model : FormulaTransformer
    x : (n, d) float, y : (n,) float
    generator : numpy Generator
        Chooses the points that are read where there are more than 200.
    """

    def __init__(
        self,
        model: FormulaTransformer,
        x: np.ndarray,
        y: np.ndarray,
        generator: np.random.Generator,
    ):
        self.model, self.config = model, model.config
        self.n_variables = x.shape[1]
        data = prepare(np.asarray(x), np.asarray(y), 200, generator)
        with torch.inference_mode():
            self.memory = model.decoder.read(model.encoder(*data))

    def mask(self, rows: int) -> GrammarMask:
        """A fresh grammar mask for ``rows`` sequences over these variables."""
        config = self.config
        return GrammarMask(rows, self.n_variables, config.max_length, config.form, config.constants)

    def candidate(self, codes: Sequence[int] | np.ndarray) -> Candidate | None:
        """The skeleton that a sequence spells, in canonical form; None if it is no formula."""
        if fault(codes, self.n_variables, self.config.form):
            return None
        found = read([int(c) for c in codes], self.config.form, self.config.constants)
        return found if found.terms else None

    def text(self, codes: Iterable[int], names: Sequence[str]) -> str:
        """A sequence as it is read, ``sin theta <sep> u <eos>``."""
        return sentence(codes, tuple(names))

    def faults(
        self, rows: int, generator: np.random.Generator, temperature: float, masked: bool
    ) -> dict[str, float]:
        """What is wrong with strings drawn: {fault: share of them all}."""
        drawn = self.sample(rows, generator, temperature, masked).codes
        wrong = [fault(row, self.n_variables, self.config.form) for row in drawn]
        return {name: wrong.count(name) / rows for name in FAULTS}

    def skeletons(self, written: "Written") -> list:
        """The different skeletons (canonical terms) among the strings, in order of appearance."""
        found = (self.candidate(row) for row in written.codes)
        return list(dict.fromkeys(c.terms for c in found if c is not None))

    @torch.inference_mode()
    def trace(
        self,
        generator: np.random.Generator,
        temperature: float = 1.0,
        codes: Sequence[int] | np.ndarray | None = None,
    ) -> list[Step]:
        """Write one formula and keep every step; with ``codes``, follow these tokens instead."""
        mask, past = self.mask(1), KeyValueCache(self.config, 1)
        token, before, steps = BOS, (), []
        for position in range(self.config.max_length - 1):
            logits = self.model.decoder(torch.tensor([[token]]), self.memory, past)[0, -1]
            step = Step(logits.double().numpy(), mask.allowed()[0].numpy(), before, -1)
            if codes is None:
                p = step.probabilities(temperature)
                token = int(generator.choice(len(p), p=p))
            else:
                token = int(codes[position])
            steps.append(Step(step.logits, step.allowed, before, token))
            mask.advance(torch.tensor([token]))
            before = (*before, token)
            if token == EOS:
                break
        return steps

    def log_probability(self, terms: Terms) -> float:
        """Log-probability (nats) of writing these terms in this order, under the mask.

        Only for skeletons without constants, whose spelling does not depend on how the weights
        write numbers.
        """
        if any("C" in term for term in terms):
            raise ValueError("a skeleton with constants has more than one spelling.")
        codes = pack([tuple(terms)], self.config.form)[0, 1:]
        steps = self.trace(np.random.default_rng(0), codes=codes)
        with np.errstate(divide="ignore"):  # −inf for what the mask forbids
            return float(sum(np.log(step.probabilities()[step.token]) for step in steps))

    @torch.inference_mode()
    def sample(
        self,
        rows: int,
        generator: np.random.Generator,
        temperature: float = 1.0,
        masked: bool = True,
        keep: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> Written:
        """Draw sequences token by token.

        Parameters
        ----------
        temperature : float
            Logits are divided by it; 0 takes the most probable token (greedy).
        masked : bool
            Whether the grammar mask is on.
        keep : callable, optional
            (B, V) probabilities → (B, V) probabilities to draw from: nucleus sampling, for one.
        """
        limit = self.config.max_length
        codes, log_p = np.zeros((rows, limit), dtype=np.int64), np.zeros(rows)
        mask, past = self.mask(rows), KeyValueCache(self.config, rows)
        live, tokens, cost = np.arange(rows), torch.full((rows, 1), BOS), 0
        for position in range(limit - 1):
            cost += len(live)
            logits = self.model.decoder(tokens, self.memory, past)[:, -1].double()
            if masked:
                logits = logits.masked_fill(~mask.allowed(), -torch.inf)
            p = torch.softmax(logits / max(temperature, 1e-6), dim=-1).numpy()
            p = p if keep is None else np.asarray(keep(p))
            token = _draw(p, generator)
            with np.errstate(divide="ignore"):
                log_p[live] += np.log(p[np.arange(len(live)), token])
            codes[live, position] = token
            mask.advance(torch.from_numpy(token))
            going = np.flatnonzero(token != EOS)
            if len(going) == 0:
                break
            live, tokens = live[going], torch.from_numpy(token[going])[:, None]
            mask.keep(torch.from_numpy(going))
            past.keep(torch.from_numpy(going))
        return Written(codes, log_p, cost)

    @torch.inference_mode()
    def beam_search(self, width: int) -> Written:
        """Keep the ``width`` most probable beginnings; finished ones leave and take their place."""
        limit = self.config.max_length
        mask, past = self.mask(1), KeyValueCache(self.config, width)
        tokens, scores, written = torch.tensor([[BOS]]), np.zeros(1), np.zeros((1, 0), np.int64)
        done, done_scores, cost = [], [], 0
        for _ in range(limit - 1):
            cost += len(tokens)
            logits = self.model.decoder(tokens, self.memory, past)[:, -1].double()
            log_p = torch.log_softmax(logits.masked_fill(~mask.allowed(), -torch.inf), dim=-1)
            log_p = log_p.numpy()
            total = scores[:, None] + log_p  # all extensions of all beginnings in one list
            best = np.argsort(-total, axis=None, kind="stable")[: width - len(done)]
            rows, chosen = np.divmod(best, log_p.shape[1])
            scores = scores[rows] + log_p[rows, chosen]
            real = np.isfinite(scores)  # fewer continuations than places: the rest are impossible
            rows, chosen, scores = rows[real], chosen[real], scores[real]
            written = np.column_stack([written[rows], chosen])
            mask.keep(torch.from_numpy(rows))
            mask.advance(torch.from_numpy(chosen))
            ended = chosen == EOS
            done += list(written[ended])
            done_scores += scores[ended].tolist()
            going = np.flatnonzero(~ended)
            if len(going) == 0:
                break
            past.keep(torch.from_numpy(rows[going]))
            mask.keep(torch.from_numpy(going))
            tokens = torch.from_numpy(chosen[going])[:, None]
            scores, written = scores[going], written[going]
        codes = np.zeros((len(done), limit), dtype=np.int64)
        for row, sequence in zip(codes, done, strict=True):
            row[: len(sequence)] = sequence
        best = np.argsort(-np.array(done_scores), kind="stable")
        return Written(codes[best], np.array(done_scores)[best], cost)


def _draw(p: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """One index a row (B,) by its probabilities (B, V)."""
    sums = np.cumsum(p, axis=1)
    level = generator.random((len(p), 1)) * sums[:, -1:]
    return np.minimum((sums <= level).sum(1), p.shape[1] - 1)
