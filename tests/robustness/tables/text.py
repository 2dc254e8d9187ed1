"""Formulas as text: what is read, what is refused, and that it says what the model does."""

# fmt: off
import numpy as np

from symtut.expressions import Expression
from tests.robustness.cases import EITHER, REFUSED, RIGHT, Case, expect
from tests.robustness.tables.names import close, faithful, sparse, written_names

POINTS = np.random.default_rng(1).uniform(0.5, 2.0, (20, 6))


def reads(text, value, names=None):
    def do(_):
        given = () if names is None else (names,)
        found = Expression.from_text(text, *given)(POINTS)
        expect(close(found, value(POINTS)), "has another value:", found[:3])

    return do


def refuses(text, names=None):
    given = () if names is None else (names,)
    return lambda _: Expression.from_text(text, *given)


def round_trip(prefix, constants=()):
    """Text with all digits reads back as a formula with the same values."""

    def do(_):
        formula = Expression(tuple(prefix.split()), constants)
        text = formula.text(digits=None)
        expect(close(Expression.from_text(text)(POINTS), formula(POINTS), 1e-12), text)

    return do


def scale(make):
    """Every equation's text predicts what its r2 says."""

    def do(_):
        x, y = make(np.random.default_rng(2))
        model = sparse().fit(x, y)
        for row in model.equations_:
            read = Expression.from_text(row["equation"], written_names(model))(x)
            r2 = 1 - np.mean((y - read) ** 2) / np.var(y)
            lost = (1 - r2) - (1 - row["r2"])
            expect(lost <= 1e-9 + 0.5 * (1 - row["r2"]), "the text has R²", r2, "of", row["r2"],
                   row["equation"])
        faithful(model, x)

    return do


def years(rng):
    x = rng.uniform(1990, 2020, (80, 1))
    return x, (x[:, 0] - 2003.7) ** 2


def far_away(rng):
    x = 1e6 + rng.uniform(0, 3, (80, 1))
    return x, x[:, 0] ** 2 - 2e6 * x[:, 0]


def great_offset(rng):
    x = rng.uniform(-1, 1, (80, 1))
    return x, 1e7 + x[:, 0] + 0.1 * x[:, 0] ** 2


def cancelling(rng):
    x = rng.uniform(100, 101, (80, 2))
    return x, 12.3456789 * x[:, 0] - 12.3456781 * x[:, 1]


def kelvin(rng):
    x = rng.uniform(-20, 40, (80, 1)) + 273.15
    return x, (x[:, 0] - 273.15) * (x[:, 0] - 310.0)


def tiny(rng):
    x = rng.uniform(1e-9, 3e-9, (80, 1))
    return x, 7e12 * x[:, 0] + 3.123456e3


def derivatives(_):
    import sympy

    formula = Expression.from_text("3*x0**2 + x1").sympy()
    x0 = sympy.Symbol("x0")
    expect(formula.diff(x0) == 6 * x0, "the derivative is", formula.diff(x0))
    expect(sympy.diff(formula, "x0") == 6 * x0, "by name it is", sympy.diff(formula, "x0"))
    expect(formula.subs("x0", 2).subs("x1", 1) == 13, formula.subs("x0", 2).subs("x1", 1))
    expect(sympy.solve(formula.subs(x0, 1), sympy.Symbol("x1")) == [-3], "solve finds nothing")


def no_float_noise(_):
    text = str(Expression(("mul", "C", "x0"), (4007.4,)).sympy())
    expect("4007.4*x0" in text or "4007.40000000000*x0" in text, text)


def sympy_constants(value):
    def do(_):
        import sympy

        formula = Expression(("mul", "C", "x0"), (value,)).sympy()
        expect(float(formula.coeff(sympy.Symbol("x0"))) == value, formula)

    return do


READ = {
    "a fraction as a power": ("x0**0.5", lambda x: x[:, 0] ** 0.5),
    "a negative power": ("x0**-1", lambda x: 1 / x[:, 0]),
    "a power of two": ("2**x0", lambda x: 2 ** x[:, 0]),
    "power nine": ("x0**9", lambda x: x[:, 0] ** 9),
    "power zero": ("x0**0", lambda x: x[:, 0] ** 0),
    "a power tower": ("x0**2**2", lambda x: x[:, 0] ** 4),
    "minus before a power of two": ("-2**x0", lambda x: -(2 ** x[:, 0])),
    "a power of a power": ("(x0**2)**2", lambda x: x[:, 0] ** 4),
    "minus before a power": ("-x0**2", lambda x: -(x[:, 0] ** 2)),
    "a negative number squared": ("(-2)**2*x0", lambda x: 4 * x[:, 0]),
    "minus minus": ("--x0", lambda x: x[:, 0]),
    "plus": ("+x0", lambda x: x[:, 0]),
    "the highest power": ("x0**8", lambda x: x[:, 0] ** 8),
    "one over a product": ("1/(x0*x1)", lambda x: 1 / (x[:, 0] * x[:, 1])),
    "a chain of divisions": ("x0/x1/x2", lambda x: x[:, 0] / x[:, 1] / x[:, 2]),
    "a chain of differences": ("x0 - x1 - x2", lambda x: x[:, 0] - x[:, 1] - x[:, 2]),
    "pi": ("pi*x0", lambda x: np.pi * x[:, 0]),
    "a comment": ("x0 # speed", lambda x: x[:, 0]),
    "an underscore in a number": ("1_000*x0", lambda x: 1000 * x[:, 0]),
    "blanks around": ("  x0 ", lambda x: x[:, 0]),
}

REFUSE = {
    "empty": "", "blank": "   ", "half": "x0 +", "two": "x0 x1", "an unknown variable": "x9",
    "the seventh variable": "x6", "a capital": "X0", "a caret": "x0^2",
    "True as a power": "x0**True", "floor division": "x0//2", "modulo": "x0%2",
    "matrix product": "x0@x1", "complex": "1j*x0",
    "True": "True*x0", "a text": "'a'", "a list": "[x0]", "a comparison": "x0 < x1",
    "a condition": "x0 if x1 else x2", "two arguments": "sin(x0, x1)", "no argument": "sin()",
    "a keyword argument": "sin(x=x0)", "a star": "sin(*x0)", "an unknown function": "sinh(x0)",
    "an attribute": "x0.__class__", "an import": "__import__('os').system('touch hacked')",
    "an evil index": "x0[0]", "a lambda": "lambda: x0", "a walrus": "(x0 := 3)", "two lines":
    "x0\nx1", "a null byte": "x0\0", "too large a number": "1e999*x0", "Arabic digits": "٣*x0",
    "an f-string": "f'{x0}'", "a surrogate": "\ud800*x0",
    "bytes": b"x0", "None": None, "a number": 3, "ten thousand digits": "9" * 10_000 + "*x0",
}

DEEP = {
    "brackets": "(" * 3000 + "x0" + ")" * 3000,
    "minuses": "-" * 20_000 + "x0",
    "sines": "sin(" * 2000 + "x0" + ")" * 2000,
    "squares": "(" * 40 + "x0" + ")**2" * 40,
    "a long sum": " + ".join(["x0"] * 5000),
    "a wide power": "(" * 8 + "(x0 + x1)" + ")**7" * 8,
}

ROUND = {
    "a negative number squared": ("square C", (-2.0,)),
    "a negative number times": ("mul C x0", (-2.0,)),
    "minus a difference": ("sub x0 sub x1 x2", ()),
    "minus a sum that begins with minus": ("sub x0 add neg x1 x2", ()),
    "plus a negative number": ("add x0 C", (-2.5,)),
    "minus a negative number": ("sub x0 C", (-2.5,)),
    "division by a negative number": ("div x0 C", (-2.5,)),
    "one over one over": ("inv inv x0", ()),
    "division by a fraction": ("div x0 div x1 x2", ()),
    "division by a product": ("div x0 mul x1 x2", ()),
    "square of minus": ("square neg x0", ()),
    "minus a square": ("neg square x0", ()),
    "minus minus": ("neg neg x0", ()),
    "minus a negative number itself": ("neg C", (-3.0,)),
    "a negative factor before a sum": ("mul C add x0 x1", (-3.0,)),
    "a negative number in a product of products": ("mul mul C x0 mul C x1", (-3.0, -4.0)),
    "an exponent": ("mul C x0", (1.5e-300,)),
    "the smallest number": ("mul C x0", (5e-324,)),
    "the largest number": ("mul C x0", (7e307,)),
    "one as a numerator": ("div C x0", (1.0,)),
    "a large whole number": ("mul C x0", (1e22,)),
    "plus minus a product": ("add x0 mul C x1", (-1e-5,)),
    "a power of a power": ("pow pow x0 x1 x2", ()),
    "a power tower": ("pow x0 pow x1 x2", ()),
    "a negative number to a power": ("pow C C", (-2.0, 3.0)),
    "minus a power": ("neg pow x0 x1", ()),
    "a power of minus": ("pow neg neg x0 x1", ()),
    "a power of a fraction": ("pow div x0 x1 x2", ()),
    "a power with a negative exponent": ("pow x0 C", (-1.5,)),
    "a power with a product": ("pow x0 mul x1 x2", ()),
    "a power squared": ("square pow x0 x1", ()),
    "one over a power": ("inv pow x0 x1", ()),
    "minus of a quotient squared": ("square div neg x0 x1", ()),
}

SCALES = {
    "years": years, "far from zero": far_away, "a great offset": great_offset,
    "differences that cancel": cancelling, "kelvin": kelvin, "tiny numbers": tiny,
}

CASES = [
    *(Case("text", f"read: {name}", reads(*how), RIGHT) for name, how in READ.items()),
    *(Case("text", f"refuse: {name}", refuses(text)) for name, text in REFUSE.items()),
    *(Case("text", f"deep: {name}", refuses(text), EITHER) for name, text in DEEP.items()),
    *(Case("text", f"and back: {name}", round_trip(*how), RIGHT) for name, how in ROUND.items()),
    *(Case("text", f"digits: {name}", scale(make), RIGHT) for name, make in SCALES.items()),
    Case("text", "names: the same twice", refuses("a - b", ("a", "a")), REFUSED, "name"),
    Case("text", "names: pi for a variable", reads("pi", lambda x: x[:, 0], ("pi", "u")), EITHER),
    Case("text", "names: more than there are variables", refuses("g", tuple("abcdefg")), says="6"),
    Case("text", "names: one text", refuses("a", "ab"), EITHER),
    Case("text", "names: too few to print", lambda _: Expression(("x1",)).text(("a",)),
         says="name"),
    Case("text", "names: too few for SymPy", lambda _: Expression(("x1",)).sympy(("a",)),
         says="name"),
    Case("text", "SymPy: derivative, substitution, solution", derivatives, RIGHT),
    Case("text", "SymPy: no float noise", no_float_noise, RIGHT),
    *(Case("text", f"SymPy: {value!r}", sympy_constants(value), RIGHT)
      for value in (4007.4, 0.1, 1e300, -1e-300, 2.0)),
    *(Case("text", f"a constant that is {value}",
           lambda _, value=value: Expression(("mul", "C", "x0"), (float(value),)).sympy(), EITHER)
      for value in ("inf", "nan")),
    *(Case("text", f"prefix: {name}", lambda _, p=p, c=c: Expression(p, c), says=says)
      for name, p, c, says in (
        ("empty", (), (), ""), ("half", ("add", "x0"), (), "incomplete"),
        ("left over", ("x0", "x1"), (), "left over"), ("unknown", ("foo", "x0"), (), "unknown"),
        ("a number too many", ("x0",), (1.0,), "constants"), ("no tuple", "x0", (), ""),
        ("None", None, (), ""), ("a list in it", (["x0"],), (), ""),
        ("a constant that is text", ("C",), ("3",), ""), ("a constant that is None", ("C",),
        (None,), ""), ("a complex constant", ("C",), (1j,), ""),
      )),
]
