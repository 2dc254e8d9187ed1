"""Networks take the place of an equation where it errs more, inside the box of the data."""

import numpy as np
import pytest
import torch

from symtut.errors import InputError
from symtut.experiments.results import Result
from symtut.expressions import Expression
from symtut.tasks import Transitions
from symtut.tasks.discovered import DiscoveredTask, Discovery, Formula
from symtut.tasks.state_map import Coordinate
from symtut.world_models import make_world_model
from symtut.world_models.ensemble import EnsembleWorldModel
from symtut.world_models.fallback import BOUNDED, HOLDS, NETWORK, WithNetworks
from tests.tasks.made_up import registered

SMALL = {"hidden": 32, "hidden_layers": 2, "members": 3, "elites": 2, "longest": 1200}


def made(n=600, seed=0):
    """x' = x + 0.1 a - 0.05 x; y follows a saw of both, which no short formula is."""
    generator, rows, state = np.random.default_rng(seed), [], np.zeros(2)
    for step in range(n):
        if step % 30 == 0:
            state = generator.uniform(-1, 1, 2)
        action = generator.uniform(-1, 1, 1)
        saw = 0.2 * np.arcsin(np.sin(4 * state[0] + 5 * state[1]))
        after = state + [0.1 * action[0] - 0.05 * state[0], saw - 0.1 * state[1]]
        rows.append((state, action, after, 0.0, False, step // 30))
        state = after
    return Transitions(*(np.array(column) for column in zip(*rows, strict=True)))


@pytest.fixture(scope="module")
def task():
    nothing = Formula(Expression(("C",), (0.0,)), (0,))
    coordinates = tuple(Coordinate(f"o{k}", (k,)) for k in range(2))
    env_id = registered("Saw", observations=2, actions=1)
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
    assert model.source.tolist() == [HOLDS, NETWORK]
    good, bad = report.equations
    assert good["target"] == "delta_o0" and good["r2_holdout"] > 1 - 1e-9
    assert (bad["target"], bad["kind"], bad["equation"]) == ("delta_o1", "network", "")
    assert bad["equation_left_over"] > 0.01 and "predicted by networks" in bad["words"]


def test_the_equation_holds_outside_the_box_and_the_network_is_asked_at_its_side(fitted):
    model, seen, _ = fitted
    far = torch.tensor([[30.0, 0.1]])
    action = torch.tensor([[0.5]])
    side = torch.tensor([[float(np.maximum(seen.state, seen.next_state)[:450, 0].max()), 0.1]])
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

    mixed, equations, networks = (error(s) for s in (chosen.tolist(), [0, 1], [2, 2]))
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
    assert model.source.tolist() == [HOLDS, BOUNDED]
    assert not model.networks.fits_done


def test_a_run_whose_networks_are_not_stored_says_so(tmp_path):
    rows = [{"target": "delta_o1", "equation": "", "kind": "network"}]
    run = Result(tmp_path, {}, {}, [], rows)
    with pytest.raises(InputError, match="delta_o1 is predicted by networks"):
        run.world_model()
