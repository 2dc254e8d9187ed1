"""What may be an answer: an alphabet of operators, and limits of size."""

import warnings

import numpy as np
import pytest

from symtut.errors import InputError
from symtut.expressions import OPERATORS, Expression, Grammar
from symtut.regression import SymbolicRegressor
from symtut.regression.proposers import prior_proposer, transformer_proposer
from symtut.regression.search.fits import Candidate
from symtut.regression.search.language import Language, summands
from symtut.regression.search.library import library
from symtut.regression.transformer.weights import load_weights

X = np.random.default_rng(0).uniform(0.5, 3, (120, 3))
PROBE = np.random.default_rng(1).uniform(0.5, 2, (20, 3))


def term(text):
    return Expression.from_text(text)


def used(formula) -> set[str]:
    """Operators inside the terms of a formula."""
    return {token for part in summands(formula) for token in part.prefix if token in OPERATORS}


# ---- the alphabet --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operators", "text", "spelled"),
    [
        (["mul"], "x0**2", "x0*x0"),
        (["mul"], "(x0**2)**2", "x0*x0*x0*x0"),
        (["pow"], "x0**2", "x0**2"),
        (["pow"], "sqrt(x0)", "x0**0.5"),
        (["square"], "x0**2", "x0**2"),
        (["div", "exp"], "exp(1/x0)", "exp(1/x0)"),
        (["pow", "mul"], "x1/x0", "x1*x0**-1"),
        (["add", "mul", "sin"], "sin(x0 - x1)", "sin(x0 - 1*x1)"),
        (["sub", "sin"], "sin(x0 + -x1)", "sin(x0 - x1)"),
        (["sub", "sin"], "sin(-x1 + 2)", "sin(2 - x1)"),
        (["sub"], "(x0 + x1)", "x0 - (0 - x1)"),
        (["+", "*", "-"], "-x0*x1", "-x0*x1"),
    ],
)
def test_operators_are_spelled_by_others(operators, text, spelled):
    """Equal values, the alphabet's own operators alone, the expected text."""
    language = Language.of(operators)
    found = language.spelled(term(text))
    assert found.text() == spelled
    assert {t for t in found.prefix if t in OPERATORS} <= language.operators
    np.testing.assert_allclose(found(PROBE), term(text)(PROBE), rtol=1e-12)
    assert language.allows(term(text).prefix)


@pytest.mark.parametrize(
    ("operators", "text"),
    [
        (["sin"], "sin(2*x0)"), (["sin"], "x0*x1"), (["add", "mul"], "1/x0"),
        (["add", "sin"], "sin(x0 - x1)"), (["mul"], "sqrt(x0)"), (["exp"], "exp(-x0)"),
        (["sin", "cos", "mul"], "tan(x0)"),
    ],
)  # fmt: skip
def test_what_the_alphabet_cannot_spell_is_not_allowed(operators, text):
    language = Language.of(operators)
    assert language.spelled(term(text)) is None
    assert not language.allows(term(text).prefix)
    assert not language.admits(term(f"3*x0 - 2*({text}) + 1"))


def test_the_outermost_sum_is_always_there():
    language = Language.of(["sin"])
    assert language.admits(term("3 - 2*x0 + 0.5*sin(x1) - sin(x2)"))
    parts = summands(term("3 - 2*x0 + 0.5*(sin(x1) - 4*cos(3*x2))"))
    assert [part.text() for part in parts] == ["x0", "sin(x1)", "cos(3*x2)"]


def test_other_names():
    assert Language.of(["+", "-", "*", "/", "**", "ln"]).operators == {
        "add", "sub", "neg", "mul", "div", "inv", "pow", "log",
    }  # fmt: skip
    with pytest.raises(InputError, match="operators: unknown operator 'sine' .did you mean 'sin'"):
        Language.of(["add", "sine"])
    with pytest.raises(InputError, match="did you mean 'max_terms'"):
        Language.of(constraints={"max_term": 2})


def test_proposers_have_only_usable_operators():
    """The prior's rules and the transformer's tokens are filtered before anything is drawn."""
    language, y = Language.of(["add", "mul", "sin"]), np.sin(X[:, 0]) * X[:, 1] + X[:, 2] ** 2
    generator = np.random.default_rng(0)
    for propose in (
        prior_proposer(Grammar(), language.usable),
        prior_proposer(Grammar.general(), language.usable),
        transformer_proposer(load_weights("general"), usable=language.usable),
    ):
        drawn = propose(X, (y - y.mean()) / y.std(), 48, generator)
        tokens = {t for c in drawn for part in c.terms for t in part if t in OPERATORS}
        assert {"sin", "mul"} <= tokens <= {"add", "mul", "sin", "neg", "sub", "square"}
    assert Grammar().restricted(frozenset(OPERATORS)) == Grammar()


TARGETS = {
    "sum": 2 * np.sin(X[:, 0]) * X[:, 1] - X[:, 2],
    "root": np.sqrt(X[:, 0] ** 2 + X[:, 1] ** 2),
    "law": X[:, 2] * np.exp(-X[:, 0] / X[:, 1]),
    "ratio": X[:, 0] / (1 + X[:, 1]),
}


@pytest.mark.parametrize(
    ("method", "target", "operators"),
    [
        ("transformer+sparse", "root", ["add", "mul", "sin"]),
        ("transformer+sparse", "ratio", ["exp", "/"]),
        ("transformer+sparse", "law", ["tanh"]),
        ("transformer+prior", "law", ["+", "-", "*"]),
        ("prior", "ratio", ["exp", "/"]),
        ("prior+sparse", "sum", ["+", "/", "sqrt"]),
    ],
)
def test_no_answer_has_other_operators(method, target, operators):
    model = SymbolicRegressor(
        method=method, operators=operators, n_candidates=16, rounds=2, max_time=None
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some answers are poor, and say so
        model.fit(X, TARGETS[target])
    allowed = Language.of(operators).operators
    for row in model.equations_:
        assert used(row["expression"]) <= allowed, row["equation"]


@pytest.mark.parametrize(
    ("operators", "target", "equation"),
    [
        (["add", "mul", "sin"], "sum", "-x2 + 2*x1*sin(x0)"),
        (["*", "+", "sqrt"], "root", "sqrt(x0*x0 + x1*x1)"),
        (["*", "/", "exp"], "law", "x2*exp(-1*x0/x1)"),
        (["+", "/"], "ratio", "x0/(1 + x1)"),
    ],
)
def test_the_right_alphabet_finds_the_law(operators, target, equation):
    model = SymbolicRegressor(operators=operators, max_time=None, rounds=1, n_candidates=16)
    assert model.fit(X, TARGETS[target]).equations_[0]["equation"] == equation


def test_columns_of_any_unit_and_robust_fits_keep_to_the_alphabet():
    """A factor inside a sine would need mul: such columns stay in their own units."""
    x = X * [1e4, 1e-4, 1.0]
    y = np.sin(X[:, 2]) * 3 + 1e-4 * x[:, 0]
    y[::20] += 50
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SymbolicRegressor(
            operators=["sin"], method="prior+sparse", n_candidates=16, max_time=None, robust=True
        ).fit(x, y)
    assert all(used(row["expression"]) <= {"sin"} for row in model.equations_)
    assert model.equations_[0]["r2"] > 1 - 1e-9


# ---- constraints ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("constraints", "text", "fits"),
    [
        ({"max_complexity": 6}, "2*sin(x0) - x1", True),
        ({"max_complexity": 5}, "2*sin(x0) - x1", False),
        ({"max_terms": 2}, "2*sin(x0) - x1 + 3", True),
        ({"max_terms": 1}, "2*sin(x0) - x1 + 3", False),
        ({"max_depth": 2}, "x0 + 3*sin(x1**2)", True),
        ({"max_depth": 1}, "x0 + 3*sin(x1**2)", False),
        ({"nested": {"sin": {"cos": 0}}}, "sin(x0)*cos(x1)", True),
        ({"nested": {"sin": {"cos": 0}}}, "sin(x0 + cos(x1))", False),
        ({"nested": {"sin": {"sin": 1}}}, "sin(x0 + sin(x1))", True),
        ({"nested": {"sin": {"sin": 1}}}, "sin(x0 + sin(x1 + sin(x2)))", False),
        ({"nested": {"*": {"/": 0}}}, "x0*(1/x1)", False),
    ],
)
def test_limits(constraints, text, fits):
    assert Language.of(None, constraints).admits(term(text)) is fits


@pytest.mark.parametrize(
    ("method", "constraints"),
    [
        ("transformer+sparse", {"max_complexity": 7}),
        ("prior", {"max_terms": 2, "max_depth": 2}),
        ("sparse", {"max_complexity": 1}),
        ("prior+sparse", {"nested": {"mul": {"sin": 0, "cos": 0, "mul": 0}}}),
    ],
)
def test_no_answer_breaks_a_limit(method, constraints):
    y = 2 * np.sin(X[:, 0]) * X[:, 1] - X[:, 2] + 3 * np.cos(X[:, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SymbolicRegressor(
            method=method, constraints=constraints, n_candidates=16, rounds=2, max_time=None
        ).fit(X * [1, 1, 100], y)
    language = Language.of(None, constraints)
    assert all(language.admits(row["expression"]) for row in model.equations_)
    if constraints == {"max_complexity": 1}:
        assert [row["expression"].prefix for row in model.equations_] == [("C",)]
        np.testing.assert_allclose(model.predict(X), y.mean())


def test_the_best_within_the_limit_is_found():
    """Two terms of the truth's three, and not some leftover of longer formulas."""
    x = np.random.default_rng(3).uniform(-3, 3, (200, 3))
    y = 5 * np.sin(x[:, 0]) + 3 * x[:, 1] + 0.1 * x[:, 2] ** 2
    model = SymbolicRegressor(method="sparse", constraints={"max_terms": 2}).fit(x, y)
    assert {part.text() for part in summands(model.expression())} == {"sin(x0)", "x1"}


def test_candidates_lose_only_the_terms_that_are_not_allowed():
    language = Language.of(["sin"])
    kept = language.reduced(Candidate((("sin", "x0"), ("cos", "x1"), ("x2",)), np.zeros(0)))
    assert kept.terms == (("sin", "x0"), ("x2",))
    terms = [terms for terms in library(2) if language.allows(terms[0])]
    assert terms == [(("x0",),), (("sin", "x0"),), (("x1",),), (("sin", "x1"),)]


def test_the_library_has_the_functions_of_the_alphabet():
    """Logarithms, roots and quotients are no guesswork where the alphabet names them."""
    y = 0.4 * np.log(X[:, 1]) - 0.7 * X[:, 2] * np.log(X[:, 0]) + 2 / X[:, 2]
    model = SymbolicRegressor(method="sparse", operators=["add", "mul", "log", "div"]).fit(X, y)
    assert model.equations_[0]["r2"] > 1 - 1e-12
    found = {part.text() for part in summands(model.expression())}
    assert found == {"log(x1)", "x2*log(x0)", "1/x2"}
    assert Language.of(["pow", "tanh"]).functions == ("inv", "sqrt", "square", "tanh")
    assert Language().functions == () and library(3, ()) == library(3)
