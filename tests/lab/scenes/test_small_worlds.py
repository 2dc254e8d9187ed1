"""The slippery grid and the pendulum on a grid: chances by hand, motion against the simulator."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from symtut.errors import InputError
from symtut.lab.scenes import nb01_grid_plots as grid_plots
from symtut.lab.scenes.nb01_mdp import policy_values, sample_episode, value_iteration
from symtut.lab.scenes.nb01_small_worlds import MOVES, neighbours, pendulum_grid, slippery_grid
from symtut.tasks import make_task

NORTH, EAST = list(MOVES).index("north"), list(MOVES).index("east")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


# ---- ice ----------------------------------------------------------------------------------------


def test_chances_and_rewards_of_a_move_by_hand():
    world = slippery_grid(("S.", "#G"), slip=0.2, step_reward=-0.1)
    assert world.cells.tolist() == [[0, 0], [0, 1], [1, 1]]
    start, corner, goal = (world.state(*cell) for cell in world.cells)
    np.testing.assert_allclose(world.mdp.tau[start, EAST], [0.2, 0.8, 0])  # both slips meet walls
    np.testing.assert_allclose(world.mdp.tau[corner, EAST], [0, 0.9, 0.1])
    assert world.mdp.rho[corner, EAST, goal] == pytest.approx(0.9)
    assert world.mdp.rho[corner, EAST, corner] == pytest.approx(-0.1)
    assert world.mdp.terminal.tolist() == [False, False, True]
    np.testing.assert_array_equal(world.mdp.p0, [1, 0, 0])


def test_without_slips_the_value_is_that_of_the_shortest_way():
    world = slippery_grid(("S..G", "####"), slip=0.0, step_reward=-0.5)
    values, _ = value_iteration(world.mdp, 0.9)
    assert values[0] == pytest.approx(-0.5 - 0.5 * 0.9 + 0.5 * 0.9**2)


def test_slips_go_to_both_sides_with_equal_chance():
    world = slippery_grid(("...", ".S.", "..."), slip=0.5)
    generator, counts = np.random.default_rng(0), {}
    for _ in range(4000):
        following, reward, ended = world.mdp.step(world.state(1, 1), NORTH, generator)
        counts[following] = counts.get(following, 0) + 1
        assert reward == -0.02 and not ended
    shares = {tuple(world.cells[s].tolist()): n / 4000 for s, n in counts.items()}
    assert shares == {
        (0, 1): pytest.approx(0.5, abs=0.04), (1, 0): pytest.approx(0.25, abs=0.04),
        (1, 2): pytest.approx(0.25, abs=0.04),
    }  # fmt: skip


def test_the_long_horizon_takes_the_goal_and_the_short_one_the_crumbs():
    world = slippery_grid()
    crumbs, goal = world.state(4, 1), world.state(0, 6)
    for gamma, end in ((0.5, crumbs), (0.95, goal)):
        values, _ = value_iteration(world.mdp, gamma)
        policy = (world.mdp.reward + gamma * world.mdp.expected_next(values)).argmax(1)
        walks = [
            sample_episode(world.mdp, policy, 500, np.random.default_rng(k)) for k in range(60)
        ]
        assert np.mean([walk.states[-1] == end for walk in walks]) > 0.6


@pytest.mark.parametrize(
    ("rows", "slip", "words"),
    [
        (("S.", "."), 0.2, "equally long"), (("S?",), 0.2, "made of"), ((".G",), 0.2, "no start"),
        (("S.",), 1.2, "slip is 1.2"),
    ],
)  # fmt: skip
def test_impossible_maps_are_refused(rows, slip, words):
    with pytest.raises(InputError, match=words):
        slippery_grid(rows, slip=slip)


# ---- the pendulum -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def task():
    return make_task("pendulum")


def test_neighbours_reproduce_linear_functions_and_the_circle():
    theta, speed = -np.pi + 2 * np.pi * np.arange(20) / 20, np.linspace(-8, 8, 9)
    points = np.random.default_rng(0).uniform([-np.pi, -8], [theta[-1], 8], (300, 2))
    corners, weights = neighbours(theta, speed, points)
    nodes = np.stack(np.meshgrid(theta, speed, indexing="ij"), -1).reshape(-1, 2)
    np.testing.assert_allclose((weights[..., None] * nodes[corners]).sum(1), points, atol=1e-12)
    np.testing.assert_allclose(weights.sum(-1), 1)
    # Between the last angle and the first: half of each.
    corners, weights = neighbours(theta, speed, np.array([np.pi - np.pi / 20, 8.0]))
    assert {int(c) // 9 for c in corners[weights > 1e-9]} == {19, 0}
    # π and −π are one angle.
    one, other = (neighbours(theta, speed, np.array([a, 1.0])) for a in (np.pi, -np.pi))
    assert dict(zip(*one, strict=True)) == pytest.approx(dict(zip(*other, strict=True)))


def test_mean_next_state_is_the_simulators(task):
    grid = pendulum_grid(task, 24, 17, 3)
    mdp = grid.mdp
    assert mdp.tau.shape == (24 * 17, 3, 4) and not mdp.terminal.any()
    angle, speed = np.divmod(mdp.successors, 17)
    mean_speed = (mdp.tau * grid.theta_dot[speed]).sum(-1)
    env = task.make_env()
    env.reset(seed=0)
    for i, j, a in [(0, 8, 0), (5, 3, 2), (12, 16, 1), (20, 0, 0), (23, 10, 2)]:
        env.unwrapped.state = np.array([grid.theta[i], grid.theta_dot[j]])
        observation, reward, *_ = env.step(grid.torques[[a]])
        state = i * 17 + j
        assert mean_speed[state, a] == pytest.approx(observation[2], abs=1e-5)
        assert mdp.reward[state, a] == pytest.approx(reward, abs=1e-5)
        turned = np.angle(np.exp(1j * (grid.theta[angle[state, a]] - grid.theta[i])))
        moved = np.arctan2(observation[1], observation[0]) - grid.theta[i]
        shift = (mdp.tau[state, a] * turned).sum()
        assert np.angle(np.exp(1j * (moved - shift))) == pytest.approx(0, abs=1e-5)
    env.close()


def test_starts_are_nearly_at_rest_and_everywhere(task):
    grid = pendulum_grid(task, 10, 17, 3)
    p0 = grid.mdp.p0.reshape(10, 17)
    np.testing.assert_allclose(p0.sum(1), 0.1)
    assert p0[:, np.abs(grid.theta_dot) > 1.01].sum() == 0
    np.testing.assert_allclose(p0, p0[:, ::-1], atol=1e-12)


def test_value_of_doing_nothing_agrees_with_a_simulation(task):
    """Hanging at rest without torque: the same reward for ever."""
    grid = pendulum_grid(task, 20, 15, 3)
    values = policy_values(grid.mdp, np.ones(20 * 15, dtype=int), 0.9)
    hanging = grid.interpolate(values, np.array([[np.pi, 0.0]]))[0]
    assert hanging == pytest.approx(-(np.pi**2) / (1 - 0.9))
    table = np.column_stack([values, -values])
    assert grid.interpolate(table, np.zeros((5, 2))).shape == (5, 2)


def test_too_small_a_grid_is_refused(task):
    with pytest.raises(InputError, match="at least 2"):
        pendulum_grid(task, 20, 1, 3)


# ---- figures ------------------------------------------------------------------------------------


def test_map_shows_values_letters_and_one_arrow_for_each_best_action():
    world = slippery_grid()
    values = np.linspace(0, 1, world.mdp.n_states)
    axes = grid_plots.draw_map(world, values)
    texts = [t.get_text() for t in axes.texts]
    assert {"S", "G", "P", "c"} <= set(texts) and "0.50" in texts
    assert len(axes.patches) == 7 * 5
    policy = [np.array([0, 1])] * world.mdp.n_states
    axes = grid_plots.draw_map(world, policy=policy)
    arrows = [t for t in axes.texts if getattr(t, "arrow_patch", None) is not None]
    assert len(arrows) == 2 * (~world.mdp.terminal).sum()


def test_walk_begins_and_ends_in_its_cells():
    world = slippery_grid()
    axes = grid_plots.draw_map(world)
    states = np.array([world.state(4, 0), world.state(3, 0), world.state(2, 0)])
    grid_plots.draw_walk(world, states, axes)
    ends = [line.get_xydata()[0] for line in axes.lines[1:]]
    np.testing.assert_allclose(ends, [[0, 4], [0, 2]], atol=0.2)


def test_film_shows_the_walker_in_its_cell_and_holds_the_end():
    world = slippery_grid(("S..", "..G"))
    walk = [world.state(0, 0), world.state(0, 1), world.state(0, 2), world.state(1, 2)]
    data = grid_plots.walk_film(world, [np.array(walk)], titles=["a walk"], size=40, pause=3).data
    film = Image.open(io.BytesIO(data))
    assert len(data) < 30_000 and film.n_frames == 4
    seconds = 0.0
    for k in range(film.n_frames):
        film.seek(k)
        seconds += film.info["duration"] / 1000
    assert seconds == pytest.approx(7 * 0.22, rel=0.05)
    film = Image.open(io.BytesIO(data))  # again from the first frame
    pixels = np.asarray(film.convert("RGB"), dtype=float)
    blue = np.abs(pixels - 255 * np.array(to_rgb(grid_plots.WALKER))).sum(-1) < 80
    rows, columns = np.nonzero(blue)
    assert columns.mean() == pytest.approx(20 + 20, abs=3)  # left margin half a cell
    assert rows.mean() == pytest.approx(40 + 20, abs=3)
    with pytest.raises(ValueError, match="titles"):
        grid_plots.walk_film(world, [np.array(walk)], titles=[])


def test_plane_has_the_table_the_right_way_round(task):
    grid = pendulum_grid(task, 12, 9, 3)
    table = np.repeat(np.arange(12.0), 9)  # rises with the angle
    axes = grid_plots.draw_plane(grid, table, bar="value")
    shown = np.asarray(axes.collections[0].get_array()).reshape(9, 13)
    np.testing.assert_array_equal(shown[0], [*range(12), 0])  # π is −π again
    assert axes.get_xlim() == (-np.pi, np.pi)
    assert "rad/s" in axes.get_ylabel()
