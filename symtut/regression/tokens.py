"""Formulas as sequences: packing for the decoder, and which token may come next."""

import numpy as np
import torch

from symtut.expressions.evaluate import ARITY, BOS, CODE, EOS, PAD, SEP, SYMBOLS, encode
from symtut.expressions.operators import MAX_VARIABLES

_CONSTANT = CODE["C"]
_FIRST_VARIABLE = CODE["x0"]
_FIRST_OPERATOR = _FIRST_VARIABLE + MAX_VARIABLES
_SYMBOL_ARITY = torch.from_numpy(ARITY.astype(np.int64))
MAX_TERMS = 5


def pack(formulas: list[tuple[tuple[str, ...], ...]]) -> np.ndarray:
    """Tuples of terms → padded sequences ``<bos> term <sep> term … <eos>``, int16 (B, T)."""
    joined = []
    for terms in formulas:
        tokens = ["<bos>"]
        for term in terms:
            tokens += [*term, "<sep>"]
        joined.append((*tokens[:-1], "<eos>"))
    return encode(joined)


class GrammarMask:
    """Follows B sequences as they are written and says which token may come next.

    A sequence is one to five complete prefix expressions separated by ``<sep>`` and closed by
    ``<eos>``; only the variables that the data have are allowed, and the mask never lets a
    sequence grow so long that it could not be completed within ``max_length`` tokens.
    """

    def __init__(self, batch: int, n_variables: int, max_length: int):
        self.needed = torch.ones(batch, dtype=torch.int64)  # subtrees still to be written
        self.n_terms = torch.ones(batch, dtype=torch.int64)
        self.at_start = torch.ones(batch, dtype=torch.bool)
        self.left = max_length - 1  # tokens that may follow <bos>
        code = torch.arange(len(SYMBOLS))
        self.usable = (code >= _CONSTANT) & (
            (code < _FIRST_VARIABLE + n_variables) | (code >= _FIRST_OPERATOR)
        )

    def allowed(self) -> torch.Tensor:
        """Boolean (B, V)."""
        complete = (self.needed == 0)[:, None]
        code = torch.arange(len(SYMBOLS))
        # what an unfinished expression may take: leave room for its leaves and <eos>
        after = self.needed[:, None] - 1 + _SYMBOL_ARITY[None]
        inside = self.usable & (after + 1 <= self.left - 1)
        # a term that is a bare constant, or a sum, is not a term: coefficients are solved for
        useless = torch.isin(code, torch.tensor([_CONSTANT, CODE["add"], CODE["sub"], CODE["neg"]]))
        inside = inside & ~(self.at_start[:, None] & useless)
        more = (self.n_terms < MAX_TERMS)[:, None] & (self.left >= 4)
        outside = (code == EOS) | ((code == SEP) & more)
        return torch.where(complete, outside, inside)

    def advance(self, token: torch.Tensor) -> None:
        """Take note of the tokens (B,) that were written; finished rows may repeat padding."""
        is_node = token >= _CONSTANT
        self.needed = torch.where(is_node, self.needed - 1 + _SYMBOL_ARITY[token], self.needed)
        separator = token == SEP
        self.needed = torch.where(separator, 1, self.needed)
        self.n_terms = self.n_terms + separator
        self.at_start = separator
        self.left -= 1

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with some of the sequences only."""
        self.needed, self.n_terms = self.needed[rows], self.n_terms[rows]
        self.at_start = self.at_start[rows]


__all__ = ["BOS", "EOS", "MAX_TERMS", "PAD", "GrammarMask", "pack"]
