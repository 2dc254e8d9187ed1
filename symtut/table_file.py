"""Tables of numbers that somebody else wrote, as CSV or TSV: a line of names, then rows."""

import csv
import io
import math
from array import array
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from symtut.arguments import quoted
from symtut.errors import InputError, did_you_mean
from symtut.storage import TABLE_BYTES, TABLE_ROWS, read_bytes

MOST_COLUMNS = 10_000
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none"})
"""Cells, in small letters, that stand for a number that is not known."""


@dataclass(frozen=True)
class Column:
    """``values`` (n,) float64, NaN where a number is missing; ``text``: where it holds none.

    Attributes
    ----------
    text : str
        ``"'abc' in line 3"`` for the first cell that is no number; empty if all are. The values are
        those up to there.
    """

    values: np.ndarray
    text: str = ""


@dataclass(frozen=True)
class Table:
    """Columns by name, in the file's order; ``nameless``: how many others have no name."""

    path: Path
    columns: dict[str, Column]
    nameless: int
    lines: np.ndarray
    """Of each row the line of the file that it ends in, (n,) int."""

    def column(self, name: str) -> Column:
        """A column of numbers.

        Raises
        ------
        InputError
            If there is no such column, or a cell of it is no number.
        """
        if name not in self.columns:
            known = ", ".join(list(self.columns)[:20]) + ", …" * (len(self.columns) > 20)
            raise InputError(
                f"'{self.path}' has no column {quoted(name)}"
                f"{did_you_mean(name, self.columns)}; it has {known}."
            )
        if self.columns[name].text:
            raise InputError(
                f"'{self.path}': column {quoted(name)} holds {self.columns[name].text}, which is "
                "no number."
            )
        return self.columns[name]


@dataclass(frozen=True)
class Frame:
    """Named columns (n, d), as the regressor takes them from a data frame."""

    columns: list[str]
    values: np.ndarray

    def to_numpy(self) -> np.ndarray:
        return self.values

    def __len__(self) -> int:
        return len(self.values)

    @property
    def shape(self) -> tuple[int, int]:
        return self.values.shape


def read_columns(path: str | Path) -> Table:
    """The table in a file of UTF-8 text, separated by commas, tabs or semicolons.

    Raises
    ------
    InputError
        If the file is missing, too large, empty or not such a table; the message names the line.
    """
    if Path(path).suffix.lower() in (".parquet", ".xlsx", ".xls", ".feather", ".json"):
        raise InputError(f"'{path}' is not CSV or TSV: save the table as CSV.")
    try:
        content = read_bytes(path, TABLE_BYTES).decode("utf-8-sig")
        return _read(Path(path), content)
    except UnicodeDecodeError as error:
        raise InputError(f"'{path}' is not text in UTF-8: save the table as CSV.") from error
    except csv.Error as error:
        raise InputError(f"'{path}' cannot be read as CSV: {error}.") from error


def _read(path: Path, content: str) -> Table:
    first = content[:100_000].split("\n", 1)[0]
    separator = max(",\t;", key=first.count)
    rows = csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True)
    names = [name.strip() for name in next((row for row in rows if row), [])]
    _check_names(path, names)
    cells, texts, lines = [array("d") for _ in names], [""] * len(names), array("q")
    for row in rows:
        if not row:  # an empty line
            continue
        if len(row) != len(names):
            raise InputError(
                f"'{path}': line {rows.line_num} has {len(row)} cells, but there are {len(names)} "
                "names in the first line."
            )
        if len(lines) == TABLE_ROWS:
            raise InputError(f"'{path}' has more than {TABLE_ROWS:,} rows: give a part of them.")
        lines.append(rows.line_num)
        for k, cell in enumerate(row):
            if texts[k]:
                continue
            value = _number(cell)
            if value is None:
                texts[k] = f"{quoted(cell)} in line {rows.line_num}"
            else:
                cells[k].append(value)
    if not lines:
        raise InputError(f"'{path}' has names of columns, but no rows.")
    columns = {
        name: Column(np.array(values), text)
        for name, values, text in zip(names, cells, texts, strict=True)
        if name
    }
    return Table(path, columns, names.count(""), np.array(lines))


def _check_names(path: Path, names: list[str]) -> None:
    if not any(names):
        raise InputError(f"'{path}' is empty: its first line must hold the names of the columns.")
    if len(names) > MOST_COLUMNS:
        raise InputError(f"'{path}' has {len(names):,} columns; at most {MOST_COLUMNS:,} are read.")
    if all(_number(name) is not None for name in names):
        raise InputError(
            f"'{path}': the first line holds numbers; it must hold the names of the columns."
        )
    twice = next((name for k, name in enumerate(names) if name and name in names[:k]), None)
    if twice is not None:
        raise InputError(f"'{path}' has two columns {quoted(twice)}: rename one.")


def _number(cell: str) -> float | None:
    """NaN for a missing one; None for text."""
    cell = cell.strip()
    if cell.lower() in MISSING:
        return math.nan
    if not cell.isascii() or "_" in cell:  # Python would take 1_000 and Arabic digits
        return None
    try:
        return float(cell)
    except ValueError:
        return None
