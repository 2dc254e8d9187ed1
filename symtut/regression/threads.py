"""One thread for torch in a fit, whatever it is set to, and the user's number back afterwards.

The tensors of a fit are small. With two threads on two busy cores an easy fit takes 4 to 14
CPU-seconds, with one 0.7. NumPy's linear algebra makes no difference (measured with threadpoolctl),
so it is left alone.
"""

import threading
from contextlib import contextmanager

import torch

_lock = threading.Lock()
_here = threading.local()
_holders = 0
_before = 1  # the number of threads that was set when the first holder came


@contextmanager
def one_thread():
    """Torch computes on one thread in the calling thread; nested and concurrent use is safe.

    Torch keeps a number for each thread of the program, and threads yet to begin inherit the last
    number that was set anywhere. So the first holder notes the number for those that inherit the
    one, and each holder gives back to its own thread what that had.
    """
    global _holders, _before
    if getattr(_here, "holds", False):  # nested
        yield
        return
    with _lock:
        own = torch.get_num_threads()
        if _holders == 0:
            _before = own
        elif own == 1:  # inherited
            own = _before
        _holders += 1
    _here.holds = True
    try:
        torch.set_num_threads(1)
        yield
    finally:
        _here.holds = False
        with _lock:
            _holders -= 1
            torch.set_num_threads(own)
