"""Sweeps: what is asked for, what is left behind, and what survives failures and interruptions."""

import csv
import functools
import json
import os
import shlex
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from symtut import workers
from symtut.agents.loop import Loop
from symtut.arguments import parse_placed_overrides, parse_steps
from symtut.cli import main
from symtut.errors import InputError
from symtut.experiments import Result, evaluate, tables
from symtut.experiments import summary as summary_tables
from symtut.experiments.run import Run
from symtut.experiments.sweep import SweepRun, parse_seeds, plan
from symtut.experiments.sweep_report import Progress
from symtut.tasks import EVALUATION_SEEDS
from tests.processes import symtut

TINY = [
    "sweep", "--profile", "smoke", "--set", "hidden=16", "--set", "batch_size=16",
    "--set", "evaluate_every=150",
]  # fmt: skip


@pytest.fixture
def few_episodes(monkeypatch):
    few = functools.partial(evaluate, seeds=EVALUATION_SEEDS[:2])
    monkeypatch.setattr("symtut.experiments.run.evaluate", few)


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def tiny(out, *more):
    two = ["--methods", "oracle,sac", "--seeds", "0-1", "--steps", "200,sac=300"]
    return [*TINY, *two, "--set", "oracle:updates=150", "--out", str(out), *more]


# ---- what is asked for ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, seeds",
    [("0-3", [0, 1, 2, 3]), ("7", [7]), ("0,3,7", [0, 3, 7]), ("5, 0-2,1", [5, 0, 1, 2])],
)
def test_seeds(text, seeds):
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "3-1", "-1", "1,,2", "0-", "1.5", "0-99999999999"])
def test_bad_seeds_are_named(text):
    with pytest.raises(InputError, match="is not a list of seeds: write 0-9 or 0,3,7"):
        parse_seeds(text)


def test_the_more_special_choice_wins(tmp_path):
    steps = parse_steps("100, sac=300,pendulum/oracle=50")
    overrides = parse_placed_overrides(["gamma=0.9", "sac:gamma=0.8", "pendulum/sac:hidden=8"])
    assert overrides == {"": {"gamma": 0.9}, "sac": {"gamma": 0.8}, "pendulum/sac": {"hidden": 8}}
    runs = plan(["pendulum"], ["sac", "oracle"], [0, 1], tmp_path, steps, "smoke", overrides)
    assert [(r.method, r.seed, r.steps) for r in runs] == [
        ("sac", 0, 300), ("oracle", 0, 50), ("sac", 1, 300), ("oracle", 1, 50),
    ]  # fmt: skip
    assert dict(runs[0].overrides) == {"gamma": 0.8, "hidden": 8}
    assert dict(runs[1].overrides) == {"gamma": 0.9}
    assert runs[0].out == str(tmp_path / "pendulum" / "sac" / "seed_0")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--tasks", "pendulum,acrobat"], "unknown task 'acrobat'"),
        (["--methods", "sac,magic"], "unknown method 'magic'"),
        (["--methods", ","], "at least one task, one method and one seed"),
        (["--seeds", "a-b"], "'a-b' is not a list of seeds"),
        (["--steps", "many"], "--steps needs NUMBER or METHOD=NUMBER, not 'many'"),
        (["--steps", "oracle=100"], "no --steps for 'pendulum/sac'; add sac=NUMBER"),
        (["--steps", "200,magic=100"], "'magic' is neither a method nor task/method"),
        (["--set", "acrobat/sac:gamma=1"], "'acrobat/sac' is neither a method nor task/method"),
        (["--steps", "0"], "'steps' must be a whole number of at least 1, not 0"),
        (["--profile", "huge"], "unknown profile 'huge'"),
        (["--set", "colour=red"], "unknown option 'colour'"),
        (["--set", "sac:tolerances=1"], "unknown option 'tolerances'"),
        (["--set", "start_states=moon"], "unknown start_states 'moon'"),
        (["--set", "sac:seed=1"], "'seed' is not set with --set"),
        (["--set", "gamma"], "--set needs NAME=VALUE"),
        (["--backend", "ray"], "unknown backend 'ray'. Known backends: loky, dask"),
        (["--jobs", "0"], "--jobs: must be a whole number from 1"),
        (["--jobs", "2", "--scheduler", "tcp://a:1"], "the cluster has its own number"),
        (["--table"], "there is no finished run under"),
    ],
)
def test_bad_input_is_one_line_exit_2_and_no_folder(tmp_path, capsys, arguments, message):
    out = tmp_path / "out"
    assert main(["sweep", "--methods", "oracle,sac", "--out", str(out), *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("symtut: error: ") and message in captured.err
    assert captured.err.count("\n") == 1 and captured.out == "" and not out.exists()


@pytest.mark.parametrize(
    "library, arguments",
    [("joblib", ["--jobs", "2"]), ("distributed", ["--backend", "dask"]),
     ("distributed", ["--scheduler", "tcp://127.0.0.1:9"])],
)  # fmt: skip
def test_a_missing_library_is_named_with_its_extra(
    tmp_path, capsys, monkeypatch, library, arguments
):
    monkeypatch.setitem(sys.modules, library, None)
    assert main(tiny(tmp_path / "out", *arguments)) == 2
    found = capsys.readouterr().err
    assert f"'{library}' is not installed" in found and "symtut[cluster]" in found
    assert not (tmp_path / "out").exists()


# ---- what is left behind -------------------------------------------------------------------------


def test_a_sweep_leaves_its_runs_and_tables_and_is_not_done_twice(tmp_path, capsys, few_episodes):
    assert main(tiny(tmp_path, "--jobs", "1", "--reference", "oracle")) == 0
    said = capsys.readouterr().out
    assert "[4/4] pendulum/sac seed 1: return" in said and "ratio to oracle" in said

    found = {}
    for row in table(tmp_path / "runs.csv"):
        result = Result.load(tmp_path / row["task"] / row["method"] / f"seed_{row['seed']}")
        assert float(row["final_return"]) == result.final_return
        assert int(row["env_steps"]) == {"oracle": 200, "sac": 300}[row["method"]]
        assert row["steps_to_threshold"] == "" and result.steps_to_threshold is None
        assert row["commit"] == (result.config["provenance"]["commit"] or "")
        found.setdefault(row["method"], []).append(result)
    assert [len(results) for results in found.values()] == [2, 2]

    rows = {row["method"]: row for row in table(tmp_path / "table.csv")}
    for method, results in found.items():
        returns = [result.final_return for result in results]
        assert float(rows[method]["final_return"]) == pytest.approx(np.mean(returns))
        assert rows[method]["steps_to_threshold"] == "inf" and rows[method]["reached"] == "0"
        assert float(rows[method]["final_return_low"]) == pytest.approx(min(returns))
    curves = tables.read_curves(tmp_path / "curves.csv")
    assert curves["pendulum", "sac"].env_steps.tolist() == [200, 300]
    for result, returns in zip(found["sac"], curves["pendulum", "sac"].returns, strict=True):
        assert returns.tolist() == [row["mean_return"] for row in result.curve]

    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.glob("pendulum/**/*")}
    csvs = {path: path.read_bytes() for path in tmp_path.glob("*.csv")}
    assert main(tiny(tmp_path, "--jobs", "1", "--reference", "oracle")) == 0
    assert "4 of 4 runs are finished already" in capsys.readouterr().out
    assert stamps == {path: path.stat().st_mtime_ns for path in tmp_path.glob("pendulum/**/*")}
    for path in csvs:
        path.unlink()
    assert main(["sweep", "--table", "--reference", "oracle", "--out", str(tmp_path)]) == 0
    assert csvs == {path: path.read_bytes() for path in tmp_path.glob("*.csv")}

    # the same folder for another experiment, be it with other seeds
    assert main(tiny(tmp_path, "--jobs", "1", "--set", "gamma=0.5", "--seeds", "5")) == 2
    message = capsys.readouterr().err
    assert "holds a run with another configuration" in message and "gamma" in message
    assert not (tmp_path / "pendulum" / "sac" / "seed_5").exists()


def test_one_failed_run_does_not_lose_the_others(tmp_path, capsys, monkeypatch, few_episodes):
    learn = Loop.learn

    def dying(self):
        if self.seed == 0 and self.model is not None and self.updates == 20:
            raise RuntimeError("the model\nwent up in smoke")
        learn(self)

    with monkeypatch.context() as patch:
        patch.setattr(Loop, "learn", dying)
        assert main(tiny(tmp_path, "--jobs", "1")) == 1
    said = capsys.readouterr().out
    assert "failed: pendulum/oracle seed 0: went up in smoke" in said or (
        "failed: pendulum/oracle seed 0: RuntimeError: the model went up in smoke" in said
    )
    (failure,) = json.loads((tmp_path / "failures.json").read_text())
    assert failure["seed"] == 0 and "in dying" in failure["traceback"]
    assert len(table(tmp_path / "runs.csv")) == 3

    words = shlex.split(failure["repeat"])
    assert words[0] == "symtut" and main(words[1:]) == 0  # it repeats this run, in its folder
    assert main(tiny(tmp_path, "--jobs", "1")) == 0
    assert not (tmp_path / "failures.json").exists()
    assert len(table(tmp_path / "runs.csv")) == 4


def test_a_run_can_be_repeated_with_values_that_need_quotes(tmp_path):
    from symtut.arguments import parse_override

    values = {"weights": "my own/w.safetensors", "start_states": "all", "n": "5", "b": None}
    run = SweepRun("pendulum", "sac", 0, 10, "smoke", str(tmp_path), tuple(values.items()))
    words = shlex.split(run.command())
    typed = [words[i + 1] for i, word in enumerate(words) if word == "--set"]
    assert dict(map(parse_override, typed)) == values


def test_unequal_configurations_do_not_share_a_row(tmp_path, few_episodes, capsys):
    only = ["--jobs", "1", "--methods", "sac"]
    assert main(tiny(tmp_path / "a", *only, "--seeds", "0")) == 0
    assert main(tiny(tmp_path / "b", *only, "--seeds", "1", "--steps", "201")) == 0
    cell = Path("pendulum", "sac", "seed_1")
    (tmp_path / "b" / cell).rename(tmp_path / "a" / cell)
    capsys.readouterr()
    assert main(["sweep", "--table", "--out", str(tmp_path / "a")]) == 2
    assert "were run with different configurations" in capsys.readouterr().err


def test_common_steps_do_not_prolong_a_curve():
    def curve(*points):
        return [{"env_steps": s, "mean_return": float(v)} for s, v in points]

    short = curve((100, -9), (200, -8), (200, -7), (400, -6))  # two evaluations at 200 steps
    long = curve((150, -5), (300, -4), (900, -3))
    found = tables.on_common_steps({4: long, 1: short})
    assert found.seeds == (1, 4) and found.env_steps.tolist() == [150, 200, 300, 400]
    assert found.returns.tolist() == [[-9, -7, -7, -6], [-5, -5, -4, -4]]
    assert tables.on_common_steps({0: curve((100, 1)), 1: curve((200, 1))}) is None
    many = curve(*((i, -i) for i in range(1, 1001)))
    thin = tables.on_common_steps({0: many}, points=50)
    assert len(thin.env_steps) == 50 and thin.env_steps[[0, -1]].tolist() == [1, 1000]
    assert (thin.returns[0] == -thin.env_steps).all()


def record(method, seed, value, steps, task="pendulum", spent=6000):
    row = (task, method, seed, spent, value, -160.0, steps, 1.0, "abc", 0)
    return dict(zip(tables.RUNS_FORM | tables.DIVERGED_FORM, row, strict=True))


def test_the_table_says_more_than_where_a_method_did_not_get_there(tmp_path):
    records = [record("symbolic", s, -150.0 - s, 200, spent=200) for s in range(4)]
    records += [record("sac", s, -150.5 - s, 3000 + 500 * s) for s in range(4)]
    records += [record("mbpo", s, -900.0, None) for s in range(4)]
    records += [record("symbolic", 0, -20.0, 300, "car2d"), record("sac", 0, -90.0, None, "car2d")]
    runs = tables.runs_frame(records)
    rows = {(r["task"], r["method"]): r for r in summary_tables.summarise(runs)}
    sac, mbpo = rows["pendulum", "sac"], rows["pendulum", "mbpo"]
    assert sac["steps_to_threshold"] == 3500 and sac["steps_ratio"] == 17.5
    assert mbpo["steps_to_threshold"] == np.inf and mbpo["steps_ratio_low"] == 30
    assert mbpo["reference_better"] == 1.0
    assert np.isnan(rows["pendulum", "symbolic"]["steps_ratio"])
    said = summary_tables.readable(list(rows.values()), runs)
    assert max(map(len, said.splitlines())) <= 80
    assert "> 6000" in said and "> 30.0 [30.0, …]" in said and "17.5 [" in said
    assert "P(symbolic better than sac), mean of 2 tasks: 0.8" in said  # (10/16 + 1) / 2
    for text in ("nan", "inf"):
        assert text not in said.lower()


def test_stored_tables_are_read_back_and_damage_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        tables.read_runs(tmp_path / "runs.csv")
    path = tmp_path / "runs.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="not a table of 'symtut sweep'"):
        tables.read_runs(path)
    head = "task,method,seed,env_steps,final_return,threshold,steps_to_threshold,cpu_seconds,commit"
    path.write_text(f"{head}\npendulum,sac,3,6000,-150.5,-160,,12.5,\n")
    (row,) = tables.read_runs(path).to_dict("records")
    assert list(row.values()) == ["pendulum", "sac", 3, 6000, -150.5, -160.0, None, 12.5, None, 0]
    path.write_text(f"{head}\npendulum,sac,3,60")
    with pytest.raises(InputError, match="line 2 has 4 cells instead of 9"):
        tables.read_runs(path)
    path = tmp_path / "curves.csv"
    head = "task,method,seed,env_steps,mean_return"
    path.write_text(f"{head}\np,sac,0,10,-5\np,sac,0,20,-4\np,sac,1,10,-3\n")
    with pytest.raises(InputError, match="the curves of p/sac do not share"):
        tables.read_curves(path)


def test_time_left_knows_that_methods_differ(tmp_path):
    runs = [SweepRun("t", m, s, 1, "p", f"{m}{s}") for s in range(3) for m in ("fast", "slow")]
    lines = []
    progress = Progress(runs, runs, 2, lines.append)
    for run, seconds in zip(runs[:2], (60, 600), strict=True):
        progress.tick(run, {"final_return": -1.0, "cpu_seconds": 1.0, "seconds": seconds})
    assert lines[-1] == "[2/6] t/slow seed 0: return -1.0, 1 CPU-s; about 11 min left"
    progress.tick(runs[2], {"error": "no"})
    assert lines[-1] == "[3/6] t/fast seed 1: FAILED: no; about 10 min left"  # 1,260 s / 2


# ---- what survives -------------------------------------------------------------------------------


def test_a_run_that_kills_its_workers_loses_only_itself():
    pytest.importorskip("joblib")

    def work(run):
        if run == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"done": run, "threads": os.environ["OMP_NUM_THREADS"], "pid": os.getpid()}

    found = dict(workers.on_loky(range(5), work, 2))
    assert found.pop(1) == {"error": workers.DIED}
    assert sorted(found) == [0, 2, 3, 4] and all(v["done"] == k for k, v in found.items())
    assert {v["threads"] for v in found.values()} == {"1"}
    assert os.getpid() not in {v["pid"] for v in found.values()}


def wait_for(condition, process, seconds=600):
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.02)


def busy(process):
    """The process's workers: children that are no helper of Python's (trackers, fork servers)."""
    psutil = pytest.importorskip("psutil")
    try:
        return [
            child
            for child in psutil.Process(process.pid).children()
            if "LokyProcess" in " ".join(child.cmdline())
        ]
    except psutil.NoSuchProcess:
        return []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_sweep_leaves_no_worker_and_goes_on(
    tmp_path, number, capsys, monkeypatch, few_episodes
):
    psutil = pytest.importorskip("psutil")
    pytest.importorskip("joblib")
    out = tmp_path / "out"
    arguments = tiny(out, "--methods", "oracle", "--set", "oracle:updates=4000")
    process = symtut(*arguments, "--jobs", "2")
    folders = [out / "pendulum" / "oracle" / f"seed_{seed}" for seed in (0, 1)]
    wait_for(lambda: all((f / "checkpoint.safetensors").exists() for f in folders), process)
    children = busy(process)
    assert len(children) == 2
    process.send_signal(number)
    _, errors = process.communicate(timeout=300)
    if number == signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 130, errors
        assert "same command goes on" in errors and "Traceback" not in errors
    _, alive = psutil.wait_procs(children, timeout=120)  # a killed sweep's workers notice it
    assert not alive
    assert not [f for f in folders if (f / "summary.json").exists()]
    assert not (out / "failures.json").exists()

    if number == signal.SIGINT:  # the same command delivers, going on from the checkpoints
        begun = []
        restore = Run._restore
        monkeypatch.setattr(Run, "_restore", lambda run: (begun.append(run.out), restore(run)))
        # What is learned is compared by tests/robustness/test_kills.py; here it would take time.
        monkeypatch.setattr(Loop, "learn", lambda loop: setattr(loop, "updates", loop.updates + 1))
        assert main([*arguments, "--jobs", "1"]) == 0
        assert begun == folders and len(table(out / "runs.csv")) == 2
