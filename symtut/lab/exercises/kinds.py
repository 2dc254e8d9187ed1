"""The kinds of exercises: write a function, find a value, choose a letter.

Each describes what is right and which mistakes are known, and judges an answer.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from symtut.lab.exercises.comparison import difference, form_of, shown
from symtut.lab.exercises.stand_ins import watched
from symtut.lab.exercises.trial import CaseTrial, Unfinished, is_stub, names_in

RIGHT, OPEN, WRONG = "right", "open", "wrong"


@dataclass(frozen=True)
class Verdict:
    """How an answer is, why, and, if it is right, what the cells below shall use."""

    status: str
    text: str = ""
    result: object = None


def missing(answer: Any) -> bool:
    return answer is None or answer is Ellipsis


@dataclass(frozen=True)
class Function:
    """An exercise whose answer is a function.

    Parameters
    ----------
    reference : callable
        What is right, written in another way than the solution; the names of its arguments are
        those of the question.
    cases : sequence of tuples
        Arguments, in the order of the reference's. Each is used on copies.
    mistakes : sequence of (function, explanation)
        Known wrong answers; one is named if it gives the student's results in *all* cases.
    hint : str
        Shown with any other wrong answer.
    gradients : sequence of str
        Arguments (tensors) by which the result is differentiated: the gradients must be right.
    may_change : sequence of str
        Arguments that the answer may change in place, as the question says.
    whole : bool
        Whether results must be of an integer type, as indices must.
    without : sequence of str
        Functions that do what is asked: an answer that mentions one is told to do it itself.

    Where the reference gives a tensor, the answer must, of the same type. Where it gives a NumPy
    array or a number, what the answer gives (a list, a one-element array) is converted for the
    cells below.
    """

    reference: Callable
    cases: Sequence[tuple]
    mistakes: Sequence[tuple[Callable, str]] = ()
    hint: str = ""
    gradients: Sequence[str] = ()
    may_change: Sequence[str] = ()
    whole: bool = False
    without: Sequence[str] = ()
    rtol: float = 1e-5
    atol: float = 1e-7

    def __post_init__(self):
        object.__setattr__(self, "reference", watched(self.reference))

    def judge(self, answer: Any) -> Verdict:
        if missing(answer):
            return Verdict(OPEN)
        if not callable(answer):
            text = f"the answer should be a function, not {shown(answer)}"
            return Verdict(WRONG, text + "." + self._line(self.hint))
        if borrowed := sorted(names_in(answer).intersection(self.without)):
            return Verdict(WRONG, f"{borrowed[0]} does just what is asked: write your own.")
        trials = []
        try:
            for case in self.cases:
                trials.append(CaseTrial(self, answer, case))
        except Unfinished:
            return Verdict(OPEN)
        except KeyboardInterrupt:  # by hand, or by a time limit: the cells below shall still run
            case = self.cases[len(trials)]
            shown_case = CaseTrial.arguments(self, case)
            text = f"for {shown_case}: it was interrupted before it had an answer."
            return Verdict(WRONG, text + self._line(self.hint))
        if all(missing(trial.result) and not trial.error for trial in trials):
            if is_stub(answer) or trials[0].result is Ellipsis:
                return Verdict(OPEN)
        failed = [trial for trial in trials if trial.problem]
        if failed:
            worst = min(failed, key=lambda trial: ("of shape" in trial.shown, len(trial.shown)))
            text = f"for {worst.shown}: {worst.problem}"
            return Verdict(WRONG, text + "." + self._line(self._explanation(trials)))
        for trial in trials:
            if problem := trial.again(answer):
                return Verdict(WRONG, f"for {trial.shown}: {problem}.")
        form = form_of(trials[0].expected)
        if form is not form_of(()) and any(form_of(t.result) is not form for t in trials):
            answer = _converting(answer, form)
        return Verdict(RIGHT, f"{len(trials)} case" + "s" * (len(trials) > 1), answer)

    def _explanation(self, trials) -> str:
        if not any(trial.error for trial in trials):
            for mistake, explanation in self.mistakes:
                if all(trial.agrees_with(mistake) for trial in trials):
                    return explanation
        return self.hint

    @staticmethod
    def _line(text: str) -> str:
        return f"\n   {text}" if text else ""


def _converting(answer, form):
    """``answer`` with its results in another form."""

    @functools.wraps(answer)
    def with_result_converted(*arguments, **named):
        return form(answer(*arguments, **named))

    return with_result_converted


@dataclass(frozen=True)
class Value:
    """An exercise whose answer is a number or an array.

    Parameters
    ----------
    reference : number, array or sequence of numbers
    mistakes : sequence of (value, explanation)
        Known wrong answers.
    hint : str
        Shown with any other wrong answer.
    """

    reference: object
    mistakes: Sequence[tuple[object, str]] = ()
    hint: str = ""
    rtol: float = 1e-3
    atol: float = 1e-9

    def judge(self, answer: Any) -> Verdict:
        if missing(answer):
            return Verdict(OPEN)
        tolerances = self.rtol, self.atol
        problem = difference(answer, self.reference, *tolerances, tell=False)
        if not problem:
            return Verdict(RIGHT, "", form_of(self.reference)(answer))
        for wrong, explanation in self.mistakes:
            if not difference(answer, wrong, *tolerances):
                return Verdict(WRONG, f"{problem}.\n   {explanation}")
        return Verdict(WRONG, f"{problem}." + (f"\n   {self.hint}" if self.hint else ""))


@dataclass(frozen=True)
class Choice:
    """A quiz: the answer is a letter; ``explanations`` has one sentence a letter."""

    reference: str
    explanations: dict[str, str] = field(default_factory=dict)

    def judge(self, answer: Any) -> Verdict:
        letters = ", ".join(self.explanations)
        if missing(answer):
            return Verdict(OPEN, f"choose one of {letters}")
        letter = answer.strip().strip("().:").strip().lower() if isinstance(answer, str) else None
        if letter not in self.explanations:
            return Verdict(WRONG, f"{shown(answer)} is not one of {letters} (as text)")
        text = f"({letter}) {self.explanations[letter]}"
        return Verdict(RIGHT if letter == self.reference else WRONG, text, letter)
