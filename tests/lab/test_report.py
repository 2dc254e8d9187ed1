"""The report of a run: one screen of results that needs no network, the notebook folded below."""

import base64
import re

import nbformat
import pytest

from symtut.lab.report import equation, formula_image, write_report

RESULTS = {
    "profile": "lab", "seed": 3, "real_steps": 1200, "final_return": -148.26,
    "evaluation_episodes": 100, "optimum": -138.5, "cost": {"seconds": 200.4, "cpu_seconds": 93.2},
    "equations": [
        {"target": "delta_theta_dot", "equation": "0.7501*sin(theta) + 0.15*u",
         "true": "0.75*sin(theta) + 0.15*u", "largest_error": 1.3e-4},
        {"target": "x1", "equation": "x1**2", "true": "x2", "largest_error": None},
    ],
}  # fmt: skip
BADGE = "[![Badge](https://a.b/c)](https://d.e)"


def svg_of(picture: str) -> str:
    data = re.search(r"data:image/svg\+xml;base64,([^\"]+)", picture)[1]
    return base64.b64decode(data).decode()


def test_equations_are_drawn_with_their_names():
    picture = equation("delta_theta_dot", "0.75*sin(theta) + 0.15*u")
    assert re.search(r'alt="\\Delta \\dot\{\\theta\} = 0\.15 u \+ 0\.75 \\sin', picture)
    assert "<svg" in svg_of(picture) and "<text" not in svg_of(picture)  # outlines: no font needed
    assert 'alt="x_{1} = x_{1}^{2}"' in equation("x1", "x1**2")


def test_what_cannot_be_drawn_stays_as_text():
    assert formula_image(r"\begin{aligned} a < b \end{aligned}") == (
        r"<code>\begin{aligned} a &lt; b \end{aligned}</code>"
    )


@pytest.fixture
def page(tmp_path):
    v4 = nbformat.v4
    png = base64.b64encode(b"a picture").decode()
    shown = v4.new_output("display_data", {"image/png": png}, metadata={"image/png": {"alt": "A"}})
    told = v4.new_output("stream", text="3 < 4\n")
    cells = [
        v4.new_markdown_cell(f"# 99 · Small & short\n\n{BADGE}\n\nIf $a<b$."),
        v4.new_code_cell("draw(1 < 2)", outputs=[shown, told], metadata={"tags": ["report"]}),
        v4.new_code_cell("other()", outputs=[told]),
    ]  # fmt: skip
    path = tmp_path / "99_small.ipynb"
    nbformat.write(v4.new_notebook(cells=cells, metadata={"papermill": {}}), path)
    report = write_report(path, RESULTS)
    assert report == tmp_path / "99_small.html"
    return report.read_text(encoding="utf-8")


def test_the_first_screen_has_the_results(page):
    first, whole = page.split("<details class=", 1)
    assert "<h1>99 · Small &amp; short</h1>" in first and "profile lab, seed 3" in first
    for number, what in (
        ("1,200", "real steps"), ("−148.3", "mean real return over 100 fixed starts"),
        ("93", "CPU-seconds"), ("3 min 20 s", "by the clock"),
    ):  # fmt: skip
        assert f"<b>{number}</b>{what}" in first
    assert "(best possible −138.5)" in first
    assert first.count('class="math"') == 4  # two equations, each beside the simulator's
    assert "coefficient: 1e-04" in first and "not the simulator’s terms" in first
    assert first.count('alt="A"') == whole.count('alt="A"') == 1  # the tagged picture, on top, too


def test_the_notebook_is_below_with_its_code_folded(page):
    whole = page.split("<details class=", 1)[1]
    assert whole.count("<details><summary>code</summary>") == 2
    assert "<pre>draw(1 &lt; 2)</pre>" in whole and "<pre>3 &lt; 4\n</pre>" in whole
    assert 'alt="a&lt;b"' in whole


def test_nothing_is_fetched_from_a_network(page):
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)[^"']*""", page)
    assert "http" not in re.sub(r"base64,[^\"]*", "", page) and "<script" not in page
