"""Formulas in other languages: what can be run gives our values, the rest is the expected text."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest
import torch

from symtut.errors import InputError
from symtut.expressions import OPERATORS, Expression
from symtut.expressions.code import LANGUAGES, code
from symtut.expressions.domains import values_inside

ALL = [
    Expression((name, "x0", "x1") if row.arity == 2 else (name, "x0"))
    for name, row in OPERATORS.items()
] + [
    Expression.from_text(text)
    for text in (
        "x2 - (x1 - x0)", "x2/(x1/x0)", "x2/(x1*x0)", "-(x0 + x1)*x2", "x0 - -2*x1", "-x0**2",
        "(-x0)**2.0", "(x0**x1)**x2", "-(-(x0*x1))", "x0 + (x1 - 1e-20*x2)", "1/3", "x0*(1/3)",
        "0.1234567890123456*x5 - 2.5e-9/x3", "(-2)**x0", "x0**(-2.0)", "-3*x0*-x1",
        "x4/(x4 + 0.3) + log(x1/(2.5 - x0))", "1/(1/x0)", "atan(1/x0)", "acos(x0/2)*asin(x1/3)",
        "3.0*x0 - (-2)", "x0*(x1 + x2)*(x3 - x4)", "x0/x1*x2", "x0/(x1 + x2)**2", "2 - (3 - x0)",
    )
]  # fmt: skip


def points() -> np.ndarray:
    """Inside and outside the domains, zeros and whole numbers too."""
    generator = np.random.default_rng(3)
    smooth = generator.uniform(-2.5, 2.5, (300, 6))
    return np.vstack([smooth, generator.integers(-2, 3, (300, 6))]).astype(float)


def run(text: str, x, expression: Expression):
    """The values of generated Python."""
    scope = {}
    exec(text, scope)
    return scope["equation"](*(x[:, i] for i in expression.variables))


@pytest.mark.parametrize("expression", ALL, ids=str)
def test_python_and_torch_give_the_same_values(expression):
    x = points()
    expected = values_inside(expression, x)
    with np.errstate(all="raise"):  # nor do they warn
        found = run(code(expression), x, expression)
    np.testing.assert_allclose(np.broadcast_to(found, len(x)), expected, rtol=1e-12)
    found = run(code(expression, "torch"), torch.tensor(x), expression)
    np.testing.assert_allclose(np.broadcast_to(found, len(x)), expected, rtol=1e-12)


def test_python_takes_whole_numbers_and_single_ones():
    scope = {}
    exec(code(Expression.from_text("x0**-2.0 + 1/x1")), scope)
    assert scope["equation"](2, 4) == 0.5
    np.testing.assert_array_equal(scope["equation"](np.array([2, 0]), 4), [0.5, np.nan])


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_c_gives_the_same_values(tmp_path):
    """All formulas in one library, each a function of its own, with every warning of the compiler
    as an error."""
    texts = [
        code(expression, "c").replace("double equation(", f"double f{k}(")
        for k, expression in enumerate(ALL)
    ]
    (tmp_path / "f.c").write_text("\n".join(texts))
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off"]
    subprocess.run(
        ["cc", *strict, "-shared", "-fPIC", "-o", "f.so", "f.c", "-lm"], cwd=tmp_path, check=True
    )
    library, x = ctypes.CDLL(str(tmp_path / "f.so")), points()
    for k, expression in enumerate(ALL):
        function = library[f"f{k}"]
        function.restype = ctypes.c_double
        function.argtypes = [ctypes.c_double] * len(expression.variables)
        found = [function(*row[list(expression.variables)]) for row in x]
        np.testing.assert_allclose(
            found, values_inside(expression, x), rtol=1e-12, err_msg=str(expression)
        )


SAME = Expression.from_text("0.75*sin(x0)**2 - 2*x1/(x0 + 3) + log(x1)*abs(x0)**1.5")
TEXTS = {
    "python": """import numpy as np


def equation(theta, u):
    theta, u = np.asarray(theta, dtype=float), np.asarray(u, dtype=float)
    with np.errstate(all="ignore"):
        inside = (u > 0.0) & (theta + 3.0 != 0.0)
        return np.where(inside, 0.75*np.sin(theta)**2 - 2.0*u/(theta + 3.0) \
+ np.log(u)*np.abs(theta)**1.5, np.nan)
""",
    "c": """#include <math.h>

double equation(double theta, double u)
{
    if (!((u > 0.0) && (theta + 3.0 != 0.0))) return NAN;
    return 0.75*pow(sin(theta), 2.0) - 2.0*u/(theta + 3.0) + log(u)*pow(fabs(theta), 1.5);
}
""",
    "julia": """function equation(theta, u)
    theta, u = float(theta), float(u)
    ((u > 0.0) && (theta + 3.0 != 0.0)) || return NaN
    return 0.75*sin(theta)^2 - 2.0*u/(theta + 3.0) + log(u)*abs(theta)^1.5
end
""",
    "matlab": """function value = equation(theta, u)
    value = 0.75.*sin(theta).^2 - 2.0.*u./(theta + 3.0) + log(u).*abs(theta).^1.5;
    value = real(value);
    value(~((u > 0.0) & (theta + 3.0 ~= 0.0))) = NaN;
end
""",
    "jax": """import jax.numpy as jnp


def equation(theta, u):
    theta, u = jnp.asarray(theta, dtype=float), jnp.asarray(u, dtype=float)
    inside = (u > 0.0) & (theta + 3.0 != 0.0)
    return jnp.where(inside, 0.75*jnp.sin(theta)**2 - 2.0*u/(theta + 3.0) \
+ jnp.log(u)*jnp.abs(theta)**1.5, jnp.nan)
""",
}


@pytest.mark.parametrize("language", TEXTS)
def test_text(language):
    assert code(SAME, language, ("theta", "u")) == TEXTS[language]


def test_all_digits_are_written():
    third = Expression(("mul", "C", "x0"), (1 / 3,))
    for language in LANGUAGES:
        assert "0.3333333333333333" in code(third, language)


NAMES = [("np", "python", "np_"), ("jnp", "jax", "jnp_"), ("torch", "torch", "torch_"),
         ("double", "c", "double_"), ("pow", "c", "pow_"), ("end", "julia", "end_"),
         ("end", "matlab", "end_"), ("θ", "c", "theta"), ("Geschwindigkeit_ü", "matlab",
         "Geschwindigkeit_u"), ("_a", "matlab", "x_a"), ("变", "c", "x"), ("a" * 99, "matlab",
         "a" * 60), ("θ", "julia", "θ"), ("equation", "c", "equation_")]  # fmt: skip


@pytest.mark.parametrize("name, language, allowed", NAMES)
def test_names_that_a_language_does_not_take(name, language, allowed):
    text = code(Expression.from_text("2*x0"), language, (name,))
    assert f"equation({'double ' * (language == 'c')}{allowed})" in text
    assert f"*{allowed}" in text


def test_names_stay_different():
    text = code(Expression.from_text("x0 - x1"), "c", ("ü", "u"))
    assert "double equation(double u, double u_2)" in text and "return u - u_2;" in text


def test_what_cannot_be_written():
    with pytest.raises(InputError, match="did you mean 'python'"):
        code(SAME, "pyhton")
    for language in ("", None, 3, "Fortran"):
        with pytest.raises(InputError, match="known: python, c, julia, matlab, jax, torch"):
            code(SAME, language)
    with pytest.raises(InputError, match="skeleton"):
        code(Expression(("mul", "C", "x0")))
    with pytest.raises(InputError, match="501 nodes"):
        code(Expression(("sqrt",) * 500 + ("x0",)))
    with pytest.raises(InputError, match="x1"):
        code(SAME, "c", ("theta",))
