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


def point_features(x: torch.Tensor, y: torch.Tensor, n_variables: torch.Tensor) -> torch.Tensor:
    """Per-point input of the encoder.

    Parameters
    ----------
    x : (B, n, 6) float32, columns behind ``n_variables`` zero
    y : (B, n) float32, standardised
    n_variables : (B,) int

    Returns
    -------
    (B, n, F) float32
    """
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
    return torch.cat(columns, dim=-1)


N_POINT_FEATURES = 5 * MAX_VARIABLES + 2


def correlations(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Pearson correlation of y with a library of simple functions, (B, N_LIBRARY).

    The library holds x, x², |x|, sin x, cos x of every variable, the product of any two of these
    (so x³, x|x|, sin 2x, x₀ cos x₁ are in it), and a few saturating and growing functions. It is 0
    for functions that do not vary. Sums over points of products are matrix products, so the
    library itself is never written out.
    """
    n = x.shape[1]
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
    return torch.where(variance > 1e-5 * second + 1e-9, with_y / norms, 0.0).clamp(-1, 1)


N_LIBRARY = 11 * MAX_VARIABLES + len(_I)
