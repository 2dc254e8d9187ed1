# %% [markdown]
# # 03 · Learning in a model
#
# **How can a learner get more out of each step in the real world?** A step of a robot costs
# seconds and wear; a step in a computer costs microseconds. So: use real steps to learn *how the
# world moves*, and practise in that model. This notebook goes from Sutton's Dyna (1991), in a maze,
# to model-based policy optimization (MBPO, 2019), on the pendulum, and breaks it on the way in the
# ways in which it breaks in practice.
#
# **You will be able to**
# - say what planning in a learned model wins, and what a small error of the model costs;
# - fit a dynamics model by regression, with an ensemble that says where it does not know;
# - measure how errors grow along a rollout, and recognise a policy that exploits them;
# - explain MBPO's short branched rollouts, and what limits even a perfect model.
#
# **Before you start:** Q-learning and soft actor-critic (SAC): what an action value, a replay
# buffer and a return are.
# **Time:** about 3 minutes of computing.
# **Memory:** under 1 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
import inspect
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy.stats import spearmanr

from symtut import make_task, progress
from symtut.agents.loop import Loop
from symtut.agents.policy import Policy
from symtut.experiments import evaluate
from symtut.experiments.config import RunConfig
from symtut.experiments.statistics import censored, curve_band, steps_to_threshold
from symtut.experiments.tables import read_curves, read_runs
from symtut.lab import checks, curves, diagrams, explorers, films, style
from symtut.lab.scenes import nb03_dyna as dyna
from symtut.paths import data_path
from symtut.storage import read_json
from symtut.tasks import EVALUATION_SEEDS
from symtut.tasks.random_policy import random_transitions
from symtut.world_models import make_world_model
from symtut.world_models.networks import ProbabilisticNetworks
from symtut.world_models.validation import lead_errors, spread

TINY = {"members": 4, "elites": 3, "hidden_layers": 2, "hidden": 32, "longest": 150}
budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(
        mazes=3, maze_steps=1000, fits=150, size=TINY, plans=5, updates=150, every=75,
        mbpo_steps=220, mbpo_profile="smoke", episodes=5,
    ),
    lab=dict(
        mazes=10, maze_steps=1500, fits=1000, size={"longest": 1500}, plans=20, updates=5000,
        every=500, mbpo_steps=500, mbpo_profile="default", episodes=100,
    ),
    paper=dict(
        mazes=50, maze_steps=1500, fits=4000, size={}, plans=40, updates=8000,
        every=500, mbpo_steps=1500, mbpo_profile="default", episodes=100,
    ),
)  # fmt: skip

# %% [markdown]
# ## 1 · Dyna: practise between the steps
#
# *What can be done with a step after it has been taken?* Here is a maze. From S the learner moves
# up, right, down or left; each move costs 1 (reward −1) until it reaches G, and then it starts
# again. A wall stops it, and the move costs 1 all the same.

# %%
maze = dyna.Maze()
dyna.draw_maze(maze)
plt.show()
print(f"shortest way: {maze.shortest()} moves; {maze.size - len(maze.walls)} free cells")

# %% [markdown]
# Q-learning keeps a table $Q(s, a)$: the return to expect after action $a$ in cell $s$. When a step
# gave the reward $r$ and led to the cell $s'$, it moves one entry:
#
# $$Q(s, a) \leftarrow Q(s, a) + \alpha\,\bigl[\,r + \max_{a'} Q(s', a') - Q(s, a)\,\bigr]$$
#
# $\alpha$ is the step size, $a'$ runs over the four moves, and there is no maximum to add where
# $s'$ ends the episode. (No discount: each move costs 1, and that is all.)
#
# After the update the step is forgotten, although it told more: **how the world moves**. Dyna
# (Sutton 1991) writes it into a second table, the *model*: $(s, a) \to (r, s')$. Between two real
# steps it draws $n$ pairs $(s, a)$ that it has tried before, asks the model what happens, and does
# *the same update* as if it had just happened. Learning and planning are one operation; only the
# source of the transitions differs.
#
# ### Exercise 1 · The planning update (easy, 10 min)
#
# Write it for a list of pairs, one after the other, with $\alpha = 0.5$. The model gives
# `reward, next_cell, ended` for each pair.


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


# %% [markdown]
# <details><summary>Hint</summary>The bracket is <code>target - q[cell, action]</code>. The target
# has two cases. Each pair in the list must see what the pairs before it have changed.</details>


# %% tags=["check"]
plan = checks.exercise("03.1", plan)

# %% [markdown]
# The loop around it fits on a screen. `plan` is used twice: on what has just happened, and on what
# the model remembers.

# %%
source = inspect.getsource(dyna.dyna_q)
print(source[source.index("    generator =") :])

# %% [markdown]
# **Predict:** with $n = 5$ the table is updated six times per real step, with $n = 50$ fifty-one
# times. How many times more often will each have found the goal after the same real steps?


# %%
def trials(planning, **options):
    """The same run with several seeds."""
    seeds = range(SEED, SEED + budget.mazes)
    seeds = progress.steps(seeds, f"mazes, {planning} planning steps")
    return [dyna.dyna_q(maze, budget.maze_steps, planning, plan, s, **options) for s in seeds]


def draw_goals(axes, runs, label, colour, dash):
    """Goals reached against real steps: interquartile mean over seeds, 95 % bootstrap band."""
    middle, low, high = curve_band(np.array([run.goals for run in runs]), 300)
    steps = np.arange(1, budget.maze_steps + 1)
    axes.plot(steps, middle, dash, color=colour, label=label)
    axes.fill_between(steps, low, high, color=colour, alpha=0.15, linewidth=0)
    axes.set(xlabel="real steps", ylabel="goals reached so far")


honest = {n: trials(n) for n in (0, 5, 50)}
figure, axes = plt.subplots()
for (n, runs), colour, dash in zip(
    honest.items(), style.OKABE_ITO, ("-", "--", "-."), strict=False
):
    draw_goals(axes, runs, f"n = {n} planning updates", colour, dash)
    print(f"n = {n:>2}: {np.mean([run.goals[-1] for run in runs]):.1f} goals on average")
axes.set_title(f"Dyna-Q in the maze, {budget.mazes} seeds, 95 % intervals")
axes.legend(loc="upper left")
plt.show()
lab.record(maze_goals={n: np.mean([run.goals[-1] for run in runs]) for n, runs in honest.items()})

# %% [markdown]
# The learner that plans does not see more of the world. It makes more of what it saw: the news
# "the goal is here" travels back through the remembered steps at once, instead of by one cell per
# visit. The first goal takes chance in any case; after it, planning decides. Move the sliders:
# colour is how many moves to the goal the table *believes* are left.

# %%
explored = {}


def draw_belief(planning_updates, real_steps):
    key = planning_updates, real_steps
    if key not in explored:
        explored[key] = dyna.dyna_q(maze, real_steps, planning_updates, plan, SEED)
    run = explored[key]
    figure, axes = plt.subplots(figsize=(6.4, 3.4))
    image = dyna.draw_maze(maze, run.q, axes)
    figure.colorbar(image, ax=axes, label="believed moves to the goal", ticks=range(0, 21, 5))
    axes.set_title(f"n = {planning_updates}, {real_steps} real steps, {run.goals[-1]} goals")


explorers.explore(draw_belief, planning_updates=[50, 5, 0], real_steps=(100, 1500, 100, 600))

# %% [markdown]
# ### A small error, planted
#
# Now one entry of the model is wrong. It claims that moving right from the cell beside the upper
# wall leads *through the wall* into the goal. Two cases: the entry can be corrected (the model is a
# table, one real try overwrites it), or it cannot (a model that is too coarse to know of the wall).
#
# **Predict:** who suffers more from the error that stays: $n = 5$ or $n = 50$?

# %%
shortcut = {(maze.cell(0, 6), 1): (-1.0, maze.goal, True)}
cases = {
    "right model, n = 50": honest[50],
    "error that data correct, n = 50": trials(50, planted=shortcut),
    "error that stays, n = 5": trials(5, planted=shortcut, correctable=False),
    "error that stays, n = 50": trials(50, planted=shortcut, correctable=False),
    "no planning, n = 0": honest[0],
}
figure, axes = plt.subplots(1, 2, figsize=(9.4, 3.5), width_ratios=[1.25, 1])
for (label, runs), colour, dash in zip(
    cases.items(), style.OKABE_ITO, ("-", "--", "-.", "-", ":"), strict=False
):
    draw_goals(axes[0], runs, label, colour, dash)
    half, end = (-np.mean([run.belief[k] for run in runs]) for k in (budget.maze_steps // 2, -1))
    print(f"{label:<33} {np.mean([run.goals[-1] for run in runs]):5.1f} goals; believes "
          f"{end:4.1f} moves from S to G (half-way: {half:4.1f})")  # fmt: skip
axes[0].legend(fontsize=8, loc="upper left")
fooled = cases["error that stays, n = 50"]
where = np.bincount(np.concatenate([run.visited for run in fooled]), minlength=maze.size)
shown = np.where(where > 0, 100 * where / where.sum(), np.nan).reshape(maze.shape)
image = axes[1].imshow(shown, cmap="YlOrBr", vmin=0)
dyna.draw_maze(maze, axes=axes[1])
figure.colorbar(image, ax=axes[1], label="% of its real steps", shrink=0.8)
axes[1].set_title("Where the fooled learner stands (n = 50)")
plt.show()
lab.record(
    fooled_goals=np.mean([run.goals[-1] for run in fooled]),
    corrected_goals=np.mean([r.goals[-1] for r in cases["error that data correct, n = 50"]]),
    fooled_belief=-np.mean([run.belief[-1] for run in fooled]), shortest=maze.shortest(),
)  # fmt: skip

# %% [markdown]
# The fooled learner stands before the wall and pushes. Each real bump lowers the value of pushing;
# fifty planning updates raise it again before the next. It believes in fewer moves than the
# shortest way has, and reaches the goal no more often, or less, than the learner without a model.
# (That one is too hopeful as well, because its table began at 0 and is still filling: compare
# half-way and end.) **More
# practice in a wrong model is worse, not better**, and the sign of it is a value that no real run
# ever returns. An error that the next real step corrects costs next to nothing: this is why a
# model is learned *along with* the policy, from the states to which the policy leads.
#
# ## 2 · A model without a table
#
# *What replaces the table where states are real numbers?* No state is ever visited twice, so the
# model must generalise: it is a regression from (state, action) to what happens next. Our world is
# the pendulum: angle $\theta$ (0 upright), angular velocity $\dot\theta$, torque $u$ of at most
# 2 N m, too weak to lift it in one go. The data are 200 steps under random torques.

# %%
task = make_task("pendulum")
data = random_transitions(task, 200, SEED)
test = random_transitions(task, 600, 1000 + SEED)  # three other episodes, to judge by
pieces = [test[test.episode == e] for e in np.unique(test.episode)]
scale = spread(task, test.state)  # errors will be in units of the states' own spread

figure, axes = plt.subplots(figsize=(5.2, 3.4))
axes.plot(*test.state.T, ".", color="#BBBBBB", markersize=3, label="three test episodes")
axes.plot(*data.state.T, ".", markersize=4, label="200 steps to learn from")
axes.set(xlim=(-np.pi, np.pi), ylim=(-8.5, 11), xlabel=style.label("theta"),
         ylabel=style.label("theta_dot"))  # fmt: skip
axes.legend(loc="upper center", ncols=2, fontsize=8.5)
plt.show()

# %% [markdown]
# What should the regression predict? The obvious target is the next state $s'$. Before any fitting,
# look at what the emptiest of all models scores: **nothing changes**, $s' = s$.
#
# The share of variance explained is $R^2 = 1 - \sum (y - \hat y)^2 / \sum (y - \bar y)^2$, with
# targets $y$, their mean $\bar y$ and predictions $\hat y$. We take it on the next observation
# $(\cos\theta', \sin\theta', \dot\theta')$, and on the increment $\Delta s = s' - s$.


# %%
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
# moves is all that matters. So the score is taken on increments, and the increment is the target.
# There is one more trap: $\theta$ lives on a circle. From 3.1 to −3.1 rad it moved by 0.08 rad, not
# by −6.2; `task.difference` takes the short way round.
#
# Fit the same small network to three targets: the next observation, the increment by plain
# subtraction, and the increment done right. **Predict:** which of them keeps to reality for 20
# steps?


# %%
def fit_network(x, y, updates):
    """A network of 2 x 64 units on standardised numbers: (N, 4), (N, D) -> function of x."""
    torch.manual_seed(SEED)
    x, y = (torch.as_tensor(z, dtype=torch.float32) for z in (x, y))
    x0, x1, y0, y1 = x.mean(0), x.std(0), y.mean(0), y.std(0)
    layers = (torch.nn.Linear(x.shape[1], 64), torch.nn.SiLU(), torch.nn.Linear(64, 64),
              torch.nn.SiLU(), torch.nn.Linear(64, y.shape[1]))  # fmt: skip
    network = torch.nn.Sequential(*layers)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in progress.steps(range(updates), "network"):
        loss = (network((x - x0) / x1) - (y - y0) / y1).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return lambda z: network((z - x0) / x1).detach() * y1 + y0


class Model:
    """Anything with ``predict(state, action) -> next state``."""

    def __init__(self, predict):
        self.predict = predict


def inputs(state, action):  # what the policy sees, and the action: (B, 4)
    parts = [task.observation_from_state(state), action]
    return torch.cat(parts, 1) if isinstance(state, torch.Tensor) else np.concatenate(parts, 1)


x = inputs(data.state, data.action)
targets = {
    "next observation": task.observation_from_state(data.next_state),
    "plain difference": data.next_state - data.state,
    "increment": task.difference(data.next_state, data.state),
}
fitted = {name: fit_network(x, y, budget.fits) for name, y in targets.items()}

# %%
models = {"nothing changes": Model(lambda s, a: s)}
for name, f in fitted.items():
    if name == "next observation":
        models[name] = Model(lambda s, a, f=f: task.state_from_observation(f(inputs(s, a))))
    else:
        models[name] = Model(lambda s, a, f=f: task.advance(s, f(inputs(s, a))))

print(" " * 20 + "R²: next observation, increment;   error after 1 step, 20 steps")
test_t = [torch.as_tensor(z, dtype=torch.float32) for z in (test.state, test.action)]
for name, model in models.items():
    after = model.predict(*test_t).double().numpy()
    scores = [r_squared(seen_next, task.observation_from_state(after))]
    scores += [r_squared(increment, task.difference(after, test.state))]
    scores += [*lead_errors(model, task, pieces, scale, most=20)[[0, 19]]]
    print(f"{name:<18}{scores[0]:>21.4f}{scores[1]:>11.3f}{scores[2]:>22.4f}{scores[3]:>10.3f}")
    lab.record(**{f"target {name}": scores})

# %% [markdown]
# Errors are in units of the states' spread: 1 means off by as much as the states vary. The network
# for the next observation has a fine $R^2$ in the column that flatters and a poor one in the column
# that counts: it spent itself on copying its input. The plain difference is ruined by a handful of
# points. Here they are:

# %% tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True)
for ax, name in zip(axes, ("plain difference", "increment"), strict=True):
    ax.plot(data.state[:, 0], targets[name][:, 0], ".", label="data")
    order = np.argsort(data.state[:, 0])
    guess = fitted[name](torch.as_tensor(x, dtype=torch.float32)).numpy()[order, 0]
    ax.plot(data.state[order, 0], guess, ".", markersize=3, label="network")
    ax.set(xlabel=style.label("theta"), title=f"target: {name}")
axes[0].set_ylabel(r"change of $\theta$ in a step (rad)")
axes[0].legend(loc="center")
plt.show()

# %% [markdown]
# ## 3 · Two kinds of not knowing
#
# *When should a model not be believed?* There are two reasons to be unsure about the next state:
#
# - the world itself is noisy: **aleatoric** uncertainty. More data do not remove it;
# - there were no data near by: **epistemic** uncertainty. More data do remove it.
#
# A network can learn the first. Let it output a mean $\mu$ and a log-variance $\log\sigma^2$, both
# functions of the input, and ask that the observed $y$ be likely under the Gaussian
# $\mathcal N(\mu, \sigma^2)$.
#
# ### Exercise 2 · The negative log-likelihood (medium, 10 min)
#
# Write $-\log \mathcal N(y; \mu, \sigma^2)$ for each element. The network gives
# $\ell = \log\sigma^2$, because any real number is allowed there.


# %%
def negative_log_likelihood(mean, log_variance, y):
    """Tensors of one shape -> tensor of that shape, -log of the Gaussian density at y."""
    ### BEGIN SOLUTION
    squares = (y - mean) ** 2 / torch.exp(log_variance)
    return 0.5 * (squares + log_variance + np.log(2 * np.pi))
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>The density is
# exp(−(y−μ)²/(2σ²)) / √(2πσ²). Take the logarithm of each factor.</details>

# %% tags=["check"]
negative_log_likelihood = checks.exercise("03.2", negative_log_likelihood)

# %% [markdown]
# For the second kind, train several networks, each on its own *bootstrap* (as many rows, drawn with
# replacement) and from its own first weights. Where there are data they must agree; elsewhere
# nothing makes them. One input, one output, a noise that grows to the right, and a gap in the data:

# %%
generator = torch.Generator().manual_seed(SEED)
x_toy = torch.rand(240, 1, generator=generator) * 6 - 3
x_toy = x_toy[(x_toy < -0.2) | (x_toy > 1.2)][:, None]  # the gap


def toy_noise(x):
    return torch.where(x < 0, 0.05, 0.3)


def toy_world(x):
    return torch.sin(2 * x) + toy_noise(x) * torch.randn(x.shape, generator=generator)


y_toy, members = toy_world(x_toy), 7
toy = ProbabilisticNetworks(1, 1, members, 2, 32, generator)
bootstrap = torch.randint(len(x_toy), (members, len(x_toy)), generator=generator)
for parameter in toy.parameters:
    parameter.requires_grad_(True)
optimiser = torch.optim.Adam(toy.parameters, lr=3e-3)
for _ in progress.steps(range(max(400, budget.fits)), "toy ensemble"):
    mean, log_variance = toy.forward(x_toy[bootstrap])  # (members, rows, 1)
    loss = negative_log_likelihood(mean, log_variance, y_toy[bootstrap]).mean((1, 2))
    loss = loss + 0.01 * (toy.highest - toy.lowest).sum((1, 2))  # keeps the bounds of σ² together
    optimiser.zero_grad()
    loss.sum().backward()  # no parameter is shared: each network gets its own gradient
    optimiser.step()

# %%
line = torch.linspace(-4.2, 4.2, 211)[:, None]
with torch.no_grad():
    mean, log_variance = toy.forward(line.expand(members, -1, -1))
noise = (log_variance / 2).exp().mean(0)[:, 0]  # aleatoric: the mean of what each calls noise
apart = mean.std(0)[:, 0]  # epistemic: how far the means are from each other

figure, axes = plt.subplots(1, 2, figsize=(9.4, 3.3))
axes[0].plot(x_toy, y_toy, ".", color="#999999", markersize=3)
for one in mean[..., 0]:
    axes[0].plot(line, one, linewidth=1, color=style.OKABE_ITO[0])
axes[0].set(xlabel="x", ylabel="y", ylim=(-3, 3), title="Data and the means of seven networks")
axes[1].semilogy(line, noise, "--", color=style.OKABE_ITO[1], label="noise (aleatoric)")
axes[1].semilogy(line, apart, color=style.OKABE_ITO[0], label="disagreement (epistemic)")
axes[1].step(line, toy_noise(line), ":", color=style.INK, label="true noise")
for ax in axes:
    ax.axvspan(-0.2, 1.2, color="#888888", alpha=0.15, linewidth=0)
axes[1].set(xlabel="x", ylabel="standard deviation", ylim=(3e-3, 30), title="Two uncertainties")
axes[1].legend(fontsize=8.5, loc="upper center")
plt.show()
inside = (line[:, 0].abs() < 2.8) & ((line[:, 0] < -0.4) | (line[:, 0] > 1.4))
gap = (line[:, 0] > 0.2) & (line[:, 0] < 0.8)
lab.record(toy_apart=[apart[inside].mean(), apart[gap].mean(), apart[line[:, 0] > 3.6].mean()])
print("disagreement: among the data {:.3f}, in the gap {:.3f}, beyond the right end {:.3f}".format(
    *(apart[rows].mean() for rows in (inside, gap, line[:, 0] > 3.6))))  # fmt: skip

# %% [markdown]
# **Why must the variance be learned?** Suppose one constant $\sigma$ for all $x$. The value that
# makes the data most likely is the root mean square of the residuals, whatever $x$. How many fresh
# points lie within $\pm 2\sigma$ then? It should be 95 % on both sides.

# %%
left, right = torch.linspace(-2.8, -0.4, 2000)[:, None], torch.linspace(1.4, 2.8, 2000)[:, None]
with torch.no_grad():
    residual = toy.forward(x_toy.expand(members, -1, -1))[0].mean(0) - y_toy
    constant = residual.square().mean().sqrt()
    shares = {}
    for side, points in (("left", left), ("right", right)):
        m, v = toy.forward(points.expand(members, -1, -1))
        off = (toy_world(points) - m.mean(0)).abs()
        learned = ((v / 2).exp().square().mean(0) + m.var(0)).sqrt()  # noise and disagreement
        shares[side] = [(off < 2 * s).float().mean().item() for s in (learned, constant)]
        print("{:<6} inside ±2σ: learned σ {:.0%}, constant σ {:.0%}".format(side, *shares[side]))
lab.record(toy_shares=shares)

# %% [markdown]
# ### The ensemble of the package
#
# `EnsembleWorldModel` is this for any task: seven networks, the inputs what the policy sees, the
# outputs the increments; 20 % of the rows are held out from all of them, and the five networks that
# do best on these, the *elites*, predict. Training stops when the held-out errors fall no more. A
# rollout draws each row from the Gaussian of one elite.

# %%
ensemble = make_world_model("mbpo", task, SEED, size=budget.size)
report = ensemble.fit(data)
print(f"{report.n_transitions} transitions, {ensemble.gradient_steps} gradient steps, "
      f"{report.cpu_seconds:.1f} CPU-s")  # fmt: skip
print("held-out error of each network:", np.round(ensemble.held_out_error.numpy(), 5))
print("elites, best first:", ensemble.elites.tolist(), "\n")
print(inspect.getsource(ProbabilisticNetworks.loss))

# %% [markdown]
# ### Exercise 3 · Disagreement (medium, 10 min)
#
# `ensemble.predict_all(state, action)` gives the mean next states of all members, shape
# (members, B, S). Write how much they disagree: for each coordinate the standard deviation over the
# members (divide by the number of members) of the **increment**, in units of `scale`, and of these
# the root mean square over coordinates. `task.difference(next_states, state)` gives the increments.


# %%
def disagreement(next_states, state, scale):
    """(M, B, S) predictions, (B, S) states, (S,) units -> (B,) disagreement."""
    ### BEGIN SOLUTION
    increments = task.difference(next_states, state)
    apart = increments.std(0, correction=0) / scale
    return apart.square().mean(1).sqrt()
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary><code>tensor.std(0, correction=0)</code> is over the members. What
# happens to the standard deviation of the next states themselves if one member says 3.14 rad and
# another −3.14?</details>


# %% tags=["check"]
disagreement = checks.exercise("03.3", disagreement)

# %% [markdown]
# Now ask for all states of the pendulum, also those that the 200 steps never saw, and compare with
# the true error of one step, which only the simulator knows. **Predict:** where will the
# disagreement be large?

# %%
angles, speeds = np.linspace(-np.pi, np.pi, 61), np.linspace(-8, 8, 49)
grid = np.stack(np.meshgrid(angles, speeds), -1).reshape(-1, 2)
push = np.random.default_rng(SEED).uniform(-2, 2, (len(grid), 1))
grid_t, push_t, scale_t = (torch.as_tensor(z, dtype=torch.float32) for z in (grid, push, scale))
says = disagreement(ensemble.predict_all(grid_t, push_t), grid_t, scale_t).numpy()
guess = ensemble.predict(grid_t, push_t, deterministic=True).double().numpy()
off = task.difference(guess, task.true_step(grid, push)) / scale
error = np.sqrt((off**2).mean(1))

figure, axes = plt.subplots(1, 2, figsize=(9.4, 3.6), sharey=True)
for ax, values, title in zip(axes, (says, error), ("disagreement", "true error"), strict=True):
    picture = np.log10(values).reshape(len(speeds), len(angles))
    image = ax.pcolormesh(angles, speeds, picture, vmin=-3, vmax=0, cmap="cividis", rasterized=True)
    ax.plot(*data.state.T, ".", color="white", markersize=2)
    ax.set(xlabel=style.label("theta"), title=f"{title} of one step")
axes[0].set_ylabel(style.label("theta_dot"))
figure.colorbar(image, ax=axes, label="log10, in units of the spread")
plt.show()
gaps = (grid_t / scale_t)[:, None] - torch.as_tensor(data.state / scale, dtype=torch.float32)[None]
distance = gaps.norm(dim=2).min(1).values.numpy()
near, far = distance < np.quantile(distance, 0.25), distance > np.quantile(distance, 0.75)
rank = spearmanr(says, error).statistic
median = [float(np.median(says[rows])) for rows in (near, far)]
print("median disagreement: near the data {:.4f}, far from them {:.4f}".format(*median))
print(f"rank correlation of disagreement and true error: {rank:.2f}")
print(f"true error / disagreement, median: near {np.median((error / says)[near]):.2f}, "
      f"far {np.median((error / says)[far]):.2f}")  # fmt: skip
lab.record(disagreement_near_far=median, rank=rank)

# %% [markdown]
# The white points are the data. The ensemble is nearly of one mind there and falls out with itself
# elsewhere; the order of the errors is told well without any knowledge of the truth. It is an
# *order*, not a guarantee: see the last line for how far the size is off.
#
# ## 4 · Errors feed on themselves
#
# *A model is good to three digits after one step. And after fifty?* In a rollout each prediction is
# the input of the next, so an error moves the model to where it errs otherwise.
#
# ### Exercise 4 · The error at a lead (medium, 10 min)
#
# From **every** real state that has another real state `lead` steps later, predict `lead` steps
# *open loop*: feed the recorded actions, do not look at reality in between. Return the root mean
# square difference over all starts and coordinates. (No angles here: plain differences.)


# %%
def error_at_lead(predict, states, actions, lead):
    """(T + 1, S) real states, (T, A) actions between them, lead >= 1 -> a number.

    ``predict`` takes (B, S) and (B, A) tensors and returns (B, S).
    """
    ### BEGIN SOLUTION
    starts = len(actions) - lead + 1
    state = states[:starts]
    for step in range(lead):
        state = predict(state, actions[step : step + starts])
    return (state - states[lead:]).square().mean().sqrt()
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>How many starts are there with T actions and a lead of 2? All of
# them can go in one batch; in step k, start i needs action i + k.</details>


# %% tags=["check"]
error_at_lead = checks.exercise("03.4", error_at_lead)

# %% [markdown]
# `symtut.world_models.validation.lead_errors` does this for tasks with angles, for all leads at
# once. Four models on the test episodes: *nothing changes*; the ensemble from 200 steps; the same
# from 1,000 steps; and a **cheap baseline**, linear least squares from
# $(\cos\theta, \sin\theta, \dot\theta, u, 1)$ to the increment, fitted to the same 200 steps.

# %%
more_data = random_transitions(task, 1000, SEED)  # begins with the same 200 steps
ensemble_1000 = make_world_model("mbpo", task, SEED, size=budget.size)
ensemble_1000.fit(more_data)

ones = np.ones((len(data), 1))
weights, *_ = np.linalg.lstsq(np.hstack([x, ones]), targets["increment"], rcond=None)
weights_t = torch.as_tensor(weights, dtype=torch.float32)
print("linear:    cos     sin   speed  torque       1")
for name, column in zip(("angle", "speed"), weights.T.round(4) + 0.0, strict=True):
    print(f"Δ {name}", *(f"{w:7.4f}" for w in column))


def linear_predict(state, action):
    return task.advance(state, inputs(state, action) @ weights_t[:4] + weights_t[4])


def mean_of(model):  # the mean of the elites, nothing drawn
    return Model(lambda s, a: model.predict(s, a, deterministic=True))


# %%
rivals = {
    "nothing changes": (models["nothing changes"], "random"),
    "ensemble, 200 steps": (mean_of(ensemble), "mbpo"),
    "ensemble, 1,000 steps": (mean_of(ensemble_1000), "sac"),
    "linear, 200 steps": (Model(linear_predict), "sparse"),
}
figure, axes = plt.subplots(figsize=(8, 3.8))
leads, by_lead = np.arange(1, 101), {}
print("error in units of the spread after", "1, 10, 50 and 100 steps")
for name, (model, look) in rivals.items():
    by_lead[name] = lead_errors(model, task, pieces, scale, most=100)
    look = style.method_style(look) | {"markevery": [0, 1, 4, 9, 19, 49, 99]}
    axes.loglog(leads, by_lead[name], label=name, **look)
    print(f"{name:<22}", *(f"{by_lead[name][k - 1]:9.4f}" for k in (1, 10, 50, 100)))
axes.axhline(1, color=style.INK, linewidth=1, linestyle=":")
axes.text(1.05, 1.15, "off by as much as the states vary", fontsize=8.5)
axes.set(xlabel="steps ahead", ylabel="error / spread", title="Open loop, three test episodes")
axes.set_ylim(top=6)
axes.legend(fontsize=8.5, bbox_to_anchor=(1, 0.5), loc="center left")
plt.show()
lab.record(lead_errors={name: errors[[0, 9, 49, 99]] for name, errors in by_lead.items()})

# %% [markdown]
# Two lessons. The ensemble's error multiplies along the way: a prediction that is fine for a few
# steps is worth little after some dozens; five times the data move that point out. And the
# **linear baseline** leaves the ensemble of the same 200 steps far behind, with ten coefficients
# and no training, because this world's increments happen to *be* linear in sine, speed and torque.
# Its coefficients are the physics ($0.75 \sin\theta + 0.15\,u$; compare the printed row). A model
# of the right form needs few data; finding the form without being handed the sine is what the rest
# of this course is about. Where it fails is where the simulator clips the speed at 8 rad/s: if test
# episodes run into that bound, its line rises late.
#
# Drag the length of the rollout and see imagination leave reality: from one real state, the same
# torques in reality and in each of the ensemble's networks.

# %%
trail = max(pieces, key=lambda piece: np.abs(piece.state[:, 1]).max())  # the widest swing


def draw_rollout(rollout_length, first_step):
    torques = torch.as_tensor(trail.action, dtype=torch.float32)[first_step:][:rollout_length]
    state = torch.as_tensor(trail.state[first_step], dtype=torch.float32)
    count = ensemble.config.members
    states = [state.expand(count, 2)]
    for torque in torques:
        after = ensemble.predict_all(states[-1], torque.expand(count, 1))
        states.append(after[range(count), range(count)])  # each network follows its own path
    imagined = torch.stack(states).numpy()
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    axes.plot(*data.state.T, ".", color="#CCCCCC", markersize=3, label="learned from")
    for i in range(count):
        angle = style.break_wraps(imagined[:, i, 0])
        axes.plot(angle, imagined[:, i, 1], color=style.OKABE_ITO[1], linewidth=1,
                  label="imagined, one line a network" if i == 0 else None)  # fmt: skip
    real = trail.state[first_step:][: rollout_length + 1]
    axes.plot(style.break_wraps(real[:, 0]), real[:, 1], color=style.INK, label="real")
    axes.plot(*real[0], "o", color=style.INK)
    axes.set(xlim=(-np.pi, np.pi), ylim=(-9, 14), xlabel=style.label("theta"),
             ylabel=style.label("theta_dot"), title=f"{rollout_length} steps")  # fmt: skip
    axes.legend(loc="upper center", ncols=3, fontsize=8)


explorers.explore(draw_rollout, rollout_length=(1, 100, 1, 40), first_step=(0, 100, 10, 0))

# %% [markdown]
# ## 5 · The optimiser finds the hole
#
# *Errors cut both ways, so do they not average out?* Not if someone **chooses**. An optimiser looks
# for actions with a high imagined return, and an imagined return is high where the action is good
# or *where the model errs in its favour*.
#
# See it happen: a single small network, fitted briefly to the 200 steps. In it we plan four
# seconds of torque from hanging at rest by the *cross-entropy method*: draw many torque sequences,
# keep the tenth with the highest imagined return, draw the next ones from a Gaussian around them,
# and so on.

# %%
HOLD, HORIZON, HANGING = 4, 80, torch.tensor([np.pi, 0.0])


def imagined_return(predict, torques):
    """(N, HORIZON / HOLD) torques, each held for HOLD steps, from hanging -> (N,) returns."""
    state, total = HANGING.expand(len(torques), 2), torch.zeros(len(torques))
    for torque in torques.repeat_interleave(HOLD, dim=1).T:
        after = predict(state, torque[:, None])
        total = total + task.reward(state, torque[:, None], after)
        state = after
    return total


def cross_entropy(predict, rounds, seed, draws=200):
    """Best sequence of each round by imagined return; rows of (imagined, real) returns."""
    generator = torch.Generator().manual_seed(seed)
    mean, deviation = torch.zeros(HORIZON // HOLD), torch.full((HORIZON // HOLD,), 2.0)
    best, history = None, []
    for _ in range(rounds):
        noise = torch.randn(draws, len(mean), generator=generator)
        torques = (mean + deviation * noise).clamp(-2, 2)
        if best is not None:
            torques[0] = best  # the best so far stays in the race
        order = imagined_return(predict, torques).argsort(descending=True)
        best, elite = torques[order[0]], torques[order[: draws // 10]]
        mean, deviation = elite.mean(0), elite.std(0)
        pair = [imagined_return(f, best[None]).item() for f in (predict, task.true_step)]
        history.append(pair)
    return np.array(history), best


# %% [markdown]
# **Predict:** as the search goes on, the imagined return can only rise. What will the *real* return
# of the same torques do?

# %%
single = {"members": 1, "elites": 1, "hidden_layers": 2, "hidden": 48, "longest": 400}
hasty = make_world_model("mbpo", task, SEED, size=single)
hasty.fit(data)
searches = {}
for name, predict in (
    ("hasty network", mean_of(hasty).predict),
    ("true equations", task.true_step),
):
    tries = progress.steps(range(4), f"planning in the {name}")
    runs = [cross_entropy(predict, budget.plans, 10 * SEED + k) for k in tries]
    searches[name] = np.array([history for history, _ in runs])  # (4, rounds, 2)
    plan_found = runs[0][1]
    if name == "hasty network":
        fooled_plan = plan_found

figure, axes = plt.subplots(1, 2, figsize=(9.4, 3.5), sharey=True)
for ax, (name, returns) in zip(axes, searches.items(), strict=True):
    rounds = np.arange(1, returns.shape[1] + 1)
    for column, (text, dash) in enumerate((("imagined", "--"), ("real", "-"))):
        colour = style.OKABE_ITO[1 - column]
        ax.plot(rounds, returns[..., column].T, dash, color=colour, alpha=0.25, linewidth=1)
        ax.plot(rounds, returns[..., column].mean(0), dash, color=colour, label=text)
    ax.set(xlabel="rounds of the search", title=f"planned in: {name}")
    first, last = returns[:, 0].mean(0), returns[:, -1].mean(0)
    print(f"{name}: imagined {first[0]:.0f} -> {last[0]:.0f}, real {first[1]:.0f} -> {last[1]:.0f}")
axes[0].set_ylabel("return of 80 steps")
axes[0].legend()
plt.show()
lab.record(exploited={name: returns[:, -1].mean(0) for name, returns in searches.items()})

# %% [markdown]
# Thick lines are means of four searches, thin ones the searches. On the right, imagination and
# reality are one. On the left the imagined return climbs while the real one lags behind or falls:
# the plan is good *for the errors of the model*. Compare what the network promises with what the
# same search finds in the true equations. The gap is the signature. It is Dyna's pushing
# against the wall, once more, and a policy trained in long rollouts of such a model does the same.
#
# The torques of the first search on the left, in both worlds:

# %%
torques = fooled_plan.repeat_interleave(HOLD)[:, None]
angle = {}
for name, predict in (("imagined", mean_of(hasty).predict), ("real", task.true_step)):
    state, angle[name] = HANGING[None], []
    for torque in torques:
        angle[name].append(state[0, 0].item())
        state = predict(state, torque[None])
films.pendulum(
    np.stack([angle["imagined"], angle["real"]]), np.stack([torques[:, 0]] * 2),
    titles=["imagined", "real"], size=130, every=5,
)  # fmt: skip

# %% [markdown]
# ## 6 · MBPO's answer: short branches from real states
#
# *How can a model that is right for a few steps teach what takes a hundred?* Do not begin at the
# start of an episode. **Begin anywhere the real learner has been, and go a few steps only** (Janner
# et al. 2019). Reality does the long way, the model the last bit; the value function carries
# rewards from further ahead. Errors have no time to grow, and the branches start near the data.

# %%
branch_length, every = 5, 10
state = torch.as_tensor(data.state[:60:every], dtype=torch.float32)
branch_states = [state]
torques = torch.rand(branch_length, len(state), 1, generator=generator) * 4 - 2
for torque in torques:
    branch_states.append(ensemble.predict(branch_states[-1], torque))
branches = torch.stack(branch_states).numpy()
figure, axes = plt.subplots(figsize=(6.4, 3.6))
axes.plot(style.break_wraps(data.state[:60, 0]), data.state[:60, 1], color=style.INK,
          label="real episode")  # fmt: skip
for i in range(branches.shape[1]):
    axes.plot(style.break_wraps(branches[:, i, 0]), branches[:, i, 1], ".-",
              color=style.OKABE_ITO[1], markersize=4, linewidth=1,
              label="imagined, 5 steps" if i == 0 else None)  # fmt: skip
axes.plot(*branches[0].T, "o", color=style.INK, markersize=5, label="where a branch starts")
axes.set(xlabel=style.label("theta"), ylabel=style.label("theta_dot"))
axes.legend(fontsize=8.5, bbox_to_anchor=(1, 0.5), loc="center left")
plt.show()

# %% [markdown]
# Around it stands a loop with three buffers, and in it the model is a part that can be exchanged:

# %%
figure = diagrams.loop_diagram()
for text in figure.axes[0].texts:  # the course's picture, with a general word for the blue part
    if "transformer" in text.get_text():
        text.set_text("regression\n(any)")
    if "equations" in text.get_text():
        text.set_text("world\nmodel")
plt.show()

# %% [markdown]
# | buffer | holds | used for |
# |---|---|---|
# | $B_E$ | every real transition | fitting the world model |
# | $B_{EM}$ | the recent real states | where rollouts start (MBPO: from all of $B_E$) |
# | $B_\pi$ | imagined transitions | batches for SAC |
#
# | in the blue place | method |
# |---|---|
# | an ensemble of networks | `mbpo` |
# | formulas | `sparse`, `symbolic` (notebooks 04 to 10) |
# | the true equations | `oracle`: what a perfect model would allow |
# | nothing; $B_\pi$ holds real transitions | `sac` |
#
# One imagined step of all rollouts, as the package does it:

# %%
print(inspect.getsource(Loop.imagine))

# %% [markdown]
# ### Exercise 5 · Bookkeeping (easy, 5 min)
#
# The settings of `mbpo` in this course:

# %%
config = RunConfig.make("pendulum", "mbpo", budget.mbpo_steps, SEED)
for name in ("updates_per_step", "imagined_per_update", "rollout_length", "rollouts",
             "refit_every", "real_fraction", "start_states"):  # fmt: skip
    print(f"{name:<22} {getattr(config.loop, name)}")

# %% [markdown]
# For each **real** step: how many imagined transitions are made, and how many branches begin? Give
# both as a pair.
#
# <details><summary>Hint</summary>A real step earns <code>updates_per_step</code> updates; each
# update calls for <code>imagined_per_update</code> transitions.</details>

# %%
per_real_step = None
### BEGIN SOLUTION
transitions = 20 * 20  # updates for each real step, times imagined transitions for each update
per_real_step = (transitions, transitions / 20)  # a branch is twenty transitions
### END SOLUTION

# %% tags=["check"]
per_real_step = checks.exercise("03.5", per_real_step)

# %% [markdown]
# ### Exercise 6 · A batch of branches (hard, 15 min)
#
# Write the branched rollout. All branches take a step together. A branch whose step *ended the
# episode* stores that transition, marked 1, and goes no further. A branch that has reached
# `length` is only cut off: its last transition is **not** an end of the episode.
#
# Return one row for each imagined transition, step by step: first all branches' first steps in the
# order of `starts`, then the second steps of those still running, and so on; each row is
# (state, next state, ended).


# %%
def branch(predict, act, ended, starts, length):
    """(B, S) start states -> (N, 2 S + 1) rows of state, next state, ended (0 or 1).

    ``act``: (B, S) -> (B, A) actions; ``predict``: (B, S), (B, A) -> (B, S);
    ``ended``: (B, S) next states -> (B,) bool.
    """
    ### BEGIN SOLUTION
    rows, state = [], starts
    for _ in range(length):
        next_state = predict(state, act(state))
        over = ended(next_state)
        rows.append(torch.cat([state, next_state, over[:, None].float()], dim=1))
        state = next_state[~over]
    return torch.cat(rows)
    ### END SOLUTION


# %% [markdown]
# <details><summary>Hint</summary>Keep a batch <code>state</code> that shrinks. Store first, drop
# afterwards: <code>state = next_state[~over]</code>.</details>


# %% tags=["check"]
branch = checks.exercise("03.6", branch)

# %% [markdown]
# At work with the ensemble, from all 200 real states under random torques. How far do the networks
# disagree where the branches end?

# %%
real_states = torch.as_tensor(data.state, dtype=torch.float32)
for length in (1, 5, 20, 80):
    rows = branch(
        ensemble.predict,
        lambda state: 4 * torch.rand(len(state), 1, generator=generator) - 2,
        lambda state: torch.zeros(len(state), dtype=torch.bool),  # a pendulum never ends
        real_states, length,
    )  # fmt: skip
    ends = rows[-len(real_states) :, :2]
    apart = disagreement(ensemble.predict_all(ends, 0 * ends[:, :1]), ends, scale_t)
    print(f"branches of {length:2d}: {len(rows):6,d} transitions, "
          f"mean disagreement in the last step {apart.mean():.4f}")  # fmt: skip

# %% [markdown]
# ## 7 · The limit: what a perfect model cannot do
#
# *Would a perfect model solve everything?* Put the true equations in the blue place (`oracle`) and
# give the learner one clumsy episode, 200 real steps. Three ways to use it, each with the same
# number of SAC updates:
#
# - **an episode long:** rollouts of 200 steps from the 200 real states;
# - **short, stale starts:** rollouts of 2 steps, always from those 200 states;
# - **short, fresh starts:** rollouts of 2 steps, but after every 1,000 updates the current policy
#   plays another 200 real steps, and rollouts start from what it saw.
#
# **Predict:** the model is perfect in all three. Which reach the threshold of −160?


# %%
def real_return(loop):
    found = evaluate(
        task, Policy(task, loop.policy).unit_action, EVALUATION_SEEDS[: budget.episodes]
    )
    return found.mean


def practise(loop, every):
    """Run a loop to its end; rows of (updates, real steps, mean real return), CPU-seconds."""
    rows, seconds, begun = [], 0.0, time.process_time()
    with progress.Bar("practice", loop.total_updates) as bar:
        while not loop.finished:
            loop.advance(min(every, 250))
            if loop.updates >= (rows[-1][0] if rows else 0) + every or loop.finished:
                seconds += time.process_time() - begun
                rows.append((loop.updates, loop.env_steps, real_return(loop)))
                begun = time.process_time()  # judging is for our eyes and does not count
            bar.to(loop.updates)
    return np.array(rows), seconds


fresh = 200 * max(2, budget.updates // 1000)
plans = {
    "an episode long": dict(steps=200),
    "short, stale starts": dict(steps=200, rollout_length=2),
    "short, fresh starts": dict(steps=fresh, rollout_length=2),
}
common = dict(updates=budget.updates, updates_per_step=budget.updates / fresh, audition_every=None)
perfect = {}
for name, options in plans.items():
    run = RunConfig.make("pendulum", "oracle", seed=SEED, **options, **common)
    model = make_world_model("oracle", task, SEED)
    loop = Loop(task, model, run.steps, run.loop, run.sac, SEED)
    curve, seconds = practise(loop, budget.every)
    perfect[name] = curve, loop
    print(f"{name:<20} {seconds:4.0f} CPU-s, {loop.env_steps:5d} real steps, rollouts of "
          f"{loop.rollout_length:3d}: return {curve[-1, 2]:7.1f}")  # fmt: skip
lab.record(perfect_model={name: curve[-1, 2] for name, (curve, _) in perfect.items()})

# %%
figure = plt.figure(figsize=(9, 5.2))
parts = figure.subplot_mosaic([["curve"] * 3, list(perfect)], height_ratios=[1.15, 1])
styles = ("oracle", "random", "sparse")
for (name, (curve, loop)), look in zip(perfect.items(), styles, strict=True):
    label = f"{name}: {loop.env_steps} real steps"
    parts["curve"].plot(curve[:, 0], curve[:, 2], label=label, **style.method_style(look))
    rows = loop.b_pi.sample(300, torch.Generator().manual_seed(SEED))
    states = task.state_from_observation(rows["observation"]).numpy()
    ax = parts[name]
    ax.plot(*states.T, ".", markersize=2, color=style.METHOD_COLOUR[look])
    ax.set(xlim=(-np.pi, np.pi), ylim=(-8.5, 8.5), xlabel=style.label("theta"), title=name)
parts["an episode long"].set_ylabel("speed (rad/s)")
parts["curve"].axhline(task.solved_return, color=style.INK, linewidth=1, linestyle=":")
parts["curve"].text(budget.every, task.solved_return + 25, "threshold", fontsize=8.5)
parts["curve"].set(xlabel="gradient updates", ylabel="mean real return",
                   title="One perfect model, used in three ways", ylim=(-1900, 60))  # fmt: skip
parts["curve"].legend(fontsize=8.5, loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# Below the curves: the states in $B_\pi$, all that SAC ever learned from. Short rollouts from one
# episode stay where that episode was, and the policy never hears of the rest: a **plateau** with a
# flawless model. Fresh starts push the frontier out, at the price of real steps. A model that can
# be trusted for a whole episode needs neither. **Coverage beats model quality**, and trust buys
# coverage: that is why the length of a rollout is *the* setting of this family of methods.
#
# ## 8 · MBPO, live
#
# Now the ensemble in the same place, with the settings of exercise 5. It plays on in the real world
# all the time, refits every 125 real steps, and takes 20 updates for each. The budget of this
# notebook buys few real steps; what it does not reach within them, it does not reach here.

# %%
settings = {} if budget.mbpo_profile == "default" else {"size": TINY}
run = RunConfig.make(
    "pendulum", "mbpo", budget.mbpo_steps, SEED, profile=budget.mbpo_profile, **settings
)
loop = Loop(
    task, make_world_model("mbpo", task, SEED, **run.model), run.steps, run.loop, run.sac, SEED
)
mbpo_curve, mbpo_seconds = practise(loop, every=4 * budget.every)
threshold = task.solved_return
reached = mbpo_curve[mbpo_curve[:, 2] >= threshold]
said = f"not at {threshold:g} within these {loop.env_steps} real steps"
if len(reached):
    said = f"first at or above {threshold:g} after {reached[0, 1]:.0f} real steps"
print(f"{loop.fits} fits, {loop.imagined:,} imagined transitions, {mbpo_seconds:.0f} CPU-s")
print(f"MBPO: {said}; at the end {mbpo_curve[-1, 2]:.1f}")
lab.record(mbpo_return=mbpo_curve[-1, 2], mbpo_imagined=loop.imagined, mbpo_fits=loop.fits)

# %% tags=["hide-input"]
curve, oracle_loop = perfect["an episode long"]
figure, axes = plt.subplots(figsize=(7.6, 3.5))
axes.plot(mbpo_curve[:, 1], mbpo_curve[:, 2], label="mbpo", **style.method_style("mbpo"))
axes.plot(
    oracle_loop.env_steps, curve[-1, 2], label="oracle, 200 real steps",
    **style.method_style("oracle") | {"linestyle": "", "markersize": 8},
)  # fmt: skip
axes.axhline(threshold, color=style.INK, linewidth=1, linestyle=":")
axes.set(xlabel="real environment steps", ylabel="mean real return", xlim=(150, None),
         title=f"Live, seed {SEED}, {budget.episodes} fixed starts")  # fmt: skip
axes.legend(loc="lower right")
plt.show()

# %% [markdown]
# Look at the orders of magnitude: a few hundred real steps, a hundred thousand and more imagined
# ones. And look whether the curve, once up, *stays* up. One seed is an anecdote, and each refit
# changes the world that the policy lives in. So:
#
# ## 9 · Ten seeds
#
# The course's stored comparison ran each method with ten seeds to the end of its budget. The table
# says where they come from.

# %%
wanted = ("sac", "oracle", "mbpo")
stored = data_path("results/comparison/pendulum")
records = read_runs(stored / "runs.csv")
records = records[records.method.isin(wanted)]
all_curves = {c: found for c, found in read_curves(stored / "curves.csv").items() if c[1] in wanted}
made = read_json(stored / "table.json")["made"][-1]
print(f"{len(records)} runs; tables of {made['date'][:10]}, torch {made['versions']['torch']}")
for method in wanted:
    runs = records[records.method == method]
    print(f"{method}: {len(runs)} runs, commit {', '.join(sorted(set(runs.commit)))}")
lab.record(stored_methods=sorted(set(records.method)))

# %%
figure, axes = plt.subplots(1, 2, figsize=(10, 3.8))
curves.sample_efficiency(all_curves, "pendulum", threshold, axes[0])
curves.steps_chart(records, "pendulum", axes[1])
plt.show()
for method in wanted:
    runs = records[records.method == method]
    waits = censored(runs.steps_to_threshold, runs.env_steps)
    median, low, high = steps_to_threshold(waits)  # an unsolved run counts as "more than it spent"
    print(f"{method:<7} {int(waits[:, 1].sum())} of {len(runs)} seeds reached {threshold:g}; "
          f"median {median:g} real steps, 95 % interval [{low:g}, {high:g}]; median CPU time "
          f"{runs.cpu_seconds.median():.0f} s")  # fmt: skip

# %% [markdown]
# SAC needs no model and pays in real steps. The oracle is the physical limit: it needs its 200
# random steps for start states only. Every method between the two, ensemble or formula, is judged
# by how close it comes to the oracle. Note the CPU times, too: on a task this small and a simulator
# this fast, SAC is cheap. Models pay where real steps are dear.
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
# <details><summary>All seven networks agree. Are they right?</summary>
# Not necessarily: networks of one shape and one data set can err together. Disagreement ranks
# errors; it does not bound them.</details>
#
# <details><summary>During training the imagined return rises and the real return falls. What is
# going on, and what helps?</summary>
# The policy exploits the model. Shorter rollouts, fresh data from where the policy goes, refits;
# penalties for disagreement where no new data can be had.</details>
#
# <details><summary>The imagined and the real return agree, both bad, and neither moves. And
# now?</summary>
# Not the model but coverage: look at the states in B_π, and at where rollouts start.</details>
#
# <details><summary>A branch of 5 steps is cut off. Why must its last transition not be marked as an
# end?</summary>
# Marked, SAC would take the value after it for 0: "after five steps all costs stop".</details>
#
# ## What to remember
#
# - Planning in a learned model makes more of each real step; practice in a wrong one harms.
# - Regress increments, angles by the short way; judge by open-loop error, and beside a baseline.
# - An ensemble with learned variances separates noise from ignorance.
# - Optimisers seek out model errors: imagined return up, real return down.
# - Short branches from real states keep errors small; coverage, not accuracy, is then the limit.
#
# ## What next
#
# - In section 7, set `rollout_length=5` or 20: where does the stale run begin to work?
# - Change `SEED`: does the live MBPO run reach the threshold, and does it stay there?
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
# - T. Haarnoja, A. Zhou, P. Abbeel, S. Levine, *Soft actor-critic*, 2018, arXiv 1801.01290.
# - A. Gorodetskiy, K. Mironov, A. Panov, *Model-based policy optimization using symbolic world
#   model*, 2024, arXiv 2407.13518.
