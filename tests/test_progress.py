"""Bars with the time left: in logs, on terminals, in Jupyter, and what they leave behind."""

import io
import random
import sys
import time

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient

from symtut import progress
from symtut.errors import InputError
from symtut.lab import run
from tools import build


class Clock:
    """Seconds that pass only when told to."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.delenv(progress.VARIABLE, raising=False)
    clock = Clock()
    monkeypatch.setattr("tqdm.std.time", clock)
    return clock


def play(clock, total, seconds_each, done=0):
    """A bar whose steps take ``seconds_each``."""
    with progress.Bar("work", total, done) as bar:
        for number in range(done + 1, total + 1):
            clock.now += seconds_each
            bar.to(number)


def test_a_log_gets_a_line_every_ten_seconds(clock, capsys):
    play(clock, 90, 0.5)
    printed = capsys.readouterr()
    assert printed.out == "" and "\r" not in printed.err
    assert printed.err.splitlines() == [
        "… work: 22 % of 90, 00:35 left",
        "… work: 44 % of 90, 00:25 left",
        "… work: 67 % of 90, 00:15 left",
        "… work: 89 % of 90, 00:05 left",
    ]


def test_hours_do_not_fill_the_log(clock, capsys):
    play(clock, 36_000, 1.0)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 100  # one a hundredth
    assert lines[0] == "… work: 1 % of 36,000, 9:54:00 left"


def test_short_work_says_nothing(clock, capsys):
    play(clock, 100, 0.09)
    assert capsys.readouterr() == ("", "")


def test_the_pace_leaves_out_what_was_done_before(clock, capsys):
    play(clock, 1000, 1.0, done=900)
    assert capsys.readouterr().err.splitlines()[0] == "… work: 91 % of 1,000, 01:30 left"


def test_inner_bars_and_silenced_work_say_nothing(clock, capsys):
    with progress.Bar("outer", 10) as bar:
        play(clock, 100, 5.0)
        assert capsys.readouterr().err == ""
        bar.to(5)
    with progress.silenced():
        play(clock, 100, 5.0)
    assert capsys.readouterr().err == "… outer: 50 % of 10, 08:20 left\n"


def test_after_an_error_the_next_bar_is_no_inner_one(clock, capsys):
    with pytest.raises(ZeroDivisionError), progress.Bar("work", 10):
        1 / 0  # noqa: B018
    play(clock, 10, 20.0)
    assert "… work: 10 % of 10, 03:00 left" in capsys.readouterr().err


def test_a_terminal_gets_a_bar_in_place_that_is_wiped_at_the_end(clock, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    play(clock, 100, 0.5)
    shown = sys.stderr.getvalue()
    assert "work:  50%" in shown and "\n" not in shown
    assert not shown.split("\r")[-2].strip()


def test_the_variable_chooses(clock, monkeypatch, capsys):
    monkeypatch.setenv(progress.VARIABLE, "off")
    play(clock, 100, 5.0)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv(progress.VARIABLE, "loud")
    with pytest.raises(InputError, match="choose one of off, stderr"):
        play(clock, 1, 1.0)


def test_random_numbers_are_not_touched(clock, capsys):
    def draw():
        return random.random(), np.random.random(), float(torch.rand(()))  # noqa: NPY002

    def seed():
        random.seed(1), np.random.seed(1), torch.manual_seed(1)  # noqa: NPY002

    seed()
    before = draw()
    seed()
    play(clock, 100, 5.0)
    assert draw() == before and capsys.readouterr().err.count("\n") > 5


def test_a_step_costs_microseconds():
    """An update of the smallest learner takes a millisecond: a hundredth of it is ten."""
    begun = time.process_time()
    for _ in progress.steps(range(100_000), "work"):
        pass
    assert (time.process_time() - begun) / 100_000 < 10e-6


# ---- in a kernel ---------------------------------------------------------------------------------

WORK = """
import tqdm.std
class Clock:
    now = 0.0
    def __call__(self):
        self.now += 3.0
        return self.now
tqdm.std.time = Clock()
from symtut import progress
with progress.Bar("work", 20) as bar:
    for k in range(1, 21):
        bar.to(k, "note")
print("result")
"""


def executed(tmp_path, monkeypatch, **variables):
    monkeypatch.setenv("PYTHONPATH", str(build.REPOSITORY))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    # without ipywidgets too: None makes its import fail
    code = f"import sys; sys.modules['ipywidgets'] = None{WORK}"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, kernel_name="python3", resources=resources).execute()
    return notebook


def test_a_notebook_keeps_no_bar_and_no_widget(tmp_path, monkeypatch):
    notebook = executed(tmp_path, monkeypatch)
    bar, result = notebook.cells[0].outputs
    assert result.text == "result\n"
    assert bar.data == {"text/plain": ""}  # what was drawn in place is gone
    assert "widgets" not in notebook.metadata
    nbformat.validate(notebook)


def test_a_silenced_notebook_keeps_nothing(tmp_path, monkeypatch):
    notebook = executed(tmp_path, monkeypatch, SYMTUT_PROGRESS="off")
    assert [o.get("text") for o in notebook.cells[0].outputs] == ["result\n"]


def test_a_build_is_silent():
    """The builder itself asks for silence."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(WORK)])
    build.execute(notebook)
    assert [o.get("text") for o in notebook.cells[0].outputs] == ["result\n"]


def test_a_run_shows_bars_to_whoever_runs_it_and_the_notebook_keeps_none(tmp_path, capfd):
    start = 'from symtut import lab\nlab.start("smoke", 0)'
    cells = [nbformat.v4.new_code_cell(code) for code in (start, WORK)]
    kernel = {"name": "python3", "display_name": "", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, tmp_path / "99_small.ipynb")
    run.execute(tmp_path / "99_small.ipynb", tmp_path / "out", {})
    assert "… work: 20 % of 20" in capfd.readouterr().err
    kept = nbformat.read(tmp_path / "out" / "99_small.ipynb", as_version=4)
    assert [o.text for o in kept.cells[-1].outputs] == ["result\n"]
