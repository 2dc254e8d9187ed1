"""Broken links and missing pictures of a static site: ``python -m tools.links FOLDER``.

Every address that a page names must lead somewhere: to a file of the site, and in it to the
anchor. Nothing may be loaded from the network, for the site is to be read without one. Addresses
of other sites are listed; only their form is checked.
"""

import argparse
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from symtut.errors import InputError

# What a browser fetches by itself, as opposed to what a reader may click on.
LOADED = {
    ("img", "src"), ("source", "srcset"), ("img", "srcset"), ("script", "src"), ("link", "href"),
    ("iframe", "src"), ("video", "src"), ("audio", "src"), ("object", "data"),
}  # fmt: skip
WEB = ("http", "https")


@dataclass
class Page:
    """What one HTML file says: anchors, and (line, tag, attribute, address) of its references."""

    anchors: Counter = field(default_factory=Counter)
    references: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    tags: Counter = field(default_factory=Counter)
    language: str = ""
    title: str = ""


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.page, self._in_title = Page(), False

    def handle_starttag(self, tag, attrs):
        attributes, line = dict(attrs), self.getpos()[0]
        self.page.tags[tag] += 1
        self._in_title = tag == "title"
        if tag == "html":
            self.page.language = attributes.get("lang") or ""
        if anchor := attributes.get("id"):
            self.page.anchors[anchor] += 1
            if self.page.anchors[anchor] == 2:
                self.page.faults.append((line, f"the anchor '{anchor}' is there twice"))
        if tag == "img" and not (attributes.get("alt") or "").strip():
            self.page.faults.append((line, "an image has no alt text"))
        for name in ("href", "src", "data", "srcset", "poster"):
            if name in attributes and (name != "data" or tag == "object"):
                addresses = [attributes[name] or ""]
                if name == "srcset":
                    addresses = [
                        part.split()[0] for part in addresses[0].split(",") if part.split()
                    ]
                for address in addresses:
                    self.page.references.append((line, tag, name, address))

    def handle_data(self, data):
        if self._in_title:
            self.page.title += data.strip()
            self._in_title = False


def read_page(path: Path) -> Page:
    """Parse one HTML file of a site."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    page = reader.page
    if page.tags["h1"] != 1:
        page.faults.append((1, f"{page.tags['h1']} headings <h1>; a page has one"))
    for name, value in (("lang", page.language), ("title", page.title)):
        if not value:
            page.faults.append((1, f"no {name}"))
    return page


def check(folder: str | Path) -> tuple[list[str], Counter]:
    """Check all pages and style sheets below ``folder``.

    Returns
    -------
    faults : list of str
        One line each, ``page.html:12: what is wrong``; empty if all is well.
    external : Counter
        How often each address of another site is linked to.

    Raises
    ------
    InputError
        If there is no page at all.
    """
    root = Path(folder).resolve()
    pages = {path: read_page(path) for path in sorted(root.rglob("*.html"))}
    if not pages:
        raise InputError(f"no page (.html) in '{folder}'; make the site first: make site")
    faults, external = [], Counter()
    for path, page in pages.items():
        place = path.relative_to(root).as_posix()
        found = list(page.faults)
        for line, tag, name, address in page.references:
            loaded = (tag, name) in LOADED
            if problem := _problem(address, path, root, pages, loaded, external):
                found.append((line, f'{name}="{address}" {problem}'))
        faults += [f"{place}:{line}: {text}" for line, text in sorted(found)]
    for path in sorted(root.rglob("*.css")):
        text = path.read_text(encoding="utf-8")
        for match in re.finditer(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", text):
            address = match[1] or match[2]
            line = text.count("\n", 0, match.start()) + 1
            if problem := _problem(address, path, root, pages, True, external):
                place = path.relative_to(root).as_posix()
                faults.append(f"{place}:{line}: {address} {problem}")
    return faults, external


def _problem(address, path, root, pages, loaded, external) -> str:
    """What is wrong with an address on the page at ``path``; empty if nothing is."""
    try:
        parts = urlsplit(address)
    except ValueError as error:
        return f"is not an address ({error})"
    if not address:
        return "is empty"
    if parts.scheme == "data":
        return ""
    if parts.scheme in WEB or parts.netloc:
        if loaded:
            return "would be loaded from the network"
        external[address] += 1
        good = parts.scheme in WEB and re.fullmatch(r"[\w.-]+\.\w+(:\d+)?", parts.netloc)
        return "" if good and not re.search(r"\s", address) else "is not a well-formed address"
    if parts.scheme:
        return "" if parts.scheme == "mailto" and "@" in parts.path else "has an unknown scheme"
    target = path if not parts.path else (path.parent / unquote(parts.path)).resolve()
    if target.is_dir():
        return "leads to a folder; without a server that is a list of files"
    if not target.is_relative_to(root) or not target.is_file():
        return "leads nowhere"
    if parts.fragment and target in pages:
        if unquote(parts.fragment) not in pages[target].anchors:
            return "leads to a page without that anchor"
    return ""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.links", description=__doc__)
    parser.add_argument("folder", nargs="?", default="site")
    arguments = parser.parse_args(argv)
    try:
        faults, external = check(arguments.folder)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for address, number in sorted(external.items()):
        print(f"{number:4d}  {address}")
    print(f"{len(external)} addresses of other sites (not opened), {len(faults)} faults")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
