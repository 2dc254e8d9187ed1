"""What a loop can be told, one frozen dataclass, and the memory that it then needs.

Named sets of choices are in ``experiments/config.py``.
"""

from dataclasses import dataclass

from symtut.agents.analytic_gradient import APGConfig
from symtut.agents.dreamer.config import DreamerConfig
from symtut.agents.imagination import START_STATES
from symtut.agents.sac import SACConfig
from symtut.errors import InputError, unknown
from symtut.tasks import Task

FLOAT32, FLOAT64 = 4, 8  # bytes
ROLLOUT_LENGTHS = ("validated", "scheduled")  # or a whole number
REFITS = ("clock", "on_failure")


@dataclass(frozen=True)
class LoopConfig:
    """How real steps, fits, imagined steps and updates alternate.

    Raises
    ------
    InputError
        For a choice that does not exist or a number outside its range.
    """

    # Real steps
    random_steps: int = 200  # first real steps, by a random policy; then the first fit
    block_steps: int = 200  # later real steps, by the current policy, before the next updates
    updates_per_step: float = 5.0  # gradient updates earned by each real step
    updates: int = 8000  # updates in all; what the real steps did not earn is done at the end
    learning_rate_decay: float = 0.5  # fraction of the updates, at the end, in which it falls to 0

    # Fits
    refit: str = "clock"  # clock: whenever it is due; on_failure: only if it fails on new data
    refit_every: int | None = None  # real steps after which a fit is due; None: each block
    held_back: float = 0.25  # fraction kept from the fit, for validation: the last part in time
    tolerance: float = 0.1  # open-loop error, in units of the state's spread, that still counts

    # Imagination
    policy_capacity: int = 100_000  # rows of B_pi; rows of early policies should stay
    warm_up: int = 1000  # imagined transitions before the first update
    rollouts: int = 100  # imagined episodes side by side
    imagined_per_update: float = 10.0  # imagined transitions for each update
    real_fraction: float = 0.0  # of each batch, drawn from B_E instead of B_pi
    start_states: str = "recent"  # where rollouts start, by name: START_STATES
    recent_states: int = 1000  # rows of B_EM
    box_scale: float = 1.0  # start_states="box": 1 the box of the observed states, 2 twice as wide
    relabel: bool = False  # draw the goals in the start states anew (Task.relabel)
    rollout_length: int | str = "validated"  # steps; or as many as earned; or "scheduled"
    shortest_rollout: int = 1  # also for a model that has earned nothing yet
    longest_rollout: int | None = None  # None: the horizon of the task
    epoch_steps: int = 1000  # real steps that the schedule counts as one epoch
    schedule_from: int = 20  # the last epoch of shortest rollouts
    schedule_to: int = 150  # the first epoch of longest rollouts

    # Auditions
    audition_every: int | None = 250  # updates between auditions; None: the last policy is kept
    audition_from: float = 0.25  # fraction of the updates before the first audition
    audition_starts: int = 200  # states that an audition starts from

    def __post_init__(self):
        named = {"start_states": tuple(START_STATES), "refit": REFITS}
        for name, known in named.items():
            value = getattr(self, name)
            if value not in known:
                raise unknown(name, value, known)
        length = self.rollout_length
        if length not in ROLLOUT_LENGTHS and not (isinstance(length, int) and length >= 1):
            raise InputError(
                f"rollout_length must be {' or '.join(map(repr, ROLLOUT_LENGTHS))} or a whole "
                f"number of at least 1, not {length!r}."
            )
        if not 0 <= self.held_back < 1:
            raise InputError(f"held_back must be in [0, 1), not {self.held_back}.")
        if not 0 <= self.real_fraction <= 1:
            raise InputError(f"real_fraction must be in [0, 1], not {self.real_fraction}.")
        if not self.box_scale > 0:
            raise InputError(f"box_scale must be greater than 0, not {self.box_scale}.")
        if self.longest_rollout is not None and self.longest_rollout < self.shortest_rollout:
            raise InputError(
                f"longest_rollout ({self.longest_rollout}) must not be less than "
                f"shortest_rollout ({self.shortest_rollout})."
            )
        if self.schedule_to < self.schedule_from:
            raise InputError(
                f"schedule_to ({self.schedule_to}) must not be less than "
                f"schedule_from ({self.schedule_from})."
            )


def memory_needs(
    task: Task, steps: int, config: LoopConfig, learner: SACConfig | APGConfig | DreamerConfig
) -> dict[str, float]:
    """Bytes by option and value, to a factor of about two."""
    s, a, o = task.state_size, task.action_size, task.observation_size
    if isinstance(learner, DreamerConfig):
        real = {f"steps = {steps}": steps * (2 * s + a + 4) * FLOAT64}
        rows = min(config.policy_capacity, 2 * steps)
        stored = {f"policy_capacity = {rows}": rows * (o + a + 4 + learner.feature) * FLOAT32}
        return real | stored | learner.memory_needs()
    hidden, batch = learner.hidden, learner.batch_size
    layers = 3 * hidden  # of one row in one network: two hidden layers and a gradient
    row = (layers + 4 * (s + o + a)) * FLOAT32  # of a rollout's step
    needs: dict[str, float] = {
        f"steps = {steps}": steps * (2 * s + a + 4) * FLOAT64,
        f"recent_states = {config.recent_states}": config.recent_states * s * FLOAT32,
        f"policy_capacity = {config.policy_capacity}": (
            config.policy_capacity * (2 * o + a + 2) * FLOAT32
        ),
        f"rollouts = {config.rollouts}": config.rollouts * row,
        f"audition_starts = {config.audition_starts}": config.audition_starts * row,
        # actor and critics with gradients and two moments each, targets: 14 copies of the weights
        f"hidden = {hidden}": 14 * hidden * (hidden + o + a + 4) * FLOAT32,
    }
    if isinstance(learner, APGConfig):  # what autograd keeps of each step, about ten tensors each
        horizon = min(learner.horizon, task.horizon)
        needs[f"batch_size = {batch}"] = batch * horizon * (row + 10 * (s + o + a) * FLOAT32)
    else:
        needs[f"batch_size = {batch}"] = batch * (6 * layers + 4 * (o + a)) * FLOAT32
    return needs
