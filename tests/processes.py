"""Programs that a test starts and sends signals to."""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def start(argv: list[str], **options) -> subprocess.Popen:
    """Start ``argv`` with this checkout, one thread, and its output in pipes.

    SIGINT has its default there. In the background, or under nohup, it is ignored, which every
    child would inherit: the program would never see the signal.
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # A new program keeps what is ignored; a handler of Python's becomes the default there.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(argv, env=environment, text=True, **(pipes | options))
    finally:
        signal.signal(signal.SIGINT, before)


def symtut(*arguments: str, **options) -> subprocess.Popen:
    """Start the command line."""
    return start([sys.executable, "-m", "symtut", *map(str, arguments)], **options)
