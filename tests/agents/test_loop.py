"""The loop, its validation of models, and what it learns on a small budget."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from symtut.agents.buffers import mixed_batch
from symtut.agents.checkpoint import pack_loop, unpack_loop
from symtut.agents.config import LoopConfig
from symtut.agents.episodes import episode_seed
from symtut.agents.loop import Loop
from symtut.agents.sac import SACConfig
from symtut.agents.schedule import held_back_rows, scheduled_length
from symtut.errors import InputError
from symtut.experiments.config import RunConfig
from symtut.experiments.evaluation import evaluate
from symtut.tasks import EVALUATION_SEEDS, make_task
from symtut.tasks.pendulum import Pendulum
from symtut.world_models import make_world_model
from symtut.world_models.base import Report
from symtut.world_models.validation import spread, stretches, validate

TASK = make_task("pendulum")
SMALL = SACConfig(hidden=32, batch_size=64)
SMOKE = RunConfig.make("pendulum", "oracle", 200, 0, "smoke").loop


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
    return Loop(TASK, model, steps, replace(SMOKE, **changes), SMALL, seed=3)


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
    config = RunConfig.make("pendulum", "sac", 230, 0).loop
    loop = Loop(TASK, None, 230, config, SMALL, seed=0)
    while not loop.finished:
        loop.advance()
    assert loop.env_steps == loop.updates == 230 and len(loop.b_pi) == 230
    rows, real = loop.b_pi.window(), loop.b_e.window()
    assert torch.allclose(rows["action"] * 2, real["action"].float())
    assert not rows["terminated"].any()  # the cut at step 200 is bootstrapped through
    assert loop.episodes.number == 1 and real["episode"].unique().tolist() == [0, 1]


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


def hold(loop, n=50):
    def imagined():
        return TASK.state_from_observation(loop.b_pi.sample(n, loop.generator)["observation"])

    loop.auditions.hold(loop.agent, loop.model, imagined, loop.rollout_length)


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


def test_a_model_that_holds_on_new_data_is_not_refitted():
    changes = {"steps": 300, "refit": "on_failure", "block_steps": 50, "updates_per_step": 0.0}
    loop = make_loop(BiasedModel(1e-6), updates=1, **changes)  # a second fit would find no bias
    for _ in range(3):
        loop.advance()
    assert loop.env_steps == 300 and (loop.fits, loop.fits_spared) == (1, 2)
    assert loop.rollout_length == 200 and len(loop.model.seen) == 1

    loop = make_loop(BiasedModel(1.0, 1e-6), updates=1, **changes)
    lengths = []
    for _ in range(3):
        loop.advance()
        lengths.append(loop.rollout_length)
    assert (loop.fits, loop.fits_spared) == (2, 1)  # failed at once, then held
    assert lengths == [1, 200, 200] and len(loop.model.seen[1]) == 150 + 38


def test_failure_is_judged_as_far_as_rollouts_go_and_on_all_new_rows():
    """A bias is inside the tolerance for one step and outside it after ten."""
    for length, spared in [(1, 1), (60, 0)]:
        loop = make_loop(
            BiasedModel(0.1, 0.1), steps=280, refit="on_failure", rollout_length=length,
            updates_per_step=0.0, updates=1,
        )  # fmt: skip
        loop.advance()
        loop.advance()
        assert (loop.fits, loop.fits_spared) == (2 - spared, spared), length


def test_auditions_stay_open_while_the_model_stays():
    loop = make_loop(BiasedModel(1e-6), steps=260, refit="on_failure", block_steps=30,
                     updates_per_step=0.0, updates=1)  # fmt: skip
    loop.advance()
    while loop.imagined < 100:
        loop.imagine()
    hold(loop, n=5)
    kept = loop.auditions.best_return
    loop.advance()
    assert loop.fits_spared == 1 and loop.auditions.best_return == kept


def test_fits_on_a_clock_of_their_own_and_what_they_hold_back():
    model = BiasedModel(*[0.0] * 5)
    loop = make_loop(model, steps=330, block_steps=1, refit_every=40, updates_per_step=0.0,
                     updates=1)  # fmt: skip
    fitted_at = []
    for _ in range(131):
        before = loop.fits
        loop.advance()
        if loop.fits > before:
            fitted_at.append(loop.env_steps)
    assert loop.env_steps == 330 and fitted_at == [200, 240, 280, 320, 330]
    held_back = np.flatnonzero(loop.transitions()[1])
    expected = [*range(150, 200), *range(230, 240), *range(270, 280), *range(310, 320), 328, 329]
    assert held_back.tolist() == expected
    assert [len(seen) for seen in model.seen] == [150, 180, 210, 240, 248]


def test_held_back_rows_are_one_stretch_where_the_clock_is_no_multiple_of_the_block():
    config = LoopConfig(block_steps=30, refit_every=50)  # fits at 60 real steps after the last
    rows = [held_back_rows(config, 30, 200 + 30 * i, 200, 1000) for i in range(2)]
    assert torch.cat(rows).nonzero()[:, 0].tolist() == list(range(45, 60))
    last = held_back_rows(config, 20, 200, 200, 220)  # the budget ends before the clock
    assert last.nonzero()[:, 0].tolist() == list(range(15, 20))


def test_the_schedule_counts_epochs_after_the_random_steps():
    """Against the formula written out: epochs 2 to 6, lengths 1 to 15, 100 real steps an epoch."""
    config = LoopConfig(
        rollout_length="scheduled", random_steps=200, epoch_steps=100, schedule_from=2,
        schedule_to=6, shortest_rollout=1, longest_rollout=15,
    )  # fmt: skip
    lengths = {steps: scheduled_length(config, 200, steps) for steps in range(0, 1200)}
    assert [lengths[200 + 100 * epoch] for epoch in range(9)] == [1, 1, 1, 4, 8, 11, 15, 15, 15]
    assert all(lengths[steps] == lengths[steps // 100 * 100] for steps in lengths)
    assert lengths[0] == lengths[199] == 1
    to_the_horizon = replace(config, longest_rollout=None)
    assert scheduled_length(to_the_horizon, 200, 10_000) == 200
    at_once = replace(config, schedule_from=0, schedule_to=0)
    assert [scheduled_length(at_once, 200, steps) for steps in (200, 299, 300)] == [1, 1, 15]


def test_a_scheduled_loop_lengthens_between_fits_too():
    loop = make_loop(
        BiasedModel(0.0, 0.0), steps=240, block_steps=10, refit_every=1000, updates=1,
        rollout_length="scheduled", epoch_steps=20, schedule_from=0, schedule_to=2,
        longest_rollout=9, updates_per_step=0.0,
    )  # fmt: skip
    lengths = []
    for _ in range(5):
        loop.advance()
        lengths.append((loop.env_steps, loop.rollout_length, loop.fits))
    assert lengths == [(200, 1, 1), (210, 1, 1), (220, 5, 1), (230, 5, 1), (240, 9, 2)]


def test_batches_hold_their_share_of_real_transitions():
    loop = collected(BiasedModel(0.5))  # wrong, so that real and imagined can be told apart
    while loop.imagined < 400:
        loop.imagine()
    for fraction, real in [(0.0, 0), (0.05, 3), (0.5, 32), (1.0, 64)]:
        rows = mixed_batch(loop.b_pi, loop.b_e, 64, fraction, TASK, loop.generator)
        assert {name: column.shape[1] for name, column in rows.items()} == loop.b_pi.fields
        assert all(len(c) == 64 and c.dtype == torch.float32 for c in rows.values())
        state = TASK.state_from_observation(rows["observation"])
        action = TASK.from_unit_action(rows["action"])
        after = TASK.state_from_observation(rows["next_observation"])
        # (speeds at the bound hide the bias)
        true = TASK.difference(after, TASK.true_step(state, action)).abs().amax(1) < 1e-4
        clipped = after[:, 1].abs() > 7.4
        assert true[:real].all() and (true | clipped)[real:].sum() == clipped[real:].sum(), fraction
        torch.testing.assert_close(
            rows["reward"][:, 0], TASK.reward(state, action, after), rtol=1e-4, atol=1e-4
        )


def test_the_loop_learns_from_the_share_that_is_configured(monkeypatch):
    shares = []

    def recorded(b_pi, b_e, n, share, task, generator):
        shares.append(share)
        return mixed_batch(b_pi, b_e, n, share, task, generator)

    monkeypatch.setattr("symtut.agents.loop.mixed_batch", recorded)
    collected(BiasedModel(0.0), real_fraction=0.25).learn()
    free = Loop(TASK, None, 20, replace(LoopConfig(), real_fraction=0.5), SMALL, seed=0)
    free.advance()
    free.learn()
    assert shares == [0.25, 0.0]  # without a model B_pi is real already


class RewardingModel(BiasedModel):
    """Has learned a reward of its own: the action."""

    def reward(self, state, action, next_state):
        return action[:, 0]


def test_a_learned_reward_takes_the_place_of_the_tasks():
    loop = collected(RewardingModel(0.0))
    while loop.imagined < 100:
        loop.imagine()
    rows = loop.b_pi.window()
    torch.testing.assert_close(rows["reward"], TASK.from_unit_action(rows["action"]))
    loop.rollout_length = 3
    loop.agent.actor.parameters[-1][0, 0, 0] = 100.0  # full torque
    hold(loop, n=10)
    assert loop.auditions.best_return == pytest.approx(3 * 2.0, rel=1e-3)

    model = BiasedModel(0.0)
    model.reward = None  # a model that could learn it, but was not asked to
    loop = collected(model)
    loop.imagine()
    assert (loop.b_pi.window()["reward"] < 0).all()


def test_imagined_steps_with_an_undefined_reward_are_dropped():
    model = BiasedModel(0.0)
    model.reward = lambda state, action, next_state: action[:, 0].log()  # NaN for half of them
    loop = collected(model)
    loop.imagine()
    action = loop.b_pi.window()["action"]
    assert 0 < len(action) < loop.config.rollouts and (action > 0).all()


class EndingPendulum(Pendulum):
    """Ends where the pole is upright; draws the velocity anew as its goal."""

    def terminated(self, state, action, next_state):
        return abs(next_state[..., 0]) < 0.3

    def relabel(self, states, generator, reached=None):
        drawn = torch.rand(len(states), generator=generator)
        return torch.stack([states[:, 0], drawn], 1)


def test_auditions_count_nothing_after_the_end():
    model = BiasedModel(0.0)
    model.reward = lambda state, action, next_state: torch.where(
        abs(state[:, 0]) < 0.3, torch.nan, 1.0
    )
    loop = Loop(EndingPendulum(), model, 200, SMOKE, SMALL, seed=3)
    loop.advance()
    loop.auditions.states = torch.tensor([[1.0, -5.0], [-1.0, 5.0], [3.1, 0.0]])
    loop.auditions.best_return = -1e9
    hold(loop)
    state, steps = loop.auditions.states, 0.0
    alive = torch.ones(len(state), dtype=torch.bool)
    for _ in range(loop.rollout_length):
        steps += float(alive.sum())
        seen = TASK.observation_from_state(state)
        state = TASK.true_step(state, 2 * loop.agent.act(seen, deterministic=True))
        alive &= ~(abs(state[:, 0]) < 0.3)
    assert loop.auditions.best_return == pytest.approx(steps / len(state), rel=1e-3)
    assert alive.tolist() == [False, False, True]


class FirstBad(BiasedModel):
    """Biased as long as it has seen fewer than 180 transitions."""

    def fit(self, transitions, held_out=None):
        self.biases = [0.5 if len(transitions) < 180 else 0.0]
        return super().fit(transitions, held_out)


@pytest.mark.parametrize("start_states", ["model", "box"])
def test_a_loop_with_every_option_goes_on_from_its_checkpoint(start_states):
    """Cut within an episode, after a spared fit, and compared with the uncut loop."""

    def fresh():
        config = replace(
            SMOKE, random_steps=200, block_steps=20, refit="on_failure", refit_every=40,
            rollout_length="scheduled", epoch_steps=60, schedule_from=0, schedule_to=3,
            longest_rollout=6, start_states=start_states, box_scale=1.2, relabel=True,
            real_fraction=0.1, updates_per_step=0.25, updates=130, audition_every=10, warm_up=100,
        )  # fmt: skip
        return Loop(EndingPendulum(), FirstBad(), 460, config, SMALL, seed=4)

    def finished(loop):
        while not loop.finished:
            loop.advance(7)
        return pack_loop(loop)

    loop = fresh()
    while not (loop.fits_spared and loop.fits == 2 and loop.episodes.observation is not None):
        loop.advance(7)
    assert loop.env_steps < 460 and loop.updates > 0
    tensors, values = pack_loop(loop)
    tensors = {name: tensor.clone() for name, tensor in tensors.items()}
    whole, whole_values = finished(loop)
    cut = fresh()
    unpack_loop(cut, tensors, values)
    again, again_values = finished(cut)
    assert again_values == whole_values
    assert all(torch.equal(again[name], whole[name]) for name in whole)


def test_stretches_do_not_cross_episodes_or_gaps():
    transitions, _ = collected(BiasedModel(0.0, 0.0), steps=220).transitions()
    held_back = np.zeros(len(transitions), bool)
    held_back[[10, 11, 12, 50, 51]] = True
    assert [len(piece) for piece in stretches(TASK, transitions, held_back)] == [3, 2]
    transitions.episode[51:] = 9
    assert [len(piece) for piece in stretches(TASK, transitions, held_back)] == [3, 1, 1]
    assert stretches(TASK, transitions, np.zeros(len(transitions), bool)) == []
    transitions.episode[51:] = transitions.episode[50]
    transitions.next_state[11, 1] = 8.0  # the speed limit has acted: no equation is judged by it
    assert [len(piece) for piece in stretches(TASK, transitions, held_back)] == [1, 1, 2]
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
        (
            {"start_states": "moon"},
            "unknown start_states 'moon'.*recent, all, first, box, either, model",
        ),
        ({"refit": "never"}, "unknown refit 'never'.*clock, on_failure"),
        ({"rollout_length": "long"}, "must be 'validated' or 'scheduled' or a whole"),
        ({"rollout_length": 0}, "rollout_length"),
        ({"held_back": 1.0}, "held_back"),
        ({"real_fraction": 1.1}, "real_fraction"),
        ({"box_scale": 0.0}, "box_scale"),
        ({"longest_rollout": 3, "shortest_rollout": 4}, r"longest_rollout \(3\)"),
        ({"schedule_from": 3, "schedule_to": 2}, r"schedule_to \(2\)"),
    ],
)
def test_bad_configurations_are_named(changes, message):
    with pytest.raises(InputError, match=message):
        LoopConfig(**changes)
    with pytest.raises(InputError, match="--steps must be at least 1"):
        make_loop(BiasedModel(0.0), steps=0)
