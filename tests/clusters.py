"""Dask clusters of tests, and the end of a worker at work."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest


def cluster(workers: int, threads: int = 1, processes: bool = True):
    distributed = pytest.importorskip("distributed", reason="needs the extra 'cluster'")
    return distributed.LocalCluster(
        n_workers=workers, threads_per_worker=threads, processes=processes, dashboard_address=":0"
    )


@contextmanager
def a_worker_killed(address: str, begun: Callable[[], bool]) -> Iterator[list[int]]:
    """SIGKILL one worker of the cluster that is at work as soon as ``begun()``; its process."""
    import distributed

    killed, over = [], threading.Event()

    def kill():
        with distributed.Client(address) as client:
            pids = client.run(os.getpid)
            while not (killed or over.is_set()):
                at_work = begun() and [w for w, keys in client.processing().items() if keys]
                if at_work and at_work[0] in pids:
                    os.kill(pids[at_work[0]], signal.SIGKILL)
                    killed.append(pids[at_work[0]])
                time.sleep(0.02)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()
    (pid,) = killed
    with pytest.raises(ProcessLookupError):  # it is dead, and was not the one that did the work
        os.kill(pid, 0)
