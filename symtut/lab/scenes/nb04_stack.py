"""How a stack evaluates the prefix form of a formula: the states, and a film of them."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from PIL import Image

from symtut.expressions import CONSTANT, OPERATORS, VARIABLES, Expression
from symtut.lab import films
from symtut.lab.style import INK
from symtut.lab.trees import HALO, draw_tree, token_text


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
) -> "films.Film":
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
    states = stack_states(expression, np.asarray(point, dtype=float))
    frames = [_frame(expression, states[:k], names) for k in range(len(states) + 1)]
    description = f"Film: a stack evaluates {expression.text(names)}"
    return films.film(frames, round(1000 * seconds), description, hold=3)


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
            bbox={"facecolor": HALO if i == reading else "none", "edgecolor": "none", "pad": 2},
        )  # fmt: skip
        place += (len(word) + 1) * 0.0205
    stack = states[-1][2] if states else ()
    right.set(xlim=(0, 1), ylim=(0, 5.2))
    right.axis("off")
    right.set_title("stack", loc="center")
    for height, value in enumerate(stack):
        top = height == len(stack) - 1
        right.add_patch(
            Rectangle(
                (0.1, height + 0.1), 0.8, 0.8, facecolor=HALO if top else "white", edgecolor=INK,
                alpha=0.8,
            )
        )  # fmt: skip
        right.text(0.5, height + 0.5, _short(value), ha="center", va="center", fontsize=11)
    return films.photographed(figure)


def _short(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")
