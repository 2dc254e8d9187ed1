"""Where the rollouts of the model start: named rules, each a function that draws states.

The paper starts them from the recent real states (B_EM). What they never reach, the policy cannot
learn, however good the model is.
"""

from collections.abc import Callable

import torch

from symtut.agents.buffers import ReplayBuffer

Draw = Callable[[int, ReplayBuffer, ReplayBuffer, torch.Generator], torch.Tensor]

#: name: (n, B_E, B_EM, generator) -> (n, S) float32 states.
START_STATES: dict[str, Draw] = {
    "recent": lambda n, b_e, b_em, generator: b_em.sample(n, generator)["state"],
    "all": lambda n, b_e, b_em, generator: b_e.sample(n, generator)["state"].float(),
}
