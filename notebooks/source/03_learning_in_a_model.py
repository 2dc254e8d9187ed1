# %% [markdown]
# # 03 · Learning in a model
#
# **How can a learner get more out of each step in the real world?** A step of a robot costs
# seconds and wear; a step in a computer costs microseconds. So: use real steps to learn *how the
# world moves*, and practise in that model. This notebook goes from Sutton's Dyna (1991), in a maze,
# to model-based policy optimization (MBPO, 2019), on the pendulum. You write the update that plans,
# two measures of how far a model can be believed, and the imagination of MBPO, in which SAC then
# learns.
#
# **You will be able to**
# - say what planning in a learned model wins, and what a small error of the model costs;
# - tell noise of the world from ignorance of the model, with an ensemble of networks;
# - measure how errors grow along a rollout, and recognise a search that exploits them;
# - write MBPO's short branched rollouts, and say what limits even a perfect model.
#
# **Before you start:** action values and Q-learning (notebook 01), soft actor-critic and its replay
# buffer (notebook 02).
# **Time:** about 4 minutes of computing, on one core.
# **Memory:** under 1 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
import inspect
import textwrap

import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy.stats import spearmanr

from symtut import make_task
from symtut.agents.buffers import ReplayBuffer
from symtut.agents.sac import SAC, SACConfig
from symtut.experiments import evaluate
from symtut.lab import checks, style
from symtut.lab.scenes import nb03_dyna as dyna
from symtut.lab.scenes import nb03_figures as figures
from symtut.lab.scenes import nb03_models as parts

TINY = {"members": 4, "elites": 3, "hidden_layers": 2, "hidden": 32, "longest": 150}
budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(mazes=3, maze_steps=1000, toy=400, size=TINY, plans=5, updates=200, episodes=5),
    lab=dict(
        mazes=8, maze_steps=1500, toy=1000, size={"longest": 1500}, plans=20, updates=5000,
        episodes=100,
    ),
    paper=dict(
        mazes=50, maze_steps=1500, toy=4000, size={}, plans=40, updates=8000, episodes=100,
    ),
)  # fmt: skip
plt.rcParams["figure.dpi"] = 80  # many figures: keeps the file small
generator = torch.Generator().manual_seed(SEED)

# %% [markdown]
# ## 1 · Dyna: practise between the steps
#
# *What can be done with a step after it has been taken?* Here is a maze. From S the learner moves
# up, right, down or left; each move costs 1 (reward −1) until it reaches G, and then it starts
# again. A wall stops it, and the move costs 1 all the same.

# %%
maze = dyna.Maze()
style.show_figure(
    figures.maze(maze),
    "A maze of 6 by 9 cells with grey walls: S at the left, G at the upper right behind a wall.",
)
print(f"shortest way: {maze.shortest()} moves; {maze.size - len(maze.walls)} free cells")

# %% [markdown]
# Q-learning keeps a table $Q(s, a)$: the return to expect after action $a$ in cell $s$. When a step
# gave the reward $r$ and led to the cell $s'$, it moves one entry:
#
# $$Q(s, a) \leftarrow Q(s, a) + \alpha\,\bigl[\,r + \max_{a'} Q(s', a') - Q(s, a)\,\bigr]$$
#
# $\alpha$ is the step size, $a'$ runs over the four moves, and there is no maximum to add where
# $s'$ ends the episode. (There is no discount.)
#
# After the update the step is forgotten, although it told more: **how the world moves**. Dyna
# (Sutton 1991) writes it into a second table, the *model*: $(s, a) \to (r, s')$. Between two real
# steps it draws $n$ pairs $(s, a)$ that it has tried before, asks the model what happens, and does
# *the same update* as if it had just happened. Learning and planning are one operation; only the
# source of the transitions differs.
#
# ### Exercise 1 · The planning update (easy, required, 8 min)
#
# Write it for a list of pairs, one after the other, with $\alpha = 0.5$. The model gives
# `reward, next_cell, ended` for each pair.
#
# <details><summary>Hint 1: the idea</summary>
# The bracket is "target minus present value", and the target has two cases: where the episode ended
# it is the reward alone. Each pair must see what the pairs before it have changed.</details>
#
# <details><summary>Hint 2: the structure</summary>
# for cell, action in pairs: reward, next_cell, ended = model[cell, action]; target = reward, plus
# q[next_cell].max() if not ended; q[cell, action] += 0.5 * (target - q[cell, action]). Return
# q.</details>


# %%
def plan(q, model, pairs):
    """(cells, 4) table, dict (cell, action) -> (reward, next cell, ended), list of pairs -> q."""
    ### BEGIN SOLUTION
    for cell, action in pairs:
        reward, next_cell, ended = model[cell, action]
        target = reward if ended else reward + q[next_cell].max()
        q[cell, action] += 0.5 * (target - q[cell, action])
    return q
    ### END SOLUTION


# %% tags=["check"]
plan = checks.exercise("03.1", plan)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# for cell, action in pairs:
#     reward, next_cell, ended = model[cell, action]
#     target = reward if ended else reward + q[next_cell].max()
#     q[cell, action] += 0.5 * (target - q[cell, action])
# return q
# ```
#
# The target is one step of experience followed by the best that the table knows; after an end
# nothing follows. The table is changed in place, so news travels through a list of pairs within one
# call.
# </details>
#
# The loop around it uses `plan` twice: on what has just happened, and on what the model remembers.

# %% tags=["hide-input"]
source = inspect.getsource(dyna.dyna_q)
loop = source[source.index("    for _ in range(steps)") : source.index("        visited")]
print(textwrap.dedent(loop))

# %% [markdown]
# **Predict:** with $n = 5$ the table is updated six times per real step, with $n = 50$ fifty-one
# times. How many times more often will each have found the goal after the same real steps?


# %%
def trials(planning, **options):
    """The same run with several seeds."""
    seeds = range(SEED, SEED + budget.mazes)
    return [dyna.dyna_q(maze, budget.maze_steps, planning, plan, s, **options) for s in seeds]


honest = {f"n = {n} planning updates": trials(n) for n in (0, 5, 50)}
style.show_figure(
    figures.goals(honest),
    "Goals over real steps: n = 50 rises first and steepest, n = 5 later, n = 0 stays near 0.",
)
goals = {name: np.mean([run.goals[-1] for run in runs]) for name, runs in honest.items()}
for name, number in goals.items():
    print(f"{name}: {number:.1f} goals on average")
lab.record(maze_goals=list(goals.values()))

# %% [markdown]
# The learner that plans does not see more of the world. It makes more of what it saw: the news "the
# goal is here" travels back through the remembered steps at once, instead of by one cell per visit.
# The first goal takes chance in any case; after it, planning decides. It would surprise if ten
# times the planning gave ten times the goals: once the shortest way is known, nothing is left to
# win.
#
# ### A small error, planted
#
# Now one entry of the model is wrong. It claims that moving right from the cell beside the upper
# wall leads *through the wall* into the goal. Two cases: the entry can be corrected (the model is a
# table, one real try overwrites it), or it cannot (a model that is too coarse to know of the wall).
#
# **Predict:** how does the error that stays compare with no planning at all?

# %%
shortcut = {(maze.cell(0, 6), 1): (-1.0, maze.goal, True)}
fooled = trials(50, planted=shortcut, correctable=False)
corrected = trials(50, planted=shortcut)
cases = {"right model": honest["n = 50 planning updates"], "error that data correct": corrected,
         "error that stays": fooled, "no planning": honest["n = 0 planning updates"],
         "error that stays, n = 5": trials(5, planted=shortcut, correctable=False)}  # fmt: skip
style.show_figure(
    figures.fooled(maze, cases, fooled),
    "Left: the right model and the corrected error reach most goals, the error that stays, at n = "
    "50, hardly any. Right: the fooled learner stands mostly before the upper wall.",
)
ends = {}
for name, runs in cases.items():
    ends[name] = np.mean([(run.goals[-1], -run.belief[-1]) for run in runs], axis=0)
    print("{:<24} {:5.1f} goals; believes {:4.1f} moves from S to G".format(name, *ends[name]))
lab.record(corrected_goals=ends["error that data correct"][0], shortest=maze.shortest())
lab.record(fooled_goals=ends["error that stays"][0], fooled_belief=ends["error that stays"][1])

# %% [markdown]
# The fooled learner stands before the wall and pushes. Each real bump lowers the value of pushing;
# fifty planning updates raise it again before the next. It believes in fewer moves than the
# shortest way has, and it reaches about as few goals as the learner without a model. (That one
# is too hopeful because its table began at 0.) **More practice in a
# wrong model is worse, not better** (compare n = 5), and the sign of it is a value that no real run
# ever returns.
# An error that the next real step corrects costs next to nothing: this is why a model is learned
# *along with* the policy, from the states to which the policy leads.
#
# ## 2 · A model without a table
#
# *What replaces the table where states are real numbers?* No state is ever visited twice, so the
# model must generalise: it is a regression from (state, action) to what happens next. Our world is
# the pendulum: angle $\theta$ (0 upright), angular velocity $\dot\theta$, torque $u$ of at most
# 2 N m, too weak to lift it in one go. The data are 200 steps under random torques.
#
# What should the regression predict? The obvious target is the next state $s'$. Look at what the
# emptiest of all models scores: **nothing changes**, $s' = s$. The share of variance explained is
# $R^2 = 1 - \sum (y - \hat y)^2 / \sum (y - \bar y)^2$, with targets $y$, their mean $\bar y$ and
# predictions $\hat y$.

# %%
task = make_task("pendulum")
data = parts.real_steps(task, 200, SEED)
test = parts.real_steps(task, 600, 1000 + SEED)  # three other episodes, to judge by
scale = parts.units(task, test.state)  # errors will be in units of the states' own spread


def r_squared(y, predicted):
    """(N, D) targets and predictions -> R² of each column, their mean."""
    return np.mean(1 - ((y - predicted) ** 2).sum(0) / ((y - y.mean(0)) ** 2).sum(0))


seen, seen_next = (task.observation_from_state(s) for s in (test.state, test.next_state))
increment = task.difference(test.next_state, test.state)  # angles by the short way round
nothing = r_squared(seen_next, seen), r_squared(increment, 0 * increment)
print(f"'nothing changes': R² on the next observation {nothing[0]:.3f}, "
      f"on the increment {nothing[1]:.3f}")  # fmt: skip
lab.record(nothing_r2=nothing)

# %% [markdown]
# An excellent score for a model that knows nothing: within 0.05 s hardly anything moves, and what
# moves is all that matters. So the **increment** $\Delta s = s' - s$ is the target, and scores are
# taken on it. There is one more trap: $\theta$ lives on a circle. From 3.1 to −3.1 rad it moved by
# 0.08 rad, not by −6.2; `task.difference` takes the short way round.
#
# ## 3 · Two kinds of not knowing
#
# *When should a model not be believed?* There are two reasons to be unsure about the next state:
#
# - the world itself is noisy: **aleatoric** uncertainty. More data do not remove it;
# - there were no data near by: **epistemic** uncertainty. More data do remove it.
#
# A network can learn the first. Let it output a mean $\mu$ and a log-variance $\log\sigma^2$, and
# ask that the observed $y$ be likely: minimise
#
# $$-\log \mathcal N(y; \mu, \sigma^2) = \tfrac12\,\big[(y - \mu)^2/\sigma^2 +
# \log\sigma^2 + \log 2\pi\big].$$
#
# For the second, train several networks, each on its own *bootstrap* (as many rows, drawn with
# replacement) and from its own first weights.
# Where there are data they must agree; elsewhere nothing makes them. A toy: one input, one output,
# a noise that grows to the right, and a gap in the data (grey):

# %%
toy = parts.Toy(SEED, budget.toy)
style.show_figure(
    figures.two_uncertainties(toy),
    "Left: seven curves, together on the data, apart elsewhere. Right: the learned "
    "noise follows the true noise; the disagreement rises in the gap and beyond the ends.",
)
places = {"among the data": (-2.8, -0.4), "in the gap": (0.2, 0.8), "beyond the end": (3.6, 4.2)}
apart = {}
for name, ends in places.items():
    apart[name] = toy.at(torch.linspace(*ends, 50)[:, None])[0].std(0).mean().item()
    print(f"disagreement {name}: {apart[name]:.3f}")
lab.record(toy_apart=list(apart.values()))

# %% [markdown]
# Right: what the networks call noise follows the true noise and its step, and says nothing about
# the gap. Their disagreement does the opposite: it rises in the gap and beyond the ends.
#
# `EnsembleWorldModel` of the package is this for any task: seven networks, the inputs what the
# policy sees, the outputs the increments. A fifth of the rows is held back from the training, and
# the five networks that do best on these rows, the *elites*, predict.
#
# ### Exercise 2 · Disagreement (medium, required, 10 min)
#
# `ensemble.predict_all(state, action)` gives the mean next states of all members, shape
# (members, B, S). Write how much they disagree about each state:
#
# 1. the **increments**, `task.difference(next_states, state)`, of the same shape;
# 2. their standard deviation over the members (divide by their number), in units of `scale`;
# 3. of these, the root mean square over the coordinates.
#
# <details><summary>Hint 1: the idea</summary>
# What happens to the standard deviation of the next states themselves if one member says 3.14 rad
# and another −3.14? Hence the increments.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Increments; <code>.std(0, correction=0)</code> over the members; divide by scale; then square,
# mean over dimension 1, root.</details>


# %%
def disagreement(next_states, state, scale):
    """(M, B, S) predictions, (B, S) states, (S,) units -> (B,) disagreement."""
    ### BEGIN SOLUTION
    increments = task.difference(next_states, state)
    apart = increments.std(0, correction=0) / scale
    return apart.square().mean(1).sqrt()
    ### END SOLUTION


# %% tags=["check"]
disagreement = checks.exercise("03.2", disagreement)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# increments = task.difference(next_states, state)
# apart = increments.std(0, correction=0) / scale
# return apart.square().mean(1).sqrt()
# ```
#
# Increments are small, so no two members are a full turn apart by mistake. The division by the
# spread makes radians and radians per second comparable before they are averaged.
# </details>
#
# Now ask for all states of the pendulum, also those never seen, and compare with
# the true error of one step, which only the simulator knows.

# %%
ensemble = parts.ensemble(task, data, SEED, budget.size)
grid = figures.plane()[0]
push = np.random.default_rng(SEED).uniform(-2, 2, (len(grid), 1))
grid_t, push_t, scale_t = (torch.as_tensor(z, dtype=torch.float32) for z in (grid, push, scale))
says = disagreement(ensemble.predict_all(grid_t, push_t), grid_t, scale_t).numpy()
guess = ensemble.predict(grid_t, push_t, deterministic=True).double().numpy()
error = np.sqrt(((task.difference(guess, task.true_step(grid, push)) / scale) ** 2).mean(1))
style.show_figure(
    figures.maps({"your disagreement": says, "true error of one step": error}, data.state),
    "Two maps over angle and speed, much alike: small at the white points, large around upright.",
)
distance = np.abs((grid / scale)[:, None] - (data.state / scale)[None]).max(2).min(1)
near, far = distance < np.quantile(distance, 0.25), distance > np.quantile(distance, 0.75)
rank = spearmanr(says, error).statistic
medians = [np.median(says[rows]) for rows in (near, far)]
print(f"median disagreement near the data {medians[0]:.4f}, far {medians[1]:.4f}")
print(f"correlation of the ranks of disagreement and true error: {rank:.2f}")
print(f"true error / disagreement, median: {np.median(error / says):.2f}")
lab.record(disagreement_near_far=medians, rank=rank)

# %% [markdown]
# The white points are the data. Left is your function: the members nearly agree near the data and
# disagree elsewhere. The right map looks much the same, although the left was made without any
# knowledge of the truth. It is an *order*, not a guarantee: the last line says how far the size is
# off.
#
# ## 4 · Errors feed on themselves
#
# *A model is good to three digits after one step. And after fifty?* In a rollout each prediction is
# the input of the next, so an error moves the model to where it errs otherwise.
#
# ### Exercise 3 · The error at a lead (medium, required, 10 min)
#
# From **every** real state that has another real state `lead` steps later, predict `lead` steps
# *open loop*: feed the recorded actions, do not look at reality in between. Return the root mean
# square of `difference(predicted, real)` over all starts and coordinates. (`difference` knows about
# angles and units.)
#
# <details><summary>Hint 1: the idea</summary>
# How many starts are there with T actions and a lead of 2? All of them can go in one batch that
# takes its steps together.</details>
#
# <details><summary>Hint 2: the structure</summary>
# starts = T − lead + 1; state = states[:starts]; in step k the start i needs the action i + k, so
# all of them need actions[k : k + starts]; in the end compare with states[lead:].</details>


# %%
def error_at_lead(predict, difference, states, actions, lead):
    """(T + 1, S) real states, (T, A) actions between them, lead >= 1 -> a number.

    ``predict`` takes (B, S) and (B, A) tensors and returns (B, S); ``difference`` takes two (B, S).
    """
    ### BEGIN SOLUTION
    starts = len(actions) - lead + 1
    state = states[:starts]
    for step in range(lead):
        state = predict(state, actions[step : step + starts])
    return difference(state, states[lead:]).square().mean().sqrt()
    ### END SOLUTION


# %% tags=["check"]
error_at_lead = checks.exercise("03.3", error_at_lead)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# starts = len(actions) - lead + 1
# state = states[:starts]
# for step in range(lead):
#     state = predict(state, actions[step : step + starts])
# return difference(state, states[lead:]).square().mean().sqrt()
# ```
#
# The prediction is fed back and reality is looked at only in the end: that is what a rollout in
# imagination does. Every start counts, so a lucky beginning cannot decide.
# </details>
#
# Four models on the test episodes: *nothing changes*; the ensemble from 200 steps; the same from
# 1,000 steps; and a **cheap baseline**, linear least squares from
# $(\cos\theta, \sin\theta, \dot\theta, u, 1)$ to the increment, fitted to the same 200 steps.

# %%
more_data = parts.real_steps(task, 1000, SEED)  # begins with the same 200 steps
ensemble_1000 = parts.ensemble(task, more_data, SEED, budget.size)
linear, coefficients = parts.straight_line(task, data)
print("linear:    cos     sin   speed  torque       1")
for name, column in zip(("angle", "speed"), coefficients.T.round(4) + 0.0, strict=True):
    print(f"Δ {name}", *(f"{w:7.4f}" for w in column))


def mean_of(model):
    """The mean prediction of the elites, nothing drawn."""
    return lambda state, action: model.predict(state, action, deterministic=True)


def apart_by(a, b):
    return task.difference(a, b) / scale_t


# %%
rivals = {"nothing changes": lambda state, action: state, "ensemble, 200 steps": mean_of(ensemble),
          "ensemble, 1,000 steps": mean_of(ensemble_1000), "linear, 200 steps": linear}  # fmt: skip
leads, by_lead = (1, 2, 5, 10, 20, 50, 100), {}
episodes = [test[test.episode == e] for e in np.unique(test.episode)]
for name, predict in rivals.items():
    errors = []
    for piece in episodes:
        path = np.concatenate([piece.state, piece.next_state[-1:]])
        path, torques = (torch.as_tensor(z, dtype=torch.float32) for z in (path, piece.action))
        with torch.no_grad():
            errors.append(
                [float(error_at_lead(predict, apart_by, path, torques, n)) for n in leads]
            )
    by_lead[name] = np.sqrt(np.mean(np.square(errors), 0))
style.show_figure(
    figures.errors_ahead(leads, by_lead),
    "Error over steps ahead, logarithmic: four rising lines, the linear baseline lowest.",
)
print("error in units of the spread after 1, 10, 50 and 100 steps")
for name, errors in by_lead.items():
    print(f"{name:<22}", *(f"{errors[k]:9.4f}" for k in (0, 3, 5, 6)))
lab.record(lead_errors=by_lead)

# %% [markdown]
# The ensemble's error multiplies along the way: a prediction that is
# fine for a few steps is worth little after some dozens; five times the data move that point out.
# And the **linear baseline** leaves the ensemble of the same 200 steps far behind, with ten
# coefficients and no training, because this world's increments happen to *be* linear in sine, speed
# and torque. Its coefficients are the physics ($0.75 \sin\theta + 0.15\,u$; compare the printed
# row). A model of the right form needs few data; finding the form without being handed the sine is
# what the rest of this course is about.
#
# ## 5 · The optimiser finds the hole
#
# *Errors cut both ways, so do they not average out?* Not if someone **chooses**. An optimiser looks
# for actions with a high imagined return, and an imagined return is high where the action is good
# or *where the model errs in its favour*.
#
# See it happen: a single small network, fitted briefly to the 200 steps. In it we plan four
# seconds of torque from hanging at rest by the *cross-entropy method*: draw 200 torque sequences,
# keep the tenth with the highest imagined return, draw the next ones from a Gaussian around them,
# and so on.
#
# **Predict:** the imagined return can only rise. What will the *real* return of the same torques
# do?

# %%
single = {"members": 1, "elites": 1, "hidden_layers": 2, "hidden": 48, "longest": 400}
hasty = parts.ensemble(task, data, SEED, single)
searches = {}
with torch.no_grad():
    for name, step in (("hasty network", mean_of(hasty)), ("true equations", task.true_step)):
        runs = [parts.cross_entropy(task, step, budget.plans, 10 * SEED + k) for k in range(4)]
        searches[name] = np.array([history for history, _ in runs])  # (4, rounds, 2)
style.show_figure(
    figures.exploitation(searches),
    "Left, a hasty network: imagined return up, real return not. Right: both rise as one line.",
)
for name, returns in searches.items():
    first, last = returns[:, 0].mean(0), returns[:, -1].mean(0)
    print(f"{name}: imagined {first[0]:.0f} -> {last[0]:.0f}, real {first[1]:.0f} -> {last[1]:.0f}")
lab.record(exploited={name: returns[:, -1].mean(0) for name, returns in searches.items()})

# %% [markdown]
# Thick lines are means of four searches, thin ones the searches. On the right, imagination and
# reality are one. On the left the imagined return climbs while the real one lags behind or falls:
# the plan is good *for the errors of the model*. The gap between the two lines is the sign of this
# **model exploitation**. A policy trained in long rollouts of such a model does the same.
#
# ## 6 · MBPO's answer: short branches from real states
#
# *How can a model that is right for a few steps teach what takes a hundred?* Do not begin at the
# start of an episode. **Begin anywhere the real learner has been, and go a few steps only** (Janner
# et al. 2019). Reality does the long way, the model the last bit; the value function carries
# rewards from further ahead. Errors have no time to grow, and the branches start near the data.
# Around it stands a loop with three buffers, and in it the model can be exchanged:

# %% tags=["hide-input"]
style.show_figure(
    figures.loop(),
    "Boxes in a circle: real environment, all real data, regression, world model, imagined "
    "rollouts, imagined data, policy, and back. Rollouts start in recent real states.",
)

# %% [markdown]
# $B_E$ holds every real transition, to fit the model; $B_{EM}$ the real states where rollouts
# start; $B_\pi$ imagined transitions, from which SAC learns. In the place of *regression* and
# *world model* may stand an ensemble of networks (`mbpo`), formulas (`sparse`, `symbolic`:
# notebooks 04 to 10), or the true equations (`oracle`: what a perfect model would allow).
#
# ### Exercise 4 · A batch of branches (hard, required, 20 min)
#
# Write the branched rollout that fills $B_\pi$. All branches take a step together. A branch whose
# step *ended the episode* stores that transition, marked 1, and goes no further. A branch that has
# reached `length` is only cut off: its last transition is **not** an end of the episode.
#
# Return a dict of five tensors with one row for each imagined transition: first all branches' first
# steps in the order of `starts`, then the second steps of those still running, and so on. `reward`
# and `ended` have one column, (N, 1); `ended` holds the numbers 0 and 1.
#
# <details><summary>Hint 1: the idea</summary>
# Keep a batch <code>state</code> that shrinks: store first, drop the ended branches
# afterwards.</details>
#
# <details><summary>Hint 2: the structure</summary>
# A dict of five empty lists. In each of length steps: action, next_state, over = ended(next_state);
# append the five columns (<code>[:, None]</code> makes a column, <code>.float()</code> a number of
# a truth value); <code>state = next_state[~over]</code>. In the end <code>torch.cat</code> each
# list.</details>


# %%
def branch(predict, act, reward, ended, starts, length):
    """(B, S) start states -> dict: state, action, reward, next_state, ended, each (N, ·).

    ``act``: (B, S) -> (B, A) actions; ``predict``: (B, S), (B, A) -> (B, S) next states;
    ``reward``: (B, S), (B, A), (B, S) -> (B,); ``ended``: (B, S) next states -> (B,) bool.
    """
    ### BEGIN SOLUTION
    columns = {name: [] for name in ("state", "action", "reward", "next_state", "ended")}
    state = starts
    for _ in range(length):
        action = act(state)
        next_state = predict(state, action)
        over = ended(next_state)
        columns["state"].append(state)
        columns["action"].append(action)
        columns["reward"].append(reward(state, action, next_state)[:, None])
        columns["next_state"].append(next_state)
        columns["ended"].append(over[:, None].float())
        state = next_state[~over]
    return {name: torch.cat(rows) for name, rows in columns.items()}
    ### END SOLUTION


# %% tags=["check"]
branch = checks.exercise("03.4", branch)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# columns = {name: [] for name in ("state", "action", "reward", "next_state", "ended")}
# state = starts
# for _ in range(length):
#     action = act(state)
#     next_state = predict(state, action)
#     over = ended(next_state)
#     columns["state"].append(state)
#     columns["action"].append(action)
#     columns["reward"].append(reward(state, action, next_state)[:, None])
#     columns["next_state"].append(next_state)
#     columns["ended"].append(over[:, None].float())
#     state = next_state[~over]
# return {name: torch.cat(rows) for name, rows in columns.items()}
# ```
#
# The transition that ends an episode is stored before its branch is dropped, because it is the one
# that tells SAC about the end. A branch that is cut off gets no mark: marked, it would teach that
# after so many steps all costs stop.
# </details>
#
# Your branches in the ensemble: five steps under random torques, from every tenth state of a real
# episode.


# %%
def never(state):
    """A pendulum has no end: (B, S) -> (B,) False."""
    return torch.zeros(len(state), dtype=torch.bool)


def random_torque(state):
    return 4 * torch.rand(len(state), 1, generator=generator) - 2


real_states = torch.as_tensor(data.state, dtype=torch.float32)
with torch.no_grad():
    rows = branch(ensemble.predict, random_torque, task.reward, never, real_states[:60:10], 5)
style.show_figure(
    figures.branches(data.state[:60], rows["state"].numpy(), 5),
    "A real path of 60 steps over angle and speed; six short branches leave it at black dots.",
)

# %% [markdown]
# Each coloured tail is one branch. It leaves the real path, because other torques act. None is long
# enough to get far from the data.
#
# ## 7 · The limit: what a perfect model cannot do
#
# *Would a perfect model solve everything?* Here is MBPO around your branches: every 50 updates
# about 1,000 imagined transitions go into $B_\pi$, and SAC (the package's, the same algorithm as in
# notebook 02) learns from batches of them.


# %%
def practise(predict, data, length, refit=None):
    """SAC in imagination: rows of (updates, mean real return), B_pi, and all real data.

    refit : data -> predict; if given, the policy plays 200 more real steps after every 1,000
    updates, and the model is fitted anew.
    """
    draw, curve = torch.Generator().manual_seed(SEED), []
    agent = SAC(task.observation_size, task.action_size, SACConfig(), draw)
    b_pi = ReplayBuffer(200_000, {"observation": 3, "action": 1, "reward": 1,
                                  "next_observation": 3, "terminated": 1})  # fmt: skip
    for update in range(budget.updates):
        if update % 50 == 0:
            rows = torch.randint(len(data["state"]), (1000 // length,), generator=draw)
            imagined = rollout(agent, predict, data["state"][rows], length)
            b_pi.add(
                observation=task.observation_from_state(imagined["state"]),
                action=task.to_unit_action(imagined["action"]), reward=imagined["reward"],
                next_observation=task.observation_from_state(imagined["next_state"]),
                terminated=imagined["ended"],
            )  # fmt: skip
        agent.set_learning_rate(1e-3 * min(1, 2 * (1 - update / budget.updates)))
        agent.update(b_pi.sample(256, draw))
        if (update + 1) % (budget.updates // 5) == 0:
            curve.append((update + 1, real_return(agent)))
            if refit and update + 1 < budget.updates:
                # the true equations are the simulator: these 200 steps are real
                lived = rollout(agent, task.true_step, task.start_state(1, draw), 200)
                data = {name: torch.cat([data[name], lived[name]]) for name in data}
                predict = refit(data)
    return np.array(curve), b_pi, data


@torch.no_grad()
def rollout(agent, predict, starts, length):
    """Your branches under the agent's policy."""

    def act(state):
        return task.from_unit_action(agent.act(task.observation_from_state(state)))

    return branch(predict, act, task.reward, never, starts, length)


def real_return(agent):
    starts = range(20_000, 20_000 + budget.episodes)
    return evaluate(task, lambda seen: agent.act(seen, deterministic=True), starts).mean


# %% [markdown]
# Three ways, each with the same number of updates, and each beginning with the 200 random steps:
#
# - **perfect, an episode long:** the true equations, rollouts of 200 steps from the 200 states;
# - **perfect, short, stale:** the true equations, rollouts of 2 steps, always from these states;
# - **learned, short, fresh:** the ensemble, rollouts of 2 steps; but the policy plays 200 more real
#   steps now and then, rollouts start from these, too, and the ensemble is refitted. This is MBPO.
#
# **Predict:** the model is perfect in the first two. Which of the three reach −160?

# %%
known = {
    name: torch.as_tensor(getattr(data, name), dtype=torch.float32).reshape(len(data), -1)
    for name in ("state", "action", "reward", "next_state")
}
ways = {
    "perfect, an episode long": (task.true_step, 200, None),
    "perfect, short, stale": (task.true_step, 2, None),
    "learned, short, fresh": (ensemble.predict, 2, lambda lived: parts.refitted(ensemble, lived)),
}
curves, states = {}, {}
for name, (predict, length, refit) in ways.items():
    curves[name], b_pi, lived = practise(predict, known, length, refit)
    print(f"{name:<25}{len(lived['state']):5d} real steps, {b_pi.added:7,d} imagined,", end=" ")
    print(f"return {curves[name][-1, 1]:7.1f}")
    shown = b_pi.sample(300, torch.Generator().manual_seed(SEED))["observation"]
    states[name] = task.state_from_observation(shown).numpy()
style.show_figure(
    figures.three_ways(curves, states, task.solved_return),
    "Above: return over updates; the perfect model with long rollouts reaches -160, stale short "
    "ones stay lowest, MBPO lies between. Below: only the stale states keep to the hanging side.",
)
lab.record(three_ways={name: curve[-1, 1] for name, curve in curves.items()})

# %% [markdown]
# Below the curves: the states in $B_\pi$, all that SAC ever learned from. Short rollouts from one
# random episode stay where that episode was, and the policy never hears of the rest: a **plateau**
# with a flawless model. Fresh starts push the frontier out, at the price of real steps, and with
# them even the learned model gets further, although not to −160 in the stored run. A model that can
# be trusted for a whole episode needs no fresh starts. Here **coverage mattered more than the
# quality of the model**. Longer rollouts cover more, if the model can be trusted that far: their
# length is the most important setting of these methods.
# (One seed each: change `SEED` and look whether the order stays.)
#
# Every method of this course is judged by how close it comes to the *oracle*, the perfect model,
# which needs real steps for start states only (the bill of notebook 02).
#
# ## Quick quiz
#
# <details><summary>Dyna-Q with n = 50 does 51 updates per real step. Why not set n to a million and
# take ten real steps?</summary>
# Planning spreads what is known; it adds nothing. Ten steps have not seen the goal.</details>
#
# <details><summary>A model has R² = 0.99 on next states. Is it good?</summary>
# "Nothing changes" scored almost as much. Ask for R² on increments, and for the error as many steps
# ahead as the model will be used.</details>
#
# <details><summary>During training the imagined return rises and the real return falls. What is
# going on, and what helps?</summary>
# The policy exploits the model. Shorter rollouts, fresh data from where the policy goes, refits;
# penalties for disagreement where no new data can be had.</details>
#
# ## What to remember
#
# - Planning in a learned model makes more of each real step; practice in a wrong one harms.
# - Regress increments, angles by the short way; judge by open-loop error, and beside a baseline.
# - An ensemble with learned variances separates noise from ignorance.
# - Optimisers seek out model errors: imagined return up, real return down.
# - Short branches from real states keep errors small; what they cover is then the limit.
#
# ## What next
#
# - In section 7, let the stale run imagine 5 or 20 steps: where does it begin to work?
# - Mark the last transition of each branch as an end, and see what that does to the returns.
# - The linear baseline won because it was *given* the sine. Notebook 04 asks how such a form can be
#   found from data; [notebook 10](10_symbolic_mbpo.ipynb) puts the formula into this loop.
#
# ## References
#
# - R. S. Sutton, *Dyna, an integrated architecture for learning, planning, and reacting*, ACM
#   SIGART Bulletin 2(4), 1991.
# - R. S. Sutton and A. G. Barto, *Reinforcement Learning: An Introduction*, 2nd edition, MIT Press,
#   2018, chapter 8 (the maze).
# - B. Lakshminarayanan, A. Pritzel, C. Blundell, *Simple and scalable predictive uncertainty
#   estimation using deep ensembles*, 2017, arXiv 1612.01474.
# - K. Chua, R. Calandra, R. McAllister, S. Levine, *Deep reinforcement learning in a handful of
#   trials using probabilistic dynamics models* (PETS), 2018, arXiv 1805.12114.
# - M. Janner, J. Fu, M. Zhang, S. Levine, *When to trust your model: model-based policy
#   optimization* (MBPO), 2019, arXiv 1906.08253.
# - A. Gorodetskiy, K. Mironov, A. Panov, *Model-based policy optimization using symbolic world
#   model*, 2024, arXiv 2407.13518.
