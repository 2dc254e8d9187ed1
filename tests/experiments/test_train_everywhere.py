"""Every method runs to its end on every task, with few real steps and few updates."""

import functools
import math

import pytest

from symtut.experiments import evaluate, train
from symtut.tasks import EVALUATION_SEEDS, TASKS, make_task
from symtut.world_models import METHODS

SMALL = {  # of each method's model
    "symbolic": {"n_candidates": 24, "rounds": 1},
    "mbpo": {"size": {"members": 3, "elites": 2, "hidden": 16, "longest": 50}},
    "dreamer": {"updates_per_step": 1.0},
}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("method", METHODS)
def test_a_short_run(task, method, tmp_path, monkeypatch):
    few = functools.partial(evaluate, seeds=EVALUATION_SEEDS[:3])
    monkeypatch.setattr("symtut.experiments.run.evaluate", few)
    result = train(
        task, method, 60, seed=1, out=tmp_path, profile="smoke", hidden=16, batch_size=32,
        updates=60 if method in ("symbolic", "sparse", "oracle") else 0, evaluate_every=60,
        on_progress=None, **SMALL.get(method, {}),
    )  # fmt: skip
    summary = result.summary
    assert (summary["task"], summary["method"], summary["env_steps"]) == (task, method, 60)
    assert summary["gradient_updates"] >= 60 and math.isfinite(result.final_return)
    assert result.steps_to_threshold is None  # nobody solves anything in 60 updates
    assert (result.equations != []) == (method in ("symbolic", "sparse"))
    if result.equations:
        targets = [row["target"] for row in result.equations]
        assert targets == [f"delta_{name}" for name in make_task(task).state_names]
    env = make_task(task).make_env()
    action = result.policy()(env.reset(seed=0)[0])
    assert env.action_space.contains(action.astype(env.action_space.dtype))
