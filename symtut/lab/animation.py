"""Animated PNGs: films that play in a notebook, on GitHub and on paper (the first frame)."""

import io

from PIL import Image


def animated_png(frames: list[Image.Image], milliseconds: int | list[int]) -> bytes:
    """Frames of one size as an animated PNG that repeats for ever.

    Parameters
    ----------
    frames : list of Image
        Best reduced to one common palette: what does not move then costs nothing.
    milliseconds : int or list of int
        How long each frame, or every frame, stays.
    """
    file = io.BytesIO()
    frames[0].save(
        file, "PNG", save_all=True, append_images=frames[1:], optimize=True, loop=0,
        duration=milliseconds,
    )  # fmt: skip
    return file.getvalue()


def shown_film(data: bytes, description: str):
    """An ``IPython.display.Image`` of an animated PNG; ``description`` stands in where none shows.

    Colab's IPython (7.34) does not know ``Image(alt=...)``; as metadata every version takes it.
    """
    from IPython.display import Image as Shown

    return Shown(data=data, format="png", metadata={"alt": description})
