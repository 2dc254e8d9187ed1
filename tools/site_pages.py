"""A solved notebook as a page of the static site: folded cells, anchors, pictures in files."""

import base64
import copy
import io
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from PIL import Image

from symtut.errors import InputError
from symtut.storage import write_bytes
from tools import build, opening
from tools.course_map import neighbours
from tools.mathml import typeset

# Cells whose code few want to read first: by their tag, or because they hold a solution.
FOLDED = {"setup": "Set-up", "check": "The check", "solution": "A solution"}


@dataclass
class Page:
    """A notebook as a page.

    ``sections`` are (anchor, HTML of the heading) pairs; ``characters`` are those of its formulas;
    ``film`` is the HTML of its last film, if it has one.
    """

    name: str
    title: str
    sections: list
    body: str
    characters: str
    film: str = ""


def notebook_page(name: str, folder: Path, names: list[str]) -> Page:
    """Render a solved notebook; its pictures are written to ``folder/images``.

    ``names`` are the notebooks that become pages: links to them lead to these.
    """
    from bs4 import BeautifulSoup
    from nbconvert import HTMLExporter

    path = build.REPOSITORY / "notebooks" / f"{name}.ipynb"
    if not path.is_file():
        raise InputError(f"'{name}' has not been built; run: make notebooks")
    notebook = nbformat.read(path, as_version=4)
    address = path.relative_to(build.REPOSITORY).as_posix()
    # The page has its own row of links, to the same places.
    for row in (build.badges(address), neighbours(build.REPOSITORY, name)):
        notebook.cells[0].source = notebook.cells[0].source.replace(row, "", 1)
    _describe_pictures(notebook)
    exporter = HTMLExporter(
        template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True,
        exclude_anchor_links=True,
    )  # fmt: skip
    soup = BeautifulSoup(exporter.from_notebook_node(notebook)[0], "html.parser")
    _fold(soup, notebook)
    title = soup.h1.extract().get_text(" ", strip=True)
    anchor_headings(soup)
    film = _save_pictures(soup, folder, name)
    redirect(soup, names, f"{build.REPOSITORY}/notebooks", folder)
    for table in soup.find_all("table"):
        table.wrap(soup.new_tag("div", attrs={"class": "wide"}))
    characters = typeset(soup)
    return Page(name, title, sections(soup), str(soup), characters, film)


def _describe_pictures(notebook) -> None:
    """Give each picture its size, and an alt text where the notebook has none."""
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found = re.findall(r"^#+ +(.+)$", cell.source, re.MULTILINE)
            heading = found[-1] if found else heading
        for output in cell.get("outputs", []):
            if data := output.get("data", {}).get("image/png"):
                width, height = Image.open(io.BytesIO(base64.b64decode(data))).size
                about = output.metadata.setdefault("image/png", {})
                about.setdefault("alt", alt_text(heading, cell.source))
                about.update(width=width, height=height)


def alt_text(heading: str, code: str) -> str:
    """What a figure shows, from the titles that its cell gives it, else from the heading."""
    titles = re.findall(r"title(?:\(|=)\s*[rf]?\"([^\"{}]+)\"", code)
    text = _plain("; ".join(titles) if titles else heading)
    return ("Figure: " if titles else "Figure of the section ") + text


def _plain(text: str) -> str:
    """Formulas in words, roughly: for attributes, which cannot hold MathML."""
    text = re.sub(r"\\n(?!u\b)", " ", text.replace("\\dot", "rate of "))
    return re.sub(r"[$\\{}`*]", "", text).strip()


def _fold(soup, notebook) -> None:
    """Put set-up, checks and solutions behind a summary; say where a figure has controls."""
    code = iter(cell for cell in notebook.cells if cell.cell_type == "code")
    for element in soup.select("div.code_cell"):
        cell = next(code)
        kinds = [tag for tag in FOLDED if tag in cell.metadata.get("tags", [])]
        if build.BEGIN in cell.source:
            kinds = ["solution"]
        if kinds:
            details = soup.new_tag("details", attrs={"class": f"folded {kinds[0]}"})
            element.select_one("div.input").wrap(details)
            label = soup.new_tag("summary")
            label.string = FOLDED[kinds[0]]
            details.insert(0, label)
        if "explorers.explore(" in cell.source and element.img:
            note = soup.new_tag("p", attrs={"class": "live"})
            note.string = "In the notebook, sliders and menus under this figure draw it again."
            element.append(note)


def anchor_headings(soup) -> None:
    """Give headings unique anchors, and a link to each."""
    used = {"top", "content"}
    for heading in soup.find_all(["h2", "h3", "h4", "h5", "h6"]):
        text = _plain(heading.get_text())
        stem = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"
        anchor, number = stem, 2
        while anchor in used:
            anchor, number = f"{stem}-{number}", number + 1
        used.add(anchor)
        heading["id"] = anchor
        link = soup.new_tag("a", href=f"#{anchor}", attrs={"class": "anchor"})
        link["aria-label"], link.string = f"Link to {text}", "#"
        heading.append(link)


def sections(soup) -> list[tuple[str, str]]:
    """(anchor, HTML) of the headings of second level, formulas included, without their links."""
    found = []
    for heading in soup.find_all("h2"):
        text = copy.copy(heading)
        text.select_one("a.anchor").extract()
        for link in text.find_all("a"):
            link.unwrap()
        found.append((heading["id"], text.decode_contents().strip()))
    return found


def _save_pictures(soup, folder: Path, name: str) -> str:
    """Write embedded pictures as files; returns the last film's ``<picture>``, or nothing.

    Readers who ask their system for less motion get the last frame of a film.
    """
    last = ""
    for number, image in enumerate(soup.find_all("img", src=re.compile("^data:image/png")), 1):
        data = base64.b64decode(image["src"].partition(",")[2])
        path = folder / "images" / f"{name}-{number}.png"
        write_bytes(path, data)
        image["src"], image["loading"] = f"images/{path.name}", "lazy"
        picture = Image.open(io.BytesIO(data))
        if getattr(picture, "is_animated", False):
            picture.seek(picture.n_frames - 1)
            still, file = path.with_stem(path.stem + "-still"), io.BytesIO()
            picture.convert("RGB").save(file, "PNG", optimize=True)
            write_bytes(still, file.getvalue())
            box = image.wrap(soup.new_tag("picture"))
            wish = {"media": "(prefers-reduced-motion: reduce)", "srcset": f"images/{still.name}"}
            box.insert(0, soup.new_tag("source", attrs=wish))
            last = str(box)
    return last


def redirect(soup, names: list[str], base: str | Path, folder: Path) -> None:
    """Links between notebooks become links between pages; other files are the repository's."""
    web = build.project()["urls"]["Repository"]
    for link in soup.find_all("a", href=True):
        path, hash_, anchor = link["href"].partition("#")
        if not path or re.match(r"[a-z][a-z0-9+.-]*:", path):
            continue
        name = Path(path).name.removesuffix(".ipynb")
        if path.endswith(".ipynb") and name in names:
            link["href"] = f"{name}.html{hash_}{anchor}"
            continue
        target = Path(base, path).resolve()
        if target.is_relative_to(build.REPOSITORY) and target.exists():
            kind = "tree" if target.is_dir() else "blob"
            inside = target.relative_to(build.REPOSITORY).as_posix()
            link["href"] = f"{web}/{kind}/{opening.BRANCH}/{inside}{hash_}{anchor}"
    for image in soup.find_all("img", src=True):
        source = Path(base, image["src"]).resolve()
        if source.is_relative_to(build.REPOSITORY) and source.is_file():
            write_bytes(folder / "images" / source.name, source.read_bytes())
            image["src"] = f"images/{source.name}"
