"""Does our SAC learn as fast as Stable-Baselines3's? The same tasks, settings, seeds and episodes.

    python benchmarks/sac_against_sb3.py --out data/results/sac [--tasks pendulum,car2d,reacher]

Both sides get the task's own settings (``experiments/config.py``), one update for each real step,
and play the same 100 evaluation episodes every 500 steps. The work is resumable: run the same
command again. It leaves ``curves.csv`` (task, who, seed, steps, mean return), ``curves.json`` with
provenance, and prints a table. Needs the ``benchmarks`` extra.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from symtut.experiments import train
from symtut.experiments.config import RunConfig
from symtut.experiments.evaluation import evaluate
from symtut.experiments.statistics import mean_return
from symtut.forms import NAME, number, one_of, whole
from symtut.paths import ensure_folder
from symtut.storage import provenance, read_json, read_table, write_csv, write_json
from symtut.tasks import make_task

STEPS = {"pendulum": 6000, "car2d": 12_000, "reacher": 12_000}
EVERY = 500
COLUMNS = {
    "task": NAME, "who": one_of("ours", "SB3"), "seed": whole(), "env_steps": whole(),
    "mean_return": number(), "cpu_seconds": number(0),
}  # fmt: skip


def ours(task: str, seed: int, steps: int) -> list[tuple]:
    """(real steps, mean return, CPU-seconds) of one run."""
    with tempfile.TemporaryDirectory() as folder:
        result = train(task, "sac", steps, seed, folder, evaluate_every=EVERY, on_progress=None)
    return [(r["env_steps"], r["mean_return"], r["cpu_seconds"]) for r in result.curve]


def theirs(task: str, seed: int, steps: int) -> list[tuple]:
    """The same of Stable-Baselines3's SAC."""
    import stable_baselines3

    config = RunConfig.make(task, "sac", steps, seed)
    loop, sac, world = config.loop, config.sac, make_task(task)
    agent = stable_baselines3.SAC(
        "MlpPolicy", world.make_env(), seed=seed, device="cpu",
        learning_rate=sac.learning_rate, gamma=sac.gamma, tau=sac.tau, batch_size=sac.batch_size,
        ent_coef=f"auto_{sac.initial_alpha}", buffer_size=loop.policy_capacity,
        learning_starts=loop.random_steps, train_freq=1, gradient_steps=1,
        policy_kwargs={"net_arch": [sac.hidden, sac.hidden]},
    )  # fmt: skip

    def act(observation):
        with torch.no_grad():
            return agent.actor(observation, deterministic=True)

    curve, spent = [], 0.0
    for done in range(EVERY, steps + 1, EVERY):
        started = time.process_time()
        agent.learn(EVERY, reset_num_timesteps=False)
        spent += time.process_time() - started
        curve.append((done, evaluate(world, act).mean, spent))
    return curve


def stored(path: Path) -> list[list]:
    if not path.exists():
        return []
    table = read_table(path, COLUMNS, "curves of benchmarks/sac_against_sb3.py")
    return [list(row) for row in table.itertuples(index=False)]


def table(rows: list[list]) -> str:
    """Interquartile means over seeds at a third, two thirds and the end of the steps."""
    lines = [f"{'task':<10}{'real steps':>11}{'ours':>32}{'SB3':>32}"]
    for task in dict.fromkeys(row[0] for row in rows):
        of_task = [row for row in rows if row[0] == task]
        last = max(row[3] for row in of_task)
        for at in (last // 3, 2 * last // 3, last):
            line = f"{task:<10}{at:>11}"
            for who in ("ours", "SB3"):
                values = [row[4] for row in of_task if row[1] == who and row[3] == at]
                value, low, high = mean_return(np.array(values))
                line += f"{f'{value:.1f} [{low:.1f}, {high:.1f}] n={len(values)}':>32}"
            lines.append(line)
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, help="folder")
    parser.add_argument("--tasks", default=",".join(STEPS))
    parser.add_argument("--seeds", default="100,101,102", help="tuning seeds are 100 and up")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    path = ensure_folder(Path(arguments.out)) / "curves.csv"
    rows = stored(path)
    sources = read_json(path.with_suffix(".json"))["sessions"] if rows else []
    write_json(path.with_suffix(".json"), {"sessions": [*sources, provenance()]})
    for task in arguments.tasks.split(","):
        for seed in map(int, arguments.seeds.split(",")):
            for who, run in (("ours", ours), ("SB3", theirs)):
                if any(row[:3] == [task, who, seed] for row in rows):
                    continue
                found = run(task, seed, STEPS[task])
                rows += [[task, who, seed, s, round(r, 3), round(c, 2)] for s, r, c in found]
                rows.sort(key=lambda row: (list(STEPS).index(row[0]), row[1] == "SB3", row[2:4]))
                write_csv(path, list(COLUMNS), rows)
                print(f"{task} {who} seed {seed}: {found[-1][1]:.1f}", flush=True)
    print(table(rows))


if __name__ == "__main__":
    main()
