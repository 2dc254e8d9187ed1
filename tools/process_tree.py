"""What a process and its descendants used, as the operating system counts it."""

import threading
from pathlib import Path

import psutil


class ProcessTree:
    """Watches a process tree from outside while the ``with`` block lasts.

    Parameters
    ----------
    pid : int
        The process at the root.
    every : float
        Seconds between two looks.

    Attributes
    ----------
    peak_bytes : int
        The largest resident memory of all processes together at any look, and on Linux at least
        the largest that one of them ever had, which the system itself remembers: so a short peak
        between two looks is not missed. Pages that processes share count for each of them.
    cpu_seconds : float
        User and system time, children that have ended included.
    """

    def __init__(self, pid: int, every: float = 0.05):
        self.peak_bytes, self.cpu_seconds = 0, 0.0
        self._root, self._every = psutil.Process(pid), every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "ProcessTree":
        self._thread.start()
        return self

    def __exit__(self, *error) -> None:
        self._over.set()
        self._thread.join()
        self._look()  # the last state, after all work and before the process is ended

    def _watch(self) -> None:
        while not self._over.wait(self._every):
            self._look()

    def _look(self) -> None:
        together, seconds = 0, 0.0
        try:
            processes = [self._root, *self._root.children(recursive=True)]
        except psutil.Error:
            return  # the root has ended
        for process in processes:
            try:
                together += process.memory_info().rss
                self.peak_bytes = max(self.peak_bytes, _high_water(process.pid))
                times = process.cpu_times()
            except (psutil.Error, OSError):
                continue  # it ended between the list and the look
            seconds += times.user + times.system
            # On Linux: the time of children that have ended, which no list has any more.
            seconds += getattr(times, "children_user", 0) + getattr(times, "children_system", 0)
        self.peak_bytes = max(self.peak_bytes, together)
        self.cpu_seconds = max(self.cpu_seconds, seconds)


def _high_water(pid: int) -> int:
    """The largest resident memory (bytes) that a process ever had; 0 where that is not told."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0
    for line in status.read_text().splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    return 0
