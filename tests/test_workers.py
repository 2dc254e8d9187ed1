"""A dask cluster that lacks something: one line says what. Its workers are threads here."""

import json
import sys
import threading
import time
from functools import partial

import pytest

from symtut import workers
from symtut.errors import InputError
from tests.clusters import cluster
from tests.processes import start


def double(run):
    return {"double": 2 * run}


def on(scheduler, work=double, **settings):
    return dict(workers.on_dask([1, 2], work, 1, scheduler, **settings))


def fails(message):
    raise InputError(message)


def test_a_worker_that_would_do_something_else_gets_no_work(monkeypatch):
    with cluster(1, processes=False) as good, cluster(1, threads=2, processes=False) as wide:
        assert on(good.scheduler_address) == {1: {"double": 2}, 2: {"double": 4}}
        with pytest.raises(InputError, match="worker at .* cannot do this: .*--nthreads 1"):
            on(wide.scheduler_address)
        with pytest.raises(InputError, match="worker at .* cannot do this: no such task"):
            on(good.scheduler_address, check=partial(fails, "no such task"))

        def version(name):
            return "9.9" if threading.current_thread() is threading.main_thread() else "1.0"

        monkeypatch.setattr(workers, "package_version", version)
        with pytest.raises(InputError, match="it has symtut 1.0, and this process has 9.9"):
            on(good.scheduler_address)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_cluster_without_workers_is_said_once_and_waited_for(monkeypatch, threads):
    """The worker that comes is asked, too."""
    monkeypatch.setattr(workers, "LOOK_EVERY", 0.05)
    said = []
    with cluster(0, threads, processes=False) as empty:

        def say(line):
            said.append(line)
            empty.scale(1)

        if threads == 1:
            assert on(empty.scheduler_address, say=say)[2] == {"double": 4}
        else:
            with pytest.raises(InputError, match="--nthreads 1"):
                on(empty.scheduler_address, say=say)
        address = empty.scheduler_address
    assert said == [f"no worker at {address}: waiting for 'dask worker {address} --nthreads 1'"]


def once_in_use(folder, run):
    """Another process does this run until it has been asked twice."""
    asked = folder / f"asked {run}"
    if asked.exists():
        return {"done": run}
    asked.touch()
    return {"error": "in use", workers.IN_USE: True}


def test_a_run_that_another_worker_still_does_is_tried_again(tmp_path):
    with cluster(1, processes=False) as good:
        found = on(good.scheduler_address, partial(once_in_use, tmp_path))
    assert found == {1: {"done": 1}, 2: {"done": 2}}


def test_a_lost_scheduler_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "CONNECT_SECONDS", 5)
    monkeypatch.setattr(workers, "LOOK_EVERY", 0.05)
    file = tmp_path / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file]
    process = start([sys.executable, "-m", "dask", "scheduler", *map(str, options)])
    try:
        while not file.exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        address = json.loads(file.read_text())["address"]
        with pytest.raises(InputError, match=f"{address}' was lost.*the same command goes on"):
            on(address, say=lambda line: process.kill())
    finally:
        process.kill()
        process.communicate()
