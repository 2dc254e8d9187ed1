"""What a product may contain beside powers of its variables: sums, sines, exponentials, …"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, permutations

import numpy as np

from symtut.expressions import VARIABLES
from symtut.regression.structure.spelled import Spelled, expression, is_numeral


@dataclass(frozen=True)
class Factor:
    """Something that a product may contain beside powers of its variables.

    ``prefix`` is raised to an exponent, or, if ``grows``, multiplied by a number inside exp().
    Factors of one ``family`` differ in a number on a grid; only the best of them is considered.
    """

    prefix: Spelled
    grows: bool = False
    family: Spelled = ()

    def with_number(self, ratio: float) -> "Factor":
        """The same with its number so many times as large."""
        place = next(k for k, t in enumerate(self.prefix) if is_numeral(t) and t != "1")
        number = repr(float(self.prefix[place]) * float(ratio))
        return replace(self, prefix=(*self.prefix[:place], number, *self.prefix[place + 1 :]))

    @property
    def written(self) -> Spelled:
        """The tokens that a product with this factor has."""
        return (*self.prefix, "exp", "mul") if self.grows else self.prefix


def fixed_factors(d: int) -> list[Factor]:
    """Sums, sines and exponentials of simple combinations of ``d`` variables."""
    v = [(name,) for name in VARIABLES[:d]]
    squares = [("square", *a) for a in v]
    pairs = [("mul", *a, *b) for a, b in combinations(v, 2)]
    quotients = [("div", *a, *b) for a, b in permutations(v, 2)]
    triples = _triples(v)
    found: list[Factor] = []

    def sums(parts, signs=("add", "sub")):
        for parts_ in parts:
            found.extend(Factor((sign, *parts_[0], *parts_[1])) for sign in signs)

    sums(combinations(v, 2))
    sums(combinations(squares, 2))
    sums([(a, b) for a in v for b in pairs if a[0] not in b])
    sums([(a, b) for a in v for b in pairs if a[0] in b])  # a·(1 ± b), whatever a is
    sums([(s, b) for s in squares for b in pairs])
    found += [Factor(("add", *a, "add", *b, *c)) for a, b, c in combinations(squares, 3)]
    found += [Factor(("add", *a, "add", *b, *c)) for a, b, c in combinations(v, 3)]
    sums(combinations(pairs, 2))
    sums([(s, ("square", *p)) for s in squares for p in pairs if s[1] not in p])
    fourth = [("square", *s) for s in squares]
    sums(combinations(fourth, 2))
    angles = [*v, *(("mul", *_TWO, *a) for a in v), *(("mul", *_HALF, *a) for a in v), *pairs]
    angles += [("sub", *a, *b) for a, b in combinations(v, 2)]
    found += [Factor((f, *a)) for a in [*angles, *quotients] for f in ("sin", "cos")]
    found += [Factor((s, *_ONE, "cos", *a)) for a in v for s in ("add", "sub")]
    found += [
        Factor((s, *_ONE, "mul", *a, "cos", *b))
        for a, b in permutations(v, 2)
        for s in ("add", "sub")
    ]
    for a in [*v, *pairs, *quotients, *triples]:
        found += [Factor(("log", *a)), Factor(("tanh", *a))]
    found += [Factor(("log", "add", *_ONE, *a)) for a in [*v, *squares]]
    inverse = [("inv", *a) for a in v]
    growing = [*v, *squares, *inverse, *pairs, *quotients, *triples]
    growing += [("square", *q) for q in (*quotients, *pairs)]
    growing += [("div", *s, *a) for s in squares for a in v if a != s[1:]]
    growing += [
        ("div", "mul", *a, *s, *b) for a in v for s in squares for b in v if len({a, s[1:], b}) == 3
    ]
    growing += [("square", "sub", *a, *b) for a, b in combinations(v, 2)]
    growing += [
        ("square", "div", "sub", *a, *b, *c)
        for a, b in combinations(v, 2) for c in v if c not in (a, b)
    ]  # fmt: skip
    return found + [Factor(a, grows=True) for a in growing]


_ONE: Spelled = ("1",)
_TWO: Spelled = ("2",)
_HALF: Spelled = ("0.5",)


def _simple(d: int) -> list[Spelled]:
    """Products and quotients of up to three variables: what may be added to a number."""
    v = [(name,) for name in VARIABLES[:d]]
    pairs = [("mul", *a, *b) for a, b in combinations(v, 2)]
    quotients = [("div", *a, *b) for a, b in permutations(v, 2)]
    squares = [("square", *a) for a in [*v, *pairs, *quotients]]
    return [*v, *pairs, *quotients, *squares, *_triples(v)]


def _triples(v: list[Spelled]) -> list[Spelled]:
    found = [("mul", *a, "mul", *b, *c) for a, b, c in combinations(v, 3)]
    for a, b in combinations(v, 2):
        for c in v:
            if c not in (a, b):
                pair = ("mul", *a, *b)
                found += [("div", *pair, *c), ("div", *c, *pair)]
    return found


def numbered_factors(d: int, x: np.ndarray) -> Iterator[tuple[Factor, np.ndarray]]:
    """Factors that hold a number, and their values: it is on a grid, and fitted later.

    c ± a, with c one or between a tenth and ten times the size of a; exp(c·a) ± 1 and
    1 − exp(−c·a), with exponents of about one.
    """
    for a in _simple(d):
        values = expression(a)(x)
        size = float(np.median(np.abs(values)))
        if not 0 < size < 1e100:
            continue
        for number in (1.0, *(float(f"{size * k:.3g}") for k in _GRID)):
            for sign, combined in (("add", number + values), ("sub", number - values)):
                family = () if number == 1 else (sign, *a)
                yield Factor((sign, repr(number), *a), family=family), combined
        for number in (1.0, *(float(f"{k / size:.3g}") for k in _GRID[1:])):
            grown = np.exp(number * values)
            power = ("exp", *a) if number == 1 else ("exp", "mul", repr(number), *a)
            for prefix, combined in (
                (("sub", *power, *_ONE), grown - 1),
                (("add", *power, *_ONE), grown + 1),
                (("sub", *_ONE, "exp", "neg", *power[1:]), 1 - 1 / grown),
            ):
                family = () if number == 1 else (*prefix[:2], "exp", *a)
                yield Factor(prefix, family=family), combined


_GRID = (0.1, 0.3, 1.0, 3.0, 10.0)
