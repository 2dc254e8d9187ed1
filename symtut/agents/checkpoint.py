"""Everything a loop would miss after a crash, as tensors and JSON values.

The real environment cannot be stored. What it was reset with and the actions since then are: the
same once more bring it to the same state, so that a checkpoint can be taken at any time.
"""

from dataclasses import asdict

import numpy as np
import torch

from symtut.agents.loop import Loop
from symtut.world_models.base import Report
from symtut.world_models.validation import Validation

COUNTERS = (
    "env_steps",
    "updates",
    "imagined",
    "updates_earned",
    "rollout_length",
    "steps_at_last_fit",
    "fits",
    "fits_spared",
    "unusable",
)
BUFFERS = ("b_e", "b_em", "b_pi")


def pack_loop(loop: Loop) -> tuple[dict[str, torch.Tensor], dict]:
    """The loop's state as ``(tensors, values)``, between two calls of ``loop.advance``."""
    tensors = {f"agent.{name}": tensor for name, tensor in loop.agent.state_dict().items()}
    tensors["generator"] = loop.generator.get_state()
    tensors["rollout_state"], tensors["rollout_left"] = loop.rollout_state, loop.rollout_left
    auditions = loop.auditions
    tensors["audition_states"] = auditions.states
    if auditions.best_actor is not None:
        tensors["best_actor"] = auditions.best_actor.flat
    values = {name: getattr(loop, name) for name in COUNTERS}
    values["best_return"] = auditions.best_return
    values["random_policy"] = loop.random_policy.bit_generator.state
    episodes = loop.episodes
    values["episode"] = episodes.number
    if episodes.observation is not None and loop.env_steps < loop.steps:
        actions = np.array(episodes.actions).reshape(-1, loop.task.action_size)
        tensors["episode_actions"] = torch.as_tensor(actions)
        tensors["observation"] = torch.as_tensor(episodes.observation)
    for name in BUFFERS:
        buffer = getattr(loop, name).state_dict()
        tensors[name], values[name] = buffer["rows"], buffer["added"]
    if loop.report is not None:
        assert loop.validation is not None and loop.model is not None  # fitted
        values["report"] = asdict(loop.report)
        values["validation"] = asdict(loop.validation)
        values["model"] = {}
        for name, value in loop.model.state_dict().items():
            if isinstance(value, torch.Tensor):
                tensors[f"model.{name}"] = value
            else:
                values["model"][name] = value
    return tensors, values


def unpack_loop(loop: Loop, tensors: dict[str, torch.Tensor], values: dict) -> None:
    """Bring a freshly made loop of the same configuration to the packed state."""
    loop.agent.load_state_dict(_below("agent.", tensors))
    loop.generator.set_state(tensors["generator"])
    loop.rollout_state = tensors["rollout_state"].clone()
    loop.rollout_left = tensors["rollout_left"].clone()
    if "best_actor" in tensors:
        kept = loop.auditions.keep(loop.agent.actor)  # an actor of the same sizes
        kept.flat.copy_(tensors["best_actor"])
    loop.auditions.states = tensors["audition_states"].clone()
    loop.auditions.best_return = values["best_return"]
    for name in COUNTERS:
        setattr(loop, name, values[name])
    loop.last_good.copy_(loop.agent.actor.flat)
    loop.random_policy.bit_generator.state = values["random_policy"]
    for name in BUFFERS:
        getattr(loop, name).load_state_dict({"rows": tensors[name], "added": values[name]})
    loop.episodes.number = values["episode"]
    if "observation" in tensors:
        loop.episodes.replay(tensors["episode_actions"].numpy(), tensors["observation"].numpy())
    if "report" in values:
        report, validation = values["report"], values["validation"]
        loop.report = Report(**report | {"equations": tuple(report["equations"])})
        loop.validation = Validation(**validation | {"errors": tuple(validation["errors"])})
        assert loop.model is not None  # a loop of the same configuration
        loop.model.load_state_dict(_below("model.", tensors) | values["model"])


def _below(prefix: str, tensors: dict) -> dict:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
