"""The Pareto front for a notebook: a table with LaTeX, and a figure as SVG."""

import html
import math

SMALLEST = 1e-16
"""1 − R² below it is rounding: that is where exact equations are drawn."""

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _RIM = 300, 170, 46, 32, 10  # pixels


def left(r2: float) -> float:
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
    fitted = [math.log10(left(row["r2"])) for row in front]
    judged = [
        (row["complexity"], math.log10(left(row.get("r2_holdout"))))
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
        ([(best["complexity"], math.log10(left(best["r2"])))], "none", "currentColor", 7),
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
