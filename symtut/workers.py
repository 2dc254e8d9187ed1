"""Where many runs are computed: in this process, in several (loky), or on a dask cluster.

Each generator takes the runs to do and yields ``(run, outcome)`` as they get done, in any order.
An outcome is a small dict; whatever is large stays on disk. A run whose worker dies is given to
another one, which goes on from the last checkpoint if the run has any. A run whose workers keep
dying gets the outcome ``{"error": ...}``.
"""

import importlib
import logging
import os
import platform
import signal
import warnings
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from symtut.errors import InputError, unknown
from symtut.machine import MOST_PROCESSES, end_with
from symtut.storage import package_version

BACKENDS = ("loky", "dask")
RETRIES = 2  # a run may lose this many workers and still be given to another
CONNECT_SECONDS = 15
LOOK_EVERY = 10  # seconds: whether the cluster still has workers
IN_USE = "in_use"  # in an outcome: another process does this run just now
SAME = ("symtut", "torch", "numpy", "scipy", "gymnasium", "distributed")  # on all machines
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
DIED = "each worker process that tried it died (killed, or out of memory)"

Work = Callable[[Any], dict]
Check = Callable[[], None]
Outcomes = Generator[tuple[Any, dict], None, None]


class Workers:
    """Who computes the runs of a sweep or the rows of a benchmark.

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

    def outcomes(
        self, runs: list, work: Work, check: Check | None = None, say: Callable[[str], None] = print
    ) -> Outcomes:
        """``(run, outcome)`` of all ``runs``, as they get done.

        ``check`` raises an ``InputError`` in a process that cannot do the work: each worker of a
        cluster is asked before it gets any. ``say`` is told if the cluster has no worker.
        """
        jobs = min(self.places or cores(), len(runs))
        if runs and self.dask:
            return on_dask(runs, work, jobs, self.scheduler, check, say)
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


def on_dask(
    runs: Iterable,
    work: Work,
    jobs: int,
    scheduler: str | None = None,
    check: Check | None = None,
    say: Callable[[str], None] = print,
) -> Outcomes:
    """The cluster at ``scheduler``, or one of ``jobs`` processes on this machine.

    Raises
    ------
    InputError
        If no scheduler answers at that address, if it is lost on the way, or if a worker cannot
        do what this process would do.
    """
    import distributed

    # What matters of its messages is said here, in one line each.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", "Mismatched versions found")
    cluster = None
    if scheduler is None:
        # The nannies that restart dead workers also set one thread for the numerical libraries.
        cluster = distributed.LocalCluster(
            n_workers=jobs, threads_per_worker=1, processes=True, dashboard_address=":0"
        )
    try:
        client = distributed.Client(cluster or scheduler, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        if cluster is not None:
            cluster.close()
        raise InputError(
            f"no dask scheduler answers at '{scheduler}' ({error}). Start one with "
            "'dask scheduler' and give its address, as tcp://host:8786."
        ) from error
    versions, alone = _versions(), False
    try:
        answers: Any = client.run(_refuse, versions, check, on_error="return")
        for address, refusal in answers.items():
            if refusal is not None:
                raise InputError(f"the dask worker at {address} cannot do this: {refusal}")
        # A lost worker's runs are rescheduled by dask (allowed-failures, three by default);
        # retries are for what raises on the way, a lost connection say.
        futures = {
            client.submit(_at_worker, work, run, versions, check, pure=False, retries=RETRIES): run
            for run in runs
        }
        while futures:
            try:
                found: Any = distributed.wait(list(futures), LOOK_EVERY, "FIRST_COMPLETED")
            except TimeoutError:
                before, alone = alone, not client.nthreads()
                if alone and not before:
                    address = client.scheduler_info()["address"]
                    say(f"no worker at {address}: waiting for 'dask worker {address} --nthreads 1'")
                continue
            for future in found.done:
                run = futures.pop(future)
                error = future.exception()
                if isinstance(error, InputError):  # a worker that came later refuses
                    raise error
                if isinstance(error, distributed.KilledWorker):
                    yield run, {"error": DIED}
                elif error is not None:
                    yield run, {"error": f"{type(error).__name__}: {error}"}
                else:
                    yield run, future.result()
                future.release()
    except (distributed.CancelledError, OSError) as error:
        raise InputError(
            f"the dask scheduler at '{scheduler}' was lost. What was finished is kept: start it "
            "again, and the same command goes on."
        ) from error
    finally:
        client.close()  # the cluster drops what nobody waits for any more
        if cluster is not None:
            cluster.close()


def _versions() -> dict[str, str | None]:
    python = ".".join(platform.python_version_tuple()[:2])
    return {"Python": python} | {name: package_version(name) for name in SAME}


def _refuse(versions: dict[str, str | None], check: Check | None, dask_worker: Any = None) -> None:
    """Raise an ``InputError`` in a worker that would not do what the asking process would."""
    for name, here in _versions().items():
        if here != versions[name]:
            raise InputError(f"it has {name} {here}, and this process has {versions[name]}.")
    if dask_worker.state.nthreads > 1:
        raise InputError(
            "its runs would share a process, which counts their CPU-seconds together: start it "
            "with --nthreads 1 (and --nworkers N for N at a time)."
        )
    if check is not None:
        check()


def _at_worker(work: Work, run: Any, versions: dict, check: Check | None) -> dict:
    """``work(run)`` in a worker, which may have come after the others were asked."""
    import distributed

    worker = distributed.get_worker()
    try:
        _refuse(versions, check, worker)
    except InputError as error:
        raise InputError(f"the dask worker at {worker.address} cannot do this: {error}") from error
    outcome = work(run)
    if outcome.get(IN_USE):  # by a worker that was thought dead, or that an ended sweep left at it
        raise distributed.Reschedule()
    return outcome
