"""Formulas as sequences: packing for the decoder, reading back, and which token may come next.

A formula w0 + Σ wk·tk can be written in two ways (``form``), its constants in two
(``constants``), both options of :class:`~symtut.regression.transformer.config.TransformerConfig`:

- ``terms``: the terms tk, separated by ``<sep>``; w0 and wk are not written, but solved for.
- ``prefix``: the whole formula as one prefix expression, add (mul C t1) (add (mul C t2) … C), as
  Kamienny et al. 2022 (section 2) and the paper do.
- ``placeholder``: a constant is written as ``C`` and fitted from random starts.
- ``tokens``: a constant is written as a number token, from which its fit starts. There is one
  token for each sign and each of 64 sizes, evenly spaced in the logarithm: neighbours differ by a
  third, so the nearest one is at most 16 % off, close enough for a start, and a formula stays as
  short as with placeholders. (Kamienny et al. write sign, mantissa and exponent, three tokens with
  four digits. The fit finds all digits after the first anyway.)
"""

import math
from collections.abc import Container, Iterable, Sequence

import numpy as np
import torch

from symtut.expressions import canonical_terms
from symtut.expressions.evaluate import ARITY, BOS, CODE, EOS, PAD, SEP, SYMBOLS, decode
from symtut.expressions.operators import CONSTANT, MAX_VARIABLES, OPERATORS
from symtut.regression.search.fits import Candidate, Terms
from symtut.regression.transformer.numbered import Numbered, NumberedSum, numbered_sum

_CONSTANT = CODE["C"]
_FIRST_VARIABLE = CODE["x0"]
_FIRST_OPERATOR = _FIRST_VARIABLE + MAX_VARIABLES
MAX_TERMS = 5

FORMS = ("terms", "prefix")
CONSTANTS = ("placeholder", "tokens")

SIZES = np.geomspace(1e-5, 1e3, 64)
"""Sizes of the number tokens; with y standardised hardly any coefficient lies outside. They are
part of what weights with number tokens mean: another grid needs new weights."""
_FIRST_NUMBER = len(SYMBOLS)
_NUMBERS = np.concatenate([SIZES, -SIZES])
_SYMBOL_ARITY = torch.from_numpy(
    np.concatenate([ARITY, np.zeros(len(_NUMBERS), ARITY.dtype)]).astype(np.int64)
)


def vocabulary_size(constants: str = "placeholder") -> int:
    """Number of token codes: the symbols of formulas, and number tokens where they are used."""
    return len(SYMBOLS) + (len(_NUMBERS) if constants == "tokens" else 0)


def number_code(value: float) -> int:
    """Code of the number token nearest to ``value`` in the logarithm, ``C`` for NaN."""
    if math.isnan(value):
        return _CONSTANT
    low, high = SIZES[0], SIZES[-1]
    place = math.log(min(max(abs(value), low), high) / low) / math.log(high / low)
    return _FIRST_NUMBER + round(place * (len(SIZES) - 1)) + (len(SIZES) if value < 0 else 0)


def spelled(code: int) -> str:
    """A token as text: its symbol, or the value of a number token."""
    return SYMBOLS[code] if code < _FIRST_NUMBER else f"{_NUMBERS[code - _FIRST_NUMBER]:.2g}"


# ---- writing -------------------------------------------------------------------------------------


def length(terms: Terms, form: str = "terms") -> int:
    """Tokens that :func:`pack` writes for a formula, ``<bos>`` and ``<eos>`` included."""
    inside = sum(map(len, terms))
    return inside + len(terms) + 1 if form == "terms" else inside + 3 * len(terms) + 3


def pack(formulas: Sequence[Terms | NumberedSum], form: str = "terms") -> np.ndarray:
    """Formulas → padded sequences ``<bos> … <eos>`` of codes, int16 (B, T).

    A formula is a tuple of terms (its constants are then written as ``C``), or comes with its
    numbers as a :class:`~symtut.regression.transformer.numbered.NumberedSum`.
    """
    rows = []
    for formula in formulas:
        known = isinstance(formula, NumberedSum)
        terms = formula.terms if known else formula
        if form == "terms":
            tokens = [token for term in terms for token in ("<sep>", *term)][1:]
        else:
            weights = formula.weights if known else (CONSTANT,) * len(terms)
            tokens = []
            for weight, term in zip(weights, terms, strict=True):
                tokens += ["add", "mul", weight, *term]
            tokens.append(formula.intercept if known else CONSTANT)
        inside = (CODE[t] if isinstance(t, str) else number_code(t) for t in tokens)
        rows.append([BOS, *inside, EOS])
    codes = np.zeros((len(rows), max(map(len, rows), default=1)), dtype=np.int16)
    for row, code in zip(codes, rows, strict=True):
        row[: len(code)] = code
    return codes


# ---- reading -------------------------------------------------------------------------------------


def read(codes: Iterable[int], form: str = "terms", constants: str = "placeholder") -> Candidate:
    """One sequence of codes → canonical terms, and the numbers that were written, as a guess.

    The guess holds the inner constants and, in prefix form, the outer weights and the intercept
    behind them; it is None where no number was written. A sequence that is cut short has no terms.
    """
    if form == "terms" and constants == "placeholder":
        return Candidate(canonical_terms(decode(codes)))
    terms: list[list[str | float]] = [[]]
    for code in codes:
        if code in (EOS, PAD):
            break
        if code == SEP:
            terms.append([])
        elif code >= _FIRST_NUMBER:
            terms[-1].append(float(_NUMBERS[code - _FIRST_NUMBER]))
        elif code != BOS:
            terms[-1].append(math.nan if code == _CONSTANT else SYMBOLS[code])
    written: tuple[Numbered, ...] = tuple(tuple(term) for term in terms if term)
    found = numbered_sum(written, [1.0] * len(written))
    numbers = found.inner if form == "terms" else [*found.inner, *found.weights, found.intercept]
    guess = np.array(numbers, dtype=np.float64)
    known = constants == "tokens" and bool(np.isfinite(guess).any())
    return Candidate(found.skeleton, np.where(np.isfinite(guess), guess, np.nan) if known else None)


class GrammarMask:
    """Follows B sequences as they are written and says which token may come next.

    In the form ``terms`` a sequence is one to five complete prefix expressions separated by
    ``<sep>`` and closed by ``<eos>``; in the form ``prefix`` it is a single one. Only the variables
    that the data have and the ``usable`` operators are allowed (and those of the outer sum), and
    the mask never lets a sequence grow so long that it could not be completed within
    ``max_length`` tokens.
    """

    def __init__(
        self,
        batch: int,
        n_variables: int,
        max_length: int,
        form: str = "terms",
        constants: str = "placeholder",
        usable: Container[str] = OPERATORS,
    ):
        # a prefix expression is complete when no subtree is left to write: the only state needed
        self.needed = torch.ones(batch, dtype=torch.int64)
        self.n_terms = torch.ones(batch, dtype=torch.int64)
        self.at_start = torch.ones(batch, dtype=torch.bool)
        self.left = max_length - 1  # tokens that may follow <bos>
        self.most_terms = MAX_TERMS if form == "terms" else 1
        code = torch.arange(vocabulary_size(constants))
        self.code, self.arity = code, _SYMBOL_ARITY[: len(code)]
        self.usable = (code >= _CONSTANT) & (
            (code < _FIRST_VARIABLE + n_variables) | (code >= _FIRST_OPERATOR)
        )
        needed = () if form == "terms" else ("add", "sub", "mul", "neg")
        for name in OPERATORS:
            if name not in usable and name not in needed:
                self.usable[CODE[name]] = False
        # a term that is a bare constant, or a sum, is not a term: coefficients are solved for
        self.useless = (code == _CONSTANT) | (code >= _FIRST_NUMBER)
        if form == "terms":
            not_a_term = torch.tensor([CODE["add"], CODE["sub"], CODE["neg"]])
            self.useless |= torch.isin(code, not_a_term)

    def allowed(self) -> torch.Tensor:
        """Boolean (B, V)."""
        complete = (self.needed == 0)[:, None]
        # what an unfinished expression may take: a token fills one place and opens as many as it
        # has arguments; each needs at least a leaf, and <eos> one token more
        after = self.needed[:, None] - 1 + self.arity[None]
        inside = self.usable & (after + 1 <= self.left - 1)
        inside = inside & ~(self.at_start[:, None] & self.useless)
        # room for <sep>, at least a function of a variable, and <eos>
        more = (self.n_terms < self.most_terms)[:, None] & (self.left >= 4)
        outside = (self.code == EOS) | ((self.code == SEP) & more)
        return torch.where(complete, outside, inside)

    def advance(self, token: torch.Tensor) -> None:
        """Take note of the tokens (B,) that were written; finished rows may repeat padding."""
        is_node = token >= _CONSTANT
        self.needed = torch.where(is_node, self.needed - 1 + self.arity[token], self.needed)
        separator = token == SEP
        self.needed = torch.where(separator, 1, self.needed)  # a new expression begins
        self.n_terms = self.n_terms + separator
        self.at_start = separator
        self.left -= 1

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with some of the sequences only."""
        self.needed, self.n_terms = self.needed[rows], self.n_terms[rows]
        self.at_start = self.at_start[rows]


__all__ = [
    "BOS", "CONSTANTS", "EOS", "FORMS", "MAX_TERMS", "PAD", "GrammarMask", "length", "number_code",
    "pack", "read", "spelled", "vocabulary_size",
]  # fmt: skip
