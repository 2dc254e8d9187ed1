"""When the model is fitted, on which rows, how long rollouts may be, how many updates there are."""

import copy
import math
from collections.abc import Callable

import numpy as np
import torch

from symtut.agents.config import LoopConfig
from symtut.errors import InputError
from symtut.tasks import Task, Transitions
from symtut.world_models.base import Report, WorldModel
from symtut.world_models.validation import Validation, error_on_new

MOST_UPDATES = 10**12


def fit_due(config: LoopConfig, fitted: bool, waited: int, spent: bool) -> bool:
    """Is it time to fit, or with ``refit="on_failure"`` to look whether the model still holds?

    After the first real steps; then every ``refit_every`` real steps (None: after each block), and
    once more when all are spent.

    Parameters
    ----------
    fitted : bool
        There has been a fit.
    waited : int
        Real steps since the last time.
    spent : bool
        No real step is left.
    """
    every = config.refit_every or 1 if fitted else 1
    return waited >= every or (spent and waited > 0)


def held_back_rows(
    config: LoopConfig, block: int, env_steps: int, steps_at_last_fit: int, steps: int
) -> torch.Tensor:
    """Which rows of a block of real steps are kept from the fit, (block,) bool.

    Of all steps between two fits the last part in time: validation needs a stretch in one piece,
    and neighbours in time are nearly copies of each other.

    Parameters
    ----------
    block : int
        Real steps just taken.
    env_steps, steps_at_last_fit, steps : int
        Real steps before them, at the last fit (or decision against one), and in all.
    """
    begun, between = 0, block
    if config.refit_every is not None and env_steps > 0:
        begun = env_steps - steps_at_last_fit
        blocks = math.ceil(config.refit_every / config.block_steps)
        between = min(blocks * config.block_steps, steps - steps_at_last_fit)
    return begun + torch.arange(block) >= between - math.floor(config.held_back * between)


def holds(
    config: LoopConfig,
    model: WorldModel,
    task: Task,
    transitions: Transitions,
    new: np.ndarray,
    length: int,
) -> bool:
    """Does a fitted model predict the rows ``new`` (bool, (N,)) as far as its rollouts go?

    That is: is its open-loop error at leads 1 to ``length`` within ``config.tolerance``? Always
    False with ``refit="clock"``: a fit that is due is done.
    """
    if config.refit == "clock":
        return False
    return error_on_new(model, task, transitions, new, length) <= config.tolerance


def better_fit(
    model: WorldModel,
    report: Report | None,
    transitions: Transitions,
    held_back: np.ndarray,
    validated: Callable[[], Validation],
) -> tuple[Report, Validation]:
    """Fit to what is not held back; keep the old model if the new one validates worse.

    Parameters
    ----------
    report : Report or None
        Of the old model; None before the first fit.
    held_back : (N,) bool
    validated : callable
        The validation of the model as it is now.

    Returns
    -------
    Report and validation of the model that was kept.
    """
    old = copy.deepcopy(model.state_dict())  # a copy: fitting may change what it gave out
    new_report = model.fit(transitions[~held_back], transitions[held_back])
    new_validation = validated()
    if report is None or not held_back.any():
        return new_report, new_validation
    # The old model is validated again, on the same rows as the new one: what is stored of it is
    # about fewer rows, and the two would not compare.
    new = copy.deepcopy(model.state_dict())
    model.load_state_dict(old)
    old_validation = validated()
    if old_validation.better_than(new_validation):
        return report, old_validation
    model.load_state_dict(new)
    return new_report, new_validation


def rollout_length(
    config: LoopConfig, horizon: int, validation: Validation | None, env_steps: int
) -> int:
    """Steps of the rollouts that begin now.

    Parameters
    ----------
    config : LoopConfig
        A whole number in ``config.rollout_length`` is the answer. ``"validated"``: the length that
        ``validation`` found. ``"scheduled"``: see :func:`scheduled_length`. The latter two stay
        between ``shortest_rollout`` and ``longest_rollout`` (None: ``horizon``).
    horizon : int
        Steps of an episode of the task.
    validation : Validation or None
        Of the model in use; None before the first fit.
    env_steps : int
        Real steps taken so far.
    """
    if isinstance(config.rollout_length, int):
        return config.rollout_length
    if config.rollout_length == "scheduled":
        return scheduled_length(config, horizon, env_steps)
    return max(config.shortest_rollout, validation.length if validation else 0)


def scheduled_length(config: LoopConfig, horizon: int, env_steps: int) -> int:
    """MBPO's linear schedule (Janner et al. 2019, appendix): from shortest to longest rollouts.

    It counts *epochs*, not real steps: an epoch is ``epoch_steps`` real steps by the policy, the
    first one (number 0) begins where the random steps end, and the length changes only from one
    epoch to the next. Up to epoch ``schedule_from`` it is ``shortest_rollout``, from epoch
    ``schedule_to`` on ``longest_rollout``, in between the integer part of the straight line.
    """
    epoch = max(0, env_steps - config.random_steps) // config.epoch_steps
    shortest = config.shortest_rollout
    longest = max(shortest, config.longest_rollout or horizon)
    if epoch <= config.schedule_from:
        return shortest
    gone = min(
        1.0, (epoch - config.schedule_from) / (config.schedule_to - config.schedule_from or 1)
    )
    return int(shortest + gone * (longest - shortest))


def total_updates(config: LoopConfig, steps: int, model_free: bool) -> int:
    """Gradient updates of a whole run: as real steps earn them, with a model at least ``updates``.

    Raises
    ------
    InputError
        If they are more than can be counted.
    """
    earned = steps * config.updates_per_step
    if earned > MOST_UPDATES:
        raise InputError(f"{earned:g} gradient updates are more than the {MOST_UPDATES:g} at most.")
    return max(math.floor(earned), 0 if model_free else config.updates)
