"""Functions of one world as examples, models with adapters, and the figures of notebook 08."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from symtut.expressions import Expression, Grammar, canonical_terms, decode, terms_of
from symtut.lab.style import INK, OKABE_ITO
from symtut.regression.problems.holdout import skeleton_key
from symtut.regression.search.fits import Terms
from symtut.regression.transformer.examples import PRESETS, Batch, make_chunk
from symtut.regression.transformer.finetuning import FinetuneConfig
from symtut.regression.transformer.model import FormulaTransformer
from symtut.regression.transformer.weights import add_adapters, fresh_copy
from symtut.regression.transformer.world_functions import WorldFunctions
from symtut.tasks.base import Task


def general_points(count: int) -> list[np.ndarray]:
    """Two columns of the points of ``count`` examples of the pretraining, (n, 2) each."""
    drawn = [batch for chunk in (0, 1) for batch in make_chunk(PRESETS["tiny"], chunk)]
    rows = [(b, row) for b in drawn for row in range(len(b.y)) if b.n_variables[row] == 3]
    return [batch.x[row, :, :2].numpy() for batch, row in rows[:count]]


def written(terms: Terms, names: tuple[str, ...]) -> str:
    """A skeleton with a world's names; the coefficient of each term is left out."""
    return " + ".join(Expression(term).text(names) for term in terms)


def key(expression: Expression) -> int:
    """The skeleton's key of an expression."""
    return skeleton_key(terms_of(expression.prefix))


def truths(task: Task, names: tuple[str, ...]) -> dict[str, Terms]:
    """The skeletons of the task's true equations, by the names of the states."""
    texts = zip(task.state_names, task.true_equations or (), strict=True)
    return {name: terms_of(Expression.from_text(text, names).prefix) for name, text in texts}


def batches(
    world: WorldFunctions | None, chunks: int, size: int, points: tuple[int, int], seed: int,
    held_out: bool = False,
) -> list[Batch]:  # fmt: skip
    """``chunks`` times ``size`` functions of ``world``, or of the pretraining (None), in batches.

    Parameters
    ----------
    points : (int, int)
        Fewest and most points of a function.
    held_out : bool
        Functions that no training sees.
    """
    config = FinetuneConfig(
        model=fresh_copy("general").config, chunk_size=size, points=points, seed=seed
    )
    draw = make_chunk if world is None else world.make_chunk
    return [batch for k in range(chunks) for batch in draw(config, k, held_out=held_out)]


def general_model(rank: int = 0) -> FormulaTransformer:
    """The general transformer; with a ``rank`` only adapters of that rank are trainable."""
    model = fresh_copy("general")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if rank:
            add_adapters(model, rank)
    return model


def trainable(model: FormulaTransformer) -> int:
    """How many numbers a training would change."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def loss_of(model: FormulaTransformer, batch: Batch) -> torch.Tensor:
    """Mean loss in nats a token, (), with gradients."""
    return model.loss(batch.x, batch.y, batch.n_variables, batch.tokens)[0]


@torch.no_grad()
def batch_losses(model: FormulaTransformer, held_out: list[Batch]) -> np.ndarray:
    """Loss of each batch in nats a token, (batches,)."""
    return np.array([float(loss_of(model.eval(), batch)) for batch in held_out])


def general_draws(n: int, n_variables: int, generator: np.random.Generator) -> list[Terms]:
    """``n`` canonical skeletons from the prior of the general weights; unusable ones are ()."""
    codes = Grammar().sample_codes(np.full(n, n_variables), generator)
    return [canonical_terms(decode(row)) if row[0] else () for row in codes]


# ---- figures -------------------------------------------------------------------------------------


def points_of_two_worlds(
    general: list[np.ndarray], world: np.ndarray, names: tuple[str, ...]
) -> Figure:
    """Where random functions are looked at in pretraining (some draws), and in a world.

    Parameters
    ----------
    general : list of (n, 2) arrays
        Standardised points of examples of the pretraining.
    world : (n, 2) array
        Two columns that a random policy visited, in the order of time; ``names`` labels them.
    """
    figure = plt.figure(figsize=(9.4, 3.4))
    ((left, right),) = figure.subfigures(1, 2, squeeze=False, width_ratios=(1.25, 1))
    axes = left.subplots(2, 3)
    for k, (ax, points) in enumerate(zip(axes.flat, general, strict=False)):
        ax.plot(points[:, 0], points[:, 1], ".", markersize=3, color=OKABE_ITO[k % 6])
        ax.set(xticks=[], yticks=[])
    left.suptitle("six examples of the pretraining", fontsize=10)
    ax = right.subplots()
    ax.plot(world[:, 0], world[:, 1], ".", markersize=2.5, color=OKABE_ITO[0])
    ax.set(xlabel=names[0], ylabel=names[1])
    right.suptitle("one world: what a random policy visits", fontsize=10)
    return figure


def bits_chart(bits: dict[str, dict[str, float]]) -> Figure:
    """Bits that each equation costs, for each prior: ``{equation: {prior: bits}}``.

    NaN stands for an equation that was never drawn.
    """
    figure, ax = _bars(bits, 0.55, ".1f")
    ax.set(xlabel="bits: −log₂ of the chance to draw it")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, fontsize=8.5)
    return figure


def _bars(table: dict[str, dict[str, float]], height: float, digits: str):
    """Horizontal bars with their values: a group for each row, a colour for each column."""
    figure, ax = plt.subplots(figsize=(7.4, 0.6 + height * len(table)))
    columns = list(next(iter(table.values())))
    for k, column in enumerate(columns):
        at = np.arange(len(table)) + 0.36 * (k - (len(columns) - 1) / 2)
        values = [row[column] for row in table.values()]
        ax.barh(at, np.nan_to_num(values), 0.34, color=OKABE_ITO[k], label=column)
        for y, value in zip(at, values, strict=True):
            text = " never drawn" if np.isnan(value) else f" {value:{digits}}"
            ax.text(0 if np.isnan(value) else value, y, text, va="center", fontsize=8.5)
    ax.set_yticks(range(len(table)), list(table))
    ax.invert_yaxis()
    ax.grid(axis="y", visible=False)
    ax.margins(x=0.15)
    return figure, ax


def ranks_of_a_change(ranks: Sequence[int], errors: Sequence[float], shapes: tuple) -> Figure:
    """What two thin matrices of each rank leave of a change of weights, and how many numbers.

    Parameters
    ----------
    errors : as many as ``ranks``
        Largest difference of the outputs over the largest change of an output.
    shapes : (m, n) of the matrix
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.0))
    left.semilogy(ranks, errors, "o-", color=OKABE_ITO[0])
    left.set(xlabel="rank r", ylabel="what is missing, relative", title="Outputs of the layer")
    right.plot(ranks, [r * sum(shapes) for r in ranks], "o-", color=OKABE_ITO[0], label="U and D")
    right.axhline(np.prod(shapes), color=INK, linestyle="--", label="W itself")
    right.set(xlabel="rank r", ylabel="numbers", title="Size")
    right.legend(fontsize=8.5)
    return figure


def training_losses(curves: dict[str, list[float]], window: int = 4) -> Figure:
    """Training losses over updates, as running means of ``window`` batches."""
    figure, axes = plt.subplots(figsize=(7, 3.2))
    for (name, curve), line in zip(curves.items(), ("-", "--", "-.", ":"), strict=False):
        width = min(window, len(curve))
        smooth = np.convolve(curve, np.ones(width) / width, "valid")
        axes.plot(np.arange(width, len(curve) + 1), smooth, line, label=name)
    axes.set(xlabel="updates", ylabel="training loss (nats a token)")
    axes.legend(fontsize=8.5)
    return figure


def changes_of_loss(changes: dict[str, dict[str, tuple[float, float]]]) -> Figure:
    """``{weights: {functions: (mean change, two standard errors)}}`` in nats a token, as bars."""
    kinds = list(next(iter(changes.values())))
    figure, panels = plt.subplots(
        1, len(kinds), figsize=(8.4, 0.9 + 0.4 * len(changes)), sharey=True
    )
    for axes, kind, colour in zip(panels, kinds, OKABE_ITO, strict=False):
        means, errors = np.array([change[kind] for change in changes.values()]).T
        axes.barh(range(len(means)), means, xerr=errors, color=colour, error_kw={"capsize": 3})
        axes.axvline(0, color=INK, linewidth=1)
        axes.set_xscale("symlog", linthresh=0.1)  # hundredths and whole nats in one picture
        axes.set_xticks([-0.1, -0.05, 0, 0.05, 0.1, 1], ["−0.1", "", "0", "", "0.1", "1"])
        axes.set(title=kind, xlabel="change of the loss (nats a token)")
    panels[0].set_yticks(range(len(changes)), list(changes))
    panels[0].invert_yaxis()
    return figure


def ratios_chart(ratios: dict[str, dict[str, float]]) -> Figure:
    """``{task: {proposer: points needed, over those of the reference}}`` as bars."""
    figure, axes = plt.subplots(figsize=(7, 2.8))
    proposers = list(next(iter(ratios.values())))
    for k, (task, row) in enumerate(ratios.items()):
        for j, proposer in enumerate(proposers):
            value, place = row[proposer], j + 0.36 * (k - (len(ratios) - 1) / 2)
            drawn = value if np.isfinite(value) else 0.0
            axes.bar(place, drawn, 0.34, color=OKABE_ITO[k], label=task if j == 0 else None)
            text = (
                "0: the reference never" if value == 0 else "" if np.isfinite(value) else "nobody"
            )
            axes.annotate(text, (place, 0.02), rotation=90, ha="center", va="bottom", fontsize=8)
    axes.axhline(1, color=INK, linewidth=1, linestyle=":")
    axes.set_xticks(range(len(proposers)), proposers)
    axes.set(ylabel="points needed, relative")
    axes.legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


def two_formulas(headings: np.ndarray, formulas: dict) -> Figure:
    """Two formulas for a car's Δy over its heading, and the headings (N,) in rad of the data."""
    angle = np.linspace(-np.pi, np.pi, 400)
    figure, axes = plt.subplots(figsize=(6.5, 2.8))
    looks: tuple[dict[str, Any], ...] = (
        {"color": "#BBBBBB", "linewidth": 6}, {"color": OKABE_ITO[0]},
    )  # fmt: skip
    for (name, formula), look in zip(formulas.items(), looks, strict=True):
        axes.plot(angle, formula(1.0, angle), **look, label=name)
    seen = np.angle(np.exp(1j * headings))
    axes.plot(seen, 0 * seen - 0.11, "|", color=OKABE_ITO[1], label="headings in the data")
    axes.set(xlabel="new heading ψ′ (rad)", ylabel="Δy at 1 m/s (m)")
    axes.legend(fontsize=8.5)
    return figure
