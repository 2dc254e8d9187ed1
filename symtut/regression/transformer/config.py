"""Sizes of the transformer that writes formulas, and the form in which it writes them."""

from dataclasses import dataclass

from symtut.errors import InputError
from symtut.expressions.evaluate import SYMBOLS
from symtut.forms import Mismatch, one_of, whole
from symtut.regression.transformer.tokens import CONSTANTS, FORMS, vocabulary_size

CHOICES = {
    "n_embed": whole(1, 4096), "n_head": whole(1, 256), "n_encoder": whole(1, 64),
    "n_decoder": whole(1, 64), "n_latents": whole(1, 4096), "n_library_tokens": whole(0, 1024),
    "max_length": whole(2, 4096), "form": one_of(*FORMS), "constants": one_of(*CONSTANTS),
}  # fmt: skip


@dataclass(frozen=True)
class TransformerConfig:
    """Sizes, and how formulas are written.

    Attributes
    ----------
    n_embed, n_head, n_encoder, n_decoder : int
        Width, attention heads, encoder and decoder blocks.
    n_latents : int
        Latent vectors that summarise the points.
    n_library_tokens : int
        Extra memory vectors made from correlations with a function library; 0 switches them off.
    max_length : int
        Longest sequence including ``<bos>`` and ``<eos>``.
    symbols : tuple of str
        The alphabet that the weights were trained with; a mismatch is refused when loading.
    form : "terms" or "prefix"
        Terms whose coefficients are solved for, or the whole formula as one prefix expression
        (the paper's way; ``max_length`` should then be about 60).
    constants : "placeholder" or "tokens"
        One token for all constants, or number tokens that give the fit its start; see
        :mod:`symtut.regression.transformer.tokens`.
    logarithms : bool
        Logarithms of x and y among what is read, and y with its mean; see
        :func:`symtut.regression.transformer.features.point_features`.
    """

    n_embed: int = 160
    n_head: int = 5
    n_encoder: int = 3
    n_decoder: int = 4
    n_latents: int = 24
    n_library_tokens: int = 4
    max_length: int = 42
    symbols: tuple[str, ...] = SYMBOLS
    form: str = "terms"
    constants: str = "placeholder"
    logarithms: bool = False

    def __post_init__(self):
        try:
            for name, form in CHOICES.items():
                form.check(getattr(self, name), name)
        except Mismatch as error:
            raise InputError(f"{error}.") from error
        if self.n_embed % self.n_head:
            raise InputError(
                f"n_embed ({self.n_embed}) must be a multiple of n_head ({self.n_head})."
            )

    @property
    def vocabulary_size(self) -> int:
        return vocabulary_size(self.constants) - len(SYMBOLS) + len(self.symbols)
