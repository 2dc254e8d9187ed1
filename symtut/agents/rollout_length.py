"""How long a rollout of the model may be: a number, what the model has earned, or a schedule."""

from symtut.agents.config import LoopConfig
from symtut.world_models.validation import Validation


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
    if config.rollout_length == "scheduled":
        return scheduled_length(config, horizon, env_steps)
    if config.rollout_length == "validated":
        return max(config.shortest_rollout, validation.length if validation else 0)
    return config.rollout_length


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
