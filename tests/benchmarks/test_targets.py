"""The table of aims in docs/results.md: current, and its verdicts."""

import pandas as pd

from benchmarks import targets


def test_the_page_is_current():
    found = targets.PAGE.read_text(encoding="utf-8")
    assert found == targets.page(), "run: python benchmarks/targets.py"
    assert found.count("| yes |\n") + found.count("| no |\n") + found.count("| open |\n") >= 20


def test_verdicts():
    good = pd.Series([1, 1, 0, 1])
    assert targets.seeds("x", good, 3).row() == "| x | 3 of 10 seeds | 3 of 4 | yes |"
    assert targets.seeds("x", good, 4).row() == "| x | 4 of 10 seeds | 3 of 4 | open |"
    assert targets.seeds("x", good, 4, 4).row() == "| x | 4 of 4 seeds | 3 of 4 | no |"
    assert targets.at_least("y", 0.95, 0.95).row() == "| y | at least 95% | 95% | yes |"
    assert targets.at_least("y", 1.29, 1.3, ".2f").row() == "| y | at least 1.30 | 1.29 | no |"
