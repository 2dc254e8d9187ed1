"""What a page of the site needs besides its source; ``docs/conf.py`` calls :func:`prepare`.

``make site`` reads ``docs/`` and ``notebooks/`` where they stand. On the way in, set-up, solutions
and checks are folded, figures get alt texts, and links to other files of the repository lead to the
repository.
"""

import re
from pathlib import Path

import nbformat

from tools import build, opening
from tools.course_map import COURSE, MARKS, between, neighbours

SOURCES = ("docs", "notebooks")
#: Cells whose code few want to read first: by their tag, or because they hold a solution.
FOLDED = {"setup": "Set-up", "check": "The check", "solution": "A solution"}

CONTROLS = "*In the notebook, sliders and menus change this figure.*"


def prepare(app, docname: str, source: list[str]) -> None:
    """Sphinx's event ``source-read``: change the text of a page in place."""
    pages = app.project.docnames
    if docname.startswith("notebooks/"):
        notebook = prepared(nbformat.reads(source[0], as_version=4), Path(docname).name, pages)
        source[0] = nbformat.writes(notebook)
    else:
        written = [name for name in COURSE if f"notebooks/{name}" in pages]
        text = between(source[0], MARKS, cards(written)) if docname == "docs/index" else source[0]
        source[0] = to_repository(text, Path(docname).parent, pages)


def prepared(notebook: nbformat.NotebookNode, name: str, pages: set[str]):
    """A solved notebook as its page shows it: folded cells, alt texts, links in words.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Changed in place and returned.
    name : str
        Such as ``"10_symbolic_mbpo"``.
    pages : set of str
        What the site shows, such as ``"notebooks/10_symbolic_mbpo"``.
    """
    first = notebook.cells[0]
    first.source = first.source.replace(build.badges(f"notebooks/{name}.ipynb"), exercise_row(name))
    first.source = first.source.replace(neighbours(build.REPOSITORY, name), "")
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "markdown":
            cell.source = to_repository(dropdowns(cell.source), Path("notebooks"), pages)
        elif cell.cell_type == "code":
            _fold(cell)
            _describe(cell)
            if "explorers.explore(" in cell.source and cell.outputs:
                cells.append(nbformat.v4.new_markdown_cell(CONTROLS))
    notebook.cells = cells
    return notebook


def _fold(cell) -> None:
    tags = cell.metadata.setdefault("tags", [])
    kinds = [tag for tag in FOLDED if tag in tags]
    if build.BEGIN in cell.source:
        kinds = ["solution"]
    if kinds or cell.metadata.get("jupyter", {}).get("source_hidden"):
        word = FOLDED[kinds[0]] if kinds else "The code"
        if "hide-input" not in tags:
            tags.append("hide-input")
        about = cell.metadata.setdefault("mystnb", {})
        about.update(code_prompt_show=word, code_prompt_hide=word)


def _describe(cell) -> None:
    """The builder takes a figure's alt text and width from its cell; the notebook has both."""
    for output in cell.outputs:
        if "image/png" in output.get("data", {}):
            said = output.metadata["image/png"]
            about = cell.metadata.setdefault("mystnb", {}).setdefault("image", {})
            about["alt"] = said["alt"]
            if "width" in said:  # else twice as large
                about["width"] = f"{said['width']}px"
            if said["alt"].startswith("Film"):
                about["classes"] = "film"


def dropdowns(text: str) -> str:
    """``<details>`` as a directive, so that formulas inside it are formulas."""
    pattern = r"<details>\s*<summary>(.*?)</summary>\s*(.*?)\s*</details>"

    def opened(match):
        title = " ".join(match[1].split())  # a directive's title is one line
        return f":::{{dropdown}} {title}\n{match[2]}\n:::"

    return re.sub(pattern, opened, text, flags=re.DOTALL)


def exercise_row(name: str) -> str:
    """Where the exercises of a notebook are, in words: badges would need a network."""
    path = f"notebooks/exercises/{name}.ipynb"
    links = re.findall(r"!\[Open in ([^\]]+)\]\([^)]+\)\]\(([^)]+)\)", build.badges(path))
    places = " · ".join(f"[{place}]({link})" for place, link in links)
    return (
        f"Exercises without solutions: {{download}}`download <exercises/{name}.ipynb>` · {places}"
    )


def to_repository(text: str, folder: Path, pages: set[str]) -> str:
    """Links to files that are no pages lead to the repository; what does not exist stays.

    ``folder``, where the text stands, is relative to the repository.
    """
    web = build.project()["urls"]["Repository"]

    def moved(match):
        target = (build.REPOSITORY / folder / match[2]).resolve()
        if not target.is_relative_to(build.REPOSITORY) or not target.exists():
            return match[0]
        inside = target.relative_to(build.REPOSITORY)
        if inside.with_suffix("").as_posix() in pages:
            return match[0]
        kind = "tree" if target.is_dir() else "blob"
        return f"{match[1]}]({web}/{kind}/{opening.BRANCH}/{inside.as_posix()}{match[3] or ''})"

    link = r"(?<!!)(\[[^\]\[]*)\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)"
    return re.sub(link, moved, text)


def cards(names: list[str]) -> str:
    """These notebooks as cards of the landing page."""
    rows = "\n".join(
        f":::{{grid-item-card}} {name[:2]} · {COURSE[name][0]}\n:link: /notebooks/{name}\n"
        f":link-type: doc\n{COURSE[name][1]}\n:::"
        for name in names
    )
    return f"::::{{grid}} 1 2 2 3\n:gutter: 2\n{rows}\n::::"
