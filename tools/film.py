"""The film that README and the site begin with: ``python -m tools.film RUN``.

``RUN`` is a finished run on the pendulum, as ``symtut train --task pendulum --out RUN`` leaves it.
Its policy and one that pushes at random swing the real pendulum from hanging at rest.
"""

import sys

import numpy as np

from symtut.experiments import Result
from symtut.lab import films
from symtut.storage import write_bytes
from symtut.tasks import make_task
from tools.build import REPOSITORY

FILM = REPOSITORY / "docs" / "pendulum.png"


def main(run: str) -> None:
    """Write :data:`FILM`."""
    generator, task = np.random.default_rng(0), make_task("pendulum")
    policies = {
        "random": lambda observation: generator.uniform(-2, 2, 1),
        "trained": Result.load(run).policy(),
    }
    played = [films.play(task, policy, seed=0) for policy in policies.values()]
    angles, torques, returns = zip(*played, strict=True)
    titles = [f"{name}: {value:.0f}" for name, value in zip(policies, returns, strict=True)]
    film = films.pendulum(np.stack(angles), np.stack(torques), titles=titles, size=320)
    write_bytes(FILM, film.data)


if __name__ == "__main__":
    main(*sys.argv[1:])
