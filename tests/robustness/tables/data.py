"""One door for data: fit, predict, score, expressions and exported functions agree."""

# fmt: off
import numpy as np

from symtut.expressions import Expression
from tests.robustness.cases import EITHER, REFUSED, RIGHT, Case, expect
from tests.robustness.tables.names import close, sparse

RNG = np.random.default_rng(3)
X = RNG.uniform(0.5, 3.0, (60, 2))
Y = 2 * X[:, 0] - X[:, 1] + 0.5 * X[:, 0] * X[:, 1]
WHOLE = np.arange(1, 121).reshape(60, 2)


def masked():
    return np.ma.masked_array(X, mask=np.arange(120).reshape(60, 2) % 7 == 0)


def times(kind):
    return (np.datetime64("2020-01-01") + np.arange(120).reshape(60, 2)).astype(kind)


def not_a_time():
    found = times("datetime64[ns]")
    found[3, 1] = np.datetime64("NaT")
    return found


def pandas_frame(kind, gap=False):
    import pandas

    values = pandas.array([None if gap and i == 4 else i + 1 for i in range(60)], dtype=kind)
    return pandas.DataFrame({"a": values, "b": values})


def categories():
    import pandas

    return pandas.DataFrame({"a": pandas.Categorical(["u", "v"] * 30), "b": X[:, 1]})


def structured():
    return np.array([(1.0, 2.0)] * 60, dtype=[("a", float), ("b", float)])


def torch_with_gradient():
    import torch

    return torch.tensor(X, requires_grad=True)


def sparse_matrix():
    import scipy.sparse

    return scipy.sparse.csr_matrix(X)


def sparse_frame():
    import pandas

    return pandas.DataFrame(X).astype(pandas.SparseDtype("float64", 0.0))


class Strange:
    def __array__(self, *arguments, **options):
        raise RuntimeError("no array today")


def fits(make_x, make_y=None, value=None):
    """Fit, and predict what belongs to it: R² on the same points."""

    def do(_):
        x = make_x()
        y = Y if make_y is None else make_y()
        model = sparse().fit(x, y)
        wanted = value() if value is not None else np.asarray(y, dtype=float)
        expect(close(model.predict(x), wanted, 1e-4), "predicts", model.predict(x)[:3])

    return do


def predicts(make_x, value=None):
    """A door that is not ``fit``: all ways of evaluating refuse, or agree on the value."""

    def do(_):
        model = sparse().fit(X, Y)
        x = make_x()
        found = {"numpy": model.numpy()(x), "predict": model.predict(x)}
        for name, values in found.items():
            if value is not None:
                expect(close(values, value(), 1e-6), name, "gives", np.asarray(values)[:3])
        expect(close(found["numpy"], found["predict"]), "predict and numpy() differ")

    return do


def exported(make_x):
    """``numpy()`` alone: what ``predict`` refuses it does not take for something else."""
    return lambda _: sparse().fit(X, Y).numpy()(make_x())


def evaluates(text, x, value, library="numpy"):
    def do(_):
        found = Expression.from_text(text)(x() if callable(x) else x, library)
        if library == "torch":
            found = found.detach().numpy()
        expect(close(found, value, 1e-6), "is", np.ravel(found)[:5])

    return do


def torch_tensor(values):
    def make():
        import torch

        return torch.tensor(values)

    return make


def fresh(text):
    return lambda make: lambda _: Expression.from_text(text)(make())


ONE = np.array([[2], [4], [-5]])
SMALL = np.array([[100], [-100], [7]], dtype=np.int8)
UNSIGNED = np.array([[3, 5], [200, 100]], dtype=np.uint8)

VALUES = {
    "one over whole numbers": ("1/x0", ONE, [0.5, 0.25, -0.2]),
    "a number over whole numbers": ("3/x0", ONE, [1.5, 0.75, -0.6]),
    "one over a zero among whole numbers": ("x0/(x0 - 2)", ONE + 1, [3.0, 5 / 3, 4 / 6]),
    "squares of int8": ("x0**2", SMALL, [1e4, 1e4, 49]),
    "products of int8": ("x0*x0*x0", SMALL, [1e6, -1e6, 343]),
    "sums of int8": ("x0 + x0", SMALL, [200, -200, 14]),
    "minus of uint8": ("-x0", UNSIGNED, [-3, -200]),
    "differences of uint8": ("x0 - x1", UNSIGNED, [-2, 100]),
    "absolute of int8": ("abs(x0)", np.array([[-128]], dtype=np.int8), [128]),
    "truth values": ("x0 - x1", np.array([[True, True], [False, True]]), [0, -1]),
    "minus of truth values": ("-x0", np.array([[True], [False]]), [-1, 0]),
    "lists": ("1/x0", [[2], [4]], [0.5, 0.25]),
    "objects": ("sin(x0)", np.array([[1], [2.0]], dtype=object), np.sin([1, 2.0])),
    "half precision": ("x0*x0", np.array([[300.0]], dtype=np.float16), [9e4]),
    "one point": ("x0/x1", np.array([1, 4]), 0.25),
    "whole numbers beyond 2**53": ("x0", np.array([[2**60]]), [2.0**60]),
    "a whole number that no int64 holds": ("x0", [[2**70]], [2.0**70]),
}

CASES = [
    *(Case("data", f"value: {name}", evaluates(*how), EITHER) for name, how in VALUES.items()
      if "list" in name or "object" in name or "no int64" in name),
    *(Case("data", f"value: {name}", evaluates(*how), RIGHT) for name, how in VALUES.items()
      if not ("list" in name or "object" in name or "no int64" in name)),
    *(Case("data", f"torch: {name}", evaluates(text, torch_tensor(x), value, "torch"), RIGHT)
      for name, (text, x, value) in VALUES.items()
      if isinstance(x, np.ndarray) and x.dtype.kind in "iub" and "53" not in name),
    Case("data", "torch: one over a number alone",
         evaluates("1/4 + 0*x0", torch_tensor([[1.0]]), [0.25], "torch"), RIGHT),
    Case("data", "torch: a number minus", evaluates("3 - x0", torch_tensor([[1.0]]), [2], "torch"),
         RIGHT),
    Case("data", "an unknown library", lambda _: Expression.from_text("x0")(X, "jax"), says="jax"),
    Case("data", "a variable that the points lack", lambda _: Expression.from_text("x5")(X),
         says="x5|column"),
    Case("data", "no points", evaluates("1/x0", np.zeros((0, 1)), np.zeros(0)), RIGHT),
    Case("data", "a skeleton", lambda _: Expression(("C",))(X), says="skeleton"),
    *(Case("data", f"expression: {name}", fresh("x0 + 1")(make), outcome, says)
      for name, make, outcome, says in (
        ("a date", lambda: times("datetime64[D]"), REFUSED, "date|time|number"),
        ("not a time", not_a_time, REFUSED, "date|time|number"),
        ("a duration", lambda: times("datetime64[D]") - np.datetime64("2020-01-01"), REFUSED,
         "time|number"),
        ("masked", masked, REFUSED, "mask"), ("complex", lambda: X + 1j, REFUSED, "complex"),
        ("text", lambda: X.astype(str), REFUSED, "number"),
        ("fields", structured, REFUSED, "number"), ("None", lambda: None, REFUSED, ""),
        ("a number", lambda: 3.0, REFUSED, "shape|dimension|points"),
        ("a sparse matrix", sparse_matrix, REFUSED, "sparse"),
        ("an object that refuses", Strange, REFUSED, "number|array"),
      )),
    *(Case("data", f"fit: {name}", fits(make), outcome, says)
      for name, make, outcome, says in (
        ("masked", masked, REFUSED, "mask"), ("dates", lambda: times("datetime64[ns]"), REFUSED,
        "date|time"), ("durations", lambda: times("datetime64[s]") - np.datetime64("2020"),
        REFUSED, "time"), ("not a time", not_a_time, REFUSED, "date|time"),
        ("complex", lambda: X + 0j, REFUSED, "complex"), ("text", lambda: X.astype(str), REFUSED,
        "number|text"), ("bytes", lambda: X.astype("S9"), REFUSED, "number|text"),
        ("missing values of pandas", lambda: pandas_frame("Int64", True), REFUSED, "NaN|missing"),
        ("categories", categories, REFUSED, "number"), ("fields", structured, REFUSED, "numb|dim"),
        ("three dimensions", lambda: X[None], REFUSED, "two dimensions"),
        ("one dimension", lambda: X[:, 0], REFUSED, "reshape"),
        ("NaN", lambda: np.where(X > 2.9, np.nan, X), REFUSED, "NaN"),
        ("infinite", lambda: np.where(X > 2.9, np.inf, X), REFUSED, "infinite"),
        ("None among objects", lambda: np.where(X > 2.9, None, X), REFUSED, "NaN|number|missing"),
        ("a dict", lambda: {"a": X[:, 0], "b": X[:, 1]}, REFUSED, "array|number"),
        ("a generator", lambda: (row for row in X), REFUSED, "array|number"),
        ("ragged", lambda: [[1, 2]] * 59 + [[1]], REFUSED, "number|array"),
        ("None", lambda: None, REFUSED, "X"), ("a text", lambda: "X.csv", REFUSED, ""),
        ("no rows", lambda: X[:0], REFUSED, ""),
        ("no columns", lambda: X[:, :0], REFUSED, "column"),
        ("fewer rows than y", lambda: X[:50], REFUSED, "rows"),
        ("a sparse matrix", sparse_matrix, REFUSED, "sparse"),
        ("an object that refuses", Strange, REFUSED, "number|array"),
        ("1e300", lambda: X * 1e300, EITHER, "units"), ("1e-300", lambda: X * 1e-300, EITHER,
        "units"), ("denormals", lambda: X * 1e-320, EITHER, "units|varies"),
        ("from one end to the other", lambda: (X - 1.75) * 1e308, REFUSED, "units"),
        ("long double", lambda: X.astype(np.longdouble) * np.longdouble("1e4000"), REFUSED, ""),
        ("constant columns", lambda: np.ones((60, 2)), REFUSED, "varies"),
        ("ten columns", lambda: np.hstack([X, RNG.normal(size=(60, 10))])[:, :10], EITHER, "six"),
        ("101 columns", lambda: RNG.normal(size=(60, 101)), REFUSED, "at most 6"),
        ("20,000 columns", lambda: RNG.normal(size=(60, 20_000)), REFUSED, "at most 6"),
        ("torch with a gradient", torch_with_gradient, EITHER, "torch|tensor|number"),
        ("a sparse frame", sparse_frame, EITHER, "sparse"),
        ("a memory view", lambda: memoryview(X), EITHER, ""),
      )),
    *(Case("data", f"fit: y is {name}", fits(lambda: X, make), outcome, says)
      for name, make, outcome, says in (
        ("masked", lambda: np.ma.masked_greater(Y, 5), REFUSED, "mask"),
        ("dates", lambda: times("datetime64[ns]")[:, 0], REFUSED, "date|time"),
        ("not a time", lambda: not_a_time()[:, 1], REFUSED, "date|time"),
        ("complex", lambda: Y + 1j, REFUSED, "complex"), ("text", lambda: Y.astype(str), REFUSED,
        "number|text"), ("two columns", lambda: X, REFUSED, "one dimension|one target"),
        ("None", lambda: None, REFUSED, "y"), ("a number", lambda: 3.0, REFUSED, ""),
        ("NaN", lambda: np.where(Y > 5, np.nan, Y), REFUSED, "NaN"),
        ("a dict", lambda: {"y": Y}, REFUSED, "array|number"),
        ("huge", lambda: Y * 1e300, EITHER, "units"), ("minute", lambda: Y * 1e-300, EITHER,
        "units"), ("constant", lambda: np.full(60, 3.0), EITHER, "constant"),
        ("zero", lambda: np.zeros(60), EITHER, "constant"),
      )),
    Case("data", "fit: whole numbers", fits(lambda: WHOLE, lambda: WHOLE[:, 0] ** 2), RIGHT),
    Case("data", "fit: int8", fits(lambda: (WHOLE % 100).astype(np.int8),
         lambda: (WHOLE[:, 0] % 100) ** 2), RIGHT),
    Case("data", "fit: y is uint8", fits(lambda: WHOLE, lambda: (2 * WHOLE[:, 0]).astype(np.uint8)),
         RIGHT),
    Case("data", "fit: pandas' whole numbers", fits(lambda: pandas_frame("Int64"),
         lambda: np.arange(1, 61) * 2.0), RIGHT),
    Case("data", "fit: three points", lambda _: sparse().fit(X[:3], Y[:3]), says="points"),
    *(Case("data", f"predict: {name}", predicts(*make), outcome, says)
      for name, make, outcome, says in (
        ("whole numbers", (lambda: np.array([[1, 2], [3, 4]]), lambda: np.array([1.0, 8.0])),
         RIGHT, ""),
        ("int8", (lambda: np.array([[100, 100], [1, 2]], dtype=np.int8),
         lambda: np.array([5100.0, 1.0])), RIGHT, ""),
        ("lists", (lambda: [[1, 2], [3, 4]], lambda: np.array([1.0, 8.0])), RIGHT, ""),
        ("masked", (masked,), REFUSED, "mask"), ("dates", (lambda: times("datetime64[ns]"),),
        REFUSED, "date|time"), ("complex", (lambda: X + 1j,), REFUSED, "complex"),
        ("text", (lambda: X.astype(str),), REFUSED, "number|text"),
        ("one column too few", (lambda: X[:, :1],), REFUSED, "feature|column"),
        ("one column too many", (lambda: np.column_stack([X, X]),), REFUSED, "feature|column"),
        ("None", (lambda: None,), REFUSED, "X"),
      )),
    *(Case("data", f"numpy(): {name}", exported(make), REFUSED, says)
      for name, make, says in (
        ("masked", masked, "mask"), ("dates", lambda: times("datetime64[ns]"), "date|time"),
        ("not a time", not_a_time, "date|time"), ("complex", lambda: X + 1j, "complex"),
        ("text", lambda: X.astype(str), "number|text"),
        ("one column too few", lambda: X[:, :1], "feature|column"),
      )),
]
