"""One door for data: whatever holds numbers gives the same predictions, all else is one error."""

import datetime
import decimal
import fractions
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from symtut.errors import InputError
from symtut.expressions import Expression
from symtut.expressions.arrays import as_numbers
from symtut.regression import SymbolicRegressor
from tests.properties import several

WHOLE = np.random.default_rng(0).integers(1, 15, (40, 2))
TARGET = WHOLE[:, 0] ** 2 - WHOLE[:, 1] / 4


@pytest.fixture(scope="module")
def model():
    return SymbolicRegressor(method="sparse", max_time=None).fit(WHOLE, TARGET)


def frame(kind=None):
    pandas = pytest.importorskip("pandas")
    made = pandas.DataFrame(WHOLE)
    return made if kind is None else made.astype(kind)


def in_a_larger_array():
    larger = np.zeros((80, 6), dtype=np.int16)
    larger[::2, 1::3] = WHOLE
    return larger[::2, 1::3]


SAME = {
    "int8": lambda: WHOLE.astype(np.int8),  # 14² is 196, beyond int8
    "uint8": lambda: WHOLE.astype(np.uint8),  # 1 - 12 is 245 there
    "float16": lambda: WHOLE.astype(np.float16),
    "float32": lambda: WHOLE.astype(np.float32),
    "long double": lambda: WHOLE.astype(np.longdouble),
    "other bytes": lambda: WHOLE.astype(">i4"),
    "lists": WHOLE.tolist,
    "tuples of rows": lambda: tuple(WHOLE),
    "Fortran": lambda: np.asfortranarray(WHOLE),
    "backwards": lambda: WHOLE[::-1].copy()[::-1],
    "parts": in_a_larger_array,
    "objects": lambda: WHOLE.astype(object),
    "decimals": lambda: [[decimal.Decimal(int(v)) for v in row] for row in WHOLE],
    "fractions": lambda: [[fractions.Fraction(int(v)) for v in row] for row in WHOLE],
    "nothing masked": lambda: np.ma.masked_array(WHOLE, mask=False),
    "tensor": lambda: torch.tensor(WHOLE),
    "bfloat16": lambda: torch.tensor(WHOLE).bfloat16(),
    "gradient": lambda: torch.tensor(WHOLE * 1.0, requires_grad=True),
    "list of tensors": lambda: list(torch.tensor(WHOLE)),
    "frame": frame,
    "nullable frame": lambda: frame("Int64"),
    "frame of categories": lambda: frame("category"),
    "mixed frame": lambda: frame({0: "float32", 1: "uint8"}),
}


@pytest.mark.parametrize("kind", SAME)
def test_all_ways_give_the_same_bits(model, kind):
    x = SAME[kind]()
    expected = model.predict(WHOLE.astype(np.float64))
    np.testing.assert_allclose(expected, TARGET)
    for values in (model.predict(x), model.numpy()(x), model.expression()(x)):
        assert values.dtype == np.float64
        np.testing.assert_array_equal(values, expected)
    assert model.score(x, TARGET) == model.score(WHOLE, TARGET)
    assert torch.equal(
        model.torch()(x).detach(), torch.tensor(expected, dtype=model.torch()(x).dtype)
    )
    again = SymbolicRegressor(method="sparse", max_time=None).fit(x, TARGET)
    assert again.equations_[0]["equation"] == model.equations_[0]["equation"]


def test_bool_counts_as_zero_and_one(model):
    x = WHOLE > 7
    np.testing.assert_array_equal(model.predict(x), model.predict(x.astype(float)))
    np.testing.assert_array_equal(Expression.from_text("x0 - x1")(x), x[:, 0] * 1.0 - x[:, 1])


class OnAnotherDevice:
    """As a tensor on a GPU of a library that must be asked for a copy."""

    def __array__(self, *args, **kwargs):
        raise TypeError("can't convert cuda:0 device type tensor to numpy.")


def dates():
    return WHOLE.astype("datetime64[D]")


def hidden():
    return np.ma.masked_array(WHOLE, mask=WHOLE > 9)


REFUSED = {
    "complex": (lambda: WHOLE + 0j, "Complex data not supported"),
    "complex objects": (lambda: (WHOLE + 0j).astype(object), "Complex data not supported"),
    "complex tensor": (lambda: torch.tensor(WHOLE + 0j), "Complex data not supported"),
    "text": (lambda: WHOLE.astype(str), "not text"),
    "bytes": (lambda: WHOLE.astype("S2"), "not bytes"),
    "text objects": (lambda: WHOLE.astype(str).astype(object), "type str"),
    "dates": (dates, "not dates"),
    "no date": (lambda: np.full((40, 2), np.datetime64("NaT")), "not dates"),
    "differences": (lambda: dates() - dates()[0], "not time differences"),
    "date objects": (lambda: [[datetime.datetime(2020, 1, 1), 1]] * 40, "type datetime"),
    "difference objects": (
        lambda: np.array([[np.timedelta64(3, "D"), 1]] * 40, dtype=object), "type timedelta64",
    ),
    "frame of dates": (lambda: frame("datetime64[ns]"), "not dates"),
    "frame with dates": (lambda: frame({0: "datetime64[ns]"}), "type Timestamp"),
    "frame of text": (lambda: frame("string"), "type str"),
    "masked": (hidden, "masked values"),
    "list of masked": (lambda: list(hidden()), "masked values"),
    "records": (lambda: np.zeros((40, 2), dtype=[("a", float)]), "not records"),
    "ragged": (lambda: [[1, 2], [3]], "array of numbers"),
    "dictionaries": (lambda: {"a": 1}, "type dict"),
    "a generator": (lambda: (row for row in WHOLE), "type generator"),
    "huge": (lambda: [[10**400, 1]] * 40, "too large"),
    "sparse tensor": (lambda: torch.tensor(WHOLE).to_sparse(), "sparse tensor"),
    "another device": (OnAnotherDevice, "cuda:0"),
    "no device": (lambda: torch.empty(40, 2, device="meta"), "meta"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_numbers_is_refused_alike(model, kind):
    make, cause = REFUSED[kind]
    ways = [model.predict, model.numpy(), model.expression(), lambda x: model.score(x, TARGET)]
    ways += [lambda x: SymbolicRegressor(method="sparse").fit(x, TARGET)]
    if kind != "no device":  # torch computes with such tensors
        ways += [model.torch(), lambda x: model.expression()(x, "torch")]
    for way in ways:
        with pytest.raises(InputError, match=cause):
            way(make())
    with pytest.raises(InputError, match="y "):  # and for the target
        SymbolicRegressor(method="sparse").fit(WHOLE, make())


def test_sparse_matrices(model):
    scipy_sparse = pytest.importorskip("scipy.sparse")
    for x in (scipy_sparse.csr_matrix(WHOLE), scipy_sparse.coo_array(WHOLE)):
        for way in (model.predict, model.numpy(), model.torch(), model.expression()):
            with pytest.raises(InputError, match="sparse input is not supported"):
                way(x)


def test_missing_values_are_nan(model):
    missing = WHOLE.astype(float)
    missing[3, 0] = np.nan
    kinds = [missing, [[None if np.isnan(v) else v for v in row] for row in missing]]
    kinds.append(frame("Int64").mask(np.isnan(missing)))
    for x in kinds:
        for values in (model.numpy()(x), model.expression()(x)):
            assert np.isnan(values[3]) and np.isfinite(np.delete(values, 3)).all()
        with pytest.raises(InputError, match="NaN or infinite values, first in row 3, column 0"):
            model.predict(x)


def test_shapes(model):
    for way in (model.numpy(), model.torch()):
        assert way(np.ones((4, 5, 2))).shape == (4, 5)
        assert way(np.ones((0, 2))).shape == (0,) and way(np.ones(2)).shape == ()
        for wrong in (np.ones((4, 3)), np.ones((4, 1)), [], 3.0, np.array(3), "abc"):
            with pytest.raises(InputError):
                way(wrong)
    assert model.predict(np.ones((0, 2))).shape == (0,)
    with pytest.raises(InputError, match=r"not shape \(\)"):
        model.predict(3.0)
    with pytest.raises(InputError, match="about x1, but the points have 1"):
        model.expression()(np.ones((3, 1)))
    with pytest.raises(InputError, match="not at one number"):
        model.expression()(3.0)


def test_whole_numbers_divide_as_numbers():
    x = np.array([[0, 1], [2, 3], [-4, 5]])
    np.testing.assert_array_equal(Expression.from_text("1/x0")(x), [np.inf, 0.5, -0.25])
    np.testing.assert_array_equal(Expression.from_text("2")(x), [2.0, 2.0, 2.0])
    beyond = np.array([[np.nan], [np.inf], [0.0]])
    np.testing.assert_array_equal(Expression.from_text("2")(beyond), [2.0, 2.0, 2.0])


# ---- torch ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("text", ["x0**2 - x1/4", "3", "2 - sin(x0)", "x1*0"])
def test_torch_keeps_type_and_gradient(dtype, text):
    x = torch.tensor(WHOLE, dtype=dtype, requires_grad=True)
    values = Expression.from_text(text)(x, "torch")
    assert values.dtype == dtype and values.shape == (40,)
    (slope,) = torch.autograd.grad(values.sum(), x)
    expected = {"x0**2 - x1/4": 2 * x[:, 0], "2 - sin(x0)": -torch.cos(x[:, 0])}
    torch.testing.assert_close(slope[:, 0], expected.get(text, torch.zeros_like(slope[:, 0])))


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int64, torch.bool])
def test_torch_promotes_whole_numbers(model, dtype):
    x = torch.tensor(WHOLE).to(dtype)
    values = model.torch()(x)
    assert values.dtype == torch.get_default_dtype()
    torch.testing.assert_close(values, model.torch()(x.double()).to(values.dtype))


# ---- properties ----------------------------------------------------------------------------------

REAL = ["?", "b", "h", "i", "q", "B", "H", "I", "e", "f", "d", "g", ">i2", ">f8"]


@several()
@given(st.data(), st.sampled_from(REAL))
def test_any_real_type_is_read_as_its_own_numbers(data, kind):
    """Against Python's own conversion, element by element, for any layout."""
    dtype = np.dtype(kind)
    limits = {"min_value": -100, "max_value": 100}
    if dtype.kind == "u":
        limits["min_value"] = 0
    values = data.draw(st.lists(st.integers(**limits), min_size=12, max_size=12))
    x = np.array(values, dtype=dtype).reshape(3, 4)
    for view in (x, x.T, x[::-1], x[:, ::2]):
        found = as_numbers(view)
        assert found.dtype == np.float64 and found.shape == view.shape
        assert found.tolist() == [[float(v) for v in row] for row in view]


anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3),
        st.complex_numbers(), st.dates(), st.timedeltas(), st.binary(max_size=3), st.fractions(),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.tuples(inner, inner)), max_leaves=8,
)  # fmt: skip


@several()
@given(anything)
def test_anything_is_numbers_or_an_input_error(values):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = as_numbers(values)
    except InputError:
        return
    assert found.dtype == np.float64
    flat, stack = [], [values]
    while stack:
        value = stack.pop()
        if isinstance(value, list | tuple):
            stack.extend(reversed(value))
        else:
            flat.append(np.nan if value is None else float(value))
    np.testing.assert_array_equal(found.ravel(), flat)
