"""Formulas as functions in other languages, with the values of this package's own.

Every number is written with all its digits, and each function gives NaN outside the formula's
domain: left alone, MATLAB would compute with complex numbers there, Julia would stop with an error,
and 1/(1/x) would be 0 at x = 0 everywhere.
"""

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from symtut.errors import InputError, did_you_mean
from symtut.expressions.domains import MOST_NODES, Clause, Condition, conditions
from symtut.expressions.latex_names import latex_name
from symtut.expressions.names import readable_names
from symtut.expressions.operators import CONSTANT, VARIABLES
from symtut.expressions.tree import Expression

FUNCTION = "equation"
"""What the function is called."""

_SUM, _PRODUCT, _POWER, _ATOM = 1, 3, 5, 9  # how tightly text holds together


@dataclass(frozen=True)
class Notation:
    """How formulas are written in a language.

    Attributes
    ----------
    function : callable
        From argument names, formula and guard (empty: defined everywhere) to the whole function.
    prefix : str
        What stands before the name of a function, as ``np.``.
    calls : dict
        Names of functions that differ from ours.
    infix : dict
        Signs of multiplication, division and power; without a power it is a call.
    numbers : tuple of str
        Infinity and NaN.
    both, either : str
        Between conditions.
    unequal : str
    whole : str
        Condition that a number is whole.
    taken : str
        Names that an argument must not have.
    ascii : bool
        Whether a name has to be of plain letters, digits and ``_``, a letter first.
    """

    function: Callable[[list[str], str, str], str]
    prefix: str
    calls: dict[str, str]
    infix: dict[str, str]
    numbers: tuple[str, str]
    both: str
    either: str
    unequal: str
    whole: str
    taken: str
    ascii: bool = False


def code(
    expression: Expression, language: str = "python", names: tuple[str, ...] = VARIABLES
) -> str:
    """A whole function ``equation(…)`` of the variables that occur, in the order of ``names``.

    ``language`` is one of ``LANGUAGES``. In Python (NumPy, JAX, torch) and MATLAB the arguments are
    arrays, in Julia and C numbers; Julia's function is broadcast by ``equation.(…)``. Names that
    the language does not allow are changed.

    Raises
    ------
    InputError
        For an unknown language, a skeleton, too few names, and more than ``MOST_NODES`` nodes.
    """
    if not (isinstance(language, str) and language in LANGUAGES):
        raise InputError(
            f"unknown language {language!r}{did_you_mean(language, LANGUAGES)}; known: "
            f"{', '.join(LANGUAGES)}."
        )
    if CONSTANT in expression.prefix and not expression.constants:
        raise InputError(f"'{expression}' is a skeleton: fit its constants first.")
    if expression.variables and expression.variables[-1] >= len(names):
        raise InputError(f"the formula has x{expression.variables[-1]}: give it a name, too.")
    if expression.complexity > MOST_NODES:
        raise InputError(
            f"the formula has {expression.complexity} nodes: at most {MOST_NODES} are written."
        )
    own = LANGUAGES[language]
    arguments = _arguments([names[i] for i in expression.variables], own)
    called = dict(zip(expression.variables, arguments, strict=True))
    clauses = conditions(expression)
    guard = own.both.join(_clause(clause, called, own, len(clauses) > 1) for clause in clauses)
    return own.function(arguments, _formula(expression, called, own), guard)


# ---- the formula --------------------------------------------------------------------------------


def _formula(expression: Expression, called: dict[int, str], own: Notation) -> str:
    def build(token, args):
        if isinstance(token, float):
            return _number(token, own), _PRODUCT if math.copysign(1, token) < 0 else _ATOM, token
        if token in VARIABLES:
            return called[int(token[1:])], _ATOM, None
        values = [value for _, _, value in args]
        if None not in values:  # 1/3 of whole numbers is 0 in C, (-8)**0.5 complex in Python
            value = Expression((token, *[CONSTANT] * len(values)), tuple(values))([0.0])
            return build(float(value), [])
        return (*_operation(token, [arg[:2] for arg in args], own), None)

    return expression.fold(build)[0]


def _number(value: float, own: Notation) -> str:
    infinity, nan = own.numbers
    if math.isnan(value):
        return nan
    if math.isinf(value):
        return infinity if value > 0 else f"-{infinity}"
    return repr(value)


def _operation(token: str, args: list[tuple[str, int]], own: Notation) -> tuple[str, int]:
    """(text, level). Brackets keep the order of computing, so that rounding is the same, too.

    A product may begin with a minus sign, which belongs to its first factor or to all of it: the
    value is the same.
    """
    if token in ("add", "sub"):
        right, minus = _bracketed(args[1], _PRODUCT), token == "sub"
        if right.startswith("-"):
            right, minus = right[1:], not minus
        return f"{args[0][0]} {'-' if minus else '+'} {right}", _SUM
    if token == "neg":
        text = _bracketed(args[0], _PRODUCT)
        return text[1:] if text.startswith("-") else f"-{text}", _PRODUCT
    if token == "inv":
        args, token = [("1.0", _ATOM), args[0]], "div"
    if token in ("mul", "div"):
        left, right = _bracketed(args[0], _PRODUCT), _bracketed(args[1], _POWER)
        return f"{left}{own.infix[token]}{right}", _PRODUCT
    if token == "square":
        args, token = [args[0], ("2.0" if "pow" not in own.infix else "2", _ATOM)], "pow"
    if token == "pow" and "pow" in own.infix:
        left, right = _bracketed(args[0], _ATOM), _bracketed(args[1], _ATOM)
        return f"{left}{own.infix['pow']}{right}", _POWER
    name = f"{own.prefix}{own.calls.get(token, token)}"
    return f"{name}({', '.join(text for text, _ in args)})", _ATOM


def _bracketed(argument: tuple[str, int], level: int) -> str:
    text, own_level = argument
    return text if own_level >= level else f"({text})"


# ---- the domain ---------------------------------------------------------------------------------


def _clause(clause: Clause, called: dict[int, str], own: Notation, several: bool) -> str:
    shown = [_condition(condition, called, own) for condition in clause]
    if len(shown) == 1 and not several:
        return shown[0]
    if len(shown) > 1:
        shown = [f"({text})" for text in shown]
    return f"({own.either.join(shown)})"


def _condition(condition: Condition, called: dict[int, str], own: Notation) -> str:
    value = _formula(condition.expression, called, own)
    bound = _number(condition.bound + 0.0, own)
    if condition.relation == "whole":
        return own.whole.format(value)
    if condition.relation == "within":
        return f"{own.prefix}{own.calls.get('abs', 'abs')}({value}) <= {bound}"
    relation = own.unequal if condition.relation == "!=" else condition.relation
    return f"{value} {relation} {bound}"


# ---- names --------------------------------------------------------------------------------------


def _arguments(names: Sequence[str], own: Notation) -> list[str]:
    taken = {*own.taken.split(), FUNCTION, "value", "inside"}
    wanted = [_plain(name) if own.ascii else name for name in names]
    return list(readable_names([f"{n}_" if n in taken else n for n in wanted]))


def _plain(name: str) -> str:
    """ASCII letters, digits and ``_``, a letter first and at most 60 of them: MATLAB takes 63."""
    greek = "".join(latex_name(c).strip("\\") if not c.isascii() else c for c in name)
    plain = unicodedata.normalize("NFKD", greek if greek.isascii() else name)
    plain = plain.encode("ascii", "ignore").decode()
    plain = "".join(c for c in plain if c.isalnum() or c == "_")[:60]
    return plain if plain[:1].isalpha() else f"x{plain}"


# ---- languages ----------------------------------------------------------------------------------


def _python(module: str, setting: str, nan: str, convert: str = "") -> Callable:
    """NumPy and what is written like it."""

    def function(arguments: list[str], formula: str, guard: str) -> str:
        lines, name = [], module.rpartition(" ")[2]
        if arguments and convert:
            values = ", ".join(convert.format(argument) for argument in arguments)
            lines.append(f"{', '.join(arguments)} = {values}")
        result = [f"return {formula}"]
        if guard:
            result = [f"inside = {guard}", f"return {name}.where(inside, {formula}, {nan})"]
        if guard and setting:
            result = [setting, *(f"    {line}" for line in result)]
        lines += result
        body = "\n".join(f"    {line}" for line in lines)
        return f"import {module}\n\n\ndef {FUNCTION}({', '.join(arguments)}):\n{body}\n"

    return function


def _c(arguments: list[str], formula: str, guard: str) -> str:
    given = ", ".join(f"double {argument}" for argument in arguments) or "void"
    check = f"    if (!({guard})) return NAN;\n" if guard else ""
    head = f"#include <math.h>\n\ndouble {FUNCTION}({given})\n"
    return f"{head}{{\n{check}    return {formula};\n}}\n"


def _julia(arguments: list[str], formula: str, guard: str) -> str:
    given = ", ".join(arguments)
    lines = [f"{given} = {', '.join(f'float({a})' for a in arguments)}"] if arguments else []
    lines += [f"({guard}) || return NaN"] if guard else []
    body = "\n".join(f"    {line}" for line in (*lines, f"return {formula}"))
    return f"function {FUNCTION}({given})\n{body}\nend\n"


def _matlab(arguments: list[str], formula: str, guard: str) -> str:
    lines = [f"value = {formula};"]
    if guard:  # outside the domain it may be complex
        lines += ["value = real(value);", f"value(~({guard})) = NaN;"]
    body = "\n".join(f"    {line}" for line in lines)
    return f"function value = {FUNCTION}({', '.join(arguments)})\n{body}\nend\n"


_ARC = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
_PYTHON = partial(
    Notation, calls=_ARC, infix={"mul": "*", "div": "/", "pow": "**"}, both=" & ", either=" | ",
    unequal="!=", whole="({}) % 1 == 0",
)  # fmt: skip
_C_WORDS = """
    auto break case char const continue default do double else enum extern float for goto if inline
    int long register restrict return short signed sizeof static struct switch typedef union
    unsigned void volatile while bool true false nullptr constexpr alignas alignof typeof
    NAN INFINITY fabs fmod pow main catch class delete friend namespace new operator private
    protected public template this throw try typename using virtual
"""
_JULIA_WORDS = """
    baremodule begin break catch const continue do else elseif end export finally for function
    global if import let local macro module quote return struct try using while true false float
    isinteger NaN Inf where in isa
"""
_MATLAB_WORDS = """
    break case catch classdef continue else elseif end for function global if otherwise parfor
    persistent return spmd switch try while real mod NaN Inf
"""

LANGUAGES = {
    "python": _PYTHON(
        _python("numpy as np", 'with np.errstate(all="ignore"):', "np.nan",
                "np.asarray({}, dtype=float)"),
        "np.", numbers=("np.inf", "np.nan"), taken="np float",
    ),
    "c": Notation(
        _c, "", {"abs": "fabs"}, {"mul": "*", "div": "/"}, ("INFINITY", "NAN"), " && ", " || ",
        "!=", "fmod({}, 1.0) == 0.0", _C_WORDS, ascii=True,
    ),
    "julia": Notation(
        _julia, "", {}, {"mul": "*", "div": "/", "pow": "^"}, ("Inf", "NaN"), " && ", " || ",
        "!=", "isinteger({})", _JULIA_WORDS,
    ),
    "matlab": Notation(
        _matlab, "", {}, {"mul": ".*", "div": "./", "pow": ".^"}, ("Inf", "NaN"), " & ", " | ",
        "~=", "mod({}, 1) == 0", _MATLAB_WORDS, ascii=True,
    ),
    "jax": _PYTHON(
        _python("jax.numpy as jnp", "", "jnp.nan", "jnp.asarray({}, dtype=float)"),
        "jnp.", numbers=("jnp.inf", "jnp.nan"), taken="jnp float",
    ),
    "torch": _PYTHON(
        _python("torch", "", "torch.nan"), "torch.", numbers=("torch.inf", "torch.nan"),
        taken="torch", calls={},
    ),
}  # fmt: skip
