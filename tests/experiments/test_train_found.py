"""A run in an environment that nobody has written a task for, from the command to its files."""

import json
import re

import gymnasium
import numpy as np
import pytest

from symtut import cli
from symtut.errors import InputError
from symtut.experiments import train
from symtut.experiments.results import Result
from tests.tasks.made_up import registered

SMALL = {
    "profile": "smoke", "on_progress": None, "updates": 20, "updates_per_step": 0.0,
    "warm_up": 60, "evaluate_every": 20,
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("found") / "run"
    return train("Pendulum-v1", "sparse", 200, 100, out, **SMALL)


def test_the_files_hold_what_was_found_and_both_exact_equations(run):
    kinds = [row.get("kind") for row in run.equations]
    assert kinds == ["state", "state", "reward", "end", None, None]
    assert "observations 0, 1 are cos, sin of an angle" in run.equations[0]["words"]
    by_target = {row["target"]: row for row in run.equations}
    for target, numbers in {"delta_phi1": (0.05, 0.0375, 0.0075), "delta_o2": (0.75, 0.15)}.items():
        row = by_target[target]
        found = sorted(abs(c) for c in row["constants"])
        assert found == pytest.approx(sorted(numbers), rel=1e-4)
        errors = row["open_loop_errors"]
        assert list(errors) == ["1", "5", "20"] and max(errors.values()) < 1e-3
    assert run.summary["threshold"] is None and run.steps_to_threshold is None
    assert run.summary["env_steps"] == 200


def test_policy_and_model_come_back_with_their_task(run):
    policy, model = run.policy(), run.world_model()
    assert policy.task.state_names == ("phi1", "o2")
    assert policy(np.array([1.0, 0.0, 0.0])).shape == (1,)
    assert model.names[:3] == ("phi1", "o2", "a1")


def test_show_says_what_was_found(run, capsys):
    assert cli.main(["show", str(run.out)]) == 0
    shown = capsys.readouterr().out
    assert "observations 0, 1 are cos, sin of an angle, phi1." in shown
    assert "left alone it errs by" in shown


def test_the_planner_acts_in_a_world_that_was_found(run, capsys):
    words = ["--plan", "--set", "samples=4", "--set", "horizon=3"]
    assert cli.main(["show", str(run.out), *words]) == 0
    (planner,) = re.findall(r"planner +(\S+)", capsys.readouterr().out)
    assert -1700 < float(planner) < 0


def test_networks_and_model_free_runs_need_no_equation(tmp_path):
    networks = train(
        "Pendulum-v1", "mbpo", 100, 100, tmp_path / "m", profile="default", on_progress=None,
        random_steps=90, refit_every=100, updates_per_step=0.1, warm_up=50, rollouts=10,
        imagined_per_update=5.0, evaluate_every=20, size={"longest": 20, "hidden": 16},
    )  # fmt: skip
    rows = [row for row in networks.equations if row.get("kind") == "network"]
    assert [row["target"] for row in rows] == ["delta_phi1", "delta_o2"]
    free = train("Pendulum-v1", "sac", 60, 100, tmp_path / "f", updates_per_step=0.1,
                 evaluate_every=20, on_progress=None)  # fmt: skip
    assert free.equations == [] and free.policy().task.state_size == 3


class Moody(gymnasium.Wrapper):
    """A pendulum that starts elsewhere each time, whatever the seed."""

    def __init__(self):
        super().__init__(gymnasium.make("Pendulum-v1"))

    def reset(self, *, seed=None, options=None):
        return super().reset(options=options)


def test_an_environment_that_does_not_repeat_itself_is_refused(tmp_path):
    env_id = registered("Moody", Moody, 200)
    with pytest.raises(InputError, match="does not repeat itself"):
        train(env_id, "sparse", 60, 100, tmp_path / "r", **SMALL)
    assert not (tmp_path / "r" / "config.json").exists()


def test_the_command_line_refuses_what_is_no_environment(tmp_path, capsys):
    for words, said in (
        (["--env", "Pendulum-v9"], "Gymnasium makes no environment"),
        (["--env", "pendulum"], "Gymnasium makes no environment"),
        (["--env", "CartPole-v1"], "continuous"),
        (["--env", "Pendulum-v1", "--task", "pendulum"], "give one of them"),
        (["--env", "Pendulum-v1", "--method", "oracle"], "no known dynamics"),
    ):
        assert cli.main(["train", *words, "--out", str(tmp_path / "x")]) == 2
        error = capsys.readouterr().err
        assert said in error and error.count("\n") == 1, error
    assert not (tmp_path / "x").exists()


def test_what_is_stored_is_json_of_finite_numbers(run):
    text = (run.out / "equations.json").read_text(encoding="utf-8")
    assert json.loads(text, parse_constant=lambda name: pytest.fail(name)) == run.equations
    assert Result.load(run.out).equations == run.equations
