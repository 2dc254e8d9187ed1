"""Formulas: parsing, printing, evaluation, derivatives, canonical form, random functions."""

from dataclasses import replace

import numpy as np
import pytest
import sympy
import torch

from symtut.errors import InputError
from symtut.expressions import (
    CONSTANT,
    OPERATORS,
    Expression,
    Grammar,
    Program,
    RandomFunctions,
    canonical,
    canonical_terms,
    decode,
    encode,
    linear_combination,
    random_functions,
    terms_of,
)
from symtut.expressions.latex_names import latex_name

NAMES = ("theta", "theta_dot", "u")
PENDULUM = "0.05*theta_dot + 0.0375*sin(theta) + 0.0075*u"
TEXTS = [
    PENDULUM,
    "-2*theta*(u - theta_dot)",
    "theta/(u*theta_dot)",
    "theta/u*theta_dot",
    "theta/u/theta_dot",
    "(theta - u)**2/(1 + theta_dot)",
    "-theta - (-u)",
    "theta - (u + theta_dot)",
    "theta - (u - theta_dot)",
    "-(theta + u)*u",
    "-sin(theta)**2",
    "(-theta)**2",
    "(theta*u)**2",
    "(-3 - theta)*u",
    "1/(theta + 2) - 1/theta",
    "1e-5*theta**3 + theta**5",
    "theta**0.5*u**-1.5 - (theta + u)**(1 + theta_dot) + theta**9 + (theta**-2)**u",
    "asin(0.4*theta) + acos(u/3) - atan(theta*u)",
    "exp(-theta)*log(2 + u)*sqrt(abs(theta_dot)) + tanh(2*u) + tan(theta/3)",
]


def random_expressions(n, seed):
    """Whole formulas with constants, from the grammar."""
    rng = np.random.default_rng(seed)
    for terms in Grammar().sample(n, 3, rng):
        parts = [
            Expression(t, tuple(rng.uniform(-2, 2, t.count(CONSTANT)))) if CONSTANT in t
            else Expression(t)
            for t in terms
        ]  # fmt: skip
        yield linear_combination(rng.uniform(-2, 2, len(parts)), parts, rng.uniform(-1, 1))


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_read_as_python_would(text):
    x = np.random.default_rng(0).uniform(0.2, 2, (20, 3))
    functions = {name: getattr(np, name) for name in ("sin", "exp", "log", "sqrt", "tanh", "tan")}
    functions |= {"asin": np.arcsin, "acos": np.arccos, "atan": np.arctan}
    expected = eval(text, {**functions, "abs": np.abs, **dict(zip(NAMES, x.T, strict=True))})
    expression = Expression.from_text(text, NAMES)
    np.testing.assert_allclose(expression(x), expected)
    np.testing.assert_allclose(expression(torch.tensor(x), "torch").numpy(), expected)


def test_printing_and_reading_back_keep_the_function():
    x = np.random.default_rng(1).uniform(-2, 2, (30, 3))
    for expression in random_expressions(300, seed=1):
        again = Expression.from_text(expression.text(digits=None))
        np.testing.assert_allclose(again(x), expression(x), rtol=1e-12, atol=1e-12)


def test_sympy_agrees():
    x = np.random.default_rng(2).uniform(0.5, 2, (10, 3))
    symbols = sympy.symbols(NAMES)
    for text in TEXTS:
        expression = Expression.from_text(text, NAMES)
        function = sympy.lambdify(symbols, expression.sympy(NAMES))
        np.testing.assert_allclose(function(*x.T), expression(x), rtol=1e-9)


@pytest.mark.parametrize("k", range(2, 9))
@pytest.mark.parametrize("base", ["x0", "sin(x0)", "(x0 + 2*x1)"])
def test_whole_powers_are_written_as_they_are_read(base, k):
    expression = Expression.from_text(f"3*{base}**{k}/x2")
    assert expression.text() == f"3*{base}**{k}/x2"
    assert f"^{{{k}}}" in expression.latex()
    squared = Expression(("square", *Expression.from_text(f"x1**{k}").prefix))
    assert squared.text() == (f"x1**{2 * k}" if k < 5 else f"(x1**{k})**2")
    for text in (f"x1*{base}**{k}", f"{base}**{k}*{base}", "x0*x0**3", "(x0**1.5)**2"):
        again = Expression.from_text(Expression.from_text(text).text())
        assert again == Expression.from_text(text)


def test_latex():
    expression = Expression.from_text("0.5*sin(theta)/u - theta_dot**2 + 1e-6*q1", (*NAMES, "q1"))
    assert expression.latex((*NAMES, "q1")) == (
        r"\frac{0.5 \, \sin\left(\theta\right)}{u} - \dot{\theta}^{2} "
        r"+ 1 \cdot 10^{-6} \, q_{1}"
    )
    assert latex_name("delta_theta_dot") == r"\Delta \dot{\theta}"


@pytest.mark.parametrize(
    ("text", "cause"),
    [("sin(theta", "cannot read"), ("omega + 1", "unknown name 'omega'"),
     ("__import__('os')", "cannot read"), ("'a'", "not a number")],
)  # fmt: skip
def test_bad_text_is_named(text, cause):
    with pytest.raises(InputError, match=cause.replace("(", r"\(").replace("*", r"\*")):
        Expression.from_text(text, NAMES)


@pytest.mark.parametrize(
    ("prefix", "cause"),
    [(("add", "x0"), "incomplete"), (("x0", "x1"), "left over"), (("root", "x0"), "unknown token")],
)
def test_bad_prefix_is_named(prefix, cause):
    with pytest.raises(InputError, match=cause):
        Expression(prefix)


def test_out_of_domain_is_not_an_exception():
    x = np.array([[-1.0], [0.0], [1.0]])
    values = Expression.from_text("log(x0) + 1/x0 + sqrt(x0)")(x)
    assert not np.isfinite(values[:2]).any() and np.isfinite(values[2])


def test_batched_evaluation_equals_one_by_one():
    rng = np.random.default_rng(3)
    formulas = Grammar().sample(200, 4, rng)
    program = Program(encode([tuple(" <sep> ".join(map(" ".join, f)).split()) for f in formulas]))
    x = rng.uniform(-2, 2, (25, 4))
    constants = rng.uniform(0.5, 2, (200, 3, program.constant_node.shape[1]))
    values = program(torch.tensor(x), torch.tensor(constants)).numpy()
    for b, formula in enumerate(formulas):
        for s in range(3):
            used = 0
            for k, term in enumerate(formula):
                count = term.count(CONSTANT)
                numbers = tuple(constants[b, s, used : used + count])
                used += count
                np.testing.assert_allclose(
                    values[b, k, s], Expression(term, numbers)(x), rtol=1e-9, atol=1e-12
                )
        assert np.all(values[b, len(formula) :] == 0)


def test_each_example_may_have_its_own_points():
    x = torch.rand(2, 5, 2, dtype=torch.float64)
    program = Program(encode([("add", "x0", "x1"), ("mul", "x0", "x1")]))
    values = program(x)[:, 0, 0]
    torch.testing.assert_close(values[0], x[0].sum(-1))
    torch.testing.assert_close(values[1], x[1].prod(-1))


@pytest.mark.parametrize("name", OPERATORS)
def test_jacobian_of_every_operator(name):
    """Against central differences, with the constant inside each argument."""
    arity = OPERATORS[name].arity
    prefix = (name, *("mul", "C", "x0"), *("add", "C", "x1") * (arity - 1))
    program = Program(encode([prefix, ("x0",)]))
    x = torch.rand(9, 2, dtype=torch.float64) + 0.3
    constants = torch.rand(2, 2, arity, dtype=torch.float64) + 0.3
    if name in ("asin", "acos"):
        constants = constants / 2  # their arguments lie below 1
    _, slope = program.with_jacobian(x, constants)
    for j in range(arity):
        step = torch.zeros_like(constants)
        step[..., j] = 1e-6
        numeric = (program(x, constants + step) - program(x, constants - step))[0, 0] / 2e-6
        torch.testing.assert_close(slope[0, j], numeric, rtol=1e-6, atol=1e-7)
    assert torch.all(slope[1] == 0)


def test_incomplete_codes_are_refused():
    with pytest.raises(InputError, match="ends before"):
        Program(encode([("add", "x0")]))


def test_decode_inverts_encode():
    codes = encode([("sin", "x0", "<sep>", "mul", "x1", "C", "<eos>")])
    assert decode(codes[0]) == (("sin", "x0"), ("mul", "x1", "C"))


@pytest.mark.parametrize(
    ("one", "other"),
    [("x1 + x0", "x0 + x1"), ("x0*x0", "x0**2"), ("sin(x1 - x0)", "-sin(x0 - x1)"),
     ("cos(x1 - x0)", "cos(x0 - x1)"), ("(2*x0)/(3*x1)", "5*(x0/x1)"), ("-x0/(-x1)", "x0/x1"),
     ("2*x0 + 3*x0", "4*x0"), ("abs(-3*x0)", "2*abs(x0)"), ("1/(1/x0)", "x0"),
     ("x0*(x1*x2)", "(x2*x0)*x1"), ("sin(2*x1 - x0)", "-sin(x0 + 3*x1)")],
)  # fmt: skip
def test_equal_up_to_constants_means_one_canonical_form(one, other):
    assert canonical(Expression.from_text(one).prefix) == canonical(
        Expression.from_text(other).prefix
    )


def test_canonical_form_spans_the_same_functions():
    """Any drawn formula must be expressible by its canonical terms with fitted numbers."""
    rng = np.random.default_rng(4)
    x = rng.uniform(-2, 2, (60, 3))
    checked = 0
    codes = Grammar().sample_codes(np.full(400, 3), rng)
    for row in codes[codes[:, 0] > 0]:
        terms = decode(row)
        rewritten = canonical_terms(terms)
        if any(CONSTANT in term for term in (*terms, *rewritten)):
            continue  # free constants change their values under rewriting (a + a → C·a)
        columns = [Expression(t)(x) if t != (CONSTANT,) else np.ones(60) for t in terms]
        y = np.sum([c * rng.uniform(0.5, 2) for c in columns], axis=0)
        if not np.isfinite(y).all() or np.abs(y).max() > 1e4:
            continue
        basis = [np.ones(60)] + [Expression(t)(x) for t in rewritten]
        residual = y - np.column_stack(basis) @ np.linalg.lstsq(np.column_stack(basis), y)[0]
        assert np.abs(residual).max() < 1e-7 * (1 + np.abs(y).max())
        checked += 1
    assert checked > 80


def test_canonical_is_idempotent():
    for terms in Grammar().sample(500, 5, np.random.default_rng(5)):
        assert canonical_terms(terms) == terms
    assert terms_of(Expression.from_text(PENDULUM, NAMES).prefix) == (
        ("x1",), ("x2",), ("sin", "x0"),
    )  # fmt: skip


def test_random_functions_are_what_they_claim():
    rng = np.random.default_rng(6)
    examples = random_functions(RandomFunctions(noise=0.0), 600, 80, rng)
    assert len(examples.y) > 400
    assert torch.isfinite(examples.y).all() and torch.isfinite(examples.x).all()
    torch.testing.assert_close(examples.y.mean(1), torch.zeros(len(examples.y)), atol=1e-4, rtol=0)
    torch.testing.assert_close(examples.y.std(1), torch.ones(len(examples.y)), atol=1e-3, rtol=0)
    unused = np.arange(6) >= examples.n_variables[:, None]
    assert np.all(examples.x.numpy().transpose(0, 2, 1)[unused] == 0)
    # without noise and inner constants, y is an exact combination of the terms
    exact = 0
    for i, row in enumerate(examples.codes):
        terms = decode(row)
        if any(CONSTANT in term for term in terms):
            continue
        x, y = examples.x[i].numpy().astype(float), examples.y[i].numpy()
        columns = np.column_stack([np.ones(80)] + [Expression(t)(x) for t in terms])
        scale = np.abs(columns).max(0)
        residual = y - (columns / scale) @ np.linalg.lstsq(columns / scale, y)[0]
        assert np.abs(residual).max() < 1e-3
        exact += 1
    assert exact > 100


def test_random_functions_tell_their_truth():
    examples = random_functions(RandomFunctions(), 300, 60, np.random.default_rng(9))
    for i in range(len(examples.y)):
        truth = examples.expression(i)(examples.x[i].double().numpy())
        residual = examples.y[i].numpy() - truth
        # float32 sums of terms that nearly cancel leave a little more than rounding
        assert residual.std() <= 1.5 * examples.noise[i] + 2e-3


def test_seeds_give_different_functions_and_the_same_seed_the_same():
    def draw(seed):
        return random_functions(RandomFunctions(), 50, 20, np.random.default_rng(seed))

    assert torch.equal(draw(1).y, draw(1).y)
    assert draw(1).y.shape != draw(2).y.shape or not torch.equal(draw(1).y, draw(2).y)


def test_laws_have_each_variable_once_and_measured_points():
    grammar, rng = Grammar.general(), np.random.default_rng(5)
    all_laws = np.ones(2000, dtype=bool)
    codes = grammar.sample_codes(np.full(2000, 5), rng, all_laws)
    single = [terms[0] for row in codes if row[0] and len(terms := decode(row)) == 1]
    variables = [[t for t in term if t.startswith("x")] for term in single]
    assert max(map(len, map(set, variables))) == 5
    assert sum(len(v) > 1 for v in variables) > 600
    # a quantity may stand twice side by side, x*x**2, and seldom more
    assert np.mean([len(set(v)) >= len(v) - 1 for v in variables]) > 0.9
    # equations of motion are drawn as before
    plain = Grammar().sample_codes(np.full(50, 3), np.random.default_rng(6))
    mixed = grammar.sample_codes(np.full(50, 3), np.random.default_rng(6), ~all_laws[:50])
    assert plain.shape[1] <= grammar.max_length and (mixed >= 0).all()
    examples = random_functions(
        RandomFunctions(grammar=replace(grammar, laws=1.0), positive=1.0, centred=0.0), 300, 50, rng
    )
    for i in range(len(examples.codes)):
        x = examples.x[i, :, : examples.n_variables[i]]
        assert (x > 0).all()
        if examples.noise[i] == 0:  # y keeps its mean: the formula says what it is
            truth = examples.expression(i)(x.double().numpy())
            np.testing.assert_allclose(examples.y[i], truth, atol=2e-3 * (1 + abs(truth).max()))
