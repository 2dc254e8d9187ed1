"""Runs of the method dreamer: the same files, the same numbers after an interruption."""

import functools

import numpy as np
import pytest
import torch

from symtut.agents.dreamer.loop import DreamerLoop
from symtut.agents.policy import Policy
from symtut.errors import InputError
from symtut.experiments import evaluate, results, train
from symtut.experiments.config import RunConfig
from symtut.show import show
from symtut.tasks import EVALUATION_SEEDS
from symtut.tensors import load_tensors

FEW = EVALUATION_SEEDS[:3]


@pytest.fixture(autouse=True)
def few_episodes(monkeypatch):
    monkeypatch.setattr("symtut.experiments.run.evaluate", functools.partial(evaluate, seeds=FEW))


def run(out, **changes):
    choices = {"evaluate_every": 20, "on_progress": None, "profile": "smoke"} | changes
    return train("pendulum", "dreamer", 240, seed=1, out=out, **choices)


def test_an_interrupted_run_ends_as_an_uninterrupted_one(tmp_path, monkeypatch):
    """It dies in the second episode, between two checkpoints and after updates."""
    whole = run(tmp_path / "whole")
    assert [(r["env_steps"], r["gradient_updates"]) for r in whole.curve] == [
        (80, 20), (160, 40), (240, 60),
    ]  # fmt: skip
    monkeypatch.setattr("symtut.experiments.run.CHECKPOINT_EVERY", 70)
    learn = DreamerLoop.learn

    def dying(self):
        if self.updates == 57:
            raise RuntimeError("the power fails")
        learn(self)

    monkeypatch.setattr(DreamerLoop, "learn", dying)
    with pytest.raises(RuntimeError, match="power"):
        run(tmp_path / "cut")
    _, values = load_tensors(tmp_path / "cut" / results.CHECKPOINT)
    assert 200 < values["env_steps"] < 228 and values["episode"] == 1
    monkeypatch.setattr(DreamerLoop, "learn", learn)
    resumed = run(tmp_path / "cut")
    names = {path.name for path in whole.out.iterdir()}
    assert names == {"config.json", "curve.csv", "policy.safetensors", "summary.json"}
    policies = [(r.out / results.POLICY).read_bytes() for r in (whole, resumed)]
    assert policies[0] == policies[1]
    for one, other in zip(whole.curve, resumed.curve, strict=True):
        assert one | {"cpu_seconds": 0} == other | {"cpu_seconds": 0}

    # the policy on disk is the one that was evaluated, and it remembers its episodes
    policy = whole.policy()
    assert evaluate(policy.task, policy.unit_action, FEW).mean == whole.final_return
    with pytest.raises(InputError, match="call begin"):
        policy(np.zeros(3))
    policy.begin()
    first = policy(np.array([1.0, 0.0, 0.0]))
    assert first.shape == (1,) and policy(np.array([1.0, 0.0, 0.0])) != first
    with pytest.raises(InputError, match="not"):
        Policy.load(whole.out / results.POLICY)

    lines = []
    show(whole.out, film=tmp_path / "film.png", say=lines.append)
    assert "dreamer on pendulum, seed 1: finished" in lines[0]
    assert (tmp_path / "film.png").stat().st_size > 10_000


def test_who_learns_and_presets():
    tiny = RunConfig.make("car2d", "dreamer", 500, 0)
    assert tiny.sac is None and tiny.apg is None and tiny.learner is tiny.dreamer
    large = RunConfig.make("car2d", "dreamer", 500, 0, preset="size1m", deter=256)
    assert (large.dreamer.deter, large.dreamer.bins) == (256, 255)
    assert large.dreamer.gamma == 1 - 1 / 333 and large.loop.updates_per_step == 1
    assert RunConfig.make("pendulum", "dreamer", 500, 0, preset="tiny").dreamer == tiny.dreamer
    for method, changes, message in (
        ("dreamer", {"learner": "apg"}, "learner of its own"),
        ("sac", {"learner": "dreamer"}, "learner of its own"),
        ("dreamer", {"preset": "size1n"}, "did you mean 'size1m'"),
        ("dreamer", {"preset": 3}, "unknown preset '3'"),
        ("sac", {"preset": "tiny"}, "unknown option 'preset'"),
        ("dreamer", {"stoch": 0}, "'stoch' must be"),
    ):
        with pytest.raises(InputError, match=message):
            RunConfig.make("pendulum", method, 500, 0, **changes)


def test_sizes_that_do_not_fit_into_memory_are_refused(tmp_path):
    with pytest.raises(InputError, match="batch_size"):
        run(tmp_path, batch_size=10_000_000)
    assert not (tmp_path / results.CONFIG).exists()


def test_weights_that_are_no_numbers_stop_the_run(tmp_path, monkeypatch):
    """The policy that is left is the last one that was looked at."""
    learn = DreamerLoop.learn

    def failing(self):
        learn(self)
        if self.updates == 45:
            self.agent.actor.flat.fill_(torch.nan)

    monkeypatch.setattr(DreamerLoop, "learn", failing)
    result = run(tmp_path)
    assert "no longer finite" in result.diverged and np.isfinite(result.final_return)
