"""One formula: a prefix sequence of tokens plus its constants; text, SymPy, evaluation.

Prefix (Polish) notation writes the operator before its arguments: ``sin(x0) + C*x1`` is
``add sin x0 mul C x1``. It needs no brackets, so every formula is a plain sequence that a
transformer can read and write (Lample & Charton 2020, section 2).
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from symtut.errors import InputError
from symtut.expressions.arrays import as_numbers, as_tensor
from symtut.expressions.latex_names import latex_names
from symtut.expressions.names import check_distinct, check_names
from symtut.expressions.operators import CONSTANT, OPERATORS, VARIABLES, arity
from symtut.expressions.parsing import parse
from symtut.expressions.printing import as_latex, as_text, check_digits
from symtut.expressions.sympy_numbers import MOST_EXACT, degree, sympy_number

if TYPE_CHECKING:
    import sympy


def split(prefix: tuple[str, ...], start: int = 0) -> int:
    """Index just behind the subtree that begins at ``start``; an ``InputError`` if it is cut."""
    needed = 1
    for position in range(start, len(prefix)):
        needed += arity(prefix[position]) - 1
        if needed == 0:
            return position + 1
    raise InputError(f"incomplete prefix expression: {' '.join(prefix[start:])!r}.")


def children(prefix: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The prefix sequences of the arguments of the root."""
    parts, start = [], 1
    for _ in range(arity(prefix[0])):
        end = split(prefix, start)
        parts.append(prefix[start:end])
        start = end
    return parts


@lru_cache(maxsize=50_000)  # a search makes thousands of formulas of few forms
def _places(prefix: tuple[str, ...]) -> int:
    """How many numbers a formula holds; an error unless the tokens are one."""
    unknown = [t for t in prefix if t not in OPERATORS and t not in (CONSTANT, *VARIABLES)]
    if unknown:
        raise InputError(f"unknown token {unknown[0]!r} in a prefix expression.")
    if split(prefix) != len(prefix):
        raise InputError(f"tokens left over after the root in {' '.join(prefix)!r}.")
    return prefix.count(CONSTANT)


@dataclass(frozen=True)
class Expression:
    """A formula over ``x0 … x5``.

    Attributes
    ----------
    prefix : tuple of str
        Tokens in prefix order: operator names, ``x0 … x5`` and ``C`` for a number.
    constants : tuple of float
        The numbers behind the ``C`` tokens, in order of appearance. Empty for a skeleton.
    """

    prefix: tuple[str, ...]
    constants: tuple[float, ...] = ()

    def __post_init__(self):
        if not isinstance(self.prefix, tuple) or not all(isinstance(t, str) for t in self.prefix):
            raise InputError(f"a prefix expression is a tuple of tokens, not {self.prefix!r:.60}.")
        if not all(type(c) is float or isinstance(c, numbers.Real) for c in self.constants):
            raise InputError(f"constants must be real numbers, not {self.constants!r:.60}.")
        places = _places(self.prefix)
        if self.constants and len(self.constants) != places:
            raise InputError(f"{len(self.constants)} constants given for {places} places.")

    @property
    def complexity(self) -> int:
        """Number of nodes in the tree: operators, variables and constants each count one."""
        return len(self.prefix)

    @property
    def variables(self) -> tuple[int, ...]:
        """Sorted indices of the variables that occur."""
        return tuple(sorted({int(t[1:]) for t in self.prefix if t in VARIABLES}))

    # ---- from and to text ----------------------------------------------------------------------

    @classmethod
    def from_text(cls, text: str, names: tuple[str, ...] = VARIABLES) -> Expression:
        """Parse Python arithmetic, for example ``"0.75*sin(theta) + 0.15*u"``.

        ``names`` are those of x0, x1, …; what is no variable's name may be ``pi``, ``inf`` or
        ``nan``.

        Raises
        ------
        InputError
            For text that is no formula, unknown names, and ``names`` that no text can hold.
        """
        prefix, constants = parse(text, tuple(names))
        return cls(tuple(prefix), tuple(constants))

    def text(self, names: tuple[str, ...] = VARIABLES, digits: int | None = 4) -> str:
        """Python syntax. ``digits=None`` prints constants so that they read back unchanged.

        Raises
        ------
        InputError
            For ``names`` that :meth:`from_text` would not read back as the same variables.
        """
        check_digits(digits)
        used = self._used(names)
        check_names(used)
        if CONSTANT in used and self._is_skeleton:
            raise InputError(
                f"{CONSTANT!r} stands for a number in a skeleton: name no variable so."
            )
        return self.fold(lambda token, args: as_text(token, args, names, digits))[0]

    def latex(self, names: tuple[str, ...] = VARIABLES, digits: int | None = 4) -> str:
        """LaTeX source without dollar signs; :func:`~symtut.expressions.latex_name` sets names."""
        check_digits(digits)
        used = self._used(names)
        check_distinct(used)
        shown = dict(zip(self.variables, latex_names(used), strict=True))
        return self.fold(lambda token, args: as_latex(token, args, shown, digits))[0]

    def sympy(self, names: tuple[str | sympy.Symbol, ...] = VARIABLES) -> sympy.Expr:
        """The same formula as a SymPy expression (unsimplified placeholders become ``C0, C1…``).

        Variables are plain symbols, so that ``diff(e, "x0")`` and ``e.subs("x0", 1)`` mean them; a
        symbol with assumptions can be given in a name's place. Numbers are the same float64, and
        integers where they are whole.
        """
        import sympy

        used = self._used(names)
        check_distinct(used)
        taken = set(map(str, used))
        count = (k for k in range(len(self.prefix) + len(taken)) if f"C{k}" not in taken)
        # SymPy multiplies whole numbers out: 3 squared forty times would fill the memory
        exact = self.fold(degree) <= MOST_EXACT

        def build(token, args):
            if isinstance(token, float):
                return sympy_number(token) if exact else sympy.Float(token, 17)
            if token == CONSTANT:
                return sympy.Symbol(f"C{next(count)}")
            if token in VARIABLES:
                name = names[int(token[1:])]
                return name if isinstance(name, sympy.Symbol) else sympy.Symbol(name)
            return OPERATORS[token].sympy(*args)

        return self.fold(build)

    def _used(self, names) -> list:
        """Those of ``names`` that occur; an error if there are too few."""
        if self.variables and self.variables[-1] >= len(names):
            raise InputError(
                f"the formula is about x{self.variables[-1]}, too: {len(names)} names are too few."
            )
        return [names[i] for i in self.variables]

    @property
    def _is_skeleton(self) -> bool:
        return CONSTANT in self.prefix and not self.constants

    # ---- files ---------------------------------------------------------------------------------

    def as_json(self) -> dict:
        """Prefix and constants, from which :meth:`from_json` makes the same formula bit by bit."""
        return {"prefix": list(self.prefix), "constants": list(self.constants)}

    @classmethod
    def from_json(cls, value: dict) -> Expression:
        """What :meth:`as_json` gave; other keys are left alone.

        Raises
        ------
        InputError
            If ``prefix`` or ``constants`` are missing or are not those of a formula.
        """
        try:
            prefix, constants = value["prefix"], value["constants"]
            if not all(isinstance(number, int | float) for number in constants):
                raise InputError(f"the constants of a formula must be numbers, not {constants!r}.")
            return cls(tuple(prefix), tuple(map(float, constants)))
        except (KeyError, TypeError) as error:
            raise InputError(f"no prefix and constants of a formula ({error!r}).") from error

    def __str__(self) -> str:
        return self.text()

    # ---- evaluation ----------------------------------------------------------------------------

    def __call__(self, x: Any, library: str = "numpy", watch: Callable | None = None) -> Any:
        """Values at points ``x`` of shape (..., d), as an array (tensor) of shape (...).

        ``library`` is ``"numpy"``, which computes in float64 whatever ``x`` holds
        (:func:`~symtut.expressions.arrays.as_numbers`), or ``"torch"``, which keeps a floating
        tensor's type, device and gradient. Outside the domain (:mod:`symtut.expressions.domains`)
        the value is NaN or infinite, or finite again, as 1/(1/x0) at 0. ``watch(place, arguments)``
        is called for each operator with its place in the prefix and the values of its arguments.

        Raises
        ------
        InputError
            For a skeleton, for data that are not numbers, and for too few columns.
        """
        if self._is_skeleton:
            raise InputError(f"'{self}' is a skeleton: fit its constants before evaluating it.")
        if library not in ("numpy", "torch"):
            raise InputError(f"unknown library {library!r}; known: numpy, torch.")
        x = as_tensor(x) if library == "torch" else as_numbers(x)
        if x.ndim == 0:
            raise InputError(
                "a formula is evaluated at points (..., variables), not at one number."
            )
        with np.errstate(all="ignore"):
            value = self._value(x, library, watch)
        return _constant(value, x, library) if isinstance(value, float) else value

    def _value(self, x, library: str, watch):
        """Values at checked points; a float for a formula without variables."""
        numbers, columns, stack = list(self.constants), {}, []
        for place, token in reversed([*enumerate(self.prefix)]):
            operator = OPERATORS.get(token)
            if operator is None:
                if token == CONSTANT:
                    stack.append(float(numbers.pop()))
                    continue
                if token not in columns:
                    columns[token] = _column(x, int(token[1:]))
                stack.append(columns[token])
                continue
            first = stack.pop()
            rest = [stack.pop()] if operator.arity == 2 else []
            if watch is not None:
                watch(place, [first, *rest])
            if isinstance(first, float):
                if not rest or isinstance(rest[0], float):
                    stack.append(float(operator.numpy(first, *rest)))
                    continue
                if library == "torch":  # torch.add takes no float first
                    first = rest[0].new_tensor(first)
            stack.append(getattr(operator, library)(first, *rest))
        return stack[0]

    def fold(self, build: Callable[[Any, list], Any]) -> Any:
        """Combine the tree bottom-up: ``build(token or number, argument results)``.

        Of two arguments the right one is built first.
        """
        numbers = iter(self.constants[::-1])
        stack = []
        for token in reversed(self.prefix):
            args = [stack.pop() for _ in range(arity(token))]
            if token == CONSTANT and self.constants:
                token = float(next(numbers))
            stack.append(build(token, args))
        return stack[0]


def _column(x, j: int):
    if j >= x.shape[-1]:
        raise InputError(f"the formula is about x{j}, but the points have {x.shape[-1]} columns.")
    column = x[..., j]
    # some processors round sin and exp otherwise where the values do not lie side by side
    return np.asarray(column, order="C") if isinstance(column, np.ndarray) else column


def _constant(value: float, x, library: str):
    """A formula without variables has the same value at all points, NaN and infinite ones too."""
    if library == "numpy":
        return np.full(x.shape[:-1], value)[()]
    filled = x.new_full(x.shape[:-1], value)
    if not x.requires_grad:
        return filled
    return filled + (x * 0).nan_to_num().sum(-1)  # its gradient is zero, but there is one


def joined(operator: str, *arguments: Expression) -> Expression:
    """The operator applied to formulas."""
    tokens = (token for argument in arguments for token in argument.prefix)
    return Expression((operator, *tokens), tuple(c for a in arguments for c in a.constants))


def arguments_of(expression: Expression) -> list[Expression]:
    """The formulas that the root is applied to, each with its own numbers."""
    numbers = iter(expression.constants)
    parts = children(expression.prefix)
    return [Expression(p, tuple(islice(numbers, p.count(CONSTANT)))) for p in parts]


def linear_combination(
    coefficients: Iterable[float], terms: list[Expression], intercept: float = 0.0
) -> Expression:
    """``intercept + Σ coefficients[k]·terms[k]``; zeros vanish, and ±1 is no product."""
    parts = []
    for factor, term in zip(coefficients, terms, strict=True):
        factor = float(factor)
        if factor in (1.0, -1.0):
            parts.append(term if factor > 0 else joined("neg", term))
        elif factor:
            parts.append(joined("mul", Expression((CONSTANT,), (factor,)), term))
    if intercept != 0.0 or not parts:
        parts.append(Expression((CONSTANT,), (float(intercept),)))
    prefix = ("add",) * (len(parts) - 1) + tuple(t for part in parts for t in part.prefix)
    return Expression(prefix, tuple(c for part in parts for c in part.constants))
