"""How a fitted regressor is shown: printed, in a notebook, as a table, figure and code."""

import json
import re
import subprocess
import sys
import warnings
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pytest

from symtut.errors import InputError
from symtut.expressions import Expression
from symtut.expressions.domains import domain_text
from symtut.regression import SymbolicRegressor
from symtut.regression.presentation import r2_text

matplotlib.use("Agg")


def data():
    X = np.random.default_rng(100).uniform(0.2, 3, (80, 2))
    return X, 2 * np.sin(X[:, 0]) - np.log(X[:, 1])


@pytest.fixture(scope="module")
def model() -> SymbolicRegressor:
    """Fitted, with a front that is known."""
    X, y = data()
    names = ["theta", "u"]
    model = SymbolicRegressor(method="sparse", max_time=None, feature_names=names)
    model.fit(X, X[:, 0] + X[:, 1])
    model.equations_ = []
    for text in ("2*sin(theta) - log(u)", "1.15", "2.3*sin(theta) - 0.7"):
        expression = Expression.from_text(text, tuple(names))
        r2 = 1 - np.mean((y - expression(X)) ** 2) / y.var()
        model.equations_.append(
            {
                "equation": text, "complexity": expression.complexity, "loss": (1 - r2) * y.var(),
                "r2": r2, "score": 0.0, "source": "sparse", "digits": 4, "expression": expression,
                "domain": domain_text(expression, tuple(names)), "r2_holdout": r2 - 0.01,
            }
        )  # fmt: skip
    return model


def test_printed_front(model):
    lines = str(model).splitlines()
    assert lines[0] == repr(model)
    assert max(map(len, lines)) <= 80
    rows = [re.match(r"(>| ) +(\d+) +(\d+) ", line) for line in lines[2:-1]]
    rows = [row.groups() for row in rows if row]
    assert sorted(int(i) for _, i, _ in rows) == list(range(len(model.equations_)))
    assert [i for mark, i, _ in rows if mark == ">"] == ["0"]
    nodes = [int(n) for *_, n in rows]
    assert nodes == sorted(row["complexity"] for row in model.equations_)
    assert model.equations_[0]["equation"] in str(model)
    assert lines[-1] == "Equation 0 (>) is defined where u > 0."


def test_long_equations_stay_within_80_columns(model):
    other = SymbolicRegressor.__new__(SymbolicRegressor)
    other.__dict__ = dict(model.__dict__)
    long = " + ".join(f"{k}.25*sin(theta)" for k in range(40))
    other.equations_ = [
        model.equations_[0] | {"equation": long, "complexity": 120},
        model.equations_[0] | {"equation": "1*" * 200 + "u", "r2": -1e9, "r2_holdout": None},
    ]
    other.complete_ = False
    text = str(other)
    assert max(map(len, text.splitlines())) <= 80
    assert "39.25*sin(theta)" in text  # the best one is whole
    assert text.count("1*") < 100 and "…" in text  # others are cut, which shows
    assert text.splitlines()[-1].startswith("The search was cut short")


def test_before_fit():
    model = SymbolicRegressor(method="sparse")
    assert str(model).splitlines() == [repr(model), "not fitted yet: call fit(X, y)."]
    assert "not fitted yet" in model._repr_html_()
    for show in (model.table, model.plot, model.code, model.domain):
        with pytest.raises(InputError, match="not fitted yet"):
            show()


@pytest.mark.parametrize(
    "r2, text",
    [(1.0, "1"), (1 - 3e-12, "1-3e-12"), (0.98765, "0.9877"), (-0.5, "-0.5000"), (None, "-"),
     (-1e7, "-1.0e+07")],
)  # fmt: skip
def test_r2_in_eight_characters(r2, text):
    assert r2_text(r2) == text and len(text) <= 8


class Balanced(HTMLParser):
    """Fails where tags are not closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.seen.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_notebook_display(model):
    shown, page = Balanced(), model._repr_html_()
    shown.feed(page)
    assert shown.open == []
    assert shown.seen.count("tr") == 1 + len(model.equations_)
    assert f"${model.latex(0)}$" in page.replace("&#x27;", "'")
    assert "u &gt; 0" in page and "u > 0" not in page
    assert shown.seen.count("circle") >= 1 + len(model.equations_)


def test_names_are_escaped():
    """A parameter is shown as it is, whatever it holds."""
    page = SymbolicRegressor(weights="<script>alert(1)</script>")._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_one_equation_alone_is_shown():
    x = np.linspace(1, 2, 9)[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SymbolicRegressor(method="sparse", max_time=None).fit(x, x[:, 0])
    model.equations_ = model.equations_[:1]
    assert "<svg" in model._repr_html_() and str(model).count("\n") >= 2
    assert len(model.table()) == 1


def test_scikit_learns_display_of_pipelines(model):
    pytest.importorskip("sklearn")
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    for inner in (model, SymbolicRegressor(method="sparse")):
        page = make_pipeline(StandardScaler(), inner)._repr_html_()
        assert "SymbolicRegressor" in page
        assert ("2*sin(theta)" in page) == (inner is model)
    assert "SymbolicRegressor(" in repr(make_pipeline(StandardScaler(), model))


def test_table(model):
    pandas = pytest.importorskip("pandas")
    table = model.table()
    assert isinstance(table, pandas.DataFrame) and len(table) == len(model.equations_)
    assert list(table["equation"]) == [row["equation"] for row in model.equations_]
    assert list(table["r2"]) == [row["r2"] for row in model.equations_]
    assert table.loc[0, "domain"] == "u > 0"


def test_plot(model):
    from matplotlib import pyplot

    figure, mine = pyplot.subplots()
    ax = model.plot(mine)
    assert ax is mine and ax.get_yscale() == "log"
    fitted, held_out, best = ax.get_lines()
    front = sorted(model.equations_, key=lambda row: row["complexity"])
    assert list(fitted.get_xdata()) == [row["complexity"] for row in front]
    left = [max(1 - row["r2_holdout"], 1e-16) for row in front]
    np.testing.assert_allclose(held_out.get_ydata(), left)
    assert list(best.get_xdata()) == [model.equations_[0]["complexity"]]
    assert max(len(text.get_text()) for text in ax.get_legend().get_texts()) <= 40
    pyplot.close(figure)
    pyplot.close(model.plot().figure)
    with pytest.raises(InputError, match="axes"):
        model.plot(3)


def test_code_of_the_model(model):
    scope = {}
    exec(model.code("python"), scope)
    X = data()[0]
    used = [X[:, j] for j in model.expression().variables]
    np.testing.assert_allclose(scope["equation"](*used), model.predict(X), rtol=1e-12)
    assert model.code("c").startswith("#include <math.h>\n\ndouble equation(double theta, ")
    assert r"\ln" in model.code("latex") or r"\log" in model.code("latex")
    assert model.code("julia", len(model.equations_) - 1) != model.code("julia")
    with pytest.raises(InputError, match="did you mean 'latex'"):
        model.code("latx")
    with pytest.raises(InputError, match="no equation 99"):
        model.code("c", 99)


def test_outside_the_domain_there_is_nan_and_one_warning(model):
    assert model.domain() == model.equations_[0]["domain"] == "u > 0"
    X = np.array([[1.0, -1.0], [1.0, 0.0], [1.0, 1.0]])
    with pytest.warns(UserWarning) as seen:
        values = model.predict(X)
    assert [str(w.message) for w in seen] == [
        "2 of 3 predictions are NaN: the equation is defined where u > 0."
    ]
    np.testing.assert_allclose(values, [np.nan, np.nan, 2 * np.sin(1.0)], atol=1e-6)
    np.testing.assert_array_equal(model.numpy()(X), values)
    np.testing.assert_allclose(model.torch()(X), values, rtol=1e-12)


def test_inside_the_domain_there_is_no_warning(model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(model.predict(data()[0])).all()


def test_a_saved_model_is_shown_alike(model, tmp_path):
    model.save(tmp_path / "model.json")
    again = SymbolicRegressor.load(tmp_path / "model.json")
    assert str(again).splitlines()[1:] == str(model).splitlines()[1:]
    assert again.domain() == "u > 0" and again.code("matlab") == model.code("matlab")


def test_a_model_of_an_early_version_is_shown(model, tmp_path):
    """It knows no held-out figures; a figure that is none is refused."""
    path = tmp_path / "model.json"
    model.save(path)
    state = json.loads(path.read_text(encoding="utf-8"))
    for row in state["equations"]:
        row["r2_holdout"] = "high"
    path.write_text(json.dumps(state))
    with pytest.raises(InputError, match="r2_holdout must be"):
        SymbolicRegressor.load(path)
    for row in state["equations"]:
        for name in ("r2_holdout", "domain", "digits"):
            del row[name]
    path.write_text(json.dumps(state))
    old = SymbolicRegressor.load(path)
    assert "Equation 0 (>) is defined where u > 0." in str(old)
    assert "<svg" in old._repr_html_() and len(old.table()) == len(model.equations_)
    ax = old.plot()
    assert [text.get_text() for text in ax.get_legend().get_texts()][0] == "fitted"
    assert len(ax.get_lines()) == 2


def test_importing_and_showing_needs_neither_pandas_nor_matplotlib():
    code = """
import sys
sys.modules["pandas"] = sys.modules["matplotlib"] = None
import numpy as np
from symtut import SymbolicRegressor
from symtut.errors import InputError
from symtut.expressions import Expression
from symtut.expressions.domains import domain_text
x = np.random.default_rng(0).uniform(1, 2, (30, 1))
model = SymbolicRegressor(method="sparse").fit(x, 2 * x[:, 0])
assert "<svg" in model._repr_html_() and "nodes" in str(model)
try:
    model.table()
except InputError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "table() needs pandas: pip install pandas.\n"
