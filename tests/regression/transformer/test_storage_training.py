"""Weights, their cards and the files of a training: what is read, and what is left alone."""

import dataclasses
import json
import shutil

import pytest
import torch

from symtut.cli import main
from symtut.errors import InputError
from symtut.regression.transformer.checkpoint import FIGURES, begin_or_resume
from symtut.regression.transformer.config import TransformerConfig
from symtut.regression.transformer.examples import PRESETS
from symtut.regression.transformer.model import FormulaTransformer
from symtut.regression.transformer.pretraining import Pretraining
from symtut.regression.transformer.weights import (
    load_weights,
    read_card,
    save_adapter,
    save_weights,
)
from symtut.storage import read_json, write_json
from symtut.tensors import load_tensors, save_tensors

TINY = TransformerConfig(n_embed=16, n_head=2, n_encoder=1, n_decoder=1, n_latents=2)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "own.safetensors"
    save_weights(path, FormulaTransformer(TINY), {"examples_seen": 3})
    return path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"n_encoder": 1_000_000}, "config.n_encoder must be a whole number from 1 to 64"),
        ({"n_embed": -16}, "config.n_embed must be"),
        ({"n_embed": 0}, "config.n_embed must be"),
        ({"n_embed": 16.0}, "config.n_embed must be"),
        ({"n_embed": True}, "config.n_embed must be"),
        ({"n_embed": "16"}, "config.n_embed must be"),
        ({"n_embed": float("nan")}, "config.n_embed must be"),
        ({"n_embed": 10**400}, "config.n_embed must be"),
        ({"n_head": 3}, "must be a multiple of n_head"),
        ({"n_embed": 4096, "n_encoder": 64}, "tensor|shape"),  # 13 GB of weights, if it were true
        ({"symbols": "C"}, "config.symbols must be a list"),
        ({"symbols": [["C"]]}, r"config.symbols\[0\] must be text"),
        ({"form": "infix"}, "config.form must be 'terms' or 'prefix'"),
        ({"layers": 3}, "'layers' is unknown"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_sizes_that_no_transformer_has_are_refused(tmp_path, weights, changes, said):
    tensors, metadata = load_tensors(weights)
    path = tmp_path / "own.safetensors"
    save_tensors(path, tensors, {"config": metadata["config"] | changes})
    with pytest.raises(InputError, match=said) as caught:
        load_weights(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "header",
    [{}, {"config": None}, {"config": []}, {"task": "pendulum"}, {"adapter": None}]
    + [{"adapter": {"base": "general", "base_sha256": "0" * 64}}]
    + [{"adapter": {"base": "general", "base_sha256": "0" * 64, "rank": 10**9}}]
    + [{"adapter": {"base": 3, "base_sha256": "0" * 64, "rank": 2}}],
    ids=repr,
)
def test_headers_of_other_files_are_refused(tmp_path, header):
    path = tmp_path / "own.safetensors"
    save_tensors(path, {"w": torch.zeros(3)}, header)
    with pytest.raises(InputError, match="is not a symtut weight file"):
        load_weights(path)


def test_weights_that_are_no_numbers_are_refused(tmp_path, weights):
    tensors, metadata = load_tensors(weights)
    tensors["encoder.latents"] = tensors["encoder.latents"] * float("nan")
    save_tensors(tmp_path / "own.safetensors", tensors, metadata)
    with pytest.raises(InputError, match="'encoder.latents' has NaN"):
        load_weights(tmp_path / "own.safetensors")


@pytest.mark.parametrize(
    "card", ["", "[]", "null", '{"sha256": 3}', "{}", '{"parameters": 1, "sha256": "abc"}']
)
def test_other_cards_are_refused(tmp_path, weights, card):
    path = shutil.copy(weights, tmp_path / "own.safetensors")
    path.with_suffix(".json").write_text(card)
    with pytest.raises(InputError, match="own.json"):
        load_weights(path)


def test_an_adapter_of_an_adapter_is_refused(tmp_path, weights):
    sha = read_card(weights.with_suffix(".json"))["sha256"]
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    save_adapter(first, {"a.up": torch.zeros(1, 1)}, str(weights), sha, 1, {})
    sha = read_card(first.with_suffix(".json"))["sha256"]
    save_adapter(second, {"a.up": torch.zeros(1, 1)}, str(first), sha, 1, {})
    with pytest.raises(InputError, match="which is an adapter itself"):
        load_weights(second)
    with pytest.raises(InputError, match="lacks the tensor|has an unknown tensor"):
        load_weights(first)


# ---- the folder of a training -------------------------------------------------------------------

CONFIG = dataclasses.replace(PRESETS["tiny"], model=TINY, examples=100, chunk_size=128)


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.json", "log.csv"])
@pytest.mark.parametrize("kind", ["text", "link", "folder"])
def test_pretraining_overwrites_nothing(tmp_path, capsys, name, kind):
    out, path = tmp_path / "out", tmp_path / "out" / name
    out.mkdir()
    if kind == "text":
        path.write_text("precious")
    elif kind == "link":
        path.symlink_to(tmp_path / "nowhere")
    else:
        path.mkdir()
    for more in ([], ["--resume"]):
        assert main(["pretrain", "--preset", "tiny", "--out", str(out), *more]) == 2
        captured = capsys.readouterr()
        assert captured.err.count("\n") == 1 and str(path) in captured.err
    assert [p.name for p in out.iterdir()] == [name]
    assert kind != "text" or path.read_text() == "precious"


def test_finetuning_overwrites_no_weights(tmp_path, capsys, weights):
    out = tmp_path / "out"
    out.mkdir()
    path = shutil.copy(weights, out / "weights.safetensors")
    arguments = ["finetune", "--random-steps", "50", "--weights", str(weights), "--out", str(out)]
    assert main(arguments) == 2
    assert f"'{path}' exists and is not of this training" in capsys.readouterr().err
    assert path.read_bytes() == weights.read_bytes()


@pytest.fixture(scope="module")
def trained(tmp_path_factory, weights):
    """A folder with all files of a finished training."""
    run = Pretraining(CONFIG, tmp_path_factory.mktemp("trained") / "out")
    run.evaluate = lambda: dict.fromkeys(FIGURES[2:], 1.0)  # it would take most of the time
    begin_or_resume(run, resume=False, report=lambda line: None)
    return run.out


@pytest.fixture
def folder(tmp_path, trained):
    return shutil.copytree(trained, tmp_path / "out")


def resumed(folder, **changes):
    run = Pretraining(dataclasses.replace(CONFIG, **changes), folder)
    return begin_or_resume(run, resume=True, report=lambda line: None)


def test_a_training_replaces_its_own_files(folder):
    before = read_json(folder / "weights.json")
    resumed(folder)
    assert read_json(folder / "weights.json")["sha256"] == before["sha256"]


def test_a_training_leaves_the_card_of_another_alone(folder):
    card = read_json(folder / "weights.json")
    card["recipe"]["seed"] = 7
    write_json(folder / "weights.json", card)
    with pytest.raises(InputError, match="weights.json' exists and is not of this training"):
        resumed(folder)
    assert read_json(folder / "weights.json") == card


@pytest.mark.parametrize("name", ["weights.safetensors", "log.csv"])
def test_a_training_leaves_what_it_did_not_write_alone(folder, name):
    (folder / name).write_text("precious")
    with pytest.raises(InputError, match="It is not overwritten"):
        resumed(folder)
    assert (folder / name).read_text() == "precious"


def damaged(folder, change):
    path = folder / "checkpoint.safetensors"
    tensors, metadata = load_tensors(path)
    change(tensors, metadata)
    save_tensors(path, tensors, metadata)


CHANGES = {
    "no config": (lambda t, m: m.pop("config"), "'config' is missing"),
    "config is a list": (lambda t, m: m.update(config=[]), "config must be"),
    "model is null": (lambda t, m: m["config"].update(model=None), "config.model must be"),
    "huge": (lambda t, m: m["config"]["model"].update(n_encoder=10**6), "n_encoder must be"),
    "seen is negative": (lambda t, m: m.update(seen=-1), "seen must be"),
    "chunk is text": (lambda t, m: m.update(chunk="1"), "chunk must be"),
    "log is null": (lambda t, m: m.update(log=None), "log must be"),
    "log holds text": (lambda t, m: m.update(log=[["a"]]), r"log\[0\]\[0\] must be"),
    "another key": (lambda t, m: m.update(extra=1), "'extra' is unknown"),
    "a tensor less": (lambda t, m: t.pop("model.encoder.latents"), "lacks the tensor"),
    "a moment less": (lambda t, m: t.pop("optimizer.0.exp_avg"), "lacks the tensor"),
    "another shape": (lambda t, m: t.update({"optimizer.0.exp_avg": torch.ones(1)}), "has shape"),
    "NaN": (lambda t, m: t["optimizer.0.exp_avg"].mul_(float("nan")), "has NaN"),
    "other settings": (lambda t, m: m["config"].update(seed=9), "other settings .seed."),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_damaged_checkpoint_is_one_error(folder, name):
    change, said = CHANGES[name]
    damaged(folder, change)
    with pytest.raises(InputError, match=said) as caught:
        resumed(folder)
    assert "checkpoint.safetensors" in str(caught.value)


@pytest.mark.parametrize("content", [b"", json.dumps([]).encode(), b"\0" * 100])
def test_a_checkpoint_that_is_none_is_one_error(folder, content):
    (folder / "checkpoint.safetensors").write_bytes(content)
    with pytest.raises(InputError, match="not a whole safetensors file"):
        resumed(folder)
