"""Films of cars: what they show can be read back from them."""

import io

import numpy as np
import pytest
from PIL import Image

from symtut.lab import films, painters


def straight(steps=9, heading=0.0, speed=0.2):
    along = speed * np.arange(steps)
    flat = np.zeros(steps)
    x, y = along * np.cos(heading), along * np.sin(heading)
    return np.column_stack([x, y, flat + heading, flat + speed])


def opened(film):
    return Image.open(io.BytesIO(film.data))


def test_film_has_its_panels_frames_and_tempo():
    film = opened(films.cars(straight(), [straight(), straight()], titles=["a", "b"], size=60))
    assert film.is_animated and film.n_frames == 5  # 9 states, every other one
    assert film.size == (120, 84)
    assert film.info["duration"] == pytest.approx(200)


def test_shows_itself_with_a_description():
    shown = films.cars(straight(), [straight()], titles=["equations"], size=60)
    assert shown.format == "png" and "equations" in shown.alt


def test_car_points_where_it_heads():
    corners = painters.outline((1.0, 2.0, np.pi / 2))
    nose = corners[0]
    assert nose == pytest.approx([1.0, 2.0 + painters.LENGTH / 2])
    assert corners.mean(0)[0] == pytest.approx(1.0)
    assert np.ptp(corners[:, 0]) == pytest.approx(painters.WIDTH)


def test_view_is_a_square_around_all_paths():
    west, south, width = painters.view([straight(11), straight(11, heading=np.pi / 2)])
    assert west <= 0 and south <= 0
    assert west + width >= 2.0 and south + width >= 2.0
    assert width == pytest.approx(2.0 + 2 * painters.MARGIN)


def test_the_imagined_car_is_where_the_model_says():
    real, lost = straight(), straight(heading=np.pi / 2)
    film = opened(films.cars(real, [lost], titles=[""], size=120, every=1))
    film.seek(film.n_frames - 1)
    last = np.asarray(film.convert("RGB")).astype(int)
    grey = np.abs(last - 0x8C).sum(2) < 30
    blue = np.abs(last - [0x00, 0x72, 0xB2]).sum(2) < 60
    rows, columns = np.nonzero(grey)
    assert columns.max() > 90 and rows.min() > 80  # the real one went east
    rows, columns = np.nonzero(blue)
    assert rows.min() < 60 and columns.max() < 60  # the other one north


def test_paths_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="'short' has 4 states, the real car 9"):
        films.cars(straight(), [straight(4)], titles=["short"])
    with pytest.raises(ValueError, match="as many titles"):
        films.cars(straight(), [straight()], titles=[])
    broken = straight()
    broken[3, 0] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        films.cars(straight(), [broken], titles=["broken"])
