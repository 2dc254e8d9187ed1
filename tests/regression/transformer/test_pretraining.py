"""Pretraining: no repeats, held-out skeletons stay out, it learns, it resumes exactly."""

import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from symtut.errors import InputError
from symtut.expressions import Expression, decode, terms_of
from symtut.regression.problems.holdout import is_held_out, skeleton_key
from symtut.regression.problems.suites import laws
from symtut.regression.transformer.examples import PRESETS, benchmark_keys, keys_of, make_chunk
from symtut.regression.transformer.model import FormulaTransformer
from symtut.regression.transformer.muon import Muon, orthogonal
from symtut.regression.transformer.pretraining import Pretraining, pretrain
from symtut.regression.transformer.tokens import read
from symtut.regression.transformer.weights import load_weights, read_card, weights_sha256
from symtut.storage import read_json, write_json
from symtut.tensors import load_tensors, save_tensors

CONFIG = replace(PRESETS["tiny"], examples=1500, chunk_size=256, batch_size=32)


def test_chunks_do_not_repeat_each_other():
    seen = set()
    for chunk in range(4):
        rows = [tuple(y.tolist()) for batch in make_chunk(CONFIG, chunk) for y in batch.y]
        assert len(rows) > 100
        assert not seen & set(rows)
        seen |= set(rows)
    again = make_chunk(CONFIG, 0)
    assert torch.equal(again[0].y, make_chunk(CONFIG, 0)[0].y)


def test_held_out_skeletons_are_never_trained_on():
    for held_out in (False, True):
        skeletons = [
            decode(row.tolist())
            for chunk in range(3)
            for batch in make_chunk(CONFIG, chunk, held_out)
            for row in batch.tokens
        ]
        assert skeletons
        assert all(is_held_out(terms) == held_out for terms in skeletons)


def test_renamed_variables_are_held_out_together():
    for terms in ((("x0",), ("sin", "x1")), (("mul", "x0", "cos", "x1"),)):
        swapped = tuple(tuple({"x0": "x3", "x1": "x5"}.get(t, t) for t in term) for term in terms)
        assert is_held_out(terms) == is_held_out(swapped)


def test_benchmarks_are_never_trained_on():
    keys = benchmark_keys()
    for text in ("0.05*v + 2*sin(w)", "v*sin(w) + 3", "v**3 + v**2 + v", "sin(v) + sin(w**2)"):
        formula = Expression.from_text(text, ("w", "v"))
        assert skeleton_key(terms_of(formula.prefix)) in keys
    skeletons = [
        decode(row.tolist())
        for chunk in range(4)
        for batch in make_chunk(CONFIG, chunk)
        for row in batch.tokens
    ]
    assert len(skeletons) > 400
    assert not keys & {skeleton_key(terms) for terms in skeletons}


def test_a_repeated_chunk_is_noticed(tmp_path):
    run = Pretraining(CONFIG, tmp_path)
    run.step()
    run.chunk, run._chunks = 0, None
    with pytest.raises(RuntimeError, match="chunk 0 repeats"):
        run.step()


def test_it_learns(tmp_path):
    run = Pretraining(CONFIG, tmp_path)
    first = run.evaluate(chunks=1, functions=1)["held_out_loss"]
    figures = run.evaluate(chunks=1, functions=5)
    assert 0 <= figures["held_out_recovery"] <= figures["held_out_term_recovery"] <= 1
    for _ in range(3):
        run.step()
    assert run.evaluate(chunks=1, functions=1)["held_out_loss"] < first - 0.3


def test_interrupted_run_equals_uninterrupted(tmp_path):
    whole = Pretraining(CONFIG, tmp_path / "whole", workers=1)  # who draws the data is no matter
    for _ in range(3):
        whole.step()
    part = Pretraining(CONFIG, tmp_path / "part")
    part.step()
    part.save_checkpoint()
    resumed = Pretraining(CONFIG, tmp_path / "part")
    resumed.resume()
    for _ in range(2):
        resumed.step()
    assert resumed.seen == whole.seen
    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[name], value, rtol=0, atol=0)


def test_a_checkpoint_of_an_older_version_goes_on(tmp_path, without_samples):
    """It knew neither fingerprints nor the recovery of terms, and of AdamW alone."""
    run = Pretraining(CONFIG, tmp_path)
    run.step()
    run._checkpoint([{"loss": 1.0, "token_accuracy": 0.5}])
    card = read_json(run.export().with_suffix(".json"))
    tensors, metadata = load_tensors(run.checkpoint_path)
    del metadata["fingerprints"]
    for settings in (metadata["config"], card["recipe"]):
        for name in ("optimizer", "base", "base_sha256"):
            del settings[name]
    write_json(tmp_path / "weights.json", card)
    metadata["log"] = [row[:6] for row in metadata["log"]]
    save_tensors(run.checkpoint_path, tensors, metadata)
    resumed = Pretraining(CONFIG, tmp_path)
    resumed.resume()
    resumed.run(report=lambda line: None)
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert len(lines) == 3 and len({line.count(",") for line in lines}) == 1
    assert lines[1].endswith(",,") and not lines[2].endswith(",")


def test_two_processes_train_one_model(tmp_path):
    """Each takes chunks of its own; after every step both hold the same weights."""
    script = tmp_path / "train.py"
    script.write_text(f"""
import sys, torch
sys.path[:0] = {sys.path!r}
from tests.regression.transformer.test_pretraining import CONFIG
from symtut.regression.transformer.pretraining import Pretraining
torch.set_num_threads(1)
run = Pretraining(CONFIG, {str(tmp_path)!r})
run.step()
run.step()
state = run.model.state_dict()
name = {str(tmp_path)!r} + f"/{{run.processes.rank}}.pt"
torch.save({{**state, "seen": torch.tensor(run.seen), "chunk": torch.tensor(run.chunk)}}, name)
""")
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, *command], check=True, cwd=root, timeout=300)
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    for key, value in first.items():
        assert torch.equal(value, second[key]), key
    alone = Pretraining(CONFIG, tmp_path / "alone")
    for _ in range(2):
        alone.step()
    assert first["chunk"] == 4 and first["seen"] > 1.5 * alone.seen
    # a step with the mean of two gradients is not a step with either
    name = "decoder.head.weight"
    assert not torch.allclose(first[name], alone.model.state_dict()[name], atol=1e-4)


def test_main_writes_weights_that_load(tmp_path, without_samples):
    path = pretrain("tiny", tmp_path / "out", examples=200, report=lambda line: None)
    model = load_weights(path)
    assert model.config == PRESETS["tiny"].model
    assert (tmp_path / "out" / "log.csv").read_text().startswith("examples,cpu_seconds,loss")
    with pytest.raises(InputError, match="--resume"):
        pretrain("tiny", tmp_path / "out", examples=200)
    # a longer run goes on from there
    pretrain("tiny", tmp_path / "out", resume=True, examples=600, report=lambda line: None)
    _, metadata = load_tensors(tmp_path / "out" / "checkpoint.safetensors")
    assert metadata["seen"] >= 600
    with pytest.raises(InputError, match="other settings"):
        pretrain("tiny", tmp_path / "out", resume=True, examples=900, seed=1)


def test_weights_go_on_learning_on_functions_that_they_have_not_seen(tmp_path, without_samples):
    first = pretrain("tiny", tmp_path / "first", examples=200, report=lambda line: None)
    more = partial(pretrain, "tiny", tmp_path / "more", examples=200, report=lambda line: None)
    with pytest.raises(InputError, match="seen the functions of seed 0: choose another seed"):
        more(weights=first)
    with pytest.raises(InputError, match="of another form"):
        more(weights="general", seed=1)
    card = read_card(more(weights=first, seed=1).with_suffix(".json"))
    assert card["recipe"]["base_sha256"] == weights_sha256(first)
    losses = [read_card(folder / "weights.json")["figures"]["held_out_loss"]
              for folder in (tmp_path / "first", tmp_path / "more")]  # fmt: skip
    assert losses[1] < losses[0]
    with pytest.raises(InputError, match="other settings"):
        pretrain("tiny", tmp_path / "more", resume=True, examples=400, seed=1)


def test_no_tensor_is_left_on_another_device():
    """torch's meta device refuses to mix with the CPU just as a GPU does."""
    model = FormulaTransformer(CONFIG.model).to("meta")
    batch = make_chunk(CONFIG, 0)[0].to("meta")
    loss, accuracy = model.loss(batch.x, batch.y, batch.n_variables, batch.tokens)
    loss.backward()
    assert loss.device.type == accuracy.device.type == "meta"


def test_bad_settings(tmp_path):
    with pytest.raises(InputError, match="unknown preset 'huge'. Known presets: tiny, small"):
        pretrain("huge", tmp_path)
    with pytest.raises(InputError, match="workers"):
        pretrain("tiny", tmp_path, workers=-1)
    with pytest.raises(InputError, match="positive"):
        pretrain("tiny", tmp_path, examples=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        pretrain("tiny", tmp_path / "file")


LAWS = replace(
    CONFIG, data=PRESETS["laws"].data, averaging=0.9,
    model=replace(CONFIG.model, constants="tokens", logarithms=True),
)  # fmt: skip


def test_an_averaged_run_resumes_exactly_and_exports_the_mean(tmp_path):
    whole = Pretraining(LAWS, tmp_path / "whole")
    for _ in range(2):
        whole.step()
    part = Pretraining(LAWS, tmp_path / "part")
    part.step()
    part.save_checkpoint()
    resumed = Pretraining(LAWS, tmp_path / "part")
    resumed.resume()
    resumed.step()
    shipped = load_weights(resumed.export()).state_dict()
    for name, value in whole.averaged.module.state_dict().items():
        torch.testing.assert_close(resumed.best_model.state_dict()[name], value, rtol=0, atol=0)
        torch.testing.assert_close(shipped[name], value, rtol=2e-3, atol=1e-6)  # float16
    moved = whole.model.state_dict()["decoder.head.weight"]
    assert not torch.equal(whole.averaged.module.state_dict()["decoder.head.weight"], moved)


def test_no_law_of_the_suite_is_trained_on():
    keys = frozenset().union(*(keys_of(problem.truth) for problem in laws()))
    assert len(keys) > 90 and keys <= benchmark_keys()
    batches = [b for chunk in range(4) for b in make_chunk(LAWS, chunk)]
    skeletons = [read(row.tolist(), "terms", "tokens").terms for b in batches for row in b.tokens]
    assert len(skeletons) > 400
    assert not keys & {skeleton_key(terms) for terms in skeletons}


def test_muon_takes_the_steps_of_torchs():
    """Shapes wide, tall and square; torch's computes in bfloat16."""
    if not hasattr(torch.optim, "Muon"):
        pytest.skip("torch has none before 2.9")
    generator = torch.Generator().manual_seed(0)
    shapes = ((32, 32), (96, 32), (32, 96))
    mine = [nn.Parameter(torch.randn(shape, generator=generator)) for shape in shapes]
    theirs = [nn.Parameter(p.detach().clone()) for p in mine]
    before = [p.detach().clone() for p in mine]
    steps = (
        Muon(mine, 0.01, weight_decay=0.1),
        torch.optim.Muon(theirs, 0.01, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"),
    )
    for _ in range(3):
        for p, q in zip(mine, theirs, strict=True):
            p.grad = torch.randn(p.shape, generator=generator)
            q.grad = p.grad.clone()
        for optimizer in steps:
            optimizer.step()
    for p, q, start in zip(mine, theirs, before, strict=True):
        assert (p - q).norm() < 0.02 * (p - start).norm()


def test_a_step_of_muon_moves_every_direction_alike():
    gradient = torch.diag(torch.tensor([100.0, 1.0, 0.01])) @ torch.linalg.qr(torch.randn(3, 3))[0]
    sizes = torch.linalg.svdvals(orthogonal(gradient, 12))
    assert sizes.min() > 0.6 and sizes.max() < 1.3


def test_muon_learns_and_resumes_exactly(tmp_path):
    config = replace(CONFIG, optimizer="muon")
    whole = Pretraining(config, tmp_path / "whole")
    first = whole.evaluate(chunks=1, functions=1)["held_out_loss"]
    whole.step()
    whole.save_checkpoint()
    resumed = Pretraining(config, whole.out)
    resumed.resume()
    for run in (whole, resumed):
        for _ in range(2):
            run.step()
    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[name], value, rtol=0, atol=0)
    assert whole.evaluate(chunks=1, functions=1)["held_out_loss"] < first - 0.3
    with pytest.raises(InputError, match="other settings"):
        Pretraining(CONFIG, whole.out).resume()
    with pytest.raises(InputError, match="optimizer must be 'adamw' or 'muon'"):
        replace(CONFIG, optimizer="sgd")
