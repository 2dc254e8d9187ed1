"""All cases."""

from dataclasses import replace

from tests.robustness.tables import (
    checks,
    command_line,
    data,
    guest,
    names,
    owed,
    paths,
    readers,
    runs,
    scikit,
    settings,
    show,
    text,
    user_tables,
)

MODULES = (
    *(names, text, data, settings, scikit, guest, readers, paths, command_line, user_tables, runs),
    *(checks, show),
)
_ALL = [case for module in MODULES for case in module.CASES]
CASES = tuple(replace(case, owed=owed.REASONS.get(case.key, "")) for case in _ALL)
