# %% [markdown]
# # 01 · Markov decision processes
#
# A world is a table of chances and rewards. *If the table is known, what is the best way to act,
# and how is it found?* This notebook solves small worlds **exactly**: a slippery grid first, then
# the pendulum that the whole course swings up. Then it takes the table away and learns it from
# experience, which is model-based reinforcement learning in its smallest form.
#
# **You will be able to**
# - name the five parts of a Markov decision process and write one down;
# - compute the value of a policy, and the best policy, by three exact methods;
# - learn a world from its transitions, plan in what was learned, and count the real steps;
# - say what a state must contain, and what a time limit must not be mistaken for.
#
# **Before you start:** Python, NumPy, probabilities and means.
# **Time:** about 1 minute of computing, on one core.
# **Memory:** under 1 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
import inspect
import time
from dataclasses import replace
from itertools import islice

import matplotlib.pyplot as plt
import numpy as np
import torch

from symtut import make_task
from symtut.errors import InputError
from symtut.experiments import evaluate
from symtut.experiments import statistics as st
from symtut.lab import checks, explorers, films, style
from symtut.lab.scenes import nb01_grid_plots as grid_plots
from symtut.lab.scenes.nb01_mdp import (
    FiniteMDP,
    greedy,
    policy_iteration,
    policy_values,
    q_from_v,
    sample_episode,
    value_iteration,
    value_sweeps,
)
from symtut.lab.scenes.nb01_small_worlds import MOVES, pendulum_grid, slippery_grid
from symtut.tasks import EVALUATION_SEEDS

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(runs=6, steps=3000, replays=3, angles=31, speeds=25, episodes=30),
    lab=dict(runs=20, steps=20000, replays=10, angles=61, speeds=49, episodes=100),
    paper=dict(runs=50, steps=30000, replays=10, angles=121, speeds=97, episodes=100),
)

# %% [markdown]
# ## 1 · A world in five parts
#
# *What must be known about a world before one can plan in it?* Here is one: a field of ice. You
# start at **S**. **G** is the goal (+1), **P** a pit (−1), **c** a few crumbs (+0.1); each of the
# three ends the episode. Each step costs 0.02. Hatched cells are wall (grey in films). And the ice
# is slippery: one move in five goes off to the left or right of where you wanted to go.

# %%
world = slippery_grid()
mdp = world.mdp
names = list(MOVES)

figure, axes = plt.subplots(1, 3, figsize=(10, 2.9))
grid_plots.draw_map(world, axes=axes[0], title="The map")
for ax, (cell, move) in zip(axes[1:], [((4, 2), "north"), ((1, 5), "east")], strict=True):
    ahead = mdp.tau[world.state(*cell), names.index(move)]
    grid_plots.draw_map(world, np.where(ahead > 0, ahead, np.nan), axes=ax, limits=(0, 1))
    ax.plot(cell[1], cell[0], "o", markersize=27, mfc="none", mec=grid_plots.WALKER, mew=2)
    ax.set_title(f"where '{move}' leads from the ring")
    for s in np.flatnonzero((ahead > 0) & mdp.terminal):  # letters hide the number: write it again
        row, column = world.cells[s]
        ax.text(column, row + 0.33, f"{ahead[s]:.2f}", fontsize=8, ha="center", va="center")
plt.show()

# %% [markdown]
# The two pictures on the right show one row each of the table of chances. All of them together,
# for every cell and every move, and the rewards, are the world. It has five parts,
# $(S, A, \tau, \rho, p_0)$:
#
# | part | what it is | on the ice | the pendulum (section 7) |
# |---|---|---|---|
# | $S$ | the states | the cells that are not wall | angle and angular velocity |
# | $A$ | the actions | north, east, south, west | torques |
# | $\tau(s' \mid s, a)$ | chance that $a$ in $s$ leads to $s'$ | slips | equations of motion |
# | $\rho(s, a, s')$ | the reward of that step | −0.02, prizes | minus the distance from upright |
# | $p_0(s)$ | where an episode begins | S | anywhere, nearly at rest |
#
# It is called a **Markov decision process** (MDP) because $\tau$ and $\rho$ look at the present
# state only. How you came there makes no difference. In the package it is one object:

# %%
print(f"S: {mdp.n_states} states    A: {mdp.n_actions} actions, {', '.join(names)}")
for name in ("tau", "rho", "p0"):
    print(f"{name:>3}: array of shape {getattr(mdp, name).shape}")
print("states that end an episode:", np.flatnonzero(mdp.terminal).tolist())
lab.record(states=mdp.n_states)

# %% [markdown]
# A table that is no table of probabilities is refused. Nothing is more tiresome than a planner
# that runs happily in an impossible world:

# %%
broken = mdp.tau.copy()
broken[0, 0, 0] += 0.1
try:
    FiniteMDP(broken, mdp.rho, mdp.p0)
except InputError as error:
    print(error)

# %% [markdown]
# ### Exercise 1 · Two steps on ice (5 min)
#
# You start at S, the crumbs lie to the east of you, and you go **north twice**. Each time you move
# north with chance 0.8, and slip to the west or to the east with chance 0.1 each. Against a wall,
# or against the edge, you stay where you are. What is the chance that you have fallen into the
# crumbs after the two steps?
#
# <details><summary>Hint</summary>
# The crumbs can be met in the first step, or in the second one if the first left you at S. And
# from the cell north of S? Look at the map: what is to the east of it?</details>

# %%
chance = None
### BEGIN SOLUTION
chance = 0.1 + 0.1 * 0.1  # at once; or a slip to the west, against the edge, and then to the east
### END SOLUTION

# %% tags=["check"]
chance = checks.exercise("01.1", chance)

# %% [markdown]
# The check did not go through the cases; it used a product of matrices: with $P$ the table of the
# move *north*, the row $p_0 P P$ holds the chances of all states after two steps. A whole policy is
# a matrix, too; that will make its value a linear equation.
#
# ## 2 · Episodes and returns
#
# *How good was a walk?* Three walks of somebody who chooses at random:

# %%
at_random = np.full((mdp.n_states, mdp.n_actions), 1 / mdp.n_actions)  # a policy: chances (S, A)
generator = np.random.default_rng(SEED)
walks = [sample_episode(mdp, at_random, 200, generator) for _ in range(3)]

figure, axes = plt.subplots(1, 3, figsize=(10, 2.7))
for ax, walk in zip(axes, walks, strict=True):
    grid_plots.draw_map(world, axes=ax)
    grid_plots.draw_walk(world, walk.states, ax)
    end = "ended" if walk.terminated else "cut off"
    ax.set_title(f"{len(walk.actions)} steps, {end}, rewards sum to {walk.rewards.sum():.2f}")
plt.show()

# %% [markdown]
# The **return** of an episode is the sum of its rewards, in which a reward that comes $t$ steps
# later counts $\gamma^t$ times as much:
#
# $$ G = r_0 + \gamma r_1 + \gamma^2 r_2 + \dots = \sum_{t} \gamma^t r_t $$
#
# $r_t$ is the reward of step $t$, counted from 0; $\gamma$ (gamma), between 0 and 1, is the
# **discount**.
#
# ### Exercise 2 · The return (8 min)
#
# Write it.
#
# <details><summary>Hint</summary>
# np.arange(len(rewards)) gives the exponents.</details>


# %%
def discounted_return(rewards, gamma):
    """(T,) rewards -> number: the first reward counts fully, each later one gamma times less."""
    ### BEGIN SOLUTION
    return float(np.sum(gamma ** np.arange(len(rewards)) * rewards))
    ### END SOLUTION


# %% tags=["check"]
discounted_return = checks.exercise("01.2", discounted_return)

# %% [markdown]
# The check computes it from the end: $G_t = r_t + \gamma G_{t+1}$. The return of now is this
# reward and the discounted return of later. Keep that line in mind: it is the Bellman equation
# before any mean is taken.
#
# A return is luck. What belongs to the policy is its **mean**, over many episodes:

# %%
GAMMA = 0.95
episodes = [sample_episode(mdp, at_random, 200, generator) for _ in range(400)]
returns = np.array([discounted_return(episode.rewards, GAMMA) for episode in episodes])
error = 1.96 * returns.std(ddof=1) / np.sqrt(len(returns))
figure, axes = plt.subplots(figsize=(6, 2.6))
axes.hist(returns, bins=np.arange(-0.825, 0.85, 0.05), color=style.OKABE_ITO[0])
axes.axvline(returns.mean(), color=style.OKABE_ITO[1], linestyle="--")
axes.text(returns.mean() - 0.02, 90, "mean", color=style.OKABE_ITO[1], ha="right")
axes.set(xlabel="return of an episode (discount 0.95)", ylabel="episodes", title="400 random walks")
plt.show()
print(f"mean return {returns.mean():.3f} ± {error:.3f} (95 % interval)")
last = [world.rows[r][c] for r, c in world.cells[[episode.states[-1] for episode in episodes]]]
print("walks that end at", {letter: last.count(letter) for letter in "cPG"})

# %% [markdown]
# Most walks end in the crumbs next door, and the goal is a rare accident. Four hundred episodes
# give the mean to one digit or two. Section 5 computes it without a single episode.
#
# ## 3 · How far ahead does $\gamma$ look?
#
# **Predict:** with $\gamma = 0.99$, after how many steps does a reward count a tenth of what it
# counts now: about 10, about 100 or about 230?

# %%
steps = np.arange(0, 301)
figure, axes = plt.subplots(figsize=(7, 2.9))
for gamma, dash, colour in zip((0.5, 0.9, 0.99), (":", "--", "-"), style.OKABE_ITO, strict=False):
    horizon = 1 / (1 - gamma)
    inside = 1 - gamma**horizon
    tenth = np.log(0.1) / np.log(gamma)
    axes.plot(steps, gamma**steps, dash, color=colour, label=f"γ = {gamma}")
    axes.plot(horizon, gamma**horizon, "o", color=colour)
    print(f"gamma {gamma}: sum of all weights {horizon:5.1f}, of which the first {horizon:3.0f} "
          f"steps have {inside:.0%}; a tenth after {tenth:5.1f} steps")  # fmt: skip
axes.set(xlabel="steps ahead", ylabel="weight of a reward", xlim=(0, 250))
axes.set(title="What a later reward counts (dot: 1/(1 − γ) steps ahead)", ylim=(0, 1.02))
axes.legend()
plt.show()

# %% [markdown]
# The weights add up to $1 + \gamma + \gamma^2 + \dots = 1/(1-\gamma)$. So **$1/(1-\gamma)$ is the
# horizon**: a reward of 1 at each step for ever is worth as much as $1/(1-\gamma)$ of them at
# once, and about two thirds of all weight lies within it.
#
# ### What happens with no horizon at all
#
# $\gamma = 0$ asks for the next reward only. Greedy for reward: is that not what we want?
#
# **Predict:** you are at S and want the most from your next step. Where do you go? And from a cell
# in the top row, second from the left, where every step costs 0.02?


# %%
def best_actions(model, values, gamma):
    """For each state the actions that are equally good, if ``values`` are right."""
    q = q_from_v(model, values, gamma)
    return [np.flatnonzero(row > row.max() - 1e-9) for row in q]


nothing = np.zeros(mdp.n_states)
short_sighted = greedy(mdp, nothing, 0.0)
ties = best_actions(mdp, nothing, 0.0)
indifferent = sum(len(a) == 4 for a, end in zip(ties, mdp.terminal, strict=True) if not end)
grid_plots.draw_map(
    world, policy=ties, title="γ = 0: the best next reward (all equal: four arrows)"
)
plt.show()
print(f"indifferent in {indifferent} of {(~mdp.terminal).sum()} cells")
lab.record(indifferent=indifferent, cells=(~mdp.terminal).sum())


# %%
def started_at(row, column):
    """The same world with another p0: episodes begin in one cell."""
    return replace(mdp, p0=np.eye(mdp.n_states)[world.state(row, column)])


generator = np.random.default_rng(SEED)
from_start = sample_episode(mdp, short_sighted, 25, generator)
from_top = sample_episode(started_at(0, 1), short_sighted, 25, generator)
lab.record(moved=len(set(from_top.states.tolist())), crumbs=from_start.rewards.sum())
grid_plots.walk_film(
    world, [from_start.states, from_top.states], titles=["gamma 0, from S", "gamma 0, top row"]
)

# %% [markdown]
# From S it takes the crumbs, and that is the end. In the top row all moves look the same, so it
# takes the first of the list, north, and pushes against the edge for ever, moved only by the slips.
# These are the two **signatures of a horizon that is too short**: the agent falls for the nearest
# reward, or it stands still. You will meet the second again on the pendulum.
#
# ## 4 · The Bellman equation, sweep by sweep
#
# *How does a cell learn about a goal that is twelve steps away?* From its neighbours. Let
# $V^*(s)$ be the mean return from state $s$ on when all actions are the best ones. Then
#
# $$ V^*(s) = \max_a \sum_{s'} \tau(s' \mid s, a)\,\bigl[\rho(s, a, s') + \gamma V^*(s')\bigr] $$
#
# In words: take the action ($\max_a$) whose reward now, plus discounted value of where it leads,
# is largest in the mean over where it may lead ($\sum_{s'} \tau$). What is maximised is called
# $Q^*(s, a)$, the value of the *action*.
#
# It is an equation with the unknown on both sides. **Value iteration** makes a recipe of it: put
# any $V$ into the right-hand side, get a new $V$ out, repeat. One pass over all states is a
# **sweep**.
#
# ### Exercise 3 · One sweep (15 min)
#
# Write it, for arrays.
#
# <details><summary>Hint 1</summary>
# First the table Q, of shape (S, A). The bracket has the shape of tau, (S, A, S): the values of the
# next states lie along its last axis.</details>
# <details><summary>Hint 2</summary>
# rho + gamma * values broadcasts along the last axis. Weigh with tau, sum the last axis, then take
# the maximum over actions.</details>


# %%
def sweep(tau, rho, values, gamma):
    """(S, A, S), (S, A, S), (S,) and a number -> (S,): the values after one sweep."""
    ### BEGIN SOLUTION
    q = (tau * (rho + gamma * values)).sum(axis=2)
    return q.max(axis=1)
    ### END SOLUTION


# %% tags=["check"]
sweep = checks.exercise("01.3", sweep)

# %% [markdown]
# The package has it in two short functions. `value_sweeps` gives the values after 0, 1, 2, …
# sweeps:

# %%
print(inspect.getsource(q_from_v))
print(inspect.getsource(value_sweeps))
ours = sweep(mdp.tau, mdp.rho, nothing, GAMMA)
theirs = next(islice(value_sweeps(mdp, GAMMA), 1, None))
print("the same after one sweep:", np.allclose(ours, theirs))

# %% [markdown]
# **Predict:** before the first sweep all values are 0. Which cells know of the goal after one
# sweep? After six?


# %%
def show_sweeps(sweeps, gamma):
    values = next(islice(value_sweeps(mdp, gamma), sweeps, None))
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.7))
    title = f"values after {sweeps} sweeps, γ = {gamma:g}"
    grid_plots.draw_map(world, values, axes=axes[0], limits=(-0.3, 1), title=title)
    ties = best_actions(mdp, values, gamma)
    grid_plots.draw_map(world, values, ties, axes=axes[1], limits=(-0.3, 1))
    axes[1].set_title("best actions, if these were right")


explorers.explore(show_sweeps, sweeps=(0, 60, 1, 6), gamma=(0.0, 0.99, 0.01, 0.95))

# %% [markdown]
# News of the goal travels one cell a sweep: after six sweeps the cells near it have values, and
# those around S still know nothing but the cost of steps and the crumbs. Move *sweeps* on, and
# watch the arrows settle while the numbers still change. Then try $\gamma = 0.8$: what does the
# policy do at S?

# %%
exact, needed = value_iteration(mdp, GAMMA)
final = greedy(mdp, exact, GAMMA)[~mdp.terminal]
arrows = [greedy(mdp, v, GAMMA)[~mdp.terminal] for v in islice(value_sweeps(mdp, GAMMA), needed)]
settled = max(k for k, found in enumerate(arrows) if (found != final).any()) + 1
print(f"γ = {GAMMA}: arrows final after {settled} sweeps, values to 8 digits after {needed}")
lab.record(settled=settled)

# %% [markdown]
# For acting, the order of the values is enough.
#
# ### Why it must converge
#
# How far are the values from the right ones, after each sweep?

# %%
figure, axes = plt.subplots(figsize=(7, 3.1))
worst_ratio = 0.0
for gamma, marker, colour in zip((0.5, 0.9, 0.99), "osD", style.OKABE_ITO, strict=False):
    exact, _ = value_iteration(mdp, gamma, tolerance=1e-12)
    off = np.array([np.abs(v - exact).max() for v in islice(value_sweeps(mdp, gamma), 50)])
    off = off[off > 1e-10]  # below that, it is rounding
    worst_ratio = max(worst_ratio, (off[1:] / off[:-1]).max() / gamma)
    axes.semilogy(off, color=colour, marker=marker, markersize=3, label=f"γ = {gamma}")
    axes.semilogy(off[0] * gamma ** np.arange(len(off)), ":", color=colour)
axes.set(xlabel="sweeps", ylabel="largest error of any state", ylim=(1e-10, 3))
axes.set_title("A sweep shrinks the error (dotted: by the factor γ)")
axes.legend(loc="upper right", bbox_to_anchor=(1, 0.9))
plt.show()
print(f"largest factor of any sweep, divided by its gamma: {worst_ratio:.4f}")
lab.record(contraction=worst_ratio)

# %% [markdown]
# No sweep shrinks the largest error by less than the factor $\gamma$ (no ratio above 1): the
# right-hand side of the Bellman equation is a **contraction**. Two different $V$ come out closer
# than they went in, because next values are averaged (which cannot widen a gap) and multiplied by
# $\gamma$. So there is only one solution, any start leads to it, and the price is a long horizon:
# the dotted line of $\gamma = 0.99$ is nearly flat. Here the curves fall faster than that, since
# every walk ends sooner or later.
#
# ### The best policy depends on $\gamma$


# %%
def endings(policy):
    """Chances that a walk from S ends at each lettered cell."""
    matrix, _ = mdp.under(policy)
    far = mdp.p0 @ np.linalg.matrix_power(matrix, 5000)
    return {world.rows[r][c]: far[world.state(r, c)] for r, c in world.cells[mdp.terminal]}


home = world.state(4, 0)
print("gamma  horizon   V*(S)   at S    ends at: goal   pit  crumbs  none")
for gamma in (0.5, 0.8, 0.9, 0.92, 0.95, 0.99):
    values, _ = value_iteration(mdp, gamma)
    policy = greedy(mdp, values, gamma)
    end = endings(policy)
    shares = [*(end[letter] for letter in "GPc"), abs(1 - sum(end.values()))]
    at_home = names[policy[home]]
    print(f"{gamma:5.2f} {1 / (1 - gamma):8.1f} {mdp.p0 @ values:7.3f}  {at_home:>6}", end="   ")
    print("        ", *(f"{share:6.1%}" for share in shares))
    lab.record(**{f"goal_{gamma}": end["G"]})

# %%
values, _ = value_iteration(mdp, GAMMA)
best_policy = greedy(mdp, values, GAMMA)
best_value = mdp.p0 @ values
generator = np.random.default_rng(SEED)
three = [sample_episode(mdp, best_policy, 60, generator) for _ in range(3)]
lab.record(best_value=best_value)
grid_plots.walk_film(
    world, [e.states for e in three], size=24,
    titles=[f"gamma 0.95: return {discounted_return(e.rewards, GAMMA):.2f}" for e in three],
)  # fmt: skip

# %% [markdown]
# A bird in the hand: with a horizon of ten steps and less the crumbs are worth more than a goal at
# that distance. The discount is not a technical detail. It says what is wanted.
#
# ## 5 · Values of a policy, and policy iteration
#
# *What is a given policy worth?* Without the maximum, the Bellman equation is **linear**. Let
# $P_\pi$ be the matrix of the chances to go from $s$ to $s'$ when actions come from the policy
# $\pi$, and $r_\pi$ the vector of its mean rewards. Then $V^\pi = r_\pi + \gamma P_\pi V^\pi$, and
#
# $$ (I - \gamma P_\pi)\, V^\pi = r_\pi $$
#
# ($I$ is the identity matrix). One call of a linear solver, no sweeps:

# %%
print(inspect.getsource(policy_values))
exact = mdp.p0 @ policy_values(mdp, at_random, GAMMA)
print(f"random play from S, exactly: {exact:.4f}")
print(f"the 400 episodes of section 2 said {returns.mean():.3f} ± {error:.3f}")
lab.record(random_value=exact, monte_carlo=returns.mean(), monte_carlo_error=error)

# %% [markdown]
# That makes a third way to the best policy: evaluate one, be greedy for its values, repeat, until
# nothing changes. It is called **policy iteration**. Each round gives a policy at least as good as
# the last, and there are only finitely many.

# %%
policy, rows = np.zeros(mdp.n_states, dtype=int), []
while True:
    found = policy_values(mdp, policy, GAMMA)
    following = greedy(mdp, found, GAMMA)
    gain = q_from_v(mdp, found, GAMMA).max(1) - found
    rows.append((mdp.p0 @ found, int((following != policy).sum())))
    if gain.max() < 1e-9:
        break
    policy = following
for number, (value, changed) in enumerate(rows, 1):
    print(f"policy {number}: value of S {value:7.4f}; then actions change in {changed:2d} cells")

# %%
begun = time.process_time()
_, sweeps = value_iteration(mdp, GAMMA)
middle = time.process_time()
policy, same, rounds = policy_iteration(mdp, GAMMA)
end = time.process_time()
print(f"value iteration : {sweeps:3d} sweeps,   {1000 * (middle - begun):5.2f} ms")
print(f"policy iteration: {rounds:3d} policies, {1000 * (end - middle):5.2f} ms")
print(f"largest difference of the values: {np.abs(same - values).max():.1e}")
lab.record(sweeps=sweeps, rounds=rounds, agreement=np.abs(same - values).max())

# %% [markdown]
# Policy iteration began with "north everywhere" and needed a handful of policies; value iteration
# takes many more sweeps, but each is cheap. Which wins depends on the number of states: a linear
# system of $|S|$ unknowns costs about $|S|^3$ operations, twice the states eight times the work.
#
# ## 6 · When the table is not known
#
# *Where does the table come from?* Nobody hands it out. But every step of the real world shows one
# transition $(s, a, r, s')$. Two ways to use it:
#
# - **model-based:** count transitions, estimate $\tau$ and $\rho$, and plan in the estimate;
# - **model-free:** never write the table down; move $Q(s, a)$ a little towards
#   $r + \gamma \max_{a'} Q(s', a')$ after each step (Q-learning).
#
# The data are the same for both: random walks that begin in random cells and are cut after 50
# steps. So what differs is only what is made of them.

# %%
live = ~mdp.terminal
practice = replace(mdp, p0=live / live.sum())  # the same world; episodes begin in any cell


def collect(seed, steps):
    """(steps, 4) array of transitions: state, action, reward, next state."""
    generator, parts, seen = np.random.default_rng(seed), [], 0
    while seen < steps:
        e = sample_episode(practice, at_random, 50, generator)
        parts.append(np.column_stack([e.states[:-1], e.actions, e.rewards, e.states[1:]]))
        seen += len(e.actions)
    return np.concatenate(parts)[:steps]


seeds = [1000 * (SEED + 1) + k for k in range(budget.runs)]
experience = np.stack([collect(seed, budget.steps) for seed in seeds])  # (runs, steps, 4)
print(f"{len(seeds)} runs of {budget.steps} real steps")
print("the first three (state, action, reward, next state):", *experience[0, :3].round(2))

# %% [markdown]
# ### Exercise 4 · Chances from counts (15 min)
#
# Estimate $\hat\tau(s' \mid s, a)$: of all times that action $a$ was taken in state $s$, the share
# that led to $s'$. Where an action was never tried in a state, the estimate shall say "stays in
# $s$" with chance 1, so that it is a table of probabilities everywhere.
#
# <details><summary>Hint 1</summary>
# np.add.at(counts, (states, actions, next_states), 1) counts repeated entries;
# counts[states, actions, next_states] += 1 would count each only once.</details>
# <details><summary>Hint 2</summary>
# counts.sum(axis=2) says how often each pair (s, a) was tried.</details>


# %%
def estimate(states, actions, next_states, n_states, n_actions):
    """Three (N,) integer arrays -> (S, A, S) estimated transition probabilities."""
    ### BEGIN SOLUTION
    counts = np.zeros((n_states, n_actions, n_states))
    np.add.at(counts, (states, actions, next_states), 1)
    tried = counts.sum(axis=2, keepdims=True)
    stay = np.eye(n_states)[:, None, :]
    return np.where(tried > 0, counts / np.maximum(tried, 1), stay)
    ### END SOLUTION


# %% tags=["check"]
estimate = checks.exercise("01.4", estimate)

# %% [markdown]
# Planning in the estimate is nothing new: the same `FiniteMDP`, the same `value_iteration`, with
# $\hat\tau$ and the mean of the rewards that were seen. To judge a policy we use the *true* table
# and the linear system of section 5: no luck of evaluation. (The learner does not get to see it.)


# %%
def plan(steps):
    """(N, 4) transitions -> (S,) the best policy in the world estimated from them."""
    state, action, following = (steps[:, k].astype(int) for k in (0, 1, 3))
    tau = estimate(state, action, following, mdp.n_states, mdp.n_actions)
    rho, tried = np.zeros((2, mdp.n_states, mdp.n_actions))
    np.add.at(rho, (state, action), steps[:, 2])
    np.add.at(tried, (state, action), 1)
    learned = FiniteMDP(tau, rho / np.maximum(tried, 1), practice.p0)
    values, _ = value_iteration(learned, GAMMA, tolerance=1e-6)
    return greedy(learned, values, GAMMA)


def true_value(policy):
    """Mean over start cells of the policy's value in the real world, exactly."""
    return practice.p0 @ policy_values(practice, policy, GAMMA)


best, chance_level = practice.p0 @ values, true_value(at_random)
marks = [100, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000, 10000, 15000, 20000, 30000]
marks = [m for m in marks if m <= budget.steps]
begun = time.process_time()
model_based = np.array([[true_value(plan(run[:m])) for m in marks] for run in experience])
plans = len(marks) * len(experience)
print(f"one estimate, plan and judgement: {1000 * (time.process_time() - begun) / plans:.1f} ms")
print(f"mean value of the start cells: random play {chance_level:.3f}, best {best:.3f}")


# %% [markdown]
# Q-learning has a learning rate $\alpha$: how far $Q$ moves towards its target. We give it three
# chances: $\alpha = 0.1$, $\alpha = 0.3$, and a rate that falls with the number of visits $n$ of
# the pair, $\alpha = n^{-0.6}$. And a fourth learner, still without a table: Q-learning with
# **replay**, which after each real step repeats some old ones.


# %%
def q_learning(data, rate, replays=0):
    """(runs, N, 4) transitions -> (runs, K, S) greedy policies after each number in ``marks``."""
    state, action, following = (data[..., k].astype(int) for k in (0, 1, 3))
    runs = np.arange(len(data))
    q, visits = np.zeros((2, len(data), mdp.n_states, mdp.n_actions))
    generator, policies = np.random.default_rng(SEED), []

    def update(t):  # (runs,) which transition of each run; all runs side by side
        s, a = state[runs, t], action[runs, t]
        visits[runs, s, a] += 1
        size = rate or visits[runs, s, a] ** -0.6
        target = data[runs, t, 2] + GAMMA * q[runs, following[runs, t]].max(-1)
        q[runs, s, a] += size * (target - q[runs, s, a])

    for t in range(data.shape[1]):
        update(np.full(len(data), t))
        for _ in range(replays):
            update(generator.integers(t + 1, size=len(data)))
        if t + 1 in marks:
            policies.append(q.argmax(-1))
    return np.stack(policies, axis=1)


def all_curves(policies):
    return np.array([[true_value(policy) for policy in run] for run in policies])


plain = {
    name: all_curves(q_learning(experience, rate))
    for name, rate in (("α = 0.1", 0.1), ("α = 0.3", 0.3), ("α = n^−0.6", None))
}
replay = all_curves(q_learning(experience, 0.1, budget.replays))
for name, found in plain.items():
    print(f"Q-learning, {name:<10}: mean value after {marks[-1]} steps {found[:, -1].mean():.3f}")
favourite = max(plain, key=lambda name: plain[name].mean())

# %% [markdown]
# **Predict:** Q-learning sees exactly the transitions that the planner sees. How many times as many
# does it need to come within 5 % of the best?

# %%
goal = best - 0.05 * (best - chance_level)
learners = {
    "planning in the estimate": ("symbolic", model_based),
    f"Q-learning, {budget.replays} replays a step": ("sparse", replay),
    f"Q-learning, {favourite} (best of three)": ("sac", plain[favourite]),
}
figure, axes = plt.subplots(figsize=(7.6, 3.7))
for name, (look, found) in learners.items():
    middle, low, high = st.curve_band(found)
    axes.plot(marks, middle, label=name, **style.method_style(look))
    axes.fill_between(marks, low, high, color=style.METHOD_COLOUR[look], alpha=0.18, linewidth=0)
for level, text, at in ((best, "best", "bottom"), (goal, "within 5 %", "top"),
                        (chance_level, "random play", "center")):  # fmt: skip
    axes.axhline(level, color=style.INK, linewidth=0.8, linestyle=":")
    axes.text(1.01, level, text, fontsize=8, va=at, transform=axes.get_yaxis_transform())
axes.set(xscale="log", xlabel="real steps", ylabel="mean value of the start cells")
axes.set_title(f"Same data, three uses ({len(experience)} runs, 95 % intervals)")
style.plain_log_axis(axes)
axes.legend(loc="lower right", bbox_to_anchor=(1, 0.12), fontsize=8.5)
plt.show()

# %%
for name, (_, found) in learners.items():
    first = [next((m for m, v in zip(marks, run, strict=True) if v >= goal), None) for run in found]
    there = st.steps_to_threshold(st.censored(first, [marks[-1]] * len(found)))
    print(
        f"{name:<38} first within 5 % after {there.value:5.0f} [{there.low:.0f}, {there.high:.0f}]"
        f" real steps; still there at the end: {(found[:, -1] >= goal).sum():2d} of {len(found)}"
    )
    key = name.split(",")[0].split()[0] + ("_replay" if "replays" in name else "")
    lab.record(**{f"{key}_final": found[:, -1].mean(), f"{key}_steps": there.value})
lab.record(best=best, chance_level=chance_level, goal=goal)

# %% [markdown]
# (Curves: interquartile means over runs, which leave out the best and the worst quarter and take
# the mean of the rest. Steps: medians over runs with 95 % intervals; `inf` would say that fewer
# than half of them got there.)
#
# The planner needs the fewest real steps, because it uses every transition *in full*: one slip
# seen at a cell corrects the value of all cells from which that cell is reached, at once. Plain
# Q-learning uses each transition for one small correction and throws it away. A good part of the
# gap is that waste, not the lack of a table: with replay the same rule needs far fewer steps (and
# with a constant rate it does not stay there in every run). The price of the planner is computing:
# a plan is a whole value iteration, an update of Q touches one number. Notebook 03 goes on from
# here.
#
# Two warnings belong to this result. The data were kind: episodes began in random cells, so every
# learner saw every cell. From S, as section 2 counted, most random walks end in the crumbs and
# never see the goal; *finding* the data is a problem of its own. And a table can be counted only
# where the states can: the state of the pendulum is two real numbers.
#
# ## 7 · The pendulum as a Markov decision process
#
# *What is the state of a pendulum?* Gymnasium's `Pendulum-v1` shows three numbers,
# $(\cos\theta, \sin\theta, \dot\theta)$; its physics has two, the angle $\theta$ (0 is upright)
# and the angular velocity $\dot\theta$. They are the same state in two coats:

# %%
task = make_task("pendulum")
states = np.random.default_rng(SEED).uniform([-np.pi, -8], [np.pi, 8], (1000, 2))
back = task.state_from_observation(task.observation_from_state(states))
print(f"largest error of state -> observation -> state: {np.abs(back - states).max():.0e}")

turning = np.linspace(2.4, 3.9, 200)
figure, axes = plt.subplots(1, 2, figsize=(9, 2.6))
axes[0].plot(turning, style.break_wraps(np.angle(np.exp(1j * turning))), color=style.OKABE_ITO[1])
axes[0].set(ylabel=style.label("theta"), title="θ jumps at the bottom")
axes[1].plot(turning, np.cos(turning), label="cos θ")
axes[1].plot(turning, np.sin(turning), "--", label="sin θ")
axes[1].set(ylabel="observation", title="its cosine and sine do not")
axes[1].legend(loc="center left")
for ax in axes:
    ax.axvline(np.pi, color="#888888", linewidth=1, linestyle=":")
    ax.set_xlabel("the pendulum turns through the bottom (rad)")
plt.show()

# %% [markdown]
# Networks get the three smooth numbers (a jump is hard to fit); equations of motion are written in
# the two. The five parts: $S$, all $(\theta, \dot\theta)$ with $|\dot\theta| \le 8$ rad/s; $A$,
# torques of up to 2 N m; $\tau$, the equations of motion, without any chance in them; $\rho$,
# minus $\theta^2 + 0.1\,\dot\theta^2 + 0.001\,u^2$; $p_0$, any angle, at most 1 rad/s.
#
# $S$ is a continuum, and our solvers want numbered states. So lay a **grid** over it. The next
# state of a grid point does not fall on a grid point; we say that it is one of the four around
# it, by chance, with chances that make the mean right:

# %%
coarse = pendulum_grid(task, 15, 13, 5)
point = 4 * 13 + 9
torque = 4
spots = np.stack(np.meshgrid(coarse.theta, coarse.theta_dot, indexing="ij"), -1).reshape(-1, 2)
corners, weights = coarse.mdp.successors[point, torque], coarse.mdp.tau[point, torque]
goes_to = task.true_step(spots[point], coarse.torques[[torque]])
figure, axes = plt.subplots(figsize=(6, 3.3))
axes.plot(*spots.T, ".", color="#999999", markersize=4)
axes.scatter(*spots[corners].T, s=700 * weights, color=style.OKABE_ITO[4], zorder=2)
axes.annotate("", goes_to, spots[point], arrowprops=dict(arrowstyle="-|>", color=style.INK))
axes.plot(*spots[point], "o", color=style.OKABE_ITO[0], zorder=3)
for spot, weight in zip(spots[corners], weights, strict=True):
    axes.annotate(f"{weight:.2f}", spot, (9, 9), textcoords="offset points", fontsize=9)
low, high = spots[corners].min(0) - [0.75, 1.9], spots[corners].max(0) + [0.75, 1.5]
axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
axes.set(xlabel=style.label("theta"), ylabel=style.label("theta_dot"))
axes.set_title("Blue: a grid point. Arrow: one step. Areas: chances")
axes.grid(False)
plt.show()
print("next state:", goes_to.round(4), " mean of the four:", (weights @ spots[corners]).round(4))

# %% [markdown]
# Now the pendulum is a `FiniteMDP` like the ice, and the same `value_iteration` solves it. Note
# what is used: the *true* equations, `task.true_step`. A learner would have to find them first.

# %%
grid = pendulum_grid(task, budget.angles, budget.speeds, torques=5)
LONG = 0.99
begun = time.process_time()
swing_values, sweeps = value_iteration(grid.mdp, LONG, tolerance=1e-2)
seconds = time.process_time() - begun
swing_q = q_from_v(grid.mdp, swing_values, LONG)
print(
    f"{grid.mdp.n_states} states, {len(grid.torques)} torques: {sweeps} sweeps, {seconds:.2f} CPU-s"
)


def table_policy(q, see=lambda state: state, on=grid):
    """Torque with the largest Q, read off the table between the points of the grid ``on``.

    Takes (B, 3) observations, gives (B, 1) actions in [-1, 1], as ``evaluate`` wants. ``see``
    changes what the policy believes the (B, 2) states to be.
    """

    def act(observation):
        state = see(task.state_from_observation(observation.double().numpy()))
        torque = on.torques[on.interpolate(q, state).argmax(1)]
        return torch.tensor(task.to_unit_action(torque[:, None]))

    return act


def real_return(policy):
    """Mean return of real episodes of 200 steps from the fixed starts, in Gymnasium itself."""
    return evaluate(task, policy, EVALUATION_SEEDS[: budget.episodes]).mean


planned = real_return(table_policy(swing_q))
print(f"real return {planned:.1f} over {budget.episodes} starts (best possible on 100 starts: "
      f"{task.best_return})")  # fmt: skip
lab.record(pendulum_return=planned, pendulum_cpu_seconds=seconds, optimum=task.best_return)

# %% [markdown]
# The values are those of a world with a little blur in it, and the policy is played in the real
# one. Below: its values, its torques, and the path of a real episode from hanging at rest (the
# dotted line). Change $\gamma$: with a short horizon, what does the pendulum do?


# %%
def torque_of(policy):
    """The same policy for one observation: (3,) -> (1,) torque in N m, as films want it."""
    return lambda seen: task.from_unit_action(policy(torch.as_tensor(seen)[None]).numpy()[0])


def show_pendulum(gamma):
    values, _ = value_iteration(grid.mdp, gamma, tolerance=1e-2)
    q = q_from_v(grid.mdp, values, gamma)
    angles, _, total = films.play(task, torque_of(table_policy(q)), SEED)
    speed = np.append(np.diff(np.unwrap(angles)) / 0.05, np.nan)
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.3))
    grid_plots.draw_plane(grid, values, axes=axes[0], bar="value", title=f"values, γ = {gamma:g}")
    grid_plots.draw_plane(
        grid, grid.torques[q.argmax(1)], axes=axes[1], cmap="PuOr", bar="torque (N m)",
        limits=(-2, 2), title=f"best torque; this episode's return {total:.0f}",
    )  # fmt: skip
    for ax, colour in zip(axes, ("white", style.OKABE_ITO[5]), strict=True):
        ax.plot(style.break_wraps(angles), speed, ".-", color=colour, markersize=2, linewidth=0.8)
        ax.plot(np.pi, 0, "o", color=colour, clip_on=False)


explorers.explore(show_pendulum, gamma=[0.99, 0.95, 0.9, 0.8, 0.5, 0.0])

# %% [markdown]
# The value of a state is a landscape with a ridge through the upright position (bright). Torque
# pushes *along* the motion at first, to gain energy, and *against* it near the top.

# %%
print("gamma   horizon (s)   mean real return")
by_gamma = {}
for gamma in (0.0, 0.5, 0.8, 0.9, 0.95, 0.99):
    found, _ = value_iteration(grid.mdp, gamma, tolerance=1e-2)
    by_gamma[gamma] = real_return(table_policy(q_from_v(grid.mdp, found, gamma)))
    print(f"{gamma:5.2f} {0.05 / (1 - gamma):11.2f} {by_gamma[gamma]:17.1f}")
no_torque = real_return(lambda observation: torch.zeros(len(observation), 1))
print(f"for comparison, never any torque: {no_torque:.1f}")
lab.record(return_gamma_0=by_gamma[0.0], return_gamma_50=by_gamma[0.5], no_torque=no_torque)

# %%
lazy = table_policy(q_from_v(grid.mdp, np.zeros(grid.mdp.n_states), 0.0))
plays = [films.play(task, torque_of(p), SEED) for p in (lazy, table_policy(swing_q))]
films.pendulum(
    np.stack([plays[0][0], plays[1][0]]), np.stack([plays[0][1], plays[1][1]]), every=3,
    titles=[f"gamma 0: {plays[0][2]:.0f}", f"gamma 0.99: {plays[1][2]:.0f}"],
)  # fmt: skip

# %% [markdown]
# With $\gamma = 0$ the pendulum **stands still**, the second signature of section 3: the reward
# looks at the state that is left, so the only thing an action changes *now* is its own cost, and
# the cheapest torque is none. To swing up, one must first do worse: the way to the top leads
# through swings that cost torque and speed.
#
# ## 8 · What a state must contain
#
# *Must it be $(\theta, \dot\theta)$? Would the angle not do?* A photograph of a pendulum shows its
# angle. Look at the values of all states with the same photograph:

# %%
speeds = np.linspace(-8, 8, 161)
figure, axes = plt.subplots(figsize=(7, 3.1))
widest = 0.0
for angle, text, dash in ((0.0, "upright", "-"), (0.5, "0.5 rad", "--"), (np.pi / 2, "level", "-."),
                          (np.pi, "hanging", ":")):  # fmt: skip
    line = grid.interpolate(swing_values, np.column_stack([np.full(161, angle), speeds]))
    widest = max(widest, np.ptp(line))
    axes.plot(speeds, line, dash, label=text)
    print(f"{text:>8}: values from {line.min():7.1f} to {line.max():7.1f}, best speed "
          f"{speeds[line.argmax()]:+.1f} rad/s")  # fmt: skip
axes.set(xlabel=style.label("theta_dot"), ylabel="value", title="One angle, many values")
axes.legend(ncols=4, fontsize=8.5, loc="upper center", bbox_to_anchor=(0.5, -0.25))
plt.show()
lab.record(value_spread=widest)

# %% [markdown]
# One photograph, values that differ by more than a hundred. A state is **Markov** if the future,
# given the state and the action, does not depend on the past. The angle alone is not: whether it
# was reached from the left or from the right matters.
#
# **Predict:** what return does a policy get that sees the angle but not the velocity? Three
# attempts to live without it:
#
# - **frozen:** the good policy, told that the velocity is always 0;
# - **angle only:** a finite MDP whose states are the angles; its $\tau$ is the mean over all
#   velocities. It can be solved like any other, exactly. The answer is just to another question;
# - **two angles:** the good policy, with the velocity worked out from this angle and the last.
#
# ### Exercise 5 · The velocity from two photographs (8 min)
#
# The simulator moves the angle by $\Delta t$ times the *new* velocity:
# $\theta_t = \theta_{t-1} + 0.05\,\dot\theta_t$, wrapped to $(-\pi, \pi]$. Compute $\dot\theta_t$.
#
# <details><summary>Hint</summary>
# From 3.1 to −3.1 rad it moved by 0.083 rad. task.difference or np.angle(np.exp(1j * x)) wraps.
# </details>


# %%
def velocity(angle, last_angle):
    """(N,) angles now and (N,) one step ago, in rad -> (N,) velocity now, in rad/s."""
    ### BEGIN SOLUTION
    return np.angle(np.exp(1j * (angle - last_angle))) / 0.05
    ### END SOLUTION


# %% tags=["check"]
velocity = checks.exercise("01.5", velocity)


# %%
def frozen(state):
    return state * [1.0, 0.0]


class TwoAngles:
    """Sees angles only, remembers the last, and works out the velocity (0 at the first step)."""

    def __init__(self):
        self.last = None

    def __call__(self, state):
        angle = state[:, 0]
        speed = np.zeros(len(angle)) if self.last is None else velocity(angle, self.last)
        self.last = angle
        return np.column_stack([angle, speed])


def angle_only(full):
    """The finite MDP over angles: chances and rewards are means over all velocities."""
    n, m, k = len(full.theta), len(full.theta_dot), len(full.torques)
    tau, rho = np.zeros((n, k, n)), full.mdp.reward.reshape(n, m, k).mean(1)
    from_angle = np.broadcast_to(np.arange(n)[:, None, None, None], (n, m, k, 4))
    torque = np.broadcast_to(np.arange(k)[:, None], (n, m, k, 4))
    to_angle = full.mdp.successors.reshape(n, m, k, 4) // m
    np.add.at(tau, (from_angle, torque, to_angle), full.mdp.tau.reshape(n, m, k, 4) / m)
    return FiniteMDP(tau, rho, np.full(n, 1 / n))


photographs = angle_only(grid)
blind_values, _ = value_iteration(photographs, LONG, tolerance=1e-2)
blind_q = np.repeat(q_from_v(photographs, blind_values, LONG), len(grid.theta_dot), axis=0)
players = {
    "velocity seen": table_policy(swing_q),
    "two angles": table_policy(swing_q, TwoAngles()),
    "frozen": table_policy(swing_q, frozen),
    "angle only": table_policy(blind_q),
    "no torque": lambda observation: torch.zeros(len(observation), 1),
}
without = {name: real_return(policy) for name, policy in players.items()}
lab.record(without={name.replace(" ", "_"): value for name, value in without.items()})

# %% tags=["hide-input"]
figure, axes = plt.subplots(figsize=(7, 2.6))
axes.barh(
    list(without), list(without.values()), color=[style.OKABE_ITO[i] for i in (0, 2, 1, 4, 3)]
)
for row, value in enumerate(without.values()):
    axes.text(value - 15, row, f"{value:.0f}", ha="right", va="center", fontsize=9)
axes.invert_yaxis()
axes.set(xlabel="mean real return", xlim=(min(without.values()) * 1.17, 0))
axes.set_title("What the policy is allowed to see")
plt.show()

# %% [markdown]
# Without the velocity the swing-up is gone: both blind policies are nearer to doing nothing than
# to the policy that sees. The planner was not at fault: it solved the world that it was given. The
# world was the wrong one, because the angle is not a state. And one remembered angle brings
# (nearly) everything back: **memory can repair a state.** All that is lost is the first step, where
# there is nothing to remember yet.
#
# The same holds for world models: the same $\theta$ and $u$ are followed by many $\theta'$, so no
# formula in $\theta$ and $u$ alone can give the right one, however long it is.
#
# ## 9 · The end, and the end of patience
#
# *Why did the episode stop?* Two very different reasons:
#
# - **terminated:** the world has ended (goal, pit). Nothing comes after; the value of what comes is
#   0. That is part of the MDP.
# - **truncated:** somebody stopped watching, because of a time limit. The world goes on, with its
#   value. That is not part of the MDP.
#
# The pendulum never terminates; Gymnasium truncates it after 200 steps. The step that a learner
# makes is towards the **target** $r + \gamma V(s')$, where the second part must vanish if and only
# if the episode has *terminated*.
#
# ### Exercise 6 · The target (10 min)
#
# <details><summary>Hint</summary>
# One of the two flags is not needed. np.where(flag, a, b) works for single values and arrays.
# </details>


# %%
def td_target(reward, next_value, terminated, truncated, gamma):
    """(N,) rewards, values of next states, two (N,) bools, a number -> (N,) targets."""
    ### BEGIN SOLUTION
    return reward + gamma * np.where(terminated, 0.0, next_value)
    ### END SOLUTION


# %% tags=["check"]
td_target = checks.exercise("01.6", td_target)

# %% [markdown]
# ### What the mistake costs
#
# The smallest world that shows it: a warm room that pays 1 a step, and a door that pays 30 at once
# and ends everything. $\gamma = 0.99$. Stay or leave?

# %%
room = FiniteMDP(
    tau=np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]]),  # stay, leave; outside
    rho=np.array([[1.0, 30.0], [0.0, 0.0]]),
    p0=np.array([1.0, 0.0]),
)
room_values, _ = value_iteration(room, LONG)
staying = policy_values(room, np.array([0, 0]), LONG)[0]
print(f"staying for ever is worth {staying:.1f}, leaving 30; best: {room_values[0]:.1f}")

# %% [markdown]
# So stay. Now *learn* the value of staying from episodes that are cut after some number of steps,
# by small steps towards the target (this is called TD learning), once with the right target and
# once with `terminated or truncated` in place of `terminated`.
#
# **Predict:** episodes of 25 steps. What will the wrong one believe that staying is worth?

# %%
limits = np.array([10, 25, 50, 100, 200, 500])  # steps until truncation, one learner each


def learn_staying(target, steps=80_000, rate=0.02):
    """(L,) learned values of staying, for each limit; mean over the last half of the steps."""
    value, tail = np.zeros(len(limits)), np.zeros(len(limits))
    never, reward = np.zeros(len(limits), dtype=bool), np.ones(len(limits))
    for t in range(1, steps + 1):
        cut = t % limits == 0
        value = value + rate * (target(reward, value, never, cut, LONG) - value)
        tail += value * (t > steps // 2)
    return tail / (steps - steps // 2)


def mistaken(reward, next_value, terminated, truncated, gamma):
    return td_target(reward, next_value, terminated | truncated, truncated, gamma)


right, wrong = learn_staying(td_target), learn_staying(mistaken)
figure, axes = plt.subplots(figsize=(7, 3.1))
axes.plot(limits, right, "o", color=style.OKABE_ITO[0], label="terminated only")
axes.plot(limits, wrong, "s", color=style.OKABE_ITO[1], label="terminated or truncated")
cuts = np.geomspace(10, 500, 200)
axes.plot(cuts, 1 / (1 - LONG * (1 - 1 / cuts)), "--", color=style.OKABE_ITO[1], linewidth=1)
axes.axhline(30, color=style.INK, linewidth=1, linestyle=":")
axes.text(11, 32, "the door pays 30", fontsize=9)
axes.set(xscale="log", ylim=(0, 108), xlabel="steps until the episode is cut off")
axes.set(ylabel="learned value of staying", title="The same world, watched for a shorter time")
style.plain_log_axis(axes)
axes.legend(loc="lower right")
plt.show()
print("limit", *limits, "\nright", *right.round(1), "\nwrong", *wrong.round(1))
lab.record(staying_right=right, staying_wrong=wrong, limits=limits)

# %% [markdown]
# The mistaken learner of 25-step episodes takes the door: **it learned the time limit, and believes
# that it is a property of the world.** Why this number? To someone without a clock, each step is
# the last with chance $1/T$ ($T$: the limit). The next value then counts $\gamma(1 - 1/T)$ times,
# so staying is worth $1/(1 - \gamma(1 - 1/T))$: the dashed line. The mistake is a shorter horizon
# in disguise.
#
# That tells us what it does to the pendulum with its 200 steps: solve again with that discount.

# %%
disguised = LONG * (1 - 1 / task.horizon)
wrong_values, _ = value_iteration(grid.mdp, disguised, tolerance=1e-2)
places = {"upright, at rest": [0.0, 0.0], "level, at rest": [np.pi / 2, 0.0],
          "hanging, at rest": [np.pi, 0.0]}  # fmt: skip
print(
    f"discount {disguised:.5f} instead of {LONG}: horizon {1 / (1 - disguised):.0f} steps, not 100"
)
for name, state in places.items():
    a, b = (grid.interpolate(v, np.array([state]))[0] for v in (swing_values, wrong_values))
    print(f"{name:<17} value {a:7.1f}; with truncations as terminations {b:7.1f}: {b - a:+.1f}")
lab.record(hanging_right=a, hanging_wrong=b)
hasty = real_return(table_policy(q_from_v(grid.mdp, wrong_values, disguised)))
print(f"real return of its policy: {hasty:.1f} (right: {planned:.1f})")
lab.record(hasty_return=hasty)

# %% [markdown]
# The value of hanging at rest is wrong by more than twenty; the return of the policy hardly moves.
# On *this* world the mistake is nearly free, since a horizon of 67 steps is long enough to swing
# up. In the room it costs everything. A mistake that one task forgives is easily overlooked: look
# at the flags in the code, not only at the score.
#
# ## 10 · Why not always a grid?
#
# *A second of computing, and the pendulum swings up nearly as well as is possible. Why learn
# anything?* First: the grid needed the true equations (section 7). With learned ones it would do as
# well as they are good. Second, count:

# %%
sizes = [(9, 7), (15, 13), (31, 25), (61, 49)]
resolution = []
for n, m in sizes:
    begun = time.process_time()
    small = pendulum_grid(task, n, m, 5)
    found, sweeps = value_iteration(small.mdp, LONG, tolerance=1e-2)
    used = time.process_time() - begun
    q = q_from_v(small.mdp, found, LONG)
    score = real_return(table_policy(q, on=small))
    resolution.append((q.size, score, used / (sweeps * q.size * 4)))
    print(f"{n:2d} x {m:2d} x 5 = {q.size:6d} table entries: {used:5.2f} CPU-s, return {score:.1f}")
entries, scores, each = np.array(resolution).T
lab.record(resolution_returns=scores)

# %% [markdown]
# A pendulum is an easy world: even the coarsest of these grids swings it up. Three axes (two of
# state, one of action) cost $n^3$ entries with $n$ points an axis. Now the other worlds of this
# course, and an arm with seven joints (14 state coordinates, 7 torques), with a modest 15 points
# an axis. A sweep looks at $2^d$ neighbours for each entry, $d$ being the number of state
# coordinates; the time comes from the sweeps just measured.

# %%
per_neighbour = np.median(each)  # seconds per entry and neighbour, on this machine
dimensions = {
    "pendulum": (2, 1), "car2d": (make_task("car2d").state_size, make_task("car2d").action_size),
    "reacher": (make_task("reacher").state_size, make_task("reacher").action_size),
    "seven joints": (14, 7),
}  # fmt: skip
table = {}
print(f"{'world':<13} {'axes':>4} {'entries':>9} {'memory':>12} {'one sweep':>16}")
for name, (d, a) in dimensions.items():
    size = 15.0 ** (d + a)
    duration = size * 2**d * per_neighbour
    table[name] = (d + a, size)
    print(f"{name:<13} {d + a:4d} {size:9.1e} {8 * size / 1e9:9.1e} GB {duration:12.1e} s")
lab.record(entries={name: size for name, (_, size) in table.items()})

figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.0))
axes[0].semilogx(entries, scores, "o-")
axes[0].axhline(task.best_return, color=style.INK, linewidth=1, linestyle=":")
axes[0].text(entries[0], task.best_return + 0.4, "best possible", fontsize=8.5)
axes[0].set(
    xlabel="table entries",
    ylabel="mean real return",
    title="Pendulum: return and grid",
    ylim=(None, -136),
)
axes[1].semilogy(*np.array(list(table.values())).T, "o-", color=style.OKABE_ITO[1])
for name, (axis, size) in table.items():
    low = name in ("pendulum", "car2d")  # labels below the line, or above it
    axes[1].annotate(name, (axis, size), (8, -7) if low else (-8, 5), fontsize=9,
                     textcoords="offset points", ha="left" if low else "right")  # fmt: skip
axes[1].axhline(2e9 / 8, color=style.INK, linewidth=1, linestyle=":")
axes[1].text(13, 2e6, "2 GB of memory", fontsize=8.5)
axes[1].set(xlabel="axes (states and actions)", ylabel="table entries")
axes[1].set(xlim=(1, 22), ylim=(1e2, 1e27), title="15 points an axis")
plt.show()

# %% [markdown]
# Each axis multiplies the table by 15. This is the **curse of dimensionality** (Bellman's own
# word). Car2d still fits into memory, Reacher does not, and the arm is out of the question for any
# machine. The way out is **function approximation**: a network with some thousand weights in
# place of the table $Q$, and a formula with a handful of constants in place of the table $\tau$.
# The first is notebook 02, the second the rest of the course. What you have seen here stays
# underneath both: targets $r + \gamma V(s')$, greedy steps, and a model that is as good as what it
# was estimated from.
#
# Keep the honest comparison, too: *where a grid fits, it is hard to beat.*
#
# ## Quick quiz
#
# <details><summary>What are the five parts of (S, A, τ, ρ, p₀)?</summary>
# States, actions, the chances τ(s'|s, a) of transitions, the rewards ρ, and the distribution p₀ of
# the first state. The discount γ is not a property of the world: it says what is wanted.</details>
#
# <details><summary>A reward of 1 a step for ever and γ = 0.995. What is it worth?</summary>
# 1/(1 − 0.995) = 200.</details>
#
# <details><summary>Value iteration starts from random values instead of zeros. What changes in the
# end?</summary>
# Nothing: a sweep is a contraction, so all starts lead to the one solution. Only the number of
# sweeps changes.</details>
#
# <details><summary>A policy scores badly in the real world, but planning converged perfectly. Name
# two reasons that this notebook has shown.</summary>
# The model may be estimated from too few transitions (section 6), or its state may not be Markov
# (section 8). A horizon that is too short is a third.</details>
#
# <details><summary>An episode of the pendulum ends after 200 steps. What is the value of its last
# state in a target?</summary>
# Its ordinary value: the episode was truncated, not terminated.</details>
#
# <details><summary>Why does planning in an estimated table need fewer real steps than
# Q-learning?</summary>
# It carries each observed transition through to all values that depend on it, again and again.
# Plain Q-learning uses it once, for one entry.</details>
#
# ## What to remember
#
# - A world is $(S, A, \tau, \rho, p_0)$; a policy turns it into a linear equation for values.
# - Value now = reward + discounted value of later. Sweeps of it shrink the error by $\gamma$ each.
# - $1/(1-\gamma)$ steps is how far one looks; too short, and one stands still or takes the crumbs.
# - A model learned from counts, planned in to the end, makes the most of each real step.
# - State: whatever makes the future independent of the past. Truncated is not terminated.
#
# ## What next
#
# Make the ice worse: what does the best policy do at S in `slippery_grid(slip=0.3)`, and why does
# it walk *south*, against the edge, at a slip of 0.7? Draw your own map with `rows=`. Then notebook
# 02 puts a network in the place of the table, and learns the swing-up without any model at all.
#
# ## References
#
# - R. Bellman, *Dynamic Programming*, Princeton University Press, 1957.
# - M. L. Puterman, *Markov Decision Processes: Discrete Stochastic Dynamic Programming*, Wiley,
#   1994.
# - C. J. C. H. Watkins and P. Dayan, *Q-learning*, Machine Learning 8, 1992.
# - R. S. Sutton and A. G. Barto, *Reinforcement Learning: An Introduction*, second edition, MIT
#   Press, 2018.
# - F. Pardo, A. Tavakoli, V. Levdik and P. Kormushev, *Time Limits in Reinforcement Learning*,
#   ICML 2018, [arXiv 1712.00378](https://arxiv.org/abs/1712.00378).
# - A. Gorodetskiy, K. Mironov and A. Panov, *Model-based Policy Optimization using Symbolic World
#   Model*, 2024, [arXiv 2407.13518](https://arxiv.org/abs/2407.13518).
