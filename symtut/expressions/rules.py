"""The rules of the prior: which parts equations of motion and laws of physics are made of.

A rule writes one token and leaves a list of things still to be written; :mod:`grammar` walks
through them. ``MECHANICS`` has the summands of equations of motion. ``LAWS`` has products of
powers, quotients inside functions and roots of sums of squares, such as ``m1*m2/r**2``,
``a*sqrt(1 + x**2/y**2)`` or ``p*exp(-e/t)``: a law is mostly one term. No rule holds an equation
of a test suite.
"""

ANY_VARIABLE = "x"
"""Stands in a rule for one of the variables, drawn uniformly."""

SAME_VARIABLE = "same"
"""Stands in a rule for the variable that was written last: v·|v|, x·sqrt(x² + y²), x³."""

NEW_VARIABLE = "new"
"""Stands in a rule for one of the variables that the formula does not have yet, as long as there
are any: a law of six quantities has each of them once."""

# nonterminal: ((weight, token, what follows), …)
Rules = dict[str, tuple[tuple[float, str, tuple[str, ...]], ...]]

_FUNCTIONS = (
    (3.0, "sin", ("ANGLE",)),
    (3.0, "cos", ("ANGLE",)),
    (0.3, "tan", ("ARGUMENT",)),
    (0.8, "exp", ("ARGUMENT",)),
    (0.4, "log", ("POSITIVE",)),
    (0.5, "sqrt", ("POSITIVE",)),
    (1.0, "abs", ("ARGUMENT",)),
    (0.8, "tanh", ("ARGUMENT",)),
)

MECHANICS: Rules = {
    # one summand of an equation of motion
    "TERM": (
        (6.0, ANY_VARIABLE, ()),
        (11.0, "mul", ("FACTOR", "FACTORS")),
        (2.0, "square", ("BASE",)),
        (2.0, "div", ("NUMERATOR", "DENOMINATOR")),
        (0.8, "inv", ("DENOMINATOR",)),
        *_FUNCTIONS,
        (1.5, "sin", ("ANGLE",)),  # gravity along an angle is common enough to count twice
        (1.2, "mul", ("SIZE", "AGAIN")),  # drag: |v|·v
        (0.5, "mul", ("VARIABLE", "SPEED")),  # drag in the plane: v·sqrt(v² + w²)
        (0.6, "mul", ("SINE", "COSINE_AGAIN")),
        (0.8, "mul", ("VARIABLE", "POWER_AGAIN")),
        (0.4, "square", ("SQUARE",)),
        (0.8, "div", ("VARIABLE", "SATURATION")),
    ),
    "FACTOR": (
        (9.0, ANY_VARIABLE, ()),
        (2.0, "square", ("BASE",)),
        (0.6, "inv", ("DENOMINATOR",)),
        (0.7, "add", ("CONSTANT", "FACTOR")),
        *_FUNCTIONS,
    ),
    "FACTORS": (
        (9.0, ANY_VARIABLE, ()),
        (2.0, "square", ("BASE",)),
        (0.6, "inv", ("DENOMINATOR",)),
        (0.7, "add", ("CONSTANT", "FACTOR")),
        *_FUNCTIONS,
        (4.0, "mul", ("FACTOR", "FACTOR")),
    ),
    "BASE": (
        (6.0, ANY_VARIABLE, ()),
        (1.5, "sin", ("ANGLE",)),
        (1.5, "cos", ("ANGLE",)),
        (1.0, "add", ("CONSTANT", "VARIABLE")),
        (1.0, "sub", ("VARIABLE", "VARIABLE")),
        (0.7, "square", ("VARIABLE",)),
    ),
    "ANGLE": (
        (9.0, ANY_VARIABLE, ()),
        (1.5, "add", ("VARIABLE", "VARIABLE")),
        (1.5, "sub", ("VARIABLE", "VARIABLE")),
        (2.5, "mul", ("CONSTANT", "VARIABLE")),
        (0.7, "add", ("CONSTANT", "VARIABLE")),
        (0.7, "add", ("CONSTANT", "SCALED")),
        (0.7, "mul", ("VARIABLE", "VARIABLE")),
        (0.7, "square", ("VARIABLE",)),
        (0.5, "add", ("VARIABLE", "SCALED")),
        (0.4, "add", ("VARIABLE", "SQUARE")),
    ),
    "ARGUMENT": (
        (5.0, ANY_VARIABLE, ()),
        (3.0, "mul", ("CONSTANT", "VARIABLE")),
        (1.0, "neg", ("MAGNITUDE",)),
        (1.0, "add", ("CONSTANT", "SCALED")),
        (0.7, "add", ("VARIABLE", "VARIABLE")),
        (0.7, "mul", ("VARIABLE", "VARIABLE")),
        (0.3, "mul", ("VARIABLE", "LOGARITHM")),  # exp(y·log x) is x to the power of y
        (0.5, "mul", ("CONSTANT", "FUNCTION")),
    ),
    "LOGARITHM": ((1.0, "log", ("VARIABLE",)),),
    "FUNCTION": (
        (1.0, "sin", ("ANGLE",)),
        (1.0, "cos", ("ANGLE",)),
        (1.0, "square", ("VARIABLE",)),
    ),
    "MAGNITUDE": (
        (2.0, ANY_VARIABLE, ()),
        (2.0, "square", ("VARIABLE",)),
        (1.0, "abs", ("VARIABLE",)),
        (1.0, "mul", ("CONSTANT", "SQUARE")),
    ),
    "POSITIVE": (
        (2.0, ANY_VARIABLE, ()),
        (1.0, "abs", ("VARIABLE",)),
        (2.0, "add", ("CONSTANT", "VARIABLE")),
        (2.0, "add", ("CONSTANT", "MAGNITUDE")),
        (1.0, "add", ("SQUARE", "MAGNITUDE")),
    ),
    "NUMERATOR": (
        (4.0, ANY_VARIABLE, ()),
        (2.0, "mul", ("FACTOR", "FACTOR")),
        (1.0, "square", ("VARIABLE",)),
        (1.0, "sin", ("ANGLE",)),
        (1.0, "cos", ("ANGLE",)),
    ),
    "DENOMINATOR": (
        (2.0, ANY_VARIABLE, ()),
        (4.0, "add", ("CONSTANT", "FACTOR")),
        (1.0, "square", ("BASE",)),
        (1.0, "add", ("CONSTANT", "SQUARE")),
        (1.0, "mul", ("FACTOR", "FACTOR")),
        (0.5, "add", ("SQUARE", "MAGNITUDE")),
        (0.5, "cos", ("ANGLE",)),
    ),
    "SIZE": ((1.0, "abs", ("VARIABLE",)),),
    "SPEED": ((1.0, "sqrt", ("SQUARES",)),),
    "SQUARES": ((1.0, "add", ("SQUARE_AGAIN", "SQUARE")),),
    "SINE": ((1.0, "sin", ("VARIABLE",)),),
    "COSINE_AGAIN": ((1.0, "cos", ("AGAIN",)),),
    "POWER_AGAIN": (
        (2.0, "square", ("AGAIN",)),
        (0.5, "square", ("SQUARE_AGAIN",)),
        (1.0, "mul", ("SQUARE_AGAIN", "FACTOR")),
    ),
    "SATURATION": (
        (1.0, "add", ("CONSTANT", "SIZE_AGAIN")),
        (1.0, "add", ("CONSTANT", "SQUARE_AGAIN")),
        (1.0, "sqrt", ("SUM_AGAIN",)),
    ),
    "SUM_AGAIN": ((1.0, "add", ("CONSTANT", "SQUARE_AGAIN")),),
    "SIZE_AGAIN": ((1.0, "abs", ("AGAIN",)),),
    "SQUARE_AGAIN": ((1.0, "square", ("AGAIN",)),),
    "AGAIN": ((1.0, SAME_VARIABLE, ()),),
    "SCALED": ((1.0, "mul", ("CONSTANT", "VARIABLE")),),
    "SQUARE": ((1.0, "square", ("VARIABLE",)),),
    "VARIABLE": ((1.0, ANY_VARIABLE, ()),),
    "CONSTANT": ((1.0, "C", ()),),
}
"""Products of states with functions of angles, drag, powers, rational terms, saturation."""


# ---- laws ----------------------------------------------------------------------------------------

_QUOTIENT = (
    (5.0, "div", ("NEW", "NEW")),
    (1.5, "mul", ("NEW", "NEW")),
    (1.2, "div", ("NEW", "PAIR")),
    (1.2, "div", ("PAIR", "NEW")),
    (0.7, "div", ("PAIR", "PAIR")),
)
_FUNCTION = (
    (1.5, "exp", ("EXPONENT",)),
    (1.0, "sin", ("PHASE",)),
    (1.0, "cos", ("PHASE",)),
    (0.2, "tan", ("PHASE",)),
    (0.6, "log", ("POSITIVE_RATIO",)),
    (0.3, "tanh", ("RATIO",)),
    (1.2, "sqrt", ("ROOT",)),
    (0.2, "atan", ("RATIO",)),
    (0.1, "asin", ("RATIO",)),
    (0.1, "acos", ("RATIO",)),
)
_DIFFERENCE = (
    (1.6, "sub", ("NEW", "NEW")),
    (1.2, "add", ("NEW", "NEW")),
    (1.5, "add", ("NUMBER", "CHANGE")),
    (0.5, "sub", ("SQUARED", "SQUARED")),
    (0.5, "add", ("SQUARED", "SQUARED")),
    (0.2, "sub", ("FOURTH", "FOURTH")),
)

LAWS: Rules = {
    "LAW": (
        (1.0, ANY_VARIABLE, ()),
        (5.0, "mul", ("POWER", "PRODUCT")),
        (7.0, "div", ("PRODUCT", "PRODUCT")),
        (1.0, "inv", ("PRODUCT",)),
        (2.0, "div", ("PRODUCT", "SUM")),
        (2.0, "mul", ("SUM", "PRODUCT")),
        (1.0, "div", ("SUM", "PRODUCT")),
        (1.0, "div", ("SUM", "SUM")),
        (0.5, "inv", ("SUM",)),
        (0.5, "inv", ("ROOTED",)),
        (1.0, "div", ("PRODUCT", "ROOTED")),
        (0.7, "square", ("RATIO",)),
        (0.7, "pow", ("RATIO", "NUMBER")),
        (0.5, "pow", ("SUM", "NUMBER")),
        *_FUNCTION,
    ),
    # one quantity after the other, each new as long as there are new ones
    "PRODUCT": (
        (4.0, NEW_VARIABLE, ()),
        (5.0, "mul", ("POWER", "PRODUCT")),
        (1.4, "mul", ("SPECIAL", "PRODUCT")),
        (1.0, "square", ("NEW",)),
        (0.4, "sqrt", ("NEW",)),
        (0.3, "pow", ("NEW", "NUMBER")),
        (0.25, "mul", ("NEW", "SAME_SQUARED")),
        (0.1, "square", ("SQUARED",)),
        *((weight / 4, token, follows) for weight, token, follows in _FUNCTION),
    ),
    "POWER": (
        (6.0, NEW_VARIABLE, ()),
        (2.2, "square", ("NEW",)),
        (0.7, "sqrt", ("NEW",)),
        (0.5, "pow", ("NEW", "NUMBER")),
        (0.4, "mul", ("NEW", "SAME_SQUARED")),
        (0.2, "square", ("SQUARED",)),
    ),
    "SPECIAL": (*_FUNCTION, *_DIFFERENCE, (0.7, "square", ("GAP",))),
    "GAP": _DIFFERENCE,
    # what is added to one: an expansion, a correction, a saturation
    "CHANGE": (
        (3.0, NEW_VARIABLE, ()),
        *((0.5 * weight, token, follows) for weight, token, follows in _QUOTIENT),
        (1.0, "square", ("NEW",)),
        (0.7, "square", ("RATIO",)),
        (0.7, "cos", ("PHASE",)),
        (0.4, "mul", ("NEW", "COSINE")),
        (0.7, "exp", ("EXPONENT",)),
        (0.5, "neg", ("RATIO",)),
        (0.7, "neg", ("RATIO_SQUARED",)),
        (0.5, "pow", ("RATIO", "NUMBER")),
    ),
    "RATIO": (*_QUOTIENT, (1.0, NEW_VARIABLE, ()), (1.0, "mul", ("NUMBER", "NEW"))),
    "POSITIVE_RATIO": (
        *_QUOTIENT,
        (1.0, NEW_VARIABLE, ()),
        (1.0, "add", ("NUMBER", "CHANGE")),
    ),
    "EXPONENT": (
        (4.0, "neg", ("RATIO",)),
        (1.5, "neg", ("NEW",)),
        (1.0, NEW_VARIABLE, ()),
        (1.5, "mul", ("NUMBER", "NEW")),
        (0.8, "neg", ("SQUARED",)),
        (0.8, "neg", ("RATIO_SQUARED",)),
        *((0.3 * weight, token, follows) for weight, token, follows in _QUOTIENT),
    ),
    "PHASE": (
        (4.0, NEW_VARIABLE, ()),
        (1.5, "mul", ("NUMBER", "NEW")),
        (0.7, "sub", ("NEW", "NEW")),
        (0.6, "add", ("NEW", "PAIR")),
        (0.4, "sub", ("PAIR", "PAIR")),
        *((0.6 * weight, token, follows) for weight, token, follows in _QUOTIENT),
    ),
    "ROOT": (
        (3.0, "add", ("SQUARED", "SQUARED")),
        (1.5, "add", ("SQUARED", "SUM_OF_SQUARES")),
        (1.0, "sub", ("SQUARED", "SQUARED")),
        (1.5, "add", ("NUMBER", "CHANGE")),
        (0.7, "add", ("NEW", "NEW")),
        (0.7, "sub", ("NEW", "NEW")),
        (0.7, "div", ("PRODUCT", "SUM")),
        (0.7, "mul", ("SUM", "NEW")),
        *((0.6 * weight, token, follows) for weight, token, follows in _QUOTIENT),
    ),
    "SUM": (
        *_DIFFERENCE,
        (2.0, "add", ("NEW", "NEW")),
        (1.0, "add", ("NEW", "PAIR")),
        (0.5, "add", ("NEW", "RATIO")),
        (0.7, "sub", ("GROWTH", "NUMBER")),
        (0.8, "add", ("NUMBER", "GROWTH")),
        (0.5, "add", ("INVERSE", "INVERSE")),
        (0.7, "add", ("NUMBER", "RAISED")),
        (0.5, "add", ("RAISED", "RAISED")),
        (0.3, "add", ("SQUARED", "SUM_OF_SQUARES")),
    ),
    "ROOTED": ((1.0, "sqrt", ("ROOT",)),),
    "RATIO_SQUARED": ((1.0, "square", ("RATIO",)),),
    "SUM_OF_SQUARES": ((1.0, "add", ("SQUARED", "SQUARED")),),
    "SQUARED": ((1.0, "square", ("NEW",)),),
    "FOURTH": ((1.0, "square", ("SQUARED",)),),
    "SAME_SQUARED": ((1.0, "square", ("SAME",)),),
    "SAME": ((1.0, SAME_VARIABLE, ()),),
    "PAIR": ((1.0, "mul", ("NEW", "NEW")),),
    "INVERSE": ((1.0, "inv", ("NEW",)),),
    "RAISED": ((1.0, "pow", ("NEW", "NUMBER")),),
    "GROWTH": ((1.0, "exp", ("RATIO",)),),
    "COSINE": ((1.0, "cos", ("NEW",)),),
    "NEW": ((1.0, NEW_VARIABLE, ()),),
    "NUMBER": ((1.0, "C", ()),),
}
"""``LAW`` is the start; no name is one of ``MECHANICS``, so that both fit into one grammar."""
