"""Where the runs of a sweep are computed: in this process, in several (loky), or on a dask cluster.

Each generator takes the runs to do and yields ``(run, outcome)`` as they get done, in any order.
An outcome is a small dict; whatever is large stays on disk. A worker that dies loses only the
progress since the last checkpoint of its run: the run is given to another worker. A run whose
workers keep dying gets the outcome ``{"error": ...}``.
"""

import importlib
import os
import signal
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from symtut.errors import InputError, unknown
from symtut.machine import MOST_PROCESSES, end_with

BACKENDS = ("loky", "dask")
RETRIES = 2  # a run may lose this many workers and still be given to another
CONNECT_SECONDS = 15
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
DIED = f"the worker process died {RETRIES + 1} times (killed, or out of memory)"

Work = Callable[[Any], dict]
Outcomes = Generator[tuple[Any, dict], None, None]


class Workers:
    """Who computes the runs of a sweep.

    Parameters
    ----------
    backend, scheduler, jobs
        As in :func:`symtut.experiments.sweep.sweep`.

    Attributes
    ----------
    places : int or None
        How many runs go side by side; None where only the cluster knows.

    Raises
    ------
    InputError
        If they do not go together, or a library is not installed.
    """

    def __init__(
        self, backend: str = "loky", scheduler: str | None = None, jobs: int | None = None
    ):
        if backend not in BACKENDS:
            raise unknown("backend", backend, BACKENDS)
        if jobs is not None and not (type(jobs) is int and 1 <= jobs <= MOST_PROCESSES):
            raise InputError(f"--jobs must be at least 1 and at most {MOST_PROCESSES}, not {jobs}.")
        if scheduler is not None and jobs is not None:
            raise InputError(
                "--jobs is for processes on this machine; the cluster has its own number."
            )
        self.dask, self.scheduler = scheduler is not None or backend == "dask", scheduler
        if self.dask or jobs != 1:
            _require("distributed" if self.dask else "joblib")
        self.places = None if scheduler is not None else jobs or cores()

    def outcomes(self, runs: list, work: Work) -> Outcomes:
        """``(run, outcome)`` of all ``runs``, as they get done."""
        jobs = min(self.places or cores(), len(runs))
        if runs and self.dask:
            return on_dask(runs, work, jobs, self.scheduler)
        if self.places == 1 or not runs:
            return ((run, work(run)) for run in runs)  # in this process
        return on_loky(runs, work, jobs)


def cores() -> int:
    """Those that this process may use, in a container too."""
    try:
        import joblib
    except ImportError:
        return os.cpu_count() or 1
    return joblib.cpu_count()


def _require(library: str) -> None:
    try:
        importlib.import_module(library)
    except ImportError as error:
        raise InputError(
            f"'{library}' is not installed: pip install 'symtut[cluster]', or compute in this "
            "process with --jobs 1."
        ) from error


# ---- several processes --------------------------------------------------------------------------


def on_loky(runs: Iterable, work: Work, jobs: int) -> Outcomes:
    """``jobs`` processes on this machine, started afresh (no fork), one thread each.

    Only as many runs as there are processes are handed out at a time, so it is known which ones
    were under way when a process died: those are given out again. A run that has seen
    two deaths is then done alone, so that the next death is surely its own.
    """
    from joblib.externals.loky import get_reusable_executor

    # loky puts a fresh process in the place of one that has grown by 300 MB: as it should be here.
    warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)

    def start():
        return get_reusable_executor(
            jobs, timeout=60, initializer=_start_worker, initargs=(os.getpid(),), env=ONE_THREAD,
            reuse=False,  # pyright: ignore[reportArgumentType]
        )  # fmt: skip

    waiting, under_way, deaths = deque(runs), {}, {}
    executor = start()
    try:
        while waiting or under_way:
            while waiting and len(under_way) < jobs:
                alone = deaths.get(waiting[0], 0) >= RETRIES
                if alone and under_way:
                    break
                run = waiting.popleft()
                under_way[executor.submit(work, run)] = run
                if alone:
                    break
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            if not any(isinstance(future.exception(), BrokenProcessPool) for future in done):
                for future in done:
                    yield under_way.pop(future), future.result()
                continue
            # The pool is broken as a whole. What was finished in time counts nevertheless.
            wait(under_way)
            for future, run in under_way.items():
                if future.exception() is None:
                    yield run, future.result()
                    continue
                deaths[run] = deaths.get(run, 0) + 1
                if deaths[run] > RETRIES:
                    yield run, {"error": DIED}
                else:
                    waiting.append(run)  # behind the others
            under_way = {}
            executor = start()
    finally:
        # Runs under way are not waited for (after Ctrl-C above all); they have their checkpoints.
        executor.shutdown(wait=True, kill_workers=True)


def _start_worker(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the sweep's to handle
    end_with(parent)  # a sweep that is killed has no chance to say so


# ---- a dask cluster -----------------------------------------------------------------------------


def on_dask(runs: Iterable, work: Work, jobs: int, scheduler: str | None = None) -> Outcomes:
    """The cluster at ``scheduler``, or one of ``jobs`` processes on this machine.

    Raises
    ------
    InputError
        If no scheduler answers at that address.
    """
    import distributed

    cluster = None
    if scheduler is None:
        # The nannies that restart dead workers also set one thread for the numerical libraries.
        cluster = distributed.LocalCluster(
            n_workers=jobs, threads_per_worker=1, processes=True,
            dashboard_address=None,  # pyright: ignore[reportArgumentType]
        )  # fmt: skip
    try:
        client = distributed.Client(cluster or scheduler, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        if cluster is not None:
            cluster.close()
        raise InputError(
            f"no dask scheduler answers at '{scheduler}' ({error}). Start one with "
            "'dask scheduler' and give its address, as tcp://host:8786."
        ) from error
    futures = {}
    try:
        # A lost worker's runs are rescheduled by dask (allowed-failures, three by default);
        # retries are for what raises on the way, a lost connection say.
        futures = {client.submit(work, run, pure=False, retries=RETRIES): run for run in runs}
        for future in distributed.as_completed(list(futures)):
            run = futures.pop(future)
            error = future.exception()
            if error is None:
                yield run, future.result()
            else:
                yield run, {"error": DIED if _killed(error) else f"{type(error).__name__}: {error}"}
            future.release()
    finally:
        client.cancel(list(futures))
        client.close()
        if cluster is not None:
            cluster.close()


def _killed(error: BaseException) -> bool:
    return type(error).__name__ == "KilledWorker"
