"""``symtut fit TABLE.csv --target y``: equations for a column of a table."""

import argparse
import sys
import textwrap
import warnings
from collections.abc import Callable
from pathlib import Path

from symtut.arguments import names, quoted
from symtut.errors import InputError


def fit(arguments: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Fit, print the front, and save it if ``--out`` is given; returns the exit code."""
    from symtut.regression import SymbolicRegressor
    from symtut.regression.presentation import TERMINAL_WIDTH, front_text, r2_text
    from symtut.regression.settings import check_settings

    model = SymbolicRegressor(
        max_time=arguments.seconds, random_state=arguments.seed, method=arguments.method,
        robust=arguments.robust, operators=_listed(arguments.operators, "--operators"),
        constraints=arguments.constraints,
    )  # fmt: skip
    check_settings(model)
    if arguments.out is not None:
        _check_out(arguments.out)
    X, y, notes = _data(arguments)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", "max_time")  # the front says so, too
        try:
            model.fit(X, y)
        except KeyboardInterrupt:  # later it ends the search and keeps what there is
            print("\nsymtut: interrupted before an equation was found.", file=sys.stderr)
            return 130
    few = ", ".join(X.columns[:20]) + ", …" * (len(X.columns) > 20)
    head = f"{arguments.table}: {len(y)} rows; {arguments.target} from {few}"
    for line in (head, *notes, *(f"Note: {warning.message}" for warning in seen)):
        for part in textwrap.wrap(
            line, TERMINAL_WIDTH, subsequent_indent="    ", break_on_hyphens=False
        ):
            say(part)
    for line in front_text(model):
        say(line)
    best = model.equations_[0]
    held_out, fitted = r2_text(best["r2_holdout"]), r2_text(best["r2"])
    say(f"Held-out R² of the best: {held_out} (on the rows that it was fitted to: {fitted})")
    if arguments.out is None:
        say("next: --out model.json keeps the equations, for Python or as code in C, Julia, …")
        return 0
    model.save(arguments.out)
    say(f"saved in {arguments.out}; next, in Python:")
    say(f"    symtut.SymbolicRegressor.load({arguments.out!r}).predict(X)   # or .code('c')")
    return 0


def _data(arguments: argparse.Namespace) -> tuple:
    """X as a ``Frame``, y as an array, and lines about what was left out."""
    import numpy as np

    from symtut.table_file import Frame, read_columns

    table, target, notes = read_columns(arguments.table), arguments.target, []
    y = table.column(target).values
    chosen = _listed(arguments.columns, "--columns")
    if chosen is not None:
        if twice := next((name for k, name in enumerate(chosen) if name in chosen[:k]), None):
            raise InputError(f"--columns has {quoted(twice)} twice.")
        if target in chosen:
            raise InputError(f"the target {quoted(target)} cannot explain itself: take it out of "
                             "--columns.")  # fmt: skip
    else:
        chosen = [n for n, column in table.columns.items() if n != target and not column.text]
        without = [
            f"{n} ({column.text})"
            for n, column in table.columns.items()
            if n != target and column.text
        ]
        if table.nameless:
            without.append(f"{table.nameless} without a name")
        more = f" and {len(without) - 20} more" if len(without) > 20 else ""
        left_out = f"Left out, no numbers: {', '.join(without[:20])}{more}"
        if not chosen:
            raise InputError(
                f"'{table.path}' has no column of numbers beside {quoted(target)}. "
                f"{left_out if without else ''}"
            )
        if without:
            notes.append(left_out)
    X = np.column_stack([table.column(name).values for name in chosen])
    whole_rows = np.isfinite(X).all(axis=1) & np.isfinite(y)
    if missing := int((~whole_rows).sum()):
        first = table.lines[np.argmin(whole_rows)]
        if not arguments.drop_missing:
            raise InputError(
                f"'{table.path}': {missing} of {len(y)} rows have missing or infinite numbers, the "
                f"first in line {first}: fill them in, or add --drop-missing to leave them out."
            )
        X, y = X[whole_rows], y[whole_rows]
        notes.append(f"Left out: {missing} rows with missing or infinite numbers")
        if not len(y):
            raise InputError(f"'{table.path}': every row has missing or infinite numbers.")
    return Frame(chosen, X), y, notes


def _listed(text: str | None, option: str) -> list[str] | None:
    found = None if text is None else names(text)
    if found == []:
        raise InputError(f"{option} is empty: give names, separated by commas.")
    return found


def _check_out(out: str) -> None:
    """Before the search rather than after it."""
    from symtut.regression import saved
    from symtut.storage import keep_foreign

    keep_foreign(out, saved.read_saved)
    if not Path(out).absolute().parent.is_dir():
        raise InputError(f"there is no folder for '{out}': make it first.")
