"""The loop, its validation of models, and what it learns on a small budget."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from symtut.agents.loop import Loop, episode_seed
from symtut.agents.loop_config import PROFILES, LoopConfig
from symtut.agents.sac import SACConfig
from symtut.agents.start_states import START_STATES
from symtut.errors import InputError
from symtut.experiments.evaluation import evaluate
from symtut.tasks import EVALUATION_SEEDS, make_task
from symtut.world_models import make_world_model
from symtut.world_models.base import Report
from symtut.world_models.validation import spread, stretches, validate

TASK = make_task("pendulum")
SMALL = SACConfig(hidden=32, batch_size=64)


class BiasedModel:
    """The true dynamics with a constant error in the velocity; each fit takes the next bias."""

    def __init__(self, *biases):
        self.biases, self.bias, self.seen = list(biases), None, []

    def fit(self, transitions, held_out=None):
        self.seen.append(transitions)
        self.bias = self.biases.pop(0)
        return Report(({"target": "bias", "equation": str(self.bias)},), len(transitions), 0.0)

    def predict(self, state, action):
        bias = torch.tensor([0.0, self.bias])
        return TASK.advance(TASK.true_step(state, action), bias)

    def state_dict(self):
        return {"bias": self.bias}

    def load_state_dict(self, state):
        self.bias = state["bias"]


def make_loop(model, steps=200, **changes):
    return Loop(TASK, model, steps, replace(PROFILES["smoke"], **changes), SMALL, seed=3)


def collected(model, steps=200, **changes):
    loop = make_loop(model, steps, **changes)
    loop.advance()
    return loop


def test_real_transitions_are_those_of_the_environment_and_a_quarter_is_held_back():
    model = BiasedModel(0.0)
    loop = collected(model)
    transitions, held_back = loop.transitions()
    assert len(transitions) == 200 and held_back.sum() == 50 and held_back[150:].all()
    assert len(model.seen[0]) == 150  # the fit never saw the rest
    expected = TASK.true_step(transitions.state, transitions.action)
    np.testing.assert_allclose(TASK.difference(transitions.next_state, expected), 0, atol=1e-5)
    reward = TASK.reward(transitions.state, transitions.action, transitions.next_state)
    np.testing.assert_allclose(reward, transitions.reward, atol=1e-5)
    assert not transitions.terminated.any()  # the episode was cut by the clock
    assert abs(transitions.action).max() > 1.9  # a random policy in environment units
    assert len(loop.b_em) == 200 and len(loop.b_pi) == 0


def test_imagined_transitions_obey_the_model_and_the_hand_written_reward():
    loop = collected(BiasedModel(0.0))
    while loop.imagined < 3000:
        loop.imagine()
    rows = loop.b_pi.window()
    state = TASK.state_from_observation(rows["observation"])
    action = TASK.from_unit_action(rows["action"])
    after = TASK.state_from_observation(rows["next_observation"])
    error = TASK.difference(after, TASK.true_step(state, action))
    assert error.abs().max() < 1e-5
    reward = TASK.reward(state, action, after)
    torch.testing.assert_close(rows["reward"][:, 0], reward, rtol=1e-4, atol=1e-4)
    assert not rows["terminated"].any()


def test_rollouts_start_in_real_states_and_stop_at_their_length():
    loop = collected(BiasedModel(0.0), rollout_length=3, rollouts=10)
    real = loop.b_em.window()["state"]
    for _ in range(12):
        before, left = loop.rollout_state.clone(), loop.rollout_left.clone()
        loop.imagine()
        rows = {n: c[-10:] for n, c in loop.b_pi.window().items()}
        began = TASK.state_from_observation(rows["observation"])
        for i in range(10):
            if left[i] > 0:  # goes on from where it was
                assert TASK.difference(began[i], before[i]).abs().max() < 1e-5
            else:
                assert TASK.difference(real, began[i]).abs().amax(1).min() < 1e-5
        assert (loop.rollout_left <= 2).all()


def test_model_free_learns_from_real_transitions_one_update_a_step():
    config = LoopConfig.profile("default", model_free=True)
    loop = Loop(TASK, None, 230, config, SMALL, seed=0)
    while not loop.finished:
        loop.advance()
    assert loop.env_steps == loop.updates == 230 and len(loop.b_pi) == 230
    rows, real = loop.b_pi.window(), loop.b_e.window()
    assert torch.allclose(rows["action"] * 2, real["action"].float())
    assert not rows["terminated"].any()  # the cut at step 200 is bootstrapped through
    assert loop.episode == 1 and real["episode"].unique().tolist() == [0, 1]


def test_blocks_fits_and_updates_alternate_until_both_budgets_are_spent():
    model = BiasedModel(0.0, 0.0, 0.0)
    loop = make_loop(model, steps=450, random_steps=200, block_steps=200, updates_per_step=0.5,
                     updates=300)  # fmt: skip
    trace = []
    while not loop.finished:
        loop.advance(1000)
        trace.append((loop.env_steps, loop.updates))
    assert trace == [(200, 0), (200, 100), (400, 100), (400, 200), (450, 200), (450, 300)]
    assert [len(seen) for seen in model.seen] == [150, 300, 338]


@pytest.mark.parametrize("bias, length", [(0.0, 200), (1e-6, 200), (0.05, None), (3.0, 1)])
def test_a_model_gets_the_rollouts_it_has_earned(bias, length):
    loop = collected(BiasedModel(bias))
    if length is None:
        assert 5 < loop.rollout_length < 50  # outside the tolerance before the stretch ends
        errors = np.array(loop.validation.errors)
        assert (errors[: loop.rollout_length] <= 0.1).all() and errors[loop.rollout_length] > 0.1
    else:
        assert loop.rollout_length == length


def test_extrapolation_beyond_the_stretch_follows_the_growth_of_the_error():
    """Inside to the end of 50 steps, but drifting: some length between the stretch and 200."""
    lengths = [collected(BiasedModel(bias)).rollout_length for bias in (2e-3, 4e-3, 8e-3)]
    assert lengths == sorted(lengths, reverse=True)
    assert any(50 < length < 200 for length in lengths), lengths


def test_start_states_come_from_the_buffer_they_are_named_after():
    loop = collected(BiasedModel(0.0), recent_states=20)
    real = torch.as_tensor(loop.transitions()[0].state, dtype=torch.float32)
    for name, known in [("recent", real[-20:]), ("all", real)]:
        drawn = START_STATES[name](500, loop.b_e, loop.b_em, loop.generator)
        rows = (drawn[:, None] == known[None]).all(2)
        assert rows.any(1).all() and rows.any(0).float().mean() > 0.85, name


def hold(loop, n=50):
    loop.auditions.hold(loop.agent, loop.model, loop.b_pi, n, loop.rollout_length, loop.generator)


def test_auditions_keep_the_policy_that_is_best_in_the_model():
    loop = collected(BiasedModel(0.0))
    auditions = loop.auditions
    while loop.imagined < 500:
        loop.imagine()
    assert loop.policy is loop.agent.actor  # nothing has been auditioned yet
    hold(loop)
    first, score = loop.policy.flat.clone(), auditions.best_return
    assert score < 0 and torch.equal(first, loop.agent.actor.flat)

    b3 = loop.agent.actor.parameters[-1]
    b3[0, 0, 0] = 100.0  # full torque to one side, for ever
    hold(loop)
    one_sided, expected = loop.agent.actor.flat.clone(), 0.0
    state = auditions.states
    assert len(state) == 50
    for _ in range(loop.rollout_length):  # its return, computed without the loop
        after = TASK.true_step(state, torch.full((len(state), 1), 2.0))
        expected += TASK.reward(state, torch.full((len(state), 1), 2.0), after)
        state = after
    expected = float(expected.mean())
    if expected > score:
        assert torch.equal(loop.policy.flat, one_sided)
        assert auditions.best_return == pytest.approx(expected, rel=1e-2)
    else:
        assert torch.equal(loop.policy.flat, first) and auditions.best_return == score

    auditions.best_return = -1e9
    hold(loop)
    assert auditions.best_return == pytest.approx(expected, rel=1e-2)
    assert torch.equal(loop.policy.flat, one_sided)

    auditions.close()  # as after a refit
    assert loop.policy is loop.agent.actor and len(auditions.states) == 0


def test_auditions_start_from_imagined_states_after_the_first_quarter():
    loop = collected(BiasedModel(0.0), updates=200, audition_every=10, updates_per_step=0.0)
    heard = []
    loop.auditions.hold = lambda *arguments: heard.append(loop.updates)
    while not loop.finished:
        loop.advance()
    assert heard == list(range(50, 201, 10))
    del loop.auditions.hold
    hold(loop, n=300)
    imagined = TASK.state_from_observation(loop.b_pi.window()["observation"])
    found = (loop.auditions.states[:, None] == imagined[None]).all(2)
    assert found.any(1).all() and found.any(0).sum() > 200
    real = loop.b_em.window()["state"]
    assert loop.auditions.states[:, 1].abs().max() > real[:, 1].abs().max()  # wider than reality


def test_fixed_rollout_length_is_obeyed():
    assert collected(BiasedModel(0.0), rollout_length=7).rollout_length == 7


def test_a_refit_that_got_worse_is_not_exchanged():
    loop = make_loop(BiasedModel(1e-6, 1.0), steps=400, updates_per_step=0.0, updates=1)
    loop.advance()
    loop.advance()
    assert loop.model.bias == 1e-6 and loop.report.equations[0]["equation"] == "1e-06"
    assert loop.rollout_length == 200
    loop = make_loop(BiasedModel(1.0, 1e-6), steps=400, updates_per_step=0.0, updates=1)
    loop.advance()
    loop.advance()
    assert loop.model.bias == 1e-6 and loop.report.equations[0]["equation"] == "1e-06"


def test_stretches_do_not_cross_episodes_or_gaps():
    transitions, _ = collected(BiasedModel(0.0, 0.0), steps=220).transitions()
    held_back = np.zeros(len(transitions), bool)
    held_back[[10, 11, 12, 50, 51]] = True
    assert [len(piece) for piece in stretches(transitions, held_back)] == [3, 2]
    transitions.episode[51:] = 9
    assert [len(piece) for piece in stretches(transitions, held_back)] == [3, 1, 1]
    assert stretches(transitions, np.zeros(len(transitions), bool)) == []
    nothing = validate(None, TASK, transitions, np.zeros(len(transitions), bool), 0.1, 200)
    assert nothing.length == 0


def test_spread_of_angles_is_circular():
    around_pi = np.array([[np.pi - 0.1, 0.0], [-np.pi + 0.1, 2.0]])
    np.testing.assert_allclose(spread(TASK, around_pi), [0.1, 1.0], rtol=0.01)


def test_training_episodes_are_hashed_and_never_evaluation_episodes():
    seeds = {episode_seed(s, e) for s in range(50) for e in range(50)}
    assert len(seeds) == 2500 and min(seeds) > max(EVALUATION_SEEDS)


def test_the_oracle_at_a_small_budget_improves_the_policy():
    """2,000 small updates do not solve the task, but they must show."""
    loop = Loop(
        TASK, make_world_model("oracle", TASK, 0), 200,
        replace(LoopConfig(), updates=2000, rollouts=50),
        SACConfig(hidden=64, batch_size=128), seed=5,
    )  # fmt: skip
    seeds = range(20000, 20030)

    def mean():
        return evaluate(TASK, lambda seen: loop.agent.act(seen, deterministic=True), seeds).mean

    before = mean()
    while not loop.finished:
        loop.advance()
    assert loop.rollout_length == 200
    assert mean() > before + 300


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"start_states": "moon"}, "unknown start_states 'moon'.*recent, all"),
        ({"rollout_length": "long"}, "rollout_length"),
        ({"held_back": 1.0}, "held_back"),
    ],
)
def test_bad_configurations_are_named(changes, message):
    with pytest.raises(InputError, match=message):
        make_loop(BiasedModel(0.0), **changes)
    with pytest.raises(InputError, match="unknown profile 'big'.*default, paper, smoke"):
        LoopConfig.profile("big")
