"""Training runs: wrong arguments, divergence, an endless environment, two processes at once."""

# fmt: off
import json
import os

import numpy as np

from tests.robustness import specimens as s
from tests.robustness.cases import EITHER, REFUSED, RIGHT, Case, expect
from tests.robustness.specimens import BENCHMARK, put


def training(**changes):
    return lambda place: s.tiny_train(**{"out": place / "run"} | changes)


def whole(result) -> None:
    """A finished run has all its files, and its policy computes."""
    expect(np.isfinite(result.final_return), "final return", result.final_return)
    expect(np.isfinite(result.policy()([1.0, 0.0, 0.0])).all(), "the policy computes NaN")


def trained(**changes):
    def do(place):
        whole(s.tiny_train(**{"out": place / "run"} | changes))

    return do


def diverged(**changes):
    """Stops with a word, keeps a policy that computes, and says so in summary.json."""

    def do(place):
        lines = []
        from symtut import train

        options = {"task": "pendulum", "method": "sparse", "steps": 200, "seed": 1} | s.TINY
        result = train(out=place / "run", on_progress=lines.append, **options | changes)
        told = json.dumps(json.loads((place / "run" / "summary.json").read_text()))
        word = any(w in " ".join([*lines, told]) for w in ("diverg", "NaN", "not finite", "finite"))
        expect(word, "nothing says that it diverged:", lines[-1:])
        policy = result.policy()([1.0, 0.0, 0.0])
        expect(np.isfinite(policy).all(), "the policy that is kept computes", policy)

    return do


def endless(place):
    """An environment without a time limit: episodes end at the task's horizon."""
    from symtut.tasks.base import Task

    before = Task.make_env
    Task.make_env = lambda task: before(task).unwrapped
    whole(s.tiny_train(place / "run", steps=400))


def two_at_once(place):
    """A second process on the folder of a run that is under way."""
    from symtut import train
    from symtut.errors import InputError

    told = []

    def second(line):
        if told:
            return
        child = os.fork()
        if child == 0:
            try:
                s.tiny_train(place / "run")
                os._exit(0)
            except InputError:
                os._exit(2)
            except BaseException:
                os._exit(1)
        told.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    options = {"task": "pendulum", "method": "sparse", "steps": 200, "seed": 1} | s.TINY
    whole(train(out=place / "run", on_progress=second, **options))
    expect(told == [2], "the second process was not refused; its exit code is", told)


def lock_is_released(place):
    """After a run that ended, and after one that was killed, the folder is free."""
    child = os.fork()
    if child == 0:
        from symtut import train

        options = {"task": "pendulum", "method": "sparse", "steps": 200, "seed": 1} | s.TINY
        train(out=place / "run", on_progress=lambda line: os.kill(os.getpid(), 9), **options)
        os._exit(0)
    os.waitpid(child, 0)
    first = s.tiny_train(place / "run").final_return
    expect(s.tiny_train(place / "run").final_return == first, "a finished run is another one")


def cut_run_goes_on(place):
    """The numbers of an interrupted run are those of an uninterrupted one."""
    found = s.tiny_train(place / "cut").final_return
    wanted = json.loads((s.specimens() / "run" / "summary.json").read_text())["final_return"]
    expect(found == wanted, found, "instead of", wanted)


def model_comes_back(place):
    """equations.json holds what the model computes, bit by bit."""
    from symtut.expressions import Expression
    from symtut.tasks import make_task

    s.tiny_train(place / "run")
    task = make_task("pendulum")
    names = (*task.state_names, *task.action_names)
    x = np.random.default_rng(0).uniform(-1, 1, (20, 3))
    for row in json.loads((place / "run" / "equations.json").read_text()):
        expect({"prefix", "constants"} <= row.keys(), "no prefix and constants:", list(row))
        exact = Expression(tuple(row["prefix"]), tuple(row["constants"]))(x)
        read = Expression.from_text(row["equation"], names)(x)
        expect(np.allclose(exact, read, rtol=1e-3, atol=1e-4), "the text says otherwise")


def makes(name):
    def do(_):
        from symtut import make_task

        return make_task(name)

    return do


def sweeps(**changes):
    def do(place):
        from symtut.experiments.sweep import sweep

        options = {
            "tasks": ["pendulum"], "methods": ["sparse"], "seeds": [0], "out": place / "sweep",
            "steps": 200, "profile": "smoke", "jobs": 1, "reference": "sparse",
            "overrides": {"": {k: v for k, v in s.TINY.items() if k != "profile"}},
            "report": lambda line: None,
        } | changes
        return sweep(**options)

    return do


def policy_given(observation):
    def do(_):
        from symtut.agents.policy import Policy

        return Policy.load(s.specimens() / "run" / "policy.safetensors")(observation)

    return do


ARGUMENTS = {
    "task": [None, 3, [], "", ("pendulum",), "Pendulum", object],
    "method": [None, 3, [], "", "sparse,sac"],
    "steps": [None, "200", 1.5, True, -1, 0, float("nan"), 10**30, [200]],
    "seed": [None, "1", 1.5, True, -1, float("inf"), 2**70],
    "profile": [None, 3, [], "", "paper "],
    "out": [None, 3, [], "", "a\0b"],
    "gamma": [None, "x", float("nan"), -1, 2, [1], True, 1j],
    "hidden": [None, 0, -8, 1.5, True, 10**9, "8"],
    "no_such": [1],
}
SWEEP = {
    "tasks": ["pendulum", [], None, [3], 3],
    "methods": ["sparse", [], None, [None]],
    "seeds": [3, [], None, [-1], [1.5], ["0"], [True]],
    "steps": [None, -1, {"": 0}, {"sac": 5}, "200", {"nowhere": 3}],
    "jobs": [0, -1, 1.5, "2", True],
    "overrides": [{"": {"gamma": 2}}, {"where": {}}, [3], {"": 3}],
    "backend": ["", None, "loki"],
    "reference": ["", None, "nothing"],
}


def corrupted_finish(place):
    put("run", place)
    path = place / "run" / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"final_return": None}))


CASES = [
    *(Case("runs", f"train {name}={value!r:.30}", training(**{name: value}), REFUSED,
           "" if name == "out" else name, cpu=8)
      for name, values in ARGUMENTS.items() for value in values),
    *(Case("runs", f"sweep {name}={value!r:.30}", sweeps(**{name: value}), REFUSED, "", cpu=8)
      for name, values in SWEEP.items() for value in values),
    *(Case("runs", f"make_task({name!r:.20})", makes(name), REFUSED, "task")
      for name in (None, 3, [], {}, "", b"pendulum", ("pendulum",), float("nan"))),
    *(Case("runs", f"a policy given {name}", policy_given(observation), REFUSED, "observation")
      for name, observation in {
        "NaN": [float("nan")] * 3, "too few": [1.0], "too many": [1.0] * 4, "text": ["a"] * 3,
        "None": None, "three dimensions": np.zeros((2, 2, 3)), "nothing": [],
      }.items()),
    Case("runs", "NumPy's numbers", trained(steps=np.int64(200), seed=np.int32(1)), EITHER,
         "steps|seed", leaves=("*",), cpu=8),
    Case("runs", "a name of NumPy", trained(task=np.str_("pendulum")), EITHER, "task",
         leaves=("*",), cpu=8),
    *(Case("runs", f"diverges: {name}", diverged(**changes), EITHER, "diverg|finite|NaN",
           leaves=("*",), cpu=12)
      for name, changes in {
        "a learning rate of 1e30": {"learning_rate": 1e30}, "a temperature of 1e38":
        {"initial_alpha": 1e38}, "a learning rate of 1e300": {"learning_rate": 1e300},
      }.items()),
    Case("runs", "an environment without a time limit", endless, RIGHT, leaves=("*",), cpu=12),
    Case("runs", "two processes in one folder", two_at_once, RIGHT, leaves=("*",), cpu=12),
    Case("runs", "a folder is free again", lock_is_released, RIGHT, leaves=("*",), cpu=12),
    Case("runs", "a cut run goes on as if nothing had been", cut_run_goes_on, RIGHT,
         lay=lambda place: put("cut", place), leaves=("*",), cpu=12),
    Case("runs", "a model comes back from equations.json", model_comes_back, RIGHT, leaves=("*",),
         cpu=8),
    Case("runs", "a finished run whose return is null", lambda place: s.tiny_train(place / "run"),
         EITHER, "summary", lay=corrupted_finish, leaves=("*",), cpu=8),
    Case("runs", "a benchmark that goes on with its own table", (*BENCHMARK, "--out",
         "bench/t.csv"), RIGHT, "already", lay=lambda place: put("bench", place),
         leaves=("bench/*",)),
]
