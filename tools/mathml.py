"""Formulas of a static page: LaTeX becomes MathML when the page is made, so no script typesets it.

Browsers draw MathML with the reader's mathematical font, and many systems have none. So a part of
STIX Two Math (SIL Open Font License) goes with the pages: the characters that they use.
"""

import io
import re
from importlib.util import find_spec
from pathlib import Path

from symtut.errors import InputError

FORMULA = re.compile(
    r"(?<!\\)\$\$(?P<display>.+?)(?<!\\)\$\$|(?<![\\$])\$(?P<inline>[^$]+?)(?<!\\)\$", re.DOTALL
)
LITERAL = {"code", "kbd", "math", "pre", "script", "style", "title"}
# One letter alone in <mi> is drawn in italics: it is another character than the one in the text.
ITALIC = [*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C), 0x210E]


def to_mathml(latex: str, display: bool = False) -> str:
    """LaTeX without its dollars -> a ``<math>`` element.

    Raises
    ------
    InputError
        If the formula is not LaTeX that can be translated, or the translator is not installed.
    """
    try:
        from math_core import LatexError, LatexToMathML
    except ImportError as error:
        raise InputError(
            'the formulas of the site need math-core; run: pip install "symtut[site]"'
        ) from error
    latex = latex.strip()
    if latex.startswith(r"\displaystyle"):  # so SymPy and IPython begin every formula
        latex, display = latex.removeprefix(r"\displaystyle").strip(), True
    readable = latex.replace("smallmatrix", "matrix")  # which MathML does not know
    translator = LatexToMathML(fancy_error=False)
    try:
        return translator.convert_with_local_state(readable, displaystyle=display)
    except LatexError as error:
        raise InputError(f"the formula ${latex}$ cannot be shown on a page: {error}") from error


def typeset(soup) -> str:
    """Replace ``$...$`` and ``$$...$$`` in the text of a BeautifulSoup document, in place.

    Code and preformatted text keep their dollars. Returns the characters of all formulas, for
    :func:`math_font`.
    """
    from bs4 import BeautifulSoup

    characters = set()
    for node in list(soup.find_all(string=FORMULA)):
        if any(parent.name in LITERAL for parent in node.parents):
            continue
        parts, end, text = [], 0, str(node)
        for match in FORMULA.finditer(text):
            display = match["display"] is not None
            formula = BeautifulSoup(to_mathml(match[match.lastgroup], display), "html.parser").math
            characters |= set(formula.get_text())
            parts.append(text[end : match.start()])
            if formula.get("display") == "block":  # may be wider than a phone
                box = soup.new_tag("span", attrs={"class": "formula"})
                box.append(formula)
                formula = box
            parts.append(formula)
            end = match.end()
        parts.append(text[end:])
        node.replace_with(*(part for part in parts if part))
    return "".join(sorted(characters))


def math_font(characters: str) -> bytes:
    """STIX Two Math as a web font (WOFF) with these characters and all their sizes.

    Raises
    ------
    InputError
        If the package that carries the font is not installed.
    """
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    package = find_spec("ziamath")  # found without being imported: only its font is wanted
    if package is None:
        raise InputError('the site\'s font comes with ziamath; run: pip install "symtut[site]"')
    path = Path(package.origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"
    font = TTFont(path, recalcTimestamp=False)
    options = Options(flavor="woff", name_IDs=["*"])  # names: they hold the font's licence
    subsetter = Subsetter(options)
    subsetter.populate(unicodes={*map(ord, characters), *ITALIC, *range(0x20, 0x7F)})
    subsetter.subset(font)
    font.flavor = "woff"
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()
