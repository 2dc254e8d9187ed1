"""Formulas as sequences: round trips in every form, numbers that follow, masks that terminate."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from symtut.errors import InputError
from symtut.expressions import (
    Expression,
    Program,
    RandomFunctions,
    canonical_terms,
    decode,
    encode,
    linear_combination,
    random_functions,
)
from symtut.expressions.canonical import skeleton
from symtut.regression.search.fits import join
from symtut.regression.transformer.config import TransformerConfig
from symtut.regression.transformer.examples import PRESETS, make_chunk
from symtut.regression.transformer.numbered import NumberedSum, insert, numbered_sum
from symtut.regression.transformer.tokens import (
    BOS,
    CONSTANTS,
    EOS,
    FORMS,
    SIZES,
    GrammarMask,
    length,
    number_code,
    pack,
    read,
    vocabulary_size,
)

WAYS = [(form, constants) for form in FORMS for constants in CONSTANTS]
HALF_STEP = math.sqrt(SIZES[1] / SIZES[0]) * (1 + 1e-9)


@pytest.fixture(scope="module")
def functions():
    """Random functions on points, and each one's canonical form with its numbers."""
    drawn = random_functions(RandomFunctions(noise=0.0), 500, 24, np.random.default_rng(3))
    sums = []
    for i, row in enumerate(drawn.codes):
        numbers = iter(drawn.constants[i].tolist())
        terms = tuple(insert(term, numbers) for term in decode(row))
        weights = drawn.weights[i].tolist()[: len(terms)]
        sums.append(numbered_sum(terms, weights, float(drawn.intercepts[i])))
    return drawn, sums


def as_expression(formula: NumberedSum) -> Expression:
    terms = [
        Expression(skeleton(term), tuple(t for t in term if isinstance(t, float)))
        for term in formula.terms
    ]
    return linear_combination(formula.weights, terms, formula.intercept)


# ---- numbers follow the canonical form -----------------------------------------------------------


def test_canonical_form_with_numbers_is_the_same_function(functions):
    drawn, sums = functions
    unknown = 0
    for i, formula in enumerate(sums):
        assert formula.skeleton == canonical_terms(decode(drawn.codes[i]))
        if np.isnan([*formula.inner, *formula.weights, formula.intercept]).any():
            unknown += 1
            continue
        x = drawn.x[i].double().numpy()
        np.testing.assert_allclose(as_expression(formula)(x), drawn.expression(i)(x), atol=1e-9)
    assert len(sums) > 300 and unknown < 0.02 * len(sums)


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        (("sin", "sub", 2.0, "x0"), ((("sin", "add", -2.0, "x0"),), (-1.0,), 0.0)),
        (("abs", "mul", -3.0, "x0"), ((("abs", "x0"),), (3.0,), 0.0)),
        (("square", "mul", -3.0, "x0"), ((("square", "x0"),), (9.0,), 0.0)),
        (("div", "mul", 3.0, "x0", "mul", 2.0, "x1"), ((("div", "x0", "x1"),), (1.5,), 0.0)),
        (("add", 1.0, "mul", 2.0, "add", 3.0, "x0"), ((("x0",),), (2.0,), 7.0)),
        (("mul", "x1", "add", 1.0, "add", 2.0, "x0"),
         ((("mul", "x1", "add", 3.0, "x0"),), (1.0,), 0.0)),
        (("exp", "add", "x0", "mul", 0.5, "x0"), ((("exp", "mul", 1.5, "x0"),), (1.0,), 0.0)),
        (("mul", "neg", "x0", "tanh", "neg", "mul", 2.0, "x1"),
         ((("mul", "x0", "tanh", "mul", -2.0, "x1"),), (-1.0,), 0.0)),
        (("add", "inv", 4.0, "inv", "mul", 4.0, "x0"), ((("inv", "x0"),), (0.25,), 0.25)),
    ],
)  # fmt: skip
def test_known_rewritings(written, spelled):
    found = numbered_sum((written,), [1.0])
    assert (found.terms, found.weights, found.intercept) == spelled
    assert found.skeleton == canonical_terms((skeleton(written),))


def test_values_that_the_canonical_form_loses_are_unknown():
    """sin 2x and sin 3x share a skeleton; no single number stands for both."""
    two = (("sin", "mul", 2.0, "x0"), ("sin", "mul", 3.0, "x0"))
    found = numbered_sum(two, [1.0, 1.0])
    assert found.skeleton == (("sin", "mul", "C", "x0"),)
    assert np.isnan(found.inner).all() and np.isnan(found.weights).all()
    inside = ("exp", "sub", *two[0], *two[1])
    found = numbered_sum((inside,), [1.0])
    assert found.skeleton == canonical_terms((skeleton(inside),))
    same = numbered_sum((two[0], two[0]), [1.0, 2.5])
    assert same.inner == [2.0] and same.weights == (3.5,)


# ---- writing and reading -------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "constants"), WAYS)
def test_round_trip(functions, form, constants):
    _, sums = functions
    sums = [formula for formula in sums if formula.terms]
    written = sums if constants == "tokens" else [formula.skeleton for formula in sums]
    codes = pack(written, form)
    assert codes.max() < vocabulary_size(constants)
    n_numbers = 0
    for row, formula in zip(codes, sums, strict=True):
        assert row[0] == BOS and (row == EOS).sum() == 1
        assert (row != 0).sum() == length(formula.skeleton, form)
        candidate = read(row.tolist(), form, constants)
        assert candidate.terms == formula.skeleton
        numbers = np.array(formula.inner)
        if form == "prefix":
            numbers = np.array([*numbers, *formula.weights, formula.intercept])
        if constants == "placeholder":
            assert candidate.guess is None
            continue
        if not np.isfinite(numbers).any():
            assert candidate.guess is None
            continue
        known = np.isfinite(numbers) & (np.abs(numbers) > SIZES[0]) & (np.abs(numbers) < SIZES[-1])
        ratio = candidate.guess[known] / numbers[known]
        assert np.all((ratio > 1 / HALF_STEP) & (ratio < HALF_STEP))
        n_numbers += known.sum()
    assert constants == "placeholder" or n_numbers > 200


def test_the_default_form_is_terms_with_separators(functions):
    """The code of shipped weights must never change."""
    _, sums = functions
    for formula in sums[:50]:
        expected = encode([("<bos>", *join(formula.skeleton), "<eos>")])
        np.testing.assert_array_equal(pack([formula.skeleton]), expected)


def test_prefix_form_is_one_expression():
    formula = NumberedSum((("x0",), ("sin", "mul", 2.0, "x1")), (0.5, -3.0), 1.0)
    placeholders = pack([formula.skeleton], "prefix")[0]
    text = "add mul C x0 add mul C sin mul C x1 C".split()
    np.testing.assert_array_equal(placeholders, encode([("<bos>", *text, "<eos>")])[0])
    guess = read(pack([formula], "prefix")[0], "prefix", "tokens").guess
    np.testing.assert_allclose(guess, [2.0, 0.5, -3.0, 1.0], rtol=HALF_STEP - 1)


def test_number_tokens_are_the_nearest():
    values = np.geomspace(SIZES[0], SIZES[-1], 1000)
    codes = np.array([number_code(float(v)) for v in values])
    nearest = np.abs(np.log(values[:, None] / SIZES)).argmin(1)
    np.testing.assert_array_equal(codes - codes[0], nearest)
    assert number_code(-values[500]) == codes[500] + len(SIZES)
    assert number_code(1e-9) == codes[0] and number_code(1e9) == codes[-1]
    assert number_code(0.0) == codes[0] and number_code(math.nan) == pack([(("C",),)])[0, 1]
    assert number_code(-1e9) == vocabulary_size("tokens") - 1


def test_every_form_trains_on_the_same_batches():
    base = replace(PRESETS["tiny"], chunk_size=256, batch_size=32)
    chunks = []
    for form, constants in WAYS:
        model = replace(base.model, form=form, constants=constants, max_length=60)
        chunks.append(make_chunk(replace(base, model=model), 0))
    for (form, constants), chunk in zip(WAYS, chunks, strict=True):
        assert len(chunk) == len(chunks[0]) > 3
        for batch, reference in zip(chunk, chunks[0], strict=True):
            assert torch.equal(batch.x, reference.x) and torch.equal(batch.y, reference.y)
            skeletons = [read(row, form, constants).terms for row in batch.tokens.tolist()]
            assert skeletons == [read(row).terms for row in reference.tokens.tolist()]


# ---- the grammar mask ----------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "constants"), WAYS)
@pytest.mark.parametrize("max_length", [6, 17, 60])
def test_blind_walks_under_the_mask_end_as_whole_formulas(form, constants, max_length):
    batch, n_variables = 200, 2
    random = torch.Generator().manual_seed(max_length)
    mask = GrammarMask(batch, n_variables, max_length, form, constants)
    codes = torch.zeros(batch, max_length, dtype=torch.int64)
    codes[:, 0] = BOS
    done = torch.zeros(batch, dtype=torch.bool)
    for position in range(1, max_length):
        allowed = mask.allowed()
        assert allowed[~done].any(1).all()
        token = torch.multinomial(torch.where(done[:, None], 1.0, allowed.double()), 1,
                                  generator=random)[:, 0]  # fmt: skip
        token = torch.where(done, 0, token)
        mask.advance(token)
        codes[:, position] = token
        done |= token == EOS
    assert done.all()
    symbols = codes.numpy().copy()
    symbols[symbols >= vocabulary_size()] = encode([("C",)])[0, 0]  # a number is a constant
    symbols[(symbols == BOS) | (symbols == EOS)] = 0
    program = Program(symbols[:, 1:])  # raises for incomplete expressions
    assert program.n_terms.min() == 1 and program.n_terms.max() <= (5 if form == "terms" else 1)
    for row in codes.tolist():
        for term in read(row, form, constants).terms:
            assert max(Expression(term).variables, default=0) < n_variables


@pytest.mark.parametrize(("form", "constants"), WAYS)
def test_the_mask_accepts_every_training_formula(functions, form, constants):
    _, sums = functions
    checked = 0
    for formula in sums[:200]:
        if not 0 < len(formula.terms) <= 5:
            continue
        codes = pack([formula if constants == "tokens" else formula.skeleton], form)[0]
        mask = GrammarMask(1, 6, 60, form, constants)
        for code in codes[1:]:
            assert mask.allowed()[0, code], formula
            mask.advance(torch.tensor([int(code)]))
        checked += 1
    assert checked > 150


def test_unknown_forms_are_named():
    with pytest.raises(InputError, match="form must be 'terms' or 'prefix', not 'infix'"):
        TransformerConfig(form="infix")
    with pytest.raises(InputError, match="constants must be .*, not 'digits'"):
        TransformerConfig(constants="digits")
