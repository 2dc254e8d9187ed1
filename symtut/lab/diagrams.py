"""Diagrams of boxes and arrows: who hands what to whom."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from symtut.lab.style import INK, OKABE_ITO


def diagram(boxes: Sequence[tuple], arrows: Sequence[tuple], height: float = 9.0) -> Figure:
    """Boxes with text, and arrows between them, on a plane of 100 by 42.

    Parameters
    ----------
    boxes : sequence of (x, y, width, text, edge colour)
        ``x`` and ``y`` are the lower left corner.
    arrows : sequence of (start, end, text, place of the text, colour[, bend])
        ``bend`` is how far an arrow leaves the straight line, as a share of its length.
    height : float
        Of every box.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(figsize=(8.6, 3.3))
    axes.set(xlim=(0, 100), ylim=(0, 42))
    axes.axis("off")
    for x, y, width, text, colour in boxes:
        axes.add_patch(
            FancyBboxPatch(
                (x, y), width, height, boxstyle="round,pad=0.4,rounding_size=1.5",
                facecolor="white", edgecolor=colour, linewidth=1.6,
            )
        )  # fmt: skip
        axes.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=9.5)
    for start, end, text, at, colour, *bend in arrows:
        axes.add_patch(
            FancyArrowPatch(
                start, end, arrowstyle="-|>", mutation_scale=12, color=colour, linewidth=1.4,
                connectionstyle=f"arc3,rad={bend[0] if bend else 0.0}", shrinkA=0, shrinkB=0,
            )
        )  # fmt: skip
        axes.text(at[0], at[1], text, ha="center", va="center", fontsize=8.5, color=colour)
    return figure


def loop_diagram() -> Figure:
    """The model-based loop (paper, algorithm 1): three buffers, one exchangeable model.

    The model is blue, practice in imagination green, the real world black.

    Returns
    -------
    matplotlib.figure.Figure
    """
    model, real, practice = OKABE_ITO[0], INK, OKABE_ITO[2]
    boxes = [
        (1, 31, 17, "real\nenvironment", real),
        (30, 31, 16, "$B_E$\nall real data", real),
        (55, 31, 18, "transformer +\nconstants", model),
        (82, 31, 17, "equations:\nworld model", model),
        (30, 16, 16, "$B_{EM}$\nrecent states", real),
        (82, 1, 17, "imagined\nrollouts", practice),
        (55, 1, 18, "$B_\\pi$\nimagined data", practice),
        (1, 1, 17, "policy\n(SAC)", practice),
    ]
    arrows = [
        ((18.6, 35.5), (29.4, 35.5), "steps", (24, 37.2), real),
        ((46.6, 35.5), (54.4, 35.5), "fit", (50.5, 37.2), real),
        ((73.6, 35.5), (81.4, 35.5), "write", (77.5, 37.2), model),
        ((93, 30.4), (93, 10.6), "predict", (96.6, 22), model),
        ((38, 30.4), (38, 25.6), "copy", (41, 28), real),
        ((46.6, 20.5), (86, 10.6), "rollouts start here", (63, 23.2), real, -0.2),
        ((81.4, 5.5), (73.6, 5.5), "store", (77.5, 7.2), practice),
        ((54.4, 5.5), (18.6, 5.5), "updates on batches", (36.5, 7.2), practice),
        ((9.5, 10.6), (9.5, 30.4), "actions", (13.5, 20.5), real),
    ]
    return diagram(boxes, arrows)
