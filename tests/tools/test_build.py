"""The notebook builder on small sources, and the runner's command line."""

import base64
import io

import nbformat
import numpy as np
import pytest
from PIL import Image

from symtut.errors import InputError
from symtut.lab import executed, run
from tools import build

SOURCE = '''\
# %% [markdown]
# # 99 Small
#
# Text.
# **Time:** about 1 minute of computing, on one core.

# %% tags=["setup"]
from symtut import lab

# %% tags=["parameters"]
PROFILE = "lab"  # smoke: lab: paper:
SEED = 0


# %%
def f(x):
    """Doc."""
    ### BEGIN SOLUTION
    y = x + 1
    return y
    ### END SOLUTION


# %% tags=["check"]
print(f(SEED))  # in place of f = checks.exercise("99.1", f)

# %%
lab.start(PROFILE, SEED)
lab.record(value=SEED + 1)
'''


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository of one small notebook; the package itself stays where it is."""
    for name in ("pyproject.toml", "symtut"):
        (tmp_path / name).symlink_to(build.REPOSITORY / name)
    (tmp_path / "notebooks" / "source").mkdir(parents=True)
    source = tmp_path / "notebooks" / "source" / "99_small.py"
    source.write_text(SOURCE)
    monkeypatch.setattr(build, "REPOSITORY", tmp_path)
    return source


def test_solution_is_cut_and_the_stub_is_valid():
    cut = build.cut_solutions(SOURCE)
    assert "y = x + 1" not in cut and f"    {build.STUB}" in cut and "SOLUTION" not in cut
    space = {}
    exec(cut[cut.index("def f") : cut.index('# %% tags=["check"]')], space)
    assert space["f"](1) is None


def test_two_solutions_in_one_cell_are_cut_apart():
    text = (
        f"a = 0\n{build.BEGIN}\na = 1\n{build.END}\nb = 0\n{build.BEGIN}\nb = 1\n{build.END}\nc = 2"
    )
    assert build.cut_solutions(text) == f"a = 0\n{build.STUB}\nb = 0\n{build.STUB}\nc = 2"


def test_code_that_only_draws_is_folded_with_a_title_that_colab_shows(repository):
    drawing = '# %% tags=["hide-input"]\nplt.plot(f(SEED))\n'
    repository.write_text(f"{SOURCE}\n{drawing}")
    for notebook in build.convert(repository):
        setup, parameters, *_, start, drawn = [c for c in notebook.cells if c.cell_type == "code"]
        for cell in (setup, drawn):
            assert cell.metadata.jupyter.source_hidden and cell.metadata.cellView == "form"
            assert cell.source.startswith("# @title ")
        assert drawn.source == "# @title Code of the figure\nplt.plot(f(SEED))"
        for cell in (parameters, start):
            assert not {"jupyter", "cellView"} & cell.metadata.keys()


def test_building_twice_gives_the_same_bytes(repository):
    build.build(repository, run=False)
    first = [path.read_bytes() for path in build.targets(repository)]
    build.build(repository, run=False)
    assert [path.read_bytes() for path in build.targets(repository)] == first


def test_outputs_live_as_long_as_the_code(repository, capsys, monkeypatch):
    solved = build.targets(repository)[0]
    assert build.main([]) == 0
    executed = nbformat.read(solved, as_version=4)
    assert executed.cells[4].outputs[0].text == "1\n"
    assert "execution" not in executed.cells[4].metadata  # dates would change at every build

    repository.write_text(SOURCE.replace("Text.", "Other text."))
    assert build.main(["99_small"]) == 0
    assert "outputs kept" in capsys.readouterr().out
    kept = nbformat.read(solved, as_version=4)
    assert "Other text." in kept.cells[0].source
    assert [c.get("outputs") for c in kept.cells] == [c.get("outputs") for c in executed.cells]

    monkeypatch.setattr(build, "setup_cell", lambda: "from symtut import lab  # new version")
    assert build.main(["99_small"]) == 0
    assert "outputs kept" in capsys.readouterr().out
    newer = nbformat.read(solved, as_version=4)
    assert newer.cells[1].source.endswith("# new version")
    assert newer.cells[4].outputs == executed.cells[4].outputs

    repository.write_text(SOURCE.replace("x + 1", "x + 2"))
    assert build.main(["--no-execute"]) == 0
    stale = nbformat.read(solved, as_version=4)
    assert not any(c.get("outputs") for c in stale.cells)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("# # 99 Small", "# 99 Small", "# Title"),
        ('tags=["setup"]', "", "'setup'"),
        ('tags=["parameters"]', "", "'parameters'"),
        ("    ### END SOLUTION\n", "", "not both"),
    ],
)
def test_broken_sources_are_refused(repository, old, new, words, capsys):
    repository.write_text(SOURCE.replace(old, new))
    assert build.main([]) == 2
    assert words in capsys.readouterr().err
    assert not any(path.exists() for path in build.targets(repository))


def test_unknown_names_are_refused(repository, capsys):
    assert build.main(["98_none"]) == 2
    assert "99_small" in capsys.readouterr().err


def test_runner_from_any_folder(repository, tmp_path, monkeypatch, capsys):
    build.build(repository, run=False)
    notebook, out = build.targets(repository)[0], tmp_path / "out"
    monkeypatch.chdir(tmp_path)
    arguments = [str(notebook), "--out", "out", "--html", "-p", "SEED", "4", "-p", "PROFILE"]
    assert run.notebook_main([*arguments, "smoke"]) == 0
    assert (out / "99_small.html").stat().st_size > 1000
    assert '"value": 5' in (out / "99_small.json").read_text()
    assert run.notebook_main([*arguments, "huge"]) == 1  # the notebook itself refuses
    assert "PROFILE is 'huge'" in capsys.readouterr().err
    assert run.notebook_main([str(notebook), "--out", str(notebook)]) == 2  # a file, not a folder


def test_description_names_what_was_found():
    text = executed.describe_results(
        {
            "equations": [
                {"target": "dx", "equation": "2*x", "true": "2*x", "largest_error": 0.001},
                {"target": "dy", "equation": "x", "true": "y", "largest_error": None},
            ],
            "real_steps": 200, "final_return": -150.25, "evaluation_episodes": 100,
            "optimum": -138.5,
        }
    )  # fmt: skip
    assert "0.10%" in text and "not the simulator's terms" in text
    assert "real steps: 200" in text
    assert "-150.2 over 100 fixed starts (best possible -138.5)" in text
    with pytest.raises(InputError):
        run.execute("nowhere.ipynb", ".", {})


def test_pictures_shrink_and_films_keep_their_frames():
    def png(frames):
        file = io.BytesIO()
        frames[0].save(file, "PNG", save_all=len(frames) > 1, append_images=frames[1:])
        return base64.b64encode(file.getvalue()).decode()

    noise = np.random.default_rng(0).integers(0, 255, (2, 60, 60, 3), dtype=np.uint8)
    pictures = [Image.fromarray(pixels) for pixels in noise]
    assert len(build.shrink_png(png(pictures[:1]))) < len(png(pictures[:1]))
    film = png(pictures)
    assert build.shrink_png(film) == film
    assert Image.open(io.BytesIO(base64.b64decode(film))).n_frames == 2


def test_small_marks_keep_their_colours():
    """Two dots beside many greys and reds: a palette of averages would mix their hues."""
    pixels = np.full((200, 200, 3), 252, dtype=np.uint8)
    pixels[:150] = np.random.default_rng(0).integers(0, 256, (150, 200, 1))
    pixels[:75, :, 0] = 255
    blue, green = (0, 114, 178), (0, 158, 115)
    for i, colour in enumerate((blue, green)):
        pixels[170:180, 20 + 40 * i : 30 + 40 * i] = colour
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    small = build.shrink_png(base64.b64encode(file.getvalue()).decode())
    image = Image.open(io.BytesIO(base64.b64decode(small))).convert("RGB")
    for i, colour in enumerate((blue, green)):
        assert np.abs(np.subtract(image.getpixel((25 + 40 * i, 175)), colour)).max() <= 16
    averages = Image.fromarray(pixels).quantize(96).convert("RGB")
    assert np.abs(np.subtract(averages.getpixel((25, 175)), blue)).max() > 16


def test_controls_are_not_kept():
    kinds = ("application/vnd.jupyter.widget-view+json", "text/plain")
    outputs = [nbformat.v4.new_output("display_data", data={kind: "x"}) for kind in kinds]
    cell = nbformat.v4.new_code_cell("draw()", outputs=outputs)
    build.drop_widgets(cell)
    assert [list(output.data) for output in cell.outputs] == [["text/plain"]]
