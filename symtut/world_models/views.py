"""A world as the regressor sees it: what each increment is regressed on, and what is found there.

This is where fine-tuning meets the tasks; :mod:`symtut.regression.transformer.finetuning` knows
only columns.
"""

from pathlib import Path

import numpy as np

from symtut.expressions import VARIABLES, Expression, canonical_terms, terms_of
from symtut.regression.data.scaling import choose_columns
from symtut.regression.transformer.examples import keys_of
from symtut.regression.transformer.world_functions import View, WorldFunctions
from symtut.tasks import Task
from symtut.tasks.transitions import Transitions
from symtut.world_models.symbolic import SymbolicWorldModel

FITTED = 300
"""Transitions that the general weights search for equations; more would not help them."""


def world_functions(
    task: Task, transitions: Transitions, weights: str | Path = "general", seed: int = 0
) -> WorldFunctions:
    """The stream of functions to fine-tune on, from a random policy's transitions.

    One step of expert iteration: the world model with ``weights`` is fitted to the first ``FITTED``
    transitions, and the skeletons on its Pareto fronts are what examples are varied from. Forbidden
    are the best of each front and the task's own equations.

    Raises
    ------
    InputError
        Too few transitions for a fit, or weights that do not exist.
    """
    model = SymbolicWorldModel(task, weights=weights, random_state=seed)
    model.fit(transitions[:FITTED])
    inside = task.uncut(transitions.state, transitions.next_state)
    parts = (transitions.state, transitions.action, transitions.next_state)
    table = np.concatenate(parts, axis=1)[inside]
    angular = (*task.angular, *[False] * task.action_size, *task.angular)
    views: dict[tuple[int, ...], View] = {}
    forbidden: set[int] = set()
    for i, (name, regressor) in enumerate(zip(task.state_names, model.regressors_, strict=True)):
        if regressor is None:  # it never moves
            continue
        fronts = [tuple(terms_of(row["expression"].prefix)) for row in regressor.equations_]
        fronts = [terms for terms in fronts if terms]
        # what was found; shorter rows of its front, such as a bare coordinate, may stay
        forbidden |= keys_of(regressor.equations_[0]["expression"])
        for columns in dict.fromkeys((task.inputs_of(name), model.columns_[i])):
            found = fronts if columns == model.columns_[i] else []
            views[columns] = _view(table, columns, angular, found, views.get(columns), model.names)
    return WorldFunctions(tuple(views.values()), frozenset(forbidden) | true_keys(task))


def true_keys(task: Task) -> frozenset[int]:
    """Keys of the task's own equations, which no fine-tuning may see."""
    keys: frozenset[int] = frozenset()
    names = (*task.state_names, *task.action_names)
    for name, text in zip(task.state_names, task.true_equations, strict=False):
        inputs = tuple(names[j] for j in task.inputs_of(name))
        truth = Expression.from_text(text, inputs)
        keys |= keys_of(truth) if truth.variables else frozenset()
    return keys


def _view(table, columns, angular, found, before: View | None, names) -> View:
    chosen = choose_columns(table[:, list(columns)])
    # a formula's x0, x1, … are all columns; the search's are those that vary
    spelled = {VARIABLES[j]: VARIABLES[i] for i, j in enumerate(chosen.used)}
    renamed = [
        canonical_terms(tuple(tuple(spelled.get(t, t) for t in term) for term in terms))
        for terms in found
        if all(t in spelled for term in terms for t in term if t in VARIABLES)
    ]
    return View(
        chosen.searched(table[:, list(columns)]).astype(np.float32),
        tuple(angular[columns[j]] for j in chosen.used),
        tuple(dict.fromkeys([*(before.found if before else ()), *renamed])),
        tuple(names[columns[j]] for j in chosen.used),
    )
