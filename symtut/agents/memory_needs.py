"""What a loop will hold in memory, by the option that asks for it."""

from symtut.agents.config import LoopConfig
from symtut.agents.sac import SACConfig
from symtut.tasks import Task


def memory_needs(
    task: Task, steps: int, config: LoopConfig, sac_config: SACConfig
) -> dict[str, float]:
    """Bytes by option and value, to a factor of about two."""
    s, a, o = task.state_size, task.action_size, task.observation_size
    hidden, batch = sac_config.hidden, sac_config.batch_size
    layers = 3 * hidden  # of one row in one network: two hidden layers and a gradient
    float32, float64 = 4, 8
    return {
        f"steps = {steps}": steps * (2 * s + a + 4) * float64,
        f"recent_states = {config.recent_states}": config.recent_states * s * float32,
        f"policy_capacity = {config.policy_capacity}": (
            config.policy_capacity * (2 * o + a + 2) * float32
        ),
        f"rollouts = {config.rollouts}": config.rollouts * (layers + 4 * (s + o + a)) * float32,
        f"audition_starts = {config.audition_starts}": (
            config.audition_starts * (layers + 4 * (s + o + a)) * float32
        ),
        # actor and critics with gradients and two moments each, targets: 14 copies of the weights
        f"hidden = {hidden}": 14 * hidden * (hidden + o + a + 4) * float32,
        f"batch_size = {batch}": batch * (6 * layers + 4 * (o + a)) * float32,
    }
