"""Names of variables: distinct, read back as themselves, in text, SymPy and LaTeX."""

import keyword

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.mathtext import MathTextParser

from symtut.errors import InputError
from symtut.expressions import Expression, latex_name
from symtut.expressions.latex_names import latex_names
from symtut.expressions.names import FUNCTIONS, as_python_reads, check_names, readable_names
from symtut.regression import SymbolicRegressor
from tests.properties import formulas, several

X = np.random.default_rng(0).uniform(-3, 3, (60, 2))
DIFFERENCE = X[:, 0] - X[:, 1]
# each has a meaning of its own for Python, SymPy or the package
TRICKY = ("pi", "e", "E", "I", "S", "N", "O", "Q", "C", "C0", "x0", "x1", "beta", "gamma", "zeta")


def fitted(X, **options):
    return SymbolicRegressor(method="sparse", max_time=None, **options).fit(X, DIFFERENCE)


def assert_says_what_it_does(model, data):
    """The text of the equation, read back, predicts what the model predicts."""
    text = model.equations_[0]["equation"]
    assert len(set(model.names_)) == 2
    np.testing.assert_array_equal(Expression.from_text(text, model.names_)(X), model.predict(data))
    np.testing.assert_allclose(model.predict(data), DIFFERENCE)
    symbols = sorted(model.sympy().free_symbols, key=str)
    assert [str(s) for s in symbols] == sorted(model.names_)


# ---- columns of data frames ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "names"),
    [(("wind speed", "x0"), ("wind_speed", "x0")), (("a", "a"), ("a", "a_2")),
     (("wind speed", "wind_speed"), ("wind_speed_2", "wind_speed")), (("pi", "x"), ("pi", "x")),
     (("sin", "lambda"), ("sin_", "lambda_")), (("nan", "inf"), ("nan_", "inf_")),
     (("2nd", "%"), ("x_2nd", "x1")), (("", "x0"), ("x0_2", "x0")), (("class", "None"), None),
     (("T (°C)", "p/p₀"), ("T_C", "p_p0")), (("µ", "μ"), ("μ_2", "μ")), ((1, 0), ("x1", "x0")),
     ((("a", "b"), ("a", "c")), ("a_b", "a_c"))],
)  # fmt: skip
def test_columns_get_distinct_readable_names(labels, names):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X)
    frame.columns = pandas.Index(labels)
    names = names or tuple(f"{label}_" for label in labels)
    if names == labels:
        model = fitted(frame)
    else:
        changed = [new for new, old in zip(names, labels, strict=True) if new != old]
        with pytest.warns(UserWarning, match=rf"\(column .\) is {changed[0]}"):
            model = fitted(frame)
    assert model.names_ == names
    assert_says_what_it_does(model, frame)
    if all(isinstance(label, str) for label in labels):
        assert model.feature_names_in_.tolist() == list(labels)
        assert model.feature_names_in_.dtype == object


def test_feature_names_in_are_scikit_learns(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b"])
    model = fitted(frame)
    SymbolicRegressor.load(_saved(model, tmp_path)).predict(frame)
    again = SymbolicRegressor.load(_saved(model, tmp_path))
    assert again.feature_names_in_.tolist() == ["a", "b"] and again.names_ == ("a", "b")
    for other in (model, again):
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            other.predict(X)
        for swapped in (frame[["b", "a"]], frame.rename(columns={"a": "c"})):
            for use in (other.predict, other.numpy(), other.torch()):
                with pytest.raises(InputError, match="feature names should match"):
                    use(swapped)
    with pytest.warns(UserWarning, match="was fitted without"):
        fitted(X).predict(frame)
    model.fit(X, DIFFERENCE)
    assert not hasattr(model, "feature_names_in_")
    for error in (InputError, TypeError):
        with pytest.raises(error, match="only supported if all input features have string names"):
            fitted(pandas.DataFrame(X, columns=["a", 1]))


def _saved(model, folder):
    model.save(folder / "model.json")
    return folder / "model.json"


# ---- names that the user gives -------------------------------------------------------------------


@pytest.mark.parametrize("name", TRICKY)
def test_names_with_another_meaning_elsewhere(name):
    model = fitted(X, feature_names=(name, "other"))
    assert_says_what_it_does(model, X)
    (symbol,) = model.sympy().free_symbols - {sympy.Symbol("other")}
    assert symbol == sympy.Symbol(name)


@pytest.mark.parametrize(
    ("names", "cause"),
    [(("a", "a"), "two variables are called 'a'"), (("ﬁ", "fi"), "two variables"),
     (("sin", "b"), "'sin' means something else"), (("lambda", "b"), "'lambda' means"),
     (("abs", "b"), "'abs' means"), (("nan", "b"), "'nan' means"), (("a b", "c"), "'a b' cannot"),
     (("1a", "c"), "'1a' cannot"), (("", "c"), "'' cannot"), (("a", 1), "must be a list of names"),
     ("ab", "must be a list of names"), (("a", "b", "c"), "needs 2 names")],
)  # fmt: skip
def test_names_that_no_formula_can_hold(names, cause):
    with pytest.raises(InputError, match=f"feature_names.*{cause}"):
        fitted(X, feature_names=names)


def test_an_expression_checks_its_names_itself():
    difference = Expression.from_text("x0 - x1")
    for write in (difference.text, difference.latex, difference.sympy):
        with pytest.raises(InputError, match="two variables are called 'a'"):
            write(("a", "a"))
        with pytest.raises(InputError, match="names are too few"):
            write(("a",))
    with pytest.raises(InputError, match="two variables"):
        Expression.from_text("a", ("a", "a"))
    with pytest.raises(InputError, match="'tan' means something else"):
        difference.text(("tan", "b"))
    with pytest.raises(InputError, match="name no variable so"):
        Expression(("mul", "C", "x0")).text(("C",))
    with pytest.raises(InputError, match="at most 6"):
        Expression.from_text("g", tuple("abcdefg"))


@pytest.mark.parametrize(
    "text",
    ["sin(x0, x1)", "log(x0, base=2)", "True/x0", "x0**True", "1" + "0" * 400, "-" * 9000 + "x0",
     "(" * 300 + "x0" + ")" * 300, "x0\0", "", " ", "x0 = 1", "x0 < 1", "1j", "square(x0)"],
)  # fmt: skip
def test_what_is_no_formula_is_a_clear_error(text):
    with pytest.raises(InputError):
        Expression.from_text(text)


def test_pi_is_the_number_unless_a_variable_is_called_so():
    assert Expression.from_text("pi") == Expression(("C",), (np.pi,))
    assert Expression.from_text("2*pi", ("pi",)) == Expression(("mul", "C", "x0"), (2.0,))
    assert Expression.from_text("inf").constants == (np.inf,)


# ---- properties ----------------------------------------------------------------------------------

labels = st.one_of(st.text(max_size=12), st.sampled_from([*TRICKY, *FUNCTIONS, *keyword.kwlist]))


@several()
@given(st.lists(labels, min_size=1, max_size=8))
def test_any_labels_become_names_that_read_back(labels):
    names = readable_names(labels)
    check_names(names)
    assert readable_names(names) == names
    for name, label in zip(names, labels, strict=True):
        assert Expression.from_text(name, (name,)) == Expression(("x0",))
        try:
            check_names([label])
        except InputError:
            continue
        assert name == label or labels.count(label) > 1 or as_python_reads(label) != label


# ---- SymPy ---------------------------------------------------------------------------------------


def test_symbols_are_plain():
    expression = Expression.from_text("x0**2 - 3*x0 + 2")
    found = expression.sympy()
    assert sympy.diff(found, "x0") == 2 * sympy.Symbol("x0") - 3
    assert found.subs("x0", 5) == 12
    assert sorted(sympy.solve(found, "x0")) == [1, 2]
    real = sympy.Symbol("x0", real=True)
    assert expression.sympy([real]).free_symbols == {real}
    for name in ("S", "I", "E", "N", "beta", "lambda", "pi"):
        (symbol,) = Expression.from_text("2*x0").sympy((name,)).free_symbols
        assert symbol == sympy.Symbol(name)
    assert Expression(("mul", "C", "mul", "C", "x0")).sympy(("C0",)).free_symbols == set(
        sympy.symbols("C0 C1 C2")
    )


@pytest.mark.parametrize("number", [4007.4, 0.1 + 0.2, 1e-300, 1 / 3, 1e23, 2.5, 1e15 + 0.5])
def test_sympy_numbers_have_no_noise(number):
    found = Expression(("mul", "C", "x0"), (number,)).sympy()
    coefficient = found.coeff(sympy.Symbol("x0"))
    assert float(coefficient) == number
    written = str(found).split("*x0")[0]
    assert float(written) == number
    assert written.replace(".0e", "e") == repr(number)


def test_sympy_knows_what_is_not_finite():
    values = (float("nan"), float("inf"), -float("inf"), 3.0)
    assert [Expression(("C",), (v,)).sympy() for v in values] == [
        sympy.nan, sympy.oo, -sympy.oo, 3,
    ]  # fmt: skip


@several(100)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_sympy_numbers_are_the_same_float(number):
    assert float(Expression(("C",), (number,)).sympy()) == number


# ---- LaTeX ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "latex"),
    [("x", "x"), ("x0", "x_{0}"), ("x_1", "x_{1}"), ("a_b_c", "a_{b,c}"), ("x12", "x_{12}"),
     ("theta_dot", r"\dot{\theta}"), ("theta1_dot", r"\dot{\theta_{1}}"), ("psi_next", r"\psi'"),
     ("theta_1_dot", r"\dot{\theta_{1}}"), ("delta_theta_dot", r"\Delta \dot{\theta}"),
     ("x_ddot", r"\ddot{x}"), ("speed", r"\mathrm{speed}"), ("v_max", r"v_{\mathrm{max}}"),
     ("wind_speed2", r"\mathrm{wind}_{\mathrm{speed2}}"), ("lambda_", r"\lambda"), ("θ", r"\theta"),
     ("Omega_beta", r"\Omega_{\beta}"), ("pi", r"\mathrm{pi}"), ("_", r"\mathrm{\_}"),
     ("delta_", r"\delta"), ("dot", r"\mathrm{dot}"), ("_dot", r"\mathrm{dot}")],
)  # fmt: skip
def test_latex_of_names(name, latex):
    assert latex_name(name) == latex


def test_names_that_would_look_alike_are_spelled_out():
    assert latex_names(("x1", "x_1", "y")) == (r"\mathrm{x1}", r"\mathrm{x\_1}", "y")


def test_latex_keeps_squares_and_exponents_apart():
    names = ("delta_x", "v_next")
    assert Expression.from_text("x0**2").latex(names) == r"\left(\Delta x\right)^{2}"
    assert Expression.from_text("v_next**2", names).latex(names) == "v'^{2}"
    assert Expression(("square", "C"), (1e9,)).latex() == r"\left(1 \cdot 10^{9}\right)^{2}"


def compiles(latex: str) -> None:
    MathTextParser("agg").parse(f"${latex}$")


identifiers = st.one_of(
    st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,9}", fullmatch=True),
    st.lists(
        st.sampled_from(["theta", "x", "dot", "next", "delta", "speed", "1", "max", "", "Gamma"]),
        min_size=1, max_size=4,
    ).map("_".join),
)  # fmt: skip


@several()
@given(st.lists(st.one_of(identifiers, st.text(max_size=6)), min_size=1, max_size=5))
def test_every_name_has_balanced_braces_and_looks_unlike_the_others(names):
    names = list(dict.fromkeys(names))
    shown = latex_names(names)
    for latex in shown:
        bare = latex.replace(r"\{", "").replace(r"\}", "")
        depth = np.cumsum([{"{": 1, "}": -1}.get(letter, 0) for letter in bare])
        assert (depth >= 0).all() and not depth[-1:].any()
    assert len(set(shown)) == len(names)


@several(100)
@given(formulas(depth=3), st.lists(identifiers, min_size=6, max_size=6, unique=True))
def test_every_equation_is_set_by_matplotlib(expression, names):
    compiles(expression.latex(names))
