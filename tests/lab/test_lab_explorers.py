"""Explorers: the first figure is plain output, controls change it in place, without widgets too."""

import base64
import builtins
import io

import ipywidgets
import matplotlib.pyplot as plt
import pytest
from PIL import Image

from symtut.lab import explorers


class Place:
    """Where something is displayed."""

    def __init__(self, thing, metadata):
        self.now, self.metadata, self.updates = thing, metadata, 0

    def update(self, thing, metadata, raw):
        assert raw
        self.now, self.metadata, self.updates = thing, metadata, self.updates + 1


@pytest.fixture
def shown(monkeypatch):
    """What was displayed, in order."""
    shown = []

    def display(thing, metadata=None, **options):
        shown.append(Place(thing, metadata))
        return shown[-1] if options else None

    monkeypatch.setattr(explorers, "display", display)
    yield shown
    plt.close("all")


def alt(place) -> str:
    return place.metadata["image/png"]["alt"]


def test_controls_begin_at_their_first_values_and_change_one_figure(shown):
    def draw(steps, noise_level, kind):
        plt.subplots(figsize=(2, 1))[1].set_title(f"{steps} {noise_level} {kind}")

    elsewhere = plt.figure()  # of the same cell; not the explorer's
    controls = dict(steps=(1, 9, 2, 3), noise_level=(0.0, 1.0, 0.1, 0.5), kind=["sum", "tree"])
    explorers.explore(draw, "Axes.", **controls)
    figure, box = shown
    steps, noise, kind = box.now.children
    assert isinstance(steps, ipywidgets.IntSlider) and isinstance(noise, ipywidgets.FloatSlider)
    assert alt(figure) == "Axes. Here: steps 3, noise level 0.5, kind sum."
    picture, size = figure.now["image/png"], figure.metadata["image/png"]
    pixels = Image.open(io.BytesIO(base64.b64decode(picture))).size
    assert pixels == (2 * size["width"], 2 * size["height"])
    steps.value = 5
    assert alt(figure) == "Axes. Here: steps 5, noise level 0.5, kind sum."
    assert figure.now["image/png"] != picture
    kind.value = "tree"
    assert alt(figure).endswith("kind tree.") and figure.updates == 2
    assert shown == [figure, box]  # nothing more was displayed
    assert plt.get_fignums() == [elsewhere.number]  # and no figure is left open


def test_what_is_printed_changes_in_place_too(shown):
    def draw(n):
        if n != 2:
            print(f"{n} it is")

    explorers.explore(draw, "Words.", n=[1, 2, 3])
    text, box = shown
    (menu,) = box.now.children
    told = [text.now["text/plain"]]
    for menu.value in (2, 3):
        told.append(text.now["text/plain"])
    assert told == ["1 it is", "", "3 it is"]


def test_without_ipywidgets_the_figure_stays(shown, monkeypatch, capsys):
    true_import = builtins.__import__

    def no_widgets(name, *rest, **named):
        if name == "ipywidgets":
            raise ImportError(name)
        return true_import(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", no_widgets)
    explorers.explore(lambda n: plt.subplots(), "Axes.", n=(1, 3, 1, 2))
    (figure,) = shown
    assert (
        alt(figure) == "Axes. Here: n 2." and "with ipywidgets installed" in capsys.readouterr().out
    )


@pytest.mark.parametrize("control", [3, (0, 1, 0.1), [], "ab"])
def test_other_controls_are_refused(control):
    with pytest.raises(ValueError, match="'n' must be"):
        explorers.explore(print, "", n=control)
