"""All cases."""

from dataclasses import replace

from tests.robustness.tables import (
    data,
    names,
    owed,
    paths,
    runs,
    settings,
    text,
)

MODULES = (names, text, data, settings, paths, runs)
_ALL = [case for module in MODULES for case in module.CASES]
CASES = tuple(replace(case, owed=owed.REASONS.get(case.key, "")) for case in _ALL)
