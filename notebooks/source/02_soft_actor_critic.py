# %% [markdown]
# # 02 · Soft actor-critic
#
# *How does one learn to act in a world that only answers, and never explains?* Soft actor-critic
# (SAC) is told neither equations nor chances. It pushes the pendulum, sees what comes, and learns
# two things from it: a **critic** that says what an action is worth, and an **actor** that rolls
# dice loaded in favour of what the critic likes. This notebook builds both line by line, trains
# them on the real pendulum, breaks them in five ways, and counts what the learning has cost.
#
# **You will be able to**
# - write a working SAC, and say what each of its lines is for;
# - compute the log-probability of a squashed action, and check it by integration;
# - recognise the usual failures by their marks: a time limit taken for an end, no entropy, too
#   high hopes, forgotten units, a critic asked where it has never been;
# - say how many real steps this way of learning costs, with an interval.
#
# **Before you start:** values and Bellman's equation (notebook 01), gradients in PyTorch.
# **Time:** about 2 minutes of computing, on one core.
# **Memory:** under 1 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
import copy
import csv
import inspect
import math
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from symtut import make_task, progress
from symtut.agents.buffers import ReplayBuffer
from symtut.agents.loop import Loop, episode_seed
from symtut.agents.policy import Policy
from symtut.agents.sac import SAC, SACConfig
from symtut.experiments import evaluate
from symtut.experiments import statistics as st
from symtut.experiments.config import RunConfig
from symtut.experiments.tables import read_curves, read_runs
from symtut.lab import checks, curves, explorers, films, style
from symtut.lab.scenes import nb02_actor_critic_plots as actor_critic_plots
from symtut.lab.scenes import nb02_two_hills as two_hills
from symtut.paths import data_path
from symtut.storage import read_json
from symtut.tasks import EVALUATION_SEEDS
from symtut.tasks.pendulum import DT, Pendulum
from symtut.tasks.random_policy import random_transitions

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(steps=300, own_steps=260, every=100, episodes=4, repeats=4, fit=150),
    lab=dict(steps=5000, own_steps=5000, every=500, episodes=100, repeats=20, fit=300),
    paper=dict(steps=8000, own_steps=8000, every=250, episodes=100, repeats=50, fit=300),
)
torch.manual_seed(SEED)
generator = torch.Generator().manual_seed(SEED)

# %% [markdown]
# ## 1 · The parts
#
# *What has to be there?* A memory, two critics with two slow copies, an actor, and one number
# called temperature. Come back to this picture at the end of each section.

# %% tags=["hide-input"]
actor_critic_plots.parts_diagram()
plt.show()

# %% [markdown]
# | symbol | meaning |
# |---|---|
# | $s,\ a,\ r,\ s'$ | what is observed, the action, its reward, what is observed next |
# | $\pi(a \mid s)$ | the policy: the density of action $a$ in $s$ |
# | $Q(s, a)$ | value: what is to come after doing $a$ in $s$ and following $\pi$ from there |
# | $\bar Q$ | a slow copy of $Q$, the *target* critic |
# | $\alpha$ | temperature: how much one nat of randomness is worth, in units of reward |
#
# A *nat* is the unit of $-\ln p$; 0.69 nats are a bit.
#
# The world is the pendulum: observation $(\cos\theta, \sin\theta, \dot\theta)$ with $\theta = 0$
# upright, one action, a torque of at most 2 N m, 200 steps of 0.05 s an episode. The reward is
# never above 0: $-(\theta^2 + 0.1\,\dot\theta^2 + 0.001\,u^2)$. First what costs nothing: how good
# are a policy that pushes at random and one that does not push at all?

# %%
task = make_task("pendulum")
starts = EVALUATION_SEEDS[: budget.episodes]
at_random = evaluate(task, lambda seen: 2 * torch.rand(len(seen), 1) - 1, starts).mean
at_rest = evaluate(task, lambda seen: torch.zeros(len(seen), 1), starts).mean
print(f"mean return over {len(starts)} fixed starts: random {at_random:.0f}, no torque", end=" ")
print(f"{at_rest:.0f}, best possible (dynamic programming) {task.best_return}")
lab.record(random_return=at_random, rest_return=at_rest, best_return=task.best_return)

# %% [markdown]
# ### Exercise 1 · Two scales of one action (easy, 5 min)
#
# Inside the learner every action lies in $[-1, 1]$, whatever the world: networks like numbers of
# size one, and the same settings then serve every task. The world wants N m. Between the two
# stands one line, and forgetting it is among the commonest bugs there are (section 6 shows its
# price). Write it for any bounds.
#
# <details><summary>Hint</summary>−1 must become <code>low</code>, +1 must become
# <code>high</code>, and 0 the middle of the two, which need not be 0.</details>


# %%
def rescale(unit_action, low, high):
    """Actions in [-1, 1], any shape -> the same in [low, high], linearly."""
    ### BEGIN SOLUTION
    return low + 0.5 * (unit_action + 1) * (high - low)
    ### END SOLUTION


# %% tags=["check"]
rescale = checks.exercise("02.1", rescale)

# %% [markdown]
# ### The replay buffer
#
# *Why not learn from each step as it comes?* Because a step looks like the one before it. The
# buffer keeps what happened, and each batch is drawn from all of it. It is a table with a write
# position that goes round; these lines of `symtut` are all of the writing:

# %%
print(inspect.getsource(ReplayBuffer.add))

# %% [markdown]
# **Predict:** in the left figure the last 64 transitions, in the right one 64 drawn from the
# buffer. What will the two batches say about the world?

# %%
seen = random_transitions(task, 2000, SEED)  # ten episodes with random torque
buffer = ReplayBuffer(2000, {"state": 2, "reward": 1})
buffer.add(state=seen.state, reward=seen.reward)
batches = {"the last 64": buffer.window(64), "64 drawn": buffer.sample(64, generator)}

figure, axes = plt.subplots(1, 2, figsize=(8, 3.1), sharey=True)
alike = {}
for ax, (text, batch) in zip(axes, batches.items(), strict=True):
    ax.plot(*seen.state[::4].T, ".", color="#CCCCCC", markersize=3)
    ax.plot(*batch["state"].T, "o", color=style.OKABE_ITO[0], markersize=4)
    ax.set(xlabel=style.label("theta"), title=text)
    rewards = batch["reward"][:, 0].numpy()
    alike[text] = np.corrcoef(rewards[:-1], rewards[1:])[0, 1]
    print(f"{text}: correlation of a row's reward with the next row's {alike[text]:+.2f}")
axes[0].set_ylabel(style.label("theta_dot"))
plt.show()
lab.record(correlation_last=alike["the last 64"], correlation_drawn=alike["64 drawn"])

# %% [markdown]
# The last 64 steps are one curve: nearly the same statement, 64 times. The drawn ones speak of the
# whole of what is known. And every step is used again and again, which a learner that throws its
# steps away cannot do. (It is allowed here because a critic's lesson, "in $s$, action $a$ gave $r$
# and led to $s'$", stays true whoever chose $a$.)
#
# ## 2 · A policy that rolls dice
#
# *How does a network choose at random, within bounds?* It gives a mean $\mu$ and a deviation
# $\sigma$; a Gaussian with these gives a raw action $u = \mu + \sigma\varepsilon$, where
# $\varepsilon$ is standard normal noise; and $a = \tanh u$ squashes it into $(-1, 1)$.
#
# **Predict:** what becomes of a *wide* Gaussian?

# %% tags=["hide-input"]
actor_critic_plots.squashing(seed=SEED)
plt.show()

# %% [markdown]
# The wide one has its hills at the *edges*: it means "full left or full right". The dashed curve
# takes the height of the Gaussian at $u$ for the density at $a$, and it is wrong: tanh squeezes
# long stretches of $u$ into short ones of $a$, and where it squeezes, the density must rise by as
# much. The factor is the slope of tanh:
#
# $$\pi(a) = \frac{\mathcal N(u; \mu, \sigma)}{\left|\mathrm{d}a/\mathrm{d}u\right|},
# \qquad \frac{\mathrm{d}a}{\mathrm{d}u} = 1 - \tanh^2 u, \qquad
# \log\pi(a) = \sum_k \big[\log \mathcal N(u_k; \mu_k, \sigma_k) - \log(1 - \tanh^2 u_k)\big],$$
#
# summed over the coordinates $k$ of the action ($\mathcal N$ is the normal density). As written,
# it fails in a computer:

# %%
raw = torch.tensor([0.0, 2.0, 5.0, 9.0, 12.0], requires_grad=True)
as_written = torch.log(1 - torch.tanh(raw) ** 2)
as_used = 2 * (math.log(2) - torch.logaddexp(raw, -raw))
print("u          ", raw.detach().numpy())
for text, values in (("as written", as_written), ("as used", as_used)):
    (slope,) = torch.autograd.grad(values.sum(), raw)
    print(f"{text:<11}", values.detach().numpy().round(3), " derivative", slope.numpy().round(3))
lab.record(naive_is_infinite=bool(torch.isinf(as_written).any()))

# %% [markdown]
# In 32 bits $\tanh 12$ is 1, and one minus one has no logarithm: a single such action in a batch,
# and after the next update every weight of the actor is "not a number". But
# $1 - \tanh^2 u = 4 / (e^u + e^{-u})^2$, so the logarithm is $2\,(\log 2 - \log(e^u + e^{-u}))$,
# and `logaddexp` computes the last term without ever forming the large number.
#
# ### Exercise 2 · The log-probability of a squashed action (medium, 12 min)
#
# Write it with the stable form. One number for each row: the sum over the coordinates of its
# action.
#
# <details><summary>Hint</summary>
# $\log\mathcal N(u; \mu, \sigma) = -\tfrac12 ((u - \mu)/\sigma)^2 - \log\sigma -
# \tfrac12\log 2\pi$. Subtract the logarithm of the slope; then sum over the last
# dimension.</details>


# %%
def squashed_log_prob(raw, mean, std):
    """(B, A) raw actions, means, deviations -> (B,) log-density of the actions tanh(raw)."""
    ### BEGIN SOLUTION
    gauss = -0.5 * ((raw - mean) / std) ** 2 - std.log() - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - torch.logaddexp(raw, -raw))
    return (gauss - log_slope).sum(-1)
    ### END SOLUTION


# %% tags=["check"]
squashed_log_prob = checks.exercise("02.2", squashed_log_prob)

# %% [markdown]
# A check by a library is one thing; a check by what a density *is* needs no library. Over all
# actions it must integrate to 1. Draw actions evenly from $(-1, 1)$, an interval of length 2: the
# mean of $2\,\pi(a)$ is the integral.

# %%
mean, std = torch.tensor([[0.8]]), torch.tensor([[0.5]])
even = 2 * torch.rand(100_000, 1, generator=generator) - 1
raw = torch.atanh(even.clamp(-1 + 1e-6, 1 - 1e-6))
integrals = {}


def gauss_only(raw, mean, std):  # without the slope of the squashing
    return torch.distributions.Normal(mean, std).log_prob(raw).sum(-1)


for text, log_density in (("with", squashed_log_prob), ("without", gauss_only)):
    height = 2 * log_density(raw, mean, std).exp()
    integrals[text], error = height.mean().item(), (height.std() / len(height) ** 0.5).item()
    print(f"{text:>7} the slope: integral {integrals[text]:.3f} ± {error:.3f}")
lab.record(integral=integrals["with"], integral_without=integrals["without"])

# %% [markdown]
# ## 3 · The price of certainty
#
# *Why roll dice at all, once one knows what is good?* Because early on one does not know. SAC
# pays for randomness. It maximises rewards *plus entropy*,
#
# $$J(\pi) = \mathbb E_\pi\Big[\sum_{t \ge 0} \gamma^t \big(r_t + \alpha\,
# \mathcal H(\pi(\cdot \mid s_t))\big)\Big], \qquad
# \mathcal H(\pi(\cdot \mid s)) = \mathbb E_{a \sim \pi}[-\log\pi(a \mid s)],$$
#
# where $t$ counts steps, $\gamma = 0.99$ is the discount, $\mathcal H$ the entropy in nats and
# $\alpha$ the temperature. To see what $\alpha$ does, take the smallest world that can go wrong:
# one state, one step, and a reward with **two hills**, a low one on the left and a high one on the
# right. In grey the best density of any shape, which is proportional to $e^{r(a)/\alpha}$; in red
# the best that a squashed Gaussian can do, found by trying a grid of them.
#
# **Predict:** what happens to both when the temperature goes to 0.02, and to 1?

# %% tags=["hide-input"]
explorers.explore(
    actor_critic_plots.temperature, alpha=(0.02, 1.0, 0.02, 0.2), kind=list(two_hills.WIDTHS)
)

# %%
print("temperature   mean reward   entropy (nats)   mean and deviation of u")
ladder = {}
for alpha in (0.02, 0.1, 0.2, 0.3, 0.5, 1.0):
    mu, sigma, gained, entropy = two_hills.best_squashed(alpha)
    ladder[alpha] = entropy
    print(f"{alpha:>11} {gained:>13.2f} {entropy:>16.2f} {mu:>15.2f} {sigma:>8.2f}")
print(f"entropy of even dice on [-1, 1]: {math.log(2):.2f}")
lab.record(entropy_cold=ladder[0.02], entropy_hot=ladder[1.0])

# %% [markdown]
# Cold policies stand on the high hill, hot ones lie flat over everything. In between the red
# curve differs from the grey: a Gaussian, even a squashed one, has no two hills of its own choice.
#
# ### Exercise 3 · The thermostat (medium, 8 min)
#
# Which temperature is right? It depends on the size of the rewards, and on how far learning has
# come. So SAC does not fix $\alpha$ but the entropy: it should be $\bar{\mathcal H} = -1$ nat for
# each coordinate of the action. The temperature minimises
#
# $$J(\alpha) = -\log\alpha \cdot \big(\mathbb E[\log\pi(a \mid s)] + \bar{\mathcal H}\big).$$
#
# Write the derivative with respect to $\log\alpha$ for a batch. **Predict** first: the policy has
# become more certain than wanted. Must $\alpha$ rise or fall, and what sign has the derivative
# then?
#
# <details><summary>Hint</summary>The bracket does not depend on α: it counts as a constant. A
# descent step moves log α *against* the derivative.</details>


# %%
def temperature_gradient(log_prob, target_entropy):
    """(B,) log-probabilities of drawn actions, a number -> derivative of J by log(alpha), ()."""
    ### BEGIN SOLUTION
    return -(log_prob.mean() + target_entropy)
    ### END SOLUTION


# %% tags=["check"]
temperature_gradient = checks.exercise("02.3", temperature_gradient)

# %% [markdown]
# ### No entropy: stuck, and then frozen
#
# Now let policies *climb*: 41 squashed Gaussians start all over the two hills and follow the
# gradient of $\mathbb E[r] + \alpha\mathcal H$, once with $\alpha = 0$, once with a fixed
# $\alpha = 0.1$, once with the thermostat from $\alpha = 1$.
#
# **Predict:** how many of the 41 reach the high hill without entropy?

# %%
noise = two_hills.noise_quantiles(64)  # evenly spread: no luck in the gradient


def climb(alpha, kind="equally wide", updates=400):
    """Modes of 41 policies after each update, (T, 41), and their last deviations, (41,)."""
    mean = torch.linspace(-1.5, 1.5, 41)[:, None].requires_grad_()
    log_std = torch.full((41, 1), math.log(0.3), requires_grad=True)
    log_alpha = torch.zeros(41)
    optimiser = torch.optim.Adam([mean, log_std], lr=0.05)
    path = []
    for _ in range(updates):
        path.append(torch.tanh(mean.detach()[:, 0]).numpy().copy())
        std = log_std.exp()
        raw = mean + std * noise  # (41, 64)
        log_prob = squashed_log_prob(raw[..., None], mean[..., None], std[..., None])
        price = log_alpha.exp()[:, None] if alpha is None else alpha
        gain = (two_hills.reward(torch.tanh(raw), kind) - price * log_prob).mean(1)
        optimiser.zero_grad()
        (-gain).sum().backward()
        optimiser.step()
        if alpha is None:
            slope = -(log_prob.detach().mean(1) - 1.0)  # exercise 3, for 41 policies at once
            log_alpha = log_alpha - 0.015 * slope
    return np.array(path), log_std.exp().detach()[:, 0].numpy()


# %%
ways = {"no entropy": 0.0, "fixed α = 0.1": 0.1, "thermostat": None}
found = {title: climb(alpha) for title, alpha in ways.items()}
actor_critic_plots.climbs({t: path for t, (path, _) in found.items()}, two_hills.reward)
plt.show()
arrived = {}
for title, (path, std) in found.items():
    arrived[title] = int((path[-1] > 0.3).sum())
    print(f"{title:<13} on the high hill {arrived[title]:>2} of 41,", end=" ")
    print(f"median deviation of u {np.median(std):.3f} (0.300 at the start)")
lab.record(arrived=list(arrived.values()), frozen_std=np.median(found["no entropy"][1]))

# %% [markdown]
# Without entropy every policy climbs the hill it stands on, and its deviation shrinks to next to
# nothing: it no longer tries anything else, so it will never find out. With the thermostat all
# policies are first blown up until they cover both hills, and then cool down, on the higher one.
#
# Is that a guarantee? Change one thing: the low hill is now *wider* (and a little higher) than
# before, the high one narrower.

# %%
wide = {title: climb(alpha, "the low hill is wider") for title, alpha in ways.items()}
for title, (path, _) in wide.items():
    print(f"{title:<13} on the high hill {(path[-1] > 0.3).sum():>2} of 41")
lab.record(arrived_wide=[int((path[-1] > 0.3).sum()) for path, _ in wide.values()])

# %% [markdown]
# Entropy prefers *broad* hills. Where the broad one is the lower, the thermostat leads all of the
# policies there: it explores more, it does not know better. (In the explorer above, choose this
# reward from the menu, and lower the temperature slowly.)
#
# ## 4 · What is an action worth?
#
# The actor needs a critic. What a critic should say follows from one step of experience: the
# reward, plus what the next state is worth, discounted. In the *soft* sense the next state is
# worth the value of an action drawn there plus the pay for its randomness:
#
# $$y = r + \gamma\,(1 - \mathrm{terminated})\,\big(\min_{i=1,2}\bar Q_i(s', a') -
# \alpha\log\pi(a' \mid s')\big), \qquad a' \sim \pi(\cdot \mid s').$$
#
# $y$ is the **soft target**. Three things in it need a reason: *terminated*, the minimum, and the
# bars. Each gets a section.
#
# ### Exercise 4 · The soft target (medium, 10 min)
#
# The world reports two flags. *terminated*: the task itself is over and nothing can follow.
# *truncated*: somebody stopped watching. Write the target.
#
# <details><summary>Hint</summary>After a truncation the world goes on. Only one of the two flags
# belongs in the formula; the other is there to tempt you.</details>


# %%
def soft_target(reward, terminated, truncated, q1, q2, log_prob, alpha, gamma):
    """All (B,) but alpha and gamma; q1, q2, log_prob: of an action drawn in s' -> y, (B,)."""
    ### BEGIN SOLUTION
    next_value = torch.minimum(q1, q2) - alpha * log_prob
    return reward + gamma * (1 - terminated) * next_value
    ### END SOLUTION


# %% tags=["check"]
soft_target = checks.exercise("02.4", soft_target)

# %% [markdown]
# ### First accident: a time limit taken for an end
#
# One state, reward 1 at every step, for ever. Its value (without entropy) is $1/(1-\gamma)$, which
# for $\gamma = 0.99$ is 100. Now an observer stops every $T$ steps, and the learner believes that
# the world ended there: one target in $T$ is $1$ instead of $1 + \gamma V$. In the middle it learns
# $V = 1 + \gamma\,(1 - 1/T)\,V$, so
#
# $$V_\mathrm{wrong} = \frac{1}{1 - \gamma\,(1 - 1/T)}.$$
#
# **Predict:** for $T = 200$, the pendulum's limit, how much of the value is left?

# %%
GAMMA = 0.99


def learned_value(limit, mistaken, sweeps=1500, rate=0.01):
    """TD with the target of exercise 4 in the one-state world, on batches of whole episodes."""
    truncated = torch.zeros(limit)
    truncated[-1] = 1.0
    ends = truncated if mistaken else torch.zeros(limit)
    value, ones, zeros = torch.zeros(()), torch.ones(limit), torch.zeros(limit)
    for _ in range(sweeps):
        next_q = value.expand(limit)
        y = soft_target(ones, ends, zeros, next_q, next_q, zeros, 0.0, GAMMA)
        value = value + rate * (y - value).mean() / (1 - GAMMA)
    return value.item()


print("limit T    by truth   terminated only   time-out taken for an end   formula")
short = {}
for limit in (20, 50, 200, 1000):
    right, wrong = learned_value(limit, False), learned_value(limit, True)
    formula = 1 / (1 - GAMMA * (1 - 1 / limit))
    short[limit] = wrong
    print(f"{limit:>7} {1 / (1 - GAMMA):>11.1f} {right:>17.1f} {wrong:>27.1f} {formula:>9.1f}")
lab.record(value_right=right, value_wrong_200=short[200])

# %% [markdown]
# A limit of 200 steps takes away a third of the value. The mistake is silent: nothing crashes, the
# loss goes down, and the critic is confidently wrong.
#
# And on the pendulum? Twenty episodes of random torque end twenty times by the clock and never by
# themselves. To see the mistake alone, without the patience of gradient descent, take a critic
# whose last layer is solved for *exactly*: 300 random ReLU features $\phi(s)$ of the observation,
# value $V(s) = w^\top\phi(s)$, and $w$ such that the targets are met on average. This is called
# LSTD, least-squares temporal differences: a linear system in place of many small updates. The two
# solutions below differ in one column of the data. Truth comes from the simulator: 40 of the
# states, continued many times with random torque.

# %%
data = random_transitions(task, 4000, SEED + 1)  # twenty episodes
timed_out = np.append(data.episode[1:] != data.episode[:-1], True)
mixing = np.random.default_rng(SEED)
weights = mixing.normal(size=(4, 300)) * np.array([2.0, 2.0, 2.0, 1.0])[:, None]


def phi(state):
    """(N, 2) states -> (N, 301) random ReLU features, and a constant."""
    seen = task.observation_from_state(state) * np.array([1.0, 1.0, 0.25])
    hidden = np.maximum(np.column_stack([seen, np.ones(len(seen))]) @ weights, 0)
    return np.column_stack([hidden, np.ones(len(seen))])


def solve_critic(ended):
    """w for which E[phi (r + gamma (1 - ended) w phi' - w phi)] = 0, slightly regularised."""
    now, then = phi(data.state), phi(data.next_state)
    matrix = now.T @ (now - GAMMA * ~ended[:, None] * then) / len(now)
    return np.linalg.solve(matrix + 1e-4 * np.eye(len(matrix)), now.T @ data.reward / len(now))


def true_values(states, repeats, steps=600):
    """Discounted reward under random torque by the simulator's own equations, (N,)."""
    state, total = np.repeat(states, repeats, 0), 0.0
    for t in range(steps):
        torque = mixing.uniform(-2, 2, (len(state), 1))
        after = task.true_step(state, torque)
        total = total + GAMMA**t * task.reward(state, torque, after)
        state = after
    return total.reshape(len(states), repeats).mean(1)


# %%
asked = data.state[mixing.choice(len(data), 40, replace=False)]
truth = true_values(asked, 5 * budget.repeats)
says = {
    "terminated only": phi(asked) @ solve_critic(data.terminated.astype(bool)),
    "time-out taken for an end": phi(asked) @ solve_critic(timed_out),
}
actor_critic_plots.said_and_true(says, truth).set_title("Value of the random policy")
plt.show()
for text, values in says.items():
    print(f"{text:<26} mean {values.mean():7.1f} (truth {truth.mean():.1f}),", end=" ")
    print(f"share of the truth {values.mean() / truth.mean():.2f}")
print(f"formula for a constant reward: {(1 - GAMMA) / (1 - GAMMA * (1 - 1 / 200)):.2f}")
lab.record(pendulum_shares=[values.mean() / truth.mean() for values in says.values()])

# %% [markdown]
# Rewards are negative here, so "too small" means too close to zero: the mistaken critic believes
# that a pendulum hanging at the end of the episode is redeemed by the clock. Twenty wrong rows in
# 4,000 have spoilt all the others, because each value leans on the next one.
#
# ### Second accident: too high hopes
#
# *Why two critics?* The actor looks for the action that the critic likes best. A critic has errors,
# and the search finds the errors that point upwards. Take a state in which **every** action is
# worth exactly 0, and critics whose errors are standard normal.
#
# **Predict:** what does the best of 10 actions seem to be worth, by one critic, and by the smaller
# of two?

# %%
dice = np.random.default_rng(SEED)
counts = np.array([1, 2, 3, 5, 10, 20, 50])
errors = dice.standard_normal((2, 4000, counts[-1]))  # critic, repetition, action
hopes = {
    "one critic": np.array([errors[0, :, :n].max(1).mean() for n in counts]),
    "the smaller of two": np.array([errors.min(0)[:, :n].max(1).mean() for n in counts]),
}
figure, axes = plt.subplots(1, 2, figsize=(9, 3.4))
backups = np.arange(401)
for (text, bias), look in zip(hopes.items(), ("o-", "s--"), strict=True):
    axes[0].semilogx(counts, bias, look, label=text)
    at_ten = bias[counts == 10][0]
    claim = at_ten * GAMMA * (1 - GAMMA**backups) / (1 - GAMMA)  # V <- gamma (V + bias)
    axes[1].plot(backups, claim, look[1:], label=text)
    print(f"{text:<19} best of 10 seems worth {at_ten:.2f}, in the long run {claim[-1]:.0f}")
    lab.record(**{f"hope_{text.replace(' ', '_')}": at_ten})
axes[0].axhline(0, color=style.INK, linewidth=1)
axes[0].set_xticks(counts, counts)
axes[0].minorticks_off()
axes[0].set(xlabel="actions to choose from", ylabel="claimed value (true: 0)", title="One backup")
axes[1].set(xlabel="backups", ylabel="claimed value (true: 0)", title="Ten actions, bootstrapped")
axes[0].legend(fontsize=8.5)
plt.show()

# %% [markdown]
# One critic promises, at ten actions, more than one standard deviation of its own error, and then
# *bootstraps* on the promise: each backup adds it again, up to $\gamma/(1-\gamma) = 99$ times. The
# smaller of two promises less than half as much. It is no cure: for very few actions it is too
# gloomy, for many still too hopeful. Gloom is the better mistake, because an action that is
# undervalued is merely not taken, while one that is overvalued is sought.
#
# ### Third: following slowly
#
# *Why the bars?* A critic that learns from its own latest words chases its tail. So the targets
# come from copies that follow slowly: after each update
# $\bar w \leftarrow (1 - \tau)\,\bar w + \tau\,w$, with $w$ the weights of the critic, $\bar w$
# those of the copy, and $\tau = 0.005$.
#
# ### Exercise 5 · Polyak's average (easy, 4 min)
#
# <details><summary>Hint</summary>With τ = 0 the copy never moves; with τ = 1 it is the critic
# itself.</details>


# %%
def polyak(target, online, tau):
    """Two tensors of the same shape -> the target's next value, a new tensor."""
    ### BEGIN SOLUTION
    return target + tau * (online - target)
    ### END SOLUTION


# %% tags=["check"]
polyak = checks.exercise("02.5", polyak)


# %% [markdown]
# What does a copy see? Let a critic's value of one state fall from 0 towards −100 as it learns,
# with noise on it, as a network has it.


# %%
def follow(tau):
    """A noisy critic over 2,000 updates, and its slow copy."""
    wobble = np.random.default_rng(SEED).normal(size=2000)
    critic = torch.tensor(100 * np.expm1(-np.arange(2000) / 400) + 8 * wobble)
    copies = [torch.tensor(0.0, dtype=torch.float64)]
    for value in critic:
        copies.append(polyak(copies[-1], value, tau))
    copies = torch.stack(copies[1:]).numpy()
    figure, axes = plt.subplots(figsize=(7, 3.2))
    axes.plot(np.arange(0, 2000, 8), critic[::8], color="#BBBBBB", linewidth=0.8, label="critic")
    axes.plot(copies, color=style.OKABE_ITO[1], label="its copy")
    half = math.log(0.5) / math.log(1 - tau) if tau < 1 else 0
    axes.set(xlabel="updates", ylabel="value of one state")
    axes.set_title(f"τ = {tau:g}: halfway after {half:.0f} updates")
    axes.legend(loc="upper right")


explorers.explore(follow, tau=[0.005, 0.001, 0.02, 0.1, 1.0])

# %% [markdown]
# A small τ takes the noise away and pays with delay: at 0.005 the copy is half-way after 138
# updates. The actor and the critic both move under it meanwhile; the copy gives them something to
# stand on.
#
# ## 5 · The actor
#
# *How does the critic tell the actor what to do?* By its slope. The action is $a = \tanh(\mu +
# \sigma\varepsilon)$, a differentiable function of the actor's weights once the noise is drawn (the
# *reparametrisation trick*); the critic is differentiable in $a$. So the loss
#
# $$J_\pi = \mathbb E\big[\alpha\log\pi(a \mid s) - \min_i Q_i(s, a)\big]$$
#
# has a gradient that runs from the critic's output through the action into the actor.
#
# ### Exercise 6 · The actor's loss (medium, 6 min)
#
# Write it for a batch, as something to be *minimised*.
#
# <details><summary>Hint</summary>High values should make the loss small; so should surprise, that
# is, low log-probabilities.</details>


# %%
def policy_loss(q1, q2, log_prob, alpha):
    """(B,) values of drawn actions by both critics, (B,) log-probabilities -> loss, ()."""
    ### BEGIN SOLUTION
    return (alpha * log_prob - torch.minimum(q1, q2)).mean()
    ### END SOLUTION


# %% tags=["check"]
policy_loss = checks.exercise("02.6", policy_loss)

# %% [markdown]
# ### The losses, readable
#
# Put together, in the manner of *Spinning Up*. `noise` is handed in, so that the same dice can be
# rolled twice; `torch.no_grad` because the target is to be learned *from*, not to be moved.


# %%
def network(inputs, outputs, hidden=128):
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
        nn.Linear(hidden, outputs),
    )  # fmt: skip


def sample(actor, seen, noise):
    """(B, O), (B, A) -> actions (B, A) in [-1, 1] and their log-probabilities (B,)."""
    mean, log_std = actor(seen).chunk(2, dim=-1)
    std = log_std.clamp(-20, 2).exp()
    raw = mean + std * noise
    return torch.tanh(raw), squashed_log_prob(raw, mean, std)


def q_values(critics, seen, action):
    return [critic(torch.cat([seen, action], -1)).squeeze(-1) for critic in critics]


def compute_loss_q(critics, targets, actor, alpha, batch, noise):
    with torch.no_grad():
        action, log_prob = sample(actor, batch["next_observation"], noise)
        both = q_values(targets, batch["next_observation"], action)
        flat = [batch[name][:, 0] for name in ("reward", "terminated", "truncated")]
        y = soft_target(*flat, *both, log_prob, alpha, GAMMA)
    values = q_values(critics, batch["observation"], batch["action"])
    return sum(0.5 * ((q - y) ** 2).mean() for q in values)


def compute_loss_pi(critics, actor, alpha, batch, noise):
    action, log_prob = sample(actor, batch["observation"], noise)
    return policy_loss(*q_values(critics, batch["observation"], action), log_prob, alpha), log_prob


# %% [markdown]
# ### The same, by hand
#
# `symtut` trains thousands of policies, so its own learner has no autograd in it: the gradients of
# the two losses are derived on paper and written out. This is the critics' and the actor's:

# %%
print(inspect.getsource(SAC.gradient_q))
print(inspect.getsource(SAC.gradient_pi))

# %% [markdown]
# Paper is patient. Are these gradients right? Autograd of *your* losses is the judge: the same
# weights, the same batch (256 real transitions, with some flags set at random so that they are
# tested too), the same noise. **Predict:** how closely should the 50,000 or so derivatives agree?


# %%
def as_modules(mlp):
    """The perceptrons of the package as torch modules with the same weights."""
    made = []
    for i in range(mlp.n):
        inputs, hidden, outputs = mlp.sizes
        w1, b1, w2, b2, w3, b3 = (p[i].clone() for p in mlp.parameters)
        made.append(network(inputs, outputs, hidden))
        made[-1].load_state_dict(
            {"0.weight": w1.T, "0.bias": b1[0], "2.weight": w2.T, "2.bias": b2[0],
             "4.weight": w3, "4.bias": b3[0]}
        )  # fmt: skip
    return made


def by_hand(mlp):
    """The package's gradients in the order of ``parameters()`` of the modules, one vector."""
    pieces = []
    for i in range(mlp.n):
        w1, b1, w2, b2, w3, b3 = (g[i] for g in mlp.gradients)
        pieces += [w1.T, b1, w2.T, b2, w3, b3]
    return torch.cat([piece.flatten() for piece in pieces])


def by_torch(loss, modules):
    weights = [p for module in modules for p in module.parameters()]
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, weights)])


# %%
package = SAC(3, 1, SACConfig(), torch.Generator().manual_seed(SEED))
package.targets.flat.add_(0.02 * torch.randn(len(package.targets.flat), generator=generator))
rows = {
    "observation": task.observation_from_state(data.state),
    "action": task.to_unit_action(data.action), "reward": data.reward,
    "next_observation": task.observation_from_state(data.next_state),
    "terminated": mixing.random(len(data)) < 0.2, "truncated": timed_out,
}  # fmt: skip
pick = mixing.choice(len(data), 256, replace=False)
batch = {
    name: torch.as_tensor(column[pick], dtype=torch.float32).reshape(256, -1)
    for name, column in rows.items()
}
(actor,), critics, targets = map(as_modules, (package.actor, package.critics, package.targets))

following_sample = package.sample(batch["next_observation"])
package.gradient_q(batch, following_sample)
now_sample = package.sample(batch["observation"])
package.gradient_pi(batch, now_sample)

loss_q = compute_loss_q(critics, targets, actor, package.alpha, batch, following_sample.noise)
loss_pi, log_prob = compute_loss_pi(critics, actor, package.alpha, batch, now_sample.noise)
hand = {"critics": by_hand(package.critics), "actor": by_hand(package.actor)}
auto = {"critics": by_torch(loss_q, critics), "actor": by_torch(loss_pi, [actor])}

# %%
figure, axes = plt.subplots(1, 2, figsize=(7.4, 3.3))
for ax, name in zip(axes, hand, strict=True):
    ax.plot(auto[name][::11], hand[name][::11], ".", markersize=3, rasterized=True)
    ax.set(xlabel="by autograd", title=f"{name}: {len(auto[name]):,} derivatives")
    worst = ((hand[name] - auto[name]).abs().max() / auto[name].abs().max()).item()
    print(f"{name:<8} largest difference {worst:.1e} of the largest derivative")
    lab.record(**{f"gradient_error_{name}": worst})
axes[0].set_ylabel("by hand")
plt.show()
log_prob = log_prob.detach()
gap = (temperature_gradient(log_prob, -1.0) - package.log_alpha.grad).abs().item()
print(f"temperature: {package.log_alpha.grad.item():.5f} by hand, {gap:.1e} away from exercise 3")
lab.record(gradient_error_alpha=gap)

# %% [markdown]
# They agree to the rounding of 32-bit numbers. From here on the two are the same algorithm in two
# spellings: yours to read, the package's to run fast.
#
# ## 6 · All of it
#
# Your parts, in one class. There is nothing in it that you have not seen.


# %%
class ReadableSAC:
    """Soft actor-critic out of the pieces above; actions in [-1, 1]."""

    def __init__(self, observation_size, action_size, learning_rate=1e-3):
        self.size = action_size
        self.actor = network(observation_size, 2 * action_size)
        pair = [network(observation_size + action_size, 1) for _ in range(2)]
        self.critics, self.targets = nn.ModuleList(pair), nn.ModuleList(copy.deepcopy(pair))
        self.log_alpha = torch.zeros(1, requires_grad=True)
        self.for_critics = torch.optim.Adam(self.critics.parameters(), learning_rate)
        mine = [*self.actor.parameters(), self.log_alpha]
        self.for_actor = torch.optim.Adam(mine, learning_rate)

    @torch.no_grad()
    def act(self, seen, deterministic=False):
        noise = torch.randn(len(seen), self.size) * (not deterministic)
        return sample(self.actor, seen, noise)[0]

    def update(self, batch):
        alpha, shape = self.log_alpha.exp().item(), batch["action"].shape
        loss = compute_loss_q(
            self.critics, self.targets, self.actor, alpha, batch, torch.randn(shape)
        )
        self.for_critics.zero_grad()
        loss.backward()
        self.for_critics.step()
        with torch.no_grad():
            pairs = zip(self.targets.parameters(), self.critics.parameters(), strict=True)
            for slow, fast in pairs:
                slow.copy_(polyak(slow, fast, 0.005))

        self.critics.requires_grad_(False)  # the actor climbs the critics, it does not move them
        loss, log_prob = compute_loss_pi(self.critics, self.actor, alpha, batch, torch.randn(shape))
        self.for_actor.zero_grad()
        loss.backward()
        self.log_alpha.grad = temperature_gradient(log_prob.detach(), -self.size).reshape(1)
        self.for_actor.step()
        self.critics.requires_grad_(True)


# %% [markdown]
# And the life it leads: 200 steps at random, then one update for each real step. Look for the two
# flags: both are stored, `terminated or truncated` starts a new episode, and only `terminated` will
# stop the target.


# %%
def practise(agent, task, steps, every):
    """Train on the real pendulum; returns rows of (real steps, mean return, deviation)."""
    env, dice = task.make_env(), np.random.default_rng(SEED)
    fields = {"observation": 3, "action": 1, "reward": 1, "next_observation": 3}
    memory = ReplayBuffer(steps, fields | {"terminated": 1, "truncated": 1})
    curve, episode, seen = [], 0, None
    for step in progress.steps(range(1, steps + 1), "practice"):
        if seen is None:
            seen, _ = env.reset(seed=episode_seed(SEED, episode))
            episode += 1
        unit = dice.uniform(-1, 1, 1) if step <= 200 else agent.act(torch.tensor(seen)[None])[0]
        unit = torch.as_tensor(unit, dtype=torch.float32)
        after, reward, terminated, truncated, _ = env.step(rescale(unit.numpy(), -2.0, 2.0))
        memory.add(
            observation=torch.tensor(seen), action=unit, reward=torch.tensor([reward]),
            next_observation=torch.tensor(after), terminated=torch.tensor([terminated]),
            truncated=torch.tensor([truncated]),
        )  # fmt: skip
        seen = None if terminated or truncated else after
        if step >= 200:
            agent.update(memory.sample(256, generator))
        if step % every == 0:
            found = evaluate(task, lambda o: agent.act(o, deterministic=True), starts)
            curve.append((step, found.mean, found.std))
    env.close()
    return np.array(curve)


torch.manual_seed(SEED)  # begin as if nothing had been drawn before
generator.manual_seed(SEED)
mine = ReadableSAC(task.observation_size, task.action_size)
begun = time.process_time()
my_curve = practise(mine, task, budget.own_steps, budget.every)
print(f"{budget.own_steps} real steps in {time.process_time() - begun:.0f} CPU-s:", end=" ")
print(f"mean return {my_curve[-1, 1]:.1f}, best on the way {my_curve[:, 1].max():.1f}")
lab.record(own_return=my_curve[-1, 1], own_best=my_curve[:, 1].max())

# %% [markdown]
# Now the package's learner. It is the loop that every method of this course runs in; without a
# world model (`model=None`) it is plain SAC. And, next to it, one with a bug: a task in which
# actions are **not rescaled**, neither on their way to the motor nor on their way back.


# %%
class Forgetful(Pendulum):
    """The pendulum behind a learner that forgot exercise 1: -1 ... 1 is sent as N m."""

    def from_unit_action(self, action):
        return action

    def to_unit_action(self, action):
        return action


def run_loop(task):
    """Train by the package's loop; returns it, and rows of (real steps, mean, deviation)."""
    config = RunConfig.make("pendulum", "sac", budget.steps, SEED)
    loop = Loop(task, None, budget.steps, config.loop, config.sac, SEED)
    curve, begun = [], time.process_time()
    with progress.Bar("practice", loop.total_updates) as bar:
        while not loop.finished:
            loop.advance()
            if loop.updates >= budget.every * (len(curve) + 1):
                found = evaluate(task, Policy(task, loop.policy).unit_action, starts)
                curve.append((loop.env_steps, found.mean, found.std))
            bar.to(loop.updates)
    print(f"{loop.env_steps} real steps, {loop.updates} updates,", end=" ")
    print(f"{time.process_time() - begun:.0f} CPU-s: mean return {curve[-1][1]:.1f}")
    return loop, np.array(curve)


loop, curve = run_loop(task)
forgetful_task = Forgetful()
forgetful, forgetful_curve = run_loop(forgetful_task)
lab.record(final_return=curve[-1, 1], forgetful_return=forgetful_curve[-1, 1])
lab.record(real_steps=loop.env_steps, updates=loop.updates)

# %% [markdown]
# **Predict:** where will your curve lie beside the package's, and where the forgetful one? In the
# background the band of ten other runs (seeds 0 to 9), stored with the course: the interquartile
# mean and its 95 % interval.

# %%
stored = read_curves(data_path("results/comparison/pendulum/curves.csv"))[("pendulum", "sac")]
middle, low, high = st.curve_band(stored.returns)
figure, axes = plt.subplots(figsize=(7, 3.5))
axes.fill_between(stored.env_steps, low, high, color="#BBBBBB", alpha=0.6, linewidth=0)
axes.plot(stored.env_steps, middle, color="#888888", linewidth=1, label="ten stored runs")
curves.learning_curve(
    *curve.T[:2], method="sac", label="package", axes=axes, xlabel="real steps",
    marks=[(task.best_return, "best possible"), (at_random, "random policy")],
)  # fmt: skip
axes.plot(*my_curve.T[:2], "o--", color=style.OKABE_ITO[0], markersize=4, label="yours")
axes.plot(*forgetful_curve.T[:2], "x:", color=style.OKABE_ITO[1], label="actions not rescaled")
axes.set(xlim=(0, budget.steps * 1.02), ylabel="mean real return", ylim=(-1800, 0))
axes.legend(fontsize=8.5, loc="center right")
plt.show()

# %%
fell = 0
for returns in stored.returns:
    solved = np.flatnonzero(returns >= task.solved_return)
    fell += int(len(solved) > 0 and returns[solved[0] :].min() < -200)
print(f"stored runs that fell below -200 again after they had reached -160: {fell} of", end=" ")
print(f"{len(stored.returns)}, within {stored.env_steps[-1]} steps")
lab.record(fell_again=fell)

# %% [markdown]
# Yours and the package's are one algorithm with different dice. Do not read a ranking into two
# curves: SAC *wobbles*. A policy that stood can fall again for some hundreds of updates, because
# the same network that answers here is being changed by what happened there. One evaluation of one
# seed is an anecdote; section 8 counts ten seeds.
#
# The policy that forgot its units is not broken: it learns, by the same steps, to live with half a
# motor, and no error message will ever say so. How much of the loss is the weak motor, and how
# much is that it was *trained* with it? Take the good policy and halve its torque only when it is
# played:

# %%
halved = evaluate(task, lambda o: Policy(task, loop.policy).unit_action(o) / 2, starts).mean
print(f"trained and played with the whole torque  {curve[-1, 1]:8.1f}")
print(f"trained with the whole, played with half  {halved:8.1f}")
print(f"trained and played with half              {forgetful_curve[-1, 1]:8.1f}")
lab.record(halved_return=halved)

# %% [markdown]
# In the stored run training with half a motor makes up for a part of what halving costs; the rest
# remains, in these 5,000 steps at least.
#
# The film: both policies as trained, from hanging at rest. The green arc is the torque. The numbers
# are the returns of this one start; the means above are over many.

# %%
weak_play = films.play(task, Policy(forgetful_task, forgetful.policy), SEED)
good_play = films.play(task, Policy(task, loop.policy), SEED)
films.pendulum(
    np.stack([weak_play[0], good_play[0]]),
    np.stack([weak_play[1], good_play[1]]),
    titles=[f"not rescaled: {weak_play[2]:.0f}", f"SAC: {good_play[2]:.0f}"],
    size=112, every=4,
)  # fmt: skip

# %% [markdown]
# ### Is the critic honest?
#
# A good return does not prove a good critic. So ask it: in fresh start states, what does it say
# that is to come, and what does come? What it estimates is the *soft* value: discounted rewards for
# ever, plus the pay for randomness. We let the simulator play that out with the policy's own dice.


# %%
@torch.no_grad()
def soft_values(agent, observation, repeats):
    """What the smaller critic says of states, mean over drawn actions: (N, O) -> (N,)."""
    drawn = agent.sample(observation.repeat_interleave(repeats, 0))
    x = torch.cat([observation.repeat_interleave(repeats, 0), drawn.action], 1)
    value = agent.critics.forward(x).amin(0)[:, 0] - agent.alpha * drawn.log_prob
    return value.reshape(-1, repeats).mean(1).numpy()


@torch.no_grad()
def soft_truth(agent, states, repeats, steps=600):
    """What comes: discounted reward plus pay for randomness, by the simulator: (N, S) -> (N,)."""
    state, total = states.repeat_interleave(repeats, 0), 0.0
    for t in range(steps):
        drawn = agent.sample(task.observation_from_state(state))
        torque = task.from_unit_action(drawn.action)
        after = task.true_step(state, torque)
        reward = task.reward(state, torque, after) - agent.alpha * drawn.log_prob
        total, state = total + GAMMA**t * reward, after
    return total.reshape(-1, repeats).mean(1).numpy()


fresh = task.start_state(40, generator)
said = soft_values(loop.agent, task.observation_from_state(fresh), budget.repeats)
came = soft_truth(loop.agent, fresh, budget.repeats)
axes = actor_critic_plots.said_and_true({f"after {loop.env_steps} real steps": said}, came)
axes.set_title("Soft value of start states")
plt.show()
print(f"the critic says {said.mean():.1f} on average; what comes is {came.mean():.1f}")
worst = came.argsort()[:10]
print(f"in the ten worst states: says {said[worst].mean():.1f}, comes {came[worst].mean():.1f}")
print(f"correlation over the 40 states: {np.corrcoef(said, came)[0, 1]:.2f}")
lab.record(said=said.mean(), came=came.mean(), honesty=np.corrcoef(said, came)[0, 1])

# %% [markdown]
# Points above the line are promises that are not kept. A critic may be some way off and still
# serve: the actor only asks which of two actions is *better*, here, and for that the slope must be
# right, not the height. But do not report what a critic says as what a policy earns.
#
# And the time limit, once more, in the learner's own memory: these are its rows where the clock ran
# out. What would their targets be, if the clock were taken for the end?

# %%
real = loop.transitions()[0]
last = np.append(real.episode[1:] != real.episode[:-1], len(real) % task.horizon == 0)
column = torch.as_tensor(real.next_state[last], dtype=torch.float32)
paid = torch.as_tensor(real.reward[last], dtype=torch.float32)
with torch.no_grad():
    after = task.observation_from_state(column)
    drawn = loop.agent.sample(after)
    both = loop.agent.targets.forward(torch.cat([after, drawn.action], 1))[..., 0]
no, yes = torch.zeros(len(paid)), torch.ones(len(paid))
rest = (*both, drawn.log_prob, loop.agent.alpha, GAMMA)
right = soft_target(paid, no, yes, *rest).numpy()
wrong = soft_target(paid, yes, yes, *rest).numpy()
figure, axes = plt.subplots(figsize=(7.5, 3.2))
axes.plot(right, "o", label="terminated only")
axes.plot(wrong, "s", label="time-out taken for an end")
axes.set(xlabel="episode", ylabel="target of its last step", title="Targets where time ran out")
axes.legend(fontsize=8.5, loc="lower right")
plt.show()
print(f"{last.sum()} rows of {len(real)}; mean target {right.mean():.1f}, mistaken", end=" ")
print(f"{wrong.mean():.1f}; largest difference {np.abs(right - wrong).max():.0f}")
lab.record(timed_out_rows=last.sum(), target_gap=np.abs(right - wrong).max())

# %% [markdown]
# In the early episodes, which ended hanging or swinging, the mistake is large; once the pendulum
# stands, little is still to come and the two nearly agree. That is why this bug can hide on a
# task that is solved, and ruin one that is not.
#
# ## 7 · Where the critic has never been
#
# *May the actor believe the critic everywhere?* A critic is a network, fitted where data are.
# Elsewhere it says something, too. Two cases, each with a truth that we know.
#
# **Left:** the two hills again. The critic has seen 40 actions, all between −1 and −0.55, on the
# left flank of the low hill. Five critics, equal but for their first weights. **Right:** a critic
# of the pendulum's reward that was fitted near upright, on what a *good* policy sees. The colour is
# its error, what it claims minus what is true.
#
# **Predict:** which action will the actor take on the left? On the right, what will the critic say
# of hanging at rest, where the reward is $-\pi^2 \approx -9.9$?


# %%
def fit(inputs, targets, seed):
    """A small network through (N, d) inputs and (N,) targets; returns a function of inputs."""
    torch.manual_seed(seed)
    net = network(inputs.shape[1], 1, 64)
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(budget.fit):
        loss = ((net(inputs).squeeze(-1) - targets) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return lambda x: net(x).squeeze(-1).detach()


def reward_of(state):
    """Reward of (..., 2) states without torque, (...)."""
    return task.reward(state, torch.zeros(*state.shape[:-1], 1), state)


def scaled(state):
    return task.observation_from_state(state) * torch.tensor([1.0, 1.0, 0.25])


every_action = torch.linspace(-1, 1, 401)[:, None]
tried = -1 + 0.45 * torch.rand(40, 1, generator=generator)
guesses = [fit(tried, two_hills.reward(tried)[:, 0], SEED + k)(every_action) for k in range(5)]
wanted = [guess.argmax().item() for guess in guesses]

box = torch.tensor([0.6, 3.0])  # within 0.6 rad and 3 rad/s of upright at rest
upright = (2 * torch.rand(600, 2, generator=generator) - 1) * box
reward_critic = fit(scaled(upright), reward_of(upright), SEED)
angles, speeds = torch.linspace(-np.pi, np.pi, 91), torch.linspace(-8, 8, 81)
plane = torch.stack(torch.meshgrid(angles, speeds, indexing="xy"), -1)  # (81, 91, 2)
excess = reward_critic(scaled(plane)) - reward_of(plane)

# %% tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(7.8, 3.1))
axes[0].plot(every_action, two_hills.reward(every_action), color=style.INK, label="true reward")
for k, (guess, best) in enumerate(zip(guesses, wanted, strict=True)):
    label = ("critics", "what they ask for") if k == 0 else (None, None)
    axes[0].plot(every_action, guess, color=style.OKABE_ITO[0], linewidth=0.9, label=label[0])
    axes[0].plot(every_action[best], guess[best], "^", color=style.OKABE_ITO[1], label=label[1])
axes[0].axvspan(-1, -0.55, color="#888888", alpha=0.2, linewidth=0)
axes[0].text(-0.97, 0.75, "actions\ntried", fontsize=9)
axes[0].set(xlabel="action", ylabel="reward", title="Actions never tried")
axes[0].legend(fontsize=8.5, loc="upper left")
reach = excess.abs().max().item()
image = axes[1].pcolormesh(
    angles, speeds, excess, cmap="PuOr_r", vmin=-reach, vmax=reach, rasterized=True
)
axes[1].plot(*upright[::4].T, ".", color=style.INK, markersize=1.5)
axes[1].set(
    xlabel=style.label("theta"), ylabel=style.label("theta_dot"), title="States never visited"
)
figure.colorbar(image, ax=axes[1], label="claimed minus true reward")
plt.show()

# %%
asked_for = every_action[wanted][:, 0]
claims = torch.stack([guess[best] for guess, best in zip(guesses, wanted, strict=True)])
print(f"actions asked for: {asked_for.numpy().round(2)}, outside the data", end=" ")
print(f"{(asked_for > -0.55).sum()} of 5")
print(f"claimed: {claims.numpy().round(2)}")
print(f"true:    {two_hills.reward(asked_for).numpy().round(2)}")
hanging = reward_critic(scaled(torch.tensor([[np.pi, 0.0]]))).item()
print(f"pendulum, hanging at rest: claimed {hanging:.1f}, true {-(np.pi**2):.1f}")
print(f"states overrated by more than 1: {(excess > 1).float().mean():.0%},", end=" ")
print(f"underrated by more than 1: {(excess < -1).float().mean():.0%}")
lab.record(asks_outside=(asked_for > -0.55).sum(), claims=claims, claimed_hanging=hanging)
lab.record(overrated=(excess > 1).float().mean(), underrated=(excess < -1).float().mean())

# %% [markdown]
# Inside the data the critics agree with each other and with the truth; outside each goes on in its
# own way, and an actor, who *searches* for high values, walks to precisely these places. The
# right-hand critic has never seen a pendulum fall, and does not know how bad it is.
#
# What saves SAC is that it goes there. The actor's wish becomes the next real action, its reward
# comes in, and the critic is corrected. Watch the first critic: in each round ten actions around
# its wish are tried, and it is fitted again.

# %%
rounds, xs, ys = [], tried, two_hills.reward(tried)[:, 0]
for round_number in range(5):
    guess = fit(xs, ys, SEED)(every_action)
    best = every_action[guess.argmax()].item()
    gets = two_hills.reward(best)
    rounds.append((best, guess.max().item(), gets))
    print(f"round {round_number}: asks for {best:+.2f}, hopes for {guess.max():.2f},", end=" ")
    print(f"gets {gets:.2f}")
    around = (best + 0.05 * torch.randn(10, 1, generator=generator)).clamp(-1, 1)
    xs, ys = torch.cat([xs, around]), torch.cat([ys, two_hills.reward(around)[:, 0]])
lab.record(rounds=rounds)

# %% [markdown]
# Two lessons in five lines. False hope does not last where reality answers. And where hope and
# reward agree at last, this actor stays: it takes what looks best, tries nothing else, and need not
# have seen the high hill at 0.6 at all. That is what entropy was for.
#
# False hope *does* last where reality does not answer: in a fixed set of data, or in a learned
# model that is never fitted again. Notebook 03 meets it there, under the name of model
# exploitation.
#
# ## 8 · The bill
#
# *What has all this cost?* In computing, half a minute. But on a real machine the scarce thing is
# real steps: each is 0.05 s in which a pendulum, a car or a robot moves and wears. The course
# stores ten runs of 8,000 steps (seeds 0 to 9, evaluated every 500 steps on the same 100 starts).
# How many real steps until the mean return is at least −160?

# %%
folder = "results/comparison/pendulum"
records = read_runs(data_path(f"{folder}/runs.csv"))
sac = records[records.method == "sac"]
waits = st.censored(sac.steps_to_threshold, sac.env_steps)
steps = st.steps_to_threshold(waits)
final = st.mean_return(sac.final_return)
print(f"SAC, {len(sac)} seeds, {int(waits[:, 1].sum())} of them got there:")
print(f"  real steps: median {steps.value:.0f}, 95 % interval [{steps.low:.0f}, {steps.high:.0f}]")
minutes = [n * DT / 60 for n in steps]
print(f"  time on the pendulum: {minutes[0]:.1f} min [{minutes[1]:.1f}, {minutes[2]:.1f}]")
print(f"  return after {sac.env_steps.iloc[0]} steps: {final.value:.1f}", end=" ")
print(f"[{final.low:.1f}, {final.high:.1f}] (interquartile mean)")
print(f"  CPU-s a run, median: {sac.cpu_seconds.median():.0f}")
for made in read_json(data_path(f"{folder}/table.json"))["made"]:
    print(f"made {made['date'][:10]} at commit {made['commit']}, torch {made['versions']['torch']}")
    print(f"by: {made['command']}")
lab.record(sac_steps=steps.value, sac_seeds=len(sac))

# %% tags=["hide-input"]
all_curves = read_curves(data_path(f"{folder}/curves.csv"))
figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.8))
curves.sample_efficiency({("pendulum", "sac"): stored}, "pendulum", sac.threshold.iloc[0], axes[0])
axes[0].set_title("Ten runs of SAC")
axes[0].legend(loc="lower right", fontsize=8.5)
curves.steps_chart(records, "pendulum", axes[1])
axes[1].set_title("Real steps until −160")
plt.show()

# %% [markdown]
# The interval speaks of the luck of seeds. It cannot be finer than the 500 steps between two
# evaluations. On the right, what the other methods of this course need on the same task, with the
# same learner inside: they spend 200 random steps, ten seconds, on *learning the world*, and then
# practise in what they learned. Their CPU-seconds, from the same table:

# %%
print(f"{'method':<10} {'real steps to -160':>18} {'CPU-s a run':>12} {'final return':>13}")
for method, runs in records.groupby("method", sort=False):
    waits = st.censored(runs.steps_to_threshold, runs.env_steps)
    cpu = runs.cpu_seconds.median()
    value = st.mean_return(runs.final_return).value
    print(f"{method:<10} {st.steps_to_threshold(waits).value:>18.0f} {cpu:>12.0f} {value:>13.1f}")

# %% [markdown]
# The returns at the end are about the same for all. What a model changes is the *real steps*, and
# an ensemble of networks (`mbpo`) pays for that with computing. Note who else is in the table:
# `sparse`, a regression over a fixed list of terms, does as well here as `symbolic`, the
# transformer; and `oracle`, which is given the true equations, does no better than either. That is
# the story of the next notebooks.
#
# ### Is it a good SAC?
#
# *A slow learner of our own making would flatter every model.* So here is the course's SAC beside
# that of Stable-Baselines3, a well-kept library: the same networks, learning rate, discount, batch
# size and number of updates, the same 100 starts.
#
# **Predict:** who is ahead?

# %%
with open(data_path("results/sac/curves.csv"), newline="", encoding="utf-8") as file:
    rows = [row | {"at": int(row["env_steps"])} for row in csv.DictReader(file)]
names = list(dict.fromkeys(row["task"] for row in rows))
figure, axes = plt.subplots(1, len(names), figsize=(2.9 * len(names), 2.7), squeeze=False)
beside = {}
for name, ax in zip(names, axes[0], strict=True):
    for who, colour in (("ours", style.OKABE_ITO[0]), ("SB3", style.OKABE_ITO[1])):
        of_who = [row for row in rows if (row["task"], row["who"]) == (name, who)]
        at = sorted({row["at"] for row in of_who})
        returns = np.array([[float(r["mean_return"]) for r in of_who if r["at"] == n] for n in at])
        ax.plot(at, returns, color=colour, alpha=0.35, linewidth=0.8)
        ax.plot(at, returns.mean(1), color=colour, linewidth=2, label=f"{who}, mean")
        second = returns[len(at) // 2 :].mean(0)  # a run's mean over the second half of its steps
        beside[f"{name} {who}"] = second.tolist()
        cpu = np.mean([float(r["cpu_seconds"]) for r in of_who if r["at"] == at[-1]])
        print(f"{name:<9}{who:<5}{len(second):>3} seeds; second half of {at[-1]:>5} steps: "
              f"{second.mean():7.1f} ({second.min():.1f} to {second.max():.1f}); end "
              f"{returns[-1].mean():7.1f}; {cpu:4.0f} CPU-s")  # fmt: skip
    ax.set(title=name, xlabel="real steps")
    ax.legend(fontsize=8, loc="lower right")
axes[0, 0].set_ylabel("mean real return")
for made in read_json(data_path("results/sac/curves.json"))["sessions"]:
    print(f"made {made['date'][:10]} at commit {made['commit']}: {made['command']}")
lab.record(beside_sb3=beside)
plt.show()

# %% [markdown]
# In brackets are the worst and the best seed. Where the two ranges overlap, do not name a winner.
#
# ## Quick quiz
#
# <details><summary>Your return is good, but the critic says +30 where rewards are never above 0.
# What do you look at first?</summary>
# The entropy: the soft value contains α times surprise, which may be positive. If that does not
# explain it: overestimation (is the minimum taken?), then states without data.</details>
#
# <details><summary>An agent on a task with a limit of 50 steps gives all values at about two
# thirds of what they should be, with γ = 0.99. Which line is wrong?</summary>
# The flag in the target. With the limit taken for an end, a constant reward is valued at
# (1 − γ)/(1 − γ(1 − 1/50)) of the truth, about a third; two thirds is what a limit of 200 gives.
# So look at the real length of the episodes, too.</details>
#
# <details><summary>Why is the log-probability computed from u and not from a?</summary>
# To get u back from a = tanh u one needs arctanh, which is infinite at 1, and in 32 bits many u
# end there.</details>
#
# <details><summary>Why may SAC learn from steps that an old policy took?</summary>
# Its target asks what the *present* policy would do in s′; the stored part (s, a, r, s′) is a fact
# about the world and does not age.</details>
#
# <details><summary>The temperature falls and falls. Is that a bug?</summary>
# Not as such: where one action is clearly best, a small α suffices to hold the entropy at its
# target. Compare the entropy with the target, not α with anything.</details>
#
# ## What to remember
#
# - A squashed Gaussian needs the slope of tanh in its log-probability, in the stable form.
# - Entropy keeps a policy trying; it prefers broad hills, and it guarantees nothing.
# - *terminated* stops the target, *truncated* does not; the mistake is silent, and at 200
#   steps and γ = 0.99 it costs a third of the values.
# - The actor hunts for the critic's errors: hence two critics, slow copies, and real steps where it
#   wants to go.
# - SAC pays in real steps: minutes of pendulum for what a known world gives in seconds.
#
# ## What next
#
# Set `soft_target` to the mistaken form (`cut_short`) before section 6 and train again: does the
# return suffer, or only the critic? Or change τ in `ReadableSAC` to 1. Notebook 03 lets the same
# learner practise in a model.
#
# ## References
#
# - T. Haarnoja, A. Zhou, P. Abbeel and S. Levine, *Soft Actor-Critic: Off-Policy Maximum Entropy
#   Deep Reinforcement Learning with a Stochastic Actor*, ICML 2018,
#   [arXiv 1801.01290](https://arxiv.org/abs/1801.01290).
# - T. Haarnoja et al., *Soft Actor-Critic Algorithms and Applications*, 2018,
#   [arXiv 1812.05905](https://arxiv.org/abs/1812.05905): the automatic temperature.
# - T. Haarnoja, H. Tang, P. Abbeel and S. Levine, *Reinforcement Learning with Deep Energy-Based
#   Policies*, ICML 2017, [arXiv 1702.08165](https://arxiv.org/abs/1702.08165): $e^{Q/\alpha}$.
# - S. Fujimoto, H. van Hoof and D. Meger, *Addressing Function Approximation Error in Actor-Critic
#   Methods*, ICML 2018, [arXiv 1802.09477](https://arxiv.org/abs/1802.09477): the minimum of two.
# - F. Pardo, A. Tavakoli, V. Levdik and P. Kormushev, *Time Limits in Reinforcement Learning*,
#   ICML 2018, [arXiv 1712.00378](https://arxiv.org/abs/1712.00378).
# - J. Achiam, *Spinning Up in Deep Reinforcement Learning*, OpenAI, 2018.
