"""Networks or the mean of a speed take an equation's place where it errs more."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from symtut.agents.imagination import reward_function
from symtut.errors import InputError
from symtut.experiments.results import Result
from symtut.expressions import Expression
from symtut.tasks import Transitions
from symtut.tasks.discovered import DiscoveredTask, Discovery, Formula
from symtut.tasks.state_map import Coordinate
from symtut.world_models import make_world_model
from symtut.world_models.ensemble import EnsembleWorldModel
from symtut.world_models.fallback import BOUNDED, HOLDS, MOVED, NETWORK, WithNetworks
from symtut.world_models.sparse import SparseWorldModel
from tests.tasks.made_up import registered

SMALL = {"hidden": 32, "hidden_layers": 2, "members": 3, "elites": 2, "longest": 1200}


def made(n=600, seed=0):
    """x' = x + 0.1 a - 0.05 x; y follows a saw of both, which no short formula is; and
    z' = z + 0.01 (y + y')."""
    generator, rows, state = np.random.default_rng(seed), [], np.zeros(3)
    for step in range(n):
        if step % 30 == 0:
            state = np.array([*generator.uniform(-1, 1, 2), 0.0])
        action = generator.uniform(-1, 1, 1)
        saw = 0.2 * np.arcsin(np.sin(4 * state[0] + 5 * state[1]))
        y = state[1] + saw - 0.1 * state[1]
        z = state[2] + 0.01 * (state[1] + y)
        after = np.array([state[0] + 0.1 * action[0] - 0.05 * state[0], y, z])
        rows.append((state, action, after, 0.0, False, step // 30))
        state = after
    return Transitions(*(np.array(column) for column in zip(*rows, strict=True)))


@pytest.fixture(scope="module")
def task():
    nothing = Formula(Expression(("C",), (0.0,)), (0,))
    coordinates = tuple(Coordinate(f"o{k}", (k,)) for k in range(3))
    env_id = registered("Saw", observations=3, actions=1)
    return DiscoveredTask(Discovery(env_id, coordinates, {}, nothing, lowest_reward=0.0))


@pytest.fixture(scope="module")
def fitted(task):
    model = make_world_model("sparse", task, 0)
    assert isinstance(model, WithNetworks)
    model.networks = EnsembleWorldModel(task, SMALL)
    seen = made()
    return model, seen, model.fit(seen[:450], seen[450:])


def test_each_coordinate_has_what_errs_less(fitted):
    model, _, report = fitted
    assert model.source.tolist() == [HOLDS, NETWORK, MOVED]
    good, bad, moved = report.equations
    assert good["target"] == "delta_o0" and good["r2_holdout"] > 1 - 1e-9
    assert (bad["target"], bad["kind"], bad["equation"]) == ("delta_o1", "network", "")
    assert bad["equation_left_over"] > 0.01 and "predicted by networks" in bad["words"]
    assert moved["equation"] == "0.01*(o1 + o1_next)" and moved["kind"] == "midpoint"
    assert moved["inputs"] == ["o1", "o1_next"] and moved["r2_holdout"] > 1 - 1e-9


def test_a_model_says_whether_it_is_mostly_networks(fitted, task):
    model, _, _ = fitted
    assert not model.mostly_networks  # one of three
    other = WithNetworks(SparseWorldModel(task))
    other.source[:2] = NETWORK
    assert other.mostly_networks


def test_what_moves_with_its_speed_moves_with_the_predicted_one(fitted):
    model, seen, _ = fitted
    state, action = (torch.as_tensor(x[450:]).float() for x in (seen.state, seen.action))
    after = model.predict(state, action)
    torch.testing.assert_close(after[:, 2], state[:, 2] + 0.01 * (state[:, 1] + after[:, 1]))


def test_two_coordinates_are_not_each_others_speed():
    """x' = x + 0.1 (y + y')/2 and y' = y - 0.1 (x + x')/2, an oscillator: one at most."""
    env_id = registered("Oscillator", observations=2, actions=1)
    coordinates = tuple(Coordinate(f"o{k}", (k,)) for k in range(2))
    nothing = Formula(Expression(("C",), (0.0,)), (0,))
    task = DiscoveredTask(Discovery(env_id, coordinates, {}, nothing, lowest_reward=0.0))
    turn = np.array([[1, 0.05], [-0.05, 1]])
    state = np.random.default_rng(0).normal(size=(100, 2))
    after = state @ (np.linalg.inv(turn.T) @ turn).T
    none = np.zeros(100)
    seen = Transitions(state, none[:, None], after, none, none > 0, np.arange(100))
    model = WithNetworks(SparseWorldModel(task))
    model.source[:] = BOUNDED
    model._find_speeds(seen)
    assert sorted(abs(model.per_step).tolist()) == pytest.approx([0, 0.1])


def test_the_equation_holds_outside_the_box_and_the_network_is_asked_at_its_side(fitted):
    model, seen, _ = fitted
    far = torch.tensor([[30.0, 0.1, 0.0]])
    action = torch.tensor([[0.5]])
    side = torch.tensor([[float(np.maximum(seen.state, seen.next_state)[:450, 0].max()), 0.1, 0.0]])
    moved, at_side = model.predict(far, action), model.predict(side, action)
    assert float(moved[0, 0]) == pytest.approx(30 + 0.05 - 1.5, abs=1e-3)
    assert float(moved[0, 1]) == pytest.approx(float(at_side[0, 1]), abs=1e-5)


def test_what_errs_less_beats_either_alone(fitted):
    model, seen, _ = fitted
    state, action = (torch.as_tensor(x[450:]).float() for x in (seen.state, seen.action))
    after, chosen = torch.as_tensor(seen.next_state[450:]).float(), model.source.clone()

    def error(source):
        model.source = torch.tensor(source)
        return float((model.predict(state, action) - after).square().sum())

    mixed, equations, networks = (error(s) for s in (chosen.tolist(), [0, 1, 1], [2, 2, 2]))
    model.source = chosen
    assert mixed < 0.5 * equations and mixed < networks


def test_a_stored_model_predicts_the_same(fitted, task):
    model, seen, _ = fitted
    again = make_world_model("sparse", task, 1)
    again.networks = EnsembleWorldModel(task, SMALL)
    again.load_state_dict(model.state_dict())
    state, action = (torch.as_tensor(x).float() for x in (seen.state, seen.action))
    assert torch.equal(again.predict(state, action), model.predict(state, action))


def test_without_held_out_steps_nothing_is_exchanged(task):
    model = make_world_model("sparse", task, 0)
    model.fit(made(100))
    assert model.source.tolist() == [HOLDS, BOUNDED, BOUNDED]
    assert not model.networks.fits_done


def test_a_run_whose_networks_are_not_stored_says_so(tmp_path):
    rows = [{"target": "delta_o1", "equation": "", "kind": "network"}]
    run = Result(tmp_path, {}, {}, [], rows)
    with pytest.raises(InputError, match="delta_o1 is predicted by networks"):
        run.world_model()


def test_a_reward_without_a_formula_is_paid_by_networks(task):
    """A function of position and action, about which the formula, a constant, says nothing."""
    seen = made()
    reward = np.sin(2 * seen.state[:, 0] + seen.action[:, 0])
    seen = replace(seen, reward=reward)
    poor = DiscoveredTask(replace(task.found, reward_left_over=1.0))
    model = make_world_model("sparse", poor, 0)
    model.networks = EnsembleWorldModel(poor, SMALL, learned_reward=True)
    assert reward_function(model, poor) == poor.imagined_reward  # as long as nothing is learned
    row = model.fit(seen[:450], seen[450:]).equations[-1]
    assert (row["target"], row["kind"]) == ("reward", "network")
    assert "networks leave 0.0" in row["words"] and "the formula 1" in row["words"]
    step = [torch.as_tensor(x[450:]).float() for x in (seen.state, seen.action, seen.next_state)]
    pays = reward_function(model, poor)
    assert float((pays(*step) - torch.as_tensor(reward[450:])).square().mean()) < 0.1 * reward.var()
    far = [step[0] + 100, *step[1:]]  # inside the box of the data alone
    assert float(pays(*far).abs().max()) < 3
    again = WithNetworks(SparseWorldModel(poor))
    again.networks = EnsembleWorldModel(poor, SMALL, learned_reward=True)
    again.load_state_dict(model.state_dict())
    torch.testing.assert_close(reward_function(again, poor)(*step), pays(*step))


def test_a_good_formula_stays_and_mbpo_learns_what_has_none(task):
    assert not make_world_model("sparse", task, 0).networks.learned_reward
    assert not make_world_model("mbpo", task, 0).learned_reward
    poor = DiscoveredTask(replace(task.found, reward_left_over=0.2))
    assert make_world_model("mbpo", poor, 0).learned_reward
    assert not make_world_model("mbpo", poor, 0, learned_reward=False).learned_reward
    assert DiscoveredTask(Discovery.from_json(poor.found.as_json())).found.reward_left_over == 0.2
