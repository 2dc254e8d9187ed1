"""Where imagined rollouts start."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from symtut.agents.buffers import ReplayBuffer
from symtut.agents.imagination import REACHED, START_STATES, StartStates, box_bounds, centre_of_box
from symtut.errors import InputError
from symtut.tasks import make_task
from symtut.tasks.pendulum import Pendulum

TASK = make_task("pendulum")


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


def sources(rule, task=TASK, imagined=0, ended=(), **options):
    """100 real states, the last 10 of them recent; ``imagined`` rows in B_pi, some terminated."""
    real = torch.Generator().manual_seed(1)
    scale = torch.tensor([3.0, 4.0], dtype=torch.float64)
    state = (2 * torch.rand((100, 2), generator=real, dtype=torch.float64) - 1) * scale
    fields = {"reward": 1, "state": 2, "episode": 1, "terminated": 1}
    b_e = ReplayBuffer(120, fields, torch.float64)
    episode = torch.arange(100) // 30  # begins at rows 0, 30, 60 and 90
    never = torch.zeros(100)
    b_e.add(reward=torch.full((100,), 1e9), state=state, episode=episode, terminated=never)
    b_em = ReplayBuffer(10, {"state": 2})
    b_em.add(state=state)
    b_pi = ReplayBuffer(50, {"observation": 3, "next_observation": 3, "terminated": 1})
    if imagined:
        before = torch.stack([torch.zeros(imagined), torch.arange(imagined) / 100], 1)
        after = before + torch.tensor([1.0, 0.0])
        terminated = torch.zeros(imagined)
        terminated[list(ended)] = 1
        b_pi.add(
            observation=task.observation_from_state(before),
            next_observation=task.observation_from_state(after),
            terminated=terminated,
        )
    return StartStates(task, rule, b_e, b_em, b_pi, **options), state.float()


def among(drawn, known):
    """(n, m) whether a drawn state is a known one."""
    return (drawn[:, None] - known[None]).abs().amax(2) < 1e-6


@pytest.mark.parametrize("rule", START_STATES)
def test_every_rule_gives_float32_states_inside_the_bounds(rule, generator):
    starts, _ = sources(rule, imagined=20)
    drawn = starts.draw(7, generator)
    assert drawn.shape == (7, 2) and drawn.dtype == torch.float32
    again, other = (starts.draw(7, torch.Generator().manual_seed(s)) for s in (0, 1))
    assert torch.equal(drawn, again) and not torch.equal(drawn, other)
    assert (drawn[:, 0].abs() <= np.pi).all() and (drawn[:, 1].abs() <= 8).all()


REAL = {"recent": slice(-10, None), "all": slice(None), "first": slice(None, None, 30)}


@pytest.mark.parametrize("rule, rows", REAL.items())
def test_real_states_come_from_the_buffer_they_are_named_after(rule, rows, generator):
    starts, real = sources(rule)
    found = among(starts.draw(2000, generator), real[rows])
    assert found.any(1).all() and found.any(0).all()


@pytest.mark.parametrize(
    ("episodes", "ends", "same_as"), [(9, False, "box"), (10, False, "first"), (10, True, "box")]
)
def test_either_is_first_where_many_episodes_begin_and_none_ends(episodes, ends, same_as):
    def drawn(rule):
        starts, real = sources(rule)
        starts.b_e.add(
            reward=torch.zeros(20), state=torch.zeros(20, 2), terminated=torch.full((20,), ends),
            episode=4 + torch.arange(20).clamp(max=episodes - 5),
        )  # fmt: skip
        return starts.draw(50, torch.Generator().manual_seed(3))

    assert torch.equal(drawn("either"), drawn(same_as))


@pytest.mark.parametrize(("networks", "same_as"), [(True, "all"), (False, "first")])
def test_either_is_all_real_states_where_networks_predict_most(networks, same_as):
    def drawn(rule):
        starts, real = sources(rule)
        starts.b_e.add(
            reward=torch.zeros(20), state=torch.arange(40.0).view(20, 2),
            terminated=torch.zeros(20), episode=4 + torch.arange(20),
        )  # fmt: skip
        starts = replace(starts, model=SimpleNamespace(mostly_networks=networks))
        return starts.draw(50, torch.Generator().manual_seed(3))

    assert torch.equal(drawn("either"), drawn(same_as))
    assert not torch.equal(drawn("all"), drawn("first"))


def test_the_box_holds_the_observed_states_and_angles_go_all_the_way_round(generator):
    starts, real = sources("box")
    high = real[:, 1].abs().max()  # the bounds are ±8: their middle is 0
    low = -high
    drawn = starts.draw(20_000, generator)
    assert drawn[:, 1].min() >= low and drawn[:, 1].max() <= high
    assert drawn[:, 0].min() < -3.12 and drawn[:, 0].max() > 3.12  # no real angle is beyond 3
    turn = (drawn[:, 0].double() + np.pi) / (2 * np.pi)
    along = (drawn[:, 1].double() - low) / (high - low)
    for unit in (turn, along):  # uniform: the largest distance of the two distribution functions
        ordered = unit.sort().values
        distance = (ordered - torch.linspace(0, 1, len(ordered), dtype=torch.float64)).abs().max()
        assert distance < 1.63 / np.sqrt(len(ordered))  # 1 % point of Kolmogorov and Smirnov
    assert abs(np.corrcoef(turn, along)[0, 1]) < 0.03


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.5, 10.0])
def test_the_box_is_stretched_about_its_centre_up_to_the_bounds(scale):
    starts, real = sources("box", box_scale=scale)
    half = float(real[:, 1].abs().max()) * scale
    low, high = box_bounds(starts)
    assert low[1] == pytest.approx(max(-half, -8.0), abs=1e-5)
    assert high[1] == pytest.approx(min(half, 8.0), abs=1e-5)
    assert (float(low[0]), float(high[0])) == pytest.approx((-np.pi, np.pi))


def test_the_box_is_the_same_on_both_sides_whichever_was_seen():
    starts, real = sources("box")
    starts.b_e.table[:, 2] = starts.b_e.table[:, 2].abs() + 1.0  # one side only
    low, high = box_bounds(starts)
    assert low[1] == -high[1] == -starts.b_e.table[: len(real), 2].max()


@pytest.mark.parametrize("bounds", [(-np.inf, np.inf), (-8.0, np.inf), (-np.inf, 8.0)])
def test_where_a_bound_is_missing_the_middle_is_zero(monkeypatch, bounds, generator):
    starts, _ = sources("box")
    for side, bound, turn in zip(("low", "high"), bounds, (-np.pi, np.pi), strict=True):
        monkeypatch.setattr(starts.task, f"state_{side}", np.array([turn, bound]), raising=False)
    low, high = box_bounds(starts)
    assert low[1] == -high[1] and torch.isfinite(starts.draw(8, generator)).all()


def test_what_stays_far_from_zero_has_its_middle_where_it_is():
    def ends(low, high, least=-torch.inf, most=torch.inf):
        row = [torch.tensor([value], dtype=torch.float64) for value in (least, most, low, high)]
        return centre_of_box(*row).item()

    assert ends(300.0, 310.0) == 305.0 and ends(-310.0, -300.0) == -305.0
    assert ends(300.0, 310.0, least=0.0) == 305.0 and ends(300.0, 310.0, 0.0, 400.0) == 200.0
    assert ends(1.0, 3.0) == ends(-1.0, 3.0) == ends(-3.0, -1.0) == 0.0


def test_the_box_of_a_coordinate_that_never_moved_is_a_point(generator):
    starts, _ = sources("box", box_scale=2.0)
    starts.b_e.table[:, 2] = 0.25
    assert (starts.draw(50, generator)[:, 1] == 0.25).all()


def test_imagined_starts_are_states_that_rollouts_reached_and_did_not_end_in(generator):
    starts, _ = sources("model", imagined=20, ended=[3, 4])
    drawn = starts.draw(1000, generator)
    speed = torch.arange(20) / 100
    reached = torch.stack([torch.ones(20), speed], 1)
    reached[[3, 4], 0] = 0.0  # the state before the end
    found = among(drawn, reached)
    assert found.any(1).all() and found.any(0).all()


def test_imagined_starts_are_recent_real_states_while_nothing_is_imagined(generator):
    starts, real = sources("model")
    assert among(starts.draw(50, generator), real[-10:]).any(1).all()


class Goals(Pendulum):
    """The second coordinate is a goal: the angle of some state that was reached."""

    def relabel(self, states, generator, reached=None):
        self.reached = reached
        chosen = torch.randint(len(reached), (len(states),), generator=generator)
        return torch.stack([states[:, 0], reached[chosen, 0]], 1)


@pytest.mark.parametrize("rule", ["recent", "all", "model"])
def test_relabelling_sets_goals_that_real_states_reached(rule, generator):
    task = Goals()
    starts, real = sources(rule, task=task, imagined=20, relabel=True)
    drawn = starts.draw(3, generator)
    assert len(drawn) == 3 and len(task.reached) == REACHED  # not only among three
    assert among(task.reached, real).any(1).all()
    drawn = starts.draw(1000, generator)
    plain, _ = sources(rule, task=task, imagined=20)
    known = plain.draw(1000, generator)
    assert among(drawn[:, :1], known[:, :1]).any(1).all()  # where they were
    goals = among(drawn[:, 1:], real[:, :1])
    assert goals.any(1).all() and goals.any(0).float().mean() > 0.8


def test_without_the_option_goals_stay(generator):
    task = Goals()
    starts, real = sources("all", task=task)
    assert among(starts.draw(100, generator), real).any(1).all() and not hasattr(task, "reached")


def test_an_empty_buffer_has_no_extent():
    with pytest.raises(InputError, match="no extent"):
        ReplayBuffer(3, {"state": 2}).extent("state")
    buffer = ReplayBuffer(3, {"a": 1, "state": 2})
    buffer.add(a=torch.tensor([9.0, 9.0]), state=torch.tensor([[1.0, -2.0], [0.5, 4.0]]))
    low, high = buffer.extent("state")
    assert low.tolist() == [0.5, -2.0] and high.tolist() == [1.0, 4.0]
