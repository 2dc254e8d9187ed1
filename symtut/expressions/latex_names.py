"""Names of variables as LaTeX: Greek letters, subscripts, dots, primes, words upright."""

from collections import Counter
from collections.abc import Sequence

_SMALL = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau "
    "upsilon phi chi psi omega varepsilon vartheta varphi"
).split()
_LARGE = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega".split()
# a variable called pi is a word: \pi would be read as the number
_GREEK = {name: rf"\{name}" for name in (*_SMALL, *_LARGE)}
_LETTERS = dict(zip("αβγδεζηθικλμνξρστυφχψω", _SMALL, strict=False))
_LETTERS |= dict(zip("ΓΔΘΛΞΠΣΥΦΨΩ", _LARGE, strict=True))
_SPECIAL = {
    "\\": r"\backslash ", "{": r"\{", "}": r"\}", "_": r"\_", "#": r"\#", "$": r"\$",
    "%": r"\%", "&": r"\&", "^": r"\wedge ", "~": r"\sim ",
}  # fmt: skip


def latex_name(name: str) -> str:
    """LaTeX of a variable's name.

    ``theta_dot`` → ``\\dot{\\theta}``, ``delta_theta`` → ``\\Delta \\theta``, ``v_next`` → ``v'``,
    ``x_1`` → ``x_{1}``, ``a_b_c`` → ``a_{b,c}``, ``speed`` → ``\\mathrm{speed}``.
    """
    if name.startswith("delta_") and name[6:].strip("_"):
        return rf"\Delta {latex_name(name[6:])}"
    for ending, template in (("_next", "{}'"), ("_dot", r"\dot{{{}}}"), ("_ddot", r"\ddot{{{}}}")):
        if name.endswith(ending) and name.removesuffix(ending).strip("_"):
            return template.format(latex_name(name.removesuffix(ending)))
    head, *below = [part for part in name.split("_") if part] or [name]
    stem = head.rstrip("0123456789")
    if stem != head and stem:
        below.insert(0, head[len(stem) :])
    shown = _symbol(stem or head)
    return f"{shown}_{{{','.join(map(_symbol, below))}}}" if below else shown


def latex_names(names: Sequence[str]) -> tuple[str, ...]:
    """LaTeX of several names; those that would look alike (``x1`` and ``x_1``) stand letter by
    letter."""
    shown = [latex_name(name) for name in names]
    count = Counter(shown)
    return tuple(
        latex if count[latex] == 1 else _upright(name)
        for name, latex in zip(names, shown, strict=True)
    )


def _symbol(part: str) -> str:
    """A part of a name: a letter, a Greek letter, a number or a word; digits may follow."""
    stem = part.rstrip("0123456789")
    greek = _GREEK.get(stem) or _GREEK.get(_LETTERS.get(stem, ""))
    if greek:
        return f"{greek}{part[len(stem) :]}"
    if len(stem) <= 1 and part.isascii() and part.isalnum():
        return part
    return _upright(part)


def _upright(text: str) -> str:
    letters = (r"\ " if letter.isspace() else _SPECIAL.get(letter, letter) for letter in text)
    return rf"\mathrm{{{''.join(letters)}}}"
