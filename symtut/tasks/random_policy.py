"""What a random policy sees of a task."""

import numpy as np

from symtut.errors import InputError
from symtut.machine import require_memory
from symtut.tasks.base import Task, limited_env
from symtut.tasks.transitions import Transitions


def random_transitions(task: Task, steps: int, seed: int) -> Transitions:
    """``steps`` real transitions under actions drawn uniformly between the task's bounds.

    Episodes follow each other, each to its end; the last is cut. No episode is one of those that
    policies are evaluated on or trained with.

    Raises
    ------
    InputError
        If ``steps`` is not positive, or the simulator is not installed.
    """
    if steps < 1:
        raise InputError(f"the number of random steps must be positive, not {steps}.")
    numbers = 2 * task.state_size + task.action_size
    require_memory(
        {f"random_steps = {steps}": steps * (8.0 * numbers + 400)}
    )  # arrays' own headers
    generator = np.random.default_rng(np.random.SeedSequence([seed, 0x52504F4C]))
    rows, env, observation, episode = [], limited_env(task), None, -1
    while len(rows) < steps:
        if observation is None:
            episode += 1
            # between 2^29 and 2^30: evaluation uses small seeds, training those from 2^30 on
            observation, _ = env.reset(seed=int(generator.integers(2**29, 2**30)))
        action = task.from_unit_action(generator.uniform(-1, 1, task.action_size))
        after, reward, terminated, truncated, _ = env.step(action)
        state, next_state = (
            task.state_from_observation(o.astype(np.float64)) for o in (observation, after)
        )
        rows.append((state, action, next_state, float(reward), terminated, episode))
        observation = None if terminated or truncated else after
    env.close()
    return Transitions(*(np.array(column) for column in zip(*rows, strict=True)))
