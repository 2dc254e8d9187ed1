"""Worker processes that end when the process that started them is gone, however it ended."""

import os
import threading
import time

EVERY = 0.2  # seconds
MOST_PROCESSES = 1024  # that a command starts


def end_with(parent: int) -> None:
    """End this process soon after process number ``parent``, which started it, has ended."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(EVERY)
    os._exit(1)  # nobody is there to be told
