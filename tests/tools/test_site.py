"""The static site: complete, readable without a network, and every link leads somewhere."""

import re
import shutil

import bs4
import nbformat
import pytest

from symtut.errors import InputError
from tests.chromium import PATIENCE, chromium
from tools import links, mathml, site, site_pages
from tools.build import REPOSITORY
from tools.course_map import COURSE

NAMES = ["00_start_here", "10_symbolic_mbpo", "11_the_papers_comparison"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A site of three real notebooks; not to be changed."""
    folder = tmp_path_factory.mktemp("course") / "site"
    site.build_site(folder, NAMES)
    return folder


@pytest.fixture
def copy(made, tmp_path):
    return shutil.copytree(made, tmp_path / "site")


def read(folder, name):
    return bs4.BeautifulSoup((folder / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def test_every_link_of_the_site_leads_somewhere(made, capsys):
    faults, external = links.check(made)
    assert faults == []
    assert any("arxiv.org" in address for address in external)
    assert {path.stem for path in made.glob("*.html")} == {"index", *NAMES}
    assert links.main([str(made)]) == 0
    assert "arxiv.org" in capsys.readouterr().out


def test_pages_lead_to_each_other(made):
    page = read(made, NAMES[1])
    assert page.select_one("a[rel=prev]")["href"] == f"{NAMES[0]}.html"
    assert page.select_one("a[rel=next]")["href"] == f"{NAMES[2]}.html"
    contents = page.select_one("nav.sidebar")
    assert [a["href"] for a in contents.select(".notebooks > li > a")] == [
        f"{name}.html" for name in NAMES
    ]
    assert contents.select_one("[aria-current]")["href"] == f"{NAMES[1]}.html"
    headings = [h.get_text(" ").removesuffix("#").strip() for h in page.main.select("h2")]
    assert len(headings) >= 8
    assert [a.get_text() for a in contents.select(".sections a")] == headings
    # Notebooks that are not part of this site are linked to where they are.
    (elsewhere,) = {a["href"] for a in read(made, NAMES[0]).main.select("a[href*='04_symbolic']")}
    assert elsewhere.startswith("https://") and elsewhere.endswith("04_symbolic_regression.ipynb")


def test_pages_are_complete_and_need_no_network(made):
    for name in ("index", *NAMES):
        page = read(made, name)
        assert not page.find("script") and page.html["lang"] == "en"
        text = " ".join(
            node for node in page.body.find_all(string=True)
            if not {"pre", "code", "math"} & {parent.name for parent in node.parents}
        )  # fmt: skip
        assert "$" not in text and "\\theta" not in text
    page = read(made, NAMES[1])
    assert len(page.select("math")) >= 25 and page.select_one("math[display=block]")
    stored = nbformat.read(REPOSITORY / "notebooks" / f"{NAMES[1]}.ipynb", as_version=4)
    outputs = [o for cell in stored.cells for o in cell.get("outputs", [])]
    figures = sum("image/png" in output.get("data", {}) for output in outputs)
    assert len(page.select(".output_area img")) == figures >= 7
    assert page.select_one("picture source[media*=reduced-motion]")
    assert "badge" not in str(page) and page.select_one(".actions a[href*='colab.research']")
    assert page.title.get_text() == "10 · Symbolic model-based policy optimization · symtut"
    for code in page.find_all("pre", string=re.compile("BEGIN SOLUTION")):
        assert code.find_parent("details")
    folded = [summary.get_text() for summary in page.select("details.folded > summary")]
    assert folded.count("A solution") == folded.count("The check") == 5
    assert folded.count("Set-up") == 1
    assert "sliders" in read(made, NAMES[2]).select_one("p.live").get_text()


def test_landing_page_has_the_whole_course_and_the_film(made):
    page = read(made, "index")
    assert [h.get_text() for h in page.select(".cards h3")] == [t for t, _ in COURSE.values()]
    assert len(page.select(".cards .planned")) == len(COURSE) - len(NAMES)
    film = page.select_one("figure img")
    assert (made / film["src"]).read_bytes().count(b"acTL") == 1
    assert "make run" in page.main.get_text() and "arXiv 2407.13518" in page.main.get_text()
    for name in NAMES:
        original = REPOSITORY / "notebooks" / "exercises" / f"{name}.ipynb"
        assert page.find("a", href=f"exercises/{name}.ipynb", download=True)
        assert (made / "exercises" / f"{name}.ipynb").read_bytes() == original.read_bytes()


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ('<a href="nowhere.html">', 'href="nowhere.html" leads nowhere'),
        ('<a href="../outside.html">', "leads nowhere"),
        ('<a href="/index.html">', "leads nowhere"),
        ('<a href="images">', "leads to a folder"),
        ('<a href="index.html#nothing">', "without that anchor"),
        ('<a href="#nothing">', "without that anchor"),
        ('<a href="">', "is empty"),
        ('<a href="https://example .org/x">', "not a well-formed address"),
        ('<a href="https://nohost">', "not a well-formed address"),
        ('<a href="ftp://example.org">', "not a well-formed address"),
        ('<a href="javascript:go()">', "unknown scheme"),
        ('<img alt="a" src="images/none.png">', "leads nowhere"),
        ('<img alt="a" srcset="images/none.png 2x">', "leads nowhere"),
        ('<img alt="a" src="https://example.org/a.png">', "loaded from the network"),
        ('<script src="https://example.org/a.js">', "loaded from the network"),
        ('<img src="icon.svg">', "no alt text"),
        ("<h1>Another</h1>", "2 headings <h1>"),
        ('<p id="content">', "'content' is there twice"),
    ],
)
def test_what_is_broken_is_named_with_its_place(copy, broken, words, capsys):
    path = copy / f"{NAMES[0]}.html"
    html = path.read_text(encoding="utf-8")
    line = html.count("\n", 0, html.index("<footer>")) + 1
    path.write_text(html.replace("<footer>", f"{broken}<footer>"), encoding="utf-8")
    assert links.main([str(copy)]) == 1
    (fault,) = capsys.readouterr().err.splitlines()
    assert words in fault
    assert fault.startswith(f"{NAMES[0]}.html:{1 if 'h1' in broken else line}: ")


def test_missing_files_and_style_sheets_are_found_out(copy):
    (copy / "formulas.woff").unlink()
    film = read(copy, "index").select_one("figure img")["src"]
    (copy / film).unlink()
    faults, _ = links.check(copy)
    assert any(re.match(r"style.css:\d+: formulas.woff leads nowhere", fault) for fault in faults)
    assert any(fault.startswith("index.html:") and film in fault for fault in faults)
    assert any(fault.startswith("10_symbolic_mbpo.html:") and film in fault for fault in faults)
    with pytest.raises(InputError, match="make site"):
        links.check(copy / "images")


def test_the_command_fails_on_a_broken_link(tmp_path, monkeypatch, capsys):
    true_page = site.notebook_page

    def with_a_mistake(*arguments):
        page = true_page(*arguments)
        page.body += '<a href="09_typo.html">'
        return page

    monkeypatch.setattr(site, "notebook_page", with_a_mistake)
    arguments = [NAMES[0], "--out", str(tmp_path / "site")]
    assert site.main(arguments) == 1
    assert re.search(r"00_start_here.html:\d+: .*09_typo.html", capsys.readouterr().err)
    monkeypatch.undo()
    (tmp_path / "site" / "stale.html").touch()
    assert site.main(arguments) == 0  # the new site takes the old one's place, as a whole
    assert not (tmp_path / "site" / "stale.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_other_folders_and_unknown_notebooks_are_refused(tmp_path, capsys):
    (tmp_path / "thesis.tex").write_text("years of work")
    assert site.main(["--out", str(tmp_path)]) == 2
    assert "holds something else than a site" in capsys.readouterr().err
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
    assert site.main(["98_none", "--out", str(tmp_path / "new")]) == 2
    assert "no notebook '98_none'" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_formulas_become_mathml_and_code_stays():
    soup = bs4.BeautifulSoup(
        "<p>Let $x_1$ be. $$ \\mathcal L = \\tfrac12 x^2 $$ <code>a$b$c</code></p><pre>$y$</pre>",
        "html.parser",
    )
    characters = mathml.typeset(soup)
    inline, block = soup.select("math")
    assert inline.msub.get_text() == "x1" and not inline.get("display")
    assert block["display"] == "block" and block.parent["class"] == ["formula"]
    assert "ℒ" in characters and "x" in characters
    assert soup.code.get_text() == "a$b$c" and soup.pre.get_text() == "$y$"
    assert "display" in mathml.to_mathml(r"\displaystyle x")
    assert "mtable" in mathml.to_mathml(r"\begin{smallmatrix}0&1\end{smallmatrix}")
    with pytest.raises(InputError, match=r"\\nonsense"):
        mathml.to_mathml(r"\nonsense{x}")


def test_the_font_has_what_the_formulas_need():
    import io

    from fontTools.ttLib import TTFont

    font = TTFont(io.BytesIO(mathml.math_font("∑ℒ")))
    characters = font.getBestCmap()
    assert {ord("∑"), ord("ℒ"), 0x1D465} <= characters.keys()  # the last is the italic x
    assert ord("∮") not in characters and "MATH" in font
    assert "Open Font License" in font["name"].getDebugName(13)


def test_headings_get_anchors_of_their_own_and_keep_their_formulas():
    soup = bs4.BeautifulSoup(
        "<h2>3 · How far does $\\gamma$ look?</h2><h3>Why</h3>"
        "<h2>A <a href='x'>b</a></h2><h3>Why</h3>",
        "html.parser",
    )
    site_pages.anchor_headings(soup)
    mathml.typeset(soup)
    anchors = ["3-how-far-does-gamma-look", "why", "a-b", "why-2"]
    assert [heading["id"] for heading in soup.find_all(["h2", "h3"])] == anchors
    (first, formula), (second, text) = site_pages.sections(soup)
    assert (first, second, text) == ("3-how-far-does-gamma-look", "a-b", "A b")
    assert "<math>" in formula and "$" not in str(soup)


def test_alt_texts_say_what_the_notebook_says():
    code = 'axes.set_title("Return")\nax.set(title=r"angle $\\theta$", xlabel="x")'
    assert site_pages.alt_text("3 · Energy", code) == "Figure: Return; angle theta"
    code = r'axes.set_title("two\nlines, $\nu$")'
    assert site_pages.alt_text("3 · Energy", code) == "Figure: two lines, nu"
    code = 'axes.set_title(f"{n} runs")'
    assert site_pages.alt_text("3 · Energy", code) == "Figure of the section 3 · Energy"


def test_a_reader_without_network(made):
    """Desktop and phone, light and dark: all is loaded, drawn, as wide as the screen, usable."""
    with chromium() as browser:
        for width, scheme in ((1280, "light"), (390, "dark")):
            context = browser.new_context(
                viewport={"width": width, "height": 844}, color_scheme=scheme, offline=True
            )
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            troubles, addresses = [], []
            page.on("requestfailed", lambda r, seen=troubles: seen.append(r.url))
            page.on("request", lambda r, seen=addresses: seen.append(r.url))
            page.on("console", lambda m, seen=troubles: m.type == "error" and seen.append(m.text))
            for name in ("index", *NAMES):
                page.goto((made / f"{name}.html").as_uri())
                page.evaluate("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
                page.wait_for_function(
                    "() => [...document.images].every(i => i.complete && i.naturalWidth > 20)"
                )
                assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            assert not troubles
            assert addresses and all(a.startswith(("file:", "data:")) for a in addresses)

            page.goto((made / f"{NAMES[1]}.html").as_uri())
            sizes = page.evaluate(
                "() => [...document.querySelectorAll('math')].filter(m => !m.closest('details'))"
                ".map(m => m.getBoundingClientRect()).map(r => Math.min(r.width, r.height))"
            )
            assert len(sizes) >= 20 and min(sizes) > 3
            assert page.evaluate("document.fonts.check('16px Formulas', 'θ')")
            dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (sum(map(int, re.findall(r"\d+", dark))) < 150) == (scheme == "dark")

            solution = page.locator("details.folded", has_text="A solution").first
            assert not solution.locator("pre").is_visible()
            solution.locator("summary").focus()
            page.keyboard.press("Enter")
            solution.locator("pre").wait_for(state="visible")
            if width == 390:  # the contents are behind a menu
                page.locator(".menu summary").click()
                link = page.locator(".menu a", has_text="The paper's comparison")
            else:
                link = page.locator(".sidebar a", has_text="The paper's comparison")
            link.click()
            page.wait_for_url("**/11_the_papers_comparison.html")
            context.close()
