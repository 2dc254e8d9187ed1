"""The machine: its memory, and the processes that a command starts on it."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from symtut.errors import InputError

GB = 1e9
NO_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")  # in torch's errors


def memory_here() -> float:
    """Bytes of the machine or its container; infinite where that is not known."""
    limits = []
    try:
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):  # not on Windows
        pass
    try:
        limits.append(int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (ValueError, OSError):  # "max", or no such container
        pass
    return min(limits, default=float("inf"))


def require_memory(needs: dict[str, float]) -> None:
    """Refuse sizes that cannot fit, before anything is allocated.

    Parameters
    ----------
    needs : dict
        Bytes by what asks for them, as ``"steps = 1000000"``.

    Raises
    ------
    InputError
        If they are more than there is; the message names the largest.
    """
    total, here = sum(needs.values()), memory_here()
    if total > here:
        largest = max(needs, key=needs.__getitem__)
        raise InputError(
            f"{largest} needs {needs[largest] / GB:,.1f} GB of memory, and this machine has "
            f"{here / GB:,.1f} GB in all: choose a smaller number."
        )


@contextmanager
def memory_errors_named() -> Iterator[None]:
    """An allocation that fails inside is an ``InputError``."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        said = str(error)
        if not isinstance(error, MemoryError) and not any(sign in said for sign in NO_MEMORY):
            raise
        reason = said.splitlines()[0][:200] if said else "the system refused an allocation"
        raise InputError(f"there is not enough memory: {reason}. Choose smaller sizes.") from error


# ---- processes ----------------------------------------------------------------------------------

EVERY = 0.2  # seconds
MOST_PROCESSES = 1024  # that a command starts


def end_with(parent: int) -> None:
    """End this process soon after process number ``parent``, which started it, has ended."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(EVERY)
    os._exit(1)  # nobody is there to be told
