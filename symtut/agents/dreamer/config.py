"""What Dreamer-v3 can be told: sizes, horizons, learning rates; and the memory that it needs."""

from dataclasses import dataclass

from symtut.errors import InputError


@dataclass(frozen=True)
class DreamerConfig:
    """Hyperparameters of the learner; the defaults are the preset ``tiny``.

    Raises
    ------
    InputError
        For a number outside its range.
    """

    deter: int = 128  # units of the recurrent state
    blocks: int = 4  # that the recurrent state is divided into
    stoch: int = 16  # categoricals of the stochastic state
    classes: int = 4  # of each categorical
    hidden: int = 64  # units of a layer between the parts of the state
    units: int = 64  # units of a layer of encoder, decoder and heads
    layers: int = 2  # of encoder, decoder, policy and value
    bins: int = 63  # of reward and value

    batch_size: int = 16  # sequences in an update
    length: int = 16  # steps of a sequence
    imagined_steps: int = 15  # of each imagined sequence, which begin at every real step
    learning_rate: float = 1e-3
    warm_up_updates: int = 200  # in which the learning rate rises from 0
    gamma: float = 0.99  # discount; the continue head learns it
    mixing: float = 0.95  # lambda of the returns
    entropy: float = 3e-4  # weight of the policy's entropy
    free_nats: float = 1.0  # of the divergence between posterior and prior
    slow_rate: float = 0.02  # how far the slow critic follows at each update

    def __post_init__(self):
        if self.deter % self.blocks:
            raise InputError(f"blocks ({self.blocks}) must divide deter ({self.deter}).")
        if self.classes < 2:
            raise InputError(f"classes must be at least 2, not {self.classes}.")
        if self.bins < 3 or self.bins % 2 == 0:
            raise InputError(f"bins must be an odd number of at least 3, not {self.bins}.")
        for name in ("gamma", "mixing", "slow_rate"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"{name} must be in [0, 1], not {getattr(self, name)}.")

    @property
    def feature(self) -> int:
        """Numbers that the state of the world model has."""
        return self.deter + self.stoch * self.classes

    def memory_needs(self) -> dict[str, float]:
        """Bytes of float32 by option and value, to a factor of about two."""
        states = self.batch_size * self.length
        layers = 3 * self.hidden + 4 * self.deter  # of one row in the recurrent step
        heads = 4 * (self.layers + 1) * self.units + 8 * self.bins
        wide = self.deter * (self.deter / self.blocks * 4 + 6 * self.hidden)
        weights = wide + (self.layers + 4) * self.units * (self.units + self.feature)
        return {
            f"deter = {self.deter}": 6 * 4 * weights,
            f"batch_size = {self.batch_size} and length = {self.length}": states
            * 4
            * (4 * (layers + self.feature) + self.imagined_steps * (4 * heads + self.feature)),
        }
