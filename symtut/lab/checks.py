"""Instant checks of exercises.

Each check says one of three things: right; not done yet; not right, with a small case that shows
it and, where the mistake is a known one, what it is. It returns the student's answer if that is
right and a reference otherwise, so the rest of the notebook always runs.
"""

from typing import Any

from symtut.lab.exercises import describe
from symtut.lab.exercises.kinds import OPEN, RIGHT, WRONG, Verdict
from symtut.lab.exercises.stand_ins import is_reference, stand_in
from symtut.lab.session import record

statuses: dict[str, str] = {}  # of each exercise that was checked, by its key
_handed_on: dict[str, list[tuple[object, Verdict]]] = {}  # stand-ins, and why they were needed


def exercise(key: str, answer: Any, **context) -> Any:
    """Check the answer to exercise ``"10.1"``, the first of notebook 10, and say how it is.

    Parameters
    ----------
    answer
        What the student's name stands for; None if there is none yet.
    **context
        What the cases need from the notebook, by the names that the exercise gives them.

    Returns
    -------
    object
        The answer if it is right (a number as a number, a letter as a letter), else a stand-in
        equal to the reference. A stand-in that comes back as an answer, from a second run of the
        check alone, gets the verdict that it was handed on with.
    """
    verdict, again = _known(key, answer), True
    if verdict is None:
        again, description = False, describe(key, **context)
        if is_reference(answer, description.reference) or _is_packages(answer):
            verdict = Verdict(WRONG, "that is a function of this package: write your own")
        else:
            verdict = description.judge(answer)
    result = verdict.result
    if verdict.status != RIGHT:
        result = answer if again else stand_in(description.reference)
        if not again:
            _handed_on.setdefault(key, []).append((result, verdict))
    statuses[key] = verdict.status
    record(checks=statuses)
    mark = {RIGHT: "✔ right", OPEN: "… not done yet", WRONG: "✘ not right yet"}[verdict.status]
    text = f": {verdict.text}" if verdict.text else ""
    print(f"exercise {int(key.partition('.')[2])}: {mark}{text}")
    if again:
        print("   Still so: only this check has run again. Run your own cell again, too.")
    elif verdict.status != RIGHT:
        print("   Below, the reference stands in for it, so everything else runs.")
    return result


def _known(key: str, answer) -> Verdict | None:
    """The verdict that came with a stand-in, if the answer is one."""
    for given, verdict in _handed_on.get(key, ()):
        if answer is given:
            return verdict
    return None


def _is_packages(answer) -> bool:
    return callable(answer) and str(getattr(answer, "__module__", "")).startswith("symtut.")


def points(name: str, most: float) -> float:
    """What an exercise gives in a graded lab: ``most`` if its check said right, else nothing."""
    return most if statuses.get(name) == RIGHT else 0
