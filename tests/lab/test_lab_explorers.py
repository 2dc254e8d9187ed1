"""Explorers: the first figure is plain output, controls redraw, nothing is lost without widgets."""

import builtins

import ipywidgets
import pytest

from symtut.lab import explorers


@pytest.fixture
def shown(monkeypatch):
    shown = []
    monkeypatch.setattr(explorers, "display", shown.append)
    return shown


def test_controls_begin_at_their_first_values_and_redraw(shown):
    drawn = []
    explorers.explore(
        lambda **values: drawn.append(values), steps=(1, 9, 2, 3), noise=(0.0, 1.0, 0.1, 0.5),
        kind=["sum", "tree"],
    )  # fmt: skip
    assert drawn == [{"steps": 3, "noise": 0.5, "kind": "sum"}]
    steps, noise, kind, canvas = shown[0].children
    assert isinstance(steps, ipywidgets.IntSlider) and isinstance(noise, ipywidgets.FloatSlider)
    assert isinstance(canvas, ipywidgets.Output)
    steps.value = 5
    kind.value = "tree"
    assert drawn[1:] == [
        {"steps": 5, "noise": 0.5, "kind": "sum"}, {"steps": 5, "noise": 0.5, "kind": "tree"},
    ]  # fmt: skip


def test_without_ipywidgets_the_figure_stays(shown, monkeypatch, capsys):
    true_import = builtins.__import__

    def no_widgets(name, *rest, **named):
        if name == "ipywidgets":
            raise ImportError(name)
        return true_import(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", no_widgets)
    explorers.explore(lambda n: print("drawn with", n), n=(1, 3, 1, 2))
    assert "drawn with 2" in capsys.readouterr().out and not shown


@pytest.mark.parametrize("control", [3, (0, 1, 0.1), [], "ab"])
def test_other_controls_are_refused(control):
    with pytest.raises(ValueError, match="'n' must be"):
        explorers.explore(print, n=control)
