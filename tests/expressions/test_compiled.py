"""Formulas as straight lines of Python have the values and gradients of their trees."""

import numpy as np
import pytest
import torch

from symtut.errors import InputError
from symtut.expressions import Expression, Grammar
from symtut.expressions.compiled import Lines

COLUMNS = [f"x[..., {j}]" for j in range(6)]


def compiled(*expressions):
    lines = Lines()
    values = [lines.expression(e, [lines.add(c) for c in COLUMNS]) for e in expressions]
    return lines, lines.function("x", f"[{', '.join(map(str, values))}]")


def random_expressions(n):
    generator = np.random.default_rng(0)
    for terms in Grammar().sample(n, 6, generator):
        term = Expression(tuple(terms[0]))
        numbers = generator.normal(size=term.prefix.count("C")).round(2)
        yield Expression(term.prefix, tuple(map(float, numbers)))


def test_values_and_gradients_are_those_of_the_tree_to_the_last_bit():
    x = torch.as_tensor(np.random.default_rng(1).uniform(-3, 3, (50, 6))).float()
    for expression in random_expressions(300):
        if not expression.variables:
            continue
        _, function = compiled(expression)
        both = []
        for call in (lambda p: expression(p, "torch"), lambda p: function(p)[0]):  # noqa: B023
            points = x.clone().requires_grad_()
            value = call(points)
            value.nan_to_num().sum().backward()
            both.append((value.detach(), points.grad))
        for one, other in zip(*both, strict=True):
            assert torch.equal(one.nan_to_num(7.0), other.nan_to_num(7.0)), expression.text()


def test_what_formulas_have_in_common_is_computed_once():
    speed = "(0.95*x3 + 0.2*x4)"
    heading = f"(x2 + 0.2*x5*{speed})"
    one, other = (Expression.from_text(f"0.1*{speed}*{f}({heading})") for f in ("cos", "sin"))
    alone, _ = compiled(one)
    both, _ = compiled(one, other)
    assert len(both.lines) == len(alone.lines) + 2  # the sine, and its product with the speed


def test_formulas_without_variables_are_numbers():
    _, function = compiled(Expression.from_text("2*3 - 1"), Expression.from_text("1/0"))
    assert function(torch.zeros(3, 6)) == [5.0, float("inf")]


def test_a_skeleton_is_refused():
    with pytest.raises(InputError, match="skeleton"):
        compiled(Expression(("mul", "C", "x0")))
