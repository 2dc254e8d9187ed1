# %% [markdown]
# # 15 · Dreaming
#
# Equations are one way to imagine a world. The most widely used other way is a **latent model**: a
# network that keeps a state of its own making, of which nobody can say what it means, and tells
# from it what would be seen. Dreamer-v3 (Hafner et al. 2023) learns such a model and a policy
# inside it, with the same settings for very many worlds, also from pixels. In this notebook you
# write three of its parts, train a small one, and lay its dreams beside the rollouts of equations.
#
# **You will be able to**
# - draw a latent model with its two ways to the next state, and say when each is used;
# - say what symlog, two-hot and free nats are for, and write them;
# - let a latent model follow what is seen, and go on with closed eyes;
# - compare dreams with equations: error far ahead, real steps, computing time, what can be read.
#
# **Before you start:** notebook [03](03_learning_in_a_model.ipynb) for learning in a model;
# notebook [10](10_symbolic_mbpo.ipynb) for the equations; a cross entropy; a recurrent network.
# **Time:** about 3 minutes of computing, on one core.
# **Memory:** under 1 GB. No graphics card.

# %% tags=["setup"]
from symtut import lab  # the build puts the whole set-up cell here

# %% tags=["parameters"]
PROFILE: str = "lab"  # smoke: seconds, to test; lab: minutes, for you; paper: longer comparisons
SEED: int = 0  # any whole number from 0 to 2147483647; what is random follows from it

# %% tags=["hide-input"]
import numpy as np
import torch
from IPython.display import Math, display

from symtut import make_task
from symtut.agents.dreamer.functions import two_hot_bins
from symtut.lab import checks, films, style
from symtut.lab.scenes import nb15_dreaming as dreaming
from symtut.lab.scenes import nb15_figures as figures
from symtut.tasks import EVALUATION_SEEDS

budget = lab.start(
    PROFILE,
    SEED,
    smoke=dict(steps=60, small=True, points=2, episodes=3, tests=8),
    lab=dict(steps=750, small=False, points=5, episodes=30, tests=64),
    paper=dict(steps=5000, small=False, points=20, episodes=100, tests=64),
)  # fmt: skip
task = make_task("pendulum")

# %% [markdown]
# ## 1 · A state of its own making
#
# *How can a network imagine without knowing what a state is?* By keeping notes. The figure shows
# three steps of a **recurrent state-space model**.

# %% tags=["hide-input"]
style.show_figure(
    figures.world_model(),
    "Three steps of a latent model. In two of them the posterior sees an observation; in the third "
    "the prior guesses, and an observation is dreamt. Actions and states lead to the next step.",
)

# %% [markdown]
# The state has two parts. $h_t$ is computed by a recurrent network from the last state and the last
# action: it *remembers*. $z_t$ is drawn: it is what is new at time $t$. There are two ways to
# $z_t$. With **eyes open** the *posterior* looks at the observation $o_t$. With **eyes shut** the
# *prior* guesses from $h_t$ alone. A third network, the decoder, tells from $(h_t, z_t)$ what is
# seen; two more tell the reward and whether the episode goes on.
#
# Learning brings the two ways together: the prior learns to guess what the posterior sees. Once it
# guesses well, eyes can stay shut for many steps. That is a dream, and the policy learns in it.
#
# In Dreamer $z$ consists of several categorical variables: here 16 of them with 4 classes each. In
# this notebook $h$ has 128 numbers. The state of the pendulum has two. Nobody tells the network
# that.
#
# ## 2 · Numbers of any size
#
# *How can the same settings serve rewards of 0.01 and of 10,000?* A squared error is dominated by
# the largest numbers. Dreamer squeezes what it sees by a logarithm that works for both signs:
#
# $$\text{symlog}(x) = \text{sign}(x)\,\ln(1 + |x|).$$
#
# ### Exercise 1 · symlog (easy, required, 4 min)
#
# <details><summary>Hint 1: the idea</summary>
# Take the logarithm of a positive number, and give the result the sign of x.</details>
#
# <details><summary>Hint 2: the structure</summary>
# torch.sign(x) times torch.log of (1 plus torch.abs(x)).</details>


# %%
def symlog(x):
    """Tensor of any shape -> the same shape."""
    ### BEGIN SOLUTION
    return torch.sign(x) * torch.log(1 + torch.abs(x))
    ### END SOLUTION


# %% tags=["check"]
symlog = checks.exercise("15.1", symlog)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# return torch.sign(x) * torch.log(1 + torch.abs(x))
# ```
#
# The 1 makes the curve pass through 0 with slope 1, so that small numbers stay as they are. A plain
# logarithm would send them to minus infinity.
# </details>

# %%
numbers = torch.cat([-torch.logspace(4, -2, 200), torch.linspace(-0.01, 0.01, 21)[1:-1],
                     torch.logspace(-2, 4, 200)])  # fmt: skip
style.show_figure(
    figures.squeezed(numbers.numpy(), symlog(numbers).numpy()),
    "Left, near 0 your curve leaves the diagonal slowly, on both sides. Right, on a logarithmic "
    "axis, it is straight far away from 0.",
)
print(f"symlog(10,000) = {symlog(torch.tensor([1e4])).item():.2f}")

# %% [markdown]
# Left, near 0, your curve lies on the diagonal. Right, ten times the number is a constant more.
# Dreamer's encoder sees symlog(observation), and its decoder is trained on symlog(observation).
#
# ## 3 · A number as a distribution
#
# *What should a network say about a reward that is sometimes −16 and sometimes 0?* One number is
# too little: its gradient grows with the error, and one surprise shakes all weights. Dreamer
# predicts **shares of bins**, as a classifier does, with the cross entropy as the loss, whose
# gradient is bounded. The bins are $\text{symexp}$ of an even grid (symexp undoes symlog): dense
# around 0, reaching very far.
#
# A number $x$ between two bins becomes two shares, in such a way that their mean is $x$ again:
# this is **two-hot**. Between bins $b_k \le x \le b_{k+1}$,
#
# $$\text{share of } b_{k+1} = \frac{x - b_k}{b_{k+1} - b_k},$$
# and the rest is the share of $b_k$.
#
# ### Exercise 2 · Two-hot (medium, required, 12 min)
#
# All other shares are 0. A number beyond the first or last bin counts as that bin.
#
# <details><summary>Hint 1: the idea</summary>
# Cut x to the range of the bins. Find, for each number, the first bin above it. The bin before that
# is the one below. Then fill two places of each row.</details>
#
# <details><summary>Hint 2: the structure</summary>
# above = torch.searchsorted(bins, x, right=True).clamp(max=len(bins) - 1); rows =
# torch.arange(len(x)); shares[rows, above] = ..., shares[rows, above - 1] = ... .</details>


# %%
def two_hot(x, bins):
    """Numbers (N,) and increasing bins (K,) -> shares (N, K), whose rows sum to 1."""
    ### BEGIN SOLUTION
    x = x.clamp(bins[0], bins[-1])
    above = torch.searchsorted(bins, x, right=True).clamp(max=len(bins) - 1)
    low, high = bins[above - 1], bins[above]
    share = (x - low) / (high - low)
    rows = torch.arange(len(x))
    shares = torch.zeros(len(x), len(bins))
    shares[rows, above - 1] = 1 - share
    shares[rows, above] = share
    return shares
    ### END SOLUTION


# %% tags=["check"]
two_hot = checks.exercise("15.2", two_hot)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# x = x.clamp(bins[0], bins[-1])
# above = torch.searchsorted(bins, x, right=True).clamp(max=len(bins) - 1)
# low, high = bins[above - 1], bins[above]
# share = (x - low) / (high - low)
# rows = torch.arange(len(x))
# shares = torch.zeros(len(x), len(bins))
# shares[rows, above - 1] = 1 - share
# shares[rows, above] = share
# return shares
# ```
#
# The nearer bin gets the larger share, and share · high + (1 − share) · low = x. The clamp of the
# index matters for a number on the last bin: above it there is none.
# </details>
#
# Your function on three numbers, and on the rewards of ten random episodes:

# %%
bins = two_hot_bins(63)
states, actions = dreaming.played(
    task, lambda seen: 2 * torch.rand(len(seen), 1) - 1, 10, task.horizon, SEED
)
rewards = task.reward(states[:-1], task.from_unit_action(actions[1:]), states[1:]).flatten()
three = torch.tensor([-7.5, 0.3, 1000.0])
shares = two_hot(three, bins)
mean_shares = two_hot(rewards, bins).mean(0)
style.show_figure(
    figures.spread_numbers(bins.numpy(), shares.numpy(), three.numpy(), mean_shares.numpy(),
                           len(rewards)),
    "Left, three numbers, each as two bars in neighbouring bins. Right, the mean shares of all "
    "rewards: a histogram between -24 and 0.",
)  # fmt: skip
mean = float(mean_shares @ bins)
print(f"mean of the rewards {rewards.mean():.4f}, mean of their mean shares {mean:.4f}")
lab.record(back=((shares @ bins - three).abs() / three.abs()).max(),
           mean_of_shares=abs(mean - float(rewards.mean())))  # fmt: skip

# %% [markdown]
# Above each pair of bars stand the number and what its shares give back: they agree. On the right
# is what a network should say that knows nothing about the state: the mean of all shares minimises
# the cross entropy. It is a histogram, and its mean is the mean reward. So the prediction is right
# in the mean although no squared error was taken.
#
# ## 4 · Two guesses that should agree
#
# *How are prior and posterior brought together?* By the Kullback-Leibler divergence. It says how
# many nats more it costs, in the mean, to guess $z$ by the prior $q$ when the posterior $p$ is
# right: 0 where the two agree. The 16 categoricals are
# independent given $h$, so their divergences add up:
#
# $$\text{KL}(p \,\|\, q) = \sum_{i=1}^{S} \sum_{c=1}^{C} p_{ic} \,(\ln p_{ic} - \ln q_{ic}) .$$
#
# There is an easy and useless way to make it 0: see nothing. Then posterior and prior agree, and
# $z$ says nothing. Dreamer forgives what is below one nat, the **free nats**: the loss is
# $\max(1, \text{KL})$, whose gradient is 0 below. So a little surprise costs nothing.
#
# ### Exercise 3 · A divergence with free nats (medium, required, 8 min)
#
# <details><summary>Hint 1: the idea</summary>
# First the sum over classes and over categoricals, then the larger of it and the free nats, for
# each state by itself.</details>
#
# <details><summary>Hint 2: the structure</summary>
# (p * (p.log() - q.log())).sum over the last two axes, then .clamp(min=free).</details>


# %%
def divergence(p, q, free):
    """Probabilities (B, S, C) of posterior and prior, all above 0, and nats -> losses (B,)."""
    ### BEGIN SOLUTION
    nats = p * (p.log() - q.log())
    return nats.sum((-2, -1)).clamp(min=free)
    ### END SOLUTION


# %% tags=["check"]
divergence = checks.exercise("15.3", divergence)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# nats = p * (p.log() - q.log())
# return nats.sum((-2, -1)).clamp(min=free)
# ```
#
# The order matters. With the maximum inside the sum each of 16 categoricals would have a nat for
# free, and the posterior could hide 16 nats from the prior: the dream would begin to wander at the
# first step.
# </details>

# %%
sharpness = torch.linspace(0, 0.99, 100).double()
prior = torch.full((100, 16, 4), 0.25).double()
certain = torch.eye(4).double()[torch.arange(16) % 4]
posterior = (1 - sharpness[:, None, None]) * prior + sharpness[:, None, None] * certain
losses = {free: divergence(posterior, prior, free).numpy() for free in (0.0, 1.0, 5.0)}
style.show_figure(
    figures.forgiven(sharpness.numpy(), losses),
    "Three curves that rise the surer the posterior is. With free nats a curve begins flat, at "
    "1 or 5, and then joins the one without.",
)
lab.record(forgiven={f"{free:g}": loss for free, loss in losses.items()})

# %% [markdown]
# Along the flat piece of a curve the gradient is 0: there the posterior may look as closely as it
# likes. Beyond it there are two pulls. The prior is pulled towards the posterior with weight 1
# (learn to guess what is seen), the posterior towards the prior with weight 0.1 (see what can be
# guessed). The small second weight keeps the eyes open.
#
# ## 5 · A small one, trained
#
# *What does a whole update do?* Three things, with one loss:
#
# 1. **World model.** Take 16 stretches of 16 real steps. Follow them with eyes open. Predict
#    observation (squared error of symlog), reward (two-hot), going on (yes or no); add the two
#    divergences.
# 2. **Dream.** From each of these 256 states, 15 steps with eyes shut, actions by the policy.
# 3. **Policy and value.** The value learns the returns of the dreams (two-hot again). The policy
#    makes actions likelier that led to more than the value said.
#
# All of it is in `symtut/agents/dreamer`, about a thousand lines, which
# `symtut train --method dreamer` runs. Beside it runs what notebook 14 ended with: equations from
# 200 real steps, and the analytic policy gradient in them.
#
# **Predict:** how many real steps does Dreamer need for a mean return of −160? The equations need
# 200.

# %%
loops = {
    "equations": dreaming.equations_loop(task, 200, SEED, budget.small),
    "Dreamer": dreaming.dreamer_loop(task, budget.steps, SEED, budget.small),
}
losses = []
starts = EVALUATION_SEEDS[: budget.episodes]
curves = {
    "equations": dreaming.practise(loops["equations"], 6, starts),
    "Dreamer": dreaming.practise(loops["Dreamer"], budget.points, starts, losses),
}
style.show_figure(
    figures.learning(curves["Dreamer"], losses, task.solved_return),
    "Left, the real return stays low for the first steps and then rises. Right, the loss of the "
    "observations falls by a factor of a hundred, that of the rewards less, the divergence hardly.",
)
for name, curve in curves.items():
    steps, updates, seconds, value = curve[-1]
    print(f"{name:<10}{steps:6.0f} real steps{updates:6.0f} updates{seconds:7.1f} CPU-s, "
          f"real return {value:7.1f}")  # fmt: skip
at_last = {name: np.mean([loss[name] for loss in losses[-50:]]) for name in losses[0]}
lab.record(final={n: c[-1, 3] for n, c in curves.items()}, curves=curves, losses_last=at_last)

# %% [markdown]
# The dotted line is −160. Read the curve with the losses beside it: observations are pictured well
# long before the return rises. The policy can learn only what the dream shows, and the first real
# steps show a hanging pendulum. One seed is an anecdote; `docs/results.md` has others,
# and longer runs. If the last point is below the line, this training was too short for Dreamer, and
# not for the equations.
#
# ## 6 · With eyes shut
#
# *How far does a dream hold?* To see it, look for a while and then shut the eyes. You write the
# loop that does it. It gets the world model as four functions:
#
# - `step(h, z, a)` → the next h, by the action a that leads there;
# - `look(h, o)` → z by the posterior; `guess(h)` → z by the prior;
# - `picture(h, z)` → the observation that is told from the state.
#
# ### Exercise 4 · Dream (hard, required, 18 min)
#
# `seen[t]` is the observation at time t, and `actions[t]` the action that *led* to time t. There
# are more actions than observations. While there is an observation, z comes from it; afterwards z
# is guessed. Each time ends with a picture, with eyes open, too.
#
# <details><summary>Hint 1: the idea</summary>
# It is one loop over the actions. In each turn h moves first; then z is seen or guessed from the
# new h; then comes the picture. The only question is whether t is still below len(seen).</details>
#
# <details><summary>Hint 2: the structure</summary>
# h, z = state; for t, action in enumerate(actions): h = step(h, z, action); z = look(h, seen[t]) if
# t &lt; len(seen), else guess(h); append picture(h, z). At the end torch.stack.</details>


# %%
def dream(step, look, guess, picture, state, seen, actions):
    """Follow what was seen, then go on with eyes shut.

    state : (h, z), tensors (B, ...), before time 0; seen (C, B, O); actions (T, B, A), T >= C.
    Returns the pictures (T, B, O) of all times.
    """
    ### BEGIN SOLUTION
    h, z = state
    pictures = []
    for t, action in enumerate(actions):
        h = step(h, z, action)
        if t < len(seen):
            z = look(h, seen[t])
        else:
            z = guess(h)
        pictures.append(picture(h, z))
    return torch.stack(pictures)
    ### END SOLUTION


# %% tags=["check"]
dream = checks.exercise("15.4", dream)

# %% [markdown]
# <details><summary>A solution, and why</summary>
#
# ```python
# h, z = state
# pictures = []
# for t, action in enumerate(actions):
#     h = step(h, z, action)
#     if t < len(seen):
#         z = look(h, seen[t])
#     else:
#         z = guess(h)
#     pictures.append(picture(h, z))
# return torch.stack(pictures)
# ```
#
# The action comes before the look, because it is the one that led here. Shifted by one, the model
# would have to explain each observation by an action that comes after it. That is the most frequent
# mistake in implementations, and it is silent: the losses still fall.
# </details>
#
# Your function, with the world model that has just been trained. One episode of random torques;
# eyes open for half a second, then twelve dreams, which differ because z is drawn.

# %%
OPEN, SHUT = 10, 50  # steps of 0.05 s
generator = torch.Generator().manual_seed(SEED)
policy = dreaming.policy_of(loops["Dreamer"])
choices = {
    "random torques": lambda seen: 2 * torch.rand(len(seen), 1, generator=generator) - 1,
    "Dreamer's own policy": policy.unit_action,
}
tests = {
    name: dreaming.played(task, act, budget.tests, OPEN + SHUT - 1, SEED + 1)
    for name, act in choices.items()
}


def dreamt(states, actions, world):
    """Pictures (T, B, O) of episodes of which the first OPEN observations are seen."""
    seen = task.observation_from_state(states[:OPEN])
    first = world.first(states.shape[1])
    return dream(world.step, world.look, world.guess, world.picture, first, seen, actions)


nets = loops["Dreamer"].agent.actor
states, actions = tests["random torques"]
one, its = states[:, :1].expand(-1, 12, -1), actions[:, :1].expand(-1, 12, -1)
pictures = dreamt(one, its, dreaming.World(nets, generator))
style.show_figure(
    figures.eyes_shut(torch.cos(states[:, 0, 0]).numpy(), pictures[:OPEN, 0, 0].numpy(),
                      pictures[OPEN:, :, 0].T.numpy(), 0.05, "One episode, twelve dreams"),
    "The cosine of the angle over three seconds. Points close to the real curve while eyes are "
    "open; then twelve thin lines that follow it for a while and spread more and more.",
)  # fmt: skip

# %% [markdown]
# Left of the dashed line the pictures should lie on the black curve. Right of it the dreams part,
# and the width of the bundle is what the model does not know. Nothing tells a dream that cosine and
# sine belong together, or that energy does not come from nowhere: whatever holds in it was learned.
#
# Now many episodes, and the equations beside them. The equations begin in the state where the eyes
# shut. Errors are those of the angle.
#
# **Predict:** by which factor do the errors differ after one step, and after 50?

# %%
model = loops["equations"].model
for equation in loops["equations"].report.equations:
    display(Math(equation["latex"]))


def angle_error(found, truth):
    """Median over episodes of the angle's error in rad, (T,), from angles (T, B)."""
    return torch.sin((found - truth) / 2).abs().arcsin().mul(2).median(1).values.numpy()


found = {}
for name, (states, actions) in tests.items():
    pictures = dreamt(states, actions, dreaming.World(nets))
    told = torch.atan2(pictures[OPEN:, :, 1], pictures[OPEN:, :, 0])
    rolled = dreaming.rolled_out(task, model.predict, states[OPEN - 1], actions[OPEN:])
    truth = states[OPEN:, :, 0]
    found[name] = {
        "equations": angle_error(rolled[..., 0], truth),
        "dream": angle_error(told, truth),
        "nothing moves": angle_error(states[OPEN - 1, :, 0].expand_as(truth), truth),
    }
style.show_figure(
    figures.errors(np.arange(1, SHUT + 1), found),
    "Errors of the angle over steps with eyes shut, logarithmic. The equations lie at the bottom, "
    "at 0.0001 rad or less; the dream begins at about 0.1 rad and comes up to the dotted line.",
)
for name, error in found.items():
    for k in (1, 10, SHUT):
        print(f"{name:<21} step {k:>2}: equations {error['equations'][k - 1]:.1e} rad, "
              f"dream {error['dream'][k - 1]:.1e} rad")  # fmt: skip
lab.record(errors=found)

# %% [markdown]
# The vertical axis is logarithmic, and what is below 1e-5 is drawn there. The equations' error is
# orders of magnitude lower, because their form is right and their constants are nearly exact. The
# dotted line is a model that says "nothing moves": where a dream comes near it, it knows nothing
# any more. What would surprise is a dream that is better than the equations anywhere. Yet the
# policy that learned in such dreams swings the pendulum up: 15 steps are enough for it, from each
# state that was really seen, with a value for what comes later.
#
# The same as a film: the real pendulum, the equations and the dream after the eyes shut.

# %% tags=["report", "hide-input"]
states, actions = tests["Dreamer's own policy"]
pictures = dreamt(states[:, :1], actions[:, :1], dreaming.World(nets))[OPEN:, 0]
rolled = dreaming.rolled_out(task, model.predict, states[OPEN - 1, :1], actions[OPEN:, :1])[:, 0, 0]
angles = torch.stack([states[OPEN:, 0, 0], rolled, torch.atan2(pictures[:, 1], pictures[:, 0])])
torque = 2 * actions[OPEN:, 0, 0].expand(3, -1)
films.pendulum(angles.numpy(), torque.numpy(), titles=["real", "equations", "dream"])

# %% [markdown]
# ## 7 · What each needs
#
# *When is a dream worth its price?* The live runs of this notebook, over real steps and over
# CPU-seconds:

# %%
weights = sum(p.numel() for p in nets.parameters())
constants = sum(len(e["constants"]) for e in loops["equations"].report.equations)
style.show_figure(
    figures.costs(curves, task.solved_return),
    "Real return over real steps and over CPU-seconds. On both axes the equations' line rises "
    "first, with 200 steps and within seconds; Dreamer's follows far to the right.",
)
print(f"{'':<11}{'real steps':>11}{'CPU-s':>8}{'return':>9}{'numbers learned':>17}")
for name, count in (("equations", constants), ("Dreamer", weights)):
    steps, _, seconds, value = curves[name][-1]
    print(f"{name:<11}{steps:11.0f}{seconds:8.1f}{value:9.1f}{count:17,}")
lab.record(weights=weights, constants=constants)

# %% [markdown]
# On this world the comparison is one-sided, and it should be: the pendulum has two short equations,
# and the regressor found them. The table does not say which method is better. It says what it is
# worth to know the form.
#
# - **Equations** where there is a state to be measured and its laws are short: few real steps, far
#   sight, and they can be read (notebook 13).
# - **A dream** where no state is given: pixels, hidden velocities, many bodies in contact. It needs
#   no state, no list of operators and no derivatives, and it has one set of settings for all of
#   these. The price is data, computing and a model that nobody can read.
# - **Both** where an encoder can find a state in what is seen, and equations are then written for
#   that state: notebook 16 does so from images. Notebook 12 shows worlds in which equations fail.
#
# ## Quick quiz
#
# <details><summary>When is the prior used, and when the posterior?</summary>
# The posterior while something is seen: in acting and in following real sequences. The prior in
# dreams, where nothing is seen.</details>
#
# <details><summary>Why is two-hot taken in raw units, if the bins are symexp of a grid?</summary>
# So that the mean of the shares is the number itself. In symlog's units the mean of predictions
# would be a mean of logarithms, which is not the logarithm of the mean: returns would be
# biased.</details>
#
# <details><summary>What happens without free nats?</summary>
# The cheapest way to a small divergence is to see little: z carries less and less, and the details
# that the policy needs are lost.</details>
#
# <details><summary>The losses are low and the policy learns nothing. Where do you look
# first?</summary>
# At the pairing of actions and observations, and at the first steps of episodes, where memory has
# to be cleared. Both mistakes are silent.</details>
#
# ## What to remember
#
# - A latent model has two ways to its next state: seen (posterior) and guessed (prior).
# - symlog, two-hot and the range of returns make one set of settings serve numbers of any size.
# - Free nats: the sum over all categoricals first, then the maximum.
# - The policy learns in dreams, so it can be no better than what the dreams show.
# - Knowing the form of a law is worth orders of magnitude in real steps and in sight.
#
# ## What next
#
# Train longer: `symtut train --task pendulum --method dreamer --steps 5000 --seed 0 --out
# runs/dreamer`. Or change `OPEN`: how many steps does the model have to see before it knows the
# velocity, if the velocity is not among the observations?
#
# ## References
#
# - D. Hafner, J. Pasukonis, J. Ba, T. Lillicrap, *Mastering Diverse Domains through World Models*,
#   2023, arXiv 2301.04104.
# - D. Hafner et al., *Learning Latent Dynamics for Planning from Pixels*, ICML 2019, arXiv
#   1811.04551: the recurrent state-space model.
