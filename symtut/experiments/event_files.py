"""Event files for TensorBoard beside ``curve.csv``: one point an evaluation.

TensorBoard takes no point back, and a run that was cut goes on from a checkpoint that may be older
than its last evaluation. So its points are kept with the checkpoint, and a run that goes on begins
its event file anew with those.
"""

from pathlib import Path

from symtut.agents.loop import Loop
from symtut.agents.sac import SAC
from symtut.errors import InputError


class EventFiles:
    """The event file of a run in its folder; without ``wanted`` it does nothing.

    Every scalar stands there twice, as ``real_steps/…`` and ``updates/…``: a model-based run spends
    its real steps first and learns for long after that.

    Raises
    ------
    InputError
        If tensorboard is wanted and not installed.
    """

    def __init__(self, folder: Path, wanted: bool):
        self.folder, self.wanted = folder, wanted
        self.points: list[dict] = []  # real_steps, updates and scalars of each
        self._writer = None
        if wanted:
            _writer_class()

    def begin(self, curve: list[list]) -> None:
        """A new file with ``points`` or, if there are none, with the rows of ``curve.csv``."""
        if not self.wanted:
            return
        self.remove()
        self._writer = _writer_class()(str(self.folder))
        for point in self.points:
            self._write(point)
        for row in [] if self.points else curve:
            self.add(row)

    def add(self, row: list, loop: Loop | None = None) -> None:
        """Write a row of ``curve.csv``, and what the loop knows besides; it can be seen at once."""
        if not self.wanted:
            return
        steps, updates, seconds, mean, std = row
        scalars = {"return_mean": mean, "return_std": std, "cpu_seconds": seconds}
        if loop is not None:
            if isinstance(loop.agent, SAC):
                scalars["temperature"] = loop.agent.alpha
            if loop.auditions.best_return is not None:
                scalars["imagined_return"] = loop.auditions.best_return
            if loop.validation is not None:
                scalars["rollout_length"] = loop.rollout_length
                if loop.validation.errors:
                    scalars["model_error"] = loop.validation.errors[0]  # one step ahead
        self.points.append({"real_steps": steps, "updates": updates, "scalars": scalars})
        self._write(self.points[-1])

    def _write(self, point: dict) -> None:
        assert self._writer is not None  # begun
        for axis in ("real_steps", "updates"):
            for name, value in point["scalars"].items():
                self._writer.add_scalar(f"{axis}/{name}", value, point[axis])
        self._writer.flush()

    def present(self) -> list[str]:
        """Names of the event files in the folder, if any are wanted."""
        paths = self.folder.glob("events.out.tfevents.*") if self.wanted else ()
        return sorted(path.name for path in paths)

    def remove(self) -> None:
        """Remove the event files in the folder."""
        self.close()  # Windows removes no open file
        for name in self.present():
            (self.folder / name).unlink(missing_ok=True)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _writer_class():
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise InputError(
            "event files need tensorboard, which is not installed: pip install "
            "'symtut[tensorboard]', or leave out --tensorboard."
        ) from error
    return SummaryWriter
