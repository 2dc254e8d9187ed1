"""The decoder taken apart writes what the fast one writes, under every way of writing."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from symtut.lab.scenes.nb07_decoding_steps import (
    FAULTS,
    Writer,
    code_arity,
    fault,
)
from symtut.lab.trees import sentence, word
from symtut.regression.transformer.config import TransformerConfig
from symtut.regression.transformer.decoding import sample
from symtut.regression.transformer.model import FormulaTransformer
from symtut.regression.transformer.tokens import (
    BOS,
    CONSTANTS,
    EOS,
    FORMS,
    SIZES,
    number_code,
    pack,
    vocabulary_size,
)

WAYS = [(form, constants) for form in FORMS for constants in CONSTANTS]
each_way = pytest.mark.parametrize(("form", "constants"), WAYS)
TINY = TransformerConfig(n_embed=16, n_head=2, n_encoder=1, n_decoder=1, n_latents=4, max_length=12)
TERMS = (("sin", "mul", "C", "x0"), ("x1",))


def writer(form="terms", constants="placeholder", d=2, spread=1.0, **sizes):
    torch.manual_seed(0)
    model = FormulaTransformer(replace(TINY, form=form, constants=constants, **sizes)).eval()
    model.decoder.head.weight.data.mul_(spread)  # far from uniform, so that orders are clear
    rng = np.random.default_rng(0)
    return Writer(model, rng.normal(size=(20, d)), rng.normal(size=20), rng)


def test_names_of_tokens():
    codes = pack([TERMS])[0]
    assert sentence(codes, ("theta", "u")) == "sin mul C theta <sep> u <eos>"
    assert sentence([BOS]) == ""
    for value in (SIZES[3], -SIZES[40]):
        assert float(word(number_code(value))) == pytest.approx(value, rel=0.05)
    assert (code_arity(codes[1]), code_arity(codes[2]), code_arity(codes[4])) == (1, 2, 0)
    assert code_arity(vocabulary_size("tokens") - 1) == 0


@each_way
def test_masked_strings_have_no_fault_and_unmasked_ones_do(form, constants):
    who = writer(form, constants)
    rng = np.random.default_rng(0)
    masked = who.sample(200, rng, 2.0)
    assert {fault(row, 2, form) for row in masked.codes} == {""}
    assert all(len(who.candidate(row).terms) >= 1 for row in masked.codes if who.candidate(row))
    free = who.sample(200, rng, 2.0, masked=False)
    faults = Counter(fault(row, 2, form) for row in free.codes)
    assert faults[""] < 100 and set(faults) <= {"", *FAULTS}
    assert all(who.candidate(row) is None for row in free.codes if fault(row, 2, form))
    shares = who.faults(200, np.random.default_rng(0), 2.0, masked=False)
    assert list(shares) == list(FAULTS) and 0.5 < sum(shares.values()) <= 1


def test_each_fault_is_named():
    good = pack([TERMS])[0, 1:]
    assert fault(good, 2) == ""
    assert fault(good, 1) == "unknown variable"
    assert fault(good[:2], 2) == "goes on too long"  # cut before its end
    assert fault([*good[:2], EOS], 2) == "ends too early"
    assert fault([good[3], good[3], EOS], 2) == "goes on too long"
    assert fault([good[2], EOS], 2) == fault([vocabulary_size("tokens") - 1], 2) == "not a term"


@each_way
def test_the_trace_tells_the_log_probability(form, constants):
    who = writer(form, constants)
    steps = who.trace(np.random.default_rng(1))
    assert steps[0].before == () and steps[-1].token == EOS
    assert steps[-1].before == tuple(step.token for step in steps[:-1])
    p = steps[0].probabilities(0.7)
    assert p.sum() == pytest.approx(1) and not p[~steps[0].allowed].any()
    again = who.trace(np.random.default_rng(2), codes=[step.token for step in steps])
    for a, b in zip(steps, again, strict=True):
        np.testing.assert_array_equal(a.logits, b.logits)


def test_probabilities_of_all_short_formulas_add_up():
    """Every formula of at most three tokens, one by one, against the frequency of its draws."""
    who = writer(max_length=5)
    total = 0.0
    drawn = who.sample(4000, np.random.default_rng(0))
    counts = Counter(sentence(row) for row in drawn.codes)
    for terms in [(("x0",),), (("x1",),), (("sin", "x0"),), (("x0",), ("x1",)), (("abs", "x1"),)]:
        p = np.exp(who.log_probability(terms))
        share = counts[sentence(pack([terms])[0])] / 4000
        assert share == pytest.approx(p, abs=4 * np.sqrt(p / 4000) + 1e-3)
        total += p
    assert 0 < total < 1
    with pytest.raises(ValueError, match="more than one spelling"):
        who.log_probability(TERMS)


@each_way
def test_draws_agree_with_the_fast_sampler(form, constants):
    """The same strings, with the same probabilities, in the long run."""
    who = writer(form, constants, max_length=6)
    rng = np.random.default_rng(0)
    ours = Counter(who.candidate(row) for row in who.sample(3000, rng).codes)
    x = np.random.default_rng(0)
    data = x.normal(size=(20, 2)), x.normal(size=20)
    theirs = {c for c, _ in sample(who.model, *data, 3000, np.random.default_rng(0))}
    common = [c for c, count in ours.items() if count > 60 and c is not None]
    assert common and set(common) <= theirs


def test_log_probabilities_and_costs_of_samples():
    who = writer(spread=3.0)
    drawn = who.sample(50, np.random.default_rng(0), 0.8)
    lengths = (drawn.codes > 0).sum(1)
    assert drawn.tokens_read == lengths.sum()
    steps = who.trace(np.random.default_rng(0), codes=drawn.codes[7])
    expected = sum(np.log(step.probabilities(0.8)[step.token]) for step in steps)
    assert drawn.log_p[7] == pytest.approx(expected, abs=1e-4)
    kept = who.sample(
        50, np.random.default_rng(0), keep=lambda p: (p == p.max(1, keepdims=True)) * 1.0
    )
    greedy = who.sample(1, np.random.default_rng(0), 0.0)
    assert (kept.codes == greedy.codes).all()


@pytest.mark.parametrize("constants", CONSTANTS)
def test_a_wide_beam_finds_the_most_probable_strings(constants):
    """With room for everything, beam search is exhaustive search."""
    who = writer(constants=constants, d=1, spread=4.0, max_length=4)
    beam = who.beam_search(2000)
    assert (np.diff(beam.log_p) <= 0).all()
    assert len({tuple(row) for row in beam.codes}) == len(beam.codes)
    assert not any(fault(row, 1) for row in beam.codes)
    drawn = who.sample(2000, np.random.default_rng(0))
    assert beam.log_p[0] == pytest.approx(drawn.log_p.max(), abs=1e-4)
    assert {tuple(row) for row in drawn.codes} <= {tuple(row) for row in beam.codes}
    assert np.exp(beam.log_p).sum() == pytest.approx(1, abs=1e-4)


def test_a_beam_of_one_is_greedy():
    who = writer(spread=4.0)
    beam, greedy = who.beam_search(1), who.sample(1, np.random.default_rng(0), 0.0)
    assert (beam.codes == greedy.codes).all() and beam.tokens_read == greedy.tokens_read
