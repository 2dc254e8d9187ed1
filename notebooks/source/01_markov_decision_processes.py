# %% [markdown]
# # 01 · Markov decision processes
#
# A world is a table of probabilities and rewards. *If the table is known, what is the best way to
# act, and how is it found?* This notebook solves small worlds **exactly**: a slippery grid first,
# then the pendulum that the whole course swings up. Then it takes the table away and learns it from
# experience, which is model-based reinforcement learning in its smallest form.
#
# **You will be able to**
# - name the five parts of a Markov decision process and write one down;
# - write value iteration, and compute the value of a policy by one linear system;
# - learn a world from its transitions, plan in what was learned, and count the real steps;
# - say what a time limit must not be mistaken for, and (optional) what a state must contain.
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
from itertools import islice

import matplotlib.pyplot as plt
import numpy as np
import torch

from symtut import make_task
from symtut.experiments import evaluate
from symtut.lab import checks, explorers, films, style
from symtut.lab.scenes import nb01_grid_plots as grid_plots
from symtut.lab.scenes import nb01_learners as learners
from symtut.lab.scenes import nb01_mdp as mdps
from symtut.lab.scenes import nb01_small_worlds as worlds

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
world = worlds.slippery_grid()
mdp = world.mdp
names = list(worlds.MOVES)
style.show_figure(
    grid_plots.chances(world, {"north": (4, 2), "east": (1, 5)}),
    "The map of the ice, S at the lower left and G at the upper right, and where two moves lead: "
    "0.80 to the cell that was wanted, 0.10 to each cell beside it.",
)

# %% [markdown]
# The two pictures on the right show one row each of the table of probabilities. All of them
# together, for every cell and every move, and the rewards, are the world. It has five parts,
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
# ## 2 · Episodes and returns
#
# *How good was a walk?* Three walks of somebody who chooses at random:

# %%
at_random = np.full((mdp.n_states, mdp.n_actions), 1 / mdp.n_actions)  # a policy: chances (S, A)
generator = np.random.default_rng(SEED)
walks = [mdps.sample_episode(mdp, at_random, 200, generator) for _ in range(3)]
style.show_figure(
    grid_plots.draw_walks(world, walks),
    "Three random walks on the map, all from S, each with its number of steps, whether it ended, "
    "and the sum of its rewards.",
)

# %% [markdown]
# The **return** of an episode is the sum of its rewards, in which a reward that comes $t$ steps
# later counts $\gamma^t$ times as much:
#
# $$ G = r_0 + \gamma r_1 + \gamma^2 r_2 + \dots = \sum_{t} \gamma^t r_t $$
#
# $r_t$ is the reward of step $t$, counted from 0; $\gamma$ (gamma), between 0 and 1, is the
# **discount**.
#
# ### Exercise 1 · The return (easy, required, 5 min)
#
# Write it.
#
# <details><summary>Hint 1: the idea</summary>
# Each reward is multiplied by γ to the power of its number, counted from 0. Then they are
# added.</details>
#
# <details><summary>Hint 2: the structure</summary>
# np.arange(len(rewards)) gives the exponents, gamma ** of it the weights; multiply by the rewards
# and sum.</details>


# %%
def discounted_return(rewards, gamma):
    """(T,) rewards -> number: the first reward counts fully, each later one gamma times less."""
    ### BEGIN SOLUTION
    return float(np.sum(gamma ** np.arange(len(rewards)) * rewards))
    ### END SOLUTION


# %% tags=["check"]
discounted_return = checks.exercise("01.1", discounted_return)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# return float(np.sum(gamma ** np.arange(len(rewards)) * rewards))
# ```
#
# The first reward has the exponent 0 and counts fully. The sum is not divided by anything: a return
# grows with the length of the episode.
# </details>
#
# The check computes it from the end: $G_t = r_t + \gamma G_{t+1}$. The return of now is this
# reward and the discounted return of later. Keep that line in mind: it is the Bellman equation
# before any mean is taken.
#
# A return is luck. What belongs to the policy is its **mean**, over many episodes:

# %%
GAMMA = 0.95
episodes = [mdps.sample_episode(mdp, at_random, 200, generator) for _ in range(400)]
returns = np.array([discounted_return(episode.rewards, GAMMA) for episode in episodes])
error = 1.96 * returns.std(ddof=1) / np.sqrt(len(returns))
style.show_figure(
    learners.returns(returns, GAMMA),
    f"Histogram of 400 returns: one hill ends just above 0, a narrow peak stands near -0.4; "
    f"a dashed line marks the mean, {returns.mean():.2f}.",
)
print(f"mean return {returns.mean():.3f} ± {error:.3f} (95 % interval)")
last = [world.rows[r][c] for r, c in world.cells[[episode.states[-1] for episode in episodes]]]
ends = {letter: last.count(letter) for letter in "cPG"}
print("walks that end at", ends)
lab.record(ends=ends)

# %% [markdown]
# The histogram is made of your returns. Most walks end in the crumbs beside S, and the goal is a
# rare accident. Four hundred episodes give the mean to one digit or two. Section 5 computes it
# without a single episode.
#
# ## 3 · How far ahead does $\gamma$ look?
#
# **Predict:** with $\gamma = 0.99$, after how many steps does a reward count a tenth of what it
# counts now: about 10, about 100 or about 230?

# %%
gammas = (0.5, 0.9, 0.99)
style.show_figure(
    learners.discounts(gammas),
    "Weight of a reward over steps ahead: three curves that fall from 1, at once for gamma 0.5, "
    "within some 40 steps for 0.9, slowly for 0.99. A dot on each marks its horizon.",
)
print("gamma   sum of weights   share within so many steps   a tenth after (steps)")
for gamma in gammas:
    horizon, tenth = 1 / (1 - gamma), np.log(0.1) / np.log(gamma)
    print(f"{gamma:5.2f} {horizon:16.1f} {1 - gamma**horizon:28.0%} {tenth:23.1f}")

# %% [markdown]
# The weights add up to $1 + \gamma + \gamma^2 + \dots = 1/(1-\gamma)$. So **$1/(1-\gamma)$ is the
# horizon**: a reward of 1 at each step for ever is worth as much as $1/(1-\gamma)$ of them at
# once, and about two thirds of all weight lies within it (the dots). A horizon that is too short
# has two marks: the agent takes the nearest reward, or it stands still, because every action looks
# the same. Sections 4 and 7 show one each.
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
# ### Exercise 2 · Value iteration (hard, required, 20 min)
#
# Write it. Begin with zeros. Each sweep computes $Q$ from the values of the sweep before and takes
# the maximum over actions. Note the **largest change** of any state in each sweep, and stop after
# the first sweep in which it is below `tolerance`. Return the last values, the best actions by the
# last $Q$, and the list of changes.
#
# <details><summary>Hint 1: the idea</summary>
# A loop with three lines of mathematics: the table Q, of shape (S, A); its maximum over actions;
# the largest difference to the values before. The values of the next states lie along the last axis
# of tau.</details>
#
# <details><summary>Hint 2: the structure</summary>
# rho + gamma * values broadcasts along the last axis; weigh with tau and sum that axis for Q.
# new = q.max(axis=1); append np.abs(new - values).max(); values = new; leave the loop if the change
# is below the tolerance. In the end q.argmax(axis=1).</details>


# %%
def solve(tau, rho, gamma, tolerance):
    """Probabilities and rewards (S, A, S), two numbers -> values (S,), actions (S,), changes."""
    ### BEGIN SOLUTION
    values, changes = np.zeros(len(tau)), []
    while True:
        q = (tau * (rho + gamma * values)).sum(axis=2)
        new = q.max(axis=1)
        changes.append(np.abs(new - values).max())
        values = new
        if changes[-1] < tolerance:
            return values, q.argmax(axis=1), changes
    ### END SOLUTION


# %% tags=["check"]
solve = checks.exercise("01.2", solve)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# values, changes = np.zeros(len(tau)), []
# while True:
#     q = (tau * (rho + gamma * values)).sum(axis=2)
#     new = q.max(axis=1)
#     changes.append(np.abs(new - values).max())
#     values = new
#     if changes[-1] < tolerance:
#         return values, q.argmax(axis=1), changes
# ```
#
# The mean over next states is the world's choice, the maximum over actions is yours, so they stand
# in this order. The change tells when to stop, because it shrinks by the factor γ at least; the
# next figure shows it.
# </details>
#
# **Predict:** which of $\gamma$ = 0.5, 0.9, 0.99 needs the most sweeps?

# %%
changes = {gamma: solve(mdp.tau, mdp.rho, gamma, 1e-10)[2] for gamma in gammas}
style.show_figure(
    learners.convergence(changes),
    "Largest change of a sweep over sweeps, logarithmic: three falling curves, steepest for "
    "gamma 0.5. Each stays below its own dotted line, which falls by the factor gamma alone.",
)
worst_ratio = max(
    np.max(np.divide(found[1:], found[:-1])) / gamma for gamma, found in changes.items()
)
print("sweeps:", {gamma: len(found) for gamma, found in changes.items()})
print(f"largest factor of any sweep, divided by its gamma: {worst_ratio:.4f}")
lab.record(contraction=worst_ratio, sweeps=[len(found) for found in changes.values()])

# %% [markdown]
# The points are your changes. No sweep shrinks them by less than the factor $\gamma$ (no ratio
# above 1; dotted: exactly $\gamma$): the right-hand side of the Bellman equation is a
# **contraction**. Two different $V$ come out closer than they went in, because next values are
# averaged (which cannot widen a gap) and multiplied by $\gamma$. So there is only one solution, any
# start leads to it, and the price is a long horizon: the dotted line of $\gamma = 0.99$ is nearly
# flat. Here the curves fall faster than that, since every walk ends sooner or later.
#
# **Predict:** before the first sweep all values are 0. Which cells know of the goal after one
# sweep? After six?


# %% tags=["hide-input"]
def show_sweeps(sweeps, gamma):
    values = next(islice(mdps.value_sweeps(mdp, gamma), sweeps, None))
    q = mdps.q_from_v(mdp, values, gamma)
    ties = [np.flatnonzero(row > row.max() - 1e-9) for row in q]
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.7))
    title = f"values after {sweeps} sweeps, γ = {gamma:g}"
    grid_plots.draw_map(world, values, axes=axes[0], limits=(-0.3, 1), title=title)
    grid_plots.draw_map(world, values, ties, axes=axes[1], limits=(-0.3, 1))
    axes[1].set_title("best actions, if these were right")


explorers.explore(
    show_sweeps,
    "Two maps of the ice. The values after some sweeps have spread as many cells from where "
    "rewards are; arrows show the actions that would be best if these values were right.",
    sweeps=(0, 60, 1, 6), gamma=(0.0, 0.99, 0.01, 0.95),
)  # fmt: skip

# %% [markdown]
# News of the goal travels one cell a sweep: after six sweeps the cells near it have values, and
# those around S still know nothing but the cost of steps and the crumbs. Move *sweeps* on, and
# watch the arrows settle while the numbers still change: for acting, the order of the values is
# enough.
#
# ### The best policy depends on $\gamma$


# %%
def endings(policy):
    """Probabilities that a walk from S ends at each lettered cell."""
    matrix, _ = mdp.under(policy)
    far = mdp.p0 @ np.linalg.matrix_power(matrix, 5000)
    return {world.rows[r][c]: far[world.state(r, c)] for r, c in world.cells[mdp.terminal]}


home, goal_share = world.state(4, 0), {}
print("gamma  horizon   V*(S)   at S    ends at: goal   pit  crumbs")
for gamma in (0.5, 0.8, 0.9, 0.92, 0.95, 0.99):
    found, policy, _ = solve(mdp.tau, mdp.rho, gamma, 1e-8)
    end = endings(policy)
    goal_share[gamma] = end["G"]
    print(f"{gamma:5.2f} {1 / (1 - gamma):8.1f} {mdp.p0 @ found:7.3f}  {names[policy[home]]:>6}",
          "          ", *(f"{end[letter]:6.1%}" for letter in "GPc"))  # fmt: skip

values, best_policy, _ = solve(mdp.tau, mdp.rho, GAMMA, 1e-10)
lab.record(best_value=mdp.p0 @ values, goal_share=list(goal_share.values()))

# %% tags=["hide-input"]
generator = np.random.default_rng(SEED)
three = [mdps.sample_episode(mdp, best_policy, 60, generator) for _ in range(3)]
grid_plots.walk_film(
    world, [e.states for e in three], size=24,
    titles=[f"gamma 0.95: return {discounted_return(e.rewards, GAMMA):.2f}" for e in three],
)  # fmt: skip

# %% [markdown]
# The film shows three walks of your policy. The table says: with a horizon of ten steps and less
# the crumbs are worth more than a goal at that distance. The discount is not a technical detail. It
# says what is wanted.
#
# ## 5 · What is a given policy worth?
#
# *Must one play to know?* No. Without the maximum, the Bellman equation is **linear**. Let $P_\pi$
# be the matrix of the probabilities to go from $s$ to $s'$ when actions come from the policy
# $\pi$, and $r_\pi$ the vector of its mean rewards. Then $V^\pi = r_\pi + \gamma P_\pi V^\pi$, and
#
# $$ (I - \gamma P_\pi)\, V^\pi = r_\pi $$
#
# ($I$ is the identity matrix). One call of a linear solver, no sweeps:

# %%
matrix, rewards = mdp.under(at_random)
exact = mdp.p0 @ np.linalg.solve(np.eye(mdp.n_states) - GAMMA * matrix, rewards)
print(f"random play from S, exactly: {exact:.4f}")
print(f"the 400 episodes of section 2 said {returns.mean():.3f} ± {error:.3f}")
lab.record(random_value=exact, monte_carlo=returns.mean(), monte_carlo_error=error)

# %% [markdown]
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
#
# ### Exercise 3 · Probabilities from counts (medium, required, 12 min)
#
# Estimate $\hat\tau(s' \mid s, a)$: of all times that action $a$ was taken in state $s$, the share
# that led to $s'$. Where an action was never tried in a state, the estimate shall say "stays in
# $s$" with probability 1, so that it is a table of probabilities everywhere.
#
# <details><summary>Hint 1: the idea</summary>
# Count how often each triple (s, a, s') occurred, and divide by how often its pair (s, a) did.
# np.add.at(counts, (states, actions, next_states), 1) counts repeated entries;
# counts[states, actions, next_states] += 1 would count each only once.</details>
#
# <details><summary>Hint 2: the structure</summary>
# counts (S, A, S); tried = counts.sum(axis=2, keepdims=True); np.where(tried > 0, counts /
# np.maximum(tried, 1), stay), where stay is np.eye(n_states) with an axis of length 1 in the
# middle.</details>


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
estimate = checks.exercise("01.3", estimate)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# counts = np.zeros((n_states, n_actions, n_states))
# np.add.at(counts, (states, actions, next_states), 1)
# tried = counts.sum(axis=2, keepdims=True)
# stay = np.eye(n_states)[:, None, :]
# return np.where(tried > 0, counts / np.maximum(tried, 1), stay)
# ```
#
# A share of the tries is the estimate that makes the data most likely. A pair without a try must
# still have a row that sums to 1, and "stays" is the row that promises nothing.
# </details>
#
# Planning in the estimate is nothing new: your `solve`, with your $\hat\tau$ and the mean of the
# rewards that were seen. To judge a policy we use the *true* table and the linear system of section
# 5: no luck of evaluation. (The learner does not get to see it.) Beside it stands Q-learning with
# the learning rate $\alpha = 0.1$: how far $Q$ moves towards its target. And a third learner, still
# without a table: Q-learning with **replay**, which after each real step repeats some old ones.
#
# **Predict:** Q-learning sees exactly the transitions that the planner sees. How many times as many
# does it need to come within 5 % of the best?


# %%
def plan(steps):
    """(N, 4) transitions -> (S,) the best policy in the world estimated from them."""
    state, action, following = (steps[:, k].astype(int) for k in (0, 1, 3))
    tau = estimate(state, action, following, mdp.n_states, mdp.n_actions)
    gained, tried = np.zeros((2, mdp.n_states, mdp.n_actions))
    np.add.at(gained, (state, action), steps[:, 2])
    np.add.at(tried, (state, action), 1)
    mean = np.broadcast_to((gained / np.maximum(tried, 1))[..., None], tau.shape)
    return solve(tau, mean, GAMMA, 1e-7)[1]


practice = learners.Practice(mdp, GAMMA, budget.runs, budget.steps, SEED)
found = {
    "planning in your estimate": practice.planned(plan),
    f"Q-learning, {budget.replays} replays a step": practice.q_learning(0.1, budget.replays),
    "Q-learning": practice.q_learning(0.1),
}
best, chance_level = practice.value(best_policy), practice.value(at_random)
goal = best - 0.05 * (best - chance_level)
table = practice.steps_to(goal, found)
style.show_figure(
    practice.figure(found, {"best": best, "within 5 %": goal, "random play": chance_level}),
    "Value of the policy over real steps, logarithmic. Planning rises first, Q-learning with "
    "replay after it, plain Q-learning last; in the end all are near the best.",
)
print(table.to_string(float_format="{:.0f}".format))
lab.record(steps_to_goal=table["real steps"].to_list(), best=best, chance_level=chance_level,
           final=[values[:, -1].mean() for values in found.values()])  # fmt: skip

# %% [markdown]
# (Curves: interquartile means over runs, which leave out the best and the worst quarter and take
# the mean of the rest, with 95 % intervals. Steps: medians over runs with 95 % intervals; `inf`
# says that fewer than half of them got there.)
#
# The planner is your code. It needs the fewest real steps, because it uses every transition *in
# full*: one slip seen at a cell corrects the value of all cells from which that cell is reached, at
# once. Plain Q-learning uses each transition for one small correction and throws it away. A good
# part of the gap is that waste, not the lack of a table: with replay the same rule needs far fewer
# steps. The price of the planner is computing: a plan is a whole value iteration, an update of Q
# touches one number. Notebook 03 goes on from here.
#
# Two warnings belong to this result. The data were kind: episodes began in random cells, so every
# learner saw every cell. From S, as section 2 counted, most random walks end in the crumbs and
# never see the goal; *finding* the data is a problem of its own. And a table can be counted only
# where the states can: the state of the pendulum is two real numbers.
#
# ## 7 · The pendulum as a Markov decision process
#
# *Can the pendulum be solved like the ice?* Gymnasium's `Pendulum-v1` shows three numbers,
# $(\cos\theta, \sin\theta, \dot\theta)$; its physics has two, the angle $\theta$ (0 is upright)
# and the angular velocity $\dot\theta$. They are the same state, written in two ways. Networks get
# the three smooth numbers, because $\theta$ jumps from $\pi$ to $-\pi$ at the bottom; equations of
# motion are written in the two. The five parts: $S$, all $(\theta, \dot\theta)$ with
# $|\dot\theta| \le 8$ rad/s; $A$, torques of up to 2 N m; $\tau$, the equations of motion, without
# any chance in them; $\rho$, minus $\theta^2 + 0.1\,\dot\theta^2 + 0.001\,u^2$; $p_0$, any angle,
# at most 1 rad/s.
#
# $S$ is a continuum, and our solver wants numbered states. So lay a **grid** over it. The next
# state of a grid point does not fall on a grid point; we say that it is one of the four around
# it, with probabilities that make the mean right. (The package's value iteration is yours, but for
# a table that lists only these four.) Note what is used: the *true* equations. A learner would have
# to find them first.

# %%
task = make_task("pendulum")
grid = worlds.pendulum_grid(task, budget.angles, budget.speeds, torques=5)


def table_policy(q, see=lambda state: state):
    """Torque with the largest Q, read off the table between the points of the grid.

    Takes (B, 3) observations, gives (B, 1) actions in [-1, 1], as ``evaluate`` wants. ``see``
    changes what the policy believes the (B, 2) states to be.
    """

    def act(observation):
        state = see(task.state_from_observation(observation.double().numpy()))
        torque = grid.torques[grid.interpolate(q, state).argmax(1)]
        return torch.tensor(task.to_unit_action(torque[:, None]))

    return act


def real_return(policy):
    """Mean return of real episodes of 200 steps from the fixed starts, in Gymnasium itself."""
    return evaluate(task, policy, range(20_000, 20_000 + budget.episodes)).mean


print(f"{grid.mdp.n_states} states, {len(grid.torques)} torques")
print("gamma   horizon (s)   mean real return")
by_gamma, q_of = {}, {}
for gamma in (0.0, 0.5, 0.8, 0.9, 0.95, 0.99):
    swing_values, _ = mdps.value_iteration(grid.mdp, gamma, tolerance=1e-2)
    q_of[gamma] = mdps.q_from_v(grid.mdp, swing_values, gamma)
    by_gamma[gamma] = real_return(table_policy(q_of[gamma]))
    print(f"{gamma:5.2f} {0.05 / (1 - gamma):11.2f} {by_gamma[gamma]:17.1f}")
no_torque = real_return(lambda observation: torch.zeros(len(observation), 1))
print(f"never any torque: {no_torque:.1f}; best possible on 100 starts: {task.best_return}")
lab.record(by_gamma=list(by_gamma.values()), no_torque=no_torque)

# %% [markdown]
# Below: values and torques for $\gamma = 0.99$, and the path of a real episode from hanging at rest
# (the line). Choose a short horizon: what does the pendulum do?


# %% tags=["hide-input"]
def show_pendulum(gamma):
    policy = table_policy(q_of[gamma])
    angles, _, total = films.play(
        task, lambda seen: 2 * policy(torch.as_tensor(seen)[None]).numpy()[0], SEED
    )
    grid_plots.swing(grid, q_of[gamma], angles, f"γ = {gamma:g}, this episode's return {total:.0f}")


explorers.explore(
    show_pendulum,
    "Two maps over angle and velocity: the value, highest about upright at rest, and the best "
    "torque. A dotted line through both is the path of a real episode that begins hanging.",
    gamma=[0.99, 0.95, 0.9, 0.8, 0.5, 0.0],
)

# %% [markdown]
# The value is a landscape with a ridge through the upright position (bright). Torque pushes *along*
# the motion at first, to gain energy, and *against* it near the top. With $\gamma = 0$ the return
# is that of no torque: the pendulum **stands still**. The reward looks at the state that is left,
# so the only thing an action changes *now* is its own cost, and the cheapest torque is none. To
# swing up, one must first do worse.
#
# ## 8 · A time limit is not an end
#
# *Why did the episode stop?* Two very different reasons:
#
# - **terminated:** the world has ended (goal, pit). Nothing comes after; the value of what comes is
#   0. That is part of the MDP.
# - **truncated:** somebody stopped watching, because of a time limit. The world goes on, with its
#   value. That is not part of the MDP, and calling it an end is called the truncation mistake.
#
# The pendulum never terminates; Gymnasium truncates it after 200 steps. The step that a learner
# makes is towards the **target** $r + \gamma V(s')$, where the second part must vanish if and only
# if the episode has *terminated*. Notebook 02 has you write it, and shows what the mistake costs.
#
# ## 9 · What a state must contain (optional)
#
# *Must it be $(\theta, \dot\theta)$? Would the angle not do?* A state is **Markov** if the future,
# given the state and the action, does not depend on the past. The angle alone is not: whether it
# was reached from the left or from the right matters. Two attempts to live without the velocity:
#
# - **frozen:** the good policy, told that the velocity is always 0;
# - **two angles:** the good policy, with the velocity worked out from this angle and the last.
#
# ### Exercise 4 · The velocity from two angles (easy, optional, 6 min)
#
# The simulator moves the angle by $\Delta t$ times the *new* velocity:
# $\theta_t = \theta_{t-1} + 0.05\,\dot\theta_t$, wrapped to $(-\pi, \pi]$. Compute $\dot\theta_t$.
#
# <details><summary>Hint 1: the idea</summary>
# From 3.1 to −3.1 rad it moved by 0.083 rad: the short way round.</details>
#
# <details><summary>Hint 2: the structure</summary>
# np.angle(np.exp(1j * x)) wraps a difference x. Then divide by 0.05 s.</details>


# %%
def velocity(angle, last_angle):
    """(N,) angles now and (N,) one step ago, in rad -> (N,) velocity now, in rad/s."""
    ### BEGIN SOLUTION
    return np.angle(np.exp(1j * (angle - last_angle))) / 0.05
    ### END SOLUTION


# %% tags=["check"]
velocity = checks.exercise("01.4", velocity)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# return np.angle(np.exp(1j * (angle - last_angle))) / 0.05
# ```
#
# Way by time, with the sign of the motion. On a circle the way is the short one, or a passage
# through the bottom would look like a jump by a whole turn.
# </details>
#
# **Predict:** what return does each of the two get?


# %%
class TwoAngles:
    """Sees angles only, remembers the last, and works out the velocity (0 at the first step)."""

    def __init__(self):
        self.last = None

    def __call__(self, state):
        angle = state[:, 0]
        speed = np.zeros(len(angle)) if self.last is None else velocity(angle, self.last)
        self.last = angle
        return np.column_stack([angle, speed])


without = {
    "velocity seen": by_gamma[0.99],
    "two angles": real_return(table_policy(q_of[0.99], TwoAngles())),
    "frozen": real_return(table_policy(q_of[0.99], lambda state: state * [1.0, 0.0])),
    "no torque": no_torque,
}
style.show_figure(
    learners.bars(without),
    "Bars of mean real return: " + ", ".join(f"{k} {v:.0f}" for k, v in without.items()) + ".",
)
lab.record(without=list(without.values()))

# %% [markdown]
# Without the velocity the swing-up is gone. And one remembered angle, with your function, brings
# (nearly) everything back: **memory can repair a state.** All that is lost is the first step, where
# there is nothing to remember yet. The same holds for world models: the same $\theta$ and $u$ are
# followed by many $\theta'$, so no formula in $\theta$ and $u$ alone can give the right one.
#
# ## 10 · Why not always a grid? (optional)
#
# *The pendulum swings up nearly as well as is possible. Why learn anything?* First: the grid needed
# the true equations. Second, count the entries of a table with a modest 15 points an axis, for the
# worlds of this course and an arm with seven joints (14 state coordinates, 7 torques):

# %%
worlds_by_name = {name: make_task(name) for name in ("pendulum", "car2d", "reacher")}
axes_of = {name: t.state_size + t.action_size for name, t in worlds_by_name.items()}
axes_of["seven joints"] = 14 + 7
for name, count in axes_of.items():
    gigabytes = 8 * 15.0**count / 1e9
    print(f"{name:<13} {count:3d} axes, {15.0**count:9.1e} entries, {gigabytes:9.1e} GB")
lab.record(entries={name: 15.0**count for name, count in axes_of.items()})

# %% [markdown]
# Each axis multiplies the table by 15. This is the **curse of dimensionality** (Bellman's own
# word). Car2d still fits into memory, Reacher does not, and the arm is out of the question for any
# machine. The way out is **function approximation**: a network with some thousand weights in
# place of the table $Q$, and a formula with a handful of constants in place of the table $\tau$.
# The first is notebook 02, the second the rest of the course. Keep the honest comparison, too:
# *where a grid fits, it is hard to beat.*
#
# ## Quick quiz
#
# <details><summary>What are the five parts of (S, A, τ, ρ, p₀)?</summary>
# States, actions, the probabilities τ(s'|s, a) of transitions, the rewards ρ, and the distribution
# p₀ of the first state. The discount γ is not a property of the world: it says what is
# wanted.</details>
#
# <details><summary>A reward of 1 a step for ever and γ = 0.995. What is it worth?</summary>
# 1/(1 − 0.995) = 200.</details>
#
# <details><summary>Value iteration starts from random values instead of zeros. What changes in the
# end?</summary>
# Nothing: a sweep is a contraction, so all starts lead to the one solution. Only the number of
# sweeps changes.</details>
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
# Make the ice worse: what does the best policy do at S in `worlds.slippery_grid(slip=0.3)`, and why
# does it walk *south*, against the edge, at a slip of 0.7? Draw your own map with `rows=`. Then
# notebook 02 puts a network in the place of the table, and learns the swing-up without any model at
# all.
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
