"""Recovered equations beside the simulator's, coefficient by coefficient."""

from collections.abc import Sequence
from dataclasses import dataclass

import sympy

SHOWN = 1e-6  # coefficients below this are rounding, not terms


@dataclass(frozen=True)
class Coefficient:
    """One term of an equation: its coefficient in the simulator and in what was found."""

    term: str  # "sin(theta)"; "1" for the constant
    true: float
    found: float

    @property
    def error(self) -> float:
        """Relative error; infinite for a term that the simulator does not have."""
        if self.true == 0.0:
            return float("inf") if abs(self.found) > SHOWN else 0.0
        return abs(self.found - self.true) / abs(self.true)


def coefficients(found: str, true: str, names: Sequence[str]) -> list[Coefficient]:
    """Compare two equations after expanding them into sums of terms.

    Parameters
    ----------
    found, true : str
        Right-hand sides in Python syntax, such as ``"0.75*sin(theta) + 0.15*u"``.
    names : sequence of str
        The variables' names.

    Returns
    -------
    list of Coefficient
        The true terms first, then those that only the found equation has.
    """
    symbols = {name: sympy.Symbol(name, real=True) for name in names}
    sums = [_sum_of_terms(text, symbols) for text in (true, found)]
    terms = [*sums[0], *(term for term in sums[1] if term not in sums[0])]
    rows = [Coefficient(str(t), sums[0].get(t, 0.0), sums[1].get(t, 0.0)) for t in terms]
    return [row for row in rows if row.true or abs(row.found) > SHOWN]


def largest_error(rows: Sequence[Coefficient]) -> float:
    """The largest relative error; infinite if a term is missing its counterpart."""
    return max((row.error for row in rows), default=float("inf"))


def table(target: str, rows: Sequence[Coefficient]) -> str:
    """The comparison as aligned text, one line per term."""
    width = max(len(row.term) for row in rows)
    lines = [f"{target:<{width}}   simulator       found     error"]
    for row in rows:
        error = f"{row.error:8.1e}" if row.true else "   extra"
        lines.append(f"  {row.term:<{width}} {row.true:10.5f}  {row.found:10.5f}  {error}")
    return "\n".join(lines)


def _sum_of_terms(text: str, symbols: dict) -> dict:
    """{term: coefficient}; sin(a + b) is expanded, so that shifted sines can be compared."""
    expression = sympy.parse_expr(text, local_dict=symbols)
    expanded = sympy.expand(sympy.expand(expression), trig=True)
    result: dict = {}
    for term in sympy.Add.make_args(expanded):
        factor, rest = term.as_coeff_Mul()
        result[rest] = result.get(rest, 0.0) + float(factor)
    return result
