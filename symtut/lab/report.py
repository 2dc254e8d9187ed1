"""The report of a run as one HTML page that needs no network.

First one screen of results: the equations found beside the simulator's, real steps and return, what
it cost, and the pictures of the cells with the tag ``report``. Below it the whole notebook, with
the code folded. Formulas are pictures (SVG, drawn by matplotlib).
"""

import base64
import io
import re
from html import escape, unescape
from pathlib import Path

import sympy

from symtut.lab.executed import duration, read_executed
from symtut.storage import write_bytes

STYLE = """\
:root { color-scheme: light; --ink: #222; --soft: #666; --line: #ddd; --paper: #fcfcfc; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--paper);
  color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.35rem; margin: 0; } h2 { font-size: 1rem; margin: 0 0 .4rem; }
.soft { color: var(--soft); margin: .1rem 0 .8rem; }
.numbers { display: flex; flex-wrap: wrap; gap: .6rem 2.2rem; margin: 0 0 .9rem; }
.numbers b { display: block; font-size: 1.45rem; font-weight: 600; line-height: 1.2; }
.screen { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr));
  gap: 1rem; }
.screen > section { border: 1px solid var(--line); border-radius: 8px; padding: .8rem;
  background: white; min-width: 0; }
table { border-collapse: collapse; } td, th { padding: .15rem .6rem .15rem 0; text-align: left; }
.equations td:first-child { color: var(--soft); }
img { max-width: 100%; height: auto; } img.math { vertical-align: middle; }
pre { overflow-x: auto; background: #f4f4f4; padding: .6rem; border-radius: 6px;
  font-size: 13px; line-height: 1.35; }
summary { cursor: pointer; color: var(--soft); } .notebook { margin-top: 1.2rem; }
.notebook table td, .notebook table th { border-bottom: 1px solid var(--line); }
.wide { overflow-x: auto; } .anchor-link { display: none; }
"""


def write_report(executed: Path, results: dict) -> Path:
    """Write the report beside an executed notebook; returns its path.

    Parameters
    ----------
    executed : Path
        From :func:`symtut.lab.run.execute`.
    results : dict
        What that returned.
    """
    notebook = read_executed(executed)
    title = notebook.cells[0].source.partition("\n")[0].removeprefix("# ")
    pictures = [
        f'<section><img src="data:image/png;base64,{data}" alt="{escape(alt)}"></section>'
        for cell in notebook.cells
        if "report" in cell.metadata.get("tags", [])
        for data, alt in _pictures(cell)
    ]
    page = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{STYLE}</style></head><body>
<h1>{escape(title)}</h1>
<p class="soft">profile {escape(results["profile"])}, seed {results["seed"]}</p>
{_numbers(results)}
<div class="screen">{_equations(results)}{"".join(pictures)}</div>
<details class="notebook"><summary>The whole notebook: text, figures and code</summary>
{"".join(map(_cell, notebook.cells))}
</details></body></html>
"""
    path = executed.with_suffix(".html")
    write_bytes(path, page.encode())
    return path


# ---- the first screen ----------------------------------------------------------------------------


def _numbers(results: dict) -> str:
    rows = []
    if "real_steps" in results:
        rows.append((f"{results['real_steps']:,}", "real steps"))
    if "final_return" in results:
        said = f"mean real return over {results['evaluation_episodes']} fixed starts"
        if "optimum" in results:
            said += f" (best possible {results['optimum']:.1f})"
        rows.append((f"{results['final_return']:.1f}".replace("-", "−"), said.replace("-", "−")))
    cost = results["cost"]
    if cost["cpu_seconds"]:
        rows.append((f"{cost['cpu_seconds']:.0f}", "CPU-seconds"))
    rows.append((duration(cost["seconds"]), "by the clock"))
    cells = "".join(f"<div><b>{number}</b>{escape(said)}</div>" for number, said in rows)
    return f'<div class="numbers">{cells}</div>'


def _equations(results: dict) -> str:
    """The equations found beside the simulator's; nothing if the notebook recorded none."""
    if not results.get("equations"):
        return ""
    rows = []
    for found in results["equations"]:
        worst = found.get("largest_error")
        verdict = (
            "not the simulator’s terms"
            if worst is None
            else f"largest relative error of a coefficient: {worst:.0e}"
            if worst
            else "exactly"
        )
        rows += [
            f"<tr><td>found</td><td>{equation(found['target'], found['equation'])}</td></tr>",
            f"<tr><td>simulator</td><td>{equation(found['target'], found['true'])}</td></tr>",
            f'<tr><td></td><td class="soft">{verdict}</td></tr>',
        ]
    return (
        "<section><h2>Equations found, beside the simulator’s</h2>"
        f'<table class="equations">{"".join(rows)}</table></section>'
    )


def equation(target: str, text: str) -> str:
    """``"delta_theta_dot"``, ``"0.75*sin(theta) + 0.15*u"`` as a picture of the formula."""
    names = {name: sympy.Symbol(name) for name in re.findall(r"[A-Za-z_]\w*(?!\w*\()", text)}
    right = sympy.parse_expr(text, local_dict=names)
    written = {symbol: _name(name) for name, symbol in names.items()}
    left = target.removeprefix("delta_")
    prefix = r"\Delta " if left != target else ""
    return formula_image(f"{prefix}{_name(left)} = {sympy.latex(right, symbol_names=written)}")


def _name(name: str) -> str:
    base, dot, _ = name.partition("_dot")
    greek = base.rstrip("0123456789") in ("theta", "omega", "psi", "phi", "alpha", "delta")
    text = re.sub(r"(\d+)$", r"_{\1}", f"\\{base}" if greek else base)
    return rf"\dot{{{text}}}" if dot else text


# ---- formulas ------------------------------------------------------------------------------------


def formula_image(tex: str, size: float = 12.0) -> str:
    """A formula as an ``<img>``; what matplotlib cannot draw stays as it is written."""
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import math_to_image

    # plain TeX of the notebooks that matplotlib knows under another name, or not at all
    for ours, theirs in ((r"\tfrac", r"\frac"), (r"\!", ""), (r"\lvert", "|"), (r"\rvert", "|")):
        tex = tex.replace(ours, theirs)
    file = io.BytesIO()
    try:
        with mpl.rc_context({"mathtext.fontset": "cm", "svg.fonttype": "path"}):
            math_to_image(f"${tex}$", file, FontProperties(size=size), dpi=72, format="svg")
    except ValueError:
        return f"<code>{escape(tex)}</code>"
    data = base64.b64encode(file.getvalue()).decode()
    return f'<img class="math" alt="{escape(tex)}" src="data:image/svg+xml;base64,{data}">'


def _with_formulas(html: str) -> str:
    """Formulas between dollar signs as pictures, outside of code."""
    parts = re.split(r"(<(?:code|pre)\b.*?</(?:code|pre)>)", html, flags=re.DOTALL)
    pattern = re.compile(r"\$\$(.+?)\$\$|\$(?!\s)(.+?)(?<!\s)\$", re.DOTALL)

    def drawn(match: re.Match) -> str:
        picture = formula_image(unescape(match[1] or match[2]).replace("\n", " ").strip())
        return f"<p>{picture}</p>" if match[1] else picture

    return "".join(p if i % 2 else pattern.sub(drawn, p) for i, p in enumerate(parts))


# ---- the notebook --------------------------------------------------------------------------------


def _cell(cell) -> str:
    from nbconvert.filters import markdown2html

    if cell.cell_type == "markdown":
        text = re.sub(r"^\[!\[.*\n", "", cell.source, flags=re.MULTILINE)  # badges need a network
        return _with_formulas(markdown2html(text))
    if cell.cell_type != "code" or not cell.source.strip():
        return ""
    outputs = "".join(map(_output, cell.outputs))
    code = f"<details><summary>code</summary><pre>{escape(cell.source)}</pre></details>"
    return f'{code}<div class="wide">{outputs}</div>'


def _output(output) -> str:
    from nbconvert.filters import strip_ansi

    if output.output_type == "stream":
        return f"<pre>{escape(strip_ansi(output.text))}</pre>"
    if output.output_type == "error":
        return f"<pre>{escape(strip_ansi(chr(10).join(output.traceback)))}</pre>"
    data = output.data
    if "image/png" in data:
        return f'<img src="data:image/png;base64,{data["image/png"]}" alt="{_alt(output)}">'
    if "text/html" in data:
        return data["text/html"]
    if "text/latex" in data:
        tex = data["text/latex"].strip("$ ").removeprefix(r"\displaystyle")
        return f"<p>{formula_image(tex)}</p>"
    text = data.get("text/plain", "")
    return f"<pre>{escape(text)}</pre>" if text else ""


def _pictures(cell):
    """(base64 PNG, what it shows) of a cell's outputs."""
    for output in cell.get("outputs", []):
        if "image/png" in output.get("data", {}):
            yield output.data["image/png"], _alt(output)


def _alt(output) -> str:
    return escape(output.metadata.get("image/png", {}).get("alt", "figure"))
