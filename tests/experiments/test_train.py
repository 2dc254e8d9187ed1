"""Whole runs: files, interruption, and errors on the command line."""

import csv
import functools
import json
import re
import signal
import sys
import time

import numpy as np
import pytest
import torch

from symtut.agents.policy import Policy
from symtut.cli import main
from symtut.errors import InputError
from symtut.experiments import Result, evaluate, train
from symtut.experiments.config import RunConfig
from symtut.regression.transformer.weights import find_weights
from symtut.tasks import EVALUATION_SEEDS, make_task
from symtut.tensors import load_tensors, save_tensors
from tests.processes import start

TINY = {"hidden": 32, "batch_size": 64, "updates": 600, "evaluate_every": 300, "profile": "smoke"}


@pytest.fixture
def few_episodes(monkeypatch):
    """Evaluate on 5 of the 100 episodes, where the figure itself does not matter."""
    few = functools.partial(evaluate, seeds=EVALUATION_SEEDS[:5])
    monkeypatch.setattr("symtut.experiments.run.evaluate", few)


def run(out, **changes):
    options = {"task": "pendulum", "method": "oracle", "steps": 200, "seed": 1, **TINY, **changes}
    return train(out=out, on_progress=None, **options)


def command(out, updates=1500):
    return [
        sys.executable, "-m", "symtut", "train", "--task", "pendulum", "--method", "oracle",
        "--steps", "400", "--seed", "2", "--out", str(out), "--set", "hidden=32",
        "--set", "batch_size=64", "--set", f"updates={updates}", "--set", "evaluate_every=1500",
        "--profile", "smoke",
    ]  # fmt: skip


def comparable(out):
    """Every file of a run, without CPU times, dates and the command that was typed."""
    files = {}
    for path in sorted(out.iterdir()):
        if path.name == "config.json":
            files[path.name] = json.loads(path.read_text())["run"]
        elif path.name == "summary.json":
            files[path.name] = json.loads(path.read_text()) | {"cpu_seconds": None}
        elif path.name == "curve.csv":
            rows = list(csv.reader(path.open()))
            files[path.name] = [row[:2] + row[3:] for row in rows]
        else:
            files[path.name] = path.read_bytes()
    return files


def test_a_run_leaves_its_record(tmp_path):
    lines = []
    result = train(
        task="pendulum", method="oracle", steps=200, seed=1, out=tmp_path / "run",
        on_progress=lines.append, **TINY,
    )  # fmt: skip
    names = {path.name for path in result.out.iterdir()}
    assert names == {"config.json", "curve.csv", "policy.safetensors", "summary.json"}
    assert [row["gradient_updates"] for row in result.curve] == [300, 600]
    assert all(row["env_steps"] == 200 for row in result.curve)
    assert result.final_return == result.curve[-1]["mean_return"]
    assert 0 < result.curve[0]["cpu_seconds"] < result.curve[1]["cpu_seconds"]
    assert result.config["run"]["loop"]["updates"] == 600
    assert result.config["provenance"]["versions"]["torch"]
    assert "fitted; rollouts of 200 steps" in lines[0] and "mean return" in lines[-1]

    # the policy on disk is the policy that was evaluated
    task, policy = make_task("pendulum"), result.policy()
    assert evaluate(task, policy.unit_action).mean == result.final_return
    action = policy(np.array([1.0, 0.0, 0.0]))
    assert action.shape == (1,) and abs(action[0]) <= 2
    assert policy(np.zeros((5, 3))).shape == (5, 1)

    # once more: nothing is done again
    before = {path: path.stat().st_mtime_ns for path in result.out.iterdir()}
    again = []
    stored = train(
        task="pendulum", method="oracle", steps=200, seed=1, out=tmp_path / "run",
        on_progress=again.append, **TINY,
    )  # fmt: skip
    assert stored == result and "nothing to do" in again[0]
    assert before == {path: path.stat().st_mtime_ns for path in result.out.iterdir()}

    with pytest.raises(InputError, match=r"another configuration \(seed: 1 there, 2 asked for\)"):
        run(tmp_path / "run", seed=2)


def test_another_seed_is_another_run_and_the_same_seed_the_same(tmp_path, few_episodes):
    changes = {"updates": 300}
    a, b = run(tmp_path / "a", **changes), run(tmp_path / "b", **changes)
    assert comparable(a.out) == comparable(b.out)
    c = run(tmp_path / "c", seed=2, **changes)
    assert c.final_return != a.final_return


def test_model_free_curve_counts_real_steps(tmp_path, few_episodes):
    result = run(tmp_path, method="sac", steps=450, evaluate_every=200)
    assert [(r["env_steps"], r["gradient_updates"]) for r in result.curve] == [
        (200, 200), (400, 400), (450, 450),
    ]  # fmt: skip
    assert result.summary["model"] is None and result.steps_to_threshold is None


@pytest.mark.parametrize("method, steps, at", [("oracle", 400, 700), ("sac", 900, 600)])
def test_an_exception_midway_then_the_same_call_gives_the_same_numbers(
    tmp_path, monkeypatch, few_episodes, method, steps, at
):
    """The loop dies at an update that is no checkpoint, in the middle of an episode."""
    from symtut.agents.loop import Loop

    changes = {"method": method, "steps": steps, "updates": 1200, "evaluate_every": 600}
    whole = run(tmp_path / "whole", **changes)
    learn = Loop.learn

    def dying(self):
        if self.updates == at + 90:
            raise KeyboardInterrupt
        learn(self)

    monkeypatch.setattr(Loop, "learn", dying)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "cut", **changes)
    assert (tmp_path / "cut" / "checkpoint.safetensors").exists()
    assert not (tmp_path / "cut" / "summary.json").exists()

    started = []
    monkeypatch.setattr(Loop, "learn", lambda self: (started.append(self.updates), learn(self)))
    cut = run(tmp_path / "cut", **changes)
    assert 0 < started[0] < at + 90  # it went on, and did not begin again
    assert comparable(cut.out) == comparable(whole.out)


def test_sigkill_and_sigint_midway_finish_with_the_same_files(tmp_path):
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert main(command(whole)[3:]) == 0  # "train" and what follows it

    for signal_number, code in [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)]:
        process = start(command(cut))
        checkpoint = cut / "checkpoint.safetensors"
        seen = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
        while process.poll() is None:  # until it has written one checkpoint of its own
            if checkpoint.exists() and checkpoint.stat().st_mtime_ns != seen:
                break
            time.sleep(0.01)
        process.send_signal(signal_number)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == code, errors
        assert not (cut / "summary.json").exists()
    assert "same command goes on" in errors and "Traceback" not in errors

    (cut / ".curve.csv-0abc1234").write_text("half a fi")  # what a kill during a write leaves
    last = start(command(cut))
    output, errors = last.communicate(timeout=300)
    assert last.returncode == 0, errors
    assert "going on from the checkpoint" in output
    assert comparable(cut) == comparable(whole)


def test_a_closed_pipe_ends_quietly_and_the_run_can_go_on(tmp_path, few_episodes):
    process = start(command(tmp_path))
    assert "fitted" in process.stdout.readline()
    process.stdout.close()  # as head does
    process.wait(timeout=300)
    assert process.returncode == 141 and process.stderr.read() == ""
    process.stderr.close()
    assert not (tmp_path / "summary.json").exists()
    assert main(command(tmp_path)[3:]) == 0
    assert (tmp_path / "summary.json").exists()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--task", "acrobat"], "unknown task 'acrobat'. Known tasks: car2d, pendulum"),
        (["--method", "magic"], "unknown method 'magic'. Known methods: sac, oracle, symbolic"),
        (["--profile", "huge"], "unknown profile 'huge'. Known profiles: default, paper, smoke"),
        (["--steps", "0"], "--steps: must be a whole number of at least 1, not '0'"),
        (["--set", "updates=-1"], "'updates' must be a whole number of at least 0, not -1"),
        (["--set", "gamma=nan"], "'gamma' must be a finite number"),
        (["--set", "hidden=0"], "'hidden' must be a whole number of at least 1"),
        (["--set", "colour=red"], "unknown option 'colour'. Known options: "),
        (["--set", "start_states=moon"], "unknown start_states 'moon'"),
        (["--set", "updates"], "--set needs NAME=VALUE, not 'updates'"),
        (["--set", "seed=1"], "'seed' is not set with --set; use --seed"),
        (["--weights", "general"], "unknown option 'weights'"),
    ],
)
def test_bad_input_is_one_line_exit_2_and_no_file(tmp_path, capsys, arguments, message):
    out = tmp_path / "run"
    assert main(["train", "--method", "oracle", "--out", str(out), *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("symtut: error: ") and message in captured.err
    assert captured.err.count("\n") == 1 and captured.out == ""
    assert not out.exists()


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "no weights file at"),
        (b"", "not a whole safetensors file"),
        (b"x" * 400, "not a whole safetensors file"),
        ("cut", "not a whole safetensors file"),  # the shipped file, half of it
        ("policy", "is not a symtut weight file"),  # whole, of another kind
        ("other", "has an unknown tensor|lacks the tensor"),  # the right header, other tensors
    ],
)
def test_bad_weights_are_named_before_the_first_real_step(
    tmp_path, capsys, monkeypatch, content, message
):
    path, out = tmp_path / "own.safetensors", tmp_path / "run"
    if content == "cut":
        whole = find_weights("general").read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif content == "other":
        save_tensors(path, {"w1": torch.zeros(3)}, load_tensors(find_weights("general"))[1])
    elif content == "policy":
        save_tensors(path, {"w1": torch.zeros(3)}, {"task": "pendulum"})
    elif content is not None:
        path.write_bytes(content)
    monkeypatch.setattr("symtut.agents.loop.Loop.interact", lambda self: pytest.fail("a step"))
    arguments = ["--method", "symbolic", "--weights", str(path), "--out", str(out)]
    assert main(["train", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("symtut: error: ") and captured.err.count("\n") == 1
    assert re.search(message, captured.err)
    assert str(path) in captured.err and captured.out == ""
    assert not out.exists()


def test_unknown_weights_are_named_with_the_known_ones(tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["train", "--method", "symbolic", "--weights", "nope", "--out", str(out)]) == 2
    assert "unknown weights 'nope'. Shipped weights: " in capsys.readouterr().err
    assert not out.exists()


def test_bad_input_that_shows_only_at_the_first_fit_leaves_no_folder(tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["train", "--method", "symbolic", "--steps", "2", "--out", str(out)]) == 2
    assert "2 points are fewer than" in capsys.readouterr().err
    assert not out.exists()


def test_an_output_folder_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("not a folder")
    out = tmp_path / "file" / "run"
    assert main(["train", "--method", "oracle", "--out", str(out)]) == 2
    assert "cannot write into the output folder" in capsys.readouterr().err


def test_damaged_files_are_named(tmp_path, few_episodes):
    with pytest.raises(InputError, match="no such file"):
        Result.load(tmp_path)
    result = run(tmp_path / "run", updates=300)
    (result.out / "policy.safetensors").write_bytes(b"x" * 40)
    with pytest.raises(InputError, match="not a whole safetensors file"):
        result.policy()
    (result.out / "config.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read as JSON"):
        run(tmp_path / "run", updates=300)
    with pytest.raises(InputError, match="no such file"):
        Policy.load(tmp_path / "none.safetensors")


def test_configuration_resolves_overrides_into_their_parts():
    config = RunConfig.make("pendulum", "oracle", 200, 0, gamma=0.98, rollout_length=5)
    assert config.sac.gamma == 0.98 and config.loop.rollout_length == 5
    assert RunConfig.make("pendulum", "sac", 200, 0).loop.block_steps == 1
    assert json.loads(json.dumps(config.as_json())) == config.as_json()
    with pytest.raises(InputError, match="'seed' must be a whole number"):
        RunConfig.make("pendulum", "oracle", 200, 1.5)


def test_python_m_symtut_shows_its_commands(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("train", "pretrain", "doctor"))
