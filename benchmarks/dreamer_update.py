"""What one update of Dreamer-v3 costs: ours, torchrl's and sheeprl's, in turns, in one process.

    python benchmarks/dreamer_update.py --out data/results/dreamer

The preset ``tiny`` on the pendulum's sizes: 16 sequences of 16 steps, 15 imagined steps from each.
torchrl's learner (0.14, a developers' requirement) is put together from its public parts as its
documentation does, with the same sizes, REINFORCE and torchrl's own optimiser. Its heads for reward
and value give one number instead of 63 bins, and it has no continue head: it does a little less.
sheeprl's (0.8.4; no requirement of ours, `pip install sheeprl`) has the recurrent state in one
block, and Adam. Where it is not installed its row is left out.
``--out`` gets ``update.csv``, a row a learner, and ``update.json`` with its provenance.
"""

import argparse
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from symtut.agents.buffers import ReplayBuffer
from symtut.agents.dreamer.agent import Dreamer
from symtut.agents.dreamer.config import DreamerConfig
from symtut.agents.dreamer.replay import fields
from symtut.forms import NAME, number, whole
from symtut.paths import ensure_folder
from symtut.storage import provenance, read_table, write_csv, write_json
from symtut.tasks import make_task

COLUMNS = {
    "learner": NAME, "weights": whole(1), "updates": whole(1), "cpu_ms_median": number(0),
    "cpu_ms_least": number(0),
}  # fmt: skip
WHAT = "a table of benchmarks/dreamer_update.py"


def our_update(c: DreamerConfig) -> tuple[Callable, int]:
    """An update on a replay of 2,000 random numbers in episodes of 200 steps, and the weights."""
    task = make_task("pendulum")
    agent = Dreamer(task.observation_size, task.action_size, c, torch.Generator().manual_seed(0))
    buffer = ReplayBuffer(2010, fields(task, c))
    n = torch.arange(2010)
    rows = {name: torch.randn(2010, width) for name, width in buffer.fields.items()}
    rows |= {"first": 1.0 * (n % 201 == 0), "last": 1.0 * (n % 201 == 200), "ended": 0.0 * n}
    buffer.add(**rows)
    return lambda: agent.update(buffer), len(agent.optimizer.flat)


def torchrls_update(c: DreamerConfig) -> tuple[Callable, int]:
    """The same of torchrl, on a batch that is always the same."""
    from tensordict import TensorDict
    from tensordict.nn import (
        NormalParamExtractor,
        ProbabilisticTensorDictModule,
        ProbabilisticTensorDictSequential,
        TensorDictModule,
        TensorDictSequential,
    )
    from torchrl.data import Bounded, Composite, Unbounded
    from torchrl.envs.model_based import DreamerEnv
    from torchrl.modules import (
        MLP,
        RSSMPosteriorV3,
        RSSMPriorV3,
        RSSMRolloutV3,
        TanhNormal,
        WorldModelWrapper,
    )
    from torchrl.objectives import (
        DreamerV3ActorLoss,
        DreamerV3Loss,
        DreamerV3ModelLoss,
        DreamerV3ValueLoss,
        SoftUpdate,
    )
    from torchrl.trainers.algorithms.dreamer_v3 import (
        DreamerV3OptimizationStepper,
        DreamerV3Optimizer,
    )

    stoch = c.stoch * c.classes
    common = dict(num_cells=c.units, activation_class=torch.nn.SiLU)

    def head(outputs: int, depth: int = c.layers, inputs: int = c.feature) -> MLP:
        return MLP(in_features=inputs, out_features=outputs, depth=depth, **common)

    sizes = dict(
        hidden_dim=c.hidden, rnn_hidden_dim=c.deter, num_categoricals=c.stoch,
        num_classes=c.classes, unimix=0.01,
    )  # fmt: skip
    prior_net = RSSMPriorV3(
        action_shape=(1,), action_dim=1, recurrent_model="block_gru", num_blocks=c.blocks, **sizes
    )
    posterior_net = RSSMPosteriorV3(obs_embed_dim=c.units, use_rms_norm=True, **sizes)
    following = [("next", "state"), ("next", "belief")]
    prior = TensorDictModule(
        prior_net, ["state", "belief", "action"], [("next", "prior_logits"), *following]
    )
    posterior = TensorDictModule(
        posterior_net, [("next", "belief"), ("next", "encoded")],
        [("next", "posterior_logits"), ("next", "state")],
    )  # fmt: skip
    reward = head(1, 1)
    world_model = TensorDictSequential(
        TensorDictModule(
            head(c.units, c.layers - 1, 3), [("next", "observation")], [("next", "encoded")]
        ),
        RSSMRolloutV3(prior, posterior, reset_key="is_init"),
        TensorDictModule(head(3), following, [("next", "reco_pixels")]),
        TensorDictModule(reward, following, [("next", "reward")]),
    )
    imagination = WorldModelWrapper(
        TensorDictModule(prior_net, ["state", "belief", "action"], ["_", "state", "belief"]),
        TensorDictModule(reward, ["state", "belief"], ["reward"]),
    )
    env = DreamerEnv(imagination, prior_shape=(stoch,), belief_shape=(c.deter,))
    env.observation_spec = Composite(state=Unbounded(stoch), belief=Unbounded(c.deter))
    env.state_spec = env.observation_spec.clone()
    env.action_spec, env.reward_spec = Bounded(-1, 1, (1,)), Unbounded((1,))
    actor = ProbabilisticTensorDictSequential(
        TensorDictModule(head(2), ["state", "belief"], ["params"]),
        TensorDictModule(NormalParamExtractor(), ["params"], ["loc", "scale"]),
        ProbabilisticTensorDictModule(
            ["loc", "scale"], ["action"], distribution_class=TanhNormal, return_log_prob=True
        ),
    )
    value = TensorDictModule(head(1), ["state", "belief"], ["state_value"])
    model_loss = DreamerV3ModelLoss(
        world_model, kl_mode="separate", unimix=0.01, reward_two_hot=False, detach_output=False
    )
    model_loss.set_keys(pixels="observation")
    actor_loss = DreamerV3ActorLoss(
        actor, value, env, imagination_horizon=c.imagined_steps, use_reinforce=True
    )
    value_loss = DreamerV3ValueLoss(value, actor_loss=actor_loss, slow_critic_regularization=1.0)
    targets = SoftUpdate(value_loss, tau=c.slow_rate)
    loss = DreamerV3Loss(model_loss, actor_loss, value_loss)
    weights = list(loss.parameters())
    stepper = DreamerV3OptimizationStepper(loss, DreamerV3Optimizer(weights), targets)
    batch = c.batch_size, c.length
    ends = torch.zeros(*batch, 1, dtype=torch.bool)
    sample = TensorDict(
        {
            "state": torch.zeros(*batch, stoch), "belief": torch.zeros(*batch, c.deter),
            "action": torch.rand(*batch, 1) * 2 - 1, "is_init": ends,
            "next": {
                "observation": torch.randn(*batch, 3), "reward": torch.randn(*batch, 1),
                "done": ends, "terminated": ends,
            },
        },
        batch,
    )  # fmt: skip
    return lambda: stepper.step(None, sample.clone()), sum(w.numel() for w in weights)


def sheeprls_update(c: DreamerConfig) -> tuple[Callable, int]:
    """The same of sheeprl, on a batch that is always the same; its GRU has one block."""
    from gymnasium.spaces import Box
    from gymnasium.spaces import Dict as DictSpace
    from hydra import compose, initialize_config_module
    from hydra.utils import instantiate
    from lightning.fabric import Fabric
    from omegaconf import OmegaConf
    from sheeprl.algos.dreamer_v3.agent import build_agent
    from sheeprl.algos.dreamer_v3.dreamer_v3 import train
    from sheeprl.algos.dreamer_v3.utils import Moments
    from sheeprl.utils.metric import MetricAggregator
    from sheeprl.utils.utils import dotdict

    MetricAggregator.disabled = True
    sizes = {
        "dense_units": c.units, "mlp_layers": c.layers, "horizon": c.imagined_steps,
        "world_model.stochastic_size": c.stoch, "world_model.discrete_size": c.classes,
        "world_model.recurrent_model.recurrent_state_size": c.deter,
        "world_model.transition_model.hidden_size": c.hidden,
        "world_model.representation_model.hidden_size": c.hidden,
        "world_model.reward_model.bins": c.bins, "critic.bins": c.bins,
        "cnn_keys.encoder": "[]", "cnn_keys.decoder": "[]",
        "mlp_keys.encoder": "[observation]", "mlp_keys.decoder": "[observation]",
        "actor.objective_mix": 1,  # REINFORCE
    }  # fmt: skip
    with initialize_config_module("sheeprl.configs", version_base=None):
        options = [f"algo.{name}={value}" for name, value in sizes.items()]
        options += ["exp=dreamer_v3", "env=gym", "env.id=Pendulum-v1"]
        config = dotdict(OmegaConf.to_container(compose("config", options), resolve=True))
    fabric = Fabric(accelerator="cpu", devices=1)
    space = DictSpace(observation=Box(-1, 1, (3,)))
    world, actor, critic, slow_critic, _ = build_agent(fabric, (1,), True, config, space)
    learners = [(world, "world_model"), (actor, "actor"), (critic, "critic")]
    optimizers = fabric.setup_optimizers(
        *(instantiate(config.algo[name].optimizer, params=net.parameters(), _convert_="all")
          for net, name in learners)
    )  # fmt: skip
    moments = Moments(0.99, 1.0, 0.05, 0.95)
    shape = c.length, c.batch_size
    batch = {"observation": torch.randn(*shape, 3), "actions": torch.rand(*shape, 1) * 2 - 1}
    batch |= {"rewards": torch.randn(*shape, 1)}
    batch |= {name: torch.zeros(*shape, 1) for name in ("terminated", "truncated", "is_first")}

    def update() -> None:
        train(
            fabric, world, actor, critic, slow_critic, *optimizers, dict(batch), None, config,
            True, (1,), moments,
        )  # fmt: skip

    return update, sum(w.numel() for net, _ in learners for w in net.parameters())


def measured(updates: int) -> list[list]:
    """Rows of :data:`COLUMNS`; the learners take turns, so that both meet the same machine."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    c = DreamerConfig()
    learners = {"symtut": our_update(c), "torchrl": torchrls_update(c)}
    if find_spec("sheeprl"):
        learners["sheeprl"] = sheeprls_update(c)
    spent: dict[str, list[float]] = {name: [] for name in learners}
    for i in range(updates + 3):
        for name, (update, _) in learners.items():
            begun = time.thread_time()
            update()
            if i >= 3:  # the first ones are slower
                spent[name].append(1000 * (time.thread_time() - begun))
    return [
        [name, learners[name][1], updates, round(float(np.median(ms)), 1), round(min(ms), 1)]
        for name, ms in spent.items()
    ]


def lines(path: Path) -> list[str]:
    """The stored table as Markdown."""
    table = read_table(path / "update.csv", COLUMNS, WHAT)
    head = ["learner", "weights", "CPU-ms an update, median", "least"]
    found = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in table.itertuples():
        times = f"{row.cpu_ms_median:.0f} | {row.cpu_ms_least:.0f}"
        found.append(f"| {row.learner} | {row.weights:,} | {times} |")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--updates", type=int, default=60, help="0: print what is stored")
    arguments = parser.parse_args()
    if arguments.updates:
        out = ensure_folder(arguments.out)
        write_csv(out / "update.csv", list(COLUMNS), measured(arguments.updates))
        write_json(out / "update.json", provenance())
    print("\n".join(lines(arguments.out)), flush=True)


if __name__ == "__main__":
    main()
