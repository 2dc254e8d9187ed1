"""Formulas, whatever they are: text, prefix, canonical form and libraries agree."""

import math
import re
from keyword import iskeyword

import numpy as np
import sympy
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from matplotlib.mathtext import MathTextParser

from symtut.errors import InputError
from symtut.expressions import (
    CONSTANT,
    VARIABLES,
    Expression,
    canonical,
    decode,
    encode,
)
from symtut.expressions.code import code
from symtut.expressions.domains import domain_text, values_inside
from symtut.expressions.names import FUNCTIONS
from symtut.regression.transformer.numbered import insert, numbered_sum
from tests.robustness.properties import POINTS, SHORT, agree, examples, formulas

ANY_NUMBER = st.floats(allow_nan=False, allow_infinity=False)
NAMES = ("theta_dot", "x1", "wind", "a_b", "E", "x0")


@examples()
@given(formulas())
def test_the_printed_text_reads_back(formula):
    """Its numbers have at most four digits, so the usual text says everything."""
    back = Expression.from_text(str(formula))
    assert agree(back(POINTS), formula(POINTS), formula), str(formula)


@examples()
@given(formulas(ANY_NUMBER))
def test_text_with_all_digits_keeps_every_number(formula):
    back = Expression.from_text(formula.text(NAMES, digits=None), NAMES)
    assert agree(back(POINTS), formula(POINTS), formula), formula.text(digits=None)
    if "pow" in formula.prefix:  # x**2.0 reads back as a square: its exponent is no number then
        return
    kept = sorted(map(abs, back.constants))
    ones = [token for token in formula.prefix if token == "inv"]  # 1/x may be a one over x
    assert len(kept) <= len(formula.constants) + len(ones)
    assert set(map(abs, formula.constants)) - set(kept) <= {1.0}


@examples()
@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        formula = Expression.from_text(text)
    except InputError:
        return
    assert np.shape(formula(POINTS)) == (len(POINTS),)


@examples()
@given(st.text("x01+-*/() .2sincoexplgqrt", max_size=40))
def test_any_text_of_a_formula_s_letters_is_read_or_refused(text):
    try:
        formula = Expression.from_text(text)
    except InputError:
        return
    back = Expression.from_text(formula.text(digits=None))
    assert agree(back(POINTS), formula(POINTS), formula), text


EVERYWHERE = np.random.default_rng(1).uniform(-3, 3, (60, len(VARIABLES)))
EVERYWHERE[30:] = EVERYWHERE[30:].round()  # zeros and whole numbers, too


@examples()
@given(formulas(ANY_NUMBER))
def test_generated_python_gives_the_values(formula):
    scope = {}
    exec(code(formula), scope)
    columns = [EVERYWHERE[:, i].copy() for i in formula.variables]
    with np.errstate(all="ignore"):
        found = np.broadcast_to(scope["equation"](*columns), len(EVERYWHERE))
    wanted = values_inside(formula, EVERYWHERE)
    assert agree(found, wanted, formula, EVERYWHERE), code(formula)
    finite = np.isfinite(formula(EVERYWHERE))  # exp(x) may be too small for float64, and 1/exp(x)
    assert (np.isnan(found) == np.isnan(wanted))[finite].all(), code(formula)


@examples()
@given(formulas())
def test_the_domain_in_words_is_where_the_values_are(formula):
    words = domain_text(formula, digits=None)
    inside, clear = np.ones((2, len(EVERYWHERE)), bool)
    clauses = words.split(" and ") if words else []
    for clause in clauses:
        if " or " in clause and len(clauses) > 1:
            clause = clause[1:-1]
        told = [_where(text) for text in clause.split(" or ")]
        inside &= np.any([holds for holds, _ in told], axis=0)
        clear &= ~np.any([near for _, near in told], axis=0)
    defined = ~np.isnan(values_inside(formula, EVERYWHERE))
    finite = np.isfinite(formula(EVERYWHERE))
    assert (inside == defined)[clear & finite].all(), words


def _where(text: str) -> tuple[np.ndarray, np.ndarray]:
    """At which points ``"x0 + x1 > 2"`` holds, and at which rounding decides."""
    if text.endswith(" whole"):
        value = Expression.from_text(text.removesuffix(" whole"))(EVERYWHERE)
        with np.errstate(invalid="ignore"):
            return value % 1 == 0, np.abs(value - np.round(value)) < 1e-9
    first, *parts = re.split(" (>=|<=|!=|>|<) ", text)
    if len(parts) == 4:  # -1 <= x0 <= 1
        first, parts = parts[1], parts[2:]
        value, bound = np.abs(Expression.from_text(first)(EVERYWHERE)), float(parts[1])
    else:
        value, bound = (Expression.from_text(part)(EVERYWHERE) for part in (first, parts[1]))
    holds = {">": value > bound, ">=": value >= bound, "<": value < bound, "<=": value <= bound,
             "!=": value != bound}[parts[0]]  # fmt: skip
    near = np.abs(value - bound) < 1e-9 * (1 + np.abs(bound))
    return holds & ~np.isnan(value - bound), near & (value != bound)


@examples()
@given(st.lists(formulas(), min_size=1, max_size=4))
def test_codes_are_the_prefix(some):
    prefixes = [formula.prefix for formula in some]
    for row, prefix in zip(encode(prefixes), prefixes, strict=True):
        assert decode(row) == (prefix,)


@examples()
@given(formulas(leaves=8))
def test_numpy_torch_and_sympy_agree(formula):
    wanted = formula(POINTS)
    assert agree(formula(torch.as_tensor(POINTS), "torch").numpy(), wanted, formula)
    written = formula.sympy()
    assert written.free_symbols <= set(map(sympy.Symbol, VARIABLES))
    if written.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.AccumBounds):
        return  # a division by zero, which SymPy finds before the points come
    if any(int(number).bit_length() > 63 for number in written.atoms(sympy.Integer)):
        return  # whole numbers that SymPy multiplied exactly, beyond what NumPy computes with
    with np.errstate(all="ignore"):
        values = sympy.lambdify(list(map(sympy.Symbol, VARIABLES)), written, "numpy")(*POINTS.T)
    if np.iscomplexobj(values):
        return  # SymPy has a value where real numbers have none
    assert agree(values, wanted, formula), written


@examples()
@given(formulas(leaves=8))
def test_the_canonical_form_is_its_own(formula):
    once = canonical(formula.prefix)
    assert canonical(once) == once


@examples()
@given(formulas(leaves=8))
def test_the_numbered_canonical_form_keeps_values(formula):
    term = insert(formula.prefix, iter(formula.constants))
    found = numbered_sum((term,), [1.0])
    if any(map(math.isnan, (*found.weights, found.intercept, *found.inner))):
        return  # it says itself that it could not follow the numbers
    value = np.full(len(POINTS), found.intercept)
    with np.errstate(all="ignore"):
        for weight, part in zip(found.weights, found.terms, strict=True):
            prefix = tuple(CONSTANT if isinstance(t, float) else t for t in part)
            numbers = tuple(t for t in part if isinstance(t, float))
            value = value + weight * Expression(prefix, numbers)(POINTS)
    assert agree(value, formula(POINTS), formula), (str(formula), found)


# names that a formula's text can hold, often with underscores; the fonts of the tests know these
NAME = st.from_regex(r"[a-zA-Zθωψ_](_|dot|next|[a-zA-Z0-9_]){0,5}", fullmatch=True).filter(
    lambda name: not iskeyword(name) and name not in FUNCTIONS
)


@examples(0.5)
@given(formulas(SHORT, 6), st.lists(NAME, min_size=6, max_size=6, unique=True))
def test_latex_is_set_whatever_the_names(formula, names):
    text = formula.latex(tuple(names))
    MathTextParser("path").parse(f"${text}$")


WHOLE = st.sampled_from(["int8", "uint8", "int16", "uint16", "int32", "int64", "bool", "float32"])


@examples()
@given(formulas(leaves=5), WHOLE.flatmap(lambda kind: arrays.arrays(kind, (5, 6))))
def test_every_kind_of_array_means_its_numbers(formula, points):
    points = np.where(np.isfinite(points), points, 0)  # float32 alone has others
    wanted = formula(points.astype(np.float64))
    found = np.asarray(formula(points), dtype=np.float64)
    tolerance = 1e-3 if points.dtype == np.float32 else 1e-7
    assert agree(found, wanted, formula, points.astype(np.float64), tolerance), str(formula)
