"""A sweep on a local dask cluster, one worker of which is killed at work: everything arrives."""

import pytest

from symtut import workers
from symtut.errors import InputError
from symtut.experiments import Result
from symtut.experiments.sweep import sweep
from symtut.experiments.tables import read_runs
from tests.clusters import a_worker_killed, cluster

pytest.importorskip("distributed", reason="needs the extra 'cluster'")

TINY = {"hidden": 16, "batch_size": 16, "updates": 700, "evaluate_every": 700}


def test_a_worker_killed_halfway_loses_nothing(tmp_path):
    out, lines = tmp_path / "out", []
    asked = ["pendulum"], ["oracle"], [0, 1]

    def begun():
        return any(out.glob("pendulum/*/*/checkpoint.safetensors"))

    with cluster(2) as two, a_worker_killed(two.scheduler_address, begun):
        failed = sweep(
            *asked, out, 200, "smoke", {"": TINY}, scheduler=two.scheduler_address,
            report=lines.append,
        )  # fmt: skip
    assert failed == [] and not (out / "failures.json").exists()
    assert "[2/2]" in lines[-2] and "pendulum, threshold" in lines[-1]
    sweep(*asked, tmp_path / "here", 200, "smoke", {"": TINY}, jobs=1)
    assert without_times(tmp_path / "here") == without_times(out)


def without_times(out):
    return read_runs(out / "runs.csv").drop(columns=["cpu_seconds", "commit"]).to_dict("records")


def test_the_numbers_are_those_of_this_process(tmp_path):
    """And a cluster of its own is started and ended by the sweep."""
    arguments = (["pendulum"], ["sac"], [3])
    options = {"hidden": 16, "batch_size": 16, "evaluate_every": 250}
    sweep(*arguments, tmp_path / "a", 250, "smoke", {"": options}, "dask", jobs=1)
    sweep(*arguments, tmp_path / "b", 250, "smoke", {"": options}, jobs=1)
    a, b = (Result.load(tmp_path / name / "pendulum/sac/seed_3") for name in "ab")
    assert a.final_return == b.final_return and a.config["run"] == b.config["run"]


def test_no_scheduler_at_the_address(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "CONNECT_SECONDS", 0.5)
    with pytest.raises(InputError, match="no dask scheduler answers at 'tcp://127.0.0.1:9'"):
        sweep(["pendulum"], ["sac"], [0], tmp_path, 200, "smoke", scheduler="tcp://127.0.0.1:9")


def test_files_that_do_not_arrive_are_a_failure_not_a_success(tmp_path, monkeypatch):
    """A worker elsewhere wrote to a folder of the same name that this machine does not see."""

    def elsewhere(runs, *arguments):
        for run in runs:
            yield run, {"final_return": 0.0, "cpu_seconds": 1.0, "seconds": 1.0}

    monkeypatch.setattr(workers, "on_dask", elsewhere)
    (failure,) = sweep(["pendulum"], ["sac"], [0], tmp_path, 200, "smoke", scheduler="tcp://a:1")
    assert "all machines must share the folder --out" in failure["error"]
