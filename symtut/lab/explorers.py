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


def explore(draw: Callable, **controls) -> None:
    """Show ``draw`` at its first values, and controls that draw it again.

    Parameters
    ----------
    draw : callable
        Takes each control as a keyword argument, and makes matplotlib figures or prints.
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
        for place, shown in zip_longest(list(places), _outputs(draw, values), fillvalue=None):
            shown = shown or {"text/plain": ""}
            if place is None:
                places.append(display(shown, raw=isinstance(shown, dict), display_id=True))
            else:
                place.update(shown, raw=isinstance(shown, dict))

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


def _outputs(draw: Callable, values: dict) -> list:
    """What ``draw`` makes: its figures, which are closed, then what it prints, if it prints."""
    before, printed = set(plt.get_fignums()), io.StringIO()
    with contextlib.redirect_stdout(printed):
        draw(**values)
    figures = [plt.figure(number) for number in plt.get_fignums() if number not in before]
    for figure in figures:
        plt.close(figure)
    text = printed.getvalue().rstrip("\n")
    return [*figures, {"text/plain": text}] if text else figures


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
