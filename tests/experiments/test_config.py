"""How names and overrides become the configuration of a run."""

import json
from dataclasses import fields

import pytest

from symtut.agents.config import LoopConfig
from symtut.agents.sac import SACConfig
from symtut.errors import InputError
from symtut.experiments.config import METHOD_CHOICES, PROFILES, TASK_CHOICES, RunConfig, defaults
from symtut.world_models import METHODS, model_options


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", ["pendulum", *TASK_CHOICES])
def test_every_choice_of_names_gives_a_configuration_that_json_keeps(task, method, profile):
    config = RunConfig.make(task, method, 200, 0, profile)
    stored = config.as_json()
    assert json.loads(json.dumps(stored)) == stored
    chosen = defaults(task, method, profile, "dreamer" if method == "dreamer" else "sac")
    learner = stored["dreamer" if method == "dreamer" else "sac"]
    flat = stored["loop"] | learner | stored["model"] | stored
    assert chosen.items() <= flat.items()  # every choice is on record


def test_choices_of_methods_to_come_are_fields_too():
    """A world model's own options are known once it is there; all else must be spelt right."""
    known = {f.name for c in (LoopConfig, SACConfig) for f in fields(c)} | {"evaluate_every"}
    for task, choices in TASK_CHOICES.items():
        assert choices.keys() <= known, task
    for method, choices in METHOD_CHOICES.items():
        options = set(model_options(method)) if method in METHODS else set()
        assert choices.keys() <= known | options, method


def test_the_discount_is_the_tasks_and_an_override_wins():
    gammas = {
        (task, method): RunConfig.make(task, method, 200, 0).sac.gamma
        for task in ("pendulum", "car2d", "reacher")
        for method in ("sac", "oracle", "symbolic")
    }
    assert {gamma for (task, _), gamma in gammas.items() if task == "pendulum"} == {0.99}
    assert {gamma for (task, _), gamma in gammas.items() if task == "car2d"} == {0.97}
    assert {gamma for (task, _), gamma in gammas.items() if task == "reacher"} == {0.95}
    assert RunConfig.make("car2d", "oracle", 200, 0, gamma=0.9).sac.gamma == 0.9


def test_later_choices_win():
    """Task, then method, then profile, then the caller."""
    task = RunConfig.make("car2d", "oracle", 200, 0).loop
    assert (task.start_states, task.longest_rollout, task.updates) == ("box", 25, 30_000)
    method = RunConfig.make("car2d", "sac", 200, 0).loop
    assert (method.updates, method.block_steps, method.random_steps) == (0, 1, 300)
    profile = RunConfig.make("car2d", "oracle", 200, 0, "smoke").loop
    assert (profile.updates, profile.start_states) == (300, "box")
    caller = RunConfig.make("car2d", "oracle", 200, 0, "smoke", updates=7, start_states="all").loop
    assert (caller.updates, caller.start_states) == (7, "all")
    horizon = RunConfig.make("car2d", "oracle", 200, 0, longest_rollout=None).loop
    assert horizon.longest_rollout is None  # a None that was asked for is no missing value


def test_mbpo_is_configured_as_it_was_published_and_tuned():
    choices = defaults("pendulum", "mbpo", "default")
    loop = LoopConfig(**{n: v for n, v in choices.items() if n != "evaluate_every"})
    assert loop.rollout_length == 20 and loop.real_fraction == 0.05
    assert loop.updates_per_step * loop.imagined_per_update == 400  # imagined for each real step
    assert loop.audition_every is None and loop.refit_every == 125
    made = {
        task: RunConfig.make(task, "mbpo", 1500, 0).loop for task in ("pendulum", *TASK_CHOICES)
    }
    assert all(loop.rollout_length == 20 for loop in made.values())
    starts = {task: (loop.start_states, loop.relabel) for task, loop in made.items()}
    assert starts == {  # what the other models are given, where it helped on tuning seeds
        "pendulum": ("all", False), "car2d": ("box", False), "reacher": ("all", True),
    }  # fmt: skip


def test_the_papers_profile_is_the_papers_loop_and_regression():
    symbolic = RunConfig.make("car2d", "symbolic", 200, 0, "paper")
    loop = symbolic.loop
    assert loop.rollout_length == 2 and loop.start_states == "recent" and loop.refit == "clock"
    assert loop.updates == 0 and loop.audition_every is None
    assert symbolic.model == {
        "proposer": "transformer", "sequential": False, "constants": "bfgs", "recombine": False,
        "rounds": 1,
    }  # fmt: skip
    oracle = RunConfig.make("car2d", "oracle", 200, 0, "paper")
    assert oracle.loop == loop and oracle.model == {}
    own = RunConfig.make("car2d", "symbolic", 200, 0, "paper", constants="lm", rollout_length=1)
    assert own.model["constants"] == "lm" and own.loop.rollout_length == 1
    for method in ("sac", "mbpo"):  # baselines stay what they are
        assert defaults("car2d", method, "paper") == defaults("car2d", method, "default")


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"relabel": "yes"}, "'relabel' must be True or False, not 'yes'"),
        ({"relabel": 1}, "'relabel' must be True or False"),
        ({"real_fraction": True}, "'real_fraction' must be a finite number"),
        ({"real_fraction": 2}, r"real_fraction must be in \[0, 1\]"),
        ({"refit": 3}, "'refit' must be a name"),
        ({"refit": "sometimes"}, "unknown refit 'sometimes'"),
        ({"refit_every": 0}, "'refit_every' must be a whole number of at least 1"),
        ({"epoch_steps": 0}, "'epoch_steps' must be a whole number of at least 1"),
        ({"rollout_length": 1.5}, "'rollout_length' must be a whole number"),
        ({"box_scale": -1}, "'box_scale' must be a finite number of at least 0"),
        ({"evaluate_every": 0}, "'evaluate_every' must be a whole number of at least 1"),
        ({"colour": "red"}, "unknown option 'colour'. Known options: audition_every"),
    ],
)
def test_values_of_the_wrong_kind_are_named(changes, message):
    with pytest.raises(InputError, match=message):
        RunConfig.make("pendulum", "oracle", 200, 0, **changes)


def test_unknown_names_are_listed_with_the_known_ones():
    with pytest.raises(InputError, match="unknown profile 'big'.*default, paper, smoke"):
        RunConfig.make("pendulum", "oracle", 200, 0, "big")
    with pytest.raises(InputError, match="unknown method 'magic'"):
        RunConfig.make("pendulum", "magic", 200, 0)
