"""Formulas, whatever they are: text, prefix, canonical form and libraries agree."""

import math
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
from symtut.expressions.names import FUNCTIONS
from symtut.regression.numbered import insert, numbered_sum
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
    if written.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
        return  # a division by zero, which SymPy finds before the points come
    if any(int(number).bit_length() > 1023 for number in written.atoms(sympy.Integer)):
        return  # whole numbers beyond float64, which SymPy computes exactly
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
