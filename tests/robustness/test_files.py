"""Files of any JSON, and good files with one value replaced: read or refused, nothing else."""

import contextlib
import csv
import io
import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symtut.errors import InputError
from tests.robustness import specimens as s
from tests.robustness.properties import JSON, examples, places, replaced
from tests.robustness.tables import readers

TRAINING = ("a cut run's configuration", "a sweep's failures")  # would go on with a whole run
KINDS = {name: how for name, how in readers.JSON.items() if name not in TRAINING}


@pytest.fixture(scope="module", autouse=True)
def folder():
    yield
    shutil.rmtree(s.specimens(), ignore_errors=True)
    s.specimens.cache_clear()


def read(name, text, kinds=KINDS):
    """Lay the specimen out with ``text`` in its file and read it."""
    given_, file, do = kinds[name]
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        readers.lay(given_, file, lambda path: path.write_text(text, encoding="utf-8"))(place)
        if not callable(do):
            from symtut.regression.benchmark.tables import summaries

            do = lambda place: summaries([place / "bench" / "t.csv"])  # noqa: E731
        with contextlib.suppress(InputError):
            do(place)


@examples()
@given(name=st.sampled_from(sorted(KINDS)), value=JSON)
def test_any_json(name, value):
    read(name, json.dumps(value))


@examples()
@given(name=st.sampled_from(sorted(KINDS)), data=st.data())
def test_one_value_replaced(name, data):
    given_, file, _ = KINDS[name]
    good = json.loads((s.specimens() / file).read_text())
    path = data.draw(st.sampled_from(list(places(good))))
    read(name, json.dumps(replaced(good, path, data.draw(JSON))))


@examples()
@given(name=st.sampled_from(sorted(readers.TABLES)), data=st.data())
def test_one_cell_replaced(name, data):
    rows = list(csv.reader(io.StringIO((s.specimens() / readers.TABLES[name][1]).read_text())))
    row = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, len(rows[row]) - 1))
    rows[row][column] = data.draw(st.one_of(
        st.text(max_size=8), st.integers().map(str), st.floats().map(str)))  # fmt: skip
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    read(name, text.getvalue(), readers.TABLES)
