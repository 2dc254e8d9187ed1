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
# - say what is won by a formula, what a far simpler method would have found too, and why.
#
# **Before you start:** what an episode, a return and an actor–critic are.
# **Time:** about 3 minutes of computing and 60 of reading and exercises, on two cores.
# **Memory:** under 1.5 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %%
import time
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Math, display

from symtut import SymbolicRegressor, make_task
from symtut.agents.loop import Loop
from symtut.agents.policy import Policy
from symtut.experiments import evaluate
from symtut.experiments.config import RunConfig
from symtut.lab import checks, equations, films, plots
from symtut.tasks import EVALUATION_SEEDS
from symtut.world_models import make_world_model

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(updates=200, every=100, short_updates=100, episodes=5, network_updates=100),
    lab=dict(updates=8000, every=1000, short_updates=4000, episodes=100, network_updates=2000),
    paper=dict(updates=8000, every=250, short_updates=8000, episodes=100, network_updates=10000),
)

# %% [markdown]
# ## 1 · The loop
#
# *How can a policy be learned almost without touching the world?* By learning the world first,
# and practising in imagination.

# %%
plots.loop_diagram()
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
axes[0].plot(seconds, plots.break_wraps(real.state[:, 0]), label=plots.label("theta"))
axes[0].plot(seconds, real.state[:, 1], "--", label=plots.label("theta_dot"))
axes[0].axvspan(seconds[held_back][0], seconds[-1], color="#888888", alpha=0.15, linewidth=0)
axes[0].text(seconds[held_back][0] + 0.1, 11, "held back", fontsize=9)
axes[0].set(xlabel="time (s)", ylim=(-9, 13), title="One random episode")
axes[0].legend(loc="upper left", fontsize=8.5)
axes[1].plot(real.state[:, 0], real.state[:, 1], ".", markersize=4)
axes[1].set(
    xlim=(-np.pi, np.pi), ylim=(-8.5, 8.5), xlabel=plots.label("theta"),
    ylabel=plots.label("theta_dot"), title="States visited",
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
angle_increment = checks.function(
    "exercise 1",
    angle_increment,
    oracle=lambda after, before: np.angle(np.exp(1j * (after - before))),
    cases=[
        (np.array([0.3, -0.2]), np.array([0.1, 0.2])),
        (np.array([-3.1, 3.1]), np.array([3.1, -3.1])),
        (real.next_state[:, 0], real.state[:, 0]),
    ],
    mistakes=[
        (lambda after, before: after - before, "The plain difference jumps by 2π at the seam."),
        (lambda after, before: (after - before) % (2 * np.pi), "That is in [0, 2π), not (−π, π]."),
        (lambda after, before: before - after, "That is the way back: after minus before."),
    ],
    hint="Subtract as many whole turns as it takes to land in (−π, π].",
)

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
corners = np.array([[0.1, 8.0], [3.1, 7.9], [-3.0, -8.0], [np.pi, 0.5], [0.0, -7.99]])
keep = checks.function(
    "exercise 2",
    keep,
    oracle=lambda s: ~np.isclose(np.abs(s[:, 1]), 8.0, rtol=0, atol=1e-5),
    cases=[(corners,), (real.next_state,)],
    mistakes=[
        (
            lambda s: np.abs(s[:, 1]) <= 8.0,
            "Points exactly on the bound are the cut ones: drop them.",
        ),
        (lambda s: np.abs(s[:, 1]) >= 8.0 - 1e-5, "That keeps what should go, and the reverse."),
        (lambda s: s[:, 1] < 8.0 - 1e-5, "There is a lower bound too."),
    ],
    hint="Only the velocity is clipped; the angle wraps, which is harmless.",
)

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
coefficient = checks.value(
    "exercise 3",
    coefficient,
    expected=0.0375,
    mistakes=[
        (
            0.75,
            "That is its coefficient in the velocity's increment; the angle moves Δt times that.",
        ),
        (0.0, "It would be 0 if the old velocity moved the angle; it is the new one."),
        (0.025, "Not g Δt²: a rod turned about its end has 3g/2l."),
    ],
    hint="Insert the first equation into the second.",
)

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
def by_recursion(predict, state, actions):
    first = predict(state[None], actions[:1])
    rest = [by_recursion(predict, first[0], actions[1:])] if len(actions) > 1 else []
    return torch.cat([first, *rest])


def toy(state, action):
    return 0.9 * state + action


open_loop = checks.function(
    "exercise 4",
    open_loop,
    by_recursion,
    cases=[
        (toy, torch.tensor([1.0]), torch.zeros(3, 1)),
        (toy, torch.tensor([1.0, -1.0]), torch.linspace(0, 1, 8).reshape(4, 2)),
    ],
    mistakes=[
        (
            lambda f, s, a: torch.cat([f(s[None], a[t : t + 1]) for t in range(len(a))]),
            "Each step must start from the last prediction, not from the first state.",
        ),
        (
            lambda f, s, a: torch.cat([s[None], by_recursion(f, s, a)[:-1]]),
            "The first row must be the state after the first action.",
        ),
    ],
    hint="The prediction of one step is the state of the next.",
)

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
for _ in range(budget.network_updates):
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
axes[0].plot(seconds, plots.break_wraps(truth[1:, 0]), color="#BBBBBB", linewidth=5, label="real")
for kind, text in (("symbolic", "equations"), ("mbpo", "network")):
    style = plots.method_style(kind) | {"marker": "", "linewidth": 1.4}
    axes[0].plot(seconds, plots.break_wraps(imagined[kind][:, 0]), label=text, **style)
    error = np.linalg.norm(task.difference(imagined[kind], truth[1:]), axis=1)
    axes[1].semilogy(seconds, np.maximum(error, 1e-9), label=text, **style)
    lab.record(**{f"open_loop_error_{kind}": error[:before].max(initial=0)})
for moment in seconds[at_bound]:
    axes[1].axvline(moment, color="#BBBBBB", linewidth=1, zorder=0)
axes[0].set(xlabel="time (s)", ylabel=plots.label("theta"), title="Ten seconds without looking")
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
    ax.set(xlabel=plots.label("theta"), title=f"{text}: median error {np.median(error):.1e}")
    lab.record(**{f"median_error_{text}": np.median(error)})
axes[0].set_ylabel(plots.label("theta_dot"))
figure.colorbar(image, ax=axes, label="log10 of the error of one step")
plt.show()

# %% [markdown]
# Both models know the same points (white). The network is good near them and guesses elsewhere;
# the equations hold wherever the bound does not cut in. That is the paper's first argument: few
# parameters of the right form extrapolate.
#
# ## 5 · How long may it imagine?
#
# *How do we know without a test episode?* The loop asks the held-back quarter: it predicts open
# loop along it, measures the error in units of the states' own spread, and extrapolates the growth
# of that error. Rollouts may be as long as it stays under the tolerance.

# %%
validation = loop.validation
lead = np.arange(1, len(validation.errors) + 1)
figure, axes = plt.subplots()
axes.loglog(lead, validation.errors, **plots.method_style("symbolic"), label="on held-back steps")
beyond = np.arange(lead[-1], 201)
axes.loglog(
    beyond, validation.errors[-1] * (beyond / lead[-1]) ** validation.growth, "--",
    color="#888888", label="its growth, extrapolated",
)  # fmt: skip
axes.axhline(config.loop.tolerance, color=plots.INK, linewidth=1, linestyle=":")
axes.text(1.05, config.loop.tolerance * 0.3, "tolerance", fontsize=9)
axes.set(xlabel="steps ahead", ylabel="error / spread", title="What the model has earned")
axes.legend(loc="center left")
plt.show()
print(f"rollouts may take {loop.rollout_length} steps; an episode has {task.horizon}")
lab.record(rollout_length=loop.rollout_length)

# %% [markdown]
# ## 6 · Practising in imagination
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
    for update in range(1, updates + 1):
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
# states that were visited. The same equations, the same 200 steps, rollouts of two:

# %%
short_config = replace(config.loop, rollout_length=2, updates=budget.short_updates)
short = Loop(task, make_world_model("symbolic", task, SEED), STEPS, short_config, config.sac, SEED)
short.interact()
short.fit_model()
short_curve = practise(short, budget.short_updates)
lab.record(short_rollouts_return=short_curve[-1, 1])

# %%
figure, axes = plt.subplots(figsize=(8, 3.6))
plots.learning_curve(
    *curve.T, axes=axes, label=f"rollouts of {loop.rollout_length}",
    xlabel="gradient updates, all in imagination", marks=[(task.best_return, "best possible")],
)  # fmt: skip
axes.plot(*short_curve.T[:2], "s--", color="#888888", markersize=4, label="rollouts of 2")
axes.set_title(f"Return in the real environment, after {loop.env_steps} real steps")
axes.legend(loc="lower right")
plt.show()

# %% [markdown]
# The model is (nearly) perfect in both runs: what binds the second is *coverage*. That is the
# heart of the method here: a model that can be trusted for a whole episode turns ten seconds of
# data into as much practice as one likes.
#
# ## 7 · The film
#
# One real episode each, from hanging at rest: a random policy and the trained one. The green arc is
# the torque.

# %%
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
# - On this world cheaper regressors find the same equations. Say so whenever you show the result.
#
# ## What next
#
# Try another `SEED`; or give the learner one second of data by setting `STEPS = 20`. When does it
# fail, and is it the equations or the coverage? From the command line:
# `symtut train --task pendulum --method symbolic --steps 20 --seed 0 --out runs/one_second`.
