"""Pictures of formulas: the tree behind an expression, and how a stack evaluates its prefix form.

The film is an animated PNG, for the reasons that :mod:`symtut.lab.films` gives.
"""

from collections.abc import Iterable

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from symtut.expressions import CONSTANT, OPERATORS, VARIABLES, Expression
from symtut.expressions.operators import arity
from symtut.expressions.tree import split
from symtut.lab.animation import animated_png, shown_film
from symtut.lab.plots import INK, OKABE_ITO, PAPER

SIGNS = {"add": "+", "sub": "−", "mul": "×", "div": "÷", "neg": "−", "square": "( )²", "inv": "1/"}
GREEK = {"theta": "θ", "theta_dot": "θ̇", "omega": "ω", "psi": "ψ"}
OPERATOR, VARIABLE, NUMBER = OKABE_ITO[0], OKABE_ITO[2], OKABE_ITO[1]
MARK = OKABE_ITO[4]


def positions(prefix: tuple[str, ...]) -> np.ndarray:
    """Where the nodes of a tree stand: (N, 2), in prefix order; x in leaves, y minus the depth.

    Leaves stand side by side from the left, every other node above the middle of its arguments.
    """
    found = np.zeros((len(prefix), 2))
    leaves = iter(range(len(prefix)))

    def place(index: int, depth: int) -> float:
        below = [place(child, depth + 1) for child in arguments(prefix, index)]
        x = float(np.mean(below)) if below else float(next(leaves))
        found[index] = x, -depth
        return x

    place(0, 0)
    return found


def arguments(prefix: tuple[str, ...], index: int) -> list[int]:
    """Places in ``prefix`` where the arguments of the node at ``index`` begin."""
    places, start = [], index + 1
    for _ in range(arity(prefix[index])):
        places.append(start)
        start = split(prefix, start)
    return places


def token_text(
    token: str, constant: float | None = None, names: tuple[str, ...] = VARIABLES
) -> str:
    """What is written on a node: a sign, a function's name, a variable or a number."""
    if token == CONSTANT:
        return "C" if constant is None else f"{constant:.3g}".replace("-", "−")
    if token in VARIABLES:
        name = names[int(token[1:])]
        return GREEK.get(name, name)
    return SIGNS.get(token, token)


def draw_tree(
    expression: Expression,
    axes=None,
    *,
    names: tuple[str, ...] = VARIABLES,
    marked: Iterable[int] = (),
    numbered: bool = False,
    notes: dict[int, str] | None = None,
    title: str | None = None,
):
    """Draw a formula as a tree: operators blue, variables green, numbers red.

    Parameters
    ----------
    expression : Expression
        A skeleton is drawn with C for its numbers.
    names : tuple of str
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
    prefix = expression.prefix
    place, marked, notes = positions(prefix), set(marked), notes or {}
    axes = axes or plt.subplots(figsize=(1.2 + 0.85 * np.ptp(place[:, 0]), 3.2))[1]
    numbers = iter(expression.constants)
    for i, token in enumerate(prefix):
        for child in arguments(prefix, i):
            axes.plot(*place[[i, child]].T, color="#999999", linewidth=1.4, zorder=1)
        constant = next(numbers, None) if token == CONSTANT else None
        colour = OPERATOR if token in OPERATORS else NUMBER if token == CONSTANT else VARIABLE
        if i in marked:
            axes.scatter(*place[i], s=1250, color=MARK, alpha=0.55, linewidths=0, zorder=1.5)
        axes.scatter(*place[i], s=640, color="white", edgecolors=colour, linewidths=2, zorder=2)
        text = token_text(token, constant, names)
        size = 11 if len(text) <= 3 else 9 if len(text) <= 4 else 7.5
        axes.text(
            *place[i], text, ha="center", va="center_baseline", fontsize=size, color=INK, zorder=3
        )
        if numbered:
            axes.annotate(
                str(i), place[i], xytext=(19, 9), textcoords="offset points", ha="center",
                va="center", fontsize=8, color="#666666", zorder=3,
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.5},
            )  # fmt: skip
        if i in notes:
            axes.annotate(
                notes[i], place[i], xytext=(0, -22), textcoords="offset points", ha="center",
                va="center", fontsize=8.5, color=INK, fontweight="bold", zorder=4,
            )  # fmt: skip
    axes.set_xlim(place[:, 0].min() - 0.6, place[:, 0].max() + 0.6)
    axes.set_ylim(place[:, 1].min() - 0.55, 0.5)
    axes.axis("off")
    if title:
        axes.set_title(title)
    return axes


def stack_states(
    expression: Expression, point: np.ndarray
) -> list[tuple[int, float, tuple[float, ...]]]:
    """How a stack evaluates the prefix form, read from right to left, at one point (d,).

    Returns
    -------
    list of (place, value, stack)
        For each token, in the order of reading: its place in the prefix form, the value of the
        subtree that begins there, and the stack after it, bottom first.
    """
    numbers = iter(expression.constants[::-1])
    stack: list[float] = []
    states = []
    for i in reversed(range(len(expression.prefix))):
        token = expression.prefix[i]
        if token == CONSTANT:
            value = float(next(numbers))
        elif token in VARIABLES:
            value = float(point[int(token[1:])])
        else:
            operator = OPERATORS[token]
            value = float(operator.numpy(*(stack.pop() for _ in range(operator.arity))))
        stack.append(value)
        states.append((i, value, tuple(stack)))
    return states


def stack_film(
    expression: Expression,
    point: np.ndarray,
    *,
    names: tuple[str, ...] = VARIABLES,
    seconds: float = 1.4,
):
    """A film of the evaluation: the token that is read, the tree's values, the stack.

    Parameters
    ----------
    point : (d,) array-like
        Where the formula is evaluated.
    seconds : float
        Per token.

    Returns
    -------
    IPython.display.Image
    """
    data = stack_film_png(expression, point, names=names, seconds=seconds)
    return shown_film(data, f"Film: a stack evaluates {expression.text(names)}")


def stack_film_png(
    expression: Expression,
    point: np.ndarray,
    *,
    names: tuple[str, ...] = VARIABLES,
    seconds: float = 1.4,
) -> bytes:
    """The film of :func:`stack_film` as the bytes of an animated PNG file."""
    states = stack_states(expression, np.asarray(point, dtype=float))
    frames = [_frame(expression, states[:k], names) for k in range(len(states) + 1)]
    last = frames[-1].quantize(32, dither=Image.Dither.NONE)  # it has every colour
    frames = [frame.quantize(palette=last, dither=Image.Dither.NONE) for frame in frames]
    return animated_png(frames, [round(1000 * seconds)] * len(states) + [round(3000 * seconds)])


def _frame(expression: Expression, states, names) -> Image.Image:
    """One picture: what has been read so far."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.6, 3.6), width_ratios=[3, 1], dpi=66)
    reading = states[-1][0] if states else None
    notes = {i: _short(value) for i, value, _ in states}
    draw_tree(
        expression, left, names=names, notes=notes, marked=() if reading is None else (reading,)
    )
    numbers, words = iter(expression.constants), []
    for token in expression.prefix:
        constant = next(numbers) if token == CONSTANT else None
        words.append(
            token if token in OPERATORS else token_text(token, constant, names)
        )  # operators by name: that is how the prefix form writes them
    place = 0.0
    for i, word in enumerate(words):
        done = reading is not None and i >= reading
        left.text(
            place, 1.12, word, transform=left.transAxes, fontsize=10, family="monospace",
            color=INK if done else "#999999",
            bbox={"facecolor": MARK if i == reading else "none", "edgecolor": "none", "pad": 2},
        )  # fmt: skip
        place += (len(word) + 1) * 0.0205
    stack = states[-1][2] if states else ()
    right.set(xlim=(0, 1), ylim=(0, 5.2))
    right.axis("off")
    right.set_title("stack", loc="center")
    for height, value in enumerate(stack):
        top = height == len(stack) - 1
        right.add_patch(
            plt.Rectangle(
                (0.1, height + 0.1), 0.8, 0.8, facecolor=MARK if top else "white", edgecolor=INK,
                alpha=0.8,
            )
        )  # fmt: skip
        right.text(0.5, height + 0.5, _short(value), ha="center", va="center", fontsize=11)
    figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    plt.close(figure)
    return image


def _short(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
