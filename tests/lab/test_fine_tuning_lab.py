"""What notebook 08 shows of fine-tuning: proposers, stored tables and their figures."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from symtut.errors import InputError
from symtut.expressions import terms_of
from symtut.lab.scenes import nb08_fine_tuning as fine_tuning
from symtut.lab.scenes import nb08_world
from symtut.regression.benchmark.tables import wilson
from symtut.regression.search.fits import Candidate
from symtut.storage import write_csv


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def row(proposer, seed, recovered, points=200, noise=0.0, candidates=64, task="pendulum"):
    return [
        task, "as trained", "theta", proposer, points, noise, candidates, seed, recovered, 0.5, 7,
        0.1 * (seed + 1),
    ]  # fmt: skip


@pytest.fixture
def table(tmp_path):
    rows = [row("general", seed, int(seed < 3)) for seed in range(4)]
    rows += [row("specific", seed, 1, points=10) for seed in range(2)]
    write_csv(tmp_path / "recovery.csv", fine_tuning.HEADER, rows)
    return tmp_path / "recovery.csv"


def test_shares_are_those_of_the_rows(table):
    rows = fine_tuning.read_rows(table)
    share = fine_tuning.recovered(rows, "pendulum", "general", (200, 0.0, 64))
    assert (share.share, share.n) == (0.75, 4)
    assert (share.low, share.high) == wilson(3, 4)
    assert share.cpu_seconds == pytest.approx(0.25)
    assert fine_tuning.recovered(rows, "pendulum", "specific", (10, 0.0, 64)).share == 1
    assert fine_tuning.recovered(rows, "pendulum", "specific", (200, 0.0, 64)) is None
    assert fine_tuning.recovered(rows, "car2d", "general", (200, 0.0, 64)) is None


def test_the_figure_has_what_the_table_has(table):
    axes = fine_tuning.recovery_curves(fine_tuning.read_rows(table), "points", ["pendulum"])
    drawn = {bars.get_label(): bars.lines[0].get_ydata() for bars in axes[0].containers}
    assert set(drawn) == {"general", "specific"}
    np.testing.assert_allclose(drawn["general"], [0.75])
    np.testing.assert_allclose(drawn["specific"], [1.0])


def test_wrong_tables_are_named(tmp_path):
    with pytest.raises(InputError, match="cannot read the table .*nowhere.csv"):
        fine_tuning.read_rows(tmp_path / "nowhere.csv")
    write_csv(tmp_path / "other.csv", ["a", "b"], [[1, 2]])
    with pytest.raises(InputError, match="other.csv' is not a table of benchmarks/world_weights"):
        fine_tuning.read_rows(tmp_path / "other.csv")


def test_bars_say_what_was_never_drawn():
    figure = nb08_world.bits_chart({"theta": {"general": np.nan, "world": 4.25}})
    texts = [text.get_text().strip() for text in figure.axes[0].texts]
    assert texts == ["never drawn", "4.2"]
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    assert widths == [0, 4.25]


def test_who_proposes():
    with pytest.raises(InputError, match="no proposer 'nobody'; there are general"):
        fine_tuning.regressor("nobody", 16, 0, {})
    weights = {"general": "general", "specific": "general"}
    reader = fine_tuning.regressor("specific", 16, 0, weights)
    assert (reader.method, reader.weights) == ("transformer", "general")

    class World:
        """A world whose prior knows one skeleton."""

        def proposer(self, view):
            return lambda x, y, amount, generator, stop=None: [Candidate((("sin", "x0"),))]

    generator = np.random.default_rng(0)
    x = generator.uniform(-3, 3, (60, 2))
    blind = fine_tuning.regressor("world prior", 16, 0, weights, World(), "its view")
    blind.fit(x, 0.3 * np.sin(x[:, 0]))
    assert terms_of(blind.expression().prefix) == (("sin", "x0"),)
    assert blind.score(x, 0.3 * np.sin(x[:, 0])) > 1 - 1e-9


def test_general_draws_are_skeletons_of_so_many_variables():
    draws = nb08_world.general_draws(200, 2, np.random.default_rng(0))
    used = {token for terms in draws for term in terms for token in term if token[0] == "x"}
    assert len(draws) == 200 and used == {"x0", "x1"}


def test_means_over_worlds_and_stored_losses(table):
    rows = fine_tuning.read_rows(table)
    shares = fine_tuning.mean_shares(rows)
    assert shares["points"][-1]["general"] == 0.75
    assert shares["points"][0]["specific"] == 1
    stored = fine_tuning.held_out_losses()
    assert set(stored) == {"pendulum", "car2d", "reacher"}
    assert stored["reacher"]["general"]["world"] == pytest.approx(1.43, abs=0.01)


def test_adapters_leave_the_model_as_it_is_and_train_less():
    batch = nb08_world.batches(None, 1, 256, (16, 16), 0, held_out=True)[:1]
    plain, adapted = nb08_world.general_model(), nb08_world.general_model(2)
    np.testing.assert_allclose(
        nb08_world.batch_losses(plain, batch), nb08_world.batch_losses(adapted, batch), rtol=1e-4
    )
    assert 0 < nb08_world.trainable(adapted) < 0.1 * nb08_world.trainable(plain)
