"""Coefficients of recovered equations beside the true ones."""

import pytest

from symtut.lab.equations import coefficients, largest_error, table
from symtut.tasks import make_task

NAMES = ("theta", "theta_dot", "u")
TRUE = "0.75*sin(theta) + 0.15*u"


def test_order_and_form_do_not_matter():
    for found in (
        "0.15*u + 0.75*sin(theta)",
        "0.15*(u + 5*sin(theta))",
        "-0.75*sin(-theta)+0.15*u",
    ):
        rows = coefficients(found, TRUE, NAMES)
        assert {row.term for row in rows} == {"sin(theta)", "u"}
        assert largest_error(rows) == pytest.approx(0.0, abs=1e-12)


def test_shifted_sine_is_recognised():
    rows = coefficients("-0.75*sin(theta - 3.141592653589793) + 0.15*u", TRUE, NAMES)
    assert largest_error(rows) < 1e-9


def test_relative_error_is_that_of_the_worst_coefficient():
    rows = coefficients("0.75*sin(theta) + 0.153*u", TRUE, NAMES)
    assert largest_error(rows) == pytest.approx(0.02)


@pytest.mark.parametrize("found", ["0.75*sin(theta) + 0.15*u + 0.01*theta_dot", "0.3"])
def test_extra_terms_are_infinitely_wrong(found):
    assert largest_error(coefficients(found, TRUE, NAMES)) == float("inf")


def test_missing_term_has_error_one():
    assert largest_error(coefficients("0.75*sin(theta)", TRUE, NAMES)) == 1.0


def test_table_has_a_line_per_term():
    task = make_task("pendulum")
    true = task.true_equations[0]
    lines = table("delta_theta", coefficients(true, true, NAMES)).splitlines()
    assert len(lines) == 4 and all("0.0e+00" in line for line in lines[1:])
