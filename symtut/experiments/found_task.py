"""The task of a run in an environment for which nobody has written one.

It is found in the run's own first steps. The loop then begins with the same steps: from the same
seeds and actions an environment gives the same transitions, so that none is spent twice.
"""

from collections.abc import Sequence

import numpy as np

from symtut.agents.episodes import first_steps
from symtut.agents.loop import Loop
from symtut.errors import InputError
from symtut.experiments.config import RunConfig
from symtut.tasks import ObservedTask, Transitions
from symtut.tasks.discovered import DiscoveredTask
from symtut.world_models.discovery import discovered_task
from symtut.world_models.validation import errors_at


def found_task(config: RunConfig) -> tuple[DiscoveredTask, Transitions]:
    """The task, and the steps that it was found in, with observations as states.

    Raises
    ------
    InputError
        As :func:`~symtut.world_models.discovery.discovered_task`.
    """
    steps = min(config.loop.random_steps, config.steps)
    seen = first_steps(ObservedTask(config.task), config.seed, steps)
    proposer = config.model.get("proposer", "transformer+sparse")
    if config.method != "symbolic":
        proposer = "sparse"
    return discovered_task(config.task, seen, proposer, config.seed), seen


def check_repetition(config: RunConfig, seen: Transitions, loop: Loop) -> None:
    """Raise ``InputError`` unless the loop began with the steps ``seen``."""
    rewards = loop.b_e.window()["reward"][: len(seen), 0].numpy()
    if not np.array_equal(rewards, seen.reward[: len(rewards)]):
        raise InputError(
            f"'{config.task}' does not repeat itself from the same seed and actions: let its "
            "reset(seed=...) seed everything that is random in it."
        )


def found_equations(loop: Loop, found: Sequence[dict]) -> list[dict]:
    """What ``equations.json`` holds: what was found about the task, then the model's equations.

    Where a task was found, each coordinate's entry says how far the model goes wrong in it when it
    is left alone, ``open_loop_errors``; a model without equations has an entry for that alone.
    """
    rows = [] if loop.report is None else [dict(row) for row in loop.report.equations]
    if not found or loop.model is None or loop.report is None:
        return [*found, *rows]
    transitions, held_back = loop.transitions()
    by_target = {row["target"]: row for row in rows}
    errors = errors_at(loop.model, loop.task, transitions, held_back)
    for name, at in zip(loop.task.state_names, errors, strict=True):
        target = f"delta_{name}"
        if target not in by_target:
            words = f"the next {name} is predicted by the model without an equation."
            rows.append({"target": target, "equation": "", "kind": "network", "words": words})
            by_target[target] = rows[-1]
        by_target[target]["open_loop_errors"] = at
    return [*found, *rows]
