"""Figures of a sweep: what they show can be read back from them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from symtut.experiments import statistics as st
from symtut.experiments.tables import RUNS_FORM, Curves, runs_frame
from symtut.lab import curves, style


@pytest.fixture(autouse=True)
def house_style():
    with plt.rc_context():
        style.use_style()
        yield
    plt.close("all")


def example():
    generator = np.random.default_rng(0)
    steps = np.arange(500, 6001, 500)
    sac = -150 - 1000 * np.exp(-steps / 1500) + generator.normal(0, 30, (10, len(steps)))
    symbolic = generator.normal(-150, 3, (10, 1))
    return {
        ("pendulum", "sac"): Curves(tuple(range(10)), steps, sac),
        ("pendulum", "symbolic"): Curves(tuple(range(10)), np.array([200]), symbolic),
        ("car2d", "sac"): Curves((0,), np.array([7]), np.array([[0.0]])),
    }


def records():
    waits = {
        "symbolic": ([200] * 10, 200),
        "mbpo": ([1000, 1200, 1200, 1400, None, 1600, 1200, 1000, 1400, None], 2000),
        "sac": ([6000, None, None, 5500, None, None, None, 5000, None, None], 6000),
    }
    rows = [
        ("pendulum", method, seed, spent, -150.0, -160.0, steps, 1.0, None)
        for method, (found, spent) in waits.items()
        for seed, steps in enumerate(found)
    ]
    return runs_frame([dict(zip(RUNS_FORM, row, strict=True)) | {"diverged": 0} for row in rows])


def test_every_seed_is_drawn_behind_the_interquartile_mean():
    found = example()
    axes = curves.sample_efficiency(found, "pendulum", threshold=-160)
    sac = found["pendulum", "sac"]
    thin = [line for line in axes.lines if line.get_linewidth() < 1 and len(line.get_xdata()) == 12]
    assert len(thin) == 10
    np.testing.assert_array_equal([line.get_ydata() for line in thin], sac.returns)
    (bold,) = [line for line in axes.lines if line.get_label() == "sac (10 seeds)"]
    np.testing.assert_allclose(bold.get_ydata(), st.interquartile_mean(sac.returns.T))
    assert bold.get_zorder() > max(line.get_zorder() for line in thin)
    assert to_hex(bold.get_color()).upper() == style.METHOD_COLOUR["sac"]
    (band,) = axes.collections[-1:]
    _, low, high = st.curve_band(sac.returns)
    corners = band.get_paths()[0].vertices[:, 1]
    assert corners.min() == pytest.approx(low.min()) and corners.max() == pytest.approx(high.max())

    # all real steps at once: a point, and a dash for every seed
    ((_, returns),) = [
        line.get_data() for line in axes.lines if list(line.get_xdata()) == [200] * 10
    ]
    np.testing.assert_array_equal(returns, found["pendulum", "symbolic"].returns[:, 0])
    assert [h.get_label() for h in axes.containers] == ["symbolic (10 seeds)"]
    assert axes.get_xscale() == "log" and axes.texts[0].get_text() == "threshold -160"
    assert list(axes.lines[-1].get_ydata()) == [-160, -160]


def test_steps_chart_shows_medians_intervals_and_unsolved_runs():
    axes = curves.steps_chart(records(), "pendulum")
    assert [t.get_text() for t in axes.get_yticklabels()] == ["symbolic", "mbpo", "sac"]
    texts = [t.get_text() for t in axes.texts if t.get_text()]
    assert texts == ["200, 10 of 10", "1200, 8 of 10", "> 6000, 3 of 10"]
    triangles = [line for line in axes.lines if line.get_marker() == ">"]
    assert [len(line.get_xdata()) for line in triangles] == [0, 2, 7]
    assert all(line.get_markerfacecolor() == "none" for line in triangles)
    assert set(triangles[1].get_xdata()) == {2000} and set(triangles[2].get_xdata()) == {6000}
    intervals = [list(line.get_xdata()) for line in axes.lines if line.get_linewidth() == 2.4]
    mbpo = records().query("method == 'mbpo'")
    found = st.steps_to_threshold(st.censored(mbpo.steps_to_threshold, mbpo.env_steps))
    assert intervals[0] == [200, 200] and intervals[1] == [found.low, min(found.high, 2000)]
    medians = [line for line in axes.lines if line.get_markersize() == 8]
    assert [line.get_xdata()[0] for line in medians] == [200, 1200, 6000]
    # the median that was not reached is hollow
    assert [line.get_markerfacecolor() == style.PAPER for line in medians] == [0, 0, 1]
