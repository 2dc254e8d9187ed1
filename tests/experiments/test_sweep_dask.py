"""A sweep on a local dask cluster, one worker of which is killed at work: everything arrives."""

import os
import signal
import threading
import time

import pytest

from symtut.errors import InputError
from symtut.experiments import Result, workers
from symtut.experiments.sweep import sweep

distributed = pytest.importorskip("distributed", reason="needs the extra 'cluster'")

TINY = {"hidden": 16, "batch_size": 16, "updates": 1200, "evaluate_every": 1200}


def kill_one_at_work(address, out, killed, stop):
    """SIGKILL the first worker that has written a checkpoint; note its process and its run."""
    with distributed.Client(address) as client:
        pids = client.run(os.getpid)
        while not stop.is_set():
            for path in out.glob("pendulum/*/*/checkpoint.safetensors"):
                for worker, keys in client.processing().items():
                    if worker in pids and keys:
                        os.kill(pids[worker], signal.SIGKILL)
                        killed.append((pids[worker], path.parent.name))
                        return
            time.sleep(0.02)


def test_a_worker_killed_halfway_loses_nothing(tmp_path):
    out, lines, killed, stop = tmp_path / "out", [], [], threading.Event()
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        killer = threading.Thread(target=kill_one_at_work, args=(address, out, killed, stop))
        killer.start()
        try:
            failed = sweep(
                ["pendulum"], ["oracle"], [0, 1, 2, 3], out, 200, "smoke", {"": TINY},
                scheduler=address, report=lines.append,
            )  # fmt: skip
        finally:
            stop.set()
            killer.join()
    assert failed == [] and not (out / "failures.json").exists()
    ((pid, _),) = killed
    with pytest.raises(ProcessLookupError):  # it is dead, and was not the one that did the work
        os.kill(pid, 0)
    done = [Result.load(path) for path in sorted(out.glob("pendulum/oracle/seed_*"))]
    assert [result.config["run"]["seed"] for result in done] == [0, 1, 2, 3]
    assert all(result.summary["gradient_updates"] == 1200 for result in done)
    assert "[4/4]" in lines[-2] and "pendulum, threshold" in lines[-1]


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

    def elsewhere(runs, work, jobs, scheduler):
        for run in runs:
            yield run, {"final_return": 0.0, "cpu_seconds": 1.0, "seconds": 1.0}

    monkeypatch.setattr(workers, "on_dask", elsewhere)
    (failure,) = sweep(["pendulum"], ["sac"], [0], tmp_path, 200, "smoke", scheduler="tcp://a:1")
    assert "all machines must share the folder --out" in failure["error"]
