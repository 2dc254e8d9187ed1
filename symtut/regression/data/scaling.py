"""Columns as the search sees them, and formulas back in the user's own units.

The weights have seen variables whose spread lies between 0.4 and 8
(``RandomFunctions.scales``), and constants between 0.2 and 5. A column far outside is divided by a
power of ten, never shifted: a shift would break sines and products. Columns that carry nothing,
because they are constant or a copy of an earlier one, stay out of the search.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from symtut.errors import InputError
from symtut.expressions import CONSTANT, MAX_VARIABLES, OPERATORS, VARIABLES, Expression
from symtut.expressions.canonical import Prefix
from symtut.expressions.tree import arguments_of, children, joined

ORDINARY = (0.03, 30.0)
"""Standard deviations between which a column is used as it is."""

MANY = 100
"""Variables are counted so far; a table of thousands of columns is refused at once."""

_PASS = {"neg": 1, "abs": 1, "square": 2, "inv": -1}  # op(f·a) = f^power · op(a) for f > 0


@dataclass(frozen=True)
class Columns:
    """Which columns of X the search uses, and in what units.

    Attributes
    ----------
    used : tuple of int
        Columns of X, in order: the search's x0, x1, …
    units : tuple of float
        Powers of ten by which the used columns are divided; 1 for columns of ordinary size.
    written : tuple of int
        Columns of X that x0, x1, … of a *finished* formula stand for: all of them if the language
        has as many names, else the used ones.
    """

    used: tuple[int, ...]
    units: tuple[float, ...]
    written: tuple[int, ...]

    def searched(self, X: np.ndarray) -> np.ndarray:
        """X (n, D) → what the search sees, (n, d)."""
        # dividing by 1e6 and multiplying by 1e6 are exact where multiplying by 1e-6 is not
        parts = [
            X[:, j] / unit if unit >= 1 else X[:, j] * (1 / unit)
            for j, unit in zip(self.used, self.units, strict=True)
        ]
        return np.column_stack(parts)

    def restore(self, term: Expression) -> Expression:
        """A term over the search's variables → over ``X[:, written]``, up to a constant factor.

        The factor is left out because the coefficients are solved for afterwards.
        """
        names = {VARIABLES[i]: VARIABLES[self.written.index(j)] for i, j in enumerate(self.used)}
        units = {VARIABLES[i]: unit for i, unit in enumerate(self.units) if unit != 1}
        return _moved(term.prefix, iter(term.constants), names, units)


def in_units(
    terms: tuple[Prefix, ...], guess: np.ndarray | None, units: tuple[float, ...]
) -> tuple[tuple[Prefix, ...], np.ndarray | None] | None:
    """Terms in the user's units, and their numbers → for x0, x1, … divided by ``units``.

    Each term (a prefix tuple) up to a constant factor, as in :meth:`Columns.restore`. Returns terms
    and numbers, None for no numbers; or None if they cannot be written.
    """
    if all(unit == 1 for unit in units):
        return terms, guess
    names = {name: name for name in VARIABLES}
    inverse = {VARIABLES[i]: 1 / unit for i, unit in enumerate(units) if unit != 1}
    numbers = iter(() if guess is None else guess.tolist())
    found = [_moved(term, numbers, names, inverse) for term in terms]
    values = np.array([number for term in found for number in term.constants])
    if not np.all(np.isfinite(values)):
        return None  # a high power of a unit is beyond float64
    return tuple(term.prefix for term in found), values if len(values) else None


def choose_columns(
    X: np.ndarray,
    rescaled: bool = True,
    screen: Callable[[list[int]], Sequence[int]] | None = None,
) -> Columns:
    """Leave out what carries nothing, and pick a unit for each column that is left.

    Parameters
    ----------
    X : (n, D) float
    rescaled : bool
        False for formulas that may not have a factor inside a function: every unit is then 1.
    screen : callable, optional
        Chooses six of up to a hundred columns. Without it, more than six are an error.

    Raises
    ------
    InputError
        If no column varies, or too many.
    """
    low, high = X.min(0), X.max(0)
    size = np.maximum(np.abs(low), np.abs(high))
    first: dict[bytes, int] = {}  # by content: the first of several copies
    with np.errstate(over="ignore"):
        varying = np.flatnonzero(high - low > 1e-12 * size)
    for j in varying.tolist():
        first.setdefault(blake2b((X[:, j] + 0.0).tobytes()).digest(), j)  # −0 is 0
        if len(first) > MANY:
            break
    used = list(first.values())
    if not used:
        raise InputError("no column of X varies: there is nothing that could explain y.")
    if len(used) > (MAX_VARIABLES if screen is None else MANY):
        many = f"more than {MANY}" if len(used) > MANY else len(used)
        raise InputError(
            f"X has {many} variables (constant columns and copies not counted); the weights "
            f"know formulas of at most {MAX_VARIABLES}: leave out the columns that do not matter."
        )
    if screen is not None and len(used) > MAX_VARIABLES:
        used = sorted(screen(used))
    units = []
    for j in used:
        spread = float(np.std(X[:, j] / size[j])) * float(size[j])
        if not 1e-150 < size[j] < 1e150:
            raise InputError(
                f"column {j} of X holds values of size {size[j]:.1e}: give it in other units."
            )
        ordinary = not rescaled or ORDINARY[0] <= spread <= ORDINARY[1]
        units.append(1.0 if ordinary else float(f"1e{round(np.log10(spread))}"))
    written = range(X.shape[1]) if X.shape[1] <= MAX_VARIABLES else used
    return Columns(tuple(used), tuple(units), tuple(written))


def _moved(prefix: Prefix, numbers, names, units) -> Expression:
    """A term in other units, up to a constant factor."""
    with np.errstate(all="ignore"):
        _, found = _restore(prefix, numbers, names, units)
    assert found is not None  # no term is a plain number
    return found


def _restore(prefix, numbers, names, units) -> tuple[float, Expression | None]:
    """(factor, rest) of a subtree in the user's units; rest is None for a plain number.

    Factors float up through products, quotients, powers and sums until a function that is not
    homogeneous (a sine) stops them: there they are written.
    """
    head = prefix[0]
    if head == CONSTANT:  # NumPy's numbers: a power beyond float64 is inf, not an exception
        return np.float64(next(numbers)), None
    if head in VARIABLES:
        return np.float64(1.0 / units.get(head, 1.0)), Expression((names[head],))
    if not any(token in units for token in prefix):  # nothing in here was rescaled
        values = tuple(next(numbers) for token in prefix if token == CONSTANT)
        return 1.0, Expression(tuple(names.get(token, token) for token in prefix), values)
    parts = [_restore(child, numbers, names, units) for child in children(prefix)]
    if len(parts) == 1:
        factor, rest = parts[0]
        if rest is None:
            return float(OPERATORS[head].numpy(factor)), None
        if head in _PASS:
            sign = np.sign(factor) if head == "inv" else 1.0
            if head == "neg":
                return -factor, rest
            return sign * abs(factor) ** _PASS[head], joined(head, rest)
        if head == "sqrt" and factor > 0:
            return factor**0.5, joined(head, rest)
        if factor < 0 and OPERATORS[head].parity:  # sin(-k·x) = -sin(k·x)
            return float(OPERATORS[head].parity), joined(head, _scaled(-factor, rest))
        return 1.0, joined(head, _scaled(factor, rest))
    (left_factor, left), (right_factor, right) = parts
    if head == "pow":
        if left is None and right is None:
            return float(OPERATORS[head].numpy(left_factor, right_factor)), None
        whole = right is None and float(right_factor).is_integer()
        if left is not None and right is None and (left_factor > 0 or whole):
            return left_factor**right_factor, joined(head, left, _scaled(right_factor, None))
        return 1.0, joined(head, _scaled(left_factor, left), _scaled(right_factor, right))
    if head in ("mul", "div"):
        factor = left_factor * right_factor if head == "mul" else left_factor / right_factor
        if left is None and right is None:
            return factor, None
        if right is None:
            return factor, left
        if left is None:
            return factor, right if head == "mul" else joined("inv", right)
        return factor, joined(head, left, right)
    if left is None and right is None:
        return float(OPERATORS[head].numpy(left_factor, right_factor)), None
    # a sum: x/u + c = (x + c·u)/u, and likewise if both parts carry the same factor
    common = right_factor if left is None else left_factor
    if left is not None and right is not None and left_factor != right_factor:
        common = 1.0
    common = common or 1.0
    left = _scaled(left_factor / common, left)
    return common, joined(head, left, _scaled(right_factor / common, right))


def _scaled(factor: float, rest: Expression | None) -> Expression:
    """factor · rest, written out."""
    if rest is None:
        return Expression((CONSTANT,), (float(factor),))
    if factor == 1.0:
        return rest
    if rest.prefix[0] in ("add", "sub"):  # k·(x + c) is easier to read as k·x + k·c
        parts = arguments_of(rest)
        if any(part.prefix == (CONSTANT,) for part in parts):
            plain = [part.constants[0] if part.prefix == (CONSTANT,) else None for part in parts]
            return joined(
                rest.prefix[0],
                *(_scaled(factor, part) if value is None else _scaled(factor * value, None)
                  for part, value in zip(parts, plain, strict=True)),
            )  # fmt: skip
    return joined("mul", Expression((CONSTANT,), (float(factor),)), rest)
