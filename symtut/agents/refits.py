"""When the model is fitted: on a clock, or when it fails on what it has never seen."""

import math

import numpy as np
import torch

from symtut.agents.config import LoopConfig
from symtut.tasks import Task, Transitions
from symtut.world_models.base import WorldModel
from symtut.world_models.validation import error_on_new


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
    config: LoopConfig, block: int, env_steps: int, judged: int, steps: int
) -> torch.Tensor:
    """Which rows of a block of real steps are kept from the fit, (block,) bool.

    Of all steps between two fits the last part in time: validation needs a stretch in one piece,
    and neighbours in time are nearly copies of each other.

    Parameters
    ----------
    block : int
        Real steps just taken.
    env_steps, judged, steps : int
        Real steps before them, at the last fit (or decision against one), and in all.
    """
    begun, between = 0, block
    if config.refit_every is not None and env_steps > 0:
        begun = env_steps - judged
        blocks = math.ceil(config.refit_every / config.block_steps)
        between = min(blocks * config.block_steps, steps - judged)
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
