"""A transformer that reads points and writes a formula.

Encoder: a set of learned latent vectors attends to the points (any number, in any order) and then
to itself, as in Perceiver (Jaegle et al. 2021) and the Set Transformer (Lee et al. 2019). Decoder:
a small causal transformer that cross-attends to the latents and emits the formula's tokens. The
attention is written out with a softmax: the sequences are short, and on CPUs the backward pass of
the fused kernel is slow in bfloat16.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from symtut.regression.transformer.config import TransformerConfig
from symtut.regression.transformer.features import (
    correlations,
    n_library,
    n_point_features,
    point_features,
)

KeysValues = tuple[Tensor, Tensor]


class Attention(nn.Module):
    """Multi-head attention of ``query`` (B, T, E) to ``source`` (B, S, E)."""

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.n_head = config.n_head
        self.query = nn.Linear(config.n_embed, config.n_embed)
        self.key_value = nn.Linear(config.n_embed, 2 * config.n_embed)
        self.out = nn.Linear(config.n_embed, config.n_embed)

    def keys_values(self, source: Tensor) -> KeysValues:
        """Keys (B, H, D, S) and values (B, H, S, D)."""
        batch, length, _ = source.shape
        key, value = self.key_value(source).view(batch, length, 2, self.n_head, -1).unbind(2)
        return key.permute(0, 2, 3, 1), value.transpose(1, 2)

    def forward(self, query: Tensor, keys_values: KeysValues, mask: Tensor | None = None) -> Tensor:
        batch, length, width = query.shape
        key, value = keys_values
        q = self.query(query).view(batch, length, self.n_head, -1).transpose(1, 2)  # (B, H, T, D)
        scores = (q @ key) / math.sqrt(q.shape[-1])  # (B, H, T, S)
        if mask is not None:
            scores = scores + mask
        mixed = torch.softmax(scores, dim=-1) @ value  # (B, H, T, D)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))


class FeedForward(nn.Sequential):
    def __init__(self, config: TransformerConfig):
        super().__init__(
            nn.Linear(config.n_embed, 4 * config.n_embed),
            nn.GELU(),
            nn.Linear(4 * config.n_embed, config.n_embed),
        )


class EncoderBlock(nn.Module):
    """Latents look at the points (in the first two blocks), then at each other."""

    def __init__(self, config: TransformerConfig, sees_points: bool):
        super().__init__()
        self.sees_points = sees_points
        if sees_points:
            self.norm_cross = nn.LayerNorm(config.n_embed)
            self.cross = Attention(config)
        self.norm_self = nn.LayerNorm(config.n_embed)
        self.attend = Attention(config)
        self.norm_forward = nn.LayerNorm(config.n_embed)
        self.forward_ = FeedForward(config)

    def forward(self, latents: Tensor, points: Tensor) -> Tensor:
        if self.sees_points:
            latents = latents + self.cross(self.norm_cross(latents), self.cross.keys_values(points))
        normed = self.norm_self(latents)
        latents = latents + self.attend(normed, self.attend.keys_values(normed))
        return latents + self.forward_(self.norm_forward(latents))


class Encoder(nn.Module):
    """Points → memory (B, n_latents + n_library_tokens, E); the order of points is irrelevant."""

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.config = config
        self.embed = nn.Sequential(
            nn.Linear(n_point_features(config.logarithms), config.n_embed),
            nn.GELU(),
            nn.Linear(config.n_embed, config.n_embed),
            nn.LayerNorm(config.n_embed),
        )
        self.latents = nn.Parameter(_normal(config.n_latents, config.n_embed).mul_(0.02))
        if config.n_library_tokens:
            inputs = n_library(config.logarithms)
            self.embed_library = nn.Linear(inputs, config.n_library_tokens * config.n_embed)
        self.blocks = nn.ModuleList(EncoderBlock(config, i < 2) for i in range(config.n_encoder))
        self.norm = nn.LayerNorm(config.n_embed)

    def forward(self, x: Tensor, y: Tensor, n_variables: Tensor) -> Tensor:
        points = self.embed(point_features(x, y, n_variables, self.config.logarithms))  # (B, n, E)
        latents = self.latents.expand(len(x), -1, -1)  # (B, L, E)
        if self.config.n_library_tokens:
            tokens = self.embed_library(3 * correlations(x, y, self.config.logarithms))
            tokens = tokens.view(len(x), self.config.n_library_tokens, -1)
            latents = torch.cat([latents, tokens.to(latents.dtype)], dim=1)
        for block in self.blocks:
            latents = block(latents, points)
        return self.norm(latents)


class DecoderBlock(nn.Module):
    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.norm_self = nn.LayerNorm(config.n_embed)
        self.attend = Attention(config)
        self.norm_cross = nn.LayerNorm(config.n_embed)
        self.cross = Attention(config)
        self.norm_forward = nn.LayerNorm(config.n_embed)
        self.forward_ = FeedForward(config)

    def forward(
        self, x: Tensor, memory: KeysValues, mask: Tensor | None, extend: Callable | None = None
    ) -> Tensor:
        """``extend`` puts the keys and values of earlier tokens in front of those of ``x``."""
        normed = self.norm_self(x)
        keys_values = self.attend.keys_values(normed)
        if extend is not None:
            keys_values = extend(*keys_values)
        x = x + self.attend(normed, keys_values, mask)
        # one memory for all rows (sampling): the rows become one long sequence of queries
        query = self.norm_cross(x).reshape(len(memory[0]), -1, x.shape[-1])
        x = x + self.cross(query, memory).reshape(x.shape)
        return x + self.forward_(self.norm_forward(x))


class KeyValueCache:
    """Keys and values of the tokens written so far, in every block of a decoder.

    There is room for all tokens from the start: a step writes its own and copies nothing.

    Attributes
    ----------
    length : int
        Tokens held.
    """

    def __init__(self, config: TransformerConfig, n_rows: int):
        # tokens first: memory that is never written to costs nothing
        size = (config.max_length, n_rows, config.n_head, config.n_embed // config.n_head)
        self.blocks = [(torch.empty(size), torch.empty(size)) for _ in range(config.n_decoder)]
        self.length = 0

    def extend(self, block: int, key: Tensor, value: Tensor) -> KeysValues:
        """Write the newest keys (B, H, D, T) and values (B, H, T, D); returns all of them."""
        keys, values = self.blocks[block]
        end, rows = self.length + value.shape[2], len(value)
        keys[self.length : end, :rows] = key.permute(3, 0, 1, 2)
        values[self.length : end, :rows] = value.permute(2, 0, 1, 3)
        return keys[:end, :rows].permute(1, 2, 3, 0), values[:end, :rows].permute(1, 2, 0, 3)

    def keep(self, rows: Tensor) -> None:
        """Go on with ``rows`` (indices), in their order; rows that stay in place are not copied."""
        moved = torch.nonzero(rows != torch.arange(len(rows)))[:, 0]
        for pair in self.blocks:
            for buffer in pair:
                buffer[: self.length, moved] = buffer[: self.length, rows[moved]]


class Decoder(nn.Module):
    """Tokens so far + memory → logits of the next token."""

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.config = config
        self.token = _embedding(config.vocabulary_size, config.n_embed)
        self.position = _embedding(config.max_length, config.n_embed)
        self.blocks: Any = nn.ModuleList(DecoderBlock(config) for _ in range(config.n_decoder))
        self.norm = nn.LayerNorm(config.n_embed)
        self.head = nn.Linear(config.n_embed, config.vocabulary_size)

    def read(self, memory: Tensor) -> list[KeysValues]:
        """Keys and values of the memory for every block: computed once per data set."""
        return [block.cross.keys_values(memory) for block in self.blocks]

    def forward(
        self, tokens: Tensor, read_memory: list[KeysValues], past: KeyValueCache | None = None
    ) -> Tensor:
        """Logits (B, T, V) for ``tokens`` (B, T) int64, which follow the tokens in ``past``.

        ``past`` then holds these tokens, too.
        """
        start = 0 if past is None else past.length
        length = tokens.shape[1]
        x = self.token(tokens) + self.position.weight[start : start + length]  # (B, T, E)
        mask = None
        if length > 1:  # a token sees itself and what came before
            mask = torch.full((length, start + length), float("-inf")).triu(start + 1).to(x.device)
        for i, block in enumerate(self.blocks):
            x = block(x, read_memory[i], mask, past and partial(past.extend, i))
        if past is not None:
            past.length += length
        return self.head(self.norm(x))


class FormulaTransformer(nn.Module):
    """Encoder and decoder together.

    Shapes: ``x`` (B, n, 6) float32 zero-padded, ``y`` (B, n) float32 standardised,
    ``n_variables`` (B,) int64, ``tokens`` (B, T) int64.
    """

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        self.apply(_initialise)
        residual = 1 / math.sqrt(3 * config.n_decoder)
        for name, parameter in self.named_parameters():
            if name.endswith(("out.weight", "forward_.2.weight")):
                parameter.data.mul_(residual)  # keeps the residual stream of unit size (GPT-2)

    def forward(self, x: Tensor, y: Tensor, n_variables: Tensor, tokens: Tensor) -> Tensor:
        memory = self.encoder(x, y, n_variables)
        return self.decoder(tokens, self.decoder.read(memory))

    def loss(
        self, x: Tensor, y: Tensor, n_variables: Tensor, tokens: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Cross-entropy of the next token, and the share of tokens guessed right.

        ``tokens`` starts with ``<bos>``, ends with ``<eos>`` and is padded with 0.
        """
        logits = self(x, y, n_variables, tokens[:, :-1]).float()
        target = tokens[:, 1:]
        loss = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=0)
        real = target != 0
        return loss, ((logits.argmax(-1) == target) & real).sum() / real.sum()


def _normal(*size: int) -> Tensor:
    """Normal numbers; on the device "meta", where drawing them loads a compiler, none at all."""
    numbers = torch.empty(size)
    return numbers if numbers.is_meta else numbers.normal_()


def _embedding(rows: int, width: int) -> nn.Embedding:
    return nn.Embedding.from_pretrained(_normal(rows, width), freeze=False)


def _initialise(module):
    if any(parameter.is_meta for parameter in module.parameters(recurse=False)):
        return
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02 if isinstance(module, nn.Embedding) else 0.05)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
