"""``python -m tests.robustness.table [BEGINNING]``: what fails, then the hostile table by kind."""

import sys
from collections import Counter

from tests.robustness.cases import AS_EXPECTED, VERDICTS
from tests.robustness.runner import Runner
from tests.robustness.tables import CASES


def main(beginning: str = "") -> int:
    """Run the cases whose key begins with ``beginning``; 1 if one is not as expected."""
    chosen = [case for case in CASES if case.key.startswith(beginning)]
    runner, counts, spent = Runner(), Counter(), 0.0
    for case in chosen:
        verdict, why, cpu = runner.run(case.key)
        counts[case.kind, verdict] += 1
        spent += cpu
        if verdict != AS_EXPECTED:
            print(f"{case.key}\n    {verdict} ({cpu:.1f} CPU-s): {why}", flush=True)
    runner.close()
    kinds = list(dict.fromkeys(case.kind for case in chosen))
    print(f"\n{'kind':<16}{'cases':>7}" + "".join(f"{verdict:>18}" for verdict in VERDICTS))
    for kind in [*kinds, "all"]:
        row = [
            sum(n for (k, v), n in counts.items() if v == verdict and kind in (k, "all"))
            for verdict in VERDICTS
        ]
        print(f"{kind:<16}{sum(row):>7}" + "".join(f"{number:>18}" for number in row))
    print(f"{spent:.0f} CPU-seconds in the cases")
    return 0 if all(verdict == AS_EXPECTED for _, verdict in counts) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
