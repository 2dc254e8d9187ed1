"""Short trainings, baselines and figures of notebook 06."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from symtut.expressions import CONSTANT
from symtut.expressions.evaluate import BOS, CODE, EOS, SEP
from symtut.lab import training as lab
from symtut.regression.transformer.config import TransformerConfig
from symtut.regression.transformer.examples import PRESETS, Batch, make_chunk
from symtut.regression.transformer.model import FormulaTransformer
from symtut.regression.transformer.tokens import number_code, spelled

MODEL = TransformerConfig(
    n_embed=32, n_head=2, n_encoder=2, n_decoder=2, n_latents=4, n_library_tokens=0
)
CONFIG = replace(PRESETS["tiny"], model=MODEL, chunk_size=256, points=(16, 16), batch_size=32)


def batch_of(rows):
    width = max(map(len, rows))
    tokens = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    n = len(rows)
    x = torch.arange(n * 4 * 6, dtype=torch.float32).reshape(n, 4, 6)
    return Batch(x, x[:, :, 0] / 100, torch.full((n,), 6), tokens)


def test_a_network_that_peeks_has_a_splendid_loss_and_writes_nothing():
    honest, peeking = (lab.short_training(CONFIG, 150, masked, 0) for masked in (True, False))
    assert peeking.losses[-10:].mean() < 0.7 * honest.losses[-10:].mean()
    assert peeking.complete < 0.3 < 0.4 < honest.complete
    assert len(honest.losses) == 150 and honest.losses[-10:].mean() < honest.losses[0]
    again = lab.short_training(CONFIG, 3, True, 0)
    np.testing.assert_allclose(again.losses, honest.losses[:3], rtol=1e-5)


def test_with_the_mask_the_short_run_computes_what_the_model_does():
    model, batch = FormulaTransformer(MODEL), make_chunk(CONFIG, 0)[0]
    expected = model.loss(batch.x, batch.y, batch.n_variables, batch.tokens)[0]
    assert lab._loss(model, batch, True).item() == pytest.approx(expected.item(), rel=1e-5)
    # one layer of attention without a mask sees the future; with it, it does not
    later = batch.tokens.clone()
    later[:, -1] = 5
    before, after = (
        lab._logits(model, batch, tokens, True)[:, :-1] for tokens in (batch.tokens, later)
    )
    assert torch.equal(before, after)
    before, after = (
        lab._logits(model, batch, tokens, False)[:, :-1] for tokens in (batch.tokens, later)
    )
    assert not torch.allclose(before, after)


def test_only_whole_formulas_count():
    x0, x1, mul, sin, number = (CODE[s] for s in ("x0", "x1", "mul", "sin", CONSTANT))
    assert lab._formula([mul, x0, x1, EOS]) == (("mul", "x0", "x1"),)
    assert lab._formula([x1, SEP, sin, x0, EOS, 0, 0]) == (("x1",), ("sin", "x0"))
    assert lab._formula([sin, mul, number_code(2.0), x0, EOS]) == (("sin", "mul", "C", "x0"),)
    for broken in ([mul, x0, EOS], [x0, x1, EOS], [x0], [EOS], [x0, SEP, EOS], [number, EOS]):
        assert lab._formula(broken) is None, broken


def test_baselines_are_counts():
    a, b = CODE["x0"], CODE["x1"]
    seen = [batch_of([[BOS, a, EOS], [BOS, a, EOS], [BOS, b, EOS]])]
    nats = lab.baselines(seen, [batch_of([[BOS, a, EOS]])], 20)
    # 3 transitions of 6 end in <eos>, 2 in x0; one count for each of 20 by 20 pairs
    single = [(2 + 20) / (6 + 400), (3 + 20) / (6 + 400)]
    follows = [(2 + 1) / (3 + 20), (2 + 1) / (2 + 20)]
    assert nats["how frequent"] == pytest.approx(-np.log(single).mean())
    assert nats["what follows what"] == pytest.approx(-np.log(follows).mean())


def test_wrong_points_are_those_of_another_function():
    model, batches = FormulaTransformer(MODEL), make_chunk(CONFIG, 0)
    right, wrong = (lab.loss_on(model, batches, wrong_points=w) for w in (False, True))
    assert right != wrong
    one = [batch_of([[BOS, CODE["x0"], EOS]])]  # nobody to change places with
    assert lab.loss_on(model, one) == lab.loss_on(model, one, wrong_points=True)


def test_small_helpers():
    assert spelled(CODE["sin"]) == "sin" and float(spelled(number_code(-2.0))) < -1.5
    np.testing.assert_allclose(lab.smooth(np.array([1.0, 2, 6]), 3), [1.5, 3, 4])
    low, high = lab.bootstrap(np.array([0.0, 1] * 50), 0)
    assert 0.38 < low < 0.44 and 0.56 < high < 0.62


def test_the_example_shows_points_and_tokens():
    batch = make_chunk(CONFIG, 0)[0]
    figure = lab.example_figure(batch, 1)
    assert len(figure.axes) == int(batch.n_variables[1])
    assert figure._suptitle.get_text().startswith("<bos>")
    plt.close(figure)
