"""A trained Dreamer on its own: a policy that remembers the episode."""

from dataclasses import asdict, fields
from pathlib import Path

import torch

from symtut.agents.dreamer.config import DreamerConfig
from symtut.agents.dreamer.networks import Latent, Networks
from symtut.agents.policy import Controller
from symtut.errors import InputError
from symtut.forms import NAME, number, object_of, whole
from symtut.tasks import Task, make_task
from symtut.tensors import load_tensors, save_tensors

_SIZES = {f.name: whole(0, 10_000) if f.type is int else number(0) for f in fields(DreamerConfig)}
DREAMER_HEADER = object_of(
    {"task": NAME, "dreamer": object_of(_SIZES)}, what="a policy file of symtut train with dreamer"
)


class DreamerPolicy(Controller):
    """The mode of a Dreamer's policy, from what was seen since the episode began.

    Each call is the next step of the same episodes; ``begin`` begins others. Nothing is drawn: of
    each categorical of the state the likeliest class counts.
    """

    def __init__(self, task: Task, actor: Networks):
        self.task, self.actor = task, actor
        self.begin()

    def begin(self) -> None:
        """New episodes, of any number: nothing is remembered."""
        self.state: Latent | None = None

    @torch.no_grad()
    def unit_action(self, observation: torch.Tensor) -> torch.Tensor:
        """``(B, O)`` float32 -> ``(B, A)`` in [-1, 1], the next step of ``B`` episodes."""
        networks, n = self.actor, len(observation)
        if self.state is None:
            self.state = networks.rssm.initial(n)
            self.action = torch.zeros(n, self.task.action_size)
        if len(self.action) != n:
            raise InputError(
                f"there are {n} observations, and this policy remembers {len(self.action)} "
                "episodes: call begin() before new episodes."
            )
        rssm = networks.rssm
        deter = rssm.next_deter(self.state, rssm.action_part(self.action))
        chances = rssm.posterior(deter, networks.embed(observation))  # (B, C, S)
        likeliest = torch.zeros_like(chances).scatter_(1, chances.argmax(1, keepdim=True), 1.0)
        self.state = Latent(deter, likeliest.flatten(1))
        self.action = torch.tanh(networks.policy(self.state.feature)[:, : self.task.action_size])
        return self.action

    def save(self, path: str | Path) -> None:
        """Write the weights as safetensors, with the task's name and the sizes in the header."""
        header = {"task": self.task.name, "dreamer": asdict(self.actor.config)}
        save_tensors(path, dict(self.actor.state_dict()), header)

    @staticmethod
    def load(path: str | Path) -> "DreamerPolicy":
        """Read what :meth:`save` wrote.

        Raises
        ------
        InputError
            If the file is missing, damaged, or not a Dreamer's policy of a known task.
        """
        tensors, header = load_tensors(path, DREAMER_HEADER, _weights)
        task, networks = make_task(header["task"]), _networks(header)
        networks.load_state_dict(tensors)
        return DreamerPolicy(task, networks)


def _networks(header: dict) -> Networks:
    task = make_task(header["task"])
    config = DreamerConfig(**header["dreamer"])
    generator = torch.Generator().manual_seed(0)
    return Networks(task.observation_size, task.action_size, config, generator)


def _weights(header: dict) -> dict[str, torch.Tensor]:
    """Names and shapes, without content."""
    return dict(_networks(header).state_dict())
