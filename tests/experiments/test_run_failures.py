"""Runs that cannot go well: what they say, what they leave, and what is not called finished."""

import errno
import functools
import json
import math
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
import torch

from symtut.agents.checkpoint import pack_loop
from symtut.agents.loop import CHECK_EVERY, Loop
from symtut.agents.sac import SAC
from symtut.cli import main
from symtut.errors import InputError
from symtut.experiments import Result, evaluate, train
from symtut.experiments.config import RunConfig
from symtut.experiments.results import is_finished
from symtut.experiments.run import Run
from symtut.experiments.tables import read_runs
from symtut.machine import memory_errors_named, memory_here, require_memory
from symtut.paths import locked, output_folder
from symtut.regression.transformer.examples import PRESETS
from symtut.regression.transformer.pretraining import Pretraining, pretrain
from symtut.tasks import EVALUATION_SEEDS, make_task
from symtut.tasks.pendulum import Pendulum
from symtut.tasks.random_policy import random_transitions
from symtut.tensors import load_tensors, save_tensors
from symtut.world_models.oracle import OracleWorldModel
from tests.processes import ROOT

TINY = {"hidden": 16, "batch_size": 32, "evaluate_every": 200, "profile": "smoke"}
SHORT = {"steps": 120, "evaluate_every": 50}  # three evaluations


@pytest.fixture(autouse=True)
def few_episodes(monkeypatch):
    few = functools.partial(evaluate, seeds=EVALUATION_SEEDS[:2])
    monkeypatch.setattr("symtut.experiments.run.evaluate", few)


def run(out, lines=None, **changes):
    options = {"task": "pendulum", "method": "sac", "steps": 450, "seed": 1, **TINY, **changes}
    say = None if lines is None else lines.append
    return train(out=out, on_progress=say, **options)


def content(out):
    """Every file without CPU times, dates and the command."""
    files = {path.name: path.read_bytes() for path in sorted(out.iterdir())}
    files["config.json"] = json.loads(files["config.json"])["run"]
    files["summary.json"] = json.loads(files["summary.json"]) | {"cpu_seconds": None}
    lines = files["curve.csv"].decode().splitlines()
    files["curve.csv"] = [line.split(",")[:2] + line.split(",")[3:] for line in lines]
    return files


class Cut(Exception):
    pass


def cut_at(monkeypatch, updates):
    """The process dies in the middle of a piece of work."""
    learn = Loop.learn

    def dying(self):
        if self.updates == updates:
            raise Cut
        learn(self)

    monkeypatch.setattr(Loop, "learn", dying)
    return lambda: monkeypatch.setattr(Loop, "learn", learn)


# ---- checkpoints ---------------------------------------------------------------------------------


def test_checkpoints_do_not_wait_for_the_end_of_an_episode(tmp_path, monkeypatch):
    """One episode of 900 steps: what is lost is at most what one checkpoint is apart."""

    class Endless(Pendulum):
        horizon = 900

        def make_env(self):
            return gymnasium.make(self.env_id, max_episode_steps=900)

    monkeypatch.setattr("symtut.experiments.run.make_task", lambda name: Endless())
    monkeypatch.setattr("symtut.experiments.run.CHECKPOINT_EVERY", 100)
    changes = {"steps": 700, "updates_per_step": 0.5}
    whole = run(tmp_path / "whole", **changes)
    revive = cut_at(monkeypatch, 300)
    with pytest.raises(Cut):
        run(tmp_path / "cut", **changes)
    _, values = load_tensors(tmp_path / "cut" / "checkpoint.safetensors")
    assert values["episode"] == 0 and 600 - values["env_steps"] <= 100
    revive()
    cut = run(tmp_path / "cut", **changes)
    assert content(cut.out) == content(whole.out)


def test_an_environment_that_does_not_repeat_itself_begins_a_new_episode():
    loop = Loop(Pendulum(), None, 300, RunConfig.make("pendulum", "sac", 300, 0).loop, SMALL, 0)
    loop.advance()
    tensors, values = pack_loop(loop)
    other = Loop(Pendulum(), None, 300, loop.config, SMALL, 0)
    other.episodes.number = values["episode"]
    other.episodes.replay(np.zeros((3, 1)), np.zeros(3, np.float32))
    assert other.episodes.observation is None
    other.episodes.begin_if_due()
    assert other.episodes.number == values["episode"] + 1 and other.episodes.actions == []


SMALL = RunConfig.make("pendulum", "sac", 300, 0, hidden=16, batch_size=32).sac


@pytest.fixture
def half(tmp_path, monkeypatch):
    """A run that was cut after its first checkpoint."""
    monkeypatch.setattr("symtut.experiments.run.CHECKPOINT_EVERY", 100)
    revive = cut_at(monkeypatch, 320)
    with pytest.raises(Cut):
        run(tmp_path / "half")
    revive()
    return tmp_path / "half"


def test_a_checkpoint_of_another_run_is_refused(half, tmp_path, capsys):
    """Copied in: it is of the same shapes, and would go on without a word."""
    checkpoint = half / "checkpoint.safetensors"
    with pytest.raises(InputError, match=r"seed: 1 there, 2 asked for\). Remove it to begin again"):
        other = tmp_path / "other"
        other.mkdir()
        shutil.copy(checkpoint, other)
        config = json.loads((half / "config.json").read_text())
        config["run"]["seed"] = 2
        (other / "config.json").write_text(json.dumps(config))
        run(other, seed=2)
    assert sorted(path.name for path in other.iterdir()) == [checkpoint.name, "config.json"]


@pytest.mark.parametrize("name, value", [("format", 99), ("version", "0.0.1"), ("run", None)])
def test_a_checkpoint_of_another_version_is_refused(half, name, value):
    path = half / "checkpoint.safetensors"
    tensors, values = load_tensors(path)
    save_tensors(path, tensors, values | {name: value})
    before = path.read_bytes()
    with pytest.raises(InputError, match="is not a checkpoint of this run"):
        run(half)
    assert path.read_bytes() == before
    path.unlink()
    assert run(half).summary["gradient_updates"] == 450


def test_a_checkpoint_that_lacks_something_is_refused(half):
    path = half / "checkpoint.safetensors"
    tensors, values = load_tensors(path)
    for name in ("b_e", "agent.actor"):
        save_tensors(path, {n: t for n, t in tensors.items() if n != name}, values)
        with pytest.raises(InputError):
            run(half)


# ---- finished, or not ----------------------------------------------------------------------------


def damage(out, name, how):
    path = out / name
    if how == "missing":
        path.unlink()
    elif how == "line cut":
        path.write_text(path.read_text()[:-9])
    elif how == "last line missing":
        path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
    elif how == "line in the middle missing":
        lines = path.read_text().splitlines()
        path.write_text("\n".join([*lines[:2], *lines[3:]]) + "\n")
    elif how == "no number":
        path.write_text(path.read_text().replace(",100,", ",many,", 1))
    elif how == "nan":
        lines = path.read_text().splitlines()
        lines[1] = ",".join([*lines[1].split(",")[:3], "nan", "0.0"])
        path.write_text("\n".join(lines) + "\n")
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "another run's":
        other = run(out.parent / "other", seed=2, **SHORT)
        shutil.copy(other.out / name, path)
    elif how == "half":
        path.write_bytes(path.read_bytes()[:100])


@pytest.mark.parametrize(
    "name, how",
    [
        ("policy.safetensors", "missing"),
        ("policy.safetensors", "half"),
        ("policy.safetensors", "another run's"),
        ("curve.csv", "missing"),
        ("curve.csv", "empty"),
        ("curve.csv", "line cut"),
        ("curve.csv", "last line missing"),
        ("curve.csv", "line in the middle missing"),
        ("curve.csv", "no number"),
        ("curve.csv", "nan"),
        ("curve.csv", "another run's"),
        ("summary.json", "half"),
        ("summary.json", "another run's"),
    ],
)
def test_a_run_with_a_damaged_file_is_not_finished_and_is_computed_again(tmp_path, name, how):
    whole = run(tmp_path / "run", **SHORT)
    before = content(whole.out)
    damage(whole.out, name, how)
    assert not is_finished(whole.out)
    with pytest.raises(InputError):
        Result.load(whole.out)
    lines = []
    again = run(whole.out, lines, **SHORT)
    assert "not whole, and is computed again" in lines[0]
    assert content(again.out) == before
    run(whole.out, lines, **SHORT)
    assert "nothing to do" in lines[-1]


def test_an_interruption_after_the_summary_takes_nothing_away(tmp_path, monkeypatch):
    finish = Run._write_results

    def interrupted(self):
        finish(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, "_write_results", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    assert is_finished(tmp_path)


def test_a_folder_with_files_of_somebody_else_is_no_place_for_a_run(tmp_path):
    (tmp_path / "curve.csv").write_text("mine")
    with pytest.raises(InputError, match="holds 'curve.csv' without the config.json of a run"):
        run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["curve.csv"]


def test_a_run_without_an_update_is_evaluated_all_the_same(tmp_path):
    result = run(tmp_path, steps=20, updates_per_step=0.01)
    assert [row["gradient_updates"] for row in result.curve] == [0]
    assert math.isfinite(result.final_return)


# ---- divergence ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["sac", "oracle"])
def test_a_diverged_training_stops_and_keeps_the_last_good_policy(tmp_path, monkeypatch, method):
    """Weights become NaN at update 130: the policy at update 100 is what is left."""
    update, seen = SAC.update, {}

    def breaking(self, batch):
        update(self, batch)
        seen["updates"] = seen.get("updates", 0) + 1
        if seen["updates"] == 100:
            seen["actor"] = self.actor.flat.clone()
        if seen["updates"] == 130:
            self.actor.flat[3] = math.nan

    monkeypatch.setattr(SAC, "update", breaking)
    lines = []
    result = run(tmp_path, lines, method=method, updates=400, audition_every=None)
    assert result.summary["diverged"] is True and "no longer finite" in result.diverged
    assert 130 <= result.summary["gradient_updates"] <= 150 == 100 + CHECK_EVERY
    assert sum("stopped: " in line for line in lines) == 1
    assert torch.equal(result.policy().actor.flat, seen["actor"])
    few = evaluate(make_task("pendulum"), result.policy().unit_action, EVALUATION_SEEDS[:2])
    assert result.final_return == few.mean == result.curve[-1]["mean_return"]
    assert not (tmp_path / "checkpoint.safetensors").exists()

    monkeypatch.setattr(SAC, "update", lambda *_: pytest.fail("it was tried again"))
    assert run(tmp_path, method=method, updates=400, audition_every=None) == result


def test_a_diverged_training_is_one_line_on_the_command_line(tmp_path, capsys):
    arguments = ["train", "--method", "sac", "--steps", "300", "--profile", "smoke"]
    arguments += ["--set", "learning_rate=1e6", "--set", "hidden=16", "--out", str(tmp_path)]
    for _ in range(2):  # the second time it is only said again
        assert main(arguments) == 2
        captured = capsys.readouterr()
        assert captured.err.startswith("symtut: error: the training diverged")
        assert captured.err.count("\n") == 1 and "last good policy" in captured.err
    assert json.loads((tmp_path / "summary.json").read_text())["diverged"] is True


def test_a_sweep_does_not_try_a_diverged_training_again(tmp_path, capsys):
    arguments = ["sweep", "--methods", "sac", "--seeds", "0", "--steps", "210", "--jobs", "1",
                 "--profile", "smoke", "--set", "learning_rate=1e6", "--set", "hidden=16",
                 "--out", str(tmp_path)]  # fmt: skip
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "[1/1] pendulum/sac seed 0: DIVERGED, last good return" in said
    assert "Diverged, so that the last good policy counts: pendulum/sac seed 0." in said
    (record,) = read_runs(tmp_path / "runs.csv").itertuples()
    assert record.diverged and record.env_steps < 210
    assert not (tmp_path / "failures.json").exists()
    stamp = (tmp_path / "pendulum/sac/seed_0/summary.json").stat().st_mtime_ns
    assert main(arguments) == 0
    assert "1 of 1 runs are finished already" in capsys.readouterr().out
    assert (tmp_path / "pendulum/sac/seed_0/summary.json").stat().st_mtime_ns == stamp


@pytest.mark.parametrize("good", [0, 1])
def test_a_diverged_pretraining_stops_and_keeps_its_checkpoint(tmp_path, monkeypatch, good):
    tiny = replace(PRESETS["tiny"], chunk_size=64, batch_size=16, checkpoint_every=0.0)
    monkeypatch.setitem(PRESETS, "tiny", tiny)
    recovery = "symtut.regression.transformer.pretraining.held_out_recovery"
    monkeypatch.setattr(recovery, lambda *_: {"a": 0.0, "b": 0.0})
    step, steps = Pretraining.step, []

    def breaking(self):
        figures = step(self)
        steps.append(0)
        return figures if len(steps) <= good else figures | {"loss": math.nan}

    monkeypatch.setattr(Pretraining, "step", breaking)
    with pytest.raises(
        InputError, match=r"the training diverged after \d+ examples: its loss is n"
    ):
        pretrain("tiny", tmp_path / "out", examples=1000, report=lambda line: None)
    assert len(steps) == good + 1
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert left == ({"checkpoint.safetensors", "log.csv"} if good else set())
    assert (tmp_path / "out").exists() == bool(good)


def test_a_model_that_predicts_nothing_finite_stops_the_training(tmp_path, monkeypatch):
    predict = OracleWorldModel.predict
    calls = []

    def broken(self, state, action):
        calls.append(0)
        after = predict(self, state, action)
        return after if len(calls) < 400 else torch.full_like(after, math.nan)

    monkeypatch.setattr(OracleWorldModel, "predict", broken)
    result = run(tmp_path, method="oracle", steps=200, updates=3000, rollout_length=5)
    assert "the world model's predictions were no longer finite" in result.diverged
    assert result.summary["gradient_updates"] < 3000


def test_a_model_that_fails_now_and_then_does_not(tmp_path, monkeypatch):
    """An equation may leave its domain; how often is in the summary."""
    predict = OracleWorldModel.predict

    def sometimes(self, state, action):
        after = predict(self, state, action)
        return torch.where(state[:, :1].cos() > 0.9, math.nan, after)

    monkeypatch.setattr(OracleWorldModel, "predict", sometimes)
    result = run(tmp_path, method="oracle", steps=200, updates=200)
    assert result.diverged is None and 0 < result.summary["model"]["discarded"] < 0.9


def test_an_environment_that_breaks_under_random_actions_is_named(tmp_path, monkeypatch):
    class Breaking(gymnasium.Wrapper):
        def step(self, action):
            observation, *rest = self.env.step(action)
            return observation * np.nan, *rest

    class Broken(Pendulum):
        def make_env(self):
            return Breaking(super().make_env())

    monkeypatch.setattr("symtut.experiments.run.make_task", lambda name: Broken())
    with pytest.raises(InputError, match="under random actions the environment's observation"):
        run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


# ---- an environment without a time limit ---------------------------------------------------------


class Unlimited(Pendulum):
    horizon = 30

    def make_env(self):
        env = gymnasium.make(self.env_id, disable_env_checker=True, max_episode_steps=-1)
        assert env.unwrapped is env or not any(
            isinstance(layer, gymnasium.wrappers.TimeLimit) for layer in layers(env)
        )
        return env


def layers(env):
    while env is not env.unwrapped:
        yield env
        env = env.env


def test_an_episode_ends_at_the_horizon_by_truncation(tmp_path):
    loop = Loop(Unlimited(), None, 100, RunConfig.make("pendulum", "sac", 100, 0).loop, SMALL, 0)
    while not loop.finished:
        loop.advance()
    real, _ = loop.transitions()
    assert list(np.bincount(real.episode)) == [30, 30, 30, 10] and not real.terminated.any()
    assert list(np.bincount(random_transitions(Unlimited(), 70, 0).episode)) == [30, 30, 10]
    # (the pendulum's reward lies between -16.3 and 0 a step)
    found = evaluate(Unlimited(), lambda seen: torch.zeros(len(seen), 1), range(3))
    assert (found.returns > -16.3 * 30).all() and (found.returns < 0).all()


# ---- the folder ----------------------------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr("symtut.paths.LOCK_PATIENCE", 0.2)


def test_two_processes_do_not_work_in_one_folder(tmp_path, impatient):
    out = tmp_path / "run"
    program = f"""
import sys
from symtut.paths import output_folder
with output_folder({str(out)!r}):
    print("held", flush=True)
    sys.stdin.read()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    with process:
        assert process.stdout.readline().strip() == b"held"
        with pytest.raises(InputError, match="another process of symtut works on"):
            run(out)
        assert [path.name for path in out.iterdir()] == [".lock"]
        process.kill()
    assert (out / ".lock").exists()  # what a killed process leaves does not block
    assert run(out).summary["gradient_updates"] == 450
    assert not (out / ".lock").exists()


def test_a_lock_is_held_against_the_same_process_too(tmp_path, impatient):
    with locked(tmp_path / ".lock", "a table"):
        with pytest.raises(InputError, match="works on a table"):
            with locked(tmp_path / ".lock", "a table"):
                pass
    assert list(tmp_path.iterdir()) == []
    with locked(tmp_path / ".lock", "a table"):
        pass


@pytest.mark.parametrize(
    "command, name, lock",
    [
        (["train", "--method", "oracle"], "out", "out/.lock"),
        (["sweep", "--methods", "oracle", "--jobs", "1"], "out", "out/.lock"),
        (["pretrain", "--preset", "tiny"], "out", "out/.lock"),
        (["finetune", "--random-steps", "50"], "out", "out/.lock"),
        (["benchmark", "regression", "--suite", "nguyen", "--methods", "sparse"], "t.csv",
         ".t.csv.lock"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)  # fmt: skip
def test_every_command_says_that_another_one_is_at_work(
    tmp_path, capsys, impatient, command, name, lock
):
    path = tmp_path / lock
    path.parent.mkdir(exist_ok=True)
    with locked(path, "the test"):
        assert main([*command, "--out", str(tmp_path / name)]) == 2
        captured = capsys.readouterr()
        assert captured.err.count("\n") == 1 and captured.out == ""
        assert f"another process of symtut works on '{tmp_path / name}'" in captured.err
        assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]


def test_empty_folders_go_and_others_stay(tmp_path):
    with pytest.raises(Cut):
        with output_folder(tmp_path / "a" / "b") as folder:
            assert folder.is_dir()
            raise Cut
    assert list(tmp_path.iterdir()) == []
    with output_folder(tmp_path / "a" / "b") as folder:
        (folder / "x").write_text("")
    assert [path.name for path in folder.iterdir()] == ["x"]


@pytest.mark.parametrize(
    "name", ["config.json", "curve.csv", "checkpoint.safetensors", "policy.safetensors"]
)
def test_a_full_disk_is_one_line(tmp_path, monkeypatch, capsys, name):
    """And what was whole before stays; with nothing worth keeping nothing stays."""
    replace, full = os.replace, [True]

    def failing(source, target):
        if full[0] and os.path.basename(target) == name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    monkeypatch.setattr("symtut.experiments.run.CHECKPOINT_EVERY", 100)
    out = tmp_path / "run"
    arguments = ["train", "--method", "sac", "--steps", "450", "--out", str(out), "--set",
                 "hidden=16", "--set", "batch_size=32", "--set", "evaluate_every=200"]  # fmt: skip
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1 and "No space left on device" in captured.err
    left = {path.name for path in out.iterdir()} if out.exists() else set()
    kept = {
        "curve.csv": {"config.json", "checkpoint.safetensors"},
        "policy.safetensors": {"config.json", "checkpoint.safetensors", "curve.csv"},
    }
    assert left == kept.get(name, set())
    full[0] = False
    assert main(arguments) == 0
    assert {path.name for path in out.iterdir()} == {
        "config.json", "curve.csv", "policy.safetensors", "summary.json",
    }  # fmt: skip


# ---- memory --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"steps": 10**12}, r"steps = 1000000000000 needs 72,000.0 GB"),
        ({"policy_capacity": 10**12}, "policy_capacity = 1000000000000 needs"),
        ({"recent_states": 10**13}, "recent_states"),
        ({"rollouts": 10**12}, "rollouts"),
        ({"hidden": 10**7}, "hidden = 10000000 needs"),
        ({"batch_size": 10**11}, "batch_size"),
        ({"audition_starts": 10**12}, "audition_starts"),
        ({"method": "mbpo", "size": {"hidden": 10**7}}, "hidden = 10000000 needs"),
        ({"updates_per_step": 1e300}, "gradient updates are more than"),
        ({"gamma": 1.5}, "gamma must be in"),
        ({"tau": 0}, "tau must be in"),
        ({"initial_alpha": 0}, "initial_alpha must be greater than 0"),
        ({"seed": 2**32}, "'seed' must be at most 4294967295"),
    ],
)
def test_sizes_that_do_not_fit_are_named_before_anything_is_made(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        run(tmp_path / "run", **{"method": "oracle", **changes})
    assert not (tmp_path / "run").exists()


def test_memory():
    assert 1e8 < memory_here()
    require_memory({"a": 1.0})
    with pytest.raises(InputError, match=r"b = 2 needs 2,000,000,000.0 GB of memory"):
        require_memory({"a = 1": 1.0, "b = 2": 2e18})
    with pytest.raises(InputError, match="there is not enough memory"):
        with memory_errors_named():
            torch.zeros(10**16)
    with pytest.raises(InputError, match="there is not enough memory: the system"):
        with memory_errors_named():
            raise MemoryError
    with pytest.raises(RuntimeError, match="shapes"):
        with memory_errors_named():
            raise RuntimeError("shapes do not fit")
