"""Names of columns: distinct, readable back, and set so that LaTeX takes them."""

# fmt: off
import warnings

import numpy as np

from tests.robustness.cases import EITHER, REFUSED, RIGHT, Case, expect

X = np.random.default_rng(0).uniform(0.5, 3.0, (60, 2))
Y = 2 * X[:, 0] - X[:, 1] + 0.5 * X[:, 0] * X[:, 1]


def sparse(**options):
    from symtut import SymbolicRegressor

    return SymbolicRegressor(**{"method": "sparse", "max_time": None} | options)


def frame(names):
    import pandas

    return pandas.DataFrame(X, columns=list(names))


def close(found, wanted, tolerance=1e-6, spread=None) -> bool:
    """Equal up to ``tolerance`` of ``spread``: by default of the spread of what is wanted."""
    found, wanted = np.asarray(found, dtype=float), np.asarray(wanted, dtype=float)
    if found.shape != wanted.shape or not found.size:
        return found.shape == wanted.shape
    return bool(
        np.nanmax(np.abs(found - wanted)) <= tolerance * max(spread or np.nanstd(wanted), 1e-300)
        and np.array_equal(np.isnan(found), np.isnan(wanted))
    )


def written_names(model):
    """The names that an equation's text uses for x0, x1, …"""
    names = model.names_ if hasattr(model, "names_") else model.feature_names_in_
    return tuple(names[j] for j in model.columns_)


def faithful(model, x=X):
    """Text, SymPy and LaTeX of a fitted model say what it predicts."""
    import sympy
    from matplotlib.mathtext import MathTextParser

    from symtut.expressions import Expression

    names, like = written_names(model), {"tolerance": 0.03, "spread": np.std(model.predict(x))}
    expect(len(set(names)) == len(names), "names are not distinct:", names)
    for index, row in enumerate(model.equations_):
        predicted = model.predict(x, index)
        back = Expression.from_text(row["equation"], names)
        same = close(back(np.asarray(x)), predicted, **like)
        expect(same, "text reads back as another formula:", row["equation"], "with", names)
        formula = model.sympy(index)
        symbols = [sympy.Symbol(name) for name in names]
        expect(formula.free_symbols <= set(symbols), "SymPy's symbols are not plain:", formula)
        values = sympy.lambdify(symbols, formula, "numpy")(*np.asarray(x).T)
        values = np.broadcast_to(values, len(x))
        expect(close(values, predicted, **like), "SymPy says otherwise:", formula)
        MathTextParser("path").parse(f"${model.latex(index)}$")
    return model


def by_frame(*names):
    def do(_):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model = sparse().fit(frame(names), Y)
        faithful(model, frame(names))
        said = " ".join(str(warning.message) for warning in caught)
        pairs = enumerate(zip(written_names(model), names, strict=True))
        # a column's place is no name of it
        replaced = [name for i, (name, label) in pairs if name != str(label) and label != i]
        expect("name" in said or not replaced, "was replaced without a word:", replaced)

    return do


def by_setting(*names):
    def do(_):
        faithful(sparse(feature_names=names).fit(X, Y))

    return do


def kept_names(_):
    model = sparse().fit(frame(["wind speed", "u"]), Y)
    expect(list(model.feature_names_in_) == ["wind speed", "u"], model.feature_names_in_)


def swapped(_):
    """A column that is called x1 but stands first."""
    model = sparse().fit(frame(["x1", "x0"]), Y)
    faithful(model, frame(["x1", "x0"]))


def nameless(_):
    model = sparse().fit(X, Y)
    expect(not hasattr(model, "feature_names_in_") or len(model.feature_names_in_) == 2)
    faithful(model)


def refused(name, names):
    return Case("names", name, lambda _: sparse(feature_names=names).fit(X, Y), REFUSED, "name")


FRAMES = {
    "a space, and x0": ["wind speed", "x0"],
    "the same twice": ["a", "a"],
    "pi": ["pi", "r"],
    "a function's name": ["sin", "u"],
    "all functions' names": ["exp", "log"],
    "Python's keywords": ["lambda", "class"],
    "constants of Python": ["None", "True"],
    "the placeholder C": ["C", "u"],
    "SymPy's own names": ["E", "I"],
    "SymPy's own functions": ["beta", "gamma"],
    "SymPy's own letters": ["S", "N"],
    "Greek": ["θ", "ω"],
    "the micro sign, which is not mu": ["µ", "u"],
    "micro sign and mu, one name to Python": ["µ", "μ"],
    "a ligature": ["ﬁ", "fi"],
    "empty": ["", "u"],
    "a minus, and its replacement": ["a-b", "a_b"],
    "a dot": ["df.x", "u"],
    "a quote and a newline": ["a'b", "a\nb"],
    "a formula": ["x0 + 1", "u"],
    "begins with a digit": ["2nd", "1st"],
    "LaTeX": ["\\theta", "$u$"],
    "underscores alone": ["_", "__"],
    "very long": ["a" * 300, "b" * 300],
    "units in brackets": ["speed [m/s]", "speed [km/h]"],
    "numbers": [0, 1],
    "numbers, the other way round": [1, 0],
    "tuples": [("a", "b"), ("a", "c")],
    "infinity": ["inf", "nan"],
    "a replacement that is taken": ["x1", "a b"],
}

LATEX = (
    "x_1", "a_b_c", "theta_1_dot", "speed", "_x", "x_", "a__b", "delta_x_next", "theta_dot_dot",
    "x1_2", "lambda_", "omega0", "dot", "_dot", "_next", "delta_", "theta_dot_2", "Ω", "alpha_beta",
    "x_1_2_3", "v_next_dot", "phi12", "__", "a1b2", "delta_delta_x",
)


def latex(name):
    def do(_):
        from matplotlib.mathtext import MathTextParser

        from symtut.expressions import Expression, latex_name

        parser = MathTextParser("path")
        for formula in ("x0", "x0**2", "1/x0 - x0", "sin(x0)*x1"):
            text = Expression.from_text(formula).latex((name, "u"))
            parser.parse(f"${text}$")
        shown = latex_name(name)
        expect(shown.count("{") == shown.count("}"), shown)
        letters = name.replace("_", "")
        if name == "speed":
            expect("math" in shown or "text" in shown or "operatorname" in shown,
                   "is set as a product of letters:", shown)
        expect(shown.strip() or not letters, "nothing is left of the name")

    return do


CASES = [
    *(Case("names", f"columns: {label}", by_frame(*names), EITHER)
      for label, names in FRAMES.items()),
    Case("names", "a data frame's own names are kept", kept_names, RIGHT),
    Case("names", "x1 before x0", swapped, RIGHT),
    Case("names", "no names", nameless, RIGHT),
    Case("names", "given: pi", by_setting("pi", "u"), EITHER),
    Case("names", "given: sin", by_setting("sin", "u"), EITHER),
    Case("names", "given: lambda", by_setting("lambda", "u"), EITHER),
    Case("names", "given: x1, x0", by_setting("x1", "x0"), RIGHT),
    refused("given: the same twice", ("a", "a")),
    refused("given: too few", ("a",)),
    refused("given: too many", ("a", "b", "c")),
    refused("given: numbers", (1, 2)),
    refused("given: None", (None, None)),
    refused("given: a text of the right length", "ab"),
    refused("given: a number", 3),
    refused("given: with a space", ("wind speed", "u")),
    *(Case("names", f"LaTeX: {name}", latex(name), RIGHT) for name in LATEX),
]
