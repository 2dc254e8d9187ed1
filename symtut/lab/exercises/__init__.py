"""The exercises of the notebooks: what is asked, what is right, which mistakes are known.

``nbNN.py`` holds the exercises of notebook NN, one function ``exercise_N`` each, which returns a
description of its kind (``symtut.lab.exercises.kinds``). ``symtut.lab.checks`` looks at the
student's answers with it.
"""

import importlib
from typing import Any


def describe(key: str, **context) -> Any:
    """The description of exercise ``"10.1"``: the first of notebook 10.

    ``context`` are things of the notebook that its cases cannot do without.
    """
    notebook, _, number = key.partition(".")
    module = importlib.import_module(f"symtut.lab.exercises.nb{notebook}")
    return getattr(module, f"exercise_{number}")(**context)
