"""The exercises of notebook 05."""

from itertools import permutations, product

import numpy as np
import scipy.stats

from symtut.expressions import Expression, canonical_terms
from symtut.lab.exercises.kinds import Function, Value


def exercise_1() -> Value:
    """The probability of a skeleton."""
    return Value(
        0.021,
        mistakes=[
            (0.0105, "That is one order of the two terms; the sum is the same in the other order."),
            (0.06, "Only 35 % of the formulas have two terms: that is a factor, too."),
            (0.03, "Two factors are missing: 35 % have two terms, and these come in two orders."),
            (0.039, "65 % is the share of the formulas with one term; this one has two."),
            (0.042, "There are two variables, and each of them is drawn."),
            (0.084, "You have the rules; each variable is also drawn, one of two."),
            (0.24, "You have the rules; each variable is also drawn, and whether a term follows."),
            (0.021 / 0.8, "The inside of the sine is a bare variable in 80 % of the cases only."),
            (0.021 / 0.3, "The term is a sine in 30 % of the cases only."),
            (2.1, "Those are percent; a probability is asked, from 0 to 1."),
            (
                0.25 + 0.12,
                "Probabilities of steps that all must happen are multiplied, not added.",
            ),
        ],
        hint="Multiply the probabilities along one derivation, then add the derivations.",
    )


def exercise_2() -> Function:
    """From tokens back to values."""

    def expression(tokens):
        numbers = tuple(t for t in tokens if isinstance(t, float))
        return Expression(tuple("C" if isinstance(t, float) else t for t in tokens), numbers)

    def reference(tokens, x):
        return expression(tokens)(x)

    def swapped(tokens, x):
        """sub with its arguments exchanged: a − b becomes −a − −b."""
        return reference([part for t in tokens for part in (("neg", t) if t == "sub" else (t,))], x)

    few = np.array([[0.5, 2.0, -1.0], [1.5, -3.0, 0.25]])
    other = np.array([[1.0, -1.0], [2.0, 0.5], [-0.5, 3.0]])
    return Function(
        reference,
        cases=[
            (["sub", "x0", "x2"], few),
            (["mul", "sin", "x1", "x0"], other),
            (["add", -2.5, "mul", "x1", "x1"], few),
            (["sub", "mul", "sin", "x0", 3.0, "sub", 1.5, "x2"], few),
            (["add", "mul", 2.0, "sin", "x0", "sub", "x2", "mul", "x1", "x1"], few),
            (["sub", "sub", "x0", 1.0, "sin", "sub", "x1", "x2"], few),
        ],
        mistakes=[
            (swapped, "The first argument lies on top: pop it first. a − b is not b − a."),
            (
                lambda t, x: reference(t, x)[None],
                "That is the whole stack; return what lies on it.",
            ),
        ],
        hint="Right to left: when an operator comes, its arguments must already lie on the stack. "
        "A leaf such as x1 is a column, x[:, 1].",
        without=("Expression", "Program"),
    )


def exercise_3() -> Function:
    """The same skeleton under other names."""

    def renamed(terms, names):
        return tuple(tuple(names.get(token, token) for token in term) for term in terms)

    def least(terms):
        """The first of its spellings, over all names."""
        names = ("x0", "x1", "x2")
        return min(
            canonical_terms(renamed(terms, dict(zip(names, order, strict=True))))
            for order in permutations(names)
        )

    def reference(a, b):
        return least(a) == least(b)

    def by_first_appearance(terms):
        names = {}
        for token in (token for term in canonical_terms(terms) for token in term):
            if token[0] == "x":
                names.setdefault(token, f"x{len(names)}")
        return canonical_terms(renamed(terms, names))

    def each_term(terms):
        return sorted(least((term,)) for term in terms)

    def all_one(terms):
        return sorted(tuple("x" if t[0] == "x" else t for t in term) for term in terms)

    def counts(terms):
        return sorted(token for term in terms for token in term if token[0] != "x")

    def some_order(a, b, orders, spelled=lambda terms: terms):
        names = ("x0", "x1", "x2")
        new = (dict(zip(names, order, strict=True)) for order in orders(names))
        return any(spelled(renamed(a, each)) == spelled(b) for each in new)

    pairs = [
        ("sin(x0) + x1", "x1 + sin(x0)"), ("sin(x0) + x1", "sin(x1) + x0"),
        ("sin(x0) + x1", "cos(x0) + x1"), ("x2 + sin(x1)", "sin(x0) + x1"),
        ("x0*sin(x1)", "sin(x0)*x1"), ("sin(x0) + x0", "sin(x0) + x1"),
        ("sin(x0) + x1", "sin(x0) + x0"),
        ("sin(x0) + x1", "sin(x0) + x1 + x2"), ("sin(x0) + x1 + x0", "sin(x1) + x0"),
        ("x0*x1 + x2", "x0 + x1*x2"), ("x0*x1 + x1", "x0 + x1*x2"),
        ("x0/x1 + x0", "x0/x1 + x1"), ("x0/x1 + x0", "x2/x1 + x2"),
        ("x0*sin(x1) + x2", "x1*sin(x2) + x0"), ("x0/x1 + sin(x2)", "x2/x0 + sin(x1)"),
        ("x0*x1 + x2*sin(x1)", "x0*x2 + x1*sin(x0)"), ("sin(x0*cos(x1))", "sin(x1*cos(x2))"),
        ("x0*sin(x1) + x1*cos(x0)", "x0*sin(x1) + x0*cos(x1)"),
    ]  # fmt: skip
    parsed = [tuple((Expression.from_text(t).prefix,) for t in pair) for pair in pairs]
    return Function(
        reference,
        cases=[tuple(map(canonical_terms, pair)) for pair in parsed]
        + [
            ((("x1",), ("sin", "x0")), (("sin", "x0"), ("x1",))),
            ((("x1",), ("mul", "sin", "x2", "x0")), (("mul", "x1", "sin", "x0"), ("x2",))),
        ],
        mistakes=[
            (lambda a, b: a == b, "Names and order are still told apart."),
            (
                lambda a, b: canonical_terms(a) == canonical_terms(b),
                "That takes care of order; x0 and x1 are still told apart by their names.",
            ),
            (
                lambda a, b: all_one(a) == all_one(b),
                "All variables became one: sin(x0) + x0 and sin(x0) + x1 are different skeletons.",
            ),
            (
                lambda a, b: each_term(a) == each_term(b),
                "One renaming must serve all terms: sin(x0) + x0 is not sin(x0) + x1.",
            ),
            (
                lambda a, b: by_first_appearance(a) == by_first_appearance(b),
                "Which variable comes first depends on its name, too: try every renaming.",
            ),
            (lambda a, b: counts(a) == counts(b), "Where each variable stands counts, too."),
            (
                lambda a, b: some_order(a, b, permutations),
                "That settles the names; order needs canonical_terms of the renamed a and of b.",
            ),
            (
                lambda a, b: some_order(a, b, lambda n: product(n, repeat=3), canonical_terms),
                "Two variables got one name: sin(x0) + x1 would become sin(x0) + x0.",
            ),
        ],
        hint="Is there a renaming of the variables that turns one skeleton into the other?",
        without=("skeleton_key", "is_held_out"),
    )


def exercise_4() -> Function:
    """How many draws for a good chance?"""

    def reference(p, chance):
        return scipy.stats.geom.ppf(chance, p)

    return Function(
        reference,
        cases=[
            (0.03, 0.95), (0.3, 0.6), (0.2, 0.5), (0.001, 0.9),
            (0.5, 0.75), (0.75, 0.75), (0.5, 0.96875),  # met exactly by a whole number
        ],
        mistakes=[
            (lambda p, chance: np.ceil(1 / p), "1/p is the mean, whatever the chance."),
            (lambda p, chance: 1 / p, "1/p is the mean, whatever the chance."),
            (
                lambda p, chance: np.ceil(chance / p),
                "Probabilities of hits do not add up: two draws of p = 0.6 are not 1.2.",
            ),
            (
                lambda p, chance: np.ceil(np.log(chance) / np.log(1 - p)),
                "(1 − p)ⁿ is the probability of no hit: it must fall to 1 − chance, not to chance.",
            ),
            (
                lambda p, chance: np.log(1 - chance) / np.log(1 - p),
                "Draws are whole: round up.",
            ),
            (
                lambda p, chance: np.floor(np.log(1 - chance) / np.log(1 - p)),
                "Rounded down, the chance is not reached yet.",
            ),
            (
                lambda p, chance: np.round(np.log(1 - chance) / np.log(1 - p)),
                "Rounded to the nearest, the chance is often not reached yet: round up.",
            ),
            (
                lambda p, chance: np.floor(np.log(1 - chance) / np.log(1 - p)) + 1,
                "Where n is a whole number already, that is one draw too many: ≥ is enough.",
            ),
            (lambda p, chance: reference(chance, p), "The arguments are the other way round."),
        ],
        hint="After n draws, the probability of not one hit is (1 − p)ⁿ.",
        rtol=1e-9,
    )  # fmt: skip
