"""The hostile table: every case ends as it should, with the files as they should be."""

import sys

import pytest

from tests.robustness.cases import AS_EXPECTED
from tests.robustness.runner import Runner
from tests.robustness.tables import CASES, owed

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="each case runs in a forked process with limits, as on Linux"
)


@pytest.fixture(scope="module")
def runner():
    found = Runner()
    yield found
    found.close()


def row(case):
    marks = [pytest.mark.xfail(reason=case.owed, strict=True)] if case.owed else []
    return pytest.param(case, id=case.key.encode("ascii", "replace").decode(), marks=marks)


@pytest.mark.parametrize("case", list(map(row, CASES)))
def test_case(case, runner):
    verdict, why, _ = runner.run(case.key)
    assert verdict == AS_EXPECTED, why


def test_cases_are_told_apart():
    keys = {case.key for case in CASES}
    assert len(keys) == len(CASES)
    assert set(owed.REASONS) <= keys
