"""How a fitted regressor is shown: text, notebook, table, figure, and functions for elsewhere."""

import copy
import html
import math
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from symtut.errors import InputError, did_you_mean
from symtut.expressions.arrays import as_numbers, as_tensor
from symtut.expressions.code import LANGUAGES, code
from symtut.expressions.domains import domain_text, values_inside
from symtut.regression.data.columns import chosen

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from sympy import Expr

    from symtut.expressions import Expression

TERMINAL_WIDTH = 80
"""Columns of a terminal that the printed front fits into."""

MOST_LINES = 3
"""Lines that an equation takes in the printed front; only the best one is never cut."""

_COLUMNS = ("complexity", "r2", "r2_holdout", "loss", "score", "equation", "domain", "source")


SMALLEST = 1e-16
"""1 − R² below it is rounding: that is where exact equations are drawn."""

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _RIM = 300, 170, 46, 32, 10  # pixels


class Presentation:
    """What ``SymbolicRegressor`` shows of its equations, and hands on to other programs.

    ``index`` is always a place in ``equations_``; None is the best, the first.
    """

    equations_: list[dict]
    names_: tuple[str, ...]
    columns_: tuple[int, ...]
    expression: Callable[..., "Expression"]

    def __str__(self):
        """The parameters that differ from the defaults, and the front, shortest equation first."""
        lines = textwrap.wrap(
            repr(self), TERMINAL_WIDTH, subsequent_indent="    ", break_on_hyphens=False
        )
        if not hasattr(self, "equations_"):
            return "\n".join([*lines, "not fitted yet: call fit(X, y)."])
        return "\n".join([*lines, *front_text(self)])

    def _repr_html_(self):
        """The front for a notebook: equations as LaTeX, and a small figure."""
        if not hasattr(self, "equations_"):
            return front_html(str(self), [])
        rows = [(i, row, self.latex(i), self.domain(i)) for i, row in _front(self)]
        return front_html(repr(self), rows)

    def table(self) -> "pd.DataFrame":
        """The equations as a pandas ``DataFrame``, the best first; its index is theirs.

        Columns: ``complexity`` (nodes), ``r2``, ``r2_holdout``, ``loss`` (mean squared error, units
        of y²), ``score`` (nats per point, higher is better), ``equation``, ``domain`` (text, empty:
        defined everywhere) and ``source``.

        Raises
        ------
        InputError
            Before ``fit``, or if pandas is not installed.
        """
        self.expression()  # says so if there is none
        try:
            import pandas
        except ImportError as error:
            raise InputError("table() needs pandas: pip install pandas.") from error
        rows = [row | {"domain": self.domain(i)} for i, row in enumerate(self.equations_)]
        return pandas.DataFrame(rows, columns=list(_COLUMNS)).rename_axis("index")

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """The front: 1 − R² over the number of nodes, on the points and on held-out ones.

        Parameters
        ----------
        ax : matplotlib axes, optional
            Where to draw; new ones by default.

        Returns
        -------
        the axes

        Raises
        ------
        InputError
            Before ``fit``, or for what are no axes.
        """
        self.expression()
        if ax is None:
            from matplotlib import pyplot

            ax = pyplot.subplots(figsize=(5.5, 3.5), layout="constrained")[1]
        if not hasattr(ax, "semilogy"):
            raise InputError(f"ax must be matplotlib axes, not {ax!r:.60}.")
        front = [row for _, row in _front(self)]
        best, nodes = self.equations_[0], [row["complexity"] for row in front]
        ax.semilogy(nodes, [_remaining(row["r2"]) for row in front], "o-", label="fitted")
        held_out = [row for row in front if row.get("r2_holdout") is not None]
        if held_out:
            ax.semilogy(
                [row["complexity"] for row in held_out],
                [_remaining(row["r2_holdout"]) for row in held_out],
                "s--", fillstyle="none", label="held out",
            )  # fmt: skip
        label = textwrap.shorten(best["equation"], 34, placeholder=" …")
        ax.semilogy(
            best["complexity"], _remaining(best["r2"]),
            "o", markersize=14, fillstyle="none", color="black", label=f"best: {label}",
        )  # fmt: skip
        ax.locator_params(axis="x", integer=True)
        ax.set(xlabel="nodes", ylabel="1 − R²")
        ax.legend(fontsize="small")
        return ax

    # ---- elsewhere ------------------------------------------------------------------------------

    def domain(self, index: int | None = None) -> str:
        """Where an equation is defined, as text: ``"x0 > 0 and x1 != 2"``; empty: everywhere."""
        expression = self.expression(index)
        return domain_text(expression, self._written(), self._digits(index))

    def sympy(self, index: int | None = None) -> "Expr":
        """The equation as a SymPy expression."""
        return self.expression(index).sympy(self._written())

    def latex(self, index: int | None = None, digits: int | None = None) -> str:
        """The equation as LaTeX, with as many digits as its text has, or with ``digits``."""
        expression = self.expression(index)
        return expression.latex(self._written(), digits or self._digits(index))

    def torch(self, index: int | None = None) -> Callable[[Any], Any]:
        """A function from a tensor (..., d) to a tensor (...), differentiable.

        Type and device of a floating tensor are kept; whole numbers become the default dtype. NaN
        outside the equation's domain.
        """
        expression, fitted = self.expression(index), copy.copy(self)
        return lambda x: values_inside(expression, chosen(x, as_tensor(x, "X"), fitted), "torch")

    def numpy(self, index: int | None = None) -> Callable[[Any], Any]:
        """A function from an array (..., d) to an array (...), the values of :meth:`predict`.

        Points with NaN or infinite values are not refused.
        """
        expression, fitted = self.expression(index), copy.copy(self)
        return lambda x: values_inside(expression, chosen(x, as_numbers(x, "X"), fitted))

    def code(self, language: str = "python", index: int | None = None) -> str:
        """The equation as a whole function in another language, with all digits.

        ``language`` is ``"python"`` (NumPy), ``"c"``, ``"julia"``, ``"matlab"``, ``"jax"`` or
        ``"torch"``; ``"latex"`` gives the formula alone. The function is called ``equation``, its
        arguments are the variables that occur, and it gives NaN outside the equation's domain.

        Raises
        ------
        InputError
            Before ``fit``, for an unknown language or index.
        """
        expression, known = self.expression(index), (*LANGUAGES, "latex")
        if not (isinstance(language, str) and language in known):
            raise InputError(
                f"unknown language {language!r}{did_you_mean(language, known)}; known: "
                f"{', '.join(known)}."
            )
        if language == "latex":
            return expression.latex(self._written(), None)
        return code(expression, language, self._written())

    def _digits(self, index):
        return self.equations_[0 if index is None else index].get("digits")

    def _written(self):
        """Names of the variables x0, x1, … of the expressions."""
        return tuple(self.names_[j] for j in self.columns_)


def front_text(model: Any) -> list[str]:
    """Lines of at most ``TERMINAL_WIDTH`` characters about the equations of a fitted model."""
    lines = ["    i  nodes  R²        held out  equation"]
    for i, row in _front(model):
        figures = f"{r2_text(row['r2']):<8}  {r2_text(row.get('r2_holdout')):<8}"
        start = f"{'>' if i == 0 else ' '}{i:>4}  {row['complexity']:>5}  {figures}  "
        text = textwrap.wrap(
            row["equation"], TERMINAL_WIDTH - len(start), break_on_hyphens=False
        ) or [""]
        if i and len(text) > MOST_LINES:
            text = [*text[:MOST_LINES], "…"]
        lines += [start + text[0], *(" " * len(start) + more for more in text[1:])]
    if domain := model.domain():
        said = f"Equation 0 (>) is defined where {domain}."
        lines += textwrap.wrap(
            said, TERMINAL_WIDTH, subsequent_indent="    ", break_on_hyphens=False
        )
    if not model.complete_:
        lines.append("The search was cut short: more time may find better equations.")
    return lines


def _front(model) -> list[tuple[int, dict]]:
    """Places and rows of the equations, shortest first."""
    return sorted(enumerate(model.equations_), key=lambda pair: pair[1]["complexity"])


# ---- for a notebook ------------------------------------------------------------------------------


def _remaining(r2: float) -> float:
    """1 − R², not below ``SMALLEST``, so that it has a logarithm."""
    return max(1.0 - r2, SMALLEST)


def r2_text(r2: float | None) -> str:
    """R² in at most eight characters; close to 1 by what is left: ``1-3e-12``."""
    if r2 is None:
        return "-"
    if r2 >= 1:
        return "1"
    if r2 > 1 - 1e-4:
        return f"1-{1 - r2:.0e}"
    return f"{r2:.4f}" if r2 > -99 else f"{r2:.1e}"


def front_html(head: str, rows: list[tuple[int, dict, str, str]]) -> str:
    """HTML of a regressor: ``head`` (text), the equations, and 1 − R² over their nodes.

    Parameters
    ----------
    rows : list of (index, row of ``equations_``, LaTeX, domain)
        Shortest first; index 0 is the best. None: ``head`` alone.
    """
    head = f"<pre>{html.escape(head)}</pre>"
    if not rows:
        return head
    titles = ("", "nodes", "R²", "held out", "equation", "defined where")
    if not any(domain for *_, domain in rows):
        titles = titles[:-1]
    cells = "".join(f"<th style='text-align:left'>{title}</th>" for title in titles)
    lines = [f"<tr>{cells}</tr>"]
    for i, row, latex, domain in rows:
        figures = (i, row["complexity"], r2_text(row["r2"]), r2_text(row.get("r2_holdout")))
        cells = "".join(f"<td style='text-align:left'>{figure}</td>" for figure in figures)
        hover = html.escape(row["equation"])
        cells += f"<td style='text-align:left' title='{hover}'>${html.escape(latex)}$</td>"
        if len(titles) == 6:
            cells += f"<td style='text-align:left'>{html.escape(domain)}</td>"
        bold = " style='font-weight:bold'" if i == 0 else ""
        lines.append(f"<tr{bold}>{cells}</tr>")
    table = f"<table>{''.join(lines)}</table>"
    return f"<div style='overflow-x:auto'>{head}{table}{_svg(rows)}</div>"


def _svg(rows: list[tuple]) -> str:
    """Filled: fitted; hollow: held out; a ring around the best."""
    front = [row for _, row, *_ in rows]
    best = next(row for i, row, *_ in rows if i == 0)
    nodes = [row["complexity"] for row in front]
    fitted = [math.log10(_remaining(row["r2"])) for row in front]
    judged = [
        (row["complexity"], math.log10(_remaining(row.get("r2_holdout"))))
        for row in front
        if row.get("r2_holdout") is not None
    ]
    low = math.floor(min(*fitted, *(y for _, y in judged), -1.0))
    high = math.ceil(max(*fitted, *(y for _, y in judged), 0.0))
    wide = max(nodes[-1] - nodes[0], 1)

    def place(x: float, y: float) -> tuple[float, float]:
        across = (x - nodes[0]) / wide * (_WIDTH - _LEFT - 2 * _RIM)
        down = (high - y) / (high - low) * (_HEIGHT - _BOTTOM - _RIM)
        return round(_LEFT + _RIM + across, 1), round(_RIM + down, 1)

    parts = []
    for y in range(low, high + 1, math.ceil((high - low) / 5)):
        across = place(nodes[0], y)[1]
        parts.append(
            f"<line x1='{_LEFT}' x2='{_WIDTH}' y1='{across}' y2='{across}' stroke='currentColor' "
            f"stroke-opacity='0.15'/><text x='{_LEFT - 4}' y='{across + 4}' text-anchor='end'>"
            f"10<tspan dy='-4' font-size='8'>{y}</tspan></text>"
        )
    for x in sorted({nodes[0], nodes[len(nodes) // 2], nodes[-1]}):
        parts.append(
            f"<text x='{place(x, 0)[0]}' y='{_HEIGHT - 16}' text-anchor='middle'>{x}</text>"
        )
    line = " ".join("{},{}".format(*place(x, y)) for x, y in zip(nodes, fitted, strict=True))
    parts.append(f"<polyline points='{line}' fill='none' stroke='#1f77b4'/>")
    for points, fill, stroke, radius in (
        (zip(nodes, fitted, strict=True), "#1f77b4", "none", 3),
        (judged, "none", "#ff7f0e", 4),
        ([(best["complexity"], math.log10(_remaining(best["r2"])))], "none", "currentColor", 7),
    ):
        for x, y in points:
            across, down = place(x, y)
            parts.append(
                f"<circle cx='{across}' cy='{down}' r='{radius}' fill='{fill}' stroke='{stroke}'/>"
            )
    label = "1 − R² over nodes: ● fitted, ○ held out, best ringed"
    parts.append(f"<text x='{_WIDTH / 2}' y='{_HEIGHT - 3}' text-anchor='middle'>{label}</text>")
    return (
        f"<svg width='{_WIDTH}' height='{_HEIGHT}' viewBox='0 0 {_WIDTH} {_HEIGHT}' "
        f"font-size='10' fill='currentColor' xmlns='http://www.w3.org/2000/svg'>{''.join(parts)}"
        "</svg>"
    )
