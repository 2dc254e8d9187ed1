"""Sliders and menus under a figure. Without a live kernel, or without ipywidgets, the figure stays.

The figure for the first values is ordinary cell output, so it is there on a printed page, in a
static copy and on GitHub. Moving a control draws another one below the controls.
"""

from collections.abc import Callable

import matplotlib.pyplot as plt
from IPython.display import display


def explore(draw: Callable, **controls) -> None:
    """Show ``draw`` at its first values, and controls that draw it again.

    Parameters
    ----------
    draw : callable
        Takes each control as a keyword argument, and makes one matplotlib figure (or prints).
    **controls : tuple or list
        ``name=(low, high, step, first)``: a slider, of whole numbers if all four are.
        ``name=[first, another, ...]``: a menu. An underscore in a name is shown as a space.

    Raises
    ------
    ValueError
        If a control is neither.
    """
    first = {name: _first(name, control) for name, control in controls.items()}
    draw(**first)
    plt.show()
    try:
        import ipywidgets as widgets
    except ImportError:
        print("(with ipywidgets installed, there are controls here that change the figure)")
        return
    box = {name: _widget(widgets, name, control) for name, control in controls.items()}
    canvas = widgets.Output()

    def redraw(change):
        canvas.clear_output(wait=True)
        with canvas:
            draw(**{name: widget.value for name, widget in box.items()})
            plt.show()

    for widget in box.values():
        widget.observe(redraw, names="value")
    display(widgets.VBox([*box.values(), canvas]))


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
