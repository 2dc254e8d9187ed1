"""Figures of random functions, of training examples, and a film of a formula being written."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from symtut.expressions import CONSTANT, Examples, Expression
from symtut.expressions.evaluate import SYMBOLS
from symtut.expressions.tree import children
from symtut.lab import films
from symtut.lab.style import INK, OKABE_ITO, PAPER
from symtut.lab.trees import draw_tree, strip, words
from symtut.regression.transformer.examples import Batch
from symtut.regression.transformer.features import point_features


def writing(
    steps: Sequence[tuple[Sequence[str], Sequence[str]]], seconds: float = 1.1
) -> "films.Film":
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
    """
    frames = [_writing_frame(written, waiting) for written, waiting in steps]
    return films.film(frames, round(1000 * seconds), "Film: a formula is written", hold=3)


def _writing_frame(written, waiting) -> Image.Image:
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(6.4, 3.4), height_ratios=[3.4, 1], dpi=80, facecolor=PAPER
    )
    draw_tree([*written, *waiting], top)
    strip(
        {"written": list(written) or [""], "waiting": [w.lower() for w in waiting] or [""]},
        bottom, width=10,
    )  # fmt: skip
    return films.photographed(figure)


def example_tree(text: str) -> Axes:
    """A formula given as text as a tree, with it and its prefix form above."""
    expression = Expression.from_text(text)
    return draw_tree(expression.prefix, title=f"{expression}\n{' '.join(expression.prefix)}")


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


def panel(
    expression: Expression,
    x: np.ndarray,
    y: np.ndarray,
    axes: Axes,
    fixed: Sequence[float] = (),
) -> None:
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


def wall(examples: Examples, chosen: Sequence[int], columns: int = 3) -> Figure:
    """Several random functions, each with its formula: points in, formula out.

    Parameters
    ----------
    examples : Examples
        Functions of one or two variables.
    chosen : sequence of int
        Which of them.
    """
    rows = -(-len(chosen) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(2.5 * columns, 2.1 * rows), squeeze=False)
    for axes, i in zip(grid.flat, chosen, strict=False):
        d = int(examples.n_variables[i])
        panel(examples.expression(i), examples.x[i, :, :d].numpy(), examples.y[i].numpy(), axes)
        axes.set_title(formula(examples.expression(i)), fontsize=7)
    return figure


def training_example(batch: Batch, row: int) -> Figure:
    """One training example: its points, what is made of them for the encoder, and its tokens.

    Parameters
    ----------
    batch : Batch
        Of :func:`symtut.regression.transformer.examples.make_chunk`.
    row : int
    """
    d = int(batch.n_variables[row])
    x, y = batch.x[row, :, :d].numpy(), batch.y[row].numpy()
    features = point_features(batch.x[[row]], batch.y[[row]], batch.n_variables[[row]])[0]
    figure = plt.figure(figsize=(7.8, 3.9))
    (top,), (bottom,) = figure.subfigures(2, 1, squeeze=False, height_ratios=[4, 1])
    left, right = top.subplots(1, 2, width_ratios=[1, 1.5])
    if d == 1:
        left.plot(x[:, 0], y, ".", color=OKABE_ITO[1])
        left.set(xlabel="x0", ylabel="y (standardised)")
    else:
        shown = left.scatter(x[:, 0], x[:, 1], c=y, s=14, cmap=plt.get_cmap("cividis", 12))
        left.set(xlabel="x0", ylabel="x1")
        top.colorbar(shown, ax=left, label="y (standardised)")
    left.set_title(f"{len(y)} points of {d} variable{'s' if d > 1 else ''}")
    ordered = features[np.argsort(x[:, 0])].numpy()
    image = right.imshow(
        # few colours: the pictures of the notebooks are kept with a palette
        ordered.T, aspect="auto", cmap=plt.get_cmap("RdBu_r", 13), vmin=-3, vmax=3,
        interpolation="nearest",
    )  # fmt: skip
    middles, names = 6 * np.arange(5) + 2.5, ["x/4", "asinh x", "sin x", "cos x", "in use?"]
    right.set_yticks([*middles, 30.5], [*names, "y, asinh 10y"], fontsize=8)
    for edge in (5.5, 11.5, 17.5, 23.5, 29.5):
        right.axhline(edge, color=INK, linewidth=0.6)
    right.grid(False)
    right.set(xlabel="points, sorted by x0 for the eye", title="what the encoder reads")
    top.colorbar(image, ax=right, label="value")
    strip({"answer": words(batch.tokens[row].tolist())}, bottom.subplots())
    return figure


def mask_chart(tokens: Sequence[str], allowed: np.ndarray) -> Axes:
    """Which token may follow, step by step.

    Parameters
    ----------
    tokens : sequence of str (T,)
        The sequence that was written.
    allowed : bool (T, V)
        What the mask let through at each step, over the vocabulary.
    """
    figure, axes = plt.subplots(figsize=(8.6, 0.7 + 0.36 * len(tokens)))
    shade = np.where(allowed, 1.0, 0.0)
    axes.imshow(shade, cmap="Greens", vmin=0, vmax=2.2, aspect="auto", interpolation="nearest")
    for step, token in enumerate(tokens):
        axes.text(
            SYMBOLS.index(token), step, "●", ha="center", va="center", color=OKABE_ITO[1],
            fontsize=11,
        )  # fmt: skip
    axes.set_xticks(range(len(SYMBOLS)), SYMBOLS, rotation=60, ha="right", fontsize=8)
    axes.set_yticks(range(len(tokens)), [f"{k + 1}: {t}" for k, t in enumerate(tokens)], fontsize=9)
    axes.set_xticks(np.arange(len(SYMBOLS) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(tokens) - 1) + 0.5, minor=True)
    axes.grid(False)
    axes.grid(which="minor", color=PAPER, linewidth=1.5)
    axes.tick_params(which="minor", length=0)
    return axes
