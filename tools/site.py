"""The course as a static site: ``python -m tools.site [NAME ...] [--out site]``.

One page for each solved notebook, and a landing page from README and the map of the course. The
pages need no network and no script: formulas are MathML with their own font, pictures are files
beside the pages, controls of notebooks appear as the figure at their first values. Solutions,
checks and the set-up are folded. At the end every link is checked (:mod:`tools.links`).
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
from html import escape
from pathlib import Path

from symtut.errors import InputError
from symtut.paths import ensure_folder
from symtut.storage import write_bytes
from tools import build, links
from tools.course_map import COURSE
from tools.mathml import math_font, typeset
from tools.site_pages import Page, notebook_page, redirect

FILES = Path(__file__).parent / "site_files"
FILM_OF_THE_RESULT = "10_symbolic_mbpo"
GENERATOR = '<meta name="generator" content="tools.site">'


def build_site(out: str | Path, names: list[str] | None = None) -> list[Page]:
    """Write the site to the folder ``out``, which appears whole; what was there before goes.

    Parameters
    ----------
    names : list of str, optional
        Notebooks such as ``"10_symbolic_mbpo"``; all by default. Links to others then lead to the
        repository.

    Raises
    ------
    InputError
        If a notebook is unknown, or ``out`` holds something else than an earlier site.
    """
    known = [source.stem for source in build.sources()]
    for name in names or ():
        if name not in known:
            raise InputError(f"no notebook '{name}'; there are: {', '.join(known)}.")
    names = [name for name in known if not names or name in names]
    out = Path(out).resolve()
    index = out / "index.html"
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        if not index.is_file() or GENERATOR not in index.read_text(encoding="utf-8"):
            raise InputError(f"'{out}' holds something else than a site; choose another folder.")
    ensure_folder(out.parent)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".site-") as made:
        new = Path(made) / "site"
        pages = _write_all(new, names)
        if out.exists():
            shutil.rmtree(out)
        os.replace(new, out)
    return pages


def _write_all(folder: Path, names: list[str]) -> list[Page]:
    for part in ("images", "exercises", "solved"):
        (folder / part).mkdir(parents=True)
    pages = [notebook_page(name, folder, names) for name in names]
    landing, characters = landing_text(folder, pages)
    style = (FILES / "style.css").read_bytes()
    font = math_font("".join(page.characters for page in pages) + characters)
    for name, data in (
        ("style.css", style), ("formulas.woff", font),
        ("icon.svg", (FILES / "icon.svg").read_bytes()),
    ):  # fmt: skip
        write_bytes(folder / name, data)
    for name in names:
        solved, exercises = build.targets(build.REPOSITORY / "notebooks" / "source" / f"{name}.py")
        write_bytes(folder / "solved" / solved.name, solved.read_bytes())
        write_bytes(folder / "exercises" / exercises.name, exercises.read_bytes())
    common = {
        "course": COURSE, "pages": {page.name: page for page in pages}, "generator": GENERATOR,
        "repository": build.project()["urls"]["Repository"], "open_in": _open_in,
    }  # fmt: skip
    for place, page in enumerate(pages):
        around = {
            "before": pages[place - 1] if place else None,
            "after": pages[place + 1] if place + 1 < len(pages) else None,
        }
        html = _template("page.html").render(page=page, **around, **common)
        write_bytes(folder / f"{page.name}.html", html.encode())
    html = _template("landing.html").render(page=None, **landing, **common)
    write_bytes(folder / "index.html", html.encode())
    return pages


def landing_text(folder: Path, pages: list[Page]) -> tuple[dict, str]:
    """README's opening and quick start as HTML, and the characters of their formulas."""
    from bs4 import BeautifulSoup
    from nbconvert.filters import markdown2html

    path = build.REPOSITORY / "README.md"
    parts = re.split(r"^(#{1,2} .*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], map(str.strip, parts[2::2]), strict=True))
    texts, characters = {}, ""
    for key, heading in (("opening", next(iter(sections), "")), ("start", "## Quick start")):
        if heading not in sections:
            raise InputError(f"README.md has no heading '{heading}', which the site begins with.")
        soup = BeautifulSoup(markdown2html(sections[heading]), "html.parser")
        redirect(soup, [page.name for page in pages], build.REPOSITORY, folder)
        characters += typeset(soup)
        texts[key] = str(soup)
    tagline, _, texts["opening"] = texts["opening"].partition("</p>")
    tagline = BeautifulSoup(tagline, "html.parser")
    strong = tagline.strong.extract().get_text(" ") if tagline.strong else ""
    texts["opening"] = f"<p>{tagline.p.decode_contents()}</p>{texts['opening']}"
    films = {page.name: page.film for page in pages if page.film}
    film = films.get(FILM_OF_THE_RESULT) or next(iter(films.values()), "")
    return {"tagline": " ".join(strong.split()), "film": film, **texts}, characters


def _open_in(path: str) -> str:
    """The badges of a notebook as links in words, which need no network."""
    found = re.findall(r"!\[([^\]]+)\]\([^)]+\)\]\(([^)]+)\)", build.badges(path))
    return " ".join(f'<a href="{escape(link)}">{escape(text)}</a>' for text, link in found)


def _template(name: str):
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(FILES)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template(name)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.site", description=__doc__)
    parser.add_argument("names", nargs="*", help="e.g. 10_symbolic_mbpo; default all")
    parser.add_argument("--out", default="site", metavar="DIR")
    arguments = parser.parse_args(argv)
    try:
        pages = build_site(arguments.out, arguments.names)
        faults, external = links.check(arguments.out)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for fault in faults:
        print(fault, file=sys.stderr)
    print(
        f"{len(pages)} notebooks in {arguments.out}/index.html; {len(faults)} faults; "
        f"{len(external)} addresses of other sites (python -m tools.links lists them)"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
