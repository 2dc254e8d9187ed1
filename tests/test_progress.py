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

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def in_a_log(monkeypatch):
    monkeypatch.delenv(progress.VARIABLE, raising=False)
    monkeypatch.setattr(progress, "_preferred", None)


def play(total, seconds_each, done=0):
    """A bar whose steps take ``seconds_each`` on a clock of its own."""
    clock = Clock()
    with progress.Bar("work", total, done, clock=clock) as bar:
        for number in range(done + 1, total + 1):
            clock.now += seconds_each
            bar.to(number)


def test_a_log_gets_a_line_every_ten_seconds(capsys):
    play(100, 0.5)
    printed = capsys.readouterr()
    assert printed.out == "" and "\r" not in printed.err
    assert printed.err.splitlines() == [
        "… work: 20 % of 100, about 40 s left",
        "… work: 40 % of 100, about 30 s left",
        "… work: 60 % of 100, about 20 s left",
        "… work: 80 % of 100, about 10 s left",
        "… work: 100 in 50 s",
    ]
    assert all(progress.LINE.match(line) for line in printed.err.splitlines())


def test_hours_do_not_fill_the_log(capsys):
    play(36_000, 1.0)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 100  # one a hundredth, and the end
    assert lines[0] == "… work: 1 % of 36,000, about 9.9 h left"


def test_short_work_says_nothing(capsys):
    play(100, 0.09)
    assert capsys.readouterr() == ("", "")


def test_the_pace_leaves_out_what_was_done_before(capsys):
    play(1000, 1.0, done=900)
    assert capsys.readouterr().err.splitlines()[0] == "… work: 91 % of 1,000, about 2 min left"


def test_inner_bars_and_silenced_work_say_nothing(capsys):
    clock = Clock()
    with progress.Bar("outer", 10, clock=clock) as bar:
        play(100, 5.0)
        assert capsys.readouterr().err == ""
        clock.now += 20
        bar.to(5)
    with progress.silenced():
        play(100, 5.0)
    assert capsys.readouterr().err.splitlines() == [
        "… outer: 50 % of 10, about 20 s left", "… outer: 5 in 20 s",
    ]  # fmt: skip


def test_an_error_closes_the_bar(capsys):
    clock = Clock()
    with pytest.raises(ZeroDivisionError), progress.Bar("work", 10, clock=clock) as bar:
        clock.now += 30
        bar.to(3)
        1 / 0  # noqa: B018
    assert capsys.readouterr().err.splitlines()[-1] == "… work: 3 in 30 s, then stopped"
    play(10, 20.0)  # the next one is not taken for an inner one
    assert "… work: 10 in 3 min" in capsys.readouterr().err


def test_a_terminal_gets_a_bar_in_place(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    assert progress.face() == "terminal"
    play(100, 0.5)
    shown = sys.stderr.getvalue()
    assert "work" in shown and "\r" in shown and "\n" not in shown  # and is wiped at the end


def test_the_variable_chooses(monkeypatch, capsys):
    monkeypatch.setenv(progress.VARIABLE, "off")
    play(100, 5.0)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv(progress.VARIABLE, "loud")
    with pytest.raises(InputError, match="choose one of notebook, terminal, lines, off"):
        play(1, 1.0)


def test_random_numbers_are_not_touched(monkeypatch, capsys):
    def draw():
        return random.random(), np.random.random(), float(torch.rand(()))  # noqa: NPY002

    def seed():
        random.seed(1), np.random.seed(1), torch.manual_seed(1)  # noqa: NPY002

    seed()
    before = draw()
    seed()
    play(100, 5.0)
    assert draw() == before and capsys.readouterr().err.count("\n") > 5


def test_a_step_costs_microseconds():
    """An update of the smallest learner takes a millisecond: a hundredth of it is ten."""
    begun = time.process_time()
    for _ in progress.steps(range(100_000), "work"):
        pass
    assert (time.process_time() - begun) / 100_000 < 10e-6


def test_lines_are_told_from_results():
    text = "first\n… work: 20 % of 8,000, about 40 s left\n… not done yet: see 3 %\n"
    text += "… work: 8,000 in 50 s\nlast"
    assert progress.without_lines(text) == "first\n… not done yet: see 3 %\nlast"


# ---- in a kernel ---------------------------------------------------------------------------------

WORK = """
from symtut import progress
class Clock:
    now = 0.0
    def __call__(self):
        self.now += 3.0
        return self.now
with progress.Bar("work", 20, clock=Clock()) as bar:
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


def test_a_notebook_keeps_one_plain_line(tmp_path, monkeypatch):
    notebook = executed(tmp_path, monkeypatch)
    bar, result = notebook.cells[0].outputs
    assert result.text == "result\n"
    assert set(bar.data) == {"text/plain", "text/html", progress.MIME}  # no widget
    assert bar.data["text/plain"].startswith("work: 20 in ")
    assert "<" not in bar.data["text/html"]  # the picture is gone
    assert "widgets" not in notebook.metadata
    nbformat.validate(notebook)


def test_a_built_notebook_and_a_run_keep_nothing(tmp_path, monkeypatch):
    notebook = executed(tmp_path, monkeypatch, SYMTUT_PROGRESS="off")
    assert [o.get("text") for o in notebook.cells[0].outputs] == ["result\n"]

    text = "… work: 20 % of 20, about 8 s left\nresult\n"
    notebook.cells[0].outputs = [
        nbformat.v4.new_output("stream", text="… work: 20 in 9 s\n"),
        nbformat.v4.new_output("stream", text=text),
    ]
    nbformat.write(notebook, tmp_path / "kept.ipynb")
    run.drop_progress(tmp_path / "kept.ipynb")
    (cell,) = nbformat.read(tmp_path / "kept.ipynb", as_version=4).cells
    assert [o.text for o in cell.outputs] == ["result\n"]


def test_a_build_is_silent(monkeypatch):
    """The builder itself asks for silence."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(WORK)])
    build.execute(notebook)
    assert [o.get("text") for o in notebook.cells[0].outputs] == ["result\n"]


def test_the_runner_lets_only_bars_through():
    told = []
    file = run.ProgressLines(told.append)
    file.write("mean return -150\n… work: 20 % of 20, ab")
    file.write("out 8 s left\n… not a bar\n")
    assert told == ["… work: 20 % of 20, about 8 s left"]
