"""The site: complete, searchable, folded, readable without a network; broken links fail it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.chromium import PATIENCE, chromium
from tools import site
from tools.build import BEGIN, REPOSITORY

NAMES = ["00_start_here", "13_reading_the_equations"]


def build(out, source=REPOSITORY, **settings):
    """What ``make site`` does, with other settings."""
    options = [word for name, value in settings.items() for word in ("-D", f"{name}={value}")]
    places = ["-c", REPOSITORY / "docs", "-d", out.parent / "doctrees", source, out]
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    return subprocess.run(
        [*command, *options, *map(str, places)], capture_output=True, text=True, cwd=REPOSITORY
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A site of two notebooks and all pages; not to be changed."""
    pytest.importorskip("myst_nb", reason='no site without its tools: pip install "symtut[site]"')
    folder = tmp_path_factory.mktemp("course") / "site"
    notebooks = [f"notebooks/{name}.ipynb" for name in NAMES]
    pages = ",".join(["docs/*.md", "docs/api/*.md", "CONTRIBUTING.md", "CHANGELOG.md", *notebooks])
    done = build(folder, include_patterns=pages)
    assert done.returncode == 0, done.stderr
    return folder


def html(folder, name):
    return (folder / f"{name}.html").read_text(encoding="utf-8")


def test_every_page_is_found_by_search_and_loads_nothing_from_the_network(made):
    index = (made / "searchindex.js").read_text(encoding="utf-8")
    found = json.loads(index[index.index("(") + 1 : index.rindex(")")])
    assert {f"notebooks/{name}" for name in NAMES} < set(found["docnames"])
    assert {"docs/results", "docs/api/regression", "CONTRIBUTING", "CHANGELOG"} < set(
        found["docnames"]
    )
    assert "pendulum" in found["terms"]
    assert any(entry[-1] == "SymbolicRegressor" for entry in found["objects"]["symtut.regression"])
    for path in made.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe|source)\b[^>]*?\bsrc=\"([^\"]+)\"", text)
        loaded += re.findall(r"<link\b[^>]*?\brel=\"(?:stylesheet|icon|preload)\"[^>]*>", text)
        assert not [item for item in loaded if re.search(r"(?:^|\")(?:https?:)?//", item)], path
    assert (made / "_static" / "tex-svg-full.js").stat().st_size > 1_000_000
    assert 'src="../_static/tex-svg-full.js' in html(made, f"notebooks/{NAMES[1]}")


def test_setup_solutions_and_checks_are_folded_and_figures_are_described(made):
    page = html(made, f"notebooks/{NAMES[1]}")
    stored = nbformat.read(REPOSITORY / "notebooks" / f"{NAMES[1]}.ipynb", as_version=4)
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    solutions = sum(BEGIN in cell.source for cell in code)
    assert solutions == 5
    for word, number in (("Set-up", 1), ("The check", solutions), ("A solution", solutions)):
        assert page.count(f'<p class="collapsed admonition-title">{word}</p>') == number, word
    figures = sum("image/png" in o.get("data", {}) for cell in code for o in cell.outputs)
    described = re.findall(r"<img alt=\"([^\"]+)\"[^>]* src=\"\.\./_images/", page)
    assert len(described) == figures >= 10
    assert "$" not in re.sub(r"<(script|pre|style)\b.*?</\1>|\\[()\[\]]", "", page, flags=re.DOTALL)


def test_a_fold_out_has_its_title_on_one_line():
    text = "<details><summary>A question on\ntwo lines?</summary>\nThe answer.</details>"
    assert site.dropdowns(text) == ":::{dropdown} A question on two lines?\nThe answer.\n:::"


def test_the_landing_page_shows_the_film_and_leads_to_the_notebooks(made):
    page = html(made, "docs/index")
    assert 'src="../_images/pendulum.png"' in page
    assert (made / "_images" / "pendulum.png").read_bytes().count(b"acTL") == 1
    assert all(f'href="../notebooks/{name}.html"' in page for name in NAMES)
    assert "docs/index.html" in html(made, "index")


def test_what_leads_nowhere_fails_the_build(tmp_path):
    pytest.importorskip("myst_nb")
    source = tmp_path / "source"
    source.mkdir()
    broken = "[a](no_page.md) [b](#no-heading) {py:func}`symtut.no_name` ![c](no_picture.png)"
    (source / "page.md").write_text(f"# Page\n\n{broken} {{py:func}}`symtut.make_task`\n")
    done = build(tmp_path / "out", source, include_patterns="page.md", root_doc="page")
    assert done.returncode == 1
    for name in ("no_page.md", "no-heading", "symtut.no_name", "no_picture.png"):
        assert sum(name in line for line in done.stderr.splitlines()) == 1, (name, done.stderr)
    assert "make_task" not in done.stderr


def test_links_to_files_that_are_no_pages_lead_to_the_repository():
    folder, pages = Path("docs"), {"docs/results", "notebooks/00_start_here"}
    for text, start in (
        ("[a](../data/results)", "[a](https://github.com/"),
        ("[a](../symtut/cli.py#L3)", "[a](https://github.com/"),
        ("[a](results.md)", "[a](results.md)"),
        ("[a](../notebooks/00_start_here.ipynb#x)", "[a](../notebooks/00_start_here.ipynb#x)"),
        ("[a](../nowhere.txt)", "[a](../nowhere.txt)"),
        ("![a](../data/results/comparison/comparison.png)", "![a](../data/"),
        ("[a](https://example.org/x)", "[a](https://example.org/x)"),
    ):
        assert site.to_repository(text, folder, pages).startswith(start), text
    moved = site.to_repository("[a](../data/results) [b](../symtut/cli.py#L3)", folder, pages)
    assert (
        moved.count("/tree/main/data/results)") == moved.count("/blob/main/symtut/cli.py#L3)") == 1
    )


def test_a_reader_without_network(made):
    """Desktop and phone, light and dark: all is loaded, as wide as the screen, formulas typeset."""
    with chromium() as browser:
        for width, scheme in ((1200, "light"), (390, "dark")):
            context = browser.new_context(
                viewport={"width": width, "height": 844}, color_scheme=scheme, offline=True
            )
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            troubles, addresses = [], []
            page.on("requestfailed", lambda r, seen=troubles: seen.append(r.url))
            page.on("request", lambda r, seen=addresses: seen.append(r.url))
            for name in ("docs/index", f"notebooks/{NAMES[1]}", "docs/results"):
                page.goto((made / f"{name}.html").as_uri())
                page.wait_for_function("() => [...document.images].every(i => i.complete)")
                assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            assert not troubles
            assert addresses and all(a.startswith(("file:", "data:")) for a in addresses)
            assert page.evaluate("document.documentElement.dataset.theme") == scheme

            page.goto((made / f"notebooks/{NAMES[1]}.html").as_uri())
            page.wait_for_function("() => document.querySelectorAll('mjx-container').length > 20")
            solution = page.locator("details", has_text="A solution").first
            assert not solution.locator("pre").first.is_visible()
            solution.locator("summary").click()
            solution.locator("pre").first.wait_for(state="visible")
            # Sphinx makes figures that say how wide they are links; the page's script all others.
            assert page.locator("a.figure-link > img, a.image-reference > img").count() >= 10
            context.close()
