"""Gradient updates per CPU-second: our SAC against Stable-Baselines3's.

Same network sizes, batch, observations and machine, one thread, in one process. The two are timed
in turn, many short repeats each, so that whatever else the machine does hits both; the table
gives the medians, and the ratio is the median of the ratios of neighbouring repeats.

    python benchmarks/sac_speed.py [--hidden 256 128] [--batch 256] [--repeats 20]

Needs the ``benchmarks`` extra (stable-baselines3).
"""

import argparse
import statistics
import time

import gymnasium
import torch

from symtut.agents.buffers import ReplayBuffer
from symtut.agents.sac import SAC, SACConfig
from symtut.tasks import make_task

FILL = 2000  # transitions in both replay buffers


def ours(hidden: int, batch: int):
    """A function that does n updates, on real random transitions of Pendulum."""
    task, generator = make_task("pendulum"), torch.Generator().manual_seed(0)
    agent = SAC(3, 1, SACConfig(hidden=hidden, batch_size=batch), generator)
    fields = {"observation": 3, "action": 1, "reward": 1, "next_observation": 3, "terminated": 1}
    buffer = ReplayBuffer(FILL, fields)
    state = task.start_state(FILL, generator)
    action = 2 * torch.rand((FILL, 1), generator=generator) - 1
    torque = task.from_unit_action(action)
    next_state = task.true_step(state, torque)
    buffer.add(
        observation=task.observation_from_state(state),
        action=action,
        reward=task.reward(state, torque, next_state),
        next_observation=task.observation_from_state(next_state),
        terminated=task.terminated(state, torque, next_state),
    )

    def update(n):
        for _ in range(n):
            agent.update(buffer.sample(batch, generator))

    return update


def stable_baselines3(hidden: int, batch: int):
    """The same, by Stable-Baselines3's own ``train``, which also draws its batches."""
    import stable_baselines3

    agent = stable_baselines3.SAC(
        "MlpPolicy", gymnasium.make("Pendulum-v1"), learning_rate=1e-3, batch_size=batch, seed=0,
        learning_starts=FILL, policy_kwargs={"net_arch": [hidden, hidden]}, device="cpu",
    )  # fmt: skip
    agent.learn(FILL)  # random steps that fill its buffer; no update yet
    return lambda n: agent.train(gradient_steps=n, batch_size=batch)


def compare(hidden: int, batch: int, repeats: int, updates: int = 30) -> dict:
    """Median rates of both and the median of their ratios."""
    contestants = {"ours": ours(hidden, batch), "sb3": stable_baselines3(hidden, batch)}
    rates = {name: [] for name in contestants}
    for repeat in range(-2, repeats):  # two rounds to warm up
        for name, update in contestants.items():
            started = time.process_time()
            update(updates)
            spent = time.process_time() - started
            if repeat >= 0:
                rates[name].append(updates / spent)
    ratios = [a / b for a, b in zip(rates["ours"], rates["sb3"], strict=True)]
    return {
        "hidden": hidden,
        "batch": batch,
        "ours": statistics.median(rates["ours"]),
        "sb3": statistics.median(rates["sb3"]),
        "ratio": statistics.median(ratios),
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hidden", type=int, nargs="+", default=[256, 128])
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("SAC, gradient updates per CPU-second (1 thread, medians)")
    print(f"{'network':>10} {'batch':>6} {'ours':>8} {'SB3':>8} {'ratio':>7}  range of ratios")
    for hidden in arguments.hidden:
        row = compare(hidden, arguments.batch, arguments.repeats)
        print(
            f"{hidden:>6}x{hidden:<3} {row['batch']:>6} {row['ours']:>8.1f} {row['sb3']:>8.1f} "
            f"{row['ratio']:>6.2f}x  {row['ratio_low']:.2f} - {row['ratio_high']:.2f}"
        )


if __name__ == "__main__":
    main()
