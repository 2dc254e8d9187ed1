"""The house style of figures: one colour, dash and marker a method, everywhere in the course.

Colours are those of Okabe and Ito (Color Universal Design, 2008), which stay apart under the
common colour-vision deficiencies. Figures have a solid light background, so they read the same in
a dark notebook.
"""

import base64
import io

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

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
REGRESSOR_COLOUR = {
    "transformer+sparse": OKABE_ITO[6],
    "prior+sparse": "#8a6d3b",
    "transformer": OKABE_ITO[0],
    "transformer+prior": OKABE_ITO[5],
    "prior": OKABE_ITO[4],
    "sparse": OKABE_ITO[2],
    "pyoperon": OKABE_ITO[1],
    "pysindy": OKABE_ITO[3],
    "gplearn": "#888888",
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
            "axes.prop_cycle": cycler(color=OKABE_ITO),
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
            "font.size": 10,
            "lines.linewidth": 1.8,
            "legend.frameon": False,
        }
    )


def show_figure(figure: Figure, alt: str) -> None:
    """Show a figure at twice the screen's resolution.

    Parameters
    ----------
    alt : str
        What is to be seen in it, for readers who cannot see it.
    """
    from IPython.display import display  # which scripts that only draw need not have

    data, metadata = as_output(figure, alt)
    display(data, metadata=metadata, raw=True)


def as_output(figure: Figure, alt: str) -> tuple[dict, dict]:
    """(data, metadata) of a cell's output: the figure at twice the resolution, now closed."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=2 * figure.dpi)
    width, height = (int(size * figure.dpi) for size in figure.get_size_inches())
    plt.close(figure)
    about = {"alt": alt, "width": width, "height": height}
    data = {"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": alt}
    return data, {"image/png": about}


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


def plain_log_axis(axes: Axes) -> None:
    """100, 200, 500, 1,000 along a logarithmic axis of steps, instead of powers of ten."""
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="x", labelsize=8.5)
