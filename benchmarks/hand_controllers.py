"""Mean returns of the hand-written controllers on the evaluation starts.

    python benchmarks/hand_controllers.py [--tasks car2d reacher] [--starts 100]

Beside them stand doing nothing and acting at random: between the two lies what learning is for.
"""

import argparse

import numpy as np

from symtut.tasks import EVALUATION_SEEDS, make_task


def play(task, choose, seeds) -> np.ndarray:
    """Real returns (episodes,) of ``choose(state) -> action`` from the reset ``seeds``."""
    env, returns = task.make_env(), []
    for seed in seeds:
        observation, _ = env.reset(seed=seed)
        total = 0.0
        for _ in range(task.horizon):
            state = task.state_from_observation(observation.astype(float))
            observation, reward, *_ = env.step(choose(state))
            total += float(reward)
        returns.append(total)
    env.close()
    return np.array(returns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", nargs="+", default=["car2d", "reacher"])
    parser.add_argument("--starts", type=int, default=len(EVALUATION_SEEDS))
    arguments = parser.parse_args()
    for name in arguments.tasks:
        task, generator = make_task(name), np.random.default_rng(0)
        zero = np.zeros(task.action_size)
        controllers = {
            "hand": task.hand_controller,
            "zero": lambda state, zero=zero: zero,
            "random": lambda state, task=task, generator=generator: generator.uniform(
                task.action_low, task.action_high
            ),
        }
        print(f"{name} (solved at {task.solved_return:g}), {arguments.starts} starts")
        for label, choose in controllers.items():
            returns = play(task, choose, EVALUATION_SEEDS[: arguments.starts])
            spread = f"standard deviation over starts {returns.std(ddof=1):.2f}"
            print(f"  {label:<7}{returns.mean():8.2f}   {spread}, worst {returns.min():.2f}")


if __name__ == "__main__":
    main()
