"""Figures of decoding show the numbers that they were given."""

import io

import matplotlib
import numpy as np
import pytest
from PIL import Image

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from symtut.expressions.evaluate import CODE, SYMBOLS
from symtut.lab.scenes.nb07_decoding_plots import (
    faults_stacked,
    next_token_bars,
    writing_film,
)
from symtut.lab.scenes.nb07_decoding_steps import Step


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def step(token="sin", forbidden=("x5",)):
    logits = np.zeros(len(SYMBOLS))
    logits[CODE["sin"]], logits[CODE["x5"]], logits[CODE["x0"]] = 3.0, 4.0, 2.0
    allowed = np.ones(len(SYMBOLS), dtype=bool)
    allowed[[CODE[name] for name in forbidden]] = False
    return Step(logits, allowed, (CODE["mul"],), CODE[token])


def test_bars_are_probabilities_after_the_mask():
    axes = next_token_bars(step(), ("theta",), temperature=2.0, top=4)
    labels = [tick.get_text() for tick in axes.get_yticklabels()]
    assert labels[:3] == ["x5", "sin", "theta"]
    assert "so far:  mul" in (axes.get_title(), axes.get_title("left"))  # as the style has it
    masked = step().probabilities(2.0)
    widths = [patch.get_width() for patch in axes.patches[:4]]
    assert widths[:3] == pytest.approx([0.0, masked[CODE["sin"]], masked[CODE["x0"]]])
    outside = [patch.get_width() for patch in axes.patches[4:]]
    assert outside[0] == pytest.approx(step().probabilities(2.0, masked=False)[CODE["x5"]])
    assert "forbidden" in axes.texts[0].get_text()


def test_the_token_that_was_written_is_always_shown():
    axes = next_token_bars(step(token="tanh"), (), top=3)
    assert "tanh" in [tick.get_text() for tick in axes.get_yticklabels()]


def test_films_have_all_their_frames():
    shown = writing_film([step(), step("x0"), step()], ("theta",))
    assert Image.open(io.BytesIO(shown.data)).n_frames == 3
    assert not plt.get_fignums()


def test_stacks_reach_the_sum_of_the_faults():
    axes = faults_stacked({"a": {"long": 0.25, "short": 0.5}, "b": {"long": 0.1}})
    assert [text.get_text() for text in axes.texts] == ["75%", "10%"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["long", "short"]
