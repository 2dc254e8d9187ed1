"""Dyna in a maze, against what is known of the maze."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from symtut.errors import InputError
from symtut.lab.scenes import nb03_dyna as dyna


def plan(q, model, pairs):
    for cell, action in pairs:
        reward, after, ended = model[cell, action]
        q[cell, action] += 0.5 * (reward + (0 if ended else q[after].max()) - q[cell, action])
    return q


def test_moves_stop_at_walls_and_edges_and_end_at_the_goal():
    maze = dyna.Maze("S#G\n...")
    up, right, down, left = range(4)
    assert maze.step(0, up) == maze.step(0, right) == maze.step(0, left) == (-1.0, 0, False)
    assert maze.step(0, down) == (-1.0, maze.cell(1, 0), False)
    assert maze.step(maze.cell(1, 2), up) == (-1.0, maze.goal, True)
    assert maze.shortest() == 4
    assert dyna.Maze().shortest() == 14  # Sutton and Barto


@pytest.mark.parametrize("text", ["S.\n.", "..\n..", "S.S\n..G"])
def test_what_is_no_maze_is_refused(text):
    with pytest.raises(InputError):
        dyna.Maze(text)


def test_a_maze_without_a_way_has_no_shortest_one():
    with pytest.raises(InputError, match="no way"):
        dyna.Maze("S#G").shortest()


def greedy_length(maze, q):
    """Moves that the best moves of ``q`` need to the goal; None if they do not get there."""
    cell = maze.start
    for moves in range(1, 201):
        _, cell, ended = maze.step(cell, int(q[cell].argmax()))
        if ended:
            return moves
    return None


def test_planning_finds_the_shortest_way_in_fewer_real_steps():
    maze = dyna.Maze()
    trials = {n: dyna.dyna_q(maze, 1000, n, plan, seed=0) for n in (0, 50)}
    assert greedy_length(maze, trials[50].q) == 14
    assert greedy_length(maze, trials[0].q) is None
    assert trials[50].goals[-1] > 5 * trials[0].goals[-1]
    assert abs(trials[50].belief[-1] + 14) < 0.5
    model = trials[50].model
    assert all(model[pair] == maze.step(*pair) for pair in model)


def test_only_a_planted_error_that_stays_fools_the_learner():
    maze = dyna.Maze()
    planted = {(maze.cell(0, 6), 1): (-1.0, maze.goal, True)}
    corrected = dyna.dyna_q(maze, 1000, 50, plan, 0, planted)
    fooled = dyna.dyna_q(maze, 1000, 50, plan, 0, planted, correctable=False)
    assert corrected.model[maze.cell(0, 6), 1] == (-1.0, maze.cell(0, 6), False)
    assert fooled.model[maze.cell(0, 6), 1] == (-1.0, maze.goal, True)
    assert fooled.goals[-1] < 0.5 * corrected.goals[-1]
    assert fooled.belief[-1] > -13  # fewer moves than there can be


def test_same_seed_same_run_and_nothing_planted_is_changed():
    maze, planted = dyna.Maze(), {(0, 0): (-1.0, 5, False)}
    runs = [dyna.dyna_q(maze, 200, 5, plan, 3, planted) for _ in range(2)]
    assert np.array_equal(runs[0].q, runs[1].q) and planted == {(0, 0): (-1.0, 5, False)}
    assert len(runs[0].visited) == len(runs[0].goals) == len(runs[0].belief) == 200


def test_the_picture_has_walls_values_and_arrows():
    maze = dyna.Maze()
    q = np.zeros((maze.size, 4))
    q[maze.start + 1, 2] = q[maze.start, 2] = -1.0  # the other three moves are better
    image = dyna.draw_maze(maze, q)
    axes = plt.gca()
    assert len(axes.patches) == len(maze.walls)
    assert image.get_array().shape == maze.shape
    assert len([text for text in axes.texts if text.get_text() == ""]) == 1
    plt.close("all")
