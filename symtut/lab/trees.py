"""Formulas as pictures: the tree behind an expression, and its tokens in a row."""

import re
from collections.abc import Iterable, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from symtut.expressions import CONSTANT, OPERATORS, VARIABLES, Expression
from symtut.expressions.evaluate import CODE
from symtut.expressions.operators import arity
from symtut.lab.style import INK, OKABE_ITO, PAPER
from symtut.regression.transformer.tokens import EOS, PAD, spelled

KINDS = {
    "operator": ("#CFE3F1", OKABE_ITO[0]),
    "variable": ("#CDEBE0", OKABE_ITO[2]),
    "number": ("#FBE7C0", OKABE_ITO[4]),
    "mark": ("#E4E4E4", "#666666"),
    "hole": ("#FFFFFF", OKABE_ITO[1]),
}
"""Fill and edge of a token's box, by what the token is."""

SIGNS = {
    "add": "+", "sub": "−", "mul": "×", "div": "÷", "neg": "−( )", "inv": "1/( )", "square": "( )²",
    "abs": "|  |", "sqrt": "√",
}  # fmt: skip
GREEK = {"theta": "θ", "theta_dot": "θ̇", "omega": "ω", "psi": "ψ"}
HALO = OKABE_ITO[4]

# ---- tokens --------------------------------------------------------------------------------------


def kind(token: str) -> str:
    """Which of :data:`KINDS` a token is: a nonterminal of a grammar is a ``hole``."""
    if token in OPERATORS:
        return "operator"
    if token in VARIABLES:
        return "variable"
    if token.startswith("<"):
        return "mark"
    if token == CONSTANT or re.fullmatch(r"[+−-]?[\d.]+(e[+-]?\d+)?", token):
        return "number"
    return "hole"


def token_text(token: str, constant: float | None = None, names: Sequence[str] = VARIABLES) -> str:
    """What stands on a node: a sign, a function's name, a variable, a number, a hole's role."""
    if token == CONSTANT:
        return "C" if constant is None else f"{constant:.3g}".replace("-", "−")
    if token in VARIABLES:
        name = names[int(token[1:])]
        return GREEK.get(name, name)
    return token.lower() if kind(token) == "hole" else SIGNS.get(token, token)


def word(code: int, names: Sequence[str] = ()) -> str:
    """A token code of the transformer in words; ``names`` are those of the first variables."""
    variable = code - CODE["x0"]
    return names[variable] if 0 <= variable < len(names) else spelled(code)


def words(codes: Iterable[int], names: Sequence[str] = ()) -> list[str]:
    """A sequence of token codes in words, up to ``<eos>`` and without padding."""
    found = []
    for code in map(int, codes):
        if code != PAD:
            found.append(word(code, names))
        if code == EOS:
            break
    return found


def sentence(codes: Iterable[int], names: Sequence[str] = ()) -> str:
    """A sequence of token codes as text, without ``<bos>``."""
    return " ".join(w for w in words(codes, names) if w != "<bos>")


def strip(
    rows: dict[str, Sequence[str]],
    axes: Axes | None = None,
    title: str = "",
    width: int | None = None,
) -> Axes:
    """Sequences of tokens as rows of coloured boxes.

    Parameters
    ----------
    rows : dict
        Label of a row → its tokens. Empty tokens leave a gap.
    width : int, optional
        Boxes that the figure has room for; default the longest row.
    """
    longest = max(max(map(len, rows.values())), width or 1)
    if axes is None:
        margin = 0.07 * max(map(len, rows)) + 0.2  # inches for the labels
        size = (min(11.0, margin + 0.52 * longest), 0.55 + 0.42 * len(rows))
        axes = plt.subplots(figsize=size)[1]
    for row, (label, tokens) in enumerate(rows.items()):
        axes.text(-0.7, -row, label, ha="right", va="center", fontsize=8.5)
        for place, token in enumerate(tokens):
            if not token:
                continue
            fill, edge = KINDS[kind(token)]
            axes.add_patch(
                Rectangle((place - 0.46, -row - 0.36), 0.92, 0.72, facecolor=fill, edgecolor=edge)
            )
            axes.text(
                place, -row, token, ha="center", va="center", zorder=3,
                fontsize=8 if len(token) < 5 else 6 if len(token) < 8 else 4.8,
            )  # fmt: skip
    axes.set(xlim=(-0.6, longest - 0.4), ylim=(-len(rows) + 0.4, 0.6), title=title)
    axes.axis("off")
    return axes


# ---- trees ---------------------------------------------------------------------------------------


def layout(prefix: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the nodes of a tree stand: leaves one unit apart, parents above the middle.

    Parameters
    ----------
    prefix : sequence of str
        One complete prefix expression. Tokens that are no operators are leaves.

    Returns
    -------
    x, depth, parent : float (T,), int (T,), int (T,)
        In the order of the tokens; the root has depth 0 and parent −1.
    """
    x, depth = np.zeros(len(prefix)), np.zeros(len(prefix), dtype=int)
    parent = np.full(len(prefix), -1)
    leaves = 0.0

    def place(start: int, level: int) -> int:
        nonlocal leaves
        depth[start], end, below = level, start + 1, []
        for _ in range(arity(prefix[start])):
            parent[end] = start
            below.append(end)
            end = place(end, level + 1)
        if below:
            x[start] = np.mean(x[below])
        else:
            x[start], leaves = leaves, leaves + 1.0
        return end

    place(0, 0)
    return x, depth, parent


def draw_tree(
    formula: Expression | Sequence[str],
    axes: Axes | None = None,
    *,
    names: Sequence[str] = VARIABLES,
    marked: Iterable[int] = (),
    numbered: bool = False,
    notes: dict[int, str] | None = None,
    title: str = "",
) -> Axes:
    """Draw a formula as a tree: operators blue, variables green, numbers yellow, holes white.

    Parameters
    ----------
    formula : Expression, or sequence of str
        A skeleton is drawn with C for its numbers. In a sequence of tokens (one complete prefix
        expression) those that are not in the language are holes.
    names : sequence of str
        Names of ``x0, x1, …``.
    marked : iterable of int
        Nodes, by their place in the prefix form, that get a yellow halo.
    numbered : bool
        Write each node's place in the prefix form beside it.
    notes : dict, optional
        Place → a short text below the node, for instance its value.

    Returns
    -------
    matplotlib.axes.Axes
    """
    prefix = formula.prefix if isinstance(formula, Expression) else tuple(formula)
    constants = iter(formula.constants if isinstance(formula, Expression) else ())
    x, depth, parent = layout(prefix)
    marked, notes = set(marked), notes or {}
    axes = axes or plt.subplots(figsize=(1.2 + 0.85 * np.ptp(x), 1.0 + 0.55 * depth.max()))[1]
    for i, token in enumerate(prefix):
        if parent[i] >= 0:
            line = [parent[i], i]
            axes.plot(x[line], -depth[line], color="#999999", linewidth=1.4, zorder=1)
        if i in marked:
            axes.scatter(x[i], -depth[i], s=1250, color=HALO, alpha=0.55, linewidths=0, zorder=1.5)
        constant = next(constants, None) if token == CONSTANT else None
        fill, edge = KINDS[kind(token)]
        hole = kind(token) == "hole"
        axes.text(
            x[i], -depth[i], token_text(token, constant, names), ha="center", va="center",
            fontsize=7.5 if hole else 10, color=edge if hole else INK, zorder=3,
            bbox={"boxstyle": "round,pad=0.3", "facecolor": fill, "edgecolor": edge},
        )  # fmt: skip
        if numbered:
            axes.annotate(
                str(i), (x[i], -depth[i]), xytext=(19, 9), textcoords="offset points",
                ha="center", va="center", fontsize=8, color="#666666", zorder=3,
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.5},
            )  # fmt: skip
        if i in notes:
            axes.annotate(
                notes[i], (x[i], -depth[i]), xytext=(0, -17), textcoords="offset points",
                ha="center", va="center", fontsize=8.5, color=INK, fontweight="bold", zorder=4,
            )  # fmt: skip
    axes.set(xlim=(x.min() - 0.6, x.max() + 0.6), ylim=(-depth.max() - 0.55, 0.5), title=title)
    axes.axis("off")
    return axes
