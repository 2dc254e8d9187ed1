"""One run: train a method on a task, with files that a later reader can trust."""

from symtut.experiments.evaluation import Evaluation, evaluate
from symtut.experiments.results import Result
from symtut.experiments.run import train

__all__ = ["Evaluation", "Result", "evaluate", "train"]
