"""Short films of the pendulum, drawn from its states: no display, no pygame, small files.

A film is an animated PNG: it plays wherever a notebook shows pictures (JupyterLab, Colab, exported
HTML, which leaves GIFs out) without any script; what cannot animate shows the first frame.
"""

import numpy as np
from PIL import Image, ImageDraw

from symtut.lab.animation import animated_png, shown_film
from symtut.lab.plots import GRID, INK, METHOD_COLOUR, PAPER

ROD, WEIGHT, TORQUE = METHOD_COLOUR["symbolic"], METHOD_COLOUR["mbpo"], METHOD_COLOUR["sparse"]
OVERSAMPLE = 3  # draw large and shrink: Pillow's own lines have no smooth edges


def pendulum(theta, torque=None, *, titles=None, size=180, every=2, dt=0.05):
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
        Shows itself at the end of a cell.
    """
    data = pendulum_png(theta, torque, titles=titles, size=size, every=every, dt=dt)
    names = ", ".join(titles) if titles else "the pendulum"
    return shown_film(data, f"Film of {names}")


def play(task, choose, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
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
    env.unwrapped.state = np.array([np.pi, 0.0])
    observation, total, angles, torques = np.array([-1.0, 0.0, 0.0]), 0.0, [], []
    for _ in range(task.horizon):
        action = choose(observation)
        angles.append(float(np.arctan2(observation[1], observation[0])))
        torques.append(float(action[0]))
        observation, reward, *_ = env.step(action)
        total += float(reward)
    env.close()
    return np.array(angles), np.array(torques), total


def pendulum_png(theta, torque=None, *, titles=None, size=180, every=2, dt=0.05) -> bytes:
    """The film of :func:`pendulum` as the bytes of an animated PNG file."""
    theta = np.atleast_2d(np.asarray(theta, dtype=float))  # (P, T)
    torque = np.zeros_like(theta) if torque is None else np.atleast_2d(torque)
    if theta.shape != np.shape(torque):
        raise ValueError(f"theta has shape {theta.shape} but torque {np.shape(torque)}.")
    titles = titles or [""] * len(theta)
    frames = [
        _frame(theta[:, t], torque[:, t], titles, size) for t in range(0, theta.shape[1], every)
    ]
    # One palette for all frames, so that unchanged pixels stay unchanged and cost nothing.
    sample = Image.new("RGB", (frames[0].width, frames[0].height * 8))
    for i in range(8):
        sample.paste(frames[i * (len(frames) - 1) // 7], (0, frames[0].height * i))
    palette = sample.quantize(32, method=Image.Quantize.MAXCOVERAGE)
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    return animated_png(frames, round(1000 * dt * every))


def _frame(theta: np.ndarray, torque: np.ndarray, titles, size: int) -> Image.Image:
    big, scale = size * OVERSAMPLE, size * OVERSAMPLE / 180
    header = int(22 * scale)
    image = Image.new("RGB", (big * len(theta), big + header), PAPER)
    draw = ImageDraw.Draw(image)
    for i, (angle, push, title) in enumerate(zip(theta, torque, titles, strict=True)):
        x, y = big * i + big / 2, header + big / 2
        length, radius = 66 * scale, 11 * scale
        outline = [x - length, y - length, x + length, y + length]
        draw.ellipse(outline, outline=GRID, width=int(scale))
        # Screen y points down; positive angles turn counter-clockwise, to the left of upright.
        tip = (x - length * np.sin(angle), y - length * np.cos(angle))
        draw.line([(x, y), tip], fill=ROD, width=int(7 * scale))
        for (cx, cy), r, fill in ((tip, radius, WEIGHT), ((x, y), 5 * scale, INK)):
            draw.ellipse([cx - r, cy - r, cx + r, cy + r], fill=fill)
        if abs(push) > 0.05:  # an arc from upright, long for a strong push, towards its side
            reach, span = 26 * scale, 60 * push
            arc = [x - reach, y - reach, x + reach, y + reach]
            begin, end = sorted((-90.0, -90.0 - span))
            draw.arc(arc, begin, end, fill=TORQUE, width=int(5 * scale))
        draw.text((x, header / 2), title, fill=INK, anchor="mm", font_size=13 * scale)
    return image.resize((size * len(theta), size + header // OVERSAMPLE), Image.Resampling.LANCZOS)
