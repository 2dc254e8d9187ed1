"""Short films: animated PNGs, drawn without a display, small, and playing without a script.

They play wherever a notebook shows pictures (JupyterLab, Colab, exported HTML, which leaves GIFs
out); what cannot animate shows the first frame.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from PIL import Image

from symtut.lab.painters import OVERSAMPLE, draw_cars, draw_pendulum, painted, view
from symtut.lab.style import INK, METHOD_COLOUR

if TYPE_CHECKING:
    from IPython.display import Image as Film

    from symtut.tasks import Task

COLOURS = 48


def film(frames: Sequence[Image.Image], milliseconds: int, description: str, hold: int = 1) -> Film:
    """Pictures of one size as a film that repeats for ever.

    Parameters
    ----------
    frames, milliseconds, hold
        As for :func:`animated_png`.
    description : str
        For those who cannot see it.

    Returns
    -------
    IPython.display.Image
        Shows itself at the end of a cell; ``.data`` are the bytes of the file.
    """
    from IPython.display import Image as Shown

    # Colab's IPython (7.34) does not know Image(alt=...); as metadata every version takes it.
    data = animated_png(frames, milliseconds, hold)
    return Shown(data=data, format="png", metadata={"alt": description})


def animated_png(frames: Sequence[Image.Image], milliseconds: int, hold: int = 1) -> bytes:
    """Pictures of one size as the bytes of an animated PNG that repeats for ever.

    Parameters
    ----------
    frames : sequence of Image
        From :func:`~symtut.lab.painters.painted` or :func:`photographed`.
    milliseconds : int
        How long a frame stays.
    hold : int
        The last frame stays so many times as long.
    """
    # One palette for all frames, so that pixels that stay the same cost nothing in the file.
    some = [frames[i * (len(frames) - 1) // 7] for i in range(8)]
    sheet = Image.new("RGB", (some[0].width, some[0].height * len(some)))
    for i, frame in enumerate(some):
        sheet.paste(frame, (0, frame.height * i))
    palette = sheet.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE)
    first, *rest = (f.quantize(palette=palette, dither=Image.Dither.NONE) for f in frames)
    file = io.BytesIO()
    first.save(
        file, "PNG", save_all=True, append_images=rest, optimize=True, loop=0,
        duration=[milliseconds] * len(rest) + [hold * milliseconds],
    )  # fmt: skip
    return file.getvalue()


def photographed(figure: Figure) -> Image.Image:
    """A matplotlib figure as a picture; the figure is closed."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    plt.close(figure)
    return image


# ---- the pendulum --------------------------------------------------------------------------------


def pendulum(
    theta: ArrayLike,
    torque: ArrayLike | None = None,
    *,
    titles: Sequence[str] | None = None,
    size: int = 180,
    every: int = 2,
    dt: float = 0.05,
) -> Film:
    """A film of one pendulum, or of several side by side, with the torque as an arc.

    Parameters
    ----------
    theta : (T,) or (P, T) array-like
        Angle in rad, 0 upright, counter-clockwise positive, as in Gymnasium's ``Pendulum-v1``.
    torque : same shape, optional
        N m, in [-2, 2].
    titles : sequence of str, optional
        One line above each pendulum.
    size : int
        Pixels per pendulum.
    every : int
        Show one frame out of so many; the film still runs in real time.
    dt : float
        Seconds per state.

    Returns
    -------
    IPython.display.Image

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    angles = np.atleast_2d(np.asarray(theta, dtype=float))  # (P, T)
    pushes = np.zeros_like(angles) if torque is None else np.atleast_2d(torque)
    if angles.shape != pushes.shape:
        raise ValueError(f"theta has shape {angles.shape} but torque {pushes.shape}.")
    header = round(22 * size / 180)

    def paint(draw, t):
        for i, (angle, push) in enumerate(zip(angles[:, t], pushes[:, t], strict=True)):
            middle = (OVERSAMPLE * size * (i + 0.5), OVERSAMPLE * (header + size / 2))
            draw_pendulum(draw, middle, angle, push, OVERSAMPLE * size / 180)
            _title(draw, middle[0], header, titles[i] if titles else "", size / 180)

    frames = [
        painted(size * len(angles), size + header, lambda draw, t=t: paint(draw, t))
        for t in range(0, angles.shape[1], every)
    ]
    names = ", ".join(titles) if titles else "the pendulum"
    return film(frames, round(1000 * dt * every), f"Film of {names}")


def play(task: Task, choose: Callable, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    """A real episode of the pendulum from hanging at rest.

    Parameters
    ----------
    task : Task
        The pendulum.
    choose : callable
        Observation (3,) → torque (1,) in N m.

    Returns
    -------
    angles (T,) in rad, torques (T,) in N m, return
    """
    env = task.make_env()
    env.reset(seed=seed)
    pendulum: Any = env.unwrapped  # Gymnasium does not declare its state
    pendulum.state = np.array([np.pi, 0.0])
    observation, total, angles, torques = np.array([-1.0, 0.0, 0.0]), 0.0, [], []
    for _ in range(task.horizon):
        action = choose(observation)
        angles.append(float(np.arctan2(observation[1], observation[0])))
        torques.append(float(action[0]))
        observation, reward, *_ = env.step(action)
        total += float(reward)
    env.close()
    return np.array(angles), np.array(torques), total


# ---- the car -------------------------------------------------------------------------------------


def cars(
    real: ArrayLike,
    imagined: Sequence[ArrayLike],
    *,
    titles: Sequence[str],
    colours: Sequence[str] | None = None,
    size: int = 240,
    every: int = 2,
    dt: float = 0.1,
) -> Film:
    """A film of a real car (grey) beside what models imagine of it under the same actions.

    Parameters
    ----------
    real : (T, S) array-like
        The real car's states; the first three columns are x and y in m and the heading in rad, as
        in ``symtut/Car2d-v0``.
    imagined : sequence of (T, S) array-like
        One panel for each; the real car is in all of them.
    titles : sequence of str
        One line above each panel.
    colours : sequence of str, optional
        Of the imagined cars; default those of the symbolic and of the neural model.
    size : int
        Pixels per panel.
    every, dt
        As for :func:`pendulum`.

    Returns
    -------
    IPython.display.Image

    Raises
    ------
    ValueError
        If the films differ in length, or a state is not finite.
    """
    truth = np.asarray(real, dtype=float)[:, :3]
    paths = [np.asarray(path, dtype=float)[:, :3] for path in imagined]
    colours = colours or [METHOD_COLOUR["symbolic"], METHOD_COLOUR["mbpo"]]
    if len(titles) != len(paths) or len(colours) < len(paths):
        raise ValueError(f"{len(paths)} imagined cars need as many titles and colours.")
    for title, path in zip(titles, paths, strict=True):
        if path.shape != truth.shape:
            raise ValueError(f"'{title}' has {len(path)} states, the real car {len(truth)}.")
        if not np.isfinite(path).all():
            raise ValueError(f"'{title}' has states that are not finite numbers.")
    window, header = view([truth, *paths]), 24

    def paint(draw, t):
        for i, (path, title, colour) in enumerate(zip(paths, titles, colours, strict=False)):
            corner = (OVERSAMPLE * size * i, OVERSAMPLE * header)
            draw_cars(
                draw, corner, OVERSAMPLE * size, window, truth[: t + 1], path[: t + 1], colour
            )
            _title(draw, corner[0] + OVERSAMPLE * size / 2, header, title)
            if i:
                line = [(corner[0], 0), (corner[0], OVERSAMPLE * (size + header))]
                draw.line(line, fill=INK, width=OVERSAMPLE)

    frames = [
        painted(size * len(paths), size + header, lambda draw, t=t: paint(draw, t))
        for t in range(0, len(truth), every)
    ]
    description = f"Film of a real car and of {', '.join(titles)}"
    return film(frames, round(1000 * dt * every), description)


def _title(draw, middle: float, header: int, text: str, scale: float = 1.0) -> None:
    at = (middle, OVERSAMPLE * header / 2)
    draw.text(at, text, fill=INK, anchor="mm", font_size=13 * scale * OVERSAMPLE)
