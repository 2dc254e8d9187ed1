"""The ensemble of probabilistic networks, against plain networks and known truths."""

import numpy as np
import pytest
import torch

from symtut.errors import InputError
from symtut.tasks import Task, Transitions, make_task
from symtut.tensors import load_tensors, save_tensors
from symtut.world_models import make_world_model
from symtut.world_models.ensemble import EnsembleWorldModel
from symtut.world_models.networks import (
    EnsembleConfig,
    ProbabilisticNetworks,
    ensemble_config,
    negative_log_likelihood,
)

SMALL = {"members": 4, "elites": 3, "hidden_layers": 2, "hidden": 24, "batch_size": 32}


class Line(Task):
    """One coordinate x in [-3, 3], one action: x' = x + 0.5 sin x + u + noise of known spread.

    The noise is 0.1 left of the origin and 0.4 right of it. ``mark`` never moves.
    """

    name, env_id = "line", "none"
    state_names, action_names, angular = ("x", "mark"), ("u",), (False, False)
    state_low, state_high = np.array([-np.inf, -np.inf]), np.array([np.inf, np.inf])
    action_low, action_high = np.array([-1.0]), np.array([1.0])
    observation_size, horizon, solved_return = 2, 10, 0.0

    def state_from_observation(self, observation):
        return observation

    def observation_from_state(self, state):
        return state

    def reward(self, state, action, next_state):
        return 3.0 * state[..., 0] - action[..., 0]

    def terminated(self, state, action, next_state):
        raise NotImplementedError

    def start_state(self, n, generator):
        raise NotImplementedError

    @staticmethod
    def truth(x, u):
        return 0.5 * np.sin(x) + u, np.where(x > 0, 0.4, 0.1)


def line_steps(n, seed):
    rng = np.random.default_rng(seed)
    x, u = rng.uniform(-3, 3, n), rng.uniform(-1, 1, n)
    mean, spread = Line.truth(x, u)
    state, action = np.stack([x, np.full(n, 0.7)], 1), u[:, None]
    next_state = state + np.stack([mean + spread * rng.normal(size=n), np.zeros(n)], 1)
    reward = Line().reward(state, action, next_state)
    return Transitions(state, action, next_state, reward, np.zeros(n, bool), np.arange(n) // 10)


def networks(members=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return ProbabilisticNetworks(4, 2, members, 2, 16, generator)


def plain(nets, member):
    """The same network out of torch's own layers, and its loss as a function of x and y."""
    sizes = [(w.shape[1], w.shape[2]) for w in nets.weights]
    layers = [torch.nn.Linear(a, b) for a, b in sizes]
    for layer, weight, bias in zip(layers, nets.weights, nets.biases, strict=True):
        layer.weight.data = weight[member].detach().T.clone()
        layer.bias.data = bias[member, 0].detach().clone()
    bounds = [t[member, 0].detach().clone().requires_grad_() for t in (nets.lowest, nets.highest)]

    def forward(x):
        for layer in layers[:-1]:
            x = torch.nn.functional.silu(layer(x))
        mean, log_variance = layers[-1](x).chunk(2, -1)
        low, high = bounds
        log_variance = high - torch.log1p(torch.exp(high - log_variance))
        return mean, low + torch.log1p(torch.exp(log_variance - low))

    def loss(x, y):
        mean, log_variance = forward(x)
        density = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
        return -density.log_prob(y).mean() + 0.01 * (bounds[1] - bounds[0]).sum()

    return forward, loss, layers, bounds


def test_the_batched_ensemble_is_its_networks_one_by_one():
    nets, rng = networks(), torch.Generator().manual_seed(1)
    nets.highest += torch.rand(nets.highest.shape, generator=rng)  # no two members alike
    x, y = torch.randn(3, 20, 4, generator=rng), torch.randn(3, 20, 2, generator=rng)
    for parameter in nets.parameters:
        parameter.requires_grad_(True)
    mean, log_variance = nets.forward(x)
    losses = nets.loss(x, y, torch.ones(2))
    losses.sum().backward()
    for i in range(3):
        forward, loss, layers, bounds = plain(nets, i)
        alone_mean, alone_log_variance = forward(x[i])
        assert torch.allclose(mean[i], alone_mean, atol=1e-6)
        assert torch.allclose(log_variance[i], alone_log_variance, atol=1e-5)
        alone = loss(x[i], y[i])
        assert torch.allclose(losses[i], alone, rtol=1e-5)
        alone.backward()
        for layer, weight, bias in zip(layers, nets.weights, nets.biases, strict=True):
            assert torch.allclose(weight.grad[i], layer.weight.grad.T, rtol=1e-4, atol=1e-6)
            assert torch.allclose(bias.grad[i, 0], layer.bias.grad, rtol=1e-4, atol=1e-6)
        for bound, ours in zip(bounds, (nets.lowest, nets.highest), strict=True):
            assert torch.allclose(ours.grad[i, 0], bound.grad, rtol=1e-4, atol=1e-6)

    # a choice of members, in another order
    chosen = torch.tensor([2, 0])
    some, _ = nets.forward(x[chosen], chosen)
    assert torch.allclose(some, mean[chosen], atol=1e-6)


def test_the_likelihood_is_that_of_torch_distributions_and_the_variance_is_bounded():
    rng = torch.Generator().manual_seed(2)
    mean, y = torch.randn(2, 5, 3, generator=rng), torch.randn(2, 5, 3, generator=rng)
    log_variance = 4 * torch.randn(2, 5, 3, generator=rng)
    wanted = -torch.distributions.Normal(mean, (0.5 * log_variance).exp()).log_prob(y)
    assert torch.allclose(negative_log_likelihood(mean, log_variance, y), wanted, rtol=1e-4)

    nets = networks()
    nets.biases[-1][..., 2:] = torch.tensor([1000.0, -1000.0])
    _, log_variance = nets.forward(torch.randn(3, 50, 4, generator=rng))
    assert torch.allclose(log_variance[..., 0], torch.tensor(0.5), atol=1e-3)
    assert torch.allclose(log_variance[..., 1], torch.tensor(-10.0), atol=1e-3)


def test_an_output_that_does_not_count_has_no_gradient():
    nets, rng = networks(), torch.Generator().manual_seed(3)
    x, y = torch.randn(3, 20, 4, generator=rng), torch.randn(3, 20, 2, generator=rng)
    for parameter in nets.parameters:
        parameter.requires_grad_(True)
    nets.loss(x, y, torch.tensor([1.0, 0.0])).sum().backward()
    last = nets.weights[-1].grad
    assert last[..., [0, 2]].abs().min() > 0 and last[..., [1, 3]].abs().max() == 0
    assert nets.lowest.grad[..., 1].abs().max() == 0


def test_learns_a_noisy_function_and_its_noise():
    model = EnsembleWorldModel(Line(), SMALL | {"hidden": 32, "longest": 700}, random_state=0)
    report = model.fit(line_steps(1200, seed=0))
    assert report.n_transitions == 1200 and report.equations == () and report.cpu_seconds > 0
    x = torch.linspace(-2.8, 2.8, 15)
    n = 1000
    state = torch.stack([x, torch.full_like(x, 0.7)], 1).repeat_interleave(n, 0)
    action = torch.full((len(state), 1), 0.25)
    drawn = (model.predict(state, action) - state)[:, 0].view(15, n)
    mean, _ = Line.truth(x.numpy(), 0.25)
    assert np.abs(drawn.mean(1).numpy() - mean).max() < 0.25
    assert np.abs(drawn.mean(1).numpy() - mean).mean() < 0.1
    for side, wanted in ((x < -0.7, 0.1), (x > 0.7, 0.4)):  # the noise jumps at 0, no network does
        found = drawn[side].var(1).mean().sqrt()
        assert 0.85 * wanted < found < 1.7 * wanted, (found, wanted)
    middle = model.predict(state[::n], action[::n], deterministic=True)
    assert np.allclose((middle - state[::n])[:, 0].numpy(), drawn.mean(1).numpy(), atol=0.08)
    assert torch.equal(model.predict(state, action)[:, 1], state[:, 1])  # the mark stays

    # the members agree where there were data and part where there were none
    places = torch.tensor([[0.0, 0.7], [1.5, 0.7], [9.0, 0.7]])
    every = model.predict_all(places, torch.zeros(3, 1))
    assert every.shape == (4, 3, 2)
    apart = every[..., 0].std(0)
    assert apart[2] > 2 * apart[:2].max()
    elites = every[model.elites].mean(0)
    assert torch.allclose(elites, model.predict(places, torch.zeros(3, 1), True), atol=1e-5)


def test_elites_are_the_best_on_rows_that_nobody_was_trained_on():
    model = EnsembleWorldModel(Line(), SMALL | {"longest": 60}, random_state=1)
    real = line_steps(200, seed=1)
    model.fit(real)
    assert int(model.held_out.sum()) == 40
    assert not model.held_out[model.bootstrap].any()
    held_out = real[model.held_out.numpy()]
    state, action = (torch.as_tensor(a).float() for a in (held_out.state, held_out.action))
    every = model.predict_all(state, action)[..., 0]
    error = (every - torch.as_tensor(held_out.next_state[:, 0]).float()).square().mean(1)
    variance = np.var(real.next_state[:, 0] - real.state[:, 0])
    assert torch.allclose(error / variance, model.held_out_error, rtol=1e-3)
    assert model.elites.tolist() == error.argsort()[:3].tolist()

    # each row comes from an elite, each elite from time to time, also with fewer rows than elites
    seen = set()
    one = torch.tensor([[0.5, 0.7]])
    model.networks.lowest.fill_(-40.0)
    model.networks.highest.fill_(-30.0)  # no noise left
    means = model.predict_all(one, torch.zeros(1, 1))[:, 0, 0]
    for _ in range(60):
        drawn = model.predict(one, torch.zeros(1, 1))[0, 0]
        seen.add(int((means - drawn).abs().argmin()))
        assert (means - drawn).abs().min() < 1e-5
    assert seen == set(model.elites.tolist())


def test_rows_stay_where_they_were_drawn_as_data_grow():
    model = EnsembleWorldModel(Line(), SMALL | {"longest": 1}, random_state=2)
    real = line_steps(300, seed=2)
    model.fit(real[:100])
    held_out, bootstrap = model.held_out.clone(), model.bootstrap.clone()
    assert held_out.shape == (100,) and bootstrap.shape == (4, 80)
    assert len({tuple(row) for row in bootstrap.tolist()}) == 4  # members see different rows
    distinct = len(set(bootstrap[0].tolist())) / 80
    assert 0.45 < distinct < 0.8  # 1 - 1/e of them, drawn with replacement
    for n in (101, 150, 300):
        model.fit(real[:n])
        assert torch.equal(model.held_out[:100], held_out)
        assert torch.equal(model.bootstrap[:, :80], bootstrap)
        assert int(model.held_out.sum()) == n // 5
        assert model.bootstrap.shape == (4, n - n // 5)
        assert not model.held_out[model.bootstrap].any()
    assert (model.bootstrap[:, 80:] >= 100).all()  # new rows, from among themselves
    model.fit(real[:50])  # other data: all anew
    assert model.held_out.shape == (50,) and int(model.bootstrap.max()) < 50


def test_a_refit_goes_on_from_the_last():
    real = line_steps(600, seed=3)
    model = EnsembleWorldModel(Line(), SMALL | {"longest": 250}, random_state=3)
    model.fit(real[:500])
    fresh = EnsembleWorldModel(Line(), SMALL | {"longest": 25}, random_state=3)
    fresh.fit(real)
    model.config = ensemble_config(SMALL | {"longest": 25})
    model.fit(real)
    assert model.gradient_steps == fresh.gradient_steps
    assert model.held_out_error.max() < 0.8 * fresh.held_out_error.min()


def test_saved_and_loaded_it_goes_on_exactly(tmp_path):
    task = make_task("pendulum")
    rng = np.random.default_rng(4)
    state = np.stack([rng.uniform(-3, 3, 80), rng.uniform(-5, 5, 80)], 1)
    action = rng.uniform(-2, 2, (80, 1))
    after = task.true_step(state, action)
    real = Transitions(
        state, action, after, task.reward(state, action, after), np.zeros(80, bool), np.zeros(80)
    )
    size = SMALL | {"longest": 20}
    model = make_world_model("mbpo", task, seed=5, size=size)
    model.fit(real[:60])
    stored = model.state_dict()
    tensors = {n: v for n, v in stored.items() if isinstance(v, torch.Tensor)}
    save_tensors(tmp_path / "m", tensors, {n: v for n, v in stored.items() if n not in tensors})

    other = make_world_model("mbpo", task, seed=6, size=size)
    tensors, values = load_tensors(tmp_path / "m")
    other.load_state_dict(tensors | values)
    s, a = torch.as_tensor(state).float(), torch.as_tensor(action).float()
    for _ in range(2):
        assert torch.equal(model.predict(s, a), other.predict(s, a))
    model.fit(real), other.fit(real)
    assert torch.equal(model.predict(s, a), other.predict(s, a))
    assert torch.equal(model.elites, other.elites)

    # what was stored has not moved meanwhile
    third = make_world_model("mbpo", task, seed=7, size=size)
    third.load_state_dict(stored)
    fourth = make_world_model("mbpo", task, seed=8, size=size)
    fourth.load_state_dict(tensors | values)
    assert torch.equal(third.predict(s, a), fourth.predict(s, a))
    with pytest.raises(InputError, match="another size"):
        make_world_model("mbpo", task, seed=5).load_state_dict(stored)
    with pytest.raises(InputError, match="another size"):
        model.load_state_dict(make_world_model("mbpo", task, seed=5, size=size | {
            "hidden_layers": 1}).state_dict())  # fmt: skip


def test_the_same_seed_gives_the_same_model_and_another_seed_another():
    real, size = line_steps(60, seed=5), SMALL | {"longest": 20}
    state, action = torch.zeros(4, 2), torch.zeros(4, 1)
    drawn = []
    for seed in (0, 0, 1):
        model = EnsembleWorldModel(Line(), size, random_state=seed)
        model.fit(real)
        drawn.append(model.predict(state, action))
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize("deterministic", [False, True])
def test_gradients_come_through_a_prediction_and_a_learned_reward(deterministic):
    model = EnsembleWorldModel(Line(), SMALL | {"longest": 40}, True, random_state=8)
    model.fit(line_steps(60, seed=8))
    before = model.generator.get_state()

    def total(state, action):
        model.generator.set_state(before)  # the same elites and the same noise
        following = model.predict(state, action, deterministic)
        return following[:, 0].sum() + model.reward(state, action, following).sum()

    inputs = [torch.linspace(-2, 2, 14).view(7, 2), torch.linspace(-1, 1, 7)[:, None]]
    for given in inputs:
        given.requires_grad_()
    gradients = torch.autograd.grad(total(*inputs), inputs)
    for moved, gradient in enumerate(gradients):
        ahead, behind = ([x.detach().clone() for x in inputs] for _ in range(2))
        ahead[moved][:, 0] += 0.01
        behind[moved][:, 0] -= 0.01
        slope = (total(*ahead) - total(*behind)) / 0.02
        assert float(gradient[:, 0].sum()) == pytest.approx(float(slope), rel=0.02)


def test_the_reward_is_learned_only_when_asked_for():
    assert EnsembleWorldModel(Line(), SMALL).reward is None
    model = EnsembleWorldModel(Line(), SMALL | {"longest": 500}, True, random_state=6)
    model.fit(line_steps(400, seed=6))
    test = line_steps(100, seed=7)
    state, action = (torch.as_tensor(a).float() for a in (test.state, test.action))
    learned = model.reward(state, action, model.predict(state, action))
    assert learned.shape == (100,)
    error = learned.double().numpy() - test.reward
    assert np.sqrt(np.mean(error**2)) < 0.05 * test.reward.std()


@pytest.mark.parametrize(
    "size, message",
    [
        ("huge", "unknown size 'huge'. Known sizes: default, mbpo"),
        ({"depth": 3}, "size must be a name"),
        (7, "size must be a name"),
        ({"hidden": 0}, "'hidden' must be a whole number of at least 1, not 0"),
        ({"elites": 8}, "8 elites are more than 7 members"),
        ({"held_out": 1.0}, "'held_out' must be between 0 and 1"),
    ],
)
def test_sizes_that_make_no_ensemble_are_named(size, message):
    with pytest.raises(InputError, match=message):
        EnsembleWorldModel(make_task("pendulum"), size)


def test_too_few_transitions_and_predictions_before_any():
    model = EnsembleWorldModel(Line(), EnsembleConfig(hidden=8))
    with pytest.raises(InputError, match="9 transitions are too few"):
        model.fit(line_steps(9, seed=0))
    with pytest.raises(InputError, match="call fit first"):
        model.predict(torch.zeros(1, 2), torch.zeros(1, 1))
