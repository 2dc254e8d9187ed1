"""Points → formula: transformer, decoding, constants, search, the regressor's manners."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from symtut.errors import InputError
from symtut.expressions import CONSTANT, Expression, Grammar, canonical_terms
from symtut.regression import SymbolicRegressor, load_weights
from symtut.regression.data.points import Points
from symtut.regression.data.scaling import choose_columns
from symtut.regression.proposers import pooled_proposer
from symtut.regression.search.bfgs import bfgs
from symtut.regression.search.finishing import finish, undominated
from symtut.regression.search.fits import Candidate, Fit
from symtut.regression.search.levenberg_marquardt import levenberg_marquardt
from symtut.regression.search.library import library
from symtut.regression.search.search import SearchConfig, search
from symtut.regression.search.simplification import simplifications
from symtut.regression.search.terms import TermPool
from symtut.regression.settings import REGRESSION_METHODS
from symtut.regression.transformer.config import TransformerConfig
from symtut.regression.transformer.decoding import sample
from symtut.regression.transformer.features import correlations, point_features
from symtut.regression.transformer.model import FormulaTransformer, KeyValueCache
from symtut.regression.transformer.tokens import BOS, EOS, GrammarMask, pack
from symtut.regression.transformer.weights import save_weights

TINY = TransformerConfig(n_embed=32, n_head=2, n_encoder=2, n_decoder=2, n_latents=6)


def pendulum(n, seed):
    """(theta, theta_dot, u) and the two increments of Pendulum-v1, away from its speed limit."""
    rng = np.random.default_rng(seed)
    x = rng.uniform([-np.pi, -7, -2], [np.pi, 7, 2], (n, 3))
    d_velocity = 0.75 * np.sin(x[:, 0]) + 0.15 * x[:, 2]
    return x, 0.05 * (x[:, 1] + d_velocity), d_velocity


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return FormulaTransformer(TINY).eval()


# ---- transformer and decoding --------------------------------------------------------------------


def test_order_of_points_does_not_matter(model):
    x, y = torch.randn(2, 30, 6), torch.randn(2, 30)
    tokens, variables = torch.tensor([[BOS, 5], [BOS, 6]]), torch.tensor([6, 6])
    order = torch.randperm(30)
    torch.testing.assert_close(
        model(x, y, variables, tokens), model(x[:, order], y[:, order], variables, tokens),
        atol=1e-5, rtol=1e-4,
    )  # fmt: skip


def test_decoder_is_causal_and_its_cache_is_exact(model):
    x, y, variables = torch.randn(3, 20, 6), torch.randn(3, 20), torch.tensor([6, 6, 6])
    tokens = torch.randint(4, 20, (3, 9))
    whole = model(x, y, variables, tokens)
    changed = tokens.clone()
    changed[:, 5:] = 7
    torch.testing.assert_close(whole[:, :5], model(x, y, variables, changed)[:, :5])
    memory = model.decoder.read(model.encoder(x[:1], y[:1], variables[:1]))
    whole = model(x[:1].expand(3, -1, -1), y[:1].expand(3, -1), variables, tokens)
    past, rows = KeyValueCache(model.config, 3), torch.arange(3)
    for t in range(9):
        if t == 4:  # one row is done, another takes its place
            rows = torch.tensor([2, 1])
            past.keep(rows)
        logits = model.decoder(tokens[rows, t : t + 1], memory, past)[:, 0]
        torch.testing.assert_close(logits, whole[rows, t], atol=1e-5, rtol=1e-4)
    assert past.length == 9


def test_one_memory_serves_many_samples(model):
    x, y, variables = torch.randn(1, 20, 6), torch.randn(1, 20), torch.tensor([6])
    tokens = torch.randint(4, 20, (5, 4))
    memory = model.decoder.read(model.encoder(x, y, variables))
    many = model.decoder(tokens, memory)
    for row in range(5):
        one = model.decoder(tokens[row : row + 1], memory)
        torch.testing.assert_close(many[row : row + 1], one, atol=1e-5, rtol=1e-4)


def test_correlations_are_pearsons():
    x, y = torch.randn(1, 50, 6), torch.randn(1, 50)
    found = correlations(x, y)[0]
    expected = np.corrcoef(x[0, :, 2].numpy(), y[0].numpy())[0, 1]
    assert found[2] == pytest.approx(expected, abs=1e-4)
    expected = np.corrcoef(np.sin(x[0, :, 1].numpy()), y[0].numpy())[0, 1]
    assert found[18 + 1] == pytest.approx(expected, abs=1e-4)
    assert torch.isfinite(correlations(torch.zeros(1, 50, 6), y)).all()
    assert torch.isfinite(point_features(x * 1e8, y, torch.tensor([6]))).all()


@pytest.mark.parametrize("n_variables", [1, 3, 6])
def test_untrained_samples_are_complete_formulas(model, n_variables):
    """Whatever the network says, the grammar mask lets only whole formulas over known variables."""
    rng = np.random.default_rng(0)
    found = sample(model, rng.normal(size=(30, n_variables)), rng.normal(size=30), 200, rng)
    assert len(found) > 20
    for candidate, log_probability in found:
        terms = candidate.terms
        assert canonical_terms(terms) == terms and log_probability < 0
        for term in terms:
            assert max(Expression(term).variables, default=0) < n_variables


def test_grammar_mask_accepts_every_training_formula():
    for terms in Grammar().sample(300, 6, np.random.default_rng(1)):
        codes = pack([terms])
        if codes.shape[1] > 42 or len(terms) > 5:
            continue
        mask = GrammarMask(1, 6, 42)
        for code in codes[0, 1:]:
            assert mask.allowed()[0, code], (terms, code)
            mask.advance(torch.tensor([int(code)]))
        assert codes[0, -1] == EOS


def test_sampling_is_reproducible(model):
    x, y, _ = pendulum(40, 0)
    draws = [sample(model, x, y, 64, np.random.default_rng(5)) for _ in range(2)]
    assert draws[0] == draws[1]


# ---- constants -----------------------------------------------------------------------------------


CASES = [
    ((("sin", "mul", "C", "x0"), ("x1",)), (2.2,)),
    ((("exp", "mul", "C", "x0"),), (-0.7,)),
    ((("div", "x1", "add", "C", "square", "x0"), ("cos", "x1")), (1.7,)),
    ((("sin", "add", "C", "mul", "C", "x0"), ("square", "x1"), ("tanh", "mul", "C", "x1")),
     (0.8, 1.6, 1.3)),
    ((("x0",), ("mul", "x0", "x1")), ()),
]  # fmt: skip


@pytest.mark.parametrize("fit", [levenberg_marquardt, bfgs])
@pytest.mark.parametrize(("terms", "numbers"), CASES)
def test_constants_are_recovered(fit, terms, numbers):
    rng = np.random.default_rng(7)
    x = rng.uniform(-2, 2, (80, 2))
    values, used = [], 0
    for term in terms:
        count = term.count(CONSTANT)
        values.append(Expression(term, numbers[used : used + count])(x))
        used += count
    y = 3.0 + np.column_stack(values) @ np.array([1.5, -0.4, 0.9])[: len(terms)]
    result = fit([terms], x, y, rng, starts=12)[0]
    assert result.loss < 1e-8
    np.testing.assert_allclose(result.expression()(x), y, atol=1e-3)


def test_batch_gives_each_candidate_its_own_answer():
    rng = np.random.default_rng(8)
    x = rng.uniform(-2, 2, (60, 2))
    y = 2 * np.sin(1.5 * x[:, 0]) + x[:, 1]
    candidates = [(("x0",),), (("sin", "mul", "C", "x0"), ("x1",)), (("log", "x0"),), (("x1",),)]
    fits = levenberg_marquardt(candidates, x, y, rng)
    assert [f.terms for f in fits] == candidates
    assert fits[1].loss < 1e-10 and np.isinf(fits[2].loss)  # log of negative numbers
    for fit in (fits[0], fits[3]):
        residual = y - fit.expression()(x)
        assert fit.loss == pytest.approx(residual.var() / y.var(), rel=1e-6)


def test_as_many_parameters_as_points_is_no_fit():
    x, y = np.random.default_rng(0).normal(size=(3, 2)), np.array([1.0, 2.0, 4.0])
    for fit in (levenberg_marquardt, bfgs):
        assert np.isinf(fit([(("x0",), ("x1",))], x, y, np.random.default_rng(0))[0].loss)


# ---- recombination -------------------------------------------------------------------------------


def test_recombination_finds_the_sum_that_no_candidate_had():
    x, _, _ = pendulum(50, 1)
    y = 0.05 * x[:, 1] + 0.0375 * np.sin(x[:, 0]) + 0.0075 * x[:, 2]
    candidates = [(("x1",), ("cos", "x0")), (("sin", "x0"), ("square", "x1")), (("x2",),)]
    rng = np.random.default_rng(0)
    pool = TermPool(x)
    pool.add(levenberg_marquardt(candidates, x, y, rng), 20)
    best = min(pool.select(y), key=lambda f: (f.loss > 1e-12, len(f.terms)))
    assert set(best.terms) == {("x1",), ("sin", "x0"), ("x2",)}
    np.testing.assert_allclose(sorted(best.coefficients), [0.0075, 0.0375, 0.05], rtol=1e-9)


def test_nearly_linear_detour_gives_way_to_the_variable():
    x = np.random.default_rng(2).uniform(-2, 2, (40, 1))
    pool = TermPool(x)
    pool.add(levenberg_marquardt([(("sin", "mul", "C", "x0"),)], x, 3 * x[:, 0],
                                 np.random.default_rng(0)), 5)  # fmt: skip
    assert ("x0",) in [term.prefix for term in pool.terms]


# ---- the regressor -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", REGRESSION_METHODS)
def test_pendulum_from_forty_points(method):
    x, d_angle, d_velocity = pendulum(40, 3)
    for y, parts in ((d_velocity, {0.75, 0.15}), (d_angle, {0.05, 0.0375, 0.0075})):
        model = SymbolicRegressor(method=method, max_time=None).fit(x, y)
        best = model.expression()
        assert 1 - model.equations_[0]["r2"] < 1e-12
        assert {round(c, 6) for c in best.constants} == parts
        assert model.equations_[0]["source"] == method
        fresh = pendulum(50, 4)[0] * 1.5  # outside the box that was seen
        np.testing.assert_allclose(model.predict(fresh), best(fresh))
        assert model.score(x, y) == pytest.approx(1.0)


def test_noise_does_not_add_terms():
    x, _, y = pendulum(200, 5)
    noisy = y + 0.05 * y.std() * np.random.default_rng(0).normal(size=len(y))
    model = SymbolicRegressor(method="sparse").fit(x, noisy)
    assert np.mean((model.predict(x) - y) ** 2) / y.var() < 1e-3
    assert model.equations_[0]["complexity"] <= 12


def test_rounding_does_not_leave_beaten_rows_on_the_front():
    rows = [
        {"complexity": c, "loss": loss, "score": s}
        for c, loss, s in [
            (5, 0.2, 1),
            (3, 0.5, 0),
            (7, 0.2, 3),
            (5, 0.3, 2),
            (9, 0.1, 1),
            (9, 0.1, 2),
        ]
    ]
    kept = [(row["complexity"], row["loss"], row["score"]) for row in undominated(rows)]
    assert kept == [(3, 0.5, 0), (5, 0.2, 1), (9, 0.1, 2)]


def test_pareto_front_is_a_front():
    x, y, _ = pendulum(60, 6)
    rows = SymbolicRegressor(method="sparse").fit(x, y).equations_
    assert rows[0]["score"] == max(row["score"] for row in rows)
    by_size = sorted(rows, key=lambda row: row["complexity"])
    assert len(rows) >= 2
    losses = [row["loss"] for row in by_size]
    assert all(longer < shorter for shorter, longer in zip(losses, losses[1:], strict=False))


def test_same_seed_same_equations():
    x, y, _ = pendulum(30, 7)
    texts = [
        [row["equation"] for row in SymbolicRegressor(max_time=None, n_candidates=48).fit(x, y)
         .equations_]
        for _ in range(2)
    ]  # fmt: skip
    assert texts[0] == texts[1]


def test_bfgs_and_no_recombination_is_the_papers_way():
    x, _, y = pendulum(40, 8)
    model = SymbolicRegressor(
        constants="bfgs", recombine=False, n_candidates=16, max_time=None
    ).fit(x, y)
    assert model.equations_[0]["r2"] > 0.9


def test_names_exports_and_files(tmp_path):
    x, y, _ = pendulum(40, 9)
    model = SymbolicRegressor(method="sparse", feature_names=("theta", "theta_dot", "u")).fit(x, y)
    assert "sin(theta)" in model.equations_[0]["equation"]
    assert r"\dot{\theta}" in model.latex()
    assert {str(s) for s in model.sympy().free_symbols} == {"theta", "theta_dot", "u"}
    np.testing.assert_allclose(model.torch()(torch.tensor(x)).numpy(), model.predict(x))
    np.testing.assert_allclose(model.numpy()(x), model.predict(x))
    model.save(tmp_path / "model.json")
    again = SymbolicRegressor.load(tmp_path / "model.json")
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    assert again.get_params() == model.get_params() and again.equations_ == model.equations_
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(InputError, match="is not a saved SymbolicRegressor"):
        SymbolicRegressor.load(tmp_path / "model.json")


def test_scikit_learn_manners():
    model = SymbolicRegressor(n_candidates=7)
    assert model.get_params()["n_candidates"] == 7
    assert model.set_params(max_time=2.0).max_time == 2.0
    assert repr(model) == "SymbolicRegressor(n_candidates=7, max_time=2.0)"
    with pytest.raises(InputError, match="unknown parameter 'depth'"):
        model.set_params(depth=3)
    with pytest.raises(InputError, match="not fitted yet"):
        model.predict(np.ones((2, 2)))
    sklearn = pytest.importorskip("sklearn")
    clone = sklearn.base.clone(model)
    assert clone is not model and clone.get_params() == model.get_params()


# ---- outliers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_gross_errors_are_left_out(share):
    rng = np.random.default_rng(11)
    x = rng.uniform(-3, 3, (150, 3))
    clean = 1.5 * np.sin(x[:, 0]) + x[:, 1] - 0.4 * x[:, 0] * x[:, 2]
    wrong = np.zeros(150, dtype=bool)
    wrong[rng.permutation(150)[: int(150 * share)]] = True
    y = np.where(wrong, clean + rng.choice([-1, 1], 150) * rng.uniform(5, 1e6, 150), clean)
    plain = SymbolicRegressor(method="sparse").fit(x, y)
    assert plain.inliers_.all() and np.mean((plain.predict(x) - clean) ** 2) > 0.1
    robust = SymbolicRegressor(method="sparse", robust=True).fit(x, y)
    np.testing.assert_array_equal(robust.inliers_, ~wrong)
    np.testing.assert_allclose(robust.predict(x), clean, atol=1e-9)
    assert 1 - robust.equations_[0]["r2"] < 1e-12  # of the inliers


def test_gross_errors_on_top_of_noise():
    rng = np.random.default_rng(12)
    x = rng.uniform(-3, 3, (300, 2))
    clean = 2 * np.sin(x[:, 0]) + x[:, 1]
    y = clean + 0.1 * rng.normal(size=300)
    y[:45] += 20.0  # 15 %, all to one side
    model = SymbolicRegressor(method="sparse", robust=True).fit(x, y)
    assert not model.inliers_[:45].any() and model.inliers_[45:].mean() > 0.98
    assert np.mean((model.predict(x) - clean) ** 2) < 1e-3


def test_clipped_transitions_are_left_out():
    """The velocity's limit cuts some increments short; the rest gives the equation exactly."""
    x, _, d_velocity = pendulum(200, 13)
    x[:, 1] *= 8 / 7
    clipped_velocity = np.clip(x[:, 1] + d_velocity, -8, 8)
    y, cut = clipped_velocity - x[:, 1], np.abs(x[:, 1] + d_velocity) > 8
    assert cut.sum() >= 4
    model = SymbolicRegressor(method="sparse", robust=True).fit(x, y)
    assert not model.inliers_[cut].any() and model.inliers_[~cut].all()
    assert model.equations_[0]["equation"] in (
        "0.15*x2 + 0.75*sin(x0)", "0.75*sin(x0) + 0.15*x2"
    )  # fmt: skip


def test_robust_changes_nothing_on_clean_data():
    x, y, _ = pendulum(80, 14)
    y = y + 0.05 * y.std() * np.random.default_rng(0).normal(size=80)
    pair = [
        SymbolicRegressor(method="prior", n_candidates=64, max_time=None, robust=robust).fit(x, y)
        for robust in (False, True)
    ]
    texts = [[row["equation"] for row in model.equations_] for model in pair]
    assert texts[0] == texts[1] and pair[1].inliers_.all()


# ---- time, noise, pooling ------------------------------------------------------------------------


def test_pooled_proposals_come_in_turns():
    def proposer(*names):
        return lambda x, y, amount, generator, stop: [
            Candidate(((name,),)) for name in names[:amount]
        ]

    pooled = pooled_proposer(proposer("x0", "x1", "x2"), proposer("x3", "x0", "x4"), share=0.5)
    found = [c.terms[0][0] for c in pooled(None, None, 6, np.random.default_rng(0))]
    assert found == ["x0", "x3", "x1", "x2", "x4"]
    assert "transformer+prior" in REGRESSION_METHODS


def test_terms_of_the_library_join_where_the_proposals_do_not_suffice():
    x = np.random.default_rng(1).uniform(-2, 2, (100, 2))
    y = 0.3 * x[:, 0] * np.cos(x[:, 1]) - 0.7 * x[:, 1] ** 2 + np.exp(0.4 * x[:, 0])
    y = (y - y.mean()) / y.std()
    asked = []

    def propose(x, target, amount, generator, stop):
        asked.append(target is y)
        return [Candidate((("exp", "mul", "C", "x0"),))]

    def run(**settings):
        config = SearchConfig(rational=False, rounds=2, **settings)
        return search(x, y, propose, config, np.random.default_rng(0))[0][0]

    fixed = tuple(term for (term,) in library(2))
    assert run().loss > 1e-3
    assert run(library=fixed, recombine=False).loss > 1e-3
    asked.clear()
    best = run(library=fixed)
    assert best.loss < 1e-20 and asked == [True]
    assert {("square", "x1"), ("mul", "x0", "cos", "x1")} < set(best.terms)


def test_of_two_terms_that_say_the_same_one_goes():
    x = np.random.default_rng(0).uniform(-2, 2, (100, 2))
    y = np.exp(0.4 * x[:, 0]) + 0.3 * x[:, 0] * np.cos(x[:, 1])
    twin = ("exp", "mul", CONSTANT, "x0")
    fit = Fit(
        (twin, ("mul", "x0", "cos", "x1"), twin), np.array([0.4 + 1e-9, 0.4 - 1e-9]),
        np.array([0.5, 0.3, 0.5]), 0.0, 1e-20,
    )  # fmt: skip
    row = finish(fit, Points(x, y), choose_columns(x), ("x0", "x1"), "test")
    assert row["equation"].count("exp") == 1 and row["r2"] > 1 - 1e-12


def test_inner_constants_that_noise_hides_may_go():
    x = np.random.default_rng(0).uniform([0, -3], [8, 3], (200, 2))

    def shorter(term, constants, loss):
        fit = Fit((term,), np.array(constants), np.ones(1), 0.0, loss)
        return [candidate.terms for candidate in simplifications(fit, x)]

    sine = ("sin", "mul", "C", "x1")
    assert shorter(sine, [1.04], 0.05**2) == [(("sin", "x1"),)]
    assert shorter(sine, [1.04], 1e-12) == []  # without noise the number is there for a reason
    assert shorter(("sin", "mul", "C", "x0"), [1e-3], 1e-12) == [(("x0",),)]
    assert shorter(("mul", "cos", "x1", "abs", "x0"), [], 1e-12) == [(("mul", "x0", "cos", "x1"),)]


def test_idle_terms_and_digits_go():
    x = np.random.default_rng(0).uniform(-3, 3, (60, 2))
    y = 2 * np.sin(0.5 * x[:, 0])
    fit = Fit(
        (("sin", "mul", "C", "x0"), ("square", "x1")), np.array([0.5 + 1e-8]),
        np.array([2.0, 1e-13]), 0.0, 1e-16,
    )  # fmt: skip
    row = finish(fit, Points(x, y), choose_columns(x), ("a", "b"), "test")
    assert row["equation"] == "2*sin(0.5*a)" and row["loss"] < 1e-28


def test_time_limit_warns_and_keeps_the_best():
    x, y, _ = pendulum(60, 10)
    y = y + np.random.default_rng(0).normal(size=len(y)) * y.std() * 0.1
    with pytest.warns(UserWarning, match="best so far"):
        model = SymbolicRegressor(method="prior", max_time=1e-3).fit(x, y)
    assert not model.complete_ and len(model.equations_) >= 1


GOOD = np.random.default_rng(0).normal(size=(20, 2))
BAD_DATA = [
    (GOOD[:, 0], GOOD[:, 0], "two dimensions"),
    (GOOD, GOOD, "one dimension.*MultiOutputRegressor"),
    (GOOD, GOOD[:5, 0], "20 rows but y has 5"),
    (np.where(GOOD > 1, np.nan, GOOD), GOOD[:, 0], "X has NaN"),
    (GOOD, np.where(GOOD[:, 0] > 1, np.inf, GOOD[:, 0]), "y has NaN"),
    (GOOD, np.full(20, 3.0), "constant"),
    (GOOD[:3], GOOD[:3, 0], "3 points are fewer"),
    (np.random.default_rng(1).normal(size=(20, 101)), GOOD[:, 0], "more than 100 variables"),
    (np.ones((20, 7)), GOOD[:, 0], "no column of X varies"),
    (np.ones((20, 0)), GOOD[:, 0], "no columns"),
    ([["a", "b"]] * 20, GOOD[:, 0], "numbers"),
]


@pytest.mark.parametrize(("X", "y", "cause"), BAD_DATA)
def test_bad_data_is_one_clear_error(X, y, cause):
    with pytest.raises(ValueError, match=cause):
        SymbolicRegressor(method="sparse").fit(X, y)


@pytest.mark.parametrize(
    ("params", "cause"),
    [({"weights": "colonel"}, "unknown weights 'colonel'"), ({"method": "magic"}, "transformer"),
     ({"constants": "guess"}, "lm, bfgs"), ({"n_candidates": 0}, "positive integer"),
     ({"max_time": -1}, "max_time"), ({"rounds": None, "max_time": None}, "never ends"),
     ({"feature_names": ("a",)}, "needs 2 names"), ({"robust": "yes"}, "robust must be"),
     ({"weights": "no/such.safetensors"}, "no weights file")],
)  # fmt: skip
def test_bad_settings_are_one_clear_error(params, cause):
    with pytest.raises(ValueError, match=cause):
        SymbolicRegressor(**params).fit(GOOD, GOOD[:, 0])


# ---- weights -------------------------------------------------------------------------------------


def test_weights_round_trip_and_damage(tmp_path, model):
    path = tmp_path / "mine.safetensors"
    save_weights(path, model, {"examples_seen": 0})
    loaded = load_weights(path)
    x, y = torch.randn(1, 9, 6), torch.randn(1, 9)
    tokens, variables = torch.tensor([[BOS, 5]]), torch.tensor([6])
    torch.testing.assert_close(  # float16 on disk
        loaded(x, y, variables, tokens), model(x, y, variables, tokens), atol=2e-2, rtol=2e-2
    )
    card = json.loads(path.with_suffix(".json").read_text())
    assert card["config"]["n_embed"] == 32 and len(card["sha256"]) == 64

    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"\0")  # one byte off: the card no longer fits
    with pytest.raises(InputError, match="checksum"):
        load_weights(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="not a whole safetensors"):
        load_weights(path)


def test_weights_of_another_alphabet_are_refused(tmp_path, model):
    other = FormulaTransformer(dataclasses.replace(TINY, symbols=(*TINY.symbols, "sinh")))
    save_weights(tmp_path / "other.safetensors", other, {})
    with pytest.raises(InputError, match="does not have"):
        load_weights(tmp_path / "other.safetensors")


def test_weights_of_a_smaller_alphabet_write_the_same(tmp_path):
    torch.manual_seed(0)
    few = tuple(symbol for symbol in TINY.symbols if symbol not in ("asin", "acos", "atan", "pow"))
    old = FormulaTransformer(dataclasses.replace(TINY, symbols=few, constants="tokens"))
    save_weights(tmp_path / "old.safetensors", old, {})
    new = load_weights(tmp_path / "old.safetensors")
    assert new.config.symbols == TINY.symbols
    x, y = torch.randn(1, 20, 6), torch.randn(1, 20)
    memory = new.encoder(x, y, torch.tensor([6]))
    written = new.decoder(torch.tensor([[1]]), new.decoder.read(memory))[0, 0].softmax(0)
    old = old.half().float()
    memory = old.encoder(x, y, torch.tensor([6]))
    before = old.decoder(torch.tensor([[1]]), old.decoder.read(memory))[0, 0].softmax(0)
    kept = [i for i, symbol in enumerate(TINY.symbols) if symbol in few]
    kept += range(len(TINY.symbols), len(written))  # number tokens
    torch.testing.assert_close(written[kept], before)
    assert written.sum() - written[kept].sum() < 1e-6
