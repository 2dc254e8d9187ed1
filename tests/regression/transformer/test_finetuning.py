"""Fine-tuning: functions of one world, low-rank adapters, and runs that can be interrupted."""

import json

import numpy as np
import pytest
import torch

from symtut.cli import main
from symtut.errors import InputError
from symtut.experiments.finetune import finetune
from symtut.regression import SymbolicRegressor
from symtut.regression.problems.holdout import skeleton_key
from symtut.regression.transformer.config import TransformerConfig
from symtut.regression.transformer.finetuning import FinetuneConfig, Finetuning
from symtut.regression.transformer.model import FormulaTransformer
from symtut.regression.transformer.tokens import read
from symtut.regression.transformer.weights import (
    adapter_tensors,
    add_adapters,
    fold,
    fresh_copy,
    load_weights,
    save_adapter,
    save_weights,
    weights_sha256,
)
from symtut.regression.transformer.world_functions import View, WorldFunctions
from symtut.tasks import make_task
from symtut.tasks.random_policy import random_transitions
from symtut.world_models.views import true_keys, world_functions

TINY = TransformerConfig(
    n_embed=16, n_head=2, n_encoder=2, n_decoder=1, n_latents=4, n_library_tokens=1
)
DRAG = ("mul", "x1", "abs", "x1")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Path of small weights with nothing learned."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("base") / "base.safetensors"
    save_weights(path, FormulaTransformer(TINY), {})
    return path


@pytest.fixture
def world():
    """An angle and two other columns; drag was found."""
    columns = np.random.default_rng(0).normal(size=(300, 3)).astype(np.float32)
    columns[:, 1] = np.arange(300) / 100  # so that stretches of the path can be told
    return WorldFunctions((View(columns, (True, False, False), ((("x2",), DRAG),)),))


def config(base, **changes):
    settings = dict(
        model=TINY, base=str(base), base_sha256=weights_sha256(base), examples=600, batch_size=32,
        chunk_size=256, points=(16, 32), rank=2, checkpoint_every=1e9,
    )  # fmt: skip
    return FinetuneConfig(**settings | changes)


def skeletons_in(batches, model=TINY):
    rows = [row for batch in batches for row in batch.tokens.tolist()]
    return [read(row[1:], model.form, model.constants).terms for row in rows]


# ---- functions of a world ------------------------------------------------------------------------


def test_a_chunk_depends_on_its_number_and_seed_alone(world, base):
    first, again, other = (world.make_chunk(config(base), chunk) for chunk in (3, 3, 4))
    assert [b.fingerprint() for b in first] == [b.fingerprint() for b in again]
    assert not {b.fingerprint() for b in first} & {b.fingerprint() for b in other}
    reseeded = world.make_chunk(config(base, seed=1), 3)
    assert not {b.fingerprint() for b in first} & {b.fingerprint() for b in reseeded}


def test_forbidden_skeletons_never_appear_and_others_still_do(world, base):
    settings = config(base, chunk_size=2000)
    common = [t for t in skeletons_in(world.make_chunk(settings, 0)) if len(t) == 1][:3]
    assert len(common) == 3
    keys = frozenset(map(skeleton_key, common))
    kept = skeletons_in(WorldFunctions(world.views, keys).make_chunk(settings, 0))
    assert len(kept) > 500 and not keys & set(map(skeleton_key, kept))


def test_nothing_is_forbidden_to_the_blind_baseline(world):
    view, generator = world.views[0], np.random.default_rng(0)
    common = world.skeletons(view, 500, np.random.default_rng(1))
    keys = frozenset(skeleton_key(terms) for terms in common if terms)
    proposed = WorldFunctions(world.views, keys).proposer(view)(None, None, 500, generator)
    assert len(proposed) > 200 and keys & {skeleton_key(c.terms) for c in proposed}


def test_points_are_the_worlds_own(world, base):
    rows = {tuple(row) for row in world.views[0].columns}
    stretches = 0
    for batch in world.make_chunk(config(base), 0):
        assert not batch.x[:, :, 3:].any()
        for x in batch.x[:, :, :3].numpy():
            assert {tuple(row) for row in x} <= rows
            stretches += bool(np.allclose(np.diff(x[:, 1]), 0.01, atol=1e-4))
        assert (batch.n_variables == 3).all()
    assert stretches > 20


def test_angles_stand_in_sines_and_what_was_found_comes_back_changed(world):
    drawn = world.skeletons(world.views[0], 3000, np.random.default_rng(0))
    terms = [term for formula in drawn for term in formula]
    simple = [term[1] for term in terms if len(term) == 2 and term[0] in ("sin", "cos")]
    assert np.mean([v == "x0" for v in simple]) > 0.75
    bare = [term[0] for term in terms if len(term) == 1]
    assert np.mean([v == "x0" for v in bare]) < 0.2
    with_drag = np.mean([DRAG in formula for formula in drawn])
    blind = WorldFunctions((View(world.views[0].columns, (True, False, False)),))
    without = blind.skeletons(blind.views[0], 3000, np.random.default_rng(0))
    assert with_drag > 0.1 > 0.05 > np.mean([DRAG in formula for formula in without])


def test_too_short_a_path_is_used_as_far_as_it_goes(base):
    view = View(np.random.default_rng(0).normal(size=(12, 2)).astype(np.float32), (False, False))
    batches = WorldFunctions((view,)).make_chunk(config(base), 0)
    assert all(batch.x.shape[1] == 12 for batch in batches) and batches


@pytest.mark.parametrize("name", ["pendulum", "car2d", "reacher"])
def test_the_tasks_equations_are_forbidden_whatever_is_found(name):
    """Expert iteration starts from what was found; neither that nor the truth is an example."""
    task = make_task(name)
    functions = world_functions(task, random_transitions(task, 150, 0))
    assert true_keys(task) and true_keys(task) <= functions.forbidden
    found = [terms for view in functions.views for terms in view.found]
    assert len(found) >= 2
    assert all(
        skeleton_key(view.found[0]) in functions.forbidden for view in functions.views if view.found
    )
    assert len(functions.forbidden) < 40  # the best of each front, not all that stands there
    settings = FinetuneConfig(model=TransformerConfig(), chunk_size=600, points=(16, 32))
    written = skeletons_in(functions.make_chunk(settings, 0), settings.model)
    assert len(written) > 100
    assert not functions.forbidden & set(map(skeleton_key, written))


def test_a_random_policy_plays_episodes_within_bounds():
    task = make_task("pendulum")
    transitions, again = (random_transitions(task, 450, 1) for _ in range(2))
    assert (transitions.state == again.state).all()
    assert list(np.bincount(transitions.episode)) == [200, 200, 50]
    assert np.abs(transitions.action).max() <= 2 and transitions.action.std() > 1
    inner = transitions.episode[1:] == transitions.episode[:-1]
    assert (transitions.next_state[:-1][inner] == transitions.state[1:][inner]).all()
    with pytest.raises(InputError, match="must be positive"):
        random_transitions(task, 0, 0)


# ---- adapters ------------------------------------------------------------------------------------


def logits(model):
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(2, 20, 6, generator=generator), torch.randn(2, 20, generator=generator)
    with torch.no_grad():
        return model(x, y, torch.tensor([6, 6]), torch.tensor([[1, 9, 5], [1, 8, 5]]))


def test_adapters_start_as_nothing_and_fold_into_the_weights(base):
    plain, adapted = fresh_copy(base), fresh_copy(base)
    add_adapters(adapted, 3)
    assert torch.allclose(logits(adapted), logits(plain), atol=1e-6)
    trained = [name for name, p in adapted.named_parameters() if p.requires_grad]
    assert trained and all(name.endswith((".up", ".down")) for name in trained)
    generator = torch.Generator().manual_seed(1)
    for name, parameter in adapted.named_parameters():
        if name.endswith(".up"):
            parameter.data.normal_(std=0.1, generator=generator)
    assert not torch.allclose(logits(adapted), logits(plain), atol=1e-3)
    fold(plain, adapter_tensors(adapted))
    assert torch.allclose(logits(adapted), logits(plain), atol=1e-5)


def test_adapters_of_another_transformer_are_refused(base, tmp_path):
    other = FormulaTransformer(TransformerConfig(n_embed=16, n_head=2, n_decoder=2))
    add_adapters(other, 2)
    with pytest.raises(InputError, match="another transformer"):
        fold(fresh_copy(base), adapter_tensors(other))
    path = tmp_path / "a.safetensors"
    save_adapter(path, adapter_tensors(other), str(base), "0" * 64, 2, {})
    with pytest.raises(InputError, match="trained for other weights"):
        load_weights(path)
    with pytest.raises(InputError, match="is an adapter; start from"):
        fresh_copy(path)


# ---- runs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [2, 0])
def test_what_was_trained_is_what_is_loaded(world, base, tmp_path, rank, without_samples):
    before = logits(load_weights(base))
    run = Finetuning(config(base, rank=rank, learning_rate=1e-2), world, tmp_path / str(rank))
    path = run.run(report=lambda line: None)
    loaded = load_weights(path)
    assert torch.allclose(logits(loaded), logits(run.model.eval()), atol=0.02)
    assert not torch.allclose(logits(loaded), before, atol=0.1)
    assert torch.equal(logits(load_weights(base)), before)  # the base is nobody's to change
    card = json.loads(path.with_suffix(".json").read_text())
    assert card["examples_seen"] >= 600 and card["recipe"]["rank"] == rank
    size = sum(p.numel() for p in FormulaTransformer(TINY).parameters())
    assert card["parameters"] == size if rank == 0 else card["parameters"] < size


def test_an_interrupted_run_goes_on_as_if_nothing_had_been(world, base, tmp_path):
    def losses(run, steps):
        return [run.step()["loss"] for _ in range(steps)]

    straight = losses(Finetuning(config(base), world, tmp_path / "a"), 4)
    first = Finetuning(config(base), world, tmp_path / "b")
    start = losses(first, 2)
    first.save_checkpoint()
    second = Finetuning(config(base), world, tmp_path / "b")
    second.resume()
    assert start + losses(second, 2) == pytest.approx(straight, rel=1e-5)


def test_command_makes_weights_that_the_regressor_takes(base, tmp_path, capsys, without_samples):
    out = tmp_path / "ft"
    words = ["finetune", "--task", "pendulum", "--weights", str(base), "--examples", "300"]
    assert main([*words, "--random-steps", "120", "--rank", "2", "--out", str(out)]) == 0
    assert "weights in" in capsys.readouterr().out
    x = np.random.default_rng(0).uniform(-2, 2, (60, 2))
    regressor = SymbolicRegressor(
        weights=out / "weights.safetensors", n_candidates=16, rounds=1, max_time=None
    ).fit(x, x[:, 0] + 2 * np.sin(x[:, 1]))
    assert regressor.score(x, x[:, 0] + 2 * np.sin(x[:, 1])) > 0.999
    assert main([*words, "--out", str(out)]) == 2
    assert "add --resume" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"task": "moon"}, "moon"),
        ({"weights": "specific"}, "unknown weights"),
        ({"rank": -1}, "--rank must be at least 0"),
        ({"examples": 0}, "--examples must be at least 1"),
        ({"random_steps": 49}, "--random-steps must be at least 50"),
    ],
)
def test_bad_input_is_named(base, tmp_path, change, words):
    settings = {"task": "pendulum", "weights": str(base), "examples": 100, "random_steps": 100}
    with pytest.raises(InputError, match=words):
        finetune(out=tmp_path / "x", report=lambda line: None, **settings | change)
