# %% [markdown]
# # 10 · Symbolic model-based policy optimization
#
# From **200 steps** of a swinging pendulum to its equations of motion, and from the equations to a
# policy that swings it up. This is the whole method of Gorodetskiy, Mironov and Panov,
# [*Model-based Policy Optimization using Symbolic World Model*](https://arxiv.org/abs/2407.13518)
# (2024), run live.
#
# **You will be able to**
# - name the parts of the loop and what each of its three buffers is for;
# - turn transitions into a regression problem that does not hide the physics;
# - judge a world model by predicting far ahead without looking, and let that decide how long it
#   may imagine;
# - choose start states and rollout length by what the imagination then gets to see;
# - recognise a policy that has learned to exploit wrong equations;
# - say what is won by a formula, what a far simpler method would have found too, and why.
#
# **Before you start:** what an episode, a return and an actor–critic are.
# **Time:** about 3 minutes of computing, on two cores.
# **Memory:** under 1.5 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
import textwrap
import time
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Math, display

from symtut import SymbolicRegressor, make_task, progress
from symtut.agents.imagination import StartStates
from symtut.agents.loop import Loop
from symtut.agents.policy import Policy
from symtut.experiments import evaluate
from symtut.experiments.config import RunConfig
from symtut.lab import checks, curves, diagrams, equations, explorers, films, style
from symtut.tasks import EVALUATION_SEEDS
from symtut.world_models import make_world_model
from symtut.world_models.validation import validate

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(
        updates=200, every=100, short_updates=100, few_updates=60, episodes=5, network_updates=100
    ),
    lab=dict(
        updates=8000, every=1000, short_updates=4000, few_updates=2500, episodes=100,
        network_updates=2000,
    ),
    paper=dict(
        updates=8000, every=250, short_updates=8000, few_updates=8000, episodes=100,
        network_updates=10000,
    ),
)  # fmt: skip

# %% [markdown]
# ## 1 · The loop
#
# *How can a policy be learned almost without touching the world?* By learning the world first,
# and practising in imagination.

# %% tags=["hide-input"]
diagrams.loop_diagram()
plt.show()
# %% [markdown]
# | buffer | holds | used for |
# |---|---|---|
# | $B_E$ | every real transition | fitting the world model |
# | $B_{EM}$ | the recent real states | where imagined rollouts start |
# | $B_\pi$ | imagined transitions | training the policy by SAC |
#
# Only the blue part is special to this paper. Put a neural network in its place and you have MBPO;
# put the true equations there and you have the limit of what any model could do; take it out and
# you have plain SAC. In `symtut` it is *one* piece of code, and the model is an argument:

# %%
STEPS = 200  # real steps: one episode, ten seconds of pendulum. The learner gets no more.

task = make_task("pendulum")
config = RunConfig.make("pendulum", "symbolic", STEPS, SEED, updates=budget.updates)
model = make_world_model("symbolic", task, SEED)
loop = Loop(task, model, STEPS, config.loop, config.sac, SEED)

# %% [markdown]
# ## 2 · The data: one clumsy episode
#
# *What does the learner know about the world?* Only what a random policy stumbled through. The
# state is $(\theta, \dot\theta)$ with $\theta = 0$ upright; the action is a torque $u$ of at most
# 2 N m, too weak to lift the pendulum in one go.

# %%
loop.interact()  # 200 real steps with random torque, into B_E and B_EM
real, held_back = loop.transitions()

figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), width_ratios=[2, 1])
seconds = 0.05 * np.arange(len(real))
axes[0].plot(seconds, style.break_wraps(real.state[:, 0]), label=style.label("theta"))
axes[0].plot(seconds, real.state[:, 1], "--", label=style.label("theta_dot"))
axes[0].axvspan(seconds[held_back][0], seconds[-1], color="#888888", alpha=0.15, linewidth=0)
axes[0].text(seconds[held_back][0] + 0.1, 11, "held back", fontsize=9)
axes[0].set(xlabel="time (s)", ylim=(-9, 13), title="One random episode")
axes[0].legend(loc="upper left", fontsize=8.5)
axes[1].plot(real.state[:, 0], real.state[:, 1], ".", markersize=4)
axes[1].set(
    xlim=(-np.pi, np.pi), ylim=(-8.5, 8.5), xlabel=style.label("theta"),
    ylabel=style.label("theta_dot"), title="States visited",
)  # fmt: skip
plt.show()

# %% [markdown]
# The white part of the right-hand figure is where a model has to *extrapolate*: the policy will
# want to go there. The last quarter of the episode (grey) is held back from the fit, to find out
# later how far the model can be trusted.
#
# ### Exercise 1 · The increment of an angle (easy, 8 min)
#
# Fitting the next state itself is a trap: the formula "nothing changes" already scores
# $R^2 \approx 0.99$. So we fit **increments**, $\Delta s = s' - s$. But $\theta$ lives on a
# circle: from 3.1 to −3.1 rad the pendulum moved by 0.083 rad, not by −6.2. Write the increment of
# an angle, by the short way round, in $(-\pi, \pi]$.


# %%
def angle_increment(next_angle, angle):
    """(N,) and (N,) arrays of angles in rad -> (N,) increments in (-pi, pi]."""
    ### BEGIN SOLUTION
    difference = next_angle - angle
    return difference - 2 * np.pi * np.ceil((difference - np.pi) / (2 * np.pi))
    ### END SOLUTION


# %% tags=["check"]
angle_increment = checks.exercise("10.1", angle_increment)

# %% [markdown]
# ### Exercise 2 · Which transitions to leave out (easy, 5 min)
#
# The simulator clips $\dot\theta$ to ±8 rad/s. A transition that *ends* on that bound does not
# obey the equations of motion, and no smooth formula describes it: one such point can spoil an
# otherwise exact fit. Write which transitions to keep.


# %%
def keep(next_state):
    """(N, 2) next states (theta, theta_dot) -> (N,) bool, False where the bound has cut in."""
    ### BEGIN SOLUTION
    return np.abs(next_state[:, 1]) < 8.0 - 1e-5
    ### END SOLUTION


# %% tags=["check"]
keep = checks.exercise("10.2", keep)

# %% [markdown]
# Now the regression problem stands: inputs $(\theta, \dot\theta, u)$, two targets.

# %%
train_on = ~held_back & keep(real.next_state)
inputs = np.column_stack([real.state, real.action])
targets = {
    "delta_theta": angle_increment(real.next_state[:, 0], real.state[:, 0]),
    "delta_theta_dot": real.next_state[:, 1] - real.state[:, 1],
}
names = (*task.state_names, *task.action_names)
print(f"{len(real)} real transitions; {held_back.sum()} held back; {train_on.sum()} to fit to")

# %% [markdown]
# ## 3 · The equations
#
# *Which formulas are behind these points?* A transformer, trained beforehand on hundreds of
# thousands of random formulas and their values, reads the points and proposes skeletons: formulas
# with holes for the constants. The holes are filled by least squares, terms of good candidates are
# recombined, and what remains is ranked by fit and length. It has never seen a pendulum. (Where its
# proposals do not lead to an exact equation, terms of a small fixed library join them; the
# comparison below does without.)
#
# **Predict:** the pendulum has no friction and the motor pushes with torque $u$. Which of
# $\theta$, $\dot\theta$, $u$ will stand in the equation of $\Delta\dot\theta$, and which only in
# that of $\Delta\theta$?

# %%
loop.fit_model()
for equation in loop.report.equations:
    display(Math(equation["latex"]))
print(f"{loop.report.cpu_seconds:.1f} CPU-seconds for {loop.report.n_transitions} transitions")

# %% [markdown]
# And the simulator, which the learner never saw? Term by term:

# %%
found = []
for equation, expression, true in zip(
    loop.report.equations, model.expressions_, task.true_equations, strict=True
):
    rows = equations.coefficients(expression.text(names, digits=None), true, names)
    print(equations.table(equation["target"], rows), "\n")
    worst = equations.largest_error(rows)
    found.append(
        {key: equation[key] for key in ("target", "equation")}
        | {"true": true, "largest_error": worst}
    )
lab.record(equations=found, real_steps=loop.env_steps)

# %% [markdown]
# ### Exercise 3 · Where do the numbers come from? (medium, 10 min)
#
# The simulator moves by $\dot\theta' = \dot\theta + \Delta t\,(\tfrac{3g}{2l}\sin\theta +
# \tfrac{3}{ml^2}u)$ and then $\theta' = \theta + \Delta t\,\dot\theta'$, with $g = 10$,
# $m = l = 1$, $\Delta t = 0.05$. Note the prime: the *new* velocity moves the angle. Derive the
# coefficient of $\sin\theta$ in $\Delta\theta$ and compare it with what was found.

# %%
coefficient = None
### BEGIN SOLUTION
coefficient = 0.05 * 0.05 * 3 * 10 / 2  # once into the velocity, once more into the angle
### END SOLUTION

# %% tags=["check"]
coefficient = checks.exercise("10.3", coefficient)

# %% [markdown]
# ### Was the transformer needed?
#
# A fair question, so here are two cheaper ways on the same points: **prior** draws skeletons
# blindly from the distribution that the transformer was trained on; **sparse** selects terms from
# a fixed library (as SINDy does). Each row is one regression; exact means every coefficient
# within 1 % and no extra term.

# %%
print(f"{'target':<16} {'method':<12} {'CPU-s':>6} {'exact':>6}   equation")
comparison = []
for (target, y), true in zip(targets.items(), task.true_equations, strict=True):
    for method in ("transformer", "prior", "sparse"):
        regressor = SymbolicRegressor(
            method=method, max_time=None, random_state=SEED, feature_names=names
        ).fit(inputs[train_on], y[train_on])
        text = regressor.equations_[0]["equation"]
        all_digits = regressor.expression().text(names, digits=None)
        exact = equations.largest_error(equations.coefficients(all_digits, true, names)) < 0.01
        print(f"{target:<16} {method:<12} {regressor.fit_time_:6.2f} {str(exact):>6}   {text}")
        comparison.append({"target": target, "method": method, "exact": exact})
lab.record(regressors=comparison)

# %% [markdown]
# If all three rows agree, do not be surprised: the pendulum's terms are few and common, and a
# library that contains $\sin\theta$ has the answer written in it. What a trained proposer buys
# shows on nested and longer formulas, which have no place in a library; the world of this notebook
# cannot show it. Later notebooks measure it, including where it loses.
#
# ## 4 · How far can it see?
#
# *How good is a world model?* One step ahead says little: errors feed on themselves. So predict
# **open loop**: start in a real state, feed the recorded torques, and look at reality only at the
# end.
#
# ### Exercise 4 · Open-loop prediction (medium, 10 min)


# %%
def open_loop(predict, state, actions):
    """Follow a model without looking: (S,) first state and (T, A) actions -> (T, S) states.

    ``predict`` takes (1, S) and (1, A) tensors and returns the (1, S) next state. Row t of the
    result is the state after t + 1 actions.
    """
    ### BEGIN SOLUTION
    states, state = [], state[None]
    for action in actions:
        state = predict(state, action[None])
        states.append(state[0])
    return torch.stack(states)
    ### END SOLUTION


# %% tags=["check"]
open_loop = checks.exercise("10.4", open_loop)

# %% [markdown]
# For contrast, a small neural network, fitted to the same points: it predicts the same increments
# from $(\cos\theta, \sin\theta, \dot\theta, u)$. It gets the angle's sine and cosine for free; the
# formula had to find them.

# %%
torch.manual_seed(SEED)
network = torch.nn.Sequential(
    torch.nn.Linear(4, 64), torch.nn.SiLU(), torch.nn.Linear(64, 64), torch.nn.SiLU(),
    torch.nn.Linear(64, 2),
)  # fmt: skip


def features(state, action):  # (B, 2), (B, 1) -> (B, 4), all of about unit size
    observation = task.observation_from_state(state)
    return torch.cat([observation * torch.tensor([1.0, 1.0, 0.25]), action / 2], dim=1)


state, action = (torch.tensor(x[train_on], dtype=torch.float32) for x in (real.state, real.action))
increments = torch.tensor(np.column_stack(list(targets.values()))[train_on], dtype=torch.float32)
scale = increments.std(0)
optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
for _ in progress.steps(range(budget.network_updates), "network"):
    loss = ((network(features(state, action)) - increments / scale) ** 2).mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
print(f"network: {sum(p.numel() for p in network.parameters())} weights, R² {1 - loss.item():.5f}")


def network_predict(state, action):
    return task.advance(state, network(features(state, action)) * scale)


# %% [markdown]
# The test is a new episode, played with new random torques (nothing is learned from it, so it does
# not count among the 200 steps).
#
# **Predict:** both fit the data nearly perfectly. After how many seconds without looking is the
# network's angle wrong by a radian? And the equations'?

# %%
env = task.make_env()
observation, _ = env.reset(seed=30_000 + SEED)
torques = np.random.default_rng(SEED).uniform(-2, 2, (200, 1)).astype(np.float32)
states = [task.state_from_observation(observation.astype(float))]
for torque in torques:
    observation = env.step(torque)[0]
    states.append(task.state_from_observation(observation.astype(float)))
env.close()
truth = np.array(states)

first, actions = torch.tensor(truth[0], dtype=torch.float32), torch.tensor(torques)
with torch.no_grad():
    imagined = {
        "symbolic": open_loop(model.predict, first, actions).numpy(),
        "mbpo": open_loop(network_predict, first, actions).numpy(),
    }

# %%
seconds = 0.05 * np.arange(1, len(truth))
at_bound = ~keep(truth[1:])  # steps that the simulator's speed limit has cut
before = int(np.argmax(at_bound)) if at_bound.any() else len(seconds)
figure, axes = plt.subplots(1, 2, figsize=(9, 3.2))
axes[0].plot(seconds, style.break_wraps(truth[1:, 0]), color="#BBBBBB", linewidth=5, label="real")
for kind, text in (("symbolic", "equations"), ("mbpo", "network")):
    look = style.method_style(kind) | {"marker": "", "linewidth": 1.4}
    axes[0].plot(seconds, style.break_wraps(imagined[kind][:, 0]), label=text, **look)
    error = np.linalg.norm(task.difference(imagined[kind], truth[1:]), axis=1)
    axes[1].semilogy(seconds, np.maximum(error, 1e-9), label=text, **look)
    lab.record(**{f"open_loop_error_{kind}": error[:before].max(initial=0)})
for moment in seconds[at_bound]:
    axes[1].axvline(moment, color="#BBBBBB", linewidth=1, zorder=0)
axes[0].set(xlabel="time (s)", ylabel=style.label("theta"), title="Ten seconds without looking")
axes[1].set(xlabel="time (s)", ylabel="distance to the real state", title="Error of prediction")
axes[0].legend(fontsize=8.5)
axes[1].legend(fontsize=8.5)
plt.show()
print(f"steps cut by the speed limit: {at_bound.sum()}; steps before the first: {before}")
lab.record(steps_before_bound=before)

# %% [markdown]
# The network fits the data as well as one could wish, and drifts. The equations stay at the
# rounding error of 32-bit numbers *until the pendulum runs into its speed limit* (grey lines, if
# this episode has any): there the simulator moves the angle by the *clipped* velocity, and our
# equation for $\Delta\theta$ knows nothing of it. We left those transitions out in exercise 2,
# and this is the bill. A formula is only as good as the claim that it holds everywhere.
#
# An episode shows one path. What do the models say about *all* states? The simulator can tell
# (only to judge; the learner never sees this).

# %%
angles, speeds = np.linspace(-np.pi, np.pi, 61), np.linspace(-8, 8, 49)
grid = np.stack(np.meshgrid(angles, speeds), -1).reshape(-1, 2)
pushes = np.random.default_rng(SEED).uniform(-2, 2, (len(grid), 1))
right = task.true_step(grid, pushes)
grid_t, pushes_t = (torch.tensor(x, dtype=torch.float32) for x in (grid, pushes))

figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
for ax, (text, predict) in zip(
    axes, {"equations": model.predict, "network": network_predict}.items(), strict=True
):
    with torch.no_grad():
        error = np.linalg.norm(task.difference(predict(grid_t, pushes_t).numpy(), right), axis=1)
    image = ax.pcolormesh(
        angles, speeds, np.log10(np.maximum(error, 1e-7)).reshape(len(speeds), len(angles)),
        vmin=-7, vmax=0, cmap="cividis", rasterized=True,
    )  # fmt: skip
    ax.plot(*real.state[train_on].T, ".", color="white", markersize=2)
    ax.set(xlabel=style.label("theta"), title=f"{text}: median error {np.median(error):.1e}")
    lab.record(**{f"median_error_{text}": np.median(error)})
axes[0].set_ylabel(style.label("theta_dot"))
figure.colorbar(image, ax=axes, label="log10 of the error of one step")
plt.show()

# %% [markdown]
# Both models know the same points (white). The network is good near them and guesses elsewhere;
# the equations hold wherever the bound does not cut in. That is the paper's first argument: few
# parameters of the right form extrapolate.
#
# ### How few steps are enough?
#
# **Predict:** of the 200 steps, how many were needed? And if an encoder reads the state with an
# error of one percent of its spread?
#
# Below, equations are fitted to the first so many steps of a random episode (`episode` 0 is one
# that you will meet again) and then predict the test episode's first five seconds. Sparse
# regression does the fits, because a slider should not wait. Begin with six steps: the fit is
# perfect. Then find the smallest number that gives the simulator's equations; then add noise.


# %%
def first_steps(count, noise, episode):
    """The first steps of a random episode, their states read with an error (in spreads)."""
    other = Loop(task, None, STEPS, config.loop, config.sac, episode)
    other.interact()
    some = other.transitions()[0]
    path = np.concatenate([some.state[:count], some.next_state[count - 1 : count]])
    dice = np.random.default_rng(episode)
    path = path + noise * some.state.std(0) * dice.normal(size=path.shape)
    return replace(some[:count], state=path[:-1], next_state=path[1:])


def verdicts(fitted):
    """Largest relative error of a coefficient for each equation; infinite for other terms."""
    texts = [expression.text(names, digits=None) for expression in fitted.expressions_]
    rows = [
        equations.coefficients(text, true, names)
        for text, true in zip(texts, task.true_equations, strict=True)
    ]
    return [equations.largest_error(row) for row in rows]


def draw_fewer(real_steps, noise, episode):
    some = first_steps(real_steps, noise, episode)
    fitted = make_world_model("sparse", task, SEED)
    report = fitted.fit(some)
    with torch.no_grad():
        ahead = open_loop(fitted.predict, first, actions[:100]).numpy()
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.1), width_ratios=[1.3, 1])
    axes[0].plot(seconds[:100], style.break_wraps(truth[1:101, 0]), color="#BBBBBB", linewidth=5)
    axes[0].plot(seconds[:100], style.break_wraps(ahead[:, 0]), **style.method_style("sparse")
                 | {"marker": "", "linewidth": 1.4})  # fmt: skip
    axes[0].set(xlabel="time (s)", ylabel=style.label("theta"), ylim=(-3.4, 3.4),
                title=f"{real_steps} steps, noise {noise:g}; grey: truth")  # fmt: skip
    axes[1].axis("off")
    for row, (equation, wrong) in enumerate(zip(report.equations, verdicts(fitted), strict=True)):
        said = f"coefficients within {wrong:.0%}" if np.isfinite(wrong) else "other terms"
        text = f"{equation['target']}: R² {equation['r2_fit']:.6f}, {said}\n"
        text += "\n".join(f"   {line}" for line in textwrap.wrap(equation["equation"], 42)[:4])
        axes[1].text(0, 0.9 - 0.42 * row, text, family="monospace", fontsize=8, va="top")


explorers.explore(
    draw_fewer, real_steps=(5, 200, 1, 6), noise=[0.0, 0.002, 0.01, 0.03], episode=(0, 9, 1, 0)
)

# %% [markdown]
# Without noise a handful of steps pins a formula down to all digits: each step is two exact
# equations for a few unknowns. But *too* few are explained perfectly by something else, a
# polynomial say, that has the right slope where the data are and nothing to do with the world
# elsewhere. $R^2$ cannot tell. Noise raises the price: what was enough is not any more, and small
# terms drown first.
#
# ## 5 · How long may it imagine?
#
# *How do we know without a test episode?* The loop asks the held-back quarter: it predicts open
# loop along it, measures the error in units of the states' own spread, and extrapolates the growth
# of that error. Rollouts may be as long as it stays under the tolerance.

# %% tags=["hide-input"]
validation = loop.validation
lead = np.arange(1, len(validation.errors) + 1)
figure, axes = plt.subplots()
axes.loglog(lead, validation.errors, **style.method_style("symbolic"), label="on held-back steps")
beyond = np.arange(lead[-1], 201)
axes.loglog(
    beyond, validation.errors[-1] * (beyond / lead[-1]) ** validation.growth, "--",
    color="#888888", label="its growth, extrapolated",
)  # fmt: skip
axes.axhline(config.loop.tolerance, color=style.INK, linewidth=1, linestyle=":")
axes.text(1.05, config.loop.tolerance * 0.3, "tolerance", fontsize=9)
axes.set(xlabel="steps ahead", ylabel="error / spread", title="What the model has earned")
axes.legend(loc="center left")
plt.show()
print(f"rollouts may take {loop.rollout_length} steps; an episode has {task.horizon}")
lab.record(rollout_length=loop.rollout_length)

# %% [markdown]
# ## 6 · Where imagination goes
#
# *What will the policy get to see?* Rollouts begin somewhere and take some steps; what they never
# reach, the policy cannot learn, however good the model is. Three rules for the beginning:
#
# | `start_states` | rollouts begin in |
# |---|---|
# | `recent` | the latest real states, $B_{EM}$ (the paper, and here) |
# | `all` | any real state, $B_E$ |
# | `box` | anywhere in the box around the real states |
#
# **Predict:** two of the three are the same in this notebook. Which, and why? With two steps a
# rollout, which of the three gets to see the pendulum upright and fast?


# %%
@torch.no_grad()
def imagined_states(rule, steps, transitions=4000):
    """States of so many imagined transitions with random torques, (steps, rollouts, 2)."""
    generator = torch.Generator().manual_seed(SEED)
    starts = StartStates(task, rule, loop.b_e, loop.b_em, loop.b_pi)
    state, visited = starts.draw(transitions // steps, generator), []
    for _ in range(steps):
        state = model.predict(state, 4 * torch.rand((len(state), 1), generator=generator) - 2)
        visited.append(state)
    return torch.stack(visited).numpy()


def coverage(states):
    """Share of the cells of the plane (24 x 16 of them) that were visited."""
    counts = np.histogram2d(*states.reshape(-1, 2).T, (24, 16), ((-np.pi, np.pi), (-8, 8)))[0]
    return np.mean(counts > 0)


def draw_imagined(start_states, rollout_length):
    states = imagined_states(start_states, rollout_length)
    figure, axes = plt.subplots(figsize=(5.6, 3.3))
    axes.plot(*states.reshape(-1, 2).T, ".", markersize=1.5, color=style.OKABE_ITO[0])
    axes.plot(*real.state.T, ".", markersize=4, color=style.OKABE_ITO[1], label="real")
    axes.plot(0, 0, "X", color=style.INK, markersize=8, label="upright, at rest")
    axes.set(xlim=(-np.pi, np.pi), ylim=(-8.5, 8.5), xlabel=style.label("theta"),
             ylabel=style.label("theta_dot"))  # fmt: skip
    axes.set_title(
        f"{start_states}, rollouts of {rollout_length}: {coverage(states):.0%} of the plane"
    )
    axes.legend(loc="upper center", fontsize=8.5, facecolor=style.PAPER, framealpha=1, frameon=True)


explorers.explore(draw_imagined, start_states=["recent", "all", "box"],
                  rollout_length=[2, 20, 200])  # fmt: skip
seen = {(rule, n): coverage(imagined_states(rule, n))
        for rule in ("recent", "all", "box") for n in (2, 20, 200)}  # fmt: skip
for rule in ("recent", "all", "box"):
    shares = ", ".join(f"{seen[rule, n]:4.0%} in steps of {n}" for n in (2, 20, 200))
    print(f"{rule:<7} share of the plane seen: {shares}")
lab.record(coverage={f"{rule} {n}": share for (rule, n), share in seen.items()})

# %% [markdown]
# `recent` and `all` are one here: $B_{EM}$ holds the last 1,000 real states, and there are only
# 200. (They part ways in a learner that keeps collecting data: `recent` forgets the clumsy
# beginning.) Short rollouts stay beside the real states, whatever the model knows about the rest.
# There are two ways out: to go far (long rollouts, for a model that can be trusted that far), or to
# begin elsewhere (`box`, for a model that holds there).
#
# ## 7 · Practising in imagination
#
# *Now learn.* From here on the real environment is closed to the learner. Each update draws a
# batch from $B_\pi$, which 100 imagined pendulums keep filling; the updates are ordinary SAC. After
# the first quarter, now and then, the policy of the moment is tried *in the model*, and the best so
# far is the one that is handed over. The evaluation on fixed real starts is for our eyes only:
# nothing is learned or chosen by it.

# %%
starts = EVALUATION_SEEDS[: budget.episodes]


def real_return(loop):
    """Mean and standard deviation of the real return over the fixed starts."""
    found = evaluate(task, Policy(task, loop.policy).unit_action, starts)
    return found.mean, found.std


def practise(loop, updates):
    """Train in imagination, looking at the real return now and then; returns the curve."""
    curve = [(0, *real_return(loop))]
    begun = time.process_time()
    for update in progress.steps(range(1, updates + 1), "practice"):
        loop.learn()  # imagined steps that are due, then one update of actor and critics
        if update % budget.every == 0:
            curve.append((update, *real_return(loop)))
    print(f"{updates} updates, {time.process_time() - begun:.0f} CPU-s", end=", ")
    print(f"mean real return {curve[-1][1]:.1f} over {len(starts)} starts")
    return np.array(curve)


curve = practise(loop, loop.total_updates)
lab.record(
    final_return=curve[-1, 1], evaluation_episodes=len(starts), optimum=task.best_return,
    env_steps_after=loop.env_steps,
)  # fmt: skip

# %% [markdown]
# ### Why long rollouts
#
# The paper imagines one or two steps at a time, which suits an imperfect model and a learner that
# keeps adding real data. With one clumsy episode and no more, short rollouts never leave the
# states that were visited. The same equations, the same 200 steps, rollouts of two: once from the
# recent states, once from the box. (Neither holds auditions: a policy that is tried in the model
# for two steps shows nothing of what it can do in an episode.)
#
# **Predict:** the share of the plane that each of them sees is printed above. Which of them will
# come near the long rollouts?

# %%
short_curves = {}
for rule in ("recent", "box"):
    options = replace(
        config.loop, rollout_length=2, updates=budget.short_updates, start_states=rule,
        audition_every=None,
    )  # fmt: skip
    short = Loop(task, model, STEPS, options, config.sac, SEED)  # the model is fitted already
    short.interact()
    short_curves[rule] = practise(short, budget.short_updates)
lab.record(short_rollouts_return=short_curves["recent"][-1, 1],
           box_rollouts_return=short_curves["box"][-1, 1])  # fmt: skip

# %% tags=["report", "hide-input"]
figure, axes = plt.subplots(figsize=(8, 3.6))
curves.learning_curve(
    *curve.T, axes=axes, label=f"rollouts of {loop.rollout_length}",
    xlabel="gradient updates, all in imagination", marks=[(task.best_return, "best possible")],
)  # fmt: skip
for rule, marker, colour in (("recent", "s--", "#888888"), ("box", "^:", style.OKABE_ITO[1])):
    axes.plot(*short_curves[rule].T[:2], marker, color=colour, markersize=4,
              label=f"rollouts of 2, {rule}")  # fmt: skip
axes.set_title(f"Return in the real environment, after {loop.env_steps} real steps")
axes.legend(loc="lower right")
plt.show()

# %% [markdown]
# The model is (nearly) perfect in all three runs: what binds the learner is *coverage*. That is the
# heart of the method here: a model that can be trusted for a whole episode, or in the whole box,
# turns ten seconds of data into as much practice as one likes.
#
# ### From one second
#
# *Two hundred real steps were ten seconds. What if there is only one second, twenty steps?* The
# whole loop once more, from the beginning: another fit, another policy.
#
# **Predict:** which of the two suffers, the equations or the policy?

# %%
SECOND = 20  # real steps
model_of_second = make_world_model("symbolic", task, SEED, **config.model)
second = Loop(task, model_of_second, SECOND, config.loop, config.sac, SEED)
second.interact()
second.fit_model()
for equation in second.report.equations:
    display(Math(equation["latex"]))
print(f"fitted to {second.report.n_transitions} of {second.env_steps} transitions")
second_curve = practise(second, second.total_updates)
print(f"best possible {task.best_return:.1f}; after 200 real steps {curve[-1, 1]:.1f}")
lab.record(second_return=second_curve[-1, 1], second_steps=second.env_steps)

# %% [markdown]
# Two and three numbers have to be fitted, and without noise the printed handful of transitions
# says enough about them; the rest checks how long a rollout may be. The policy then practises in
# the same world as before; what it may lose is coverage, for rollouts begin at twenty states. On
# this task real experience costs next to nothing, once the form of the law can be guessed. (One
# seed is an anecdote: notebook 11 has ten at 50 steps.)
#
# ## 8 · When the equations are wrong
#
# *What if it trusts a formula that it should not?* Let us cause it. The learner below gets **six
# steps**, a third of a second (those of `episode` 0 in the explorer of section 4), fits them, and
# is told to practise all the same: in whole episodes, begun anywhere in the box around its states.

# %%
FEW = 6  # real steps; try 5, 8, 12 afterwards
EPISODE = 0

some = first_steps(FEW, 0.0, EPISODE)
wrong_model = make_world_model("sparse", task, SEED)
wrong_report = wrong_model.fit(some)
for equation, true, error in zip(
    wrong_report.equations, task.true_equations, verdicts(wrong_model), strict=True
):
    print(f"{equation['target']}\n    found      {equation['equation']}\n    simulator  {true}")
    print(f"    R² on the {FEW} steps: {equation['r2_fit']:.9f};", end=" ")
    print("the simulator's terms" if error < 0.01 else "not the simulator's terms")

trusting = replace(
    config.loop, rollout_length=STEPS, start_states="box", updates=budget.few_updates
)
fooled = Loop(task, wrong_model, FEW, trusting, config.sac, EPISODE)
fooled.interact()
fooled_curve = practise(fooled, budget.few_updates)

# %% [markdown]
# **Predict:** the policy believes in its equations. What return does it expect in *them*, what does
# it get in reality, and which of the two would you see in a training log?


# %%
def play(step, policy, state):
    """Returns (N,) and angles (200, N) of a policy in a world given by its step."""
    total, angles = 0.0, []
    for _ in range(task.horizon):
        unit = torch.as_tensor(policy.unit_action(task.observation_from_state(state)))
        torque = task.from_unit_action(unit.float())
        after = step(state, torque)
        total = total + task.reward(state, torque, after)
        state = after
        angles.append(state[:, 0])
    return total.numpy(), torch.stack(angles).numpy()


begins = task.start_state(200, torch.Generator().manual_seed(SEED))
begins[0] = torch.tensor([np.pi, 0.0])  # the first one hangs at rest
figure, axes = plt.subplots(1, 2, figsize=(10, 3.2), sharey=True)
expected = {}
for ax, (title, learner) in zip(
    axes, {f"{FEW} real steps": fooled, f"{STEPS} real steps": loop}.items(), strict=True
):
    worlds = {"imagined": learner.model.predict, "real": task.true_step}
    for (world, step), look in zip(worlds.items(), ("--", "-"), strict=True):
        with torch.no_grad():
            returns, angles = play(step, Policy(task, learner.policy), begins)
        expected[title, world] = returns.mean()
        ax.plot(0.05 * np.arange(len(angles)), style.break_wraps(angles[:, 0]), look, label=world)
    gap = f"{expected[title, 'imagined']:.0f} imagined, {expected[title, 'real']:.0f} real"
    ax.set(xlabel="time (s)", title=f"{title}: return {gap}")
axes[0].set_ylabel(style.label("theta"))
axes[0].legend(fontsize=8.5)
plt.show()
for (title, world), mean in expected.items():
    print(f"{title:<15} {world:<9} mean return {mean:8.1f} over {len(begins)} starts")
lab.record(few={"expected": expected[f"{FEW} real steps", "imagined"],
                "real": expected[f"{FEW} real steps", "real"],
                "exact": bool(max(verdicts(wrong_model)) < 0.01),
                "r2": min(e["r2_fit"] for e in wrong_report.equations)})  # fmt: skip

# %% [markdown]
# Learn this picture: **imagined and real return drift apart**. In a training log only the imagined
# one appears, and it looks like progress. SAC is an optimiser, and what it optimises is the model,
# its mistakes included: every state in which the formula is too kind is a state that the policy
# will seek. With 200 steps the two returns agree, for the equations are the world's.
#
# ### Exercise 5 · What would have warned you? (easy, 5 min)
#
# The learner with six steps went wrong without a single bad number in its own report. What, of the
# following, shows it *before* a policy is trained, at no further cost than a few real steps?
#
# - (a) $R^2$ of the fit on the six steps.
# - (b) The open-loop error along real steps that were held back from the fit.
# - (c) The critic's loss during practice.

# %%
warning = None
### BEGIN SOLUTION
warning = "b"
### END SOLUTION

# %% tags=["check"]
warning = checks.exercise("10.5", warning)

# %%
rows = np.arange(len(real)) >= FEW
alone = real if EPISODE == SEED else first_steps(STEPS, 0.0, EPISODE)
earned = validate(wrong_model, task, alone, rows, config.loop.tolerance, task.horizon).length
print(f"after {FEW} steps: the next real steps allow rollouts of {earned} steps, not {STEPS}")
lab.record(few_rollout_length=earned)

# %% [markdown]
# So the loop's own rule would not have let this learner imagine for long. Now set `FEW` to 8 or 12
# and run the cells of this section again; or keep six and let it practise in rollouts of the length
# that it has earned (`rollout_length=max(1, earned)`).
#
# ## 9 · The film
#
# One real episode each, from hanging at rest: a random policy and the trained one. The green arc is
# the torque.

# %% tags=["report"]
generator = np.random.default_rng(SEED)
random_play = films.play(task, lambda observation: generator.uniform(-2, 2, 1), SEED)
trained_play = films.play(task, Policy(task, loop.policy), SEED)
films.pendulum(
    np.stack([random_play[0], trained_play[0]]),
    np.stack([random_play[1], trained_play[1]]),
    titles=[f"random: {random_play[2]:.0f}", f"trained: {trained_play[2]:.0f}"],
)

# %% [markdown]
# ## Quick quiz
#
# <details><summary>Why fit increments and not next states?</summary>
# Next states are almost the present states, so even "nothing changes" scores R² ≈ 0.99. The
# physics is in the small difference, and the fit should be judged on it.</details>
#
# <details><summary>The model was fitted once and never again. When would that be wrong?</summary>
# When the policy leads to where the equations do not hold: contact, friction that was never felt,
# bounds. Then the loop must return to reality and refit; validation is there to notice.</details>
#
# <details><summary>Why is the last quarter held back, and not random points?</summary>
# Open-loop prediction needs a contiguous stretch; and neighbours in time are nearly copies, so
# random points would test memory rather than prediction.</details>
#
# <details><summary>Is the policy's real return used anywhere in training?</summary>
# No. Choosing by it would spend real steps that are not counted.</details>
#
# ## What to remember
#
# - Three buffers, one loop; only the model is exchanged.
# - Increments, wrapped angles, no clipped points: half of symbolic regression is stating the
#   problem well.
# - A formula of the right form extrapolates; a network of 4,600 weights interpolates.
# - Trust is earned by open-loop prediction on held-back steps, and spent as rollout length.
# - What rollouts do not visit cannot be learned; start states and length decide what they visit.
# - Imagined return far above the real one: the policy lives off the model's mistakes.
# - On this world cheaper regressors find the same equations. Say so whenever you show the result.
#
# ## What next
#
# Try another `SEED`; or give the learner half a second of data by setting `SECOND = 10`. When does
# it fail, and is it the equations or the coverage? From the command line:
# `symtut train --task pendulum --method symbolic --steps 20 --seed 0 --out runs/one_second`.
# Notebook 11 does this for ten seeds and five methods and asks what the numbers prove.
# Notebook 14 keeps the equations and replaces SAC: it differentiates them, and learns a policy in
# seconds.
