"""What the transformer sees of the data: one vector per point, and correlations with a library.

The points go in raw, never shifted (a shift would break sines and products), beside bounded and
compressed views of the same numbers. Optionally the encoder also receives the correlation of y
with a fixed library of simple functions. That imports a piece of sparse regression into the
network; it is an option (``TransformerConfig.n_library_tokens``) so that its worth can be measured.
"""

import torch

from symtut.expressions.operators import MAX_VARIABLES

N_BASE = 5 * MAX_VARIABLES
_I, _J = torch.triu_indices(N_BASE, N_BASE)


def point_features(
    x: torch.Tensor, y: torch.Tensor, n_variables: torch.Tensor, logarithms: bool = False
) -> torch.Tensor:
    """Per-point input of the encoder.

    Parameters
    ----------
    x : (B, n, 6) float32, columns behind ``n_variables`` zero
    y : (B, n) float32, standardised
    n_variables : (B,) int
    logarithms : bool
        Add log|x| and log|y|, in which a product of powers is a sum. ``y`` then has standard
        deviation 1 and its own mean; a mean of 0 says that it is not known.

    Returns
    -------
    (B, n, F) float32
    """
    raw = y
    if logarithms:
        y = y - y.mean(1, keepdim=True)
    present = (torch.arange(MAX_VARIABLES, device=x.device) < n_variables[:, None]).to(x.dtype)
    present = present[:, None, :].expand_as(x)
    columns = [
        (x / 4).clamp(-6, 6),
        torch.asinh(x),
        torch.sin(x),
        torch.cos(x) * present,
        present,
        y[..., None],
        torch.asinh(10 * y)[..., None],
    ]
    if logarithms:
        columns += [_log(x) / 3 * present, torch.asinh(raw)[..., None], _log(raw)[..., None] / 3]
    return torch.cat(columns, dim=-1)


def n_point_features(logarithms: bool = False) -> int:
    """The F of :func:`point_features`."""
    return 5 * MAX_VARIABLES + 2 + (MAX_VARIABLES + 2 if logarithms else 0)


def _log(x: torch.Tensor) -> torch.Tensor:
    return torch.log(x.abs() + 1e-3)


def correlations(x: torch.Tensor, y: torch.Tensor, logarithms: bool = False) -> torch.Tensor:
    """Pearson correlation of y with a library of simple functions, (B, ``n_library(logarithms)``).

    The library holds x, x², |x|, sin x, cos x of every variable, the product of any two of these
    (so x³, x|x|, sin 2x, x₀ cos x₁ are in it), and a few saturating and growing functions. It is 0
    for functions that do not vary. Sums over points of products are matrix products, so the
    library itself is never written out. ``logarithms`` adds the correlations of log|y| with log|x|
    and x of every variable; see :func:`point_features`.
    """
    n, raw = x.shape[1], y
    y = y - y.mean(1, keepdim=True)
    base = torch.cat([x, x * x, x.abs(), torch.sin(x), torch.cos(x)], dim=-1)  # (B, n, 30)
    size = x.abs()
    others = torch.cat(
        [
            torch.tanh(x), torch.sqrt(size), torch.log(size + 0.05), x / (0.05 + x * x),
            torch.exp(-x * x), torch.exp((x / 2).clamp(-6, 6)),
        ],
        dim=-1,
    )  # fmt: skip
    singles = torch.cat([base, others], dim=-1)
    squared, turned = base * base, base.transpose(1, 2)
    mean = torch.cat([singles.mean(1), (turned @ base)[:, _I, _J] / n], dim=1)
    second = torch.cat(
        [(singles * singles).mean(1), (squared.transpose(1, 2) @ squared)[:, _I, _J] / n], dim=1
    )
    with_y = torch.cat(
        [
            (y[:, None] @ singles)[:, 0] / n,
            (turned @ (base * y[..., None]))[:, _I, _J] / n,
        ],
        dim=1,
    )
    variance = second - mean * mean
    norms = variance.clamp(min=1e-9).sqrt() * (y * y).mean(1, keepdim=True).sqrt().clamp(min=1e-6)
    found = torch.where(variance > 1e-5 * second + 1e-9, with_y / norms, 0.0).clamp(-1, 1)
    if not logarithms:
        return found
    simple = _centred(torch.cat([_log(x), x], dim=-1))  # (B, n, 12)
    product = (_centred(_log(raw)[..., None]) * simple).mean(1)
    size = simple.square().mean(1).sqrt() * _log(raw).std(1, correction=0, keepdim=True)
    more = torch.where(size > 1e-4, product / size.clamp(min=1e-4), 0.0).clamp(-1, 1)
    return torch.cat([found, more], dim=1)


def _centred(columns: torch.Tensor) -> torch.Tensor:
    return columns - columns.mean(1, keepdim=True)


def n_library(logarithms: bool = False) -> int:
    """How many functions :func:`correlations` looks at."""
    return 11 * MAX_VARIABLES + len(_I) + (2 * MAX_VARIABLES if logarithms else 0)
