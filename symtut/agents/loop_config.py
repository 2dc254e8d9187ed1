"""What a loop can be told: one frozen dataclass with named profiles."""

from dataclasses import dataclass, replace

from symtut.errors import InputError


@dataclass(frozen=True)
class LoopConfig:
    """How real steps, fits, imagined steps and updates alternate."""

    random_steps: int = 200  # first real steps, by a random policy; then the first fit
    block_steps: int = 200  # later real steps, by the current policy, between two fits
    updates_per_step: float = 5.0  # gradient updates earned by each real step
    updates: int = 8000  # updates in all; what the real steps did not earn is done at the end
    learning_rate_decay: float = 0.5  # fraction of the updates, at the end, in which it falls to 0
    policy_capacity: int = 100_000  # rows of B_pi; early, clumsy swings must not be forgotten
    warm_up: int = 1000  # imagined transitions before the first update
    rollouts: int = 100  # imagined episodes side by side
    imagined_per_update: float = 10.0  # imagined transitions for each update
    start_states: str = "recent"  # where rollouts start: recent, all
    recent_states: int = 1000  # rows of B_EM
    rollout_length: int | str = "validated"  # steps, or as many as the model has earned
    shortest_rollout: int = 1  # also for a model that has earned nothing yet
    longest_rollout: int | None = None  # None: the horizon of the task
    held_back: float = 0.25  # fraction of each real block kept from the fit, for validation
    audition_every: int | None = 250  # updates between auditions; None: the last policy is kept
    audition_from: float = 0.25  # fraction of the updates before the first audition
    audition_starts: int = 200  # states that an audition starts from
    tolerance: float = 0.1  # open-loop error, in units of the state's spread, that still counts

    @staticmethod
    def profile(name: str, model_free: bool = False) -> "LoopConfig":
        """A named configuration: ``default``, ``paper`` (short rollouts) or ``smoke`` (tiny).

        Raises
        ------
        InputError
            If there is no such profile.
        """
        if name not in PROFILES:
            raise InputError(f"unknown profile '{name}'. Known profiles: {', '.join(PROFILES)}.")
        config = PROFILES[name]
        if model_free:  # one update for each real step, and no imagination to fall back on
            config = replace(config, block_steps=1, updates_per_step=1.0, updates=0)
            config = replace(config, learning_rate_decay=0.0)
        return config


PROFILES = {
    "default": LoopConfig(),
    # The paper's short rollouts from recent states, with real steps in between.
    "paper": LoopConfig(rollout_length=2, rollouts=500),
    "smoke": LoopConfig(updates_per_step=1.0, updates=300, warm_up=300, rollouts=30),
}
