"""Sliders and menus under a figure that they draw again, in place.

The figure for the first values is ordinary cell output: it is there on a printed page, in a static
copy, on GitHub, and where ipywidgets is missing. Moving a control replaces this same figure.
"""

import contextlib
import io
from collections.abc import Callable
from itertools import zip_longest

import matplotlib.pyplot as plt
from IPython.display import display

from symtut.lab import style


def explore(draw: Callable, alt: str, **controls) -> None:
    """Show ``draw`` at its first values, and controls that draw it again.

    Parameters
    ----------
    draw : callable
        Takes each control as a keyword argument, and makes matplotlib figures or prints.
    alt : str
        What is to be seen in the figure, at any values; these are said after it.
    **controls : tuple or list
        ``name=(low, high, step, first)``: a slider, of whole numbers if all four are.
        ``name=[first, another, ...]``: a menu. An underscore in a name is shown as a space.

    Raises
    ------
    ValueError
        If a control is neither.
    """
    values = {name: _first(name, control) for name, control in controls.items()}
    places: list = []  # of the output: one for each figure, and one for what is printed

    def show(values: dict) -> None:
        said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())
        outputs = _outputs(draw, values, f"{alt} Here: {said}.")
        for place, output in zip_longest(list(places), outputs):
            data, metadata = output or ({"text/plain": ""}, {})
            if place is None:
                places.append(display(data, metadata=metadata, raw=True, display_id=True))
            else:
                place.update(data, metadata=metadata, raw=True)

    show(values)
    try:
        import ipywidgets as widgets
    except ImportError:
        print("(with ipywidgets installed, there are controls here that change the figure)")
        return
    box = {name: _widget(widgets, name, control) for name, control in controls.items()}
    for widget in box.values():
        widget.observe(lambda _: show({n: w.value for n, w in box.items()}), names="value")
    display(widgets.VBox(list(box.values())))


def _outputs(draw: Callable, values: dict, alt: str) -> list[tuple[dict, dict]]:
    """(data, metadata) of the figures that ``draw`` makes, then of what it prints, if it prints."""
    before, printed = set(plt.get_fignums()), io.StringIO()
    with contextlib.redirect_stdout(printed):
        draw(**values)
    new = [number for number in plt.get_fignums() if number not in before]
    outputs = [style.as_output(plt.figure(number), alt) for number in new]
    text = printed.getvalue().rstrip("\n")
    return [*outputs, ({"text/plain": text}, {})] if text else outputs


def _first(name: str, control):
    if isinstance(control, list) and control:
        return control[0]
    if isinstance(control, tuple) and len(control) == 4:
        return control[3]
    raise ValueError(f"'{name}' must be (low, high, step, first) or a list, not {control!r}.")


def _widget(widgets, name: str, control):
    # continuous_update: a figure for each pixel of the way would fall behind
    common = {
        "description": name.replace("_", " "), "style": {"description_width": "initial"},
        "layout": {"width": "420px"},
    }  # fmt: skip
    if isinstance(control, list):
        return widgets.Dropdown(options=control, value=control[0], **common)
    low, high, step, first = control
    whole = all(isinstance(number, int) for number in control)
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    return kind(min=low, max=high, step=step, value=first, continuous_update=False, **common)
