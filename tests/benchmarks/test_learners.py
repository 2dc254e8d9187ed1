"""The comparison of the two learners counts imagined steps as the loop does."""

import pytest

from benchmarks.learners import collect, imagined_steps, lines, read
from symtut.experiments.config import RunConfig
from symtut.experiments.evaluation import evaluate
from symtut.experiments.run import Run


@pytest.mark.parametrize("learner", ["apg", "sac"])
def test_imagined_steps_are_the_loop_s(learner, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "symtut.experiments.run.evaluate", lambda task, act: evaluate(task, act, range(2))
    )
    config = RunConfig.make("pendulum", "sparse", 200, 100, "smoke", learner=learner)
    out = tmp_path / f"pendulum_200_{learner}" / "pendulum" / "sparse" / "seed_100"
    run = Run(config, out, print)
    run.finish()
    counted = imagined_steps(config.as_json(), run.loop.updates)
    rollouts = config.loop.rollouts  # SAC's go forward together, so it may be a round ahead
    assert counted <= run.loop.imagined < counted + (1 if learner == "apg" else rollouts)
    collect(tmp_path, tmp_path)
    runs, curves = read(tmp_path)
    assert list(runs["learner"]) == [learner] and set(curves["env_steps"]) == {200}
    assert len(lines(runs)) == 3
