# %% [markdown]
# # 02 · Soft actor-critic
#
# *How does one learn to act in a world that only answers, and never explains?* Soft actor-critic
# (SAC) is told neither equations nor probabilities. It pushes the pendulum, sees what happens, and
# learns two things from it: a **critic**, which says what an action is worth, and an **actor**,
# which draws actions at random and prefers those that the critic values. In this notebook you write
# SAC's update. It then learns to swing up the pendulum, and you count what that costs.
#
# **You will be able to**
# - compute the log-probability of a squashed action, and check it by integration;
# - say what the temperature does, and why it is not a constant;
# - write SAC's whole update: losses, targets, steps;
# - recognise two usual failures: a time limit taken for an end, and overestimation;
# - say how many real steps this way of learning costs, with an interval.
#
# **Before you start:** values and Bellman's equation (notebook 01), gradients in PyTorch.
# **Time:** about 1 minute of computing, on one core.
# **Memory:** under 1 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
import copy
import math
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from symtut import make_task
from symtut.agents.buffers import ReplayBuffer
from symtut.experiments import evaluate
from symtut.lab import checks, explorers, films, style
from symtut.lab.scenes import nb02_actor_critic_plots as plots
from symtut.lab.scenes import nb02_stored_runs as stored
from symtut.lab.scenes import nb02_two_hills as two_hills

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(steps=260, every=65, episodes=4, repeats=4, fit=150),
    lab=dict(steps=5000, every=500, episodes=100, repeats=20, fit=300),
    paper=dict(steps=8000, every=250, episodes=100, repeats=50, fit=300),
)
torch.manual_seed(SEED)
generator = torch.Generator().manual_seed(SEED)
plt.rcParams["figure.dpi"] = 76  # many figures: keeps the file small

# %% [markdown]
# ## 1 · The parts
#
# *What has to be there?* A memory, two critics with two slow copies, an actor, and one number
# called temperature.

# %% tags=["hide-input"]
style.show_figure(
    plots.parts_diagram(),
    "Boxes and arrows. The real environment fills the replay buffer; the actor and the critics "
    "learn from its batches, the critics towards the soft target of two slow copies. The "
    "temperature is the actor's price of certainty; its actions go back to the environment.",
)

# %% [markdown]
# | symbol | meaning |
# |---|---|
# | $s,\ a,\ r,\ s'$ | what is observed, the action, its reward, what is observed next |
# | $\pi(a \mid s)$ | the policy: the density of action $a$ in $s$ |
# | $Q(s, a)$ | value: what is to come after doing $a$ in $s$ and following $\pi$ from there |
# | $\bar Q$ | a slow copy of $Q$, the *target* critic |
# | $\alpha$ | temperature: how much randomness is worth, in units of reward |
#
# The arrows read as follows. The actor's steps in the real world go into the **replay buffer**.
# Each update draws a batch from all of it and not from the last steps, because neighbouring steps
# say nearly the same. Old steps stay useful: "in $s$, action $a$ gave $r$ and led to $s'$" is true
# whoever chose $a$.
#
# The world is the pendulum: observation $(\cos\theta, \sin\theta, \dot\theta)$ with $\theta = 0$
# upright, one action, a torque of at most 2 N m, 200 steps of 0.05 s an episode. The reward is
# never above 0: $-(\theta^2 + 0.1\,\dot\theta^2 + 0.001\,u^2)$. Inside the learner an action is a
# number from −1 to 1, whatever the world; one line turns it into N m. First: how
# good are a policy that pushes at random and one that does not push?

# %%
task = make_task("pendulum")
starts = range(20_000, 20_000 + budget.episodes)


def rescale(unit_action, low=-2.0, high=2.0):
    """From [-1, 1] to the units of the world."""
    return low + 0.5 * (unit_action + 1) * (high - low)


at_random = evaluate(task, lambda seen: 2 * torch.rand(len(seen), 1) - 1, starts).mean
at_rest = evaluate(task, lambda seen: torch.zeros(len(seen), 1), starts).mean
print(f"mean return over {len(starts)} fixed starts: at random {at_random:.0f}, no torque "
      f"{at_rest:.0f},\nbest possible (dynamic programming) {task.best_return}")  # fmt: skip
lab.record(random_return=at_random, rest_return=at_rest, best_return=task.best_return)

# %% [markdown]
# ## 2 · A policy that draws its actions
#
# *How does a network choose at random, within bounds?* It gives a mean $\mu$ and a deviation
# $\sigma$. A Gaussian with these gives a raw action $u = \mu + \sigma\varepsilon$, where
# $\varepsilon$ is standard normal noise, and $a = \tanh u$ squashes it into $(-1, 1)$.
#
# SAC needs the density of $a$. It is not the height of the Gaussian at $u$: tanh squeezes long
# stretches of $u$ into short ones of $a$, and there the density must rise by as much. The factor is
# the slope of tanh:
#
# $$\pi(a) = \frac{\mathcal N(u; \mu, \sigma)}{\left|\mathrm{d}a/\mathrm{d}u\right|},
# \qquad \frac{\mathrm{d}a}{\mathrm{d}u} = 1 - \tanh^2 u,$$
#
# $$\log\pi(a) = \sum_k \big[\log \mathcal N(u_k; \mu_k, \sigma_k) - \log(1 - \tanh^2 u_k)\big],$$
#
# summed over the coordinates $k$ of the action ($\mathcal N$ is the normal density). As written,
# this fails in a computer:

# %%
raw = torch.tensor([0.0, 2.0, 5.0, 9.0, 12.0], requires_grad=True)
as_written = torch.log(1 - torch.tanh(raw) ** 2)
as_used = 2 * (math.log(2) - torch.logaddexp(raw, -raw))
print("u          ", raw.detach().numpy())
for text, values in (("as written", as_written), ("as used", as_used)):
    (slope,) = torch.autograd.grad(values.sum(), raw)
    print(f"{text:<11}", values.detach().numpy().round(3))
    print(" derivative", slope.numpy().round(3))
lab.record(naive_is_infinite=bool(torch.isinf(as_written).any()))

# %% [markdown]
# In 32 bits $\tanh 12$ is 1, and one minus one has no logarithm. A single such action in a batch
# would turn every weight of the actor into "not a number". But
# $1 - \tanh^2 u = 4 / (e^u + e^{-u})^2$, so the logarithm is $2\,(\log 2 - \log(e^u + e^{-u}))$,
# and `logaddexp` computes the last term without ever forming the large number.
#
# ### Exercise 1 · The log-probability of a squashed action (medium, required, 10 min)
#
# Write it with the stable form. One number for each row: the sum over the coordinates of its
# action.
#
# <details><summary>Hint 1: the idea</summary>
# Two logarithms: that of the normal density at u, minus that of the slope. Independent coordinates
# multiply their densities, so their logarithms add up.</details>
#
# <details><summary>Hint 2: the structure</summary>
# The normal log-density is −½ ((u − μ)/σ)² − log σ − ½ log 2π. Subtract 2 (log 2 −
# logaddexp(u, −u)). Then sum over the last dimension. Torch's functions, not NumPy's.</details>


# %%
def squashed_log_prob(raw, mean, std):
    """(B, A) raw actions, means, deviations -> (B,) log-density of the actions tanh(raw)."""
    ### BEGIN SOLUTION
    gauss = -0.5 * ((raw - mean) / std) ** 2 - std.log() - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - torch.logaddexp(raw, -raw))
    return (gauss - log_slope).sum(-1)
    ### END SOLUTION


# %% tags=["check"]
squashed_log_prob = checks.exercise("02.1", squashed_log_prob)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# gauss = -0.5 * ((raw - mean) / std) ** 2 - std.log() - 0.5 * math.log(2 * math.pi)
# log_slope = 2 * (math.log(2) - torch.logaddexp(raw, -raw))
# return (gauss - log_slope).sum(-1)
# ```
#
# The same probability lies in a shorter interval after squashing, so the density is divided by the
# slope and its logarithm subtracted. The form with logaddexp is the same function, but neither it
# nor its derivative ever meets the logarithm of 0.
# </details>
#
# Above are three Gaussians of $u$; below are 40,000 draws of
# $a = \tanh u$ from each, with your density (line) and with the Gaussian's height alone (dashes).
#
# **Predict:** what becomes of a *wide* Gaussian?


# %%
def gauss_only(raw, mean, std):  # without the slope of the squashing
    return torch.distributions.Normal(mean, std).log_prob(raw).sum(-1)


style.show_figure(
    plots.squashing({"density": squashed_log_prob, "without the slope": gauss_only}, seed=SEED),
    "Three Gaussians; below each its draws after tanh. The density follows the draws, the height "
    "without the slope does not. The wide Gaussian's draws pile up at both ends.",
)
even = 2 * torch.rand(100_000, 1, generator=generator) - 1  # actions, evenly drawn
raw = torch.atanh(even.clamp(-1 + 1e-6, 1 - 1e-6))
mean, std = torch.tensor([[0.8]]), torch.tensor([[0.5]])
integrals = {}
for text, log_density in (("with", squashed_log_prob), ("without", gauss_only)):
    height = 2 * log_density(raw, mean, std).exp()  # 2 is the length of the interval
    integrals[text], error = height.mean().item(), (height.std() / len(height) ** 0.5).item()
    print(f"{text:>7} the slope: integral {integrals[text]:.3f} ± {error:.3f}")
lab.record(integral=integrals["with"], integral_without=integrals["without"])

# %% [markdown]
# Your density follows the draws; the dashed one does not, and it does not integrate to 1. The wide
# Gaussian has its hills at the *edges*: it means "full left or full right". A surprise would be an
# integral away from 1 by many times the stated error: then the formula is no density.
#
# ## 3 · The price of certainty
#
# *Why draw at random at all, once one knows what is good?* Because early on one does not know. SAC
# pays for randomness. It maximises rewards *plus entropy*,
#
# $$J(\pi) = \mathbb E_\pi\Big[\sum_{t \ge 0} \gamma^t \big(r_t + \alpha\,
# \mathcal H(\pi(\cdot \mid s_t))\big)\Big],$$
#
# $$\mathcal H(\pi(\cdot \mid s)) = \mathbb E_{a \sim \pi}[-\log\pi(a \mid s)],$$
#
# where $t$ counts steps, $\gamma = 0.99$ is the discount and $\alpha$ the temperature. The
# **entropy** $\mathcal H$ says how spread out the actions are. With natural logarithms its unit is
# the *nat*: even draws from $[-1, 1]$ have $\log 2 \approx 0.69$ nats, and each nat less means a
# distribution narrower by a factor of about 2.7.
#
# To see what $\alpha$ does, take the smallest world that can go wrong: one state, one step, and a
# reward with **two hills**, a low one on the left and a high one on the right. In grey the best
# density of any shape, which is proportional to $e^{r(a)/\alpha}$; in orange the best that a
# squashed Gaussian can do.
#
# **Predict:** what happens to both when the temperature goes to 0.02, and to 1?

# %% tags=["hide-input"]
explorers.explore(
    plots.temperature,
    "Above, a reward over the action with two hills, the right one higher. Below, the best density "
    "of any shape, grey, and the best squashed Gaussian: the colder, the narrower they are.",
    alpha=(0.02, 1.0, 0.02, 0.2), kind=list(two_hills.WIDTHS),
)  # fmt: skip
lab.record(
    entropy_cold=two_hills.best_squashed(0.02)[3], entropy_hot=two_hills.best_squashed(1.0)[3]
)

# %% [markdown]
# Cold policies stand on the high hill, hot ones lie flat over everything. In between the
# orange curve differs from the grey: a squashed Gaussian cannot have its hills where it wants.
#
# ### Exercise 2 · The thermostat (easy, required, 6 min)
#
# Which temperature is right? It depends on the size of the rewards, and on how far learning has
# come. So SAC does not fix $\alpha$ but the entropy: it should be $\bar{\mathcal H} = -1$ nat for
# each coordinate of the action. The temperature minimises
#
# $$J(\alpha) = -\log\alpha \cdot \big(\mathbb E[\log\pi(a \mid s)] + \bar{\mathcal H}\big).$$
#
# Write the derivative with respect to $\log\alpha$ for a batch. (Think first: the policy has become
# more certain than wanted. Must $\alpha$ rise or fall?)
#
# <details><summary>Hint 1: the idea</summary>
# The bracket does not depend on α: it counts as a constant. A descent step moves log α
# <em>against</em> the derivative.</details>
#
# <details><summary>Hint 2: the structure</summary>
# The derivative of −x · c by x is −c. Here c is the mean of log_prob plus the target
# entropy.</details>


# %%
def temperature_gradient(log_prob, target_entropy):
    """(B,) log-probabilities of drawn actions, a number -> derivative of J by log(alpha), ()."""
    ### BEGIN SOLUTION
    return -(log_prob.mean() + target_entropy)
    ### END SOLUTION


# %% tags=["check"]
temperature_gradient = checks.exercise("02.2", temperature_gradient)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# return -(log_prob.mean() + target_entropy)
# ```
#
# The mean of log π is minus the entropy, so the bracket is "wanted minus present entropy". A policy
# that is too certain makes it positive, the derivative negative, and a descent step raises α.
# </details>
#
# Your thermostat at work: 41 squashed Gaussians start all over the two hills and follow the
# gradient of $\mathbb E[r] + \alpha\mathcal H$, once with $\alpha = 0$, once with a fixed
# $\alpha = 0.1$, once with your thermostat from $\alpha = 1$.
#
# **Predict:** how many of the 41 reach the high hill without entropy?

# %%
ways = {"no entropy": 0.0, "fixed α = 0.1": 0.1, "thermostat": None}
found = {}
for title, alpha in ways.items():
    found[title] = two_hills.climb(squashed_log_prob, temperature_gradient, alpha)
style.show_figure(
    plots.climbs({t: path for t, (path, _) in found.items()}, two_hills.reward),
    "Paths of 41 policies, three panels. Without entropy each stays at its hill; with a fixed "
    "temperature some change over; with the thermostat all end on the high hill, at 0.6.",
)
arrived = {title: int((path[-1] > 0.3).sum()) for title, (path, _) in found.items()}
for title, (_, std) in found.items():
    print(f"{title:<13} on the high hill {arrived[title]:>2} of 41;", end=" ")
    print(f"median deviation of u 0.300 -> {np.median(std):.3f}")
wider = two_hills.climb(squashed_log_prob, temperature_gradient, None, "the low hill is wider")[0]
arrived_wide = int((wider[-1] > 0.3).sum())
print(f"thermostat, where the low hill is wider: {arrived_wide} of 41 on the high hill")
lab.record(arrived=list(arrived.values()), frozen_std=np.median(found["no entropy"][1]),
           arrived_wide=arrived_wide)  # fmt: skip

# %% [markdown]
# Without entropy every policy climbs the hill it stands on, and its deviation shrinks to next to
# nothing: it no longer tries anything else. With the thermostat all policies first spread until
# they cover both hills, and then settle on the higher one.
#
# That is no guarantee. In the last line the low hill is *wider* than before and the high one
# narrower, and the thermostat leads the policies to the lower hill. Entropy prefers *broad* hills:
# it makes a policy explore, it does not know better.
#
# ## 4 · What is an action worth?
#
# *What should the critic say?* That follows from one step of experience: the reward, plus what the
# next state is worth, discounted. In the *soft* sense the next state is worth the value of an
# action drawn there plus the pay for its randomness:
#
# $$y = r + \gamma\,(1 - \mathrm{terminated})\,\big(\min_{i=1,2}\bar Q_i(s', a') -
# \alpha\log\pi(a' \mid s')\big).$$
#
# $y$ is the **soft target**, and $a'$ is drawn from $\pi(\cdot \mid s')$. Three things in it need a
# reason: *terminated*, the minimum, and the bars. First write it.
#
# ### Exercise 3 · The soft target (medium, required, 8 min)
#
# The world reports two flags. *terminated*: the task itself is over and nothing can follow.
# *truncated*: somebody stopped watching.
#
# <details><summary>Hint 1: the idea</summary>
# After a truncation the world goes on. Only one of the two flags belongs in the formula; the other
# is there to tempt you.</details>
#
# <details><summary>Hint 2: the structure</summary>
# torch.minimum(q1, q2) takes the smaller of two for each row. Subtract alpha times the
# log-probability, multiply by gamma and by (1 − flag), add the reward.</details>


# %%
def soft_target(reward, terminated, truncated, q1, q2, log_prob, alpha, gamma):
    """All (B,) but alpha and gamma; q1, q2, log_prob: of an action drawn in s' -> y, (B,)."""
    ### BEGIN SOLUTION
    next_value = torch.minimum(q1, q2) - alpha * log_prob
    return reward + gamma * (1 - terminated) * next_value
    ### END SOLUTION


# %% tags=["check"]
soft_target = checks.exercise("02.3", soft_target)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# next_value = torch.minimum(q1, q2) - alpha * log_prob
# return reward + gamma * (1 - terminated) * next_value
# ```
#
# The reward was paid in any case; what comes after counts only if something can come after. A clock
# that stops the episode changes nothing in the world, so *truncated* does not occur.
# </details>
#
# ### Why *terminated* alone: a time limit is not an end
#
# One state, reward 1 at every step, for ever. Its value (without entropy) is $1/(1-\gamma)$, which
# for $\gamma = 0.99$ is 100. Now an observer stops every $T$ steps. A learner that believes that
# the world ended there learns, in the middle, $V = 1 + \gamma\,(1 - 1/T)\,V$.
#
# **Predict:** for $T = 200$, the pendulum's limit, how much of the value is left?

# %%
GAMMA = 0.99


def learned_value(limit, mistaken, sweeps=1500, rate=0.01):
    """Your target in the one-state world, on batches of whole episodes; returns the value."""
    ended = torch.zeros(limit)
    ended[-1] = 1.0
    value, ones, zeros = torch.zeros(()), torch.ones(limit), torch.zeros(limit)
    for _ in range(sweeps):
        next_q = value.expand(limit)
        flags = (ended, zeros) if mistaken else (zeros, ended)  # terminated, truncated
        y = soft_target(ones, *flags, next_q, next_q, zeros, 0.0, GAMMA)
        value = value + rate * (y - value).mean() / (1 - GAMMA)
    return value.item()


limits = [10, 20, 50, 100, 200, 500, 1000]
right, wrong = ([learned_value(limit, m) for limit in limits] for m in (False, True))
style.show_figure(
    plots.time_limits(limits, right, wrong, GAMMA),
    "Learned value over the time limit: 100 at every limit if only terminated counts; if the limit "
    "counts as an end, 9 at 10 steps, rising to 91 at 1,000.",
)
left_over = wrong[limits.index(200)] / right[limits.index(200)]
print(f"of the value at a limit of 200 steps, {left_over:.0%} is left")
lab.record(value_right=right[4], value_wrong_200=wrong[4])

# %% [markdown]
# The points are learned with your target; the curve is the solution $1/(1 - \gamma(1 - 1/T))$ of
# the line above. A limit of 200 steps takes away a third of the value. The mistake is silent:
# nothing crashes, the loss goes down, and the critic is confidently wrong.
#
# ### Why the minimum: an optimiser finds errors
#
# The actor looks for the action that the critic likes best. A critic has errors, and the search
# finds the errors that point upwards. Take a state in which **every** action is worth exactly 0,
# and critics whose errors are standard normal.
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
style.show_figure(
    plots.overestimation(counts, hopes, GAMMA),
    "Left: the claimed value rises with the number of actions, for one critic from 0, for the "
    "smaller of two from below 0. Right: over 400 updates one critic's claim grows to about 150.",
)
at_ten = {text: hope[counts == 10][0] for text, hope in hopes.items()}
for text, hope in at_ten.items():
    print(f"{text:<19} best of 10 seems worth {hope:.2f}, ", end="")
    print(f"in the long run {hope * GAMMA / (1 - GAMMA):.0f}")
lab.record(hope_one=at_ten["one critic"], hope_two=at_ten["the smaller of two"])

# %% [markdown]
# Left: one critic promises, at ten actions, more than one standard deviation of its own error.
# Right: each update builds on the promise of the last and adds it again, up to
# $\gamma/(1-\gamma) = 99$ times. The smaller of two promises less than half as much. It is no cure:
# for very few actions it is too low, for many still too high. Too low is the better mistake. An
# action that is undervalued is merely not taken; one that is overvalued is sought.
#
# ### Why the bars: follow slowly
#
# A critic that learns from its own latest values chases a moving goal. So the targets come from
# copies that follow slowly: after each update
# $\bar w \leftarrow (1 - \tau)\,\bar w + \tau\,w$, with $w$ the weights of the critic, $\bar w$
# those of the copy, and $\tau = 0.005$. This is **Polyak's average**. After a jump of the critic,
# the copy is half-way after $\log 0.5 / \log(1 - \tau) \approx 138$ updates.
#
# ## 5 · The update
#
# *How does the critic tell the actor what to do?* By its slope. The action is $a = \tanh(\mu +
# \sigma\varepsilon)$, a differentiable function of the actor's weights once the noise is drawn (the
# *reparametrisation trick*), and the critic is differentiable in $a$. So these two losses are
# minimised, the first by the critics, the second by the actor:
#
# $$J_Q = \sum_{i=1,2} \tfrac12\,\mathbb E\big[(Q_i(s, a) - y)^2\big],$$
#
# $$J_\pi = \mathbb E\big[\alpha\log\pi(a \mid s) - \min_i Q_i(s, a)\big].$$
#
# In $J_Q$ the action $a$ comes from the buffer, in $J_\pi$ it is drawn anew. High values make
# $J_\pi$ small, and so does randomness (low log-probabilities). Here are the networks:


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
    """Two critics, (B, O), (B, A) -> list of two values, each (B,)."""
    return [critic(torch.cat([seen, action], -1)).squeeze(-1) for critic in critics]


class Agent:
    """All that SAC changes: networks, the temperature's logarithm, two optimisers."""

    def __init__(self, observation_size, action_size, learning_rate=1e-3):
        self.actor = network(observation_size, 2 * action_size)
        pair = [network(observation_size + action_size, 1) for _ in range(2)]
        self.critics, self.targets = nn.ModuleList(pair), nn.ModuleList(copy.deepcopy(pair))
        self.log_alpha = torch.zeros(1, requires_grad=True)
        mine = [*self.actor.parameters(), self.log_alpha]
        self.critic_optimizer = torch.optim.Adam(self.critics.parameters(), learning_rate)
        self.actor_optimizer = torch.optim.Adam(mine, learning_rate)

    def weights(self):
        """All numbers as one vector, for the check."""
        nets = (self.critics, self.targets, self.actor)
        parts = [p for net in nets for p in net.parameters()] + [self.log_alpha]
        return torch.cat([part.detach().flatten() for part in parts])


# %% [markdown]
# ### Exercise 4 · SAC's update (hard, required, 25 min)
#
# Write one update, in this order:
#
# 1. $\alpha$ as a number, and the targets $y$ from the *target* critics, with actions drawn in $s'$
#    by `noise_next`;
# 2. one step of the critics on $J_Q$;
# 3. the target critics follow by $\tau$;
# 4. one step of the actor on $J_\pi$, with actions drawn in $s$ by `noise_now`; in the same step of
#    `actor_optimizer` the temperature, with the target entropy $-1$ for each coordinate
#    of the action.
#
# Return `agent.weights()`, so that the check can compare.
#
# <details><summary>Hint 1: the idea</summary>
# Your three functions do the mathematics: <code>sample</code> calls the first,
# <code>soft_target</code> gives y, <code>temperature_gradient</code> gives the number that belongs
# into <code>agent.log_alpha.grad</code>. What is new is who moves when: y is learned from and not
# moved (<code>torch.no_grad()</code>), and each optimiser is cleared before its
# <code>backward</code>.</details>
#
# <details><summary>Hint 2: the structure</summary>
# Columns like <code>batch["reward"]</code> have shape (B, 1): take <code>[:, 0]</code>. Critics:
# loss = sum of 0.5 · ((q − y)²).mean() over q_values(critics, observation, action); zero_grad,
# backward, step. Copies: for slow, fast in zip of both parameters(): slow.lerp_(fast, tau), under
# no_grad. Actor: new actions and log_prob from sample(...); loss = (alpha · log_prob −
# minimum).mean(); zero_grad, backward; set log_alpha.grad (shape (1,), from log_prob.detach());
# step.</details>


# %%
def sac_update(agent, batch, noise_next, noise_now, gamma, tau):
    """One update of ``agent`` in place; returns ``agent.weights()``.

    batch : dict of (B, ·): observation, action, reward, next_observation, terminated, truncated
    noise_next, noise_now : (B, A), standard normal, for the actions in s' and in s
    """
    ### BEGIN SOLUTION
    alpha = agent.log_alpha.exp().item()
    flat = [batch[name][:, 0] for name in ("reward", "terminated", "truncated")]
    with torch.no_grad():
        action, log_prob = sample(agent.actor, batch["next_observation"], noise_next)
        both = q_values(agent.targets, batch["next_observation"], action)
        y = soft_target(*flat, *both, log_prob, alpha, gamma)
    values = q_values(agent.critics, batch["observation"], batch["action"])
    loss = sum(0.5 * ((q - y) ** 2).mean() for q in values)
    agent.critic_optimizer.zero_grad()
    loss.backward()
    agent.critic_optimizer.step()

    with torch.no_grad():
        for slow, fast in zip(agent.targets.parameters(), agent.critics.parameters(), strict=True):
            slow.lerp_(fast, tau)

    action, log_prob = sample(agent.actor, batch["observation"], noise_now)
    smaller = torch.minimum(*q_values(agent.critics, batch["observation"], action))
    loss = (alpha * log_prob - smaller).mean()
    agent.actor_optimizer.zero_grad()
    loss.backward()
    slope = temperature_gradient(log_prob.detach(), -noise_now.shape[1])
    agent.log_alpha.grad = slope.reshape(1)
    agent.actor_optimizer.step()
    return agent.weights()
    ### END SOLUTION


# %% tags=["check"]
sac_update = checks.exercise("02.4", sac_update)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# alpha = agent.log_alpha.exp().item()
# flat = [batch[name][:, 0] for name in ("reward", "terminated", "truncated")]
# with torch.no_grad():
#     action, log_prob = sample(agent.actor, batch["next_observation"], noise_next)
#     both = q_values(agent.targets, batch["next_observation"], action)
#     y = soft_target(*flat, *both, log_prob, alpha, gamma)
# values = q_values(agent.critics, batch["observation"], batch["action"])
# loss = sum(0.5 * ((q - y) ** 2).mean() for q in values)
# agent.critic_optimizer.zero_grad()
# loss.backward()
# agent.critic_optimizer.step()
#
# with torch.no_grad():
#     for slow, fast in zip(agent.targets.parameters(), agent.critics.parameters(), strict=True):
#         slow.lerp_(fast, tau)
#
# action, log_prob = sample(agent.actor, batch["observation"], noise_now)
# smaller = torch.minimum(*q_values(agent.critics, batch["observation"], action))
# loss = (alpha * log_prob - smaller).mean()
# agent.actor_optimizer.zero_grad()
# loss.backward()
# slope = temperature_gradient(log_prob.detach(), -noise_now.shape[1])
# agent.log_alpha.grad = slope.reshape(1)
# agent.actor_optimizer.step()
# return agent.weights()
# ```
#
# Each loss has one mover: y is a constant for the critics, and the critics are fixed for the actor,
# because only `actor_optimizer` steps after its backward. What that backward leaves in the critics'
# gradients is cleared by the next `zero_grad`.
# </details>
#
# ## 6 · Your SAC learns
#
# *Does it work?* The loop around your update: 200 steps at random, then one update for each real
# step. Look for the two flags: both are stored, `terminated or truncated` starts a new episode, and
# only `terminated` stops your target. Now and then the policy is evaluated, and the agent of the
# best evaluation is kept.


# %%
def practise(agent, steps):
    """Train on the real pendulum; rows of (real steps, mean return), and the best agent."""
    torch.manual_seed(SEED)
    env, draw = task.make_env(), torch.Generator().manual_seed(SEED)
    fields = {"observation": 3, "action": 1, "reward": 1, "next_observation": 3}
    memory, curve = ReplayBuffer(steps, fields | {"terminated": 1, "truncated": 1}), []
    seen, _ = env.reset(seed=SEED)
    for step in range(1, steps + 1):
        unit = 2 * torch.rand(1, 1) - 1 if step <= 200 else act(agent, torch.tensor(seen)[None])
        after, reward, terminated, truncated, _ = env.step(rescale(unit[0].numpy()))
        memory.add(
            observation=torch.tensor(seen), action=unit, reward=torch.tensor([reward]),
            next_observation=torch.tensor(after), terminated=torch.tensor([terminated]),
            truncated=torch.tensor([truncated]),
        )  # fmt: skip
        seen = env.reset()[0] if terminated or truncated else after
        if step >= 200:
            noise = torch.randn(2, 256, 1)
            sac_update(agent, memory.sample(256, draw), *noise, GAMMA, 0.005)
        if step % budget.every == 0:
            curve.append((step, real_return(agent)))
            if curve[-1] == max(curve, key=lambda point: point[1]):
                best = copy.deepcopy(agent)
    env.close()
    return np.array(curve), best


@torch.no_grad()
def act(agent, seen, spread=1.0):
    """(B, O) -> drawn actions (B, A); with spread 0 the most likely ones."""
    return sample(agent.actor, seen, spread * torch.randn(len(seen), 1))[0]


def real_return(agent, share=1.0):
    """Mean return of the most likely actions, times ``share``, over the fixed starts."""
    return evaluate(task, lambda seen: share * act(agent, seen, 0.0), starts).mean


# %% [markdown]
# The grey band in the figure is ten other runs of this algorithm, stored with the
# course: their *interquartile mean* (the mean of the middle half, which one lucky or unlucky run
# cannot move) and its 95 % interval.
#
# **Predict:** where will your curve lie?

# %%
begun = time.process_time()
my_curve, best = practise(Agent(task.observation_size, task.action_size), budget.steps)
print(f"{budget.steps} real steps, with evaluations: {time.process_time() - begun:.0f} CPU-s")
style.show_figure(
    plots.learning({"yours": my_curve}, stored.band(), task.best_return, at_random),
    "Mean real return over real steps: yours and the grey band of ten stored runs, which rises "
    "from about -1700 to about -150 at 4,000 steps. Dotted: best possible, random policy.",
)
at, highest = my_curve[my_curve[:, 1].argmax()]
print(f"best {highest:.1f} after {at:.0f} steps, last {my_curve[-1, 1]:.1f}")
fell, runs = stored.fell_again(task.solved_return, -200)
print(f"stored runs that reached {task.solved_return:g} and fell below -200: {fell} of {runs}")
half = real_return(best, 0.5)
print(f"your best policy, played with half the torque: {half:.1f}")
lab.record(best=highest, last=my_curve[-1, 1], fell_again=fell, half=half)

# %% [markdown]
# The blue line is your code. It should rise within the band or close to it; a line that stays near
# the random policy would mean that the update does not learn. Once up, a curve may fall again for
# some hundreds of steps, as the printed share of the stored runs did: the network that answers here
# is changed by what happened there. So do not rank methods by two curves; section 7 counts ten
# runs. And an evaluation costs real steps, too, which are not counted here.
#
# The last line is a common bug: an action in $[-1, 1]$ sent to the motor as N m is half the torque.
# Nothing crashes and no message appears; the pendulum is just worse. The film shows both, from
# hanging at rest (the green arc is the torque, the numbers are the returns of this one start):


# %% tags=["hide-input"]
def player(size):
    """Your best policy for single observations, in N m."""
    return lambda seen: size * act(best, torch.tensor(seen)[None].float(), 0.0)[0].numpy()


half_play, whole_play = (films.play(task, player(size), SEED) for size in (1.0, 2.0))
films.pendulum(
    np.stack([half_play[0], whole_play[0]]), np.stack([half_play[1], whole_play[1]]),
    titles=[f"half torque: {half_play[2]:.0f}", f"yours: {whole_play[2]:.0f}"], size=112, every=4,
)  # fmt: skip

# %% [markdown]
# ## 7 · The bill
#
# *What has all this cost?* In computing, less than a minute. But on a real machine real steps are
# scarce: each is 0.05 s in which a pendulum, a car or a robot moves and wears. The course
# stores ten runs of 8,000 steps (seeds 0 to 9, evaluated every 500 steps on the same 100 starts).
# How many real steps until the mean return is at least −160? Beside SAC stand the other methods of
# this course, with the same learner inside.

# %%
bill = stored.bill()
print(bill.to_string(float_format="{:.1f}".format))
lab.record(sac_steps=bill.loc["sac", "real steps"], sac_seeds=int(bill.loc["sac", "runs"]))
lab.record(least_model_steps=bill.drop("sac")["real steps"].max())

# %% tags=["hide-input"]
style.show_figure(
    stored.bill_figure(),
    "Real steps until -160 on a logarithmic axis, with every run: 200 for symbolic, oracle and "
    "sparse, some hundreds for mbpo, some thousands for sac.",
)

# %% [markdown]
# *Real steps* is the median over the seeds; *from* and *to* are its 95 % interval; *seconds* are
# those of the pendulum. SAC needs minutes of pendulum. The others spend 200 random steps, ten
# seconds, on *learning the world*, and then practise in what they learned. The returns at the end
# are about the same for all. What a model changes is the real steps, and an ensemble of networks
# (`mbpo`) pays for that with computing. `sparse`, a regression over a fixed list of terms, does as
# well here as `symbolic`, the transformer; and `oracle`, which is given the true equations, does no
# better than either.
#
# ## 8 · How far to trust a critic (optional)
#
# *Does a good return prove a good critic?* No, so ask it: in fresh start states, what does it say
# that is to come, and what does come? What it estimates is the *soft* value: discounted rewards for
# ever, plus the pay for randomness. We let the simulator play that out with the policy's own draws.


# %%
@torch.no_grad()
def said_and_came(agent, states, repeats, steps=600):
    """Soft values by the smaller critic, and by the simulator: (N, S) -> two arrays (N,)."""
    alpha, total = agent.log_alpha.exp().item(), 0.0
    state = states.repeat_interleave(repeats, 0)
    for t in range(steps):
        seen = task.observation_from_state(state)
        action, log_prob = sample(agent.actor, seen, torch.randn(len(seen), 1))
        if t == 0:
            said = torch.minimum(*q_values(agent.critics, seen, action)) - alpha * log_prob
        torque = rescale(action)
        after = task.true_step(state, torque)
        total = total + GAMMA**t * (task.reward(state, torque, after) - alpha * log_prob)
        state = after
    return [value.reshape(-1, repeats).mean(1).numpy() for value in (said, total)]


fresh = task.start_state(40, generator)
said, came = said_and_came(best, fresh, budget.repeats)
style.show_figure(
    plots.said_and_true({"start states": said}, came),
    "What the critic says of 40 start states over their true values, with the line of agreement. "
    "It tells good states from bad ones; for most of the bad ones it promises too much.",
)
print(f"the critic says {said.mean():.1f} on average; what comes is {came.mean():.1f}")
print(f"correlation over the 40 states: {np.corrcoef(said, came)[0, 1]:.2f}")
lab.record(said=said.mean(), came=came.mean())

# %% [markdown]
# Points above the line are promises that are not kept. A critic may be some way off and still
# serve: the actor only asks which of two actions is *better*. But do not report what a critic says
# as what a policy earns.
#
# ### Where the critic has never been
#
# A critic is a network, fitted where data are; elsewhere it says something, too. Take the two hills
# again. The critic has seen 40 actions, all between −1 and −0.55, on the left flank of the low
# hill. Five critics, equal but for their first weights.
#
# **Predict:** which action will the actor take?


# %%
def fit(inputs, targets, seed):
    """A small network through (N, 1) inputs and (N,) targets; its values of ``every_action``."""
    torch.manual_seed(seed)
    net = network(1, 1, 64)
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(budget.fit):
        loss = ((net(inputs).squeeze(-1) - targets) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net(every_action).squeeze(-1).detach()


every_action = torch.linspace(-1, 1, 401)[:, None]
tried = -1 + 0.45 * torch.rand(40, 1, generator=generator)
guesses = [fit(tried, two_hills.reward(tried)[:, 0], SEED + k) for k in range(5)]
style.show_figure(
    plots.never_tried(every_action[:, 0], two_hills.reward(every_action)[:, 0], guesses),
    "Five critics agree with the reward where actions were tried, left of -0.55; right of it they "
    "fan out, far above the true reward, and ask for actions near the other end.",
)
rounds, xs, ys = [], tried, two_hills.reward(tried)[:, 0]
for round_number in range(5):  # the first critic, corrected by what its wishes earn
    guess = fit(xs, ys, SEED)
    best = every_action[guess.argmax()].item()
    rounds.append((best, guess.max().item(), two_hills.reward(best)))
    print("round {}: asks for {:+.2f}, hopes for {:.2f}, gets {:.2f}".format(
        round_number, *rounds[-1]))  # fmt: skip
    around = (best + 0.05 * torch.randn(10, 1, generator=generator)).clamp(-1, 1)
    xs, ys = torch.cat([xs, around]), torch.cat([ys, two_hills.reward(around)[:, 0]])
lab.record(
    asks_outside=sum(every_action[g.argmax()].item() > -0.55 for g in guesses), rounds=rounds
)

# %% [markdown]
# Inside the data the critics agree with each other and with the truth; outside each goes on in its
# own way, and an actor, which *searches* for high values, walks to precisely these places. What
# saves SAC is that it goes there: its wish becomes the next real action, the reward comes in, and
# the critic is corrected (the five rounds). And where hope and reward agree at last, this actor
# stays, for it has no entropy: it need not have seen the high hill at 0.6 at all.
#
# False hope *does* last where reality does not answer: in a fixed set of data, or in a learned
# model that is never fitted again. Notebook 03 meets it there, as model exploitation.
#
# ### Is it a good SAC?
#
# *A slow learner of our own making would flatter every model.* So here is the course's SAC beside
# that of Stable-Baselines3, a well-kept library: the same networks, learning rate, discount, batch
# size and number of updates, the same 100 starts.
#
# **Predict:** who is ahead?

# %%
figure, beside = stored.beside_stable_baselines()
style.show_figure(
    figure,
    "Mean real return over real steps on pendulum, car2d and reacher: the mean curves of our SAC "
    "and of Stable-Baselines3 lie close together, inside the bands of their seeds.",
)
print(beside.to_string(index=False, float_format="{:.1f}".format))
lab.record(beside_sb3=beside.to_dict("list"))

# %% [markdown]
# *Return* is the mean over the second half of the steps, *worst* and *best* are seeds. Where the
# two ranges overlap, do not name a winner.
#
# ## Quick quiz
#
# <details><summary>Your return is good, but the critic says +30 where rewards are never above 0.
# What do you look at first?</summary>
# The entropy: the soft value contains α times surprise, which may be positive. If that does not
# explain it: overestimation (is the minimum taken?), then states without data.</details>
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
# Break your SAC and train it again: count *truncated* as an end in the target, set τ to 1 in
# `practise`, or use one critic only. What does the return show, and what does section 8 show?
# Notebook 03 lets the same learner practise in a model.
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
