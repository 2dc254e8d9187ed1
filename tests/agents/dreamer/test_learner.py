"""Dreamer as a whole: a world with a known value, a reward that comes late, what is stored."""

from dataclasses import replace

import gymnasium
import numpy as np
import pytest
import torch

from symtut.agents.buffers import ReplayBuffer
from symtut.agents.config import LoopConfig
from symtut.agents.dreamer.agent import Dreamer
from symtut.agents.dreamer.config import DreamerConfig
from symtut.agents.dreamer.functions import (
    action_distribution,
    log_prob_and_entropy,
    two_hot_mean,
)
from symtut.agents.dreamer.loop import DreamerLoop
from symtut.agents.dreamer.networks import Latent
from symtut.agents.dreamer.policy import DreamerPolicy
from symtut.agents.dreamer.replay import draw_sequences, fields
from symtut.errors import InputError
from symtut.tasks import Task

SMALL = DreamerConfig(
    deter=16, blocks=2, stoch=4, hidden=16, units=16, layers=1, bins=63, batch_size=8, length=8,
    imagined_steps=4, learning_rate=3e-3, warm_up_updates=10, gamma=0.9,
)  # fmt: skip


class Cue(gymnasium.Env):
    """It shows a cue, +1 or -1, once; in the steps ``due`` it pays for the first action.

    Nothing is seen later, so that a reward can be told from memory alone, and only if the first
    action, and not the one before or after it, is remembered with its episode.
    """

    observation_space = gymnasium.spaces.Box(-1, 1, (1,))
    action_space = gymnasium.spaces.Box(-1, 1, (1,))

    def __init__(self, pays, due):
        self.pays, self.due = pays, due

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.cue, self.actions = float(self.np_random.choice([-1.0, 1.0])), []
        return np.array([self.cue]), {}

    def step(self, action):
        self.actions.append(float(action[0]))
        now = len(self.actions)
        reward = self.pays(self.cue, self.actions[0]) if now in self.due else 0.0
        return np.zeros(1), reward, now == max(self.due), False, {}


class CueTask(Task):
    name, env_id = "cue", "none"
    state_names, action_names, angular = ("cue",), ("answer",), (False,)
    state_low, state_high = np.array([-1.0]), np.array([1.0])
    action_low, action_high = np.array([-1.0]), np.array([1.0])
    observation_size, horizon, solved_return = 1, 10, 1.0
    due = (3,)

    @staticmethod
    def pays(cue, first_action):
        return cue * first_action

    def make_env(self):
        return Cue(self.pays, self.due)

    def state_from_observation(self, observation):
        return observation

    observation_from_state = state_from_observation

    def reward(self, state, action, next_state):
        raise NotImplementedError  # Dreamer learns it

    terminated = start_state = reward


class TimedCue(CueTask):
    horizon = 2  # the time is over before the world is


class LateCue(CueTask):
    due = (1, 2)  # at once, and again a step late

    @staticmethod
    def pays(cue, first_action):
        return first_action


def loop_of(task, steps, random_steps, config=SMALL, **choices):
    chosen = {"block_steps": 1, "updates_per_step": 0.0, "learning_rate_decay": 0.0} | choices
    return DreamerLoop(task, steps, LoopConfig(random_steps=random_steps, **chosen), config, 100)


def test_rows_hold_the_action_and_the_reward_that_led_to_an_observation():
    loop = loop_of(CueTask(), 30, 30)
    loop.interact()
    rows = {name: column[:, 0].numpy() for name, column in loop.b_pi.window().items()}
    assert len(rows["reward"]) == 40  # four rows for the three steps of each of ten episodes
    first, last = np.arange(40) % 4 == 0, np.arange(40) % 4 == 3
    assert (rows["first"] == first).all()
    assert (rows["last"] == last).all() and (rows["ended"] == last).all()
    assert (rows["action"][first] == 0).all() and (rows["reward"][~last] == 0).all()
    cues, answers = rows["observation"][first], rows["action"][np.arange(40) % 4 == 1]
    np.testing.assert_allclose(rows["reward"][last], cues * answers, rtol=1e-6)
    np.testing.assert_allclose(loop.b_e.window()["action"][::3, 0], answers, rtol=1e-6)
    timed = loop_of(TimedCue(), 30, 30)
    timed.interact()
    rows = timed.b_pi.window()
    assert rows["last"].sum() == 15 and rows["ended"].sum() == 0  # a time-out is no end


def test_sequences_follow_time_and_remember_the_state_before_them():
    buffer = ReplayBuffer(20, fields(CueTask(), SMALL))
    n = torch.arange(30.0)
    state = {"deter": n[:, None].expand(30, 16), "stoch": n[:, None].expand(30, 16)}
    flags = {name: n for name in ("observation", "action", "reward", "first", "last", "ended")}
    buffer.add(**flags, **state)  # the first ten are overwritten
    columns, rows = draw_sequences(buffer, 500, 8, torch.Generator().manual_seed(0))
    seen = columns["observation"][..., 0]
    assert (seen[1:] - seen[:-1] == 1).all()
    assert (columns["deter"][..., 0] == seen).all()
    assert seen.min() == 10 and seen.max() == 29
    assert torch.equal(buffer.table[rows, 0], seen)


def test_states_are_stored_in_acting_and_refreshed_in_learning():
    loop = loop_of(CueTask(), 40, 40)
    loop.interact()
    state = loop.agent.state
    last = loop.b_pi.window(1)
    assert torch.equal(last["deter"], state.deter) and torch.equal(last["stoch"], state.stoch)
    before = loop.b_pi.table.clone()
    loop.agent.update(loop.b_pi)
    width = SMALL.feature
    assert torch.equal(loop.b_pi.table[:, :-width], before[:, :-width])
    changed = (loop.b_pi.table != before).any(1)
    assert 8 <= changed.sum() <= 8 * 8


def test_an_episode_is_followed_in_learning_as_in_acting():
    """Up to the draws of the categoricals: with the noise of acting the states are the same."""
    agent = Dreamer(1, 1, SMALL, torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    noise = torch.rand(12, 1, 4, generator=generator)
    agent._noise = lambda *shape: noise[: shape[0]] if shape[0] > 1 else noise[[step]]
    observations = torch.randn(12, 1, generator=generator)
    actions = torch.randn(12, 1, generator=generator)
    first = torch.arange(12) % 5 == 0
    acted = []
    for step in range(12):
        action = torch.zeros(1) if first[step] else actions[step]
        acted.append(agent.see(observations[step], action, bool(first[step])))
    with torch.no_grad():
        # What led to a first row is masked, and so is the state before it.
        before = agent.actor.rssm.initial(1)
        before = type(before)(*(part + 7 for part in before))
        states, _ = agent._follow(before, actions[:, None], observations[:, None], first[:, None])
    for t, state in enumerate(acted):
        torch.testing.assert_close(states.deter[t], state.deter)
        torch.testing.assert_close(states.stoch[t], state.stoch)


#: As much from each update, of short sequences: episodes are short.
QUICK = replace(
    SMALL, hidden=32, units=32, batch_size=32, length=4, imagined_steps=3, learning_rate=1e-2
)


def foretold(agent, task, shift=0):
    """How well rewards of 200 fresh episodes are predicted: R^2 by step, 1 for all of it.

    ``shift`` says how many rows too late the world model sees the actions.
    """
    generator, steps = torch.Generator().manual_seed(5), max(task.due)
    seen, first = torch.zeros(steps + 1, 200, 1), torch.zeros(steps + 1, 200, dtype=torch.bool)
    seen[0] = torch.randint(0, 2, (200, 1), generator=generator) * 2.0 - 1
    first[0] = True
    action = torch.rand(steps + 1, 200, 1, generator=generator) * 2 - 1  # [1] is the first one
    with torch.no_grad():
        states, _ = agent._follow(agent.actor.rssm.initial(200), action.roll(shift, 0), seen, first)
        reward = two_hot_mean(agent.actor.reward(states.feature), agent.bins)
    truth = task.pays(seen[0], action[1])[:, 0]
    return {due: float(1 - (reward[due] - truth).square().mean() / truth.var()) for due in task.due}


@pytest.mark.parametrize("shift", [0, -1, 1])
def test_a_late_reward_is_foretold_from_the_right_pairing_alone(shift):
    """By the world model, from random episodes, with each action in its row or in another one.

    From the right pairing the policy learns to take the action that pays.
    """
    task = LateCue()
    loop = loop_of(task, 400, 400, QUICK)
    loop.interact()
    agent, table = loop.agent, loop.b_pi.table[: len(loop.b_pi)]
    column = list(loop.b_pi.fields).index("action")
    table[:, column] = table[:, column].roll(shift)
    for _ in range(250):
        columns, _ = draw_sequences(loop.b_pi, QUICK.batch_size, QUICK.length, agent.generator)
        before = Latent(columns["deter"][0], columns["stoch"][0])
        real = {name: column[1:] for name, column in columns.items()}
        losses, _ = agent.world_model_losses(before, real)
        agent.optimizer.step(sum(losses.values()))
    at_once, late = foretold(agent, task, shift).values()
    if shift == 0:
        assert at_once > 0.9 and late > 0.9
        for _ in range(60):
            agent.update(loop.b_pi)
        policy = DreamerPolicy(task, agent.actor)
        answers = policy.unit_action(torch.tensor([[-1.0], [1.0]]))
        assert answers.min() > 0.5  # whatever the cue
    else:
        assert at_once < 0.3  # a row too early it is masked, a row too late it is not there yet
        assert (late < 0.3) == (shift < 0)


def test_each_imagined_action_is_judged_by_what_comes_after_it(monkeypatch):
    """With heads that say: the reward of arriving in a state is the action that led there."""
    agent = Dreamer(1, 1, replace(SMALL, entropy=0.0), torch.Generator().manual_seed(0))
    nets, mixing, live = agent.actor, SMALL.mixing, 0.9
    actions = torch.randn(5, 3, 1, generator=torch.Generator().manual_seed(1)).clamp(-1, 1)
    deter = torch.zeros(5, 3, SMALL.deter)
    deter[1:, :, 0] = actions[:-1, :, 0]
    nets.rssm.imagine = lambda start, policy, noise: (Latent(deter, torch.zeros(5, 3, 16)), actions)
    monkeypatch.setattr("symtut.agents.dreamer.agent.two_hot_mean", lambda x, bins: x[..., 0])
    nets._modules["reward"] = lambda feature: feature[..., :1]
    nets._modules["proceed"] = lambda feature: torch.full((*feature.shape[:-1], 1), 2.1972246)
    starts = Latent(torch.zeros(1, 3, SMALL.deter), torch.zeros(1, 3, 16))
    losses, start_returns = agent.imagination_losses(starts)  # values are 0 at first
    expected, returns = 0.0, torch.zeros(3)
    for k in reversed(range(4)):
        returns = actions[k, :, 0] + (live * mixing * returns if k < 3 else 0.0)
        mean, std = action_distribution(nets.policy(torch.cat([deter[k], torch.zeros(3, 16)], -1)))
        log_prob, _ = log_prob_and_entropy(mean, std, actions[k])
        expected = expected - (live ** (k + 1) * returns * log_prob).sum() / 12
    torch.testing.assert_close(start_returns[0], returns, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(losses["policy"], expected, rtol=1e-4, atol=1e-4)


def test_the_value_of_two_states_is_the_known_one():
    """Two states take turns, whatever is done; one pays 1. Bellman: v0 = g v1 + 1, v1 = g v0."""
    config = DreamerConfig(
        deter=16, blocks=2, stoch=4, hidden=16, units=16, layers=1, batch_size=8, length=8,
        imagined_steps=4, learning_rate=5e-3, warm_up_updates=10, gamma=0.8, slow_rate=0.1,
    )  # fmt: skip
    agent = Dreamer(1, 1, config, torch.Generator().manual_seed(0))
    buffer = ReplayBuffer(201, fields(CueTask(), config))
    t = torch.arange(201.0)
    state = {"deter": torch.zeros(201, 16), "stoch": torch.zeros(201, 16)}
    flags = {"reward": (t % 2) * (t > 0), "first": t == 0, "last": t == 200, "ended": 0 * t}
    noise = torch.rand(201, generator=torch.Generator().manual_seed(1)) * 2 - 1
    buffer.add(observation=t % 2, action=noise, **flags, **state)
    for _ in range(250):
        agent.update(buffer)
    columns, _ = draw_sequences(buffer, 50, 20, torch.Generator().manual_seed(2))
    at = columns["observation"][1:, :, 0] > 0
    states = torch.cat([columns["deter"], columns["stoch"]], -1)[1:]
    with torch.no_grad():
        value = two_hot_mean(agent.actor.value(states), agent.bins)
    # From state 0 the next row pays 1: v0 = 1 + g v1, v1 = g v0.
    v0 = 1 / (1 - 0.8**2)
    assert float(value[~at].median()) == pytest.approx(v0, rel=0.1)
    assert float(value[at].median()) == pytest.approx(0.8 * v0, rel=0.1)


def test_too_few_steps_are_refused():
    with pytest.raises(InputError, match="length = 8"):
        loop_of(CueTask(), 8, 100)
    with pytest.raises(InputError, match="length = 8"):
        loop_of(CueTask(), 100, 8)


@pytest.mark.parametrize(
    "wrong", [{"blocks": 3}, {"classes": 1}, {"bins": 20}, {"gamma": 1.5}, {"slow_rate": -0.1}]
)
def test_sizes_that_do_not_fit_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        DreamerConfig(**wrong)
