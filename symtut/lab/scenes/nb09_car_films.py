"""Films of cars seen from above: a real one and, in colour, one that a model imagines.

As the films of the pendulum these are animated PNGs; what cannot animate shows the first frame.
"""

import numpy as np
from PIL import Image, ImageDraw

from symtut.lab.animation import animated_png, shown_film
from symtut.lab.films import OVERSAMPLE
from symtut.lab.plots import GRID, INK, METHOD_COLOUR, PAPER

REAL = "#8C8C8C"
LENGTH, WIDTH = 0.34, 0.18  # m, of a car as drawn; Car2d itself is a point
MARGIN = 0.4  # m around everything that is shown


def cars(real, imagined, *, titles, colours=None, size=240, every=2, dt=0.1):
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
    every : int
        Show one frame out of so many; the film still runs in real time.
    dt : float
        Seconds per state.

    Returns
    -------
    IPython.display.Image
        Shows itself at the end of a cell.

    Raises
    ------
    ValueError
        If the films differ in length, or a state is not finite.
    """
    data = cars_png(
        real, imagined, titles=titles, colours=colours, size=size, every=every, dt=dt
    )  # fmt: skip
    return shown_film(data, f"Film of a real car and of {', '.join(titles)}")


def cars_png(real, imagined, *, titles, colours=None, size=240, every=2, dt=0.1) -> bytes:
    """The film of :func:`cars` as the bytes of an animated PNG file."""
    real = np.asarray(real, dtype=float)[:, :3]
    imagined = [np.asarray(path, dtype=float)[:, :3] for path in imagined]
    colours = colours or [METHOD_COLOUR["symbolic"], METHOD_COLOUR["mbpo"]]
    if len(titles) != len(imagined) or len(colours) < len(imagined):
        raise ValueError(f"{len(imagined)} imagined cars need as many titles and colours.")
    for title, path in zip(titles, imagined, strict=True):
        if path.shape != real.shape:
            raise ValueError(f"'{title}' has {len(path)} states, the real car {len(real)}.")
        if not np.isfinite(path).all():
            raise ValueError(f"'{title}' has states that are not finite numbers.")
    window = view([real, *imagined])
    panels = list(zip(imagined, titles, colours, strict=False))
    frames = [_frame(real, panels, window, t, size) for t in range(0, len(real), every)]
    palette = frames[-1].quantize(32, method=Image.Quantize.MAXCOVERAGE)  # the fullest frame
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    return animated_png(frames, round(1000 * dt * every))


def view(paths) -> tuple[float, float, float]:
    """West and south edge and width, in m, of the smallest square that shows all paths."""
    points = np.concatenate([path[:, :2] for path in paths])
    low, high = points.min(0) - MARGIN, points.max(0) + MARGIN
    width = float((high - low).max())
    west, south = (low + high - width) / 2
    return float(west), float(south), width


def outline(state) -> np.ndarray:
    """(3,) x, y in m and heading in rad -> (5, 2) corners of an arrow-shaped car in m."""
    x, y, heading = state
    shape = np.array([(0.5, 0), (0.1, 0.5), (-0.5, 0.5), (-0.5, -0.5), (0.1, -0.5)])
    shape = shape * [LENGTH, WIDTH]
    cos, sin = np.cos(heading), np.sin(heading)
    return shape @ np.array([[cos, sin], [-sin, cos]]) + [x, y]


def _frame(real, panels, window, t: int, size: int) -> Image.Image:
    west, south, width = window
    big, header = size * OVERSAMPLE, 24 * OVERSAMPLE
    image = Image.new("RGB", (big * len(panels), big + header), PAPER)
    draw = ImageDraw.Draw(image)
    for i, (path, title, colour) in enumerate(panels):

        def pixels(points, left=big * i):
            right = left + (points[:, 0] - west) / width * big
            down = header + big - (points[:, 1] - south) / width * big  # image rows run downwards
            return [(float(u), float(v)) for u, v in zip(right, down, strict=True)]

        for metre in range(int(np.ceil(west)), int(west + width) + 1):
            line = np.array([(metre, south), (metre, south + width)])
            draw.line(pixels(line), fill=GRID, width=OVERSAMPLE)
        for metre in range(int(np.ceil(south)), int(south + width) + 1):
            line = np.array([(west, metre), (west + width, metre)])
            draw.line(pixels(line), fill=GRID, width=OVERSAMPLE)
        for states, fill, thick in ((real, REAL, 6), (path, colour, 2)):
            if t:
                draw.line(pixels(states[: t + 1]), fill=fill, width=thick * OVERSAMPLE)
        draw.polygon(pixels(outline(real[t])), fill=REAL)
        draw.polygon(pixels(outline(path[t])), outline=colour, width=2 * OVERSAMPLE)
        middle = (big * i + big / 2, header / 2)
        draw.text(middle, title, fill=INK, anchor="mm", font_size=13 * OVERSAMPLE)
        if i:
            draw.line([(big * i, 0), (big * i, big + header)], fill=INK, width=OVERSAMPLE)
    shrunk = (size * len(panels), size + header // OVERSAMPLE)
    return image.resize(shrunk, Image.Resampling.LANCZOS)
