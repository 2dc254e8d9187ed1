"""Event files for TensorBoard: the points of the curve, each once, however often a run was cut."""

import functools
import sys

import pytest

from symtut.agents.loop import Loop
from symtut.cli import main
from symtut.experiments import evaluate, train
from symtut.tasks import EVALUATION_SEEDS

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
TINY = {"hidden": 16, "batch_size": 32, "evaluate_every": 300, "profile": "smoke"}


@pytest.fixture(autouse=True)
def few_episodes(monkeypatch):
    few = functools.partial(evaluate, seeds=EVALUATION_SEEDS[:3])
    monkeypatch.setattr("symtut.experiments.run.evaluate", few)


def run(out, **changes):
    options = {"task": "pendulum", "method": "oracle", "steps": 200, "seed": 1, "updates": 900}
    return train(out=out, on_progress=None, **TINY | options | changes)


def scalars(out) -> dict[str, list[tuple[int, float]]]:
    """(step, value) by the name of the scalar, from all event files in the folder."""
    found = accumulator.EventAccumulator(str(out)).Reload()
    return {
        name: [(event.step, event.value) for event in found.Scalars(name)]
        for name in found.Tags()["scalars"]
    }


def about(points: list[tuple]) -> list[tuple]:
    return [(step, pytest.approx(value, rel=1e-5, abs=1e-5)) for step, value in points]


def test_the_points_of_a_model_based_run(tmp_path):
    result = run(tmp_path, tensorboard=True)
    found, curve = scalars(tmp_path), result.curve
    assert found["updates/return_mean"] == about(
        [(row["gradient_updates"], row["mean_return"]) for row in curve]
    )
    assert found["real_steps/return_std"] == about([(200, row["std_return"]) for row in curve])
    names = {"return_mean", "return_std", "cpu_seconds", "temperature", "rollout_length"}
    names |= {"model_error", "imagined_return"}
    assert set(found) == {f"{axis}/{name}" for axis in ("real_steps", "updates") for name in names}
    temperatures = [value for _, value in found["updates/temperature"]]
    assert all(0 < value < 1 for value in temperatures) and len(set(temperatures)) == 3
    assert found["updates/model_error"][-1][1] < 1e-3  # the oracle's, in spreads of the state


def test_the_analytic_gradient_has_no_temperature(tmp_path):
    run(tmp_path, tensorboard=True, learner="apg", updates=60, evaluate_every=60)
    found = scalars(tmp_path)
    assert len(found["updates/return_mean"]) == 1 and "updates/temperature" not in found


def test_a_run_that_was_cut_has_each_point_once(tmp_path, monkeypatch):
    changes = {"method": "sac", "steps": 1200, "updates": 0}
    whole = run(tmp_path / "whole", **changes)  # without event files: the numbers are the same
    assert not list((tmp_path / "whole").glob("events*"))
    learn = Loop.learn

    def dying(self):
        if self.updates == 1000:  # behind an evaluation at 900 and a checkpoint at about 500
            raise KeyboardInterrupt
        learn(self)

    with monkeypatch.context() as patch:
        patch.setattr(Loop, "learn", dying)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "cut", tensorboard=True, **changes)
    before = scalars(tmp_path / "cut")["real_steps/return_mean"]
    assert [step for step, _ in before] == [300, 600, 900]
    cut = run(tmp_path / "cut", tensorboard=True, **changes)
    returns = [(row["env_steps"], row["mean_return"]) for row in whole.curve]
    assert returns == [(row["env_steps"], row["mean_return"]) for row in cut.curve]
    found = scalars(tmp_path / "cut")
    assert found["real_steps/return_mean"] == about(returns)
    assert [step for step, _ in found["real_steps/temperature"]] == [step for step, _ in returns]
    assert len(list((tmp_path / "cut").glob("events*"))) == 1


def test_a_run_that_fails_at_once_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(Loop, "interact", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(tmp_path / "run", tensorboard=True)
    assert not list(tmp_path.iterdir())


def test_without_tensorboard_it_is_one_line_and_no_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    words = ["train", "--method", "oracle", "--out", str(tmp_path / "run"), "--tensorboard"]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "pip install 'symtut[tensorboard]'" in error
    assert not list(tmp_path.iterdir())
