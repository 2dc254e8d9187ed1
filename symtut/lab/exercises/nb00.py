"""The exercise of notebook 00."""

import numpy as np

from symtut.lab.exercises.kinds import Function


def exercise_1() -> Function:
    def reference(observation):
        return np.angle(observation[:, 0] + 1j * observation[:, 1])

    def seen(angles, speeds):
        return np.column_stack([np.cos(angles), np.sin(angles), speeds])

    return Function(
        reference,
        cases=[
            (seen([0.537], [0.0]),),
            (seen([2.125, -2.0], [1.0, 0.0]),),
            (seen(np.linspace(3, -3, 7), np.linspace(-8, 8, 7)),),
        ],
        mistakes=[
            (lambda o: np.arccos(o[:, 0]), "The cosine alone cannot tell left from right."),
            (lambda o: np.arcsin(o[:, 1]), "The sine alone cannot tell up from down."),
            (lambda o: np.arctan(o[:, 1] / o[:, 0]), "The quotient cannot tell up from down."),
            (lambda o: np.arctan2(o[:, 0], o[:, 1]), "arctan2 takes the sine first."),
            (lambda o: np.degrees(reference(o)), "Those are degrees; radians are asked."),
            (lambda o: reference(o) % (2 * np.pi), "That is in [0, 2π), not (−π, π]."),
        ],
        hint="Two numbers give a direction: look at np.arctan2.",
    )
