"""Commands that are killed at random moments: the same command goes on, and nothing is lost.

Each is killed (SIGKILL, itself alone, not its workers) until there were ``SYMTUT_KILLS`` kills
(default 2); then its results and its files are those of an uninterrupted run.
"""

import csv
import json
import os
import random
import sys
import time

import pytest

from tests.processes import start

KILLS = int(os.environ.get("SYMTUT_KILLS", 2))
SEED = int(os.environ.get("SYMTUT_KILLS_SEED", 0))

#: What makes the jobs small where the command line has no option for it.
FEW_EPISODES = """
import functools, sys
from symtut.experiments import run
from symtut.tasks import EVALUATION_SEEDS
run.evaluate = functools.partial(run.evaluate, seeds=EVALUATION_SEEDS[:2])
run.CHECKPOINT_EVERY = 60
"""
SMALL_TRAINING = """
import sys
from dataclasses import replace
from symtut.regression.transformer import pretraining
tiny = replace(pretraining.PRESETS["tiny"], chunk_size=64, batch_size=16, checkpoint_every=0.0)
pretraining.PRESETS["tiny"] = tiny
pretraining.bfloat16_pays = lambda: False  # it measures time, which is not the same twice
names = "held_out_recovery", "held_out_term_recovery"
pretraining.held_out_recovery = lambda *arguments: dict.fromkeys(names, 0.0)
"""
MAIN = """
from symtut.cli import main
sys.exit(main(sys.argv[1:]))
"""
BENCHMARK = """
import sys
from symtut.regression.benchmark.run import run_benchmark
out, jobs = sys.argv[1:]
# one round, so that no time limit decides
run_benchmark("nguyen", ["sparse"], out, 60.0, (40,), limit=6, jobs=int(jobs), rounds=1)
"""
SIZE = ["--profile", "smoke", "--set", "hidden=16", "--set", "batch_size=16"]


def train(out):
    options = ["--method", "sac", "--steps", "450", "--set", "evaluate_every=150"]
    return [FEW_EPISODES + MAIN, "train", *options, *SIZE, "--out", str(out)]


def train_mbpo(out):
    options = ["--method", "mbpo", "--steps", "260", "--set", "evaluate_every=100"]
    options += ["--set", "refit_every=100", "--set", "size={'hidden': 16, 'longest': 60}"]
    return [FEW_EPISODES + MAIN, "train", *options, *SIZE, "--out", str(out)]


def sweep(out, jobs):
    options = ["--methods", "oracle", "--seeds", "0-1", "--set", "updates=1200"]
    options += ["--set", "evaluate_every=1200", "--jobs", str(jobs)]
    return ["import sys" + MAIN, "sweep", *options, *SIZE, "--out", str(out)]


def pretrain(out):
    options = ["--preset", "tiny", "--examples", "400", "--resume"]
    return [SMALL_TRAINING + MAIN, "pretrain", *options, "--out", str(out)]


def benchmark(out, jobs):
    return [BENCHMARK, str(out / "table.csv"), str(jobs)]


COMMANDS = {
    "train": train,
    "sweep, 2 jobs": lambda out: sweep(out, 2),
    "pretrain": pretrain,
    "benchmark, 2 jobs": lambda out: benchmark(out, 2),
}
#: Those that are killed with more kills alone; one job gives what two jobs must give.
MORE = {
    "train mbpo": train_mbpo,
    "sweep, 1 job": lambda out: sweep(out, 1),
    "benchmark, 1 job": lambda out: benchmark(out, 1),
}
#: What differs from one time to the next: columns of tables, keys of JSON files.
TIMES = ("cpu_seconds", "provenance", "sessions", "made", "sha256", "commit", "commits")


def begin(name, out):
    program, *arguments = (COMMANDS | MORE)[name](out)
    process = start([sys.executable, "-c", program, *arguments])
    while not out.exists() and process.poll() is None:  # it is still importing
        time.sleep(0.01)
    return process


def finish(process):
    output, errors = process.communicate(timeout=600)
    assert process.returncode == 0, output + errors


def without_times(row):
    return {key: value for key, value in row.items() if key not in TIMES}


def results(out):
    """Every file by its name, as far as it is a result."""
    found = {}
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.suffix == ".csv":
            with open(path, newline="") as file:
                found[name] = [without_times(row) for row in csv.DictReader(file)]
        elif path.suffix == ".json":
            found[name] = without_times(json.loads(path.read_text()))
        elif path.is_file() and path.name != "checkpoint.safetensors":  # that has CPU times
            found[name] = path.read_bytes()
        else:
            found[name] = "there"
    return found


def kept(out):
    """What a kill must not take: runs that are finished, else the rows of a table."""
    runs = {f"{path} {path.stat().st_mtime_ns}" for path in out.rglob("summary.json")}
    table = out / "table.csv"
    return runs or (set(table.read_text().splitlines()) if table.exists() else set())


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Results and seconds of work of a command, with one job whatever the number of jobs."""
    found = {}

    def of(name):
        name = name.replace("2 jobs", "1 job")
        if name not in found:
            out = tmp_path_factory.mktemp("whole") / "out"
            process, began = begin(name, out), time.monotonic()
            finish(process)
            found[name] = results(out), time.monotonic() - began
        return found[name]

    return of


@pytest.mark.parametrize("name", COMMANDS | (MORE if KILLS > 2 else {}))
def test_a_killed_command_goes_on_and_loses_nothing(name, tmp_path, uninterrupted):
    expected, seconds = uninterrupted(name)
    dice, kills, rounds = random.Random(f"{SEED} {name}"), 0, 0
    while kills < KILLS:
        rounds += 1
        assert rounds <= 5 + 3 * KILLS, f"it was killed {kills} times only"
        out = tmp_path / str(rounds)
        for _ in range(2 + KILLS // 10):  # kills of one and the same run
            before = kept(out)
            process = begin(name, out)
            time.sleep(dice.uniform(0, seconds))
            process.kill()
            output, errors = process.communicate()
            assert process.returncode <= 0, output + errors
            kills += process.returncode < 0
            assert before <= kept(out)
        finish(begin(name, out))
        assert results(out) == expected
    print(f"{name}: {kills} kills in {rounds} runs")
