"""The command line: numbers, names and sizes that are none."""

# fmt: off
import json

from tests.robustness.cases import EITHER, REFUSED, RIGHT, Case
from tests.robustness.specimens import BENCHMARK, PARAMETERS, TRAIN, instead, put

NUMBERS = {
    "0": "0", "-1": "-1", "nan": "nan", "inf": "inf", "1e999": "1e999", "1.5": "1.5", "True":
    "True", "nothing": "", "text": "ten", "Arabic digits": "٣٠", "full-width digits": "２００",
    "an underscore": "2_0", "ten thousand digits": "9" * 10_000, "blanks": " 200 ",
}
VALID = {("--seed", "0"), ("--limit", "blanks"), ("--random-steps", "blanks")}


def train(*words):
    return (*TRAIN, "--out", "run", *words)


def option(command, name, *rest, skip=()):
    """``command`` with every number in ``NUMBERS`` for the option ``name``."""
    for label, number in NUMBERS.items():
        if label not in skip:
            outcome = EITHER if label == "blanks" or (name, label) in VALID else REFUSED
            yield Case("numbers", f"{command[0]} {name} {label}", (*command, f"{name}={number}",
                       *rest), outcome, name.strip("-").split("-")[-1] + "|number", cpu=12,
                       leaves=("*",))


OPTIONS = [
    "a=1", "=1", "", "gamma", "gamma=", "gamma=nan", "gamma=1e999", "gamma=2", "gamma=-1",
    "gamma=True", "gamma='x'", "gamma=[0.9]", "gamma=" + "(" * 5000, "gamma=" + "9" * 10_000,
    "tau=3", "learning_rate=inf", "hidden=0", "hidden=0.5", "hidden=True", "hidden=-8",
    "hidden=1000000000", "batch_size=10000000000", "policy_capacity=10000000000000",
    "policy_capacity=9" + "9" * 30, "rollouts=10000000000", "recent_states=10000000000000",
    "audition_starts=10000000000", "warm_up=-1", "updates=-1", "evaluate_every=0",
    "evaluate_every=True", "held_back=1", "real_fraction=2", "box_scale=0", "refit='never'",
    "start_states=everywhere", "rollout_length=0", "rollout_length=True", "__class__=1", "task=x",
    "steps=3", "model=1", "sac=1", "learned_reward=3", "learned_reward='no'", "selection=none",
    "selection=3", "random_state=-1", "random_state='a'", "updates_per_step=nan",
    "horizon=3",
]
SYMBOLIC = [
    "n_candidates=-1", "n_candidates=True", "n_candidates=1.5", "n_candidates=10**9",
    "rounds=0", "rounds='3'", "proposer=oracle", "proposer=3", "constants=none", "weights=3",
    "weights=None", "weights=no", "recombine='no'", "sequential=3", "random_state=1.5",
]
MBPO = ["size=huge", "size=3", "size=None", "learned_reward='x'", "random_state=-1"]


def settings():
    for method, options in (("sparse", OPTIONS), ("symbolic", SYMBOLIC), ("mbpo", MBPO)):
        for text in options:
            words = (*TRAIN, "--method", method, "--out", "run", "--set", text)
            name = text.partition("=")[0] or "--set"
            says = {"proposer": "proposer|method", "weights": "weights|path"}.get(name, name)
            yield Case("numbers", f"train {method} --set {text:.40}", words, REFUSED, says, cpu=12,
                       memory=700)


NAMES = {
    "nothing": "", "a misprint": "pendulmu", "a null byte": "pendulum\0", "very long": "p" * 10_000,
    "a surrogate": "\udcff", "a newline": "pend\nulum",
}


def names():
    for option_name in ("--task", "--method", "--profile"):
        for label, name in NAMES.items():
            words = train(f"{option_name}={name}")
            yield Case("names given", f"train {option_name} {label}", words, REFUSED, "unknown",
                       cpu=12)
    for label, name in NAMES.items():
        for option_name, command in (
            ("--suite", BENCHMARK), ("--methods", BENCHMARK), ("--preset", ("pretrain",)),
            ("--weights", ("finetune",)), ("--task", ("finetune",)), ("--reference", SWEEP),
            ("--backend", SWEEP), ("--methods", SWEEP),
        ):
            words = (*command, f"{option_name}={name}", "--out", "out.csv")
            yield Case("names given", f"{command[0]} {option_name} {label}", words, REFUSED, "",
                       cpu=12, memory=1000)


SWEEP = ("sweep", "--tasks", "pendulum", "--methods", "sparse", "--seeds", "0", "--jobs", "1",
         "--profile", "smoke", *PARAMETERS)

LISTS = {
    "--seeds": ["", ",", "-1", "3-1", "1-", "0-99999", "a", "1.5", "٣", "0-9" * 1000,
                "9" * 5000, "0 - "],
    "--tasks": ["", ",", "pendulum,nowhere", "../x"],
    "--methods": ["", ",", "sparse,magic"],
    "--steps": ["", ",", "0", "-1", "sac=5", "sparse=", "=", "nowhere/sparse=5", "sparse=1=2", "٣",
                "9" * 10_000, "1e3", "200,sprase=3"],
    "--set": ["gamma", "where:gamma=1", "sparse:=1", ":", "sparse:gamma=nan", "sprase:gamma=0.9"],
}


def sweeps():
    for name, values in LISTS.items():
        for value in values:
            yield Case("numbers", f"sweep {name} {value!r:.30}",
                       (*SWEEP, f"{name}={value}", "--out", "sweep"), REFUSED, "", cpu=12,
                       memory=1000)


BENCHMARKS = {
    "--seconds": ["0", "-1", "nan", "inf", "1e999", "", "ten"],
    "--points": ["", ",", "4", "1001", "20,", "nan", "1e2", "-5", "٣٠", "9" * 5000, "2_0"],
    "--noise": ["", "-1", "nan", "inf", "1e999", "0,", "x"],
    "--limit": ["0", "-1", "x", "1.5", ""],
    "--seed": ["-1", "x", "1.5", "9" * 5000],
    "--jobs": ["0", "-1", "x"],
    "--methods": ["", ",", "sparse,", "magic"],
}


def benchmarks():
    for name, values in BENCHMARKS.items():
        for value in values:
            words = (*BENCHMARK, f"{name}={value}", "--out", "t.csv")
            yield Case("numbers", f"benchmark {name} {value!r:.30}", words, REFUSED, cpu=8)


def notebooks():
    for label, content in {
        "[]": b"[]", "null": b"null", "{}": b"{}", "empty": b"", "text": b"hello", "deep":
        b"[" * 100_000, "binary": bytes(range(256)), "cells that are none":
        b'{"cells": 3, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
    }.items():
        yield Case("notebooks", f"lab.run: {label}", ("lab.run", "n.ipynb", "--out", "out"),
                   REFUSED, "n.ipynb", lay=lambda place, c=content: instead(c)(place / "n.ipynb"),
                   cpu=12)
    for label, path in {"missing": "no.ipynb", "a folder": ".", "endless": "/dev/zero", "nothing":
                        "", "a null byte": "a\0", "too long": "x" * 5000}.items():
        yield Case("notebooks", f"lab.run: {label}", ("lab.run", path, "--out", "out"), REFUSED,
                   "notebook", cpu=12)


def usual_notebook(place):
    cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "SEED = 0",
            "outputs": [], "execution_count": None, "id": "a"}
    (place / "n.ipynb").write_text(json.dumps(
        {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


def parameter(*words):
    return Case("notebooks", f"lab.run -p {' '.join(words)[:30]!r}",
                ("lab.run", "n.ipynb", "--out", "out", "-p", *words), REFUSED, "parameter",
                lay=usual_notebook, cpu=12)


CASES = [
    *option(TRAIN, "--steps", "--out=run", skip=("an underscore",)),
    *option(TRAIN, "--seed", "--out=run", skip=("an underscore",)),
    *option(("pretrain", "--preset=tiny", "--out=out"), "--examples", skip=("blanks",
            "an underscore", "ten thousand digits", "Arabic digits", "full-width digits")),
    *option(("pretrain", "--preset=tiny", "--examples=0", "--out=out"), "--seed", skip=("0",
            "blanks")),
    *option(("finetune", "--out=out", "--examples=0"), "--random-steps", skip=("blanks",)),
    *option(("finetune", "--out=out", "--examples=0"), "--rank", skip=("0", "blanks")),
    *(Case("numbers", f"{command} --seed {seed:.9} alone", (command, "--examples=1", "--out=out",
           f"--seed={seed}"), REFUSED, "seed", cpu=12, memory=2000)
      for command in ("pretrain", "finetune") for seed in ("-1", "9" * 40)),
    *(Case("numbers", f"pretrain --workers {number}", ("pretrain", "--preset=tiny", "--examples=1",
           "--out=out", f"--workers={number}"), REFUSED, "workers", cpu=12)
      for number in ("-1", "1.5", "nan")),
    *settings(), *names(), *sweeps(), *benchmarks(), *notebooks(),
    Case("numbers", "train --seed 2**64", (*TRAIN, "--out=run", f"--seed={2**64}"), REFUSED,
         "seed", cpu=12),
    Case("numbers", "train --seed 2**31", (*TRAIN, "--out=run", f"--seed={2**31}"), EITHER,
         "seed", cpu=12, leaves=("*",)),
    parameter("NOPE", "1"), parameter("", "1"), parameter("SEED\0", "1"),
    Case("numbers", "train without --out", TRAIN, REFUSED, "--out"),
    Case("numbers", "no command", (), RIGHT, "COMMAND"),
    Case("numbers", "an unknown command", ("trian",), REFUSED, "did you mean 'train'"),
    Case("numbers", "an unknown option", (*TRAIN, "--out=run", "--sede=1"), REFUSED,
         "did you mean '--seed'"),
    Case("numbers", "an unknown option of benchmark", ("benchmark", "regression", "--suit=laws"
         ), REFUSED, "--out"),
    Case("numbers", "benchmark of nothing", ("benchmark",), REFUSED, "WHAT"),
    Case("numbers", "summary of nothing", ("benchmark", "summary"), REFUSED, "FILE"),
    Case("numbers", "summary of one table twice", ("benchmark", "summary", "bench/t.csv",
         "bench/t.csv"), REFUSED, "t.csv", lay=lambda place: put("bench", place)),
    Case("numbers", "doctor", ("doctor",), RIGHT, "all is well", cpu=10),
    Case("numbers", "doctor with an argument", ("doctor", "now"), REFUSED, "now"),
    Case("numbers", "train", (*TRAIN, "--out=run"), RIGHT, "results in run", leaves=("*",), cpu=12),
    Case("numbers", "sweep --table of nothing", ("sweep", "--table", "--out", "no"), REFUSED, "no"),
]
