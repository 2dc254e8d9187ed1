"""Whole runs of the methods that learn a model without a transformer."""

import functools
import json

import pytest

from symtut.experiments import evaluate, train
from symtut.tasks import EVALUATION_SEEDS

TINY = {"hidden": 32, "batch_size": 64, "profile": "smoke", "updates": 200, "evaluate_every": 200}
SMALL = {"members": 4, "elites": 3, "hidden": 24, "longest": 100}


def run(out, method, **options):
    return train(
        "pendulum", method, 200, seed=1, out=out, on_progress=None, **TINY, **options
    )  # fmt: skip


@pytest.fixture(autouse=True)
def few_episodes(monkeypatch):
    few = functools.partial(evaluate, seeds=EVALUATION_SEEDS[:5])
    monkeypatch.setattr("symtut.experiments.run.evaluate", few)


def test_sparse_finds_the_equations_and_writes_them_down(tmp_path):
    result = run(tmp_path, "sparse")
    equations = json.loads((tmp_path / "equations.json").read_text())
    assert [row["target"] for row in equations] == ["delta_theta", "delta_theta_dot"]
    assert all(row["r2_holdout"] > 1 - 1e-9 for row in equations)
    assert result.summary["gradient_updates"] == 200


@pytest.mark.parametrize("learned_reward", [False, True])
def test_mbpo_runs_to_its_end(tmp_path, learned_reward):
    result = run(tmp_path, "mbpo", size=SMALL, learned_reward=learned_reward)
    assert not (tmp_path / "equations.json").exists()  # networks have none
    assert result.summary["gradient_updates"] == 200
    assert result.summary["model"]["fitted_to"] > 100
    assert result.config["run"]["model"]["size"] == SMALL
    assert -2500 < result.final_return < 0


def test_mbpo_cut_short_goes_on_to_the_same_result(tmp_path, monkeypatch):
    """The ensemble draws random numbers of its own: they must be in the checkpoint."""
    from symtut.agents.loop import Loop

    options = {"size": SMALL | {"longest": 30}, "evaluate_every": 300}
    changes = TINY | options | {"updates": 600}

    def go(out):
        return train("pendulum", "mbpo", 200, seed=2, out=out, on_progress=None, **changes)

    whole = go(tmp_path / "whole")
    learn = Loop.learn

    def dying(self):
        if self.updates == 580:
            raise KeyboardInterrupt
        learn(self)

    monkeypatch.setattr(Loop, "learn", dying)
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path / "cut")
    begun = []
    monkeypatch.setattr(Loop, "learn", lambda self: (begun.append(self.updates), learn(self)))
    cut = go(tmp_path / "cut")
    assert 0 < begun[0] < 580  # from a checkpoint, not from the beginning

    def figures(result):
        return [(row["env_steps"], row["mean_return"]) for row in result.curve]

    assert figures(cut) == figures(whole)
    policy = "policy.safetensors"
    assert (cut.out / policy).read_bytes() == (whole.out / policy).read_bytes()
