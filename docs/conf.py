"""The site: Sphinx reads docs/ and notebooks/ where they stand (``make site``).

Notebooks are not executed: they carry their outputs. What a page needs besides its source, folded
cells and alt texts for instance, is added on the way in (:mod:`tools.site`).
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools import build, site  # noqa: E402

meta = build.project()
repository = meta["urls"]["Repository"]

project, author, release = "symtut", "The symtut authors", meta["version"]
copyright = f"{author}, MIT licence"
extensions = [
    *("myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.mathjax"),
    *("sphinx_copybutton", "sphinx_design"),
]
root_doc = "docs/index"
include_patterns = [
    *("docs/*.md", "docs/api/*.md", "notebooks/*.ipynb"),
    *("CONTRIBUTING.md", "CHANGELOG.md"),
]
exclude_patterns = [
    *(path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in site.SOURCES),
    "notebooks/exercises",
]

nb_execution_mode = "off"
nb_ipywidgets_js = {}  # no script from the network: controls are left out of stored outputs
nb_merge_streams = True
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_dmath_double_inline = True
myst_heading_anchors = 3
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
nitpicky = True  # a reference that leads nowhere is a warning, and make site fails on warnings

# MathJax with all its extensions in one file beside the pages: formulas need no network.
mathjax = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
html_static_path = ["_static", str(mathjax / "tex-svg-full.js")]
mathjax_path = "tex-svg-full.js"

html_theme = "sphinx_book_theme"
html_title = "symtut"
html_favicon = "_static/icon.svg"
html_css_files = ["site.css"]
html_js_files = ["figures.js"]
html_extra_path = ["_extra"]
html_show_sourcelink = True
html_theme_options = {
    "repository_url": repository,
    "repository_branch": "main",
    "path_to_docs": "",
    "use_repository_button": True,
    "use_issues_button": True,
    "use_download_button": True,
    "navbar_persistent": [],
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "launch_buttons": {
        "binderhub_url": "https://mybinder.org",
        "colab_url": "https://colab.research.google.com",
        "notebook_interface": "jupyterlab",
    },
    "logo": {"text": "symtut"},
}


def plain_name(app, env, node, text):
    """Show a name that has no page of its own as it is, if it exists; else Sphinx complains."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"].removesuffix("()")
    if not target.startswith("symtut") and node["reftype"] in ("class", "data", "exc", "obj"):
        return text  # a type of another library in a signature
    around = [part for key in ("py:module", "py:class") if (part := node.get(key))]
    places = [".".join([*around[:depth], target]) for depth in range(len(around) + 1)]
    return text if any(map(exists, places)) else None


def exists(name):
    """Whether ``package.module.thing.part`` can be imported."""
    module, parts = name, []
    while module:
        try:
            found = import_module(module)
        except ImportError:
            module, _, last = module.rpartition(".")
            parts = [last, *parts]
            continue
        for part in parts:
            found = getattr(found, part, None)
        return found is not None
    return False


def setup(app):
    app.connect("source-read", site.prepare)
    app.connect("missing-reference", plain_name)
