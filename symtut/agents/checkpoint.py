"""Everything a loop would miss after a crash, as tensors and JSON values.

The real environment is not among it: a checkpoint is taken between episodes, and an episode is
begun again from its own seed.
"""

from dataclasses import asdict

import torch

from symtut.agents.loop import Loop
from symtut.world_models.base import Report
from symtut.world_models.validation import Validation

COUNTERS = (
    "episode",
    "env_steps",
    "updates",
    "imagined",
    "updates_earned",
    "rollout_length",
    "judged",
    "fits",
    "fits_spared",
)
BUFFERS = ("b_e", "b_em", "b_pi")


def pack(loop: Loop) -> tuple[dict[str, torch.Tensor], dict]:
    """The loop's state as ``(tensors, values)``; exact only where ``loop.between_episodes``."""
    tensors = {f"agent.{name}": tensor for name, tensor in loop.agent.state_dict().items()}
    tensors["generator"] = loop.generator.get_state()
    tensors["rollout_state"], tensors["rollout_left"] = loop.rollout_state, loop.rollout_left
    auditions = loop.auditions
    tensors["best_actor"], tensors["audition_states"] = auditions.best_actor.flat, auditions.states
    values = {name: getattr(loop, name) for name in COUNTERS}
    values["best_return"] = auditions.best_return
    values["random_policy"] = loop.random_policy.bit_generator.state
    for name in BUFFERS:
        buffer = getattr(loop, name).state_dict()
        tensors[name], values[name] = buffer["rows"], buffer["added"]
    if loop.report is not None:
        values["report"] = asdict(loop.report)
        values["validation"] = asdict(loop.validation)
        values["model"] = {}
        for name, value in loop.model.state_dict().items():
            if isinstance(value, torch.Tensor):
                tensors[f"model.{name}"] = value
            else:
                values["model"][name] = value
    return tensors, values


def unpack(loop: Loop, tensors: dict[str, torch.Tensor], values: dict) -> None:
    """Bring a freshly made loop of the same configuration to the packed state."""
    loop.agent.load_state_dict(_below("agent.", tensors))
    loop.generator.set_state(tensors["generator"])
    loop.rollout_state = tensors["rollout_state"].clone()
    loop.rollout_left = tensors["rollout_left"].clone()
    loop.auditions.best_actor.flat.copy_(tensors["best_actor"])
    loop.auditions.states = tensors["audition_states"].clone()
    loop.auditions.best_return = values["best_return"]
    for name in COUNTERS:
        setattr(loop, name, values[name])
    loop.random_policy.bit_generator.state = values["random_policy"]
    for name in BUFFERS:
        getattr(loop, name).load_state_dict({"rows": tensors[name], "added": values[name]})
    if "report" in values:
        report, validation = values["report"], values["validation"]
        loop.report = Report(**report | {"equations": tuple(report["equations"])})
        loop.validation = Validation(**validation | {"errors": tuple(validation["errors"])})
        loop.model.load_state_dict(_below("model.", tensors) | values["model"])


def _below(prefix: str, tensors: dict) -> dict:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
