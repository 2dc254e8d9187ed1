"""Figures of formulas: trees, token strips, random functions, a film of a formula being written."""

import re
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from symtut.expressions import CONSTANT, OPERATORS, VARIABLES, Examples, Expression
from symtut.expressions.evaluate import SYMBOLS
from symtut.expressions.operators import arity
from symtut.expressions.tree import children
from symtut.lab.animation import animated_png, shown_film
from symtut.lab.plots import INK, OKABE_ITO, PAPER
from symtut.regression.transformer.features import point_features
from symtut.regression.transformer.tokens import SIZES

KINDS = {
    "operator": ("#CFE3F1", OKABE_ITO[0]),
    "variable": ("#CDEBE0", OKABE_ITO[2]),
    "number": ("#FBE7C0", OKABE_ITO[4]),
    "mark": ("#E4E4E4", "#666666"),
    "hole": ("#FFFFFF", OKABE_ITO[1]),
}
"""Fill and edge of a token's box, by what the token is."""

SHORT = {
    "add": "+", "sub": "−", "mul": "×", "div": "÷", "neg": "−( )", "inv": "1/( )", "square": "( )²",
    "abs": "|  |", "sqrt": "√",
}  # fmt: skip


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


def tree(prefix: Sequence[str], axes=None, title: str = ""):
    """Draw a formula as a tree; tokens that are not in the language are drawn as open holes.

    Parameters
    ----------
    prefix : sequence of str
        One complete prefix expression.
    """
    axes = axes or plt.subplots(figsize=(4, 2.6))[1]
    x, depth, parent = layout(prefix)
    for i, above in enumerate(parent):
        if above >= 0:
            axes.plot(x[[above, i]], -depth[[above, i]], color="#999999", linewidth=1.2, zorder=1)
    for i, token in enumerate(prefix):
        fill, edge = KINDS[kind(token)]
        hole = kind(token) == "hole"
        axes.text(
            x[i], -depth[i], token.lower() if hole else SHORT.get(token, token), ha="center",
            va="center", fontsize=7.5 if hole else 10, color=edge if hole else INK, zorder=3,
            bbox={"boxstyle": "round,pad=0.3", "facecolor": fill, "edgecolor": edge},
        )  # fmt: skip
    axes.set(xlim=(x.min() - 0.6, x.max() + 0.6), ylim=(-depth.max() - 0.5, 0.5), title=title)
    axes.axis("off")
    return axes


def writing(steps: Sequence[tuple[Sequence[str], Sequence[str]]], seconds: float = 1.1):
    """A film of a formula that a grammar writes, token by token.

    Parameters
    ----------
    steps : sequence of (written, waiting)
        Tokens so far, and the nonterminals still to be replaced, the next one first. Together they
        are one complete prefix expression in each step.
    seconds : float
        Time per step; the last is shown three times as long.

    Returns
    -------
    IPython.display.Image
        An animated PNG.
    """
    return shown_film(writing_png(steps, seconds), "Film: a formula is written")


def writing_png(steps, seconds: float = 1.1) -> bytes:
    """The film of :func:`writing` as the bytes of an animated PNG file."""
    frames = [_writing_frame(written, waiting) for written, waiting in steps]
    # one palette for all frames; the middle ones have all kinds of boxes
    sample = Image.new("RGB", (frames[0].width, frames[0].height * len(frames)))
    for i, frame in enumerate(frames):
        sample.paste(frame, (0, frame.height * i))
    palette = sample.quantize(64, method=Image.Quantize.MEDIANCUT)
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    duration = [round(1000 * seconds)] * len(frames)
    duration[-1] *= 3
    return animated_png(frames, duration)


def _writing_frame(written, waiting) -> Image.Image:
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(6.4, 3.4), height_ratios=[3.4, 1], dpi=80, facecolor=PAPER
    )
    tree([*written, *waiting], top)
    strip(
        {"written": list(written) or [""], "waiting": [w.lower() for w in waiting] or [""]},
        bottom, width=10,
    )  # fmt: skip
    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    plt.close(figure)
    return image


# ---- tokens --------------------------------------------------------------------------------------


def words(codes: Sequence[int]) -> list[str]:
    """Token codes in words, padding left out; a number token as its value with two digits.

    Parameters
    ----------
    codes : sequence of int
        One row of :func:`symtut.regression.transformer.tokens.pack`.
    """
    numbers = [f"{sign}{size:.2g}" for sign in ("+", "−") for size in SIZES]
    vocabulary = [*SYMBOLS, *numbers]
    return [vocabulary[int(code)] for code in codes if code]


def strip(rows: dict[str, Sequence[str]], axes=None, title: str = "", width: int | None = None):
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
                plt.Rectangle(
                    (place - 0.46, -row - 0.36), 0.92, 0.72, facecolor=fill, edgecolor=edge
                )
            )
            axes.text(
                place, -row, token, ha="center", va="center", zorder=3,
                fontsize=8 if len(token) < 5 else 6 if len(token) < 8 else 4.8,
            )  # fmt: skip
    axes.set(xlim=(-0.6, longest - 0.4), ylim=(-len(rows) + 0.4, 0.6), title=title)
    axes.axis("off")
    return axes


# ---- functions -----------------------------------------------------------------------------------


def formula(expression: Expression, digits: int = 2, per_line: int = 2) -> str:
    """A formula for a figure's title: mathematical text, ``per_line`` summands in a line."""
    lines, parts = [], _summands(expression)
    for start in range(0, len(parts), per_line):
        lines.append(" + ".join(p.latex(digits=digits) for p in parts[start : start + per_line]))
    text = " +\n".join(f"${line}$" for line in lines)
    return text.replace("+ -", "- ").replace(" +\n$-", " \n$-")


def _summands(expression: Expression) -> list[Expression]:
    """The parts of the outer sum, in order."""
    if expression.prefix[0] != "add":
        return [expression]
    parts, start = [], 0
    for child in children(expression.prefix):
        count = child.count(CONSTANT)
        parts += _summands(Expression(child, expression.constants[start : start + count]))
        start += count
    return parts


def panel(expression: Expression, x: np.ndarray, y: np.ndarray, axes, fixed=()) -> None:
    """One function seen through its points: a curve over one variable, a map over two.

    Parameters
    ----------
    x : (n, d) points, y : (n,) values; d is 1, 2, or more with the others in ``fixed``
    fixed : sequence of float
        Values of x2, x3, … at which the map is drawn.
    """
    low, high = x.min(0), x.max(0)
    if x.shape[1] == 1:
        line = np.linspace(low[0], high[0], 400)[:, None]
        axes.plot(line[:, 0], expression(line), color=OKABE_ITO[0], linewidth=1.2)
        axes.plot(x[:, 0], y, ".", color=OKABE_ITO[1], markersize=4)
        axes.set(xlabel="x0", ylabel="y")
        return
    sides = [np.linspace(low[k], high[k], 60) for k in range(2)]
    grid = np.stack(np.meshgrid(*sides), -1)
    others = np.broadcast_to(np.asarray(fixed, dtype=float), (*grid.shape[:2], len(fixed)))
    values = expression(np.concatenate([grid, others], -1))
    ends = np.nanquantile(y, [0.01, 0.99])
    steps = plt.get_cmap("cividis", 12)  # level lines show, and the file stays small
    axes.pcolormesh(*sides, values, cmap=steps, vmin=ends[0], vmax=ends[1], rasterized=True)
    if not len(fixed):
        axes.scatter(
            x[:, 0], x[:, 1], c=y, cmap=steps, vmin=ends[0], vmax=ends[1], s=12,
            edgecolor="white", linewidth=0.5,
        )  # fmt: skip
    axes.set(xlabel="x0", ylabel="x1")


def wall(examples: Examples, chosen: Sequence[int], columns: int = 3):
    """Several random functions, each with its formula: points in, formula out.

    Parameters
    ----------
    examples : Examples
        Functions of one or two variables.
    chosen : sequence of int
        Which of them.
    """
    rows = -(-len(chosen) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(3.1 * columns, 2.6 * rows), squeeze=False)
    for axes, i in zip(grid.flat, chosen, strict=False):
        d = int(examples.n_variables[i])
        panel(examples.expression(i), examples.x[i, :, :d].numpy(), examples.y[i].numpy(), axes)
        axes.set_title(formula(examples.expression(i)), fontsize=8.5)
    return figure


def training_example(batch, row: int, tokens: Sequence[str], title: str = ""):
    """One training example: its points, what is made of them for the encoder, and its tokens.

    Parameters
    ----------
    batch : Batch
        Of :func:`symtut.regression.transformer.examples.make_chunk`.
    row : int
    tokens : sequence of str
        The answer, in words.
    """
    d = int(batch.n_variables[row])
    x, y = batch.x[row, :, :d].numpy(), batch.y[row].numpy()
    features = point_features(batch.x[[row]], batch.y[[row]], batch.n_variables[[row]])[0]
    figure = plt.figure(figsize=(9, 4.2))
    top, bottom = figure.subfigures(2, 1, height_ratios=[4, 1])
    left, right = top.subplots(1, 2, width_ratios=[1, 1.5])
    if d == 1:
        left.plot(x[:, 0], y, ".", color=OKABE_ITO[1])
        left.set(xlabel="x0", ylabel="y (standardised)")
    else:
        shown = left.scatter(x[:, 0], x[:, 1], c=y, s=14, cmap="cividis")
        left.set(xlabel="x0", ylabel="x1")
        top.colorbar(shown, ax=left, label="y (standardised)")
    left.set_title(f"{len(y)} points of {d} variable{'s' if d > 1 else ''}")
    ordered = features[np.argsort(x[:, 0])].numpy()
    image = right.imshow(
        ordered.T, aspect="auto", cmap="RdBu_r", vmin=-3, vmax=3, interpolation="nearest"
    )
    middles, names = 6 * np.arange(5) + 2.5, ["x/4", "asinh x", "sin x", "cos x", "in use?"]
    right.set_yticks([*middles, 30.5], [*names, "y, asinh 10y"], fontsize=8)
    for edge in (5.5, 11.5, 17.5, 23.5, 29.5):
        right.axhline(edge, color=INK, linewidth=0.6)
    right.grid(False)
    right.set(xlabel="points, sorted by x0 for the eye", title="what the encoder reads")
    top.colorbar(image, ax=right, label="value")
    strip({"answer": tokens}, bottom.subplots(), title)
    return figure


def mask_chart(tokens: Sequence[str], allowed: np.ndarray, symbols: Sequence[str]):
    """Which token may follow, step by step.

    Parameters
    ----------
    tokens : sequence of str (T,)
        The sequence that was written.
    allowed : bool (T, V)
        What the mask let through at each step.
    symbols : sequence of str (V,)
        The vocabulary.
    """
    figure, axes = plt.subplots(figsize=(9.2, 0.7 + 0.36 * len(tokens)))
    shade = np.where(allowed, 1.0, 0.0)
    axes.imshow(shade, cmap="Greens", vmin=0, vmax=2.2, aspect="auto", interpolation="nearest")
    for step, token in enumerate(tokens):
        axes.text(
            symbols.index(token), step, "●", ha="center", va="center", color=OKABE_ITO[1],
            fontsize=11,
        )  # fmt: skip
    axes.set_xticks(range(len(symbols)), symbols, rotation=60, ha="right", fontsize=8)
    axes.set_yticks(range(len(tokens)), [f"{k + 1}: {t}" for k, t in enumerate(tokens)], fontsize=9)
    axes.set_xticks(np.arange(len(symbols) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(tokens) - 1) + 0.5, minor=True)
    axes.grid(False)
    axes.grid(which="minor", color=PAPER, linewidth=1.5)
    axes.tick_params(which="minor", length=0)
    return axes
