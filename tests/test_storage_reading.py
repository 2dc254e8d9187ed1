"""One reader for each kind of file: everything that is not of its form is one clear error."""

import json
import os
import struct

import numpy as np
import pytest
import torch

from symtut.errors import InputError
from symtut.forms import NAME, list_of, number, object_of, optional, whole
from symtut.storage import JSON_BYTES, read_json, read_table
from symtut.tensors import HEADER_BYTES, load_tensors, read_metadata, save_tensors

posix = pytest.mark.skipif(os.name == "nt", reason="special files of POSIX")
POINT = object_of({"x": number(), "n": whole(1, 10)}, {"more": list_of(NAME, 2)}, "a point")


def test_content_of_the_form_is_returned_as_it_is(tmp_path):
    path = tmp_path / "a.json"
    for value in ({"x": 0.5, "n": 3}, {"x": 2, "n": 10, "more": ["a", "b"]}):
        path.write_text(json.dumps(value))
        assert read_json(path, POINT) == value


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cannot be read as JSON"),
        (b"{", "cannot be read as JSON"),
        (b"\xff\xfe", "cannot be read as JSON"),
        (b"[]", "is not a point: the content must be a point, not a list of 0"),
        (b"null", "must be a point, not None"),
        (b"3", "must be a point, not 3"),
        (b'{"x": 1}', "'n' is missing"),
        (b'{"x": 1, "n": 1, "y": 1}', "'y' is unknown"),
        (b'{"x": 1, "x": 2, "n": 1}', "the key 'x' stands twice"),
        (b'{"x": NaN, "n": 1}', "NaN is not a finite number"),
        (b'{"x": -Infinity, "n": 1}', "-Infinity is not a finite number"),
        (b'{"x": 1e999, "n": 1}', "1e999 is not a finite number"),
        (b'{"x": "1", "n": 1}', "x must be a finite number, not '1'"),
        (b'{"x": true, "n": 1}', "x must be a finite number, not True"),
        (b'{"x": 1, "n": 1.0}', "n must be a whole number from 1 to 10, not 1.0"),
        (b'{"x": 1, "n": 0}', "not 0"),
        (b'{"x": 1, "n": 1000000}', "not 1000000"),
        (b'{"x": 1, "n": 1' + b"0" * 4000 + b"}", "n must be a whole number from 1 to 10"),
        (b'{"x": 1, "n": 1' + b"0" * 9000 + b"}", "cannot be read as JSON"),
        (b'{"x": 1, "n": 1, "more": ["a", "b", "c"]}', "a list of 0 to 2 entries"),
        (b'{"x": 1, "n": 1, "more": [1]}', r"more\[0\] must be text"),
        (b"[" * 100_000, "nested too deeply|cannot be read as JSON"),
        (b"[" * 900 + b"]" * 900, "must be a point"),
        (b" " * (JSON_BYTES + 1), "at most 4,000,000 are read"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_other_json_is_one_error(tmp_path, content, said):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        read_json(path, POINT)
    assert str(path) in str(caught.value) and len(str(caught.value)) < 500


READERS = {
    "json": lambda path: read_json(path),
    "table": lambda path: read_table(path, {"a": NAME}, "a table"),
    "tensors": lambda path: load_tensors(path),
    "metadata": lambda path: read_metadata(path),
}


@posix
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing", "no such file"),
        ("folder", "is a folder, not a file"),
        ("pipe", "is a pipe, not a file"),
        ("/dev/zero", "is a device, not a file"),
        ("link to /dev/zero", "is a device, not a file"),
        ("circular link", "cannot read"),
        ("long name", "cannot read .* Choose a shorter name"),
        ("below a file", "cannot read"),
        ("null", "not the name of a file"),
        ("empty", "a path is empty"),
    ],
)
def test_what_is_no_regular_file_is_not_opened(tmp_path, reader, kind, said):
    path = tmp_path / "a"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "link to /dev/zero":
        path.symlink_to("/dev/zero")
    elif kind == "circular link":
        path.symlink_to(path)
    elif kind == "below a file":
        path.write_text("x")
        path = path / "b"
    other = {"/dev/zero": kind, "long name": tmp_path / ("n" * 300), "null": "a\0b", "empty": ""}
    with pytest.raises(InputError, match=said):
        READERS[reader](other.get(kind, path))


COLUMNS = {"name": NAME, "n": whole(1, 10), "x": number(finite=False), "left": optional(whole())}


def test_cells_of_a_table_have_their_types(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('name,n,x,left\n"a, b",3,-inf,\n7,10,1e-3,0\n')
    table = read_table(path, COLUMNS, "a table")
    assert table.to_dict("records") == [
        {"name": "a, b", "n": 3, "x": float("-inf"), "left": None},
        {"name": "7", "n": 10, "x": 1e-3, "left": 0},
    ]
    kinds = {"name": "object", "n": "int64", "x": "float64", "left": "object"}
    assert table.dtypes.astype(str).to_dict() == kinds
    path.write_text("name,n,x,left\n")
    assert read_table(path, COLUMNS, "a table").dtypes.astype(str).to_dict() == kinds


def test_numbers_of_a_table_are_those_of_the_text_to_the_last_bit(tmp_path):
    path, numbers = tmp_path / "a.csv", (np.random.default_rng(0).normal(size=999) * 1e-3).tolist()
    path.write_text("x,y\n" + "".join(f"{number!r},\n" for number in numbers))
    table = read_table(path, {"x": number(), "y": optional(number())}, "a table")
    assert table["x"].tolist() == numbers and table["y"].isna().all()
    assert table["y"].dtype == np.float64


def test_last_columns_may_be_missing(tmp_path):
    path, last = tmp_path / "a.csv", {"diverged": whole(0, 1)}
    for content in ("name\na\n", "name,diverged\na,1\n", "name,diverged\n"):
        path.write_text(content)
        header, *rows = content.splitlines()
        table = read_table(path, {"name": NAME}, "a table", last)
        assert [*table] == header.split(",") and len(table) == len(rows)
    with pytest.raises(InputError, match="other columns"):
        read_table(path, {"name": NAME}, "a table")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "other columns"),
        (b"\xff", "codec can't decode"),
        (b"name,n,x\n", "other columns"),
        (b"name,n,x,left,left\n", "other columns"),
        (b"name,n,x,left\na,1,1\n", "line 2 has 3 cells instead of 4"),
        (b"name,n,x,left\na,1,1,,\n", "line 2 has 5 cells"),
        (b"name,n,x,left\na,1,1,\na,0,1,\n", "line 3, n must be a whole number from 1 to 10"),
        (b"name,n,x,left\na,1.0,1,\n", "line 2, n must be"),
        (b"name,n,x,left\na,1_0,1,\n", "line 2, n must be"),
        ("name,n,x,left\na,٣,1,\n".encode(), "line 2, n must be"),
        (b"name,n,x,left\na,1,1_0,\n", "line 2, x must be"),
        (b"name,n,x,left\na,1,one,\n", "line 2, x must be"),
        (b"name,n,x,left\na,1,,\n", "line 2, x must be"),
        (b"name,n,x,left\na,1,1,-1\n", "line 2, left must be"),
        (b"name,n,x,left\n" + b"a" * 200_000 + b",1,1,\n", "field larger"),
        (b'name,n,x,left\n"a,1,1,\n', "unexpected end of data"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_other_tables_are_one_error(tmp_path, content, said):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"is not a table of ours: .*{said}"):
        read_table(path, COLUMNS, "a table of ours")


SIZE = object_of({"size": whole(1, 9)}, what="a vector")


def vector(path, **changes):
    save_tensors(path, {"v": torch.ones(3)} | changes.pop("tensors", {}), changes or {"size": 3})
    return lambda: load_tensors(path, SIZE, lambda metadata: {"v": torch.empty(metadata["size"])})


def test_tensors_come_back_with_their_metadata(tmp_path):
    tensors, metadata = vector(tmp_path / "a")()
    assert torch.equal(tensors["v"], torch.ones(3)) and metadata == {"size": 3}
    assert read_metadata(tmp_path / "a", SIZE) == {"size": 3}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": 4}, r"'v' has shape \(3,\) \(F32\), but its header says \(4,\)"),
        ({"size": 1_000_000}, "is not a vector: size must be"),
        ({"sizes": 3}, "is not a vector: 'size' is missing"),
        ({"tensors": {"w": torch.ones(1)}, "size": 3}, "has an unknown tensor 'w'"),
        ({"tensors": {"v": torch.ones(3, dtype=torch.int64)}, "size": 3}, "I64"),
        ({"tensors": {"v": torch.tensor([1.0, float("nan"), 1.0])}, "size": 3}, "NaN"),
        ({"tensors": {"v": torch.tensor([1.0, float("inf"), 1.0])}, "size": 3}, "infinite"),
    ],
)
def test_other_tensors_are_one_error(tmp_path, changes, said):
    with pytest.raises(InputError, match=said):
        vector(tmp_path / "a", **changes)()


def header(value, data=b"") -> bytes:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return struct.pack("<Q", len(text)) + text + data


TENSOR = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 8,
        struct.pack("<Q", 2**63),
        struct.pack("<Q", HEADER_BYTES + 1) + b"{" * 100,
        header([]),
        header(b"[" * 100_000),
        header({"v": TENSOR}, b"123"),
        header({"v": TENSOR | {"shape": [2**40]}}, b"1234"),
        header({"v": TENSOR | {"shape": [2**62, 2**62]}}, b"1234"),
        header({"v": TENSOR | {"shape": [-1]}}, b"1234"),
        header({"v": TENSOR | {"dtype": "F99"}}, b"1234"),
        header({"v": TENSOR | {"data_offsets": [4, 0]}}, b"1234"),
        header({"__metadata__": {"symtut": "{"}, "v": TENSOR}, b"1234"),
        header({"__metadata__": {"symtut": "[" * 100_000}, "v": TENSOR}, b"1234"),
        header({"__metadata__": {"symtut": '{"a": 1, "a": 1}'}, "v": TENSOR}, b"1234"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_damaged_tensor_files_are_one_error(tmp_path, content):
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a whole safetensors file"):
        load_tensors(path)
