"""The house style of figures, and the figures that several notebooks share.

Colours are those of Okabe and Ito (Color Universal Design, 2008), which stay apart under the
common colour-vision deficiencies; each method keeps its colour and marker through the course.
Figures have a solid light background, so they read the same in a dark notebook.
"""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from symtut.experiments import statistics as st
from symtut.experiments.tables import Curves, RunRecord, cell_order

INK, GRID, PAPER = "#222222", "#DDDDDD", "#FCFCFC"
OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#222222")
METHOD_COLOUR = {
    "symbolic": "#0072B2",
    "oracle": "#222222",
    "sparse": "#009E73",
    "mbpo": "#D55E00",
    "sac": "#E69F00",
    "dreamer": "#CC79A7",
    "random": "#888888",
}
# Never colour alone: lines differ in dash and marker as well.
METHOD_LINE = {
    "symbolic": ("-", "o"),
    "oracle": ("--", "s"),
    "sparse": ("-.", "^"),
    "mbpo": (":", "D"),
    "sac": ("-", "v"),
    "dreamer": ("--", "P"),
    "random": (":", "x"),
}
UNITS = {
    "theta": (r"angle $\theta$", "rad"),
    "theta_dot": (r"angular velocity $\dot\theta$", "rad/s"),
    "u": (r"torque $u$", "N m"),
}


def use_style() -> None:
    """Make the house style matplotlib's default for this session."""
    mpl.rcParams.update(
        {
            "figure.figsize": (7.0, 3.4),
            "figure.dpi": 90,
            "figure.facecolor": PAPER,
            "figure.constrained_layout.use": True,
            "savefig.facecolor": PAPER,
            "axes.facecolor": PAPER,
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": GRID,
            "grid.linewidth": 0.6,
            "axes.axisbelow": True,
            "axes.prop_cycle": mpl.cycler(color=OKABE_ITO),
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "font.size": 10,
            "lines.linewidth": 1.8,
            "legend.frameon": False,
        }
    )


def label(name: str) -> str:
    """Axis label with its unit, ``label("theta_dot")`` → "angular velocity … (rad/s)"."""
    text, unit = UNITS.get(name, (name, ""))
    return f"{text} ({unit})" if unit else text


def method_style(method: str) -> dict:
    """Keyword arguments for ``Axes.plot``: the method's colour, dash and marker."""
    dash, marker = METHOD_LINE[method]
    return {"color": METHOD_COLOUR[method], "linestyle": dash, "marker": marker, "markersize": 4}


def break_wraps(angle: np.ndarray) -> np.ndarray:
    """An angle's time series with NaN where it jumps by 2π, so no line crosses the figure."""
    angle = np.array(angle, dtype=float)
    angle[1:][np.abs(np.diff(angle)) > np.pi] = np.nan
    return angle


def loop_diagram():
    """The model-based loop (paper, algorithm 1): three buffers, one exchangeable model.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(figsize=(8.6, 3.3))
    axes.set(xlim=(0, 100), ylim=(0, 41.5))
    axes.axis("off")
    model, real, learn = "#0072B2", "#222222", "#D55E00"
    boxes = [  # x, y, width, text, edge colour
        (1, 31, 17, "real\nenvironment", real),
        (30, 31, 16, "$B_E$\nall real data", real),
        (55, 31, 18, "transformer +\nconstants", model),
        (82, 31, 17, "equations:\nworld model", model),
        (30, 16, 16, "$B_{EM}$\nrecent states", real),
        (82, 1, 17, "imagined\nrollouts", model),
        (55, 1, 18, "$B_\\pi$\nimagined data", learn),
        (1, 1, 17, "policy\n(SAC)", learn),
    ]
    for x, y, width, text, colour in boxes:
        axes.add_patch(
            FancyBboxPatch(
                (x, y), width, 9, boxstyle="round,pad=0.4,rounding_size=1.5",
                facecolor="white", edgecolor=colour, linewidth=1.6,
            )
        )  # fmt: skip
        axes.text(x + width / 2, y + 4.5, text, ha="center", va="center", fontsize=9.5)

    def arrow(start, end, text, at, colour, bend=0.0):
        axes.add_patch(
            FancyArrowPatch(
                start, end, arrowstyle="-|>", mutation_scale=12, color=colour, linewidth=1.4,
                connectionstyle=f"arc3,rad={bend}", shrinkA=0, shrinkB=0,
            )
        )  # fmt: skip
        axes.text(*at, text, ha="center", va="center", fontsize=8.5, color=colour)

    arrow((18.6, 35.5), (29.4, 35.5), "steps", (24, 37.2), real)
    arrow((46.6, 35.5), (54.4, 35.5), "fit", (50.5, 37.2), real)
    arrow((73.6, 35.5), (81.4, 35.5), "write", (77.5, 37.2), model)
    arrow((93, 30.4), (93, 10.6), "predict", (96.6, 22), model)
    arrow((38, 30.4), (38, 25.6), "copy", (41, 28), real)
    arrow((46.6, 20.5), (86, 10.6), "rollouts start here", (63, 23.2), real, bend=-0.2)
    arrow((81.4, 5.5), (73.6, 5.5), "store", (77.5, 7.2), model)
    arrow((54.4, 5.5), (18.6, 5.5), "updates on batches", (36.5, 7.2), learn)
    arrow((9.5, 10.6), (9.5, 30.4), "actions", (13.5, 20.5), learn)
    return figure


def learning_curve(
    steps, mean, std=None, *, method="symbolic", label=None, axes=None, xlabel, marks=()
):
    """Mean return over training, with a band of one standard deviation over start states.

    Parameters
    ----------
    steps, mean, std : (K,) array-like
    marks : sequence of (value, text)
        Horizontal lines to compare with, for instance the best possible return.
    """
    axes = axes or plt.subplots()[1]
    mean = np.asarray(mean, dtype=float)
    axes.plot(steps, mean, label=label or method, **method_style(method))
    if std is not None:
        std = np.asarray(std, dtype=float)
        colour = METHOD_COLOUR[method]
        axes.fill_between(steps, mean - std, mean + std, color=colour, alpha=0.15, linewidth=0)
    for level, text in marks:
        axes.axhline(level, color=INK, linewidth=1, linestyle=":")
        axes.annotate(
            text, (0, level), xycoords=("axes fraction", "data"), xytext=(4, 3),
            textcoords="offset points", ha="left", fontsize=8.5,
        )  # fmt: skip
    axes.set(xlabel=xlabel, ylabel="return of one episode")
    return axes


def sample_efficiency(curves: dict[tuple[str, str], Curves], task: str, threshold=None, axes=None):
    """Return over real steps: the interquartile mean of each method, its band, and every seed.

    A method that is evaluated at one number of steps only (all its real steps come first) is a
    point with a bar, a little to the right of another at the same number. The axis of steps is
    logarithmic: methods differ by orders of magnitude.

    Parameters
    ----------
    curves : dict
        From :func:`symtut.experiments.tables.collect` or ``read_curves("curves.csv")``.
    task : str
    threshold : float, optional
        Return that counts as solved; a dotted line.
    """
    axes = axes or plt.subplots()[1]
    taken: list[int] = []  # steps of the points so far: those at the same steps stand side by side
    for cell in sorted((cell for cell in curves if cell[0] == task), key=cell_order):
        found, method = curves[cell], cell[1]
        colour, (dash, marker) = METHOD_COLOUR[method], METHOD_LINE[method]
        steps, text = found.env_steps, f"{method} ({len(found.seeds)} seeds)"
        middle, low, high = st.curve_band(found.returns)
        faint = {"color": colour, "alpha": 0.3, "linewidth": 0.7, "zorder": 1.5}
        if len(steps) == 1:
            aside = taken.count(steps[0])
            taken.append(steps[0])
            steps = steps * 1.1**aside
            at = np.full(len(found.seeds), steps[0])
            axes.plot(at, found.returns[:, 0], "_", **faint | {"markersize": 9})
            axes.errorbar(
                steps, middle, [middle - low, high - middle], color=colour, fmt=marker,
                markersize=6, capsize=4, label=text, zorder=3,
            )  # fmt: skip
            continue
        # A step, not a slope: between two evaluations the policy is the one evaluated before.
        axes.plot(steps, found.returns.T, drawstyle="steps-post", **faint)
        axes.fill_between(steps, low, high, step="post", color=colour, alpha=0.18, linewidth=0)
        axes.plot(
            steps, middle, drawstyle="steps-post", color=colour, linestyle=dash, marker=marker,
            markersize=4, markevery=max(1, len(steps) // 12), label=text, zorder=3,
        )  # fmt: skip
    if threshold is not None:
        axes.axhline(threshold, color=INK, linewidth=1, linestyle=":")
        axes.annotate(
            f"threshold {threshold:g}", (0.5, threshold), xycoords=("axes fraction", "data"),
            xytext=(0, 3), textcoords="offset points", ha="center", fontsize=8.5,
        )  # fmt: skip
    axes.set(title=task, xscale="log", xlabel="real environment steps", ylabel="mean return")
    plain_log_axis(axes)
    axes.legend(fontsize=8.5)
    return axes


def plain_log_axis(axes) -> None:
    """100, 200, 500, 1,000 along a logarithmic axis of steps, instead of powers of ten."""
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="x", labelsize=8.5)


def steps_to_threshold(records: list[RunRecord], task: str, axes=None):
    """Real steps until a task was solved: median and 95 % interval of each method, and every run.

    A run that never got there is an open triangle at the steps that it spent: it needs more than
    that. An interval or a median without an upper end is an arrow.

    Parameters
    ----------
    records : list of RunRecord
        From :func:`symtut.experiments.tables.collect` or ``read_runs("runs.csv")``.
    """
    axes = axes or plt.subplots()[1]
    methods = {r.method for r in records if r.task == task}
    methods = sorted(methods, key=lambda method: cell_order((task, method)))
    for row, method in enumerate(methods):
        runs = [r for r in records if (r.task, r.method) == (task, method)]
        waits = st.censored([r.steps_to_threshold for r in runs], [r.env_steps for r in runs])
        value, low, high = st.steps_to_threshold(waits)
        colour, (_, marker) = METHOD_COLOUR[method], METHOD_LINE[method]
        solved, spent = waits[:, 1] > 0, waits[:, 0].max()
        # Runs below the line, one beside the other; seeds in order.
        below = row + 0.16 + 0.2 * np.arange(len(runs)) / max(len(runs) - 1, 1)
        axes.plot(
            waits[solved, 0], below[solved], ".", color=colour, alpha=0.5, markersize=5,
        )  # fmt: skip
        axes.plot(
            waits[~solved, 0], below[~solved], ">", color=colour, alpha=0.7, markersize=5,
            markerfacecolor="none",
        )  # fmt: skip
        if np.isfinite(low):
            axes.plot([low, min(high, spent)], [row, row], color=colour, linewidth=2.4)
        if np.isinf(high):
            axes.annotate(
                "", (spent * 1.35, row), (spent, row),
                arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 1.6},
            )  # fmt: skip
        open_ended = np.isinf(value)
        axes.plot(
            spent if open_ended else value, row, marker, color=colour, markersize=8, zorder=3,
            markerfacecolor=PAPER if open_ended else colour,
        )  # fmt: skip
        text = f"> {spent:.0f}" if open_ended else f"{value:.0f}"
        axes.annotate(
            f"{text}, {solved.sum()} of {len(runs)}", (spent if open_ended else value, row),
            xytext=(0, 7), textcoords="offset points", ha="center", fontsize=8.5,
        )  # fmt: skip
    axes.set(title=task, xscale="log", xlabel="real environment steps to the threshold")
    plain_log_axis(axes)
    axes.set_yticks(range(len(methods)), methods)
    axes.set_ylim(len(methods) - 0.4, -0.6)  # the first on top
    axes.margins(x=0.15)
    return axes
