"""The reader's minutes: what counts, and that every notebook states what the rule gives."""

import jupytext
import nbformat
import pytest

from symtut.errors import InputError
from tools import build, minutes
from tools import exercises as ex

MOST = 90  # required minutes of a notebook
HINT = "<details>\n<summary>Hint 1: the idea</summary>\n" + 500 * "hidden " + "</details>\n"
QUIZ = "<details>\n<summary>Why?</summary>\n" + 176 * "open " + "</details>\n"
TEXT = f"""\
# %% [markdown]
# # 99 · Title
# **Time:** about 2 minutes of computing, on one core.
# {180 * "word "}

# %% tags=["setup"]
{30 * "setup"!r}

# %%
{chr(10).join(29 * ["x = 1"])}
plt.show()

# %% tags=["hide-input"]
{chr(10).join(29 * ["x = 1"])}
films.pendulum(x)

# %% [markdown]
# ### Exercise 1 · Title (easy, required, 8 min)
# **Predict:** what?

# %%
{ex.BEGIN}
{ex.END}

# %% [markdown]
# ## 2 · More (optional)
# {360 * "word "}
# ### Below it

# %%
{chr(10).join(15 * ["x = 1"])}

# %% [markdown]
# ## 3 · Required again
# {180 * "word "}
"""


def test_what_counts():
    required, optional = minutes.efforts(jupytext.reads(TEXT, fmt="py:percent"))
    assert required.exercises == [8] and optional.exercises == []
    assert (required.predictions, required.figures, required.lines) == (1, 2, 30)
    assert 360 <= required.words < 390 and 360 <= optional.words < 370
    assert required.minutes == 2 + 2 + 1 + 2 + 8 and optional.minutes == 2 + 1


def test_hints_belong_to_the_exercise_and_the_quiz_to_the_text():
    def words(text):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
        return minutes.efforts(notebook)[0].words

    assert words("two words\n" + HINT) == 2
    assert 176 <= words(QUIZ) <= 180


def test_the_first_cell_says_it():
    notebook = jupytext.reads(TEXT, fmt="py:percent")
    text = minutes.with_minutes(notebook.cells[0].source, notebook, "99")
    assert "2 minutes of computing and 15 of reading and exercises, on one core. What is" in text
    assert ex.reading(text) == (15, 3)
    with pytest.raises(InputError, match="the build adds the minutes of reading"):
        minutes.with_minutes(text, notebook, "99")
    with pytest.raises(InputError, match="99: the first cell must say"):
        minutes.with_minutes("no time", notebook, "99")


@pytest.mark.parametrize("source", build.sources(), ids=lambda p: p.stem)
def test_notebooks_state_what_the_rule_gives(source):
    computed = minutes.efforts(jupytext.read(source, fmt="py:percent"))
    for path in build.targets(source):
        stated = ex.reading(nbformat.read(path, as_version=4).cells[0].source)
        for said, effort in zip(stated, computed, strict=True):
            assert abs(said - effort.minutes) <= 0.1 * effort.minutes, path.name
    assert computed[0].minutes <= MOST


@pytest.mark.parametrize("source", build.sources(), ids=lambda p: p.stem)
def test_a_cell_shows_a_figure_where_the_rule_counts_one(source):
    for cell in nbformat.read(build.targets(source)[0], as_version=4).cells:
        if cell.cell_type == "code":
            images = sum(any("image" in kind for kind in o.get("data", {})) for o in cell.outputs)
            assert bool(images) == bool(minutes.FIGURE.search(cell.source)), cell.source[-200:]
