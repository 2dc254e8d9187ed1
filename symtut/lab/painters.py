"""How a pendulum and a car are drawn: one picture, with Pillow, without a display."""

from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw

from symtut.lab.style import GRID, INK, METHOD_COLOUR, PAPER

ROD, WEIGHT, TORQUE = METHOD_COLOUR["symbolic"], METHOD_COLOUR["mbpo"], METHOD_COLOUR["sparse"]
REAL = "#8C8C8C"
OVERSAMPLE = 3  # draw large and shrink: Pillow's own lines have no smooth edges
LENGTH, WIDTH = 0.34, 0.18  # m, of a car as drawn; Car2d itself is a point
MARGIN = 0.4  # m around everything that is shown of cars


def painted(width: int, height: int, paint: Callable[[ImageDraw.ImageDraw], None]) -> Image.Image:
    """A picture of so many pixels; ``paint`` draws it ``OVERSAMPLE`` times as large."""
    image = Image.new("RGB", (width * OVERSAMPLE, height * OVERSAMPLE), PAPER)
    paint(ImageDraw.Draw(image))
    return image.resize((width, height), Image.Resampling.LANCZOS)


def draw_pendulum(
    draw: ImageDraw.ImageDraw,
    middle: tuple[float, float],
    angle: float,
    push: float,
    scale: float,
) -> None:
    x, y = middle
    length = 66 * scale
    draw.ellipse(_square(x, y, length), outline=GRID, width=int(scale))
    # Screen y points down; positive angles turn counter-clockwise, to the left of upright.
    tip = (x - length * np.sin(angle), y - length * np.cos(angle))
    draw.line([(x, y), tip], fill=ROD, width=int(7 * scale))
    draw.ellipse(_square(*tip, 11 * scale), fill=WEIGHT)
    draw.ellipse(_square(x, y, 5 * scale), fill=INK)
    if abs(push) > 0.05:  # an arc from upright, long for a strong push, towards its side
        begin, end = sorted((-90.0, -90.0 - 60 * push))
        draw.arc(_square(x, y, 26 * scale), begin, end, fill=TORQUE, width=int(5 * scale))


def view(paths: Sequence[np.ndarray]) -> tuple[float, float, float]:
    """West and south edge and width, in m, of the smallest square that shows all paths."""
    points = np.concatenate([path[:, :2] for path in paths])
    low, high = points.min(0) - MARGIN, points.max(0) + MARGIN
    width = float((high - low).max())
    west, south = (low + high - width) / 2
    return float(west), float(south), width


def outline(state: np.ndarray) -> np.ndarray:
    """(3,) x, y in m and heading in rad -> (5, 2) corners of an arrow-shaped car in m."""
    x, y, heading = state
    shape = np.array([(0.5, 0), (0.1, 0.5), (-0.5, 0.5), (-0.5, -0.5), (0.1, -0.5)])
    shape = shape * [LENGTH, WIDTH]
    cos, sin = np.cos(heading), np.sin(heading)
    return shape @ np.array([[cos, sin], [-sin, cos]]) + [x, y]


def draw_cars(
    draw: ImageDraw.ImageDraw,
    corner: tuple[float, float],
    size: float,
    window: tuple[float, float, float],
    real: np.ndarray,
    path: np.ndarray,
    colour: str,
) -> None:
    """One panel: the grid of metres, both tracks so far, both cars where they are now."""
    west, south, width = window

    def pixels(points):
        right = corner[0] + (points[:, 0] - west) / width * size
        down = corner[1] + size - (points[:, 1] - south) / width * size  # rows run downwards
        return [(float(u), float(v)) for u, v in zip(right, down, strict=True)]

    for metre in range(int(np.ceil(west)), int(west + width) + 1):
        line = np.array([(metre, south), (metre, south + width)])
        draw.line(pixels(line), fill=GRID, width=OVERSAMPLE)
    for metre in range(int(np.ceil(south)), int(south + width) + 1):
        line = np.array([(west, metre), (west + width, metre)])
        draw.line(pixels(line), fill=GRID, width=OVERSAMPLE)
    for states, fill, thick in ((real, REAL, 6), (path, colour, 2)):
        if len(states) > 1:
            draw.line(pixels(states), fill=fill, width=thick * OVERSAMPLE)
    draw.polygon(pixels(outline(real[-1])), fill=REAL)
    draw.polygon(pixels(outline(path[-1])), outline=colour, width=2 * OVERSAMPLE)


def _square(x: float, y: float, half: float) -> list[float]:
    return [x - half, y - half, x + half, y + half]
