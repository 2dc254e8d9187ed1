"""Training on several devices: one process each, started by ``torchrun``, gradients averaged.

``torchrun --nproc-per-node 4 -m symtut pretrain …`` uses four GPUs, or four cores where there is
no GPU. Without torchrun everything here is one process and costs nothing.
"""

import math
import os
import time
from functools import cache

import torch
from torch import distributed, nn


class Processes:
    """The processes of one training run and what they tell each other.

    Attributes
    ----------
    rank, size : int
        Number of this process and how many there are; process 0 writes the files.
    device : str
        ``cpu``, or the GPU of this process.
    """

    def __init__(self, device: str | None = None):
        gpu = torch.cuda.is_available()
        if int(os.environ.get("WORLD_SIZE", 1)) > 1 and not distributed.is_initialized():
            if gpu:  # NCCL wants to know before it starts
                torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
            distributed.init_process_group("nccl" if gpu else "gloo")
        together = distributed.is_initialized()
        self.rank = distributed.get_rank() if together else 0
        self.size = distributed.get_world_size() if together else 1
        local = f"cuda:{os.environ.get('LOCAL_RANK', 0)}"
        self.device = device or (local if gpu else "cpu")

    def average_gradients(self, model: nn.Module) -> None:
        """Every process goes on with the mean gradient (one message of all of them in a row)."""
        if self.size == 1:
            return
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients])
        distributed.all_reduce(flat)
        flat /= self.size
        for gradient, mean in zip(
            gradients, flat.split([gradient.numel() for gradient in gradients]), strict=True
        ):
            gradient.copy_(mean.view_as(gradient))

    def sum(self, value: int) -> int:
        return self._reduced(value, distributed.ReduceOp.SUM)

    def least(self, value: int) -> int:
        return self._reduced(value, distributed.ReduceOp.MIN)

    def _reduced(self, value: int, operation) -> int:
        if self.size == 1:
            return value
        tensor = torch.tensor(value, device=self.device)
        distributed.all_reduce(tensor, operation)
        return int(tensor)


@cache
def bfloat16_pays() -> bool:
    """Whether bfloat16 matrix products are faster than float32 on this CPU (measured, 50 ms).

    The quickest of several repeats in CPU time counts, so that other work on the machine does not
    decide; and it is asked once.
    """
    pairs = {
        dtype: (torch.ones(512, 256, dtype=dtype), torch.ones(256, 256, dtype=dtype))
        for dtype in (torch.bfloat16, torch.float32)
    }

    def seconds(a, b):
        start = time.process_time()
        for _ in range(5):
            torch.matmul(a, b)
        return time.process_time() - start

    quickest = dict.fromkeys(pairs, math.inf)
    for _ in range(11):
        for dtype, pair in pairs.items():
            quickest[dtype] = min(quickest[dtype], seconds(*pair))
    return quickest[torch.bfloat16] < 0.8 * quickest[torch.float32]
