"""Networks, baselines and figures of notebook 06."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from symtut.expressions import CONSTANT
from symtut.expressions.evaluate import BOS, CODE, EOS, SEP
from symtut.lab.scenes import nb06_figures as figures
from symtut.lab.scenes import nb06_networks as lab
from symtut.regression.transformer.config import TransformerConfig
from symtut.regression.transformer.examples import PRESETS, Batch, make_chunk
from symtut.regression.transformer.tokens import number_code

MODEL = TransformerConfig(
    n_embed=32, n_head=2, n_encoder=2, n_decoder=2, n_latents=4, n_library_tokens=0
)
CONFIG = replace(PRESETS["tiny"], model=MODEL, chunk_size=256, points=(16, 16), batch_size=32)


def causal(length):
    return torch.full((length, length), -torch.inf).triu(1)


def open_to_all(length):
    return torch.zeros(length, length)


def of_model(model, batch):
    return model.loss(batch.x, batch.y, batch.n_variables, batch.tokens)[0]


def batch_of(rows):
    width = max(map(len, rows))
    tokens = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    n = len(rows)
    x = torch.arange(n * 4 * 6, dtype=torch.float32).reshape(n, 4, 6)
    return Batch(x, x[:, :, 0] / 100, torch.full((n,), 6), tokens)


def test_with_the_causal_mask_the_scores_are_those_of_the_model():
    model, batch = lab.fresh_network(CONFIG, 0), make_chunk(CONFIG, 0)[0]
    expected = model(batch.x, batch.y, batch.n_variables, batch.tokens)
    scores = lab.next_scores(model, batch, batch.tokens, causal)
    torch.testing.assert_close(scores, expected)
    again = lab.fresh_network(CONFIG, 0)
    assert all(map(torch.equal, model.parameters(), again.parameters()))


def test_a_later_token_is_seen_without_the_mask_alone():
    model, batch = lab.fresh_network(CONFIG, 0), make_chunk(CONFIG, 0)[0]
    masked, unmasked = (lab.influence(model, batch, mask) for mask in (causal, open_to_all))
    assert masked.shape == (len(figures.words(batch, 0)),) * 2
    assert not np.triu(masked, 1).any() and (np.diag(masked) > 0).all()
    assert (unmasked > 0).all()


def test_only_whole_formulas_count():
    x0, x1, mul, sin, number = (CODE[s] for s in ("x0", "x1", "mul", "sin", CONSTANT))
    assert lab.formula([mul, x0, x1, EOS]) == (("mul", "x0", "x1"),)
    assert lab.formula([x1, SEP, sin, x0, EOS, 0, 0]) == (("x1",), ("sin", "x0"))
    assert lab.formula([sin, mul, number_code(2.0), x0, EOS]) == (("sin", "mul", "C", "x0"),)
    for broken in ([mul, x0, EOS], [x0, x1, EOS], [x0], [EOS], [x0, SEP, EOS], [number, EOS]):
        assert lab.formula(broken) is None, broken


def test_own_writing_is_judged_by_the_terms_of_the_truth():
    x0, x1, sin = CODE["x0"], CODE["x1"], CODE["sin"]
    batch = batch_of([[BOS, sin, x0, EOS], [BOS, x1, EOS]])
    batch = replace(batch, terms=((("sin", "x0"),), (("x1",),)))
    model = lab.fresh_network(CONFIG, 0)
    with torch.no_grad():  # whatever it reads, x0 is the likeliest; then it never ends
        model.decoder.head.weight.zero_()
        model.decoder.head.bias.copy_(torch.eye(len(model.decoder.head.bias))[x0])
    assert lab.own_writing(model, [batch], causal) == (0, 0)
    with torch.no_grad():  # at the first place x1, later the end
        model.decoder.norm.weight.zero_()
        model.decoder.norm.bias.zero_()
        model.decoder.head.bias.copy_(torch.eye(len(model.decoder.head.bias))[EOS])
    assert lab.own_writing(model, [batch], causal) == (0, 0)  # no term before the end


def test_the_tables_are_counts():
    a, b = CODE["x0"], CODE["x1"]
    seen = [batch_of([[BOS, a, EOS], [BOS, a, EOS], [BOS, b, EOS]])]
    nats = lab.tables(seen, [batch_of([[BOS, a, EOS]])], 20)
    # 3 transitions of 6 end in <eos>, 2 in x0; one count for each of 20 by 20 pairs
    single = [(2 + 20) / (6 + 400), (3 + 20) / (6 + 400)]
    follows = [(2 + 1) / (3 + 20), (2 + 1) / (2 + 20)]
    assert nats["how frequent"] == pytest.approx(-np.log(single).mean())
    assert nats["what follows what"] == pytest.approx(-np.log(follows).mean())


def test_the_mean_loss_counts_every_real_token_alike():
    a, model = CODE["x0"], lab.fresh_network(CONFIG, 0)
    short, long = batch_of([[BOS, a, EOS]]), batch_of([[BOS, a, SEP, a, SEP, a, EOS]])
    each = [lab.mean_loss(model, [batch], of_model) for batch in (short, long)]
    both = lab.mean_loss(model, [short, long], of_model)
    assert both == pytest.approx((2 * each[0] + 6 * each[1]) / 8)


def test_other_points_are_those_of_a_function_of_as_many_variables():
    batch = make_chunk(CONFIG, 0)[0]
    other = lab.with_other_points(batch)
    assert torch.equal(other.tokens, batch.tokens)
    assert torch.equal(other.n_variables, batch.n_variables)
    for n in batch.n_variables.unique():
        rows = torch.nonzero(batch.n_variables == n)[:, 0]
        moved = [not torch.equal(other.y[i], batch.y[i]) for i in rows]
        assert all(moved) == (len(rows) > 1)
        assert not other.x[rows][:, :, n:].any()


def test_blind_draws_of_many_samples_find_more_terms():
    functions = lab.functions_of_several_terms(6, 0)
    assert all(1 < len(terms) <= 5 and x.shape == (200, x.shape[1]) for x, _, terms in functions)
    few, many = (lab.terms_found(None, functions, n, 0).mean() for n in (1, 400))
    assert 0 <= few < many <= 1


def test_small_helpers():
    np.testing.assert_allclose(figures.smooth(np.array([1.0, 2, 6]), 3), [1.5, 3, 4])
    low, high = lab.interval(np.array([0.0, 1] * 50), 0)
    assert 0.38 < low < 0.44 and 0.56 < high < 0.62
    names, chances = lab.first_tokens(lab.fresh_network(CONFIG, 0), np.ones((9, 2)), np.arange(9.0))
    assert len(names) == 8 and (np.diff(chances) <= 0).all() and 0 < chances.sum() <= 1


def test_the_example_shows_points_and_tokens():
    batch = make_chunk(CONFIG, 0)[0]
    figure = figures.example(batch, 1)
    assert len(figure.axes) == int(batch.n_variables[1])
    assert figure.get_suptitle().startswith("<bos>")
    plt.close(figure)
