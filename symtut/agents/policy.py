"""A trained policy on its own: what a run leaves behind and a notebook plays."""

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
import torch

from symtut.agents.networks import MLP, NAMES
from symtut.errors import InputError
from symtut.expressions.arrays import as_numbers
from symtut.forms import ANYTHING, NAME, list_of, mapping, object_of, whole
from symtut.tasks import Task, make_task
from symtut.tasks.discovered import DiscoveredTask, Discovery
from symtut.tensors import load_tensors, save_tensors

POLICY_HEADER = object_of(
    {"task": NAME, "sizes": list_of(whole(1, 100_000), 3, 3)},
    {"found": mapping(ANYTHING)},
    what="a policy file of symtut train",
)


class Controller(ABC):
    """From observations to actions in environment units.

    ``controller(observation)`` takes ``(O,)`` or ``(B, O)`` arrays and returns ``(A,)`` or
    ``(B, A)`` float64 arrays; other shapes, NaN and infinite values are an ``InputError``.
    """

    task: Task

    @abstractmethod
    def unit_action(self, observation: torch.Tensor) -> torch.Tensor:
        """``(B, O)`` float32 -> ``(B, A)`` in [-1, 1]."""

    def begin(self) -> None:  # noqa: B027
        """New episodes: forget what is remembered of those under way, if anything is."""

    def __call__(self, observation: np.ndarray) -> np.ndarray:
        observation = as_numbers(observation, "the observation").astype(np.float32)
        size = self.task.observation_size
        if observation.ndim not in (1, 2) or observation.shape[-1] != size:
            raise InputError(
                f"the observation must have the shape ({size},) or (B, {size}), not "
                f"{observation.shape}."
            )
        if not np.isfinite(observation).all():
            raise InputError("the observation has NaN or infinite values.")
        batch = torch.as_tensor(np.atleast_2d(observation))
        action = self.task.from_unit_action(self.unit_action(batch).double().numpy())
        return action[0] if observation.ndim == 1 else action


class Policy(Controller):
    """The mode of an actor that was trained."""

    def __init__(self, task: Task, actor: MLP):
        self.task, self.actor = task, actor

    def unit_action(self, observation: torch.Tensor) -> torch.Tensor:
        """``(B, O)`` float32 -> ``(B, A)`` in [-1, 1]."""
        with torch.no_grad():
            return torch.tanh(self.actor.forward(observation)[0, :, : self.task.action_size])

    def save(self, path: str | Path) -> None:
        """Write the weights (w1 ... b3) as safetensors, with the task's name in the header, and
        what was found about it if nobody wrote it."""
        weights = zip(NAMES, self.actor.parameters, strict=True)
        tensors = {name: tensor[0].clone() for name, tensor in weights}
        header = {"task": self.task.name, "sizes": list(self.actor.sizes)}
        if isinstance(self.task, DiscoveredTask):
            header["found"] = self.task.found.as_json()
        save_tensors(path, tensors, header)

    @staticmethod
    def load(path: str | Path) -> "Policy":
        """Read what :meth:`save` wrote.

        Raises
        ------
        InputError
            If the file is missing, damaged, or not a policy of a known task.
        """
        tensors, header = load_tensors(path, POLICY_HEADER, _weights)
        sizes, found = tuple(header["sizes"]), header.get("found")
        task = DiscoveredTask(Discovery.from_json(found)) if found else make_task(header["task"])
        if (sizes[0], sizes[2]) != (task.observation_size, 2 * task.action_size):
            raise InputError(f"'{path}' is not a policy file of the task '{header['task']}'.")
        actor = MLP(*sizes)
        for name, parameter in zip(NAMES, actor.parameters, strict=True):
            parameter[0].copy_(tensors[name])
        return Policy(task, actor)


def _weights(header: dict) -> dict[str, torch.Tensor]:
    """Names and shapes, without content."""
    inputs, hidden, outputs = header["sizes"]
    shapes = (inputs, hidden), (1, hidden), (hidden, hidden), (1, hidden), (outputs, hidden)
    shapes = dict(zip(NAMES, (*shapes, (1, outputs)), strict=True))
    return {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}
