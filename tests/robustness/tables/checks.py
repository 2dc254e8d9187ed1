"""Checks of exercises: no answer makes them raise, and no strange one is right."""

# fmt: off
import functools
import importlib

import numpy as np

from tests.robustness.cases import RIGHT, Case, expect


class Strange:
    """Raises whatever is done with it."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __array__(self, *arguments, **options):
        raise RuntimeError("no array")

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    def __hash__(self):
        raise RuntimeError("no hash")

    def __repr__(self):
        raise RuntimeError("no text")

    def __bool__(self):
        raise RuntimeError("no truth")


def raising(error):
    def answer(*arguments):
        raise error

    return answer


def endless_recursion(*arguments):
    return endless_recursion(*arguments)


def spoiling(*arguments):
    """Changes whatever it is given."""
    for item in arguments:
        if hasattr(item, "fill_"):
            item.fill_(0)
        elif isinstance(item, np.ndarray):
            item.fill(0)
        elif isinstance(item, list):
            item.clear()
    return 0


def circle():
    found = []
    found.append(found)
    return found


VALUES = {
    "text": "3.0", "nothing": "", "a list of text": ["a"], "ragged lists": [[1], [1, 2]], "a set":
    {1, 2}, "a dict": {}, "complex": 1j, "bytes": b"\xff", "an object": object(), "a class": int,
    "a list that holds itself": circle(), "strange": Strange(), "a huge integer": 10**400,
    "NaN": float("nan"), "infinite": float("inf"), "a masked number": np.ma.masked, "a date":
    np.datetime64("2020"), "no elements": np.zeros(0), "objects": np.array([None, {}], object),
    "a surrogate": "\udcff", "very long text": "b" * 10**6, "a generator": (x for x in ()),
    "many zeros": np.zeros((300, 300)), "a module": np, "an error": ValueError("x"),
}
FUNCTIONS = {
    **{f"returns {name}": (lambda *a, value=value: value) for name, value in VALUES.items()},
    "raises": raising(ValueError("x")), "raises without a word": raising(Exception()),
    "exits": raising(SystemExit(3)), "is out of memory": raising(MemoryError()), "stops":
    raising(StopIteration()), "recurses": endless_recursion, "is interrupted":
    raising(KeyboardInterrupt()), "takes nothing": lambda: 3, "spoils what it is given": spoiling,
    "forgot to return": lambda *a: [][:0].sort(), "is a class": endless_recursion.__class__,
    "is a generator function": lambda *a: (yield),
}


@functools.cache
def exercises():
    """Key → description, of all exercises that need nothing from their notebook."""
    from symtut.lab.exercises import describe

    found = {}
    for number in range(14):
        try:
            module = importlib.import_module(f"symtut.lab.exercises.nb{number:02d}")
        except ModuleNotFoundError:
            continue
        for name in dir(module):
            if name.startswith("exercise_"):
                key = f"{number:02d}.{name.removeprefix('exercise_')}"
                try:
                    found[key] = describe(key)
                except TypeError:  # takes things from the notebook
                    continue
    return found


def never_right(answer, wanted):
    """The answer to every exercise whose answer is a ``wanted`` (function or not)."""

    def do(_):
        from symtut.lab import checks

        found = exercises()
        expect(found, "there are no exercises")
        for key, description in found.items():
            is_function = callable(getattr(description, "reference", None))
            if is_function != (wanted == "function"):
                continue
            checks.exercise(key, answer)
            expect(checks.statuses[key] != checks.RIGHT, key, "was called right")

    return do


def again(_):
    """What a check hands on for a wrong or an open answer is never right afterwards."""
    from symtut.lab import checks

    for key in exercises():
        for answer in (None, ..., "no answer"):
            handed = checks.exercise(key, answer)
            for _ in range(3):
                handed = checks.exercise(key, handed)
                expect(checks.statuses[key] != checks.RIGHT, key, "is right the second time")


def letters(_):
    from symtut.lab import checks

    found = {key: d for key, d in exercises().items() if isinstance(d.reference, str)}
    expect(found, "there is no quiz")
    for key, quiz in found.items():
        right = quiz.reference
        for answer in (right, right.upper(), f"({right})", f" {right} ", f"{right})", f"{right}."):
            checks.exercise(key, answer)
            expect(checks.statuses[key] == checks.RIGHT, key, repr(answer), "is not right")


CASES = [
    *(Case("checks", f"a value that is {name}", never_right(value, "value"), RIGHT, cpu=12)
      for name, value in VALUES.items()),
    *(Case("checks", f"a function that {name}", never_right(function, "function"), RIGHT, cpu=20)
      for name, function in FUNCTIONS.items()),
    *(Case("checks", f"instead of a function {name}", never_right(value, "function"), RIGHT, cpu=12)
      for name, value in VALUES.items() if name in ("text", "strange", "NaN", "a module")),
    Case("checks", "what was handed on", again, RIGHT, cpu=20),
    Case("checks", "letters in every spelling", letters, RIGHT),
]
